"""Many submissions: in this process, over several, or on a cluster; what is finished is kept, so
that a killed run goes on.
"""

import hashlib
import json
import multiprocessing
import os
import re
import secrets
import signal
import sys
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor, as_completed
from concurrent.futures.process import BrokenProcessPool
from pathlib import Path

from utils.grade import marking
from utils.grade.sandbox import HERE, ROOT, SandboxBroken, sandbox
from utils.grade.submission import NotGradable, read
from utils.text import cleaned

TRIES = 3  # for a submission whose worker process or machine died under it


class RunError(Exception):
    """The run cannot start: one sentence."""


class Finished:
    """Entries of submissions that are done, in a folder, by what decides them: content, name, seed,
    limits, and our code.
    """

    def __init__(self, out: Path, seed: str | None, timeout: float | None):
        self.folder = out / "finished"
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            self._seed = self.folder / "seed.txt"  # there while a run is under way
            self.resumed = seed is None and self._seed.exists()
            self.seed = seed or (
                self._seed.read_text(encoding="utf-8") if self.resumed else secrets.token_hex(8)
            )
            self._seed.write_text(self.seed, encoding="utf-8")
        except OSError as error:
            raise RunError(f"the reports cannot be written to {out}: {error.strerror}") from None
        self.rest = f"{self.seed}:{timeout}:{_version()}"
        self.used: set[Path] = set()

    def path(self, file: Path, content: bytes) -> Path:
        key = hashlib.sha256(
            b"\0".join([self.rest.encode(), os.fsencode(file.name), content])
        ).hexdigest()
        self.used.add(self.folder / f"{key}.json")
        return self.folder / f"{key}.json"

    def get(self, file: Path, content: bytes) -> dict | None:
        try:
            entry = json.loads(self.path(file, content).read_text(encoding="utf-8"))
        except (OSError, ValueError):
            return None
        return entry | {"file": cleaned(str(file))}

    def put(self, file: Path, content: bytes, entry: dict) -> None:
        path = self.path(file, content)
        half = path.with_suffix(".half")  # a killed run leaves no half entry under the name
        half.write_text(json.dumps(entry), encoding="utf-8")
        half.replace(path)

    def close(self) -> None:
        """The run is complete: a next one without --seed draws new cases."""
        self._seed.unlink(missing_ok=True)
        for path in self.folder.iterdir():
            if re.fullmatch(r"[0-9a-f]{64}\.(json|half)", path.name) and path not in self.used:
                path.unlink()  # of earlier runs; nothing else that may lie there


def _version() -> str:
    """Changes when the judge or an exercise does."""
    files = sorted([*HERE.glob("*.py"), *(ROOT / "utils" / "exercises").glob("*.py")])
    return hashlib.sha256(b"".join(file.read_bytes() for file in files)).hexdigest()


def grade_files(
    files: list[Path],
    finished: Finished,
    timeout: float | None = None,
    jobs: int = 1,
    warm: bool = False,
    cluster: str = "",
    lessons: frozenset[str] = frozenset(),
) -> Iterator[tuple[int, dict]]:
    """(number, entry) of each file as it is done. Those that `finished` holds come first."""
    todo, same = {}, {}
    for i, file in enumerate(files):
        try:
            content = read(file)
        except NotGradable as error:
            yield i, marking.not_graded(file, str(error))
            continue
        if entry := finished.get(file, content):
            yield i, entry
        elif (path := finished.path(file, content)) in same:  # handed in twice: graded once
            same[path].append(i)
        else:
            same[path] = []
            todo[i] = file
    if cluster:
        results = _on_cluster(todo, finished.seed, timeout, cluster, lessons)
    elif jobs > 1 and len(todo) > 1:
        results = _in_processes(todo, finished.seed, timeout, warm, min(jobs, len(todo)))
    else:
        results = (
            (i, marking.grade(file, finished.seed, timeout, warm)) for i, file in todo.items()
        )
    for i, entry in results:
        try:
            content = read(files[i])
        except NotGradable:
            content = b""  # gone meanwhile
        if entry["status"] == "graded":  # what could not be graded is tried again by the next run
            finished.put(files[i], content, entry)
        yield i, entry
        for j in same.get(finished.path(files[i], content), []):
            yield j, entry | {"file": cleaned(str(files[j]))}


def _in_processes(
    todo: dict[int, Path], seed, timeout, warm, jobs: int
) -> Iterator[tuple[int, dict]]:
    left, context = dict(todo), multiprocessing.get_context("spawn")
    for _ in range(TRIES):
        pool = ProcessPoolExecutor(jobs, context, _quiet)
        try:
            futures = {
                pool.submit(marking.grade, file, seed, timeout, warm): i for i, file in left.items()
            }
            for future in as_completed(futures):
                entry = future.result()
                del left[futures[future]]
                yield futures[future], entry
            return
        except BrokenProcessPool:
            # a worker was killed, by a lack of memory perhaps: the others' work is not lost
            continue
        finally:
            pool.shutdown(wait=not left, cancel_futures=True)
            if left:
                for worker in multiprocessing.active_children():
                    worker.terminate()
    for i, file in left.items():
        yield (
            i,
            marking.not_graded(
                file,
                f"the process that judged it died {TRIES} times; is the machine short of memory?",
            ),
        )


def _quiet() -> None:
    """In a worker: Ctrl-C is the parent's business, and its word to stop still puts the sandbox
    away.
    """
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))


def canary(lessons: set[str], seed: str, warm: bool = False) -> str:
    """ "" when each lesson's solution earns everything and its untouched notebook nothing, else
    what went wrong.
    """
    for lesson in sorted(lessons):
        full = marking.grade(ROOT / "solutions" / f"{lesson}.ipynb", seed, warm=warm)
        none = marking.grade(ROOT / "notebooks" / f"{lesson}.ipynb", seed, warm=warm)
        if full["status"] != "graded" or full["points"] != full["max_points"]:
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


def trial(lessons, seed: str, warm: bool = False) -> tuple[str, str]:
    """(what is not isolated here, what stops the run), each "" when all is well; on the machine
    that it is called on.
    """
    try:
        return sandbox().warning, canary(set(lessons), seed, warm)
    except SandboxBroken as error:
        return "", str(error)


def _on_cluster(
    todo: dict[int, Path], seed, timeout, address: str, lessons
) -> Iterator[tuple[int, dict]]:
    """Only names, bytes and reports travel. A worker that dies costs nothing: its submissions go to
    another one.
    """
    try:
        from distributed import Client
        from distributed import as_completed as completed
    except ImportError:
        raise RunError(
            "--cluster needs the package dask.distributed (pip install distributed)"
        ) from None
    try:
        client = Client(address, timeout=30)
    except (OSError, ValueError) as error:
        raise RunError(f"no Dask scheduler answers at {address}: {error}") from None
    with client:
        workers = client.run(trial, sorted(lessons), seed)
        if not workers:
            raise RunError(f"the scheduler at {address} has no workers")
        for worker, (warning, problem) in sorted(workers.items()):
            if warning:
                print(f"WARNING: without a sandbox on {worker}: {warning}.", file=sys.stderr)
            if problem:
                raise RunError(f"the judge failed its trial on {worker}: {problem}")
        waiting, numbers = iter(todo.items()), {}

        def send():
            for i, file in waiting:
                try:
                    content = read(file)
                except NotGradable:
                    content = b""
                future = client.submit(
                    marking.grade_bytes,
                    str(file),
                    content,
                    seed,
                    timeout,
                    retries=TRIES,
                    pure=False,
                )
                numbers[future.key] = i
                return future

        # a window, because ten thousand notebooks do not fit into a scheduler's memory
        done = completed([f for _ in range(4 * sum(client.nthreads().values())) if (f := send())])
        for future in done:
            i = numbers.pop(future.key)
            try:
                entry = future.result()
            except Exception as error:  # it killed as many workers as the scheduler allows
                entry = marking.not_graded(
                    todo[i], f"the cluster gave it up: {type(error).__name__}"
                )
            future.release()
            if another := send():
                done.add(another)
            yield i, entry
