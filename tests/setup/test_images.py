"""Codespaces, Binder and the Dockerfile, by their parts: no container is built here."""

import json
import re
import shlex
import subprocess

from utils.build import ROOT
from utils.setup.machine import NEWEST, OLDEST

DOCKER = (ROOT / "Dockerfile").read_text(encoding="utf-8")


def words(instruction: str) -> list[str]:
    """The last JSON form of a Dockerfile's instruction."""
    return json.loads(re.findall(rf"(?m)^{instruction} (\[.*\])$", DOCKER)[-1])


def required(name: str) -> set[str]:
    """The requirement files that one names, itself included."""
    path = (ROOT / name).resolve()
    inner = re.findall(r"(?m)^-r (\S+)", path.read_text())
    root = path.parent.relative_to(ROOT)
    return {path.name}.union(*(required(str(root / each)) for each in inner))


def test_all_of_them_take_the_small_build_of_the_tested_set():
    config = json.loads((ROOT / ".devcontainer" / "devcontainer.json").read_text())
    pip = shlex.split(config["postCreateCommand"])
    assert required(pip[pip.index("-r") + 1]) == {"requirements-small.txt", "requirements.txt"}
    assert "requirements-small.txt" in required("binder/requirements.txt")
    assert "pip install --no-cache-dir -r requirements-small.txt" in DOCKER
    assert re.search(
        r"(?m)^--extra-index-url \S+/whl/cpu$", (ROOT / "requirements-small.txt").read_text()
    )


def test_all_of_them_have_a_python_that_the_course_supports():
    files = (
        ".devcontainer/devcontainer.json",
        "binder/runtime.txt",
        "Dockerfile",
        "environment.yml",
    )
    for name in files:
        [version] = re.findall(r"python[:=-]3\.(\d+)", (ROOT / name).read_text())
        assert OLDEST <= (3, int(version)) <= NEWEST, name


def test_what_is_named_exists():
    config = json.loads((ROOT / ".devcontainer" / "devcontainer.json").read_text())
    for path in config["customizations"]["codespaces"]["openFiles"]:
        assert (ROOT / path).exists()
    for sources in re.findall(r"(?m)^COPY (.*) \S+$", DOCKER):
        assert all((ROOT / path).exists() for path in sources.split())
    [opened] = [word for word in words("CMD") if "default_url" in word]
    assert (ROOT / opened.split("/lab/tree/gpt2-by-hand/")[1]).exists()


def test_nothing_of_the_builders_own_comes_into_the_image():
    ignored = (ROOT / ".dockerignore").read_text().split()
    assert {".venv", ".progress", ".git"} <= set(ignored) and not any("data" in i for i in ignored)


def test_a_container_copies_the_course_home_once_and_keeps_what_is_there(tmp_path):
    """The entry point, with folders of this test in place of the image's."""
    shell, option, script, *rest = words("ENTRYPOINT")
    course, home = tmp_path / "opt", tmp_path / "home"
    (course / "notebooks").mkdir(parents=True)
    (course / "notebooks" / "a.ipynb").write_text("new")
    home.mkdir()
    script = script.replace("/opt/gpt2-by-hand", str(course))
    for there in ("new", "my own work"):
        command = [shell, option, script, *rest, "echo", "a b"]
        result = subprocess.run(command, cwd=home, capture_output=True, text=True)
        assert result.stdout == "a b\n", result.stderr
        assert (home / "opt" / "notebooks" / "a.ipynb").read_text() == there
        (home / "opt" / "notebooks" / "a.ipynb").write_text("my own work")
