"""An explorer in a bare page of a real browser, without a kernel: its JavaScript, and a stand-in
for the widget's model.
"""

import json

import pytest

from tests.widgets.lab import CHROMIUM

PAGE = """<!doctype html><meta charset="utf-8"><style>%s</style><body><div id="el"></div><script type="module">
const handlers = {}, state = %s;
for (const name in state) if (state[name]?.bytes) state[name] = new DataView(Uint8Array.from(state[name].bytes).buffer);
window.state = state; window.sent = []; window.saved = [];
const changed = (name) => (handlers["change:" + name] ?? []).forEach((f) => f());
window.receive = (other) => { Object.assign(state, other); Object.keys(other).forEach(changed); };   // as from the kernel
const model = {
  get: (name) => state[name],
  set: (name, value) => { if (state[name] === value) return; state[name] = value; changed(name); },
  save_changes: () => window.saved.push(structuredClone({ ...state, shares: 0, numbers: 0 })),
  send: (message) => window.sent.push(message),
  on: (name, f) => (handlers[name] ??= []).push(f),
  off: () => {},
};
const url = URL.createObjectURL(new Blob([%s], { type: "text/javascript" }));
(await import(url)).default.render({ model, el: document.getElementById("el") });
window.ready = true;
</script>"""


def state_of(view) -> dict:
    """What the browser gets of a widget: its synchronised traits."""
    values = {
        name: getattr(view, name)
        for name in view.keys
        if not name.startswith("_") and name not in ("comm", "layout", "tabbable", "tooltip")
    }
    return {
        name: {"bytes": list(value)} if isinstance(value, bytes) else value
        for name, value in values.items()
    }


def html_of(view) -> str:
    """The page that shows a widget."""
    state, module = (
        json.dumps(part).replace("<", "\\u003c") for part in (state_of(view), view._esm)
    )
    return PAGE % (view._css, state, module)


@pytest.fixture(scope="module")
def browser():
    sync_api = pytest.importorskip("playwright.sync_api", reason="playwright drives the browser")
    if not CHROMIUM:
        pytest.skip("there is no Chromium here to draw the explorers in")
    with sync_api.sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=CHROMIUM, args=["--no-sandbox", "--disable-gpu"]
        )
        yield browser
        browser.close()


@pytest.fixture
def show(browser, tmp_path):
    """show(view) -> a page with the explorer in it; no JavaScript error may be raised there."""
    page, errors = browser.new_page(), []
    page.on("pageerror", lambda error: errors.append(str(error)))

    def show(view):
        file = tmp_path / "view.html"
        file.write_text(html_of(view), encoding="utf-8")
        page.goto(file.as_uri())
        page.wait_for_function("window.ready")
        return page

    yield show
    page.close()
    assert errors == []
