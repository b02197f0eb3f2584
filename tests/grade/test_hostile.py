"""Every case in tests/hostile/ beside honest work in one class: each gets what it deserves, and the
machine is as before.

A case is the source of a cell (`suggest` unless `# cell:` says otherwise) in a notebook of lesson
01 that is right everywhere else. Its head says which exercises it deserves to lose (`# lost:`) and
what the report says (`# said:`).
"""

import hashlib
import json
import re
import socket
import sys
from pathlib import Path

import nbformat
import psutil
import pytest

from utils.build import ROOT
from utils.exercises import exercises
from utils.grade import play
from utils.grade.__main__ import main
from utils.grade.sandbox import UIDS, decide

pytestmark = pytest.mark.skipif(
    sys.platform == "win32", reason="half of the cases use what only POSIX systems have"
)
LESSON = "01_language_modeling"
POINTS = {e.name: e.points for e in exercises(LESSON)}
FULL = sum(POINTS.values())
WALLS = decide().walls
WAITED_FOR = {"slow_defaults", "loop_while_loading"}  # as long as a cell may take
CASES = sorted((Path(__file__).parents[1] / "hostile").glob("*.py"))
FILES = [file for file in CASES if file.stem not in WAITED_FOR]
NEEDS_WALLS = {
    "kills_its_parent",
    "calls_home",
    "deletes_everything",
    "overwrites_the_gradebook",
    "plants_symbolic_links",
    "reads_the_solution",
    "imports_the_registry",
    "fork_bomb",
    "allocation_in_many_processes",
}


def head(source, key):
    found = re.search(rf"(?m)^# {key}: *(.*)$", source)
    return found[1] if found else ""


def notebook(cells):
    solution = nbformat.read(ROOT / "solutions" / f"{LESSON}.ipynb", as_version=4)
    for cell in solution.cells:
        cell.source = cells.get(cell["id"], cell.source)
    return nbformat.writes(solution)


def hostile(source):
    parts = re.split(r"(?m)^# cell: (\w+)\n", source)
    return notebook(dict(zip(parts[1::2], parts[2::2])) or {"suggest": source})


def state(place):
    """What must not change: the class's files, what is in the course's folders, and no process that
    stayed.
    """
    files = {
        p.name: hashlib.sha256(p.read_bytes()).hexdigest()
        for p in sorted((place / "students").rglob("*"))
        if p.is_file()
    }
    ours = [
        sorted(p.name for p in (ROOT / folder).iterdir())
        for folder in ("solutions", "utils/exercises", "utils/grade")
    ]
    children = psutil.Process().children(recursive=True)
    return (
        files,
        (place / "gradebook.csv").read_text(),
        ours,
        [p.pid for p in children if p.uids().real in UIDS],
    )


@pytest.fixture(scope="module")
def graded(tmp_path_factory):
    """The class graded once: (report by file name, exit code, states before and after, who called
    the listener).
    """
    place = tmp_path_factory.mktemp("instructor")
    students = place / "students"
    (students / "z").mkdir(parents=True)
    (place / "gradebook.csv").write_text("ada,12\n")
    listener = socket.create_server(("127.0.0.1", 0))
    listener.settimeout(0.1)
    for file in FILES:
        if file.stem in NEEDS_WALLS and not WALLS:
            continue
        source = file.read_text(encoding="utf-8")
        for name, value in (("PLACE", place), ("ROOT", ROOT), ("PORT", listener.getsockname()[1])):
            source = source.replace(f"@{name}@", str(value))
        (students / f"{file.stem}.ipynb").write_text(hostile(source), encoding="utf-8")
    odd_files(students)
    before = state(place)
    code = main(
        [
            str(students),
            "--out",
            str(place / "out"),
            "--timeout",
            "2",
            "--jobs",
            "2",
            "--seed",
            "hostile",
            "--format",
            "json,csv,junit,gradescope,html",
        ]
    )
    after = state(place)
    report = json.loads((place / "out" / "report.json").read_text())
    try:
        called = listener.accept()
    except TimeoutError:
        called = None
    listener.close()
    return (
        {str(Path(s["file"]).relative_to(students)): s for s in report["submissions"]},
        code,
        before,
        after,
        called,
        place,
    )


NOT_GRADED = {
    "huge.ipynb": "over 50 MB",
    "much_code.ipynb": "million letters",
    "broken.ipynb": "not valid JSON",
    "not_utf8.ipynb": "not valid JSON text in UTF-8",
    "deep.ipynb": "not valid JSON",
    "zipped.ipynb": "an archive with a notebook's name",
    "another_language.ipynb": "language is R",
    "odd_language.ipynb": "language is 3",
    "list.ipynb": "not a notebook",
    "empty.ipynb": "not valid JSON",
    "link_to_the_solution.ipynb": "symbolic link",
    "dangling_link.ipynb": "symbolic link",
    "all_cells_exit.ipynb": "end or block the process",
    "work.py": "a Python script",
    "work.zip": "an archive",
}


def odd_files(students):
    """The cases that are no cell's source: odd files, odd names, odd ids, and honest work first and
    last.
    """
    right, as_json = notebook({}), json.loads(notebook({}))
    for name in ("0_honest.ipynb", "z/honest.ipynb", "=1+1.ipynb", "z/=1+1.ipynb", "<b>bold.ipynb"):
        (students / name).write_text(right, encoding="utf-8")
    with (students / "huge.ipynb").open("wb") as file:  # sparse: 500 MB that take no disk
        file.truncate(500 << 20)
    code = {
        "cell_type": "code",
        "metadata": {},
        "outputs": [],
        "execution_count": None,
        "id": "x",
        "source": "y = 'x'\n" * 60,
    }
    many = as_json | {
        "cells": as_json["cells"]
        + [code | {"id": f"x{i}", "source": f"y = {i}"} for i in range(5000)]
    }
    paths = json.loads(right)
    for cell in paths["cells"]:
        cell["id"] = "../../" + cell["id"]
        cell["metadata"] = {"nbgrader": {"grade_id": "/etc/passwd\0" + cell["id"]}}
    exits = json.loads(right)
    for i in range(20):
        ends = f"import os\nos._exit(0)\ndef help_{i}():\n    pass\n"
        exits["cells"].insert(0, code | {"id": f"exit{i}", "source": ends})
    uses = "def suggest(p, k=3):\n    return " + ", ".join(f"help_{i}" for i in range(20))
    exits["cells"] = [*exits["cells"][:21], code | {"id": "own", "source": uses}]
    odd_ids = json.loads(right)
    for cell in odd_ids["cells"]:
        cell["id"] = [1, {}]
    for name, value in (
        ("many_cells", many),
        ("path_ids", paths),
        ("odd_ids", odd_ids),
        ("all_cells_exit", exits),
        ("list", []),
        ("another_language", as_json | {"metadata": {"kernelspec": {"language": "R"}}}),
        ("odd_language", as_json | {"metadata": {"kernelspec": {"language": 3}}}),
        ("much_code", as_json | {"cells": [code | {"source": "x = 1\n" * 10**6}]}),
    ):
        (students / f"{name}.ipynb").write_text(json.dumps(value), encoding="utf-8")
    (students / "broken.ipynb").write_text(right[: len(right) // 2], encoding="utf-8")
    (students / "not_utf8.ipynb").write_bytes(right.encode("utf-16"))
    (students / "deep.ipynb").write_text("[" * 100_000)
    (students / "empty.ipynb").touch()
    (students / "work.py").write_text("def suggest(p, k=3):\n    return []\n")
    for name in ("work.zip", "zipped.ipynb"):
        (students / name).write_bytes(b"PK")
    (students / "link_to_the_solution.ipynb").symlink_to(ROOT / "solutions" / f"{LESSON}.ipynb")
    (students / "dangling_link.ipynb").symlink_to("nowhere")


@pytest.mark.parametrize("file", FILES, ids=[f.stem for f in FILES])
def test_it_gets_what_it_deserves(file, graded):
    if file.stem in NEEDS_WALLS and not WALLS:
        pytest.skip("only walls keep this one from the machine, and bubblewrap does not work here")
    deserves(file.read_text(encoding="utf-8"), graded[0][f"{file.stem}.ipynb"])


def deserves(source, s):
    deserved = {name for name in head(source, "lost").split(", ") if name}
    assert s["status"] == "graded", s
    assert {e["id"] for e in s["exercises"] if e["points"] < e["max_points"]} == deserved, s[
        "exercises"
    ]
    assert s["points"] == FULL - sum(POINTS[name] for name in deserved)
    if said := head(source, "said"):
        entries = [e for e in s["exercises"] if e["id"] in deserved]
        assert any(said in e["diagnosis"] + str([c["got"] for c in e["cases"]]) for e in entries), (
            entries
        )


@pytest.mark.parametrize("name", sorted(WAITED_FOR))
def test_it_is_not_waited_for_longer_than_a_cell_may_take(name, tmp_path, monkeypatch):
    monkeypatch.setattr(play, "CELL", play.CELL / 5)
    monkeypatch.setattr(play, "LOST", play.LOST / 5)
    source = next(f for f in CASES if f.stem == name).read_text(encoding="utf-8")
    (tmp_path / "students").mkdir()
    (tmp_path / "students" / "it.ipynb").write_text(hostile(source), encoding="utf-8")
    assert main([str(tmp_path / "students"), "--out", str(tmp_path), "--format", "json"]) == 0
    (s,) = json.loads((tmp_path / "report.json").read_text())["submissions"]
    deserves(source, s)


@pytest.mark.parametrize("name", NOT_GRADED)
def test_it_could_not_be_graded_and_says_why(name, graded):
    s = graded[0][name]
    assert (
        s["status"] == "not graded" and s["points"] is None and NOT_GRADED[name] in s["reason"]
    ), s


@pytest.mark.parametrize(
    "name",
    [
        "0_honest.ipynb",
        "z/honest.ipynb",
        "=1+1.ipynb",
        "z/=1+1.ipynb",
        "<b>bold.ipynb",
        "many_cells.ipynb",
        "path_ids.ipynb",
        "odd_ids.ipynb",
    ],
)
def test_honest_work_is_untouched(name, graded):
    assert graded[0][name]["points"] == FULL, graded[0][name]


def test_every_file_has_its_place_in_the_report(graded):
    place = graded[-1]
    files = [*(place / "students").rglob("*.ipynb"), *(place / "students").glob("work.*")]
    assert set(graded[0]) == {str(p.relative_to(place / "students")) for p in files}
    assert graded[1] == 1, "some could not be graded"


def test_the_machine_is_as_it_was(graded):
    _, _, before, after, called, place = graded
    assert before == after, "files, or processes of a sandbox, are not what they were"
    assert called is None, "someone reached a listener on this machine"
    assert not (place / "planted").exists()


def test_reports_are_whole_and_hold_no_students_markup(graded):
    from xml.etree import ElementTree

    out = graded[-1] / "out"
    for page in out.glob("*.html"):
        text = page.read_text(encoding="utf-8")
        ours = page.name == "index.html"  # sorts its table when a heading is clicked
        assert text.count("<script") == ours, page
        assert "<b>bold" not in text and "\x1b" not in text, page
    assert ElementTree.parse(out / "report.xml").getroot().tag == "testsuites"
    for row in (out / "report.csv").read_text(encoding="utf-8").splitlines():
        assert not row.startswith("="), row
    assert len(list((out / "gradescope").glob("*.json"))) == len(graded[0])
    assert json.loads(
        (
            out / "gradescope" / next(p.name for p in (out / "gradescope").glob("*broken*"))
        ).read_text()
    ).keys() == {"output"}
