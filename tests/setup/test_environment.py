"""Setting up: requirements match imports, the bootstrap says what is wrong, and the house's arrows
point one way.
"""

import ast
import subprocess
import sys
from functools import cache
from importlib import metadata

import pytest

from utils import build, environment

ROOT = build.ROOT
NOT_IMPORTED = {
    "jupyterlab",
    "ipykernel",
    "nbval",
    "pytest",
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
        - {"utils", "tests", "wire", "calling", "my_gpt2"}
    )
    return {homes[top][0].replace("-", "_").lower() for top in tops}


def test_what_is_imported_is_required_and_what_is_required_is_imported():
    learner = pinned("requirements.txt")
    dev = pinned("requirements-dev.txt") | pinned("requirements-site.txt")
    used, used_by_tools = {}, set()
    for path, modules in code():
        tools = {
            ROOT / "tests",
            ROOT / "utils" / "build",
            ROOT / "utils" / "site",
            ROOT / "utils/grade/running.py",
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
    assert "-r requirements.txt" in (ROOT / "environment.yml").read_text()


def test_no_registry_and_no_machine_is_named():
    for path in [*ROOT.glob("*"), *ROOT.glob(".ci/*"), *ROOT.glob("utils/**/*.py")]:
        if path.is_file():
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
        "import sys, utils.grade.marking; from utils.exercises import exercises; "
        "exercises('01_language_modeling'); print('torch' in sys.modules)"
    )
    result = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True)
    assert result.stdout.strip() == "False", result.stderr


@pytest.mark.parametrize(
    "said, reason",
    [
        ("ERROR: [Errno 28] No space left on device", "the disk is full"),
        ("WARNING: Retrying ... NewConnectionError('...')", "the network cannot be reached"),
        ("ERROR: Could not build wheels", ""),
    ],
)
def test_the_reason_of_a_failed_installation_is_one_sentence(said, reason):
    assert reason in environment.reason(said) and bool(reason) == bool(environment.reason(said))


def test_no_python_of_the_right_age_is_said(monkeypatch):
    monkeypatch.setattr(environment.sys, "version_info", (3, 9, 1))
    monkeypatch.setattr(environment.shutil, "which", lambda name: None)
    with pytest.raises(SystemExit, match="needs Python 3.11 or newer, and only 3.9 was found"):
        environment.newest_python()
    monkeypatch.setattr(
        environment.shutil, "which", lambda name: "/bin/" + name if name == "python3.12" else None
    )
    assert environment.newest_python() == "/bin/python3.12"


def test_the_bootstrap_parses_on_old_pythons():
    ast.parse((ROOT / "utils" / "environment.py").read_text(), feature_version=(3, 6))


def fake_venv(monkeypatch, tmp_path, answers):
    """environment.prepare with a folder of its own; records what it would make and install."""
    did = []
    monkeypatch.setattr(environment, "VENV", str(tmp_path))
    monkeypatch.setattr(environment, "answers", lambda *a: answers)
    monkeypatch.setattr(environment, "install", did.append)
    monkeypatch.setattr(
        environment.subprocess,
        "run",
        lambda *a, **k: did.append("venv") or subprocess.CompletedProcess(a, 0, b""),
    )
    monkeypatch.setattr(environment.shutil, "rmtree", lambda *a, **k: None)
    return did


def test_from_any_state(monkeypatch, tmp_path):
    did = fake_venv(monkeypatch, tmp_path, answers=False)
    environment.prepare(["requirements.txt"])  # nothing there, or a half-made one
    assert did == ["venv", "requirements.txt"]
    did = fake_venv(monkeypatch, tmp_path, answers=True)
    environment.prepare(["requirements.txt"])  # all there
    assert did == []
    (tmp_path / "installed-requirements").write_text("of another day")
    environment.prepare(["requirements.txt"])  # changed requirements
    assert did == ["requirements.txt"]


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


def test_diagnosis_of_this_environment():
    rows = environment.diagnose()
    assert all(fine for fine, what, mend in rows if "disk" not in what), [
        r for r in rows if not r[0]
    ]
