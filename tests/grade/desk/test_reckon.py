"""What the desk says of a report, and of one that it has seen before."""

import os
from datetime import datetime

from utils.grade.desk.reckon import Desk, changes

DUE = "2026-05-31 12:00"
LESSON = "01_language_modeling"


def entry(file, status="failed"):
    points = int(status == "passed")
    exercise = {"id": "suggest", "status": status, "points": points, "max_points": 1, "code": ""}
    other = {"id": "perplexity", "status": "passed", "points": 2, "max_points": 2, "code": ""}
    return {
        "file": str(file), "digest": "d", "lesson": LESSON, "status": "graded",
        "points": points + 2, "max_points": 3, "exercises": [exercise, other],
    }  # fmt: skip


def test_points_are_taken_off_once_however_often_a_report_is_reckoned(tmp_path):
    path = tmp_path / "a.ipynb"
    path.write_text("")
    os.utime(path, times=(datetime.fromisoformat(DUE).timestamp() + 60,) * 2)
    desk = Desk((tmp_path,), tmp_path / "out", due=DUE, late="1/day", handed_out="2026-05-01")
    once = desk.open().reckoned({"submissions": [entry(path)]})
    assert once["submissions"][0]["points"] == 1
    assert desk.reckoned(once)["submissions"] == once["submissions"]
    assert once["handed_out"].startswith("2026-05-01T00:00"), "a date alone is its beginning"


def test_what_is_new_since_the_last_run_is_said_and_of_a_first_run_nothing():
    before = {"submissions": [entry("a.ipynb"), entry("b.ipynb")]}
    now = {"submissions": [entry("a.ipynb", "passed"), entry("b.ipynb"), entry("c.ipynb")]}
    said = {place.split("\n")[1]: gained for place, gained in changes(now, before).items()}
    assert said == {"a.ipynb": ["suggest"], "c.ipynb": []}
    assert changes(now, {}) == {}
