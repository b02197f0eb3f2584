"""The processes of a judge: sandboxes that break, children forked from a warm one, time."""

import os
import subprocess
import sys
import time

import psutil
import pytest

from tests.grade import FULL, grade, submission
from utils.grade import __main__ as command
from utils.grade import sandbox as sandboxes
from utils.grade.inmate import Inmate, Usage
from utils.grade.judge import Judge
from utils.grade.line import Allowance, Line
from utils.grade.sandbox import Sandbox, SandboxBroken

needs_fork = pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork here")


def test_a_broken_sandbox_is_nobodys_mark(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(sandboxes.time, "sleep", lambda seconds: None)
    tries = []

    def fails(self, *arguments):
        tries.append(1)
        raise OSError("no more processes")

    monkeypatch.setattr(Sandbox, "_start", fails)
    with Judge(Sandbox(True, False)) as judge:
        entry = grade(submission(tmp_path), judge)
    assert entry["points"] is None and len(tries) == sandboxes.TRIES
    assert "not the submission's fault: no more processes" in entry["reason"]
    monkeypatch.setattr(command, "decide", lambda private: Sandbox(True, False))
    assert command.main([str(tmp_path), "--out", str(tmp_path / "out")]) == 2
    assert "failed its own trial" in capsys.readouterr().err
    assert not (tmp_path / "out" / "report.json").exists()


def test_a_start_that_fails_once_is_tried_again_in_the_same_sandbox(monkeypatch, sandbox, tmp_path):
    start, failures = Sandbox._start, [OSError("busy")]

    def fails_once(self, *arguments):
        if failures:
            raise failures.pop()
        return start(self, *arguments)

    monkeypatch.setattr(Sandbox, "_start", fails_once)
    with Judge(sandbox) as judge:
        entry = grade(submission(tmp_path), judge)
    assert entry["points"] == FULL and entry["isolation"] == sandbox.words


@pytest.mark.slow
@needs_fork
def test_warm_gives_the_same_marks(tmp_path, judge, cold):
    patch = "import math\nmath.exp = None\nmath.log = None\n"
    bodies = {
        "right": {},
        "leak": {"suggest": patch + "def suggest(probabilities, k=3):\n    return []\n"},
        "ends": {"suggest": "import os\ndef suggest(probabilities, k=3):\n    os._exit(0)\n"},
        "again": {},
    }
    for name, body in bodies.items():
        path = submission(tmp_path, f"{name}.ipynb", **body)
        one, other = grade(path, cold), grade(path, judge)
        assert one.pop("isolation") != other.pop("isolation") or not cold.sandbox.walls
        assert one == other
    assert grade(path, judge)["points"] == FULL


@needs_fork
@pytest.mark.parametrize(
    "harm",
    [
        "if os.fork() == 0:\n        time.sleep(600)",
        "for n in range(90):\n        open(f'/tmp/{n}', 'wb').write(bytes(1 << 20))",
        "os.makedirs('/tmp/a/b')\n    os.chmod('/tmp/a', 0)",
        "os.kill(os.getppid(), 9)",
    ],
    ids=["stays", "fills the disk", "locks a folder", "kills the warm child"],
)
def test_what_one_leaves_behind_does_not_meet_the_next(harm, tmp_path, sandbox):
    """The next one finds a clean folder, or a new sandbox."""
    body = f"import os, time\ndef suggest(probabilities, k=3):\n    {harm}\n    return []\n"
    uses = (
        "import os, tempfile\n"
        "def suggest(probabilities, k=3):\n"
        "    with tempfile.TemporaryFile() as file:\n        file.write(bytes(1 << 20))\n"
        "    assert os.listdir(os.environ['TMPDIR']) == []\n"
        "    return sorted(probabilities, key=lambda w: (-probabilities[w], w))[:k]\n"
    )
    if not sandbox.walls:
        pytest.skip("these are for a sandbox with walls")
    with Judge(sandbox, warm=True) as own:
        harmed = grade(submission(tmp_path, "harm.ipynb", suggest=body), own)
        assert harmed["points"] == FULL - 1
        assert grade(submission(tmp_path, "next.ipynb", suggest=uses), own)["points"] == FULL


@needs_fork
def test_one_cannot_speak_for_the_next(tmp_path, sandbox):
    """It writes what the judge waits for into every channel it can find, and leaves."""
    speaks = (
        "import os, socket, struct, json\n"
        "def predict_gap():\n"
        "    for words in (['value', 'POISON', [], None, [], 0], ['ended'], ['ready'], ['done']):\n"
        "        head = json.dumps({'list': words}).encode()\n"
        "        body = struct.pack('<Q', 2) + b'{}'\n"
        "        frame = struct.pack('<II', len(head), len(body)) + head + body\n"
        "        for number in range(3, 30):\n"
        "            for data in (frame, b'ended', b'ready'):\n"
        "                try:\n"
        "                    os.write(number, data)\n"
        "                except OSError:\n"
        "                    pass\n"
        "    os._exit(0)\n"
    )
    with Judge(sandbox, warm=True) as own:
        grade(submission(tmp_path, "speaks.ipynb", predict_gap=speaks), own)
        for _ in range(2):
            assert grade(submission(tmp_path, "honest.ipynb"), own)["points"] == FULL


class Starved(Inmate):
    """Says that it could run, and that no processor was free for it; or that it sleeps; or that it
    waits for a disk.
    """

    awake, waiting = True, False

    def usage(self):
        return Usage(0.0, 0, 1, self.awake, self.waiting)


@pytest.mark.slow
@pytest.mark.parametrize("state", ["awake", "a disk", "a disk, for long", "asleep"])
def test_waiting_for_a_busy_machine_is_not_still_running(state, monkeypatch):
    """Sleeping for two seconds is; a second of work that had to wait is not."""
    fine = state in ("awake", "a disk")
    if state == "a disk, for long":
        monkeypatch.setattr("utils.grade.line.DISK", 0.1)
    text = "import sys, time; time.sleep(1.5); sys.stdout.buffer.write(bytes.fromhex(sys.argv[1]))"
    frame = "02000000" + "0a000000" + b"[]".hex() + (b"\x02" + bytes(7) + b"{}").hex()
    process = subprocess.Popen([sys.executable, "-c", text, frame], stdin=-1, stdout=-1, bufsize=0)
    inmate = Starved(process)
    inmate.awake, inmate.waiting = state == "awake", state.startswith("a disk")
    line, began = Line(inmate, process.stdout, process.stdin), time.monotonic()
    try:
        kept = Allowance.of(0.7)
        if fine:
            with pytest.raises(Exception, match="not one a function can give"):
                line.receive(kept)  # it came through; [] is no message
        else:
            with pytest.raises(TimeoutError):
                line.receive(kept)
            assert time.monotonic() - began < 1.45
    finally:
        line.close()


@pytest.mark.skipif(not hasattr(os, "killpg"), reason="no process groups here")
@pytest.mark.parametrize("walls", [True, False])
def test_whoever_has_its_number_later_is_left_alone(walls, monkeypatch):
    """A number that was given back may be anybody's: here another process's with a child."""
    ended = subprocess.Popen([sys.executable, "-c", ""], start_new_session=True)
    inmate = Inmate(ended, walls=walls)
    inmate.kill()
    command = "import subprocess, sys; subprocess.run([sys.executable, '-c', 'input()'])"
    other = subprocess.Popen([sys.executable, "-c", command], stdin=-1, start_new_session=True)
    try:
        while not (children := psutil.Process(other.pid).children()):
            time.sleep(0.02)
        monkeypatch.setattr(ended, "pid", other.pid)
        inmate.kill()
        assert inmate.tree() == [] and other.poll() is None and children[0].is_running()
        assert psutil.STATUS_STOPPED not in (
            psutil.Process(other.pid).status(),
            children[0].status(),
        )
    finally:
        other.communicate(b"")


def test_no_sandbox_at_all_is_said(monkeypatch):
    monkeypatch.setattr(sandboxes, "_trial", lambda candidate: "refused")
    with pytest.raises(SandboxBroken, match="no child process could be started: refused"):
        sandboxes.decide()
