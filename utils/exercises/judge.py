"""Try a function on an exercise's cases and say, in a learner's words, what came out.

The judge never runs the learner's function itself: it is given `call`, which runs it somewhere (in
the notebook with a time limit, or in a grader's sandbox) and returns an `Outcome`.

What it looks at, for every exercise: the answers and their kinds; whether the arguments are as they
were; whether a gradient goes through, where tensors go in and come out; whether the first case gets
the same answer again at the end.
"""

from collections.abc import Callable
from functools import cached_property

import numpy as np

from utils.exercises import Exercise
from utils.exercises.behaviour import AGAIN, GRADIENT, forgets, learns, remembers
from utils.exercises.diagnosis import diagnose
from utils.exercises.outcome import (
    FAILED,
    NOT_DONE,
    PASSED,
    STOPPED,
    CaseResult,
    Outcome,
    Verdict,
    kinds_of,
    run,
)
from utils.exercises.results import result_of

__all__ = [
    "AGAIN",
    "FAILED",
    "GRADIENT",
    "NOT_DONE",
    "PASSED",
    "CaseResult",
    "Outcome",
    "Trial",
    "Verdict",
    "judge",
    "kinds_of",
    "run",
]


def judge(exercise: Exercise, call: Callable[..., Outcome], seed: int = 0) -> Verdict:
    """The verdict on the function behind `call`, tried on the cases that `seed` draws.

    call(args, gradient=False, watch=False) calls it with copies of the arguments, a tuple; see
    utils.calling.call for the rest.
    """
    return Trial(exercise, seed).verdict(call)


class Trial:
    """An exercise's cases and what its reference gives for them, to try one function or many."""

    def __init__(self, exercise: Exercise, seed: int = 0):
        self.exercise = exercise
        self.cases = list(exercise.cases(np.random.default_rng(seed)))
        self.watch = bool(exercise.work or exercise.forbids)

    @cached_property
    def wanted(self) -> list[Outcome]:
        return [run(self.exercise.reference, case.args, watch=self.watch) for case in self.cases]

    def verdict(self, call: Callable[..., Outcome]) -> Verdict:
        """See `judge`."""
        results, outcomes = [], []
        for i, case in enumerate(self.cases):
            outcome = call(case.args, watch=self.watch)
            if outcome.error == "NotImplementedError" and not outcome.text and not outcomes:
                return Verdict(self.exercise, NOT_DONE)
            outcomes.append(outcome)
            results.append(result_of(self.exercise, case, self.wanted[i], outcome))
            if outcome.error in STOPPED:
                break
        if all(result.passed for result in results):
            results += self._besides(call)
        if all(result.passed for result in results):
            return Verdict(self.exercise, PASSED, results)
        words = diagnose(self.exercise, self.cases, outcomes, self.wanted, results)
        return Verdict(self.exercise, FAILED, results, words or self._remembers(call, results))

    def _remembers(self, call: Callable[..., Outcome], results: list[CaseResult]) -> str:
        """What to say where a case that passed does not when it is tried again; else ""."""
        passed = next((i for i, result in enumerate(results) if result.passed), None)
        if passed is None or len(results) < len(self.cases):  # one was stopped: it may take as long
            return ""
        again = forgets(self.exercise, call, self.cases[passed:], self.wanted[passed:])
        return remembers(self.wanted[passed]) if again else ""

    def passes(self, call: Callable[..., Outcome]) -> bool:
        """Whether the verdict would be PASSED; ends with the first case that fails."""
        return all(
            result_of(self.exercise, case, wanted, call(case.args, watch=self.watch)).passed
            for case, wanted in zip(self.cases, self.wanted)
        ) and all(result.passed for result in self._besides(call))

    def _besides(self, call: Callable[..., Outcome]) -> list[CaseResult]:
        about = self.exercise, call, self.cases, self.wanted
        return [*learns(*about), *forgets(*about)]
