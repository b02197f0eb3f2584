"""`python -m utils.grade watch FOLDER`: what arrives is graded, and the class page stays fresh."""

import time
from collections.abc import Callable
from pathlib import Path

from utils.grade.found import find

LOOK = 2.0  # seconds between two looks; a file that changed between them is still being written
AT_ONCE = 6  # new files before the pages are written again


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
