"""A lesson cut down to some of its sections, still running from top to bottom.

A section is everything from one `## heading` to the next. What a kept section uses from a section
left out goes into a folded cell before it: of those sections only the statements that make the
names used, and for an exercise left out the learner's own kept function or the course's
(`utils.progress.mine`).
"""

import re

import nbformat

from utils.slicing import Slicer, Statement, statements

FOLDED = {"jupyter": {"source_hidden": True}}
WHY = "# What this section uses of the sections left out"


def sections(notebook) -> dict[str, list]:
    """The cells of each section by its heading, in order; "" holds those before the first
    heading.
    """
    found, heading = {"": []}, ""
    for cell in notebook.cells:
        for part in (
            re.split(r"(?m)^(?=## )", cell.source)
            if cell.cell_type == "markdown"
            else [cell.source]
        ):
            if cell.cell_type == "markdown" and part.startswith("## "):
                heading = part.splitlines()[0][3:].strip()
                if heading in found:
                    raise ValueError(f"two sections are called {heading!r}")
                found[heading] = []
            if part.strip():  # a cell with a heading in its middle belongs to two sections
                found[heading].append(
                    cell
                    if part == cell.source
                    else nbformat.from_dict(cell | {"source": part.strip()})
                )
    return found


def cut(notebook, chosen: dict[str, tuple[str, ...]], exercises: set[str]) -> list:
    """The cells of the sections chosen, with their exercises chosen, and what they need of the
    others.

    chosen: the exercises to keep in each section to keep, by its heading. exercises: all names of
    the lesson's exercises; an exercise's cells carry its name as their id, with "-task" or "-check"
    at its end. The first section ("") gives its code, not its words. ValueError where the lesson
    has no such section or exercise.
    """
    inside = sections(notebook)
    for heading, names in chosen.items():
        if heading not in inside:
            raise ValueError(f"there is no section {heading!r}")
        ids = {cell["id"] for cell in inside[heading]}
        if missing := [name for name in names if name not in ids]:
            raise ValueError(f"the section {heading!r} has no exercise {', '.join(missing)}")
    made: list[Statement] = []
    places: list[tuple[object, list[int]]] = []  # (the cell to keep or None, its statements)
    for heading, cells in inside.items():
        for cell in cells:
            of = cell["id"].removesuffix("-task").removesuffix("-check")
            left_out = of in exercises and of not in chosen.get(heading, ())
            stays = (heading in chosen or not heading) and not left_out
            source = cell.source if cell.cell_type == "code" else ""
            if left_out:
                source = f'{of} = utils.progress.mine("{of}")' if cell["id"] == of else ""
            new = statements(source, split=False)
            if stays and (source or heading) or new:
                places.append((cell if stays else None, [*range(len(made), len(made) + len(new))]))
                made += new
    roots = [i for cell, own in places if cell is not None for i in own]
    wanted = Slicer(made).needed(roots, last=len(made))
    kept: list = []
    for cell, own in places:
        if cell is not None:
            kept.append(cell)
        elif lines := [made[i].text for i in own if i in wanted]:
            if not kept or not isinstance(kept[-1], list):
                kept.append([])
            kept[-1] += lines
    return [_folded(cell) if isinstance(cell, list) else cell for cell in kept]


def _folded(lines: list[str]):
    head = [WHY] + ["import utils.progress"] * any("utils.progress.mine" in line for line in lines)
    return nbformat.v4.new_code_cell("\n".join(head + lines), metadata=FOLDED)
