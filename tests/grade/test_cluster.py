"""Grading on a Dask cluster: a real scheduler, two worker processes, one killed midway. Needs `pip
install distributed`.
"""

import json
import os
import subprocess
import sys
import time

import nbformat
import pytest

from utils.build import ROOT
from utils.exercises import exercises
from utils.grade.__main__ import main

LESSON = "01_language_modeling"
FULL = sum(e.points for e in exercises(LESSON))


def start(*arguments, folder):
    environment = os.environ | {
        "PYTHONPATH": os.pathsep.join([str(ROOT), *filter(None, sys.path)]),
        "OMP_NUM_THREADS": "1",
        "DASK_DISTRIBUTED__SCHEDULER__WORKER_TTL": "30s",
    }
    return subprocess.Popen(
        [sys.executable, "-m", *arguments],
        cwd=folder,
        env=environment,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )


@pytest.fixture
def cluster(tmp_path):
    pytest.importorskip(
        "distributed", reason="--cluster is an optional extra: pip install distributed"
    )
    from distributed import Client

    where = tmp_path / "scheduler.json"
    processes = [
        start(
            "distributed.cli.dask_scheduler",
            "--port",
            "0",
            "--no-dashboard",
            "--scheduler-file",
            str(where),
            folder=tmp_path,
        )
    ]
    try:
        for name in ("one", "two"):
            processes.append(
                start(
                    "distributed.cli.dask_worker",
                    "--no-nanny",
                    "--nthreads",
                    "1",
                    "--no-dashboard",
                    "--name",
                    name,
                    "--scheduler-file",
                    str(where),
                    folder=tmp_path,
                )
            )
        while not where.exists():
            time.sleep(0.05)
        with Client(scheduler_file=str(where), timeout=60) as client:
            client.wait_for_workers(2, timeout=60)
        yield json.loads(where.read_text())["address"], processes
    finally:
        for process in processes:
            process.kill()
            process.wait()


def test_a_worker_killed_midway_costs_nothing(cluster, tmp_path):
    address, (_, one, _) = cluster
    students, out = tmp_path / "students", tmp_path / "out"
    students.mkdir()
    solution = nbformat.read(ROOT / "solutions" / f"{LESSON}.ipynb", as_version=4)
    for i in range(12):
        for cell in solution.cells:
            if cell["id"] == "suggest":
                cell.source = (
                    "import time\ndef suggest(probabilities, k=3):\n    time.sleep(0.1)\n    "
                    f"return [{i}]\n"
                )
        nbformat.write(solution, students / f"{i:02d}_{LESSON}.ipynb")
    (students / "broken.ipynb").write_text("{")
    run = subprocess.Popen(
        [
            sys.executable,
            "-m",
            "utils.grade",
            str(students),
            "--out",
            str(out),
            "--cluster",
            address,
            "--format",
            "json",
        ],
        cwd=ROOT,
        env=os.environ | {"PYTHONPATH": os.pathsep.join([str(ROOT), *filter(None, sys.path)])},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
    )
    while len(list(out.glob("finished/*.json"))) < 3 and run.poll() is None:
        time.sleep(0.05)
    assert run.poll() is None, run.communicate()
    one.kill()
    said = run.communicate(timeout=300)[1]
    assert run.returncode == 1, said
    report = json.loads((out / "report.json").read_text())
    names = [s["file"] for s in report["submissions"]]
    assert len(names) == len(set(names)) == 13
    assert [s["points"] for s in report["submissions"]] == [FULL - 1] * 12 + [None]


def test_what_is_missing_is_said(tmp_path, monkeypatch, capsys):
    submission = tmp_path / f"{LESSON}.ipynb"
    submission.write_bytes((ROOT / "solutions" / f"{LESSON}.ipynb").read_bytes())
    monkeypatch.setitem(sys.modules, "distributed", None)
    assert (
        main([str(submission), "--out", str(tmp_path / "out"), "--cluster", "tcp://127.0.0.1:1"])
        == 2
    )
    assert "pip install distributed" in capsys.readouterr().err
