"""pip and venv are never silent for long: a fake pip says nothing until it sees progress."""

import subprocess
import sys

import pytest

from utils.setup import installing

# Waits with every step until a line of progress was shown, as a slow network would have it wait;
# gives up after 30 s, which fails the test.
PIP = """
import os, pathlib, sys, time

shown, venv = pathlib.Path(sys.argv[1]), pathlib.Path(sys.argv[2])

def until(words):
    for _ in range(600):
        if shown.exists() and words in shown.read_text():
            return
        time.sleep(0.05)
    sys.exit("nobody said: " + words)

print("Collecting torch")
until("1 packages looked up")
print("  Downloading torch-2.13.0-cp311-cp311-manylinux_2_28_x86_64.whl (190.7 MB)")
part = pathlib.Path(os.environ["TMPDIR"]) / "pip-unpack-x" / "torch.whl"
part.parent.mkdir()
part.write_bytes(bytes(64_000_000))
until("torch: 64 of 190 MB fetched")
print("Installing collected packages: mpmath, sympy, torch")
(venv / "lib/python3.11/site-packages/mpmath-1.dist-info").mkdir(parents=True)
until("1 of 3 packages installed")
print("Successfully installed torch-2.13.0")
"""


@pytest.fixture
def fake_pip(monkeypatch, tmp_path):
    """pip_install's command is the program above; returns the file of what was said."""
    (tmp_path / "pip.py").write_text(PIP)
    (tmp_path / "venv").mkdir()
    shown, start = tmp_path / "shown", subprocess.Popen

    def say(text):
        with shown.open("a", encoding="utf-8") as file:
            file.write(text + "\n")

    def instead(command, **options):
        return start([sys.executable, tmp_path / "pip.py", shown, tmp_path / "venv"], **options)

    monkeypatch.setattr(installing.subprocess, "Popen", instead)
    monkeypatch.setattr(installing, "SILENCE", 0.05)
    monkeypatch.setattr(installing, "say", say)
    return shown


def test_pips_silences_are_filled_with_how_far_it_is(fake_pip, tmp_path, capsys):
    failed, said = installing.pip_install(sys.executable, str(tmp_path / "venv"), "x.txt")
    assert not failed, said
    assert "Successfully installed" in capsys.readouterr().out
    assert not list((tmp_path / "venv").glob("pip-*"))  # its temporary files are gone


@pytest.mark.slow
def test_a_program_with_the_terminal_to_itself_is_waited_for_with_words(fake_pip, tmp_path):
    """It ends when it has heard that it is starting; nothing is said once it has started."""
    code = (
        "import pathlib, sys, time\n"
        "while 'JupyterLab is starting' not in pathlib.Path(sys.argv[1]).read_text():\n"
        "    time.sleep(0.05)\n"
        "pathlib.Path(sys.argv[2]).touch()\n"
        "time.sleep(0.5)\n"
        "sys.exit(5)\n"
    )
    (tmp_path / "pip.py").write_text(code)
    fake_pip.touch()
    (tmp_path / "venv").rmdir()
    assert installing.call([], (tmp_path / "venv").exists, "JupyterLab is starting") == 5
    before = fake_pip.read_text()
    installing.call([], lambda: True, "JupyterLab is starting")
    assert fake_pip.read_text() == before


def test_ctrl_c_ends_what_was_waited_for(monkeypatch):
    begun, start = [], subprocess.Popen

    def popen(*arguments, **options):
        begun.append(start(*arguments, **options))
        return begun[0]

    def interrupted():
        raise KeyboardInterrupt

    monkeypatch.setattr(installing.subprocess, "Popen", popen)
    sleeps = [sys.executable, "-c", "import time; time.sleep(600)"]
    with pytest.raises(KeyboardInterrupt):
        installing.call(sleeps, interrupted, "…")
    try:
        assert begun[0].wait(timeout=20)
    finally:
        begun[0].kill()


def test_less_than_15_seconds_between_two_lines():
    assert installing.SILENCE < 15


def test_a_failure_keeps_what_was_said(tmp_path):
    failed, said = installing.watched(
        [sys.executable, "-c", "print('first'); raise SystemExit(3)"], lambda said: "…"
    )
    assert failed == 3 and said.splitlines() == ["first"]


@pytest.mark.parametrize(
    "line, words",
    [
        ("Downloading nvidia_cudnn_cu13-9.24-py3-none-manylinux.whl (553.1 MB)", "64 of 553 MB"),
        (
            "  Downloading torch-2.13.0-cp311-cp311-linux_x86_64.whl (1.2 GB)",
            "torch: 64 of 1200 MB",
        ),
        ("  Downloading torch-2.13.0-cp311-linux_x86_64.whl.metadata (30 kB)", "0 packages looked"),
    ],
)
def test_pips_ways_to_say_what_it_fetches(line, words):
    assert words in installing.how_far([line + "\n"], 64_000_000, 0)
