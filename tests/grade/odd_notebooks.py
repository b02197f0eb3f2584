"""Odd but honest notebooks, and some that are wrong: what learners make of a lesson.

Each is drawn from a seed: the lesson's notebook with the solution's answers, each written in one of
many ways, among other cells, in another order.
"""

import ast
import inspect
import json
import random
import re
import textwrap
from dataclasses import dataclass, field

import nbformat

from utils.build import ROOT
from utils.exercises import LESSONS, Exercise, exercises, names

ENOUGH = {"math", "random", "torch", "F", "Counter"}  # what a module of its own can import
HEAD = (
    "import math\nimport random\nfrom collections import Counter\n\ntry:\n    import torch\n"
    "    import torch.nn.functional as F\nexcept ImportError:\n    pass\n\n\n"
)
WHOLE = ("00_start_here", "01_language_modeling")  # so quick that a kernel runs all of their cells


@dataclass
class Cell:
    """given: whether the course wrote it; then a kernel runs it only where it `matters`."""

    source: str
    id: str = ""
    given: bool = False
    kind: str = "code"
    matters: bool = False


@dataclass
class Answer:
    """What a learner writes for an exercise: cells above its own, its own, cells between it and its
    check, cells below the check.
    """

    own: str
    above: list[str] = field(default_factory=list)
    between: list[str] = field(default_factory=list)
    below: list[str] = field(default_factory=list)


def made(lesson: str, seed: int) -> tuple[str, list[Cell], list[str]]:
    """(the notebook as text, its cells, what was done to it)."""
    draw = random.Random(f"{lesson}:{seed}")
    cells, done = lesson_cells(lesson), []
    for exercise in exercises(lesson):
        place = next((i for i, c in enumerate(cells) if c.id == exercise.name), None)
        if place is None or "def " not in cells[place].source:
            continue
        ways = [way for way in WAYS if draw.random() < 3 / len(WAYS)][:2] or [plain]
        way = ways[0]
        answer = way(draw, exercise, cells[place].source, cells)
        done.append(f"{exercise.name}: {way.__name__}")
        check = next(i for i, c in enumerate(cells) if c.id == f"{exercise.name}-check")
        cells[check + 1 : check + 1] = map(Cell, answer.below)
        cells[check:check] = map(Cell, answer.between)
        cells[place : place + 1] = [
            *map(Cell, answer.above),
            Cell(answer.own, exercise.name),
        ]
    for change in draw.sample(SHAPES, draw.choice((0, 1, 1, 2))):
        done.append(change.__name__)
        cells = change(draw, cells, lesson)
    return written(draw, cells), cells, done


def lesson_cells(lesson: str) -> list[Cell]:
    """A learner's notebook, its exercises answered as the solution answers them."""
    notebook = nbformat.read(ROOT / "solutions" / f"{lesson}.ipynb", as_version=4)
    known, cells = set(names(lesson)), []
    answers = " ".join(cell.source for cell in notebook.cells if cell["id"] in known)
    for cell in notebook.cells:
        if cell["id"] in known:
            cells.append(Cell(clean(cell.source), cell["id"]))
            continue
        first = bool(cell.metadata.get("setup")) or "import check" in cell.source
        check = cell["id"].endswith("-check") and cell.cell_type == "code"
        matters = cell.cell_type == "code" and (
            first
            or check
            or lesson in WHOLE
            or any(w in cell.source for w in ("mine(", "BEGIN SOL"))
            or any(f"{f}(" in answers for f in re.findall(r"(?m)^def (\w+)", cell.source))
        )
        cells.append(Cell(cell.source, cell["id"], not check, cell.cell_type, matters))
    return cells


def clean(source: str) -> str:
    return re.sub(r"(?m)^ *### (BEGIN|END) SOLUTION\n?", "", source).rstrip()


def written(draw, cells: list[Cell]) -> str:
    """A notebook's JSON, as Jupyter, Colab, VS Code or a program that drops metadata writes it."""
    maker = draw.choice(("jupyter", "jupyter", "colab", "vscode", "bare"))
    out = []
    for number, cell in enumerate(cells):
        entry = {"cell_type": cell.kind, "metadata": {}, "source": cell.source}
        if cell.kind == "code":
            entry |= {"outputs": [], "execution_count": None}
        if maker == "jupyter":
            entry["id"] = cell.id or f"new-{number}"
            entry["source"] = cell.source.splitlines(True)
        elif maker == "colab":
            entry["metadata"] = {"id": f"x{draw.randrange(10**9)}", "colab": {"base_uri": "h"}}
        elif maker == "vscode":
            entry["metadata"] = {"vscode": {"languageId": "python"}}
        out.append(entry)
    kernel = {} if maker == "bare" else {"kernelspec": {"name": "python3", "language": "python"}}
    return json.dumps({"cells": out, "metadata": kernel, "nbformat": 4, "nbformat_minor": 5})


# names that other lessons use, and no cell of this one
OTHERS = {
    lesson: [
        name
        for name in ("norm", "answer", "counts", "table", "scale", "merge", "mlp")
        if not any(
            re.search(rf"\b{name}\b", cell.source)
            for cell in nbformat.read(ROOT / "solutions" / f"{lesson}.ipynb", 4).cells
            if cell.cell_type == "code"
        )
    ]
    for lesson in LESSONS
}


# ---- ways to write an answer


def helper(draw, exercise: Exercise, source: str) -> tuple[str, str]:
    """(a helper's name, the answer as a helper of that name)."""
    names_taken = [f"my_{exercise.name}", f"{exercise.name}_2", "_f", "second_one"]
    if exercise.lesson in WHOLE:
        names_taken += ["counts", "table", "words", "text", "row"]  # of the lesson's own cells
    else:
        names_taken += OTHERS[exercise.lesson]
    name = draw.choice(names_taken)
    return name, re.sub(rf"(?m)^def {exercise.name}\b", f"def {name}", source)


def calls(exercise: Exercise, target: str, before: str = "") -> str:
    """The exercise as a function that calls another one."""
    lines = textwrap.indent(before, "    ") + "\n" if before else ""
    return f"def {exercise.name}(*args, **named):\n{lines}    return {target}(*args, **named)"


def plain(draw, exercise, source, cells):
    return Answer(source)


def helper_above(draw, exercise, source, cells):
    name, text = helper(draw, exercise, source)
    return Answer(calls(exercise, name), above=[text])


def helper_below(draw, exercise, source, cells):
    name, text = helper(draw, exercise, source)
    return Answer(calls(exercise, name), between=[text])


def helper_overwritten_later(draw, exercise, source, cells):
    name, text = helper(draw, exercise, source)
    return Answer(calls(exercise, name), above=[text], below=[f"{name} = 3"])


def helper_of_a_helper(draw, exercise, source, cells):
    name, text = helper(draw, exercise, source)
    return Answer(
        calls(exercise, "second"),
        above=[f"def second(*args, **named):\n    return {name}(*args, **named)", text],
    )


def constant(draw, exercise, source, cells):
    name, text = helper(draw, exercise, source)
    made_by = draw.choice(
        [
            "import math\n\nROOT = math.sqrt(2 / math.pi)",
            "ROOT = float('inf')",
            "import math\nROOT: float = math.inf",
            "ROOT = {n: 1 / n for n in range(1, 4)}",
            "from functools import partial\nROOT = partial(sorted)",
            "ROOT = list()\nROOT.append(1)",
            "ROOT = [1, 2]\nfor i in range(3):\n    ROOT[0] += i",
            "try:\n    import numpy as ROOT\nexcept ImportError:\n    ROOT = None",
            "ROOT, OTHER = 1, 2",
            "def make():\n    global ROOT\n    ROOT = 4\nmake()",
            "class Settings:\n    value = 3\nROOT = Settings()\nROOT.value = 5",
            "if True:\n    ROOT = 1\nelse:\n    ROOT = None",
            "with open(__import__('os').devnull) as ROOT:\n    pass",
            "import random\nROOT = random.Random(3)",
            "import random\n\ndef seeded():\n    random.seed(3)\nseeded()\n"
            "ROOT = 1 if round(random.random(), 4) == 0.238 else None",
            "ROOT = max(3, 4); ROOT2 = ROOT",
        ]
    )
    use = "if ROOT is None:\n    raise ValueError('no constant')"
    return Answer(calls(exercise, name, use), above=[made_by, text])


def given_name(draw, exercise, source, cells):
    """A name that the lesson's first cell provides."""
    name, text = helper(draw, exercise, source)
    first = next(c.source for c in cells if c.kind == "code" and "import sys" in c.source)
    imported = [
        alias.asname or alias.name
        for node in ast.parse(first).body
        if isinstance(node, (ast.Import, ast.ImportFrom))
        for alias in node.names
        if alias.name not in ("check", "hint", "mine", "progress", "environment", "PARTS")
        and alias.name != "assemble"
    ]
    use = f"if {draw.choice(imported)} is None:\n    raise ValueError('not there')"
    return Answer(calls(exercise, name, use), above=[text])


def instance(draw, exercise, source, cells):
    name, text = helper(draw, exercise, source)
    own = (
        f"class Callable_{exercise.name}:\n    def __call__(self, *args, **named):\n"
        f"        return {name}(*args, **named)\n\n{exercise.name} = Callable_{exercise.name}()"
    )
    return Answer(own, above=[text])


def nested(draw, exercise, source, cells):
    inner = textwrap.indent(source.replace(f"def {exercise.name}", "def inner", 1), "    ")
    return Answer(
        f"def {exercise.name}(*args, **named):\n{inner}\n\n    return inner(*args, **named)"
    )


def decorated(draw, exercise, source, cells):
    wraps = draw.choice(["    @functools.wraps(f)\n", ""])
    decorator = (
        f"import functools\n\ndef quiet(f):\n{wraps}    def g(*args, **named):\n"
        "        return f(*args, **named)\n    return g"
    )
    return Answer(f"@quiet\n{source}", above=[decorator])


def anonymous(draw, exercise, source, cells):
    name, text = helper(draw, exercise, source)
    return Answer(f"{exercise.name} = lambda *args, **named: {name}(*args, **named)", above=[text])


def partly(draw, exercise, source, cells):
    name, text = helper(draw, exercise, source)
    return Answer(f"from functools import partial\n{exercise.name} = partial({name})", above=[text])


def other_name(draw, exercise, source, cells):
    name, text = helper(draw, exercise, source)
    return Answer(f"{text}\n\n{exercise.name} = {name}")


def hints_of_types(draw, exercise, source, cells):
    name, text = helper(draw, exercise, source)
    own = (
        f"def {exercise.name}(*args: Numbers, **named: 'Numbers') -> Tensor | None:\n"
        f"    return {name}(*args, **named)"
    )
    return Answer("from __future__ import annotations\n" + own, above=[text])


def under_if(draw, exercise, source, cells):
    head = draw.choice(["if True:", "if __name__ == '__main__':", "for _ in range(1):"])
    return Answer(f"{head}\n{textwrap.indent(source, '    ')}")


def under_try(draw, exercise, source, cells):
    return Answer(f"try:\n{textwrap.indent(source, '    ')}\nexcept ValueError:\n    pass")


def stub_left(draw, exercise, source, cells):
    stub = f"def {exercise.name}(*args):\n    # YOUR CODE HERE\n    raise NotImplementedError"
    return Answer(stub, between=[source])


def second_try(draw, exercise, source, cells):
    return Answer(f"def {exercise.name}(*args):\n    return 17", between=["# better", source])


def wrong_below(draw, exercise, source, cells):
    return Answer(source, below=[f"def {exercise.name}(*args):\n    return 17"])


def second_check(draw, exercise, source, cells):
    again = f"{exercise.name} = check({exercise.name})"
    return Answer(f"def {exercise.name}(*args):\n    return 17", below=[source + f"\n{again}"])


def magics(draw, exercise, source, cells):
    line = draw.choice(
        [
            "%%time\n",
            "%%capture\n",
            "max?\n",
            "!echo hi\n",
            "files = !echo hi\n",
            "%precision 3\n",
            "%matplotlib inline\n",
        ]
    )
    return Answer(line + source)


def module(draw, exercise, source, cells):
    free = {n.id for n in ast.walk(ast.parse(source)) if isinstance(n, ast.Name)}
    if exercise.needs or free & ({"stories", "gpt2", "bpe", "regex"} | set(names())):
        return Answer(source)
    file = f"mine_{exercise.name}_{draw.randrange(10**9)}"
    return Answer(
        f"from {file} import {exercise.name}", above=[f"%%writefile {file}.py\n{HEAD}{source}"]
    )


def shown_values(draw, exercise, source, cells):
    return Answer(f"{source}\n\ndisplay({exercise.name})\n{exercise.name}", above=["print('here')"])


def remembers(draw, exercise, source, cells):
    name, text = helper(draw, exercise, source)
    use = "calls.append(len(args))\nglobal total\ntotal += 1"
    return Answer(calls(exercise, name, use), above=["calls = []\ntotal = 0", text])


def with_mine(draw, exercise, source, cells):
    """An earlier exercise, asked for by name."""
    known = names()
    earlier = known[: known.index(exercise.name)]
    earlier = earlier[: known.index(names(exercise.lesson)[0])]
    if not earlier:
        return Answer(source)
    other, (name, text) = draw.choice(earlier), helper(draw, exercise, source)
    above = f"from utils.progress import mine\nearlier = mine({other!r})"
    return Answer(
        calls(exercise, name, "if not callable(earlier):\n    raise ValueError"), [above, text]
    )


# ---- wrong answers


def nothing(draw, exercise, source, cells):
    return Answer(f"def {exercise.name}(*args, **named):\n    pass")


def mistake(draw, exercise, source, cells):
    if not exercise.mistakes:
        return Answer(source)
    wrong = draw.choice(exercise.mistakes)
    try:
        text = textwrap.dedent(inspect.getsource(wrong))
        free = set(inspect.getclosurevars(wrong).globals)
    except (OSError, TypeError):
        return Answer(source)
    if not text.startswith("def ") or free - ENOUGH or wrong.__closure__:
        return Answer(source)
    return Answer(re.sub(r"^def \w+", f"def {exercise.name}", text), above=[HEAD])


def error(draw, exercise, source, cells):
    what = draw.choice(
        ["1 / 0", "raise SystemExit", "undefined", "[][3]", "input('?')", "raise KeyError('x')"]
    )
    return Answer(f"def {exercise.name}(*args, **named):\n    {what}")


def other_kind(draw, exercise, source, cells):
    name, text = helper(draw, exercise, source)
    how = draw.choice(
        [
            "found.numpy() if hasattr(found, 'numpy') else [found]",
            "found.detach() if hasattr(found, 'detach') else str(found)",
            "found.double() if hasattr(found, 'double') else (found, found)",
            "found.tolist() if hasattr(found, 'tolist') else {1: found}",
            "(x for x in [found])",
            "found + 1e-3 if hasattr(found, 'dim') else found",
        ]
    )
    own = f"{calls(exercise, name).replace('return', 'found =')}\n    return {how}"
    return Answer(own, above=[text])


def spoils_arguments(draw, exercise, source, cells):
    name, text = helper(draw, exercise, source)
    own = (
        f"def {exercise.name}(*args, **named):\n    found = {name}(*args, **named)\n"
        "    for a in args:\n        if isinstance(a, list) and a:\n            a.pop()\n"
        "        elif hasattr(a, 'zero_'):\n            a.zero_()\n    return found"
    )
    return Answer(own, above=[text])


def syntax_error(draw, exercise, source, cells):
    return Answer(source.replace(":", "", 1))


def no_constant(draw, exercise, source, cells):
    """A cell that stops before it makes what the function needs."""
    name, text = helper(draw, exercise, source)
    use = "if ROOT is None:\n    raise ValueError('no constant')"
    return Answer(calls(exercise, name, use), above=["1 / 0\nROOT = 1", text])


def check_is_late(draw, exercise, source, cells):
    return Answer(source, between=["1 / 0", "x = undefined_name"])


HONEST = [
    plain, helper_above, helper_below, helper_overwritten_later, helper_of_a_helper, constant,
    given_name, instance, nested, decorated, anonymous, partly, other_name, hints_of_types,
    under_if, under_try, stub_left, second_try, wrong_below, second_check, magics, module,
    shown_values, remembers, with_mine, check_is_late,
]  # fmt: skip
WRONG = [
    nothing,
    mistake,
    mistake,
    error,
    other_kind,
    other_kind,
    spoils_arguments,
    syntax_error,
    no_constant,
]
WAYS = [*HONEST, *WRONG]


# ---- shapes of a whole notebook


def scratch(draw, cells, lesson):
    """Cells of the learner's own, anywhere below the first."""
    texts = [
        "1 / 0", "print('x')", "display(3)", "def broken(:\n    pass", "x = [1, 2", "# a note",
        "%matplotlib inline", "", "import this_package_is_not_there", "hint('nothing')", "!ls",
        "len?", "text = 'mine'", "import random\nrandom.seed(3)", "assert False",
    ]  # fmt: skip
    start = 1 + next(i for i, c in enumerate(cells) if "import sys" in c.source)
    for _ in range(draw.randrange(1, 5)):
        kind = draw.choice(("code", "code", "markdown"))
        cells.insert(draw.randrange(start, len(cells) + 1), Cell(draw.choice(texts), kind=kind))
    return cells


def with_checks(draw, cells, lesson):
    """Each definition and its check in one cell."""
    out: list[Cell] = []
    for cell in cells:
        name = cell.id.removesuffix("-check")
        if cell.id.endswith("-check") and cell.kind == "code" and out and out[-1].id == name:
            if not out[-1].source.startswith("%%"):
                out[-1].source += f"\n{cell.source}"
                continue
        out.append(cell)
    return out


def four_in_one(draw, cells, lesson):
    """Four functions in one cell, their checks where they were; or all of them, above all."""
    own = [c for c in cells if c.id in names(lesson) and c.source.startswith("def ")]
    own = own[: draw.choice((4, len(own)))]
    if len(own) < 2:
        return cells
    whole = Cell("\n\n\n".join(c.source for c in own), own[0].id)
    return [whole if c is own[0] else c for c in cells if c is own[0] or c not in own]


def checks_last(draw, cells, lesson):
    checks = [c for c in cells if c.id.endswith("-check") and c.kind == "code"]
    return [c for c in cells if c not in checks] + checks


def other_checks(draw, cells, lesson):
    for cell in cells:
        if cell.id.endswith("-check") and cell.kind == "code" and "= check(" in cell.source:
            name = cell.id.removesuffix("-check")
            cell.source = draw.choice(
                [
                    f"check({name})",
                    f"passed = check({name})",
                    f"if True:\n    {name} = check({name})",
                    f"look = check\n{name} = look({name})",
                    f"from utils.check import check as look\n{name} = look({name})",
                    f"def go(f):\n    return check(f)\n\n{name} = go({name})",
                    f"hint({name!r})\n{name} = check({name})",
                    f"{name}\n{name} = check({name});",
                    cell.source,
                ]
            )
    return cells


def moved_down(draw, cells, lesson):
    """Prose and the course's other cells gone: only code that matters."""
    return [c for c in cells if not c.given or c.matters]


SHAPES = [scratch, with_checks, four_in_one, checks_last, other_checks, moved_down]
