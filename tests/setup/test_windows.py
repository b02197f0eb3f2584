"""What a learner runs on Windows, simulated: without what only POSIX has, and with an error for
each file that is opened without saying its encoding.
"""

import os
import subprocess
import sys

import nbformat
import pytest

from utils import build

ROOT = build.ROOT
LEAVE_POSIX = """
import os, signal, sys, warnings
import IPython, matplotlib.pyplot, numpy, psutil, safetensors
for name in (
    "fork forkpty getuid geteuid getgid setuid setsid killpg chown lchown getpgid uname nice wait3"
).split():
    delattr(os, name)
for name in ("SIGALRM", "SIGKILL", "setitimer", "alarm"):
    delattr(signal, name)
for name in ("resource", "fcntl", "pwd", "grp", "termios"):
    sys.modules[name] = None
opened_by = "utils|__main__|IPython.core.interactiveshell"  # the last holds a cell's own open()
warnings.filterwarnings("error", category=EncodingWarning, module=opened_by)
"""
RUN_LESSON = """
import nbformat
from IPython.core.interactiveshell import InteractiveShell
shell = InteractiveShell.instance()
for cell in nbformat.read(sys.argv[1], 4).cells:
    if cell.cell_type == "code" and not shell.run_cell(cell.source).success:
        sys.exit("failed: " + cell.source)
"""
STOP_A_LOOP = """
import time
from utils.limit import call_with_limit
def for_ever():
    while True:
        try:
            time.sleep(0.01)
        except Exception:
            pass
print(call_with_limit(for_ever, (), 0.3).error)
"""


def on_windows(code: str, *arguments, cwd=ROOT):
    return subprocess.run(
        [sys.executable, "-X", "warn_default_encoding", "-c", LEAVE_POSIX + code, *arguments],
        cwd=cwd,
        env=os.environ | {"MPLBACKEND": "agg", "OMP_NUM_THREADS": "1", "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
    )


@pytest.mark.slow
@pytest.mark.parametrize("lesson", ["00_start_here", "02_byte_pair_encoding"])
def test_an_untouched_lesson_runs_without_what_only_posix_has(tmp_path, lesson):
    solution = build.tidy(build.read(ROOT / "solutions" / f"{lesson}.ipynb"), lesson)
    copy = build.learners_copy(solution, lesson)
    nbformat.write(copy, tmp_path / "lesson.ipynb")
    result = on_windows(RUN_LESSON, tmp_path / "lesson.ipynb", cwd=ROOT / "notebooks")
    assert result.returncode == 0, (result.stdout + result.stderr)[-3000:]


@pytest.mark.slow
def test_the_simulation_sees_what_it_is_there_for(tmp_path):
    source = "open('README.md')"
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(source)])
    nbformat.write(notebook, tmp_path / "lesson.ipynb")
    result = on_windows(RUN_LESSON, tmp_path / "lesson.ipynb")
    assert result.returncode and "EncodingWarning" in result.stdout + result.stderr


def test_an_endless_loop_is_stopped_without_signals():
    result = on_windows(STOP_A_LOOP)
    assert result.stdout.split() == ["TimeLimit"], result.stderr
