"""What a function needs to stand alone: its source, and that of what it uses from its notebook.

A name that a function takes from its notebook is written down as an import, as plain data, or as
the statement that made it, whichever is possible; what that statement uses follows in the same way.
"""

import ast
import builtins
import functools
import linecache
import math
import sys
from collections.abc import Callable
from types import CodeType, ModuleType

MOST_NUMBERS = 1000  # of an array that is written down
MOST_TEXT = 20_000  # characters of a value that is written down


def standalone(
    function, name: str, supplied: Callable[[str, object], bool]
) -> tuple[str | None, list[str]]:
    """(source, names that cannot be taken along) of a learner's function called `name`.

    supplied: whether a name with its value will be there without being written down. The source is
    None where the function's own cannot be found.
    """
    inner = function
    while hasattr(inner, "__wrapped__"):
        inner = inner.__wrapped__
    space = getattr(inner, "__globals__", None)
    if space is None:
        space = getattr(sys.modules.get("__main__"), "__dict__", {})
    cells = _cells(inner)
    statement = _binding(cells, name)
    if statement is None:
        return None, []
    imports: dict[str, None] = {}
    parts: dict[str, None] = {}  # statements, what is used before what uses it
    done, lost = {name}, []

    def follow(source: str) -> None:
        for used in sorted(names_used(source)):
            if used in done or hasattr(builtins, used) and used not in space:
                continue
            done.add(used)
            if used not in space:
                continue  # a name that never was: the function raises NameError here, too
            value = space[used]
            if supplied(used, value):
                continue
            if line := _import(used, value):
                imports[line] = None
            elif (text := _written(value)) is not None:
                imports.update(dict.fromkeys(_needed_by(text)))
                parts[f"{used} = {text}"] = None
            elif (found := _binding(_cells(value) + cells, used)) is not None:
                done.update(bound_names(found))
                follow(found)
                parts[found] = None
            else:
                lost.append(used)

    follow(statement)
    parts[statement] = None
    head = "".join(f"{line}\n" for line in sorted(imports))
    return head + ("\n\n" if head else "") + "\n\n\n".join(parts) + "\n", lost


def names_used(source: str) -> set[str]:
    """Names that a source looks up outside its functions (and not on an object, as in
    `text.encode`).
    """
    tree = ast.parse(source)
    loaded = {
        n.id for n in ast.walk(tree) if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Load)
    }
    return loaded & _names(compile(source, "kept", "exec"))


def _names(code: CodeType) -> set[str]:
    inner = [c for c in code.co_consts if isinstance(c, CodeType)]
    return functools.reduce(set.union, map(_names, inner), set(code.co_names))


def _cells(value) -> list[str]:
    """The sources in which a value's definition may stand: its own cell, then the notebook's, the
    last one first.
    """
    code = getattr(value, "__code__", None)
    own = "".join(linecache.getlines(code.co_filename)) if code else ""
    history = getattr(sys.modules.get("__main__"), "__dict__", {}).get("In")
    return [own, *reversed(history if isinstance(history, list) else [])]


def _binding(cells: list[str], name: str) -> str | None:
    """The statement at the top of a cell that gives `name` its value, as text; None without one.

    `name = check(name)` is none.
    """
    for cell in cells:
        if name not in cell:
            continue
        source, tree = _parsed(cell)
        for node in reversed(tree.body if tree else []):
            if name in bound_names(node) and not _is_check(node, name):
                first = min(d.lineno for d in (*getattr(node, "decorator_list", ()), node))
                return "\n".join(source.splitlines()[first - 1 : node.end_lineno])
    return None


def _parsed(cell: str) -> tuple[str, ast.Module | None]:
    """A cell and its tree; of a cell under a magic such as %%time, what it holds."""
    try:
        tree = ast.parse(cell)
    except SyntaxError:
        return cell, None
    for node in tree.body:
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Call):
            call = node.value
            if getattr(call.func, "attr", "") == "run_cell_magic" and len(call.args) == 3:
                inside = call.args[2]
                if isinstance(inside, ast.Constant) and isinstance(inside.value, str):
                    return _parsed(inside.value)
    return cell, tree


def bound_names(node: ast.stmt | str) -> set[str]:
    """The names to which a statement at the top of a cell gives a value."""
    if isinstance(node, str):
        node = ast.parse(node).body[0]
    if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
        return {node.name}
    if isinstance(node, (ast.Import, ast.ImportFrom)):
        return {alias.asname or alias.name.split(".")[0] for alias in node.names}
    if isinstance(node, (ast.Assign, ast.AnnAssign, ast.If, ast.Try, ast.With, ast.For)):
        return _stored(node)
    return set()


def _stored(node: ast.AST) -> set[str]:
    """Names that a statement stores, those inside its functions left out."""
    found = set()
    for child in ast.iter_child_nodes(node):
        if isinstance(child, (ast.FunctionDef, ast.ClassDef)):
            found.add(child.name)
        elif isinstance(child, (ast.Import, ast.ImportFrom)):
            found |= bound_names(child)
        elif isinstance(child, ast.Name) and isinstance(child.ctx, ast.Store):
            found.add(child.id)
        elif not isinstance(child, (ast.Lambda, ast.ListComp, ast.DictComp, ast.SetComp)):
            found |= _stored(child)
    return found


def _is_check(node: ast.stmt, name: str) -> bool:
    call = getattr(node, "value", None)
    return isinstance(call, ast.Call) and getattr(call.func, "id", "") in ("check", "mine")


def _import(name: str, value) -> str:
    """The line that imports a value under this name, or ""."""
    if isinstance(value, ModuleType):
        if "." not in value.__name__ or name == value.__name__:
            return f"import {value.__name__}" + (f" as {name}" if name != value.__name__ else "")
        return f"import {value.__name__} as {name}"
    module = getattr(value, "__module__", None)
    own = getattr(value, "__name__", name)
    if not isinstance(module, str) or module == "__main__" or not isinstance(own, str):
        return ""
    if module.startswith("utils.exercises."):
        return ""  # its source is taken along: nothing of a learner's depends on the answers
    for given in (own, name):
        if getattr(sys.modules.get(module), given, None) is value:
            return f"from {module} import {given}" + (f" as {name}" if given != name else "")
    return ""


def _written(value) -> str | None:
    """Plain data as Python writes it; None for what cannot be written, or is too long."""
    try:
        text = _plain(value)
    except (TypeError, RecursionError):
        return None
    return text if len(text) <= MOST_TEXT else None


def _plain(value) -> str:
    kind = type(value)
    if value is None or kind in (bool, int, str, bytes):
        return repr(value)
    if kind is float:
        return repr(value) if math.isfinite(value) else f'float("{value}")'
    if kind in (list, tuple, set):
        inside = ", ".join(map(_plain, value))
        if kind is list:
            return f"[{inside}]"
        if kind is set:
            return f"{{{inside}}}" if value else "set()"
        return f"({inside},)" if len(value) == 1 else f"({inside})"
    if kind is dict:
        return "{" + ", ".join(f"{_plain(k)}: {_plain(v)}" for k, v in value.items()) + "}"
    if kind.__module__ == "torch" and kind.__name__ == "Tensor" and value.numel() <= MOST_NUMBERS:
        return f"torch.tensor({_plain(value.tolist())}, dtype={value.dtype})"
    if kind.__module__ == "numpy" and kind.__name__ == "ndarray" and value.size <= MOST_NUMBERS:
        return f'numpy.array({_plain(value.tolist())}, dtype="{value.dtype}")'
    raise TypeError


def _needed_by(text: str) -> list[str]:
    return [f"import {module}" for module in ("torch", "numpy") if f"{module}." in text]
