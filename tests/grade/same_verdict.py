"""What the check says is what the grader says: odd notebooks through both.

`python -m tests.grade.same_verdict --count 300` takes that many, over all lessons, and prints each
that gets another status, other cases or another diagnosis. The check runs in a real kernel.
"""

import argparse
import os
import sys
import tempfile
from pathlib import Path

from jupyter_client.manager import start_new_kernel

from tests.grade.odd_notebooks import Cell, made
from utils.build import ROOT
from utils.exercises import LESSONS, named, names
from utils.exercises.judge import PASSED
from utils.grade import judged as grading
from utils.grade.judge import Judge
from utils.grade.judged import Rules, judged_content
from utils.grade.sandbox import decide

WATCH = """
import sys, types
sys.path.insert(0, "..")
import utils.check as _c
_log = types.ModuleType("verdicts"); _log.seen = []; sys.modules["verdicts"] = _log
def _wrap(judge, log):
    def record(exercise, call, seed=0):
        verdict = judge(exercise, call, seed)
        log.seen.append((exercise.name, verdict.status, [r.passed for r in verdict.results],
                         verdict.diagnosis))
        return verdict
    return record
_c.judge = _wrap(_c.judge, _log)
_c.progress.keep = lambda exercise, function: ""
"""
TELL = "import sys\nprint(repr(sys.modules['verdicts'].seen))\nsys.modules['verdicts'].seen.clear()"


class Kernel:
    """A kernel in which notebooks run one after the other."""

    def __init__(self):
        self.folder = tempfile.TemporaryDirectory()
        paths = {"PYTHONPATH": str(ROOT), "GPT2_BY_HAND_PROGRESS": f"{self.folder.name}/progress"}
        environment = os.environ | paths | {"OMP_NUM_THREADS": "1", "MPLBACKEND": "agg"}
        here = Path(self.folder.name, "notebooks")
        here.mkdir()
        for part in (
            "data",
            "utils",
            "pyproject.toml",
        ):  # what a notebook's first cell looks for beside it
            (here.parent / part).symlink_to(ROOT / part)
        self.manager, self.client = start_new_kernel(env=environment, cwd=str(here))
        self.run(WATCH)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.client.stop_channels()
        self.manager.shutdown_kernel(now=True)
        self.folder.cleanup()

    def run(self, source: str) -> str:
        """What a cell prints."""
        said = []

        def hear(message):
            if message["msg_type"] == "stream":
                said.append(message["content"]["text"])

        self.client.execute_interactive(
            source, output_hook=hear, stop_on_error=False, allow_stdin=False, timeout=300
        )
        return "".join(said)

    def verdicts(self, cells: list[Cell]) -> dict[str, tuple]:
        """exercise -> (status, cases, diagnosis) of a notebook run from top to bottom: that of a
        check that passed, else the last one's.
        """
        self.run("%reset -f")
        for cell in cells:
            if cell.kind == "code" and (cell.matters or not cell.given):
                self.run(cell.source)
        found: dict[str, tuple] = {}
        for name, *verdict in eval(self.run(TELL)):
            if found.get(name, ("",))[0] != PASSED:
                found[name] = tuple(verdict)
        return found


def differences(kernel: Kernel, judge: Judge, lesson: str, seed: int) -> tuple[list[str], int]:
    """(what differs, how many verdicts were compared) for one notebook."""
    text, cells, done = made(lesson, seed)
    said = kernel.verdicts(cells)
    entry = judged_content(f"{seed}_{lesson}.ipynb", text.encode(), Rules("any"), judge)
    if entry["status"] != "graded":
        return [f"{lesson} {seed} {done}: {entry['reason']}"], 0
    if entry["lesson"] != lesson:
        return [f"{lesson} {seed} {done}: taken for {entry['lesson']}"], 0
    wrong = []
    for e in entry["exercises"]:
        # what uses an exercise that never came to a check gets the course's: the check has nothing
        if e["id"] in said and not set(uses(e["id"])) - said.keys():
            found = (e["status"], [c["passed"] for c in e.get("cases", [])], e["diagnosis"])
            if found != said[e["id"]]:
                wrong.append(f"{lesson} {seed} {done}\n  {e['id']}: {said[e['id']]}\n  {found}")
    return wrong, sum(e["id"] in said for e in entry["exercises"])


def uses(name: str) -> list[str]:
    """The exercises of its lesson that an exercise uses, and those that they use."""
    exercise = named(name)
    own = [other for other in exercise.needs if other in names(exercise.lesson)]
    return own + [further for other in own for further in uses(other)]


def compare(count: int, first: int = 0, lessons=LESSONS, tell=print) -> tuple[list[str], int]:
    """Over `count` notebooks, the lessons in turn. The grader draws the cases that check has."""
    wrong, total, drawn = [], 0, grading.drawn
    grading.drawn = lambda *_: 0
    try:
        with Kernel() as kernel, Judge(decide(), warm=True) as judge:
            for number in range(first, first + count):
                lesson = lessons[number % len(lessons)]
                found, seen = differences(kernel, judge, lesson, number)
                for line in found:
                    tell(line, flush=True)
                wrong, total = wrong + found, total + seen
    finally:
        grading.drawn = drawn
    return wrong, total


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--count", type=int, default=300)
    parser.add_argument("--first", type=int, default=0)
    parser.add_argument("--lesson", default="", help="only this one")
    options = parser.parse_args()
    lessons = [lesson for lesson in LESSONS if lesson.startswith(options.lesson)]
    wrong, total = compare(options.count, options.first, lessons)
    print(f"{options.count} notebooks, {total} verdicts, {len(wrong)} differences")
    return int(bool(wrong))


if __name__ == "__main__":
    sys.exit(main())
