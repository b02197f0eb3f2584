"""The way of a school that has nbgrader: solutions/ is its source folder, and its own commands
assign, grade and give feedback.
"""

import json
import sqlite3

import nbformat
import pytest

from tests.notebooks.test_build import run_nbgrader
from utils.build import ROOT
from utils.exercises import exercises

LESSON = "00_start_here"
NAME = f"{LESSON}.ipynb"
CONFIG = """c = get_config()
c.CourseDirectory.course_id = 'gpt2'
c.ClearSolutions.code_stub = {'python': '# YOUR CODE HERE\\nraise NotImplementedError'}
c.IncludeHeaderFooter.header = ''
"""


def hand_in(folder, student, notebook, **bodies):
    submitted = folder / "submitted" / student / LESSON
    submitted.mkdir(parents=True)
    for cell in notebook.cells:
        cell.source = bodies.get(cell["id"], cell.source)
    nbformat.write(notebook, submitted / NAME)


@pytest.mark.slow
def test_assign_autograde_and_feedback_from_the_command_line(tmp_path):
    (tmp_path / "nbgrader_config.py").write_text(CONFIG)
    source = tmp_path / "source" / LESSON
    source.mkdir(parents=True)
    (source / NAME).write_bytes((ROOT / "solutions" / NAME).read_bytes())
    for command in ("generate_assignment", "autograde", "generate_feedback"):
        if (
            command == "autograde"
        ):  # what students got, with an answer, with a wrong one, and untouched
            released = tmp_path / "release" / LESSON / NAME
            solution = nbformat.read(ROOT / "solutions" / NAME, as_version=4)
            right = next(c.source for c in solution.cells if c["id"] == "longest_word")
            hand_in(tmp_path, "ada", nbformat.read(released, as_version=4), longest_word=right)
            hand_in(
                tmp_path,
                "bob",
                nbformat.read(released, as_version=4),
                longest_word="def longest_word(words):\n    return min(words)",
            )
            hand_in(tmp_path, "eve", nbformat.read(released, as_version=4))
        result = run_nbgrader(command, LESSON, folder=tmp_path)
        assert result.returncode == 0, result.stderr[-3000:]
    points = next(e.points for e in exercises(LESSON) if e.name == "longest_word")
    rows = (
        sqlite3.connect(tmp_path / "gradebook.db")
        .execute(
            "select submitted_assignment.student_id, grade.auto_score from grade join "
            "submitted_notebook on grade.notebook_id = "
            "submitted_notebook.id join submitted_assignment on "
            "submitted_notebook.assignment_id = submitted_assignment.id "
            "join grade_cells on grade.cell_id = grade_cells.id join base_cell on "
            "grade_cells.id = base_cell.id "
            "where base_cell.name = 'longest_word-check'"
        )
        .fetchall()
    )
    assert dict(rows) == {"ada": points, "bob": 0, "eve": 0}
    feedback = (tmp_path / "feedback" / "bob" / LESSON / f"{LESSON}.html").read_text(
        encoding="utf-8"
    )
    assert "longest_word" in feedback and "AssertionError" in feedback
    graded = json.loads(
        (tmp_path / "autograded" / "ada" / LESSON / NAME).read_text(encoding="utf-8")
    )
    assert any(c.get("outputs") for c in graded["cells"])
