"""What was seen of a notebook -> its entry: marks, hidden cases, what is said."""

from types import SimpleNamespace

import pytest

from utils.exercises import named
from utils.exercises.judge import FAILED, PASSED, CaseResult, Outcome, Verdict
from utils.grade import judged as module
from utils.grade.judged import Rules, drawn
from utils.grade.play import Judged
from utils.grade.read import Notebook

MERGE = named("merge")
BOOK = Notebook("x/a.ipynb", "digest", "02_byte_pair_encoding", ("def merge(): ...",))


def entry(*verdicts, partial=False, code=BOOK.cells[0]) -> dict:
    """merge's entry after these verdicts on it."""
    seen = Judged(verdicts={"merge": [*verdicts]}, code={"merge": 0})
    book = SimpleNamespace(cells=(code,))
    return module._exercise(MERGE, book, seen, Rules("s", partial=partial))


def verdict(status, *results, diagnosis="", ended="") -> tuple:
    outcomes = [Outcome(error="TimeLimit" if ended else "", text=ended) for _ in results]
    return Verdict(MERGE, status, [*results], diagnosis), outcomes


def result(passed, **more) -> CaseResult:
    return CaseResult("a case", passed, **more)


def test_what_passed_at_one_check_has_passed():
    passed, failed = verdict(PASSED, result(True)), verdict(FAILED, result(False))
    for order in ((passed, failed), (failed, passed)):
        found = entry(*order)
        assert (found["status"], found["points"]) == (PASSED, MERGE.points)
    assert entry(failed, failed)["points"] == 0


def test_a_hint_is_for_who_needs_it():
    assert entry(verdict(FAILED, result(False)))["hint"] == MERGE.hints[0]
    assert entry(verdict(PASSED, result(True)))["hint"] == ""


def test_what_ended_it_is_said_where_no_mistake_is_known():
    stopped = verdict(FAILED, result(False, got="no answer"), ended="it was still running")
    assert entry(stopped)["diagnosis"] == "it was still running"
    known = verdict(FAILED, result(False), diagnosis="You merged twice.", ended="x")
    assert entry(known)["diagnosis"] == "You merged twice."


def test_a_part_of_the_points_is_for_the_cases_that_were_tried_and_those_that_were_not():
    half = verdict(FAILED, result(True), result(False, got="3"))
    cut = verdict(FAILED, result(True), result(False, got="no answer"))
    assert entry(half)["points"] == 0
    assert entry(half, partial=True)["points"] == pytest.approx(MERGE.points / 2)
    assert entry(cut, partial=True)["points"] == pytest.approx(MERGE.points / 3, abs=0.005)


def test_a_book_in_a_cell_is_not_shown_whole():
    found = entry(verdict(FAILED, result(False)), code="x" * 10**6)
    assert len(found["code"]) == module.MOST_CODE


def test_hidden_cases_follow_from_the_seed_the_file_its_content_and_the_check():
    def seed(file="a.ipynb", digest="d", name="merge", number=0, rules="s"):
        return drawn(Notebook(file, digest, "", ()), Rules(rules), name, number)

    same = {seed(), seed("elsewhere/a.ipynb"), seed(name="encode")}
    assert len(same) == 1, "all first checks of a file"
    others = [seed("b.ipynb"), seed(digest="e"), seed(rules="t"), seed(number=1), seed(number=2)]
    others += [seed(name="encode", number=1)]
    assert len({*others} - same) == len(others)
