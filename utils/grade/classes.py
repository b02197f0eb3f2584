"""A class's report over several runs: files that are graded again change no other entry."""

import json
import os
from collections.abc import Iterable
from pathlib import Path

from utils.grade.judged import Rules

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


def merged(report: dict, paths: Iterable[Path], out: Path) -> dict:
    """A new report with the entries of the one that lies in `out`, where the paths graded now are
    some of those graded then; else as it is. Those paths are noted for the next time.
    """
    now = sorted({os.path.abspath(path) for path in paths})
    note = out / "finished" / "class.json"
    try:
        before = json.loads(note.read_text(encoding="utf-8"))
        old = json.loads((out / "report.json").read_text(encoding="utf-8"))["submissions"]
        within = all(any(_inside(path, folder) for folder in before["paths"]) for path in now)
        if within and now != before["paths"]:
            kept = dict(zip(before["files"], old, strict=True))
            new = {os.path.abspath(s["file"]): s for s in report["submissions"]}
            gone = {path for path in kept if any(_inside(path, p) for p in now) and path not in new}
            every = {path: s for path, s in {**kept, **new}.items() if path not in gone}
            report = report | {"submissions": list(every.values())}
            now, files = before["paths"], list(every)
        else:
            files = [os.path.abspath(s["file"]) for s in report["submissions"]]
    except (OSError, ValueError, KeyError, TypeError):
        files = [os.path.abspath(s["file"]) for s in report["submissions"]]
    note.write_text(json.dumps({"paths": now, "files": files}), encoding="utf-8")
    return report


def _inside(path: str, folder: str) -> bool:
    return path == folder or Path(folder) in Path(path).parents
