"""Reports for programs: JSON, CSV, JUnit's XML, Gradescope's results."""

import csv
import json
from pathlib import Path
from xml.etree import ElementTree

from utils.exercises.judge import PASSED
from utils.grade.desk.sheet import disarmed
from utils.grade.reports.people import page_name
from utils.grade.reports.words import WORDS
from utils.text import write_whole


def write_json(report: dict, out: Path) -> None:
    write_whole(out / "report.json", json.dumps(report, indent=1))


def write_csv(report: dict, out: Path) -> None:
    """A row for each submission: the points of each exercise, then the status of each."""
    names = list(dict.fromkeys(e["id"] for s in report["submissions"] for e in s["exercises"]))
    half = out / "report.csv.half"
    half.unlink(missing_ok=True)
    with half.open("x", newline="", encoding="utf-8") as file:
        rows = csv.writer(file)
        head = [
            "student",
            "id",
            "file",
            "lesson",
            "status",
            "points",
            "max_points",
            *names,
            "notes",
            "isolation",
        ]
        rows.writerow(head + [f"{name}: status" for name in names])
        for s in report["submissions"]:
            found = {e["id"]: e for e in s["exercises"]}
            graded, student = s["status"] == "graded", s.get("student", {})
            notes = "; ".join(s["notes"]) if graded else s["reason"]
            rows.writerow(
                [
                    disarmed(student.get("name", "")),
                    disarmed(student.get("id", "")),
                    disarmed(s["file"]),
                    s["lesson"] or "",
                    s["status"],
                    *([s["points"], s["max_points"]] if graded else ["", ""]),
                    *(found[name]["points"] if name in found else "" for name in names),
                    disarmed(notes),
                    s.get("isolation", ""),
                    *(found[name]["status"] if name in found else "" for name in names),
                ]
            )
    half.replace(out / "report.csv")


def write_junit(report: dict, out: Path) -> None:
    """A suite for each submission, a case for each exercise; a submission that was not graded is an
    error.
    """
    suites = ElementTree.Element("testsuites", name="grading")
    for s in report["submissions"]:
        graded = s["status"] == "graded"
        suite = ElementTree.SubElement(
            suites,
            "testsuite",
            name=s["file"],
            tests=str(len(s["exercises"]) or 1),
            failures=str(sum(e["status"] != PASSED for e in s["exercises"])),
            errors=str(int(not graded)),
        )
        if not graded:
            case = ElementTree.SubElement(suite, "testcase", classname=s["file"], name="grading")
            ElementTree.SubElement(case, "error", message=s["reason"])
            continue
        _properties(suite, isolation=s["isolation"], seed=s["seed"])
        for e in s["exercises"]:
            case = ElementTree.SubElement(suite, "testcase", classname=s["lesson"], name=e["id"])
            _properties(case, points=e["points"], max_points=e["max_points"])
            if e["status"] != PASSED:
                words = f"{WORDS[e['status']]}. {e['diagnosis']}"
                ElementTree.SubElement(case, "failure", message=words).text = in_lines(e)
    text = ElementTree.tostring(suites, encoding="unicode")
    write_whole(out / "report.xml", f"<?xml version='1.0' encoding='utf-8'?>\n{text}")


def _properties(element, **values) -> None:
    properties = ElementTree.SubElement(element, "properties")
    for name, value in values.items():
        ElementTree.SubElement(properties, "property", name=name, value=str(value))


def write_gradescope(report: dict, out: Path) -> None:
    """results.json as Gradescope's harness reads it; of several submissions one file each, in
    out/gradescope/, and results.json too where only one of them could be graded.
    """
    alone = len(report["submissions"]) == 1
    only = sum(s["status"] == "graded" for s in report["submissions"]) == 1
    folder = out if alone else out / "gradescope"
    folder.mkdir(parents=True, exist_ok=True)
    for number, s in enumerate(report["submissions"], 1):
        # without a score and without tests, Gradescope shows the attempt as one that the autograder
        # could not run
        results: dict = {"output": f"This notebook could not be graded: {s.get('reason')}."}
        if s["status"] == "graded":
            said = [*s["notes"], f"How it was run: {s['isolation']}", report["rules"]]
            tests = [_gradescope_test(e) for e in s["exercises"]]
            results = {"output": "\n".join(said), "score": s["points"], "tests": tests}
        path = folder / ("results.json" if alone else page_name(number, s, ".json"))
        write_whole(path, json.dumps(results, indent=1))
        if not alone and only and s["status"] == "graded":
            write_whole(out / "results.json", json.dumps(results, indent=1))


def _gradescope_test(e: dict) -> dict:
    return {
        "name": e["id"],
        "score": e["points"],
        "max_score": e["max_points"],
        "output": in_lines(e),
        "visibility": "visible",
        "status": "passed" if e["status"] == PASSED else "failed",
    }


def in_lines(e: dict) -> str:
    """An exercise in lines: what was tried, what came out, what it looks like, the hint."""
    lines = [
        f"{'passed' if c['passed'] else 'failed'}: {c['label']}"
        + ("" if c["passed"] else f"; came out: {c['got']}")
        for c in e.get("cases", [])
    ]
    lines += [f"What it looks like: {e['diagnosis']}"] if e["diagnosis"] else []
    lines += [f"Hint: {e['hint']}"] if e.get("hint") else []
    return "\n".join(lines)
