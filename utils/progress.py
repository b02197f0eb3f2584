"""What is done: the learner's own functions, kept when they pass, and used by later lessons.

Everything lies in `.progress/` beside README.md (git ignores it; the environment variable
GPT2_BY_HAND_PROGRESS
names another folder): `record.json`, and one self-contained file of Python for each function that
passed. `python -m utils.progress` exports, imports and certifies it (utils.portfolio).
"""

import ast
import builtins
import functools
import inspect
import json
import linecache
import os
import shlex
import sys
import textwrap
from html import escape
from pathlib import Path
from types import CodeType, ModuleType

from utils.exercises import Exercise, exercises, find, written_lessons


def folder() -> Path:
    return Path(
        os.environ.get("GPT2_BY_HAND_PROGRESS") or Path(__file__).parent.parent / ".progress"
    )


def keep(lesson: str, exercise: Exercise, function) -> str:
    """Keep a function that passed; returns one sentence that says where, or why it could not be
    kept.
    """
    source = _cell_source(function)
    if source is None:
        return (
            "Its source could not be found, so it was not kept; define it in a cell of a notebook."
        )
    try:
        put(exercise.name, _imports_for(function, source) + source)
    except OSError as error:
        return f"It could not be kept: {folder()} cannot be written ({error.strerror})."
    return "" if exercise.prediction else "Kept: later lessons use your version."


def put(name: str, source: str) -> None:
    """Keep the source of a function that passed. OSError where the folder cannot be written."""
    path = folder() / "functions" / f"{name}.py"
    path.parent.mkdir(parents=True, exist_ok=True)
    whole = path.with_suffix(".part")
    whole.write_text(source, encoding="utf-8")
    whole.replace(path)  # a kill half-way leaves the old one
    lesson, exercise = find(name)
    _record(lesson, exercise, "passed")


def merge(other: dict) -> None:
    """Take over from another record what was tried and how many hints were seen; whether something
    passed, the judge says.
    """
    record = read_record()
    for lesson in written_lessons():
        for exercise in exercises(lesson):
            theirs = other.get(exercise.name)
            if not isinstance(theirs, dict):
                continue
            entry = record.setdefault(exercise.name, {})
            if theirs.get("status") in ("tried", "passed"):
                entry.setdefault("status", "tried")
                entry.setdefault("lesson", lesson)
            if type(theirs.get("hints")) is int:
                entry["hints"] = min(
                    max(entry.get("hints", 0), theirs["hints"]), len(exercise.hints)
                )
    _write(record)


def tried(lesson: str, exercise: Exercise) -> None:
    """Note an attempt that did not pass; one that passed before stays passed."""
    try:
        _record(lesson, exercise, "tried")
    except OSError:
        pass  # an unwritable folder is reported when there is something to keep


def next_hint(exercise: Exercise) -> int:
    """The number of the hint to show now: one more than last time, up to the last."""
    record = read_record()
    entry = record.setdefault(exercise.name, {})
    entry["hints"] = min(entry.get("hints", 0) + 1, len(exercise.hints))
    try:
        _write(record)
    except OSError:
        pass
    return entry["hints"]


def mine(name: str):
    """The learner's own version of an earlier exercise where it was kept, else the course's
    reference.

    The function carries `is_reference` when it is the reference. A kept file that no longer runs is
    reported in one line, and the reference takes its place.
    """
    from utils.check import reference  # check imports progress

    exercise = find(name)[1]
    path = folder() / "functions" / f"{name}.py"
    if not path.exists():
        return reference(exercise)
    source = path.read_text(encoding="utf-8")
    filename = str(path)
    namespace = {needed: mine(needed) for needed in exercise.needs}
    try:
        exec(compile(source, filename, "exec"), namespace)
        function = namespace[name]
    except Exception as error:
        print(
            f"Your kept {name} in {path.name} does not run ({type(error).__name__}: "
            f"{error}); the course's version is used."
        )
        return reference(exercise)
    linecache.cache[filename] = (len(source), None, source.splitlines(True), filename)
    return function


def assemble(names, path) -> Path:
    """Write exercises, and all others that they call, into one file of Python that can be imported;
    returns its path.

    Each is the learner's kept version, or the course's reference where none was kept; the comment
    at the top of the file says which is which.
    """
    # exercise -> (source, whether it is the reference), what is called before what calls it
    parts = {}

    def add(name):
        if name in parts or name in waiting:
            return
        waiting.add(name)
        source, is_reference = _source(name)
        for other in sorted(_globals_of(source) & known):
            add(other)
        parts[name] = source, is_reference

    waiting, known = set(), {e.name for lesson in written_lessons() for e in exercises(lesson)}
    for name in names:
        add(name)
    imports, bodies, taken = {}, [], set(parts)  # taken: what the file's names already mean
    for name, (source, _) in parts.items():
        own_imports, body = _split_imports(source, parts)
        others = _defined(body) - {name}
        if others & (taken | imports.keys()) or any(
            imports.get(bound, line) != line or bound in taken
            for bound, line in own_imports.items()
        ):
            # Another part gives one of its names another meaning: shut it into a function of its
            # own.
            inside = textwrap.indent(
                "".join(f"{line}\n" for line in own_imports.values()) + body, "    "
            )
            body = (
                f"def _make_{name}():\n{inside.rstrip()}\n    return {name}\n\n\n{name} = "
                f"_make_{name}()\n"
            )
        else:
            imports |= own_imports
            taken |= others
        bodies.append(body.strip("\n"))
    mine_, theirs = [n for n in parts if not parts[n][1]], [n for n in parts if parts[n][1]]
    head = [
        "# A GPT-2, put together from your own functions. Made anew each time: change the "
        "exercises, not this file."
    ]
    for title, listed in (
        (f"Yours ({len(mine_)})", mine_),
        (f"The course's, until yours pass ({len(theirs)})", theirs),
    ):
        head += textwrap.wrap(
            f"{title}: {', '.join(listed) or 'none'}.",
            88,
            initial_indent="# ",
            subsequent_indent="#   ",
        )
    top = "\n".join(sorted(set(imports.values())))
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(
        "\n".join(head) + f"\n\n{top}\n\n\n" + "\n\n\n".join(bodies) + "\n", encoding="utf-8"
    )
    return path


def _source(name: str) -> tuple[str, bool]:
    """The source of an exercise's function with the imports that it needs; whether it is the
    reference's.
    """
    function = mine(name)
    if not getattr(function, "is_reference", False):
        return (folder() / "functions" / f"{name}.py").read_text(encoding="utf-8"), False
    reference = function.__wrapped__
    source = inspect.getsource(reference)
    return _imports_for(reference, source) + source, True


def _globals_of(source: str) -> set[str]:
    """Names that the source looks up outside its functions (and not on an object, as in
    `text.encode`).
    """
    loaded = {
        n.id
        for n in ast.walk(ast.parse(source))
        if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Load)
    }
    return loaded & _names(compile(source, "kept", "exec"))


def _split_imports(source: str, parts) -> tuple[dict[str, str], str]:
    """({bound name: import line}, the rest) of a source; imports of what stands in the file itself
    are left out.
    """
    imports, lines = {}, source.splitlines(True)
    for node in ast.parse(source).body:
        if isinstance(node, (ast.Import, ast.ImportFrom)):
            for alias in node.names:
                one = (
                    ast.ImportFrom(node.module, [alias], node.level)
                    if isinstance(node, ast.ImportFrom)
                    else ast.Import([alias])
                )
                bound = alias.asname or alias.name.split(".")[0]
                from_the_course = isinstance(node, ast.ImportFrom) and (
                    node.module or ""
                ).startswith("utils.exercises")
                if not (from_the_course and bound in parts):
                    imports[bound] = ast.unparse(one)
            lines[node.lineno - 1 : node.end_lineno] = [""] * (node.end_lineno - node.lineno + 1)
    return imports, "".join(lines).strip("\n") + "\n"


def _defined(source: str) -> set[str]:
    """What a source defines at its top level, imports apart."""
    bound = set()
    for node in ast.parse(source).body:
        if isinstance(node, (ast.FunctionDef, ast.ClassDef)):
            bound.add(node.name)
        elif isinstance(node, (ast.Assign, ast.AnnAssign)):
            bound |= {
                n.id
                for n in ast.walk(node)
                if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Store)
            }
    return bound


def table():
    """Every exercise and whether it is done, for lesson 00."""
    record = read_record()
    rows = []
    for lesson in written_lessons():
        for exercise in exercises(lesson):
            status = record.get(exercise.name, {}).get("status", "")
            rows.append((lesson, exercise, status))
    return _Table(rows)


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
                f"<code>{escape(exercise.name)}</code></span>"
            )
        body = "".join(
            f"<tr><td style='text-align:left;vertical-align:top'>{lesson}</td><td "
            f"style='text-align:left'>{' · '.join(names)}</td></tr>"
            for lesson, names in lessons.items()
        )
        return (
            f"<div class='progress-table'><b>{self.summary}</b> (✓ done, ✗ tried, ○ not "
            "yet)<table><thead><tr>"
            "<th style='text-align:left'>lesson</th><th "
            f"style='text-align:left'>exercises</th></tr></thead><tbody>{body}</tbody>"
            "</table></div>"
        )


def read_record() -> dict:
    try:
        record = json.loads((folder() / "record.json").read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return record if isinstance(record, dict) else {}


def _write(record: dict) -> None:
    folder().mkdir(parents=True, exist_ok=True)
    whole = folder() / "record.json.part"
    whole.write_text(json.dumps(record, indent=1, sort_keys=True), encoding="utf-8")
    whole.replace(folder() / "record.json")  # a kill half-way leaves the old record


def _record(lesson: str, exercise: Exercise, status: str) -> None:
    record = read_record()
    entry = record.setdefault(exercise.name, {})
    if entry.get("status") != "passed":
        entry.update(status=status, lesson=lesson)
    _write(record)


def _cell_source(function) -> str | None:
    """The definitions of the cell that holds the function (its helpers too), without what the cell
    ran.
    """
    function = getattr(function, "__wrapped__", function)
    if not hasattr(function, "__code__"):
        return None
    source = "".join(linecache.getlines(function.__code__.co_filename))
    try:
        tree = ast.parse(source)
    except SyntaxError:
        return None
    kinds = (ast.FunctionDef, ast.ClassDef, ast.Import, ast.ImportFrom, ast.Assign, ast.AnnAssign)
    lines = source.splitlines()
    kept = [
        node
        for node in tree.body
        if isinstance(node, kinds)
        and not any(
            isinstance(n, ast.Call) and getattr(n.func, "id", "") == "check" for n in ast.walk(node)
        )
    ]
    if not any(
        isinstance(node, ast.FunctionDef) and node.name == function.__name__ for node in kept
    ):
        return None
    return (
        "\n\n\n".join("\n".join(lines[_first_line(node) - 1 : node.end_lineno]) for node in kept)
        + "\n"
    )


def _first_line(node: ast.AST) -> int:
    return min([node.lineno] + [d.lineno for d in getattr(node, "decorator_list", [])])


def _imports_for(function, source: str) -> str:
    """The import lines (and plain constants) that a function takes from its notebook, as text."""
    lines = set()
    defined = {
        n.name for n in ast.parse(source).body if isinstance(n, (ast.FunctionDef, ast.ClassDef))
    }
    for name in sorted(_names(compile(source, "kept", "exec"))):
        value = function.__globals__.get(name, None)
        if name in defined or value is None or hasattr(builtins, name):
            continue
        if isinstance(value, ModuleType):
            lines.add(
                f"import {value.__name__}" + (f" as {name}" if name != value.__name__ else "")
            )
        elif isinstance(value, (bool, int, float, str)):
            lines.add(f"{name} = {value!r}")
        elif _importable(value, name):
            lines.add(f"from {value.__module__} import {name}")
    return "".join(f"{line}\n" for line in sorted(lines, key=lambda l: (" = " in l, l))) + (
        "\n\n" if lines else ""
    )


def _importable(value, name: str) -> bool:
    module = getattr(value, "__module__", None)
    return (
        isinstance(module, str)
        and module != "__main__"
        and getattr(sys.modules.get(module), name, None) is value
    )


def _names(code: CodeType) -> set[str]:
    inner = [c for c in code.co_consts if isinstance(c, CodeType)]
    return functools.reduce(set.union, map(_names, inner), set(code.co_names))


def run(command: str) -> None:
    """In a notebook's cell what `python -m utils.progress COMMAND` is in a terminal:
    progress.run("export mine.json").
    """
    from utils.portfolio import main  # portfolio imports progress

    try:
        main(shlex.split(command))
    except SystemExit:
        pass  # a command that there is not: what there is has been printed


if __name__ == "__main__":
    from utils.portfolio import main

    sys.exit(main())
