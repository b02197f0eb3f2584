"""Late by a minute, by a day, by more than it is worth."""

import os
from datetime import datetime, timedelta
from pathlib import Path
from types import SimpleNamespace

import pytest

from utils.grade.desk.deadline import applied, deadline, times
from utils.grade.desk.roster import Roster, Student
from utils.grade.recorded import RunError
from utils.text import cleaned

DUE = "2026-05-31 12:00"
MOMENT = datetime.fromisoformat(DUE).astimezone()


@pytest.mark.parametrize(
    "late, after, days, off",
    [
        ("", timedelta(hours=-1), 0, 0),
        ("", timedelta(hours=1), 0, 0),
        ("2/day", timedelta(hours=2), 0, 0),
        ("mark", timedelta(hours=3), 1, 0),
        ("2/day", timedelta(hours=3), 1, 2),
        ("2/day", timedelta(days=1, minutes=1), 2, 4),
        ("10%/day", timedelta(days=2), 2, 2.4),
        ("10%/day", timedelta(days=40), 40, 12),
    ],
)
def test_each_day_begun_costs_something_but_never_more_than_there_is(late, after, days, off):
    found = deadline(DUE, "2h", late).late(MOMENT + after, most=12)
    assert (found["days"], found["off"]) == (days, off) if found else days == 0


def entry(file, **more):
    made = {"file": str(file), "lesson": "01_language_modeling", "status": "graded"}
    return made | {"points": 9, "max_points": 12} | more


def test_the_files_own_time_counts_or_the_rosters_column(tmp_path):
    path = tmp_path / "a.ipynb"
    path.write_text("")
    os.utime(path, times=(MOMENT.timestamp() + 90_000,) * 2)
    limit, given = deadline(DUE, late="1/day"), {"submissions": [entry(path, student={"key": "7"})]}
    (found,) = applied(given, limit, None)["submissions"]
    assert found["points"] == 7 and found["late"]["words"] == (
        "handed in 1 day after it was due: 2 points off"
    )
    roster = Roster((Student("7", "Ada", handed_in="2026-05-31 11:00"),), (), "")
    (found,) = applied(given, limit, roster)["submissions"]
    assert found["points"] == 9 and "late" not in found
    roster = Roster((Student("7", "Ada"), Student("8", "Li", handed_in="2026-05-31")), (), "")
    (found,) = applied(given, limit, roster)["submissions"]
    assert found["points"] == 7, "her cell of the column is empty"


def test_a_second_late_is_a_minute_and_a_year_costs_no_more_than_there_is(tmp_path):
    limit = deadline(DUE, late="1/day")
    assert "1 minute after" in limit.late(MOMENT + timedelta(seconds=1), most=12)["words"]
    given = entry(tmp_path / "gone", handed_in=(MOMENT + timedelta(days=365)).isoformat())
    (found,) = applied({"submissions": [given]}, limit, None)["submissions"]
    assert found["points"] == 0
    (found,) = applied({"submissions": [found]}, deadline("2030-01-01"), None)["submissions"]
    assert "late" not in found, "the instructor has moved the deadline"


def test_what_was_not_graded_is_not_late(tmp_path):
    given = entry(tmp_path / "gone", handed_in=(MOMENT + timedelta(days=1)).isoformat())
    given |= {"status": "not graded", "points": None, "max_points": None}
    (found,) = applied({"submissions": [given]}, deadline(DUE, late="1/day"), None)["submissions"]
    assert found["points"] is None and "late" not in found


def test_a_file_that_is_gone_keeps_the_time_it_had(tmp_path):
    given = entry(tmp_path / "gone", handed_in=(MOMENT + timedelta(days=1)).isoformat())
    (found,) = applied({"submissions": [given]}, deadline(DUE, late="1/day"), None)["submissions"]
    assert found["points"] == 8


def test_moodles_own_times_are_read_and_odd_ones_matter_only_with_a_deadline():
    said = ("Sunday, 31 May 2026, 01:00 PM", "-", "Sonntag, 31. Mai")
    roster = Roster(tuple(Student(str(n), "x", handed_in=s) for n, s in enumerate(said)), (), "")
    assert times(roster, strict=False) == {"0": MOMENT + timedelta(hours=1)}
    with pytest.raises(RunError, match="the roster, 2: Sonntag"):
        times(roster, strict=True)


def test_a_date_alone_lasts_until_its_end():
    assert deadline("2026-05-31").due - MOMENT == timedelta(hours=12)


@pytest.mark.parametrize(
    "options, said",
    [(("soon",), "soon is no time"), ((DUE, "a bit"), "a bit is no length"),
     ((DUE, "", "harsh"), "harsh is none of"), (("", "1h"), "it is missing")],
)  # fmt: skip
def test_what_is_no_time_is_said(options, said):
    with pytest.raises(RunError, match=said):
        deadline(*options)


@pytest.mark.parametrize("odd", [1e12, -1e12, 1e300])
def test_a_time_that_no_calendar_has_is_not_known_and_stops_nothing(odd, tmp_path, monkeypatch):
    """As os.utime sets it on some file systems."""
    path, lstat = tmp_path / "a.ipynb", os.lstat
    path.write_text("")
    other = SimpleNamespace(st_mtime=odd)
    monkeypatch.setattr(os, "lstat", lambda p: other if Path(p) == path else lstat(p))
    limit = deadline(DUE, late="1/day")
    found = applied({"submissions": [entry(path)]}, limit, None)
    assert found["submissions"] == [entry(path)]
    (said,) = found["another_look"]
    assert said.startswith(f"{path}, lesson 01: when it was handed in is not known")
    assert applied({"submissions": [entry(path)]}, None, None)["another_look"] == []


@pytest.mark.parametrize(
    "name", ["ben\u200b/a.ipynb", "a\u2060b.ipynb", "a\u00adb.ipynb", "\udcff.ipynb", "a\x01.ipynb"]
)
def test_a_name_that_no_report_can_hold_is_late_all_the_same(name, tmp_path):
    path = tmp_path / name
    path.parent.mkdir(exist_ok=True)
    path.write_text("")
    given = {"submissions": [entry(cleaned(str(path)))]}
    (found,) = applied(given, deadline(DUE, late="1/day"), None, [path])["submissions"]
    assert found["points"] == 0 and "late" in found
