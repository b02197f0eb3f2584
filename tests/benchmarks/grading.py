"""What grading costs, beside nbgrader in one run: `python tests/benchmarks/grading.py [--count 4] [LESSON…]`.

Prints processor seconds per submission for the same notebooks (the course's solution, each handed in by another
student), and each as a share of nbgrader's. "batch" counts all, start and trial of the judge included, divided by the
number of submissions; "each further" is what one more costs. Some minutes; wants a quiet machine. otter-grader has not
been measured yet.
"""

import argparse
import contextlib
import io
import os
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from utils.grade import sandbox
from utils.grade.__main__ import main as grade

ROOT = sandbox.ROOT
CONFIG = "c = get_config()\nc.CourseDirectory.course_id = 'gpt2'\nc.IncludeHeaderFooter.header = ''\n"


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
    environment = os.environ | {"PATH": path, "PYTHONPATH": str(ROOT), "GPT2_BY_HAND_PROGRESS": str(folder / "p"), "OMP_NUM_THREADS": "1"}

    def run(command):
        result = subprocess.run([sys.executable, "-m", "nbgrader", command, lesson], cwd=folder, env=environment,
                                capture_output=True, text=True)
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


def ours(lesson: str, count: int, folder: Path, *options: str) -> float:
    """Processor seconds of our grader, which starts anew, and of all that it starts."""
    students = folder / "students"
    students.mkdir(parents=True)
    for student, text in handed_in(lesson, count, ROOT / "notebooks" / f"{lesson}.ipynb"):
        (students / f"{student}_{lesson}.ipynb").write_text(text, encoding="utf-8")
    command = [sys.executable, __file__, "--inside", str(folder), *options]
    return float(subprocess.run(command, capture_output=True, text=True, check=True).stdout)


def inside(folder: Path, *options: str) -> float:
    ended = []  # what a killed world used is not added to its parent's account, so it is read before
    kill = sandbox.Inmate.kill

    def counting(self):
        if self.process.poll() is None:
            ended.append(self.usage()[0])
        kill(self)

    sandbox.Inmate.kill = counting
    try:
        said = io.StringIO()
        with contextlib.redirect_stdout(said), contextlib.redirect_stderr(said):
            code = grade([str(folder / "students"), "--out", str(folder / "out"), "--format", "json", *options])
        from utils.grade import marking

        for name in ("warm", "referee"):
            if line := getattr(marking._own, name, None):
                line.close()
                setattr(marking._own, name, None)
    finally:
        sandbox.Inmate.kill = kill
    if code:
        raise SystemExit(said.getvalue())
    return time.process_time() + children() + sum(ended)


def handed_in(lesson: str, count: int, released: Path):
    """(student, notebook) with the solution's answers in the learner's notebook."""
    import nbformat  # here, because its import is not part of what grading costs

    answers = {c["id"]: c.source for c in nbformat.read(ROOT / "solutions" / f"{lesson}.ipynb", as_version=4).cells}
    notebook = nbformat.read(released, as_version=4)
    for cell in notebook.cells:
        if cell.cell_type == "code" and "raise NotImplementedError" in cell.source:
            cell.source = answers[cell["id"]]
    for i in range(count):
        notebook.metadata["student"] = i
        yield f"student{i}", nbformat.writes(notebook)


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("lessons", nargs="*", default=["01_language_modeling", "03_embeddings_and_positions"])
    parser.add_argument("--count", type=int, default=4)
    parser.add_argument("--inside", type=Path, help=argparse.SUPPRESS)  # one run of ours, for its own account
    parser.add_argument("--warm", action="store_true", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.inside:
        print(inside(options.inside, *["--warm"] * options.warm))
        return
    os.environ["OMP_NUM_THREADS"] = "1"
    engines = {"nbgrader autograde": nbgrader, "ours": ours, "ours, --warm": lambda *a: ours(*a, "--warm")}
    for lesson in options.lessons:
        print(f"{lesson}, {options.count} submissions; processor seconds of each, and as a share of nbgrader's")
        peer = None
        for name, engine in engines.items():
            one = engine(lesson, 1, Path(tempfile.mkdtemp()))
            whole = engine(lesson, options.count, Path(tempfile.mkdtemp()))
            batch, further = whole / options.count, (whole - one) / (options.count - 1)
            peer = peer or (batch, further)
            print(f"  {name:20} batch {batch:6.2f} ({batch / peer[0]:.2f})   each further {further:6.2f} ({further / peer[1]:.2f})", flush=True)


if __name__ == "__main__":
    main()
