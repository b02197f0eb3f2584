"""Entries of what is done: taken over under all that decided them, and under nothing else."""

from pathlib import Path

import pytest

from tests.grade import LESSON
from utils.grade import many, recorded
from utils.grade.found import Found
from utils.grade.judged import Rules, not_graded
from utils.grade.recorded import Recorded


@pytest.mark.parametrize(
    "other",
    [Rules("t"), Rules("s", timeout=3.0), Rules("s", partial=True), Rules("s", lesson=LESSON)],
)
def test_an_entry_is_taken_over_for_the_same_rules_only(other, tmp_path):
    kept = Recorded(tmp_path, "s")
    kept.put(Path("a.ipynb"), Rules("s"), {"file": "a.ipynb", "digest": "d"})
    assert kept.get(Path("b/a.ipynb"), "d", Rules("s")) and not kept.get(
        Path("a.ipynb"), "d", other
    )
    assert not kept.get(Path("a.ipynb"), "e", Rules("s"))


def test_a_route_is_the_same_in_whatever_order_its_exercises_are_listed(tmp_path):
    kept, routes = Recorded(tmp_path, "s"), [frozenset([0, 8]), frozenset([8, 0])]
    assert [*routes[0]] != [*routes[1]], "as the same names in two processes"
    kept.put(Path("a.ipynb"), Rules("s", handed_out=routes[0]), {"digest": "d"})
    assert kept.get(Path("a.ipynb"), "d", Rules("s", handed_out=routes[1]))
    assert not kept.get(Path("a.ipynb"), "d", Rules("s", handed_out=frozenset([0])))
    assert not kept.get(Path("b.ipynb"), "d", Rules("s", handed_out=routes[0]))


def test_a_finished_run_leaves_its_entries_and_touches_nothing_else(tmp_path):
    kept = Recorded(tmp_path, "s")
    for digest in ("c", "d"):
        kept.put(Path("a.ipynb"), Rules("s"), {"digest": digest})
    (tmp_path / "finished" / "class.json").write_text("{}")
    again = Recorded(tmp_path)
    assert again.resumed and again.seed == "s"
    assert again.get(Path("b/a.ipynb"), "d", Rules("s"))["file"] == "b/a.ipynb"
    again.close()
    names = [path.name for path in (tmp_path / "finished").iterdir()]
    assert "class.json" in names and len(names) == 2
    assert not Recorded(tmp_path).resumed


def test_an_entry_is_taken_over_while_the_course_is_the_same(tmp_path, monkeypatch):
    kept = Recorded(tmp_path, "s")
    kept.put(Path("a.ipynb"), Rules("s"), {"file": "a.ipynb", "digest": "d"})
    (tmp_path / "utils").mkdir()
    monkeypatch.setattr(recorded, "ROOT", tmp_path)
    monkeypatch.setattr(recorded, "versions", recorded.versions.__wrapped__)
    found = {recorded.versions()}
    for place in ("utils/stories.py", "notebooks/01.ipynb", "data/gpt2/config.json"):
        (tmp_path / place).parent.mkdir(exist_ok=True, parents=True)
        (tmp_path / place).write_text("other = 1")
        found.add(recorded.versions())
    assert len(found) == 4 and not kept.get(Path("a.ipynb"), "d", Rules("s"))


def test_what_could_not_be_graded_is_tried_again(tmp_path):
    file = tmp_path / "a.ipynb"
    file.write_text("{}")
    tried = []

    def grade(todo):
        tried.extend(todo)
        return ((i, not_graded(found.path, "busy") | {"digest": "d"}) for i, found in todo.items())

    for _ in range(2):
        of_run = many.grade_all([Found(file)], Recorded(tmp_path / "out", "s"), Rules("s"), grade)
        assert [entry["reason"] for _, entry in of_run] == ["busy"]
    assert tried == [0, 0] and not list((tmp_path / "out" / "finished").glob("*.json"))


def test_an_untouched_notebook_that_cannot_be_graded_stops_the_run(monkeypatch):
    def judged(found, rules, judge):
        if found.path.parent.name == "notebooks":
            return not_graded(found.path, "no exercise in it")
        return {"status": "graded", "points": 1, "max_points": 1, "exercises": []}

    monkeypatch.setattr(many, "judged", judged)
    assert "no exercise in it" in many.canary({LESSON}, Rules("s"), None)
