"""When something was due, when it was handed in, and what being late costs."""

import os
import re
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path

from utils.grade.desk.entries import who
from utils.grade.desk.roster import Roster
from utils.grade.recorded import RunError

DAY = timedelta(days=1)
UNITS = {"m": timedelta(minutes=1), "h": timedelta(hours=1), "d": DAY}
# as Moodle's grading worksheet writes "Last modified (submission)"
MOODLES = ("%A, %d %B %Y, %I:%M %p", "%A, %d %B %Y, %H:%M")


@dataclass(frozen=True)
class Deadline:
    """due: a moment with its time zone. grace: after it, nothing happens. off: what each day that
    was begun after `due` costs, in points, or in percent of the lesson's with `percent`.
    """

    due: datetime
    grace: timedelta = timedelta()
    off: float = 0.0
    percent: bool = False

    def late(self, handed_in: datetime, most: float) -> dict | None:
        """What is said of a submission that came then; None where it was in time.

        most: the lesson's points. Returned: `days` begun, `off` in points, `words`.
        """
        past = handed_in - self.due
        if past <= self.grace:
            return None
        days = -(-past // DAY)
        off = round(min(days * self.off * (most / 100 if self.percent else 1), most), 2)
        words = f"handed in {_length(past)} after it was due"
        words += f": {off:g} points off" if off else ""
        return {"days": days, "off": off, "words": words}


def deadline(due: str, grace: str = "", late: str = "") -> Deadline | None:
    """From what the command line says; None without a due time. RunError in one sentence."""
    if not due:
        if grace or late:
            raise RunError("--grace and --late say what happens after --due; it is missing")
        return None
    off, percent = 0.0, False
    if late not in ("", "mark"):
        found = re.fullmatch(r"(\d+(?:\.\d+)?)\s*(%?)\s*(?:/|per)\s*day", late.strip())
        if not found:
            raise RunError(f"--late {late} is none of mark, 2/day (points) and 10%/day")
        off, percent = float(found[1]), bool(found[2])
    return Deadline(moment(due, "--due"), _length_of(grace), off, percent)


def applied(
    report: dict,
    limit: Deadline | None,
    roster: Roster | None,
    files: Iterable[Path] | None = None,
) -> dict:
    """The report with `handed_in` in each entry, and `late` and less points where it came late.
    With a deadline, those whose time is not known are listed in `another_look`.

    The moment is the roster's, where it has a column for it, else the file's own. files: each
    entry's, whose name `file` may only resemble.
    """
    given = times(roster, strict=bool(limit)) if roster else {}
    entries, look = [], list(report.get("another_look", ()))
    files = [Path(entry["file"]) for entry in report["submissions"]] if files is None else files
    for entry, file in zip(report["submissions"], files, strict=True):
        entry = {name: value for name, value in entry.items() if name != "late"}
        if came := _handed_in(entry, file, given):
            entry["handed_in"] = came.isoformat(timespec="seconds")
            late = limit.late(came, entry["max_points"] or 0) if limit else None
            if late and entry["status"] == "graded":
                less = max(0, round(entry["points"] - late["off"], 2))
                entry |= {"late": late, "points": int(less) if less == int(less) else less}
        elif limit and entry["status"] == "graded":
            words = "when it was handed in is not known, so nothing was taken off"
            look.append(f"{who(entry)}, lesson {entry['lesson'][:2]}: {words}")
        entries.append(entry)
    return report | {"submissions": entries, "another_look": look}


def times(roster: Roster, strict: bool) -> dict[str, datetime]:
    """{student's key: when they handed in} as the roster says. A time that cannot be read is a
    RunError if strict, else as if it were not there.
    """
    found = {}
    for student in roster.students:
        if student.handed_in.strip("-"):
            try:
                found[student.key] = moment(student.handed_in, f"the roster, {student.key}")
            except RunError:
                if strict:
                    raise
    return found


def _handed_in(entry: dict, file: Path, given: dict[str, datetime]) -> datetime | None:
    key = entry.get("student", {}).get("key")
    if key in given:
        return given[key]
    try:
        return datetime.fromtimestamp(os.lstat(file).st_mtime).astimezone()
    except (ValueError, OverflowError):  # a file may claim to be from the year 33658
        return None
    except OSError:  # graded in an earlier run, and gone since
        before = entry.get("handed_in")
        return datetime.fromisoformat(before) if before else None


def moment(text: str, where: str, day_ends: bool = True) -> datetime:
    """A time as people write it, here where it names no zone; a date alone is its end, or its
    beginning. RunError where it is none.
    """
    found = None
    for read in (
        lambda: datetime.fromisoformat(text.strip().replace("Z", "+00:00")),
        *(partial(datetime.strptime, text.strip(), form) for form in MOODLES),
    ):
        with suppress(ValueError):
            found = found or read()
    if not found:
        raise RunError(f"{where}: {text} is no time; write it as 2026-05-31 23:59")
    if day_ends and len(text.strip()) == 10:
        found += DAY
    return found.astimezone()


def _length_of(text: str) -> timedelta:
    found = re.fullmatch(r"(\d+)\s*([mhd])", text.strip()) if text else None
    if text and not found:
        raise RunError(f"--grace {text} is no length of time; write 15m, 2h or 1d")
    return int(found[1]) * UNITS[found[2]] if found else timedelta()


def _length(past: timedelta) -> str:
    minutes = max(1, round(past.total_seconds() / 60))
    for size, name in ((1440, "day"), (60, "hour"), (1, "minute")):
        if minutes >= size:
            count = minutes // size
            return f"{count} {name}{'s' if count > 1 else ''}"
    raise AssertionError
