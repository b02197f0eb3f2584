"""What is found in folders that were handed in, what is said of the rest, and what is litter."""

import os
import socket
import subprocess
from pathlib import Path

import pytest

from tests.grade import submission
from utils.build import ROOT
from utils.grade.__main__ import main
from utils.grade.found import find, passed_over

SCRIPT = "def suggest(p):\n    pass\n"


def made(folder: Path, *names: str, text: str = "{}") -> None:
    for name in names:
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)


def told(folder: Path) -> dict[str, str]:
    """{path from the folder on: why it is no notebook}"""
    found = find([folder], folder / "out")
    return {file.path.relative_to(folder).as_posix(): file.odd for file in found}


@pytest.mark.parametrize(
    "name, said",
    [
        ("photo.png", "a picture"), ("photo.JPG", "a picture"), ("answers.txt", "a text"),
        ("answers.md", "a text"), ("answers.json", "rename it"), ("answers", "rename it"),
        ("x.ipynb.gz", "an archive"), ("x.ipynb.download", "rename it"), ("x.ipynb ", "space"),
        ("x.ipynb.", "point"), ("~mine.ipynb", "begins with ~"), (".ipynb", "begins with ."),
        ("x.ipynb~", "rename it"), ("x.xyz", "no notebook"), ("work.py", "a Python script"),
        (".work/01.ipynb", "hidden"), ("deep/er/photo.png", "a picture"),
    ],
)  # fmt: skip
def test_of_a_folder_without_a_notebook_something_is_said(name, said, tmp_path):
    made(tmp_path, "ada/01.ipynb", f"ben/{name}", "ben/.DS_Store")
    found = told(tmp_path)
    place = name.split("/")[0] if name.startswith(".work") else name
    assert found.keys() == {"ada/01.ipynb", f"ben/{place}"} and said in found[f"ben/{place}"]


@pytest.mark.parametrize(
    "name",
    [
        ".DS_Store", "Thumbs.db", "desktop.ini", "__MACOSX/x.png", ".git/x.ipynb", ".gitignore",
        ".ipynb_checkpoints/x.ipynb", "__pycache__/x.pyc", "._x.ipynb", ".~x.ipynb", "~$x.ipynb",
        ".venv/x.ipynb", "x_feedback.html",
    ],
)  # fmt: skip
def test_of_what_systems_leave_behind_nothing_is_said(name, tmp_path):
    made(tmp_path, "ada/01.ipynb", name, f"ben/{name}")
    assert told(tmp_path) == {"ada/01.ipynb": ""}


def test_one_file_stands_for_a_folder_and_what_came_with_a_notebook_is_not_said(tmp_path):
    made(tmp_path, "ada/01.ipynb", "ada/notes.txt", "class.csv", "~loose.ipynb")
    made(tmp_path, *(f"ben/{name}.png" for name in "abcde"), "ben/z/.ipynb")
    found = told(tmp_path)
    assert found.keys() == {"ada/01.ipynb", "ben/z/.ipynb", "~loose.ipynb"}
    assert found["ben/z/.ipynb"].endswith("With it came a.png, b.png, 3 more")
    left = [path.name for path in passed_over([tmp_path], tmp_path / "out")]
    assert sorted(left) == ["class.csv", "notes.txt"]


def test_folders_beside_notebooks_are_no_students(tmp_path):
    made(tmp_path, "01.ipynb", "images/a.png", "mine/~02.ipynb")
    assert told(tmp_path).keys() == {"01.ipynb", "mine/~02.ipynb"}
    assert [path.name for path in passed_over([tmp_path], tmp_path / "out")] == ["a.png"]


def test_a_folder_of_one_student_says_what_it_holds(tmp_path, capsys):
    made(tmp_path, "photo.png")
    assert main([str(tmp_path), "--out", str(tmp_path / "out")]) == 2
    assert "photo.png: it is a picture" in capsys.readouterr().err


def test_what_waits_for_ever_is_not_opened(tmp_path):
    made(tmp_path, "ada/01.ipynb")
    for name in ("ada/pipe.py", "ada/pipe.ipynb", "ada/pipe.txt", "ben/pipe", "dora/link.py"):
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        path.symlink_to(tmp_path / "ben" / "pipe") if "link" in name else os.mkfifo(path)
    (tmp_path / "eve").mkdir()
    with socket.socket(socket.AF_UNIX) as one:
        here = os.getcwd()
        os.chdir(tmp_path / "eve")  # a socket's path may not be long
        one.bind("s.py")
        os.chdir(here)
        found = told(tmp_path)
    assert found.pop("ada/01.ipynb") == found.pop("ada/pipe.ipynb") == ""  # read.py says why not
    assert "symbolic link" in found.pop("dora/link.py")
    assert found.keys() == {"ada/pipe.py", "ben/pipe", "eve/s.py"}
    assert all("not a regular file" in words for words in found.values())


def test_a_folder_that_cannot_be_read_is_said(tmp_path, monkeypatch):
    made(tmp_path, "ada/01.ipynb", "ben/01.ipynb")
    scan = os.scandir

    def closed(path):
        if Path(path).name == "ben":
            raise PermissionError(13, "Permission denied", str(path))
        return scan(path)

    monkeypatch.setattr(os, "scandir", closed)
    assert told(tmp_path) == {
        "ada/01.ipynb": "",
        "ben": "the folder cannot be read: Permission denied",
    }


def test_a_link_to_a_folder_is_said_where_nothing_else_was_handed_in(tmp_path):
    made(tmp_path, "class/ada/01.ipynb", "elsewhere/01.ipynb")
    for student in ("ada", "ben"):
        (tmp_path / "class" / student).mkdir(exist_ok=True)
        (tmp_path / "class" / student / "work").symlink_to(tmp_path / "elsewhere")
    found = told(tmp_path / "class")
    assert found.keys() == {"ada/01.ipynb", "ben/work"} and "link" in found["ben/work"]


def test_the_courses_own_solutions_are_nobodys(tmp_path):
    clone = tmp_path / "dora" / "course"
    made(clone, "notebooks/01.ipynb", "solutions/01.ipynb", "utils/check.py", "README.md")
    made(clone, "utils/exercises/suggest.py", "tests/test_suggest.py", text=SCRIPT)
    made(tmp_path, "ben/solutions/01.ipynb")
    found = told(tmp_path)
    assert found.keys() == {"ben/solutions/01.ipynb", *(f"dora/course/{n}" for n in (
        "notebooks/01.ipynb", "solutions"
    ))}  # fmt: skip
    assert "passed over" in found["dora/course/solutions"]
    assert told(clone / "solutions") == {"01.ipynb": ""}, "who names the folder means it"
    made(clone, "solution.py", text=SCRIPT)
    assert "dora/course/solution.py" in told(tmp_path), "that is not the course's"


@pytest.mark.slow
def test_a_whole_course_earns_what_its_notebook_does(tmp_path):
    clone = tmp_path / "class" / "dora" / "course"
    (clone / "notebooks").mkdir(parents=True)
    (clone / "solutions").mkdir()
    submission(clone / "solutions")
    lesson = (ROOT / "notebooks" / "01_language_modeling.ipynb").read_bytes()
    (clone / "notebooks" / "01_language_modeling.ipynb").write_bytes(lesson)
    (tmp_path / "class.csv").write_text("name\nDora\n")
    command = [str(tmp_path / "class"), "--out", str(tmp_path / "out"), "--format", "html,canvas"]
    assert main([*command, "--roster", str(tmp_path / "class.csv")]) == 1
    assert (tmp_path / "out" / "canvas.csv").read_text().splitlines()[2].endswith(",0")
    page = (tmp_path / "out" / "index.html").read_text()
    assert "Dora: it was passed over, because the course" in page.replace("&#39;", "'")


def test_only_reports_are_taken_for_reports(tmp_path):
    made(tmp_path, "last/finished/class.json", "last/index.html", "last/0001_a.html")
    own = ("finished/class.json", "0001_a.html", "report.json", "gradescope/0001_a.json")
    made(tmp_path, *(f"ada/{name}" for name in own), "ada/01.ipynb")
    made(tmp_path, *(f"ben/mine/{name}" for name in own), "ben/mine/finished/02.ipynb")
    made(tmp_path, *(f"dora/mine/{name}" for name in own))
    made(tmp_path, "eve/finished/class.json", "eve/photo.png")
    found = told(tmp_path)
    assert {name for name in found if not found[name]} == {
        "ada/01.ipynb", "ben/mine/finished/02.ipynb",
    }  # fmt: skip
    assert "the grader's reports" in found.pop("dora/mine")
    assert "a picture" in found.pop("eve/photo.png") and len(found) == 2


def test_a_clone_of_the_course_is_found_without_its_scripts(tmp_path):
    (tmp_path / "dora").mkdir()
    done = subprocess.run(["git", "clone", "-q", ROOT, tmp_path / "dora" / "course"])
    if done.returncode:
        pytest.skip("this is no repository of git")
    odd = [name for name, words in told(tmp_path).items() if words]
    assert odd == ["dora/course/solutions"]
