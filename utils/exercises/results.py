"""What is said of one case."""

import inspect
import re

from utils.calling import GIVEN
from utils.exercises import Case, Exercise
from utils.exercises.compare import differs, unequal_argument
from utils.exercises.notes import guess_note, wrong_kind
from utils.exercises.outcome import CaseResult, Outcome
from utils.exercises.show import describe
from utils.text import duration


def result_of(exercise: Exercise, case: Case, wanted: Outcome, outcome: Outcome) -> CaseResult:
    """Whether a case passed, and if not, why: the answer and its kind, the arguments, the functions
    that were called, and the work it was. wanted: what the reference gave.
    """

    expected = f"raises {wanted.error}: {wanted.text}" if wanted.error else ""

    def passed(got: str) -> CaseResult:  # what was tried and expected is told of failures only
        return CaseResult(case.label, True, got=got, printed=outcome.printed)

    def failed(problem: str, words: str = "", got: str = "") -> CaseResult:
        got, wants = got or describe(outcome.value), expected or describe(wanted.value)
        got, wants = _told_apart(got, wants, problem)
        tried = tried_on(exercise, case)
        return CaseResult(case.label, False, tried, got, wants, problem, outcome.printed, words)

    raised = f"raises {outcome.error}"
    if wanted.error:  # the case is one that must be refused
        if wanted.error == outcome.error or wanted.error in outcome.kinds:
            return passed(raised)
        got = f"{raised}: {outcome.text}" if outcome.error else ""
        return failed(f"this input should raise {wanted.error}", got=got)
    if outcome.error == "TimeLimit":
        return failed(
            f"it was still running after {duration(exercise.seconds)}, so it was stopped: is there "
            "a loop that never ends, or one that goes through everything for each item?",
            got="no answer",
        )
    if outcome.error == "ProcessEnded":
        return failed(outcome.text or "its process ended", got="no answer")
    if outcome.error:
        where = f", in your {outcome.line}" if outcome.line else ""
        words = _error_words(outcome, exercise)
        return failed(f"{outcome.error}: {outcome.text}{where}", words, raised)
    if banned := [name for name in outcome.used if _is_one_of(exercise.forbids, name)]:
        name = banned[0].lstrip("_")
        words = f"It calls torch's own `{name}`, which this exercise asks you to write yourself."
        return failed(words, words)
    strict = not exercise.prediction
    if problem := differs(wanted.value, outcome.value, exercise.rtol, exercise.atol, strict=strict):
        if exercise.prediction:
            words = guess_note(wanted.value, outcome.value)
        else:
            words = wrong_kind(wanted.value, outcome.value, exercise.rtol, exercise.atol)
        return failed(problem, words)
    if outcome.after is not None:
        names = inspect.signature(exercise.reference).parameters
        for name, before, after in zip(names, case.args, outcome.after, strict=False):
            if unequal_argument(before, after):
                words = f"It changes `{name}`, which others still need: work on a copy."
                return failed(f"the answer is right, but `{name}` is changed by the call", words)
    if exercise.anew and GIVEN in outcome.used:
        words = "It returns what it was given, and a new one is asked for: return a copy of it."
        return failed("the answer is right, but it is an argument itself", words)
    if exercise.work and wanted.work and outcome.work > exercise.work * wanted.work:
        times = f"{outcome.work / wanted.work:.1f}"
        words = (
            "The answer is right, but it computes again and again what it could keep: what has "
            "been read once need not be read a second time."
        )
        return failed(
            f"the answer is right, but it takes {times} times as many multiplications", words
        )
    return passed(describe(outcome.value))


def _is_one_of(forbidden: tuple[str, ...], used: str) -> bool:
    """Whether a function of torch is a forbidden one, or the same by another of torch's names:
    `special_softmax`, `_softmax` and `softmax.int` are all `softmax`.
    """
    other = r"_?(special_|native_|sparse_|safe_)?({})(_math|_fused|\..*)?"
    return bool(re.fullmatch(other.format("|".join(forbidden)), used)) if forbidden else False


def tried_on(exercise: Exercise, case: Case) -> str:
    """The arguments by their names, in short."""
    names = inspect.signature(exercise.reference).parameters
    pairs = zip(names, case.args, strict=False)
    return "; ".join(f"{name} = {describe(arg)}" for name, arg in pairs)


def _told_apart(got: str, expected: str, problem: str) -> tuple[str, str]:
    """What came out and what was expected, the first difference where they would print alike."""
    found = re.search(r"at (\S.*): expected (.*), got (.*)$", problem)
    if got != expected or not found:
        return got, expected
    return f"{found[3]} at {found[1]}", f"{found[2]} at {found[1]}"


def _error_words(outcome: Outcome, exercise: Exercise) -> str:
    if outcome.error == "NotImplementedError" and not outcome.text:  # PyTorch's own have a text
        return (
            "The line `raise NotImplementedError` still stands in your function: replace it with "
            "what you write."
        )
    if exercise.prediction:  # whose card shows no case
        quotes = " Text stands in quotes." if outcome.error == "NameError" else ""
        return f"It raises {outcome.error}: {outcome.text}.{quotes}"
    return ""
