"""Setting up: requirements match imports, the bootstrap says what is wrong, and the house's arrows
point one way.
"""

import ast
import json
import os
import subprocess
import sys
from functools import cache
from importlib import metadata

import pytest

from utils import build, environment

ROOT = build.ROOT
BEFORE = ("__init__", "machine", "installing", "diagnosis")  # before packages are there
NOT_IMPORTED = {
    "jupyterlab",
    "jsonschema",
    "ipykernel",
    "nbval",
    "pytest",
    "pytest-xdist",
    "ruff",
    "myst-nb",
    "sphinx-book-theme",
}  # started, not imported


def pinned(name):
    """{package: (version, reason)} of a requirements file."""
    lines = [line for line in (ROOT / name).read_text().splitlines() if "==" in line]
    return {
        line.split("==")[0]: (line.split("==")[1].split()[0], line.partition("#")[2].strip())
        for line in lines
    }


def imports(source):
    """Top-level names that a source imports."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and not node.level:
            yield node.module


def cells(path):
    return "\n".join(c.source for c in build.read(path).cells if c.cell_type == "code")


def code():
    """(file, what it imports) for every Python file and notebook."""
    for path in [*ROOT.glob("utils/**/*.py"), *ROOT.glob("tests/**/*.py")]:
        if path.parent.name == "hostile":  # submissions, some of them not Python on purpose
            continue
        yield path, set(imports(path.read_text(encoding="utf-8")))
    for path in ROOT.glob("solutions/*.ipynb"):
        yield path, set(imports(cells(path)))


@cache
def package_homes():
    return metadata.packages_distributions()


def packages(modules):
    """The packages that hold some modules, by what is installed; Python's own and ours (my_gpt2 is
    what a learner assembles in lesson 08) are left out."""
    homes = package_homes()
    tops = (
        {m.split(".")[0] for m in modules}
        - set(sys.stdlib_module_names)
        - {"utils", "tests", "kernels", "wire", "calling", "my_gpt2"}
    )
    return {homes[top][0].replace("-", "_").lower() for top in tops}


@pytest.mark.slow
def test_what_is_imported_is_required_and_what_is_required_is_imported():
    learner = pinned("requirements.txt")
    dev = pinned("requirements-dev.txt") | pinned("requirements-site.txt")
    used, used_by_tools = {}, set()
    for path, modules in code():
        tools = {
            ROOT / "tests",
            ROOT / "utils" / "build",
            ROOT / "utils" / "site",
            ROOT / "utils/grade/cluster.py",
        }
        if tools & {path, *path.parents}:
            used_by_tools |= packages(modules)
        else:
            used[path] = packages(modules)
    by_learners = set().union(*used.values())
    by_learners = {
        "ipywidgets" if p == "ipython" else p for p in by_learners
    }  # IPython comes with ipykernel
    assert by_learners <= set(learner), by_learners - set(learner)
    assert used_by_tools <= set(learner) | set(dev) | {"ipython"}, (
        used_by_tools - set(learner) - set(dev)
    )
    unused = (set(learner) | set(dev)) - by_learners - used_by_tools - NOT_IMPORTED
    assert not unused, f"required, but imported nowhere: {unused}"


def test_every_requirement_is_pinned_with_a_reason():
    for name in ("requirements.txt", "requirements-site.txt", "requirements-dev.txt"):
        for package, (version, reason) in pinned(name).items():
            assert version and len(reason) > 10, package
            assert metadata.version(package).split("+")[0] == version, (
                f"{package}: what is installed is not what is pinned"
            )
    for file, takes in (
        ("environment.yml", "requirements-small.txt"),
        ("requirements-small.txt", "requirements.txt"),
        ("requirements-site.txt", "requirements.txt"),
        ("requirements-dev.txt", "requirements-site.txt"),
    ):
        assert f"-r {takes}" in (ROOT / file).read_text()


def test_no_registry_and_no_machine_is_named():
    for path in [*ROOT.glob("*"), *ROOT.glob(".ci/*"), *ROOT.glob("utils/**/*.py")]:
        if path.is_file() and path.name != "Dockerfile":  # its paths are the image's
            text = path.read_text(encoding="utf-8")
            for word in (
                "pypi" + ".org",
                "anaconda" + ".org",
                "/ho" + "me/",
                "/Us" + "ers/",
                "/sha" + "red/",
            ):
                assert word not in text, (path, word)


def test_a_lesson_without_torch_never_imports_it():
    code = (
        "import sys, utils.grade.judge; from utils.exercises import exercises; "
        "exercises('01_language_modeling'); print('torch' in sys.modules)"
    )
    result = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True)
    assert result.stdout.strip() == "False", result.stderr


def test_what_runs_before_anything_is_installed_parses_on_old_pythons():
    for path in [
        ROOT / "utils" / "__init__.py",
        ROOT / "utils" / "environment.py",
        *(ROOT / "utils" / "setup" / f"{name}.py" for name in BEFORE),
    ]:
        source = path.read_text(encoding="utf-8")
        ast.parse(source, feature_version=(3, 6))
        outside = {m.split(".")[0] for m in imports(source)} - sys.stdlib_module_names
        assert outside <= {"utils"}, path


@pytest.fixture
def machine(monkeypatch, tmp_path):
    """environment.prepare with a folder of its own on a machine where all goes well; a list of what
    it makes and installs.
    """
    did = []
    monkeypatch.setattr(environment, "VENV", str(tmp_path))
    monkeypatch.setattr(environment, "install", did.append)
    monkeypatch.setattr(environment, "obstacle", lambda: "")
    monkeypatch.setattr(environment, "room", lambda *a: ("", ""))
    monkeypatch.setattr(environment, "newest_python", lambda: (sys.executable, ""))
    monkeypatch.setattr(environment, "watched", lambda *a: did.append("venv") or (0, ""))
    monkeypatch.setattr(environment.shutil, "rmtree", lambda *a, **k: None)
    monkeypatch.setattr(environment, "answers", lambda *a: False)
    return did


def test_from_any_state(monkeypatch, tmp_path, machine):
    environment.prepare(["requirements.txt"])  # nothing there, or a half-made one
    assert machine == ["venv", "requirements.txt"]
    monkeypatch.setattr(environment, "answers", lambda *a: True)
    environment.prepare(["requirements.txt"])  # all there
    assert machine == ["venv", "requirements.txt"]
    (tmp_path / "installed-requirements").write_text("of another day")
    environment.prepare(["requirements.txt"])  # changed requirements
    assert machine == ["venv", "requirements.txt", "requirements.txt"]


def test_requirements_changed_under_the_small_build_count_too(monkeypatch, tmp_path, machine):
    monkeypatch.setattr(environment, "answers", lambda *a: True)
    read = environment.read
    environment.prepare(["requirements-small.txt"])
    monkeypatch.setattr(
        environment, "read", lambda name: read(name) + b"#" * (name == "requirements.txt")
    )
    environment.prepare(["requirements-small.txt"])
    assert machine == ["requirements-small.txt"] * 2


@pytest.mark.parametrize(
    "name, value, sentence",
    [
        ("obstacle", lambda: "this is a toaster.", "Stopped: this is a toaster."),
        ("newest_python", lambda: ("", "too old."), "Stopped: too old."),
        ("room", lambda *a: ("", "no room."), "Stopped: no room."),
        (
            "watched",
            lambda *a: (1, "ensurepip is not available\n"),
            "install python3-venv): ensurepip is not available",
        ),
    ],
)
def test_what_cannot_be_is_said_before_anything_is_made(
    monkeypatch, machine, name, value, sentence
):
    monkeypatch.setattr(environment, name, value)
    with pytest.raises(SystemExit) as stopped:
        environment.prepare(["requirements.txt"])
    assert sentence in str(stopped.value) and machine == []


def test_it_goes_on_with_a_python_that_fits(monkeypatch, machine):
    called = []
    monkeypatch.setattr(environment, "newest_python", lambda: ("/bin/python3.12", ""))
    monkeypatch.setattr(environment.subprocess, "call", lambda command: called.append(command) or 7)
    with pytest.raises(SystemExit) as ended:
        environment.prepare(["requirements.txt"])
    assert ended.value.code == 7 and called[0][:2] == ["/bin/python3.12", environment.__file__]
    assert machine == []


def test_condas_environment_is_never_removed(monkeypatch, machine):
    monkeypatch.setattr(environment, "CONDA", True)
    with pytest.raises(SystemExit, match="remove it .conda env remove -n gpt2-by-hand. and create"):
        environment.prepare(["requirements.txt"])
    assert machine == []


def test_conda_opens_the_same_course():
    """With conda's environment active, its Python is used, and no .venv is made."""
    code = "from utils import environment as e; print(e.PYTHON == e.sys.executable, e.VENV)"
    conda = {"CONDA_DEFAULT_ENV": "gpt2-by-hand", "CONDA_PREFIX": "/opt/conda"}
    result = subprocess.run(
        [sys.executable, "-c", code],
        cwd=ROOT,
        env=os.environ | conda,
        capture_output=True,
        text=True,
    )
    assert result.stdout.split() == ["True", "/opt/conda"], result.stderr


def test_jupyterlab_opens_on_lesson_00_without_asking_about_news(monkeypatch, tmp_path):
    called = []
    monkeypatch.setattr(environment, "VENV", str(tmp_path))
    monkeypatch.setattr(environment, "answers", lambda *a: called.append(a))
    monkeypatch.setattr(environment, "call", lambda command, *a, **k: called.append(command))
    with pytest.raises(SystemExit):
        environment.lab(["--no-browser"])
    trusted, opened = called
    assert trusted[:3] == ("-m", "jupyter", "trust") and len(trusted) == 13
    assert opened[-1] == "--no-browser" and any("00_start_here" in word for word in opened)
    [settings] = tmp_path.rglob("overrides.json")
    assert json.loads(settings.read_text()) == environment.QUIET


def test_a_word_too_few_gets_a_sentence():
    result = subprocess.run(
        [sys.executable, "utils/environment.py"], cwd=ROOT, capture_output=True, text=True
    )
    assert (
        result.returncode and "say what to do" in result.stderr and "Traceback" not in result.stderr
    )


def test_make_grade_without_a_folder_says_so():
    result = subprocess.run(["make", "-n", "grade"], cwd=ROOT, capture_output=True, text=True)
    assert "make grade SUBMISSIONS=folder" in result.stderr


def test_make_on_windows_names_windows_own_places():
    result = subprocess.run(
        ["make", "-n", "build", "OS=Windows_NT"], cwd=ROOT, capture_output=True, text=True
    )
    assert (
        "py utils/environment.py tools" in result.stdout
        and r".venv\Scripts\python" in result.stdout
    )
