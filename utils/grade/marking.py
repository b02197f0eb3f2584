"""The judge's side: start a child, send it inputs, compare what comes back. Never imports a
submission's code.
"""

import atexit
import hashlib
import os
import queue
import subprocess
import sys
import threading
import time
from pathlib import Path

from utils.exercises import Exercise, exercises, find
from utils.exercises.judge import PASSED, Outcome, Verdict, judge
from utils.grade import wire
from utils.grade.sandbox import MEMORY, PROCESSES, ROOT, Inmate, SandboxBroken, sandbox
from utils.grade.submission import NotGradable, Submission, parse, read
from utils.text import cleaned

# processor time of one cell while the notebook loads: import torch, and the learner's own lines
LOAD_SECONDS = 15.0
LOAD_CLOCK = 90.0  # the same by the clock: a cold disk takes its time
PATIENCE = (
    3  # the clock's seconds for each allowed second of processor time: the machine may be busy
)
EXERCISE = (
    5  # all cases of an exercise together get this many times the seconds of one case, by the clock
)
ASKED = 10_000  # references that one call may ask for
# cells that may end or block the process while they load, before the whole notebook is given up
BAD_CELLS = 12
LOOK = 0.2  # seconds between two looks at what a busy child uses
ENDED = "the function ended its own process"
NONSENSE = "the answer is not one a function can give"


class ChildFailed(Exception):
    """The child died, did too much, or spoke nonsense: one sentence."""


def grade(path: Path, seed: str, timeout: float | None = None, warm: bool = False) -> dict:
    """One submission's entry of report.json. Never raises for what a submission does.

    seed: the instructor's; each file's cases are drawn from it, the file's name and its content.
    timeout: seconds of processor time per case, where it should not be the exercise's own.
    warm: fork the child from one that has imported everything (see utils.grade).
    """
    try:
        content = read(path)
    except NotGradable as error:
        return not_graded(path, str(error))
    return grade_bytes(str(path), content, seed, timeout, warm)


def grade_bytes(
    name: str, content: bytes, seed: str, timeout: float | None = None, warm: bool = False
) -> dict:
    """The same from a file's name and content, wherever they came from."""
    try:
        return cleaned(mark(parse(Path(name), content), seed, timeout, warm))
    except NotGradable as error:
        return not_graded(name, str(error))
    except SandboxBroken as error:
        return not_graded(name, f"the sandbox failed, which is not the submission's fault: {error}")
    except Exception as error:  # a fault of ours must not cost the other submissions
        return not_graded(name, f"the grader itself failed on it ({type(error).__name__}: {error})")


def not_graded(path: Path | str, reason: str) -> dict:
    return cleaned(
        {
            "file": str(path),
            "lesson": None,
            "status": "not graded",
            "reason": reason,
            "points": None,
            "max_points": None,
            "notes": [],
            "exercises": [],
        }
    )


def mark(
    submission: Submission, seed: str, timeout: float | None = None, warm: bool = False
) -> dict:
    """Judge every exercise of a submission, in order. SandboxBroken, NotGradable where that is
    impossible.
    """
    todo = exercises(submission.lesson)
    drawn = hashlib.sha256(
        f"{seed}:{submission.path.name}:{submission.digest}".encode("utf-8", "replace")
    )
    number = int.from_bytes(drawn.digest()[:8], "little")
    passed: set[str] = set()
    entries = []
    with Box(submission, warm) as box:
        for exercise in todo:
            entry = _try(
                box,
                exercise,
                submission,
                number,
                sorted(set(all_needs(exercise)) - passed),
                timeout,
            )
            if entry["status"] == PASSED:
                passed.add(exercise.name)
            entries.append(entry)
    return {
        "file": str(submission.path),
        "lesson": submission.lesson,
        "status": "graded",
        "points": sum(e["points"] for e in entries),
        "max_points": sum(e["max_points"] for e in entries),
        "notes": submission.notes + box.notes,
        "exercises": entries,
    }


def all_needs(exercise: Exercise) -> list[str]:
    """The earlier exercises an exercise may call, theirs included."""
    found = []
    for name in exercise.needs:
        found += [name, *all_needs(find(name)[1])]
    return found


def _try(box, exercise, submission, seed, stand_ins, timeout) -> dict:
    """The entry of one exercise."""
    if exercise.name not in submission.answered:
        return _entry(exercise, None, [], f"no cell defines {exercise.name}")
    seconds = timeout or exercise.seconds
    box.left = EXERCISE * seconds
    outcomes = []

    def call(args, gradient=False, watch="") -> Outcome:
        outcomes.append(box.call(exercise.name, args, stand_ins, seconds, gradient, watch))
        return outcomes[-1]

    return _entry(exercise, judge(exercise, call, seed), outcomes, "")


def _entry(
    exercise: Exercise, verdict: Verdict | None, outcomes: list[Outcome], reason: str
) -> dict:
    entry = {
        "id": exercise.name,
        "status": "missing",
        "points": 0,
        "max_points": exercise.points,
        "diagnosis": reason,
    }
    if verdict:
        # what was tried and what came out, but not what was expected: the cases are hidden
        said = [f"{o.error}: {o.text}".strip(": ") for o in outcomes]
        cases = [
            {
                "label": r.label,
                "passed": r.passed,
                "got": r.got if not o.error or r.passed else text,
            }
            for r, o, text in zip(verdict.results, outcomes, said)
        ]
        ended = [o.text for o in outcomes if o.error in ("TimeLimit", "ProcessEnded")]
        entry.update(
            status=verdict.status,
            points=verdict.points,
            diagnosis=verdict.diagnosis or "".join(ended),
            cases=cases,
            hint=exercise.hints[0] if exercise.hints and verdict.status != PASSED else "",
        )
    return entry


def _outcome(value, after, gradients, used, work) -> Outcome:
    """What a child says of a call, its kinds checked."""
    fine = isinstance(after, list) and isinstance(used, list) and type(work) is int
    if not fine or not isinstance(gradients, (list, type(None))):
        raise ChildFailed(NONSENSE)
    used = tuple(map(str, used))
    return Outcome(value, after=tuple(after), gradients=gradients, used=used, work=work)


def _error(error, text, kinds) -> Outcome:
    if not isinstance(error, str) or not isinstance(text, str) or not isinstance(kinds, list):
        raise ChildFailed(NONSENSE)
    return Outcome(error=error[:100] or "Exception", text=text[:500], kinds=tuple(map(str, kinds)))


class Line:
    """A process that is spoken to by wire: messages out, messages in, both with an end to
    waiting.
    """

    def __init__(self, inmate: Inmate):
        self.inmate, self.stdin = inmate, inmate.process.stdin
        self.inbox: queue.Queue = queue.Queue(maxsize=4)
        threading.Thread(
            target=_listen, args=(inmate.process.stdout, self.inbox), daemon=True
        ).start()

    def send(self, message, seconds: float) -> None:
        data, problem = wire.dumps(message), []

        def write():
            try:
                self.stdin.write(data)
                self.stdin.flush()
            except (OSError, ValueError) as error:
                problem.append(error)

        if len(data) < 4096:  # a pipe holds it
            write()
        else:  # in a thread, because a child that does not read would block us for ever
            writer = threading.Thread(target=write, daemon=True)
            writer.start()
            writer.join(seconds)
            if writer.is_alive():
                raise TimeoutError
        if problem:
            raise ChildFailed(ENDED)

    def receive(self, seconds: float, clock: float, may_end: bool = False):
        """The next message. TimeoutError after `seconds` of processor time or `clock` seconds by
        the clock.
        """
        began, start = time.monotonic(), None
        while True:
            left = began + clock - time.monotonic()
            try:
                message = self.inbox.get(timeout=max(0.0, min(LOOK, left)))
                break
            except queue.Empty:
                if left <= 0:
                    raise TimeoutError from None
            used, memory, count = self.inmate.usage()
            start = used if start is None else start
            if memory > MEMORY or count > PROCESSES:
                raise ChildFailed(
                    f"it used more than {MEMORY >> 30} GiB of memory"
                    if memory > MEMORY
                    else f"it started more than {PROCESSES} processes"
                )
            if used - start > seconds:
                raise TimeoutError
        if isinstance(message, Exception):
            raise ChildFailed(
                str(message) if isinstance(message, (EOFError, wire.Refused)) else NONSENSE
            )
        if not isinstance(message, list) or not message or not isinstance(message[0], str):
            raise ChildFailed(NONSENSE)
        if message == ["ended"] and not may_end:  # a warm child's word about its fork
            raise ChildFailed(ENDED)
        return message

    def close(self) -> None:
        self.inmate.kill()


def _listen(stream, inbox: queue.Queue) -> None:
    while True:
        try:
            inbox.put(wire.read(stream, wire.TEXT_LIMIT))
        except Exception as error:  # the stream is the submission's: anything may be on it
            inbox.put(EOFError(ENDED) if isinstance(error, (EOFError, OSError)) else error)
            return


class Box:
    """A child process with a submission loaded, made anew after one died or hung; used with
    `with`.
    """

    def __init__(self, submission: Submission, warm: bool = False):
        self.submission, self.warm, self.line = submission, warm and hasattr(os, "fork"), None
        self.bad: dict[
            int, str
        ] = {}  # cells that ended or blocked the process while they loaded, and how
        self.left = 0.0  # the clock's seconds that the exercise at hand still has
        self.notes: list[str] = []

    def __enter__(self):
        return self

    def __exit__(self, kind, *_):
        if self.line and self.warm and kind is None and _ended(self.line):
            _own.warm = self.line  # for the next submission
        else:
            self.stop()

    def call(self, name: str, args, stand_ins, seconds: float, gradient=False, watch="") -> Outcome:
        while self.line is None:
            self.start()
        for number, (exercise, _) in enumerate(self.submission.cells):
            if exercise == name and number in self.bad:
                return Outcome(error="ProcessEnded", text=self.bad[number])
        if stand_ins:
            _referee(stand_ins[-1])  # started before the clock is
        end = time.monotonic() + min(PATIENCE * seconds, self.left)
        began = time.monotonic()
        try:
            return self.ask(name, args, stand_ins, seconds, end, gradient, watch)
        except TimeoutError:
            self.stop()
            return Outcome(
                error="TimeLimit",
                text=f"it was still running after {seconds:g} seconds, so it was stopped",
            )
        except (ChildFailed, OSError, EOFError, ValueError, TypeError, KeyError) as error:
            self.stop()
            return Outcome(error="ProcessEnded", text=str(error) or ENDED)
        finally:
            self.left -= time.monotonic() - began

    def ask(self, name, args, stand_ins, seconds, end, gradient, watch) -> Outcome:
        self.line.send(
            ["call", name, list(args), stand_ins, gradient, watch], end - time.monotonic()
        )
        for _ in range(ASKED):
            kind, *rest = self.line.receive(seconds, end - time.monotonic())
            if kind == "need" and len(rest) == 3 and rest[0] in stand_ins:
                self.line.send(
                    _reference(*rest, min(seconds, end - time.monotonic())), end - time.monotonic()
                )
            elif kind == "value" and len(rest) == 4:
                return _outcome(*rest)
            elif kind == "error" and len(rest) == 3:
                return _error(*rest)
            else:
                raise ChildFailed(NONSENSE)
        raise ChildFailed(f"it asked for earlier exercises' functions more than {ASKED} times")

    def start(self) -> None:
        """Start a child and load the notebook's cells; a cell that ends or blocks it is left out
        the next time.
        """
        self.line = _forked(self.submission) if self.warm else open_line()
        cells = [[i, *cell] for i, cell in enumerate(self.submission.cells) if i not in self.bad]
        at = None
        try:
            self.line.send(["load", cells], LOAD_SECONDS)
            while (message := self.line.receive(LOAD_SECONDS, LOAD_CLOCK)) != ["loaded"]:
                if (
                    message[0] != "loading"
                    or len(message) != 2
                    or message[1] not in range(len(self.submission.cells))
                ):
                    raise ChildFailed(NONSENSE)
                at = message[1]
            return
        except TimeoutError:
            why = f"its cell was still running after {LOAD_SECONDS:g} seconds"
        except ChildFailed as error:
            why = (
                "its cell ended the process"
                if str(error) == ENDED
                else f"its cell was stopped: {error}"
            )
        self.stop()
        if at is None or at in self.bad or len(self.bad) >= BAD_CELLS:
            raise NotGradable("its cells end or block the process while they load")
        self.bad[at] = why
        if not self.submission.cells[at][0]:
            self.notes.append(f"code cell {at + 1} was left out: {why}")

    def stop(self) -> None:
        if self.line:
            self.line.close()
            self.line = None


def open_line(*arguments: str) -> Line:
    """A child that has said it is ready, before it has seen anything of a submission. SandboxBroken
    where it does not.
    """
    try:
        line = Line(sandbox().start(*arguments))
    except OSError as error:
        raise SandboxBroken(str(error)) from None
    try:
        if line.receive(LOAD_SECONDS, LOAD_CLOCK) == ["ready"]:
            return line
        problem = "the child did not say that it is ready"
    except (TimeoutError, ChildFailed) as error:
        problem = str(error) or "the child did not start in time"
    line.close()
    raise SandboxBroken(problem)


_own = threading.local()  # each thread's referee and, with --warm, its child to fork from


def _forked(submission: Submission) -> Line:
    """A line to a fork of this thread's warm child."""
    line, _own.warm = getattr(_own, "warm", None), None
    if line is None:
        line = open_line("--warm")
        atexit.register(line.close)
    needs_torch = any("import torch" in source for _, source in submission.cells)
    try:
        line.send(["fork", ["torch"] if needs_torch else []], LOAD_SECONDS)
        if line.receive(LOAD_SECONDS, LOAD_CLOCK) == ["ready"]:
            return line
        problem = "the warm child did not fork"
    except (TimeoutError, ChildFailed) as error:
        problem = str(error)
    line.close()
    raise SandboxBroken(problem)


def _ended(line: Line) -> bool:
    """Whether a forked child ended as asked, and nothing of it is left."""
    try:
        line.send(["end"], LOOK)
        if line.receive(LOAD_SECONDS, LOAD_SECONDS, may_end=True) != ["ended"]:
            return False
    except (TimeoutError, ChildFailed):
        return False
    return len(line.inmate.tree()) == (2 if line.inmate.walls else 1)


def _referee(name: str) -> Line:
    """This thread's process that runs references, started when it is first needed for the exercise
    `name`.
    """
    line = getattr(_own, "referee", None)
    if line is None:
        line = Line(
            Inmate(
                subprocess.Popen(
                    [sys.executable, "-m", "utils.grade.references", name],
                    cwd=ROOT,
                    env=os.environ | {"OMP_NUM_THREADS": "1"},
                    stdin=subprocess.PIPE,
                    stdout=subprocess.PIPE,
                    stderr=subprocess.DEVNULL,
                    start_new_session=True,
                )
            )
        )
        atexit.register(line.close)
        try:
            line.receive(LOAD_SECONDS, LOAD_CLOCK)
        except (TimeoutError, ChildFailed) as error:
            line.close()
            raise SandboxBroken(
                f"the process that runs references did not start: {error}"
            ) from None
        _own.referee = line
    return line


def _reference(name: str, args, named, seconds: float) -> list:
    """What an exercise's reference says to arguments that a submission chose, as a message to its
    child.
    """
    line = _referee(name)
    try:
        line.send([name, list(args), dict(named)], seconds)
        return line.receive(seconds, PATIENCE * seconds)
    except (TimeoutError, ChildFailed, ValueError, TypeError) as error:
        _own.referee = None
        atexit.unregister(line.close)
        line.close()
        return [
            "error",
            "RuntimeError",
            f"{name} could not answer this: {error or 'it took too long'}",
        ]
