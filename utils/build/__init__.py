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
import hashlib
import json
import os
import re
import sys
import tempfile
import time
from pathlib import Path
from queue import Empty

import nbformat
from jupyter_core.utils import run_sync
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError, CellTimeoutError, DeadKernelError
from tqdm import tqdm
from traitlets.config import Config

from utils import progress, python
from utils.build import address, excerpt, guide, sittings
from utils.build.routes import ROUTES
from utils.exercises import Exercise, exercises, find
from utils.text import plural

try:
    from nbgrader.preprocessors import (
        CheckCellMetadata,
        ClearHiddenTests,
        ClearMarkScheme,
        ClearOutput,
        ClearSolutions,
        ComputeChecksums,
        LockCells,
    )
except ImportError:
    raise SystemExit(
        f"Stopped: building needs more packages than learning; install them: {python()} "
        "utils/environment.py tools"
    ) from None

ROOT = Path(__file__).resolve().parents[2]
SECONDS = 900  # for one cell; lesson 07 trains for a minute on a quiet machine
METADATA = {
    "kernelspec": {"display_name": "Python 3 (ipykernel)", "language": "python", "name": "python3"},
    "language_info": {"name": "python"},
}
WIDGET = ("application/vnd.jupyter.widget-view+json", "application/vnd.jupyter.widget-state+json")


class BuildError(Exception):
    """A lesson that cannot be built: one sentence."""


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


def tidy(notebook, lesson: str):
    """Everything that follows from the registry and the sources: metadata, cell ids, exercise
    boxes.
    """
    executed = notebook.metadata.get("executed")
    notebook.metadata = nbformat.from_dict(METADATA | ({"executed": executed} if executed else {}))
    notebook.nbformat_minor = 5
    address.set_up(notebook, lesson)
    names, taken = set(), set()
    for cell in notebook.cells:
        cell.metadata.pop("execution", None)
        cell.metadata.pop("nbgrader", None)
        if cell.cell_type == "markdown" and (new := re.match(r"### Exercise: (\w+)", cell.source)):
            cell.metadata["exercise"] = new[1]
        if name := cell.metadata.get("exercise"):
            cell.source = box(cell.source, _exercise(name, lesson))
            continue
        name, part = _role(cell)
        if part:
            exercise = _exercise(name, lesson)
            names.add(name) if part == "solution" else None
            cell.metadata["nbgrader"] = _nbgrader(exercise, part)
    if not names <= {e.metadata.get("exercise") for e in notebook.cells}:
        raise BuildError(
            f"{lesson}: {sorted(names)} need a markdown cell each that begins with ### "
            "Exercise: name"
        )
    notebook.cells[0].source = re.sub(
        r"About \d+ minutes", f"About {minutes(notebook, lesson)} minutes", notebook.cells[0].source
    )
    for cell in notebook.cells:
        cell["id"] = _cell_id(cell, taken)
        taken.add(cell["id"])
    return notebook


def box(source: str, exercise: Exercise) -> str:
    """The author's task, with the headline above it and the folded hints below it that the registry
    says.
    """
    task = re.sub(r"\A### Exercise: \w+\s*(\*[^\n]* · [^\n]*\*\n\n)?", "", source)
    task = re.sub(r"\n*<details>.*\Z", "", task, flags=re.S).strip()
    kind = "predict, then run" if exercise.prediction else exercise.difficulty
    points = "no points: only a guess" if exercise.prediction else plural(exercise.points, "point")
    headline = (
        f"### Exercise: {exercise.name}\n\n*{kind} · {plural(exercise.minutes, 'minute')} · "
        f"{points}*"
    )
    hints = "\n".join(
        f"<details><summary>Hint {i}</summary>\n\n{hint}\n\n</details>"
        for i, hint in enumerate(exercise.hints, 1)
    )
    return "\n\n".join(part for part in (headline, task, hints) if part)


def execute(notebook, path: Path) -> None:
    """Run every cell, offline, with a throw-away progress folder; BuildError says which cell failed
    and why.
    """
    for cell in notebook.cells:
        if cell.cell_type == "code":
            cell.outputs, cell.execution_count = [], None
    with tempfile.TemporaryDirectory() as progress:
        before = dict(os.environ)
        os.environ.update(
            GPT2_BY_HAND_PROGRESS=progress,
            HF_HUB_OFFLINE="1",
            OMP_NUM_THREADS="1",
            PYTHONHASHSEED="0",
            TQDM_DISABLE="1",
            GPT2_BY_HAND_PROJECTOR="",
        )
        try:
            SlicedClient(
                notebook,
                timeout=SECONDS,
                kernel_name="python3",
                extra_arguments=["--log-level=ERROR"],
                coalesce_streams=True,
                resources={"metadata": {"path": str(path.parent)}},
            ).execute()
        except CellTimeoutError:
            raise BuildError(f"{path.name}: a cell ran longer than {SECONDS} seconds") from None
        except CellExecutionError as error:
            raise BuildError(
                f"{path.name}: a cell raised {error.ename}: {error.evalue}\n{error.traceback}"
            ) from None
        except DeadKernelError:
            raise BuildError(f"{path.name}: the kernel died") from None
        finally:
            os.environ.clear()
            os.environ.update(before)
    for cell in notebook.cells:
        cell.metadata.pop("execution", None)
        for output in cell.get("outputs", []):
            for mime in WIDGET:  # live widgets have random ids; their static figure stays
                output.get("data", {}).pop(mime, None)
        if "outputs" in cell:  # an explorer has two outputs, its static form and the widget
            cell.outputs = [output for output in cell.outputs if output.get("data", True)]
    notebook.metadata.pop("widgets", None)
    notebook.metadata["language_info"] = METADATA["language_info"]
    notebook.metadata["executed"] = digest(notebook)


def read(path: Path):
    """The notebook in a file; BuildError where it is none."""
    try:
        return nbformat.read(path, as_version=4)
    except Exception as error:  # nbformat raises many kinds
        raise BuildError(
            f"{path.name} cannot be read as a notebook ({type(error).__name__})"
        ) from None


def minutes(notebook, lesson: str) -> int:
    """How long a lesson takes, to 5 minutes: its exercises as the registry says, and its
    reading.
    """
    return 5 * round((sum(e.minutes for e in exercises(lesson)) + sum(reading(notebook.cells))) / 5)


def reading(cells) -> tuple[float, float]:
    """Minutes for the words, 150 a minute, and for the cells that are only run and looked at, half
    a minute each.
    """
    prose = " ".join(cell.source for cell in cells if cell.cell_type == "markdown")
    prose = re.sub(r"<details>.*?</details>", "", address.without_links(prose), flags=re.S)
    return len(prose.split()) / 150, sum(
        cell.cell_type == "code" and not _role(cell)[1] and not cell.metadata.get("setup")
        for cell in cells
    ) / 2


def title(notebook) -> str:
    """A lesson's heading, without its #."""
    return notebook.cells[0].source.splitlines()[0].lstrip("# ")


def lesson_table() -> str:
    """The README's table, from the registry and the titles of solutions/."""
    rows = ["| lesson | minutes | exercises | points |", "|---|--:|--:|--:|"]
    total = [0, 0, 0]
    for path in sorted((ROOT / "solutions").glob("*.ipynb")):
        notebook, todo = read(path), exercises(path.stem)
        numbers = minutes(notebook, path.stem), len(todo), sum(e.points for e in todo)
        total = [a + b for a, b in zip(total, numbers)]
        said = " | ".join(map(str, numbers))
        rows.append(f"| [{title(notebook)}](notebooks/{path.name}) | {said} |")
    rows.append(f"| all of it | {total[0]} ({total[0] / 60:.0f} hours) | {total[1]} | {total[2]} |")
    return "\n".join(rows)


def ways() -> str:
    """The README's three ways through, in hours."""
    lessons = {path.stem: read(path) for path in sorted((ROOT / "solutions").glob("*.ipynb"))}
    each = [minutes(notebook, lesson) for lesson, notebook in lessons.items()]
    express = sum(sittings.express(notebook.cells) for notebook in lessons.values())
    return (
        f"- **Express**, the core exercises to the finale: about {express / 60:.0f} hours.\n"
        f"- **The whole course**, all {len(each)} lessons: about {sum(each) / 60:.0f} hours.\n"
        f"- **Single lessons**, in any order: {min(each)} to {max(each)} minutes each."
    )


PAGES = {  # file -> its generated parts
    "README.md": {
        "open": address.read_or_try,
        "ways": ways,
        "lessons": lesson_table,
        "exercises": guide.exercise_map,
    },
    "solutions/instructors_guide.md": {
        "plans": guide.plans,
        "mistakes": guide.mistakes,
        "quiz": guide.quiz,
    },
}


def write_pages() -> None:
    """Fill in the generated parts of the README and the instructor's guide, and draw the README's
    pictures.
    """
    for name, parts in PAGES.items():
        text = (ROOT / name).read_text(encoding="utf-8")
        (ROOT / name).write_text(guide.filled(text, parts), encoding="utf-8")
    for name, picture in readme_pictures().items():
        (ROOT / "data" / "pictures").mkdir(exist_ok=True)
        (ROOT / "data" / "pictures" / f"{name}.svg").write_text(picture.svg, encoding="utf-8")


def readme_pictures() -> dict:
    """The pictures of data/pictures by name."""
    # they need torch, and most of a build does not
    from utils.build import card_picture
    from utils.figures import front_page, start_here

    return {
        "card": card_picture.picture(),
        "course_map": start_here.course_map(progress.lessons()),
        **front_page.pictures(),
    }


def is_fresh(notebook) -> bool:
    """Whether the outputs belong to the code: every cell has a count, and the code's digest is the
    recorded one.
    """
    code = [cell for cell in notebook.cells if cell.cell_type == "code"]
    return all(cell.execution_count for cell in code) and notebook.metadata.get(
        "executed"
    ) == digest(notebook)


def digest(notebook) -> str:
    """sha256 over the code cells, in order."""
    sources = [cell.source for cell in notebook.cells if cell.cell_type == "code"]
    return hashlib.sha256(json.dumps(sources).encode()).hexdigest()[:16]


def learners_copy(solution, lesson: str):
    """The notebook of notebooks/: solutions cleared, outputs stripped, by nbgrader's preprocessors
    in its own order.
    """
    config = Config()
    config.ClearSolutions.code_stub = {"python": "# YOUR CODE HERE\nraise NotImplementedError"}
    notebook, resources = (
        nbformat.reads(nbformat.writes(solution), as_version=4),
        {"nbgrader": {"notebook": lesson}},
    )
    for step in (
        LockCells,
        ClearSolutions,
        ClearOutput,
        CheckCellMetadata,
        ClearHiddenTests,
        ClearMarkScheme,
        ComputeChecksums,
        CheckCellMetadata,
    ):
        notebook, resources = step(config=config).preprocess(notebook, resources)
    notebook.metadata.pop("executed", None)
    return notebook


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
            f"{sum(p.minutes for p in parts)} minutes "
            f"for\n\n{listed}\n\nThe whole lesson is "
            f"[{lesson}](../notebooks/{lesson}.ipynb). Where a section uses what a "
            "section left out has made, a folded cell makes it."
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


def write(path: Path, notebook) -> bool:
    """Write where it differs; sorted keys and one line per source line, so that diffs can be
    read.
    """
    text = nbformat.writes(notebook) + "\n"
    if path.exists() and path.read_text(encoding="utf-8") == text:
        return False
    nbformat.validate(notebook)
    path.write_text(text, encoding="utf-8")
    return True


def _role(cell) -> tuple[str, str]:
    """(exercise, "solution" or "check") for the two code cells of an exercise, else ("", "")."""
    if cell.cell_type != "code":
        return "", ""
    if "### BEGIN SOLUTION" in cell.source:
        above = cell.source.split("### BEGIN SOLUTION")[0]
        defined = re.findall(r"^def (\w+)", above, flags=re.M)
        if not defined:
            raise BuildError(
                f"a cell with ### BEGIN SOLUTION defines no function: {cell.source[:60]!r}"
            )
        return defined[-1], "solution"
    match = re.fullmatch(r"\s*(\w+) = check\(\1\)\s*", cell.source)
    return (match[1], "check") if match else ("", "")


def _exercise(name: str, lesson: str) -> Exercise:
    try:
        home, exercise = find(name)
    except KeyError as error:
        raise BuildError(f"{lesson}: {error.args[0]} in utils/exercises") from None
    if home != lesson:
        raise BuildError(f"{lesson}: the exercise {name} belongs to {home}")
    return exercise


def _nbgrader(exercise: Exercise, part: str) -> dict:
    common = {"schema_version": 3, "task": False}
    if part == "solution":
        return common | {
            "grade": False,
            "grade_id": exercise.name,
            "locked": False,
            "solution": True,
        }
    return common | {
        "grade": True,
        "grade_id": f"{exercise.name}-check",
        "locked": True,
        "points": exercise.points,
        "solution": False,
    }


def _cell_id(cell, taken: set[str]) -> str:
    """The exercise's name for its cells, else a digest of the source: the same on every machine."""
    if name := cell.metadata.get("exercise"):
        return f"{name}-task"
    if cell.metadata.get("setup"):
        return "setup"
    if "nbgrader" in cell.metadata:
        return cell.metadata["nbgrader"]["grade_id"]
    base = hashlib.sha256(cell.source.encode()).hexdigest()[:8]
    return next(i for i in (base, *(f"{base}-{n}" for n in range(2, 99))) if i not in taken)


class SlicedClient(NotebookClient):
    """nbclient that does not stall on widget cells: it polls the shell channel in short slices
    (nbclient issue 312).
    """

    async def async_start_new_kernel_client(self):
        client = await super().async_start_new_kernel_client()
        channel, whole = client.shell_channel, client.shell_channel.get_msg

        async def get_msg(timeout=None):
            end = None if timeout is None else time.monotonic() + timeout
            while True:
                left = 0.2 if end is None else min(0.2, max(0, end - time.monotonic()))
                try:
                    return await whole(timeout=left)
                except Empty:
                    if end is not None and time.monotonic() >= end:
                        raise

        channel.get_msg = get_msg
        return client

    start_new_kernel_client = run_sync(async_start_new_kernel_client)
