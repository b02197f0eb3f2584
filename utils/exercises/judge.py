"""Try a function on an exercise's cases and say, in a learner's words, what came out.

The judge never runs the learner's function itself: it is given `call`, which runs it somewhere (in
the notebook with a time limit, or in a grader's sandbox) and returns an `Outcome`.

What it looks at, for every exercise: the answers and their kinds; whether the arguments are as they
were; whether a gradient goes through, where tensors go in and come out; whether the first case gets
the same answer again at the end.
"""

import builtins
import inspect
import re
from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np

from utils.calling import Call, copy_value, floats
from utils.calling import call as call_here
from utils.exercises import Case, Exercise, said
from utils.exercises.compare import describe, differs, guess_note, unequal_argument, wrong_kind

PASSED, FAILED, NOT_DONE = "passed", "failed", "not done yet"
STOPPED = ("TimeLimit", "ProcessEnded")  # what ends an exercise: the rest would go the same way
GRADIENT = "a gradient goes through"
AGAIN = "the first case once more"


@dataclass(frozen=True)
class Outcome:
    """What one call gave: a value, or `error` with the exception's name, one line of text, and
    where.

    error is "" for a value, "TimeLimit" when the time was up, "ProcessEnded" when a grader's
    process died, else the exception's class name; kinds are the names of all its classes. after,
    gradients,
    used: see utils.calling.Call. printed: what the function wrote.
    """

    value: object = None
    error: str = ""
    text: str = ""
    line: str = ""
    kinds: tuple[str, ...] = ()
    after: tuple | None = None
    gradients: list | None = None
    used: tuple[str, ...] = ()
    printed: str = ""

    @classmethod
    def raised(cls, error: str, text: str, kinds: tuple[str, ...], **more) -> "Outcome":
        """What a learner's function raised, whatever the class calls itself: only the judge's side
        says that time was up, or that a process ended.
        """
        if error in ("", *STOPPED):
            error = f"{error} (the function's own)".strip()
        return cls(error=error, text=text, kinds=kinds, **more)

    @classmethod
    def of(cls, called: Call, printed: str = "") -> "Outcome":
        """What a call gave, copied, so that a later call cannot change it."""
        try:
            value = copy_value(called.value)
        except Exception:  # what cannot be copied is compared as it is
            value = called.value
        return cls(
            value, "", "", "", (), called.after, called.gradients, tuple(called.used), printed
        )


@dataclass(frozen=True)
class CaseResult:
    label: str
    passed: bool
    tried: str = ""  # the arguments by name, in short
    got: str = ""
    expected: str = ""
    problem: str = ""  # one sentence: what differs, and where first
    printed: str = ""
    words: str = ""  # what is said about the cause, where it is certain


@dataclass(frozen=True)
class Verdict:
    exercise: Exercise
    status: str
    results: list[CaseResult] = field(default_factory=list)
    diagnosis: str = ""

    @property
    def points(self) -> int:
        return self.exercise.points if self.status == PASSED else 0


def judge(exercise: Exercise, call: Callable[..., Outcome], seed: int = 0) -> Verdict:
    """The verdict on the function behind `call`, tried on the cases that `seed` draws.

    call(args, gradient=False, watch=False) gets copies of the arguments, a tuple; see
    utils.calling.call for the rest.
    """
    cases = list(exercise.cases(np.random.default_rng(seed)))
    results, outcomes, wanted = [], [], []
    for case in cases:
        outcome = call(copy_value(case.args), watch=bool(exercise.forbids))
        if outcome.error == "NotImplementedError" and not outcomes:
            return Verdict(exercise, NOT_DONE)
        wanted.append(run(exercise.reference, case.args))
        outcomes.append(outcome)
        results.append(_result(exercise, case, wanted[-1], outcome))
        if outcome.error in STOPPED:
            return _failed(exercise, cases, outcomes, results)
    if not exercise.prediction and all(result.passed for result in results):
        results += _more(exercise, call, cases, wanted)
    if all(result.passed for result in results):
        return Verdict(exercise, PASSED, results)
    return _failed(exercise, cases, outcomes, results)


def run(function: Callable, args: tuple, gradient: bool = False, watch: bool = False) -> Outcome:
    """Call a trusted function (a reference, a known mistake) on copies of the arguments."""
    try:
        return Outcome.of(call_here(function, copy_value(args), gradient, watch))
    except Exception as error:
        return Outcome(error=type(error).__name__, text=str(error), kinds=kinds_of(error))


def kinds_of(error: BaseException) -> tuple[str, ...]:
    """The names of an exception's classes that are Python's own, and of its own class."""
    classes = [c.__name__ for c in type(error).__mro__ if c.__module__ == "builtins"]
    return (type(error).__name__, *classes)


def _result(exercise: Exercise, case: Case, wanted: Outcome, outcome: Outcome) -> CaseResult:
    names = inspect.signature(exercise.reference).parameters
    tried = "; ".join(
        f"{name} = {describe(arg)}" for name, arg in zip(names, case.args, strict=False)
    )

    def result(passed, got, expected, problem="", words=""):
        return CaseResult(case.label, passed, tried, got, expected, problem, outcome.printed, words)

    if wanted.error:  # the case is one that must be refused
        expected = f"raises {wanted.error}: {wanted.text}"
        if wanted.error == outcome.error or wanted.error in outcome.kinds:
            return result(True, f"raises {outcome.error}", expected)
        got = (
            f"raises {outcome.error}: {outcome.text}" if outcome.error else describe(outcome.value)
        )
        return result(False, got, expected, f"this input should raise {wanted.error}")
    expected = describe(wanted.value)
    if outcome.error == "TimeLimit":
        return result(
            False, "no answer", expected,
            f"it was still running after {exercise.seconds:g} seconds, so it was stopped: is there "
            "a loop that never ends?",
        )  # fmt: skip
    if outcome.error == "ProcessEnded":
        return result(False, "no answer", expected, outcome.text or "its process ended")
    if outcome.error:
        where = f", in your {outcome.line}" if outcome.line else ""
        problem = f"{outcome.error}: {outcome.text}{where}"
        return result(False, f"raises {outcome.error}", expected, problem, _error_words(outcome))
    got = describe(outcome.value)
    strict = not exercise.prediction
    if problem := differs(wanted.value, outcome.value, exercise.rtol, exercise.atol, strict=strict):
        got, expected = _told_apart(got, expected, problem)
        if exercise.prediction:
            words = guess_note(wanted.value, outcome.value)
        else:
            words = wrong_kind(wanted.value, outcome.value, exercise.rtol, exercise.atol)
        return result(False, got, expected, problem, words)
    if outcome.after is not None:
        for name, before, after in zip(names, case.args, outcome.after, strict=False):
            if unequal_argument(before, after):
                words = f"It changes `{name}`, which others still need: work on a copy."
                problem = f"the answer is right, but `{name}` is another one after the call"
                return result(False, got, expected, problem, words)
    if banned := [name for name in exercise.forbids if name in outcome.used]:
        words = (
            f"It calls torch's own `{banned[0]}`, which this exercise asks you to write yourself."
        )
        return result(False, got, expected, words, words)
    return result(True, got, expected)


def _told_apart(got: str, expected: str, problem: str) -> tuple[str, str]:
    """What came out and what was expected, the first difference where they would print alike."""
    found = re.search(r"at (\S.*): expected (.*), got (.*)$", problem)
    if got != expected or not found:
        return got, expected
    return f"{found[3]} at {found[1]}", f"{found[2]} at {found[1]}"


def _error_words(outcome: Outcome) -> str:
    if outcome.error == "NotImplementedError":
        return (
            "The line `raise NotImplementedError` still stands in your function: replace it with "
            "what you write."
        )
    return ""


def _more(exercise: Exercise, call, cases, wanted: list[Outcome]) -> list[CaseResult]:
    """What a right function must do besides: let a gradient through, and give the same answer
    again.
    """
    results = []
    if (case := _to_learn_through(exercise, cases, wanted)) is not None:
        expected = run(exercise.reference, case.args, gradient=True)
        outcome = call(copy_value(case.args), gradient=True)
        results.append(_gradient_result(exercise, case, expected, outcome))
    outcome = call(copy_value(cases[0].args))
    again = _result(exercise, Case(AGAIN, cases[0].args), wanted[0], outcome)
    if not again.passed and not again.words:
        words = (
            "It gives another answer when it is called again: does it remember something between "
            "calls, in a list or a dict outside of it, or in a default argument?"
        )
        again = CaseResult(
            AGAIN,
            False,
            again.tried,
            again.got,
            again.expected,
            again.problem,
            again.printed,
            words,
        )
    return results + [again] if not again.passed else results


def _to_learn_through(exercise: Exercise, cases, wanted: list[Outcome]) -> Case | None:
    """The smallest case in which floats go in and come out as tensors and the reference lets a
    gradient through; None where nobody learns through the exercise.
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
            return cases[i]
    return None


def _gradient_result(exercise, case: Case, wanted: Outcome, outcome: Outcome) -> CaseResult:
    names = inspect.signature(exercise.reference).parameters
    tried = "; ".join(
        f"{name} = {describe(arg)}" for name, arg in zip(names, case.args, strict=False)
    )
    expected = "a gradient for each tensor that the answer depends on"
    problem, words = "", ""
    if outcome.error:
        problem = f"where a gradient is wanted it raises {outcome.error}: {outcome.text}"
        got = f"raises {outcome.error}"
        words = (
            "It works on plain numbers, but not where a gradient is wanted, and a model learns "
            "through this function: no `.numpy()`, and nothing changed in place."
        )
    else:
        got = "the answer without a gradient"
        for mine, theirs in zip(outcome.gradients or (), wanted.gradients, strict=False):
            if theirs is None and (mine is None or not bool(mine.any())):
                continue
            if mine is None or theirs is None:
                problem = "the answer is right, but no gradient goes through it"
                break
            if problem := differs(theirs, mine, 1e-3, 1e-4):
                problem, got = f"the gradient is another one: {problem}", describe(mine)
                break
        if problem:
            words = (
                "The numbers are right, but a model could not learn through this function: the "
                "gradient is cut. Stay with tensors from end to end: no `.item()`, `.tolist()`, "
                "`.detach()`, `.numpy()`, `torch.tensor(…)` or `torch.no_grad()` on the way."
            )
    return CaseResult(GRADIENT, not problem, tried, got, expected, problem, outcome.printed, words)


def _failed(exercise: Exercise, cases, outcomes, results) -> Verdict:
    return Verdict(exercise, FAILED, results, _diagnose(exercise, cases, outcomes, results))


def _diagnose(exercise: Exercise, cases, outcomes, results) -> str:
    """What it looks like: the known mistake that does the same on every case; else what the results
    are certain of; else "", because a wrong cause is worse than none.

    "Perhaps: " stands before a mistake of which only errors are known: their kind and their words
    are the same, and still they can have another cause.
    """
    failing = [i for i, result in enumerate(results[: len(outcomes)]) if not result.passed]
    tried = list(zip(cases, outcomes, strict=False))
    if failing:
        for mistake in exercise.mistakes:
            if all(_same(run(mistake, case.args), outcome, exercise) for case, outcome in tried):
                only_errors = all(outcomes[i].error for i in failing)
                return f"Perhaps: {said(mistake)}" if only_errors else said(mistake)
        if all(outcomes[i].value is None and not outcomes[i].error for i in failing):
            return "Your function returns None: is there a `return` at its end?"
    certain = {result.words for result in results if not result.passed}
    return certain.pop() if len(certain) == 1 else ""


def _same(a: Outcome, b: Outcome, exercise: Exercise) -> bool:
    """Whether two calls did the same: equal values, or an error of the same kind and words."""
    if a.error or b.error:
        return a.error == b.error and a.text == b.text
    strict = not exercise.prediction
    return not differs(a.value, b.value, exercise.rtol, exercise.atol, strict=strict)


def own_error(name: str, text: str) -> Exception:
    """An exception of Python's own class of that name, RuntimeError where there is none."""
    kind = getattr(builtins, name, RuntimeError)
    return (
        kind(text) if isinstance(kind, type) and issubclass(kind, Exception) else RuntimeError(text)
    )
