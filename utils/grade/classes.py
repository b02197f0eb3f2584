"""A class's report over several runs: files that are graded again change no other entry."""

import json
import os
from collections.abc import Iterable
from pathlib import Path

from utils.grade.judged import Rules
from utils.text import write_whole

WHOLE = (
    "An exercise earns all its points when every case of it passes, the hidden ones too, and none "
    "otherwise; a prediction earns none. Each is judged where its check stands when the notebook "
    "runs from top to bottom."
)
PARTLY = (
    "An exercise earns the share of its points that is the share of its cases that pass, the "
    "hidden ones too; a prediction earns none. Each is judged where its check stands when the "
    "notebook runs from top to bottom."
)


def words_of(rules: Rules, route: str = "") -> str:
    """How marks were made, for people."""
    said = PARTLY if rules.partial else WHOLE
    if route:
        said += f" What counts is what the route {route} hands out."
    if rules.lesson:
        said += f" All notebooks were taken for lesson {rules.lesson}."
    return said


def merged(report: dict, files: Iterable[Path], paths: Iterable[Path], out: Path) -> dict:
    """A new report, of `files` in order, with the entries of the last one into `out`, where the
    paths graded now lie within those graded then; else as it is. What it holds is noted for the
    next time.
    """
    now = sorted({os.path.abspath(path) for path in paths})
    # by the files' own names: a report's, cleaned, may be two files'
    new = {os.path.abspath(file): s for file, s in zip(files, report["submissions"], strict=True)}
    note = out / "finished" / "class.json"
    try:
        before = json.loads(note.read_text(encoding="utf-8"))
        then, old = before["paths"], before["submissions"]
        if now != then and all(_inside(path, then) for path in now):
            kept = {path: s for path, s in old.items() if path in new or not _inside(path, now)}
            now, new = then, {**kept, **new}
    except (OSError, ValueError, KeyError, TypeError):
        pass  # no run before this one
    write_whole(note, json.dumps({"paths": now, "submissions": new}))
    return report | {"submissions": list(new.values())}


def _inside(path: str, folders: list[str]) -> bool:
    return any(map(Path(path).is_relative_to, folders))
