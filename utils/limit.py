"""Run a learner's function in this process: for a limited time, quietly, and never raising."""

import ctypes
import io
import linecache
import signal
import threading
import traceback
from contextlib import contextmanager, redirect_stderr, redirect_stdout

from utils.calling import call, copy_value
from utils.exercises.judge import Outcome, kinds_of

MOST_PRINTED = 2000  # characters of what one call wrote


class TimeLimit(BaseException):
    """Raised inside a learner's function when its time is up; not an Exception, so
    `except Exception` misses it.
    """


def call_with_limit(
    function, args: tuple, seconds: float, gradient: bool = False, watch: bool = False
) -> Outcome:
    """Run a learner's function here, on copies of the arguments, for at most `seconds`; never
    raises for what it does. What it prints is in the outcome.
    """
    wrote = io.StringIO()
    try:
        with redirect_stdout(wrote), redirect_stderr(wrote), _time_limit(seconds):
            return Outcome.of(call(function, copy_value(args), gradient, watch), _tail(wrote))
    except TimeLimit:
        return Outcome(error="TimeLimit", printed=_tail(wrote))
    except KeyboardInterrupt:
        raise
    except BaseException as error:  # a learner's sys.exit() too
        return Outcome.raised(
            type(error).__name__,
            _text(error),
            kinds_of(error),
            line=_learners_line(error, function),
            printed=_tail(wrote),
        )


def _tail(wrote: io.StringIO) -> str:
    if wrote.closed:  # a learner's sys.stdout.close()
        return ""
    text = _whole(wrote.getvalue())
    return text if len(text) <= MOST_PRINTED else "…" + text[-MOST_PRINTED:]


def _text(error: BaseException) -> str:
    try:
        return _whole(str(error))
    except Exception:  # a class of the learner's own
        return ""


def _whole(text: str) -> str:
    """Text that can be sent: half a character is written as its code."""
    return text.encode("utf-8", "backslashreplace").decode()


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
