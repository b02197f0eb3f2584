"""Points and comments that a person gave, kept over every later run: OUT/overrides.csv.

A row is a student (or a file, without a roster), a lesson and an exercise; where `points` or
`comment` is filled in it counts. `name` is there for people. `submission` is a piece of the digest
of the file that the person saw. Where it is no longer the one that is graded, the override still
counts, and is listed for another look; emptying that cell, or writing the new one, says that
somebody looked.
"""

from pathlib import Path

from utils.grade.desk import sheet
from utils.grade.desk.entries import judged, key, who
from utils.grade.recorded import RunError

NAME = "overrides.csv"
HEAD = ["student", "name", "lesson", "exercise", "points", "comment", "judged", "submission"]
SEEN = 12  # letters of a digest


def read(out: Path) -> list[dict[str, str]]:
    """The rows of the overrides in a folder of reports that say something; [] without a file."""
    path = out / NAME
    if not path.exists():
        return []
    head, rows = sheet.read(path)
    if lacking := [
        name for name in ("student", "exercise", "points", "comment") if name not in head
    ]:
        raise RunError(f"{path} lacks the column {', '.join(lacking)}")
    rows = [{name: row.get(name, "") for name in HEAD} for row in rows]
    for row in rows:
        sheet.number(row["points"], f"{path}, {row['student']}, {row['exercise']}")
    return [row for row in rows if row["points"] or row["comment"]]


def applied(report: dict, rows: list[dict[str, str]], file: str = NAME) -> dict:
    """The report with the rows' points and comments, and `another_look`: what a person should see
    again, in sentences. What was judged stays in each exercise's `judged`.
    """
    left = {id(row): row for row in rows}
    for row in rows:
        row["submission"] = row["submission"] or _meant_first(row, report["submissions"])
    there = {(entry.get("digest", "")[:SEEN], key(entry)) for entry in report["submissions"]}
    look, entries = [], []
    for entry in report["submissions"]:
        exercises = []
        for exercise in map(judged, entry["exercises"]):
            for row in rows:
                seen = row["submission"] == entry.get("digest", "")[:SEEN]
                other = not seen and (row["submission"], key(entry)) in there  # of several tries
                if other or not _meant(row, entry, exercise["id"]):
                    continue
                left.pop(id(row), None)
                given = sheet.number(row["points"], file)
                if given is not None and given > exercise["max_points"]:
                    look.append(
                        f"{who(entry)}, {exercise['id']}: the override gives {given:g} of "
                        f"{exercise['max_points']:g}"
                    )
                if given is not None:
                    exercise = exercise | {"judged": exercise["points"], "points": given}
                if row["comment"]:
                    exercise = exercise | {"comment": row["comment"]}
                if not seen:
                    look.append(
                        f"{who(entry)}, {exercise['id']}: the submission has changed since it was "
                        f"overridden; the judge now gives {judged(exercise)['points']} points"
                    )
            exercises.append(exercise)
        if entry["status"] == "graded":
            entry = entry | {"points": _sum(e["points"] for e in exercises)}
        entries.append(entry | {"exercises": exercises})
    look += [
        f"{row['student']}, {row['exercise']}: nothing that was graded is meant by this override"
        for row in left.values()
    ]
    return report | {"submissions": entries, "another_look": look}


def write(report: dict, rows: list[dict[str, str]], out: Path, every: bool) -> None:
    """Write the rows that count back, with what they saw; every: and one for each exercise of each
    submission, to be filled in.
    """
    found = list(rows)
    if every:
        for entry in report["submissions"]:
            for exercise in entry["exercises"]:
                if any(_meant(row, entry, exercise["id"]) for row in rows):
                    continue
                found.append(
                    {
                        "student": key(entry),
                        "name": who(entry),
                        "lesson": entry["lesson"],
                        "exercise": exercise["id"],
                        "points": "",
                        "comment": "",
                        "judged": judged(exercise)["points"],
                        "submission": entry.get("digest", "")[:SEEN],
                    }
                )
    if found:
        out.mkdir(parents=True, exist_ok=True)
        sheet.write(out / NAME, HEAD, [[row[name] for name in HEAD] for row in found])


def _meant(row: dict[str, str], entry: dict, exercise: str) -> bool:
    names = {sheet.disarmed(text) for text in (key(entry), who(entry), entry["file"])}
    names |= {key(entry), who(entry), entry["file"]}
    return (
        row["exercise"] == exercise
        and row["student"] in names
        and row["lesson"] in ("", entry["lesson"], (entry["lesson"] or "")[:2])
    )


def _meant_first(row: dict[str, str], entries: list[dict]) -> str:
    """The piece of the digest of the submission that a row means, of several tries the better."""
    meant = [e for e in entries if any(_meant(row, e, x["id"]) for x in e["exercises"])]
    best = max(meant, key=lambda e: sum(judged(x)["points"] for x in e["exercises"]), default={})
    return best.get("digest", "")[:SEEN]


def _sum(points) -> float:
    total = round(sum(points), 2)
    return int(total) if total == int(total) else total
