"""Reports: one dict (report.json) and its renderings. Student text is escaped wherever it goes."""

import csv
import json
import re
from collections import Counter, defaultdict
from html import escape
from pathlib import Path
from xml.etree import ElementTree

from utils.exercises.judge import NOT_DONE, PASSED
from utils.text import as_html

STYLE = (Path(__file__).parents[1] / "page.css").read_text(encoding="utf-8")
MARK = {PASSED: "✓", "failed": "✗", NOT_DONE: "·", "missing": "–"}
WORDS = {
    PASSED: "passed",
    "failed": "not right yet",
    NOT_DONE: "not done yet",
    "missing": "missing",
}


def write(report: dict, out: Path, formats: list[str]) -> list[Path]:
    """Write the report in each format under `out`; returns what was written. ValueError for an
    unknown format.
    """
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
        note = (
            f"not graded: {s['reason']}" if s["status"] == "not graded" else "; ".join(s["notes"])
        )
        lines.append(f"{points}  {s['file']}" + (f"  ({note})" if note else ""))
    return "\n".join(lines)


def page_name(number: int, s: dict, ending: str = ".html") -> str:
    """A file's name that is one on every system, also for two submissions of one name."""
    return f"{number:04d}_{re.sub(r'[^A-Za-z0-9_-]+', '_', Path(s['file']).stem)[:60]}{ending}"


# ---- for machines


def _json(report: dict, out: Path):
    path = out / "report.json"
    path.write_text(json.dumps(report, indent=1), encoding="utf-8")
    return [path]


def _csv(report: dict, out: Path):
    path = out / "report.csv"
    names = list(dict.fromkeys(e["id"] for s in report["submissions"] for e in s["exercises"]))
    with path.open("w", newline="", encoding="utf-8") as file:
        rows = csv.writer(file)
        rows.writerow(["file", "status", "points", "max_points", *names, "notes"])
        for s in report["submissions"]:
            earned = {e["id"]: e["points"] for e in s["exercises"]}
            points = ["", ""] if s["points"] is None else [s["points"], s["max_points"]]
            notes = s["reason"] if s["status"] == "not graded" else "; ".join(s["notes"])
            rows.writerow(
                [
                    _cell(s["file"]),
                    s["status"],
                    *points,
                    *(earned.get(name, "") for name in names),
                    _cell(notes),
                ]
            )
    return [path]


def _cell(text: str) -> str:
    """Text that a spreadsheet would run as a formula gets an apostrophe."""
    return "'" + text if text.lstrip(" ")[:1] in tuple("=+-@\t\r\n") else text


def _junit(report: dict, out: Path):
    """A suite for each submission, a case for each exercise; a submission that was not graded is an
    error.
    """
    suites = ElementTree.Element("testsuites", name="grading")
    for s in report["submissions"]:
        failed = sum(e["status"] != PASSED for e in s["exercises"])
        graded = s["status"] == "graded"
        suite = ElementTree.SubElement(
            suites,
            "testsuite",
            name=s["file"],
            tests=str(len(s["exercises"]) or 1),
            failures=str(failed),
            errors=str(int(not graded)),
        )
        if not graded:
            case = ElementTree.SubElement(suite, "testcase", classname=s["file"], name="grading")
            ElementTree.SubElement(case, "error", message=s["reason"])
        for e in s["exercises"]:
            case = ElementTree.SubElement(suite, "testcase", classname=s["lesson"], name=e["id"])
            properties = ElementTree.SubElement(case, "properties")
            for name in ("points", "max_points"):
                ElementTree.SubElement(properties, "property", name=name, value=str(e[name]))
            if e["status"] != PASSED:
                ElementTree.SubElement(
                    case, "failure", message=f"{WORDS[e['status']]}. {e['diagnosis']}"
                ).text = _text(e)
    path = out / "report.xml"
    ElementTree.ElementTree(suites).write(path, encoding="utf-8", xml_declaration=True)
    return [path]


def _gradescope(report: dict, out: Path):
    """results.json as Gradescope's harness reads it; of several submissions one file each, in
    out/gradescope/.
    """
    alone = len(report["submissions"]) == 1
    folder = out if alone else out / "gradescope"
    folder.mkdir(parents=True, exist_ok=True)
    paths = []
    for number, s in enumerate(report["submissions"], 1):
        tests = [
            {
                "name": e["id"],
                "score": e["points"],
                "max_score": e["max_points"],
                "output": _text(e),
                "visibility": "visible",
                "status": "passed" if e["status"] == PASSED else "failed",
            }
            for e in s["exercises"]
        ]
        # without a score and without tests, Gradescope shows the attempt as one that the autograder
        # could not run
        results = (
            {"output": "\n".join(s["notes"]), "score": s["points"], "tests": tests}
            if s["status"] == "graded"
            else {"output": f"This notebook could not be graded: {s['reason']}."}
        )
        paths.append(folder / ("results.json" if alone else page_name(number, s, ".json")))
        paths[-1].write_text(json.dumps(results, indent=1), encoding="utf-8")
    return paths


def _text(e: dict) -> str:
    """An exercise in lines: what was tried, what came out, what it looks like, the hint."""
    lines = [
        f"{'passed' if c['passed'] else 'failed'}: {c['label']}"
        + ("" if c["passed"] else f"; came out: {c['got']}")
        for c in e.get("cases", [])
    ]
    lines += [f"What it looks like: {e['diagnosis']}"] if e["diagnosis"] else []
    lines += [f"Hint: {e['hint']}"] if e.get("hint") else []
    return "\n".join(lines)


# ---- for people


def _html(report: dict, out: Path):
    paths = [out / "index.html"]
    paths[0].write_text(_class_page(report), encoding="utf-8")
    for number, s in enumerate(report["submissions"], 1):
        paths.append(out / page_name(number, s))
        paths[-1].write_text(_page(s), encoding="utf-8")
    return paths


def _whole(title: str, body: str) -> str:
    return (
        "<!doctype html><html lang='en'><head><meta charset='utf-8'><meta name='viewport' "
        "content='width=device-width'>"
        f"<title>{title}</title><style>{STYLE}</style></head><body><h1>{title}</h1>{body}"
        "</body></html>"
    )


def _page(s: dict) -> str:
    title = escape(Path(s["file"]).name)
    if s["status"] == "not graded":
        return _whole(title, f"<p>This notebook could not be graded: {escape(s['reason'])}.</p>")
    notes = "".join(f"<p>{escape(note)}.</p>" for note in s["notes"])
    return _whole(
        title,
        f"<p><b>{s['points']} of {s['max_points']} "
        f"points</b></p>{notes}{''.join(map(_article, s['exercises']))}",
    )


def _article(e: dict) -> str:
    cases = "".join(
        f"<li>{'✓ passed' if c['passed'] else '✗ not right'}: {escape(c['label'])}"
        + ("" if c["passed"] else f"; came out <code>{escape(c['got'])}</code>")
        + "</li>"
        for c in e.get("cases", [])
    )
    tried = f"<p>What was tried:</p><ul>{cases}</ul>" if cases else ""
    diagnosis = (
        f"<p><b>What it looks like:</b> {as_html(e['diagnosis'])}</p>" if e["diagnosis"] else ""
    )
    hint = f"<p><b>Hint:</b> {as_html(e['hint'])}</p>" if e.get("hint") else ""
    points = f", {e['points']} of {e['max_points']} points" if e["max_points"] else ""
    return (
        f"<article class='{e['status'].split()[0]}'><h2>{escape(e['id'])}: "
        f"{WORDS[e['status']]}{points}</h2>"
        f"{tried}{diagnosis}{hint}</article>"
    )


def _class_page(report: dict) -> str:
    """The picture an instructor wants: pass rates, common mistakes, who is stuck where."""
    submissions = report["submissions"]
    graded = [s for s in submissions if s["status"] == "graded"]
    parts = [
        f"<p>{len(graded)} of {len(submissions)} notebooks were graded.</p>",
        _ungraded(submissions),
    ]
    for lesson in sorted({s["lesson"] for s in graded}):
        inside = [
            (number, s)
            for number, s in enumerate(submissions, 1)
            if s["lesson"] == lesson and s["status"] == "graded"
        ]
        parts += [
            f"<h2>{escape(lesson)}</h2>",
            _pass_rates(inside),
            _mistakes(inside),
            _who(inside),
        ]
    return _whole("The class", "".join(parts))


def _ungraded(submissions) -> str:
    rows = "".join(
        f"<li>{escape(s['file'])}: {escape(s['reason'])}</li>"
        for s in submissions
        if s["status"] == "not graded"
    )
    return f"<h2>Could not be graded</h2><ul>{rows}</ul>" if rows else ""


def _pass_rates(inside) -> str:
    tried = defaultdict(list)
    for _, s in inside:
        for e in s["exercises"]:
            tried[e["id"]].append(e["status"] == PASSED)
    rows = []
    for name, passed in sorted(tried.items(), key=lambda item: sum(item[1]) / len(item[1])):
        percent = round(100 * sum(passed) / len(passed))
        rows.append(
            f"<tr><th scope='row'>{escape(name)}</th><td class='number'>{percent} %</td><td "
            f"class='number'>{sum(passed)} of "
            f"{len(passed)}</td><td><span class='track' role='img' aria-label='{percent} "
            "percent passed'>"
            f"<span class='bar' style='width:{percent}%'></span></span></td></tr>"
        )
    return (
        "<h3>Exercises, the hardest first</h3><div "
        "class='wide'><table><thead><tr><th>exercise</th><th>passed</th><th>notebooks</th>"
        f"<th>share that passed</th></tr></thead><tbody>{''.join(rows)}</tbody></table></div>"
    )


def _mistakes(inside) -> str:
    counts = Counter(
        (e["id"], e["diagnosis"])
        for _, s in inside
        for e in s["exercises"]
        if e["status"] == "failed" and e["diagnosis"]
    )
    if not counts:
        return "<h3>Most common mistakes</h3><p>None that is known by name.</p>"
    rows = "".join(
        f"<tr><td class='number'>{count}</td><td>{escape(name)}</td><td>{as_html(said)}</td></tr>"
        for (name, said), count in sorted(counts.items(), key=lambda item: (-item[1], item[0]))[:12]
    )
    return (
        "<h3>Most common mistakes</h3><div class='wide'><table><thead><tr><th>times</th><th>"
        "exercise</th><th>what it looks like</th>"
        f"</tr></thead><tbody>{rows}</tbody></table></div>"
    )


def _who(inside) -> str:
    names = [e["id"] for e in inside[0][1]["exercises"]]
    head = "".join(f"<th scope='col'>{escape(name)}</th>" for name in names)
    rows = []
    for number, s in sorted(inside, key=lambda item: (item[1]["points"], item[1]["file"])):
        cells = "".join(
            f"<td aria-label='{WORDS[e['status']]}'>{MARK[e['status']]}</td>"
            for e in s["exercises"]
        )
        rows.append(
            f"<tr><th scope='row'><a href='{page_name(number, s)}'>{escape(s['file'])}</a></th>"
            f"<td class='number'>{s['points']} / {s['max_points']}</td>{cells}</tr>"
        )
    legend = ", ".join(f"{mark} {WORDS[status]}" for status, mark in MARK.items())
    return (
        f"<h3>Who is stuck where</h3><p>{legend}. The fewest points first.</p><div "
        "class='wide'><table><thead><tr><th>notebook</th>"
        f"<th>points</th>{head}</tr></thead><tbody>{''.join(rows)}</tbody></table></div>"
    )


WRITERS = {"json": _json, "csv": _csv, "junit": _junit, "gradescope": _gradescope, "html": _html}
