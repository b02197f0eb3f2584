"""solutions/ -> notebooks/: fresh, the same twice, and what nbgrader itself accepts."""

import copy
import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import nbformat
import pytest

from utils import build
from utils.build import guide
from utils.exercises import LESSONS, exercises

ROOT = build.ROOT
SOLUTIONS = sorted((ROOT / "solutions").glob("*.ipynb"))
IDS = [p.stem for p in SOLUTIONS]
MEND = "run `make build` and commit what it wrote"


def outputs(notebook):
    return [o for c in notebook.cells if c.cell_type == "code" for o in c.outputs]


def test_every_lesson_with_exercises_has_both_notebooks():
    assert IDS == list(LESSONS) == sorted(p.stem for p in (ROOT / "notebooks").glob("*.ipynb"))


@pytest.mark.parametrize("path", SOLUTIONS, ids=IDS)
def test_solutions_are_tidy_and_executed(path):
    notebook = build.read(path)
    assert build.is_fresh(notebook), (
        f"{path.name} was changed after it was executed, or never was: {MEND}"
    )
    text = path.read_text(encoding="utf-8")
    assert nbformat.writes(build.tidy(notebook, path.stem)) + "\n" == text, MEND
    assert not re.search(r"/home/|/root/|/Users/|/work/", text), (
        "a machine's path is in the notebook"
    )


@pytest.mark.parametrize("path", SOLUTIONS, ids=IDS)
def test_notebooks_are_what_solutions_make(path):
    made = nbformat.writes(build.learners_copy(build.read(path), path.stem)) + "\n"
    assert (ROOT / "notebooks" / path.name).read_text(encoding="utf-8") == made, (
        f"notebooks/{path.name} is stale: {MEND}"
    )
    assert "BEGIN SOLUTION" not in made and '"outputs": []' in made


@pytest.mark.parametrize("path", SOLUTIONS, ids=IDS)
def test_every_exercise_is_in_its_notebook_once_and_in_order(path):
    notebook = build.read(path)
    for part in ("task", "", "check"):
        ids = [c["id"] for c in notebook.cells]
        places = [ids.index(e.name + (f"-{part}" if part else "")) for e in exercises(path.stem)]
        assert places == sorted(places)


@pytest.mark.parametrize("path", SOLUTIONS, ids=IDS)
def test_the_notebooks_solution_is_what_passes(path):
    """Each check card in the executed solution says that it passed."""
    notebook = build.read(path)
    for cell in notebook.cells:
        if cell["id"].endswith("-check"):
            said = cell.outputs[0]["data"]["text/plain"]
            assert said.startswith("✓"), said


@pytest.mark.parametrize("path", SOLUTIONS, ids=IDS)
def test_outputs_are_clean(path):
    for output in outputs(build.read(path)):
        assert output.get("name") != "stderr", output.get("text")
        assert output.output_type != "error"
        assert not set(output.get("data", {})) & set(build.WIDGET)


@pytest.mark.slow
def test_building_twice_gives_the_same_bytes():
    path = ROOT / "solutions" / "00_start_here.ipynb"
    first, second = (
        nbformat.writes(build.build_solution(path, execute_anyway=True)) for _ in range(2)
    )
    assert first == second


def test_a_changed_cell_is_stale():
    notebook = build.read(SOLUTIONS[0])
    next(c for c in notebook.cells if c.cell_type == "code").source += "\n# changed"
    assert not build.is_fresh(notebook)
    notebook = build.read(SOLUTIONS[0])
    next(c for c in notebook.cells if c.cell_type == "code").execution_count = None
    assert not build.is_fresh(notebook)


def test_a_box_filled_in_twice_is_the_same():
    exercise = exercises("01_language_modeling")[0]
    once = build.box("Count.", exercise)
    assert build.box(once, exercise) == once and once.count("<details>") == len(exercise.hints)


@pytest.mark.parametrize(
    "source, said",
    [
        ("x = 1\n### BEGIN SOLUTION\n### END SOLUTION", "defines no function"),
        (
            "def nothing_known():\n    ### BEGIN SOLUTION\n    pass\n    ### END SOLUTION",
            "no exercise is called",
        ),
        (
            "def merge(ids):\n    ### BEGIN SOLUTION\n    pass\n    ### END SOLUTION",
            "merge belongs to 02_byte_pair_encoding",
        ),
    ],
)
def test_an_authors_slip_gets_a_sentence(source, said):
    notebook = copy.deepcopy(build.read(SOLUTIONS[0]))
    notebook.cells.append(nbformat.v4.new_code_cell(source))
    with pytest.raises(build.BuildError, match=said):
        build.tidy(notebook, SOLUTIONS[0].stem)


def test_what_is_no_notebook_is_not_written_over_one(tmp_path):
    path = tmp_path / "x.ipynb"
    good = nbformat.v4.new_notebook(cells=[nbformat.v4.new_markdown_cell("# T")])
    build.write(path, good)
    bad = copy.deepcopy(good)
    bad.cells[0]["id"] = "no id!"
    with pytest.raises(nbformat.ValidationError):
        build.write(path, bad)
    assert build.read(path).cells[0].source == "# T"


def test_a_function_without_its_task_is_said():
    notebook = copy.deepcopy(build.read(SOLUTIONS[0]))
    notebook.cells = [c for c in notebook.cells if c.metadata.get("exercise") != "longest_word"]
    with pytest.raises(build.BuildError, match="longest_word.* need a markdown cell"):
        build.tidy(notebook, SOLUTIONS[0].stem)


def test_a_cell_that_fails_stops_the_build_with_its_error(tmp_path):
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell("1 / 0")])
    with pytest.raises(build.BuildError, match="ZeroDivisionError"):
        build.execute(notebook, tmp_path / "x.ipynb")


@pytest.mark.parametrize("page", build.PAGES)
def test_generated_parts_are_what_the_course_says(page):
    text = (ROOT / page).read_text(encoding="utf-8")
    assert all(
        f"<!-- {part} -->" in text and f"<!-- /{part} -->" in text for part in build.PAGES[page]
    )
    assert guide.filled(text, build.PAGES[page]) == text, MEND
    for link in re.findall(r"\]\(([^)#]+)(?:#[^)]*)?\)", text):
        assert link.startswith("https://") or (ROOT / page).parent.joinpath(link).exists(), link


def test_the_readmes_pictures_are_drawn_anew():
    """Another processor rounds otherwise, so a last digit of a place or a shade of a colour may
    differ; no word or shape.
    """

    def shape(svg):
        return re.sub(r"-?\d+(\.\d+)?(e-?\d+)?|#[0-9a-f]{6}", "0", svg)

    for name, picture in build.readme_pictures().items():
        assert shape(
            (ROOT / "data" / "pictures" / f"{name}.svg").read_text(encoding="utf-8")
        ) == shape(picture.svg), MEND


def run_nbgrader(*arguments, folder):
    # nbgrader starts alembic by its bare name
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    environment = os.environ | {
        "PATH": path,
        "PYTHONPATH": str(ROOT),
        "GPT2_BY_HAND_PROGRESS": str(folder / "progress"),
    }
    return subprocess.run(
        [sys.executable, "-m", "nbgrader", *arguments],
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
        timeout=300,
    )


@pytest.mark.slow
def test_nbgraders_validation_agrees(tmp_path):
    for folder in ("solutions", "notebooks"):
        shutil.copy(ROOT / folder / "00_start_here.ipynb", tmp_path / f"{folder}.ipynb")
    result = run_nbgrader("validate", "solutions.ipynb", "notebooks.ipynb", folder=tmp_path)
    right, untouched = (result.stdout + result.stderr).split("VALIDATION FAILED")
    assert "Success" in right and "longest_word: not done yet" in untouched, result.stderr[-2000:]


@pytest.mark.slow
def test_nbgrader_accepts_and_assigns_a_lesson(tmp_path):
    """nbgrader's own command makes the same learner's notebook from our solution, cell for cell."""
    source = tmp_path / "source" / "lesson01"
    source.mkdir(parents=True)
    name = "01_language_modeling.ipynb"
    (source / name).write_text(
        (ROOT / "solutions" / name).read_text(encoding="utf-8"), encoding="utf-8"
    )
    (tmp_path / "nbgrader_config.py").write_text(
        "c = get_config()\nc.CourseDirectory.course_id = 'gpt2'\n"
        "c.ClearSolutions.code_stub = {'python': '# YOUR CODE HERE\\nraise NotImplementedError'}\n"
    )
    result = run_nbgrader(
        "generate_assignment", "lesson01", "--IncludeHeaderFooter.header=", folder=tmp_path
    )
    assert result.returncode == 0, result.stderr[-2000:]
    theirs = json.loads((tmp_path / "release" / "lesson01" / name).read_text(encoding="utf-8"))
    ours = json.loads((ROOT / "notebooks" / name).read_text(encoding="utf-8"))
    assert [(c["source"], c["metadata"]) for c in theirs["cells"]] == [
        (c["source"], c["metadata"]) for c in ours["cells"]
    ]
