"""The judge's report -> the desk's: whose each submission is, what a person gave, what was late."""

import json
import os
from dataclasses import dataclass
from pathlib import Path

from utils.grade.desk import deadline, matching, overrides, roster
from utils.grade.desk.entries import place
from utils.grade.desk.similar import alike
from utils.text import cleaned


@dataclass(frozen=True)
class Desk:
    """What the command line asked for. paths: what was graded."""

    paths: tuple[Path, ...]
    out: Path
    roster: Path | None = None
    write_overrides: bool = False
    due: str = ""
    grace: str = ""
    late: str = ""
    handed_out: str = ""
    before: dict | None = None  # what changes are counted from; None: the last report in `out`

    def open(self) -> "Desk":
        """Read what it needs before anything is graded: RunError comes at once."""
        self._read()
        return self

    def _read(self):
        if self.handed_out:
            deadline.moment(self.handed_out, "--handed-out", day_ends=False)
        limit = deadline.deadline(self.due, self.grace, self.late)
        students = roster.read(self.roster) if self.roster else None
        if limit and students:
            deadline.times(students, strict=True)
        return limit, students, overrides.read(self.out)

    def reckoned(self, report: dict) -> dict:
        """The report with all that the desk says; it may be one that the desk has seen before."""
        limit, students, rows = self._read()
        before = last(self.out) if self.before is None else self.before
        files = files_of(report, self.out)
        if students:
            report = matching.matched(report, students, self.paths, files)
            report["roster"]["nothing"] = matching.with_others(
                report["roster"]["nothing"], students, list(self.paths), self.out
            )
        report = overrides.applied(report, rows)
        overrides.write(report, rows, self.out, self.write_overrides)
        report = deadline.applied(report, limit, students, files)
        if limit:
            report["due"] = limit.due.isoformat(timespec="minutes")
        if self.handed_out:
            begin = deadline.moment(self.handed_out, "--handed-out", day_ends=False)
            report["handed_out"] = begin.isoformat(timespec="minutes")
        return report | {"alike": alike(report["submissions"]), "changes": changes(report, before)}


def files_of(report: dict, out: Path) -> list[Path]:
    """Each entry's file, from the note that classes.merged leaves: an entry's `file` is cleaned,
    and there may be none of that name.
    """
    entries = report["submissions"]
    try:
        note = json.loads((out / "finished" / "class.json").read_text(encoding="utf-8"))
        files = list(note["submissions"])
        names = [cleaned(os.path.basename(file)) for file in files]
        if names == [os.path.basename(entry["file"]) for entry in entries]:
            return [Path(file) for file in files]
    except (OSError, ValueError, KeyError, TypeError):
        pass  # the report is not of a run into this folder
    return [Path(entry["file"]) for entry in entries]


def last(out: Path) -> dict:
    """The last report in a folder; {} where there is none."""
    try:
        return json.loads((out / "report.json").read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}


def changes(report: dict, before: dict) -> dict[str, list[str]]:
    """{author and lesson's file: exercises that passed since the report before}, and [] for a file
    that is new; nothing of a first run. Where the files are the same, as when only an override was
    filled in, it is what that report said.
    """
    if _digests(report) == _digests(before):
        return before.get("changes", {})
    old = {place(s): _passed(s) for s in before.get("submissions", [])}
    found = {}
    for entry in report["submissions"] if old else ():
        if place(entry) not in old:
            found[place(entry)] = []
        elif gained := sorted(_passed(entry) - old[place(entry)]):
            found[place(entry)] = gained
    return found


def _digests(report: dict) -> dict[str, str]:
    return {s["file"]: s.get("digest", "") for s in report.get("submissions", [])}


def _passed(entry: dict) -> set[str]:
    return {e["id"] for e in entry["exercises"] if e["status"] == "passed"}
