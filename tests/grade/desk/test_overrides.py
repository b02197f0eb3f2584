"""What a person gave survives grading again."""

import csv

import pytest

from utils.grade.desk import overrides
from utils.grade.recorded import RunError


def report(digest="a" * 64, points=0, key="7"):
    exercise = {"id": "softmax", "points": points, "max_points": 2, "status": "failed"}
    other = {"id": "scale", "points": 1, "max_points": 1, "status": "passed"}
    entry = {
        "file": "x/ada.ipynb", "digest": digest, "lesson": "04_masked_self_attention",
        "status": "graded", "points": points + 1, "max_points": 3, "exercises": [exercise, other],
        "student": {"key": key, "name": "=Ada"},
    }  # fmt: skip
    return {"submissions": [entry]}


def run(out, given, every=False):
    rows = overrides.read(out)
    found = overrides.applied(given, rows)
    overrides.write(found, rows, out, every)
    return found


def fill(out, **cells):
    """Type into the row of softmax."""
    with (out / "overrides.csv").open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    next(row for row in rows if row["exercise"] == "softmax").update(cells)
    with (out / "overrides.csv").open("w", encoding="utf-8", newline="") as file:
        table = csv.DictWriter(file, overrides.HEAD, delimiter=";")
        table.writeheader()
        table.writerows(rows)


def test_all_rows_are_written_filled_in_and_kept_by_later_runs(tmp_path):
    run(tmp_path, report(), every=True)
    fill(tmp_path, points="1,5", comment="right idea")
    for _ in range(2):
        found = run(tmp_path, report())
        (entry,) = found["submissions"]
        assert entry["points"] == 2.5 and entry["exercises"][0]["comment"] == "right idea"
        assert entry["exercises"][0]["judged"] == 0 and not found["another_look"]
    again = overrides.applied(found, overrides.read(tmp_path))
    assert again["submissions"] == found["submissions"], "a report of an earlier run is no other"
    run(tmp_path, report(), every=True)
    assert len((tmp_path / "overrides.csv").read_text().splitlines()) == 3


def test_a_changed_submission_is_shown_for_another_look_until_somebody_looked(tmp_path):
    run(tmp_path, report(), every=True)
    fill(tmp_path, points="1")
    for _ in range(2):
        found = run(tmp_path, report("b" * 64, points=2))
        assert "=Ada, softmax: the submission has changed" in found["another_look"][0]
        assert "now gives 2 points" in found["another_look"][0]
        assert found["submissions"][0]["points"] == 2, "it counts as long as nobody takes it back"
    fill(tmp_path, submission="")
    assert not run(tmp_path, report("b" * 64))["another_look"]
    assert run(tmp_path, report("c" * 64))["another_look"]


def test_of_two_tries_the_one_that_was_seen_is_meant(tmp_path):
    both = {"submissions": [*report()["submissions"], *report("b" * 64, points=1)["submissions"]]}
    (tmp_path / "overrides.csv").write_text("student,exercise,points,comment\n7,softmax,2,\n")
    for _ in range(2):
        found = run(tmp_path, both)
        assert [s["points"] for s in found["submissions"]] == [1, 3] and not found["another_look"]


def test_a_row_typed_by_hand_needs_four_columns(tmp_path):
    path = tmp_path / "overrides.csv"
    path.write_text("student,exercise,points,comment\n7,softmax,2,\n8,softmax,2,\n")
    found = run(tmp_path, report())
    assert found["submissions"][0]["points"] == 3
    assert found["another_look"] == [
        "8, softmax: nothing that was graded is meant by this override"
    ]
    assert path.read_text().splitlines()[1] == f"7,,,softmax,2,,,{'a' * 12}"


def test_a_row_is_for_its_lesson_and_its_student_and_none_of_the_points_are_some(tmp_path):
    (tmp_path / "overrides.csv").write_text(
        "student,lesson,exercise,points,comment\n"
        "7,04,softmax,2,\n'=Ada,04_masked_self_attention,scale,0,\n7,05,softmax,1,\n"
    )
    found = run(tmp_path, report())
    assert [e["points"] for e in found["submissions"][0]["exercises"]] == [2, 0]
    assert found["submissions"][0]["points"] == 2
    assert [words[:11] for words in found["another_look"]] == ["7, softmax:"]


def test_more_points_than_there_are_deserve_another_look(tmp_path):
    (tmp_path / "overrides.csv").write_text(
        "student,lesson,exercise,points,comment\n7,04,softmax,77,\n"
    )
    found = run(tmp_path, report())
    assert found["submissions"][0]["points"] == 78
    assert found["another_look"] == ["=Ada, softmax: the override gives 77 of 2"]


def test_what_was_not_graded_has_no_points(tmp_path):
    given = {"file": "x", "status": "not graded", "points": None, "exercises": [], "lesson": None}
    assert run(tmp_path, {"submissions": [given]})["submissions"] == [given]


@pytest.mark.parametrize("points", ["two", "-1", "nan"])
def test_what_is_no_number_of_points_stops_the_run(tmp_path, points):
    path = tmp_path / "overrides.csv"
    path.write_text(f"student,exercise,points,comment\n7,softmax,{points},\n")
    with pytest.raises(RunError, match="7, softmax: .* is no number of points"):
        overrides.read(tmp_path)


def test_without_a_roster_the_file_stands_for_its_author(tmp_path):
    given = report()
    del given["submissions"][0]["student"]
    run(tmp_path, given, every=True)
    fill(tmp_path, points="2")
    assert run(tmp_path, given)["submissions"][0]["points"] == 3
