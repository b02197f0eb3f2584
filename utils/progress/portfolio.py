"""Your progress as one file: to take to another machine, and as a certificate that anybody can
verify.

`python -m utils.progress export FILE`, `import FILE`, `certificate [FILE]`, `verify FILE`. A file
holds the source of each function as text; reading it runs nothing. And nothing counts because a
file says so: each function is run again by the grader, in a sandboxed process of its own, on cases
drawn anew.

What a certificate proves is that the functions in it pass. It cannot prove who wrote them.
"""

import argparse
import json
import re
import subprocess
import sys
import tempfile
from pathlib import Path

from utils.exercises import LESSONS, exercises, names
from utils.exercises.judge import FAILED, PASSED
from utils.progress import kept as kept_files
from utils.text import Html, cleaned, plural
from utils.text import page as filled

ROOT = Path(__file__).parents[2]
FORMAT = "gpt-2-by-hand progress 1"
MOST_BYTES = 8 << 20
MOST_SOURCE = 100_000  # characters of one function
SCRIPT = '<script type="application/json" id="progress">'


class Refused(Exception):
    """One sentence that says why something was not done."""


def run(command: str) -> None:
    """In a notebook's cell what `python -m utils.progress COMMAND` is in a terminal:
    progress.run("export mine.json").
    """
    try:
        main(split(command))
    except SystemExit:
        pass  # a command that there is not: what there is has been printed


def split(command: str) -> list[str]:
    """The words of a command. Quotes hold a word together where they surround it, so that an
    apostrophe in a name and a backslash in a Windows path are only letters:
    "certificate --name 'Conan O'Brien'" has three words.
    """
    words = re.findall(r"""(--\w+=)?(?:"(.*?)"|'(.*?)')(?=\s|$)|(\S+)""", command)
    return ["".join(word) for word in words]


def cell(verb: str, file: str) -> str:
    """What to type in a notebook's cell for a command with one file."""
    return (
        f'progress.run("{verb} {file}")'
        if " " not in file
        else f"progress.run(\"{verb} '{file}'\")"
    )


def main(argv: list[str] | None = None) -> int:
    """The command line; returns 0, or 1 where something did not pass, or 2 where nothing could be
    done.
    """
    parser = argparse.ArgumentParser(
        prog="python -m utils.progress", description="Take your progress with you, and prove it."
    )
    commands = parser.add_subparsers(dest="command", required=True)
    for name, words in (
        ("export", "write your functions and your record into one file"),
        ("import", "take in a file that you exported; what passes the judge here counts here"),
        ("certificate", "write a page that lists what passes and carries the functions"),
        ("verify", "run the functions of a certificate or an exported file again; changes nothing"),
    ):
        command = commands.add_parser(name, help=words, description=words)
        command.add_argument(
            "file",
            type=Path,
            **(
                {"nargs": "?", "default": Path("certificate.html")} if name == "certificate" else {}
            ),
        )
        if name == "certificate":
            command.add_argument("--name", default="", help="whose certificate it is")
    options = parser.parse_args(argv)
    try:
        if options.command == "export":
            print(export(options.file))
            return 0
        if options.command == "certificate":
            print(certificate(options.file, options.name))
            return 0
        said, fine = (take_in if options.command == "import" else verify)(options.file)
        print("\n".join(said))
        return 0 if fine else 1
    except Refused as reason:
        print(f"Stopped: {reason}.", file=sys.stderr)
        return 2


def export(path: Path) -> str:
    """Write what is kept into a new file; returns a sentence. Refused where there is nothing, or
    the file is there already.
    """
    functions = kept()
    if not functions:
        raise Refused("no function has passed yet, so there is nothing to export")
    whole = {"format": FORMAT, "functions": functions, "record": kept_files.read_record()}
    _write_new(path, json.dumps(whole, indent=1, sort_keys=True))
    return (
        f"{plural(len(functions), 'function')} written to {path}. On the other machine, in a cell "
        f"of lesson 00: {cell('import', path.name)}"
    )


def take_in(path: Path) -> tuple[list[str], bool]:
    """Take in an exported file: (what to say, whether all of it passed). What is here already stays
    as it is.
    """
    data = read(path)
    here = kept()
    new = {name: source for name, source in data["functions"].items() if name not in here}
    entries = judged(new)
    passed = [name for name in entries if entries[name]["status"] == PASSED]
    try:
        for name in passed:
            kept_files.put(name, new[name])
        kept_files.merge(data["record"])
    except OSError as error:
        raise Refused(f"{kept_files.folder()} cannot be written ({error.strerror})") from None
    said, same = [], len(data["functions"]) - len(new)
    if passed:
        said.append(
            f"{plural(len(passed), 'function')} came in and passed. Later lessons will run them as "
            "your own code, so import only files that you exported yourself."
        )
    if same:
        said.append(
            f"{plural(same, 'function')} of the file {'was' if same == 1 else 'were'} here "
            "already; yours here stay as they are."
        )
    return said + _others(data, entries), len(passed) == len(entries)


def certificate(path: Path, name: str) -> str:
    """Write the page for what is kept and passes now; returns a sentence."""
    functions = kept()
    entries = judged(functions)
    passed = {n: functions[n] for n in entries if entries[n]["status"] == PASSED}
    if not passed:
        raise Refused("no function has passed yet, so there is nothing to certify")
    name = " ".join(cleaned(name).split())[:100]
    _write_new(path, page(name, passed))
    return (
        f"{plural(len(passed), 'exercise')} on {path}. Open it in a browser; whoever has "
        f"this course can verify it, in a cell of lesson 00: {cell('verify', path.name)}"
    )


def verify(path: Path) -> tuple[list[str], bool]:
    """Run everything in a certificate or an exported file again: (what to say, whether all is as it
    claims).
    """
    text, data = _text(path), read(path)
    entries = judged(data["functions"])
    said, points = [], 0
    for name, entry in entries.items():
        points += entry["points"]
        said.append(f"{'✓' if entry['status'] == PASSED else '✗'} {name}")
    passed = sum(entry["status"] == PASSED for entry in entries.values())
    said.append(
        f"{passed} of {plural(len(entries), 'function')} in {path.name} passed: "
        f"{plural(points, 'point')}."
    )
    said += _others(data, entries)
    words_too = SCRIPT not in text or text == page(data["name"], data["functions"])
    if not words_too:
        said.append(
            "The words of the page are not those that this version of the course writes for these "
            "functions. Trust this list, not the page."
        )
    return said, passed == len(entries) == len(data["functions"]) and words_too and not data[
        "unknown"
    ]


def _others(data: dict, entries: dict) -> list[str]:
    said = [
        f"{name} does not pass: {entry['diagnosis'] or entry['status']}"
        for name, entry in entries.items()
        if entry["status"] != PASSED
    ]
    if data["unknown"]:
        said.append(f"Not an exercise of this course: {cleaned(', '.join(data['unknown']))[:200]}.")
    return said


def kept() -> dict[str, str]:
    """The source of each function that is kept here, in the course's order."""
    found = {}
    for name in names():
        try:
            found[name] = kept_files.file_of(name).read_text(encoding="utf-8")
        except (OSError, ValueError):
            pass  # not there, or damaged: `mine` says so in the lesson that wants it
    return found


def read(path: Path) -> dict:
    """What an exported file or a certificate holds, its kinds checked: name, functions, record,
    unknown. Nothing is run.
    """
    text = _text(path)
    if SCRIPT in text:
        text = text.split(SCRIPT, 1)[1].split("</script>", 1)[0]
    try:
        data = json.loads(text)
    except (ValueError, RecursionError):
        raise Refused(
            f"{path} is damaged, or it is neither an exported file nor a certificate of this course"
        ) from None
    if not isinstance(data, dict) or data.get("format") != FORMAT:
        raise Refused(f"{path} is neither an exported file nor a certificate of this course")
    functions, record, name = data.get("functions"), data.get("record", {}), data.get("name", "")
    fine = (
        isinstance(functions, dict)
        and isinstance(record, dict)
        and isinstance(name, str)
        and all(
            isinstance(source, str) and len(source) <= MOST_SOURCE for source in functions.values()
        )
    )
    try:
        json.dumps(data, ensure_ascii=False).encode(
            "utf-8"
        )  # half letters cannot be written anywhere
    except (UnicodeEncodeError, RecursionError):
        fine = False
    if not fine:
        raise Refused(f"{path} is damaged: what it holds is not what an export writes")
    known = names()
    return {
        "name": name,
        "functions": {n: functions[n] for n in known if n in functions},
        "record": record,
        "unknown": sorted(set(functions) - set(known)),
    }


def judged(functions: dict[str, str]) -> dict[str, dict]:
    """The grader's entry for each function, in the course's order.

    The grader is asked as an instructor asks it, by its command, with one notebook for each lesson;
    earlier exercises that are missing are the reference's. Refused where it could not be run.
    """
    entries: dict[str, dict] = {}
    with tempfile.TemporaryDirectory() as folder:
        here = Path(folder)
        for lesson in LESSONS:
            if mine := [name for name in names(lesson) if name in functions]:
                cells = [text for n in mine for text in (functions[n], f"{n} = check({n})")]
                (here / f"{lesson}.ipynb").write_text(
                    _notebook([_head(cells, mine), *cells]), encoding="utf-8"
                )
        if not any(here.iterdir()):
            return {}
        command = [sys.executable, "-m", "utils.grade", folder, "--out", str(here / "out")]
        # warm: all of them are one person's
        command += ["--format", "json", "--warm"]
        done = subprocess.run(
            command, cwd=ROOT, stdout=subprocess.PIPE, encoding="utf-8", errors="replace"
        )
        try:
            report = json.loads((here / "out" / "report.json").read_text(encoding="utf-8"))
        except OSError:
            raise Refused(f"the judge could not be started (exit code {done.returncode})") from None
    for submission in report["submissions"]:
        found = {entry["id"]: entry for entry in submission["exercises"]}
        reason = submission.get("reason") or "not graded"
        for name in names(Path(submission["file"]).stem):
            if name in functions:
                none = {"id": name, "status": FAILED, "points": 0, "diagnosis": reason}
                entries[name] = found.get(name, none)
    return entries


def _head(cells: list[str], there: list[str]) -> str:
    """The first cell: imports, and the exercises that the functions use and that are not there."""
    words = set(re.findall(r"\w+", "\n".join(cells)))
    missing = [name for name in names() if name in words and name not in there]
    lines = ["from utils.check import check", "from utils.progress import mine"]
    return "\n".join(lines + [f'{name} = mine("{name}")' for name in missing])


def _notebook(cells: list[str]) -> str:
    made = [
        {"cell_type": "code", "id": f"cell-{i}", "metadata": {}, "outputs": [], "source": source}
        | {"execution_count": None}
        for i, source in enumerate(cells)
    ]
    return json.dumps({"cells": made, "metadata": {}, "nbformat": 4, "nbformat_minor": 5})


def page(name: str, functions: dict[str, str]) -> str:
    """The certificate: one file of HTML that lists the functions as passed, shows them, and carries
    them as data.
    """
    data = json.dumps({"format": FORMAT, "name": name, "functions": functions}, sort_keys=True)
    rows = []
    for lesson in LESSONS:
        done = [e for e in exercises(lesson) if e.name in functions]
        title = f"{lesson[:2]} {lesson[3:].replace('_', ' ')}"
        if done:
            rows.append((title, done, len(names(lesson)), sum(e.points for e in done)))
    return filled(
        Path(__file__).parent / "certificate.html.j2",
        name=name,
        functions=functions,
        exercises=len(names()),
        points=sum(points for *_, points in rows),
        most=sum(e.points for e in exercises()),
        rows=rows,
        data=Html(SCRIPT + data.replace("<", "\\u003c") + "</script>"),
    )


def _text(path: Path) -> str:
    try:
        if path.stat().st_size > MOST_BYTES:
            raise Refused(f"{path} is over {MOST_BYTES >> 20} MB, which no export is")
        return path.read_bytes().decode("utf-8").replace("\r\n", "\n")
    except OSError as error:
        raise Refused(f"{path} cannot be read ({error.strerror})") from None
    except ValueError:
        raise Refused(
            f"{path} is damaged, or it is neither an exported file nor a certificate of this course"
        ) from None


def _write_new(path: Path, text: str) -> None:
    try:
        with path.open("x", encoding="utf-8", newline="\n") as file:
            file.write(text)
    except FileExistsError:
        raise Refused(f"{path} is there already; move it away, or name another file") from None
    except OSError as error:
        raise Refused(f"{path} cannot be written ({error.strerror})") from None
