"""Inside the child: a notebook run from top to bottom as a kernel runs it, judged where it asks.

What its functions need is run, and no more (utils.slicing): a training of a minute is left out.
Where something fails, the judge asks for a second run, of all that its author wrote. A `check` in
it stops the run until the judge has tried the function there and then, with the globals of that
moment; it gives back the function that passed, else one that asks the judge for the course's
answer, as in the notebook.
"""

import __future__

import ast
import builtins
import linecache
import re
import sys
import types
from contextlib import contextmanager

from utils import calling
from utils.grade import wire
from utils.slicing import VERDICT, Slicer, Statement, statements

AWAITS = ast.PyCF_ALLOW_TOP_LEVEL_AWAIT
COROUTINE = 0x80  # inspect.CO_COROUTINE
CHECKS = ("check",)
# what sets, for all that runs later, something that no name leads to
REACHES = re.compile(
    r"(simplefilter|filterwarnings|seterr|[gs]etcontext|set_default_device)\(|user_ns|"
    r"sys\.modules|\b__main__\.|import __main__|magic\('(reset|xdel)"
)
DEEP = 20_000  # calls within each other, to read an expression of a thousand terms
MOST_TEXT = 500  # characters of an error's text that are told


class Run:
    """send, hear: messages to and from the judge. cells: (number, source). names: the course's
    exercises; lesson: those to be judged. given: the course's own statements in this lesson. bad:
    cells that ended or blocked an earlier process, and are left out. whole: whether all that the
    learner wrote is run, and not only what is seen to be needed.
    """

    def __init__(self, send, hear, cells, names, lesson, given, bad, whole):
        self.send, self.hear = send, hear
        self.names, self.lesson = frozenset(names), lesson
        self.sources = dict(cells)
        self.found: list[Statement] = []
        self.unreadable: list[list] = []  # (cell, line, what Python says)
        self.given, self.whole = frozenset(given), whole
        with deep():
            for number, source in cells:
                if number not in bad:
                    self.read(number, source)
            self.slicer = Slicer(self.found, CHECKS)
            self.whole = self.whole or any(
                REACHES.search(ast.unparse(self.found[p].node))
                for p in self.own(range(len(self.found)))
            )
            self.checks = self.slicer.changing(VERDICT)
            self.places = self.slice()
        self.module = types.ModuleType("__main__")
        self.space = self.module.__dict__
        self.space["__builtins__"] = self.space["__builtin__"] = builtins  # IPython gives both
        self.flags = AWAITS
        self.passed: dict[str, object] = {}
        self.judged: set[str] = set()
        self.lost: dict[str, tuple] = {}  # name -> (cell, error, text) of what kept it away
        self.asked_in: frozenset[str] = frozenset()
        # what the course's answers did while a function was watched, see calling.Call
        self.watch, self.elsewhere, self.work = False, [], 0

    def say(self, *message) -> None:
        self.send(wire.dumps(list(message)))

    def read(self, number: int, source: str) -> None:
        try:
            self.found += parsed(source, number)
        except SyntaxError as error:
            self.unreadable.append(
                [number, error.lineno or 0, f"{type(error).__name__}: {error.msg}"]
            )
        except (ValueError, RecursionError, MemoryError) as error:
            self.unreadable.append([number, 0, f"{type(error).__name__}: {error}"])

    def slice(self) -> list[int]:
        """The places of what is run: what the checks need, and what the exercises do that are
        judged at the end, because no check asks for them where they are defined.
        """
        ends = []
        for name in self.lesson:
            asked = [c for c in self.checks if name in self.found[c].now]
            makers = [m for m in self.slicer.changing(name) if m not in asked]
            if not any(maker < c for maker in makers for c in asked):
                ends.append(name)
        future = [i for i, s in enumerate(self.found) if ("annotations", "__future__") in s.imports]
        own = self.own(range(len(self.found))) if self.whole else ()
        chosen = self.slicer.needed([*self.checks, *future, *own], wanted=ends)
        while more := self.before(chosen) - chosen:
            chosen |= self.slicer.needed(more)
        return sorted(chosen)

    def own(self, places) -> set[int]:
        """Those of some places where a learner's statement stands, and not the course's."""
        return {p for p in places if ast.unparse(self.found[p].node) not in self.given}

    def before(self, chosen: set[int]) -> set[int]:
        """What stands before something chosen in its cell and might stop the cell there: all that
        a learner wrote. The course's own statements do not fail.
        """
        last = {}
        for place in chosen:
            last[self.found[place].cell] = max(place, last.get(self.found[place].cell, 0))
        return self.own(
            place
            for place, s in enumerate(self.found)
            if place < last.get(s.cell, 0)
            and not isinstance(s.node, (ast.Import, ast.ImportFrom))
            and not (isinstance(s.node, ast.FunctionDef) and only_defines(s.node))
            and "get_ipython" not in s.now
        )

    def play(self) -> None:
        if any("await" in source or "asyncio" in source for source in self.sources.values()):
            import asyncio  # here, because it takes longer to import than most notebooks to run

            asyncio.run(self.steps(asyncio.sleep))
        else:
            for _ in self.steps(None).__await__():
                raise RuntimeError("nothing here waits")

    async def steps(self, sleep) -> None:
        """In a loop, as a kernel's cells are, where a notebook uses one: tasks that a cell has
        begun go on before the next. sleep: the loop's, or None.
        """
        self.say("read", *self.code(), self.unreadable)
        self.furnish()
        at, stopped = None, False
        for i, place in enumerate(self.places):
            s = self.found[place]
            if s.cell != at:
                at, stopped = s.cell, False
                self.say("cell", at)
                for _ in range(3 if sleep else 0):
                    await sleep(0)
            if stopped:
                continue
            self.asked_in = s.now & self.names
            try:
                if waits := self.execute(s):
                    await waits
                self.show_nothing(s)
            except BaseException as error:  # sys.exit() too
                stopped = not isinstance(s.node, (ast.Import, ast.ImportFrom))
                rest = [self.found[p] for p in self.places[i:] if self.found[p].cell == at]
                for name in {
                    n for r in rest[: None if stopped else 1] for n in r.makes | r.changes
                }:
                    self.lost.setdefault(name, (at, type(error).__name__, text_of(error)))
                if place in self.checks and isinstance(error, NameError):
                    self.stand_in_for_nothing(error.name)
        for name in self.lesson:
            if name not in self.judged:
                self.judge_at_the_end(name)
        open_ = any(name not in self.passed for name in self.lesson)
        left_out = set(range(len(self.found))) - set(self.places) if open_ else ()
        with deep():
            self.say("done", bool(self.own(left_out)))

    def stand_in_for_nothing(self, name: str) -> None:
        """A check found no function of this name: what uses it gets the course's, so that a cell
        which cannot be read costs its own exercise only.
        """
        if name in self.names and name not in self.space:
            self.say("absent", name, list(self.lost.get(name, ())))
            self.space[name] = self.stand_in(name)

    def code(self) -> tuple[dict[str, int], dict[str, int]]:
        """exercise -> the cell of the definition that its check gets; exercise -> the cell of a
        definition that comes too late for its check.
        """
        cells, late = {}, {}
        for name in self.lesson:
            asked = [c for c in self.checks if name in self.found[c].now] or [len(self.found)]
            makers = [m for m in self.slicer.changing(name) if m not in asked]
            makers = [m for m in makers if "mine" not in self.found[m].now]  # the course's, perhaps
            before = [m for m in makers if m < asked[-1]] or makers
            if before:
                cells[name] = self.found[before[-1]].cell
                if before[-1] != makers[-1] and self.defines(makers[-1], name):
                    late[name] = self.found[makers[-1]].cell
        return cells, late

    def defines(self, place: int, name: str) -> bool:
        return isinstance(self.found[place].node, ast.FunctionDef) and (
            name in self.found[place].makes
        )

    def execute(self, s: Statement):
        """Run a statement; what is still to be awaited of it, or None."""
        if isinstance(s.node, ast.ImportFrom) and s.node.module == "__future__":
            for alias in s.node.names:  # for all later cells, as in a kernel
                self.flags |= getattr(__future__, alias.name).compiler_flag
        filename = f"<code cell {s.cell + 1}>"
        source = self.sources[s.cell]
        linecache.cache[filename] = (len(source), None, source.splitlines(True), filename)
        code = compile(ast.Module([s.node], []), filename, "exec", self.flags, True)
        result = eval(code, self.space)
        return result if code.co_flags & COROUTINE else None

    def show_nothing(self, s: Statement) -> None:
        """IPython's own `display` says None where no kernel is; a kernel's gives a handle."""
        if isinstance(s.node, (ast.Import, ast.ImportFrom)) and "IPython" in sys.modules:
            package = sys.modules.get("IPython.display")
            its = getattr(package, "display", Shown)
            if its is not Shown:
                package.display = Shown
                self.space |= {name: Shown for name, value in self.space.items() if value is its}

    def judge_at_the_end(self, name: str) -> None:
        self.asked_in = frozenset({name})
        if getattr(self.space.get(name), "is_reference", name not in self.space) is True:
            self.say("absent", name, list(self.lost.get(name, ())))
            return
        try:
            self.check(self.space[name], self.space)
        except EOFError:
            raise
        except BaseException:  # a class of the learner's own that fights being looked at
            pass

    # ---- what a cell finds around it

    def furnish(self) -> None:
        """What a kernel and the course give to a notebook, as far as it can be had here."""
        sys.modules["__main__"] = self.module
        check, progress = types.ModuleType("utils.check"), types.ModuleType("utils.progress")
        check.check = lambda function: self.check(function, sys._getframe(1).f_globals)
        check.hint = lambda name: None
        for shows in ("table", "tried", "keep", "next_hint", "assemble", "run"):
            setattr(progress, shows, lambda *_, **__: None)
        progress.mine = self.mine
        for module in (check, progress):
            sys.modules[module.__name__] = module
            setattr(sys.modules["utils"], module.__name__.split(".")[1], module)
        builtins.input = _nobody_answers
        builtins.display = Shown
        builtins.get_ipython = self.shell
        self.space["check"] = check.check

    def shell(self):
        """IPython's own, for its magics."""
        from IPython.core.interactiveshell import InteractiveShell
        from traitlets.config import Config

        if not InteractiveShell.initialized():
            main, silent = sys.modules["__main__"], Config(HistoryManager={"enabled": False})
            shell = InteractiveShell.instance(user_module=main, config=silent)
            shell.enable_gui = lambda gui=None: None  # `%matplotlib inline`: nobody sees it
        return InteractiveShell.instance()

    def check(self, function, space: dict):
        name = calling.name_of(function, space, self.names)
        if name is None:
            self.say("refused", sorted(self.asked_in), calling.shown(function))
            return function
        if getattr(function, "is_reference", False):
            return function
        self.judged.add(name)
        self.say("check", name)
        while True:
            kind, *rest = self.hear()
            if kind != "verdict":
                self.answer(function, *rest)
            elif rest[0]:
                self.passed[name] = function
                return function
            else:
                return self.stand_in(name)

    def mine(self, name: str):
        if name not in self.names:
            raise KeyError(f"no exercise is called {name!r}")
        return self.passed.get(name) or self.stand_in(name)

    def stand_in(self, name: str):
        """A function that asks the judge for the course's answer."""

        def ask(*args, **named):
            return differentiable(self.ask, name, args, named)

        ask.__name__ = ask.__qualname__ = name
        ask.is_reference = True
        return ask

    def ask(self, name: str, args, named, gradients=None):
        """The course's answer; or, given the slopes of its tensors, those of the arguments'."""
        self.say("need", name, list(args), named, gradients, self.watch)
        kind, *rest = self.hear()
        if kind == "error":
            raise getattr(builtins, rest[0], RuntimeError)(rest[1])
        value, used, work = rest
        self.elsewhere += used
        self.work += work
        return value

    # ---- one case

    def answer(self, function, args, gradient: bool, watch: bool) -> None:
        self.watch, self.elsewhere, self.work = watch, [], 0
        try:
            before = wire.dumps(args)
            called = calling.call(function, tuple(args), gradient, watch)
            after = list(called.after)
            changed = None if wire.dumps(after) == before else after
            used = sorted({*called.used, *self.elsewhere})
            seen = [changed, called.gradients, used, called.work + self.work]
            data = wire.dumps(["value", called.value, *seen])
        except BaseException as error:
            kind, text = type(error).__name__, text_of(error)
            kinds = [c.__name__ for c in type(error).__mro__ if c.__module__ == "builtins"]
            lost = self.lost.get(getattr(error, "name", None)) if kind == "NameError" else None
            if lost and lost[1] in ("ImportError", "ModuleNotFoundError"):
                kind, text, kinds = lost[1], lost[2], [lost[1], "ImportError", "Exception"]
            elif lost:
                text += f" (code cell {lost[0] + 1} stopped: {lost[1]}: {lost[2]})"
            data = wire.dumps(["error", kind, text, kinds])
        self.send(data)


class Shown:
    """What `display` gives: a handle through which something else can be shown in its place."""

    def __init__(self, *values, **options):
        pass

    display = update = __init__


def parsed(source: str, number: int) -> list[Statement]:
    """The statements of a cell, as IPython reads it where it is not plain Python."""
    try:
        return statements(source, number)
    except SyntaxError:
        from IPython.core.inputtransformer2 import TransformerManager

        return statements(TransformerManager().transform_cell(source), number)


@contextmanager
def deep():
    """Room to read an expression of a thousand terms. What is run has a kernel's."""
    before = sys.getrecursionlimit()
    sys.setrecursionlimit(DEEP)
    try:
        yield
    finally:
        sys.setrecursionlimit(before)


def only_defines(function: ast.FunctionDef) -> bool:
    """Whether a `def` computes nothing where it stands, and so cannot fail there: no decorator, no
    annotation, and no default but constants.
    """
    given = function.args
    every = [*given.posonlyargs, *given.args, *given.kwonlyargs, given.vararg, given.kwarg]
    defaults = [d for d in (*given.defaults, *given.kw_defaults) if d is not None]
    return not (
        function.decorator_list
        or function.returns
        or any(a and a.annotation for a in every)
        or not all(isinstance(d, ast.Constant) for d in defaults)
    )


def differentiable(ask, name: str, args, named):
    """What the judge answers, as a function through which a gradient goes: it is asked, too."""
    leaves = calling.floats([args, named])
    torch = sys.modules.get("torch")
    if not any(leaf.requires_grad for leaf in leaves) or not torch.is_grad_enabled():
        return ask(name, args, named)
    found = []

    class Asked(torch.autograd.Function):
        @staticmethod
        def forward(context, *leaves):
            found.append(ask(name, args, named))
            return tuple(calling.floats(found[0]))

        @staticmethod
        def backward(context, *slopes):
            return tuple(ask(name, args, named, list(slopes)))

    made = Asked.apply(*leaves)
    return calling.with_floats(found[0], iter(made))


def text_of(error: BaseException) -> str:
    try:
        return str(error)[:MOST_TEXT]
    except BaseException:  # a class of the submission's own
        return ""


def _nobody_answers(prompt=""):
    raise RuntimeError("input() was called, and nobody is there to answer")
