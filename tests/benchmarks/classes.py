"""How grading grows with the class: `python -m tests.benchmarks.classes [--sizes 1 10 100 2000 --]
[LESSON]`.

Processor seconds of one notebook (the course's solution, handed in by each student) and the memory
of the process that grades, for classes of several sizes; start and trial of the judge included.
"""

import argparse
import os
import tempfile
from pathlib import Path

from tests.benchmarks.grading import measured
from tests.benchmarks.table import rows


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("lesson", nargs="?", default="01_language_modeling")
    parser.add_argument("--sizes", type=int, nargs="+", default=[1, 10, 100, 1000, 2000])
    options = parser.parse_args()
    os.environ["OMP_NUM_THREADS"] = "1"
    seconds, memory = {}, {}
    for size in options.sizes:
        used, most = measured(options.lesson, size, Path(tempfile.mkdtemp()))
        seconds[f"a class of {size:,}"], memory[f"a class of {size:,}"] = used / size, most
    rows(f"{options.lesson}, each notebook", "s", seconds)
    rows(f"{options.lesson}, the grader's memory", "MB", memory)


if __name__ == "__main__":
    main()
