"""The notebooks of one route: its sections and exercises, cut out of the lessons."""

import re
import sys

import nbformat

from utils.build import address, excerpt
from utils.build.notebook import ROOT, BuildError, learners_copy, read, tidy, title, write
from utils.build.routes import ROUTES
from utils.exercises import exercises


def write_route(name: str) -> int:
    """Write a route's notebooks into a new folder beside notebooks/; returns the exit code."""
    folder = ROOT / f"route-{name}"
    try:
        made = route(name)
        folder.mkdir()
        for file, notebook in made.items():
            write(folder / file, notebook)
    except FileExistsError:
        print(
            f"Stopped: {folder} is there already; move it away, so that nobody's work in it "
            "is lost.",
            file=sys.stderr,
        )
        return 1
    except (BuildError, OSError) as error:
        print(f"Stopped: {error}", file=sys.stderr)
        return 1
    print(f"{len(made)} notebooks in {folder}")
    return 0


def route(name: str) -> dict:
    """{file name: learner's notebook} of a route: its sections and exercises, and a first and a
    last cell of their own.
    """
    todo, made = ROUTES[name], {}
    lessons = todo.lessons()
    solutions = {lesson: read(ROOT / "solutions" / f"{lesson}.ipynb") for lesson in lessons}
    titles = {lesson: title(solution) for lesson, solution in solutions.items()}
    for number, (lesson, parts) in enumerate(lessons.items(), 1):
        solution = solutions[lesson]
        try:
            cells = excerpt.cut(
                solution,
                {p.section: p.exercises for p in parts},
                {e.name for e in exercises(lesson)},
            )
        except ValueError as error:
            raise BuildError(f"the route {name}, {lesson}: {error}") from None
        listed = "\n".join(
            f"- {p.section}" + "".join(f", `{e}`" for e in p.exercises) for p in parts
        )
        first = (
            f"# {titles[lesson]}\n\n{todo.title}, notebook {number} of {len(lessons)}: "
            f"{sum(p.minutes for p in parts)} minutes for\n\n{listed}\n\nThe whole lesson is "
            f"[{lesson}](../notebooks/{lesson}.ipynb). Where a section uses what a section left "
            "out has made, a folded cell makes it."
        )
        after = list(lessons)[number:]
        last = (
            f"Next, [{titles[after[0]]}]({after[0]}.ipynb)."
            if after
            else "That was the last notebook of this way. The whole course begins "
            "[here](../notebooks/00_start_here.ipynb)."
        )
        markdown = nbformat.v4.new_markdown_cell
        solution.cells = [markdown(first), *cells, markdown(last)]
        for cell in cells:  # links to lessons that this route leaves out
            cell.source = re.sub(
                r"\]\((\d\d_\w+)\.ipynb",
                lambda m: m[0] if m[1] in lessons else f"](../notebooks/{m[1]}.ipynb",
                cell.source,
            )
        tidy(solution, lesson)
        solution.cells[0].source = address.without_links(solution.cells[0].source)
        made[f"{lesson}.ipynb"] = learners_copy(solution, lesson)
    return made
