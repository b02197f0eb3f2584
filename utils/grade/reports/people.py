"""Reports for people: a page for each submission, one for the class, and what is alike."""

import re
import unicodedata
from pathlib import Path

from utils.grade.desk.entries import title
from utils.grade.reports.classroom import alike_page, class_page
from utils.grade.reports.words import WORDS
from utils.text import page, write_whole

HERE = Path(__file__).parent


def write_html(report: dict, out: Path) -> None:
    pages = [(page_name(number, s), s) for number, s in enumerate(report["submissions"], 1)]
    write_whole(out / "index.html", class_page(report, pages))
    links = {link for link, _ in pages}
    for path in out.glob("[0-9][0-9][0-9][0-9]_*.html"):
        if path.name not in links:  # of an earlier run, in which the numbers were others
            path.unlink()
    alike = out / "alike.html"
    alike.unlink(missing_ok=True)
    if report.get("alike"):
        write_whole(alike, alike_page(report))
    for link, s in pages:
        lesson = title(s["lesson"]) if s["lesson"] else ""
        said = {"name": name_of(s), "lesson": lesson, "rules": report["rules"], "words": WORDS}
        text = page(HERE / "submission.html.j2", s=s, **said)
        write_whole(out / link, text)


def name_of(s: dict) -> str:
    """A submission's author, or without a roster the file's name."""
    return s["student"]["name"] if "student" in s else Path(s["file"]).name


def page_name(number: int, s: dict, ending: str = ".html") -> str:
    """A file's name that is one on every system, also for two submissions of one name."""
    name = s["student"]["name"] if "student" in s else Path(s["file"]).stem
    name = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode()
    return f"{number:04d}_{re.sub(r'[^A-Za-z0-9_-]+', '_', name)[:60]}{ending}"
