"""One file of Python from many kept functions: the learner's own GPT-2."""

import ast
import textwrap
from pathlib import Path

from utils.exercises import named
from utils.exercises import names as all_names
from utils.progress.kept import file_of, mine
from utils.progress.sources import bound_names, names_used, standalone

# The exercises of which lesson 08 makes a GPT-2; what they call comes along.
# What my_gpt2.py is made of, from text to text. What these need comes along.
PARTS = (
    "encode_text",
    "decode",
    "gpt2_forward",
    "greedy",
    "temperature",
    "top_k",
    "top_p",
    "forward_with_cache",
    "generate_with_cache",
    "load_gpt2",
    "perplexity_of_text",
)


def assemble(names, path) -> Path:
    """Write exercises, and all others that they call, into one file of Python that can be imported;
    returns its path.

    Each is the learner's kept version, or the course's reference where none was kept; the comment
    at the top of the file says which is which.
    """
    sources = _gathered(names)
    imports, bodies = {}, []
    taken = set(sources)  # what the file's names already mean
    for name, (source, _) in sources.items():
        own_imports, body, defined = _split(source)
        others = defined - {name}
        new = {**imports, **own_imports}
        clash = others & (taken | new.keys()) or taken & own_imports.keys()
        if clash or any(imports.get(b, line) != line for b, line in own_imports.items()):
            bodies.append(_shut_in(name, [*own_imports.values()], body))
        else:
            imports = new
            taken |= others
            bodies.append(body)
    head = _head(
        yours=[n for n in sources if not sources[n][1]],
        theirs=[n for n in sources if sources[n][1]],
    )
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    text = "\n\n\n".join([head + "\n\n" + "\n".join(sorted({*imports.values()})), *bodies])
    path.write_text(text + "\n", encoding="utf-8")
    return path


def _gathered(names) -> dict[str, tuple[str, bool]]:
    """exercise -> (source, whether it is the reference's), what is called before what calls it."""
    found: dict[str, tuple[str, bool]] = {}
    waiting, known = set(), set(all_names())

    def add(name: str) -> None:
        if name in waiting:
            return
        waiting.add(name)
        source = _source(name)
        for other in sorted(names_used(source[0]) & known):
            add(other)
        found[name] = source

    for name in names:
        add(name)
    return found


def _source(name: str) -> tuple[str, bool]:
    """The source of an exercise's function with what it needs; whether it is the reference's."""
    if not getattr(mine(name), "is_reference", False):
        return file_of(name).read_text(encoding="utf-8"), False
    known = set(all_names())
    reference = named(name).reference
    return standalone(reference, name, lambda used, value: used in known)[0], True


def _split(source: str) -> tuple[dict[str, str], str, set[str]]:
    """({bound name: import line}, the rest, the names that the rest defines) of a source."""
    imports, defined, lines = {}, set(), source.splitlines(True)
    for node in ast.parse(source).body:
        if not isinstance(node, (ast.Import, ast.ImportFrom)):
            defined |= bound_names(node)
            continue
        for alias in node.names:
            if isinstance(node, ast.ImportFrom):
                one = ast.ImportFrom(node.module, [alias], node.level)
            else:
                one = ast.Import([alias])
            imports[alias.asname or alias.name.split(".")[0]] = ast.unparse(one)
        lines[node.lineno - 1 : node.end_lineno] = [""] * (node.end_lineno - node.lineno + 1)
    return imports, "".join(lines).strip("\n"), defined


def _shut_in(name: str, imports: list[str], body: str) -> str:
    """A function's source inside a function of its own, where its names mean what it wants."""
    inside = textwrap.indent("\n".join([*imports, body]), "    ")
    return f"def _make_{name}():\n{inside}\n    return {name}\n\n\n{name} = _make_{name}()"


def _head(yours: list[str], theirs: list[str]) -> str:
    head = [
        "# A GPT-2, put together from your own functions. Made anew each time: change the "
        "exercises, not this file."
    ]
    for title, listed in (
        (f"Yours ({len(yours)})", yours),
        (f"The course's, until yours pass ({len(theirs)})", theirs),
    ):
        said = f"{title}: {', '.join(listed) or 'none'}."
        head += textwrap.wrap(said, 88, initial_indent="# ", subsequent_indent="#   ")
    return "\n".join(head)
