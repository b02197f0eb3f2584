"""What the desk says of a report, and of one that it has seen before."""

import json
import os
from datetime import datetime
from pathlib import Path

import pytest

from utils.grade.classes import merged
from utils.grade.desk.reckon import Desk, changes
from utils.text import cleaned

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


@pytest.mark.parametrize("name", ["ben\u200b/01.ipynb", "be\u00adn/01.ipynb", "01_\udcff.ipynb"])
def test_the_file_itself_is_looked_at_whatever_its_name_is_in_a_report(name, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    path = Path("class") / name
    path.parent.mkdir(parents=True)
    cell = {"cell_type": "code", "source": ["# Name: Ben" if path.parent.name == "class" else ""]}
    path.write_text(json.dumps({"cells": [cell]}))
    (tmp_path / "class.csv").write_text("name\nBen\nEve\n")
    (tmp_path / "out" / "finished").mkdir(parents=True)
    paths, out = [Path("class")], Path("out")
    report = merged({"submissions": [entry(cleaned(str(path)))]}, [path], paths, out)
    desk = Desk(tuple(paths), out, Path("class.csv"), due="2020-01-01", late="1/day")
    reckoned = desk.open().reckoned(report)
    (found,) = reckoned["submissions"]
    assert found["student"]["name"] == "Ben" and found["points"] == 0 and "late" in found
    assert [student["name"] for student in reckoned["roster"]["nothing"]] == ["Eve"]


def test_what_else_is_there_of_those_who_handed_in_nothing(tmp_path):
    for name in ("g1/ada/01.ipynb", "g1/ben/photo.png", "g1/ada/notes.txt", "noor_77_photo.png"):
        (tmp_path / "class" / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "class" / name).write_text("{}")
    (tmp_path / "class.csv").write_text("name\nAda\nBen\nNoor\nEve\n")
    desk = Desk((tmp_path / "class",), tmp_path / "out", tmp_path / "class.csv")
    given = {"submissions": [entry(tmp_path / "class" / "g1" / "ada" / "01.ipynb")]}
    nothing = desk.reckoned(given)["roster"]["nothing"]
    assert {student["name"]: student.get("others") for student in nothing} == {
        "Ben": ["ben/photo.png"],
        "Noor": ["class/noor_77_photo.png"],
        "Eve": None,
    }
