"""Commands work as they are printed: in a fresh terminal, on Windows too, whatever the output can
hold.
"""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

import utils
from utils import build
from utils.progress import portfolio

ROOT = build.ROOT
PAGES = ["README.md", "CONTRIBUTING.md", "data/README.md", "solutions/instructors_guide.md"]
PRINTED = [
    *((name, (ROOT / name).read_text(encoding="utf-8")) for name in PAGES),
    *(
        (path.stem, "\n".join(c.source for c in build.read(path).cells))
        for path in sorted((ROOT / "solutions").glob("*.ipynb"))
    ),
]


@pytest.mark.parametrize("name, text", PRINTED, ids=[name for name, _ in PRINTED])
def test_no_printed_command_wants_an_active_environment(name, text):
    """A bare `python` is another Python in a fresh terminal, and none at all on many machines."""
    bare = re.findall(r".*(?<![\w./\\])python -m .*", text)
    assert not bare
    if name not in ("README.md",):  # its lines for conda, whose environment is active
        assert not re.findall(r".*(?<![\w./\\])python utils.*", text)
    for module in re.findall(r"-m (utils[\w.]*\w)", text):
        path = ROOT / module.replace(".", "/")
        assert path.with_suffix(".py").exists() or (path / "__main__.py").exists(), module


def test_a_lesson_needs_no_terminal():
    for name, text in PRINTED[len(PAGES) :]:
        assert ".venv" not in text.replace("kernel of .venv", ""), name


@pytest.mark.parametrize(
    "executable, typed",
    [
        (ROOT / ".venv" / "bin" / "python", os.path.join(".venv", "bin", "python")),
        (ROOT / ".venv" / "Scripts" / "python.exe", os.path.join(".venv", "Scripts", "python.exe")),
        (Path("/opt/conda/envs/gpt2-by-hand/bin/python"), "python"),
        (ROOT / ".venv2" / "bin" / "python", "python"),
    ],
)
def test_a_sentence_names_the_python_that_runs_it(monkeypatch, executable, typed):
    monkeypatch.setattr(utils.sys, "executable", str(executable))
    assert utils.command("utils.checkpoint fetch gpt2") == f"{typed} -m utils.checkpoint fetch gpt2"


@pytest.mark.parametrize(
    "command, words",
    [
        (r"export C:\Users\me\p.json", ["export", r"C:\Users\me\p.json"]),
        (r"export 'C:\My Documents\p.json'", ["export", r"C:\My Documents\p.json"]),
        ("certificate --name 'Conan O'Brien'", ["certificate", "--name", "Conan O'Brien"]),
        ("certificate --name O'Brien", ["certificate", "--name", "O'Brien"]),
        (
            "certificate --name='Conan O'Brien' a.html",
            ["certificate", "--name=Conan O'Brien", "a.html"],
        ),
        ('certificate --name "Sinéad O\'Connor"', ["certificate", "--name", "Sinéad O'Connor"]),
        ("  verify   x.html ", ["verify", "x.html"]),
        ("certificate --name ''", ["certificate", "--name", ""]),
        ("", []),
    ],
)
def test_the_words_of_a_command_in_a_cell(command, words):
    assert portfolio.split(command) == words


@pytest.mark.parametrize("name", ["mine.json", "my file.json", "O'Brien's file.json"])
def test_what_is_printed_for_a_cell_is_read_back(name):
    [inside] = re.findall(r'progress\.run\("(.*)"\)', portfolio.cell("import", name))
    assert portfolio.split(inside) == ["import", name]


@pytest.mark.parametrize("encoding", ["cp1252", "cp932", "ascii"])
def test_a_terminal_without_a_character_does_not_end_a_command(tmp_path, own_progress, encoding):
    """Windows redirects into its own code page: the name of a file need not fit into it."""
    (own_progress / "functions").mkdir(parents=True)
    (own_progress / "functions" / "longest_word.py").write_text("def longest_word(words): ...")
    result = subprocess.run(
        [sys.executable, "-m", "utils.progress", "export", tmp_path / "Łukasz-日本.json"],
        cwd=ROOT,
        env=os.environ | {"PYTHONIOENCODING": encoding},
        capture_output=True,
    )
    assert result.returncode == 0 and b"1 function written to" in result.stdout, result.stderr
    assert b"?" in result.stdout


@pytest.mark.slow
def test_setting_up_goes_through_where_the_terminal_lacks_characters(tmp_path):
    """A whole `environment.py tools`, with empty requirements, in a folder with a blank."""
    course = tmp_path / "mein Kurs"
    shutil.copytree(ROOT / "utils" / "setup", course / "utils" / "setup")
    for name in ("__init__.py", "environment.py"):
        shutil.copy(ROOT / "utils" / name, course / "utils")
    for name in ("requirements.txt", "requirements-site.txt", "requirements-dev.txt"):
        (course / name).write_text("# nothing\n")
    venv = [sys.executable, "-m", "venv", "--without-pip", "--system-site-packages"]
    subprocess.run([*venv, course / ".venv"], check=True)
    result = subprocess.run(
        [sys.executable, course / "utils" / "environment.py", "tools"],
        env=os.environ | {"PYTHONIOENCODING": "cp932"},
        capture_output=True,
    )
    assert result.returncode == 0 and b"? ready: " in result.stdout, result.stderr
