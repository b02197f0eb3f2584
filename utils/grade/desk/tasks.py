"""The desk's other commands: hand-out, return, classroom, gradescope."""

import argparse
import sys
from pathlib import Path

from utils.grade.desk import elsewhere
from utils.grade.desk.give_back import give_back
from utils.grade.desk.hand_out import hand_out
from utils.grade.recorded import RunError
from utils.text import plural

TASKS = ("hand-out", "return", "classroom", "gradescope")


def main(argv: list[str]) -> int:
    """Do one of them; 0, or 2 with a sentence where it cannot be done."""
    options = _parser().parse_args(argv)
    try:
        print(options.do(options))
    except RunError as error:
        print(f"Stopped: {error}.", file=sys.stderr)
        return 2
    except OSError as error:
        print(f"Stopped: {error.filename} cannot be written: {error.strerror}.", file=sys.stderr)
        return 2
    return 0


def _hand_out(options) -> str:
    to = options.to or Path(f"gpt2-by-hand-{options.route}")
    return f"{hand_out(options.route, to)} notebooks, and all that they need, in {to}"


def _give_back(options) -> str:
    where = options.zip or "beside the notebooks"
    count, said = give_back(options.out, options.zip)
    return "\n".join([*said, f"{plural(count, 'page')}, {where}"])


def _classroom(options) -> str:
    return f"Wrote {elsewhere.classroom(options.repository, options.to)}"


def _gradescope(options) -> str:
    return f"Wrote {elsewhere.gradescope(options.repository, options.to)}"


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m utils.grade")
    tasks = parser.add_subparsers(required=True)
    about = "write a folder, or a zip, with what a learner needs and no solutions, guide, tests"
    one = tasks.add_parser("hand-out", help=about, description=about)
    one.add_argument("route", help="a route of the instructor's guide, or all")
    one.add_argument("--to", type=Path, metavar="FOLDER or FILE.zip")
    one.set_defaults(do=_hand_out)
    about = "put each student's page beside their notebook, or all into a zip"
    one = tasks.add_parser("return", help=about, description=about)
    one.add_argument("out", type=Path, help="the folder of the reports")
    one.add_argument("--zip", type=Path, metavar="FILE")
    one.set_defaults(do=_give_back)
    for name, do, about in (
        ("classroom", _classroom, "write a workflow file for GitHub Classroom"),
        ("gradescope", _gradescope, "write setup.sh and run_autograder for Gradescope"),
    ):
        one = tasks.add_parser(name, help=about, description=about)
        one.add_argument("--repository", required=True, help="the course's address, for git")
        one.add_argument("--to", type=Path, default=Path(), help="the folder to write into")
        one.set_defaults(do=do)
    return parser
