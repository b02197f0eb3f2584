"""The command line of the grader; see `python -m utils.grade --help`."""

import argparse
import os
import sys
from pathlib import Path

from tqdm import tqdm

from utils.grade import report
from utils.grade.running import Finished, RunError, grade_files, trial
from utils.grade.submission import NotGradable, parse, read

ALL_GRADED, SOME_NOT_GRADED, NOT_STARTED, INTERRUPTED = 0, 1, 2, 130
MORE = """
exit codes: 0 everything was graded; 1 something could not be graded (the report says why); 2 the
run could not start, or the judge failed its own trial and nothing was graded; 130 interrupted with
Ctrl-C.

A run that was interrupted or killed goes on where it stopped when the same command is given again.

Your own notebook: python -m utils.grade notebooks/01_language_modeling.ipynb --out my_reports
asks the same judge that your instructor asks; only the hidden cases are drawn anew.
"""


def main(argv: list[str] | None = None) -> int:
    """Grade what the command line names; returns the exit code."""
    options = _parser().parse_args(argv)
    formats = options.format.split(",")
    files = find_notebooks(options.paths)
    try:
        if not files:
            raise RunError(
                f"no notebook (*.ipynb) was found under {', '.join(map(str, options.paths))}"
            )
        if unknown := sorted(set(formats) - set(report.WRITERS)):
            raise RunError(
                f"there is no format {', '.join(unknown)}; choose from {', '.join(report.WRITERS)}"
            )
        finished = Finished(options.out, options.seed, options.timeout)
        lessons = _lessons(files)
        warning, problem = trial(lessons, finished.seed, options.warm)
        if problem:
            raise RunError(f"the judge itself failed its trial: {problem}")
        if warning:
            print(f"WARNING: without a sandbox. {warning}.", file=sys.stderr)
        if finished.resumed:
            print(f"Going on with the run in {options.out} that was not finished.", file=sys.stderr)
        entries = {}
        graded = grade_files(
            files,
            finished,
            options.timeout,
            options.jobs,
            options.warm,
            options.cluster,
            frozenset(lessons),
        )
        for i, entry in tqdm(graded, total=len(files), desc="grading", unit="notebook"):
            entries[i] = entry
    except RunError as error:
        print(f"Nothing was graded: {error}.", file=sys.stderr)
        return NOT_STARTED
    except KeyboardInterrupt:
        print("\nInterrupted. What is finished is kept; the same command goes on.", file=sys.stderr)
        return INTERRUPTED
    whole = {"seed": finished.seed, "submissions": [entries[i] for i in range(len(files))]}
    try:
        report.write(whole, options.out, formats)
        finished.close()
    except OSError as error:
        print(
            f"The reports could not be written to {options.out}: {error.strerror}.", file=sys.stderr
        )
        return NOT_STARTED
    print(report.table(whole))
    print(
        f"Reports are in {options.out}; the same seed gives the same cases: --seed {finished.seed}"
    )
    return (
        SOME_NOT_GRADED
        if any(e["status"] == "not graded" for e in whole["submissions"])
        else ALL_GRADED
    )


def _lessons(files: list[Path]) -> set[str]:
    lessons = set()
    for file in files:
        try:
            lessons.add(parse(file, read(file)).lesson)
        except NotGradable:
            pass  # grading says so, with the reason
    return lessons


def find_notebooks(paths: list[Path]) -> list[Path]:
    """Every notebook under the paths, in order, without Jupyter's own copies; links to folders are
    not followed.
    """
    found = []
    for path in paths:
        inside = (
            sorted(path.rglob("*.ipynb"))
            if path.is_dir()
            else [path]
            if os.path.lexists(path)
            else []
        )
        found += [
            p
            for p in inside
            if (p.is_symlink() or not p.is_dir()) and ".ipynb_checkpoints" not in p.parts
        ]
    return list(dict.fromkeys(found))


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m utils.grade",
        description="Grade submitted notebooks.",
        epilog=MORE,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("paths", nargs="+", type=Path, help="notebooks, or folders of notebooks")
    parser.add_argument(
        "--out",
        type=Path,
        default=Path("reports"),
        help="folder for the reports (default: reports)",
    )
    parser.add_argument(
        "--format", default="json,csv,html", help=f"comma-separated: {', '.join(report.WRITERS)}"
    )
    parser.add_argument(
        "--timeout",
        type=float,
        help="processor seconds per case (default: each exercise's own, mostly 10)",
    )
    parser.add_argument("--jobs", type=int, default=1, help="submissions at a time (default: 1)")
    parser.add_argument(
        "--seed", help="draws the hidden cases; the same seed repeats a run (default: random)"
    )
    parser.add_argument(
        "--warm",
        action="store_true",
        help="one sandbox for many submissions: faster, for classes you trust",
    )
    parser.add_argument(
        "--cluster", default="", metavar="ADDRESS", help="a Dask scheduler, such as tcp://host:8786"
    )
    return parser


if __name__ == "__main__":
    sys.exit(main())
