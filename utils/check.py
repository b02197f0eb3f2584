"""What a learner's cell calls: `name = check(name)`, and `hint("name")`.

`check` tries the function on the exercise's cases and shows a card. It returns the learner's
function when it passes, and the course's reference until then, so that the rest of the notebook
runs either way. It never raises for a learner's error. The verdict itself is
utils.exercises.judge's.
"""

import ctypes
import functools
import io
import linecache
import os
import signal
import threading
import traceback
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from html import escape

from IPython.display import display

from utils import progress
from utils.exercises import Exercise, as_html, find, plural
from utils.exercises.judge import FAILED, NOT_DONE, PASSED, Outcome, Verdict, judge

MARK = {True: "✓", False: "✗"}


def check(function):
    """Judge a learner's function, show the card, and return the function to go on with.

    function: defined in the cell above, under the exercise's own name. Returns it when it passes;
    otherwise the reference, marked so that checking it again says what it is. Under nbgrader's
    autograding a function that does not pass raises AssertionError, because nbgrader reads its
    marks from exceptions.
    """
    name = getattr(function, "__name__", None)
    try:
        lesson, exercise = find(name)
    except KeyError:
        _say(
            "check needs one of the course's functions, under its own name",
            f"it got {function!r:.80}. "
            "Run the cell that defines the function, then this one again.",
        )
        return function
    if getattr(function, "is_reference", False):
        _say(
            name,
            "this is the course's reference, which stood in for yours. Run the cell with your own "
            f"`def {name}` again, then this one.",
        )
        return function
    verdict = judge(exercise, lambda *args: call_with_limit(function, args, exercise.seconds))
    kept = ""
    if verdict.status == PASSED:
        kept = progress.keep(lesson, exercise, function)
    elif verdict.status == FAILED:
        progress.tried(lesson, exercise)
    display(Card(verdict, kept))
    if verdict.status != PASSED and os.environ.get("NBGRADER_EXECUTION"):
        raise AssertionError(f"{name}: {verdict.status}. {verdict.diagnosis}")
    return function if verdict.status == PASSED else reference(exercise)


def hint(name: str) -> None:
    """Show the next hint for an exercise; each call shows one more."""
    try:
        exercise = find(name)[1]
    except KeyError:
        _say("hint", f"no exercise is called {name!r}.")
        return
    shown = progress.next_hint(exercise)
    _say(f"{name}, hint {shown} of {len(exercise.hints)}", exercise.hints[shown - 1])


def reference(exercise: Exercise):
    """The reference, marked as such."""

    @functools.wraps(exercise.reference)
    def stand_in(*args, **kwargs):
        return exercise.reference(*args, **kwargs)

    stand_in.is_reference = True
    return stand_in


class TimeLimit(BaseException):
    """Raised inside a learner's function when its time is up; not an Exception, so `except
    Exception` misses it.
    """


def call_with_limit(function, args, seconds: float) -> Outcome:
    """Run a learner's function here, for at most `seconds`, quietly; never raises for what it
    does.
    """
    quiet = io.StringIO()
    try:
        with redirect_stdout(quiet), redirect_stderr(quiet), _time_limit(seconds):
            return Outcome(function(*args))
    except TimeLimit:
        return Outcome(error="TimeLimit")
    except KeyboardInterrupt:
        raise
    except BaseException as error:  # a learner's sys.exit() too
        return Outcome(
            error=type(error).__name__, text=str(error), line=_learners_line(error, function)
        )


@contextmanager
def _time_limit(seconds: float):
    """Raise TimeLimit in this thread once the time is up, again and again in case it is swallowed.

    A signal where there is one, because it also ends a sleep; elsewhere (Windows, or not the main
    thread) an asynchronous exception.
    """
    if hasattr(signal, "SIGALRM") and threading.current_thread() is threading.main_thread():

        def stop(signum, frame):
            raise TimeLimit

        before = signal.signal(signal.SIGALRM, stop)
        signal.setitimer(signal.ITIMER_REAL, seconds, 0.1)
        try:
            yield
        finally:
            signal.setitimer(signal.ITIMER_REAL, 0)
            signal.signal(signal.SIGALRM, before)
        return
    done, thread = threading.Event(), ctypes.c_ulong(threading.get_ident())

    def watch():
        wait = seconds
        while not done.wait(wait):
            ctypes.pythonapi.PyThreadState_SetAsyncExc(thread, ctypes.py_object(TimeLimit))
            wait = 0.1

    watcher = threading.Thread(target=watch, daemon=True)
    watcher.start()
    try:
        yield
    finally:
        done.set()
        watcher.join()


def _learners_line(error: BaseException, function) -> str:
    """`line N: its text`, for the last frame that is in the cell that defines the learner's
    function.
    """
    filename = function.__code__.co_filename if hasattr(function, "__code__") else ""
    frames = [f for f in traceback.extract_tb(error.__traceback__) if f.filename == filename]
    if not frames:
        return ""
    text = linecache.getline(filename, frames[-1].lineno).strip()
    return f"line {frames[-1].lineno}: {text}"


class Card:
    """The verdict as a card (HTML) and the same in plain text."""

    def __init__(self, verdict: Verdict, kept: str = ""):
        self.verdict, self.kept = verdict, kept

    def headline(self) -> str:
        exercise, status, results = self.verdict.exercise, self.verdict.status, self.verdict.results
        if status == NOT_DONE:
            return (
                f"○ {exercise.name}: not done yet; the course's own version stands in until "
                "yours passes"
            )
        if exercise.prediction:
            return (
                f"✓ {exercise.name}: right"
                if status == PASSED
                else f"✗ {exercise.name}: not this one; read on, the answer is computed below"
            )
        if status == PASSED:
            return (
                f"✓ {exercise.name}: passed, {len(results)} of {len(results)} cases · "
                f"{plural(exercise.points, 'point')}"
            )
        right = sum(result.passed for result in results)
        return (
            f"✗ {exercise.name}: {right} of {plural(len(results), 'case')} right; the course's "
            "own version stands in"
        )

    def shows_cases(self) -> bool:
        """A wrong guess shows no case, because the case would give the answer away."""
        return self.verdict.status == FAILED and not self.verdict.exercise.prediction

    def cases(self):
        """(result, whether to show it whole): the first two that fail are enough to work on."""
        failed = [result for result in self.verdict.results if not result.passed]
        return [(result, any(result is f for f in failed[:2])) for result in self.verdict.results]

    def __repr__(self) -> str:
        lines = [self.headline()]
        if self.verdict.diagnosis:
            lines.append(f"  What it looks like: {self.verdict.diagnosis}")
        if self.shows_cases():
            for result, whole in self.cases():
                lines.append(f"  {MARK[result.passed]} {result.label}")
                if whole:
                    lines += [
                        f"      tried     {result.tried}",
                        f"      came out  {result.got}",
                        f"      expected  {result.expected}",
                        f"      {result.problem}",
                    ]
        if self.verdict.status != PASSED and self.verdict.exercise.hints:
            lines.append(
                f"  Stuck? hint({self.verdict.exercise.name!r}) shows the next of "
                f"{plural(len(self.verdict.exercise.hints), 'hint')}."
            )
        if self.kept:
            lines.append(f"  {self.kept}")
        return "\n".join(lines)

    def _repr_html_(self) -> str:
        verdict = self.verdict
        colour = {PASSED: "#009e73", FAILED: "#d55e00", NOT_DONE: "#0072b2"}[verdict.status]
        parts = [f"<b>{escape(self.headline())}</b>"]
        if verdict.diagnosis:
            parts.append(
                '<p style="margin:.6em 0"><b>What it looks like:</b> '
                f"{as_html(verdict.diagnosis)}</p>"
            )
        if self.shows_cases():
            parts.append(_cases_table(self.cases()))
        if verdict.status != PASSED:
            parts.append(_folded_hints(verdict.exercise.hints))
        if self.kept:
            parts.append(f'<div style="opacity:.8">{escape(self.kept)}</div>')
        return _frame(colour, "".join(parts))


def _frame(colour: str, inside: str) -> str:
    return (
        '<div class="check-card" role="status" style="border-left:5px solid '
        f"{colour};padding:.5em .9em;"
        f'margin:.3em 0;line-height:1.5">{inside}</div>'
    )


def _cases_table(cases) -> str:
    rows = []
    for result, whole in cases:
        if not whole:
            rows.append(
                f"<li style='list-style:none'>{MARK[result.passed]} {escape(result.label)}</li>"
            )
            continue
        facts = "".join(
            "<tr><th scope='row' style='text-align:left;white-space:nowrap;"
            f"padding-right:1em;font-weight:normal;opacity:.8'>{word}</th>"
            f"<td style='text-align:left'><code>{escape(value)}</code></td></tr>"
            for word, value in (
                ("tried", result.tried),
                ("came out", result.got),
                ("expected", result.expected),
            )
            if value
        )
        rows.append(
            f"<li style='list-style:none'>✗ <b>{escape(result.label)}</b><table "
            f"style='margin:0 0 0 1.2em'>{facts}</table>"
            f"<div style='margin-left:1.4em'>{escape(result.problem)}</div></li>"
        )
    return f"<ul style='padding-left:.2em;margin:.4em 0'>{''.join(rows)}</ul>"


def _folded_hints(hints) -> str:
    """Each hint inside the one before it, so that opening one offers the next."""
    inside = ""
    for number in range(len(hints), 0, -1):
        inside = (
            f"<details><summary>Hint {number} of {len(hints)}</summary>"
            f"{as_html(hints[number - 1])}{inside}</details>"
        )
    return inside


def _say(title: str, text: str) -> None:
    display(Note(title, text))


class Note:
    """A title and a sentence, as a card and as plain text."""

    def __init__(self, title: str, text: str):
        self.title, self.text = title, text

    def __repr__(self) -> str:
        return f"{self.title}: {self.text}"

    def _repr_html_(self) -> str:
        return _frame("#0072b2", f"<b>{escape(self.title)}</b><br>{as_html(self.text)}")
