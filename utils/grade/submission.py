"""Read a submitted notebook: which cell answers which exercise. Nothing of it is run or parsed as Python here."""

import json
import re
from dataclasses import dataclass
from pathlib import Path

from utils.exercises import LESSONS, exercises, written_lessons

MOST_BYTES = 50 << 20


class NotGradable(Exception):
    """One sentence that says why a file cannot be graded."""


@dataclass(frozen=True)
class Submission:
    path: Path
    lesson: str
    cells: list[tuple[str, str]]  # (exercise or "", source) of every code cell, in order
    notes: list[str]  # what was ambiguous, in sentences

    @property
    def answered(self) -> set[str]:
        return {exercise for exercise, _ in self.cells if exercise}


def read(path: Path) -> Submission:
    """The submission in a file; NotGradable with the reason where there is none."""
    sources = _code_cells(path)
    lesson = _lesson(path, sources)
    chosen, notes = {}, []
    for exercise in exercises(lesson):
        name = exercise.name
        defines = [i for i, (_, source) in enumerate(sources) if re.search(rf"(?m)^def {name}\b", source)]
        marked = [i for i in defines if sources[i][0] == name]
        if not defines:
            continue
        chosen[(marked or defines)[-1]] = name
        if len(defines) > 1:
            which = "the one in the exercise's own cell" if len(marked) == 1 else "the last one"
            notes.append(f"{name} is defined in {len(defines)} cells; {which} was graded")
        elif not marked:
            notes.append(f"{name} was found by its function's name, because its cell lost its id")
    return Submission(path, lesson, [(chosen.get(i, ""), source) for i, (_, source) in enumerate(sources)], notes)


def _code_cells(path: Path) -> list[tuple[str, str]]:
    """(grade id or cell id, source) of each code cell."""
    try:
        if path.stat().st_size > MOST_BYTES:
            raise NotGradable(f"the file is over {MOST_BYTES >> 20} MB; clear its outputs and hand it in again")
        notebook = json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise NotGradable(f"the file cannot be read: {error.strerror}") from None
    except (ValueError, RecursionError):
        raise NotGradable("the file is not a notebook: it is not valid JSON text") from None
    try:
        language = notebook.get("metadata", {}).get("kernelspec", {}).get("language", "python")
        cells = [cell for cell in notebook["cells"] if cell["cell_type"] == "code"]
        found = [(_id(cell), "".join(cell["source"])) for cell in cells]
    except (AttributeError, KeyError, TypeError):
        raise NotGradable("the file is JSON but not a notebook of format 4") from None
    if language.lower() != "python":
        raise NotGradable(f"the notebook's language is {language}, not Python")
    return found


def _id(cell) -> str:
    return cell.get("metadata", {}).get("nbgrader", {}).get("grade_id") or cell.get("id", "")


def _lesson(path: Path, sources) -> str:
    """By the file's name, else by the functions it defines."""
    for lesson in LESSONS:
        if lesson in path.name and lesson in written_lessons():
            return lesson
    defined = set(re.findall(r"(?m)^def (\w+)", "\n".join(source for _, source in sources)))
    counts = {lesson: len(defined & {e.name for e in exercises(lesson)}) for lesson in written_lessons()}
    best = max(counts, key=counts.get, default=None)
    if not best or not counts[best]:
        raise NotGradable("it holds none of the course's exercises, by name or by content")
    return best
