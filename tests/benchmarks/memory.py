"""How much memory a learner needs: `python -m tests.benchmarks.memory [LESSON…]`, by default
lessons 01, 04, 07, 08 and 09.

Runs each notebook of notebooks/ in a kernel of its own, as Run All does, and looks ten times a
second at what the kernel holds, in MB: RSS, with the pages of libraries that several kernels of one
machine share, and USS, what is its alone. Then the same for a JupyterLab server without any kernel.
"""

import os
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

import nbformat
import psutil

from tests.benchmarks.table import HEADER, rows

ROOT = Path(__file__).resolve().parents[2]
LESSONS = (
    "01_language_modeling",
    "04_masked_self_attention",
    "07_training",
    "08_loading_gpt2_weights",
    "09_inside_and_beyond",
)


def watched(pid: int, most: list[int], done: threading.Event) -> None:
    """Keep the largest (RSS, USS) of a process and its children, in bytes."""
    while not done.wait(0.1):
        try:
            family = [psutil.Process(pid), *psutil.Process(pid).children(recursive=True)]
            held = [p.memory_full_info() for p in family]
        except psutil.Error:
            continue
        most[:] = max(most[0], sum(h.rss for h in held)), max(most[1], sum(h.uss for h in held))


def kernel(lesson: str) -> list[float]:
    from utils.build.execution import SlicedClient

    most, done = [0, 0], threading.Event()
    notebook = nbformat.read(ROOT / "notebooks" / f"{lesson}.ipynb", as_version=4)
    client = SlicedClient(
        notebook,
        timeout=900,
        kernel_name="python3",
        extra_arguments=["--log-level=ERROR"],
        resources={"metadata": {"path": str(ROOT / "notebooks")}},
    )
    with client.setup_kernel():
        thread = threading.Thread(target=watched, args=(client.km.provisioner.pid, most, done))
        thread.start()
        for index, cell in enumerate(notebook.cells):
            client.execute_cell(cell, index)
        done.set()
        thread.join()
    return [size / 1e6 for size in most]


def server() -> list[float]:
    most, done = [0, 0], threading.Event()
    process = subprocess.Popen(
        [sys.executable, "-m", "jupyterlab", "--no-browser", "--allow-root", "--port=0"],
        cwd=ROOT,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    thread = threading.Thread(target=watched, args=(process.pid, most, done))
    thread.start()
    time.sleep(25)
    done.set()
    thread.join()
    process.terminate()
    process.wait(30)
    return [size / 1e6 for size in most]


if __name__ == "__main__":
    os.environ.update(
        HF_HUB_OFFLINE="1", OMP_NUM_THREADS="1", GPT2_BY_HAND_PROGRESS=tempfile.mkdtemp()
    )
    print(HEADER)
    for name in sys.argv[1:] or LESSONS:
        rows(f"{name}, peak memory", "MB", dict(zip(("RSS", "USS"), kernel(name))))
    rows("JupyterLab without a kernel, peak memory", "MB", dict(zip(("RSS", "USS"), server())))
