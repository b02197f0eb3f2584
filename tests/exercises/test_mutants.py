"""A green card is a promise: of the wrong answers made by machine only those pass that are argued
for.
"""

import pytest

from tests.exercises.equal_in_effect import EQUAL
from tests.exercises.mutants import changed, got_in_a_bad_way
from utils.exercises import exercises
from utils.exercises.judge import Trial
from utils.limit import call_with_limit

WRITTEN = [e for e in exercises() if not e.prediction]
SECONDS = 1.0  # a changed loop may never end


@pytest.fixture(params=WRITTEN, ids=lambda e: e.name, scope="module")
def trial(request):
    return Trial(request.param, 0)


def passes(trial, function) -> bool:
    """Whether the check would turn green."""

    def call(args, **more):
        return call_with_limit(function, args, SECONDS, **more)

    return trial.passes(call)


def test_one_place_changed(trial):
    """What passes is in the list, with the reason why it is equal in effect; and nothing else
    is.
    """
    alive = {
        said for said, function in changed(trial.exercise.reference) if passes(trial, function)
    }
    assert alive == set(EQUAL.get(trial.exercise.name, {}))


def test_right_numbers_got_in_a_bad_way(trial):
    done = [i for i, outcome in enumerate(trial.wanted) if not outcome.error]
    args, value = trial.cases[done[0]].args, trial.wanted[done[0]].value
    ways = got_in_a_bad_way(trial.exercise.reference, args, value)
    free = set() if trial.exercise.gradient else {"gradient cut"}
    assert {how for how, function in ways if passes(trial, function)} <= free


def test_the_list_is_of_exercises_that_there_are():
    assert set(EQUAL) <= {e.name for e in WRITTEN}
    assert all(len(why) > 20 for reasons in EQUAL.values() for why in reasons.values())
