"""Reports written from entries that no judge had to make."""

LESSON = "01_language_modeling"


def exercise(name="suggest", status="failed", **more) -> dict:
    points = {"passed": 2}.get(status, 0)
    entry = {"id": name, "status": status, "points": points, "max_points": 2, "diagnosis": ""}
    return entry | {"code": "", "cases": [], "hint": ""} | more


def graded(file: str, *exercises: dict, **more) -> dict:
    """A submission's entry."""
    points = sum(e["points"] for e in exercises)
    entry = {"file": file, "lesson": LESSON, "status": "graded", "points": points}
    entry |= {"max_points": 2 * len(exercises), "notes": [], "seed": "s", "isolation": "walls"}
    return entry | {"exercises": [*exercises]} | more


def not_graded(file: str, reason: str) -> dict:
    entry = {"file": file, "lesson": None, "status": "not graded", "reason": reason, "notes": []}
    return entry | {"points": None, "max_points": None, "exercises": []}


def report(*submissions: dict, **more) -> dict:
    """As the desk leaves it where nothing was asked of it."""
    whole = {"seed": "s", "rules": "All or nothing.", "another_look": [], "alike": []}
    return whole | {"submissions": [*submissions]} | more
