"""Reports: one dict (report.json) and its renderings. Student text is escaped wherever it goes.

The dict: `submissions`, each with file, lesson, status, points, max_points, notes, seed, isolation
and exercises (id, status, points, max_points, diagnosis, code, cases, hint); `rules`, how marks
were made. A format is a function from it and a folder; add it to FORMATS.
"""

import unicodedata
from collections.abc import Callable
from pathlib import Path

from utils.grade.desk.entries import who
from utils.grade.reports.gradebook import write_blackboard, write_canvas, write_moodle
from utils.grade.reports.machine import write_csv, write_gradescope, write_json, write_junit
from utils.grade.reports.people import write_html

FORMATS: dict[str, Callable[[dict, Path], None]] = {
    "json": write_json,
    "csv": write_csv,
    "junit": write_junit,
    "gradescope": write_gradescope,
    "html": write_html,
    "canvas": write_canvas,
    "moodle": write_moodle,
    "blackboard": write_blackboard,
}
GRADEBOOKS = {"canvas", "moodle", "blackboard"}


def write(report: dict, out: Path, formats: list[str]) -> None:
    """Write the report in each format into the folder `out`."""
    out.mkdir(parents=True, exist_ok=True)
    for name in formats:
        FORMATS[name](report, out)


def table(report: dict) -> str:
    """The class on a terminal: a line for each submission."""
    lines = [f"{'points':>11}  lesson  submission"]
    for s in report["submissions"]:
        graded = s["status"] == "graded"
        points = f"{s['points']:>5g} /{s['max_points']:4g}" if graded else "          –"
        note = "; ".join(s["notes"]) if graded else f"not graded: {s['reason']}"
        lesson = s["lesson"][:2] if graded else "–"
        line = f"{points}  {lesson:6}  {who(s)}" + (f"  ({note})" if note else "")
        lines.append("".join(" " if unicodedata.category(c) == "Cc" else c for c in line))
    if "roster" in report:
        lines.append(f"The roster: {report['roster']['understood']}.")
    return "\n".join(lines)
