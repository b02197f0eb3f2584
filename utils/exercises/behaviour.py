"""What a right function must do besides giving right answers: let a gradient through, and give the
same answer again.
"""

from collections.abc import Callable
from dataclasses import replace

from utils.calling import floats, is_tensor
from utils.exercises import Case, Exercise
from utils.exercises.compare import differs
from utils.exercises.outcome import CaseResult, Outcome, run
from utils.exercises.results import result_of, tried_on
from utils.exercises.show import describe

GRADIENT = "a gradient goes through"
AGAIN = "the first case once more"
CUT = (
    "The numbers are right, but a model could not learn through this function: the gradient is "
    "cut. Stay with tensors from end to end: no `.item()`, `.tolist()`, `.detach()`, `.numpy()`, "
    "`torch.tensor(…)` or `torch.no_grad()` on the way."
)
BENT = (
    "The numbers are right, but the gradient that comes back through this function is not, so a "
    "model would learn something else. Perhaps part of the way is cut, by `.detach()`, `.item()` "
    "or numbers made anew; or it does more than is asked."
)
RAISES = (
    "It works on plain numbers, but not where a gradient is wanted, and a model learns through "
    "this function: no `.numpy()`, and nothing changed in place."
)
REMEMBERS = (
    "It gives another answer when it is called again: does it remember something between calls, in "
    "a list or a dict outside of it, or in a default argument?"
)
UNFILLED = " Or does it make a tensor with `torch.empty` and fill only a part of it?"


def learns(
    exercise: Exercise, call: Callable[..., Outcome], cases, wanted: list[Outcome]
) -> list[CaseResult]:
    """Whether a gradient goes through: one result, or none where nobody learns through it."""
    found = _to_learn_through(exercise, cases, wanted)
    if found is None:
        return []
    case, expected = found
    outcome = call(case.args, gradient=True)
    return [_gradient_result(exercise, case, expected, outcome)]


def forgets(
    exercise: Exercise, call: Callable[..., Outcome], cases, wanted: list[Outcome]
) -> list[CaseResult]:
    """The first case once more: one result where it does not pass now, else none."""
    outcome = call(cases[0].args)
    again = result_of(exercise, Case(AGAIN, cases[0].args), wanted[0], outcome)
    if again.passed:
        return []
    return [again if again.words else replace(again, words=remembers(wanted[0]))]


def remembers(wanted: Outcome) -> str:
    return REMEMBERS + UNFILLED * is_tensor(wanted.value)


def _to_learn_through(
    exercise: Exercise, cases, wanted: list[Outcome]
) -> tuple[Case, Outcome] | None:
    """The smallest case in which floats go in and come out as tensors and the reference lets a
    gradient through, with what the reference gave; None where nobody learns through the exercise.
    """
    if not exercise.gradient:
        return None
    sizes = {
        i: sum(tensor.numel() for tensor in floats(case.args))
        for i, case in enumerate(cases)
        if floats(wanted[i].value)
    }
    for i in sorted((i for i in sizes if sizes[i]), key=sizes.get)[:2]:
        outcome = run(exercise.reference, cases[i].args, gradient=True)
        if not outcome.error and any(g is not None for g in outcome.gradients or ()):
            return cases[i], outcome
    return None


def _gradient_result(exercise, case: Case, wanted: Outcome, outcome: Outcome) -> CaseResult:
    tried = tried_on(exercise, case)
    expected = "a gradient for each tensor that the answer depends on"
    problem, words = "", ""
    if outcome.error:
        problem = f"where a gradient is wanted it raises {outcome.error}: {outcome.text}"
        got = f"raises {outcome.error}"
        words = RAISES
    else:
        got = "the answer without a gradient"
        for mine, theirs in zip(outcome.gradients or (), wanted.gradients, strict=False):
            if mine is None:
                if theirs is None or not theirs.numel():  # nothing is learned by no numbers
                    continue
                problem = "the answer is right, but no gradient goes through it"
                words = CUT
                break
            theirs = mine.new_zeros(mine.shape) if theirs is None else theirs
            if problem := differs(theirs, mine, 1e-3, 1e-4):
                problem, got = f"the gradient is a different one: {problem}", describe(mine)
                words = BENT
                break
    return CaseResult(GRADIENT, not problem, tried, got, expected, problem, outcome.printed, words)
