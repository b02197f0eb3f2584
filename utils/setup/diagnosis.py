"""What lesson 00 shows, and what the first cell of a notebook asks: which packages are there, which
are too old, and which are newer than any that the course was tried with.

requirements.txt holds the tested set, pyproject.toml's dependencies the oldest versions that the
notebooks ran with.
"""

import os
import re
import shutil
import sys

from utils.setup.machine import NEWEST, OLDEST, PYTHONS

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))


def diagnose():
    """[(fine, what was looked at, how to mend it)], from inside the environment."""
    rows = [_python(), *(_package(*one) for one in packages())]
    space = shutil.disk_usage(ROOT).free / 1e9
    rows.append(
        (
            space > 1,
            "%.0f GB of free disk" % space,
            "free some disk; the real GPT-2 in lesson 08 needs 0.6 GB",
        )
    )
    place = os.path.abspath(os.environ.get("GPT2_BY_HAND_PROGRESS") or ROOT)
    while not os.path.exists(place):  # it is made when there is something to keep
        place = os.path.dirname(place)
    rows.append(
        (
            os.access(place, os.W_OK),
            "this folder can be written",
            "your progress cannot be kept in " + place,
        )
    )
    return rows


def _python():
    version = sys.version_info[:2]
    words = "%s, and this is %s than that" % (PYTHONS, "older" if version < OLDEST else "newer")
    return (
        OLDEST <= version <= NEWEST,
        "Python %d.%d" % version,
        "the course was tested on " + words,
    )


def _package(name, oldest, tested, found):
    mend = "run `%%pip install %s==%s` in a cell and restart the kernel" % (name, tested)
    if not found:
        return False, name, "it is missing: " + mend
    if numbers(found) < numbers(oldest):
        return (
            False,
            name + " " + found,
            "it is too old, %s is the oldest that works: %s"
            % (
                oldest,
                mend,
            ),
        )
    newer = numbers(found) > numbers(tested)
    note = " (newer than the %s that was tested)" % tested if newer else ""
    return True, name + " " + found + note, ""


def packages():
    """[(name, the oldest version supported, the tested one, the installed one or '')]."""
    import tomllib  # both are absent on the old Pythons that only have to be told so
    from importlib import metadata

    with open(os.path.join(ROOT, "pyproject.toml"), "rb") as file:
        stated = tomllib.load(file)["project"]["dependencies"]
    oldest = dict(line.split(">=") for line in stated)
    rows = []
    with open(os.path.join(ROOT, "requirements.txt"), encoding="utf-8") as file:
        for line in file:
            name, _, tested = line.split("#")[0].strip().partition("==")
            if name:
                try:
                    found = metadata.version(name)
                except metadata.PackageNotFoundError:
                    found = ""
                rows.append((name, oldest.get(name, tested), tested, found))
    return rows


def numbers(version):
    """A version's numbers, to compare: "2.13.0+cpu" -> (2, 13, 0)."""
    return tuple(int(part) for part in re.findall(r"\d+", version.split("+")[0])[:3])
