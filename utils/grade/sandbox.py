"""Where a submission's code runs: behind bubblewrap where that works, else under the same limits
without its walls.

Behind bubblewrap (Linux) the child sees a read-only system, Python and its packages, what SHOWN
names of the course, and a private /tmp: no network, no other process, nothing else of the
repository, nothing of the class, and no capability. Where bubblewrap is missing or refused (macOS,
Windows, some containers) only the limits remain, and `Sandbox.warning` says what is open. Which of
the two it is, is decided once for a run, and holds for all of it.
"""

import json
import os
import py_compile
import random
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

import psutil

from utils.grade.inmate import Inmate, has_uid
from utils.grade.walls import bubblewrap, hidden

ROOT = Path(__file__).resolve().parents[2]
HIDDEN = frozenset(  # of utils: what holds answers or judges them, and what leads there
    "exercises progress check card limit environment build grade site __pycache__".split()
)
SHOWN = (
    *sorted(f.relative_to(ROOT) for f in (ROOT / "utils").iterdir() if f.stem not in HIDDEN),
    *(Path("utils", "grade", f"{name}.py") for name in ("__init__", "child", "run", "wire")),
    Path("data"),
)  # all that a child has of the course
AT_ONCE = ("__init__", "calling", "child", "run", "scanning", "slicing", "wire")
MEMORY = 4 << 30  # bytes, of one process and of all of them together
FILES = 64 << 20  # bytes, of one file and of /tmp; all that a process holds open fit into MEMORY
PROCESSES = 48  # processes and threads
# seconds of one process: the judge's own limits are far shorter, this one outlives the judge
PROCESSOR = 900
UIDS = range(
    61184, 65520
)  # kept free by systemd for users made up on the spot; one each, or one fork bomb stops all
TRIES = 3  # to start a child: a busy machine may have no process left for a moment
OPEN = (
    "the network, every file that {who} may read or write, and other processes are NOT out "
    "of a submission's reach "
    "({why}). Grade only what you would also run yourself"
)


class SandboxBroken(Exception):
    """The sandbox could not be started, which is no submission's fault: one sentence."""


@dataclass(frozen=True)
class Sandbox:
    """One way to start a child. walls: behind bubblewrap; other_uid: as a user of its own, which
    only root can give; hides: folders that it must not see, though the system's folders show them.
    """

    walls: bool
    other_uid: bool
    warning: str = ""
    hides: tuple[Path, ...] = field(default=())

    @property
    def words(self) -> str:
        """How it isolates, for a report."""
        if self.walls:
            return "each notebook ran in a sandbox of its own (bubblewrap)"
        return f"WITHOUT a sandbox: {self.warning}"

    def start(self, *arguments: str, stdin=subprocess.PIPE) -> Inmate:
        """Start child.py. SandboxBroken where that is impossible."""
        for left in reversed(range(TRIES)):
            try:
                return self._start(arguments, stdin)
            except OSError as error:
                if not left:
                    raise SandboxBroken(str(error)) from None
                time.sleep(0.5)
        raise AssertionError

    def _start(self, arguments, stdin) -> Inmate:
        uid = random.choice(UIDS) if self.other_uid else None
        limits = {
            "uid": uid,
            "memory": MEMORY,
            "file": FILES,
            "files": MEMORY // FILES,
            "processor": PROCESSOR,
            "processes": _most_tasks(uid),
            "alone": not self.walls,
        }
        folder = None
        if self.walls:
            command, where = (
                bubblewrap(self.other_uid, box(), (Path("utils"), Path("data")), self.hides, FILES),
                Path("/box"),
            )
            environment = {"PATH": "/usr/bin:/bin", "HOME": "/tmp", "TMPDIR": "/tmp"}
        else:
            command, folder = [], Path(tempfile.mkdtemp(prefix="submission-"))
            where = folder / "box"
            _copy(where)
            (folder / "tmp").mkdir()
            if uid:
                os.chown(folder / "tmp", uid, uid)
                folder.chmod(0o755)
            environment = {k: os.environ[k] for k in ("PATH", "SYSTEMROOT") if k in os.environ}
            environment |= dict.fromkeys(("HOME", "TMPDIR", "TEMP"), str(folder / "tmp"))
        environment |= {
            "LANG": "C.UTF-8",
            "USER": "learner",
            "OMP_NUM_THREADS": "1",
            "MPLBACKEND": "agg",
        }
        program = str(where / "utils" / "grade" / "child.py")
        process = subprocess.Popen(
            [*command, sys.executable, "-I", "-B", program, json.dumps(limits), *arguments],
            cwd=folder,
            env=environment,
            stdin=stdin,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
            bufsize=0,
        )
        return Inmate(process, self.walls, uid, folder)


def box() -> Path:
    """`_box`, made again where somebody has cleared the temporary folder."""
    if not (_box() / "utils").is_dir():
        _kept().cleanup()
        _kept.cache_clear()
        _box.cache_clear()
    return _box()


@cache
def _box() -> Path:
    """What a child has of the course, in one place for this run: for bubblewrap to show each of it
    where it lies takes longer than most notebooks. What every child imports is compiled there.
    """
    folder = Path(_kept().name)
    folder.chmod(0o755)
    _copy(folder, [path for path in SHOWN if path != Path("data")])
    (folder / "data").symlink_to(ROOT / "data")
    for path in (*(folder / "utils").glob("*.py"), *(folder / "utils" / "grade").glob("*.py")):
        if path.stem in AT_ONCE:
            py_compile.compile(path)
    return folder


@cache
def _kept() -> tempfile.TemporaryDirectory:
    return tempfile.TemporaryDirectory(prefix="course-")  # removed when this process ends


def leave_nothing() -> None:
    """For a process that is about to end without ceremony: what `_kept` has is removed now."""
    if _kept.cache_info().currsize:
        _kept().cleanup()


def _copy(where: Path, shown: Iterable[Path] = SHOWN) -> None:
    """What a child has of the course, where no wall can show it in its place."""
    for path in shown:
        (where / path).parent.mkdir(parents=True, exist_ok=True)
        if (ROOT / path).is_dir():
            shutil.copytree(ROOT / path, where / path, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy(ROOT / path, where / path)


def decide(private: Iterable[Path] = ()) -> Sandbox:
    """The best sandbox that starts on this machine. SandboxBroken when none does, or when it would
    have to show what is private: the class, its reports.
    """
    root = hasattr(os, "geteuid") and os.geteuid() == 0
    why = "bubblewrap exists on Linux only"
    if sys.platform == "linux":
        why = "" if shutil.which("bwrap") else "bubblewrap (the program bwrap) is not installed"
        if not why:
            try:
                hides = hidden([ROOT, *private])
            except ValueError as error:
                raise SandboxBroken(str(error)) from None
            candidate = Sandbox(True, root, hides=hides)
            for _ in range(TRIES):  # a busy machine's moment must not decide for the whole run
                if not (why := _trial(candidate)):
                    return candidate
    for other_uid in (True, False) if root else (False,):
        who = "a user without rights" if other_uid else "you"
        candidate = Sandbox(False, other_uid, OPEN.format(who=who, why=why))
        if not (problem := _trial(candidate)):
            return candidate
    raise SandboxBroken(f"no child process could be started: {problem}")


def _trial(candidate: Sandbox) -> str:
    """ "" when a child starts in it, else why not."""
    try:
        inmate = candidate.start("--trial")
    except SandboxBroken as error:
        return f"it does not start: {error}"
    try:
        said, _ = inmate.process.communicate(timeout=120)
    except subprocess.TimeoutExpired:
        said = b""
    finally:
        inmate.kill()
    if said == b"ready":
        return ""
    if candidate.walls:
        return "bubblewrap does not work here: are user namespaces forbidden?"
    return "the child could not load its packages"


def _most_tasks(uid: int | None) -> int | None:
    """The limit on processes and threads: a user's own count is added, because the system counts
    them all together.
    """
    if uid is not None:
        return PROCESSES
    if not hasattr(os, "getuid"):
        return None
    mine = 0
    for process in psutil.process_iter():
        try:
            mine += process.num_threads() if has_uid(process, os.getuid()) else 0
        except psutil.Error:
            pass
    return mine + PROCESSES
