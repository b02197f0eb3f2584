"""The exercises against the core, and answers as learners type them."""

import linecache
import subprocess
import sys
from itertools import count
from types import SimpleNamespace

from utils.build.notebook import ROOT
from utils.exercises import Case, Exercise, exercises
from utils.exercises.judge import Verdict, judge, run

_cells = count()


def references(lesson: str) -> SimpleNamespace:
    """The references of a lesson by their names."""
    return SimpleNamespace(**{e.name: e.reference for e in exercises(lesson)})


def typed(source: str, name: str, space: dict | None = None):
    """The function `name` of a source, defined as a notebook's cell defines it: its source can be
    found again. space: the notebook's names, to which the cell adds its own.
    """
    filename = f"<cell {next(_cells)}>"
    linecache.cache[filename] = (len(source), None, source.splitlines(True), filename)
    space = {} if space is None else space
    space.setdefault("__name__", "__main__")
    exec(compile(source, filename, "exec"), space)
    return space[name]


def exercise_of(reference, *args: tuple, **more) -> Exercise:
    """An exercise outside of the course, with one case for each tuple of arguments."""
    cases = [Case(f"case {i}", a) for i, a in enumerate(args)]
    return Exercise(reference, lambda rng: cases, **more)


def verdict(exercise: Exercise, function, seed: int = 0) -> Verdict:
    """What the judge says of a function that is trusted to end."""
    return judge(exercise, lambda args, **more: run(function, args, **more), seed)


def in_a_fresh_process(code: str) -> str:
    """What a later lesson prints, in a process that knows only what is kept."""
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()
