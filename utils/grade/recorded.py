"""Entries of what is done, on disk, so that a run that was killed goes on where it stopped.

An entry is kept under all that decides it: the rules, the file's name, the bytes that were graded,
and everything that a notebook and the judge use.
"""

import hashlib
import json
import os
import re
import secrets
import sys
from dataclasses import replace
from functools import cache
from importlib.metadata import version
from pathlib import Path

from utils.grade.judged import Rules
from utils.grade.read import digest_of
from utils.grade.sandbox import ROOT
from utils.text import cleaned, write_whole

PACKAGES = ("numpy", "torch", "safetensors", "ipython")
INPUTS = ("utils/**/*.py", "notebooks/*.ipynb", "data/**/*")


class RunError(Exception):
    """The run cannot start, or go on: one sentence."""


class Recorded:
    """The entries in a folder of reports. seed: "" for that of a run that was not finished, or a
    new one.
    """

    def __init__(self, out: Path, seed: str = ""):
        self.folder, self.used = out / "finished", set()
        self._seed = self.folder / "seed.txt"  # there while a run is under way
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            self.resumed = not seed and self._seed.exists()
            kept = self._seed.read_text(encoding="utf-8") if self.resumed else ""
            self.seed = seed or kept or secrets.token_hex(8)
            self._seed.write_text(self.seed, encoding="utf-8")
        except OSError as error:
            raise RunError(f"the reports cannot be written to {out}: {error.strerror}") from None

    def get(self, file: Path, digest: str, rules: Rules) -> dict | None:
        path = self._path(file, digest, rules)
        try:
            entry = json.loads(path.read_text(encoding="utf-8"))
        except (OSError, ValueError):
            return None
        self.used.add(path)
        return entry | {"file": cleaned(str(file))}

    def put(self, file: Path, rules: Rules, entry: dict) -> None:
        """Keep the entry of the bytes that it says were graded. RunError on a full disk."""
        path = self._path(file, entry["digest"], rules)
        try:
            write_whole(path, json.dumps(entry))
        except OSError as error:
            raise RunError(
                f"{self.folder} cannot be written: {error.strerror}. What is finished is kept"
            ) from None
        self.used.add(path)

    def close(self) -> None:
        """The run is complete: a next one without a seed draws new cases."""
        self._seed.unlink(missing_ok=True)
        for path in self.folder.iterdir():
            if re.fullmatch(r"[0-9a-f]{64}\.json(\.part)?", path.name) and path not in self.used:
                path.unlink()  # of earlier runs; nothing else that may lie there

    def _path(self, file: Path, digest: str, rules: Rules) -> Path:
        handed_out = sorted(rules.handed_out) if rules.handed_out is not None else None
        others = repr(replace(rules, handed_out=None))  # a set's order is another in each process
        decides = [others, repr(handed_out), versions(), file.name, digest]
        key = digest_of("\0".join(decides).encode("utf-8", "surrogateescape"))
        return self.folder / f"{key}.json"


@cache
def versions() -> str:
    """Changes when the course, what its notebooks use, or a package that counts does."""
    total = hashlib.sha256(" ".join([sys.version, *map(version, PACKAGES)]).encode())
    for path in sorted({p for pattern in INPUTS for p in ROOT.glob(pattern) if p.is_file()}):
        total.update(os.fsencode(path.relative_to(ROOT)) + b"\0")
        total.update(path.read_bytes())
    return total.hexdigest()
