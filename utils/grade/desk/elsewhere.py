"""Files for systems that run the judge themselves: GitHub Classroom and Gradescope."""

from pathlib import Path

from utils.grade.recorded import RunError

# What a student pushes is graded with the course's own judge, checked out beside it: a copy in the
# student's repository could have been changed.
CLASSROOM = """name: Grade
on: [push, workflow_dispatch]
permissions:
  contents: read
jobs:
  grade:
    runs-on: ubuntu-latest
    timeout-minutes: 30
    steps:
      - uses: actions/checkout@v4
        with:
          path: submission
      - uses: actions/setup-python@v5
        with:
          python-version: "3.12"
      - name: Get the course
        run: git clone --depth 1 {repository} course
      - name: Install
        run: |
          sudo apt-get install -y bubblewrap
          sudo sysctl -w kernel.apparmor_restrict_unprivileged_userns=0
          python course/utils/environment.py tools --small
      - name: Grade
        run: |
          cd course
          .venv/bin/python -m utils.grade ../submission/{folder} --out ../reports \\
            --format json,junit,html
      - uses: actions/upload-artifact@v4
        if: always()
        with:
          name: reports
          path: reports
"""
SETUP = """#!/usr/bin/env bash
# Gradescope runs this once, when it builds the container.
set -e
apt-get update
apt-get install -y git python3 python3-venv bubblewrap
cd "${{AUTOGRADER:-/autograder}}/source"
git clone --depth 1 {repository} course
python3 course/utils/environment.py tools --small
"""
RUN = """#!/usr/bin/env bash
# Gradescope runs this for each submission and reads results/results.json.
base="${AUTOGRADER:-/autograder}"
out="$(mktemp -d)"
cd "$base/source/course" || exit 1
.venv/bin/python -m utils.grade "$base/submission" --format gradescope --out "$out"
mkdir -p "$base/results"
cp "$out/results.json" "$base/results/results.json"
"""


def classroom(repository: str, to: Path, folder: str = "notebooks") -> Path:
    """Write the workflow into a repository that students get; returns the file."""
    path = to / ".github" / "workflows" / "grade.yml"
    _write(path, CLASSROOM.format(repository=_address(repository), folder=folder))
    return path


def gradescope(repository: str, to: Path) -> str:
    """Write setup.sh and run_autograder, to be zipped and uploaded; returns their names."""
    for name, text in (
        ("setup.sh", SETUP.format(repository=_address(repository))),
        ("run_autograder", RUN),
    ):
        _write(to / name, text)
        (to / name).chmod(0o755)
    return f"setup.sh and run_autograder in {to}; zip the two and upload them"


def _write(path: Path, text: str) -> None:
    if path.exists():
        raise RunError(f"{path} is there already; move it away")
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8", newline="\n")


def _address(repository: str) -> str:
    if not repository.startswith(("https://", "git@", "ssh://")) or set(repository) & set(
        " '\"`$;"
    ):
        raise RunError(f"{repository!r} is no address that git can clone, as https://…/course.git")
    return repository
