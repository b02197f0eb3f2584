"""Lesson 00's first cell: missing, too old, newer than tested, told apart; each version stated
once.
"""

import tomllib
from types import SimpleNamespace

import pytest

from utils import build, environment
from utils.setup import diagnosis


def test_diagnosis_of_this_environment():
    rows = environment.diagnose()
    assert all(fine for fine, what, mend in rows if "disk" not in what), [
        r for r in rows if not r[0]
    ]


@pytest.mark.parametrize(
    "found, fine, words",
    [
        ("", False, "numpy (it is missing: run `%pip install numpy==2.4.6` in a cell"),
        (
            "1.20.3",
            False,
            "numpy 1.20.3 (it is too old, 1.26.4 is the oldest that works: run `%pip",
        ),
        ("1.26.4", True, "numpy 1.26.4 ()"),
        ("2.4.6", True, "numpy 2.4.6 ()"),
        ("2.4.6+cpu", True, "numpy 2.4.6+cpu ()"),
        ("2.10.0", True, "numpy 2.10.0 (newer than the 2.4.6 that was tested) ()"),
    ],
)
def test_missing_too_old_and_newer_than_tested_are_told_apart(monkeypatch, found, fine, words):
    monkeypatch.setattr(diagnosis, "packages", lambda: [("numpy", "1.26.4", "2.4.6", found)])
    row = diagnosis.diagnose()[1]
    assert row[0] is fine and f"{row[1]} ({row[2]})".startswith(words)


@pytest.mark.parametrize("version, said", [((3, 10, 1), "older"), ((3, 15, 0), "newer")])
def test_a_python_outside_the_range_is_said(monkeypatch, version, said):
    monkeypatch.setattr(diagnosis.sys, "version_info", version)
    fine, what, mend = diagnosis.diagnose()[0]
    assert not fine and "3.11 to 3.14" in mend and said in mend


def test_every_requirement_has_a_lower_bound_that_is_not_above_its_pin():
    rows = diagnosis.packages()
    stated = tomllib.loads((build.ROOT / "pyproject.toml").read_text())["project"]["dependencies"]
    assert [line.split(">=")[0] for line in stated] == [name for name, *_ in rows]
    for name, oldest, tested, _ in rows:
        assert diagnosis.numbers(oldest) <= diagnosis.numbers(tested), name


def test_a_folder_that_cannot_be_written_is_said(monkeypatch, tmp_path):
    monkeypatch.setenv("GPT2_BY_HAND_PROGRESS", str(tmp_path / "not yet" / "there"))
    assert diagnosis.diagnose()[-1][0]
    monkeypatch.setattr(diagnosis.os, "access", lambda *a: False)
    assert not diagnosis.diagnose()[-1][0] and str(tmp_path) in diagnosis.diagnose()[-1][2]


@pytest.mark.parametrize("free, fine", [(0.9e9, False), (1.1e9, True)])
def test_a_full_disk_is_said(monkeypatch, free, fine):
    monkeypatch.setattr(diagnosis.shutil, "disk_usage", lambda _: SimpleNamespace(free=free))
    row = diagnosis.diagnose()[-2]
    assert (row[0], row[1]) == (fine, "1 GB of free disk") and "lesson 08" in row[2]
