"""A status of an exercise, as a sign and in words."""

from utils.exercises.judge import NOT_DONE, PASSED

MARK = {PASSED: "✓", "failed": "✗", NOT_DONE: "·", "missing": "–"}
WORDS = {
    PASSED: "passed",
    "failed": "not right yet",
    NOT_DONE: "not done yet",
    "missing": "missing",
}
