"""A file's bytes -> its cells and its lesson, or one sentence why not; nothing of it is run."""

import json
import os

import pytest

from tests.grade import of_cells
from utils.grade import read as reading
from utils.grade.read import NotGradable, content_of, read

DEF = "def {}(x):\n    return x\n"


def told(content: bytes, **options) -> str:
    with pytest.raises(NotGradable) as said:
        read("x.ipynb", content, **options)
    return str(said.value)


def changed(**more) -> bytes:
    return json.dumps(json.loads(of_cells(DEF.format("suggest"))) | more).encode()


def test_another_language_and_another_format_are_said():
    for language in ("R", "julia"):
        metadata = {"kernelspec": {"language": language}}
        assert f"language is {language}, not Python" in told(changed(metadata=metadata))
    assert "is not Python" not in read("x", changed(metadata={"kernelspec": None})).lesson
    assert "not a notebook of format 4" in told(b"{}")
    assert "not valid JSON" in told(b"{")


def test_more_code_than_anybody_types_is_said(monkeypatch):
    monkeypatch.setattr(reading, "MOST_CODE", 100)
    assert "letters, which nobody typed" in told(of_cells(DEF.format("suggest"), "x" * 100))


def test_a_file_that_is_too_large_or_no_file_is_said(tmp_path, monkeypatch):
    path = tmp_path / "a.ipynb"
    path.write_bytes(of_cells("x = 1"))
    assert content_of(path) == path.read_bytes()
    monkeypatch.setattr(reading, "MOST_BYTES", 10)
    (tmp_path / "link.ipynb").symlink_to(path)
    (tmp_path / "folder.ipynb").mkdir()
    os.mkfifo(tmp_path / "pipe.ipynb")
    for name, said in (
        ("a", "clear its outputs"), ("link", "symbolic link"), ("folder", "not a regular file"),
        ("pipe", "not a regular file"), ("nowhere", "cannot be read: No such file"),
    ):  # fmt: skip
        with pytest.raises(NotGradable, match=said):
            content_of(tmp_path / f"{name}.ipynb")


def test_a_byte_order_mark_is_no_part_of_a_notebook():
    content = of_cells(DEF.format("suggest"))
    assert read("x.ipynb", b"\xef\xbb\xbf" + content).cells == read("x.ipynb", content).cells


def test_of_equals_the_files_name_decides_and_without_one_the_earlier_lesson():
    both = of_cells(DEF.format("suggest"), DEF.format("merge"))
    assert read("homework.ipynb", both).lesson == "01_language_modeling"
    assert read("02_byte_pair_encoding_ada.ipynb", both).lesson == "02_byte_pair_encoding"
    more = of_cells(DEF.format("suggest"), DEF.format("merge"), "encode = print")
    assert read("01_language_modeling.ipynb", more).lesson == "02_byte_pair_encoding"
    assert read("x.ipynb", more, "04_masked_self_attention").lesson == "04_masked_self_attention"


def test_cells_ids_tell_their_lesson_when_everything_else_was_rewritten():
    notebook = json.loads(of_cells(DEF.format("suggest"), "x = 1"))
    notebook["cells"][1]["metadata"] = {"nbgrader": {"grade_id": "merge"}}
    assert read("x.ipynb", json.dumps(notebook).encode()).lesson == "02_byte_pair_encoding"


def test_what_has_nothing_of_the_course_is_said():
    assert "none of the course's exercises" in told(of_cells("x = 1"))
