"""A submitted file, read: its code cells, and which lesson it is. Nothing of it is run, or parsed
as Python, here.
"""

import ast
import hashlib
import json
import re
import stat
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from utils.exercises import LESSONS, names
from utils.grade.sandbox import ROOT
from utils.slicing import statements

MOST_BYTES = 50 << 20
MOST_CODE = 4 << 20  # characters of all code cells together


class NotGradable(Exception):
    """One sentence that says why a file cannot be graded."""


@dataclass(frozen=True)
class Notebook:
    """A submission: the file's name, its content's digest, its lesson, and the source of each code
    cell.
    """

    file: str
    digest: str
    lesson: str
    cells: tuple[str, ...]


def content_of(path: Path) -> bytes:
    """A submitted file's bytes; NotGradable with the reason where it has none to be graded."""
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


def digest_of(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def read(file: str, content: bytes, lesson: str = "") -> Notebook:
    """The notebook in a file's content; NotGradable with the reason where there is none.

    lesson: which one it is, where the notebook is not to be asked.
    """
    cells = _cells(content)
    code = tuple(source for kind, _, source in cells if kind == "code")
    if sum(map(len, code)) > MOST_CODE:
        raise NotGradable(
            f"its code cells hold over {MOST_CODE >> 20} million letters, which nobody typed"
        )
    return Notebook(file, digest_of(content), lesson or lesson_of(file, cells), code)


def lesson_of(file: str, cells: list[tuple[str, str, str]]) -> str:
    """The lesson that most of a notebook's cells come from, by their ids and their text; among
    equals the one of which it defines most, then the one in the file's name.

    cells: (kind, id, source) of each.
    """
    ids = {name for _, name, _ in cells}
    texts = {_plain(source) for _, _, source in cells}
    defined = set(
        re.findall(r"(?m)^[ \t]*(?:def|class) (\w+)|^(\w+) *=", "\n".join(s for *_, s in cells))
    )
    defined = {name for pair in defined for name in pair}
    best, lesson = (0, 0, False), ""
    for each in LESSONS:
        own = set(names(each))
        from_it = len(ids & given_ids(each)) + len(texts & given_texts(each))
        found = (from_it, len(defined & own), each in Path(file).name)
        if found > best:
            best, lesson = found, each
    if not lesson:
        raise NotGradable("it holds none of the course's exercises, by name or by content")
    return lesson


def _cells(content: bytes) -> list[tuple[str, str, str]]:
    """(kind, grade id or cell id, source) of each cell."""
    try:
        notebook = json.loads(content.decode("utf-8-sig"))
    except (ValueError, RecursionError):
        if content.startswith(b"PK"):
            raise NotGradable(
                "it is an archive with a notebook's name: unpack it, and grade what is in it"
            ) from None
        raise NotGradable(
            "the file is not a notebook: it is not valid JSON text in UTF-8"
        ) from None
    try:
        if notebook.get("nbformat", 4) != 4 and "worksheets" in notebook:
            raise NotGradable(
                "it is a notebook of format 3, from before 2014: open it in Jupyter and save it"
            )
        kernel = notebook.get("metadata", {}).get("kernelspec") or {}
        language = kernel.get("language") or "python"
        cells = [
            (str(cell["cell_type"]), _id(cell), "".join(cell["source"]))
            for cell in notebook["cells"]
        ]
    except (AttributeError, KeyError, TypeError):
        raise NotGradable("the file is JSON but not a notebook of format 4") from None
    if not isinstance(language, str) or language.lower() != "python":
        raise NotGradable(f"the notebook's language is {str(language)[:40]}, not Python")
    return cells


def _id(cell) -> str:
    nbgrader = (cell.get("metadata") or {}).get("nbgrader") or {}
    return str(nbgrader.get("grade_id") or cell.get("id", ""))


# ---- what the course hands out, to tell it from what a learner wrote


@cache
def _given(lesson: str) -> list[tuple[str, str, str]]:
    return _cells((ROOT / "notebooks" / f"{lesson}.ipynb").read_bytes())


@cache
def given_ids(lesson: str) -> frozenset[str]:
    return frozenset(name for _, name, _ in _given(lesson))


@cache
def given_texts(lesson: str) -> frozenset[str]:
    """The cells of a lesson that no other one has word for word."""
    others = {_plain(s) for other in LESSONS if other != lesson for *_, s in _given(other)}
    return frozenset(_plain(source) for *_, source in _given(lesson)) - others


@cache
def given_statements(lesson: str) -> tuple[str, ...]:
    """The statements of a lesson's cells, as a child reads them, written in one way."""
    sources = [source for kind, _, source in _given(lesson) if kind == "code"]
    return tuple({ast.unparse(s.node) for source in sources for s in statements(source)})


def _plain(source: str) -> str:
    return " ".join(source.split())
