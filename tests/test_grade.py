"""The grader on lesson 01: fair marks for right, wrong, odd and hostile notebooks; the parent never runs their code."""

import csv
import json

import nbformat
import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from utils.build import ROOT
from utils.exercises import exercises, written_lessons
from utils.exercises.judge import differs
from utils.grade import wire
from utils.grade.__main__ import find_notebooks, main
from utils.grade.marking import grade
from utils.grade.running import canary

LESSON = "01_language_modeling"
FULL = sum(e.points for e in exercises(LESSON))


def submission(folder, name="ada.ipynb", **bodies):
    """An untouched notebook with some exercises' cells replaced by a source; every other one is the solution's."""
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


@pytest.mark.parametrize("lesson", written_lessons())
def test_the_canary_sings(lesson):
    assert canary({lesson}, "seed") == ""


def test_one_wrong_function_costs_its_own_points_and_is_diagnosed(tmp_path):
    wrong = "def cross_entropy(probabilities):\n    return -sum(map(math.log, probabilities)) / len(probabilities)\n"
    report = grade(submission(tmp_path, cross_entropy=wrong), "seed")
    lost = {name for name, points in marks(report).items() if points == 0} - {"predict_ladder", "predict_gap"}
    assert lost == {"cross_entropy"}, "perplexity uses it, and must be judged with the reference"
    assert report["points"] == FULL - 2
    assert "math.inf" in next(e for e in report["exercises"] if e["id"] == "cross_entropy")["diagnosis"]


def test_the_same_seed_gives_the_same_cases_and_another_file_gets_others(tmp_path):
    echo = "def suggest(probabilities, k=3):\n    return sorted(probabilities)\n"
    got = [[c["got"] for e in grade(submission(tmp_path, name, suggest=echo), "s")["exercises"] if e["id"] == "suggest"
            for c in e["cases"]] for name in ("a.ipynb", "a.ipynb", "b.ipynb")]
    assert got[0] == got[1] != got[2]


HOSTILE = {
    "exit": "import os\ndef suggest(probabilities, k=3):\n    os._exit(0)\n",
    "system exit": "import sys\ndef suggest(probabilities, k=3):\n    sys.exit()\n",
    "exit while loading": "import os\nos._exit(0)\n",
    "friendly eq": "class Yes(list):\n    def __eq__(self, other): return True\n    def __len__(self): return 3\n"
                   "def suggest(probabilities, k=3):\n    return Yes()\n",
    "reads the solution": "def suggest(probabilities, k=3):\n    from utils.exercises.language_modeling import suggest as s\n    return s(probabilities, k)\n",
    "finds the caller": "import sys\ndef suggest(probabilities, k=3):\n    f = sys._getframe()\n    while f:\n        if 'exercise' in f.f_locals and hasattr(f.f_locals['exercise'], 'reference'):\n"
                        "            return f.f_locals['exercise'].reference(probabilities, k)\n        f = f.f_back\n    return []\n",
    "writes on the wire": "import os\ndef suggest(probabilities, k=3):\n    for fd in range(3, 20):\n        try: os.write(fd, b'\\xff' * 64)\n        except OSError: pass\n    return []\n",
    "too much": "def suggest(probabilities, k=3):\n    return 'x' * (200 << 20)\n",
    "cannot travel": "def suggest(probabilities, k=3):\n    return open\n",
    "deep": "def suggest(probabilities, k=3):\n    x = []\n    for _ in range(10000):\n        x = [x]\n    return x\n",
}


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_code_earns_nothing_and_costs_nobody(name, tmp_path):
    report = grade(submission(tmp_path, suggest=HOSTILE[name]), "seed", timeout=5)
    assert report["status"] == "graded"
    assert marks(report)["suggest"] == 0
    if "loading" not in name:
        assert report["points"] == FULL - 1, [e for e in report["exercises"] if e["points"] != e["max_points"]]


def test_what_never_ends_is_ended(tmp_path):
    loop = "def suggest(probabilities, k=3):\n    while True:\n        try:\n            1 / 1\n        except BaseException:\n            pass\n"
    report = grade(submission(tmp_path, suggest=loop), "seed", timeout=1)
    assert report["points"] == FULL - 1


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
    notebook.cells.append(nbformat.v4.new_code_cell(twice.source.replace("running > u", "running < u")))
    nbformat.write(notebook, path)
    report = grade(path, "seed")
    assert status(report)["suggest"] == "missing"
    assert marks(report)["sample_next"] == 2 and "defined in 2 cells" in report["notes"][0]


@pytest.mark.parametrize("content, said", [
    (b"{", "not valid JSON"), (b"\xff\xfe\x00", "not valid JSON"), (b"[]", "not a notebook"), (b'{"cells": 3}', "not a notebook"),
    (b'{"cells": [], "metadata": {"kernelspec": {"language": "R"}}}', "language is R"),
    (b'{"cells": [], "metadata": {}}', "none of the course's exercises"), (b"[" * 100000, "not valid JSON"),
])
def test_what_is_no_submission_is_not_graded_with_the_reason(content, said, tmp_path):
    path = tmp_path / "odd.ipynb"
    path.write_bytes(content)
    report = grade(path, "seed")
    assert report["status"] == "not graded" and report["points"] is None and said in report["reason"]


def test_the_command_line_writes_reports(tmp_path, capsys):
    students = tmp_path / "students"
    students.mkdir()
    submission(students, "ada.ipynb", suggest="def suggest(probabilities, k=3):\n    raise ValueError('<b>me</b>')\n")
    (students / "broken.ipynb").write_text("{")
    out = tmp_path / "out"
    assert main([str(students), "--out", str(out), "--seed", "1", "--jobs", "2"]) == 1
    report = json.loads((out / "report.json").read_text())
    assert [s["status"] for s in report["submissions"]] == ["graded", "not graded"]
    assert set(report["submissions"][0]["exercises"][0]) >= {"id", "status", "points", "max_points", "diagnosis"}
    rows = list(csv.DictReader((out / "report.csv").open(encoding="utf-8")))
    assert rows[0]["points"] == str(FULL - 1) and rows[1]["points"] == ""
    pages = sorted(out.glob("0*.html"))
    assert len(pages) == 2 and "<b>me</b>" not in pages[0].read_text() and "could not be graded" in pages[1].read_text()
    assert f"{FULL - 1} / {FULL}" in capsys.readouterr().out.replace("/ ", "/ ")


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


# ---- the wire


class Pipe:
    def __init__(self, data):
        self.data = data

    def read(self, count):
        part, self.data = self.data[:count], self.data[count:]
        return part


def there_and_back(value):
    return wire.read(Pipe(wire.dumps(value)))


plain = st.recursive(st.none() | st.booleans() | st.integers() | st.floats(allow_nan=True) | st.text() | st.binary(max_size=9),
                     lambda inner: st.lists(inner, max_size=4) | st.tuples(inner, inner) | st.dictionaries(st.text() | st.integers(), inner, max_size=3),
                     max_leaves=9)


@given(plain)
def test_values_travel_unchanged(value):
    back = there_and_back(value)
    assert repr(back) == repr(value) or differs(value, back) == ""


def test_arrays_and_strided_tensors_travel_unchanged():
    array = np.arange(6, dtype=np.int32).reshape(2, 3)
    tensor = torch.arange(24.0).reshape(2, 3, 4).permute(2, 0, 1)
    back = there_and_back([array, tensor, np.float32(3), torch.tensor(True)])
    assert (back[0] == array).all() and back[0].dtype == array.dtype
    assert torch.equal(back[1], tensor) and back[1].stride() == tensor.stride() and not back[1].is_contiguous()
    assert back[2] == 3 and back[3].item() is True


@pytest.mark.parametrize("data", [b"", b"\x00" * 4, b"\xff" * 8, b"\x02\x00\x00\x00\x00\x00\x00\x00{}"])
def test_nonsense_on_the_wire_is_refused(data):
    with pytest.raises(Exception):
        wire.read(Pipe(data))


def test_code_cannot_travel():
    with pytest.raises(TypeError, match="cannot be returned"):
        wire.dumps(print)
    with pytest.raises(TypeError, match="cannot be returned"):
        wire.dumps(np.array([object()]))
