"""A judge owns the processes that judging needs: the sandbox that a notebook runs in, the one that
answers for the course, and with `warm` the one that children are forked from.
"""

import os
import socket
import subprocess
import sys

from utils.grade.inmate import Inmate
from utils.grade.line import ENDED, Allowance, ChildFailed, Line
from utils.grade.sandbox import ROOT, Sandbox, SandboxBroken

START = 60.0  # seconds for a process to import what it needs
END = 5.0  # for a forked child to end
AGAIN = 5.0  # what it costs to start the course's functions anew after a question that ended them


class Judge:
    """Used with `with`. sandbox: decided once for the run. warm: see utils.grade."""

    def __init__(self, sandbox: Sandbox, warm: bool = False):
        self.sandbox = sandbox
        self.warm = warm and hasattr(os, "fork") and hasattr(socket, "send_fds")
        self.forks: Forks | None = None
        self.referee: Line | None = None

    @property
    def words(self) -> str:
        """How notebooks are kept apart, for a report."""
        if self.warm and self.sandbox.walls:
            return "the notebooks shared one sandbox (bubblewrap), each in a process of its own"
        return self.sandbox.words

    def __enter__(self):
        return self

    def __exit__(self, *_):
        for owned in (self.forks, self.referee):
            if owned:
                owned.close()
        self.forks = self.referee = None

    def line(self, torch: bool) -> Line:
        """A line to a child that is ready, and has not seen anything of a submission.

        torch: whether it will be needed. SandboxBroken where there can be none.
        """
        if self.warm:
            self.forks = self.forks or Forks(self.sandbox)
            line = self.forks.line(torch)
        else:
            inmate = self.sandbox.start()
            line = Line(inmate, inmate.process.stdout, inmate.process.stdin)
        try:
            if line.receive(Allowance.of(START)) == ["ready"]:
                return line
            problem = "the child did not say that it is ready"
        except (TimeoutError, ChildFailed) as error:
            problem = str(error) or "the child did not start in time"
            if problem == ENDED:
                problem = "its process ended before any notebook came to it"
        self.dismiss(line, False)
        raise SandboxBroken(problem)

    def dismiss(self, line: Line, well: bool) -> None:
        """Let a child go. well: it came to the end of its notebook, and nothing odd was seen."""
        if self.forks and well and self.forks.ended(line):
            return
        line.close()
        if self.forks:  # its sandbox went with the line
            self.forks.control.close()
            self.forks = None

    def answer(self, name: str, question: list, *allowances: Allowance) -> list:
        """What the course's own function says to arguments that a submission chose, as a message to
        its child. question: see references.py.
        """
        try:
            line = self.referee = self.referee or _referee(name)
            line.send([name, *question], *allowances)
            return line.receive(*allowances)
        except (TimeoutError, ChildFailed, ValueError, TypeError) as error:
            if self.referee:
                self.referee.close()
                self.referee = None
            for allowance in allowances:
                allowance.left -= AGAIN
            words = str(error) or "it took too long"
            return ["error", "RuntimeError", f"{name} could not answer this: {words}"]


class Forks:
    """A sandbox with a process in it that forks a child for each notebook, its packages imported.

    It is spoken to over a socket that its children do not have, and each child gets a channel that
    no earlier one has seen.
    """

    def __init__(self, sandbox: Sandbox):
        self.control, inner = socket.socketpair()
        with inner:
            self.inmate = sandbox.start("--warm", stdin=inner)
        self.inmate.process.stdout.close()
        self.control.settimeout(START)
        try:
            if self.control.recv(100) == b"ready":
                return
        except OSError:
            pass
        self.close()
        raise SandboxBroken("the warm child did not start")

    def line(self, torch: bool) -> Line:
        mine, its = socket.socketpair()
        with its:
            try:
                socket.send_fds(self.control, [b"torch" if torch else b"no torch"], [its.fileno()])
            except OSError:
                pass  # it has ended: the line will say so
        stream = mine.makefile("rwb", buffering=0)
        mine.close()
        return Line(self.inmate, stream, stream)

    def ended(self, line: Line) -> bool:
        """Whether the last child ended as asked, and nothing of it is left."""
        try:
            line.outbox.put(None)
            self.control.settimeout(END)
            if self.control.recv(100) != b"ended":
                return False
        except OSError:
            return False
        return len(self.inmate.tree()) == (2 if self.inmate.walls else 1)

    def close(self) -> None:
        self.control.close()
        self.inmate.kill()


def _referee(name: str) -> Line:
    """A process that runs the course's functions, with those of the exercise `name` imported."""
    process = subprocess.Popen(
        [sys.executable, "-m", "utils.grade.references", name],
        cwd=ROOT,
        env=os.environ | {"OMP_NUM_THREADS": "1"},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
        bufsize=0,
    )
    line = Line(Inmate(process), process.stdout, process.stdin)
    try:
        line.receive(Allowance.of(START))
        return line
    except (TimeoutError, ChildFailed) as error:
        line.close()
        raise SandboxBroken(f"the process that runs references did not start: {error}") from None
