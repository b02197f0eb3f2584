"""`python -m utils.grade return OUT`: each student's page, beside their notebook or in one zip."""

import json
import os
import zipfile
from collections import Counter
from pathlib import Path

from utils.grade.found import FEEDBACK
from utils.grade.recorded import RunError
from utils.grade.reports.people import page_name

CLASS_LINK = '<p><a href="index.html">The class</a></p>\n'  # the class is not a student's business


def pages(out: Path) -> list[tuple[str, Path, str]]:
    """(a page's text, the notebook's absolute path, its path from the graded folder)."""
    try:
        entries = json.loads((out / "report.json").read_text(encoding="utf-8"))["submissions"]
        note = json.loads((out / "finished" / "class.json").read_text(encoding="utf-8"))
        made = []
        for number, (entry, file) in enumerate(zip(entries, note["submissions"], strict=True), 1):
            text = (out / page_name(number, entry)).read_text(encoding="utf-8")
            made.append((text.replace(CLASS_LINK, ""), Path(file), _inside(file, note["paths"])))
        return made
    except (OSError, ValueError, KeyError) as error:
        raise RunError(f"{out} holds no finished reports with pages ({error})") from None


def _inside(file: str, folders: list[str]) -> str:
    for folder in folders:
        if Path(folder) in Path(file).parents:
            return os.path.relpath(file, folder)
    return Path(file).name


def give_back(out: Path, to: Path | None) -> int:
    """Write the pages; returns how many. to: a zip, None for beside the notebooks.

    In the zip each stands in the folder that its notebook came in, as Moodle and Canvas want it.
    """
    made = pages(out)
    if to is None:
        made = [one for one in made if one[1].parent.is_dir()]
        for (text, file, _), name in zip(made, names([f for _, f, _ in made]), strict=True):
            file.with_name(name).write_text(text, encoding="utf-8")
        return len(made)
    with zipfile.ZipFile(to, "w", zipfile.ZIP_DEFLATED) as archive:
        paths = [Path(inside) for *_, inside in made]
        for (text, *_), path, name in zip(made, paths, names(paths), strict=True):
            archive.writestr(path.with_name(name).as_posix(), text)
    return len(made)


def names(paths: list[Path]) -> list[str]:
    """A page's name for each file: its own, with its ending where another one's begins alike."""
    many = Counter(path.with_suffix("") for path in paths)
    alone = [many[path.with_suffix("")] == 1 for path in paths]
    return [(p.stem if one else p.name) + FEEDBACK for p, one in zip(paths, alone, strict=True)]
