"""What is kept: a file for each function that passed, and a record of what was tried.

That a function passed is said by its file and by nothing else, so the two cannot disagree.
"""

import io
import json
import linecache
from contextlib import redirect_stderr, redirect_stdout
from pathlib import Path

from utils.exercises import LESSONS, Exercise, exercises, named, names
from utils.exercises.judge import PASSED, judge, run
from utils.progress.sources import names_used, standalone
from utils.remembered import folder
from utils.text import write_whole


def file_of(name: str) -> Path:
    """Where a function is kept, whether it is there or not."""
    return folder() / "functions" / f"{name}.py"


def keep(exercise: Exercise, function) -> str:
    """Keep a function that passed; returns one sentence that says where, or why it could not be
    kept.

    What is kept is first tried alone, as a later lesson will use it.
    """
    if exercise.prediction:
        source, lost = standalone(function, exercise.name, supplied=lambda name, value: False)
        if source is not None:
            put(exercise.name, source)
        return ""
    source, lost = standalone(function, exercise.name, supplied=_supplied)
    if source is None:
        return (
            f"Not kept, because its source could not be found: write it with `def "
            f"{exercise.name}(…):` in a cell of this notebook. Later lessons use the course's "
            "version."
        )
    if lost:
        names = " and ".join(f"`{name}`" for name in lost)
        return (
            f"Not kept: it uses {names}, which cannot be taken along to a later lesson. Make what "
            "it needs inside the function, or in its cell. Until then later lessons use the "
            "course's version."
        )
    quiet = io.StringIO()  # what it prints has been seen
    try:
        with redirect_stdout(quiet), redirect_stderr(quiet):
            alone = _run(source, exercise.name, f"<{exercise.name}, alone>")
            verdict = judge(exercise, lambda args, **_: run(alone, args))
        if verdict.status != PASSED:
            wrong = next(result for result in verdict.results if not result.passed)
            return _not_alone(wrong.problem)
    except Exception as error:
        return _not_alone(f"{type(error).__name__}: {error}")
    try:
        put(exercise.name, source)
    except OSError as error:
        return f"It could not be kept: {folder()} cannot be written ({error.strerror})."
    return "Kept: later lessons use your version."


def _not_alone(problem: str) -> str:
    return (
        "Not kept: run alone, without the rest of this notebook, it does not work "
        f"({problem.rstrip('.')}). Until then later lessons use the course's version."
    )


def put(name: str, source: str) -> None:
    """Keep the source of a function that passed. OSError where the folder cannot be written."""
    path = file_of(name)
    path.parent.mkdir(parents=True, exist_ok=True)
    write_whole(path, source)


def status(name: str) -> str:
    """ "passed", "tried" or ""."""
    return "passed" if file_of(name).exists() else "tried" if name in read_record()["tried"] else ""


def tried(exercise: Exercise) -> None:
    """Note an attempt that did not pass; one that passed before stays passed."""
    record = read_record()
    if exercise.name not in record["tried"]:
        _write(record | {"tried": [*record["tried"], exercise.name]})


def next_hint(exercise: Exercise) -> tuple[int, bool]:
    """(the number of the hint to show now, whether all have been shown before): one more than last
    time, up to the last.
    """
    record = read_record()
    shown = record["hints"].get(exercise.name, 0)
    number = min(shown + 1, len(exercise.hints))
    _write(record | {"hints": record["hints"] | {exercise.name: number}})
    return number, shown >= len(exercise.hints)


def merge(other: dict) -> None:
    """Take over from another record what was tried and how many hints were seen; whether something
    passed, the judge says.
    """
    record, other = read_record(), _checked(other)
    hints = {
        name: max(record["hints"].get(name, 0), other["hints"].get(name, 0))
        for name in record["hints"] | other["hints"]
    }
    _write({"tried": list(dict.fromkeys(record["tried"] + other["tried"])), "hints": hints})


def mine(name: str):
    """The learner's own version of an earlier exercise where it was kept, else the course's
    reference.

    The function carries `is_reference` when it is the reference. A kept file that no longer runs is
    reported in one line, and the reference takes its place. KeyError where no exercise has that
    name.
    """
    exercise, path = named(name), file_of(name)
    if not path.exists():
        return exercise.stand_in()
    try:
        source = path.read_text(encoding="utf-8")
        function = _run(source, name, str(path))
    except Exception as error:
        print(
            f"Your kept {name} in {path.name} does not run ({type(error).__name__}: {error}); the "
            "course's version is used."
        )
        return exercise.stand_in()
    return function


def _run(source: str, name: str, filename: str):
    """The function that a kept source defines, with the other exercises that it calls."""
    others = names_used(source) & set(names()) - {name}
    space = {other: _later(other) for other in others}
    exec(compile(source, filename, "exec"), space)
    linecache.cache[filename] = (len(source), None, source.splitlines(True), filename)
    return space[name]


def _later(name: str):
    """An exercise's function, looked up when it is first called: two may call each other."""
    found = []

    def call(*args, **named_ones):
        if not found:
            found.append(mine(name))
        return found[0](*args, **named_ones)

    call.__name__ = name
    return call


def _supplied(name: str, value) -> bool:
    """Whether `mine` will supply this name to a kept function: an exercise of the course, passed or
    stood in for. Another function that happens to have such a name goes along as a helper.
    """
    return name in names() and (getattr(value, "is_reference", False) or file_of(name).exists())


def lessons() -> dict[str, int]:
    """The number of exercises of each lesson, by its name."""
    return {lesson: len(names(lesson)) for lesson in LESSONS}


def table():
    """Every exercise and whether it is done, for lesson 00."""
    return _Table([(e.lesson, e, status(e.name)) for e in exercises()])


class _Table:
    SIGN = {"passed": "✓ done", "tried": "✗ tried", "": "○"}

    def __init__(self, rows):
        self.rows = rows
        self.done = sum(status == "passed" for _, _, status in rows)
        self.points = sum(e.points for _, e, status in rows if status == "passed")
        self.summary = (
            f"{self.done} of {len(rows)} exercises done, "
            f"{self.points} of {sum(e.points for _, e, _ in rows)} points"
        )

    def __repr__(self) -> str:
        return "\n".join(
            [self.summary]
            + [f"{self.SIGN[s]:8} {lesson:26} {e.name}" for lesson, e, s in self.rows]
        )

    def _repr_html_(self) -> str:
        lessons: dict[str, list] = {}
        for lesson, exercise, status in self.rows:
            lessons.setdefault(lesson, []).append(
                f"<span style='white-space:nowrap'>{self.SIGN[status][0]} "
                f"<code>{exercise.name}</code></span>"
            )
        left = "style='text-align:left;vertical-align:top'"
        body = "".join(
            f"<tr><td {left}>{lesson}</td><td {left}>{' · '.join(names)}</td></tr>"
            for lesson, names in lessons.items()
        )
        return (
            f"<div class='progress-table'><b>{self.summary}</b> (✓ done, ✗ tried, ○ not yet)<table>"
            f"<thead><tr><th {left}>lesson</th><th {left}>exercises</th></tr></thead>"
            f"<tbody>{body}</tbody></table></div>"
        )


def read_record() -> dict:
    """{"tried": names, "hints": {name: how many were seen}}. A damaged file is moved aside, and
    said so: what passed is not in it.
    """
    path = folder() / "record.json"
    try:
        return _checked(json.loads(path.read_text(encoding="utf-8")))
    except OSError:
        return _checked({})
    except (ValueError, RecursionError):
        aside = path.with_suffix(".json.damaged")
        try:
            path.replace(aside)
        except OSError:
            return _checked({})
        print(
            f"The record of your hints and attempts was damaged; it lies in {aside.name} now, and "
            "a new one was begun. Your functions are kept in files of their own."
        )
        return _checked({})


def _checked(record) -> dict:
    """What of a record makes sense, whoever wrote it."""
    if not isinstance(record, dict):
        raise ValueError("a record is a dict")
    tried, hints = record.get("tried"), record.get("hints")
    known = names()
    return {
        "tried": [n for n in tried if n in known] if isinstance(tried, list) else [],
        "hints": {
            name: min(max(count, 0), 9)
            for name, count in (hints.items() if isinstance(hints, dict) else ())
            if name in known and type(count) is int
        },
    }


def _write(record: dict) -> None:
    """An unwritable folder is reported when there is a function to keep."""
    try:
        folder().mkdir(parents=True, exist_ok=True)
        write_whole(folder() / "record.json", json.dumps(record, indent=1, sort_keys=True))
    except OSError:
        pass
