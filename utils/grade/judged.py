"""A file that was handed in -> its entry in the report: marks, and what is said about them."""

import hashlib
import re
import sys
import traceback
from dataclasses import dataclass
from pathlib import Path

from utils.exercises import Exercise, exercises, names
from utils.exercises.judge import FAILED, PASSED, Outcome, Verdict
from utils.grade.found import Found
from utils.grade.judge import Judge
from utils.grade.play import Judged, Play
from utils.grade.read import Notebook, NotGradable, content_of, read
from utils.grade.sandbox import SandboxBroken
from utils.text import cleaned

MISSING = "missing"
MOST_NOTES = 10  # on cells that cannot be read
MOST_CODE = 20_000  # characters of a cell that are shown beside its verdict


@dataclass(frozen=True)
class Rules:
    """What decides marks besides the file. seed: draws the hidden cases, for each file others.
    timeout: seconds of a case, where they are not the exercise's own. lesson: which all files are,
    "" to ask each. handed_out: the exercises that count, None for all. partial: points for a part
    of the cases.
    """

    seed: str
    timeout: float | None = None
    lesson: str = ""
    handed_out: frozenset[str] | None = None
    partial: bool = False

    def exercises(self, lesson: str) -> list[Exercise]:
        """The exercises of a lesson that count."""
        every = exercises(lesson)
        return [e for e in every if self.handed_out is None or e.name in self.handed_out]


def judged(found: Found, rules: Rules, judge: Judge) -> dict:
    """One file's entry of report.json. Never raises for what is in the file.

    It carries the digest of the bytes that were graded.
    """
    try:
        if found.odd:
            raise NotGradable(found.odd)
        return judged_content(str(found.path), content_of(found.path), rules, judge)
    except NotGradable as error:
        return not_graded(found.path, str(error))


def judged_content(file: str, content: bytes, rules: Rules, judge: Judge) -> dict:
    """The same from a file's name and content, wherever they came from."""
    try:
        notebook = read(file, content, rules.lesson)
        return cleaned(_entry(notebook, rules, judge))
    except NotGradable as error:
        return not_graded(file, str(error))
    except SandboxBroken as error:
        return not_graded(file, f"the sandbox failed, which is not the submission's fault: {error}")
    except Exception as error:  # a fault of ours must not cost the other submissions
        traceback.print_exc(file=sys.stderr)
        return not_graded(file, f"the grader itself failed on it ({type(error).__name__}: {error})")


def not_graded(file: Path | str, reason: str) -> dict:
    return cleaned(
        {
            "file": str(file),
            "lesson": None,
            "status": "not graded",
            "reason": reason,
            "points": None,
            "max_points": None,
            "notes": [],
            "exercises": [],
        }
    )


def drawn(notebook: Notebook, rules: Rules, name: str, number: int) -> int:
    """The seed of an exercise's hidden cases at the check with this number."""
    file = Path(notebook.file).name
    text = f"{rules.seed}:{file}:{notebook.digest}" + (f":{name}:{number}" if number else "")
    return int.from_bytes(hashlib.sha256(text.encode("utf-8", "replace")).digest()[:8], "little")


def _entry(notebook: Notebook, rules: Rules, judge: Judge) -> dict:
    count = rules.exercises(notebook.lesson)
    if not count:
        raise NotGradable(f"no exercise of {notebook.lesson} was handed out")

    def seeds(name: str, number: int) -> int:
        return drawn(notebook, rules, name, number)

    seen = _seen(judge, notebook, count, seeds, rules.timeout)
    entries = [_exercise(exercise, notebook, seen, rules) for exercise in count]
    return {
        "file": notebook.file,
        "digest": notebook.digest,
        "lesson": notebook.lesson,
        "status": "graded",
        "points": _whole(sum(e["points"] for e in entries)),
        "max_points": sum(e["max_points"] for e in entries),
        "notes": _notes(notebook, seen, entries),
        "seed": rules.seed,
        "isolation": judge.words,
        "exercises": entries,
    }


def _seen(judge: Judge, notebook: Notebook, count: list[Exercise], seeds, seconds) -> Judged:
    """What was seen of a notebook. Where something failed, and something that its author wrote was
    not run because nothing was seen to need it, once more with all of that.
    """
    play = Play(judge, notebook, count, seeds, seconds)
    seen = play.play()
    text = "\n".join(notebook.cells)
    failed = [e.name for e in count if seen.failed(e.name) and e.name in text]
    if failed and seen.left_out and not seen.bad:
        again = Play(judge, notebook, count, seeds, seconds, whole=True)
        again.left = play.left
        try:
            other = again.play()
        except NotGradable:
            return seen
        for name in failed:
            if other.passed(name) or not seen.verdicts.get(name) and other.verdicts.get(name):
                seen.take_over(other, name)
    return seen


def _exercise(exercise: Exercise, notebook: Notebook, seen: Judged, rules: Rules) -> dict:
    entry = {
        "id": exercise.name,
        "status": MISSING,
        "points": 0,
        "max_points": exercise.points,
        "diagnosis": "",
        "cases": [],
        "hint": "",
        "code": "",
    }
    if exercise.name in seen.code:
        entry["code"] = notebook.cells[seen.code[exercise.name]][:MOST_CODE]
    verdicts = seen.verdicts.get(exercise.name)
    if not verdicts:
        status, why = _without_verdict(exercise.name, notebook, seen)
        return entry | {"status": status, "diagnosis": why}
    passed = [pair for pair in verdicts if pair[0].status == PASSED]
    verdict, outcomes = (passed or verdicts)[-1]
    ended = [o.text for o in outcomes if o.error in ("TimeLimit", "ProcessEnded")]
    return entry | {
        "status": verdict.status,
        "points": _points(verdict, rules.partial),
        "diagnosis": verdict.diagnosis or "".join(ended),
        "cases": _cases(verdict, outcomes),
        "hint": exercise.hints[0] if exercise.hints and verdict.status != PASSED else "",
    }


def _cases(verdict: Verdict, outcomes: list[Outcome]) -> list[dict]:
    """What was tried and what came out, but not what was expected: the cases are hidden."""
    return [
        {
            "label": result.label,
            "passed": result.passed,
            "got": result.got
            if not outcome.error or result.passed
            else f"{outcome.error}: {outcome.text}".strip(": "),
        }
        for result, outcome in zip(verdict.results, outcomes, strict=False)
    ]


def _points(verdict: Verdict, partial: bool) -> float:
    """All of an exercise's points when it passed, else none, or with `partial` its share."""
    if verdict.status == PASSED or not partial or not verdict.results:
        return verdict.points
    right = sum(result.passed for result in verdict.results)
    cut_off = any("still running" in r.problem or r.got == "no answer" for r in verdict.results)
    count = len(verdict.results) + cut_off  # the cases after it were not tried
    return _whole(round(verdict.exercise.points * right / count, 2))


def _whole(points: float) -> float:
    return int(points) if points == int(points) else round(points, 2)


def _without_verdict(name: str, notebook: Notebook, seen: Judged) -> tuple[str, str]:
    """(status, why) of an exercise for which nothing came to a check."""
    if name in seen.refused:
        return FAILED, (
            f"check needs one of the course's functions, under its own name. It got "
            f"`{_quoted(seen.refused[name])}`."
        )
    makes = re.compile(rf"(?m)^[ \t]*(?:(?:def|class) {name}\b|{name}[ \t]*=)")
    for number, line, text in seen.unreadable:
        if makes.search(notebook.cells[number]):
            return FAILED, f"Code cell {number + 1} cannot be read: `{_quoted(text)}`, line {line}."
    for number, what in seen.bad.items():
        if makes.search(notebook.cells[number]):
            return FAILED, f"Code cell {number + 1} was left out: {what}."
    why = seen.absent.get(name, ())
    if len(why) == 3 and f"name '{name}'" not in why[2]:
        cell, error, text = why
        at = f"code cell {int(cell) + 1 if cell.isdigit() else '?'}"
        return FAILED, f"Its {at} stopped before it: `{_quoted(f'{error}: {text}')}`."
    if name in seen.told:
        return FAILED, "The course had answered for it, or for what uses it, before its check."
    if seen.given_up:
        return FAILED, "It was not reached: other cells of the notebook end or block its process."
    return MISSING, f"no cell defines {name}"


def _quoted(text: str) -> str:
    return " ".join(text.replace("`", "'").split())[:200]


def _notes(notebook: Notebook, seen: Judged, entries: list[dict]) -> list[str]:
    """What no exercise's diagnosis says."""
    known = {n for e in entries for n in re.findall(r"^Code cell (\d+) ", e["diagnosis"])}
    said = [
        f"code cell {number + 1} cannot be read and was left out (line {line}: {text})"
        for number, line, text in seen.unreadable
        if re.search(r"(?m)^[ \t]*(def|class) |=", notebook.cells[number])
        and str(number + 1) not in known
    ]
    if more := said[MOST_NOTES:]:
        said[MOST_NOTES:] = [f"{len(more):,} more code cells cannot be read and were left out"]
    said += [
        f"code cell {number + 1} was left out: {what}"
        for number, what in seen.bad.items()
        if str(number + 1) not in known
    ]
    said += [
        f"a later check of {name} does not count: the course had answered for it by then"
        for name in sorted(seen.told)
        if seen.verdicts.get(name)
    ]
    others = sorted(set(seen.verdicts) - {e["id"] for e in entries})
    own = [name for name in others if name in names(notebook.lesson)]
    if own:
        said.append(f"it also holds {', '.join(own)}, not handed out and so not graded")
    if others := [name for name in others if name not in own]:
        said.append(f"it also holds {', '.join(others)} of another lesson, which was not graded")
    said += [
        f"{name} is defined again in code cell {cell + 1}, below its check; what the check got was "
        "graded"
        for name, cell in seen.late.items()
    ]
    return said
