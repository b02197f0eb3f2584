"""An explorer in a bare page of a real browser, without a kernel: its JavaScript, and a stand-in
for the widget's model.
"""

import json
import time

import pytest
from playwright.sync_api import sync_playwright

from tests.widgets.lab import CHROMIUM, FLAGS

# A page with explorers, one under the other, each with a stand-in for the widget's model. The names
# on `window` are those of the first. `stop()` takes an explorer away, `lose()` is what ipywidgets
# does when a kernel is restarted.
PAGE = """<!doctype html><meta charset="utf-8">
<style>html { overflow-y: scroll }</style><body></body><script type="module">
const opened = async ({ state, module }) => {
  const handlers = {}, sent = [], saved = [], el = document.createElement("div");
  for (const name in state)
    if (state[name]?.bytes) state[name] = new DataView(Uint8Array.from(state[name].bytes).buffer);
  const call = (event, ...said) => (handlers[event] ?? []).forEach((f) => f(...said));
  const model = {
    get: (name) => state[name],
    set: (name, value) => {
      if (state[name] === value) return;
      state[name] = value;
      call("change:" + name);
    },
    save_changes: () => saved.push(structuredClone({ ...state, shares: 0, numbers: 0 })),
    send: (message, _, buffers = []) => {
      sent.push(message);
      window.hear?.(message, buffers, (...reply) => call("msg:custom", ...reply));
    },
    on: (event, f) => (handlers[event] ??= []).push(f),
    off: (event, f) => (handlers[event] = (handlers[event] ?? []).filter((g) => g !== f)),
  };
  document.body.append(el);
  const url = URL.createObjectURL(new Blob([module], { type: "text/javascript" }));
  const stop = (await import(url)).default.render({ model, el });
  return {
    state, sent, saved, el,
    receive: (other) => {   // as from the kernel
      Object.assign(state, other);
      Object.keys(other).forEach((name) => call("change:" + name));
    },
    stop: () => { stop(); el.remove(); },
    lose: () => { el.classList.add("jupyter-widgets-disconnected"); call("comm_live_update"); },
    heard: () => Object.values(handlers).flat().length,
  };
};
const views = [];
for (const view of %s) views.push(await opened(view));
const { stop: _, ...first } = views[0];
Object.assign(window, first, { views, ready: true });
</script>"""


# How an explorer looks, asked of its host: tag, some styles and the size of each of its parts, and
# where arcs run.
LOOK = """host => {
  const root = host.shadowRoot, left = host.getBoundingClientRect();
  const names = ['display', 'color', 'backgroundColor', 'borderTopWidth', 'borderTopColor',
    'borderLeftColor', 'paddingTop', 'paddingLeft', 'marginTop', 'fontFamily', 'fontSize',
    'fontWeight', 'lineHeight', 'textAlign', 'outlineStyle', 'opacity', 'cursor'];
  return [...root.querySelectorAll('*')].filter(n => n.getClientRects().length).map(node => {
    const style = getComputedStyle(node), box = node.getBoundingClientRect();
    return [node.tagName, ...names.map(name => style[name]), node.getAttribute('d'),
      ...[box.x - left.x, box.y - left.y, box.width, box.height].map(n => n.toFixed(1))].join(' ');
  }) }"""
# Largest distance between an end of an arc and the top of the word that it should touch.
ASTRAY = """host => {
  const root = host.shadowRoot;
  const words = [...root.querySelectorAll('.attview-words button')];
  const box = root.querySelector('.attview-words').getBoundingClientRect();
  const chosen = words.findIndex(b => b.getAttribute('aria-pressed') === 'true');
  const top = b => { const r = b.getBoundingClientRect();
    return [r.x + r.width / 2 - box.x, r.y - box.y] };
  return Math.max(...[...root.querySelectorAll('path')].map(p => {
    const n = p.getAttribute('d').match(/-?[\\d.]+/g).map(Number), key = Number(p.dataset.key);
    const open = key === chosen ? 9 : 0, [x0, y0] = top(words[chosen]), [x1, y1] = top(words[key]);
    return Math.max(Math.abs(n[0] - open - x0), Math.abs(n[1] - y0),
      Math.abs(n[6] + open - x1), Math.abs(n[7] - y1)) })) }"""


def until(page, ask, wanted) -> None:
    """Wait until what is asked of a page is as it should be: on a busy machine it is drawn late."""
    end = time.monotonic() + 30
    while (found := ask()) != wanted and time.monotonic() < end:
        page.wait_for_timeout(50)
    assert found == wanted


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


def html_of(*views) -> str:
    """The page that shows widgets."""
    parts = [{"state": state_of(view), "module": view._esm} for view in views]
    return PAGE % json.dumps(parts).replace("<", "\\u003c")


@pytest.fixture(scope="session")
def browser():
    """One Chromium for all files. Its scroll bars are drawn: whether one is there is asked."""
    if not CHROMIUM:
        pytest.skip("there is no Chromium here to draw in")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=CHROMIUM, args=FLAGS, ignore_default_args=["--hide-scrollbars"]
        )
        yield browser
        browser.close()


@pytest.fixture(scope="session")
def bare(browser):
    """The page of all `show`s: a new one costs three times what it costs to load another."""
    page = browser.new_page()
    yield page
    page.close()


@pytest.fixture
def show(bare, tmp_path):
    """show(*views) -> a page with explorers in it; no JavaScript error may be raised there."""
    page, errors = bare, []

    def heard(error):
        errors.append(str(error))

    def show(*views):
        file = tmp_path / "view.html"
        file.write_text(html_of(*views), encoding="utf-8")
        page.goto(file.as_uri())
        page.wait_for_function("window.ready")
        return page

    page.on("pageerror", heard)
    size = page.viewport_size
    yield show
    page.goto("about:blank")
    page.remove_listener("pageerror", heard)
    page.set_viewport_size(size)
    page.mouse.move(0, 0)
    assert errors == []
