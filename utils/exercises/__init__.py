"""The registry: the only place that knows an exercise's reference, cases, mistakes, hints and
points.

`check`, the grader, the tests, the README's tables and the exercise boxes in the notebooks all read
it. One module per lesson, each ending in a list `EXERCISES`; a lesson's module is imported when it
is first needed, so that a lesson without torch never imports torch.
"""

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import cache
from html import escape
from importlib import import_module
from importlib.util import find_spec

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
# the sections of "The Illustrated GPT-2" by Jay Alammar, in its order; "" is what it leaves out
POST = (
    "What is a Language Model",
    "Transformers for Language Modeling",
    "One Difference From BERT",
    "The Evolution of The Transformer Block",
    "Crash Course in Brain Surgery: Looking Inside GPT-2",
    "A Deeper Look Inside",
    "Input Encoding",
    "Self-Attention Recap",
    "Model Output",
    "End of part #1: The GPT-2, Ladies and Gentlemen",
    "Self-Attention (without masking)",
    "The Illustrated Masked Self-Attention",
    "GPT-2 Masked Self-Attention",
    "Evaluation Time: Processing One Token at a Time",
    "GPT-2 Fully-Connected Neural Network",
    "You've Made it!",
    "Machine Translation",
    "Summarization",
    "Transfer Learning",
    "Music Generation",
    "",
)
DIFFICULTIES = ("easy", "medium", "hard")


@dataclass(frozen=True)
class Case:
    """One thing an exercise is tried on: a label a learner can read, and the arguments."""

    label: str
    args: tuple


@dataclass(frozen=True)
class Mistake:
    """A misconception as code: a wrong implementation, and one line that would put its author
    right.
    """

    function: Callable
    diagnosis: str


@dataclass(frozen=True)
class Exercise:
    """One exercise. Its name is its reference's name, which is also what the learner's function is
    called.

    asks: one line, what to write.
    cases: from a random generator to the cases; the generator's seed is the judge's secret when
    grading.
    needs: names of earlier exercises that the function may call.
    prediction: the function takes nothing and returns a guess, which earns no points.
    post: the section of "The Illustrated GPT-2" it belongs to, one of POST.
    rtol, atol: tolerance for floats; by default it depends on the dtype (see judge.differs).
    seconds: time limit for one case.
    """

    asks: str
    reference: Callable
    cases: Callable[[np.random.Generator], Iterable[Case]]
    mistakes: tuple[Mistake, ...]
    hints: tuple[str, ...]
    points: int
    minutes: int
    difficulty: str = "easy"
    needs: tuple[str, ...] = ()
    prediction: bool = False
    post: str = ""
    rtol: float | None = None
    atol: float | None = None
    seconds: float = 10.0

    @property
    def name(self) -> str:
        return self.reference.__name__


def prediction(
    reference: Callable,
    asks: str,
    guesses: Iterable[tuple],
    hints: tuple[str, ...],
    minutes: int,
    case: str = "your guess",
    **more,
) -> Exercise:
    """An exercise to be guessed before a cell computes it: a function without arguments, and no
    points.

    guesses: wrong ones, each with its diagnosis. case: what a report calls the only one. more:
    post, rtol, atol.
    """
    return Exercise(
        asks=asks,
        reference=reference,
        cases=lambda rng: [Case(case, ())],
        hints=hints,
        minutes=minutes,
        mistakes=tuple(
            Mistake(lambda wrong=wrong: wrong, diagnosis) for wrong, diagnosis in guesses
        ),
        prediction=True,
        points=0,
        **more,
    )


def plural(count: int, noun: str) -> str:
    """ "1 point", "2 points"."""
    return f"{count} {noun}" + "s" * (count != 1)


def as_html(text: str) -> str:
    """A diagnosis or a hint as HTML: escaped, with `code` as code and *stressed* words as such."""
    marked = r"`([^`]+)`|(?<!\w)\*(\w[^*`]*)\*(?!\w)"
    return re.sub(
        marked, lambda m: f"<code>{m[1]}</code>" if m[1] else f"<em>{m[2]}</em>", escape(text)
    )


def written_lessons() -> list[str]:
    """The lessons that exist, in order."""
    return [lesson for lesson in LESSONS if find_spec(_module(lesson))]


@cache
def exercises(lesson: str) -> tuple[Exercise, ...]:
    """A lesson's exercises in the order they are met. `lesson` is a notebook's name without
    .ipynb.
    """
    if lesson not in LESSONS:
        raise ValueError(f"there is no lesson {lesson!r}; the lessons are {', '.join(LESSONS)}")
    return tuple(import_module(_module(lesson)).EXERCISES)


def find(name: str) -> tuple[str, Exercise]:
    """(lesson, exercise) for an exercise's name; KeyError where no lesson has it."""
    for lesson in written_lessons():
        for exercise in exercises(lesson):
            if exercise.name == name:
                return lesson, exercise
    raise KeyError(f"no exercise is called {name!r}")


def _module(lesson: str) -> str:
    return f"{__name__}.{lesson[3:]}"
