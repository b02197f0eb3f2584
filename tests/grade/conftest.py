"""Judges that the tests share: their processes take longer to start than most tests to run."""

import pytest

from utils.grade.judge import Judge
from utils.grade.sandbox import decide


@pytest.fixture(scope="session")
def sandbox():
    return decide()


@pytest.fixture(scope="session")
def judge(sandbox):
    """One that forks its children."""
    with Judge(sandbox, warm=True) as judge:
        yield judge


@pytest.fixture(scope="session")
def cold(sandbox):
    """One that starts each child anew."""
    with Judge(sandbox) as judge:
        yield judge
