"""`python -m utils.grade return OUT`: each student's page, beside their notebook or in one zip."""

import json
import os
import zipfile
from collections import Counter
from pathlib import Path

from utils.grade.found import FEEDBACK
from utils.grade.recorded import RunError
from utils.grade.reports.people import page_name
from utils.text import cleaned, write_whole

CLASS_LINK = '<p><a href="index.html">The class</a></p>\n'  # the class is not a student's business


def pages(out: Path) -> tuple[list[tuple[str, Path]], list[Path]]:
    """([(a page's text, the notebook's absolute path)], the paths that were graded)."""
    try:
        entries = json.loads((out / "report.json").read_text(encoding="utf-8"))["submissions"]
        note = json.loads((out / "finished" / "class.json").read_text(encoding="utf-8"))
        made = []
        for number, (entry, file) in enumerate(zip(entries, note["submissions"], strict=True), 1):
            text = (out / page_name(number, entry)).read_text(encoding="utf-8")
            made.append((text.replace(CLASS_LINK, ""), Path(file)))
        return made, [Path(path) for path in note["paths"]]
    except (OSError, ValueError, KeyError) as error:
        raise RunError(f"{out} holds no finished reports with pages ({error})") from None


def give_back(out: Path, to: Path | None) -> tuple[int, list[str]]:
    """Write the pages; returns (how many, why others were not, each in a sentence). to: a zip, None
    for beside the notebooks.

    In the zip each stands in the folder that its notebook came in, as Moodle and Canvas want it.
    """
    made, graded = pages(out)
    if to is None:
        return _beside([one for one in made if one[1].parent.is_dir()], graded)
    with zipfile.ZipFile(to, "w", zipfile.ZIP_DEFLATED) as archive:
        for (text, _), name in zip(made, in_zip([file for _, file in made], graded), strict=True):
            archive.writestr(name, text)
    return len(made), []


def _beside(made: list[tuple[str, Path]], graded: list[Path]) -> tuple[int, list[str]]:
    said = []
    for (text, file), name in zip(made, names([file for _, file in made]), strict=True):
        page = file.with_name(name)
        why = "its folder is reached by a link, which is not followed"
        if _is_where_it_seems(file.parent, graded):
            try:
                write_whole(page, text)  # in the place of a link, not of what it leads to
                continue
            except OSError as error:
                why = error.strerror
        said.append(f"{cleaned(str(page))} was not written: {why}.")
    return len(made) - len(said), said


def _is_where_it_seems(folder: Path, graded: list[Path]) -> bool:
    """Whether no link stands between a graded folder and a folder in it: a student may have put one
    there, to where somebody else's files are.
    """
    bases = [base for base in graded if folder.is_relative_to(base)]
    return not bases or any(
        os.path.realpath(folder) == os.path.join(os.path.realpath(base), folder.relative_to(base))
        or folder == base
        for base in bases
    )


def in_zip(files: list[Path], graded: list[Path]) -> list[str]:
    """A page's name in the zip for each file: from the graded folder on, or from further up where
    two would be called the same.
    """
    depths = [min(_depths(file, graded), default=1) for file in files]
    inside: list[Path] = []
    for more in range(max((len(file.parts) for file in files), default=0)):
        inside = [
            Path(*file.relative_to(file.anchor).parts[-depth - more :])
            for file, depth in zip(files, depths, strict=True)
        ]
        if len(set(inside)) == len(inside):
            break
    found: dict[str, None] = {}
    for path, name in zip(inside, names(inside), strict=True):
        # a backslash parts folders on Windows; what is no UTF-8 has no name in a zip
        name = path.with_name(name).as_posix().replace("\\", "_")
        name = name.encode("utf-8", "replace").decode()
        begin, number = name.removesuffix(FEEDBACK), 1
        while name in found:
            number += 1
            name = f"{begin}_{number}{FEEDBACK}"
        found[name] = None
    return list(found)


def _depths(file: Path, graded: list[Path]) -> list[int]:
    return [len(file.relative_to(base).parts) for base in graded if base in file.parents]


def names(paths: list[Path]) -> list[str]:
    """A page's name for each file: its own, with its ending where another one's begins alike."""
    many = Counter(path.with_suffix("") for path in paths)
    alone = [many[path.with_suffix("")] == 1 for path in paths]
    return [(p.stem if one else p.name) + FEEDBACK for p, one in zip(paths, alone, strict=True)]
