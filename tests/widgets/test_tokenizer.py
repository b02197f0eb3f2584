"""The tokenizer view and its boxes, and what lesson 02 says of its own code."""

import random
import re
import subprocess
import sys
from html.parser import HTMLParser
from pathlib import Path

import pytest

from tests.exercises import references
from utils import bpe
from utils.figures import byte_pair_encoding as figures
from utils.figures.loading_gpt2_weights import Written
from utils.widgets import LIVE, VIEW
from utils.widgets.tokenizer import ESM, MOST_BOXES, MOST_CHARACTERS, TokenizerView, detail

lesson = references("02_byte_pair_encoding")

ROOT = Path(__file__).parents[2]
BYTES = bpe.train("", 256)
TEXT = ' the robot 🤖 <b>"it\'s"</b>'
NASTY = (
    "<script>window.hacked = 1</script><img src=x onerror='window.hacked = 1'>\" autofocus "
    'onfocus="window.hacked = 1'
)


def view(text=TEXT):
    return TokenizerView(text, {"bytes": BYTES, "GPT-2's": bpe.gpt2()})


# ---------------------------------------------------------------- what is shown


def test_rows_hold_the_tokens_of_each_vocabulary():
    for row, tokenizer in zip(view().rows, (BYTES, bpe.gpt2()), strict=True):
        ids = tokenizer.encode(TEXT)
        assert [int(number) for _, number, _ in row["tokens"]] == ids
        counted = f"{len(ids)} tokens for {len(TEXT)} characters, {len(TEXT.encode())} bytes"
        assert counted in row["summary"]
        assert f"{tokenizer.vocab_size:,} ids" in row["summary"]


def test_a_new_text_gives_new_rows():
    shown = view("a")
    shown.text = "robots"
    assert [text for text, _, _ in shown.rows[1]["tokens"]] == [
        t.decode() for t in map(bpe.gpt2().tokens.__getitem__, bpe.gpt2().encode("robots"))
    ]


def test_spaces_newlines_and_halves_of_characters_are_visible():
    assert [text for text, _, _ in view(" a\n\t").rows[0]["tokens"]] == ["␣", "a", "↵", "⇥"]
    assert [text for text, _, _ in view("é").rows[0]["tokens"]] == ["C3", "A9"]
    assert figures.visible("\u200b".encode()) == "U+200B"


def test_a_token_tells_its_bytes_and_the_merges_that_made_it():
    said = detail(bpe.gpt2(), 262)
    assert (
        said
        == "␣the is token 262; bytes 32 116 104 101; made by 3 merges: ␣ + t → ␣t, h + e → he, "
        "␣t + he → ␣the"
    )
    assert detail(BYTES, 97) == "a is token 97; bytes 97; a single byte, not merged"


@pytest.mark.parametrize("text", ["", *figures.HARD_TEXTS])
def test_every_hard_text_is_shown_whole(text):
    for row, tokenizer in zip(view(text).rows, (BYTES, bpe.gpt2()), strict=True):
        assert tokenizer.decode(int(number) for _, number, _ in row["tokens"]) == text


def test_a_special_name_in_the_text_is_ordinary_text():
    assert "50256" not in [number for _, number, _ in view("<|endoftext|>").rows[1]["tokens"]]


def test_a_long_text_is_counted_whole_and_drawn_in_part():
    text = "ab " * (MOST_CHARACTERS // 3)
    shown, count = view(text), len(bpe.gpt2().encode(text))
    assert f"{len(text):,} tokens for {len(text):,} characters" in shown.rows[0]["summary"]
    assert f"{count:,} tokens for" in shown.rows[1]["summary"] and not shown.problem
    assert all(len(row["tokens"]) == MOST_BOXES for row in shown.rows)
    rest = f"{count - MOST_BOXES:,} more, counted but not drawn"
    assert rest in shown.rows[1]["more"] and rest in shown.html() and rest in repr(shown)
    assert len(shown.html()) < 900 * 2 * MOST_BOXES, "a notebook stays small"


def test_what_is_cut_is_said():
    shown = view("a" * (MOST_CHARACTERS + 7))
    assert f"{MOST_CHARACTERS:,} tokens for {MOST_CHARACTERS:,} " in shown.rows[0]["summary"]
    for said in (shown.problem, shown.html(), repr(shown)):
        assert "Of 100,007 characters the first 100,000 are read: more would" in said
    shown.text = "short"
    assert shown.problem == ""


def test_half_a_surrogate_pair_is_a_sentence_and_no_traceback():
    shown = view("ok")
    shown.text = "a\ud83e"
    assert shown.rows == [] and "D83E" in shown.problem
    shown.text = "ok"
    assert shown.rows and not shown.problem


def test_it_needs_a_vocabulary():
    with pytest.raises(ValueError, match="at least one"):
        TokenizerView("a", {})


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


def test_the_static_form_has_every_mime_type_and_says_the_same():
    shown = view()
    bundle, live = shown.bundles()
    assert set(live) == {VIEW} and set(bundle) == {"text/html", "text/plain", LIVE}
    read = Tags(bundle["text/html"])
    for row in shown.rows:
        for text, number, said in row["tokens"]:
            assert text in read.text and number in read.text and said in read.text
            assert f"{text} {number}" in bundle["text/plain"]
    assert read.tags.count("details") == 2, "the merges can be opened with the keyboard"


def test_boxes_stay_apart_where_styles_are_stripped():
    """As GitHub shows a notebook's HTML: tags without their styles."""
    boxes = figures.Boxes([("bytes", [("h", 104), ("u", 117)])])
    for html, wanted in (
        (boxes._repr_html_(), "h 104 | u 117"),
        (view("hu").html(), "h 104 | u 117"),
        (Written([b"h", b"u"], [None, 0.5])._repr_html_(), "h &nbsp; | u 50%"),
    ):
        text = re.sub(r"<[^>]*>", "", html)
        assert wanted in text and "104u" not in text, text


def test_user_text_is_escaped_in_every_static_form():
    boxes = figures.Boxes([(NASTY, [(NASTY, NASTY)])])
    named = TokenizerView(NASTY, {NASTY: bpe.gpt2()})
    for html in (view(NASTY).html(), named.html(), boxes._repr_html_()):
        read = Tags(html)
        assert set(read.tags) <= {
            "p",
            "b",
            "div",
            "span",
            "code",
            "br",
            "details",
            "summary",
            "ul",
            "li",
        }
        assert set(read.attributes) <= {"style", "title", "dir"}
        assert "onerror" in read.text


# ---------------------------------------------------------------- seen


def luminance(colour):
    parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    parts = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in parts]
    return 0.2126 * parts[0] + 0.7152 * parts[1] + 0.0722 * parts[2]


def test_text_on_the_tints_has_contrast_in_any_theme():
    ink = re.search(r";color:(#\w{6})", figures.BOX)[1]
    for tint in figures.TINTS:
        assert (luminance(tint) + 0.05) / (luminance(ink) + 0.05) > 7
    assert "border" in figures.BOX, "colour is not the only sign"
    assert f"color: {ink}" in ESM and all(tint in ESM for tint in figures.TINTS)


@pytest.fixture
def page(show):
    return show(view(" the <b>"))


def test_pointing_at_a_token_tells_its_merges_and_lights_the_same_elsewhere(show):
    page = show(view(" the <b> the robots <b>"))
    gpt2 = page.get_by_role("group", name="GPT-2's")
    gpt2.get_by_role("button").first.hover()
    told = page.locator(".tokview-detail")
    assert told.inner_text() == detail(bpe.gpt2(), 262) + "; it stands here 2 times"
    lit = page.locator(".tokview-same small")
    assert lit.all_inner_texts() == ["262", "262"]
    gpt2.get_by_role("button", name="robots").hover()
    assert lit.count() == 1 and "times" not in told.inner_text()


def test_the_keyboard_reaches_every_token(page):
    page.get_by_label("Type a text").focus()
    page.keyboard.press("Tab")
    said = [page.locator(".tokview-detail").inner_text()]
    for key in ("ArrowRight", "End", "ArrowRight", "Home", "ArrowLeft"):
        page.keyboard.press(key)
        said.append(page.locator(".tokview-detail").inner_text())
    ids = [int(re.search(r"is token (\d+)", line)[1]) for line in said]
    assert ids == [32, 116, 62, 62, 32, 32]
    page.keyboard.press("Tab")  # one stop for each vocabulary
    assert "token 262" in page.locator(".tokview-detail").inner_text()


def test_typing_is_sent_and_what_comes_back_is_drawn_as_text(page):
    page.get_by_label("Type a text").fill(NASTY)
    page.wait_for_function("window.saved.length > 0")
    assert page.evaluate("window.saved.map((state) => state.text)") == [NASTY]
    page.get_by_text("working …").wait_for()
    page.evaluate("rows => window.receive({ rows, answered: 1 })", view(NASTY).rows)
    assert page.get_by_text("working …").count() == 0
    buttons = page.get_by_role("group", name=re.compile("^bytes")).get_by_role("button")
    assert buttons.count() == len(NASTY.encode())
    assert page.locator("body img, body .byhand script").count() == 0
    assert page.evaluate("window.hacked") is None


# ---------------------------------------------------------------- the lesson's claims


def test_the_lesson_needs_no_torch():
    program = """
import sys
sys.modules["torch"] = None   # any import of it fails
from utils.check import check, hint
from utils.exercises import exercises
from utils.exercises.judge import judge, run
from utils.figures import byte_pair_encoding
from utils.widgets import LIVE, VIEW
from utils.widgets.tokenizer import TokenizerView
for exercise in exercises("02_byte_pair_encoding"):
    right = judge(exercise, lambda args, **more: run(exercise.reference, args, **more))
    assert right.status == "passed"
"""
    done = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("text", figures.HARD_TEXTS)
@pytest.mark.parametrize("allowed", [[], [bpe.END_OF_TEXT]])
def test_the_exercises_together_equal_tiktoken(text, allowed):
    mine = lesson.encode_text(text, bpe.gpt2_ranks(), {bpe.END_OF_TEXT: 50256}, allowed)
    assert mine == bpe.tiktoken_gpt2().encode(
        text, allowed_special=set(allowed), disallowed_special=()
    )
    assert lesson.decode(mine, bpe.gpt2().tokens) == text


def test_the_lessons_training_equals_the_courses():
    for seed in range(100):
        draw = random.Random(seed)
        text = "".join(draw.choice("abc é") for _ in range(draw.randrange(60)))
        tokens = [bytes([b]) for b in range(256)]
        for left, right in lesson.train_bpe(lesson.to_bytes(text), 15):
            tokens.append(tokens[left] + tokens[right])
        assert tokens == bpe.train(text, 256 + 15, pattern="(?s:.+)").tokens


def test_counted_work_grows_in_the_order_the_lesson_says():
    totals = figures.count_work("the robot and the other robot. " * 20, 12)
    whole, once, changed = totals.values()
    assert len(whole) == len(once) == len(changed) == 12
    assert whole[-1] > 10 * once[-1] > 10 * changed[-1]
    assert once[0] == sum(
        len(word.encode()) for word in set(bpe.split_words("the robot and the other robot. " * 20))
    )


def test_a_tree_of_merges_says_them_in_its_alt_text():
    picture = figures.merge_tree(262, bpe.gpt2())
    assert "h and e make he (id 258)" in picture.alt
