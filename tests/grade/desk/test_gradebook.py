"""What Canvas, Moodle and Blackboard take: their own exports come back as they were, with points.

The heads are those that each documents: Canvas's export (two of its assignments), Moodle's
grading worksheet and its import by columns, Blackboard's download.
"""

import csv

import pytest

from utils.grade.desk import roster as rosters
from utils.grade.desk import sheet
from utils.grade.desk.matching import matched
from utils.grade.recorded import RunError
from utils.grade.reports import gradebook

CANVAS = """Student,ID,SIS User ID,SIS Login ID,Section,Language Modeling (87),Quiz (88)
    Points Possible,,,,,12,5
"Lovelace, Ada",12345,s-001,ada01,Monday,,
"Weiß, Jörg",12346,s-002,joerg,Monday,,
"Wu, Li",12347,s-003,liwu,Monday,,
"""
WORKSHEET = """Identifier,Full name,Email address,Status,Grade,Maximum Grade,\
Last modified (submission),Feedback comments
Participant 4711,Ada Lovelace,ada01@example.org,Submitted for grading,,12.00,\
"Sunday, 31 May 2026, 11:59 PM",
Participant 4712,Jörg Weiß,joerg@example.org,Submitted for grading,,12.00,-,
Participant 4713,Li Wu,liwu@example.org,No submission,,12.00,-,
"""
BLACKBOARD = """"Last Name","First Name","Username","Student ID","01 [Total Pts: 12 Score] |77"
"Lovelace","Ada","ada01","1",""
"Weiß","Jörg","joerg","2",""
"Wu","Li","liwu","3",""
"""
LESSON, NEXT = "01_language_modeling", "02_byte_pair_encoding"


def entry(file, points, lesson=LESSON):
    graded = {"file": file, "lesson": lesson, "exercises": [], "max_points": 12}
    return graded | {"points": points, "status": "graded" if points is not None else "not graded"}


def graded(tmp_path, text, *entries):
    path = tmp_path / "class.csv"
    path.write_text(text, encoding="utf-8")
    return matched({"submissions": list(entries)}, rosters.read(path), [])


def run(tmp_path, text):
    """Ada has 7 of 12, Jörg 0, Li handed in nothing; a week later Ada has 3 in the next lesson."""
    first = graded(tmp_path, text, entry("ada01.ipynb", 7), entry("joerg.ipynb", 0))
    return first, graded(tmp_path, text, entry("ada01.ipynb", 3, NEXT), entry("liwu.ipynb", None))


def test_canvas_gets_its_own_rows_and_columns_back(tmp_path):
    for report in run(tmp_path, CANVAS):
        gradebook.write_canvas(report, tmp_path)
    with (tmp_path / "canvas.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.reader(file))
    head = ["Language Modeling (87)", "02 Byte pair encoding"]
    assert rows == [
        ["Student", "ID", "SIS User ID", "SIS Login ID", "Section", *head],
        ["    Points Possible", "", "", "", "", "12", "12"],
        ["Lovelace, Ada", "12345", "s-001", "ada01", "Monday", "7", "3"],
        ["Weiß, Jörg", "12346", "s-002", "joerg", "Monday", "0", ""],
        ["Wu, Li", "12347", "s-003", "liwu", "Monday", "", ""],
    ]
    (tmp_path / "class.csv").write_bytes((tmp_path / "canvas.csv").read_bytes())
    again = rosters.read(tmp_path / "class.csv")
    assert [s.id for s in again.students] == ["12345", "12346", "12347"]


def test_moodles_worksheet_is_filled_in_and_nothing_else_of_it_changes(tmp_path):
    first, _ = run(tmp_path, WORKSHEET)
    gradebook.write_moodle(first, tmp_path)
    (_, before), (_, after) = (sheet.read(tmp_path / f"{n}.csv") for n in ("class", "moodle"))
    assert [row["Grade"] for row in after] == ["7", "0", ""]
    assert [{**row, "Grade": ""} for row in after] == before
    both = graded(tmp_path, WORKSHEET, entry("ada01.ipynb", 1), entry("joerg.ipynb", 1, NEXT))
    with pytest.raises(RunError, match="one assignment"):
        gradebook.write_moodle(both, tmp_path)


def test_moodles_import_is_mapped_by_address_or_number(tmp_path):
    for report in run(tmp_path, "id,name,email\n1,Ada Lovelace,ada01@x.org\n2,Joerg,Joerg@x.org\n"):
        gradebook.write_moodle(report, tmp_path)
    head, rows = sheet.read(tmp_path / "moodle.csv")
    assert head == [*gradebook.MOODLE, "01 Language modeling", "02 Byte pair encoding"]
    assert list(rows[0].values()) == ["Ada", "Lovelace", "", "1", "ada01@x.org", "7", "3"]
    assert rows[1]["Email address"] == "Joerg@x.org", "Moodle tells capitals apart"


def test_blackboards_columns_keep_their_number(tmp_path):
    for report in run(tmp_path, BLACKBOARD):
        gradebook.write_blackboard(report, tmp_path)
    lines = (tmp_path / "blackboard.csv").read_text(encoding="utf-8").splitlines()
    assert lines[:2] == [
        '"Last Name","First Name","Username","Student ID",'
        '"01 [Total Pts: 12 Score] |77","02 Byte pair encoding"',
        '"Lovelace","Ada","ada01","1","7","3"',
    ]


@pytest.mark.parametrize("name", ["=1+1", "+cmd", "-2", "@sum", "\t=1", " =1"])
def test_a_name_is_no_formula(tmp_path, name):
    report = graded(tmp_path, "id,name\n1,x\n", entry("1.ipynb", 1))
    report["roster"]["students"][0]["name"] = name
    gradebook.write_canvas(report, tmp_path)
    with (tmp_path / "canvas.csv").open(encoding="utf-8", newline="") as file:
        assert list(csv.reader(file))[2][0] == "'" + name


def test_of_two_submissions_the_better_counts(tmp_path):
    report = graded(tmp_path, CANVAS, entry("ada01.ipynb", 7), entry("x/ada01.ipynb", 4))
    gradebook.write_canvas(report, tmp_path)
    assert sheet.read(tmp_path / "canvas.csv")[1][1]["Language Modeling (87)"] == "7"


def test_a_lesson_of_somebody_who_has_left_has_no_column(tmp_path):
    first = graded(tmp_path, CANVAS, entry("ada01.ipynb", 7, NEXT), entry("joerg.ipynb", 5))
    gradebook.write_canvas(first, tmp_path)
    without = "".join(line for line in CANVAS.splitlines(True) if "Lovelace" not in line)
    gradebook.write_canvas(graded(tmp_path, without, entry("joerg.ipynb", 5)), tmp_path)
    assert sheet.read(tmp_path / "canvas.csv")[0][5:] == ["Language Modeling (87)"]


def test_damaged_marks_of_earlier_weeks_are_not_taken_for_none(tmp_path):
    (tmp_path / "grades.json").write_text('{"1": {')
    with pytest.raises(RunError, match="grades.json is damaged"):
        gradebook.write_canvas(graded(tmp_path, CANVAS, entry("joerg.ipynb", 5)), tmp_path)
    assert (tmp_path / "grades.json").read_text() == '{"1": {'


def test_a_file_that_was_taken_for_somebody_elses_leaves_no_mark_there(tmp_path):
    report = graded(tmp_path, CANVAS, entry("ada01.ipynb", 7), entry("liwu.ipynb", 5, NEXT))
    gradebook.write_canvas(report, tmp_path)
    for s in report["submissions"]:
        s["student"] = {"key": "12346", "name": "Jörg Weiß", "id": "12346", "section": ""}
    gradebook.write_canvas(report, tmp_path)
    _, (_, ada, jörg, li) = sheet.read(tmp_path / "canvas.csv")
    assert [row["Language Modeling (87)"] for row in (ada, jörg, li)] == ["", "7", ""]
    assert [row["02 Byte pair encoding"] for row in (ada, jörg, li)] == ["", "5", ""]


def test_without_a_roster_there_is_no_gradebook(tmp_path):
    with pytest.raises(RunError, match="--roster"):
        gradebook.write_canvas({"submissions": []}, tmp_path)
