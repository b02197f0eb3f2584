"""Reports: one dict (report.json) and its renderings. Student text is escaped wherever it goes."""

import csv
import json
from html import escape
from pathlib import Path

STYLE = """body{font:16px/1.5 system-ui,sans-serif;max-width:50rem;margin:2rem auto;padding:0 1rem;color:#1a1a1a;background:#fff}
@media(prefers-color-scheme:dark){body{color:#eee;background:#181818}}
table{border-collapse:collapse}td,th{text-align:left;padding:.2rem .8rem .2rem 0;vertical-align:top}
article{border-left:5px solid #888;padding-left:1rem;margin:1rem 0}article.passed{border-color:#009e73}
article.failed{border-color:#d55e00}code{overflow-wrap:anywhere}"""


def write(report: dict, out: Path, formats: list[str]) -> list[Path]:
    """Write the report in each format under `out`; returns what was written. ValueError for an unknown format."""
    unknown = sorted(set(formats) - set(WRITERS))
    if unknown:
        raise ValueError(f"unknown format {', '.join(unknown)}; there are {', '.join(WRITERS)}")
    out.mkdir(parents=True, exist_ok=True)
    return [path for name in formats for path in WRITERS[name](report, out)]


def table(report: dict) -> str:
    """The class on a terminal: a line per submission."""
    lines = [f"{'points':>9}  submission"]
    for s in report["submissions"]:
        points = "        –" if s["points"] is None else f"{s['points']:4} /{s['max_points']:3}"
        note = f"not graded: {s['reason']}" if s["status"] == "not graded" else "; ".join(s["notes"])
        lines.append(f"{points}  {s['file']}" + (f"  ({note})" if note else ""))
    return "\n".join(lines)


def _json(report: dict, out: Path):
    path = out / "report.json"
    path.write_text(json.dumps(report, indent=1), encoding="utf-8")
    return [path]


def _csv(report: dict, out: Path):
    path = out / "report.csv"
    names = list(dict.fromkeys(e["id"] for s in report["submissions"] for e in s["exercises"]))
    with path.open("w", newline="", encoding="utf-8") as file:
        rows = csv.writer(file)
        rows.writerow(["file", "status", "points", "max_points", *names])
        for s in report["submissions"]:
            earned = {e["id"]: e["points"] for e in s["exercises"]}
            points = ["", ""] if s["points"] is None else [s["points"], s["max_points"]]
            rows.writerow([_cell(s["file"]), s["status"], *points, *(earned.get(name, "") for name in names)])
    return [path]


def _cell(text: str) -> str:
    """Text that a spreadsheet would run as a formula gets an apostrophe."""
    return "'" + text if text[:1] in "=+-@" else text


def _html(report: dict, out: Path):
    paths = []
    for number, s in enumerate(report["submissions"], 1):
        path = out / f"{number:04d}_{Path(s['file']).stem[:60]}.html"
        path.write_text(_page(s), encoding="utf-8")
        paths.append(path)
    return paths


def _page(s: dict) -> str:
    title = escape(Path(s["file"]).name)
    head = f"<!doctype html><html lang='en'><meta charset='utf-8'><title>{title}</title><style>{STYLE}</style><h1>{title}</h1>"
    if s["status"] == "not graded":
        return f"{head}<p>This notebook could not be graded: {escape(s['reason'])}.</p></html>"
    notes = "".join(f"<p>{escape(note)}.</p>" for note in s["notes"])
    return f"{head}<p><b>{s['points']} of {s['max_points']} points</b></p>{notes}{''.join(map(_article, s['exercises']))}</html>"


def _article(e: dict) -> str:
    cases = "".join(f"<li>{'✓' if c['passed'] else '✗'} {escape(c['label'])}"
                    + ("" if c["passed"] else f": came out <code>{escape(c['got'])}</code>") + "</li>" for c in e.get("cases", []))
    diagnosis = f"<p><b>What it looks like:</b> {escape(e['diagnosis'])}</p>" if e["diagnosis"] else ""
    hint = f"<p><b>Hint:</b> {escape(e['hint'])}</p>" if e.get("hint") else ""
    return (f"<article class='{e['status'].split()[0]}'><h2>{escape(e['id'])}: {e['status']}, {e['points']} of {e['max_points']}</h2>"
            f"<ul>{cases}</ul>{diagnosis}{hint}</article>")


WRITERS = {"json": _json, "csv": _csv, "html": _html}
