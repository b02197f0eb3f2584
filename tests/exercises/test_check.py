"""`check` in a learner's hands: what the card says and what comes back."""

import re
import signal
import sys
import threading
import time

import pytest

from tests.exercises import exercise_of, typed
from utils import check as check_module
from utils import progress
from utils.card import COLOUR, Card
from utils.check import check, hint
from utils.exercises import named
from utils.exercises.judge import FAILED, PASSED, Verdict, judge
from utils.limit import MOST_PRINTED, call_with_limit
from utils.progress import kept
from utils.text import as_html

RIGHT = (
    "def suggest(probabilities, k=3):\n    return sorted(probabilities, key=lambda w: "
    "(-probabilities[w], w))[:k]\n"
)
WRONG = "def suggest(probabilities, k=3):\n    return sorted(probabilities)[:k]\n"


def verdict(exercise, function):
    return judge(exercise, lambda args, **more: call_with_limit(function, args, 1, **more))


def test_a_right_function_comes_back_and_is_kept(shown):
    mine = typed(RIGHT, "suggest")
    assert check(mine) is mine
    for said in (repr(shown[0]), shown[0]._repr_html_()):
        assert re.search(r"passed, (\d+) of \1 cases · \d points?", said)
        assert "Kept" in said
    again = progress.mine("suggest")
    assert not hasattr(again, "is_reference") and again({"a": 0.1, "b": 0.9}, 1) == ["b"]
    assert dict((e.name, s) for _, e, s in progress.table().rows)["suggest"] == "passed"


def test_a_wrong_function_is_diagnosed_and_the_reference_stands_in(shown):
    back = check(typed(WRONG, "suggest"))
    assert back.is_reference and back({"a": 0.1, "b": 0.9}, 1) == ["b"]
    for said in (repr(shown[0]), shown[0]._repr_html_()):
        assert "came out" in said and "expected" in said
    assert progress.mine("suggest").is_reference and kept.status("suggest") == "tried"


def test_a_failing_card_offers_its_hints(shown):
    check(typed(WRONG, "suggest"))
    hints = named("suggest").hints
    html = shown[0]._repr_html_()
    assert f"shows the next of {len(hints)} hint" in repr(shown[0])
    for number, text in enumerate(hints, 1):
        assert f"Hint {number} of {len(hints)}" in html and as_html(text) in html
    check(typed(RIGHT, "suggest"))
    assert "Hint" not in shown[1]._repr_html_() and "hint" not in repr(shown[1])


def test_two_failing_cases_are_shown_whole(shown):
    check(typed("def suggest(probabilities, k=3):\n    return None\n", "suggest"))
    assert repr(shown[0]).count("came out") == 2
    assert shown[0]._repr_html_().count("came out") == 2
    assert repr(shown[0]).count("✗") == 1 + sum(not r.passed for r in shown[0].verdict.results)


def test_a_wrong_guess_shows_no_case_because_that_is_the_answer(shown):
    check(typed("def predict_slice():\n    return 'abcdef'\n", "predict_slice"))
    for said in (repr(shown[0]), shown[0]._repr_html_()):
        assert "bcde'" not in said and "came out" not in said and "not this one" in said


def test_a_guess_that_raises_is_no_answer_yet_and_the_error_is_told(shown):
    check(typed("def predict_ladder():\n    return bigram\n", "predict_ladder"))
    for said in (repr(shown[0]), shown[0]._repr_html_()):
        assert "this is no answer yet" in said and "not this one" not in said
        assert "Text stands in quotes." in said


def test_checking_the_stand_in_is_not_passing(shown):
    stub = typed("def suggest(probabilities, k=3):\n    raise NotImplementedError\n", "suggest")
    stand_in = check(stub)
    assert "not done yet" in repr(shown[0])
    for said in (repr(shown[0]), shown[0]._repr_html_()):
        assert "in the place of the line" in said and "raise NotImplementedError" in said
    assert check(stand_in) is stand_in
    assert "reference" in repr(shown[1])
    assert "1 of" not in progress.table().summary and kept.status("suggest") == ""


def test_the_line_of_the_stub_left_below_is_named(shown):
    source = WRONG.replace("return sorted(probabilities)[:k]", "best = sorted(probabilities)[:k]")
    check(
        typed(
            source + "    if k < 3:\n        return best\n    raise NotImplementedError\n",
            "suggest",
        )
    )
    assert "not done yet" in repr(shown[0]) and "`raise NotImplementedError`" in repr(shown[0])


@pytest.mark.parametrize("thing", [None, 3, len, "suggest"])
def test_what_is_no_exercise_gets_one_sentence(shown, thing):
    assert check(thing) is thing
    assert "check needs one of the course's functions" in repr(shown[0])


def test_a_lambda_is_known_by_the_name_it_goes_by(shown):
    space = {"check": check}
    source = "suggest = lambda p, k=3: sorted(p, key=lambda word: (-p[word], word))[:k]\n"
    typed(source, "suggest", space)
    exec("suggest = check(suggest)", space)
    assert "✓ suggest: passed" in repr(shown[0]) and "Kept" in repr(shown[0])
    assert progress.mine("suggest")({"a": 0.1, "b": 0.9}, 1) == ["b"]


def test_an_object_that_can_be_called_is_tried_too(shown):
    space = {"check": check}
    source = RIGHT.replace("def suggest(", "class Suggest:\n  def __call__(self, ").replace(
        "    return", "    return"
    )
    typed(source + "suggest = Suggest()\n", "suggest", space)
    exec("suggest = check(suggest)", space)
    assert "✓ suggest: passed" in repr(shown[0])


def test_an_exception_is_shown_with_the_learners_line(shown):
    source = "def suggest(p, k=3):\n    best = p['nothing']\n    return best\n"
    assert check(typed(source, "suggest")).is_reference
    assert "KeyError" in repr(shown[0]) and "line 2: best = p['nothing']" in repr(shown[0])


def test_what_a_failing_case_printed_is_shown(shown):
    source = "def suggest(p, k=3):\n    print('here', k)\n    return []\n"
    check(typed(source, "suggest"))
    assert "here 3" in repr(shown[0]) and "here 3" in shown[0]._repr_html_()


def test_much_printing_is_cut(shown):
    source = "def suggest(p, k=3):\n    for i in range(10_000): print('line', i)\n    return []\n"
    check(typed(source, "suggest"))
    assert "line 9999" in repr(shown[0]) and len(repr(shown[0])) < 5_000


def test_learners_text_is_escaped(shown):
    attack = "<script>alert(1)</script>"
    for body in (f"raise ValueError('{attack}')", f"return '{attack}'", f"print('{attack}')"):
        check(typed(f"def suggest(p, k=3):\n    {body}\n", "suggest"))
    check(attack)
    check(typed("class {}: pass".format("Odd") + "\n", "Odd"))
    for card in shown:
        assert "<script>" not in card._repr_html_()
    assert "&lt;script&gt;" in shown[0]._repr_html_()
    assert as_html("a < b `c < d` *e*") == "a &lt; b <code>c &lt; d</code> <em>e</em>"


def test_hints_come_one_by_one_by_name_or_by_function(shown):
    asked = ["count_bigrams", typed("def count_bigrams(words): pass\n", "count_bigrams")]
    for i in range(4):
        hint(asked[i % 2])
    said = [repr(s) for s in shown]
    assert [f"hint {n} of 3" in s for n, s in zip((1, 2, 3, 3), said)] == [True] * 4
    assert ["last one" in s for s in said] == [False, False, False, True]
    for nothing in ("nothing", 3, len):
        hint(nothing)
        assert "no exercise" in repr(shown[-1])


def test_nbgrader_reads_marks_from_exceptions(shown, monkeypatch):
    monkeypatch.setenv("NBGRADER_EXECUTION", "autograde")
    with pytest.raises(AssertionError, match="suggest"):
        check(typed("def suggest(probabilities, k=3):\n    return []\n", "suggest"))
    check(typed(RIGHT, "suggest"))


def test_a_function_has_the_exercises_own_seconds(shown, monkeypatch):
    given = set()

    def call(function, args, seconds, **more):
        given.add(seconds)
        return call_with_limit(function, args, seconds, **more)

    monkeypatch.setattr(check_module, "call_with_limit", call)
    check(typed(RIGHT, "suggest"))
    assert given == {named("suggest").seconds}


def test_a_card_has_its_verdicts_colour_and_a_diagnosis_its_code():
    for status in (PASSED, FAILED):
        html = Card(Verdict(named("suggest"), status, [], "`a < b`"))._repr_html_()
        assert f"solid {COLOUR[status]}" in html and "<code>a &lt; b</code>" in html


def test_a_card_may_be_asked_for_twice():
    card = Card(verdict(named("suggest"), typed(WRONG, "suggest")))
    assert card._repr_html_() == card._repr_html_() and repr(card) == repr(card)


def test_what_was_tried_is_named():
    def power(base, exponent=2):
        return base**exponent

    results = verdict(exercise_of(power, (2.0, 3), (2,), ()), lambda *args: 0).results
    assert [r.tried for r in results] == ["base = 2; exponent = 3", "base = 2", ""]


# ---- time, and quiet


@pytest.mark.parametrize(
    "body",
    [
        "while True: pass",
        "while True:\n        try: 1 / 1\n        except: pass",
        "import time\n    time.sleep(1000)",
        "raise SystemExit",
    ],
)
def test_what_never_ends_is_ended(body):
    function = typed(f"def f():\n    {body}\n", "f")
    start = time.monotonic()
    outcome = call_with_limit(function, (), 0.3)
    assert outcome.error in ("TimeLimit", "SystemExit")
    assert time.monotonic() - start < 30


def test_time_is_up_in_another_thread_too():
    outcomes, loop = [], typed("def f():\n    while True: pass\n", "f")
    thread = threading.Thread(target=lambda: outcomes.append(call_with_limit(loop, (), 0.3)))
    thread.start()
    thread.join(30)
    assert outcomes and outcomes[0].error == "TimeLimit"


def test_printing_learners_do_not_drown_the_card(capfd):
    source = "import sys\ndef f():\n    print('noise'); print('noise', file=sys.stderr)\n"
    assert call_with_limit(typed(source, "f"), (), 5).printed == "noise\nnoise\n"
    assert capfd.readouterr() == ("", "")


def test_half_a_letter_is_written_as_its_code():
    def half(x):
        print("\ud83e")
        raise ValueError("\ud83e")

    outcome = call_with_limit(half, (1,), 1)
    assert outcome.printed == "\\ud83e\n" and outcome.text == "\\ud83e"


def test_a_closed_output_is_an_empty_one():
    assert call_with_limit(lambda: sys.stdout.close(), (), 1).printed == ""


def test_what_a_right_function_prints_is_not_shown_once_more(shown, capsys):
    chatty = RIGHT.replace("    return", "    print('hello')\n    return")
    check(typed(chatty, "suggest"))
    assert "passed" in repr(shown[0]) and "hello" not in capsys.readouterr().out


def test_as_a_decorator_it_shows_one_card(shown):
    typed("from utils.check import check\n@check\n" + RIGHT, "suggest")
    assert len(shown) == 1 and "passed" in repr(shown[0])


def test_one_long_line_is_cut_too():
    printed = call_with_limit(typed("def f():\n    print('x' * 100_000)\n", "f"), (), 5).printed
    assert len(printed) == MOST_PRINTED + 1 and printed.startswith("…xxx")


@pytest.mark.parametrize("name", ["TimeLimit", "ProcessEnded"])
def test_an_error_called_like_the_judges_own_is_the_functions(name):
    source = f"class {name}(Exception):\n    pass\n\n\ndef f():\n    raise {name}\n"
    assert call_with_limit(typed(source, "f"), (), 5).error == f"{name} (the function's own)"


def test_ctrl_c_in_a_check_ends_it():
    with pytest.raises(KeyboardInterrupt):
        call_with_limit(typed("def f():\n    raise KeyboardInterrupt\n", "f"), (), 5)


@pytest.mark.skipif(not hasattr(signal, "SIGALRM"), reason="no such signal here")
def test_whoever_waits_for_an_alarm_gets_it_back():
    before = signal.signal(signal.SIGALRM, lambda *_: None)
    try:
        ours = signal.getsignal(signal.SIGALRM)
        call_with_limit(typed("def f():\n    pass\n", "f"), (), 5)
        assert signal.getsignal(signal.SIGALRM) is ours
    finally:
        signal.signal(signal.SIGALRM, before)


def test_an_error_that_cannot_be_written_is_still_an_error():
    source = "class E(Exception):\n    def __str__(self): raise ValueError\ndef f(): raise E\n"
    assert call_with_limit(typed(source, "f"), (), 5).error == "E"
