"""What programs are told: JUnit's counts, Gradescope's tests, a spreadsheet's cells."""

import csv
import json
from xml.etree import ElementTree

from tests.grade.reports import exercise, graded, not_graded, report
from utils.grade.reports import table
from utils.grade.reports.machine import in_lines, write_csv, write_gradescope, write_junit

WRONG = exercise(
    diagnosis="You squared.",
    hint="Add.",
    cases=[
        {"label": "a word", "passed": True, "got": "'a'"},
        {"label": "no words", "passed": False, "got": "IndexError"},
    ],
)


def test_what_failed_and_what_could_not_be_graded_is_counted(tmp_path):
    one = graded("a", WRONG, exercise("merge", "passed"), exercise("perplexity", "missing"))
    write_junit(report(one, not_graded("b", "no notebook")), tmp_path)
    suites = ElementTree.parse(tmp_path / "report.xml").getroot()
    said = [[suite.get(name) for name in ("tests", "failures", "errors")] for suite in suites]
    assert said == [["3", "2", "0"], ["1", "0", "1"]]
    assert suites[1].find("testcase/error").get("message") == "no notebook"


def test_gradescope_is_told_what_passed(tmp_path):
    one = graded("a", WRONG, exercise("merge", "passed"), notes=["a cell was left out"])
    write_gradescope(report(one), tmp_path)
    results = json.loads((tmp_path / "results.json").read_text())
    assert [test["status"] for test in results["tests"]] == ["failed", "passed"]
    assert [(test["score"], test["max_score"]) for test in results["tests"]] == [(0, 2), (2, 2)]
    assert results["output"].splitlines()[0] == "a cell was left out"


def test_an_exercise_in_lines_ends_with_its_hint():
    assert in_lines(WRONG).splitlines() == [
        "passed: a word",
        "failed: no words; came out: IndexError",
        "What it looks like: You squared.",
        "Hint: Add.",
    ]
    assert in_lines(exercise("merge", "passed")) == ""


def test_no_cell_of_the_table_is_a_formula(tmp_path):
    student = {"key": "-7", "name": "=Ada", "id": "-7", "section": ""}
    one = graded("+a.ipynb", WRONG, notes=["@note", "another"], student=student)
    write_csv(report(one, not_graded("@b", "=no")), tmp_path)
    with (tmp_path / "report.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    said = [[row[name] for name in ("student", "id", "file", "notes")] for row in rows]
    assert said == [["'=Ada", "'-7", "'+a.ipynb", "'@note; another"], ["", "", "'@b", "'=no"]]


def test_the_terminals_table_says_why():
    lines = table(report(graded("a", WRONG, notes=["late"]), not_graded("b", "empty"))).splitlines()
    assert lines[1].split() == ["0", "/", "2", "01", "a", "(late)"]
    assert lines[2].endswith("b  (not graded: empty)")


def test_what_else_was_handed_in_does_not_take_gradescopes_results_away(tmp_path):
    one = graded("a", exercise("merge", "passed"))
    write_gradescope(report(not_graded("solutions", "passed over"), one), tmp_path)
    assert json.loads((tmp_path / "results.json").read_text())["score"] == 2
