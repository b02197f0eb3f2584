"""Many submissions on a Dask cluster. Only names, bytes, rules and entries travel."""

import sys
from collections.abc import Callable

from utils.grade.found import Found
from utils.grade.judge import Judge
from utils.grade.judged import Rules, judged_content, not_graded
from utils.grade.many import TRIES, Entries, trial
from utils.grade.read import NotGradable, content_of
from utils.grade.recorded import RunError
from utils.grade.sandbox import SandboxBroken, decide


def on_cluster(
    address: str, rules: Rules, lessons: set[str]
) -> Callable[[dict[int, Found]], Entries]:
    """A worker that dies costs nothing: its submissions go to another one."""
    try:
        from distributed import Client
    except ImportError:
        raise RunError(
            "--cluster needs the package dask.distributed (pip install distributed)"
        ) from None

    def grade(todo: dict[int, Found]) -> Entries:
        try:
            client = Client(address, timeout=30)
        except (OSError, ValueError) as error:
            raise RunError(f"no Dask scheduler answers at {address}: {error}") from None
        with client:
            walls = _tried(client, address, rules, lessons)
            yield from _graded(client, todo, rules, walls)

    return grade


def _tried(client, address: str, rules: Rules, lessons: set[str]) -> bool:
    """Let every worker pass the trial; whether all of them have walls."""
    workers = client.run(_trial, sorted(lessons), rules)
    if not workers:
        raise RunError(f"the scheduler at {address} has no workers")
    for worker, (warning, problem) in sorted(workers.items()):
        if warning:
            print(f"WARNING: without a sandbox on {worker}: {warning}.", file=sys.stderr)
        if problem:
            raise RunError(f"the judge failed its trial on {worker}: {problem}")
    return not any(warning for warning, _ in workers.values())


def _graded(client, todo: dict[int, Found], rules: Rules, walls: bool) -> Entries:
    from distributed import as_completed

    waiting, numbers = iter(todo.items()), {}

    def send():
        for i, file in waiting:
            try:
                if file.odd:
                    raise NotGradable(file.odd)
                content = content_of(file.path)
            except NotGradable as error:
                bad.append((i, not_graded(file.path, str(error))))
                continue
            future = client.submit(
                _judged, str(file.path), content, rules, walls, retries=TRIES, pure=False
            )
            numbers[future.key] = i
            return future

    bad: list[tuple[int, dict]] = []
    # a window, because ten thousand notebooks do not fit into a scheduler's memory
    window = [f for _ in range(4 * sum(client.nthreads().values())) if (f := send())]
    done = as_completed(window)
    for future in done:
        i = numbers.pop(future.key)
        try:
            entry = future.result()
        except Exception as error:  # it killed as many workers as the scheduler allows
            words = f"the cluster gave it up: {type(error).__name__}"
            entry = not_graded(todo[i].path, words)
        future.release()
        if another := send():
            done.add(another)
        yield i, entry
    yield from bad


def _trial(lessons: list[str], rules: Rules) -> tuple[str, str]:
    """(what is not isolated, what stops the run) on the machine that it is called on."""
    try:
        sandbox = decide()
        with Judge(sandbox) as judge:
            return sandbox.warning, trial(set(lessons), rules, judge)
    except SandboxBroken as error:
        return "", str(error)


def _judged(file: str, content: bytes, rules: Rules, walls: bool) -> dict:
    """walls: what the trial said of all machines; one that has none now grades nothing."""
    try:
        sandbox = decide()
    except SandboxBroken as error:
        return not_graded(file, f"the sandbox failed, which is not the submission's fault: {error}")
    if walls and not sandbox.walls:
        return not_graded(file, f"the sandbox that worked before is gone: {sandbox.warning}")
    with Judge(sandbox) as judge:
        return judged_content(file, content, rules, judge)
