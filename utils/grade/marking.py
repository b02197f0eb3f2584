"""The judge's side: start a child, send it inputs, compare what comes back. Never imports a submission's code."""

import hashlib
import os
import queue
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
from pathlib import Path

from utils.exercises import Exercise, exercises, find
from utils.exercises.judge import PASSED, Outcome, Verdict, judge, run
from utils.grade import wire
from utils.grade.submission import NotGradable, Submission, read

HERE = Path(__file__).parent
LOAD_SECONDS = 60.0  # import torch on a busy machine, and the learner's own cells


class ChildFailed(Exception):
    """The child died, hung, or spoke nonsense: one sentence."""


def grade(path: Path, seed: str, timeout: float | None = None) -> dict:
    """One submission's entry of report.json. Never raises for what a submission does.

    seed: the instructor's; each file's cases are drawn from it and the file's name.
    timeout: seconds per case, where it should not be the exercise's own.
    """
    try:
        submission = read(path)
    except NotGradable as error:
        return not_graded(path, str(error))
    return mark(submission, seed, timeout)


def not_graded(path: Path, reason: str) -> dict:
    return {"file": str(path), "status": "not graded", "reason": reason, "points": None, "max_points": None, "exercises": []}


def mark(submission: Submission, seed: str, timeout: float | None = None) -> dict:
    """Judge every exercise of a submission, in order."""
    todo = exercises(submission.lesson)
    number = int.from_bytes(hashlib.sha256(f"{seed}:{submission.path.name}".encode()).digest()[:8], "little")
    passed: set[str] = set()
    entries = []
    with Box(submission) as box:
        for exercise in todo:
            stand_ins = sorted(set(all_needs(exercise)) - passed)
            verdict, reason = _verdict(box, exercise, submission, number, stand_ins, timeout)
            if verdict and verdict.status == PASSED:
                passed.add(exercise.name)
            entries.append(_entry(exercise, verdict, reason))
    return {
        "file": str(submission.path), "lesson": submission.lesson, "status": "graded", "notes": submission.notes,
        "points": sum(e["points"] for e in entries), "max_points": sum(e["max_points"] for e in entries),
        "exercises": entries,
    }


def all_needs(exercise: Exercise) -> list[str]:
    """The earlier exercises an exercise may call, theirs included."""
    found = []
    for name in exercise.needs:
        found += [name, *all_needs(find(name)[1])]
    return found


def _verdict(box, exercise, submission, seed, stand_ins, timeout) -> tuple[Verdict | None, str]:
    if exercise.name not in submission.answered:
        return None, f"no cell defines {exercise.name}"
    seconds = timeout or exercise.seconds

    def call(*args) -> Outcome:
        return box.call(exercise.name, args, stand_ins, seconds)

    return judge(exercise, call, seed), ""


def _entry(exercise: Exercise, verdict: Verdict | None, reason: str) -> dict:
    entry = {"id": exercise.name, "status": "missing", "points": 0, "max_points": exercise.points, "diagnosis": reason}
    if verdict:
        # what was tried and what came out, but not what was expected: the cases are hidden
        cases = [{"label": r.label, "passed": r.passed, "got": r.got} for r in verdict.results]
        entry.update(status=verdict.status, points=verdict.points, diagnosis=verdict.diagnosis, cases=cases,
                     hint=exercise.hints[0] if exercise.hints and verdict.status != PASSED else "")
    return entry


class Box:
    """A child process with a submission loaded, made anew after one died or hung; used with `with`."""

    def __init__(self, submission: Submission):
        self.submission, self.process, self.folder = submission, None, None
        self.broken = ""  # why the notebook's cells do not load; then no second child is tried

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.stop()

    def call(self, name: str, args, stand_ins, seconds: float) -> Outcome:
        try:
            if self.process is None:
                self.start()
            self.send(["call", name, list(args), stand_ins], seconds)
            while True:
                kind, *rest = self.receive(seconds)
                if kind == "need" and rest[0] in stand_ins:
                    outcome = run(find(rest[0])[1].reference, tuple(rest[1]))
                    self.send(["error", outcome.error, outcome.text] if outcome.error else ["value", outcome.value], seconds)
                elif kind == "value" and len(rest) == 1:
                    return Outcome(rest[0])
                elif kind == "error" and len(rest) == 2 and all(isinstance(r, str) for r in rest):
                    return Outcome(error=rest[0] or "Exception", text=rest[1][:500])
                else:
                    raise ChildFailed("the answer is not one a function can give")
        except TimeoutError:
            self.stop()
            return Outcome(error="TimeLimit")
        except (ChildFailed, OSError, EOFError, ValueError, TypeError, KeyError) as error:
            self.stop()
            return Outcome(error="ProcessEnded", text=str(error) or "the function ended its own process")

    def start(self) -> None:
        if self.broken:
            raise ChildFailed(self.broken)
        self.folder = Path(tempfile.mkdtemp(prefix="submission-"))
        for file in ("child.py", "wire.py"):
            shutil.copy(HERE / file, self.folder / file)
        self.process = subprocess.Popen(
            [sys.executable, "-I", str(self.folder / "child.py")], cwd=self.folder, env=_environment(self.folder),
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, start_new_session=True)
        self.inbox: queue.Queue = queue.Queue(maxsize=4)
        threading.Thread(target=_listen, args=(self.process.stdout, self.inbox), daemon=True).start()
        try:
            self.send(["load", [list(cell) for cell in self.submission.cells]], LOAD_SECONDS)
            loaded = self.receive(LOAD_SECONDS) == ["loaded"]
            self.broken = "" if loaded else "the notebook's cells did not load"
        except ChildFailed:
            self.broken = "the notebook's cells ended the process before any function was tried"
        except TimeoutError:
            self.broken = f"the notebook's cells did not finish in {LOAD_SECONDS:g} seconds"
        if self.broken:
            raise ChildFailed(self.broken)

    def stop(self) -> None:
        if self.process is None:
            return
        try:
            os.killpg(self.process.pid, signal.SIGKILL) if hasattr(os, "killpg") else self.process.kill()
        except OSError:
            pass
        self.process.wait()
        for pipe in (self.process.stdin, self.process.stdout):
            try:
                pipe.close()
            except OSError:
                pass
        shutil.rmtree(self.folder, ignore_errors=True)
        self.process = None

    def send(self, message, seconds: float) -> None:
        """Write in a thread, because a child that does not read would block us for ever."""
        problem = []

        def write():
            try:
                self.process.stdin.write(wire.dumps(message))
                self.process.stdin.flush()
            except (OSError, ValueError) as error:
                problem.append(error)

        writer = threading.Thread(target=write, daemon=True)
        writer.start()
        writer.join(seconds)
        if writer.is_alive():
            raise TimeoutError
        if problem:
            raise ChildFailed("the function ended its own process")

    def receive(self, seconds: float):
        try:
            message = self.inbox.get(timeout=seconds)
        except queue.Empty:
            raise TimeoutError from None
        if isinstance(message, Exception):
            raise ChildFailed(str(message))
        if not isinstance(message, list) or not message or not isinstance(message[0], str):
            raise ChildFailed("the answer is not one a function can give")
        return message


def _listen(stream, inbox: queue.Queue) -> None:
    while True:
        try:
            inbox.put(wire.read(stream))
        except Exception as error:  # the stream is the submission's: anything may be on it
            inbox.put(EOFError("the function ended its own process") if isinstance(error, (EOFError, OSError)) else error)
            return


def _environment(folder: Path) -> dict[str, str]:
    """Nothing of ours: no paths, no secrets, one thread."""
    kept = {key: os.environ[key] for key in ("PATH", "SYSTEMROOT", "LANG") if key in os.environ}
    return kept | {"HOME": str(folder), "TMPDIR": str(folder), "OMP_NUM_THREADS": "1"}
