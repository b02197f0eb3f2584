"""Out to the learners, in from them, back to them; and what other systems run."""

import json
import os
import subprocess
import sys
import threading
import time
import zipfile
from pathlib import Path

import pytest
import yaml

from tests.grade import LESSON, submission
from utils.build import ROOT
from utils.grade.__main__ import main
from utils.grade.desk.give_back import names
from utils.grade.desk.reckon import changes
from utils.grade.desk.watch import AT_ONCE, LATELY, Lately, watch

ADDRESS = "https://example.org/course.git"
WRONG = (
    "def cross_entropy(probabilities):\n"
    "    return -sum(map(math.log, probabilities)) / len(probabilities)\n"
)


@pytest.fixture(scope="module")
def graded(tmp_path_factory):
    """(folder, OUT) of a small class, graded by the command."""
    here = tmp_path_factory.mktemp("class")
    folder, out = here / "handed_in", here / "out"
    (folder / "Ada Lovelace_4711_assignsubmission_file_").mkdir(parents=True)
    submission(folder / "Ada Lovelace_4711_assignsubmission_file_", "x.ipynb", cross_entropy=WRONG)
    submission(folder, "wu.ipynb", suggest="x = 1")  # a cell that lacks its exercise
    (here / "class.csv").write_text("id,name\n1001,Ada Lovelace\n1002,Li Wu\n1003,<b>Joe</b>\n")
    options = ["--out", str(out), "--roster", str(here / "class.csv"), "--due", "2020-01-01"]
    options += ["--write-overrides", "--format", "json,csv,html,canvas", "--seed", "1"]
    assert main([str(folder), *options]) == 0
    table = (out / "overrides.csv").read_text()
    (out / "overrides.csv").write_text(
        table.replace(f"Lovelace,{LESSON},cross_entropy,,,", f"x,{LESSON},cross_entropy,1,so near,")
    )
    assert main([str(folder), *options]) == 0
    return folder, out


@pytest.mark.slow
def test_a_comment_reaches_the_students_page_and_the_mark_the_gradebook(graded):
    _, out = graded
    page = (out / "0002_Ada_Lovelace.html").read_text()
    assert (
        "so near" in page
        and "from your instructor: 1; from the judge: 0" in page
        and "after it was due" in page
    )
    (_, ada) = json.loads((out / "report.json").read_text())["submissions"]
    assert ada["points"] == ada["max_points"] - 1
    assert f"Ada Lovelace,,1001,,,{ada['points']}" in (out / "canvas.csv").read_text()


@pytest.mark.slow
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_class_page_sorts_and_asks_nothing_of_a_network(graded, browser, scheme):  # noqa: F811
    _, out = graded
    page = browser.new_page(color_scheme=scheme, viewport={"width": 1280, "height": 800})
    asked, errors = [], []
    page.on("request", lambda request: asked.append(request.url))
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.goto((out / "index.html").as_uri())
    names = page.locator(".grid tbody th")
    assert sorted(names.all_inner_texts()) == ["Ada Lovelace", "Li Wu"]
    button = page.get_by_role("button", name="student")
    for order in (["Ada Lovelace", "Li Wu"], ["Li Wu", "Ada Lovelace"]):
        button.click()
        assert names.all_inner_texts() == order
    page.reload()
    assert names.all_inner_texts() == order, "a page that watch writes anew keeps it"
    page.evaluate("sessionStorage.clear()")
    assert "<b>Joe</b>" in page.inner_text("body"), "handed in nothing, and is no markup"
    assert "math.inf" in page.inner_text("body") and "late" in page.inner_text(".grid")
    assert page.evaluate("document.documentElement.scrollWidth") <= 1280
    assert len(asked) == 2 and not errors
    page.close()


@pytest.mark.slow
def test_pages_go_back_beside_the_notebooks_and_into_a_zip(graded, tmp_path, capsys):
    folder, out = graded
    assert main(["return", str(out), "--zip", str(tmp_path / "back.zip")]) == 0
    with zipfile.ZipFile(tmp_path / "back.zip") as archive:
        names = archive.namelist()
        text = archive.read(names[1]).decode()
    place = "Ada Lovelace_4711_assignsubmission_file_"
    assert names == [f"{LESSON}_wu_feedback.html", f"{place}/{LESSON}_x_feedback.html"]
    assert "so near" in text and "index.html" not in text
    assert main(["return", str(out)]) == 0
    beside = folder / f"{LESSON}_wu_feedback.html"
    assert beside.exists() and "2 pages" in capsys.readouterr().out
    assert main(["return", str(tmp_path)]) == 2 and "no finished" in capsys.readouterr().err


def test_a_run_that_ends_while_it_writes_its_reports_judges_nothing_twice(
    tmp_path, monkeypatch, capsys
):
    folder, out = tmp_path / "in", tmp_path / "out"
    folder.mkdir()
    submission(folder)
    command = [str(folder), "--out", str(out), "--format"]
    assert main([*command, "json,canvas"]) == 2 and not out.exists(), "said before grading"
    with monkeypatch.context() as patched:
        patched.setattr("utils.grade.reports.write", lambda *_: open(tmp_path))
        assert main([*command, "json"]) == 2
    kept = {p.name: p.stat().st_mtime_ns for p in (out / "finished").glob("*.json")}
    assert main([*command, "json"]) == 0 and "Going on" in capsys.readouterr().err
    now = {p.name: p.stat().st_mtime_ns for p in (out / "finished").glob("*.json")}
    assert now | {"class.json": 0} == kept | {"class.json": 0} and len(now) == 2


@pytest.mark.slow
def test_a_hand_out_holds_what_a_learner_needs_and_no_more(tmp_path, capsys):
    to = tmp_path / "learners"
    assert main(["hand-out", "90-minutes", "--to", str(to)]) == 0
    held = {p.relative_to(to).as_posix() for p in to.rglob("*")}
    assert {"README.md", "Makefile", "data/README.md", f"route-90-minutes/{LESSON}.ipynb"} <= held
    no = ("solutions", "tests", ".git", "utils/build", "utils/site", ".venv")
    assert not held & {*no} and not any("guide" in name for name in held)
    code = (
        "from utils.environment import diagnose; diagnose()\n"  # lesson 00's first words
        "from utils.check import check; import utils.figures, utils.widgets, utils.progress"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=to, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    mine = tmp_path / "functions" / "suggest.py"
    mine.parent.mkdir()
    mine.write_text(
        "def suggest(probabilities, k=3):\n"
        "    return sorted(probabilities, key=lambda w: (-probabilities[w], w))[:k]\n"
    )
    for command in (["certificate", "me.html"], ["verify", "me.html"]):
        done = subprocess.run(
            [sys.executable, "-m", "utils.progress", *command],
            cwd=to,
            env=os.environ | {"GPT2_BY_HAND_PROGRESS": str(tmp_path)},
            capture_output=True,
        )
        assert done.returncode == 0, done.stderr
    command = [sys.executable, "-m", "utils.grade", "route-90-minutes", "--route", "90-minutes"]
    done = subprocess.run(command, cwd=to, capture_output=True, text=True)
    assert done.returncode == 2 and "needs the whole course" in done.stderr
    assert main(["hand-out", "90-minutes", "--to", str(to)]) == 2
    assert main(["hand-out", "a-year", "--to", str(tmp_path / "x")]) == 2
    assert "there already" in (said := capsys.readouterr().err) and "no route a-year" in said


@pytest.mark.slow
def test_gradescopes_container_finds_its_results(tmp_path, capsys):
    """The folders and names of the container, with AUTOGRADER for its root."""
    base = tmp_path / "autograder"
    (base / "source").mkdir(parents=True)
    (base / "submission").mkdir()
    submission(base / "submission", cross_entropy=WRONG)
    (base / "source" / "course").symlink_to(ROOT)
    to = str(base / "source")
    assert main(["gradescope", "--repository", ADDRESS, "--to", to]) == 0
    run = subprocess.run(
        [base / "source" / "run_autograder"], env=os.environ | {"AUTOGRADER": str(base)}
    )
    assert run.returncode == 0
    results = json.loads((base / "results" / "results.json").read_text())
    assert results["score"] == sum(test["score"] for test in results["tests"]) > 0
    subprocess.run(["bash", "-n", base / "source" / "setup.sh"], check=True)
    assert main(["gradescope", "--repository", "$(rm -rf)", "--to", str(tmp_path)]) == 2
    assert main(["gradescope", "--repository", ADDRESS, "--to", to]) == 2


@pytest.mark.slow
def test_classrooms_workflow_grades_with_the_courses_judge(tmp_path):
    """Its step *Grade*, as the runner runs it: in bash, in the workspace, with these folders."""
    assert main(["classroom", "--repository", ADDRESS, "--to", str(tmp_path)]) == 0
    text = (tmp_path / ".github" / "workflows" / "grade.yml").read_text()
    steps = yaml.safe_load(text)["jobs"]["grade"]["steps"]
    (tmp_path / "submission" / "notebooks").mkdir(parents=True)
    submission(tmp_path / "submission" / "notebooks")
    (tmp_path / "course").symlink_to(ROOT)
    script = next(step["run"] for step in steps if step.get("name") == "Grade")
    script = script.replace("../", f"{tmp_path}/")  # the link's .. is another folder's
    subprocess.run(["bash", "-e", "-c", script], cwd=tmp_path, check=True)
    assert (tmp_path / "reports" / "report.xml").exists()


def test_two_files_that_differ_in_their_endings_get_two_pages():
    paths = [Path("a/x.ipynb"), Path("a/x.py"), Path("b/x.ipynb")]
    assert names(paths) == ["x.ipynb_feedback.html", "x.py_feedback.html", "x_feedback.html"]


def report(**digests):
    exercises = [{"id": "suggest", "status": "passed"}, {"id": "scale", "status": "failed"}]
    entries = [
        {"file": f"{n}.ipynb", "digest": d, "exercises": exercises[: len(d)]}
        for n, d in digests.items()
    ]
    return {"submissions": entries}


def test_changes_last_until_something_else_is_handed_in():
    first, second = report(ada="1"), report(ada="1", wu="2")
    assert changes(first, {}) == {}
    said = changes(second, first)
    assert said == {"wu.ipynb\nwu.ipynb": []}
    assert changes(second, second | {"changes": said}) == said, "only an override was filled in"


def test_a_watch_counts_changes_from_ten_minutes_ago():
    lately, rounds = Lately(), [report(**{f"s{i}": "1" for i in range(n)}) for n in range(1, 5)]
    assert lately.before(0) is None
    for now, given in zip((0, LATELY / 2, LATELY, 2 * LATELY), rounds, strict=True):
        lately.add(now, given)
    assert len(lately.before(LATELY - 1)["submissions"]) == 1
    assert len(lately.before(LATELY)["submissions"]) == 1
    assert len(lately.before(1.5 * LATELY)["submissions"]) == 2
    assert len(lately.before(9 * LATELY)["submissions"]) == 4


def test_watching_loses_nothing_and_takes_what_changed_again(tmp_path):
    """Forty files, half of them at once, one of them written in two halves, one handed in again."""
    rounds: list[set[Path]] = []
    done = threading.Event()
    reading = threading.Thread(
        target=watch,
        args=([tmp_path], tmp_path / "out", rounds.append, lambda: not done.is_set(), 0.02),
    )
    reading.start()
    slow = (tmp_path / "slow.ipynb").open("w")
    for number in range(40):
        (tmp_path / f"{number}.ipynb").write_text("{}")
        if number > 20:
            time.sleep(0.01)
        slow.write("x")
        slow.flush()
    slow.close()
    _until(lambda: rounds and len(rounds[-1]) == 41)
    grown = [len(b - a) for a, b in zip([set(), *rounds], rounds, strict=False)]
    assert sum(grown) == 41 and max(grown) <= AT_ONCE
    count = len(rounds)
    (tmp_path / "7.ipynb").write_text("again")
    _until(lambda: len(rounds) > count)
    done.set()
    reading.join()


def test_what_is_taken_away_leaves_the_reports(tmp_path):
    for name in ("a", "b"):
        (tmp_path / f"{name}.ipynb").write_text("{}")
    rounds: list[set[Path]] = []

    def go_on():
        if rounds and len(rounds[-1]) == 2:
            (tmp_path / "a.ipynb").unlink(missing_ok=True)
        return len(rounds) < 2

    watch([tmp_path], tmp_path / "out", rounds.append, go_on, 0.01)
    assert [{path.stem for path in files} for files in rounds] == [{"a", "b"}, {"b"}]


def _until(happened) -> None:
    end = time.monotonic() + 60
    while not happened():
        assert time.monotonic() < end
        time.sleep(0.01)
