"""What a submission's process can reach: tried from the inside, and the machine looked at
afterwards.
"""

import os
import socket
import sys
from pathlib import Path

import psutil
import pytest
from utils.grade.marking import Box
from utils.grade.submission import Submission

from utils.exercises.judge import Outcome
from utils.grade import marking, sandbox
from utils.grade.sandbox import ROOT, Sandbox

WALLS = sandbox.sandbox().walls
needs_walls = pytest.mark.skipif(
    not WALLS, reason=f"bubblewrap does not work here: {sandbox.sandbox().warning}"
)


@pytest.fixture
def box():
    """Runs a source's `probe(*arguments)` in a sandbox, as a submission's function would run."""
    boxes = []

    def run(source, *arguments, seconds=10.0) -> Outcome:
        box = Box(Submission(Path("probe.ipynb"), "00_start_here", [("probe", source)], [], ""))
        boxes.append(box)
        box.left = 3 * seconds
        return box.call("probe", arguments, [], seconds)

    run.boxes = boxes
    yield run
    for box in boxes:
        box.stop()


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
    names = ["01_language_modeling", "byte_pair_encoding", "masked_self_attention"]
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
    for path in ("/box/child.py", "/box/wire.py"):
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
    became_root = gained and os.geteuid() == 0
    rights = [status["CapEff"].strip(), status["NoNewPrivs"].strip()]
    return [*rights, os.getuid(), became_root, len(pids)]
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
    sleep = [sys.executable, "-c", "import time; time.sleep(600)", "planted-by-a-probe"]
    subprocess.Popen(sleep, start_new_session=True)
    return 1
"""
    assert box(source).value == 1
    box.boxes[-1].stop()
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
    if not WALLS and not sandbox.sandbox().other_uid:
        pytest.skip("without a sandbox of its own it would end these tests")
    assert box(source).error == "ProcessEnded"


def test_the_limits_hold_without_walls_and_it_says_what_is_open(box, monkeypatch):
    monkeypatch.setattr(sandbox, "_trial", lambda candidate: "refused" if candidate.walls else "")
    monkeypatch.setattr(sandbox.shutil, "which", lambda name: None)
    chosen = sandbox.sandbox.__wrapped__()
    assert not chosen.walls and "network" in chosen.warning and "bubblewrap" in chosen.warning
    bare = Sandbox(
        False, False
    )  # as this user: a sandboxed user might not be let into a home that holds Python
    monkeypatch.setattr(marking, "sandbox", lambda: bare)
    assert box("def probe():\n    return 1\n").value == 1
    folder = box.boxes[-1].line.inmate.folder
    assert folder.is_dir()
    box.boxes[-1].stop()
    assert not folder.exists()
    assert box("def probe():\n    while True:\n        pass\n", seconds=0.5).error == "TimeLimit"
    if sys.platform == "linux":
        assert box("def probe():\n    return len(bytearray(30 << 30))\n").error == "MemoryError"


def test_no_sandbox_at_all_is_said(monkeypatch):
    monkeypatch.setattr(sandbox, "_trial", lambda candidate: "refused")
    with pytest.raises(sandbox.SandboxBroken, match="no child process could be started: refused"):
        sandbox.sandbox.__wrapped__()
