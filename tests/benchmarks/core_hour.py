"""How many notebooks one core grades in an hour, for each lesson: `python -m
tests.benchmarks.core_hour [--count 3] [LESSON…]`.

Processor seconds of the course's solution, handed in by several students, start and trial of the
judge left out; without --warm. A class's wrong answers cost a little more each, a notebook that
hangs its whole time limit.
"""

import argparse
import os
import tempfile
from pathlib import Path

from tests.benchmarks.grading import ours
from tests.benchmarks.table import rows
from utils.exercises import LESSONS


def seconds(lesson: str, count: int) -> float:
    """Processor seconds of one more submission."""
    one = min(ours(lesson, 1, Path(tempfile.mkdtemp())) for _ in range(2))  # one warms up
    whole = ours(lesson, 1 + count, Path(tempfile.mkdtemp()))
    return (whole - one) / count


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("lessons", nargs="*", default=list(LESSONS))
    parser.add_argument("--count", type=int, default=3)
    options = parser.parse_args()
    os.environ["OMP_NUM_THREADS"] = "1"
    for lesson in options.lessons:
        one = seconds(lesson, options.count)
        rows(lesson, "notebooks", {"in an hour of one core": 3600 / one})
        print(f"{lesson}: {one:.2f} processor seconds each", flush=True)


if __name__ == "__main__":
    main()
