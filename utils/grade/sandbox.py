"""Where a submission's code runs: behind bubblewrap where that works, else under the same limits
without its walls.

Behind bubblewrap (Linux) the child sees a read-only system, Python and its packages, the few files
it is made of, and a private /tmp: no network, no other process, nothing of the repository, and no
capability. Where bubblewrap is missing or refused (macOS, Windows, some containers) only the limits
remain, and `Sandbox.warning` says what is open.
"""

import json
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import psutil

HERE = Path(__file__).resolve().parent
CHILD = (
    HERE / "child.py",
    HERE / "wire.py",
    HERE.parent / "calling.py",
)  # all that a child has of the course
ROOT = HERE.parent.parent
MEMORY = 4 << 30  # bytes, of one process and of all of them together
FILES = 64 << 20  # bytes, of one file and of /tmp
PROCESSES = 48  # processes and threads
# seconds of one process: the judge's own limits are far shorter, this one outlives the judge
PROCESSOR = 900
UIDS = range(
    61184, 65520
)  # kept free by systemd for users made up on the spot; one each, or one fork bomb stops all
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
    only root can give.
    """

    walls: bool
    other_uid: bool
    warning: str = ""

    def start(self, *arguments: str) -> "Inmate":
        """Start child.py. OSError where that is impossible."""
        uid = random.choice(UIDS) if self.other_uid else None
        limits = {
            "uid": uid,
            "memory": MEMORY,
            "file": FILES,
            "processor": PROCESSOR,
            "processes": _most_tasks(uid),
        }
        folder = None
        if self.walls:
            command, where = _bubblewrap(self.other_uid), Path("/box")
            environment = {"PATH": "/usr/bin:/bin", "HOME": "/tmp", "TMPDIR": "/tmp"}
        else:
            command, folder = [], Path(tempfile.mkdtemp(prefix="submission-"))
            where = folder
            for file in CHILD:
                shutil.copy(file, folder / file.name)
            if uid:
                os.chown(folder, uid, uid)
            environment = {k: os.environ[k] for k in ("PATH", "SYSTEMROOT") if k in os.environ}
            environment |= {"HOME": str(folder), "TMPDIR": str(folder), "TEMP": str(folder)}
        environment |= {"LANG": "C.UTF-8", "USER": "learner", "OMP_NUM_THREADS": "1"}
        process = subprocess.Popen(
            [
                *command,
                sys.executable,
                "-I",
                "-B",
                str(where / "child.py"),
                json.dumps(limits),
                *arguments,
            ],
            cwd=folder,
            env=environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
        return Inmate(process, self.walls, uid, folder)


class Inmate:
    """A running child and everything it started."""

    def __init__(
        self, process: subprocess.Popen, walls=False, uid=None, folder: Path | None = None
    ):
        self.process, self.walls, self.uid, self.folder = process, walls, uid, folder

    def tree(self) -> list[psutil.Process]:
        """What runs inside, the eldest first; bubblewrap's own outer process is not part of it."""
        try:
            outer = psutil.Process(self.process.pid)
            inside = outer.children(recursive=True)
        except psutil.Error:
            inside, outer = [], None
        if not self.walls and outer:
            inside.insert(0, outer)
        if not self.walls and self.uid:  # those that left the family
            known = {p.pid for p in inside}
            inside += [
                p for p in psutil.process_iter() if p.pid not in known and _has_uid(p, self.uid)
            ]
        return inside

    def usage(self) -> tuple[float, int, int]:
        """(processor seconds so far, bytes of memory, processes) of everything inside."""
        seconds, memory, count = 0.0, 0, 0
        for process in self.tree():
            try:
                with process.oneshot():
                    times = process.cpu_times()
                    seconds += (
                        times.user
                        + times.system
                        + getattr(times, "children_user", 0)
                        + getattr(times, "children_system", 0)
                    )
                    memory += process.memory_info().rss
                    count += 1
            except psutil.Error:
                pass
        return seconds, memory, count

    def kill(self) -> None:
        """End everything inside: behind bubblewrap the eldest is the first process of its own
        world, which ends with it.
        """
        inside: list[psutil.Process] = []
        for _ in range(1 if self.walls else 20):
            new = [p for p in self.tree() if p not in inside]
            inside += new
            for process in (
                new if not self.walls else ()
            ):  # held first: a child whose parent is gone cannot be found
                _to(process, "suspend")
            if not new:
                break
        for process in inside:
            _to(process, "kill")
        try:
            self.process.wait(5)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        if not self.walls and hasattr(os, "killpg"):
            try:
                os.killpg(self.process.pid, signal.SIGKILL)
            except OSError:
                pass
        for pipe in (self.process.stdin, self.process.stdout):
            try:
                pipe.close()
            except OSError:
                pass
        if self.folder:
            shutil.rmtree(self.folder, ignore_errors=True)


def _to(process: psutil.Process, what: str) -> None:
    try:
        getattr(process, what)()
    except psutil.Error:
        pass  # it has ended


@cache
def sandbox() -> Sandbox:
    """The best sandbox that starts on this machine, tried once. SandboxBroken when none does."""
    root = hasattr(os, "geteuid") and os.geteuid() == 0
    why = "bubblewrap exists on Linux only"
    if sys.platform == "linux":
        why = "bubblewrap (the program bwrap) is not installed" if not shutil.which("bwrap") else ""
        if not why and not (why := _trial(candidate := Sandbox(True, root))):
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
    except OSError as error:
        return f"it does not start: {error}"
    try:
        said, _ = inmate.process.communicate(timeout=120)
    except subprocess.TimeoutExpired:
        said = b""
    finally:
        inmate.kill()
    return (
        ""
        if said == b"ready"
        else "bubblewrap does not work here: are user namespaces forbidden?"
        if candidate.walls
        else "the child could not load its packages"
    )


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
            mine += process.num_threads() if _has_uid(process, os.getuid()) else 0
        except psutil.Error:
            pass
    return mine + PROCESSES


def _has_uid(process: psutil.Process, uid: int) -> bool:
    try:
        return process.uids().real == uid
    except psutil.Error:
        return False


@cache
def _bubblewrap(other_uid: bool) -> list[str]:
    """The command line up to the program: what the child sees of the system."""
    command = [
        "bwrap",
        "--unshare-pid",
        "--unshare-ipc",
        "--unshare-uts",
        "--unshare-net",
        "--unshare-cgroup-try",
        "--die-with-parent",
        "--new-session",
        "--cap-drop",
        "ALL",
    ]
    if (
        other_uid
    ):  # the child gives these up with its uid, before it reads anything of the submission
        command += ["--cap-add", "CAP_SETUID", "--cap-add", "CAP_SETGID"]
    # /tmp comes before what may lie under it; a tmpfs without a size could fill the memory
    command += [
        "--proc",
        "/proc",
        "--dev",
        "/dev",
        "--size",
        str(FILES),
        "--perms",
        "1777",
        "--tmpfs",
        "/tmp",
        "--size",
        str(FILES),
        "--perms",
        "1777",
        "--tmpfs",
        "/dev/shm",
        "--remount-ro",
        "/dev",
    ]
    bound = []
    for name in ("bin", "sbin", "lib", "lib32", "lib64"):
        path = Path("/", name)
        if path.is_symlink():
            command += ["--symlink", os.readlink(path), str(path)]
        elif path.is_dir():
            bound.append(path)
    # a virtual environment may lie anywhere, also inside the repository or a home
    pythons = {
        Path(p)
        for prefix in (sys.prefix, sys.base_prefix)
        for p in (prefix, os.path.realpath(prefix))
    }
    bound += [Path("/usr"), *sorted(pythons)]
    hidden = [ROOT] if any(path == ROOT or path in ROOT.parents for path in bound) else []
    for path in sorted([*bound, *hidden], key=lambda p: len(p.parts)):
        for parent in reversed(
            path.parents
        ):  # made here, because those that bubblewrap makes are root's alone
            if parent != Path("/") and not any(b == parent or b in parent.parents for b in bound):
                command += ["--perms", "0755", "--dir", str(parent)]
        command += (
            ["--perms", "0755", "--tmpfs", str(path)]
            if path in hidden
            else ["--ro-bind", str(path), str(path)]
        )
    for path in ("/etc/ld.so.cache", "/etc/alternatives"):
        command += ["--ro-bind-try", path, path]
    command += ["--perms", "0755", "--dir", "/box"]
    for file in CHILD:
        command += ["--ro-bind", str(file), f"/box/{file.name}"]
    for path in (*hidden, "/"):
        command += ["--remount-ro", str(path)]
    return [*command, "--chdir", "/tmp", "--"]
