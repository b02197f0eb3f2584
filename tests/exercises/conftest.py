"""What `check` shows, and a notebook whose cells run one after another."""

import sys

import pytest

from tests.exercises import typed
from utils import check as check_module
from utils.check import check


@pytest.fixture
def shown(monkeypatch):
    """What `check` and `hint` display, as they display it."""
    things = []
    monkeypatch.setattr(check_module, "display", things.append)
    return things


class Notebook:
    """Cells that run one after another in one namespace, as in a kernel."""

    def __init__(self, monkeypatch):
        self.space = {"__name__": "__main__", "check": check, "In": [""]}
        monkeypatch.setitem(sys.modules["__main__"].__dict__, "In", self.space["In"])

    def cell(self, source: str, name: str = "__name__"):
        self.space["In"].append(source)
        return typed(source, name, self.space)


@pytest.fixture
def notebook(monkeypatch, shown):
    book = Notebook(monkeypatch)
    book.shown = shown
    return book
