"""Which names a statement makes, changes and looks up, read off its syntax tree.

Everything that is not certain is said to happen: a slice made from it takes along too much rather
than too little.
"""

import ast

CHANGING = frozenset(
    "append extend insert pop popitem remove clear sort reverse update setdefault add discard "
    "appendleft extendleft popleft subtract write writelines seed send next".split()
)


class Scan(ast.NodeVisitor):
    """makes: names bound; changes: names whose value is changed; now: names looked up when it runs.

    later, alters: names that functions in it look up, and bind or change, when they are called;
    what they call for its effect is among the latter as "random.seed()".
    passes: those of now that do not only stand before the brackets of a call. calls: what is called
    for its effect alone, (the name it begins with, its last part, the names that it is given).
    imports: (name, module).
    """

    def __init__(self, local: frozenset[str] = frozenset(), shared: frozenset[str] | None = None):
        self.local = local  # names of the functions around, which are no names of the notebook
        self.shared = shared  # in a function: the names that it declares global
        self.makes: set[str] = set()
        self.changes: set[str] = set()
        self.now: set[str] = set()
        self.later: set[str] = set()
        self.alters: set[str] = set()
        self.passes: set[str] = set()
        self.calls: list[tuple[str, str, frozenset[str]]] = []
        self.imports: list[tuple[str, str]] = []
        self.dotted = False  # `import a.b` changes an `a` that is there
        self.fresh: frozenset[str] = frozenset()  # names that this statement has bound itself

    def visit_Name(self, node):
        if not isinstance(node.ctx, ast.Load):
            self._bind(node.id)
        elif node.id not in self.local:
            self._look_up(node.id)
            self.passes.add(node.id)

    def visit_Attribute(self, node):
        self._change(node)
        self.generic_visit(node)

    def visit_Subscript(self, node):
        self._change(node)
        self.generic_visit(node)

    def visit_AugAssign(self, node):
        if isinstance(node.target, ast.Name) and node.target.id not in self.local:
            self._look_up(node.target.id)
        self.generic_visit(node)

    def visit_Call(self, node):
        if isinstance(node.func, ast.Name):
            if node.func.id not in self.local:
                self._look_up(node.func.id)
            if node.func.id == "next":
                self.changes.update(self._given(node))
        else:
            if getattr(node.func, "attr", "") == "check":  # of a module: utils.check.check
                self.now.add("check")
            if (last := getattr(node.func, "attr", "")) in CHANGING or last.endswith("_"):
                self.changes.update({base_of(node.func)} - self.local - {""})
            self.visit(node.func)
        for part in (*node.args, *node.keywords):
            self.visit(part)

    def visit_Expr(self, node):
        call = node.value.value if isinstance(node.value, ast.Await) else node.value
        if isinstance(call, ast.Call) and (base := base_of(call.func)) not in self.local:
            last = call.func.attr if isinstance(call.func, ast.Attribute) else ""
            self.calls.append((base, last, frozenset(self._given(call))))
        self.generic_visit(node)

    def visit_Constant(self, node):
        if isinstance(node.value, str) and node.value.endswith(".py"):  # a module is written
            self.changes.add(module_name(node.value))

    def visit_Import(self, node):
        for alias in node.names:
            self.dotted = self.dotted or ("." in alias.name and not alias.asname)
            self._import(alias.asname or alias.name.split(".")[0], alias.name)

    def visit_ImportFrom(self, node):
        for alias in node.names:
            self._import(alias.asname or alias.name, node.module or "")
            if alias.name == "check" and (node.module or "").endswith("check"):
                self.passes.add("check")  # under whatever name

    def _import(self, name: str, module: str) -> None:
        self.now.add(module_name(module.split(".")[0]))
        if name == "*":
            self.changes.add("*")
            return
        self._bind(name)
        self.imports.append((name, module))

    def visit_FunctionDef(self, node):
        self._bind(node.name)
        arguments = node.args
        every = [*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs]
        every += [a for a in (arguments.vararg, arguments.kwarg) if a]
        for part in (*node.decorator_list, node.returns, *(a.annotation for a in every)):
            self._visit_if(part)
        self._defer(arguments, node.body)

    visit_AsyncFunctionDef = visit_FunctionDef

    def visit_Lambda(self, node):
        self._defer(node.args, [node.body])

    def visit_ClassDef(self, node):
        self._bind(node.name)
        for part in (*node.decorator_list, *node.bases, *node.keywords):
            self.visit(part)
        self._merge(node.body, self.local, self.shared if self.shared is not None else frozenset())

    def _comprehension(self, node):
        targets = {name for g in node.generators for name in _stored([g.target])}
        outside, self.local = self.local, self.local | targets
        self.generic_visit(node)
        self.local = outside

    visit_ListComp = visit_SetComp = visit_DictComp = visit_GeneratorExp = _comprehension

    def visit_For(self, node):
        self.visit(node.iter)
        self.visit(node.target)
        outside, self.fresh = self.fresh, self.fresh | _stored([node.target])
        self._block(node.body)
        self.fresh = outside
        self._block(node.orelse)

    visit_AsyncFor = visit_For

    def visit_With(self, node):
        outside = self.fresh
        for item in node.items:
            self.visit(item)
            self.fresh |= _stored([item])
        self._block(node.body)
        self.fresh = outside

    visit_AsyncWith = visit_With

    def visit_If(self, node):
        self.visit(node.test)
        self._block(node.body)
        self._block(node.orelse)

    visit_While = visit_If

    def _block(self, body) -> None:
        """Statements one after another: what one binds for certain, the next ones find there."""
        outside = self.fresh
        for statement in body:
            self.visit(statement)
            if isinstance(statement, (ast.Assign, ast.AnnAssign, ast.FunctionDef, ast.Import)):
                self.fresh |= _stored([statement])
        self.fresh = outside

    def visit_ExceptHandler(self, node):
        if node.name:
            self._bind(node.name)
        self.generic_visit(node)

    def visit_MatchAs(self, node):
        if node.name:
            self._bind(node.name)
        self.generic_visit(node)

    visit_MatchStar = visit_MatchAs

    def _look_up(self, name: str) -> None:
        if name not in self.fresh:
            self.now.add(name)

    def _visit_if(self, node) -> None:
        if node is not None:
            self.visit(node)

    def _bind(self, name: str) -> None:
        if name not in self.local and (self.shared is None or name in self.shared):
            self.makes.add(name)

    def _change(self, node) -> None:
        if not isinstance(node.ctx, ast.Load):
            self.changes.update({base_of(node)} - self.local - {""})

    def _given(self, call: ast.Call) -> set[str]:
        parts = [*call.args, *(keyword.value for keyword in call.keywords)]
        return {base_of(part) for part in parts} - self.local - {""}

    def _defer(self, arguments: ast.arguments, body) -> None:
        """What a function's body does when it is called."""
        for default in (*arguments.defaults, *arguments.kw_defaults):
            self._visit_if(default)
        every = [*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs]
        every += [a for a in (arguments.vararg, arguments.kwarg) if a]
        shared = _declared(body)
        own = {a.arg for a in every} | (_stored(body) - shared)
        inner = Scan((self.local - shared) | own, shared)
        for part in body:
            inner.visit(part)
        self.later |= inner.now | inner.later
        self.alters |= inner.makes | inner.changes | inner.alters
        for base, last, _ in inner.calls:
            if last:
                self.alters |= {base, f"{base}.{last}()"}

    def _merge(self, body, local, shared) -> None:
        """A class's body: it runs now, and what it binds is its own."""
        inner = Scan(local, shared)
        for part in body:
            inner.visit(part)
        self.now |= inner.now
        self.passes |= inner.passes
        self.later |= inner.later
        self.changes |= inner.changes | inner.makes
        self.alters |= inner.alters
        self.calls += inner.calls


def base_of(node) -> str:
    """The name that `a.b[c].d` begins with, or ""."""
    while isinstance(node, (ast.Attribute, ast.Subscript, ast.Starred)):
        node = node.value
    return node.id if isinstance(node, ast.Name) else ""


def module_name(path: str) -> str:
    """The name that stands for a module which a cell may write, by its file's path."""
    return "module:" + path.replace("\\", "/").rsplit("/", 1)[-1].removesuffix(".py")


def _stored(nodes) -> set[str]:
    """The names that statements of a function bind there, those of functions in it left out."""
    found: set[str] = set()
    todo = list(nodes)
    while todo:
        node = todo.pop()
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
            found.add(node.name)
            continue
        if isinstance(node, (ast.Import, ast.ImportFrom)):
            found.update(a.asname or a.name.split(".")[0] for a in node.names)
        elif isinstance(node, ast.Name) and not isinstance(node.ctx, ast.Load):
            found.add(node.id)
        elif isinstance(node, (ast.ExceptHandler, ast.MatchAs, ast.MatchStar)) and node.name:
            found.add(node.name)
        if not isinstance(node, (ast.Lambda, ast.ListComp, ast.SetComp, ast.DictComp)):
            todo += ast.iter_child_nodes(node)
    return found


def _declared(body) -> set[str]:
    return {
        name
        for statement in body
        for node in ast.walk(statement)
        if isinstance(node, ast.Global)
        for name in node.names
    }
