"""What a learner's cell calls: `name = check(name)`, and `hint("name")`.

`check` tries the function on the exercise's cases and shows a card. It returns the learner's
function when it passes, and the course's reference until then, so that the rest of the notebook
runs either way. It never raises for a learner's error. The verdict itself is
utils.exercises.judge's.
"""

import os
import sys

from IPython.display import display

from utils import progress
from utils.calling import name_of, shown
from utils.card import Card, Note
from utils.exercises import named, names
from utils.exercises.judge import FAILED, PASSED, judge
from utils.limit import call_with_limit

_under_way: set[str] = set()  # exercises that are being judged or kept


def check(function):
    """Judge a learner's function, show the card, and return the function to go on with.

    function: defined in a cell above, under the exercise's own name. Returns it when it passes;
    otherwise the reference, marked so that checking it again says what it is. Under nbgrader's
    autograding a function that does not pass raises AssertionError, because nbgrader reads its
    marks from exceptions.
    """
    name = name_of(function, sys._getframe(1).f_globals, names())
    if name is None:
        display(
            Note(
                "check needs one of the course's functions, under its own name",
                f"it got {shown(function)}. Write it as `def name(…):` with the exercise's name, "
                "run that cell, then this one.",
            )
        )
        return function
    if getattr(function, "is_reference", False):
        display(
            Note(
                name,
                "this is the course's reference, which stood in for yours. Run the cell with your "
                f"own `def {name}` again, then this one.",
            )
        )
        return function
    if name in _under_way:  # a decorator of the function that is being kept
        return function
    _under_way.add(name)
    try:
        return _checked(named(name), function)
    finally:
        _under_way.discard(name)


def _checked(exercise, function):
    verdict = judge(
        exercise, lambda args, **more: call_with_limit(function, args, exercise.seconds, **more)
    )
    kept = ""
    if verdict.status == PASSED:
        kept = progress.keep(exercise, function)
    elif verdict.status == FAILED:
        progress.tried(exercise)
    display(Card(verdict, kept))
    if verdict.status != PASSED and os.environ.get("NBGRADER_EXECUTION"):
        raise AssertionError(f"{exercise.name}: {verdict.status}. {verdict.diagnosis}")
    return function if verdict.status == PASSED else exercise.stand_in()


def hint(name) -> None:
    """Show the next hint for an exercise, by its name or its function; each call shows one more."""
    asked = name_of(name, sys._getframe(1).f_globals, names()) if callable(name) else name
    if asked not in names():
        display(Note("hint", f"no exercise is called {shown(name)}."))
        return
    hints = named(asked).hints
    number, last = progress.next_hint(named(asked))
    more = " That was the last one." if last else ""
    display(Note(f"{asked}, hint {number} of {len(hints)}", hints[number - 1] + more))
