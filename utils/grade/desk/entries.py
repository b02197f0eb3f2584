"""What the desk reads off an entry of report.json."""

import os


def judged(exercise: dict) -> dict:
    """An exercise's entry as the judge left it."""
    points = exercise.get("judged", exercise["points"])
    kept = {name: v for name, v in exercise.items() if name not in ("judged", "comment")}
    return kept | {"points": points}


def key(entry: dict) -> str:
    """What stands for a submission's author in a table: the roster's key, else the file."""
    return entry["student"]["key"] if "student" in entry else entry["file"]


def who(entry: dict) -> str:
    """A submission's author for people: the name, else the file."""
    return entry["student"]["name"] if "student" in entry else entry["file"]


def short(entry: dict) -> str:
    """The same with no more of a file's path than its folder's name and its own."""
    return who(entry) if "student" in entry else "/".join(entry["file"].split("/")[-2:])


def title(lesson: str) -> str:
    """01_language_modeling -> 01 Language modeling, a gradebook's column."""
    words = lesson[3:].replace("_", " ").replace("self attention", "self-attention")
    return f"{lesson[:2]} {words.capitalize()}".replace("gpt2", "GPT-2")


def tries(entries: list[dict]) -> dict[tuple[str, str], list[dict]]:
    """{(author, lesson): what they handed in}, the one that counts first: the better one, among
    equals the first.
    """
    found: dict[tuple[str, str], list[dict]] = {}
    for entry in entries:
        if entry["status"] == "graded":
            found.setdefault((key(entry), entry["lesson"]), []).append(entry)
    return {place: sorted(them, key=lambda e: -e["points"]) for place, them in found.items()}


def place(entry: dict) -> str:
    """The same for a submission in this run and in the one before."""
    return f"{key(entry)}\n{os.path.basename(entry['file'])}"
