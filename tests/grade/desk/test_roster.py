"""A class list in any of its forms, and whose a file is."""

import json
import os

import pytest

from utils.grade.desk import roster as rosters
from utils.grade.desk.matching import NOBODY, Matcher, matched
from utils.grade.recorded import RunError

CANVAS = """Student,ID,SIS User ID,SIS Login ID,Section,Quiz 1 (87)
    Points Possible,,,,,10
"Lovelace, Ada",12345,s-001,ada01,Monday,7
"Weiß, Jörg",12346,s-002,joerg,Monday,
"""
MOODLE = (
    "Identifier;Full name;Email address;Status;Grade\n"
    "Participant 4711;Ada Lovelace;ada@example.org;Submitted;\n"
)
PLAIN = "First name\tSurname\tUsername\nAda\tLovelace\tadal\nAda\tByron\tadab\nLi\tWu\tliwu\n"


def roster_of(tmp_path, text, encoding="utf-8"):
    path = tmp_path / "class.csv"
    path.write_text(text, encoding=encoding)
    return rosters.read(path)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1252"])
def test_canvas_own_export_is_a_roster(tmp_path, encoding):
    roster = roster_of(tmp_path, CANVAS, encoding)
    assert [(s.name, s.id, s.login) for s in roster.students] == [
        ("Ada Lovelace", "12345", "ada01"),
        ("Jörg Weiß", "12346", "joerg"),
    ]
    assert "login from 'SIS Login ID'" in roster.said


def test_moodles_sheet_and_a_plain_table(tmp_path):
    (ada,) = roster_of(tmp_path, MOODLE).students
    assert (ada.id, ada.email) == ("Participant 4711", "ada@example.org")
    assert [s.name for s in roster_of(tmp_path, PLAIN).students] == [
        "Ada Lovelace", "Ada Byron", "Li Wu",
    ]  # fmt: skip


def test_columns_are_known_by_what_they_hold_in_any_language(tmp_path):
    text = "Nr.;Wer;Post;Punkte\ns001;Ada Lovelace;ada@x.org;12\ns002;=1+1;li@x.org;9\n"
    text += "".join(f"s{n:03d};Li Wu;li{n}@x.org;9\n" for n in range(3, 30))
    roster = roster_of(tmp_path, text)
    assert [(s.id, s.name) for s in roster.students[:2]] == [
        ("s001", "Ada Lovelace"),
        ("s002", "=1+1"),
    ]
    assert roster.said.startswith("29 students: email from 'Post', id from 'Nr.', name from 'Wer'")


@pytest.mark.parametrize(
    "text, said",
    [("", "is empty"), ("colour\nred\n", "no column of names"), ("name\n", "names no student"),
     ("id,name\n1,A\n1,B\n", "row 3: 1 is there twice")],
)  # fmt: skip
def test_what_is_no_roster_is_said_in_a_sentence(tmp_path, text, said):
    with pytest.raises(RunError, match=said):
        roster_of(tmp_path, text)


FILES = {
    "lovelaceada_LATE_12345_99_01_language_modeling.ipynb": "Ada Lovelace",
    "ada01/01_language_modeling.ipynb": "Ada Lovelace",
    "Ada Lovelace_4711_assignsubmission_file_/work.ipynb": "Ada Lovelace",
    "01_language_modeling_ada.ipynb": "Ada Lovelace",
    "LOVELACE-Ada.ipynb": "Ada Lovelace",
    "joerg_weiss.ipynb": "Jörg Weiß",
    "Weiß, Jörg/01.ipynb": "Jörg Weiß",
    "jorg weiss/01.ipynb": "Jörg Weiß",
    "01_language_modeling.ipynb": None,
    "12345 and 12346.ipynb": None,
}


@pytest.mark.parametrize("file, name", FILES.items())
def test_whose_a_file_is_stands_in_its_name_or_its_folders(tmp_path, file, name):
    student, why = Matcher(roster_of(tmp_path, CANVAS)).of_file(file)
    assert (student and student.name) == name, why


def test_of_two_columns_that_mean_the_same_the_first_counts(tmp_path):
    (ada,) = roster_of(tmp_path, "Id,ID,name\n1,x,Ada\n").students
    assert ada.key == "1"


def test_the_longer_name_counts(tmp_path):
    matcher = Matcher(roster_of(tmp_path, "name\nAda Lovelace\nAda Lovelace Byron\n"))
    assert matcher.of_file("ada_lovelace_byron.ipynb")[0].name == "Ada Lovelace Byron"
    assert matcher.of_file("ada_lovelace.ipynb")[0].name == "Ada Lovelace"


def test_two_letters_are_a_name_only_alone(tmp_path):
    matcher = Matcher(roster_of(tmp_path, PLAIN))
    assert matcher.of_file("wu.ipynb")[0].name == "Li Wu"
    assert matcher.of_file("wu 2.ipynb")[0] is None


def test_what_two_students_share_finds_neither(tmp_path):
    matcher = Matcher(roster_of(tmp_path, PLAIN))
    assert matcher.of_file("ada.ipynb")[0] is None
    assert matcher.of_file("byron.ipynb")[0].name == "Ada Byron"
    student, why = matcher.of_file("byron_lovelace.ipynb")
    assert student is None and why == "it could be Ada Lovelace or Ada Byron"


def test_a_file_called_like_somebody_else_is_nobodys(tmp_path):
    """It would earn its author another's points, and bring them another's comments."""
    matcher = Matcher(roster_of(tmp_path, "id,name\ns1,Ada Lovelace\ns2345,Mallory Ek\n"))
    for path in (
        "mallory ek/ada lovelace.ipynb",
        "mallory ek/s1.ipynb",
        "s2345/ada lovelace.ipynb",
    ):
        student, why = matcher.of_file(path)
        assert student is None and why.startswith("it could be "), path
        assert "Ada Lovelace" in why and "Mallory Ek" in why
    assert matcher.of_file("mallory ek/s2345.ipynb")[0].name == "Mallory Ek"
    assert matcher.of_file("ada lovelace/ada.ipynb")[0].name == "Ada Lovelace"


def test_a_short_id_is_not_found_in_a_lessons_number(tmp_path):
    matcher = Matcher(roster_of(tmp_path, "id,name\n01,Ada Lovelace\n2,Li Wu\n"))
    assert matcher.of_file("01_language_modeling.ipynb")[0] is None
    assert matcher.of_file("2/01_language_modeling.ipynb")[0].name == "Li Wu"
    assert matcher.of_file("02 01.ipynb")[0] is None


def test_names_above_the_graded_folder_say_nothing(tmp_path):
    matcher = Matcher(roster_of(tmp_path, CANVAS))
    folder = tmp_path / "lovelace"
    assert matcher.of_file(str(folder / "x.ipynb"), [folder])[0] is None


@pytest.mark.parametrize("source", ["# Name: Ada Lovelace", 'student_id = "12345"', "E-mail: x@y"])
def test_a_cell_may_say_who_it_is(tmp_path, source):
    path = tmp_path / "homework.ipynb"
    path.write_text(json.dumps({"cells": [{"cell_type": "code", "source": [source]}]}))
    student, _ = Matcher(roster_of(tmp_path, CANVAS)).of_file(str(path), [tmp_path])
    assert (student and student.name) == (None if "@" in source else "Ada Lovelace")
    (tmp_path / "link.ipynb").symlink_to(path)
    student, _ = Matcher(roster_of(tmp_path, CANVAS)).of_file(str(tmp_path / "link.ipynb"))
    assert student is None, "a link is not read"


def test_who_handed_in_nothing_and_what_is_nobodys_is_listed(tmp_path):
    before = {"key": "s-001", "name": "Ada Lovelace"}  # what an earlier run said of it
    entries = [{"file": "ada.ipynb"}, {"file": "homework.ipynb", "student": before}]
    found = matched({"submissions": entries}, roster_of(tmp_path, CANVAS), [])
    assert found["submissions"][0]["student"]["name"] == "Ada Lovelace"
    assert [s["name"] for s in found["roster"]["nothing"]] == ["Jörg Weiß"]
    assert "student" not in found["submissions"][1]
    assert found["roster"]["unmatched"] == [{"file": "homework.ipynb", "why": NOBODY}]


ALIREZA = "\u0639\u0644\u06cc\u200c\u0631\u0636\u0627"  # as Persian writes it


@pytest.mark.parametrize(
    "name, file",
    [
        ("Ada Lovelace", "ada love\u00adlace/x.ipynb"),
        ("Ada Lovelace", "\u200bAda\u2060 Lovelace\u200f/x.ipynb"),
        (f"{ALIREZA} \u06a9", f"{ALIREZA}.ipynb"),
        (ALIREZA, ALIREZA.replace("\u200c", "") + ".ipynb"),
    ],
)
def test_an_invisible_letter_hides_nobody(name, file, tmp_path):
    student, why = Matcher(roster_of(tmp_path, f"name\n{name}\nLi Wu\n")).of_file(file)
    assert student and student.name == name, why


def test_a_pipe_is_not_waited_for(tmp_path):
    os.mkfifo(tmp_path / "x.ipynb")
    assert Matcher(roster_of(tmp_path, PLAIN)).of_file(tmp_path / "x.ipynb", [tmp_path])[0] is None
