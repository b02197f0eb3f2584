"""The judge's verdict as a card: HTML, and the same in plain text."""

from utils.exercises.judge import FAILED, NOT_DONE, PASSED, CaseResult, Verdict
from utils.text import Html, as_html, plural, tag

MARK = {True: "✓", False: "✗"}
COLOUR = {PASSED: "#009e73", FAILED: "#d55e00", NOT_DONE: "#0072b2"}
SHOWN_WHOLE = 2  # failing cases; that many are enough to work on
MOST_PRINTED_LINES = 5
REPLACE = (
    "Write your code in the place of the line `raise NotImplementedError`, and run the cell again."
)


class Card:
    """The verdict on one function. kept: what became of its source, in a sentence."""

    def __init__(self, verdict: Verdict, kept: str = ""):
        self.verdict, self.kept = verdict, kept

    def headline(self) -> str:
        exercise, status = self.verdict.exercise, self.verdict.status
        results = self.verdict.results
        if status == NOT_DONE:
            return (
                f"○ {exercise.name}: not done yet; the course's own version stands in until yours "
                "passes"
            )
        if exercise.prediction:
            if status == PASSED:
                return f"✓ {exercise.name}: right"
            if results[0].got.startswith("raises "):
                return f"✗ {exercise.name}: this is no answer yet; try again before you read on"
            return f"✗ {exercise.name}: not this one; read on, the answer is computed below"
        if status == PASSED:
            return (
                f"✓ {exercise.name}: passed, {len(results)} of {plural(len(results), 'case')} · "
                f"{plural(exercise.points, 'point')}"
            )
        right = sum(result.passed for result in results)
        return (
            f"✗ {exercise.name}: {right} of {plural(len(results), 'case')} right; the course's "
            "own version stands in"
        )

    def shows_cases(self) -> bool:
        """A wrong guess shows no case, because the case would give the answer away."""
        return self.verdict.status == FAILED and not self.verdict.exercise.prediction

    def cases(self) -> list[tuple[CaseResult, bool]]:
        """(result, whether to show it whole)."""
        rows, shown = [], 0
        for result in self.verdict.results:
            whole = not result.passed and shown < SHOWN_WHOLE
            shown += whole
            rows.append((result, whole))
        return rows

    def __repr__(self) -> str:
        lines, verdict = [self.headline()], self.verdict
        if verdict.status == NOT_DONE:
            lines.append(f"  {REPLACE}")
        if verdict.diagnosis:
            lines.append(f"  What it looks like: {verdict.diagnosis}")
        if self.shows_cases():
            for result, whole in self.cases():
                lines.append(f"  {MARK[result.passed]} {result.label}")
                if whole:
                    lines += [f"      {word:9} {value}" for word, value in facts(result)]
                    lines.append(f"      {result.problem}")
        if verdict.status != PASSED and verdict.exercise.hints:
            lines.append(
                f"  Stuck? hint({verdict.exercise.name!r}) shows the next of "
                f"{plural(len(verdict.exercise.hints), 'hint')}."
            )
        if self.kept:
            lines.append(f"  {self.kept}")
        return "\n".join(lines)

    def _repr_html_(self) -> str:
        verdict = self.verdict
        parts = [tag("b", self.headline())]
        if verdict.status == NOT_DONE:
            parts.append(tag("div", Html(as_html(REPLACE))))
        if verdict.diagnosis:
            looks = tag("b", "What it looks like:") + " " + as_html(verdict.diagnosis)
            parts.append(tag("p", Html(looks), style="margin:.6em 0"))
        if self.shows_cases():
            rows = "".join(_case(result, whole) for result, whole in self.cases())
            parts.append(tag("ul", Html(rows), style="padding-left:.2em;margin:.4em 0"))
        if verdict.status != PASSED:
            parts.append(_folded(verdict.exercise.hints))
        if self.kept:
            parts.append(tag("div", Html(as_html(self.kept)), style="opacity:.8"))
        return _frame(COLOUR[verdict.status], *parts)


class Note:
    """A title and a sentence, as a card and as plain text."""

    def __init__(self, title: str, text: str):
        self.title, self.text = title, text

    def __repr__(self) -> str:
        return f"{self.title}: {self.text}"

    def _repr_html_(self) -> str:
        return _frame(COLOUR[NOT_DONE], tag("b", self.title), Html("<br>" + as_html(self.text)))


def facts(result: CaseResult) -> list[tuple[str, str]]:
    """What a failing case shows: what was tried, what came out, what was printed on the way."""
    printed = result.printed.rstrip().splitlines()
    if len(printed) > MOST_PRINTED_LINES:
        printed = ["…", *printed[-MOST_PRINTED_LINES:]]
    rows = [
        ("tried", result.tried),
        ("came out", result.got),
        ("expected", result.expected),
        ("printed", " ⏎ ".join(printed)),
    ]
    return [(word, value) for word, value in rows if value]


def _frame(colour: str, *inside: str) -> str:
    style = f"border-left:5px solid {colour};padding:.5em .9em;margin:.3em 0;line-height:1.5"
    return tag("div", *inside, class_="check-card", role="status", style=style)


def _case(result: CaseResult, whole: bool) -> Html:
    none = "list-style:none"
    if not whole:
        return tag("li", f"{MARK[result.passed]} {result.label}", style=none)
    left = "text-align:left"
    quiet = f"{left};white-space:nowrap;padding-right:1em;font-weight:normal;opacity:.8"
    rows = "".join(
        tag(
            "tr",
            tag("th", word, scope="row", style=quiet),
            tag("td", tag("code", value), style=left),
        )
        for word, value in facts(result)
    )
    return tag(
        "li",
        "✗ ",
        tag("b", result.label),
        tag("table", Html(rows), style="margin:0 0 0 1.2em"),
        tag("div", result.problem, style="margin-left:1.4em"),
        style=none,
    )


def _folded(hints) -> Html:
    """Each hint inside the one before it, so that opening one offers the next."""
    inside = Html("")
    for number in range(len(hints), 0, -1):
        summary = tag("summary", f"Hint {number} of {len(hints)}")
        inside = tag("details", summary, Html(as_html(hints[number - 1])), inside)
    return inside
