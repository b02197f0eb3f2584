"""`python -m utils.grade watch FOLDER`: what arrives is graded, and the class page stays fresh."""

import time
from collections.abc import Callable
from pathlib import Path

from utils.grade.found import find

LOOK = 2.0  # seconds between two looks; a file that changed between them is still being written
AT_ONCE = 6  # new files before the pages are written again
LATELY = 600.0  # seconds whose changes the class page shows


class Lately:
    """The reports of a watch, as far as they are needed to say what has changed in it lately."""

    def __init__(self):
        self.kept: list[tuple[float, dict]] = []

    def before(self, now: float) -> dict | None:
        """The last report that is LATELY old, else the first; None without one."""
        while len(self.kept) > 1 and now - self.kept[1][0] >= LATELY:
            del self.kept[0]
        return self.kept[0][1] if self.kept else None

    def add(self, now: float, report: dict) -> None:
        wanted = ("file", "digest", "student")
        entries = [
            {name: s[name] for name in wanted if name in s}
            | {"exercises": [{"id": e["id"], "status": e["status"]} for e in s["exercises"]]}
            for s in report["submissions"]
        ]
        self.kept.append((now, {"submissions": entries}))


def watch(
    paths: list[Path],
    out: Path,
    grade: Callable[[set[Path]], None],
    go_on: Callable[[], bool] = lambda: True,
    look: float = LOOK,
) -> None:
    """Until go_on() says no: grade(files) with all files that are to be in the reports, those that
    are graded and at most AT_ONCE that are new or changed.
    """
    before: dict[Path, tuple] = {}
    graded: dict[Path, tuple] = {}
    while go_on():
        now = {path: _state(path) for path in (f.path for f in find(paths, out))}
        ready = {path: state for path, state in now.items() if before.get(path) == state}
        before = now
        new = [path for path, state in ready.items() if graded.get(path) != state]
        new = sorted(new, key=lambda path: ready[path])[:AT_ONCE]  # who came first
        gone = graded.keys() - now.keys()
        if new or gone:
            kept = {path: state for path, state in graded.items() if path in now}
            graded = kept | {path: ready[path] for path in new}
            grade(set(graded))
        else:
            time.sleep(look)


def _state(path: Path) -> tuple:
    try:
        info = path.lstat()
        return info.st_mtime_ns, info.st_size
    except OSError:
        return ()
