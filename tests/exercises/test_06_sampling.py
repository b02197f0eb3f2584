"""Lesson 06: its exercises against utils.sampling and utils.gpt2, its figures, and its two
widgets.
"""

import dataclasses
import math
from html import escape
from html.parser import HTMLParser

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch.utils.flop_counter import FlopCounterMode

from tests.exercises import references
from utils import bpe, gpt2, parts, sampling
from utils.figures import byte_pair_encoding as figures_of_tokens
from utils.figures import logits_and_sampling as figures
from utils.widgets.keyboard import NextTokenKeyboard, so_far
from utils.widgets.sampling import SamplingPlayground

lesson = references("06_logits_and_sampling")

TOKENIZER = bpe.train("the robot and the key. the key and the robot. " * 3, 270, special=["<end>"])
CONFIG = gpt2.Config(
    vocab_size=TOKENIZER.vocab_size,
    n_positions=20,
    n_embd=12,
    n_layer=2,
    n_head=3,
    eos_token_id=TOKENIZER.special["<end>"],
)
PARAMS = parts.random_params(CONFIG, 3)
NASTY = "<img src=x onerror='window.hacked = 1'>"


# ---------------------------------------------------------------- the exercises


@settings(max_examples=150, deadline=None, derandomize=True)
@given(
    logits=st.lists(st.integers(-12, 12).map(lambda x: x / 4), min_size=1, max_size=12),
    t=st.sampled_from([0, 0.3, 1.0, 2.5]),
    k=st.sampled_from([1, 2, 3, 12, 50]),
    p=st.sampled_from([0, 0.123, 0.456, 0.789, 0.987, 1]),
)
def test_the_three_dials_together_are_the_courses_sampler(logits, t, k, p):
    z = torch.tensor(logits)
    ours = lesson.logits_to_probabilities(
        lesson.top_p(lesson.top_k(lesson.temperature(z, t), k), p)
    )
    theirs = sampling.probabilities(z, t, k, p)
    torch.testing.assert_close(ours, theirs, rtol=1e-4, atol=1e-6)
    assert ours.count_nonzero() == theirs.count_nonzero()


def test_darts_at_even_distances_hit_each_token_as_often_as_its_share():
    shares = torch.tensor([0.0, 0.125, 0.5, 0.0, 0.25, 0.125, 0.0])
    hits = torch.zeros(7)
    for i in range(1000):
        hits[lesson.sample_id(shares, i / 1000)] += 1
    assert (hits / 1000).equal(shares)


def test_a_cache_changes_nothing_in_chunks_of_any_size():
    params, ids = (
        {k: p.double() for k, p in PARAMS.items()},
        torch.randint(CONFIG.vocab_size, (20,), generator=torch.Generator().manual_seed(1)),
    )
    whole = gpt2.forward(params, CONFIG, ids)
    for sizes in ([20], [7, 13], [1] * 20, [3, 1, 10, 6]):
        cache, done = parts.empty_cache(2, 3, 4, torch.float64), 0
        for size in sizes:
            logits, cache = lesson.forward_with_cache(
                params, ids[done : done + size].tolist(), cache, 3
            )
            assert (logits - whole[done : done + size]).abs().max() < 1e-5
            done += size


def test_writing_with_a_cache_is_writing_without():
    us = [0.31, 0.87, 0.02, 0.55, 0.68, 0.13, 0.91]
    ids = made = [5, 80, 3]
    for u in us:
        p = sampling.probabilities(gpt2.forward(PARAMS, CONFIG, ids)[-1])
        ids = [*ids, lesson.sample_id(p, u)]
    assert lesson.generate_with_cache(PARAMS, parts.empty_cache(2, 3, 4), made, us, -1, 3) == ids


def test_the_formula_counts_what_torch_counts():
    for past, new in ((0, 1), (0, 9), (6, 1), (5, 4)):
        cache = parts.empty_cache(2, 3, 4)
        if past:
            cache = lesson.forward_with_cache(PARAMS, [1] * past, cache, 3)[1]
        with FlopCounterMode(display=False) as counter:
            lesson.forward_with_cache(PARAMS, [2] * new, cache, 3)
        others = (new - 1) * CONFIG.n_embd * CONFIG.vocab_size  # logits of all but the last token
        assert counter.get_total_flops() == 2 * (parts.multiplications(CONFIG, past, new) + others)


def test_the_saving_lies_clearly_nearest_to_one_guess():
    config = gpt2.Config()
    ratio = parts.multiplications(config, 0, 1024) / parts.multiplications(config, 1023, 1)
    assert lesson.predict_saving() == 700 and 500 < ratio < 1000


# ---------------------------------------------------------------- the figures


def test_figures_say_what_they_show():
    assert (
        "a -1.0"
        in figures.unembedding(["a", "b"], torch.ones(20), torch.ones(2, 20), [-1.0, 2.0]).alt
    )
    assert (
        "Picked: b."
        in figures.logits_and_probabilities(["a", "b"], [-1.0, 2.0], [0.05, 0.95], picked=1).alt
    )
    assert "again from “b”" in figures.circle(["a", "b", "c"], 1).alt
    assert (
        "t: 1 of 2 kept, the likeliest at 100%"
        in figures.dials(["a", "b"], [0.6, 0.4], {"t": [1.0, 0.0]}).alt
    )
    assert "the lanes of a are kept" in figures.lanes(["a", "b"], 1, 2, "c").alt
    assert (
        "beside 1 kept key and value"
        in figures.cache_step(
            ["a", "b"],
            1,
            torch.ones(4),
            torch.ones(2, 4),
            torch.ones(2, 4),
            [0.5, 0.5],
            torch.ones(4),
        ).alt
    )
    assert (
        "takes 4 times as much"
        in figures.work([1, 2, 3], [2.0, 4.0, 8.0], [2.0, 2.0, 2.0], "units").alt
    )


# ---------------------------------------------------------------- the playground


def play(text="the robot", **dials):
    return SamplingPlayground(PARAMS, CONFIG, TOKENIZER, text, **dials)


def test_bars_are_the_models_probabilities_and_follow_the_dials():
    view = play()
    p = sampling.probabilities(
        gpt2.forward(PARAMS, CONFIG, [CONFIG.eos_token_id, *TOKENIZER.encode("the robot")])[-1]
    )
    assert [row[1] for row in view.rows] == pytest.approx(
        p.sort(descending=True).values[:12].tolist(), abs=1e-6
    )
    view.top_k = 3
    assert [row[3] for row in view.rows] == [True] * 3 + [False] * 9
    assert sum(row[2] for row in view.rows) == pytest.approx(1)
    assert view.said.startswith("3 of 270")
    view.top_p = 0.0
    assert [row[2] for row in view.rows[:2]] == [1, 0]
    view.top_p, view.top_k, view.temperature = 1.0, view.ks[-1], 0.0
    assert view.rows[0][2] == 1 and view.said.startswith("1 of")


def test_samples_are_ten_new_at_each_turn_and_the_same_again():
    view = play(temperature=1.5)
    first = view.samples
    assert len(first) == 10 and len({text for text, _ in first}) > 5
    view.turn = 1
    assert view.samples != first
    view.turn = 0
    assert view.samples == first
    view.temperature = 0.0
    view.turn = 2
    assert len({text for text, _ in view.samples}) == 1


def test_a_batch_of_samples_is_what_the_model_says():
    made = sampling.continuations(PARAMS, CONFIG, [1, 2, 3], 10, 14, temperature=0)
    plain = list(
        sampling.generate(
            PARAMS,
            dataclasses.replace(CONFIG, eos_token_id=None),
            [1, 2, 3],
            14,
            temperature=0,
        )
    )
    end = CONFIG.eos_token_id
    expected = (plain[: plain.index(end)], True) if end in plain else (plain, False)
    assert made == [expected] * 10


def test_samples_end_at_the_end_token():
    forced = {
        **PARAMS,
        "ln_f.weight": torch.zeros(12),
        "ln_f.bias": 100 * PARAMS["wte.weight"][CONFIG.eos_token_id],
    }
    best = gpt2.forward(forced, CONFIG, [1])[-1].argmax().item()
    ending = dataclasses.replace(CONFIG, eos_token_id=best)
    made = sampling.continuations(forced, ending, [1, 2], 10, 14, temperature=0)
    assert made == [([], True)] * 10


@pytest.mark.parametrize(
    "view",
    [play, lambda text: NextTokenKeyboard(PARAMS, CONFIG, TOKENIZER, text)],
    ids=["playground", "keyboard"],
)
def test_texts_that_cannot_be_read_are_answered_with_a_sentence(view):
    shown = view("the robot")
    for text, sentence in (("xyz " * 30, "the model can read 20"), ("a\ud83e", "D83E")):
        shown.text = text
        assert (
            sentence in shown.said
            and not getattr(shown, "rows", None)
            and not getattr(shown, "offers", None)
        )
    shown.text = ""
    assert "can read" not in shown.said and (getattr(shown, "rows", None) or shown.offers)


def test_a_text_that_fills_the_context_still_gives_samples():
    assert play("x" * 19).samples  # with the start token 20
    made = sampling.continuations(PARAMS, CONFIG, [1] * 20, 10, 14)
    assert len(made) == 10 and all(len(ids) == (not over) for ids, over in made)


def test_the_playground_refuses_settings_out_of_range():
    with pytest.raises(ValueError, match="temperature must be 0 or more"):
        play(temperature=-1.0)


# ---------------------------------------------------------------- the keyboard


def test_keys_are_the_ten_likeliest_and_a_press_appends():
    view = NextTokenKeyboard(PARAMS, CONFIG, TOKENIZER, "the robot")
    ids = [CONFIG.eos_token_id, *TOKENIZER.encode("the robot")]
    for _ in range(4):
        p = sampling.probabilities(gpt2.forward(PARAMS, CONFIG, ids)[-1])
        best = p.sort(descending=True, stable=True).indices[:10].tolist()
        assert [share for _, share in view.offers] == [f"{p[i].item():.1%}" for i in best]
        press = next(i for i, token in enumerate(best) if token < 128)
        view.press(press)
        ids.append(best[press])
        assert view.text == TOKENIZER.decode(ids[1:])
    for _ in range(4):
        view.undo()
    assert view.text == "the robot"
    view.press(99)
    assert view.text == "the robot"


def test_half_a_character_waits_for_its_other_half():
    view = NextTokenKeyboard(PARAMS, CONFIG, TOKENIZER, "é")
    view.undo()
    view._offered = [0xA9]
    view.press(0)
    assert view.text == "é" and view._ids[1:] == TOKENIZER.encode("é")


def test_the_end_token_and_a_full_context_are_said():
    view = NextTokenKeyboard(PARAMS, CONFIG, TOKENIZER, "the")
    view._offered[0] = CONFIG.eos_token_id
    view.press(0)
    assert view.text == "the" and "would stop" in view.said
    view.text = "x" * 19
    view._offered[0] = TOKENIZER.encode("x")[0]
    view.press(0)
    assert "context is full" in view.said and not view.offers and view.text == "x" * 20
    view.undo()
    assert view.offers and not view.said


# ---------------------------------------------------------------- without a kernel


class Tags(HTMLParser):
    def __init__(self, html):
        super().__init__()
        self.tags, self.attributes, self.text = [], [], ""
        self.feed(html)

    def handle_starttag(self, tag, attributes):
        self.tags.append(tag)
        self.attributes += [name for name, _ in attributes]

    def handle_data(self, data):
        self.text += data


def test_static_forms_say_the_same_and_are_escaped():
    odd = bpe.train(NASTY * 3, 262, special=["<end>"])
    config = dataclasses.replace(
        CONFIG, vocab_size=odd.vocab_size, eos_token_id=odd.special["<end>"], n_positions=60
    )
    params = parts.random_params(config, 0)
    for view in (
        SamplingPlayground(params, config, odd, NASTY),
        NextTokenKeyboard(params, config, odd, NASTY),
    ):
        bundle, _ = view.bundles()
        read = Tags(bundle["text/html"])
        assert not {"img", "script"} & set(read.tags) and set(read.attributes) <= {"style", "class"}
        assert NASTY in read.text and "run this cell" in read.text
        assert NASTY in bundle["text/plain"]
    assert all(text in read.text and share in read.text for text, share in view.offers)
    assert "color:#22262b" not in play().html(), (
        "a notebook gives rows of a table its own background"
    )


# ---------------------------------------------------------------- seen


def state_of(view, *names):
    return {name: getattr(view, name) for name in names}


@pytest.mark.slow
def test_a_slider_moves_by_keyboard_and_the_bars_follow(show):
    view = play()
    shown = show(view)
    assert shown.get_by_role("listitem").count() == 12 + 10
    slider = shown.get_by_role("slider", name="top-k")
    slider.focus()
    for _ in range(20):
        shown.keyboard.press("ArrowLeft")
    assert shown.evaluate("window.state.top_k") == 1
    shown.wait_for_function("window.state.turn === 1")  # new samples, once the slider rests
    view.top_k = 1
    shown.evaluate("s => window.receive(s)", state_of(view, "top_k", "rows", "said"))
    bars = shown.get_by_role("list", name="probabilities").get_by_role("listitem")
    assert "100 %" in bars.nth(0).inner_text() and "dropped" in bars.nth(1).inner_text()
    assert shown.locator(".byhand-said").inner_text() == view.said
    for name in ("temperature", "top-p"):
        assert shown.get_by_role("slider", name=name).get_attribute("aria-valuetext")
    view.text = NASTY
    shown.get_by_label("the text so far").fill(NASTY)
    shown.wait_for_function("window.state.text.startsWith('<img')")
    shown.evaluate(
        "s => window.receive(s)", {"rows": [[NASTY, 0.5, 0.5, True]], "samples": [[NASTY, True]]}
    )
    assert shown.locator("img").count() == 0 and shown.evaluate("window.hacked") is None


def test_keys_are_pressed_by_mouse_and_by_keyboard(show):
    view = NextTokenKeyboard(PARAMS, CONFIG, TOKENIZER, "the robot")
    shown = show(view)
    keys = shown.get_by_role("group", name="suggestions").get_by_role("button")
    assert keys.count() == 10 and view.offers[0][1] in keys.nth(0).inner_text()
    keys.nth(2).click()
    shown.get_by_label("your text").focus()
    shown.keyboard.press("Tab")
    shown.keyboard.press("ArrowRight")
    shown.keyboard.press("ArrowRight")
    shown.keyboard.press("Enter")
    shown.get_by_role("button", name="take the last token back").click()
    sent = shown.evaluate("window.sent")
    assert sent[0] == {"press": 2} and "press" in sent[1] and sent[2] == {"undo": True}
    view.press(0)
    shown.evaluate("s => window.receive(s)", state_of(view, "text", "offers", "widths", "said"))
    assert shown.get_by_label("your text").input_value() == view.text


def test_the_text_so_far_has_the_probability_that_the_model_gives_it(show):
    view = NextTokenKeyboard(PARAMS, CONFIG, TOKENIZER, "the robot")
    ids = [CONFIG.eos_token_id, *TOKENIZER.encode("the robot")]
    p = gpt2.forward(PARAMS, CONFIG, ids)[:-1].softmax(-1)[range(len(ids) - 1), ids[1:]].double()
    bits = -p.log2()
    assert f"({len(ids) - 1} tokens)" in view.sofar
    assert f"a surprise of {bits.sum():.1f} bits, {bits.mean():.1f} a token" in view.sofar
    assert f"“{figures_of_tokens.name_of(TOKENIZER, ids[-1])}”: {p[-1]:.2%}" in view.sofar
    assert f"has a probability of 1 in {float(f'{1 / p.prod():.3g}'):,.0f}:" in view.sofar
    view.press(next(i for i, token in enumerate(view._offered) if token != CONFIG.eos_token_id))
    assert f"({len(ids)} tokens)" in view.sofar, "a key is written, too"
    assert view.sofar in repr(view) and escape(view.sofar) in view.html()
    assert show(view).locator(".keyview-sofar").inner_text() == view.sofar
    view.text = ""
    assert view.sofar == "", "nothing is written yet"


def test_probabilities_are_said_in_a_readable_way():
    said = [so_far([math.log(p)], "x") for p in (1.0, 0.25, 1e-6, 1e-30)]
    assert "a probability of 100.00%: a surprise of 0.0 bits" in said[0]
    assert "25.00%: a surprise of 2.0 bits" in said[1] and "1 in 1,000,000:" in said[2]
    assert "about 1 in 10³⁰:" in said[3]
