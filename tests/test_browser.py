"""The course as a learner meets it: a real JupyterLab in a real Chromium."""

import sys

import pytest

from tests.lab import CHROMIUM, running_lab

pytestmark = [
    pytest.mark.skipif(CHROMIUM is None, reason="no Chromium is installed, so nothing can be tried in a browser"),
    pytest.mark.skipif(sys.platform == "win32", reason="the tests stop JupyterLab by a process group, which Windows has not"),
]

WRONG = '''def count_bigrams(words):
    counts = {}
    for word in words:
        counts[word] = counts.get(word, 0) + 1
    return counts
'''
RIGHT = '''def count_bigrams(words):
    counts = {}
    for word, after in zip(words, words[1:]):
        inner = counts.setdefault(word, {})
        inner[after] = inner.get(after, 0) + 1
    return counts
'''


@pytest.fixture(scope="module")
def lab(tmp_path_factory):
    with running_lab(tmp_path_factory.mktemp("lab")) as running:
        yield running


def test_make_lab_opens_the_first_lesson(lab):
    lab.open()
    assert lab.page.evaluate("jupyterapp.shell.currentWidget.context.path") == "notebooks/00_start_here.ipynb"


def test_a_learner_goes_wrong_then_right_and_sees_it_kept(lab):
    lab.open("01_language_modeling")
    ran = lab.run_all()
    assert ran and all(cell["count"] and not cell["error"] for cell in ran), [c for c in ran if c["error"]]

    check = "count_bigrams = check(count_bigrams)"
    card = lab.cell(check).locator(".check-card")
    assert "not done yet" in card.inner_text()

    lab.type_into("def count_bigrams", WRONG)
    lab.type_into(check, check)
    card.get_by_text("What it looks like:").wait_for()
    assert "You counted single words" in card.inner_text()

    lab.type_into("def count_bigrams", RIGHT)
    lab.type_into(check, check)
    card.get_by_text("passed, 5 of 5 cases").wait_for()
    assert "rgb(0, 158, 115)" in card.evaluate("e => getComputedStyle(e).borderLeftColor")

    lab.open("00_start_here")
    lab.run_all()
    table = lab.page.locator(".progress-table")
    assert "✓ count_bigrams" in table.inner_text() and "1 of " in table.inner_text()
    assert not lab.errors and not lab.outside


def test_the_stepper_steps_by_mouse_and_by_keyboard(lab):
    lab.open("01_language_modeling")
    lab.run_all()
    cell = lab.cell("Stepper([")
    status = cell.get_by_role("status")
    said = [status.inner_text()]
    cell.get_by_role("button", name="next").click()
    status.get_by_text("2 of").wait_for()
    said.append(status.inner_text())
    cell.get_by_role("slider").press("ArrowRight")
    status.get_by_text("3 of").wait_for()
    said.append(status.inner_text())
    assert len(set(said)) == 3
    assert cell.locator("svg[role=img]").get_attribute("aria-label").startswith("The model reads")
    assert not lab.errors
