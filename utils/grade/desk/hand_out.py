"""`python -m utils.grade hand-out ROUTE`: a folder or a zip with what a learner needs."""

import shutil
import tempfile
from pathlib import Path

from utils.grade.recorded import RunError
from utils.grade.sandbox import ROOT

LEARNERS = (
    "LICENSE",
    "Makefile",
    "environment.yml",
    "pyproject.toml",
    "requirements.txt",
    "requirements-small.txt",
)
FOLDERS = ("binder", "data", "notebooks", "utils")
NOT = ("__pycache__", ".ipynb_checkpoints", "gpt2", "gpt2-*", "hub")
TOOLS = ("build", "site")  # of utils: for authors. A certificate asks the judge, so that one stays
README = """# GPT-2 by Hand

1. Install Python, open a terminal in this folder, and type `make lab` (without make: `python3
   utils/environment.py lab`; on Windows `py utils\\environment.py lab`). The first time takes some
   minutes and needs a network.
2. {begin} Go on from there, notebook by notebook.
3. Hand in the notebooks that you are asked for. Add a line `Name: …` with your name to the first
   cell of each.
"""
BEGIN = """JupyterLab opens in `notebooks/`, the whole course. In the list on the left go up one
   folder, then into `{folder}`, and open `{first}`."""
WHOLE = "JupyterLab opens on `notebooks/00_start_here.ipynb`."


def hand_out(route: str, to: Path) -> int:
    """Write what a learner needs for a route ("all": the whole course) to a new folder, or to a
    zip where `to` ends in .zip. Returns how many notebooks are in it; RunError in one sentence.

    Not in it: solutions/, the guide, tests, the authors' tools, history. The answers can be found
    all the same by who looks for them: check needs the registry utils/exercises.
    """
    if to.exists():
        raise RunError(f"{to} is there already; move it away, or name another with --to")
    made = notebooks(route)
    with tempfile.TemporaryDirectory() as scratch:
        course = Path(scratch) / "gpt2-by-hand"
        _course(course)
        folder = f"route-{route}"
        begin = BEGIN.format(folder=folder, first=min(made)) if made else WHOLE
        (course / "README.md").write_text(README.format(begin=begin), encoding="utf-8")
        if made:
            from utils.build import write  # here: building needs what grading does not

            (course / folder).mkdir()
            for name, notebook in made.items():
                write(course / folder / name, notebook)
        to.parent.mkdir(parents=True, exist_ok=True)
        if to.suffix == ".zip":
            shutil.make_archive(str(to.with_suffix("")), "zip", scratch, course.name)
        else:
            shutil.move(course, to)
    return len(made) or len(list((ROOT / "notebooks").glob("*.ipynb")))


def notebooks(route: str) -> dict:
    """{file name: notebook} of a route, {} for the whole course."""
    from utils.build import ROUTES
    from utils.build import route as made_of

    if route == "all":
        return {}
    if route not in ROUTES:
        raise RunError(f"there is no route {route}; choose from all, {', '.join(ROUTES)}")
    return made_of(route)


def _course(to: Path) -> None:
    def left_out(folder: str, names: list[str]) -> set[str]:
        more = TOOLS if Path(folder) == ROOT / "utils" else ()
        return {*shutil.ignore_patterns(*NOT)(folder, names), *more}

    to.mkdir()
    for name in LEARNERS:
        if (ROOT / name).exists():
            shutil.copy2(ROOT / name, to)
    for name in FOLDERS:
        shutil.copytree(ROOT / name, to / name, ignore=left_out)
