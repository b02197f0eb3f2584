"""How long a lesson takes: in all, on the express path, and from one place to stop to the next.

A sitting ends at a markdown cell with {"pause": true} in its metadata. The express path is the core
exercises and the sections that hold one.
"""

import re
from collections.abc import Iterable
from pathlib import Path

import nbformat

from utils.build.address import without_links
from utils.exercises import named

SOLUTIONS = Path(__file__).resolve().parents[2] / "solutions"
WORDS = 150  # read in a minute
CELL = 0.5  # minutes for a cell that is only run and looked at
LONGEST = 75  # minutes of one sitting


def reading(cells: Iterable) -> float:
    """Minutes for the words of some cells, hints and answers left out, and for the cells that are
    only run and looked at.
    """
    cells = list(cells)
    prose = " ".join(cell.source for cell in cells if cell.cell_type == "markdown")
    prose = re.sub(r"<details>.*?</details>", "", without_links(prose), flags=re.S)
    ours = {"nbgrader", "setup"}  # exercises have minutes of their own, the first cell takes none
    run = sum(cell.cell_type == "code" and not ours & cell.metadata.keys() for cell in cells)
    return len(prose.split()) / WORDS + CELL * run


def asked(cells: Iterable) -> list:
    """The exercises of some cells, in their order."""
    return [named(cell.metadata["exercise"]) for cell in cells if "exercise" in cell.metadata]


def minutes(cells: Iterable) -> float:
    """Reading, running and the exercises."""
    cells = list(cells)
    return reading(cells) + sum(e.minutes for e in asked(cells))


def sittings(cells: Iterable) -> list[float]:
    """Minutes of each sitting of a lesson."""
    parts: list[list] = [[]]
    for cell in cells:
        parts[-1].append(cell)
        if cell.metadata.get("pause"):
            parts.append([])
    return [minutes(part) for part in parts if part]


def express(cells: Iterable) -> float:
    """Minutes of a lesson on the express path."""
    parts: list[list] = [[]]
    for cell in cells:
        if cell.cell_type == "markdown" and cell.source.startswith("## "):
            parts.append([])
        parts[-1].append(cell)
    total = 0.0
    for part in parts:
        if core := [e for e in asked(part) if e.core]:
            total += reading(part) + sum(e.minutes for e in core)
    return total


def rounded(value: float) -> int:
    """To five minutes."""
    return 5 * round(value / 5)


def said(cells: Iterable) -> str:
    """Such as "95 minutes in 2 sittings (express: 55, core exercises only)"."""
    cells = list(cells)
    parts = len(sittings(cells))
    several = f" in {parts} sittings" if parts > 1 else ""
    core = rounded(express(cells))
    short = f" (express: {core}, core exercises only)" if core else ""
    return f"{rounded(minutes(cells))} minutes{several}{short}"


def hours() -> dict[str, int]:
    """Hours of the express path and of the whole course, by what the lessons call them."""
    lessons = [nbformat.read(path, as_version=4).cells for path in SOLUTIONS.glob("*.ipynb")]
    return {
        "Express": round(sum(map(express, lessons)) / 60),
        "The whole course": round(sum(map(minutes, lessons)) / 60),
    }


def with_hours(text: str) -> str:
    """A text with the hours behind the names of the ways through, where it names them in bold."""
    for way, count in hours().items() if "**Express**" in text else ():
        named_so = rf"\*\*{way}\*\*( \(about \d+ hours\))?"
        text = re.sub(named_so, f"**{way}** (about {count} hours)", text)
    return text
