"""What a learner waits for: processor seconds of each lesson, run untouched from top to bottom.

    python -m tests.benchmarks.lessons [--first-cells] [LESSON…]

Each lesson runs in a process of its own, without the start of a kernel: the cells up to the one
that imports `check`; all cells; and all once more, when what is computed once per machine is there.
The slowest cell is named. --first-cells: no more than these.
"""

import argparse
import contextlib
import io
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from tests.benchmarks.table import HEADER, rows

NOTEBOOKS = Path(__file__).resolve().parents[2] / "notebooks"


def run_here(lesson: str, first_only: bool) -> None:
    """Run a lesson in this process; prints the seconds of each cell, and its first line."""
    import nbformat
    from IPython.core.interactiveshell import InteractiveShell

    shell = InteractiveShell.instance()
    cells = nbformat.read(NOTEBOOKS / f"{lesson}.ipynb", as_version=4).cells
    for cell in [c for c in cells if c.cell_type == "code"]:
        start = time.process_time()
        with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()):
            done = shell.run_cell(cell.source)
        if not done.success and "raises-exception" not in cell.metadata.get("tags", []):
            raise SystemExit(f"{lesson}, cell {cell.id}: {done.error_in_exec!r}")
        name = cell.source.strip().split("\n")[0].replace("|", "/")
        print(time.process_time() - start, name, flush=True)
        if first_only and "utils.check" in cell.source:
            return


def measured(lesson: str, progress: str, *options: str) -> list[tuple[float, str]]:
    environment = os.environ | {
        "GPT2_BY_HAND_PROGRESS": progress,
        "IPYTHONDIR": progress,  # no line of a lesson in your own history
        "HF_HUB_OFFLINE": "1",
        "OMP_NUM_THREADS": "1",
        "PYTHONPATH": str(NOTEBOOKS.parent),
    }
    command = [sys.executable, "-m", __spec__.name, "--inside", lesson, *options]
    said = subprocess.run(
        command, cwd=NOTEBOOKS, env=environment, text=True, check=True, stdout=subprocess.PIPE
    ).stdout
    return [(float(s), n) for s, _, n in (line.partition(" ") for line in said.splitlines())]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("lessons", nargs="*", default=sorted(p.stem for p in NOTEBOOKS.glob("*")))
    parser.add_argument("--first-cells", action="store_true")
    parser.add_argument("--inside", action="store_true", help=argparse.SUPPRESS)
    chosen = parser.parse_args()
    if chosen.inside:
        return run_here(chosen.lessons[0], chosen.first_cells)
    print(HEADER)
    for lesson in chosen.lessons:
        progress = tempfile.mkdtemp()
        if chosen.first_cells:
            cells = measured(lesson, progress, "--first-cells")
            rows(lesson, "s", {"first import": sum(s for s, _ in cells)})
            continue
        cells = measured(lesson, progress)
        again = measured(lesson, progress)
        slowest = max(cells)
        rows(
            lesson,
            "s",
            {
                "all cells": sum(s for s, _ in cells),
                "all cells again": sum(s for s, _ in again),
                f"slowest cell, `{slowest[1][:50]}`": slowest[0],
            },
        )


if __name__ == "__main__":
    main()
