"""Read a submitted notebook: which cell answers which exercise. Nothing of it is run or parsed as
Python here.
"""

import hashlib
import json
import re
import stat
from dataclasses import dataclass
from pathlib import Path

from utils.exercises import LESSONS, exercises

MOST_BYTES = 50 << 20
MOST_CODE = 4 << 20  # characters of all code cells together


class NotGradable(Exception):
    """One sentence that says why a file cannot be graded."""


@dataclass(frozen=True)
class Submission:
    path: Path
    lesson: str
    cells: list[tuple[str, str]]  # (exercise or "", source) of every code cell, in order
    notes: list[str]  # what was ambiguous, in sentences
    digest: str  # of the file's content

    @property
    def answered(self) -> set[str]:
        return {exercise for exercise, _ in self.cells if exercise}


def read(path: Path) -> bytes:
    """A submitted file's content; NotGradable with the reason where it has none that could be
    graded.
    """
    try:
        info = path.lstat()
        if stat.S_ISLNK(info.st_mode):
            raise NotGradable("the file is a symbolic link; hand in the notebook itself")
        if not stat.S_ISREG(info.st_mode):
            raise NotGradable("it is not a regular file")
        if info.st_size > MOST_BYTES:
            raise NotGradable(
                f"the file is over {MOST_BYTES >> 20} MB; clear its outputs and hand it in again"
            )
        return path.read_bytes()
    except OSError as error:
        raise NotGradable(f"the file cannot be read: {error.strerror}") from None


def parse(path: Path, content: bytes) -> Submission:
    """The submission in a file's content; NotGradable with the reason where there is none."""
    sources = _code_cells(content)
    lesson = _lesson(path, sources)
    chosen, notes = {}, []
    for exercise in exercises(lesson):
        name = exercise.name
        defines = [
            i
            for i, (own, source) in enumerate(sources)
            if re.search(rf"(?m)^def {name}\b", source)
            or own == name
            and re.search(rf"(?m)^{name} *=", source)
        ]
        marked = [i for i in defines if sources[i][0] == name]
        if not defines:
            continue
        chosen[(marked or defines)[-1]] = name
        if len(defines) > 1:
            which = "the one in the exercise's own cell" if len(marked) == 1 else "the last one"
            notes.append(f"{name} is defined in {len(defines)} cells; {which} was graded")
        elif not marked:
            notes.append(f"{name} was found by its function's name, because its cell lost its id")
    cells = [(chosen.get(i, ""), source) for i, (_, source) in enumerate(sources)]
    return Submission(path, lesson, cells, notes, hashlib.sha256(content).hexdigest())


def _code_cells(content: bytes) -> list[tuple[str, str]]:
    """(grade id or cell id, source) of each code cell."""
    try:
        notebook = json.loads(content.decode("utf-8-sig"))
    except (ValueError, RecursionError):
        raise NotGradable(
            "the file is not a notebook: it is not valid JSON text in UTF-8"
        ) from None
    try:
        language = notebook.get("metadata", {}).get("kernelspec", {}).get("language", "python")
        cells = [cell for cell in notebook["cells"] if cell["cell_type"] == "code"]
        found = [(_id(cell), "".join(cell["source"])) for cell in cells]
    except (AttributeError, KeyError, TypeError):
        raise NotGradable("the file is JSON but not a notebook of format 4") from None
    if not isinstance(language, str) or language.lower() != "python":
        raise NotGradable(f"the notebook's language is {str(language)[:40]}, not Python")
    if sum(len(source) for _, source in found) > MOST_CODE:
        raise NotGradable(
            f"its code cells hold over {MOST_CODE >> 20} million letters, which nobody typed"
        )
    return found


def _id(cell) -> str:
    return cell.get("metadata", {}).get("nbgrader", {}).get("grade_id") or cell.get("id", "")


def _lesson(path: Path, sources) -> str:
    """The lesson whose functions it defines: the one that its name says if it has any of them, else
    the most frequent.
    """
    defined = set(re.findall(r"(?m)^def (\w+)", "\n".join(source for _, source in sources)))
    named = [lesson for lesson in LESSONS if lesson in path.name]
    for lesson in named:
        if any(e.name in defined for e in exercises(lesson)):
            return lesson
    counts = {}
    for (
        lesson
    ) in LESSONS:  # in order, so that a lesson without torch is known before torch is imported
        names = {e.name for e in exercises(lesson)}
        counts[lesson] = len(defined & names)
        if 2 * counts[lesson] > len(names):
            return lesson
    best = max(counts, key=counts.get, default=None)
    if best and counts[best]:
        return best
    if named:
        return named[0]
    raise NotGradable("it holds none of the course's exercises, by name or by content")
