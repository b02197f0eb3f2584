"""Which files are submissions: notebooks, and what looks as if somebody meant to hand one in."""

import os
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from utils.exercises import names

EXERCISES = frozenset(names())
LITTER = {"__MACOSX", ".ipynb_checkpoints", "__pycache__", "node_modules"}  # folders of programs
FEEDBACK = "_feedback.html"  # ends the name of a page that was given back beside its notebook
ODD = {  # endings of files that somebody may have handed in for a notebook, and what to do
    ".py": "it is a Python script, not a notebook: ask for the .ipynb file",
    ".ipynb.txt": "it was saved as text: rename it so that it ends in .ipynb, and grade it again",
    ".ipynb.json": "it was saved as JSON: rename it so that it ends in .ipynb, and grade it again",
    ".html": "it is a page, not a notebook: ask for the .ipynb file",
    ".pdf": "it is a printed page, not a notebook: ask for the .ipynb file",
} | {
    ending: "it is an archive: unpack it, and grade the folder"
    for ending in (".zip", ".tar", ".tar.gz", ".tgz", ".7z", ".rar")
}
ODD |= dict.fromkeys(
    (".docx", ".doc", ".odt", ".pages", ".rtf"),
    "it is a word processor's document, not a notebook: ask for the .ipynb file",
)


@dataclass(frozen=True)
class Found:
    """A file that was handed in. odd: why it is no notebook, and what to do; "" where it is one."""

    path: Path
    odd: str = ""


def find(paths: list[Path], out: Path) -> list[Found]:
    """What was handed in under the paths, in order. Links to folders are not followed; the reports'
    own folder, and what editors and systems leave behind, are passed over.
    """
    found: dict[Path, Found] = {}
    for path in paths:
        files = _inside(path, Path(os.path.abspath(out))) if path.is_dir() else [path]
        for file in sorted(files):
            if os.path.lexists(file) and (_is_notebook(file) or _odd(file)):
                found[file] = Found(file, _odd(file))
            elif file == path and os.path.lexists(file):
                found[file] = Found(file, "it is no notebook: its name does not end in .ipynb")
    return list(found.values())


def _inside(path: Path, out: Path) -> Iterator[Path]:
    for folder, folders, files in os.walk(path):
        here = Path(folder)
        links = [name for name in folders if (here / name).is_symlink()]
        folders[:] = [
            name
            for name in folders
            if name not in LITTER
            and not name.startswith(".")
            and Path(os.path.abspath(here / name)) != out
        ]
        yield from (here / name for name in (*files, *links) if not name.startswith((".", "~")))


def _is_notebook(path: Path) -> bool:
    return path.name.lower().endswith(".ipynb")


def _odd(path: Path) -> str:
    name = path.name.lower()
    if name.endswith(FEEDBACK) or (name.endswith(".py") and not _answers(path)):
        return ""
    return next((words for ending, words in ODD.items() if name.endswith(ending)), "")


def _answers(path: Path) -> bool:
    """Whether a script has functions of exercises in it, and is not what lesson 08 writes."""
    try:
        with path.open("rb") as file:
            text = file.read(1 << 20).decode("utf-8", "replace")
    except OSError:
        return False
    written = text.startswith("# A GPT-2, put together from")
    return not written and not EXERCISES.isdisjoint(re.findall(r"(?m)^def (\w+)", text))
