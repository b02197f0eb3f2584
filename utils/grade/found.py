"""Which files are submissions: notebooks, and what looks as if somebody meant to hand one in.

Nothing of a submission is opened here but scripts, and these only where they are regular files.
"""

import os
import re
import stat
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from utils.exercises import names
from utils.text import cleaned

EXERCISES = frozenset(names())
LITTER = frozenset(  # folders of programs and systems, in small letters
    "__macosx __pycache__ node_modules $recycle.bin .ipynb_checkpoints .git .github .svn .hg .venv "
    ".vscode .idea .cache .config .local .conda .pytest_cache .ruff_cache .mypy_cache .hypothesis "
    ".progress .trash .trashes .spotlight-v100 .fseventsd .temporaryitems .rproj.user".split()
) | {"system volume information"}
LITTERED = re.compile(r"(?i)(eh)?thumbs\.db|desktop\.ini|icon\r?|~\$.*|\.[_~].*")  # files of theirs
FEEDBACK = "_feedback.html"  # ends the name of a page that was given back beside its notebook
OF_REPORTS = re.compile(  # files that reports, and their folders finished and gradescope, hold
    r"(index|alike|\d{4}_.*)\.html|report\.(json|csv|xml)|(\d{4}_.*|results|grades)\.json|"
    r"(overrides|canvas|moodle|blackboard)\.csv|[0-9a-f]{64}\.json|class\.json|seed\.txt|"
    r"feedback\.zip|.*\.(part|half)"
)
RENAME = "rename it so that it ends in .ipynb, and grade it again"
ASK = "ask for the .ipynb file"
ODD = {  # endings of files that somebody may have handed in for a notebook, and what to do
    ".py": f"it is a Python script, not a notebook: {ASK}",
    ".ipynb.txt": f"it was saved as text: {RENAME}",
    ".ipynb.json": f"it was saved as JSON: {RENAME}",
    ".ipynb.download": f"it is a download with one more ending: {RENAME}",
    ".html": f"it is a page, not a notebook: {ASK}",
    ".pdf": f"it is a printed page, not a notebook: {ASK}",
} | {
    ending: "it is an archive: unpack it, and grade the folder"
    for ending in (".zip", ".tar", ".tar.gz", ".tgz", ".7z", ".rar", ".ipynb.gz")
}
ODD |= dict.fromkeys(
    (".docx", ".doc", ".odt", ".pages", ".rtf"),
    f"it is a word processor's document, not a notebook: {ASK}",
)
OTHERS = dict.fromkeys(  # the same for what is said only where no notebook came with it
    (".png", ".jpg", ".jpeg", ".gif", ".heic", ".webp", ".svg"),
    f"it is a picture, not a notebook: {ASK}",
) | dict.fromkeys((".txt", ".md"), f"it is a text, not a notebook: {ASK}")
UNNAMED = "it is no notebook: its name does not end in .ipynb"
LINK = f"it is a symbolic link, which is not followed: {ASK} itself"
IRREGULAR = f"it is not a regular file: {ASK}"
SOLUTIONS = (
    "it was passed over, because the course's own solutions are in a folder of this name beside "
    "notebooks; if it holds the student's own work, grade that folder by itself"
)
REPORTS = f"it holds the grader's reports, not a notebook: {ASK}"
MOST_NAMES = 3


@dataclass(frozen=True)
class Found:
    """A file that was handed in. odd: why it is no notebook, and what to do; "" where it is one."""

    path: Path
    odd: str = ""


@dataclass(frozen=True)
class _Seen:
    """A file that is nobody's litter. owner: the folder below the graded one that it is in, "" for
    none. certain: it is said in any case, not only where its owner has nothing else.
    """

    found: Found
    owner: str
    certain: bool


def find(paths: list[Path], out: Path) -> list[Found]:
    """What was handed in under the paths, in order. Links to folders are not followed; the reports'
    own folder, and what editors and systems leave behind, are passed over.
    """
    found: dict[Path, Found] = {}
    for path in paths:
        if path.is_dir():
            inside = _looked_through(path, out)[0]
        else:
            words = _odd(path) or ("" if _is_notebook(path) else UNNAMED)
            inside = [Found(path, words)] if os.path.lexists(path) else []
        found |= {one.path: one for one in inside}
    return list(found.values())


def passed_over(paths: list[Path], out: Path) -> list[Path]:
    """What else is there besides litter, and is not among what was found."""
    return [left for path in paths if path.is_dir() for left in _looked_through(path, out)[1]]


def _looked_through(root: Path, out: Path) -> tuple[list[Found], list[Path]]:
    """(what was handed in, what else is there). Of a student's folder in which nothing else was
    found, one file stands for all of them.
    """
    found, left, rest = [], [], defaultdict(list)
    seen = sorted(_walk(root, Path(os.path.abspath(out))), key=lambda one: one.found.path)
    having = {one.owner for one in seen if one.certain}
    flat = having == {""}  # all notebooks lie in the graded folder: its folders are no students'
    for one in seen:
        if one.certain:
            found.append(one.found)
        elif one.owner in having or (flat and ".ipynb" not in one.found.path.name.lower()):
            left.append(one.found.path)
        else:
            rest[one.owner].append(one.found)
    if having or len(rest) > 1:  # a class's folder: what lies loose in it is no student's folder
        left += [one.path for one in rest.pop("", ())]
    found += map(_together, rest.values())
    return sorted(found, key=lambda one: one.path), left


def _together(them: list[Found]) -> Found:
    first, *others = sorted(them, key=lambda one: (".ipynb" not in one.path.name, one.path))
    said = [cleaned(one.path.name) for one in others[: MOST_NAMES - 1]]
    if more := len(others) - len(said):
        said.append(f"{more} more")
    return Found(first.path, first.odd + (f". With it came {', '.join(said)}" if said else ""))


def _walk(root: Path, out: Path) -> Iterator[_Seen]:
    errors: list[OSError] = []
    ours: set[Path] = set()  # the course's own folders of scripts, in a copy of it
    for folder, folders, files in os.walk(root, onerror=errors.append):
        here = Path(folder)
        top = here.relative_to(root).parts[:1]
        there = [
            name
            for name in folders
            if name.lower() not in LITTER and Path(os.path.abspath(here / name)) != out
        ]
        closed = {name: words for name in there if (words := _closed(here / name, folders))}
        folders[:] = [name for name in there if name not in closed]
        for name, words in closed.items():
            link = _is_notebook(here / name) and words == LINK  # reading it says so
            found = Found(here / name, "" if link else words)
            yield _Seen(found, (*top, name)[0], link or words == SOLUTIONS)
        reports = _of_reports(here) or (
            here.name in ("finished", "gradescope") and _of_reports(here.parent)
        )
        if len(here.relative_to(root).parts) > 1 and _of_reports(here):
            yield _Seen(Found(here, REPORTS), top[0], False)
        if "notebooks" in folders and (here / "utils" / "check.py").exists():
            ours |= {here / "utils", here / "tests"}
        for name in files:
            if not (_litter(name) or (reports and OF_REPORTS.fullmatch(name))):
                own = name.endswith(".py") and not ours.isdisjoint((here, *here.parents))
                yield _seen(here / name, *top, course=own)
    for error in errors:
        path = Path(error.filename)
        words = f"the folder cannot be read: {error.strerror}"
        yield _Seen(Found(path, words), (*path.relative_to(root).parts, "")[0], True)


def _seen(path: Path, owner: str = "", course: bool = False) -> _Seen:
    """course: it is one of the course's own scripts."""
    odd = "" if course else _odd(path)
    if odd or (_is_notebook(path) and not path.name.startswith((".", "~"))):
        return _Seen(Found(path, odd), owner, True)
    return _Seen(Found(path, _other(path)), owner, not owner and _is_notebook(path))


def _closed(folder: Path, beside: list[str]) -> str:
    """Why a folder is not looked into, "" where it is."""
    if folder.is_symlink():
        return LINK
    if folder.name.startswith("."):
        return "its name begins with a dot, so it is hidden: rename it, and grade it again"
    solutions = folder.name.lower() == "solutions" and "notebooks" in map(str.lower, beside)
    return SOLUTIONS if solutions else ""


def _of_reports(folder: Path) -> bool:
    return os.path.lexists(folder / "finished" / "class.json")


def _litter(name: str) -> bool:
    hidden = name.startswith(".") and not name.lower().endswith(".ipynb")
    return hidden or bool(LITTERED.fullmatch(name)) or name.endswith(FEEDBACK)


def _is_notebook(path: Path) -> bool:
    return path.name.lower().endswith(".ipynb")


def _odd(path: Path) -> str:
    name = path.name.lower()
    if name.endswith(FEEDBACK):
        return ""
    if name != name.rstrip(" .") and name.rstrip(" .").endswith(".ipynb"):
        return f"a space or a point stands at the end of its name: {RENAME}"
    if name.endswith(".py"):
        return _irregular(path) or (ODD[".py"] if _answers(path) else "")
    return next((words for ending, words in ODD.items() if name.endswith(ending)), "")


def _other(path: Path) -> str:
    """What is said of a file if nothing better came with it."""
    name = path.name.lower()
    if irregular := _irregular(path):
        return irregular
    if name.endswith(".ipynb"):
        return f"its name begins with {name[0]}, as of a file that is hidden: {RENAME}"
    if ".ipynb" in name or name.endswith(".json") or "." not in name:
        return f"its name does not end in .ipynb: if it is the notebook, {RENAME}"
    return (ODD | OTHERS).get(path.suffix.lower(), f"it is no notebook: {ASK}")


def _irregular(path: Path) -> str:
    """Why a file is not to be opened: a pipe, for one, would wait for ever. "" where it may be."""
    try:
        mode = path.lstat().st_mode
    except OSError as error:
        return f"the file cannot be read: {error.strerror}"
    if stat.S_ISLNK(mode):
        return LINK
    return "" if stat.S_ISREG(mode) else IRREGULAR


def _answers(path: Path) -> bool:
    """Whether a script has functions of exercises in it, and is not what lesson 08 writes."""
    try:
        with path.open("rb") as file:
            text = file.read(1 << 20).decode("utf-8", "replace")
    except OSError:
        return False
    written = text.startswith("# A GPT-2, put together from")
    return not written and not EXERCISES.isdisjoint(re.findall(r"(?m)^def (\w+)", text))
