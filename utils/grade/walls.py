"""bubblewrap's command line: what a child sees of the system, and what of it is hidden."""

import os
import sys
from collections.abc import Iterable
from functools import cache
from pathlib import Path

EXCHANGES = (Path("/usr/local/share/nbgrader"), Path("/usr/local/share/jupyter/nbgrader"))
SYSTEM = ("bin", "sbin", "lib", "lib32", "lib64")
NEEDED = tuple(Path("/usr", name) for name in (*SYSTEM, "share", "local/lib", "local/bin"))
MAKES = ["--perms", "0755"]


@cache
def bubblewrap(
    other_uid: bool, root: Path, shown: tuple[Path, ...], hides: tuple[Path, ...], room: int
) -> list[str]:
    """The command line up to the program. shown: paths under `root` that appear under /box. hides:
    folders of the system that are empty for the child. room: bytes that it may write.
    """
    command = [
        *("bwrap", "--unshare-pid", "--unshare-ipc", "--unshare-uts", "--unshare-net"),
        *("--unshare-cgroup-try", "--die-with-parent", "--new-session", "--cap-drop", "ALL"),
    ]
    if other_uid:  # the child gives these up with its uid, before it reads of the submission
        command += ["--cap-add", "CAP_SETUID", "--cap-add", "CAP_SETGID"]
    # /tmp comes before what may lie under it; a tmpfs without a size could fill the memory
    command += ["--proc", "/proc", "--dev", "/dev"]
    for path in ("/tmp", "/dev/shm"):
        command += ["--size", str(room), "--perms", "1777", "--tmpfs", path]
    command += ["--remount-ro", "/dev"]
    for name in SYSTEM:
        if (path := Path("/", name)).is_symlink():
            command += ["--symlink", os.readlink(path), str(path)]
    bound = seen()
    for path in sorted([*bound, *hides], key=lambda p: len(p.parts)):
        for parent in reversed(path.parents):
            # made here, because those that bubblewrap makes are root's alone
            if parent != Path("/") and not _inside(parent, bound):
                command += [*MAKES, "--dir", str(parent)]
        if path in hides:
            command += [*MAKES, "--tmpfs", str(path)]
        else:
            command += ["--ro-bind", str(path), str(path)]
    for path in ("/etc/ld.so.cache", "/etc/alternatives"):
        command += ["--ro-bind-try", path, path]
    command += [*MAKES, "--dir", "/box"]
    for folder in sorted({parent for path in shown for parent in path.parents} - {Path(".")}):
        command += [*MAKES, "--dir", f"/box/{folder}"]
    for path in shown:
        command += ["--ro-bind", str(root / path), f"/box/{path}"]
    for path in (*hides, "/"):
        command += ["--remount-ro", str(path)]
    return [*command, "--chdir", "/tmp", "--"]


def seen() -> list[Path]:
    """The folders of the machine that a child sees: the system's, and Python's, which may lie
    anywhere, also inside the repository or a home.
    """
    system = [p for p in (Path("/", name) for name in SYSTEM) if p.is_dir() and not p.is_symlink()]
    prefixes = {sys.prefix, sys.base_prefix}
    return [
        *system,
        Path("/usr"),
        *sorted({Path(p) for prefix in prefixes for p in (prefix, os.path.realpath(prefix))}),
    ]


def hidden(private: Iterable[Path]) -> tuple[Path, ...]:
    """The folders that must be hidden because a child would see what is private in them. ValueError
    where that would hide what it needs.
    """
    bound, found = seen(), []
    for path in [*map(Path, private), *_homes(), *EXCHANGES]:
        path = Path(os.path.realpath(path))
        path = path if path.is_dir() or not path.exists() else path.parent
        if path.is_dir() and _inside(path, bound):
            if path in bound or path in NEEDED or any(path in b.parents for b in NEEDED):
                raise ValueError(
                    f"{path} holds what is graded, and the sandbox has to show it: move the "
                    "submissions and the reports elsewhere"
                )
            found.append(path)
    return tuple(dict.fromkeys(found))


def _homes() -> list[Path]:
    """The homes of people on this machine."""
    import pwd

    people = [p for p in pwd.getpwall() if p.pw_uid == 0 or 1000 <= p.pw_uid < 60000]
    return [Path(p.pw_dir) for p in people if p.pw_dir not in ("", "/")]


def _inside(path: Path, folders) -> bool:
    return any(map(path.is_relative_to, folders))
