"""`solutions/` -> `notebooks/`: `python -m utils.build [LESSON…]`, or `--route NAME` for the
notebooks of one route.

For each lesson: tidy it (cell ids, nbgrader's metadata and the exercise boxes come from the
registry), execute it where its code changed since it was last executed, make its outputs the same
on every run, and write the learner's copy with nbgrader's own preprocessors: solutions cleared,
outputs stripped, checksums set.

An author writes: a markdown cell that begins with `### Exercise: name` (the task; points, minutes
and hints are filled in here), a code cell that defines the function with its body between `###
BEGIN SOLUTION` and `### END SOLUTION`, and a cell `name = check(name)`.
"""

import argparse
import sys
from pathlib import Path

from tqdm import tqdm

from utils.build.execution import WIDGET, execute
from utils.build.notebook import (
    METADATA,
    ROOT,
    BuildError,
    box,
    is_fresh,
    learners_copy,
    read,
    tidy,
    title,
    write,
)
from utils.build.pages import PAGES, readme_pictures, write_pages
from utils.build.route_notebooks import route, write_route
from utils.build.routes import ROUTES

__all__ = [
    "METADATA",
    "PAGES",
    "ROOT",
    "WIDGET",
    "BuildError",
    "box",
    "build_solution",
    "execute",
    "is_fresh",
    "learners_copy",
    "main",
    "read",
    "readme_pictures",
    "route",
    "tidy",
    "title",
    "write",
]


def main(argv: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(
        prog="python -m utils.build", description="Build notebooks/ from solutions/."
    )
    parser.add_argument(
        "lessons", nargs="*", help="lessons to build, e.g. 01_language_modeling (default: all)"
    )
    parser.add_argument(
        "--execute-all", action="store_true", help="execute lessons whose code has not changed, too"
    )
    parser.add_argument(
        "--route",
        choices=ROUTES,
        help="write only this route's notebooks, into the folder route-NAME",
    )
    options = parser.parse_args(argv)
    if options.route:
        return write_route(options.route)
    paths = sorted((ROOT / "solutions").glob("*.ipynb"))
    if unknown := set(options.lessons) - {p.stem for p in paths}:
        print(f"There is no lesson {', '.join(sorted(unknown))} in solutions/.", file=sys.stderr)
        return 2
    try:
        for path in tqdm(
            [p for p in paths if not options.lessons or p.stem in options.lessons], unit="lesson"
        ):
            solution = build_solution(path, options.execute_all)
            write(path, solution)
            write(ROOT / "notebooks" / path.name, learners_copy(solution, path.stem))
        write_pages()
    except BuildError as error:
        print(f"Stopped: {error}", file=sys.stderr)
        return 1
    return 0


def build_solution(path: Path, execute_anyway: bool = False):
    """A lesson of solutions/ as it should be: tidied and executed."""
    notebook = tidy(read(path), path.stem)
    if execute_anyway or not is_fresh(notebook):
        execute(notebook, path)
    return notebook
