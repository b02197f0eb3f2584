"""What an instructor and a student read."""

import re

from tests.grade.reports import exercise, graded, not_graded, report
from utils.grade.reports import write
from utils.grade.reports.classroom import mistakes
from utils.grade.reports.people import page_name, write_html
from utils.text import cleaned

SQUARED = exercise(diagnosis="You squared.", hint="Add `x`.")


def written(tmp_path, *submissions, **more) -> str:
    """The class page."""
    write_html(report(*submissions, **more), tmp_path)
    return (tmp_path / "index.html").read_text(encoding="utf-8")


def own(tmp_path) -> str:
    (path,) = tmp_path.glob("0001_*.html")
    return path.read_text(encoding="utf-8")


def test_who_needs_help_stands_first(tmp_path):
    done = exercise("suggest", "passed")
    page = written(tmp_path, graded("x/a.ipynb", done), graded("x/b.ipynb", SQUARED))
    assert page.index(">x/b.ipynb<") < page.index(">x/a.ipynb<")


def test_the_most_common_mistake_stands_first_and_a_pass_is_none():
    other = exercise(diagnosis="Another.")
    praised = exercise("merge", "passed", diagnosis="It was slow.")
    entries = [graded("a", other, praised), graded("b", SQUARED), graded("c", SQUARED)]
    found = mistakes([("link", entry) for entry in entries])
    assert [(m["said"], len(m["who"])) for m in found] == [("You squared.", 2), ("Another.", 1)]
    assert found[0]["hint"] == "Add `x`."


def test_what_could_not_be_graded_is_on_the_class_page(tmp_path):
    page = written(tmp_path, graded("a", SQUARED), not_graded("x/b.zip", "it is an archive"))
    assert "<li>x/b.zip: it is an archive</li>" in page and "1 of 2 submissions" in page


def test_a_students_page_says_all_that_the_marks_follow_from(tmp_path):
    late = {"days": 1, "off": 1.0, "words": "handed in 1 hour after it was due: 1 points off"}
    given = SQUARED | {"judged": 0, "points": 1, "comment": "So near."}
    written(tmp_path, graded("a", given, notes=["a cell was left out"], late=late))
    text = own(tmp_path)
    for said in (
        "<b>1 of 2 points</b>", "It was handed in 1 hour after", "<p>a cell was left out.</p>",
        "<b>Hint:</b> Add <code>x</code>.", "your instructor: 1; from the judge: 0", "So near.",
        "You squared.", "All or nothing.", "How it was run: walls.",
    ):  # fmt: skip
        assert said in text, said
    written(tmp_path, graded("a", exercise("suggest", "passed")))
    text = own(tmp_path)
    assert not re.search("Hint|looks like|It was handed in|instructor", text)


def test_pages_of_an_earlier_run_are_gone_and_other_files_are_not(tmp_path):
    (tmp_path / "mine.html").write_text("")
    pair = {"a": 0, "b": 1, "share": 90, "same_file": False, "exercises": ["suggest"]}
    written(tmp_path, graded("a", SQUARED), graded("b", SQUARED), alike=[pair])
    before = {path.name for path in tmp_path.iterdir()}
    assert before == {"mine.html", "index.html", "alike.html", "0001_a.html", "0002_b.html"}
    written(tmp_path, graded("c", SQUARED))
    after = {path.name for path in tmp_path.iterdir()}
    assert after == {"mine.html", "index.html", "0001_c.html"}


def test_a_pages_name_is_a_files_on_every_system():
    entry = graded("x/../Ada: <\\Lovelace>?.ipynb")
    assert page_name(7, entry) == "0007_Ada_Lovelace_.html"
    assert len(page_name(7, graded("y" * 300))) < 80


def test_a_link_that_was_planted_among_the_reports_is_not_followed(tmp_path):
    mine = tmp_path / "mine"
    mine.write_text("mine")
    out = tmp_path / "out"
    out.mkdir()
    names = ("index.html", "0001_a.html", "report.json", "report.csv", "report.xml", "results.json")
    for name in names:
        for ending in ("", ".part", ".half"):
            (out / (name + ending)).symlink_to(mine)
    write(report(graded("a", SQUARED)), out, ["json", "csv", "junit", "gradescope", "html"])
    assert mine.read_text() == "mine"
    assert not any((out / name).is_symlink() for name in names)


def test_a_name_keeps_what_its_script_needs(tmp_path):
    name = "\u0639\u0644\u06cc\u200c\u0631\u0636\u0627 \u0dc1\u0dca\u200d\u0dbb\u0dd3"
    assert cleaned(name) == name and cleaned("a\u200b\u00ad\u202e\x1b") == "a" + 4 * "\ufffd"
    assert f">{name}<" in written(tmp_path, graded(cleaned(name), SQUARED))


def test_the_class_page_says_which_times_are_not_known_and_what_may_be_whose(tmp_path):
    nothing = [{"name": "Ben", "others": ["b/1.png", "b/2.png", "b/3.png", "b/4.png"]}]
    nothing += [{"name": "Eve"}]
    roster = {"nothing": nothing, "students": [1, 2], "unmatched": [], "understood": "so"}
    due = "2026-05-31T12:00+00:00"
    page = written(tmp_path, graded("a", SQUARED), due=due, roster=roster)
    assert ">not known</td>" in page
    said = "Ben (but b/1.png, b/2.png, b/3.png and 1 more may be theirs, and cannot be graded), Eve"
    assert said in " ".join(page.split())
