"""Progress in one file: what goes out comes in again elsewhere, and nothing counts that the judge
has not run.
"""

import inspect
import json
import os
import re
import subprocess
import sys

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from utils import progress
from utils.exercises import named, names
from utils.exercises.language_modeling.generate import generate
from utils.progress import kept, portfolio
from utils.progress.portfolio import FORMAT, ROOT, main

LONGEST = "def longest_word(words):\n    return max(words, key=len)  # </script><b>&</b>\n"
SUGGEST = (
    "def suggest(probabilities, k=3):\n    return sorted(probabilities, key=lambda w: "
    "(-probabilities[w], w))[:k]\n"
)
WRONG = "def suggest(probabilities, k=3):\n    return sorted(probabilities, reverse=True)[:k]\n"
GENERATE = inspect.getsource(generate)


@pytest.fixture(autouse=True)
def machine(tmp_path, monkeypatch):
    """A function that sits down at a machine: a progress folder by its name."""

    def sit_down(name):
        monkeypatch.setenv("GPT2_BY_HAND_PROGRESS", str(tmp_path / name))
        return tmp_path / name

    sit_down("home")
    return sit_down


def written(tmp_path, functions, **more):
    path = tmp_path / "file.json"
    path.write_text(json.dumps({"format": FORMAT, "functions": functions, "record": {}} | more))
    return path


def snapshot(folder):
    return {p.relative_to(folder): p.read_bytes() for p in folder.rglob("*") if p.is_file()}


@pytest.mark.slow
def test_what_is_exported_comes_in_elsewhere_and_counts(tmp_path, machine, capsys):
    home = machine("home")
    kept.put("longest_word", LONGEST)
    kept.put("generate", GENERATE)  # calls an earlier exercise, which is not in the file
    progress.next_hint(named("suggest"))
    progress.tried(named("merge"))
    assert main(["export", str(tmp_path / "mine.json")]) == 0
    school = machine("school")
    assert main(["import", str(tmp_path / "mine.json")]) == 0
    assert "2 functions came in and passed" in capsys.readouterr().out
    assert snapshot(home / "functions") == snapshot(school / "functions")
    assert progress.table().done == 2 and kept.read_record()["hints"] == {"suggest": 1}
    assert kept.read_record()["tried"] == ["merge"]
    assert progress.mine("longest_word")(["a", "robot"]) == "robot" and not hasattr(
        progress.mine("longest_word"), "is_reference"
    )


@pytest.mark.slow
def test_a_file_that_says_passed_is_not_believed(tmp_path, capsys):
    path = written(
        tmp_path,
        {"suggest": WRONG},
        record={
            "tried": ["suggest", "longest_word", 3],
            "hints": {"suggest": 10**9, "../evil": 1},
            "passed": ["longest_word"],
        },
    )
    assert main(["import", str(path)]) == 1
    assert "suggest does not pass: " in capsys.readouterr().out
    assert progress.table().done == 0 and progress.mine("suggest").is_reference
    assert kept.read_record() == {"tried": ["suggest", "longest_word"], "hints": {"suggest": 9}}


def test_what_is_here_already_stays(tmp_path, capsys):
    kept.put("suggest", "# mine\n" + SUGGEST)
    assert (
        main(["import", str(written(tmp_path, {"suggest": SUGGEST, "longest_word": LONGEST}))]) == 0
    )
    assert "1 function of the file was here already" in capsys.readouterr().out
    assert (progress.folder() / "functions" / "suggest.py").read_text().startswith("# mine")


@pytest.mark.slow
@pytest.mark.parametrize("command", ["import", "verify"])
def test_nothing_of_a_file_runs_in_this_process(command, tmp_path):
    bad = "import sys\nsys.modules['it_ran_here'] = sys\n" + WRONG
    assert (
        main(
            [
                command,
                str(
                    written(tmp_path, {"suggest": bad, "longest_word": "import os\nos._exit(0)\n"})
                ),
            ]
        )
        == 1
    )
    assert "it_ran_here" not in sys.modules and not (progress.folder() / "functions").exists()


WHOLE = json.dumps({"format": FORMAT, "functions": {"longest_word": LONGEST}, "record": {}})


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"\x00\xff\xfe",
        b"PK\x03\x04 a zip",
        WHOLE[:-20].encode(),
        b"[1, 2]",
        b"null",
        b"[" * 100_000,
        b'{"cells": []}',
        json.dumps({"format": FORMAT}).encode(),
        json.dumps({"format": FORMAT, "functions": {"suggest": 3}}).encode(),
        json.dumps({"format": FORMAT, "functions": {"suggest": "x" * 200_000}}).encode(),
        json.dumps({"format": FORMAT, "functions": {"suggest": "'\ud800'"}}).encode(),
        json.dumps({"format": FORMAT, "functions": {}, "record": []}).encode(),
        WHOLE.encode() + b" " * (9 << 20),
        portfolio.SCRIPT.encode() + b"{",
    ],
    ids=[
        "empty",
        "bytes",
        "zip",
        "cut off",
        "list",
        "null",
        "deep",
        "notebook",
        "no functions",
        "number",
        "long",
        "half a letter",
        "no record",
        "large",
        "half a page",
    ],
)
@pytest.mark.parametrize("command", ["import", "verify"])
def test_a_damaged_or_foreign_file_costs_nothing_but_a_sentence(command, content, tmp_path, capsys):
    kept.put("longest_word", LONGEST)
    before = snapshot(progress.folder())
    (tmp_path / "file").write_bytes(content)
    assert main([command, str(tmp_path / "file")]) == 2
    said = capsys.readouterr().err
    assert (
        said.startswith("Stopped: ")
        and said.endswith(".\n")
        and said.count("\n") == 1
        and "Traceback" not in said
    )
    assert snapshot(progress.folder()) == before


JSON = st.recursive(
    st.none() | st.booleans() | st.floats() | st.text(),
    lambda inner: (
        st.lists(inner)
        | st.dictionaries(
            st.sampled_from(["format", "functions", "record", "name", "suggest", "hints", "status"])
            | st.text(),
            inner,
        )
    ),
)


@settings(deadline=None)  # the machine may be busy
@given(JSON, st.booleans(), st.booleans())
def test_whatever_a_file_holds_it_is_read_or_refused(tmp_path_factory, value, ours, as_page):
    value = {**value, "format": FORMAT} if ours and isinstance(value, dict) else value
    path = tmp_path_factory.getbasetemp() / "any"
    path.write_text((portfolio.SCRIPT if as_page else "") + json.dumps(value))
    try:
        data = portfolio.read(path)
    except portfolio.Refused as reason:
        assert "any" in str(reason) and "\n" not in str(reason)
    else:
        assert ours and set(data["functions"]) <= set(names())
        kept.merge(data["record"])
        assert progress.table().done == 0


def test_paths_that_cannot_be_read_or_written(tmp_path, capsys):
    assert main(["import", str(tmp_path / "nowhere.json")]) == 2
    assert main(["import", str(tmp_path)]) == 2
    assert main(["export", str(tmp_path / "x.json")]) == 2  # nothing has passed yet
    kept.put("longest_word", LONGEST)
    assert main(["export", str(tmp_path / "no" / "x.json")]) == 2
    (tmp_path / "thesis").write_text("years of work")
    assert main(["export", str(tmp_path / "thesis")]) == 2
    assert (tmp_path / "thesis").read_text() == "years of work"
    lines = capsys.readouterr().err.splitlines()
    assert len(lines) == 5 and all(line.startswith("Stopped: ") for line in lines)


@pytest.mark.slow
def test_names_that_are_no_exercises_are_said_and_written_nowhere(tmp_path, capsys):
    path = written(tmp_path, {"../../evil": "x = 1", "longest_word": LONGEST})
    main(["import", str(path)])
    assert "Not an exercise of this course: ../../evil" in capsys.readouterr().out
    assert [p.name for p in (progress.folder() / "functions").iterdir()] == ["longest_word.py"]
    assert main(["verify", str(path)]) == 1


@pytest.mark.slow
def test_a_certificate_is_one_page_that_can_be_verified(tmp_path, machine, capsys):
    kept.put("longest_word", LONGEST)
    kept.put("suggest", WRONG)  # as if somebody had put it there by hand
    page = tmp_path / "page.html"
    assert (
        main(["certificate", str(page), "--name", "<script>alert(1)</script> Zo" + 200 * "ë"]) == 0
    )
    text = page.read_text(encoding="utf-8")
    total = len(names())
    assert (
        f"1 of {total} exercises" in text
        and "<code>longest_word</code>" in text
        and "suggest" not in text
    )
    assert (
        "&lt;script&gt;alert(1)&lt;/script&gt; Zoëë" in text
        and 90 * "ë" not in text
        and text.count("<script") == 1
        and "# &lt;/script&gt;&lt;b&gt;&amp;&lt;/b&gt;" in text
    )
    assert not re.search(r"(src|href|@import|url\()", text), "it needs something besides itself"
    machine("elsewhere")
    assert main(["verify", str(page)]) == 0
    assert (
        "✓ longest_word\n1 of 1 function in page.html passed: 1 point." in capsys.readouterr().out
    )
    assert not progress.folder().exists(), "verifying changes nothing"
    page.write_text(
        text.replace(f"1 of {total} exercises", f"{total} of {total} exercises"), encoding="utf-8"
    )
    assert main(["verify", str(page)]) == 1
    assert "Trust this list, not the page" in capsys.readouterr().out
    page.write_bytes(text.replace("max(words, key=len)", "min(words, key=len)").encode())
    assert main(["verify", str(page)]) == 1
    assert "✗ longest_word" in capsys.readouterr().out


@pytest.mark.slow
def test_lesson_00_says_lines_that_work(tmp_path, monkeypatch, capsys):
    """The lines that it shows, one after the other, in a cell's place."""
    text = (ROOT / "notebooks" / "00_start_here.ipynb").read_text(encoding="utf-8")
    lines = [json.loads(f'"{line}"') for line in re.findall(r'progress\.run\(\\"(.*?)\\"\)', text)]
    assert [line.split()[0] for line in lines] == ["export", "import", "certificate", "verify"]
    monkeypatch.chdir(tmp_path)
    kept.put("longest_word", LONGEST)
    for line in lines:
        progress.run(line)
    progress.run("no such command")
    said = capsys.readouterr()
    assert (
        "1 of 1 function in certificate.html passed" in said.out
        and "Stopped" not in said.err
        and "invalid choice" in said.err
    )
    assert "Your Name" in (tmp_path / "certificate.html").read_text(encoding="utf-8")


def test_the_command_as_a_person_types_it(tmp_path):
    said = subprocess.run(
        [sys.executable, "-m", "utils.progress", "verify", str(tmp_path / "none.html")],
        cwd=ROOT,
        env=os.environ,
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert (
        said.returncode == 2
        and said.stderr.startswith("Stopped: ")
        and said.stderr.count("\n") == 1
    )
