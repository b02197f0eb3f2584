"""A lesson's notebook: what follows from the registry and its sources, and the learner's copy."""

import hashlib
import json
import re
from pathlib import Path

import nbformat
from traitlets.config import Config

from utils import python
from utils.build import address, sittings
from utils.exercises import Exercise, find
from utils.text import plural

ROOT = Path(__file__).resolve().parents[2]
METADATA = {
    "kernelspec": {"display_name": "Python 3 (ipykernel)", "language": "python", "name": "python3"},
    "language_info": {"name": "python"},
}
LASTS = r"About \d+ minutes(?: in \d+ sittings)?(?: \([^)]*express[^)]*\))?"


class BuildError(Exception):
    """A lesson that cannot be built: one sentence."""


def read(path: Path):
    """The notebook in a file; BuildError where it is none."""
    try:
        return nbformat.read(path, as_version=4)
    except Exception as error:  # nbformat raises many kinds
        raise BuildError(
            f"{path.name} cannot be read as a notebook ({type(error).__name__})"
        ) from None


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


def title(notebook) -> str:
    """A lesson's heading, without its #."""
    return notebook.cells[0].source.splitlines()[0].lstrip("# ")


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
        cell.source = sittings.with_hours(cell.source)
        name, part = _role(cell)
        if part:
            exercise = _exercise(name, lesson)
            if part == "solution":
                names.add(name)
            cell.metadata["nbgrader"] = _nbgrader(exercise, part)
    if not names <= {e.metadata.get("exercise") for e in notebook.cells}:
        raise BuildError(
            f"{lesson}: {sorted(names)} need a markdown cell each that begins with ### "
            "Exercise: name"
        )
    notebook.cells[0].source = re.sub(
        LASTS, f"About {sittings.said(notebook.cells)}", notebook.cells[0].source
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
        f"### Exercise: {exercise.name}\n\n*{'core' if exercise.core else 'extra'} · {kind} · "
        f"{plural(exercise.minutes, 'minute')} · {points}*"
    )
    hints = "\n".join(
        f"<details><summary>Hint {i}</summary>\n\n{hint}\n\n</details>"
        for i, hint in enumerate(exercise.hints, 1)
    )
    return "\n\n".join(part for part in (headline, task, hints) if part)


def learners_copy(solution, lesson: str):
    """The notebook of notebooks/: solutions cleared, outputs stripped, by nbgrader's preprocessors
    in its own order.
    """
    try:
        from nbgrader import (
            preprocessors as nbgrader,
        )  # not needed to read lessons, as the site does
    except ImportError:
        raise SystemExit(
            f"Stopped: building needs more packages than learning; install them: {python()} "
            "utils/environment.py tools"
        ) from None
    config = Config()
    config.ClearSolutions.code_stub = {"python": "# YOUR CODE HERE\nraise NotImplementedError"}
    notebook, resources = (
        nbformat.reads(nbformat.writes(solution), as_version=4),
        {"nbgrader": {"notebook": lesson}},
    )
    for step in (
        nbgrader.LockCells,
        nbgrader.ClearSolutions,
        nbgrader.ClearOutput,
        nbgrader.CheckCellMetadata,
        nbgrader.ClearHiddenTests,
        nbgrader.ClearMarkScheme,
        nbgrader.ComputeChecksums,
        nbgrader.CheckCellMetadata,
    ):
        notebook, resources = step(config=config).preprocess(notebook, resources)
    notebook.metadata.pop("executed", None)
    return notebook


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
