"""A class's report over several runs, and how its marks were made."""

import json

from utils.grade.classes import PARTLY, WHOLE, merged, words_of
from utils.grade.judged import Rules


def graded(folder, *names, paths=(), points=0) -> list[tuple[str, int]]:
    """(name, points) of each entry after these files of `folder` were graded."""
    (folder / "out" / "finished").mkdir(parents=True, exist_ok=True)
    entries = [{"file": str(folder / name), "points": points} for name in names]
    files = [folder / name for name in names]
    found = merged({"submissions": entries}, files, paths or [folder], folder / "out")
    return [(s["file"].removeprefix(f"{folder}/"), s["points"]) for s in found["submissions"]]


def test_what_is_graded_again_changes_and_what_is_gone_goes(tmp_path):
    assert graded(tmp_path, "a/1", "a/2", "b/1") == [("a/1", 0), ("a/2", 0), ("b/1", 0)]
    again = graded(tmp_path, "a/1", paths=[tmp_path / "a"], points=1)
    assert again == [("a/1", 1), ("b/1", 0)], "a/2 was taken away"
    again = graded(tmp_path, "b/1", paths=[tmp_path / "b" / "1"], points=2)
    assert again == [("a/1", 1), ("b/1", 2)]
    assert graded(tmp_path, "a/1", points=3) == [("a/1", 3)], "the whole class again"
    assert graded(tmp_path, "x", paths=[tmp_path.parent]) == [("x", 0)], "another class"


def test_a_damaged_note_of_the_last_run_is_none(tmp_path):
    graded(tmp_path, "a", "b")
    for note in ("{", "[]", json.dumps({"paths": 3, "submissions": {}})):
        (tmp_path / "out" / "finished" / "class.json").write_text(note)
        assert graded(tmp_path, "a", paths=[tmp_path / "a"], points=1) == [("a", 1)]


def test_the_rules_are_said_as_they_were_given():
    assert words_of(Rules("s")) == WHOLE
    said = words_of(Rules("s", lesson="01_language_modeling", partial=True), "half-day")
    assert said.startswith(PARTLY) and "half-day" in said and "01_language_modeling" in said
