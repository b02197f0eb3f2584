"""What tests of several folders share: a progress folder of their own, a browser, and markers."""

import pytest

from tests.widgets.page import browser, show  # noqa: F401  fixtures


@pytest.fixture(autouse=True)
def own_progress(tmp_path, monkeypatch):
    """No test sees what is kept on this machine, or leaves something there."""
    monkeypatch.setenv("GPT2_BY_HAND_PROGRESS", str(tmp_path / "progress"))
    return tmp_path / "progress"
