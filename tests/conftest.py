"""What tests of several folders share: a progress folder of their own, a browser, and markers."""

import pytest

from tests.widgets.page import browser, show  # noqa: F401  fixtures


@pytest.fixture(autouse=True)
def own_progress(tmp_path, monkeypatch):
    """No test sees what is kept on this machine, or leaves something there."""
    monkeypatch.setenv("GPT2_BY_HAND_PROGRESS", str(tmp_path / "progress"))
    return tmp_path / "progress"


def pytest_collection_modifyitems(items):
    """What draws in a browser, or lies in a folder that does, is marked so."""
    for item in items:
        drawn = {"browser", "show", "lab", "page"} & set(getattr(item, "fixturenames", ()))
        if drawn or "test_browser" in item.nodeid:
            item.add_marker("browser")
