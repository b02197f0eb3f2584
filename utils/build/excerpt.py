"""A lesson cut down to some of its sections, still running from top to bottom.

A section is everything from one `## heading` to the next. What a kept section uses from a section
left out goes into a
folded cell before it: of those sections only the statements that make the names used, and for an
exercise left out the learner's own kept function or the course's (`utils.progress.mine`).
"""

import ast
import re
import symtable
from dataclasses import dataclass

import nbformat

FOLDED = {"jupyter": {"source_hidden": True}}
WHY = "# What this section uses of the sections left out"


@dataclass(frozen=True)
class Statement:
    """A statement at the top of a cell: its text, the names that it makes, and those that it looks
    up.
    """

    text: str
    makes: frozenset[str]
    uses: frozenset[str]


def sections(notebook) -> dict[str, list]:
    """The cells of each section by its heading, in order; "" holds those before the first
    heading.
    """
    found, heading = {"": []}, ""
    for cell in notebook.cells:
        for part in (
            re.split(r"(?m)^(?=## )", cell.source)
            if cell.cell_type == "markdown"
            else [cell.source]
        ):
            if cell.cell_type == "markdown" and part.startswith("## "):
                heading = part.splitlines()[0][3:].strip()
                if heading in found:
                    raise ValueError(f"two sections are called {heading!r}")
                found[heading] = []
            if part.strip():  # a cell with a heading in its middle belongs to two sections
                found[heading].append(
                    cell
                    if part == cell.source
                    else nbformat.from_dict(cell | {"source": part.strip()})
                )
    return found


def cut(notebook, chosen: dict[str, tuple[str, ...]], exercises: set[str]) -> list:
    """The cells of the sections chosen, with their exercises chosen, and what they need of the
    others.

    chosen: the exercises to keep in each section to keep, by its heading. exercises: all names of
    the lesson's exercises; an exercise's cells carry its name as their id, with "-task" or "-check"
    at its end. The first section ("") gives its code, not its words. ValueError where the lesson
    has no such section or exercise.
    """
    inside = sections(notebook)
    for heading, names in chosen.items():
        if heading not in inside:
            raise ValueError(f"there is no section {heading!r}")
        ids = {cell["id"] for cell in inside[heading]}
        if missing := [name for name in names if name not in ids]:
            raise ValueError(f"the section {heading!r} has no exercise {', '.join(missing)}")
    imported = {
        name
        for cells in inside.values()
        for cell in cells
        if cell.cell_type == "code"
        for name in _imported(cell.source)
    }
    kept, wanted = [], set()  # from the last cell to the first, so that what is wanted is known
    for heading, cells in reversed(inside.items()):
        for cell in reversed(cells):
            of = cell["id"].removesuffix("-task").removesuffix("-check")
            left_out = of in exercises and of not in chosen.get(heading, ())
            if (heading in chosen or not heading) and not left_out:
                if cell.cell_type == "code":
                    for statement in reversed(statements(cell.source, imported)):
                        wanted = (wanted - statement.makes) | statement.uses
                    kept.insert(0, cell)
                elif heading:
                    kept.insert(0, cell)
            elif left_out:
                if cell["id"] == of and of in wanted:
                    wanted -= {of}
                    _before(kept, f'{of} = utils.progress.mine("{of}")')
            elif cell.cell_type == "code":
                for statement in reversed(statements(cell.source, imported)):
                    if statement.makes & wanted:
                        wanted = (wanted - statement.makes) | statement.uses
                        _before(kept, statement.text)
    return [_folded(cell) if isinstance(cell, list) else cell for cell in kept]


def statements(source: str, imported: set[str]) -> list[Statement]:
    """The statements of a cell. One that only changes an object (`table["a"] = 1`,
    `words.append("a")`) makes its name anew; a call of something imported (`figures.table(…)`)
    changes nothing.
    """
    body, lines, found = ast.parse(source).body, source.splitlines(), []
    for node in body:
        first = min([node.lineno, *(d.lineno for d in getattr(node, "decorator_list", []))])
        text = "\n".join(lines[first - 1 : node.end_lineno])
        makes, uses = _names(symtable.symtable(ast.unparse(node), "cell", "exec"))
        run = list(_run(node))
        inner = {
            n.id
            for part in run
            if isinstance(part, (ast.For, ast.With))
            for n in ast.walk(part)
            if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Store)
        }
        changed = {
            _base(n)
            for n in run
            if isinstance(n, (ast.Subscript, ast.Attribute)) and isinstance(n.ctx, ast.Store)
        }
        changed |= {
            _base(n.value.func)
            for n in run
            if isinstance(n, ast.Expr)
            and isinstance(n.value, ast.Call)
            and isinstance(n.value.func, ast.Attribute)
        } - imported
        changed -= {""}
        found.append(
            Statement(text, frozenset(makes | changed), frozenset((uses - inner) | changed))
        )
    return found


def _run(node):
    """A statement and what is inside it, without the bodies of functions: those run later."""
    yield node
    if not isinstance(node, (ast.FunctionDef, ast.ClassDef, ast.Lambda)):
        for inner in ast.iter_child_nodes(node):
            yield from _run(inner)


def _imported(source: str) -> set[str]:
    return {
        (alias.asname or alias.name).split(".")[0]
        for node in ast.walk(ast.parse(source))
        if isinstance(node, (ast.Import, ast.ImportFrom))
        for alias in node.names
    }


def _names(table: symtable.SymbolTable) -> tuple[set[str], set[str]]:
    """(names made, names looked up) by a module, what its functions look up outside themselves
    included.
    """
    makes = {s.get_name() for s in table.get_symbols() if s.is_assigned() or s.is_imported()}
    uses = {s.get_name() for s in table.get_symbols() if s.is_referenced()}
    todo = table.get_children()
    while todo:
        inner = todo.pop()
        uses |= {s.get_name() for s in inner.get_symbols() if s.is_global() and s.is_referenced()}
        todo += inner.get_children()
    return makes, uses


def _base(node) -> str:
    """The name that `a.b[c].d` begins with, or ""."""
    while isinstance(node, (ast.Attribute, ast.Subscript)):
        node = node.value
    return node.id if isinstance(node, ast.Name) else ""


def _before(kept: list, text: str) -> None:
    """Put a line before everything that is kept so far, into one list with those beside it."""
    if not kept or not isinstance(kept[0], list):
        kept.insert(0, [])
    kept[0].insert(0, text)


def _folded(lines: list[str]):
    head = [WHY] + ["import utils.progress"] * any("utils.progress.mine" in line for line in lines)
    return nbformat.v4.new_code_cell("\n".join(head + lines), metadata=FOLDED)
