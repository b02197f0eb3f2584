"""The attention explorer: what it refuses, what it says, its static stand-in, and itself in a browser."""

import json

import numpy as np
import pytest
import traitlets

from tests.lab import CHROMIUM
from utils.widgets.attention import CSS, ESM, MOST_TOKENS, AttentionExplorer

WORDS = ["the", "<b>bell</b>", "it"]


def shares(T=3, layers=2, heads=2):
    rng = np.random.default_rng(0)
    a = np.tril(rng.random((layers, heads, T, T)) + 0.01)
    return a / a.sum(-1, keepdims=True)


def test_it_knows_the_row_it_shows():
    attention = shares()
    view = AttentionExplorer(WORDS, attention, layer=1, head=0, word=2)
    assert np.allclose(view.row, attention[1, 0, 2])
    view.head, view.word = 1, 1
    assert np.allclose(view.row, attention[1, 1, 1])
    assert "“<b>bell</b>” in layer 1, head 1" in repr(view)


def test_what_the_browser_gets_is_the_attention():
    attention = shares(5, 3, 2)
    view = AttentionExplorer(list("abcde"), attention)
    sent = np.frombuffer(view.shares, np.uint8).reshape(3, 2, 5, 5) / 255
    assert np.abs(sent - attention).max() <= 0.5 / 255 + 1e-9
    assert len(view.colours) == 256 and all(len(c) == 7 for c in view.colours)


def test_it_takes_a_tensor():
    torch = pytest.importorskip("torch")
    view = AttentionExplorer(WORDS, torch.tensor(shares(), dtype=torch.float32))
    assert view.layers == view.heads == 2


@pytest.mark.parametrize("words, attention, said", [
    (WORDS, np.zeros((2, 2, 4, 4)), "3 words need"),
    (WORDS, np.zeros((2, 3, 3)), "n_layer, n_head"),
    ([], np.zeros((1, 1, 0, 0)), "0 words"),
    (WORDS, shares() * 7, "not the scores"),
    (WORDS, np.full((1, 1, 3, 3), np.nan), "not the scores"),
    (["a"] * (MOST_TOKENS + 1), np.zeros((1, 1, MOST_TOKENS + 1, MOST_TOKENS + 1)), "at most"),
])  # fmt: skip
def test_what_does_not_fit_is_refused_in_a_sentence(words, attention, said):
    with pytest.raises(ValueError, match=said):
        AttentionExplorer(words, attention)


@pytest.mark.parametrize("name, value", [("layer", 2), ("head", -1), ("word", 3)])
def test_a_choice_that_does_not_exist_is_refused(name, value):
    view = AttentionExplorer(WORDS, shares())
    with pytest.raises((ValueError, traitlets.TraitError), match=f"{name} must be from 0"):
        setattr(view, name, value)
    assert getattr(view, name) == 0


def test_without_a_kernel_a_figure_stands_in_its_place():
    bundle = AttentionExplorer(WORDS, shares(), word=2)._repr_mimebundle_()
    assert "<svg" in bundle["text/html"] and "<b>" not in bundle["text/html"], "the words must be escaped"
    assert "&lt;b&gt;bell" in bundle["text/html"]
    assert bundle["text/plain"].startswith("“it” in layer 0, head 0 looks at:")
    assert "application/vnd.jupyter.widget-view+json" in bundle


PAGE = """<!doctype html><meta charset="utf-8"><style>%s</style><div id="here"></div><script type="module">
const state = %s, heard = {};
state.shares = new DataView(Uint8Array.from(state.shares).buffer);
const model = {
  get: (name) => state[name],
  set: (name, value) => { if (state[name] !== value) { state[name] = value; (heard["change:" + name] || []).forEach((f) => f()); } },
  save_changes: () => {}, on: (name, f) => (heard[name] ||= []).push(f), off: () => {},
};
window.model = model;
const source = %s;
const module_ = await import(URL.createObjectURL(new Blob([source], { type: "text/javascript" })));
module_.default.render({ model, el: document.getElementById("here") });
window.ready = true;
</script>"""


@pytest.fixture
def page(tmp_path):
    sync_api = pytest.importorskip("playwright.sync_api")
    if not CHROMIUM:
        pytest.skip("no Chromium on this machine")
    view = AttentionExplorer(WORDS, shares(), word=2)
    names = "words layers heads layer head word colours".split()
    state = {name: getattr(view, name) for name in names} | {"shares": list(view.shares)}
    (tmp_path / "page.html").write_text(PAGE % (CSS, json.dumps(state), json.dumps(ESM)), "utf-8")
    with sync_api.sync_playwright() as play:
        browser = play.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox", "--disable-gpu"])
        page = browser.new_page()
        page.goto((tmp_path / "page.html").as_uri())
        page.wait_for_function("window.ready")
        yield page
        browser.close()


def test_in_a_browser_a_click_an_arrow_key_and_a_menu_change_the_row(page):
    words, said = page.locator(".attview-text button"), page.locator(".attview-said")
    attention = shares()

    def shown():
        return [w.evaluate("b => parseFloat(b.style.getPropertyValue('--share'))") / 100 for w in words.all()]

    assert words.all_inner_texts() == WORDS, "words must be text, not HTML"
    assert np.allclose(shown(), attention[0, 0, 2], atol=0.005)
    words.nth(1).click()
    assert np.allclose(shown(), attention[0, 0, 1], atol=0.005)
    assert said.inner_text().startswith("“<b>bell</b>” in layer 0, head 0")
    page.keyboard.press("ArrowLeft")
    assert page.evaluate("model.get('word')") == 0
    page.keyboard.press("End")
    page.get_by_label("head", exact=True).select_option("1")
    page.get_by_label("layer", exact=True).select_option("1")
    assert np.allclose(shown(), attention[1, 1, 2], atol=0.005)
    assert words.nth(2).get_attribute("aria-pressed") == "true"
    box = page.locator("canvas").bounding_box()
    page.mouse.click(box["x"] + 2, box["y"] + box["height"] / 6)  # the first row of the table
    assert np.allclose(shown(), attention[1, 1, 0], atol=0.005)
