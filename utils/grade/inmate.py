"""A running child and everything that it started: what it uses, and how it ends."""

import os
import shutil
import signal
import subprocess
from dataclasses import dataclass
from pathlib import Path

import psutil


@dataclass(frozen=True)
class Usage:
    """seconds: of the processor, so far. memory: bytes. awake: whether any of it could run now.
    waiting: whether any of it waits for the system: for a disk, it says.
    """

    seconds: float
    memory: int
    processes: int
    awake: bool
    waiting: bool


class Inmate:
    """walls: whether it is behind bubblewrap. uid: its user where it has one of its own. folder: to
    be removed with it.

    Once the process was waited for, its number may be another process's. It is looked at, and what
    belongs to it ended, only before.
    """

    def __init__(
        self,
        process: subprocess.Popen,
        walls: bool = False,
        uid: int | None = None,
        folder: Path | None = None,
    ):
        self.process, self.walls, self.uid, self.folder = process, walls, uid, folder

    def tree(self) -> list[psutil.Process]:
        """What runs inside, the eldest first; bubblewrap's own outer process is not part of it."""
        inside: list[psutil.Process] = []
        if self.process.returncode is None:  # not waited for: its number cannot be another's
            try:
                outer = psutil.Process(self.process.pid)
                inside = _descendants(outer)
                if not self.walls:
                    inside.insert(0, outer)
            except psutil.Error:
                pass
        if not self.walls and self.uid:  # those that left the family
            known = {p.pid for p in inside}
            inside += [
                p for p in psutil.process_iter() if p.pid not in known and has_uid(p, self.uid)
            ]
        return inside

    def usage(self) -> Usage:
        seconds, memory, count, states = 0.0, 0, 0, set()
        for process in self.tree():
            try:
                with process.oneshot():
                    times = process.cpu_times()
                    seconds += times.user + times.system
                    seconds += getattr(times, "children_user", 0)
                    seconds += getattr(times, "children_system", 0)
                    memory += process.memory_info().rss
                    states.add(process.status())
                    count += 1
            except psutil.Error:
                pass
        waiting = psutil.STATUS_DISK_SLEEP in states
        awake = bool(states - {*ASLEEP, psutil.STATUS_DISK_SLEEP})
        return Usage(seconds, memory, count, awake, waiting)

    def kill(self) -> None:
        """End everything inside: behind bubblewrap the eldest is the first process of its own
        world, which ends with it.
        """
        inside: list[psutil.Process] = []
        for _ in range(1 if self.walls else 20):
            new = [p for p in self.tree() if p not in inside]
            inside += new
            for process in new if not self.walls else ():
                _to(process, "suspend")  # first: a child whose parent is gone cannot be found
            if not new:
                break
        for process in inside:
            _to(process, "kill")
        if not self.walls and hasattr(os, "killpg") and self.process.returncode is None:
            try:
                os.killpg(self.process.pid, signal.SIGKILL)
            except OSError:
                pass
        try:
            self.process.wait(5)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        if self.folder:
            shutil.rmtree(self.folder, ignore_errors=True)


ASLEEP = (
    *(psutil.STATUS_SLEEPING, psutil.STATUS_STOPPED, psutil.STATUS_TRACING_STOP),
    *(psutil.STATUS_ZOMBIE, psutil.STATUS_DEAD, psutil.STATUS_IDLE),
)


def _descendants(process: psutil.Process) -> list[psutil.Process]:
    """What psutil's children(recursive=True) gives, which reads of every process of the machine."""
    found, todo = [], [process.pid]
    try:
        while todo:
            parent = todo.pop(0)
            for thread in os.listdir(f"/proc/{parent}/task"):
                with open(f"/proc/{parent}/task/{thread}/children") as file:
                    todo += map(int, file.read().split())
            found.append(parent)
    except OSError:  # one of them ended, or the system has no such files
        return process.children(recursive=True)
    return [p for pid in found[1:] if (p := _process(pid))]


def _process(pid: int) -> psutil.Process | None:
    try:
        return psutil.Process(pid)
    except psutil.Error:
        return None


def has_uid(process: psutil.Process, uid: int) -> bool:
    try:
        return process.uids().real == uid
    except psutil.Error:
        return False


def _to(process: psutil.Process, what: str) -> None:
    try:
        getattr(process, what)()
    except psutil.Error:
        pass  # it has ended
