"""The judged side: a process that limits itself, then runs a submission's notebook (run.py).

Started beside a copy of what a notebook may use of the course (sandbox.SHOWN): never the exercises,
the solutions or the judge. It is told inputs, never answers.
"""

import json
import os
import sys
from pathlib import Path

COURSE = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(COURSE))

from utils.grade import wire  # noqa: E402
from utils.grade.run import Run  # noqa: E402


def main() -> None:
    limit_resources(**json.loads(sys.argv[1]))
    if "--trial" in sys.argv:
        os.write(1, b"ready")
        return
    if "--warm" in sys.argv:
        import socket  # here, as others below: to import them takes a tenth of a cold start

        control = socket.socket(fileno=os.dup(0))
        _silence()
        fork_for_each(control)
        return
    asked, answers = os.fdopen(os.dup(0), "rb"), os.fdopen(os.dup(1), "wb")
    _silence()
    try:
        serve(asked, answers)
    finally:
        os._exit(0)  # all is said, and nobody waits for the packages to be taken down


def serve(asked, answers) -> None:
    """Run the notebook that comes in, in a folder of its own that looks like the course's."""
    folder = Path(os.environ["TMPDIR"], f"course-{os.getpid()}")
    for name in ("notebooks", "tmp"):
        (folder / name).mkdir(parents=True)
    if hasattr(os, "symlink") and os.name == "posix":
        os.symlink(COURSE / "data", folder / "data")
    os.chdir(folder / "notebooks")
    sys.path.insert(0, os.getcwd())
    os.environ["TMPDIR"] = str(folder / "tmp")

    def send(data: bytes) -> None:
        answers.write(data)
        answers.flush()

    send(wire.dumps(["ready"]))
    try:
        settings = wire.read(asked)
        Run(send, lambda: wire.read(asked), **settings).play()
    except EOFError:
        pass  # the judge has seen enough


def fork_for_each(control) -> None:
    """Fork for each submission, with the packages it needs already imported; stay clean oneself.

    control: a socket to the judge. Each fork gets a channel of its own over it, which no earlier
    one has seen. Ends when something that an earlier one left cannot be cleared away.
    """
    import socket

    _hide(True)
    control.sendall(b"ready")
    while True:
        packages, channels, *_ = socket.recv_fds(control, 100, 1)
        if not packages:
            return
        if packages == b"torch":
            import torch  # noqa: F401
        if pid := os.fork():
            os.close(channels[0])
            os.waitpid(pid, 0)
            if not _clean():
                return
            control.sendall(b"ended")
        else:
            try:
                control.close()
                _hide(False)
                stream = socket.socket(fileno=channels[0]).makefile("rwb")
                serve(stream, stream)
            finally:
                os._exit(0)


def _clean() -> bool:
    """Whether nothing is left in the folders that a submission can write to."""
    import shutil

    for folder in {os.environ["TMPDIR"], "/dev/shm"}:
        if os.access(folder, os.W_OK):
            for path in Path(folder).iterdir():
                if path.is_dir() and not path.is_symlink():
                    shutil.rmtree(path, ignore_errors=True)
                else:
                    path.unlink(missing_ok=True)
            if any(Path(folder).iterdir()):
                return False
    return True


def _hide(hidden: bool) -> None:
    """Keep other processes of the same user out of this one's memory and files, on Linux."""
    _prctl(4, int(not hidden))  # PR_SET_DUMPABLE


def _prctl(*arguments: int) -> None:
    if sys.platform == "linux":
        import ctypes

        ctypes.CDLL(None).prctl(*arguments, 0, 0, 0)


def _silence() -> None:
    null = os.open(os.devnull, os.O_RDWR)
    for fd in (0, 1, 2):
        os.dup2(null, fd)


def limit_resources(uid, memory, file, files, processor, processes, alone) -> None:
    """Give up the user and bound what the system can bound (nothing on Windows).

    alone: nothing else ends this process when its parent dies.
    """
    try:
        import resource
    except ImportError:
        return
    limits = {"AS": memory, "FSIZE": file, "NOFILE": files}
    limits |= {"CPU": processor, "NPROC": processes, "CORE": 0}
    for name, most in limits.items():
        kind = getattr(resource, f"RLIMIT_{name}", None)
        if kind is None or most is None:
            continue
        try:
            resource.setrlimit(kind, (most, most))
        except (OSError, ValueError):
            pass  # a system that cannot limit it (macOS and RLIMIT_AS), or a lower limit of its own
    if uid is not None:
        os.setgroups([])
        os.setresgid(uid, uid, uid)
        os.setresuid(uid, uid, uid)  # and with it every capability
    if alone:
        _prctl(1, 9)  # PR_SET_PDEATHSIG: killed with its parent


if __name__ == "__main__":
    main()
