"""The judged side: runs a submission's code, takes calls from standard input, answers on standard
output.

Started in an empty folder with nothing of the course but wire.py, so that what it can import is
what Python and the installed packages offer. It is told inputs, never answers. Functions of earlier
exercises that the submission lacks are asked of the parent, one call at a time.
"""

import ast
import builtins
import importlib
import json
import os
import re
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import calling  # noqa: E402
import wire  # noqa: E402


def main() -> None:
    limit_resources(**json.loads(sys.argv[1]))
    if "--trial" in sys.argv:
        os.write(1, b"ready")
        return
    asked, answers = os.fdopen(os.dup(0), "rb"), os.fdopen(os.dup(1), "wb")
    null = os.open(os.devnull, os.O_RDWR)
    for fd in (0, 1, 2):
        os.dup2(null, fd)
    child = Child(asked, answers)
    child.say("ready")
    if "--warm" in sys.argv:
        child.serve_forks()
    else:
        child.serve()


def limit_resources(uid, memory, file, processor, processes) -> None:
    """Give up the user and bound what the system can bound (nothing on Windows)."""
    try:
        import resource
    except ImportError:
        return
    limits = {"AS": memory, "FSIZE": file, "CPU": processor, "NPROC": processes, "CORE": 0}
    for name, most in limits.items():
        kind = getattr(resource, f"RLIMIT_{name}", None)
        if kind is None or most is None:
            continue
        try:
            resource.setrlimit(kind, (most, most))
        except (OSError, ValueError):
            pass  # a system that cannot limit it (macOS and RLIMIT_AS), or a lower limit of its own
    if uid is not None:
        os.setgroups([])
        os.setresgid(uid, uid, uid)
        os.setresuid(uid, uid, uid)  # and with it every capability


class Child:
    def __init__(self, asked, answers):
        self.asked, self.answers = asked, answers
        self.space: dict = {"__name__": "submission"}
        self.own: dict = {}  # the learner's functions, as their cells defined them
        self.failures: dict[str, str] = {}  # exercise -> why its cell did not run

    def say(self, *message) -> None:
        self.answers.write(wire.dumps(list(message)))
        self.answers.flush()

    def serve(self) -> None:
        while True:
            try:
                kind, *rest = wire.read(self.asked)
            except EOFError:
                return
            if kind == "end":
                return
            if kind == "load":
                self.load(*rest)
                self.say("loaded")
            else:
                self.call(*rest)

    def serve_forks(self) -> None:
        """Fork for each submission, with the packages it needs already imported; stay clean
        oneself.
        """
        while True:
            try:
                _, packages = wire.read(self.asked)
            except EOFError:
                return
            for package in packages:
                importlib.import_module(package)
            if pid := os.fork():
                os.waitpid(pid, 0)
                self.say("ended")
            else:
                self.say("ready")
                self.serve()
                os._exit(0)

    def load(self, cells) -> None:
        """cells: [number, exercise or "", source] in the notebook's order."""
        for number, exercise, source in cells:
            self.say(
                "loading", number
            )  # so that the parent knows which cell ended or blocked the process
            try:
                body = _parse(source).body
            except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
                if exercise:
                    self.failures[exercise] = f"{type(error).__name__}: {_text(error)}"
                continue
            for statement in body:
                self.execute(statement, exercise)
            if exercise and callable(self.space.get(exercise)):
                self.own[exercise] = self.space[exercise]

    def execute(self, statement, exercise: str) -> None:
        """Exercise cells run whole; of other cells only what defines something, so that nothing
        long runs.
        """
        if (
            isinstance(statement, ast.ImportFrom)
            and (statement.module or "").split(".")[0] == "utils"
        ):
            for alias in statement.names:
                self.space[alias.asname or alias.name] = (
                    _same if alias.name == "check" else _absent(alias.name)
                )
            return
        if _checks(statement):
            return
        defines = (ast.FunctionDef, ast.ClassDef, ast.Import, ast.ImportFrom)
        plain = isinstance(statement, ast.Assign) and not any(
            isinstance(n, ast.Call) for n in ast.walk(statement)
        )
        if not (exercise or isinstance(statement, defines) or plain):
            return
        try:
            exec(
                compile(ast.Module([statement], []), f"<{exercise or 'cell'}>", "exec"), self.space
            )
        except BaseException as error:  # sys.exit() too
            if exercise:
                self.failures.setdefault(exercise, f"{type(error).__name__}: {_text(error)}")

    def call(self, name: str, args, stand_ins, gradient: bool, watch: str) -> None:
        """Call one function; the functions named in `stand_ins` are asked of the parent."""
        self.space.update(self.own)
        self.space.update({needed: self.stand_in(needed) for needed in stand_ins})
        if name not in self.own:
            text = self.failures.get(name, f"the cell does not define {name}")
            self.say("error", "NameError", text, ["NameError"])
            return
        try:
            called = calling.call(self.own[name], tuple(args), gradient, watch)
            after, seen = list(called.after), [called.used, called.work]
            answer = wire.dumps(["value", called.value, after, called.gradients, *seen])
        except BaseException as error:
            kinds = [c.__name__ for c in type(error).__mro__ if c.__module__ == "builtins"]
            self.say("error", type(error).__name__, _text(error), kinds)
            return
        self.answers.write(answer)
        self.answers.flush()

    def stand_in(self, name: str):
        def ask(*args, **named):
            self.say("need", name, list(args), named)
            kind, *rest = wire.read(self.asked)
            if kind == "error":
                raise getattr(builtins, rest[0], RuntimeError)(rest[1])
            return rest[0]

        return ask


def _same(value):
    return value


def _absent(name: str):
    def missing(*args, **kwargs):
        raise NameError(f"{name} comes from the course's utils, which a judged function cannot use")

    return missing


def _parse(source: str) -> ast.Module:
    try:
        return ast.parse(source)
    except SyntaxError:  # perhaps only because of IPython's own lines
        return ast.parse(re.sub(r"(?m)^(\s*)[%!?].*$", r"\1pass", source))


def _text(error: BaseException) -> str:
    try:
        return str(error)[:500]
    except BaseException:  # a class of the submission's own
        return ""


def _checks(statement) -> bool:
    value = getattr(statement, "value", None)
    return isinstance(value, ast.Call) and getattr(value.func, "id", "") in (
        "check",
        "hint",
        "mine",
    )


if __name__ == "__main__":
    main()
