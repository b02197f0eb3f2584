"""Routes: what they name exists, their minutes add up, and their notebooks run without the sections
that they leave out.
"""

import functools
import re

import nbformat
import pytest

from utils import build
from utils.build import excerpt, route_notebooks, sittings
from utils.build.routes import ROUTES, Part
from utils.exercises import exercises

PARTS = [
    (name, part) for name, route in ROUTES.items() for part in route.steps if isinstance(part, Part)
]


@functools.cache
def lesson(name):
    return build.read(build.ROOT / "solutions" / f"{name}.ipynb")


@pytest.mark.parametrize("name", ROUTES)
def test_the_minutes_add_up(name):
    route = ROUTES[name]
    assert sum(step.minutes for step in route.steps) == route.minutes
    spare = sum(step.minutes for step in route.steps if isinstance(step, Part) and step.late)
    assert spare >= route.minutes / 20, "nothing can be left out when time runs short"


@pytest.mark.parametrize("name", ROUTES)
def test_it_follows_the_course(name):
    parts = [p for n, p in PARTS if n == name]
    places = [(p.lesson, list(excerpt.sections(lesson(p.lesson))).index(p.section)) for p in parts]
    assert places == sorted(set(places)), "a section twice, or out of order"


@pytest.mark.parametrize(
    "name, part", PARTS, ids=[f"{n}-{p.lesson[:2]}-{p.section}" for n, p in PARTS]
)
def test_each_part_has_its_exercises_and_time_to_be_read(name, part):
    cells = excerpt.sections(lesson(part.lesson))[part.section]
    inside = [e.name for e in exercises(part.lesson) if any(c["id"] == e.name for c in cells)]
    assert list(part.exercises) == [e for e in inside if e in part.exercises], (
        "not of this section, or out of order"
    )
    needed = sittings.reading(cells)
    assert part.show + 0.5 >= needed, (
        f"{needed:.1f} minutes at the pace that the lessons' minutes are reckoned with"
    )


@pytest.mark.slow
def test_a_routes_notebooks_hold_its_parts_and_run():
    """The shortest route, untouched, offline; what its cells show is what the whole lesson
    shows.
    """
    made = build.route("90-minutes")
    for file, notebook in made.items():
        parts = ROUTES["90-minutes"].lessons()[file.removesuffix(".ipynb")]
        headings = [
            c.source.splitlines()[0][3:] for c in notebook.cells if c.source.startswith("## ")
        ]
        assert headings == [p.section for p in parts]
        tasks = [c["id"] for c in notebook.cells if c["id"].endswith("-check")]
        assert tasks == [f"{e}-check" for p in parts for e in p.exercises]
        for link in re.findall(
            r"\]\(((?:\.\./)?[^):#]+\.ipynb)", "".join(c.source for c in notebook.cells)
        ):
            assert (build.ROOT / "notebooks" / link).exists() and (
                link.startswith("..") or link in made
            )
        build.execute(notebook, build.ROOT / "notebooks" / file)
        shown = {c.source: said(c) for c in lesson(file[:-6]).cells if c.cell_type == "code"}
        for cell in notebook.cells:
            fixed = cell.cell_type == "code" and "nbval-ignore-output" not in cell.metadata.get(
                "tags", ()
            )
            if fixed and cell.source in shown and not cell["id"].endswith("-check"):
                assert said(cell) == shown[cell.source], cell.source


def said(cell):
    """What a cell shows, as text."""
    return [
        text for o in cell.outputs if (text := o.get("text") or o.get("data", {}).get("text/plain"))
    ]


def small(*cells):
    made = []
    for source in cells:
        new = nbformat.v4.new_markdown_cell if source.startswith("#") else nbformat.v4.new_code_cell
        made.append(new(source))
        if match := re.match(r"def (\w+)|(\w+) = check", source):
            made[-1]["id"] = match[1] or f"{match[2]}-check"
    return nbformat.v4.new_notebook(cells=made)


def test_only_what_is_used_is_brought_along():
    notebook = small(
        "import math",
        "# Title\n## One",
        "a, b = 1, 2\nprint(b)",
        "words = ['x']\nfor word in 'yz':\n    words.append(word)\nmath.sqrt(2)",
        "def twice(n):\n    return n * 2",
        "twice = check(twice)",
        "table = {}\ntable['a'] = twice(a)",
        "# Left out\n## Two",
        "def show():\n    return table, words\nshow()",
    )
    cells = excerpt.cut(notebook, {"Two": ()}, {"twice"})
    assert [c.source for c in cells] == [
        "import math",
        excerpt.WHY + "\nimport utils.progress\na, b = 1, 2\nwords = ['x']\nfor word in 'yz':\n    "
        "words.append(word)\n"
        "twice = utils.progress.mine(\"twice\")\ntable = {}\ntable['a'] = twice(a)",
        "## Two",
        "def show():\n    return table, words\nshow()",
    ]
    assert cells[1].metadata["jupyter"]["source_hidden"]


@pytest.mark.parametrize(
    "chosen, words",
    [({"Three": ()}, "no section 'Three'"), ({"One": ("thrice",)}, "no exercise thrice")],
)
def test_what_a_lesson_lacks_is_said(chosen, words):
    with pytest.raises(ValueError, match=words):
        excerpt.cut(small("# T\n## One", "a = 1"), chosen, {"thrice"})


def test_a_route_is_written_once_and_never_over_somebodys_work(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(route_notebooks, "route", lambda name: {"a.ipynb": small("import math")})
    monkeypatch.setattr(route_notebooks, "ROOT", tmp_path)
    assert build.main(["--route", "half-day"]) == 0
    (tmp_path / "route-half-day" / "a.ipynb").write_text("my work")
    assert build.main(["--route", "half-day"]) == 1
    assert "is there already" in capsys.readouterr().err
    assert (tmp_path / "route-half-day" / "a.ipynb").read_text() == "my work"
    with pytest.raises(SystemExit):
        build.main(["--route", "a-week"])
    assert "invalid choice: 'a-week'" in capsys.readouterr().err
