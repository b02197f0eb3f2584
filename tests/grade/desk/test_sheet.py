"""Tables in files: whole or not at all, and never a formula."""

import pytest

from utils.grade.desk import sheet


class Breaks:
    def __str__(self):
        raise OSError("No space left on device")


def test_a_table_that_cannot_be_finished_leaves_the_old_one(tmp_path):
    path = tmp_path / "t.csv"
    sheet.write(path, ["a"], [["1"]])
    with pytest.raises(OSError, match="No space"):
        sheet.write(path, ["a"], [["2"], [Breaks()]])
    assert sheet.read(path) == (["a"], [{"a": "1"}])


@pytest.mark.parametrize("text", ["=1+1", "+1", "-1", "@x", "\t=1", "  =1"])
def test_text_that_a_spreadsheet_would_run(text):
    assert sheet.disarmed(text) == "'" + text and sheet.disarmed("ada.ipynb") == "ada.ipynb"


@pytest.mark.parametrize("text, number", [("2", 2), (" 1,5 ", 1.5), ("", None), ("0", 0)])
def test_points_as_people_type_them(text, number):
    assert sheet.number(text, "here") == number
