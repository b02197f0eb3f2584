"""Gradebooks: a row for each student of the roster, a column for each lesson, of several runs.

The columns are the ones that each system documents for its import. Where the roster is that
system's own export, its cells and its names of columns come back as they were, so that a column is
matched and not made anew. A cell is empty where nothing was handed in, or where it could not be
graded; 0 is for what was handed in and earned nothing. Of two submissions the better counts.
"""

import json
import re
from pathlib import Path

from utils.grade.desk import sheet
from utils.grade.desk.entries import title, tries
from utils.grade.recorded import RunError
from utils.text import write_whole

KEPT = "grades.json"
CANVAS = ["Student", "ID", "SIS User ID", "SIS Login ID", "Section"]
MOODLE = ["First name", "Last name", "Username", "ID number", "Email address"]
BLACKBOARD = ["Last Name", "First Name", "Username", "Student ID"]


def write_canvas(report: dict, out: Path) -> None:
    """Canvas: Grades, Import. The second row gives the points that a lesson has."""
    own = "SIS Login ID" in _roster(report, "canvas")["head"]

    def identity(student: dict) -> list[str]:
        if own:
            return [student["row"].get(name, "") for name in CANVAS]
        login = student["login"] or student["email"]
        return [student["name"], "", student["id"], login, student["section"]]

    marks, lessons = kept(report, out), _lessons(report, out)
    most = [max(m[n]["max_points"] for m in marks.values() if n in m) for n in lessons]
    possible = ["    Points Possible", "", "", "", "", *most]
    _write(report, out, "canvas", CANVAS, identity, first=[possible])


def write_moodle(report: dict, out: Path) -> None:
    """Moodle: Grades, Import, CSV file, mapped by address or ID number. Where the roster is an
    assignment's grading worksheet, that worksheet with its grades.
    """
    roster = _roster(report, "moodle")
    head = roster["head"]
    if {"Identifier", "Grade"} <= set(head):
        lessons = sorted({s["lesson"] for s in report["submissions"] if s["lesson"]})
        if len(lessons) != 1:
            raise RunError("Moodle's grading worksheet is of one assignment: grade one lesson")
        marks = kept(report, out)
        rows = []
        for student in roster["students"]:
            mark = marks.get(student["key"], {}).get(lessons[0])
            row = student["row"] | ({"Grade": mark["points"]} if mark else {})
            rows.append([row.get(name, "") for name in head])
        sheet.write(out / "moodle.csv", head, rows)
        return

    def identity(student: dict) -> list[str]:
        first, last = _names(student)
        return [first, last, student["login"], student["id"], student["email"]]

    _write(report, out, "moodle", MOODLE, identity)


def write_blackboard(report: dict, out: Path) -> None:
    """Blackboard: Upload Grades. Every cell is in quotation marks, as its manual wants it."""

    def identity(student: dict) -> list[str]:
        first, last = _names(student)
        return [last, first, student["login"] or student["id"], student["id"]]

    _write(report, out, "blackboard", BLACKBOARD, identity, quoted=True)


def kept(report: dict, out: Path) -> dict[str, dict[str, dict]]:
    """{student's key: {lesson: {points, max_points, file}}} of this run and of those before it.

    RunError where what those left is damaged.
    """
    path = out / KEPT
    try:
        marks = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        marks = {}
    except ValueError:
        raise RunError(
            f"{path} is damaged; it holds the marks of earlier runs: mend it, or move it away to "
            "begin anew"
        ) from None
    here = {(s["lesson"], s["file"]) for s in report["submissions"]}
    for own in marks.values():  # the roster may say by now that a file is somebody else's
        for lesson in [name for name, mark in own.items() if (name, mark["file"]) in here]:
            del own[lesson]
    graded = [s for s in report["submissions"] if "student" in s]
    for (key, lesson), (best, *_) in tries(graded).items():
        mark = {name: best[name] for name in ("points", "max_points", "file")}
        marks.setdefault(key, {})[lesson] = mark
    write_whole(path, json.dumps(marks, indent=1))
    return marks


def _write(report, out: Path, name: str, head, identity, first=(), quoted=False) -> None:
    roster, marks, lessons = _roster(report, name), kept(report, out), _lessons(report, out)
    rows = [list(row) for row in first]
    for student in roster["students"]:
        own = marks.get(student["key"], {})
        points = [own[lesson]["points"] if lesson in own else "" for lesson in lessons]
        rows.append([*identity(student), *points])
    columns = [_column(lesson, roster["head"]) for lesson in lessons]
    sheet.write(out / f"{name}.csv", [*head, *columns], rows, quoted=quoted)


def _lessons(report: dict, out: Path) -> list[str]:
    known = {student["key"] for student in report["roster"]["students"]}
    return sorted({n for key, own in kept(report, out).items() if key in known for n in own})


def _column(lesson: str, head: list[str]) -> str:
    """A lesson's column: the roster's own, which may carry the system's number, or a new one."""
    words = lesson[3:].replace("_", " ")
    for name in head:
        plain = " ".join(re.findall(r"[^\W_]+", name.lower()))
        if f" {words} " in f" {plain} " or plain.startswith(f"{lesson[:2]} "):
            return name
    return title(lesson)


def _roster(report: dict, name: str) -> dict:
    if "roster" not in report:
        raise RunError(f"--format {name} needs the class's list: --roster FILE")
    return report["roster"]


def _names(student: dict) -> tuple[str, str]:
    """(first, last): the columns' own, else the last word of the name is the last name."""
    if student["first"] or student["last"]:
        return student["first"], student["last"]
    first, _, last = student["name"].rpartition(" ")
    return first, last
