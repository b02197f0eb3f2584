"""What one call gave, what that says of a case, and what the cases say of a function."""

from collections.abc import Callable
from dataclasses import dataclass, field

from utils.calling import Call, copy_value
from utils.calling import call as call_here
from utils.exercises import Exercise

PASSED, FAILED, NOT_DONE = "passed", "failed", "not done yet"
STOPPED = ("TimeLimit", "ProcessEnded")  # what ends an exercise: the rest would go the same way


@dataclass(frozen=True)
class Outcome:
    """What one call gave: a value, or `error` with the exception's name, one line of text, and
    where.

    error is "" for a value, "TimeLimit" when the time was up, "ProcessEnded" when a grader's
    process died, else the exception's class name; kinds are the names of all its classes. after,
    gradients, used, work: see utils.calling.Call; after may be None where all are as they were.
    printed: what the function wrote.
    """

    value: object = None
    error: str = ""
    text: str = ""
    line: str = ""
    kinds: tuple[str, ...] = ()
    after: tuple | None = None
    gradients: list | None = None
    used: tuple[str, ...] = ()
    work: int = 0
    printed: str = ""

    @classmethod
    def raised(cls, error: str, text: str, kinds: tuple[str, ...], **more) -> "Outcome":
        """What a learner's function raised, whatever its class calls itself: only the judge's side
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
            value,
            after=called.after,
            gradients=called.gradients,
            used=tuple(called.used),
            work=called.work,
            printed=printed,
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
