"""`python -m utils.grade return OUT`: each student's page, beside their notebook or in one zip."""

import json
import os
import zipfile
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
        for text, file, _ in made:
            if file.parent.is_dir():
                file.with_name(file.stem + FEEDBACK).write_text(text, encoding="utf-8")
        return len(made)
    with zipfile.ZipFile(to, "w", zipfile.ZIP_DEFLATED) as archive:
        for text, _, inside in made:
            path = Path(inside)
            archive.writestr(path.with_name(path.stem + FEEDBACK).as_posix(), text)
    return len(made)
