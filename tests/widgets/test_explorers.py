"""What holds for every explorer: its frame, its styles, its keys, and its life without a kernel."""

import numpy as np
import pytest

from tests.widgets.page import ASTRAY, LOOK, until
from utils import bpe, gpt2, parts
from utils.figures import style
from utils.widgets.attention import AttentionExplorer
from utils.widgets.cache import CacheExplorer
from utils.widgets.flow import FlowExplorer
from utils.widgets.keyboard import NextTokenKeyboard
from utils.widgets.sampling import SamplingPlayground
from utils.widgets.stepper import Stepper
from utils.widgets.tokenizer import TokenizerView
from utils.widgets.training import Dashboard

TOKENIZER = bpe.train("the robot must obey the orders", 270, special=["<end>"])
CONFIG = gpt2.Config(
    vocab_size=TOKENIZER.vocab_size,
    n_positions=40,
    n_embd=12,
    n_layer=2,
    n_head=3,
    eos_token_id=TOKENIZER.special["<end>"],
)
PARAMS = parts.random_params(CONFIG, 0)
WORDS = "Nobody in town was as kind as the robot , but it did not spin".split()


def attention(words):
    a = np.tril(np.random.default_rng(0).random((2, 12, len(words), len(words))) ** 4 + 1e-3)
    return a / a.sum(-1, keepdims=True)


def picture():
    return style.Picture(style.canvas(9, 2)[0], "An empty picture for a test, nothing in it.")


def dashboard():
    return Dashboard(line="after 3 steps", picture=[picture().address, "nothing", 900])


EXPLORERS = {
    "attention": lambda: AttentionExplorer(WORDS, attention(WORDS), word=14),
    "typed attention": lambda: AttentionExplorer.of_text(
        lambda text: (text.split(), attention(text.split())), " ".join(WORDS)
    ),
    "cache": lambda: CacheExplorer(PARAMS, CONFIG, [3, 1, 4, 1], WORDS[:4]),
    "flow": lambda: FlowExplorer(PARAMS, CONFIG, TOKENIZER, "the robot"),
    "keyboard": lambda: NextTokenKeyboard(PARAMS, CONFIG, TOKENIZER, "the robot"),
    "playground": lambda: SamplingPlayground(PARAMS, CONFIG, TOKENIZER, "the robot"),
    "stepper": lambda: Stepper([picture()] * 3, ["one", "two", "three"]),
    "tokenizer": lambda: TokenizerView("the robot", {"bytes": bpe.train("", 256)}),
    "training": dashboard,
}
ASKING = {"typed attention", "keyboard", "playground", "tokenizer", "training"}


def look(page, i=0) -> list[str]:
    return page.locator(".byhand-host").nth(i).evaluate(LOOK)


def settled(page) -> list[str]:
    """How an explorer looks once it has stopped moving."""
    before = None
    while (now := look(page)) != before:
        before = now
        page.wait_for_timeout(50)
    return now


def astray(page) -> float:
    return page.locator(".byhand-host").first.evaluate(ASTRAY)


def all_of(page) -> dict:
    """The explorers of a page with all of them, by name."""
    return dict(zip(EXPLORERS, page.locator(".byhand").all(), strict=True))


def test_an_explorer_looks_in_company_as_it_looks_alone(show):
    """All in a page, in one order and in the other, so that each comes before and after each; then
    in a page that has styles of its own.
    """
    views, alone = {name: make() for name, make in EXPLORERS.items()}, {}
    for name, view in views.items():
        alone[name] = settled(show(view))
        assert len(alone[name]) > 3
    for order in (list(views), list(reversed(views))):
        page = show(*(views[name] for name in order))
        for i, name in enumerate(order):
            until(page, lambda page=page, i=i: look(page, i), alone[name])
    page = show(*views.values())
    page.add_style_tag(
        content="button, textarea, td, th, canvas, svg { background: lime; padding: 9px; "
        "border: 7px solid red; margin: 5px } .byhand, .byhand * { font-size: 30px }"
    )
    for i, name in enumerate(views):
        until(page, lambda i=i: look(page, i), alone[name])


def test_arcs_end_at_their_words_wherever_these_move(show):
    page = show(EXPLORERS["attention"]())
    until(page, lambda: astray(page) <= 1, True)
    for moved in ("body { width: 500px }", "body { font-family: monospace }"):
        was = look(page)
        page.add_style_tag(content=moved)
        until(page, lambda was=was: look(page) != was and astray(page) <= 1, True)
    # a word gets another size inside a box that keeps its own
    size = (
        "[...views[0].el.firstChild.shadowRoot.querySelectorAll('.attview-text')][0].offsetHeight"
    )
    was, word = page.evaluate(size), page.locator(".attview-words button span").nth(1)
    at_once = f"b => {{ b.textContent = 'inn'; return ({ASTRAY})(b.getRootNode().host) }}"
    assert word.evaluate(at_once) > 1
    until(page, lambda: page.evaluate(size) == was and astray(page) <= 1, True)


def test_keys_stay_in_the_explorer(show):
    page = show(*(make() for make in EXPLORERS.values()))
    page.evaluate("window.keys = []; addEventListener('keydown', e => keys.push(e.key))")
    hosts = page.locator(".byhand-host[data-lm-suppress-shortcuts=true]")
    assert hosts.count() == len(EXPLORERS)
    for root in all_of(page).values():
        for part in root.locator(":is(button, select, input, textarea):enabled").all()[:4]:
            part.focus()
            for key in ("d", "ArrowUp", "Escape"):
                page.keyboard.press(key)
    assert page.evaluate("keys") == []


def test_an_explorer_that_is_closed_hears_and_asks_nothing_more(show):
    page = show(*(make() for make in EXPLORERS.values()))
    assert page.evaluate("views.every(view => view.heard() > 0)")
    page.evaluate("""() => {
      window.watched = 3;   // attention, twice, and flow watch sizes
      const { disconnect } = ResizeObserver.prototype;
      ResizeObserver.prototype.disconnect = function () { watched--; disconnect.call(this) };
      for (const view of views) {
        const box = view.el.firstChild.shadowRoot.querySelector('textarea');
        if (box) box.value = 'half typed';
        box?.dispatchEvent(new Event('input'));
        view.stop();
      } }""")
    page.wait_for_timeout(500)
    assert page.evaluate("watched") == 0
    assert page.evaluate("views.map(view => view.heard())") == [0] * len(EXPLORERS)
    assert page.evaluate("views.flatMap(view => view.saved)") == []


def test_without_its_kernel_an_explorer_says_what_to_do(show):
    page = show(*(make() for make in EXPLORERS.values()))
    roots = all_of(page)
    typed = [root for name, root in roots.items() if name in ASKING and name != "training"]
    for root in typed:
        root.locator("textarea").fill("something else")
        root.get_by_text("working …", exact=True).wait_for()
    page.evaluate("views.forEach(view => { view.saved.length = 0; view.lose() })")
    for i, (name, root) in enumerate(roots.items()):
        until(page, lambda root=root: "run this cell again" in root.inner_text(), name in ASKING)
        assert "working" not in root.inner_text(), name
        assert root.locator(".byhand-gone").count() == (name in ASKING)
        if name in ASKING:
            assert root.locator("textarea:enabled").count() == 0
        if name in ("keyboard", "playground"):
            assert root.locator("button:enabled, input:enabled").count() == 0
        if name in ("attention", "cache", "stepper"):
            root.get_by_role("button").nth(1).click()
            assert page.evaluate("i => views[i].saved.length", i) == 1, (
                f"{name}: the browser has all that it needs"
            )


def test_nothing_says_working_for_ever(show):
    page = show(EXPLORERS["tokenizer"]())
    sign = page.locator(".byhand-working")
    page.clock.install()
    page.get_by_label("Type a text").fill("a robot")
    page.clock.run_for(1000)
    assert sign.inner_text() == "working …"
    page.clock.run_for(20_000)
    assert "If the kernel was restarted or stopped, run this cell again" in sign.inner_text()
    page.evaluate("receive({ answered: 1 })")
    assert sign.inner_text() == ""


def test_the_keyboard_is_not_drawn_over_what_is_being_typed(show):
    page = show(EXPLORERS["keyboard"]())
    box, keys = page.get_by_label("your text"), page.locator(".keyview-keys button")
    box.press_sequentially(" x")
    page.evaluate("receive({ text: 'late', said: 'late', offers: [['late', '1%']], widths: [1] })")
    assert box.input_value() == "the robot x"
    page.wait_for_function("saved.length === 1")
    page.evaluate("receive({ text: 'late 2', offers: [['in time', '1%']], answered: 1 })")
    assert "in time" in keys.first.inner_text() and box.input_value() == "late 2"


def test_arrows_at_the_edge_of_the_heads_stay_there(show):
    page = show(EXPLORERS["attention"]())
    page.get_by_role("button", name="layer 0, head 10").click()
    for key, wanted in (
        ("ArrowUp", [0, 10]),
        ("ArrowDown", [1, 10]),
        ("ArrowDown", [1, 10]),
        ("ArrowRight", [1, 11]),
        ("ArrowRight", [1, 11]),
        ("Home", [0, 0]),
        ("ArrowLeft", [0, 0]),
    ):
        page.keyboard.press(key)
        assert page.evaluate("[state.layer, state.head]") == wanted, key


@pytest.mark.parametrize("width", [390, 848])
def test_nothing_is_cut(width, show):
    """848 pixels are what JupyterLab has at 1280 with its sidebar open."""
    page = show(*(make() for make in EXPLORERS.values()))
    page.set_viewport_size({"width": width, "height": 900})
    for name, root in all_of(page).items():
        wide = root.evaluate("""root => [...root.querySelectorAll('*')].filter(node => {
          for (let a = node; a !== root; a = a.parentElement)   // what scrolls is not cut
            if (/auto|scroll|hidden/.test(getComputedStyle(a).overflowX)) return false;
          return node.getBoundingClientRect().right > innerWidth + 1;
        }).map(node => node.className)""")
        assert wide == [], name
