"""Pages that go back: beside the notebooks, through no link; in a zip, each by its own name."""

import json
import os
import zipfile
from pathlib import Path

import pytest

from tests.grade.reports import exercise, graded, report
from utils.grade.__main__ import main
from utils.grade.classes import merged
from utils.grade.desk.give_back import in_zip
from utils.grade.reports.people import write_html


def reported(out: Path, files: list[Path], graded_paths: list[Path]) -> None:
    """Reports of these files, as a run leaves them."""
    for file in files:
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text("{}")
    (out / "finished").mkdir(parents=True, exist_ok=True)
    whole = report(*(graded(str(file), exercise()) for file in files))
    whole = merged(whole, files, graded_paths, out)
    write_html(whole, out)
    (out / "report.json").write_text(json.dumps(whole))


def test_a_link_in_a_pages_place_is_replaced_and_not_followed(tmp_path, capsys):
    mine = tmp_path / "anything"
    mine.write_text("the teacher's")
    folder = tmp_path / "class"
    reported(tmp_path / "out", [folder / "mallory" / "x.ipynb"], [folder])
    page = folder / "mallory" / "x_feedback.html"
    page.symlink_to(mine)
    assert main(["return", str(tmp_path / "out")]) == 0
    assert mine.read_text() == "the teacher's"
    assert "<h1>" in page.read_text() and not page.is_symlink()
    assert sorted(os.listdir(page.parent)) == ["x.ipynb", "x_feedback.html"]
    assert "1 page, beside" in capsys.readouterr().out
    assert page.stat().st_mode & 0o777 == (folder / "mallory" / "x.ipynb").stat().st_mode & 0o777


@pytest.mark.parametrize("to", ["elsewhere", "class/ben"])
def test_nothing_is_written_into_a_folder_that_a_link_leads_to(to, tmp_path, capsys):
    folder = tmp_path / "class"
    files = [folder / "ben" / "x.ipynb", folder / "mallory" / "deep" / "x.ipynb"]
    reported(tmp_path / "out", files, [folder])
    (tmp_path / to).mkdir(exist_ok=True)
    files[1].unlink()
    files[1].parent.rmdir()
    files[1].parent.symlink_to(tmp_path / to)
    assert main(["return", str(tmp_path / "out")]) == 0
    said = capsys.readouterr().out.splitlines()
    assert len(said) == 2 and "1 page, beside" in said[1]
    assert (
        "mallory/deep/x_feedback.html was not written: its folder is reached by a link" in said[0]
    )
    assert len(list(folder.rglob("*_feedback.html"))) == 1
    assert not list((tmp_path / "elsewhere").glob("*"))


def test_a_graded_folder_may_be_a_link_and_a_page_that_cannot_be_written_stops_no_other(
    tmp_path, capsys
):
    (tmp_path / "disk").mkdir()
    (tmp_path / "class").symlink_to(tmp_path / "disk")
    files = [tmp_path / "class" / name / "x.ipynb" for name in ("ada", "ben", "eve")]
    reported(tmp_path / "out", files, [tmp_path / "class"])
    (tmp_path / "disk" / "ben" / "x_feedback.html").mkdir()
    assert main(["return", str(tmp_path / "out")]) == 0
    said = capsys.readouterr().out.splitlines()
    assert len(said) == 2 and "ben/x_feedback.html was not written: " in said[0]
    pages = [path for path in (tmp_path / "disk").rglob("*.html") if path.is_file()]
    assert {page.parent.name for page in pages} == {"ada", "eve"}
    assert not list((tmp_path / "disk").rglob("*.half"))


def test_two_sections_have_two_folders_in_the_zip(tmp_path):
    folders = [tmp_path / "g1", tmp_path / "g2"]
    files = [folder / "anna" / "01.ipynb" for folder in folders]
    reported(tmp_path / "out", files, folders)
    to = tmp_path / "back.zip"
    assert main(["return", str(tmp_path / "out"), "--zip", str(to)]) == 0
    with zipfile.ZipFile(to) as archive:
        assert archive.namelist() == [f"{name}/anna/01_feedback.html" for name in ("g1", "g2")]


@pytest.mark.parametrize(
    "files, graded_paths, names",
    [
        (["/c/g1/a/1.ipynb", "/c/g2/b/1.ipynb"], ["/c/g1", "/c/g2"], ["a/1", "b/1"]),
        (["/a/g/1.ipynb", "/b/g/1.ipynb"], ["/a/g", "/b/g"], ["a/g/1", "b/g/1"]),
        (["/c/a/1.ipynb", "/c/b/1.ipynb"], ["/c/a/1.ipynb", "/c/b/1.ipynb"], ["a/1", "b/1"]),
        (["/c/a\u200b/1.ipynb", "/c/a/1.ipynb"], ["/c"], ["a\u200b/1", "a/1"]),
        (["/c/\udcfe.ipynb", "/c/\udcff.ipynb"], ["/c"], ["?", "?_2"]),
        (["/c/..\\up/1.ipynb", "/c/\udcff.ipynb"], ["/c"], [".._up/1", "?"]),
        ([], ["/c"], []),
    ],
)
def test_no_two_pages_of_a_zip_have_one_name(files, graded_paths, names):
    found = in_zip([Path(file) for file in files], [Path(path) for path in graded_paths])
    assert found == [f"{name}_feedback.html" for name in names]
