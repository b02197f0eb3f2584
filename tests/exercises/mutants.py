"""Wrong answers made by machine: a reference changed in one place, or its numbers got in a bad
way.
"""

import ast
import copy
import inspect
import textwrap
from collections.abc import Callable, Iterator

import numpy as np

from utils.calling import floats, is_tensor
from utils.exercises.compare import differs, unequal_argument

ARITHMETIC = {
    ast.Add: ast.Sub, ast.Sub: ast.Add, ast.Mult: ast.Div, ast.Div: ast.Mult, ast.Pow: ast.Mult,
    ast.FloorDiv: ast.Mult, ast.Mod: ast.FloorDiv, ast.MatMult: ast.Mult, ast.BitAnd: ast.BitOr,
    ast.BitOr: ast.BitAnd,
}  # fmt: skip
COMPARISONS = {
    ast.Lt: ast.LtE, ast.LtE: ast.Lt, ast.Gt: ast.GtE, ast.GtE: ast.Gt, ast.Eq: ast.NotEq,
    ast.NotEq: ast.Eq, ast.In: ast.NotIn, ast.NotIn: ast.In, ast.Is: ast.IsNot, ast.IsNot: ast.Is,
}  # fmt: skip


def changed(reference: Callable) -> Iterator[tuple[str, Callable]]:
    """(what was changed, function) for each place of a reference's source that can be changed."""
    tree = ast.parse(textwrap.dedent(inspect.getsource(reference)))
    count = sum(1 for _ in ast.walk(tree))
    whole = ast.unparse(tree)
    seen = {whole}
    for place in range(count):
        for variant in range(6):
            mutant = copy.deepcopy(tree)
            said = _change(mutant, place, variant)
            if not said:
                continue
            try:
                source = ast.unparse(ast.fix_missing_locations(mutant))
                space = dict(reference.__globals__)
                exec(compile(source, "<mutant>", "exec"), space)
            except (SyntaxError, ValueError, TypeError):
                continue
            if source not in seen:
                seen.add(source)
                yield said, space[reference.__name__]


def _change(tree: ast.Module, place: int, variant: int) -> str:
    """Change the node at a place in one of a few ways; "" where there is no such way."""
    nodes = list(ast.walk(tree))
    node = nodes[place]
    shown = _parent(nodes, node) if isinstance(node, ast.Constant) else node
    before = _text(shown)
    done = False
    if isinstance(node, ast.BinOp) and variant == 0 and type(node.op) in ARITHMETIC:
        node.op = ARITHMETIC[type(node.op)]()
        done = True
    elif isinstance(node, ast.BinOp) and variant in (1, 2):
        _become(node, node.left if variant == 1 else node.right)
        done = True
    elif isinstance(node, ast.Compare) and variant == 0 and type(node.ops[0]) in COMPARISONS:
        node.ops[0] = COMPARISONS[type(node.ops[0])]()
        done = True
    elif isinstance(node, ast.UnaryOp) and variant == 0:
        _become(node, node.operand)
        done = True
    elif isinstance(node, ast.Constant) and type(node.value) in (int, float) and variant < 2:
        node.value += 1 - 2 * variant
        done = True
    elif isinstance(node, ast.Constant) and type(node.value) is bool and variant == 2:
        node.value = not node.value
        done = True
    elif isinstance(node, (ast.If, ast.While, ast.IfExp)) and variant == 0:
        node.test = ast.UnaryOp(ast.Not(), node.test)
        done = True
    elif isinstance(node, ast.comprehension) and node.ifs and variant == 0:
        node.ifs.pop()
        done = True
    elif isinstance(node, ast.Call) and variant == 0 and node.keywords:
        node.keywords.pop()
        done = True
    elif isinstance(node, ast.Call) and variant == 1 and len(node.args) > 1:
        node.args[0], node.args[1] = node.args[1], node.args[0]
        done = True
    elif isinstance(node, ast.Call) and variant == 2 and len(node.args) > 1:
        node.args.pop()
        done = True
    elif isinstance(node, ast.Call) and variant == 3 and node.args:
        _become(node, node.args[0])
        done = True
    elif isinstance(node, ast.Call) and variant == 4 and isinstance(node.func, ast.Attribute):
        _become(node, node.func.value)
        done = True
    elif hasattr(node, "body") and isinstance(node.body, list) and len(node.body) > 1:
        kept = (ast.Return, ast.Expr) if _only_words(node.body, variant) else ast.Return
        if variant < len(node.body) and not isinstance(node.body[variant], kept):
            before = _text(node.body[variant])
            del node.body[variant]
            return f"`{before}` dropped"
    return f"`{before}` -> `{_text(shown)}`" if done else ""


def _parent(nodes: list[ast.AST], node: ast.AST) -> ast.AST:
    """What holds a node, and what holds that: enough to know the place again."""
    for _ in range(2):
        node = next((n for n in nodes if node in ast.iter_child_nodes(n)), node)
    return node


def _only_words(body: list[ast.stmt], at: int) -> bool:
    """Whether a statement is a docstring."""
    return at < len(body) and isinstance(getattr(body[at], "value", None), ast.Constant)


def _become(node: ast.AST, other: ast.AST) -> None:
    node.__class__ = type(other)
    node.__dict__.clear()
    node.__dict__.update(other.__dict__)


def _text(node: ast.AST) -> str:
    try:
        if isinstance(node, (ast.If, ast.While)):
            return f"{type(node).__name__.lower()} {ast.unparse(node.test)}"
        return " ".join(ast.unparse(node).split())
    except Exception:
        return type(node).__name__


def got_in_a_bad_way(reference: Callable, args, value) -> Iterator[tuple[str, Callable]]:
    """(how, function) for right numbers got in ways that hurt a later cell, where they apply.

    args, value: of one case, to see what there is.
    """
    if any(map(_can_change, args)):
        yield "changes an argument", _changes_an_argument(reference)
    if floats(value):
        yield "float64", _mapped(reference, lambda t: t.double())
        yield "numpy", _mapped(reference, lambda t: t.detach().numpy())
        yield "float16 and back", _mapped(reference, lambda t: t.half().float() * 1.001)
        if floats(args):
            yield "gradient cut", _mapped(reference, lambda t: t.detach())
    if type(value) is int:
        yield "a tensor for an int", _after(reference, _as_tensor)
    if type(value) is float:
        yield "a tensor for a float", _after(reference, _as_tensor)
    yield "remembers the last answer", _remembers(reference)


def _as_tensor(value):
    import torch

    return torch.tensor(value)


def _can_change(value) -> bool:
    if is_tensor(value) or isinstance(value, np.ndarray):
        return value.size != 0 if isinstance(value, np.ndarray) else value.numel() > 0
    return isinstance(value, (list, dict)) and len(value) > 0


def _changes_an_argument(reference):
    def function(*args):
        value = reference(*args)
        for arg in args:
            if isinstance(arg, dict) and arg:
                arg.pop(next(iter(arg)))
                return value
            if isinstance(arg, list) and arg:
                arg.append(arg[-1])
                return value
            if _can_change(arg) and not isinstance(arg, (list, dict)):
                arg[...] = arg + 1 if "bool" not in str(arg.dtype) else ~arg
                return value
        return value

    return function


def _mapped(reference, change):
    def go(value):
        if is_tensor(value):
            return change(value) if value.is_floating_point() else value
        if isinstance(value, dict):
            return {key: go(item) for key, item in value.items()}
        if isinstance(value, (list, tuple)):
            return type(value)(map(go, value))
        return value

    return _after(reference, go)


def _after(reference, change):
    return lambda *args: change(reference(*args))


def _remembers(reference):
    """Right for whatever it is given the first time; what comes again gets another's answer."""
    calls: list[tuple] = []

    def function(*args):
        again = any(not any(map(unequal_argument, before, args)) for before, _ in calls)
        calls.append((copy.deepcopy(args), reference(*args)))
        others = [value for _, value in calls if differs(calls[-1][1], value)]
        return (others or [None])[0] if again else calls[-1][1]

    return function
