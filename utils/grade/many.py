"""Many submissions: in this process, over several, or on a cluster (cluster.py)."""

import atexit
import multiprocessing
import os
import signal
import sys
import threading
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ProcessPoolExecutor, as_completed
from concurrent.futures.process import BrokenProcessPool

from utils.grade.found import Found
from utils.grade.judge import Judge
from utils.grade.judged import Rules, judged, not_graded
from utils.grade.read import NotGradable, content_of, digest_of
from utils.grade.recorded import Recorded
from utils.grade.sandbox import ROOT, Sandbox, SandboxBroken, leave_nothing
from utils.text import cleaned

TRIES = 3  # for a submission whose worker process or machine died under it
Entries = Iterator[tuple[int, dict]]


def grade_all(
    found: list[Found],
    recorded: Recorded,
    rules: Rules,
    grade: Callable[[dict[int, Found]], Entries],
) -> Entries:
    """(number, entry) of each file as it is done; those that are recorded come first.

    grade: judges files by their number. What is recorded is what was read when it was judged, and
    a file of the same name and content as another is judged once.
    """
    todo: dict[int, Found] = {}
    first: dict[tuple[str, str], int] = {}  # (name, digest) -> the number that is judged
    twins: dict[int, list[int]] = {}  # it -> the others that are the same
    digests: dict[int, str] = {}
    for i, file in enumerate(found):
        try:
            digest = "" if file.odd else digest_of(content_of(file.path))
        except NotGradable:
            digest = ""
        if digest and (entry := recorded.get(file.path, digest, rules)):
            yield i, entry
            continue
        judged_one = first.setdefault((file.path.name, digest or str(i)), i)
        if judged_one == i:
            todo[i], digests[i] = file, digest
        else:
            twins.setdefault(judged_one, []).append(i)
    while todo:
        again: dict[int, Found] = {}
        for i, entry in grade(todo):
            if entry["status"] == "graded":  # the next run tries the others again
                recorded.put(found[i].path, rules, entry)
            yield i, entry
            for j in twins.get(i, ()):
                if entry.get("digest", "") == digests[i] or entry["status"] != "graded":
                    yield j, entry | {"file": cleaned(str(found[j].path))}
                else:  # the first was replaced meanwhile
                    again[j] = found[j]
        todo = again


def one_by_one(judge: Judge, rules: Rules) -> Callable[[dict[int, Found]], Entries]:
    return lambda todo: ((i, judged(file, rules, judge)) for i, file in todo.items())


def in_processes(
    sandbox: Sandbox, rules: Rules, warm: bool, jobs: int
) -> Callable[[dict[int, Found]], Entries]:
    """Over several processes. One that dies costs nothing: what it had is tried again."""

    def grade(todo: dict[int, Found]) -> Entries:
        left, context = dict(todo), multiprocessing.get_context("spawn")
        for _ in range(TRIES):
            count = min(jobs, len(left))
            pool = ProcessPoolExecutor(count, context, _begin, (sandbox, warm))
            try:
                futures = {pool.submit(_judged, file, rules): i for i, file in left.items()}
                for future in as_completed(futures):
                    entry = future.result()
                    del left[futures[future]]
                    yield futures[future], entry
                return
            except BrokenProcessPool:
                continue  # a worker was killed, by a lack of memory perhaps
            finally:
                pool.shutdown(wait=not left, cancel_futures=True)
                if left:
                    for worker in multiprocessing.active_children():
                        worker.terminate()
        words = f"the process that judged it died {TRIES} times; is the machine short of memory?"
        for i, file in left.items():
            yield i, not_graded(file.path, words)

    return grade


_judge: Judge  # a worker's own


def _begin(sandbox: Sandbox, warm: bool) -> None:
    """In a worker: Ctrl-C is the parent's business; its end, however it comes, is ours, too."""
    global _judge
    _judge = Judge(sandbox, warm)
    atexit.register(_judge.__exit__)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    threading.Thread(
        target=_end_with, args=(multiprocessing.parent_process(),), daemon=True
    ).start()


def _end_with(parent) -> None:
    parent.join()
    _judge.__exit__()
    leave_nothing()
    os._exit(1)


def _judged(found: Found, rules: Rules) -> dict:
    return judged(found, rules, _judge)


def canary(lessons: set[str], rules: Rules, judge: Judge) -> str:
    """ "" when each lesson's solution earns everything and its untouched notebook nothing, else
    what went wrong. What was handed out has no solutions: there only the second is tried.
    """
    for lesson in sorted(lessons):
        solution = ROOT / "solutions" / f"{lesson}.ipynb"
        full = judged(Found(solution), rules, judge) if solution.exists() else None
        none = judged(Found(ROOT / "notebooks" / f"{lesson}.ipynb"), rules, judge)
        if full and (full["status"] != "graded" or full["points"] != full["max_points"]):
            failed = [
                f"{e['id']} ({e['diagnosis'] or e['status']})"
                for e in full["exercises"]
                if e["points"] != e["max_points"]
            ]
            return (
                f"the course's own solution of {lesson} did not get full marks: "
                f"{', '.join(failed) or full.get('reason')}"
            )
        if none["status"] != "graded" or none["points"]:
            return (
                f"the untouched notebook {lesson} got {none['points']} points: "
                f"{none.get('reason', 'it must get none')}"
            )
    return ""


def trial(lessons: set[str], rules: Rules, judge: Judge) -> str:
    """What stops the run, "" when all is well."""
    try:
        return canary(lessons, rules, judge)
    except SandboxBroken as error:
        return str(error)


def lessons_of(found: Iterable[Found], lesson: str) -> set[str]:
    """The lessons that were handed in."""
    from utils.grade.read import read

    lessons = set()
    for file in found:
        try:
            if not file.odd:
                lessons.add(read(str(file.path), content_of(file.path), lesson).lesson)
        except NotGradable:
            pass  # judging says so, with the reason
    return lessons
