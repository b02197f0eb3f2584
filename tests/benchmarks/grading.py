"""What grading costs, beside nbgrader and otter in one run: `python tests/benchmarks/grading.py
[--count 4] [LESSON…]`.

Prints processor seconds per submission for the same notebooks (the course's solution, each handed
in by another student), and each as a share of nbgrader's. "batch" counts all, start and trial of
the judge included, divided by the number of submissions; "each further" is what one more costs.
otter-grader is measured where it is installed (`pip install otter-grader`), and is not among the
course's requirements. Then what `--jobs` gains, by the clock. Some minutes; wants a quiet machine.
"""

import argparse
import contextlib
import importlib.util
import io
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from utils.exercises import exercises
from utils.grade import inmate, line
from utils.grade.__main__ import main as grade
from utils.grade.sandbox import ROOT

CONFIG = (
    "c = get_config()\nc.CourseDirectory.course_id = 'gpt2'\nc.IncludeHeaderFooter.header = ''\n"
)


def children() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def nbgrader(lesson: str, count: int, folder: Path) -> float:
    """Processor seconds of `nbgrader autograde` over `count` submissions."""
    (folder / "nbgrader_config.py").write_text(CONFIG)
    source = folder / "source" / lesson
    source.mkdir(parents=True)
    (source / f"{lesson}.ipynb").write_bytes((ROOT / "solutions" / f"{lesson}.ipynb").read_bytes())
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    environment = os.environ | {
        "PATH": path,
        "PYTHONPATH": str(ROOT),
        "GPT2_BY_HAND_PROGRESS": str(folder / "p"),
        "OMP_NUM_THREADS": "1",
    }

    def run(command):
        result = subprocess.run(
            [sys.executable, "-m", "nbgrader", command, lesson],
            cwd=folder,
            env=environment,
            capture_output=True,
            text=True,
        )
        if result.returncode:
            raise SystemExit(result.stderr[-3000:])

    run("generate_assignment")
    for student, text in handed_in(lesson, count, folder / "release" / lesson / f"{lesson}.ipynb"):
        submitted = folder / "submitted" / student / lesson
        submitted.mkdir(parents=True)
        (submitted / f"{lesson}.ipynb").write_text(text, encoding="utf-8")
    before = children()
    run("autograde")
    return children() - before


def otter(lesson: str, count: int, folder: Path) -> float:
    """Processor seconds of `otter run` over `count` submissions, one after another as it wants
    them.
    """
    tests = folder / "tests"
    tests.mkdir(parents=True)
    for exercise in exercises(lesson):
        code = (
            f">>> from utils.check import check\n>>> {exercise.name} is check({exercise.name})\n"
            "True"
        )
        suite = {
            "cases": [{"code": code, "hidden": False, "locked": False}],
            "scored": True,
            "type": "doctest",
        }
        test = {"name": exercise.name, "points": exercise.points, "suites": [suite]}
        (tests / f"{exercise.name}.py").write_text(
            f"OK_FORMAT = True\ntest = {test!r}\n", encoding="utf-8"
        )
    environment = os.environ | {
        "PYTHONPATH": str(ROOT),
        "GPT2_BY_HAND_PROGRESS": str(folder / "p"),
        "OMP_NUM_THREADS": "1",
    }

    def run(*command):
        subprocess.run(
            [sys.executable, "-m", "otter", *command],
            cwd=folder,
            env=environment,
            check=True,
            stdout=subprocess.DEVNULL,
        )

    run("generate", "-t", "tests", "--no-environment", "--no-requirements", "-o", "autograder.zip")
    files = []
    for student, text in handed_in(lesson, count, ROOT / "notebooks" / f"{lesson}.ipynb"):
        files.append(folder / f"{student}.ipynb")
        files[-1].write_text(text, encoding="utf-8")
    before = children()
    for file in files:
        run("run", "-a", "autograder.zip", "--no-logo", file.name)
    used = children() - before
    result = json.loads((folder / "results.json").read_text(encoding="utf-8"))
    scores = [t["score"] for t in result["tests"] if "score" in t]
    if sum(scores) != sum(e.points for e in exercises(lesson)):
        raise SystemExit(
            f"otter gave the solution {sum(scores)} points: this is not the same work."
        )
    return used


def ours(lesson: str, count: int, folder: Path, *options: str) -> float:
    """Processor seconds of our grader, which starts anew, and of all that it starts."""
    return measured(lesson, count, folder, *options)[0]


def measured(lesson: str, count: int, folder: Path, *options: str) -> tuple[float, float]:
    """(processor seconds, megabytes that the grader's own process took at most)."""
    students = folder / "students"
    students.mkdir(parents=True)
    for student, text in handed_in(lesson, count, ROOT / "notebooks" / f"{lesson}.ipynb"):
        (students / f"{student}_{lesson}.ipynb").write_text(text, encoding="utf-8")
    command = [sys.executable, __file__, "--inside", str(folder), *options]
    said = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    seconds, kilobytes = map(float, said.split())
    return seconds, kilobytes / 1000


def by_the_clock(lesson: str, count: int, jobs: int) -> float:
    """Seconds for `count` submissions without the judge's trial, which is the same for any number
    of jobs.
    """
    seconds = []
    for n in (jobs, jobs + count):  # so that the start of the processes is in both
        start = time.perf_counter()
        ours(lesson, n, Path(tempfile.mkdtemp()), "--jobs", str(jobs))
        seconds.append(time.perf_counter() - start)
    return seconds[1] - seconds[0]


def inside(folder: Path, *options: str) -> float:
    # what a killed world used is not added to its parent's account, so it is read before, and
    # before its line is closed, which lets a child end by itself
    ended: dict[int, float] = {}
    kill, close = inmate.Inmate.kill, line.Line.close

    def counting(self):
        if self.process.returncode is None:
            ended[self.process.pid] = max(ended.get(self.process.pid, 0.0), self.usage().seconds)

    inmate.Inmate.kill = lambda self: (counting(self), kill(self))
    line.Line.close = lambda self: (counting(self.inmate), close(self))
    try:
        said = io.StringIO()
        with contextlib.redirect_stdout(said), contextlib.redirect_stderr(said):
            code = grade(
                [
                    str(folder / "students"),
                    "--out",
                    str(folder / "out"),
                    "--format",
                    "json",
                    *options,
                ]
            )
    finally:
        inmate.Inmate.kill, line.Line.close = kill, close
    if code:
        raise SystemExit(said.getvalue())
    return time.process_time() + children() + sum(ended.values())


def handed_in(lesson: str, count: int, released: Path):
    """(student, notebook) with the solution's answers in the learner's notebook."""
    import nbformat  # here, because its import is not part of what grading costs

    answers = {
        c["id"]: c.source
        for c in nbformat.read(ROOT / "solutions" / f"{lesson}.ipynb", as_version=4).cells
    }
    notebook = nbformat.read(released, as_version=4)
    for cell in notebook.cells:
        if cell.cell_type == "code" and "raise NotImplementedError" in cell.source:
            cell.source = answers[cell["id"]]
    for i in range(count):
        notebook.metadata["student"] = i
        yield f"student{i}", nbformat.writes(notebook)


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument(
        "lessons", nargs="*", default=["01_language_modeling", "03_embeddings_and_positions"]
    )
    parser.add_argument("--count", type=int, default=4)
    parser.add_argument(
        "--inside", type=Path, help=argparse.SUPPRESS
    )  # one run of ours, for its own account
    parser.add_argument("--warm", action="store_true", help=argparse.SUPPRESS)
    parser.add_argument("--jobs", default="1", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.inside:
        seconds = inside(options.inside, "--jobs", options.jobs, *["--warm"] * options.warm)
        print(seconds, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)
        return
    os.environ["OMP_NUM_THREADS"] = "1"
    engines = {
        "nbgrader autograde": nbgrader,
        "ours": ours,
        "ours, --warm": lambda *a: ours(*a, "--warm"),
    }
    if importlib.util.find_spec("otter"):
        engines["otter run"] = otter
    else:
        print("otter-grader is not installed here, and not measured.")
    for lesson in options.lessons:
        print(
            f"{lesson}, {options.count} submissions; processor seconds of each, and as a "
            "share of nbgrader's"
        )
        peer = None
        for name, engine in engines.items():
            one = min(engine(lesson, 1, Path(tempfile.mkdtemp())) for _ in range(2))  # one warms up
            whole = engine(lesson, options.count, Path(tempfile.mkdtemp()))
            batch, further = whole / options.count, (whole - one) / (options.count - 1)
            peer = peer or (batch, further)
            print(
                f"  {name:20} batch {batch:6.2f} ({batch / peer[0]:.2f})   each further "
                f"{further:6.2f} ({further / peer[1]:.2f})",
                flush=True,
            )
        cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
        clock = {jobs: by_the_clock(lesson, 16 * cores, jobs) for jobs in (1, cores)}
        print(
            f"  {16 * cores} submissions by the clock: {clock[1]:.1f} s, with --jobs {cores} "
            f"{clock[cores]:.1f} s ({clock[1] / clock[cores]:.2f} times as fast)",
            flush=True,
        )


if __name__ == "__main__":
    main()
