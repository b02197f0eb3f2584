"""One notebook, run in a child and judged where it asks: the judge's side of run.py.

A child that dies or hangs is replaced, and the notebook is run again up to where it was: what was
judged stays judged, and a cell that ended or blocked the process is left out. What an earlier
function may have left behind is not held against what comes after it: that gets a second child, in
which the earlier one is not called.
"""

from dataclasses import dataclass, field

from utils.exercises import Exercise, named, names
from utils.exercises.judge import FAILED, PASSED, Outcome, Verdict, judge
from utils.grade.judge import Judge
from utils.grade.line import ENDED, NONSENSE, Allowance, ChildFailed, Line
from utils.grade.read import Notebook, NotGradable, given_statements
from utils.text import duration

CELL = (
    15.0  # seconds of one cell while the notebook runs: import torch, and the learner's own lines
)
CELLS = 45.0  # of all cells together, in one child
CHILDREN = 240.0  # of all cells in all children
LOST = 30.0  # of all cells that had to be left out, before the rest of the notebook is
BAD_CELLS = 12  # that may end the process, likewise
EXERCISE = 5  # all cases of an exercise get this many times the seconds of one
ATTEMPTS = 4  # checks of one exercise that get its whole time; all that come later share one
MOST_CHECKS = 12  # of one exercise that are judged; more get the last one's verdict
WORK = 30.0  # seconds that the course's functions work, for an exercise or for all cells
ASKED = 10_000  # questions to the course's functions, of one case or of all cells


@dataclass
class Judged:
    """What was seen of a notebook. verdicts: exercise -> what each check of it said. code, late:
    see run.Run.code. absent: exercise -> the cell and the error that kept it away. refused:
    exercise -> what check got in its place. bad: cell -> what it did. told: exercises that came to
    a check after the course had given them away. given_up: not all of the notebook was run.
    left_out: something of the learner's was not run, because nothing was seen to need it.
    """

    verdicts: dict[str, list[tuple[Verdict, list[Outcome]]]] = field(default_factory=dict)
    code: dict[str, int] = field(default_factory=dict)
    late: dict[str, int] = field(default_factory=dict)
    unreadable: list[tuple[int, int, str]] = field(default_factory=list)
    absent: dict[str, tuple] = field(default_factory=dict)
    refused: dict[str, str] = field(default_factory=dict)
    bad: dict[int, str] = field(default_factory=dict)
    told: set[str] = field(default_factory=set)
    given_up: bool = False
    left_out: bool = False

    def passed(self, name: str) -> bool:
        return any(verdict.status == PASSED for verdict, _ in self.verdicts.get(name, ()))

    def failed(self, name: str) -> bool:
        """Whether somebody worked on it, and it did not pass."""
        tried = any(verdict.status == FAILED for verdict, _ in self.verdicts.get(name, ()))
        return not self.passed(name) and (tried or name in self.absent or name in self.refused)

    def take_over(self, other: "Judged", name: str) -> None:
        """What was seen of an exercise, from another run of the same notebook."""
        self.verdicts[name] = other.verdicts[name]
        self.absent.pop(name, None)
        self.refused.pop(name, None)
        self.told.discard(name)


class Gone(Exception):
    """The child is dead, and what it was doing is settled: run the notebook again."""


class Play:
    """seeds: from an exercise's name and the number of its check to what draws its cases. lesson:
    the exercises that are judged. seconds: for a case, where it is not the exercise's own. whole:
    see run.Run.
    """

    def __init__(self, owner: Judge, notebook: Notebook, lesson, seeds, seconds=None, whole=False):
        self.owner, self.notebook, self.seconds = owner, notebook, seconds
        self.lesson, self.seeds = [exercise.name for exercise in lesson], seeds
        self.whole = whole
        self.order = {name: i for i, name in enumerate(names())}
        self.own = set(names(notebook.lesson))
        self.after = 1 + max(self.order[name] for name in self.own)  # where the next lesson begins
        self.seen = Judged()
        self.line: Line | None = None
        self.lost = 0.0
        self.left = Allowance.of(CHILDREN)
        self.given_away: set[tuple[str, int]] = set()  # (exercise, check) that was run for again
        self.doubted: set[str | int] = set()  # exercises and cells that got a second child
        self.further: dict[str, Allowance] = {}  # of an exercise's checks beyond ATTEMPTS

    def play(self) -> Judged:
        """SandboxBroken, NotGradable where that is impossible."""
        needs_torch = any("import torch" in source for source in self.notebook.cells)
        while True:
            self.line = self.owner.line(needs_torch)
            self.cell, self.checks, self.asked = None, dict.fromkeys(self.order, 0), 0
            self.told: set[str] = set()  # exercises for which the course has answered this child
            self.called: set[str] = set()  # exercises that were called in it
            try:
                self.run()
                line, self.line = self.line, None
                self.owner.dismiss(line, True)
                return self.seen
            except Gone:
                continue
            except (TimeoutError, ChildFailed) as error:
                if str(error) == ENDED and self.may_be_anothers(self.cell):
                    continue
                self.leave_out(error)
            finally:
                self.stop()
            if self.lost >= LOST or len(self.seen.bad) > BAD_CELLS:
                self.seen.given_up = True
                if any(self.seen.verdicts.values()):
                    return self.seen
                raise NotGradable("its cells end or block the process that runs them")

    def stop(self) -> None:
        if self.line:
            self.owner.dismiss(self.line, False)
        self.line = None

    def leave_out(self, error: Exception) -> None:
        if self.cell is None or self.cell in self.seen.bad:
            raise NotGradable("its code cells cannot be read, or end the process that reads them")
        why = f"it was still running after {CELL:g} seconds"
        if isinstance(error, ChildFailed):
            why = "it ended the process" if str(error) == ENDED else str(error)
        self.seen.bad[self.cell] = why
        self.lost += CELL if isinstance(error, TimeoutError) else 0.5

    def run(self) -> None:
        cells = [[i, source] for i, source in enumerate(self.notebook.cells)]
        given = list(given_statements(self.notebook.lesson))
        settings = {"cells": cells, "names": list(self.order), "lesson": self.lesson}
        settings |= {"given": given, "bad": list(self.seen.bad), "whole": self.whole}
        one, every, self.work = Allowance.of(CELL), Allowance.of(CELLS), Allowance.of(WORK)
        self.line.send(settings, one)
        while True:
            match self.line.receive(one, every, self.left):
                case ["done", bool(left_out)]:
                    self.seen.left_out = left_out
                    return
                case ["cell", int(number)] if 0 <= number < len(cells):
                    self.cell, one = number, Allowance.of(CELL)
                case ["read", dict(code), dict(late), list(unreadable)]:
                    self.take_in(code, late, unreadable)
                case ["check", str(name)] if name in self.order:
                    self.line.send(["verdict", self.verdict(name)], one)
                case ["need", str(name), *question] if name in self.order:
                    self.line.send(self.reference(name, question, None, CELL), one)
                case ["absent", str(name), list(why)] if name in self.order:
                    if name in self.lesson:
                        self.seen.absent[name] = tuple(map(str, why))
                case ["refused", list(asked), str(shown)]:
                    self.seen.refused |= {n: shown[:80] for n in asked if n in self.lesson}
                case _:
                    raise ChildFailed(NONSENSE)

    def take_in(self, code: dict, late: dict, unreadable: list) -> None:
        """What the child read, before it ran anything."""
        count = len(self.notebook.cells)
        for found in (code, late):
            if not all(n in self.order and c in range(count) for n, c in found.items()):
                raise ChildFailed(NONSENSE)
        said = {}
        for each in unreadable[:count]:
            match each:
                case [int(number), int(line), str(text)] if number in range(count):
                    said[number] = (number, line, text[:300])
                case _:
                    raise ChildFailed(NONSENSE)
        self.seen.code, self.seen.late = self.seen.code or code, self.seen.late or late
        self.seen.unreadable = self.seen.unreadable or list(said.values())

    def verdict(self, name: str) -> bool:
        """Judge an exercise where its check stands; whether it passed."""
        number = self.checks[name]
        verdicts = self.seen.verdicts.setdefault(name, [])
        if number >= len(verdicts) and number < MOST_CHECKS:
            if any(self.order[told] >= self.order[name] for told in self.told):
                return self.after_it_was_told(name, number)
            exercise, outcomes = named(name), []
            seconds = self.seconds or exercise.seconds
            every = Allowance.of(EXERCISE * seconds)
            if number >= ATTEMPTS:
                every = self.further.setdefault(name, every)
            before, self.work = self.work, Allowance.of(WORK)

            def call(args, gradient=False, watch=False) -> Outcome:
                outcomes.append(self.case(exercise, args, gradient, watch, seconds, every))
                return outcomes[-1]

            verdict = judge(exercise, call, self.seeds(name, number))
            self.work = before
            ended = self.line is None
            if ended and outcomes[-1].text == ENDED and self.may_be_anothers(name):
                raise Gone
            verdicts.append((verdict, outcomes))
            self.called.add(name)
            if ended:
                raise Gone
        self.checks[name] += 1
        return verdicts[min(number, len(verdicts) - 1)][0].status == PASSED

    def after_it_was_told(self, name: str, number: int) -> bool:
        """A check to whose child the course gave its exercise away, by an answer for it or for what
        may be made of it. Where that was for another exercise's cases, the notebook is run again,
        without them; where it was for a cell, this check does not count.
        """
        if (name, number) not in self.given_away:
            self.given_away.add((name, number))
            raise Gone
        self.seen.told.add(name)
        self.checks[name] += 1
        return self.seen.passed(name)

    def may_be_anothers(self, what: str | int | None) -> bool:
        """Whether an exercise or a cell in which the process ended deserves a second child: once,
        where others were called before it in this one.
        """
        again = bool(self.called - {what}) and what not in self.doubted
        self.doubted.add(what)
        return again

    def case(self, exercise: Exercise, args, gradient, watch, seconds, every) -> Outcome:
        """One call of the function that is at its check."""
        if self.line is None:
            return Outcome(error="ProcessEnded", text=ENDED)
        one, self.asked = Allowance.of(seconds), 0
        try:
            self.line.send(["call", list(args), gradient, watch], one, every)
            while True:
                match self.line.receive(one, every):
                    case [
                        "value", value, list() | None as changed, list() | None as gradients,
                        list(used), int(work),
                    ]:  # fmt: skip
                        used = tuple(str(n) for n in used)
                        seen = {"after": changed and tuple(changed), "gradients": gradients}
                        return Outcome(value, **seen, used=used, work=work)
                    case ["error", str(error), str(text), list(kinds)]:
                        kinds = tuple(str(kind) for kind in kinds)
                        return Outcome.raised(error[:100], text[:500], kinds)
                    case ["need", str(name), *question] if name in self.order:
                        left = min(one.left, every.left)
                        said = self.reference(name, question, exercise, left)
                        self.line.send(said, one, every)
                    case _:
                        raise ChildFailed(NONSENSE)
        except TimeoutError:
            text = f"it was still running after {duration(seconds)}, so it was stopped"
            outcome = Outcome(error="TimeLimit", text=text)
        except (ChildFailed, OSError, ValueError, TypeError, KeyError) as error:
            outcome = Outcome(error="ProcessEnded", text=str(error) or ENDED)
        self.stop()
        return outcome

    def reference(self, name: str, question: list, during: Exercise | None, seconds: float):
        """The course's own answer, as a message to the child, where it may have one.

        question: see references.py. An exercise may ask for earlier ones, never for itself or what
        comes after it, and a cell for none of a later lesson; none of this lesson may be asked for
        before its own verdict.
        """
        self.asked += 1
        if self.asked > ASKED:
            raise ChildFailed(f"it asked for the course's functions more than {ASKED:,} times")
        if self.work.left < 0:
            raise ChildFailed(f"it made the course's functions work for more than {WORK:g} seconds")
        later = self.order[name] >= (self.order[during.name] if during else self.after)
        comes = name in self.own and name in self.seen.code and name not in self.seen.absent
        if later or (comes and not self.seen.verdicts.get(name)):
            return ["error", "NameError", f"the course's {name} cannot be asked here"]
        match question:
            case [list(), dict(), list() | None, bool()]:
                self.told.add(name)
                return self.owner.answer(name, question, Allowance.of(seconds), self.work)
        raise ChildFailed(NONSENSE)
