"""Computed once per machine: what several lessons, checks or runs compute alike, kept in a file.

    @remembered(data=[checkpoint.DATA / "bundled_gpt2"])
    def right_without(layer, head): ...

The first call computes; later ones read, in other notebooks, too. A result is found by a hash of
all that it follows from: the code of this course, Python and its packages, the files of `data`,
the arguments. When one of them changes, the result is computed anew, and what other code left
behind is deleted. The files lie in `computed/` of the folder with the learner's progress.
"""

import functools
import hashlib
import json
import os
import platform
import sys
import time
from dataclasses import astuple, is_dataclass
from importlib import metadata
from pathlib import Path
from threading import get_ident

UTILS = Path(__file__).parent
STARTED = time.time()


def folder() -> Path:
    """Where progress is kept; the environment variable GPT2_BY_HAND_PROGRESS names another."""
    return Path(os.environ.get("GPT2_BY_HAND_PROGRESS") or UTILS.parent / ".progress")


def remembered(data=()):
    """A decorator for a function that follows from its arguments, the course's code and `data`.

    Arguments are numbers, text, None, tensors, and lists, tuples, dicts and dataclasses of these;
    others raise TypeError. The result must be what JSON can hold, and comes back as JSON has it, a
    tuple as a list. data: files, or folders of files.
    """

    def decorate(function):
        @functools.wraps(function)
        def once(*args, **kwargs):
            given = hashlib.sha256()
            _describe(given, (args, kwargs))
            code = _code()
            if code is None:  # changed under our feet: what ran is not what lies there
                return function(*args, **kwargs)
            made_by = hashlib.sha256(code + b"".join(map(_hash_of, map(Path, data)))).hexdigest()
            name = f"{function.__module__}.{function.__qualname__}"
            path = folder() / "computed" / f"{name}-{made_by[:16]}-{given.hexdigest()[:16]}.json"
            try:
                return json.loads(path.read_text(encoding="utf-8"))
            except (OSError, ValueError):  # none yet, or a damaged one
                text = json.dumps(function(*args, **kwargs))
            _keep(path, text, others=f"{name}-*.json", but=f"{name}-{made_by[:16]}-")
            return json.loads(text)

        return once

    return decorate


def _keep(path: Path, text: str, others: str, but: str) -> None:
    """Write a result whole or not at all. Where nothing can be written, nothing is kept."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        for old in path.parent.glob(others):
            if not old.name.startswith(but):
                old.unlink(missing_ok=True)
        part = path.with_name(f"{path.name}.{os.getpid()}.{get_ident()}.part")
        part.write_text(text, encoding="utf-8")
        part.replace(path)
    except OSError:
        pass


def _code() -> bytes | None:
    """A hash of the course's code and of what runs it; None where the code has changed since this
    process began.
    """
    sources = sorted(UTILS.rglob("*.py"))
    stats = tuple((path, path.stat().st_mtime_ns) for path in sources)
    return None if max(at for _, at in stats) > STARTED * 1e9 else _hash_of_code(stats)


@functools.cache
def _hash_of_code(stats) -> bytes:
    runs = [sys.version, platform.machine(), *map(_version, ("numpy", "torch", "regex"))]
    return hashlib.sha256(repr(runs).encode() + b"".join(_hash_of(p) for p, _ in stats)).digest()


def _version(package: str) -> str:
    try:
        return metadata.version(package)
    except metadata.PackageNotFoundError:
        return ""


def _hash_of(path: Path) -> bytes:
    """Of a file's name and content; of a folder, of all files in it."""
    if path.is_dir():
        return b"".join(_hash_of(inner) for inner in sorted(path.iterdir()))
    return hashlib.sha256(path.name.encode() + b"\0" + path.read_bytes()).digest()


def _describe(digest, value) -> None:
    """Feed a value to a hash, so that different values feed different bytes."""
    kind = type(value)
    if value is None or kind in (bool, int, float, str, bytes):
        text = repr(value)
        digest.update(f"{kind.__name__}{len(text)}:{text}".encode("utf-8", "surrogatepass"))
    elif kind in (list, tuple, dict):
        digest.update(f"{kind.__name__}{len(value)}:".encode())
        for item in value.items() if kind is dict else value:
            _describe(digest, item)
    elif is_dataclass(value) and not isinstance(value, type):
        digest.update(f"{kind.__module__}.{kind.__qualname__}".encode())
        _describe(digest, astuple(value))
    elif kind.__module__ == "torch" and kind.__name__ == "Tensor":
        array = value.detach().cpu().contiguous().numpy()
        digest.update(f"{array.dtype}{array.shape}".encode())
        digest.update(array.tobytes())
    else:
        raise TypeError(f"{kind.__name__} is no argument for what is remembered.")
