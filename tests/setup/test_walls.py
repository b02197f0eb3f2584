"""The house's arrows point one way: notebooks -> widgets, figures, check -> progress -> exercises
-> the subject; grade, build and site stand on top. Read off the imports.
"""

import ast
from functools import cache
from pathlib import Path

import pytest

from utils import build

ROOT = build.ROOT
SUBJECT = (
    "ablation bpe bundled calling checkpoint facts gpt2 music ngrams packing parts post probes "
    "remembered sampling scanning slicing sorting stories tasks text trace training"
).split()
FLOORS = (  # from the ground up; what stands on one floor may use each other, without a circle
    [*SUBJECT],
    ["exercises"],
    ["progress"],
    ["check", "card", "limit", "figures", "widgets"],
    ["build", "grade", "site"],
)
ANYWHERE = {"environment", "setup"}  # import nothing of the rest
NO_NOTEBOOK = {"IPython", "ipywidgets", "anywidget", "matplotlib", "nbformat"}


def part_of(module: str) -> str:
    """utils.figures.style -> figures"""
    return module.split(".")[1]


def imported(source: str) -> set[str]:
    """The modules that a source imports, at any depth of it, `from utils import x` as utils.x."""
    found = set()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            found.add(node.module)
            found |= {f"{node.module}.{alias.name}" for alias in node.names}
    return found


@cache
def modules() -> dict[str, set[str]]:
    """module of utils -> the modules of utils that it imports."""
    paths = {
        ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__"): path
        for path in (ROOT / "utils").rglob("*.py")
    }
    return {
        name: {
            other
            for other in imported(path.read_text(encoding="utf-8")) & paths.keys()
            if not f"{name}.".startswith(f"{other}.")  # itself, and the packages that hold it
        }
        for name, path in paths.items()
        if name != "utils"
    }


def floor_of(module: str) -> int:
    part = part_of(module)
    return next(i for i, parts in enumerate(FLOORS) if part in parts)


def test_every_part_has_its_floor():
    parts = {part_of(module) for module in modules()}
    assert parts == {part for parts in FLOORS for part in parts} | ANYWHERE


def test_no_arrow_points_upwards():
    wrong = [
        (module, other)
        for module, others in modules().items()
        if part_of(module) not in ANYWHERE
        for other in others
        if part_of(other) not in ANYWHERE and floor_of(other) > floor_of(module)
    ]
    assert not wrong


def test_no_imports_go_in_a_circle():
    """Neither between modules nor between parts."""
    between_parts: dict[str, set[str]] = {}
    for module, others in modules().items():
        between_parts.setdefault(part_of(module), set()).update(map(part_of, others))
    for part, others in between_parts.items():
        others.discard(part)
    for arrows in (between_parts, modules()):
        assert not circle(arrows)


def circle(arrows: dict[str, set[str]]) -> list[str]:
    """One way round, or []."""
    done: set[str] = set()

    def go(at: str, way: list[str]) -> list[str]:
        if at in way:
            return [*way[way.index(at) :], at]
        if at not in done:
            for other in sorted(arrows.get(at, ())):
                if found := go(other, [*way, at]):
                    return found
            done.add(at)
        return []

    for start in sorted(arrows):
        if found := go(start, []):
            return found
    return []


def test_a_circle_would_be_found():
    assert circle({"a": {"b"}, "b": {"c"}, "c": {"b"}}) == ["b", "c", "b"]
    assert not circle({"a": {"b", "c"}, "b": {"c"}})


@pytest.mark.parametrize("path", sorted((ROOT / "solutions").glob("*.ipynb")), ids=lambda p: p.stem)
def test_no_notebook_leads_to_the_answers(path: Path):
    cells = [c.source for c in build.read(path).cells if c.cell_type == "code"]
    for source in cells:
        assert "utils.exercises" not in source


def test_only_check_leads_from_figures_and_widgets_to_the_answers():
    for module, others in modules().items():
        if part_of(module) in ("figures", "widgets"):
            assert "exercises" not in map(part_of, others), module


def test_the_subject_knows_nothing_of_notebooks():
    for path in (ROOT / "utils").rglob("*.py"):
        if path.relative_to(ROOT / "utils").parts[0].removesuffix(".py") in SUBJECT:
            imports = imported(path.read_text(encoding="utf-8"))
            assert not {module.split(".")[0] for module in imports} & NO_NOTEBOOK, path


def test_no_line_is_longer_than_a_hundred():
    """ruff sees to Python's. A Markdown table's row cannot be broken."""
    for folder in ("utils", "tests"):
        for path in (ROOT / folder).rglob("*"):
            if path.suffix in (".js", ".css", ".j2", ".md", ".cfg"):
                for line in path.read_text(encoding="utf-8").splitlines():
                    assert len(line) <= 100 or line.startswith("| "), (path.name, line)
