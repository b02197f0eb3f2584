"""`check` in a learner's hands: what the card says, what comes back, what is kept."""

import linecache
import time

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from utils import check as check_module
from utils import progress
from utils.check import Card, call_with_limit, check, hint
from utils.exercises import Case, Exercise, Mistake, find
from utils.exercises.judge import differs, judge


@pytest.fixture(autouse=True)
def own_folder(tmp_path, monkeypatch):
    monkeypatch.setenv("GPT2_BY_HAND_PROGRESS", str(tmp_path))
    return tmp_path


@pytest.fixture
def shown(monkeypatch):
    """What `check` and `hint` display, as they display it."""
    things = []
    monkeypatch.setattr(check_module, "display", things.append)
    return things


def written(source: str, name: str, globals_=None):
    """A function as a notebook's cell defines it: its source can be found again."""
    filename = f"<cell {hash(source)}>"
    linecache.cache[filename] = (len(source), None, source.splitlines(True), filename)
    space = {"__name__": "__main__", **(globals_ or {})}
    exec(compile(source, filename, "exec"), space)
    return space[name]


RIGHT = (
    "def suggest(probabilities, k=3):\n    return sorted(probabilities, key=lambda w: "
    "(-probabilities[w], w))[:k]\n"
)


def test_a_right_function_comes_back_and_is_kept(shown):
    mine = written(RIGHT, "suggest")
    assert check(mine) is mine
    assert (
        "passed, 5 of 5 cases" in repr(shown[0])
        and "passed, 5 of 5 cases" in shown[0]._repr_html_()
    )
    again = progress.mine("suggest")
    assert not hasattr(again, "is_reference")
    assert again({"a": 0.1, "b": 0.9}, 1) == ["b"]
    assert dict((e.name, s) for _, e, s in progress.table().rows)["suggest"] == "passed"


def test_a_wrong_function_is_diagnosed_and_the_reference_stands_in(shown):
    wrong = written(
        "def suggest(probabilities, k=3):\n    return sorted(probabilities)[:k]\n", "suggest"
    )
    back = check(wrong)
    assert back.is_reference and back({"a": 0.1, "b": 0.9}, 1) == ["b"]
    assert "came out" in repr(shown[0]) and "expected" in repr(shown[0])
    assert progress.mine("suggest").is_reference


def test_checking_the_stand_in_is_not_passing(shown):
    def suggest(probabilities, k=3):
        raise NotImplementedError

    stand_in = check(suggest)
    assert "not done yet" in repr(shown[0])
    assert check(stand_in) is stand_in
    assert "reference" in repr(shown[1])
    assert "1 of" not in progress.table().summary


@pytest.mark.parametrize("thing", [None, 3, len, "suggest"])
def test_what_is_no_exercise_gets_one_sentence(shown, thing):
    assert check(thing) is thing
    assert "check needs one of the course's functions" in repr(shown[0])


def test_an_exception_is_shown_with_the_learners_line(shown):
    wrong = written(
        "def suggest(probabilities, k=3):\n    best = probabilities['nothing']\n    return best\n",
        "suggest",
    )
    assert check(wrong).is_reference
    assert "KeyError" in repr(shown[0]) and "line 2: best = probabilities['nothing']" in repr(
        shown[0]
    )


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
    function = written(f"def f():\n    {body}\n", "f")
    start = time.monotonic()
    outcome = call_with_limit(function, (), 0.3)
    assert outcome.error in ("TimeLimit", "SystemExit")
    assert time.monotonic() - start < 30


def test_time_is_up_in_another_thread_too():
    import threading

    outcomes = []
    thread = threading.Thread(
        target=lambda: outcomes.append(
            call_with_limit(written("def f():\n    while True: pass\n", "f"), (), 0.3)
        )
    )
    thread.start()
    thread.join(30)
    assert outcomes and outcomes[0].error == "TimeLimit"


def test_changing_an_argument_cannot_change_the_verdict():
    def vandal(words):
        counts = find("count_bigrams")[1].reference(words)
        words.clear()
        return counts

    exercise = find("count_bigrams")[1]
    assert judge(exercise, lambda *args: call_with_limit(vandal, args, 5)).status == "passed"


def test_printing_learners_do_not_drown_the_card(capsys):
    call_with_limit(lambda: print("noise"), (), 5)
    assert capsys.readouterr().out == ""


def test_learners_text_is_escaped(shown):
    wrong = written(
        "def suggest(probabilities, k=3):\n    raise ValueError('<script>alert(1)</script>')\n",
        "suggest",
    )
    check(wrong)
    assert "<script>" not in shown[0]._repr_html_() and "&lt;script&gt;" in shown[0]._repr_html_()


def test_hints_come_one_by_one(shown):
    for _ in range(4):
        hint("count_bigrams")
    said = [repr(s) for s in shown]
    assert ["1 of 3" in said[0], "2 of 3" in said[1], "3 of 3" in said[2], "3 of 3" in said[3]] == [
        True
    ] * 4
    hint("nothing")
    assert "no exercise" in repr(shown[-1])


def test_nbgrader_reads_marks_from_exceptions(shown, monkeypatch):
    monkeypatch.setenv("NBGRADER_EXECUTION", "autograde")
    with pytest.raises(AssertionError, match="suggest"):
        check(written("def suggest(probabilities, k=3):\n    return []\n", "suggest"))
    check(written(RIGHT, "suggest"))


def test_an_unwritable_folder_is_said_and_nothing_breaks(shown, monkeypatch, tmp_path):
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("GPT2_BY_HAND_PROGRESS", str(tmp_path / "file" / "inside"))
    assert check(written(RIGHT, "suggest"))
    assert "could not be kept" in repr(shown[0])


def test_a_kept_function_brings_its_imports_constants_and_helpers(shown, own_folder):
    import math

    source = (
        "def helper(p):\n    return -math.log(p) * ONE\n\n\ndef cross_entropy(probabilities):\n"
        "    if min(probabilities) == 0:\n        return math.inf\n    return "
        "sum(map(helper, probabilities)) / len(probabilities)\n\n\nprint('x')\n"
    )
    check(written(source, "cross_entropy", {"math": math, "ONE": 1}))
    kept = (own_folder / "functions" / "cross_entropy.py").read_text()
    assert (
        "import math" in kept and "ONE = 1" in kept and "def helper" in kept and "print" not in kept
    )
    assert progress.mine("cross_entropy")([0.5]) == pytest.approx(math.log(2))


def test_two_mistakes_at_once_get_the_one_that_explains_most(shown):
    source = (
        "def next_word_probabilities(counts, word, vocabulary, alpha):\n    f = counts[word]\n"
        "    return {w: (f.get(w, 0) + alpha) / sum(f.values()) for w in vocabulary}\n"
    )
    check(written(source, "next_word_probabilities"))
    assert "What it looks like: Part of it: The probabilities add up to more than 1" in repr(
        shown[0]
    )


def test_a_broken_kept_file_is_said_and_the_reference_used(shown, own_folder, capsys):
    check(written(RIGHT, "suggest"))
    (own_folder / "functions" / "suggest.py").write_text("def suggest(:\n")
    assert progress.mine("suggest").is_reference
    assert "does not run" in capsys.readouterr().out


def test_a_damaged_record_starts_anew(own_folder):
    (own_folder / "record.json").write_text("{")
    assert progress.table().done == 0


# ---- comparing


@pytest.mark.parametrize(
    "a, b",
    [
        (1, 1.0),
        ([1, 2], (1, 2)),
        ({"a": 1}, {"a": np.float32(1)}),
        (np.array([1.0, np.nan]), np.array([1.0, np.nan])),
        (np.array([-np.inf, 1]), np.array([-np.inf, 1 + 1e-9])),
        (np.float64(2), 2),
        (torch.tensor([1.0]), torch.tensor([1.0 + 1e-6])),
        (torch.tensor(2.0), 2.0),
        ("a", "a"),
        (None, None),
        ({1, 2}, {2, 1}),
        (b"x", b"x"),
        ([], []),
    ],
)
def test_alike(a, b):
    assert differs(a, b) == ""


@pytest.mark.parametrize(
    "a, b, said",
    [
        (1, 2, "expected 1, got 2"),
        (True, 1, "expected True"),
        ([1, 2], [1, 3], "at [1]"),
        ([1], [1, 2], "expected 1 items, got 2"),
        ({"a": 1}, {}, "'a' is missing"),
        ({}, {"b": 1}, "'b' should not be there"),
        ({"a": {"b": 1}}, {"a": {"b": 2}}, "['a']['b']"),
        (np.zeros((2, 3)), np.zeros((3, 2)), "expected shape (2, 3), got shape (3, 2)"),
        (np.zeros(2), [0.0, 0.0], "got a list of length 2"),
        (np.array([[1.0, 2.0]]), np.array([[1.0, 2.1]]), "the first at [0, 1]"),
        (torch.zeros(2), np.zeros(2), "expected a tensor"),
        (np.array([1.0]), np.array([np.nan]), "got nan"),
        (np.array([-np.inf]), np.array([-1e9]), "got -1e+09"),
        (torch.tensor([True]), torch.tensor([1]), "expected bool values"),
        (1, "1", "expected a number"),
        ("a", b"a", "expected a str"),
        (1.0, 1.0 + 1e-4, "got 1.0001"),
        (None, 0, "expected None"),
        (1.0, None, "got None"),
        (np.zeros(2), None, "got None"),
    ],
)
def test_different_and_where(a, b, said):
    assert said in differs(a, b)


values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-9, 9)
    | st.floats(allow_nan=True)
    | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=3), inner, max_size=3)
    ),
    max_leaves=8,
)


@given(values, values)
def test_comparing_never_fails_and_everything_is_like_itself(a, b):
    assert differs(a, a) == ""
    assert isinstance(differs(a, b), str)


def test_a_mistake_that_explains_every_failing_case_is_named_even_if_another_case_differs():
    def double(x):
        return 2 * x

    def square(x):
        return x * x

    exercise = Exercise(
        asks="",
        reference=double,
        cases=lambda rng: [Case("a", (3,)), Case("b", (2,)), Case("c", (0,))],
        mistakes=(Mistake(square, "You squared."),),
        hints=(),
        points=1,
        minutes=1,
    )
    assert judge(exercise, lambda x: call_with_limit(square, (x,), 1)).diagnosis == "You squared."
    assert "None" in judge(exercise, lambda x: call_with_limit(lambda y: None, (x,), 1)).diagnosis
    assert isinstance(repr(Card(judge(exercise, lambda x: call_with_limit(square, (x,), 1)))), str)


def test_an_error_of_the_same_type_is_only_perhaps_the_same_mistake():
    def double(x):
        return 2 * x

    def fails(x):
        raise KeyError("a")

    def fails_or_squares(x):
        return x * x if x == 3 else fails(x)

    exercise = Exercise(
        asks="",
        reference=double,
        cases=lambda rng: [Case("a", (3,)), Case("b", (4,))],
        mistakes=(Mistake(fails, "It fails."), Mistake(fails_or_squares, "It fails or squares.")),
        hints=(),
        points=1,
        minutes=1,
    )

    def said(function):
        return judge(exercise, lambda x: call_with_limit(function, (x,), 1)).diagnosis

    assert said(lambda x: {}[x]) == "Perhaps: It fails."
    assert said(lambda x: {}[x] if x == 4 else 0) == "Perhaps: It fails."
    assert said(fails_or_squares) == "It fails or squares."
    assert said(lambda x: [][x]) == ""


def test_what_was_tried_is_named():
    def power(base, exponent=2):
        return base**exponent

    exercise = Exercise(
        asks="",
        reference=power,
        cases=lambda rng: [Case("two", (np.arange(3.0), 3)), Case("one", (2,)), Case("none", ())],
        mistakes=(),
        hints=(),
        points=1,
        minutes=1,
    )
    results = judge(exercise, lambda *args: call_with_limit(lambda *args: 0, args, 1)).results
    assert [r.tried for r in results] == [
        "base = a numpy array of shape (3,), float64: 0, 1, 2; exponent = 3",
        "base = 2",
        "",
    ]
