"""The page that an instructor opens on Monday: who is stuck where, and what to say about it."""

from datetime import datetime
from pathlib import Path

from utils.exercises.judge import PASSED
from utils.grade.desk.entries import place, short, title, tries
from utils.grade.reports.words import MARK, WORDS
from utils.text import Html, page

HERE = Path(__file__).parent
MOST_MISTAKES, MOST_PAIRS = 12, 100
Pages = list[tuple[str, dict]]  # (link, entry) of each submission


def class_page(report: dict, pages: Pages) -> str:
    """One file that needs no other but the pages it links to."""
    graded = [(link, s) for link, s in pages if s["status"] == "graded"]
    changes = report.get("changes", {})
    return page(
        HERE / "class.html.j2",
        report=report,
        refresh=report.get("refresh"),
        since=report.get("since", "Since the last run"),
        graded=len(graded),
        late=sum("late" in s for _, s in graded),
        roster=report.get("roster"),
        odd=[(short(s), s["reason"]) for _, s in pages if s["status"] != "graded"],
        unmatched=[
            ("/".join(file["file"].split("/")[-2:]), file["why"])
            for file in report.get("roster", {}).get("unmatched", [])
        ],
        changed=[(link, short(s), changes[place(s)]) for link, s in graded if place(s) in changes],
        lessons=[
            _lesson(lesson, [(link, s) for link, s in graded if s["lesson"] == lesson], report)
            for lesson in sorted({s["lesson"] for _, s in graded})
        ],
        ways=sorted({s["isolation"] for _, s in graded}),
        mark=MARK,
        words=WORDS,
        class_style=_beside("class.css"),
        class_script=_beside("class.js"),
    )


def _lesson(lesson: str, inside: Pages, report: dict) -> dict:
    """inside: all that was graded of it. Of several tries of one student the better counts."""
    links = {id(s): link for link, s in inside}
    every = [[(links[id(s)], s) for s in them] for them in tries([s for _, s in inside]).values()]
    inside = [best for best, *_ in every]
    names = list(dict.fromkeys(e["id"] for _, s in inside for e in s["exercises"]))
    rows = [
        _row(*best, names, report) | {"others": [link for link, _ in rest]} for best, *rest in every
    ]
    return {
        "title": title(lesson),
        "names": names,
        "rows": sorted(rows, key=lambda row: (row["points"], row["name"])),
        "rates": pass_rates(inside, names),
        "mistakes": mistakes(inside),
        "timed": any(row["time"] for row in rows),
    }


def _row(link: str, s: dict, names: list[str], report: dict) -> dict:
    found = {e["id"]: e for e in s["exercises"]}
    new = report.get("changes", {}).get(place(s), [])
    order = list(MARK)
    cells = [
        name in found
        and {
            "name": name,
            "status": found[name]["status"],
            "rank": order.index(found[name]["status"]),
            "new": name in new,
        }
        for name in names
    ]
    row = {"link": link, "name": short(s), "points": s["points"], "most": s["max_points"]}
    return row | {"cells": cells, "late": "late" in s} | _time(s, report)


def _time(s: dict, report: dict) -> dict:
    """When it was handed in, or how long after it was handed out, where either was asked for."""
    if not {"due", "handed_out"} & report.keys():
        return {"time": "", "seconds": 0}
    if "handed_in" not in s:
        return {"time": "not known", "seconds": 0}
    moment = datetime.fromisoformat(s["handed_in"])
    if "handed_out" not in report:
        return {"time": f"{moment:%Y-%m-%d %H:%M}", "seconds": int(moment.timestamp())}
    past = (moment - datetime.fromisoformat(report["handed_out"])).total_seconds()
    hours, minutes = divmod(int(past // 60), 60)
    days, rest = divmod(hours, 24)
    words = f"{days} d {rest} h" if days else f"{hours} h {minutes} min"
    return {"time": words if past >= 0 else "before hand-out", "seconds": int(past)}


def pass_rates(inside: Pages, names: list[str]) -> list[tuple[str, int, int, int]]:
    """(exercise, percent, how many passed, how many notebooks have it)."""
    tried: dict[str, list[bool]] = {name: [] for name in names}
    for _, s in inside:
        for e in s["exercises"]:
            tried[e["id"]].append(e["status"] == PASSED)
    return [(n, round(100 * sum(p) / len(p)), sum(p), len(p)) for n, p in tried.items()]


def mistakes(inside: Pages) -> list[dict]:
    """Those that are known by name, the most frequent first: exercise, words, hint, who."""
    found: dict[tuple[str, str], dict] = {}
    for link, s in inside:
        for e in s["exercises"]:
            if e["status"] == "failed" and e["diagnosis"]:
                fresh = {"name": e["id"], "said": e["diagnosis"], "hint": e.get("hint"), "who": []}
                mistake = found.setdefault((e["id"], e["diagnosis"]), fresh)
                mistake["who"].append((link, short(s)))
    return sorted(found.values(), key=lambda m: (-len(m["who"]), m["name"]))[:MOST_MISTAKES]


def alike_page(report: dict) -> str:
    """Pairs of submissions side by side, with a question."""
    pairs = []
    for pair in report["alike"][:MOST_PAIRS]:
        both = [report["submissions"][pair[side]] for side in "ab"]
        code = [{e["id"]: e.get("code", "") for e in s["exercises"]} for s in both]
        sources = [(name, code[0][name], code[1].get(name, "")) for name in pair["exercises"]]
        said = {"names": [short(s) for s in both], "lesson": title(both[0]["lesson"])}
        pairs.append(pair | said | {"sources": sources})
    more = len(report["alike"]) - len(pairs)
    return page(HERE / "alike.html.j2", pairs=pairs, more=more, class_style=_beside("class.css"))


def _beside(name: str) -> Html:
    return Html((HERE / name).read_text(encoding="utf-8"))
