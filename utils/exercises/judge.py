"""Try a function on an exercise's cases and say, in a learner's words, what came out.

The judge never runs the learner's function itself: it is given `call`, which runs it somewhere (in
the notebook with a time limit, or in a grader's sandbox) and returns an `Outcome`.
"""

import copy
import inspect
import math
import numbers
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

import numpy as np

from utils.exercises import Exercise

PASSED, FAILED, NOT_DONE = "passed", "failed", "not done yet"


@dataclass(frozen=True)
class Outcome:
    """What one call gave: a value, or `error` with the exception's name, one line of text, and
    where.

    error is "" for a value, "TimeLimit" when the time was up, "ProcessEnded" when a grader's
    process died, else the exception's class name.
    """

    value: object = None
    error: str = ""
    text: str = ""
    line: str = ""


@dataclass(frozen=True)
class CaseResult:
    label: str
    passed: bool
    tried: str = ""  # the arguments by name, in short
    got: str = ""
    expected: str = ""
    problem: str = ""  # one sentence: what differs, and where first


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

    `call(*args)` gets copies of the arguments, so that changing them in place cannot change the
    verdict.
    """
    cases = list(exercise.cases(np.random.default_rng(seed)))
    outcomes = []
    for case in cases:
        outcome = call(*copy_value(case.args))
        if outcome.error == "NotImplementedError" and not outcomes:
            return Verdict(exercise, NOT_DONE)
        outcomes.append(outcome)
        if outcome.error in ("TimeLimit", "ProcessEnded"):  # the rest would only go the same way
            break
    tried = cases[: len(outcomes)]
    results = [_result(exercise, case, outcome) for case, outcome in zip(tried, outcomes)]
    if all(result.passed for result in results) and len(results) == len(cases):
        return Verdict(exercise, PASSED, results)
    return Verdict(exercise, FAILED, results, _diagnose(exercise, tried, outcomes, results))


def run(function: Callable, args: tuple) -> Outcome:
    """Call a trusted function (a reference, a known mistake) on copies of the arguments."""
    try:
        return Outcome(function(*copy_value(args)))
    except Exception as error:
        return Outcome(error=type(error).__name__, text=str(error))


def copy_value(value):
    """A deep copy that keeps what numpy's and torch's own copies lose: a tensor's strides."""
    if is_tensor(value):
        return value.detach().clone().requires_grad_(value.requires_grad)
    if isinstance(value, (list, tuple)):
        return type(value)(copy_value(item) for item in value)
    if type(value) is dict:
        return {key: copy_value(item) for key, item in value.items()}
    return copy.deepcopy(value)


def _result(exercise: Exercise, case, outcome: Outcome) -> CaseResult:
    wanted = run(exercise.reference, case.args)
    names = inspect.signature(exercise.reference).parameters
    tried = "; ".join(f"{name} = {describe(arg)}" for name, arg in zip(names, case.args))
    if wanted.error:  # the case is one that must be refused
        expected = f"raises {wanted.error}: {wanted.text}"
        if outcome.error == wanted.error:
            return CaseResult(case.label, True, tried, f"raises {outcome.error}", expected)
        got = (
            f"raises {outcome.error}: {outcome.text}" if outcome.error else describe(outcome.value)
        )
        return CaseResult(
            case.label, False, tried, got, expected, f"this input should raise {wanted.error}"
        )
    expected = describe(wanted.value)
    if outcome.error == "TimeLimit":
        problem = (
            f"it was still running after {exercise.seconds:g} seconds, so it was stopped: is "
            "there a loop that never ends?"
        )
        return CaseResult(case.label, False, tried, "no answer", expected, problem)
    if outcome.error:
        where = f", in your {outcome.line}" if outcome.line else ""
        return CaseResult(
            case.label,
            False,
            tried,
            f"raises {outcome.error}",
            expected,
            f"{outcome.error}: {outcome.text}{where}",
        )
    problem = differs(wanted.value, outcome.value, exercise.rtol, exercise.atol)
    return CaseResult(case.label, not problem, tried, describe(outcome.value), expected, problem)


def _diagnose(exercise: Exercise, cases, outcomes, results) -> str:
    """What it looks like: the known mistake that explains every failing case, or else at least half
    of them, or "".

    Of several, the one that agrees with the learner on the most cases. "Perhaps: " stands before it
    where all that the two have in common is the type of an error, which can have many causes.
    """
    failing = [i for i, result in enumerate(results) if not result.passed]
    best, rank, explained = "", (0, 0), []
    for mistake in exercise.mistakes:
        same = [
            _same(run(mistake.function, case.args), outcome, exercise)
            for case, outcome in zip(cases, outcomes)
        ]
        alike = [i for i in failing if same[i]]
        if 2 * len(alike) >= len(failing) and (len(alike), sum(same)) > rank:
            best, rank, explained = mistake.diagnosis, (len(alike), sum(same)), alike
    if best and all(outcomes[i].error for i in explained):
        return f"Perhaps: {best}"
    if len(explained) == len(failing):
        return best
    if all(outcomes[i].value is None and not outcomes[i].error for i in failing):
        return "Your function returns None: is there a `return` at its end?"
    return f"Part of it: {best}" if best else ""


def _same(a: Outcome, b: Outcome, exercise: Exercise) -> bool:
    if a.error or b.error:
        return a.error == b.error
    return not differs(a.value, b.value, exercise.rtol, exercise.atol)


def differs(
    expected, got, rtol: float | None = None, atol: float | None = None, where: str = ""
) -> str:
    """ "" when `got` is `expected`, else one sentence that says how it differs and where first.

    Lists and tuples are alike, and so are all kinds of numbers of one kind (1 and 1.0, float32 and
    float64); True and 1 are not, a numpy array and a torch tensor are not. Floats are close when
    they differ by less than
    rtol and atol allow: 1e-4 and 1e-5 where float32 is involved, 1e-6 and 1e-8 for float64. NaN
    equals NaN.
    """
    at = f" at {where}" if where else ""
    if is_array(expected) or is_array(got):
        if isinstance(expected, (list, tuple, dict, str)) or not _is_numeric(got):
            return f"expected {_kind(expected)}{at}, got {_kind(got)}"
        if is_array(expected) and expected.ndim and type(expected) is not type(got):
            return f"expected {_kind(expected)}{at}, got {_kind(got)}"
        return _arrays_differ(expected, got, rtol, atol, where)
    if isinstance(expected, bool) or isinstance(got, bool):
        return (
            ""
            if type(expected) is type(got) and expected == got
            else f"expected {expected!r}{at}, got {short(got)}"
        )
    if isinstance(expected, numbers.Number):
        if not isinstance(got, numbers.Number):
            return f"expected a number{at}, got {_kind(got)}"
        return _arrays_differ(expected, got, rtol, atol, where)
    if isinstance(expected, Mapping):
        return _mappings_differ(expected, got, rtol, atol, where)
    if isinstance(expected, (list, tuple)):
        if not isinstance(got, (list, tuple)):
            return f"expected {_kind(expected)}{at}, got {_kind(got)}"
        if len(expected) != len(got):
            return f"expected {len(expected)} items{at}, got {len(got)}"
        for i, (e, g) in enumerate(zip(expected, got)):
            if problem := differs(e, g, rtol, atol, f"{where}[{i}]"):
                return problem
        return ""
    if type(expected) is not type(got):
        return f"expected {_kind(expected)}{at}, got {_kind(got)}"
    return "" if expected == got else f"expected {short(expected)}{at}, got {short(got)}"


def _mappings_differ(expected, got, rtol, atol, where) -> str:
    at = f" at {where}" if where else ""
    if not isinstance(got, Mapping):
        return f"expected {_kind(expected)}{at}, got {_kind(got)}"
    for key in expected:
        if key not in got:
            return f"the key {short(key)} is missing{at}"
    for key in got:
        if key not in expected:
            return f"the key {short(key)} should not be there{at}"
    for key in expected:
        if problem := differs(expected[key], got[key], rtol, atol, f"{where}[{short(key)}]"):
            return problem
    return ""


def _arrays_differ(expected, got, rtol, atol, where) -> str:
    at = f" at {where}" if where else ""
    low_precision = any(
        "32" in _dtype(v) or "16" in _dtype(v) for v in (expected, got) if "float" in _dtype(v)
    )
    expected, got = to_numpy(expected), to_numpy(got)
    if expected.shape != got.shape:
        return f"expected shape {expected.shape}{at}, got shape {got.shape}"
    if (expected.dtype == bool) != (got.dtype == bool):
        return f"expected {expected.dtype} values{at}, got {got.dtype}"
    if not expected.size:
        return ""
    if rtol is atol is None and expected.dtype.kind in "iub" and got.dtype.kind in "iub":
        wrong = expected != got
    else:
        rtol = rtol if rtol is not None else 1e-4 if low_precision else 1e-6
        atol = atol if atol is not None else 1e-5 if low_precision else 1e-8
        with np.errstate(invalid="ignore"):
            wrong = ~np.isclose(
                got.astype(np.float64),
                expected.astype(np.float64),
                rtol=rtol,
                atol=atol,
                equal_nan=True,
            )
    if not wrong.any():
        return ""
    if not expected.ndim:
        return f"expected {_number(expected)}{at}, got {_number(got)}"
    first = tuple(int(i) for i in np.argwhere(wrong)[0])
    place = f"{where}[{', '.join(map(str, first))}]"
    return (
        f"{int(wrong.sum())} of {expected.size} numbers differ, the first at {place}: "
        f"expected {_number(expected[first])}, got {_number(got[first])}"
    )


def describe(value) -> str:
    """A value in one short line: shape and dtype for arrays, the beginning for everything long."""
    if is_array(value) and value.ndim:
        numbers_ = to_numpy(value).ravel()
        inside = ", ".join(_number(v) for v in numbers_[:6]) + (", …" if numbers_.size > 6 else "")
        return f"{_kind(value)}: {inside}"
    return short(value)


def short(value, width: int = 72) -> str:
    """A value as Python would write it, its floats to six digits, cut to a width."""
    if is_array(value) and value.ndim:
        return _kind(value)
    try:
        text = _written(value)
    except Exception:  # a learner's class may have any __repr__
        text = f"a {type(value).__name__}"
    return text if len(text) <= width else text[: width - 1] + "…"


def _written(value) -> str:
    if is_array(value):
        return _kind(value) if value.ndim else _number(to_numpy(value))
    if type(value) is float:
        return _number(value)
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{_written(k)}: {_written(v)}" for k, v in value.items()) + "}"
    if isinstance(value, (list, tuple)):
        inside = ", ".join(map(_written, value)) + (
            "," if isinstance(value, tuple) and len(value) == 1 else ""
        )
        return f"[{inside}]" if isinstance(value, list) else f"({inside})"
    return repr(value)


def is_tensor(value) -> bool:
    return type(value).__module__ == "torch" and type(value).__name__ == "Tensor"


def is_array(value) -> bool:
    """A numpy array, numpy scalar or torch tensor (without importing torch)."""
    return isinstance(value, (np.ndarray, np.generic)) or is_tensor(value)


def to_numpy(value) -> np.ndarray:
    if is_tensor(value):
        value = value.detach().cpu()
        return (
            value.float() if value.dtype.is_floating_point and value.element_size() < 4 else value
        ).numpy()
    return np.asarray(value)


def _is_numeric(value) -> bool:
    return is_array(value) or isinstance(value, numbers.Number)


def _dtype(value) -> str:
    return str(getattr(value, "dtype", type(value).__name__)).removeprefix("torch.")


def _kind(value) -> str:
    if is_array(value):
        if not value.ndim:
            return f"a single {_dtype(value)}"
        name = "a tensor" if is_tensor(value) else "a numpy array"
        return f"{name} of shape {tuple(value.shape)}, {_dtype(value)}"
    if value is None:
        return "None"
    if isinstance(value, (list, tuple, Mapping, set, str, bytes)):
        name = "dict" if isinstance(value, Mapping) else type(value).__name__
        return f"a {name} of length {len(value)}"
    article = "an" if type(value).__name__[0] in "aeiou" else "a"
    return f"{article} {type(value).__name__}"


def _number(value) -> str:
    value = np.asarray(value).item()
    if isinstance(value, float) and math.isfinite(value):
        return f"{value:.6g}"
    return str(value)
