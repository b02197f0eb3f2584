"""What is alike and what differs, and what is said about it."""

import math

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from utils.exercises.compare import differs, unequal_argument
from utils.exercises.notes import guess_note, wrong_kind
from utils.exercises.show import describe


@pytest.mark.parametrize(
    "a, b",
    [
        ([1, 2], (1, 2)),
        (1, np.int64(1)),
        (1.0, 1),
        (1.0, np.float32(1)),
        ({"a": 1.0}, {"a": np.float32(1)}),
        (np.array([1.0, np.nan]), np.array([1.0, np.nan])),
        (np.array([-np.inf, 1]), np.array([-np.inf, 1 + 1e-9])),
        (np.float64(2), 2),
        (torch.tensor([1.0]), torch.tensor([1.0 + 1e-6])),
        (torch.tensor(2.0), torch.tensor(2.0)),
        ("a", "a"),
        (None, None),
        ({1, 2}, {2, 1}),
        (b"x", b"x"),
        ([], []),
    ],
)
def test_alike(a, b):
    assert differs(a, b) == ""


def test_a_tolerance_holds_for_whole_numbers_too():
    assert differs([82, 39], [81, 39], rtol=0.02) == "" and differs([82], [80], rtol=0.02)


@pytest.mark.parametrize(
    "a, b, said",
    [
        (1, 2, "expected 1, got 2"),
        (1, 1.0, "expected the int 1, got the float 1"),
        (True, 1, "expected True"),
        ([1, 2], [1, 3], "at [1]"),
        ([1], [1, 2], "expected 1 item, got 2"),
        ({"a": 1}, {}, "'a' is missing"),
        ({}, {"b": 1}, "'b' should not be there"),
        ({"a": {"b": 1}}, {"a": {"b": 2}}, "['a']['b']"),
        (np.zeros((2, 3)), np.zeros((3, 2)), "expected shape (2, 3), got shape (3, 2)"),
        (np.zeros(2), [0.0, 0.0], "got a list of length 2"),
        (np.array([[1.0, 2.0]]), np.array([[1.0, 2.1]]), "the first at [0, 1]"),
        (torch.zeros(2), np.zeros(2), "expected a tensor"),
        (torch.zeros(2), torch.zeros(2).double(), "expected float32, got float64"),
        (torch.tensor([1]), torch.tensor([1], dtype=torch.int32), "expected int64, got int32"),
        (torch.tensor(2.0), 2.0, "expected a tensor that holds one float32"),
        (2.0, torch.tensor(2.0), "got a tensor that holds one float32"),
        (2, torch.tensor(2), "got a tensor that holds one int64"),
        (np.array([1.0]), np.array([np.nan]), "got nan"),
        (np.array([-np.inf]), np.array([-1e9]), "got -1e+09"),
        (torch.tensor([True]), torch.tensor([1]), "expected bool"),
        (np.array([True]), np.array([1]), "expected bool values"),
        (2.0, np.array(2.0), "got a single float64"),
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


class Fights:
    def __eq__(self, other):
        raise RuntimeError("no")

    def __repr__(self):
        raise RuntimeError("no")

    __hash__ = None


HOSTILE = [
    10**400,
    -(10**400),
    torch.eye(2).to_sparse(),
    Fights(),
    [Fights()],
    {"a": Fights()},
    complex("nan+1j"),
    np.array(["a"], dtype=object),
    torch.zeros(2, device="meta"),
    range(10**30),
    type,
]


@pytest.mark.parametrize("got", HOSTILE, ids=lambda value: type(value).__name__)
@pytest.mark.parametrize(
    "expected", [1, 2.0, [1], {"a": 1}, "a", torch.zeros(2), np.zeros(2), None]
)
def test_no_answer_can_make_the_comparison_raise(expected, got):
    assert differs(expected, got)
    assert isinstance(describe(got), str)
    assert wrong_kind(expected, got) == ""
    assert isinstance(guess_note(expected, got), str)


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
    assert not unequal_argument(a, a) and isinstance(unequal_argument(a, b), bool)


@pytest.mark.parametrize(
    "before, after",
    [
        ([1, 2], [1]),
        ({"a": 1}, {"a": 1, "b": 2}),
        ({"a": {"b": 1}}, {"a": {"b": 2}}),
        (torch.zeros(2), torch.tensor([0.0, 1e-30])),
        (torch.zeros(2), torch.zeros(2).double()),
        (torch.zeros(1, 2), torch.zeros(2)),
        (np.zeros(2), np.ones(2)),
        ([torch.zeros(2)], [torch.ones(2)]),
        ({1, 2}, {1}),
        ("a", "b"),
        ([1], None),
    ],
)
def test_a_changed_argument_is_seen(before, after):
    assert unequal_argument(before, after) and not unequal_argument(before, before)


def test_not_a_number_is_not_a_change():
    assert not unequal_argument(torch.tensor([math.nan]), torch.tensor([math.nan]))
    assert not unequal_argument([math.nan], [math.nan])


@pytest.mark.parametrize(
    "expected, got, words",
    [
        (torch.zeros(2), torch.zeros(2).double(), "they are float64. The next cells need float32"),
        (torch.zeros(2), np.zeros(2), "this is a numpy array"),
        (torch.tensor(1.5), 1.5, "this is a float"),
        (torch.zeros(2), [0.0, 0.0], "this is a list"),
        ([1, 2], np.array([1, 2]), "`.tolist()` gives it"),
        (3, torch.tensor(3), "`.item()` gives it"),
        (3, 3.0, "it is a float, 3.0. Return an int."),
        ((torch.zeros(2), 1), (torch.zeros(2).double(), 1), "they are float64"),
        (torch.zeros(2), torch.ones(2).double(), ""),
        (3, 4.0, ""),
    ],
)
def test_right_numbers_of_the_wrong_kind_are_told_so(expected, got, words):
    said = wrong_kind(expected, got)
    assert words in said and bool(words) == bool(said)


@pytest.mark.parametrize(
    "expected, got, words",
    [
        (7.21, 7.2057, "round it to 2 digits"),
        (7.21, 7.2, "give 2 digits"),
        (7.21, 7, "give 2 digits"),
        (6, 6.2, "round it to a whole number"),
        (0.9, 90, "in percent"),
        (0.9, 60, "between 0 and 1"),
        (0.9, -0.5, "between 0 and 1"),
        (0.5, 0.45, ""),
        (0.5, 0.512, ""),
        (0.5, 0.501, "round it to 2 digits"),
        (0.5, 0, ""),
        (0.85, 1, ""),
        (6, 600, ""),
        (6, 0.06, ""),
        (39, 39_000_000, "in millions"),
        (1347, "1347", "without quotes"),
        (1347, "1,347", "without quotes"),
        (4.53, "4", "as a number, without quotes"),
        (4.53, "four", "Write it as a number."),
        ("gpt2-large", "large", "only written differently"),
        ("after", "After", "only written differently"),
        ("gpt2", "GPT2", "only written differently"),
        ("x", 3, "as text, in quotes"),
        ((4, 3), [4, 4], ""),
        ((4, 3), np.array([4, 3]), "only not written as a tuple"),
        ([39, 51], [39e6, 51e6], "in millions"),
        ([39, 51], [39e6, 7], ""),
        ((4, 3), "no", "Write it as a tuple."),
        (7.21, 3.0, ""),
        ("before", "after", ""),
    ],
)
def test_a_guess_that_is_right_but_written_otherwise_is_told_so(expected, got, words):
    said = guess_note(expected, got)
    assert words in said and bool(words) == bool(said)


def test_what_is_inside_of_a_tuple_can_be_told_apart():
    a, b = (torch.zeros(2), 1), (torch.ones(2), 1)
    assert describe(a) != describe(b)


@pytest.mark.parametrize(
    "value, said",
    [
        ((1,), "(1,)"),
        ([1.23456789, "a"], "[1.23457, 'a']"),
        ("x" * 1000, "'" + "x" * 98 + "…"),
        (list(range(10**6)), "[0, 1, 2, 3"),
        (np.arange(6), "a numpy array of shape (6,), int64: 0, 1, 2, 3, 4, 5"),
        (np.arange(7), "a numpy array of shape (7,), int64: 0, 1, 2, 3, 4, 5, …"),
    ],
    ids=["one", "floats", "text", "long", "six", "seven"],
)
def test_a_value_is_one_short_line(value, said):
    found = describe(value)
    assert found.startswith(said) and len(found) <= 100
    assert found == said or found.endswith("…")
