"""What tests of several folders share: a progress folder of their own, a browser, and markers."""

import gc

import pytest

from tests.widgets.page import bare, browser, show  # noqa: F401  fixtures


@pytest.fixture(autouse=True)
def own_progress(tmp_path, monkeypatch):
    """No test sees what is kept on this machine, or leaves something there."""
    monkeypatch.setenv("GPT2_BY_HAND_PROGRESS", str(tmp_path / "progress"))
    return tmp_path / "progress"


LONG = (
    "test_browser test_explorers test_hostile test_marks test_mutants test_runs test_cluster"
).split()


def pytest_collection_modifyitems(items):
    """What draws in a browser is marked so; long files are slow, and experiments with models; and
    the longest come first: a worker that begins one when the other is done keeps everybody waiting.
    """
    for item in items:
        drawn = {"browser", "show", "lab", "page"} & set(getattr(item, "fixturenames", ()))
        if drawn or item.path.stem == "test_browser":
            item.add_marker("browser")
        if item.path.stem in LONG or item.path.stem.startswith("test_claims"):
            item.add_marker("slow")
    items.sort(key=lambda i: LONG.index(i.path.stem) if i.path.stem in LONG else len(LONG))


def pytest_collection_finish():
    gc.freeze()  # collections pass over what is imported: a twentieth of the time
