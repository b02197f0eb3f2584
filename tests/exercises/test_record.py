"""What is done, and the record of what was tried."""

import json

from tests.exercises import in_a_fresh_process, typed
from utils import progress
from utils.check import check
from utils.exercises import named, names
from utils.progress import kept


def test_what_was_only_tried_is_not_done_and_has_no_points():
    kept.tried(named("suggest"))
    table = progress.table()
    assert (table.done, table.points) == (0, 0) and table.summary.startswith("0 of ")
    assert "✗ tried" in repr(table)
    kept.put("suggest", "def suggest(p, k=3):\n    return []\n")
    assert progress.table().points == named("suggest").points


def test_two_records_become_one_and_nothing_of_either_is_lost():
    kept.tried(named("suggest"))
    for _ in range(2):
        kept.next_hint(named("suggest"))
    kept.merge({"tried": ["merge", "suggest"], "hints": {"suggest": 1, "merge": 1}})
    assert kept.read_record() == {
        "tried": ["suggest", "merge"],
        "hints": {"suggest": 2, "merge": 1},
    }


def test_what_passed_stays_passed_after_a_wrong_try(shown):
    right = "def suggest(p, k=3):\n    return sorted(p, key=lambda w: (-p[w], w))[:k]\n"
    check(typed(right, "suggest"))
    check(typed("def suggest(p, k=3):\n    return []\n", "suggest"))
    assert kept.status("suggest") == "passed" and not hasattr(
        progress.mine("suggest"), "is_reference"
    )


def test_a_damaged_record_is_moved_aside_and_loses_no_function(own_progress, capsys):
    kept.put("longest_word", "def longest_word(words):\n    return max(words, key=len)\n")
    kept.tried(named("suggest"))
    for damage in ("{", "[]", "[" * 100_000):
        (own_progress / "record.json").write_text(damage)
        assert progress.table().done == 1
        assert "was damaged" in capsys.readouterr().out
        assert (own_progress / "record.json.damaged").read_text() == damage
    kept.tried(named("merge"))
    assert json.loads((own_progress / "record.json").read_text())["tried"] == ["merge"]
    assert kept.status("longest_word") == "passed" and kept.status("merge") == "tried"


def test_a_broken_kept_file_is_said_and_the_reference_used(own_progress, capsys):
    kept.put("suggest", "def suggest(:\n")
    assert progress.mine("suggest").is_reference
    assert "does not run" in capsys.readouterr().out


def test_an_unwritable_folder_is_said_and_nothing_breaks(shown, monkeypatch, tmp_path):
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("GPT2_BY_HAND_PROGRESS", str(tmp_path / "file" / "inside"))
    right = "def suggest(p, k=3):\n    return sorted(p, key=lambda w: (-p[w], w))[:k]\n"
    assert check(typed(right, "suggest"))
    assert "could not be kept" in repr(shown[0])
    kept.tried(named("suggest"))
    assert kept.next_hint(named("suggest")) == (1, False)


def test_a_kept_functions_line_can_be_shown_in_a_traceback():
    import inspect

    kept.put("suggest", "def suggest(p, k=3):\n    return 1 / 0\n")
    assert "1 / 0" in inspect.getsource(progress.mine("suggest"))
    kept.put("suggest", "def suggest(p, k=3):\n    return 2 / 0\n")
    assert "2 / 0" in inspect.getsource(progress.mine("suggest"))


def test_asking_what_is_done_imports_no_exercise():
    said = in_a_fresh_process(
        "import sys; from utils.progress import kept, lessons; lessons(); "
        "kept.read_record(); kept.status('suggest'); print('torch' in sys.modules)"
    )
    assert said == "False"
    assert sum(progress.lessons().values()) == len(names())
