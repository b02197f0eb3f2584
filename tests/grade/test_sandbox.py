"""What a submission's process can reach: tried from the inside, and the machine looked at
afterwards.
"""

import json
import os
import shutil
import socket
import sys
import tempfile
from pathlib import Path

import psutil
import pytest

from tests.grade import FULL, grade, submission
from utils.exercises import named
from utils.exercises.judge import Outcome
from utils.grade import sandbox as sandboxes
from utils.grade.__main__ import main
from utils.grade.judge import Judge
from utils.grade.line import Allowance
from utils.grade.play import Gone, Play
from utils.grade.read import Notebook
from utils.grade.sandbox import ROOT, Sandbox, SandboxBroken, decide
from utils.grade.walls import hidden

WALLS = decide().walls
needs_walls = pytest.mark.skipif(
    not WALLS, reason=f"bubblewrap does not work here: {decide().warning}"
)


class Probe(Play):
    """A notebook with one function, `probe`, which is called once, as a case calls it."""

    def __init__(self, owner, source, arguments, seconds):
        super().__init__(owner, Notebook("probe.ipynb", "", "00_start_here", (source,)), [], None)
        self.lesson, self.order, self.arguments = ["probe"], {"probe": 0}, arguments
        self.wait, self.outcome = seconds, None

    def verdict(self, name):
        if self.outcome is None:
            limits = self.wait, Allowance.of(3 * self.wait)
            exercise = named("longest_word")
            self.outcome = self.case(exercise, self.arguments, False, False, *limits)
            if self.line is None:
                raise Gone
        return True


@pytest.fixture
def box(cold):
    """Runs a source's `probe(*arguments)` in a sandbox, as a submission's function would run."""

    def run(source, *arguments, seconds=10.0, owner=cold) -> Outcome:
        probe = Probe(owner, source, arguments, seconds)
        probe.play()
        return probe.outcome

    return run


@pytest.mark.slow
@needs_walls
def test_nothing_of_the_repository_can_be_seen(box):
    source = """
import os
def probe(root, words):
    seen = []
    for folder, folders, files in os.walk("/"):
        folders[:] = [f for f in folders if f not in ("proc", "site-packages", "share")]
        seen += [os.path.join(folder, f) for f in files if any(word in f for word in words)]
    return [sorted(os.listdir(root)) if os.path.isdir(root) else [], seen]
"""
    names = [
        "01_language_modeling",
        "count_bigrams",
        "attention_scores",
        "behaviour.py",
        "judged.py",
    ]
    root, seen = box(source, str(ROOT), names, seconds=120).value
    assert seen == []
    inside = [
        Path(p).relative_to(ROOT).parts[0]
        for p in (sys.prefix, sys.base_prefix)
        if Path(p).is_relative_to(ROOT)
    ]
    assert set(root) <= set(inside), "the virtual environment at most"


@needs_walls
def test_the_registry_cannot_be_imported(box):
    source = """
import sys
def probe(root):
    sys.path[:0] = [root, root + "/utils"]
    try:
        import utils.exercises
    except ImportError:
        return "no"
    return "yes"
"""
    assert box(source, str(ROOT)).value == "no"


@needs_walls
def test_no_way_to_a_local_listener(box):
    source = """
import socket
def probe(port, name):
    reached = []
    for family, address in ((socket.AF_INET, ("127.0.0.1", port)), (socket.AF_UNIX, "\\0" + name)):
        try:
            socket.socket(family).connect(address)
            reached.append(str(address))
        except OSError:
            pass
    return reached
"""
    name = f"gpt2-grader-test-{os.getpid()}"
    with (
        socket.create_server(("127.0.0.1", 0)) as listener,
        socket.socket(socket.AF_UNIX) as abstract,
    ):
        abstract.bind("\0" + name)
        abstract.listen()
        assert box(source, listener.getsockname()[1], name).value == []


@needs_walls
def test_only_its_own_folder_can_be_written(box, tmp_path):
    source = """
import os
def probe(folders):
    written = []
    for folder in folders:
        try:
            with open(os.path.join(folder, "planted"), "w") as file:
                file.write("x")
            written.append(folder)
        except OSError:
            pass
    for path in ("/box/utils/grade/child.py", "/box/utils/grade/wire.py"):
        try:
            open(path, "a").close()
            written.append(path)
        except OSError:
            pass
    return written
"""
    import numpy

    folders = [
        "/",
        "/usr",
        "/usr/local/bin",
        "/etc",
        "/dev",
        "/box",
        "/var/tmp",
        str(ROOT),
        str(ROOT / "solutions"),
        str(tmp_path),
        sys.prefix,
        str(Path(numpy.__file__).parent),
        "/tmp",
    ]
    assert box(source, folders).value == ["/tmp"]
    assert not any((Path(f) / "planted").exists() for f in folders), (
        "/tmp is its own, not the machine's"
    )


@needs_walls
def test_it_has_no_rights_and_sees_no_other_process(box):
    source = """
import os
def probe():
    status = dict(line.split(":\\t", 1) for line in open("/proc/self/status").read().splitlines())
    pids = [p for p in os.listdir("/proc") if p.isdigit()]
    gained = True
    try:
        os.setuid(0)
    except OSError:
        gained = False
    rights = status["CapEff"].strip(), status["NoNewPrivs"].strip()
    return [*rights, os.getuid(), gained and os.geteuid() == 0, len(pids)]
"""
    rights, sealed, uid, became_root, processes = box(source).value
    assert int(rights, 16) == 0 and sealed == "1" and processes <= 3
    assert uid != 0 and not became_root


def test_memory_is_bounded(box):
    source = "def probe():\n    return len(bytearray(30 << 30))\n"
    assert box(source).error == ("MemoryError" if sys.platform != "darwin" else "ProcessEnded")


@needs_walls
def test_its_disk_is_bounded(box):
    source = """
import os
def probe():
    for folder in ("/tmp", "/dev/shm"):
        total = 0
        try:
            for i in range(100):
                with open(f"{folder}/{i}", "wb") as file:
                    total += file.write(bytes(10 << 20))
        except OSError:
            pass
        if total > 100 << 20:
            return folder
    return ""
"""
    assert box(source, seconds=60).value == ""


def left_behind():
    """Processes that a probe started and marked with a word in their command line."""
    return [
        p
        for p in psutil.process_iter(["cmdline"])
        if "planted-by-a-probe" in (p.info["cmdline"] or [])
    ]


@pytest.mark.skipif(sys.platform == "win32", reason="no fork on Windows")
def test_a_fork_bomb_is_put_out_and_nothing_stays(box):
    source = """
import os, time
def probe():
    while True:
        try:
            if os.fork() == 0:
                os.setsid()
        except OSError:
            time.sleep(0.01)
"""
    before = len(psutil.pids())
    assert box(source, seconds=1).error in ("TimeLimit", "ProcessEnded")
    assert len(psutil.pids()) < before + 40
    assert box("def probe():\n    return 1\n").value == 1, "the next one runs"


@needs_walls
def test_what_it_leaves_running_ends_with_it(box):
    source = """
import subprocess, sys
def probe():
    command = [sys.executable, "-c", "import time; time.sleep(600)", "planted-by-a-probe"]
    subprocess.Popen(command, start_new_session=True)
    return 1
"""
    assert box(source).value == 1
    psutil.wait_procs(left_behind(), timeout=5)
    assert left_behind() == []


@pytest.mark.skipif(sys.platform == "win32", reason="no process groups on Windows")
def test_killing_everything_kills_only_itself(box):
    source = """
import os, signal
def probe():
    for target in (os.getppid(), 0, -1):
        try:
            os.kill(target, signal.SIGKILL)
        except OSError:
            pass
    return 1
"""
    if not WALLS and not decide().other_uid:
        pytest.skip("without a sandbox of its own it would end these tests")
    assert box(source).error == "ProcessEnded"


@pytest.mark.slow
def test_the_limits_hold_without_walls_and_it_says_what_is_open(box, monkeypatch):
    monkeypatch.setattr(sandboxes, "_trial", lambda candidate: "refused" if candidate.walls else "")
    monkeypatch.setattr(sandboxes.shutil, "which", lambda name: None)
    chosen = decide()
    assert not chosen.walls and "network" in chosen.warning and "bubblewrap" in chosen.warning
    assert chosen.words.startswith("WITHOUT a sandbox")
    # as this user: a sandboxed user might not be let into a home that holds Python
    before = set(Path(tempfile.gettempdir()).glob("submission-*"))
    with Judge(Sandbox(False, False)) as bare:
        assert box("def probe():\n    return 1\n", owner=bare).value == 1
        stories = (
            "from utils import stories\ndef probe():\n    return stories.generate(1, 1)[0].text\n"
        )
        assert box(stories, owner=bare).value
        loop = "def probe():\n    while True:\n        pass\n"
        assert box(loop, seconds=0.5, owner=bare).error == "TimeLimit"
        if sys.platform == "linux":
            much = "def probe():\n    return len(bytearray(30 << 30))\n"
            assert box(much, owner=bare).error == "MemoryError"
    assert set(Path(tempfile.gettempdir()).glob("submission-*")) <= before


@pytest.mark.slow
@pytest.mark.skipif(sys.platform == "win32", reason="no fork on Windows")
def test_a_daemon_that_keeps_the_pipes_holds_up_nobody(box):
    """Without walls, and as the same user, it cannot be found; it must not be waited for."""
    source = """
import os, time
def probe():
    if os.fork() == 0:
        os.setsid()
        if os.fork() == 0:
            time.sleep(8)
        os._exit(0)
    os.wait()
    os._exit(0)
"""
    with Judge(Sandbox(False, False)) as bare:
        assert box(source, owner=bare).error == "ProcessEnded"


@pytest.mark.slow
@needs_walls
def test_a_class_in_a_folder_of_the_system_is_hidden(judge):
    """Somebody else's work, in a folder that the sandbox shows because the system needs it."""
    place = Path(tempfile.mkdtemp(prefix="class-", dir="/usr/local/share"))
    try:
        other = submission(place, "ann.ipynb")
        steals = f"""
import glob, json
def suggest(probabilities, k=3):
    for name in glob.glob("{place}/**", recursive=True) + ["{other}"]:
        try:
            cells = json.load(open(name))["cells"]
            source = next("".join(c["source"]) for c in cells if c["id"] == "suggest")
            space = {{}}
            exec(source, space)
            return space["suggest"](probabilities, k)
        except (OSError, IsADirectoryError):
            pass
    return []
"""
        submission(place, "bob.ipynb", suggest=steals)
        assert main([str(place), "--out", str(place / "out"), "--format", "json"]) == 0
        report = json.loads((place / "out" / "report.json").read_text())["submissions"]
        lost = [e["id"] for e in report[1]["exercises"] if e["points"] < e["max_points"]]
        assert lost == ["suggest"] and report[0]["points"] == report[0]["max_points"]
    finally:
        shutil.rmtree(place)


def test_what_cannot_be_hidden_is_refused(tmp_path, monkeypatch, capsys):
    with pytest.raises(ValueError, match="move the submissions and the reports elsewhere"):
        hidden([Path("/usr")])
    if WALLS:
        with pytest.raises(SandboxBroken, match="the sandbox has to show it"):
            decide([Path("/usr/lib")])


def test_a_temporary_folder_that_is_cleared_is_made_again(tmp_path):
    """A machine's cleaner may come by during a long evening."""
    shutil.rmtree(sandboxes.box())
    with Judge(decide()) as own:
        assert grade(submission(tmp_path), own)["points"] == FULL
    assert (sandboxes.box() / "utils").is_dir()
