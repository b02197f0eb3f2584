"""Tables that people keep in a spreadsheet, read and written: commas, semicolons or tabs."""

import csv
import io
from pathlib import Path

from utils.grade.recorded import RunError


def read(path: Path) -> tuple[list[str], list[dict[str, str]]]:
    """(column names, rows) of a table; a row's missing cells are "". RunError where there is none.

    A byte order mark, as Excel writes it, and its UTF-16 are read; what is no UTF-8 is taken for
    Windows' Western letters.
    """
    try:
        content = path.read_bytes()
    except OSError as error:
        raise RunError(f"{path} cannot be read: {error.strerror}") from None
    text = _text(content)
    first = next((line for line in text.splitlines() if line.strip()), "")
    rows = list(csv.reader(io.StringIO(text), delimiter=max(",;\t", key=first.count)))
    rows = [[cell.strip() for cell in row] for row in rows if any(cell.strip() for cell in row)]
    if not rows:
        raise RunError(f"{path} is empty: its first row names the columns")
    head = rows[0]
    return head, [dict(zip(head, row + [""] * len(head), strict=False)) for row in rows[1:]]


def _text(content: bytes) -> str:
    if content[:2] in (b"\xff\xfe", b"\xfe\xff"):
        return content.decode("utf-16", "replace")
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError:
        return content.decode("cp1252", "replace")


def write(path: Path, head: list[str], rows: list[list], quoted: bool = False) -> None:
    """A table that a spreadsheet opens: text that it would run as a formula gets an apostrophe.
    quoted: every cell stands in quotation marks.

    It is written beside and then moved, so that a run that is killed leaves the old one.
    """
    half = path.with_name(path.name + ".half")
    half.unlink(missing_ok=True)  # a link that lies there is not followed
    with half.open("x", newline="", encoding="utf-8") as file:
        marks = csv.QUOTE_ALL if quoted else csv.QUOTE_MINIMAL
        table = csv.writer(file, quoting=marks, lineterminator="\n")
        for row in [head, *rows]:
            table.writerow([disarmed(cell) if isinstance(cell, str) else cell for cell in row])
    half.replace(path)


def disarmed(text: str) -> str:
    """Text that a spreadsheet would run as a formula gets an apostrophe in front. A dash alone, as
    Moodle writes for "never", is none.
    """
    begin = text.lstrip(" ")
    return "'" + text if begin[:1] in tuple("=+-@\t\r\n") and begin != "-" else text


def number(text: str, where: str) -> float | None:
    """A number of points as people type it, with a point or a comma; None for an empty cell."""
    if not text.strip():
        return None
    try:
        found = float(text.strip().replace(",", "."))
    except ValueError:
        found = -1.0
    if not 0 <= found < 1e6:
        raise RunError(f"{where}: {text!r} is no number of points")
    return int(found) if found == int(found) else found
