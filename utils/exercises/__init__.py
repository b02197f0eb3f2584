"""The registry: the only place that knows an exercise's reference, cases, mistakes, hints and
points.

One folder per lesson, one file per exercise, named like the function that the learner writes. A
file is read from top to bottom: the task, the reference, the cases, the mistakes, the entry. It is
imported when it is first needed, so that a lesson without torch never imports torch.
"""

import functools
import inspect
import sys
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import cache
from importlib import import_module
from types import CodeType

import numpy as np

LESSONS = (
    "00_start_here",
    "01_language_modeling",
    "02_byte_pair_encoding",
    "03_embeddings_and_positions",
    "04_masked_self_attention",
    "05_decoder_block",
    "06_logits_and_sampling",
    "07_training",
    "08_loading_gpt2_weights",
    "09_inside_and_beyond",
)
DIFFICULTIES = ("easy", "medium", "hard")


@dataclass(frozen=True)
class Case:
    """One thing an exercise is tried on: a label a learner can read, and the arguments."""

    label: str
    args: tuple


@dataclass(frozen=True)
class Exercise:
    """One exercise. Its name is its reference's name, which is also what the learner's function is
    called; what it asks is the docstring of the reference's file.

    cases: from a random generator to the cases; the generator's seed is the judge's secret when
    grading.
    mistakes: wrong functions, each with a docstring that is said to its author.
    prediction: the function takes nothing and returns a guess, which earns no points.
    post: the section of "The Illustrated GPT-2" it belongs to, one of utils.post.SECTIONS.
    rtol, atol: tolerance for floats; by default it depends on the dtype (see judge.differs).
    seconds: time limit for one case.
    gradient: whether a gradient must go through, where tensors go in and come out; False where
    nobody learns through it.
    forbids: names of torch's functions that do the whole exercise, and that its text forbids.
    work: how many times the reference's matrix products it may take, where the text says what is
    to be computed only once.
    anew: whether the text asks for a new object, so that an argument itself is no answer.
    core: whether it is on the express path to the finale; the others are extra.
    """

    reference: Callable
    cases: Callable[[np.random.Generator], Iterable[Case]]
    mistakes: tuple[Callable, ...] = ()
    hints: tuple[str, ...] = ()
    points: int = 1
    minutes: int = 5
    difficulty: str = "easy"
    prediction: bool = False
    post: str = ""
    rtol: float | None = None
    atol: float | None = None
    seconds: float = 10.0
    gradient: bool = True
    forbids: tuple[str, ...] = ()
    work: float | None = None
    anew: bool = False
    core: bool = True

    def __post_init__(self):
        if self.difficulty not in DIFFICULTIES:
            raise ValueError(f"{self.name} is {self.difficulty!r}, none of {DIFFICULTIES}")

    @property
    def name(self) -> str:
        return self.reference.__name__

    @property
    def asks(self) -> str:
        """What to write, in one line."""
        return said(sys.modules[self.reference.__module__])

    @property
    def lesson(self) -> str:
        """The lesson's name, or "" for an exercise that is in no lesson."""
        folder = self.reference.__module__.split(".")[-2:][0]
        return _FOLDERS.get(folder, "")

    @property
    def needs(self) -> tuple[str, ...]:
        """Names of the earlier exercises that the reference and its helpers call."""
        if self.prediction:
            return ()
        return tuple(
            function.__name__
            for function in _used(self.reference)
            if _home(function.__name__) == function.__module__
        )

    def stand_in(self) -> Callable:
        """The reference, marked as such: it takes the place of a function that has not passed."""

        @functools.wraps(self.reference)
        def stand_in(*args, **kwargs):
            return self.reference(*args, **kwargs)

        stand_in.is_reference = True
        return stand_in


def prediction(
    reference: Callable,
    guesses: Iterable[tuple],
    hints: tuple[str, ...],
    minutes: int,
    case: str = "your guess",
    **more,
) -> Exercise:
    """An exercise to be guessed before a cell computes it: a function without arguments, and no
    points.

    guesses: wrong ones, each with what is said to its author. case: what a report calls the only
    one. more: post, rtol, atol.
    """
    return Exercise(
        reference,
        cases=lambda rng: [Case(case, ())],
        mistakes=tuple(_guess(value, words) for value, words in guesses),
        hints=hints,
        points=0,
        minutes=minutes,
        prediction=True,
        **more,
    )


def _guess(value, words: str) -> Callable:
    def guess():
        return value

    guess.__doc__ = words
    return guess


def said(documented) -> str:
    """A docstring as one line: what a mistake says to its author, what an exercise asks."""
    return " ".join((documented.__doc__ or "").split())


def names(lesson: str | None = None) -> tuple[str, ...]:
    """The names of a lesson's exercises, or of all, in the course's order, without importing
    one.
    """
    return tuple(name for each in ([lesson] if lesson else LESSONS) for name in _listed(each))


@cache
def exercises(lesson: str | None = None) -> tuple[Exercise, ...]:
    """A lesson's exercises in the order they are met, or those of all lessons.

    `lesson` is a notebook's name without .ipynb.
    """
    if lesson is None:
        return tuple(exercise for each in LESSONS for exercise in exercises(each))
    if lesson not in LESSONS:
        raise ValueError(f"there is no lesson {lesson!r}; the lessons are {', '.join(LESSONS)}")
    return tuple(named(name) for name in _listed(lesson))


def find(name: str) -> tuple[str, Exercise]:
    """(lesson, exercise) for an exercise's name; KeyError where no lesson has it."""
    exercise = named(name)
    return exercise.lesson, exercise


def named(name: str) -> Exercise:
    """The exercise of that name, found without importing the others; KeyError where there is
    none.
    """
    home = _home(name)
    if not home:
        raise KeyError(f"no exercise is called {name!r}")
    return import_module(home).EXERCISE


_FOLDERS = {lesson[3:]: lesson for lesson in LESSONS}


@cache
def _listed(lesson: str) -> tuple[str, ...]:
    return import_module(f"{__name__}.{lesson[3:]}").EXERCISES


def _home(name: str) -> str:
    """The module of an exercise, "" where there is none."""
    return _homes().get(name, "")


@cache
def _homes() -> dict[str, str]:
    return {
        name: f"{__name__}.{lesson[3:]}.{name}" for lesson in LESSONS for name in _listed(lesson)
    }


def _used(function: Callable, seen: tuple = ()) -> list[Callable]:
    """The functions of other files that a function calls, itself or through helpers, its own or
    another exercise's.
    """
    found = []
    for name in _names(function.__code__):
        used = function.__globals__.get(name)
        if not inspect.isfunction(used) or used in seen:
            continue
        helper = used.__module__ in _homes().values() and _home(name) != used.__module__
        if used.__module__ == function.__module__ or helper:
            found += _used(used, (*seen, function))
        else:
            found.append(used)
    return list(dict.fromkeys(found))


def _names(code: CodeType) -> list[str]:
    """The names that a function's code looks up outside itself, in the order of their first use."""
    names = dict.fromkeys(code.co_names)
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            names |= dict.fromkeys(_names(constant))
    return list(names)
