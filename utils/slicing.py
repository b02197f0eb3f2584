"""Which statements of a notebook does a value need? A slice of its cells, by the names they use.

Everything is read off the text; nothing is run. Where the text does not say what a statement does
(`exec`, `globals()`, `import *`), more is taken along rather than less.
"""

import ast
import re
from collections.abc import Iterable
from dataclasses import dataclass, replace

from utils.scanning import Scan, module_name

VERDICT = "(verdict)"  # what a call of `check` changes: no cell can make a name like this
THAT_RUN = ("time", "capture", "prun")  # magics whose cell defines what it would without them
UNREADABLE = frozenset({"exec", "eval", "globals", "vars", "locals", "dir"})
ONLY_SHOW = frozenset({"utils", "matplotlib", "IPython", "print", "display", "pprint", "time"})
SETTERS = re.compile(r"set|.*seed|append|insert|filter|simple|use|register")
EMPTY: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Statement:
    """A statement at the top of a cell: its tree, its text, and what it does with names.

    makes: names that it binds for certain. changes: names that it may bind, or whose value it
    changes. The rest: see utils.scanning.Scan. wild: it does what its text does not say.
    """

    node: ast.stmt
    text: str
    cell: int = 0
    makes: frozenset[str] = EMPTY
    changes: frozenset[str] = EMPTY
    now: frozenset[str] = EMPTY
    later: frozenset[str] = EMPTY
    alters: frozenset[str] = EMPTY
    passes: frozenset[str] = EMPTY
    calls: tuple[tuple[str, str, frozenset[str]], ...] = ()
    imports: tuple[tuple[str, str], ...] = ()
    wild: bool = False


def statements(source: str, cell: int = 0, split: bool = True) -> list[Statement]:
    """The statements of a cell; with `split` an import of several names is several. SyntaxError
    where the source is not Python.
    """
    lines, found = source.splitlines(), []
    for node in ast.parse(source).body:
        first = min([node.lineno, *(d.lineno for d in getattr(node, "decorator_list", []))])
        text = "\n".join(lines[first - 1 : node.end_lineno])
        if split and isinstance(node, (ast.Import, ast.ImportFrom)):
            for alias in node.names:
                one = ast.copy_location(type(node)(**{**vars(node), "names": [alias]}), node)
                found.append(_statement(one, ast.unparse(one), cell))
        else:
            found.append(_statement(node, text, cell))
    return found


class Slicer:
    """The statements of a notebook in order, and who makes what. effects: names of functions that
    change VERDICT.
    """

    def __init__(self, found: list[Statement], effects: Iterable[str] = ()):
        self.found = found
        self.writers = _writers(found, effects)
        self.settings: dict[str, list[str]] = {}  # module -> what stands for its settings
        self.setters: set[int] = set()
        for name in self.writers:
            if name.endswith("()"):
                self.settings.setdefault(name.split(".")[0], []).append(name)
                self.setters.update(place for place, alone in self.writers[name] if alone)

    def needed(
        self, roots: Iterable[int], last: int | None = None, wanted: Iterable[str] = ()
    ) -> set[int]:
        """The places of all that must run so that the statements at `roots` do what they do when
        everything runs, and so that the names `wanted` have their values at the end.

        The functions that a root uses may be called until it has run, or until the place `last`.
        """
        end, chosen = len(self.found), set()
        for root in roots:
            chosen |= self._closure([root], root if last is None else last)
        for name in wanted:
            chosen |= self._closure(self._makers(name, end, end), end)
        return chosen

    def changing(self, name: str) -> list[int]:
        """The places of the statements that make or change a name, what they call included."""
        return [place for place, _ in self.writers.get(name, ())]

    def _closure(self, todo: list[int], end: int) -> set[int]:
        taken: set[int] = set()
        asked: set[tuple[str, int, int]] = set()
        while todo:
            place = todo.pop()
            if place in taken:
                continue
            taken.add(place)
            s = self.found[place]
            if s.wild:
                todo += range(place)
            names = {(name, place, place) for name in s.now}
            names |= {(name, place, end) for name in s.later}
            if place not in self.setters:
                names |= {(x, *at) for name, *at in names for x in self.settings.get(name, ())}
            for name in names - asked:
                todo += self._makers(*name)
            asked |= names
        return taken

    def _makers(self, name: str, low: int, high: int) -> list[int]:
        """The places whose work may be found under a name at some time between low and high."""
        places = []
        for writers in (self.writers.get(name, ()), self.writers.get("*", ())):
            for place, certain in reversed(writers):
                if place < max(low, high):
                    places.append(place)
                    if certain and place < low:
                        break
        return places


def _writers(found: list[Statement], effects) -> dict[str, list[tuple[int, bool]]]:
    """name -> (place, whether it binds the name anew) of all that make or change it, in order."""
    modules = {name: module for s in found for name, module in s.imports}
    alters, others = _effects(found, modules, effects), _other_names(found)
    writers: dict[str, dict[int, bool]] = {}
    for place, s in enumerate(found):
        changed = set(s.changes).union(*(alters[name] for name in s.now if name in alters))
        if UNREADABLE & s.now:
            changed.add("*")
        for base, last, given in s.calls:
            if modules.get(base, base).split(".")[0] not in ONLY_SHOW:
                changed |= given if base in modules or not last else given | {base}
                if _lasts(setting := f"{base}.{last}()", modules):
                    writers.setdefault(setting, {})[place] = True
        changed |= {other for name in changed for other in others.get(name, ())}
        for name in changed | s.makes:
            writers.setdefault(name, {})[place] = name in s.makes and name not in s.now
    return {name: list(places.items()) for name, places in writers.items()}


def _other_names(found: list[Statement]) -> dict[str, set[str]]:
    """name -> the names that a cell has given to the same thing: `kept = rows`, `a = b = []`."""
    others: dict[str, set[str]] = {}
    for s in found:
        if isinstance(s.node, ast.Assign):
            nodes = [*s.node.targets, s.node.value]
            if len(names := {node.id for node in nodes if isinstance(node, ast.Name)}) > 1:
                group = names.union(*(others.get(name, ()) for name in names))
                others |= dict.fromkeys(group, group)
    return others


def _effects(found: list[Statement], modules, effects) -> dict[str, set[str]]:
    """name -> the names that change when what it stands for is called."""
    alters: dict[str, set[str]] = {name: {VERDICT} for name in effects}
    carried: dict[str, set[str]] = {}  # name -> those that carry what it alters
    for s in found:
        for name in s.makes | s.changes:
            if own := {n for n in s.alters - modules.keys() if _lasts(n, modules)}:
                alters.setdefault(name, set()).update(own)
            for other in s.later | s.passes:
                carried.setdefault(other, set()).add(name)
    todo = list(alters)
    while todo:
        name = todo.pop()
        for carrier in carried.get(name, ()):
            before = alters.setdefault(carrier, set())
            if more := alters[name] - before:
                before |= more
                todo.append(carrier)
    return alters


def _lasts(name: str, modules) -> bool:
    """Whether something altered stays so: a name, or of what is called, a module's setting."""
    base, _, last = name.removesuffix("()").rpartition(".")
    return not name.endswith("()") or (base in modules and bool(SETTERS.match(last)))


def _statement(node: ast.stmt, text: str, cell: int) -> Statement:
    if (magic := _magic(node)) is not None:
        return replace(magic, text=text, cell=cell)
    scan = Scan()
    scan.visit(node)
    compound = (ast.If, ast.Try, ast.For, ast.AsyncFor, ast.While, ast.Match)
    makes = EMPTY if isinstance(node, compound) or scan.dotted else frozenset(scan.makes)
    return Statement(
        node=node,
        text=text,
        cell=cell,
        makes=makes,
        changes=frozenset((scan.makes - makes) | scan.changes),
        now=frozenset(scan.now),
        later=frozenset(scan.later),
        alters=frozenset(scan.alters),
        passes=frozenset(scan.passes),
        calls=tuple(scan.calls),
        imports=tuple(scan.imports),
        wild=bool(UNREADABLE & (scan.now | scan.later)),
    )


def _magic(node: ast.stmt) -> Statement | None:
    """What a statement that IPython made of a magic does; None where it is none."""
    call = getattr(node, "value", None)
    kind = getattr(getattr(call, "func", None), "attr", "") if isinstance(call, ast.Call) else ""
    if kind not in ("run_cell_magic", "run_line_magic") or not isinstance(node, ast.Expr):
        return None
    name, line, *body = (a.value if isinstance(a, ast.Constant) else "" for a in call.args)
    if name in ("writefile", "file") and body:
        return Statement(node, "", changes=frozenset({module_name(line.split(" ")[-1].strip())}))
    if name == "run":
        return Statement(node, "", changes=frozenset({"*"}))
    inside = []
    if name in THAT_RUN:
        try:
            inside = statements(body[0] if body else line)
        except SyntaxError:
            pass  # a magic in a magic, for one

    def of_all(field):
        return frozenset(item for s in inside for item in getattr(s, field))

    return Statement(
        node,
        "",
        changes=of_all("makes") | of_all("changes"),
        now=of_all("now"),
        later=of_all("later"),
        alters=of_all("alters"),
        passes=of_all("passes"),
        calls=tuple(of_all("calls")),
        imports=tuple(of_all("imports")),
        wild=any(s.wild for s in inside),
    )
