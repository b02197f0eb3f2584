"""A green card is a promise: what machine-made wrong answers pass, and why that is all right."""

import numpy as np
import pytest

from tests.exercises.equal_in_effect import EQUAL
from tests.exercises.mutants import changed, got_in_a_bad_way
from utils.exercises import exercises
from utils.exercises.judge import PASSED, Outcome, judge, run
from utils.limit import call_with_limit

WRITTEN = [e for e in exercises() if not e.prediction]
SECONDS = 2.0  # a changed loop may never end


def passes(exercise, function) -> bool:
    """Whether the check would turn green; the first failing case ends the trial."""

    def call(args, **more):
        return call_with_limit(function, args, SECONDS, **more)

    for case in exercise.cases(np.random.default_rng(0)):
        one = exercise_of_one(exercise, case)
        if judge(one, call).status != PASSED:
            return False
    return judge(exercise, call).status == PASSED


def exercise_of_one(exercise, case):
    from dataclasses import replace

    return replace(exercise, cases=lambda rng: [case], mistakes=(), gradient=False)
