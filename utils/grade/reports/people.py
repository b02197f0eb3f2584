"""Reports for people: a page for each submission, and one for the class."""

import re
from collections import Counter
from pathlib import Path

from utils.exercises.judge import NOT_DONE, PASSED
from utils.text import page

HERE = Path(__file__).parent
MARK = {PASSED: "✓", "failed": "✗", NOT_DONE: "·", "missing": "–"}
WORDS = {
    PASSED: "passed",
    "failed": "not right yet",
    NOT_DONE: "not done yet",
    "missing": "missing",
}
MOST_MISTAKES = 12


def write_html(report: dict, out: Path) -> None:
    (out / "index.html").write_text(class_page(report), encoding="utf-8")
    for number, s in enumerate(report["submissions"], 1):
        values = {"s": s, "title": Path(s["file"]).name, "rules": report["rules"], "words": WORDS}
        text = page(HERE / "submission.html.j2", **values)
        (out / page_name(number, s)).write_text(text, encoding="utf-8")


def page_name(number: int, s: dict, ending: str = ".html") -> str:
    """A file's name that is one on every system, also for two submissions of one name."""
    return f"{number:04d}_{re.sub(r'[^A-Za-z0-9_-]+', '_', Path(s['file']).stem)[:60]}{ending}"


def class_page(report: dict) -> str:
    """The picture an instructor wants: pass rates, common mistakes, who is stuck where."""
    numbered = [(page_name(number, s), s) for number, s in enumerate(report["submissions"], 1)]
    graded = [(link, s) for link, s in numbered if s["status"] == "graded"]
    lessons = []
    for lesson in sorted({s["lesson"] for _, s in graded}):
        inside = [(link, s) for link, s in graded if s["lesson"] == lesson]
        lessons.append(
            {
                "name": lesson,
                "rates": pass_rates(inside),
                "mistakes": mistakes(inside),
                "names": list(dict.fromkeys(e["id"] for _, s in inside for e in s["exercises"])),
                "who": sorted(inside, key=lambda pair: (pair[1]["points"], pair[1]["file"])),
            }
        )
    return page(
        HERE / "class.html.j2",
        report=report,
        graded=len(graded),
        odd=[s for s in report["submissions"] if s["status"] != "graded"],
        lessons=lessons,
        ways=sorted({s["isolation"] for _, s in graded}),
        mark=MARK,
        words=WORDS,
    )


def pass_rates(inside) -> list[tuple[str, int, int, int]]:
    """(exercise, percent, how many passed, how many notebooks have it), the hardest first."""
    tried: dict[str, list[bool]] = {}
    for _, s in inside:
        for e in s["exercises"]:
            tried.setdefault(e["id"], []).append(e["status"] == PASSED)
    rates = [
        (name, round(100 * sum(passed) / len(passed)), sum(passed), len(passed))
        for name, passed in tried.items()
    ]
    return sorted(rates, key=lambda rate: rate[2] / rate[3])


def mistakes(inside) -> list[tuple[int, str, str]]:
    """(how often, exercise, what it looks like), the most frequent first."""
    counts = Counter(
        (e["id"], e["diagnosis"])
        for _, s in inside
        for e in s["exercises"]
        if e["status"] == "failed" and e["diagnosis"]
    )
    found = sorted(counts.items(), key=lambda item: (-item[1], item[0]))
    return [(count, name, said) for (name, said), count in found[:MOST_MISTAKES]]
