"""Whose submission a file is: by its folder's or its own name, or by a cell that says so."""

import json
import re
import unicodedata
from collections import Counter, defaultdict
from collections.abc import Iterable
from pathlib import Path

from utils.exercises import LESSONS
from utils.grade.desk.roster import Roster, Student
from utils.grade.found import passed_over
from utils.grade.read import NotGradable, content_of
from utils.text import cleaned

SURE, NAME, PART = 3, 2, 1  # an id, a login or an address; the whole name; a part nobody shares
ID_CELL = re.compile(
    r"(?im)^[ \t#*>\"'_-]*(?:my[ _])?(?:student[ _]?)?(?:name|id|number|login|user ?name|e-?mail|"
    r"student|matriculation(?:[ _]number)?)[*_\"' \t]*[:=][ \t*]*[\"']?([^\"'\n*]{1,80})"
)
NOBODY = "nobody on the roster is named in it, in its file name or in its folders' names"
SHORT = 4  # a shorter id is found only where nothing else stands beside it
UMLAUTS = str.maketrans({"ä": "ae", "ö": "oe", "ü": "ue", "ß": "ss", "ø": "o", "ł": "l"})


class Matcher:
    """Finds students of a roster in names of files."""

    def __init__(self, roster: Roster):
        names = {s: set(sum(_spellings(s.name), [])) for s in roster.students}
        count = Counter(token for tokens in names.values() for token in tokens)
        self.keys = [
            (s, list(_keys(s)), {t for t in names[s] if count[t] == 1}) for s in roster.students
        ]
        self.having: dict[str, list[int]] = defaultdict(list)  # token -> numbers of self.keys
        for number, (_, keys, parts) in enumerate(self.keys):
            for token in {token for _, key in keys for token in key} | parts:
                self.having[token].append(number)

    def of_file(
        self, path: str | Path, within: Iterable[Path] = (), file: Path | None = None
    ) -> tuple[Student | None, str]:
        """(student, how it was found), or (None, why it was not).

        within: the folders that were graded; what stands above them says nothing. file: to be
        looked into, where it is not what `path` names.
        """
        student, how = self.of_name(path, within)
        if student:
            return student, how
        said, cell = self.of_words(id_cells(file or Path(path)))
        return (said, f"a cell says {cell}") if said else (None, how or cell or NOBODY)

    def of_name(self, path: str | Path, within: Iterable[Path] = ()) -> tuple[Student | None, str]:
        """The same without a look into the file."""
        file = Path(path)
        for folder in within:
            if folder in file.parents:
                file = file.relative_to(folder)
        return self.of_words([file.stem, *(p.name for p in file.parents if p.name)])

    def of_words(self, words: list[str]) -> tuple[Student | None, str]:
        found: dict[Student, tuple[int, int, str, frozenset[str]]] = {}
        for word in words:
            for tokens in _spellings(_without_lesson(word)):
                there = set(tokens)
                numbers = {n for token in there for n in self.having.get(token, ())}
                for student, keys, parts in (self.keys[n] for n in sorted(numbers)):
                    for rank, key in keys:
                        if there.issuperset(key) and _stands_in(key, tokens, rank):
                            now = (rank, len("".join(key)), word, frozenset(key))
                            found[student] = max(found.get(student, now), now, key=_weight)
                    part = {t for t in parts & there if len(t) > 2 or tokens == [t]}
                    if part and student not in found:
                        found[student] = (PART, len(max(part, key=len)), word, frozenset(part))
        if not found:
            return None, ""
        best = max(map(_weight, found.values()))
        first = [student for student, value in found.items() if _weight(value) == best]
        words = found[first[0]][3]  # a name within the other, Ada Li in Ada Li Wu, is nobody else
        first += [
            student
            for student, (rank, _, _, key) in found.items()
            if student not in first and rank > PART and not key <= words
        ]
        if len(first) > 1 or (best[0] == PART and len(found) > 1):
            names = " or ".join(student.name for student in (first if len(first) > 1 else found))
            return None, f"it could be {names}"
        return first[0], found[first[0]][2]


def _weight(found: tuple) -> tuple[int, int]:
    return found[:2]


def id_cells(path: Path) -> list[str]:
    """What a notebook's cells give as a name, an id, a login or an address."""
    try:
        cells = json.loads(content_of(path).decode("utf-8-sig"))["cells"]
        return [found for cell in cells for found in ID_CELL.findall("".join(cell["source"]))]
    except (NotGradable, ValueError, KeyError, TypeError, RecursionError):
        return []  # judging says what is wrong with it


def _keys(student: Student):
    """(how sure, tokens) of what stands for a student."""
    moodles = student.row.get("Identifier", "")  # its folders carry this number, not the id's
    mail = (student.email, student.email.partition("@")[0])
    for text in dict.fromkeys((student.id, moodles, student.login, *mail)):
        for tokens in _spellings(text) if text else ():
            yield SURE, tokens
            if len(tokens) > 1 and tokens[0] == "participant":  # Moodle's "Participant 123"
                yield SURE, tokens[1:]
    for tokens in _spellings(student.name):
        yield NAME, tokens
        if len(tokens) > 1:
            yield NAME, ["".join(tokens)]
            yield NAME, [tokens[-1] + "".join(tokens[:-1])]  # lovelaceada, as Canvas writes it


def _stands_in(key: list[str], tokens: list[str], rank: int) -> bool:
    if not key or (sum(map(len, key)) < SHORT and tokens != key):
        return False
    if rank == NAME:
        return not Counter(key) - Counter(tokens)
    return any(tokens[i : i + len(key)] == key for i in range(len(tokens)))


def _without_lesson(word: str) -> str:
    for lesson in LESSONS:
        word = re.sub(rf"(?i){lesson}|{lesson[3:]}", " ", word)
    return word


def _spellings(text: str) -> list[list[str]]:
    """The words and numbers of a text, in small plain letters: an umlaut with and without e.
    Nothing invisible is a part of a word; the non-joiner, which Persian writes, ends one.
    """
    text = unicodedata.normalize("NFC", text).lower()
    text = "".join(c for c in text if c == "\u200c" or unicodedata.category(c) != "Cf")
    every = []
    for variant in (text, text.translate(UMLAUTS)):
        plain = unicodedata.normalize("NFKD", variant)
        plain = "".join(c for c in plain if not unicodedata.combining(c))
        every.append(re.findall(r"[^\W_]+", plain))
    return every if every[0] != every[1] else every[:1]


def matched(
    report: dict, roster: Roster, within: Iterable[Path], files: Iterable[Path] | None = None
) -> dict:
    """The report with a `student` in each entry that is one's, and `roster`: the students, who
    handed in nothing, and whose files nobody's are. files: each entry's, whose name `file` may only
    resemble.
    """
    matcher, entries, unmatched = Matcher(roster), [], []
    files = [Path(entry["file"]) for entry in report["submissions"]] if files is None else files
    for entry, file in zip(report["submissions"], files, strict=True):
        student, how = matcher.of_file(_as_named(entry, file), within, file)
        entry = {name: value for name, value in entry.items() if name != "student"}
        if student:
            entry["student"] = student.known()
        else:
            unmatched.append({"file": entry["file"], "why": how})
        entries.append(entry)
    there = {entry["student"]["key"] for entry in entries if "student" in entry}
    said = {
        "understood": roster.said,
        "head": list(roster.head),
        "students": [student.full() for student in roster.students],
        "nothing": [s.known() for s in roster.students if s.key not in there],
        "unmatched": unmatched,
    }
    return report | {"submissions": entries, "roster": said}


def with_others(nothing: list[dict], roster: Roster, paths: list[Path], out: Path) -> list[dict]:
    """Those who handed in nothing, each with `others`: the files that were passed over and have
    their name in their path.
    """
    if not nothing:
        return nothing
    matcher = Matcher(roster)
    found: dict[str, list[str]] = {student["key"]: [] for student in nothing}
    for path in passed_over(paths, out):
        student, _ = matcher.of_name(path, paths)
        if student and student.key in found:
            found[student.key].append(cleaned("/".join(path.parts[-2:])))
    return [s | ({"others": found[s["key"]]} if found[s["key"]] else {}) for s in nothing]


def _as_named(entry: dict, file: Path) -> Path:
    """A file's path as it was given on the command line, without what a report puts in it."""
    named = Path(*file.parts[-len(Path(entry["file"]).parts) :])
    return named if cleaned(str(named)) == entry["file"] else Path(entry["file"])
