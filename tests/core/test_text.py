"""Text that people read: escaped where it must be, free of what no report can hold, and in files
that are whole.
"""

import jinja2
import pytest

from utils.text import Html, as_html, cleaned, page, plural, tag, write_whole


def test_a_count_has_its_noun():
    assert [plural(n, "hint") for n in (0, 1, 2)] == ["0 hints", "1 hint", "2 hints"]


def test_a_tag_escapes_what_is_in_it_and_on_it():
    assert tag("b", "<", Html("<i>"), class_='"x') == '<b class="&quot;x">&lt;<i></b>'


def test_stress_and_code_are_marked_and_nothing_else():
    assert as_html("2 * 3 * 4 and *one* `*two*`") == (
        "2 * 3 * 4 and <em>one</em> <code>*two*</code>"
    )


def test_what_no_report_can_hold_is_replaced_wherever_it_stands():
    given = {"a": ["x\x1b[2J\r\x00", "fine\n\tö"], "b": {"c": "\ud800"}, "d": 1.5}
    assert cleaned(given) == {
        "a": ["x\ufffd[2J\ufffd\ufffd", "fine\n\tö"],
        "b": {"c": "?"},
        "d": 1.5,
    }


def test_a_page_escapes_and_misses_nothing_silently(tmp_path):
    template = tmp_path / "t.j2"
    template.write_text("{{ a }} {{ a | marked }}")
    assert page(template, a="`<`") == "`&lt;` <code>&lt;</code>"
    template.write_text("{{ a }}")
    with pytest.raises(jinja2.UndefinedError):
        page(template)


def test_a_file_that_cannot_be_finished_leaves_the_old_one(tmp_path):
    write_whole(tmp_path / "f", "old")
    with pytest.raises(UnicodeEncodeError):
        write_whole(tmp_path / "f", "new" * 10_000 + "\ud800")
    assert (tmp_path / "f").read_text() == "old"
