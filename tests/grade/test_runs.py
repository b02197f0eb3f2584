"""The grader on lesson 01: fair marks for right, wrong and odd notebooks; runs that are killed;
what travels (hostile: test_hostile).
"""

import csv
import json
import re
import signal
import subprocess
import sys
import time
from xml.etree import ElementTree

import nbformat
import numpy as np
import psutil
import pytest
import torch
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from utils.build import ROOT
from utils.exercises import LESSONS, exercises
from utils.exercises.judge import differs
from utils.grade import marking, running, wire
from utils.grade import report as report_module
from utils.grade.__main__ import find_notebooks, main
from utils.grade.marking import grade
from utils.grade.running import canary

LESSON = "01_language_modeling"
FULL = sum(e.points for e in exercises(LESSON))


def submission(folder, name="ada.ipynb", **bodies):
    """An untouched notebook with some exercises' cells replaced by a source; every other one is the
    solution's.
    """
    notebook = nbformat.read(ROOT / "solutions" / f"{LESSON}.ipynb", as_version=4)
    for cell in notebook.cells:
        if cell["id"] in bodies:
            cell.source = bodies[cell["id"]]
    path = folder / f"{LESSON}_{name}"
    nbformat.write(notebook, path)
    return path


def marks(report):
    return {e["id"]: e["points"] for e in report["exercises"]}


def status(report):
    return {e["id"]: e["status"] for e in report["exercises"]}


@pytest.mark.parametrize("lesson", LESSONS)
def test_the_canary_sings(lesson):
    assert canary({lesson}, "seed") == ""


def test_one_wrong_function_costs_its_own_points_and_is_diagnosed(tmp_path):
    wrong = (
        "def cross_entropy(probabilities):\n    return -sum(map(math.log, probabilities)) / "
        "len(probabilities)\n"
    )
    report = grade(submission(tmp_path, cross_entropy=wrong), "seed")
    lost = {name for name, points in marks(report).items() if points == 0} - {
        "predict_ladder",
        "predict_gap",
    }
    assert lost == {"cross_entropy"}, "perplexity uses it, and must be judged with the reference"
    assert report["points"] == FULL - 2
    assert (
        "math.inf"
        in next(e for e in report["exercises"] if e["id"] == "cross_entropy")["diagnosis"]
    )


def test_the_same_seed_gives_the_same_cases_and_another_file_gets_others(tmp_path):
    echo = "def suggest(probabilities, k=3):\n    return sorted(probabilities)\n"
    got = [
        [
            c["got"]
            for e in grade(submission(tmp_path, name, suggest=echo), "s")["exercises"]
            if e["id"] == "suggest"
            for c in e["cases"]
        ]
        for name in ("a.ipynb", "a.ipynb", "b.ipynb")
    ]
    assert got[0] == got[1] != got[2]


def test_cells_are_found_by_name_when_their_ids_are_gone(tmp_path):
    path = submission(tmp_path)
    notebook = json.loads(path.read_text())
    for cell in notebook["cells"]:
        cell["metadata"] = {}
        cell.pop("id")
    notebook["nbformat_minor"] = 4
    path.write_text(json.dumps(notebook))
    report = grade(path, "seed")
    assert report["points"] == FULL and len(report["notes"]) == len(exercises(LESSON))


def test_a_duplicated_and_a_missing_cell(tmp_path):
    path = submission(tmp_path, suggest="x = 1")
    notebook = nbformat.read(path, as_version=4)
    twice = next(c for c in notebook.cells if c["id"] == "sample_next")
    notebook.cells.append(
        nbformat.v4.new_code_cell(twice.source.replace("running > u", "running < u"))
    )
    nbformat.write(notebook, path)
    report = grade(path, "seed")
    assert status(report)["suggest"] == "missing"
    assert marks(report)["sample_next"] == 2 and "defined in 2 cells" in report["notes"][0]


def test_the_command_line_writes_reports(tmp_path, capsys):
    students = tmp_path / "students"
    students.mkdir()
    submission(
        students,
        "ada.ipynb",
        suggest="def suggest(probabilities, k=3):\n    raise ValueError('<b>me</b>')\n",
    )
    (students / "broken.ipynb").write_text("{")
    out = tmp_path / "out"
    assert main([str(students), "--out", str(out), "--seed", "1", "--jobs", "2"]) == 1
    report = json.loads((out / "report.json").read_text())
    assert [s["status"] for s in report["submissions"]] == ["graded", "not graded"]
    assert set(report["submissions"][0]["exercises"][0]) >= {
        "id",
        "status",
        "points",
        "max_points",
        "diagnosis",
    }
    rows = list(csv.DictReader((out / "report.csv").open(encoding="utf-8")))
    assert rows[0]["points"] == str(FULL - 1) and rows[1]["points"] == ""
    pages = sorted(out.glob("0*.html"))
    assert (
        len(pages) == 2
        and "<b>me</b>" not in pages[0].read_text()
        and "could not be graded" in pages[1].read_text()
    )
    assert f"{FULL - 1} / {FULL}" in capsys.readouterr().out.replace("/ ", "/ ")


def test_reports_for_other_programs_and_for_the_instructor(tmp_path):
    students, out = tmp_path / "students", tmp_path / "out"
    students.mkdir()
    wrong = (
        "def cross_entropy(probabilities):\n    return -sum(map(math.log, probabilities)) / "
        "len(probabilities)\n"
    )
    for name in ("a", "b"):
        submission(students, f"{name}.ipynb", cross_entropy=wrong)
    submission(students, "c.ipynb")
    assert main([str(students), "--out", str(out), "--format", "junit,gradescope,html,json"]) == 0
    suites = ElementTree.parse(out / "report.xml").getroot()
    failures = [int(s.get("failures")) for s in suites]
    assert failures[0] == failures[1] == failures[2] + 1
    case = suites[0].find("testcase[@name='cross_entropy']")
    assert (
        "math.inf" in case.find("failure").get("message")
        and case.find("properties/property[@name='points']").get("value") == "0"
    )
    results = [json.loads(p.read_text()) for p in sorted((out / "gradescope").glob("*.json"))]
    assert [r["score"] for r in results] == [FULL - 2, FULL - 2, FULL]
    assert (
        sum(t["score"] for t in results[0]["tests"]) == FULL - 2
        and sum(t["max_score"] for t in results[0]["tests"]) == FULL
    )
    page = (out / "index.html").read_text(encoding="utf-8")
    assert "33 percent passed" in page and "<td class='number'>2</td><td>cross_entropy</td>" in page
    report = json.loads((out / "report.json").read_text())
    assert page.count("a href=") == 3 and all(
        (out / link).exists() for link in re.findall("href='([^']+)'", page)
    )
    failed = [
        c
        for e in report["submissions"][0]["exercises"]
        for c in e.get("cases", [])
        if not c["passed"]
    ]
    assert failed and all(set(c) == {"label", "passed", "got"} for c in failed), (
        "what was expected stays with the judge"
    )


def test_one_submission_gives_gradescope_its_results_json(tmp_path):
    out = tmp_path / "out"
    (tmp_path / "x.ipynb").write_text("[]")
    assert main([str(tmp_path / "x.ipynb"), "--out", str(out), "--format", "gradescope"]) == 1
    assert json.loads((out / "results.json").read_text()).keys() == {"output"}, (
        "no score where nothing could be graded"
    )


def test_text_that_a_spreadsheet_would_run():
    for text in ("=1+1", "+1", "-1", "@x", "\t=1", "  =1"):
        assert report_module._cell(text) == "'" + text
    assert report_module._cell("ada.ipynb") == "ada.ipynb"


def test_the_command_line_says_what_is_wrong(tmp_path, capsys):
    assert main([str(tmp_path), "--out", str(tmp_path / "out")]) == 2
    assert "no notebook" in capsys.readouterr().err
    submission(tmp_path)
    assert main([str(tmp_path), "--format", "xls", "--out", str(tmp_path / "out")]) == 2
    assert "no format xls" in capsys.readouterr().err
    (tmp_path / "file").write_text("")
    assert main([str(tmp_path), "--out", str(tmp_path / "file")]) == 2
    assert "cannot be written" in capsys.readouterr().err


def test_jupyters_own_copies_are_not_submissions(tmp_path):
    (tmp_path / ".ipynb_checkpoints").mkdir()
    submission(tmp_path / ".ipynb_checkpoints")
    assert find_notebooks([tmp_path]) == []


def test_a_file_named_for_one_lesson_with_the_functions_of_another(tmp_path):
    path = tmp_path / "00_start_here.ipynb"
    path.write_bytes(submission(tmp_path).read_bytes())
    assert grade(path, "seed")["lesson"] == LESSON


def test_a_broken_sandbox_is_nobodys_mark(tmp_path, monkeypatch, capsys):
    class Broken:
        warning = ""

        def start(self, *arguments):
            raise OSError("no more processes")

    monkeypatch.setattr(marking, "sandbox", Broken)
    report = grade(submission(tmp_path), "seed")
    assert (
        report["points"] is None
        and "not the submission's fault: no more processes" in report["reason"]
    )
    assert main([str(tmp_path), "--out", str(tmp_path / "out")]) == 2
    assert (
        "failed its trial" in capsys.readouterr().err
        and not (tmp_path / "out" / "report.json").exists()
    )


def test_a_canary_with_too_few_or_too_many_points_stops_the_run(tmp_path, monkeypatch, capsys):
    submission(tmp_path)
    for name, said in (("solutions", "got 12 points"), ("notebooks", "did not get full marks")):
        root = tmp_path / f"all_{name}"
        root.mkdir()
        for folder in ("solutions", "notebooks"):
            (root / folder).mkdir()
            (root / folder / f"{LESSON}.ipynb").write_bytes(
                (ROOT / name / f"{LESSON}.ipynb").read_bytes()
            )
        monkeypatch.setattr(running, "ROOT", root)
        assert said in canary({LESSON}, "seed")


def test_a_killed_run_goes_on(tmp_path):
    """Killed after its first submissions: the next run grades only the rest, and loses none."""
    students, out = tmp_path / "students", tmp_path / "out"
    students.mkdir()
    for i in range(6):
        submission(students, f"{i}.ipynb")
    command = [sys.executable, "-m", "utils.grade", str(students), "--out", str(out)]
    run = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    while len(list(out.glob("finished/*.json"))) < 2 and run.poll() is None:
        time.sleep(0.05)
    assert run.poll() is None, "it ended before it could be killed"
    run.kill()
    run.wait()
    kept = {p: p.stat().st_mtime_ns for p in (out / "finished").glob("*.json")}
    seed = (out / "finished" / "seed.txt").read_text()
    assert 2 <= len(kept) < 6 and not (out / "report.json").exists()
    assert main([str(students), "--out", str(out), "--format", "json"]) == 0
    report = json.loads((out / "report.json").read_text())
    assert report["seed"] == seed and [s["points"] for s in report["submissions"]] == [FULL] * 6
    assert kept == {p: p.stat().st_mtime_ns for p in kept}, (
        "finished submissions are not graded again"
    )
    assert not (out / "finished" / "seed.txt").exists(), "the next run draws new cases"


@pytest.mark.skipif(
    sys.platform == "win32", reason="Ctrl-C cannot be sent to another process there"
)
@pytest.mark.parametrize("jobs", ["1", "2"])
def test_ctrl_c_keeps_what_is_finished(jobs, tmp_path):
    students, out = tmp_path / "students", tmp_path / "out"
    students.mkdir()
    loop = submission(
        students, suggest="def suggest(probabilities, k=3):\n    while True:\n        pass\n"
    )
    submission(students, "a.ipynb")
    assert loop.name > "01_language_modeling_a.ipynb"
    command = [
        sys.executable,
        "-m",
        "utils.grade",
        str(students),
        "--out",
        str(out),
        "--timeout",
        "600",
        "--jobs",
        jobs,
    ]
    run = subprocess.Popen(
        command, cwd=ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True
    )
    while not list(out.glob("finished/*.json")) and run.poll() is None:
        time.sleep(0.05)
    run.send_signal(signal.SIGINT)
    assert "the same command goes on" in run.communicate(timeout=60)[1] and run.returncode == 130
    assert len(list(out.glob("finished/*.json"))) == 1


def test_a_worker_process_that_is_killed_costs_nothing(tmp_path):
    students, out = tmp_path / "students", tmp_path / "out"
    students.mkdir()
    for i in range(6):
        submission(
            students,
            f"{i}.ipynb",
            suggest=(
                "import time\ndef suggest(probabilities, k=3):\n    time.sleep(0.1)\n    return "
                f"[{i}]\n"
            ),
        )
    run = subprocess.Popen(
        [
            sys.executable,
            "-m",
            "utils.grade",
            str(students),
            "--out",
            str(out),
            "--jobs",
            "2",
            "--format",
            "json",
        ],
        cwd=ROOT,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    while not list(out.glob("finished/*.json")) and run.poll() is None:
        time.sleep(0.05)
    workers = [
        p
        for p in psutil.Process(run.pid).children()
        if any("spawn_main" in word for word in p.cmdline())
    ]
    workers[0].kill()
    assert run.wait(timeout=120) == 0
    report = json.loads((out / "report.json").read_text())
    assert [s["points"] for s in report["submissions"]] == [FULL - 1] * 6


def test_warm_gives_the_same_marks(tmp_path):
    wrong = submission(
        tmp_path,
        "wrong.ipynb",
        suggest="def suggest(probabilities, k=3):\n    import os\n    os._exit(0)\n",
    )
    leak = submission(
        tmp_path,
        "leak.ipynb",
        suggest=(
            "import math\nmath.exp = None\nmath.log = None\ndef suggest(probabilities, k=3):\n   "
            " return []\n"
        ),
    )
    right = submission(tmp_path, "right.ipynb")
    for path in (right, leak, right, wrong, right):
        cold, warm = grade(path, "seed"), grade(path, "seed", warm=True)
        assert cold == warm
    assert warm["points"] == FULL


def test_what_one_leaves_behind_does_not_meet_the_next_when_warm(tmp_path):
    stay = submission(
        tmp_path,
        "stay.ipynb",
        suggest=(
            "import os, time\ndef suggest(probabilities, k=3):\n    if os.fork() == 0:\n        "
            "time.sleep(600)\n    return []\n"
        ),
    )
    assert grade(stay, "seed", warm=True)["points"] == FULL - 1
    assert getattr(marking._own, "warm", None) is None, (
        "a sandbox with something left in it is thrown away"
    )


# ---- the wire


class Pipe:
    def __init__(self, data):
        self.data = data

    def read(self, count):
        part, self.data = self.data[:count], self.data[count:]
        return part


def there_and_back(value):
    return wire.read(Pipe(wire.dumps(value)))


plain = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=True)
    | st.text()
    | st.binary(max_size=9),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.tuples(inner, inner)
        | st.dictionaries(st.text() | st.integers(), inner, max_size=3)
    ),
    max_leaves=9,
)


@settings(
    deadline=None, suppress_health_check=[HealthCheck.too_slow]
)  # a busy machine is no fault of the wire
@given(plain)
def test_values_travel_unchanged(value):
    back = there_and_back(value)
    assert repr(back) == repr(value) or differs(value, back) == ""


def test_arrays_and_strided_tensors_travel_unchanged():
    array = np.arange(6, dtype=np.int32).reshape(2, 3)
    tensor = torch.arange(24.0).reshape(2, 3, 4).permute(2, 0, 1)
    back = there_and_back([array, tensor, np.float32(3), torch.tensor(True)])
    assert (back[0] == array).all() and back[0].dtype == array.dtype
    assert (
        torch.equal(back[1], tensor)
        and back[1].stride() == tensor.stride()
        and not back[1].is_contiguous()
    )
    assert back[2] == 3 and back[3].item() is True


@pytest.mark.parametrize(
    "data", [b"", b"\x00" * 4, b"\xff" * 8, b"\x02\x00\x00\x00\x00\x00\x00\x00{}"]
)
def test_nonsense_on_the_wire_is_refused(data):
    with pytest.raises(Exception):
        wire.read(Pipe(data))


def test_code_cannot_travel():
    with pytest.raises(TypeError, match="cannot be returned"):
        wire.dumps(print)
    with pytest.raises(TypeError, match="cannot be returned"):
        wire.dumps(np.array([object()]))
