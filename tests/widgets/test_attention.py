"""The attention explorer: what it refuses, what it says, its static stand-in, and itself in a
browser.
"""

import numpy as np
import pytest
import traitlets

from utils.widgets.attention import MOST_SHARES, AttentionExplorer, Comparison

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
    sent = np.frombuffer(view.shares, np.float32).reshape(3, 2, 5, 5)
    assert np.abs(sent - attention).max() <= 1e-7
    assert len(view.colours) == 256 and all(len(c) == 7 for c in view.colours)


def test_it_takes_a_tensor():
    torch = pytest.importorskip("torch")
    view = AttentionExplorer(WORDS, torch.tensor(shares(), dtype=torch.float32))
    assert view.layers == view.heads == 2


@pytest.mark.parametrize(
    "words, attention, said",
    [
        (WORDS, np.zeros((2, 2, 4, 4)), "3 words need"),
        (WORDS, np.zeros((2, 3, 3)), "n_layer, n_head"),
        ([], np.zeros((1, 1, 0, 0)), "0 words"),
        (WORDS, shares() * 7, "not the scores"),
        (WORDS, np.full((1, 1, 3, 3), np.nan), "not the scores"),
        (
            ["a"] * 500,
            np.broadcast_to(np.float32(0), (1, MOST_SHARES // 500**2 + 1, 500, 500)),
            "at most",
        ),
    ],
)
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
    static, live = AttentionExplorer(WORDS, shares(), word=2).bundles()
    assert "<img alt=" in static["text/html"] and "<b>" not in static["text/html"], (
        "the words must be escaped"
    )
    assert "&lt;b&gt;bell" in static["text/html"]
    assert static["text/plain"].startswith("“it” in layer 0, head 0 looks at:")
    assert set(live) == {"application/vnd.jupyter.widget-view+json"}
    again = AttentionExplorer(WORDS, shares(), word=2).bundles()[0]
    assert again == static, "the same bytes on every run"


def read(text):
    if "!" in text:
        raise ValueError("no ! please")
    words = text.split()
    return words, shares(len(words))


def test_a_typed_text_is_read_anew():
    view = AttentionExplorer.of_text(read, "the bell and the lamp", layer=1, head=1)
    assert view.word == 4 and view.typed
    view.word = 1
    view.text = "the bell rang"  # the same up to the chosen word
    assert view.words == ["the", "bell", "rang"] and view.word == 1
    assert np.allclose(view.row, shares(3)[1, 1, 1])
    view.text = "it"
    assert view.word == 0 and view.row.tolist() == [1.0]
    view.text = "it!"
    assert view.problem == "no ! please" and view.words == ["it"]
    view.text = "it is"
    assert not view.problem and view.words == ["it", "is"]


def test_two_explorers_show_the_same_head_and_word():
    first, second = (
        AttentionExplorer.of_text(read, "a b c"),
        AttentionExplorer.of_text(read, "d e f"),
    )
    both = Comparison(first, second)
    first.layer, second.head, first.word = 1, 1, 1
    assert (second.layer, first.head, second.word) == (1, 1, 1)
    first.scale, second.lines = "root", True
    assert (second.scale, first.lines) == ("root", True)
    assert both.html().count("<img") == 2
    first.text = "a b c d"
    first.word, second.head = 0, 0
    assert second.word == 1 and first.head == 0, (
        "of texts of two lengths each has a word of its own"
    )
    with pytest.raises(ValueError, match="same layers"):
        Comparison(first, AttentionExplorer(WORDS, shares(layers=1)))


def test_in_a_browser_clicks_arrow_keys_and_menus_change_the_row(show):
    page = show(AttentionExplorer(WORDS, shares(), word=2))
    words, said = page.locator(".attview-words button"), page.locator(".attview-said")
    attention = shares()

    def shown():
        arcs = dict(
            page.locator("path").evaluate_all(
                "all => all.map((p) => [Number(p.dataset.key), Number(p.dataset.share)])"
            )
        )
        tints = [
            w.evaluate("b => parseFloat(b.style.getPropertyValue('--share'))") / 100
            for w in words.all()
        ]
        assert all(abs(arcs.get(s, 0) - share) < 0.02 for s, share in enumerate(tints)), (
            "an arc for every share that counts"
        )
        return tints

    assert words.locator("span").all_inner_texts() == WORDS, "words must be text, not HTML"
    assert np.allclose(shown(), attention[0, 0, 2], atol=0.005)
    words.nth(1).click()
    assert np.allclose(shown(), attention[0, 0, 1], atol=0.005)
    assert said.inner_text().startswith("“<b>bell</b>” in layer 0, head 0")
    page.keyboard.press("ArrowLeft")
    assert page.evaluate("window.state.word") == 0
    page.keyboard.press("End")
    page.get_by_label("head", exact=True).select_option("1")
    page.get_by_label("layer", exact=True).select_option("1")
    assert np.allclose(shown(), attention[1, 1, 2], atol=0.005)
    assert words.nth(2).get_attribute("aria-pressed") == "true"
    box = page.locator(".attview-box canvas").bounding_box()
    page.mouse.click(box["x"] + 2, box["y"] + box["height"] / 6)  # the first row of the table
    assert np.allclose(shown(), attention[1, 1, 0], atol=0.005)
    page.get_by_role("button", name="layer 0, head 1").click()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowLeft")
    assert page.evaluate("[window.state.layer, window.state.head]") == [1, 0]
    page.evaluate("window.receive({ word: 2, layer: 0 })")  # from code
    assert np.allclose(shown(), attention[0, 0, 2], atol=0.005)
    pixel = page.locator(".attview-box canvas").evaluate(
        "c => [...c.getContext('2d').getImageData(0, 2, 3, 1).data]"
    )
    ramp = AttentionExplorer(WORDS, shares()).colours
    assert ["#%02x%02x%02x" % tuple(pixel[i : i + 3]) for i in (0, 4, 8)] == [
        ramp[round(255 * w)] for w in attention[0, 0, 2]
    ]


def test_typing_after_emptying_follows_the_last_word():
    def read(text):
        words = ["<s>", *text.split()]
        return words, shares(len(words))

    view = AttentionExplorer.of_text(read, "the bell rang")
    view.text = ""
    assert view.word == 0 and view.words == ["<s>"]
    for text, word in (("the", 1), ("the bell", 2), ("the bell did not", 4)):
        view.text = text
        assert view.word == word, "the last word was framed, so the last one is"
    view.word = 2
    view.text = "the bell did not ring"
    assert view.word == 2, "another word was chosen, so it stays"


def test_in_a_browser_the_table_has_words_on_its_axes(show):
    page = show(AttentionExplorer(WORDS, shares(), word=1))
    rows, columns = page.locator(".attview-rows span"), page.locator(".attview-columns span")
    assert rows.all_inner_texts() == columns.all_inner_texts() == WORDS
    table = page.locator(".attview-box").bounding_box()
    for i in range(3):
        row, column = rows.nth(i).bounding_box(), columns.nth(i).bounding_box()
        middle = (i + 0.5) / 3
        assert abs(row["y"] + row["height"] / 2 - table["y"] - middle * table["height"]) < 3
        assert abs(column["x"] + column["width"] / 2 - table["x"] - middle * table["width"]) < 3
        assert row["x"] + row["width"] <= table["x"] and column["y"] < table["y"]
    assert page.locator(".attview-rows .attview-one").inner_text() == WORDS[1]
    many = [f"w{i}" for i in range(60)]
    page = show(AttentionExplorer(many, shares(60), word=31))
    labels = page.locator(".attview-rows span").all_inner_texts()
    assert "w31" in labels and 12 < len(labels) < 40, "as many as have room, and the chosen one"


def test_in_a_browser_the_scale_can_be_each_heads_largest_share_or_a_root(show):
    attention = shares(6)
    attention[1, 1, 1:] *= 0.25  # a faint head; rows need not add up to 1
    page = show(AttentionExplorer(list("abcdef"), attention, layer=1, head=1, word=5))
    ramp = AttentionExplorer(WORDS, shares()).colours
    scale, legend = page.get_by_label("scale of the tables"), page.locator(".attview-scale")
    largest = attention[1, 1, 1:].max()
    sent = attention[1, 1, 5].astype(np.float32)
    assert scale.input_value() == "fixed" and legend.inner_text().split() == ["share", "0", "1"]
    for name, wanted, top in (
        ("fixed", sent, "1"),
        ("largest", sent / largest, f"{largest:.2f}"),
        ("root", sent**0.5, "1"),
    ):
        scale.select_option(name)
        assert page.evaluate("state.scale") == name
        thumbs = page.locator(".attview-all canvas")
        for canvas in (page.locator(".attview-box canvas"), thumbs.last):
            pixel = canvas.evaluate("c => [...c.getContext('2d').getImageData(0, 5, 6, 1).data]")
            drawn = ["#%02x%02x%02x" % tuple(pixel[i : i + 3]) for i in range(0, 24, 4)]
            assert drawn == [ramp[int(255 * w + 0.5)] for w in wanted], name
        assert legend.inner_text().split()[-1] == top


def test_in_a_browser_all_heads_can_be_lines(show):
    attention = np.zeros((2, 2, 4, 4))
    attention[:, :, range(4), range(4)] = 1  # each word looks at itself: level lines
    attention[1, 0, 3] = [1, 0, 0, 0]  # and in one head the last at the first: a steep one
    page = show(AttentionExplorer(list("abcd"), attention, word=3))
    page.get_by_label("all heads as").select_option("lines")
    assert page.evaluate("state.lines") is True
    assert "from the word that looks (left)" in page.locator(".attview-tables").inner_text()

    def pink(head, y):
        """Whether the chosen word's line passes the middle of a head's picture at this height."""
        return (
            page.locator(".attview-all canvas")
            .nth(head)
            .evaluate(
                """(c, y) => { const [r, g, b, a] = c.getContext('2d')
              .getImageData(c.width / 2, Math.round(y * c.height), 1, 1).data;
              return a > 100 && r > 150 && g < 100 }""",
                y,
            )
        )

    level, steep = 3.5 / 4, (3.5 + 0.5) / 8
    assert [pink(head, level) for head in range(4)] == [True, True, False, True]
    assert [pink(head, steep) for head in range(4)] == [False, False, True, False]
    page.locator(".attview-words button").nth(0).click()
    assert not pink(2, steep), "another word is chosen"
    page.get_by_role("button", name="layer 1, head 0").click()
    assert page.evaluate("[state.layer, state.head]") == [1, 0]
