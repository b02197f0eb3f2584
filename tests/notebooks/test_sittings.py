"""How long lessons take, from the registry and the text."""

import nbformat
import pytest

from utils import build
from utils.build import sittings
from utils.exercises import LESSONS, exercises

EXPRESS = (6, 8)  # hours


def cells(lesson):
    return build.read(build.ROOT / "solutions" / f"{lesson}.ipynb").cells


@pytest.mark.parametrize("lesson", LESSONS)
def test_no_sitting_is_longer_than_a_person_sits(lesson):
    assert max(sittings.sittings(cells(lesson))) <= sittings.LONGEST


@pytest.mark.parametrize("lesson", LESSONS)
def test_a_place_to_stop_has_its_question_for_the_restart(lesson):
    for cell in cells(lesson):
        if cell.metadata.get("pause"):
            assert cell.cell_type == "markdown" and "?" in cell.source
            assert "<details>" in cell.source


def test_the_express_way_takes_six_to_eight_hours():
    hours = sum(sittings.express(cells(lesson)) for lesson in LESSONS) / 60
    assert EXPRESS[0] <= hours <= EXPRESS[1], hours


def test_what_the_express_way_needs_is_on_it():
    """A core exercise calls no extra one: nobody who takes the short way lacks a function."""
    core = {e.name for e in exercises() if e.core}
    for exercise in exercises():
        if exercise.core:
            assert set(exercise.needs) <= core, (exercise.name, set(exercise.needs) - core)


def test_minutes_are_those_of_words_cells_and_exercises():
    new = nbformat.v4
    made = [
        new.new_markdown_cell(
            "# T\n\n" + "word " * 148 + f"\n\n<details>{300 * 'hint '}\n</details>"
        ),
        new.new_code_cell("import", metadata={"setup": True}),
        new.new_code_cell("1"),
        new.new_markdown_cell("stop?", metadata={"pause": True}),
        new.new_markdown_cell("## S"),
        new.new_markdown_cell("", metadata={"exercise": "scale"}),
        new.new_code_cell("def", metadata={"nbgrader": {}}),
        new.new_markdown_cell("the end?", metadata={"pause": True}),
    ]
    minutes = next(e.minutes for e in exercises() if e.name == "scale")
    first, second = sittings.sittings(made)
    assert first == pytest.approx(1.5, abs=0.1) and second == pytest.approx(minutes, abs=0.1)
    assert sittings.express(made) == pytest.approx(minutes, abs=0.1)
    assert "2 sittings" in sittings.said(made)
