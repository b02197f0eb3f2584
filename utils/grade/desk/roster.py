"""Who is in the class: a table with any of id, name, e-mail, login and section."""

import re
from dataclasses import dataclass, field
from pathlib import Path

from utils.grade.desk import sheet
from utils.grade.recorded import RunError
from utils.text import cleaned

COLUMNS = {  # what a column holds: its names, in small letters without signs, the best first
    "id": "id|sis user id|student id|id number|student number|number|matriculation number|"
    "identifier|matrikelnummer|sis id",
    "login": "sis login id|login|login id|username|user name|user|github username|netid|account",
    "email": "email|e mail|email address|e mail address|mail",
    "section": "section|group|class|course|sections|groups",
    "handed_in": "handed in|submitted|submitted at|submission time|last modified submission",
    "name": "name|student|full name|student name|display name|learner",
    "first": "first name|firstname|given name|forename|vorname",
    "last": "last name|lastname|surname|family name|nachname",
}
FORMS = {  # what a column holds: (what makes it needless, how most of its cells look)
    "email": ({"email"}, r"\S+@\S+\.\w+"),
    "id": ({"id", "login"}, r"[A-Za-z]{0,4}\d{4,}|[A-Za-z]+\d{2,3}"),
    "name": ({"name", "first", "last"}, r"[^\W\d_].*[ ,].*[^\W\d_]\W*"),
}
MOST = 0.9
NOBODY = {"points possible"}  # Canvas's second row is no student


@dataclass(frozen=True)
class Student:
    """One row. key: what tells it from the others, the id, or else the login, the address, the
    name. row: its cells as they stand in the file.
    """

    key: str
    name: str
    id: str = ""
    login: str = ""
    email: str = ""
    section: str = ""
    handed_in: str = ""
    first: str = ""
    last: str = ""
    row: dict[str, str] = field(default_factory=dict, compare=False)

    def known(self) -> dict:
        """What the reports say of them."""
        return {"key": self.key, "name": self.name, "id": self.id, "section": self.section}

    def full(self) -> dict:
        """What a gradebook needs."""
        more = {"login": self.login, "email": self.email, "first": self.first, "last": self.last}
        return self.known() | more | {"row": self.row}


@dataclass(frozen=True)
class Roster:
    """The students in the file's order, its column names, and how these were understood."""

    students: tuple[Student, ...]
    head: tuple[str, ...]
    said: str


def read(path: Path) -> Roster:
    """The roster in a file; RunError where nobody can be made out in it."""
    head, rows = sheet.read(path)
    meant = guessed(head)
    meant |= looked_at(rows, meant)
    if not {"id", "login", "email", "name", "last"} & meant.keys():
        raise RunError(
            f"{path} has no column of names, ids, logins or addresses: its columns are "
            f"{', '.join(head)}"
        )
    students: dict[str, Student] = {}
    for number, row in enumerate(rows, 2):
        row = cleaned(row)
        one = _student(row, meant)
        if one is None:
            continue
        if one.key in students:
            raise RunError(f"{path}, row {number}: {one.key} is there twice")
        students[one.key] = one
    if not students:
        raise RunError(f"{path} names no student")
    said = ", ".join(f"{what} from {column!r}" for what, column in meant.items())
    return Roster(tuple(students.values()), tuple(head), f"{len(students)} students: {said}")


def guessed(head: list[str]) -> dict[str, str]:
    """{what a column holds: its name} for those of the columns that are understood."""
    plain = {" ".join(re.findall(r"[^\W_]+", name.lower())): name for name in reversed(head)}
    found = {}
    for what, names in COLUMNS.items():
        for name in names.split("|"):
            if name in plain and plain[name] not in found.values():
                found[what] = plain[name]
                break
    return found


def looked_at(rows: list[dict[str, str]], meant: dict[str, str]) -> dict[str, str]:
    """The same from what the other columns hold, whatever language their names are in: addresses,
    numbers of students, full names, where no column was understood as such.
    """
    found = {}
    for what, (others, form) in FORMS.items():
        for name in rows[0] if rows and not others & meant.keys() else ():
            cells = [row[name] for row in rows if row.get(name)]
            fit = sum(bool(re.fullmatch(form, cell)) for cell in cells)
            if name not in meant.values() and fit > MOST * len(cells):
                found[what] = name
                break
    return found


def _student(row: dict[str, str], meant: dict[str, str]) -> Student | None:
    cells = {what: row.get(column, "") for what, column in meant.items()}
    name = cells.pop("name", "") or f"{cells.get('first', '')} {cells.get('last', '')}".strip()
    if name.count(",") == 1:  # "Lovelace, Ada", as Canvas writes it
        name = " ".join(part.strip() for part in reversed(name.split(",")))
    if name.lower() in NOBODY or not any([name, *cells.values()]):
        return None
    key = next(v for v in (*(cells.get(w) for w in ("id", "login", "email")), name, "?") if v)
    return Student(key, name or cells.get("email") or key, row=row, **cells)
