"""What is written: the command line, the reports and their words, files that are no notebooks."""

import csv
import json
import re
from xml.etree import ElementTree

import pytest

from tests.grade import FULL, LESSON, submission
from utils.exercises import exercises
from utils.grade.__main__ import main
from utils.grade.found import find
from utils.grade.reports import table

WRONG = (
    "def cross_entropy(probabilities):\n    return -sum(map(math.log, probabilities)) / "
    "len(probabilities)\n"
)
ALL = "json,csv,junit,gradescope,html"


@pytest.fixture(scope="module")
def out(tmp_path_factory):
    """A class graded once: two with one mistake, one right, one broken, one no notebook."""
    place = tmp_path_factory.mktemp("class")
    students = place / "students"
    students.mkdir()
    for name in ("a", "b"):
        submission(students, f"{name}.ipynb", cross_entropy=WRONG)
    markup = "def suggest(probabilities, k=3):\n    raise ValueError('<b>me</b>')\n"
    submission(students, "c.ipynb", suggest=markup)
    (students / "broken.ipynb").write_text("{")
    (students / "work.zip").write_bytes(b"PK")
    code = main([str(students), "--out", str(place / "out"), "--seed", "1", "--format", ALL])
    assert code == 1
    return place / "out"


def read(out):
    return json.loads((out / "report.json").read_text())


def csv_rows(out):
    with (out / "report.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


@pytest.mark.slow
def test_the_contract_of_the_json(out):
    submissions = read(out)["submissions"]
    assert [s["points"] for s in submissions] == [FULL - 2, FULL - 2, FULL - 1, None, None]
    assert {"file", "status", "points", "max_points", "exercises"} <= submissions[0].keys()
    wanted = {"id", "status", "points", "max_points", "diagnosis"}
    assert all(wanted <= e.keys() for s in submissions for e in s["exercises"])
    assert submissions[3]["status"] == "not graded" and "unpack" in submissions[4]["reason"]
    cases = [c for s in submissions for e in s["exercises"] for c in e.get("cases", [])]
    assert all(c.keys() == {"label", "passed", "got"} for c in cases), "the expected stays hidden"
    assert all(
        "bubblewrap" in s["isolation"] or "WITHOUT" in s["isolation"] for s in submissions[:3]
    )


def test_a_table_for_a_spreadsheet(out):
    rows = csv_rows(out)
    assert [row["points"] for row in rows] == [str(FULL - 2)] * 2 + [str(FULL - 1), "", ""]
    assert rows[0]["lesson"] == LESSON and rows[0]["cross_entropy: status"] == "failed"
    assert rows[0]["suggest: status"] == "passed" and rows[0]["isolation"]


def test_for_other_programs(out):
    suites = ElementTree.parse(out / "report.xml").getroot()
    case = suites[0].find("testcase[@name='cross_entropy']")
    assert "math.inf" in case.find("failure").get("message")
    assert case.find("properties/property[@name='points']").get("value") == "0"
    assert suites[0].find("properties/property[@name='isolation']") is not None
    results = [json.loads(p.read_text()) for p in sorted((out / "gradescope").glob("*.json"))]
    assert [r.get("score") for r in results] == [FULL - 2, FULL - 2, FULL - 1, None, None]
    assert sum(t["score"] for t in results[0]["tests"]) == FULL - 2
    assert sum(t["max_score"] for t in results[0]["tests"]) == FULL
    assert "How it was run" in results[0]["output"]


def test_for_people(out):
    page = (out / "index.html").read_text(encoding="utf-8")
    assert "33 percent passed" in page and 'large">2</td><td>cross_entropy</td>' in page
    links = list(dict.fromkeys(re.findall('href="([^"]+)"', page)))
    assert len(links) == 4 and all((out / link).exists() for link in links)
    assert "How marks are made" in page and "2 of 5" not in page and "3 of 5 submissions" in page
    own = (out / links[0]).read_text(encoding="utf-8")
    assert "math.log, probabilities" in own, "the code stands beside its verdict"
    assert 'href="index.html"' in own and "How it was run" in own
    wild = next(p for p in out.glob("0*.html") if "ValueError" in p.read_text(encoding="utf-8"))
    assert "<b>me</b>" not in wild.read_text(encoding="utf-8")


def test_one_submission_gives_gradescope_its_results_json(tmp_path):
    out = tmp_path / "out"
    (tmp_path / "x.ipynb").write_text("[]")
    assert main([str(tmp_path / "x.ipynb"), "--out", str(out), "--format", "gradescope"]) == 1
    assert json.loads((out / "results.json").read_text()).keys() == {"output"}


def test_a_name_cannot_write_a_line_of_the_table():
    entry = {"status": "not graded", "reason": "x", "notes": [], "lesson": None, "points": None}
    lines = table({"submissions": [entry | {"file": "a\n   99 / 99  bob.ipynb"}]}).splitlines()
    assert len(lines) == 2


@pytest.mark.parametrize(
    "arguments, said",
    [
        (["--format", "xls"], "no format xls"),
        (["--lesson", "12"], "no lesson 12"),
        (["--lesson", "model"], "no lesson model"),
        (["--route", "a-week"], "no route a-week"),
    ],
)
def test_the_command_line_says_what_is_wrong(arguments, said, tmp_path, capsys):
    submission(tmp_path)
    assert main([str(tmp_path), "--out", str(tmp_path / "out"), *arguments]) == 2
    error = capsys.readouterr().err
    assert said in error and error.startswith("Stopped: ") and error.count("\n") == 1


def test_nothing_to_grade_and_nowhere_to_write(tmp_path, capsys):
    (tmp_path / "work.py").write_text("def suggest(p, k=3):\n    return []\n")
    assert main([str(tmp_path), "--out", str(tmp_path / "out")]) == 2
    error = capsys.readouterr().err
    assert "no notebook" in error and "work.py: it is a Python script" in error
    submission(tmp_path)
    (tmp_path / "file").write_text("")
    assert main([str(tmp_path), "--out", str(tmp_path / "file")]) == 2
    assert "cannot be written" in capsys.readouterr().err


def test_what_is_handed_in_is_found_and_litter_is_not(tmp_path):
    for name in (
        "a/right.ipynb", "a/LOUD.IPYNB", "a/saved.ipynb.txt", "a/all.zip", "a/mine.py",
        "__MACOSX/._a.ipynb", "a/._right.ipynb", ".ipynb_checkpoints/right.ipynb", "a/.DS_Store",
        "a/~$right.ipynb", "a/helper.py", "a/notes.txt", "out/0001.html", "a/right.ipynb~",
        ".git/x.ipynb", "a/my_gpt2.py", "last/finished/class.json", "last/0001_a.html",
        "a/right_feedback.html",
    ):  # fmt: skip
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True, parents=True)
        path.write_text("def suggest(p):\n    pass\n" if "mine" in name else "x = 1\n")
    (tmp_path / "a" / "my_gpt2.py").write_text(
        "# A GPT-2, put together from your own functions.\ndef suggest(p):\n    pass\n"
    )
    (tmp_path / "a" / "folder.ipynb").symlink_to(tmp_path / "a")  # is said, and not gone into
    found = {f.path.name: f.odd for f in find([tmp_path], tmp_path / "out")}
    odd = {"saved.ipynb.txt", "all.zip", "mine.py"}
    assert found.keys() == {"right.ipynb", "LOUD.IPYNB", "folder.ipynb", *odd}
    assert [name for name in found if not found[name]] == [
        "LOUD.IPYNB", "folder.ipynb", "right.ipynb",
    ]  # fmt: skip


def test_a_route_counts_what_it_hands_out(tmp_path):
    from utils.build.routes import ROUTES

    submission(tmp_path)
    out = tmp_path / "out"
    main([str(tmp_path), "--out", str(out), "--route", "half-day", "--format", "json"])
    parts = ROUTES["half-day"].lessons()[LESSON]
    counted = {name for part in parts for name in part.exercises}
    report = read(out)
    assert {e["id"] for e in report["submissions"][0]["exercises"]} == counted
    most = sum(e.points for e in exercises(LESSON) if e.name in counted)
    assert report["submissions"][0]["max_points"] == most
    assert "half-day" in report["rules"]


def test_two_names_that_look_alike_are_two(tmp_path):
    """A report shows both with the same sign for what cannot be shown."""
    students = tmp_path / "students"
    students.mkdir()
    for name in ("a\x01.ipynb", "a\x02.ipynb"):
        (students / name).write_text("{")
    main([str(students), "--out", str(tmp_path / "out"), "--format", "json"])
    assert len(read(tmp_path / "out")["submissions"]) == 2


@pytest.mark.slow
def test_grading_one_again_changes_no_other(tmp_path):
    students, out = tmp_path / "students", tmp_path / "out"
    students.mkdir()
    for name in ("a.ipynb", "b.ipynb", "c.ipynb"):
        submission(students, name, cross_entropy=WRONG)
    main([str(students), "--out", str(out), "--format", "json,csv"])
    again = submission(students, "b.ipynb")
    main([str(again), "--out", str(out), "--format", "csv"])
    rows = csv_rows(out)
    assert [row["points"] for row in rows] == [str(FULL - 2), str(FULL), str(FULL - 2)]
    (students / f"{LESSON}_a.ipynb").unlink()
    main([str(students), "--out", str(out), "--format", "csv"])
    assert len(csv_rows(out)) == 2
