"""What every part of the loader needs: its one error, JSON, plain names, sha256."""

import hashlib
import json
from pathlib import Path

DATA = Path(__file__).parent.parent.parent / "data"
WEIGHTS, INDEX, SUMS = "model.safetensors", "model.safetensors.index.json", "SHA256SUMS"


class CheckpointError(ValueError):
    """Says in one sentence why a checkpoint cannot be had or used, and what to do."""


def read_json(path):
    """The JSON object in a file, a dict."""
    try:
        said = json.loads(path.read_text("utf-8"))
    except (OSError, ValueError, RecursionError) as error:
        raise CheckpointError(f"{path} is missing or not JSON ({error}).") from error
    if not isinstance(said, dict):
        raise CheckpointError(f"{path} is not a JSON object.")
    return said


def plain(name, where):
    """A file's name that stays in its folder."""
    if not name or Path(name).name != name:
        raise CheckpointError(f"{where} names {name!r}, which is no file beside it.")
    return name


def check_sums(folder):
    """Compare a folder with its SHA256SUMS, where it has one. Returns {name: sha256}."""
    sums = {}
    if (folder / SUMS).exists():
        for line in (folder / SUMS).read_text("utf-8").splitlines():
            expected, _, name = line.partition(" ")
            name = plain(name.lstrip(" *"), folder / SUMS)
            check_sha256(folder / name, expected)
            sums[name] = expected
    return sums


def check_sha256(path, expected):
    if not path.is_file():
        raise CheckpointError(f"{path} is missing.")
    if (found := sha256(path)) != expected:
        raise CheckpointError(
            f"{path} is not the file it should be: its sha256 is {found[:12]}…, not"
            f" {expected[:12]}…; delete it and bring it again."
        )


def sha256(path):
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def write_json(path, said, indent=2):
    """A dict, the same bytes on Windows."""
    with path.open("w", encoding="utf-8", newline="\n") as file:
        file.write(json.dumps(said, indent=indent) + "\n")


def some(names):
    names = sorted(names)
    return ", ".join(names[:3]) + (f" and {len(names) - 3} more" if names[3:] else "")
