"""The command line of the grader; see `python -m utils.grade --help`."""

import argparse
import secrets
import signal
import sys
import time
from pathlib import Path

from tqdm import tqdm

from utils import command
from utils.exercises import LESSONS
from utils.grade import many, reports
from utils.grade.classes import merged, words_of
from utils.grade.cluster import on_cluster
from utils.grade.desk import tasks
from utils.grade.desk.reckon import Desk, last
from utils.grade.desk.watch import Lately, watch
from utils.grade.found import find
from utils.grade.judge import Judge
from utils.grade.judged import Rules
from utils.grade.recorded import Recorded, RunError
from utils.grade.sandbox import SandboxBroken, decide
from utils.text import cleaned

ALL_GRADED, SOME_NOT_GRADED, NOT_STARTED, INTERRUPTED = 0, 1, 2, 130
MORE = f"""
exit codes: 0 everything was graded; 1 something could not be graded (the report says why); 2 the
run could not start, or the judge failed its own trial and nothing was graded; 130 interrupted with
Ctrl-C.

A run that was interrupted or killed goes on where it stopped when the same command is given again.
Grading some of a class's files again updates the class's reports.

Other commands: watch PATH… (grades what arrives, until Ctrl-C), hand-out ROUTE, return OUT,
classroom and gradescope; each has its own --help.

Your own notebook:
  {command("utils.grade notebooks/01_language_modeling.ipynb --out my_reports")}
asks the same judge that your instructor asks; only the hidden cases are drawn anew.
"""


def main(argv: list[str] | None = None) -> int:
    """Grade what the command line names; returns the exit code."""
    for stream in (sys.stdout, sys.stderr):  # a Windows console may lack a letter of a file's name
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="replace")
    argv = sys.argv[1:] if argv is None else argv
    if argv and argv[0] in tasks.TASKS:
        return tasks.main(argv)
    watching = argv[:1] == ["watch"]
    try:
        options = _parser().parse_args(argv[1:] if watching else argv)
        if watching:
            _watch(options)
        if not options.roster and (books := reports.GRADEBOOKS & set(options.format)):
            needs = "the class's list: --roster FILE"
            raise RunError(f"--format {', '.join(sorted(books))} needs {needs}")
        report, recorded = _run(options)
        reports.write(report, options.out, options.format)
        recorded.close()
    except (RunError, SandboxBroken) as error:
        print(f"Stopped: {error}.", file=sys.stderr)
        return NOT_STARTED
    except OSError as error:
        words = f"{options.out} cannot be written: {error.strerror}. What is finished is kept"
        print(f"Stopped: {words}.", file=sys.stderr)
        return NOT_STARTED
    except KeyboardInterrupt:
        print("\nInterrupted. What is finished is kept; the same command goes on.", file=sys.stderr)
        return INTERRUPTED
    print(reports.table(report))
    print(
        f"Reports are in {options.out}; the same seed gives the same cases: --seed {recorded.seed}"
    )
    done = all(s["status"] == "graded" for s in report["submissions"])
    return ALL_GRADED if done else SOME_NOT_GRADED


def _watch(options) -> None:
    """Grade what arrives, until Ctrl-C."""
    tried: set[str] = set()
    options.seed = options.seed or last(options.out).get("seed") or secrets.token_hex(8)
    print(
        f"Watching; the page is {options.out / 'index.html'}. Ctrl-C ends it. The seed, for a run "
        f"over all that has arrived: --seed {options.seed}",
        flush=True,
    )

    lately = Lately()
    pages: dict = {}

    def grade(files: set[Path]) -> None:
        try:
            report, recorded = _run(options, files, tried, lately.before(time.monotonic()))
        except RunError as error:
            if "no notebook" not in str(error):
                raise
            return
        lately.add(time.monotonic(), report)
        pages.update(report | {"since": "In the last ten minutes"})
        reports.write(pages | {"refresh": 10}, options.out, options.format)
        recorded.close()
        print(f"{len(report['submissions'])} in the reports", flush=True)

    try:
        watch(options.paths, options.out, grade)
    finally:
        if pages:  # they ask to be read again no more
            reports.write(pages, options.out, options.format)


def _run(
    options,
    only: set[Path] | None = None,
    tried: set[str] | None = None,
    before: dict | None = None,
) -> tuple[dict, Recorded]:
    """(the class's report, what is recorded): each file found, judged and recorded. The caller
    closes it when the reports are written, so that a run that is killed before goes on.

    only: of those that are found. tried: the lessons for which the judge has passed its trial, to
    which those of this run are added. before: the report that changes are counted from.
    """
    desk = Desk(
        tuple(options.paths),
        options.out,
        options.roster,
        options.write_overrides,
        options.due,
        options.grace,
        options.late,
        options.handed_out,
        before,
    ).open()
    found = [f for f in find(options.paths, options.out) if only is None or f.path in only]
    if not any(not file.odd for file in found):
        names = ", ".join(map(str, options.paths))
        odd = "".join(f"; {cleaned(file.path.name)}: {file.odd}" for file in found)
        raise RunError(f"no notebook (*.ipynb) was found under {names}{odd}")
    recorded = Recorded(options.out, options.seed)
    rules = Rules(
        recorded.seed, options.timeout, options.lesson, _handed_out(options.route), options.partial
    )
    tried = set() if tried is None else tried
    sandbox = decide([*options.paths, options.out])
    if sandbox.warning:
        print(f"WARNING: without a sandbox. {sandbox.warning}.", file=sys.stderr)
    if recorded.resumed:
        print(f"Going on with the run in {options.out} that was not finished.", file=sys.stderr)
    with Judge(sandbox, options.warm) as judge:
        if options.cluster:
            grade = on_cluster(options.cluster, rules, many.lessons_of(found, options.lesson))
        elif options.jobs > 1 and len(found) > 1:
            grade = many.in_processes(sandbox, rules, options.warm, options.jobs)
        else:
            grade = many.one_by_one(judge, rules)

        def after_its_trial(todo):
            lessons = many.lessons_of(todo.values(), options.lesson) - tried
            if problem := many.trial(lessons, rules, judge):
                words = "nothing was graded, because the judge failed its own trial"
                raise RunError(f"{words}: {problem}")
            tried.update(lessons)
            yield from grade(todo)

        graded = many.grade_all(found, recorded, rules, after_its_trial)
        shown = {"desc": "grading", "unit": "notebook", "disable": only is not None}
        entries = dict(tqdm(graded, total=len(found), **shown))
    report = {
        "seed": rules.seed,
        "rules": words_of(rules, options.route),
        "isolation": judge.words,
        "submissions": [entries[i] for i in range(len(found))],
    }
    report = desk.reckoned(merged(report, [f.path for f in found], options.paths, options.out))
    return report, recorded


def _handed_out(route: str) -> frozenset[str] | None:
    """The exercises of a route, None where there is none."""
    if not route:
        return None
    try:
        from utils.build.routes import ROUTES  # here, because few runs need what building needs
    except ImportError:
        raise RunError("--route needs the whole course; this copy of it was handed out") from None
    if route not in ROUTES:
        raise RunError(f"there is no route {route}; choose from {', '.join(ROUTES)}")
    parts = [part for lesson in ROUTES[route].lessons().values() for part in lesson]
    return frozenset(name for part in parts for name in part.exercises)


def _formats(text: str) -> list[str]:
    formats = text.split(",")
    if unknown := [name for name in formats if name not in reports.FORMATS]:
        raise RunError(
            f"there is no format {', '.join(unknown)}; choose from {', '.join(reports.FORMATS)}"
        )
    return formats


def _lesson(text: str) -> str:
    if not text:
        return ""
    found = [lesson for lesson in LESSONS if text in (lesson, lesson[:2], lesson[3:])]
    if not found:
        raise RunError(f"there is no lesson {text}; choose from {', '.join(LESSONS)}")
    return found[0]


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m utils.grade",
        description="Grade submitted notebooks.",
        epilog=MORE,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    add = parser.add_argument
    add("paths", nargs="+", type=Path, help="notebooks, or folders of notebooks")
    add("--out", type=Path, default=Path("reports"), help="folder for the reports (reports)")
    add(
        "--format",
        type=_formats,
        default="json,csv,html",
        help=f"comma-separated: {', '.join(reports.FORMATS)}",
    )
    add("--lesson", type=_lesson, default="", help="which lesson all of them are, e.g. 05")
    add("--route", default="", help="what was handed out: only that counts")
    add("--roster", type=Path, metavar="FILE", help="the class: a table of names, ids, addresses")
    add("--handed-out", default="", metavar="TIME", help="when; the class page counts from it")
    add("--due", default="", metavar="TIME", help='until when, e.g. "2026-05-31 23:59"')
    add("--grace", default="", metavar="TIME", help="what is not yet late: 15m, 2h, 1d")
    add("--late", default="", help="for each day begun: mark (default), 2/day, 10%%/day")
    add(
        "--write-overrides",
        action="store_true",
        help="write OUT/overrides.csv with a row for each exercise, to give points and comments in",
    )
    add("--partial", action="store_true", help="points for a part of an exercise's cases, too")
    add(
        "--timeout",
        type=float,
        help="processor seconds per case (default: each exercise's own, mostly 10)",
    )
    add("--jobs", type=int, default=1, help="submissions at a time (default: 1)")
    add("--seed", default="", help="draws the hidden cases; the same seed repeats a run")
    add(
        "--warm",
        action="store_true",
        help="one sandbox for many submissions: faster, for classes you trust",
    )
    add("--cluster", default="", metavar="ADDRESS", help="a Dask scheduler, tcp://host:8786")
    return parser


if __name__ == "__main__":
    for name in ("SIGTERM", "SIGHUP"):  # asked to end, or the terminal is gone: as by Ctrl-C
        number = getattr(signal, name, None)
        if number and signal.getsignal(number) is signal.SIG_DFL:
            signal.signal(number, signal.default_int_handler)
    sys.exit(main())
