"""A function's source with all that it uses: what is written down is what it was."""

import math
from functools import partial

import pytest

from tests.exercises import typed
from utils.progress.sources import MOST_TEXT, standalone


def alone(function, name="f"):
    """(the function in a namespace of its own, what could not be taken along)."""
    source, lost = standalone(function, name, lambda *_: False)
    space = {}
    exec(compile(source, "alone", "exec"), space)
    return space[name], lost


def uses(value):
    return typed("def f():\n    return VALUE\n", "f", {"VALUE": value})


@pytest.mark.parametrize(
    "value",
    [set(), {1}, (), (1,), (1, 2), [(1,), []], {}, {"a": {2: (None,)}}, b"x", "'", 1.5, math.inf],
    ids=repr,
)
def test_plain_data_comes_along_as_it_is(value):
    function, lost = alone(uses(value))
    assert function() == value and type(function()) is type(value) and not lost


def test_a_text_of_a_book_does_not_come_along():
    assert alone(uses("x" * (MOST_TEXT - 2)))[1] == []
    assert alone(uses("x" * MOST_TEXT))[1] == ["VALUE"]


def test_an_import_keeps_the_name_that_it_goes_by():
    function, lost = alone(typed("def f():\n    return VALUE(1)\n", "f", {"VALUE": math.log}))
    assert function() == 0 and not lost


def test_what_was_brought_back_by_mine_is_no_definition(notebook):
    notebook.space["In"] += ["f = partial(max, 1)", "f = mine('f')", "f = check(f)"]
    source, _ = standalone(partial(max, 1), "f", lambda *_: False)
    assert source == "f = partial(max, 1)\n"
