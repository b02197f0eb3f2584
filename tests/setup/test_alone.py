"""A notebook without its course around it: an empty folder, a git repository of this course in
place of the real address, with a network and without, twice in a row.
"""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import nbformat
import pytest
from IPython.core.error import UsageError

from utils import build
from utils.build import address, sittings
from utils.setup import notebook as alone

ROOT = build.ROOT
LESSON = "01_language_modeling"
NOWHERE = "https://127.0.0.1:9/course.git"  # nobody listens there: no network


@pytest.fixture(scope="session")
def repository(tmp_path_factory) -> str:
    """The address of a git repository that holds what is in this folder."""
    folder = tmp_path_factory.mktemp("address") / "the course's"
    for name in ("utils", "data"):
        shutil.copytree(ROOT / name, folder / name, ignore=shutil.ignore_patterns("__pycache__"))
    for name in ("requirements.txt", "pyproject.toml"):
        shutil.copy(ROOT / name, folder)
    for command in ("init -q", "add -A", "-c user.name=a -c user.email=a@b.c commit -q -m all"):
        subprocess.run(["git", *command.split()], cwd=folder, check=True)
    return folder.as_uri()


def environment(**more) -> dict[str, str]:
    """This machine's, without what leads to the course's code and the learner's progress."""
    left_out = {"PYTHONPATH", "GPT2_BY_HAND_PROGRESS", *alone.HOSTS, alone.ADDRESS}
    kept = {name: value for name, value in os.environ.items() if name not in left_out}
    return kept | {"OMP_NUM_THREADS": "1", "HF_HUB_OFFLINE": "1"} | more


def first_cell(source: str, folder: Path, **more) -> str:
    """What IPython shows for the cell, and where progress is kept after it."""
    code = (
        "import os, sys; from IPython.core.interactiveshell import InteractiveShell; "
        "InteractiveShell.instance().run_cell(sys.argv[1]); "
        "print('progress:', os.environ.get('GPT2_BY_HAND_PROGRESS'))"
    )
    result = subprocess.run(
        [sys.executable, "-c", code, source],
        cwd=folder,
        env=environment(HOME=str(folder), **more),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    return result.stdout


def untouched(lesson: str):
    solution = build.tidy(build.read(ROOT / "solutions" / f"{lesson}.ipynb"), lesson)
    return build.learners_copy(solution, lesson)


def test_every_lesson_begins_with_the_cell():
    for path in sorted((ROOT / "solutions").glob("*.ipynb")):
        code = [cell for cell in build.read(path).cells if cell.cell_type == "code"]
        assert code[0].source == address.first_cell(address.stated()), path.stem
        assert [bool(cell.metadata.get("setup")) for cell in code].count(True) == 1, path.stem


def run(notebook, folder: Path, **more) -> subprocess.CompletedProcess:
    """Run a notebook from its first cell to its last, in a folder and with a kernel of its own."""
    nbformat.write(notebook, folder / "lesson.ipynb")
    return subprocess.run(
        [sys.executable, "-m", "jupyter", "execute", "--timeout=300", "lesson.ipynb"],
        cwd=folder,
        env=environment(**more),
        capture_output=True,
        text=True,
    )


@pytest.mark.slow
def test_a_lesson_alone_runs_to_its_end_and_begins_again_without_network(tmp_path, repository):
    notebook = untouched(LESSON)
    result = run(notebook, tmp_path, **{alone.ADDRESS: repository})
    assert result.returncode == 0, result.stderr[-3000:]
    notebook.cells = notebook.cells[:6]  # the second time its beginning is enough
    result = run(notebook, tmp_path, **{alone.ADDRESS: NOWHERE})
    assert result.returncode == 0, result.stderr[-3000:]
    assert sorted(path.name for path in tmp_path.iterdir()) == ["gpt2-by-hand", "lesson.ipynb"]


@pytest.mark.slow
def test_alone_it_ends_with_one_sentence_and_no_traceback(tmp_path):
    result = run(untouched(LESSON), tmp_path)
    assert result.returncode and "needs the rest of its course" in result.stderr
    assert "ModuleNotFoundError" not in result.stderr


@pytest.mark.parametrize("sign", alone.HOSTS)
def test_on_colab_and_kaggle_the_course_is_fetched_once(tmp_path, repository, sign):
    source = address.first_cell(repository)
    for _ in range(2):
        said = first_cell(source, tmp_path, **{sign: "1"})
        assert "Your progress" in said and "Error" not in said and "fatal" not in said, said
        (tmp_path / "gpt2-by-hand" / "mark").touch()  # would be gone, were it fetched again
    assert (tmp_path / "gpt2-by-hand" / "mark").exists()


@pytest.mark.parametrize("sign", [*alone.HOSTS, ""])
def test_where_nothing_can_be_fetched_two_lines_say_what_to_do(tmp_path, sign):
    """Without network on a host; anywhere else nothing is fetched at all."""
    said = first_cell(address.first_cell(NOWHERE), tmp_path, **({sign: "1"} if sign else {}))
    assert "UsageError: this notebook needs the rest of its course" in said
    assert f"Fetch it with git clone {NOWHERE} and run make lab in it." in said
    assert "Traceback" not in said and not list(tmp_path.glob("gpt2*"))
    assert ("fatal: unable to access" in said) == bool(sign)


def test_without_an_address_nothing_is_fetched_and_two_lines_say_what_to_do(tmp_path):
    said = first_cell(address.first_cell(""), tmp_path, COLAB_RELEASE_TAG="1")
    assert "Ask who gave you this file for the whole folder" in said
    assert "Traceback" not in said and not list(tmp_path.glob("gpt2*"))


def test_without_git_two_lines_say_what_to_do(tmp_path):
    (tmp_path / "sh").symlink_to("/bin/sh")
    said = first_cell(
        address.first_cell(NOWHERE), tmp_path, COLAB_RELEASE_TAG="1", PATH=str(tmp_path)
    )
    assert "UsageError: this notebook needs" in said and "Traceback" not in said


def test_inside_the_course_the_cell_says_nothing(tmp_path):
    for name in ("utils", "requirements.txt", "pyproject.toml"):
        (tmp_path / name).symlink_to(ROOT / name)
    (tmp_path / "notebooks").mkdir()
    said = first_cell(address.first_cell(NOWHERE), tmp_path / "notebooks", COLAB_RELEASE_TAG="1")
    assert "Error" not in said and not list((tmp_path / "notebooks").glob("gpt2*"))
    said = first_cell(address.first_cell(""), tmp_path / "notebooks")
    assert said.strip() == "progress: None"


class Pip:
    """Stands in for subprocess.run: what it was told, and whether it fails."""

    def __init__(self):
        self.told, self.said = [], ""

    def __call__(self, command, **options):
        self.told.append(command)
        return subprocess.CompletedProcess(command, bool(self.said), "", self.said)


@pytest.fixture
def pip(monkeypatch):
    """A kernel without torch and JupyterLab, and with numpy of another day."""
    rows = [
        ("jupyterlab", "4.2", "4.6.6", ""),
        ("numpy", "1.26.4", "2.4.6", "2.0.2"),
        ("torch", "2.9.0", "2.13.0", ""),
    ]
    monkeypatch.setattr(alone, "packages", lambda: rows)
    monkeypatch.setattr(alone.subprocess, "run", Pip())
    return alone.subprocess.run


def test_a_host_gets_what_is_missing_and_keeps_what_it_has(monkeypatch, pip, capsys):
    monkeypatch.setenv("COLAB_RELEASE_TAG", "1")
    alone.ready()
    [command] = pip.told
    assert command[-1] == "torch==2.13.0" and not any("numpy" in word for word in command)
    assert "Installing torch==2.13.0" in capsys.readouterr().out


def test_what_pip_cannot_do_on_a_host_is_one_sentence(monkeypatch, pip):
    monkeypatch.setenv("KAGGLE_KERNEL_RUN_TYPE", "Interactive")
    pip.said = "WARNING: Retrying … NewConnectionError"
    with pytest.raises(UsageError, match="the network cannot be reached"):
        alone.ready()
    pip.said = "ERROR: something else"
    with pytest.raises(UsageError, match="pip could not install them: ERROR: something else"):
        alone.ready()


def test_a_kernel_of_another_python_is_told_which_to_choose(pip):
    """In VS Code, say, where any Python of the machine can be chosen."""
    with pytest.raises(UsageError, match="lacks torch\\.\nChoose the kernel of .venv"):
        alone.ready()
    assert not pip.told


@pytest.mark.parametrize(
    "host, there, words, kept",
    [
        ("Colab", True, "Your progress is kept in", True),
        ("Colab", False, "mount Google Drive", False),
        ("Kaggle", True, "Your progress is kept in", True),
    ],
)
def test_progress_is_kept_in_the_learners_own_storage(
    monkeypatch, tmp_path, host, there, words, kept
):
    monkeypatch.delenv("GPT2_BY_HAND_PROGRESS")
    place = tmp_path if there else tmp_path / "nowhere"
    monkeypatch.setattr(alone, "DRIVE", place)
    monkeypatch.setattr(alone, "WORKING", place)
    assert words in alone.keep_progress(host)
    folder = os.environ.pop("GPT2_BY_HAND_PROGRESS", None)
    assert folder == (str(tmp_path / "gpt2-by-hand-progress") if kept else None)


def test_a_folder_that_somebody_chose_is_kept(monkeypatch, tmp_path, pip):
    monkeypatch.setenv("COLAB_RELEASE_TAG", "1")
    monkeypatch.setenv("GPT2_BY_HAND_PROGRESS", "chosen")
    monkeypatch.setattr(alone, "DRIVE", tmp_path)
    alone.ready()
    assert os.environ["GPT2_BY_HAND_PROGRESS"] == "chosen"


GITHUB = "https://github.com/somebody/gpt2-by-hand"


def test_links_open_a_lesson_in_each_service_and_are_absent_without_an_address():
    said = address.links(GITHUB + ".git", "notebooks/01.ipynb")
    assert said == address.links(GITHUB, "notebooks/01.ipynb")
    for where in (
        "//colab.research.google.com/github/somebody/gpt2-by-hand/blob/main/notebooks/01.ipynb)",
        f"//kaggle.com/kernels/welcome?src={GITHUB}/blob/main/notebooks/01.ipynb)",
        "//codespaces.new/somebody/gpt2-by-hand)",
        "//mybinder.org/v2/gh/somebody/gpt2-by-hand/main?urlpath=lab/tree/notebooks/01.ipynb)",
    ):
        assert where in said
    assert address.links("", "x") == address.links("https://git.school.example/x", "x") == ""


def test_the_build_follows_the_address(monkeypatch):
    """A changed line in pyproject.toml changes the cell and the links, and taking it out again
    leaves nothing behind.
    """
    notebook = build.read(ROOT / "solutions" / f"{LESSON}.ipynb")
    before, minutes = (
        nbformat.writes(build.tidy(notebook, LESSON)),
        sittings.minutes(notebook.cells),
    )
    monkeypatch.setattr(address, "stated", lambda name="Repository": GITHUB)
    build.tidy(notebook, LESSON)
    opened = build.tidy(notebook, LESSON)
    assert opened.cells[0].source.count("Open in [Colab]") == 1
    assert opened.cells[1].source == address.first_cell(GITHUB)
    assert sittings.minutes(notebook.cells) == minutes
    assert "**Try lesson 01, nothing to install:** [Colab]" in address.read_or_try()
    monkeypatch.setattr(address, "stated", lambda name="Repository": "")
    assert nbformat.writes(build.tidy(notebook, LESSON)) == before
    assert "make site" in address.read_or_try() and "https" not in address.read_or_try()


def test_the_address_stands_in_one_place():
    assert address.stated() == "" or address.stated().startswith("https://")
    for path in [ROOT / "README.md", *(ROOT / "utils").rglob("*.py")]:
        text = path.read_text(encoding="utf-8")
        if address.stated() and path.name != "README.md":
            assert address.stated() not in text, path


def test_a_slash_at_an_addresss_end_is_left_out(monkeypatch, tmp_path):
    (tmp_path / "pyproject.toml").write_text(
        '[project]\nname = "x"\n[project.urls]\nRepository = "https://a.example/b/"\n'
    )
    monkeypatch.setattr(address, "ROOT", tmp_path)
    assert address.stated() == "https://a.example/b" and address.stated("Documentation") == ""
