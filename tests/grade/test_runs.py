"""Runs that are killed, interrupted, short of disk, or whose files change under them."""

import errno
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest

from tests.grade import FULL, LESSON, submission
from utils.build import ROOT
from utils.grade import many
from utils.grade.__main__ import main
from utils.grade.found import Found
from utils.grade.judged import Rules, judged
from utils.grade.recorded import Recorded

SLOW = "import time\ndef suggest(probabilities, k=3):\n    time.sleep(0.1)\n    return [{}]\n"
LOOP = "def suggest(probabilities, k=3):\n    while True:\n        pass\n"


STARTED: list[subprocess.Popen] = []


@pytest.fixture
def place(tmp_path):
    (tmp_path / "students").mkdir()
    yield tmp_path / "students", tmp_path / "out"
    while STARTED:  # an endless loop must not outlive a test that failed
        STARTED.pop().kill()


def _listen():
    for name in ("SIGINT", "SIGTERM", "SIGHUP"):
        signal.signal(getattr(signal, name), signal.SIG_DFL)


def start(students, out, *options):
    command = [sys.executable, "-m", "utils.grade", str(students), "--out", str(out), *options]
    STARTED.append(
        subprocess.Popen(
            command,
            cwd=ROOT,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
            # tests that run in the background ignore some, and so would all that they start
            preexec_fn=None if sys.platform == "win32" else _listen,
        )
    )
    return STARTED[-1]


def finished(out) -> list[Path]:
    return [p for p in out.glob("finished/*.json") if len(p.stem) == 64]


def wait_for(out, count, run):
    while len(finished(out)) < count and run.poll() is None:
        time.sleep(0.05)
    assert run.poll() is None, f"it ended before it could be stopped: {run.communicate()}"


def points(out):
    return [s["points"] for s in json.loads((out / "report.json").read_text())["submissions"]]


def test_a_killed_run_goes_on(place):
    students, out = place
    for i in range(4):
        submission(students, f"{i}.ipynb", **({"suggest": SLOW.format(i)} if i else {}))
    run = start(students, out)
    wait_for(out, 2, run)
    run.kill()
    run.communicate()
    kept = {p: p.stat().st_mtime_ns for p in finished(out)}
    seed = (out / "finished" / "seed.txt").read_text()
    assert 2 <= len(kept) < 4 and not (out / "report.json").exists()
    assert main([str(students), "--out", str(out), "--format", "json"]) == 0
    assert json.loads((out / "report.json").read_text())["seed"] == seed
    assert points(out) == [FULL] + [FULL - 1] * 3
    assert kept == {p: p.stat().st_mtime_ns for p in kept}, "what is finished is not graded again"
    assert not (out / "finished" / "seed.txt").exists(), "the next run draws new cases"


@pytest.mark.skipif(sys.platform == "win32", reason="no Ctrl-C for another process there")
@pytest.mark.parametrize("ended, jobs", [("SIGINT", "1"), ("SIGHUP", "2")])
def test_a_run_that_is_stopped_keeps_what_is_finished_and_leaves_nothing(
    ended, jobs, place, tmp_path, monkeypatch
):
    students, out = place
    submission(students, "z.ipynb", suggest=LOOP)
    submission(students, "a.ipynb")
    monkeypatch.setenv("TMPDIR", str(empty := tmp_path / "tmp"))
    empty.mkdir()
    run = start(students, out, "--timeout", "600", "--jobs", jobs)
    wait_for(out, 1, run)
    run.send_signal(getattr(signal, ended))
    words = run.communicate(timeout=60)[1]
    assert "the same command goes on" in words and run.returncode == 130
    assert len(finished(out)) == 1
    assert "leaked" not in words
    until = time.monotonic() + 20
    while left := [path.name for path in empty.iterdir()]:
        assert time.monotonic() < until, left
        time.sleep(0.05)


def workers_of(run):
    return [
        p
        for p in psutil.Process(run.pid).children()
        if any("spawn_main" in word for word in p.cmdline())
    ]


def test_a_worker_that_is_killed_costs_nothing(place):
    students, out = place
    for i in range(4):
        submission(students, f"{i}.ipynb", suggest=SLOW.format(i))
    run = start(students, out, "--jobs", "2", "--format", "json")
    wait_for(out, 1, run)
    workers_of(run)[0].kill()
    run.communicate(timeout=120)
    assert run.returncode == 0 and points(out) == [FULL - 1] * 4


def test_workers_end_with_their_parent(place):
    students, out = place
    submission(students, "a.ipynb")
    for name in ("y", "z"):
        submission(students, f"{name}.ipynb", suggest=LOOP)
    run = start(students, out, "--timeout", "600", "--jobs", "2")
    wait_for(out, 1, run)
    family = psutil.Process(run.pid).children(recursive=True)
    run.kill()
    run.communicate()
    assert len(family) >= 2 and psutil.wait_procs(family, timeout=20)[1] == []


def entries(files, rules, out, grade):
    return dict(many.grade_all([Found(f) for f in files], Recorded(out, "s"), rules, grade))


def test_what_is_recorded_is_what_was_graded(place, judge):
    """A file that is replaced while it is graded, and its twin that is not."""
    students, out = place
    for folder in ("a", "b"):
        (students / folder).mkdir()
        submission(students / folder, "one.ipynb")
    files = sorted(students.rglob("*.ipynb"))
    rules = Rules("s")

    def grade(todo):
        for i, file in todo.items():
            if file.path == files[0]:
                submission(students / "a", "one.ipynb", suggest="def suggest(p, k=3):\n    pass\n")
            yield i, judged(file, rules, judge)

    found = entries(files, rules, out, grade)
    assert [found[i]["points"] for i in (0, 1)] == [FULL - 1, FULL]
    assert [s["file"] for s in (found[0], found[1])] == [str(f) for f in files]
    taken = entries(files, rules, out, lambda todo: iter(()))
    assert taken == found, "each is taken over under the bytes that it was graded for"


def test_one_of_two_equal_files_is_judged(place, judge):
    students, out = place
    for folder in ("a", "b"):
        (students / folder).mkdir()
        submission(students / folder, "one.ipynb")
    files, judged_files = sorted(students.rglob("*.ipynb")), []

    def grade(todo):
        judged_files.extend(todo)
        return ((i, judged(f, Rules("s"), judge)) for i, f in todo.items())

    found = entries(files, Rules("s"), out, grade)
    assert judged_files == [0] and [e["points"] for e in found.values()] == [FULL, FULL]
    assert [e["file"] for e in found.values()] == [str(f) for f in files]


def test_a_full_disk_is_one_sentence(place, monkeypatch, capsys):
    students, out = place
    submission(students)
    write = Path.write_text

    def full(self, *arguments, **options):
        if self.suffix == ".part":
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        return write(self, *arguments, **options)

    monkeypatch.setattr(Path, "write_text", full)
    assert main([str(students), "--out", str(out)]) == 2
    said = capsys.readouterr().err.splitlines()[-1]
    assert said.startswith("Stopped: ") and "No space left" in said and "is kept" in said


def test_a_canary_with_too_few_or_too_many_points_stops_the_run(tmp_path, monkeypatch, judge):
    for name, said in (("solutions", "got "), ("notebooks", "did not get full marks")):
        root = tmp_path / f"all_{name}"
        for folder in ("solutions", "notebooks"):
            (root / folder).mkdir(parents=True)
            content = (ROOT / name / f"{LESSON}.ipynb").read_bytes()
            (root / folder / f"{LESSON}.ipynb").write_bytes(content)
        monkeypatch.setattr(many, "ROOT", root)
        assert said in many.canary({LESSON}, Rules("seed"), judge)


def test_a_run_of_a_route_is_found_again_whatever_the_order_of_its_set(tmp_path):
    class Shuffled(frozenset):
        def __repr__(self):
            return "as another process writes it"

    place = Recorded(tmp_path)
    paths = {
        place._path(Path("a"), "digest", Rules("seed", handed_out=kind(("scale", "softmax"))))
        for kind in (frozenset, Shuffled)
    }
    assert len(paths) == 1


def test_what_nobody_is_judged_for_is_not_tried(place, monkeypatch):
    students, out = place
    submission(students)
    tries = []
    monkeypatch.setattr(many, "trial", lambda lessons, *more: tries.append(lessons) or "")
    command = [str(students), "--out", str(out), "--seed", "1"]
    assert main(command) == main(command) == 0 and tries == [{LESSON}]
