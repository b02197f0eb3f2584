"""The command line of the grader; see `python -m utils.grade --help`."""

import argparse
import secrets
import sys
from concurrent.futures import ThreadPoolExecutor, as_completed
from pathlib import Path

from tqdm import tqdm

from utils.grade import report
from utils.grade.marking import grade
from utils.grade.sandbox import SandboxBroken, sandbox
from utils.grade.submission import NotGradable, parse, read

ROOT = Path(__file__).parent.parent.parent


def main(argv: list[str] | None = None) -> int:
    """Exit codes: 0 all graded, 1 some could not be graded, 2 the run could not start or its canary failed."""
    options = _parser().parse_args(argv)
    formats = options.format.split(",")
    files = find_notebooks(options.paths)
    if not files:
        print(f"No notebook (*.ipynb) was found under {', '.join(map(str, options.paths))}.", file=sys.stderr)
        return 2
    if unknown := sorted(set(formats) - set(report.WRITERS)):
        print(f"There is no format {', '.join(unknown)}; choose from {', '.join(report.WRITERS)}.", file=sys.stderr)
        return 2
    seed = options.seed or secrets.token_hex(8)
    try:
        if warning := sandbox().warning:
            print(f"WARNING: without a sandbox. {warning}.", file=sys.stderr)
    except SandboxBroken as error:
        print(f"Nothing was graded: {error}", file=sys.stderr)
        return 2
    if problem := canary(_lessons(files), seed):
        print(f"Nothing was graded, because the judge itself failed its trial: {problem}", file=sys.stderr)
        return 2
    entries = _grade_all(files, seed, options)
    whole = {"seed": seed, "submissions": entries}
    report.write(whole, options.out, formats)
    print(report.table(whole))
    print(f"Reports are in {options.out}; the same seed gives the same cases: --seed {seed}")
    return int(any(e["status"] == "not graded" for e in entries))


def canary(lessons: set[str], seed: str) -> str:
    """"" when each lesson's solution earns everything and its untouched notebook nothing, else what went wrong."""
    for lesson in sorted(lessons):
        full = grade(ROOT / "solutions" / f"{lesson}.ipynb", seed)
        none = grade(ROOT / "notebooks" / f"{lesson}.ipynb", seed)
        if full["status"] != "graded" or full["points"] != full["max_points"]:
            failed = [f"{e['id']} ({e['diagnosis'] or e['status']})" for e in full["exercises"] if e["points"] != e["max_points"]]
            return f"the course's own solution of {lesson} did not get full marks: {', '.join(failed) or full.get('reason')}"
        if none["status"] != "graded" or none["points"]:
            return f"the untouched notebook {lesson} got {none['points']} points: {none.get('reason', 'it must get none')}"
    return ""


def _lessons(files: list[Path]) -> set[str]:
    lessons = set()
    for file in files:
        try:
            lessons.add(parse(file, read(file)).lesson)
        except NotGradable:
            pass  # grading says so, with the reason
    return lessons


def find_notebooks(paths: list[Path]) -> list[Path]:
    """Every notebook under the paths, in order, without Jupyter's own copies."""
    found = []
    for path in paths:
        inside = sorted(path.rglob("*.ipynb")) if path.is_dir() else [path]
        found += [p for p in inside if (p.is_symlink() or p.exists()) and not p.is_dir() and ".ipynb_checkpoints" not in p.parts]
    return list(dict.fromkeys(found))


def _grade_all(files: list[Path], seed: str, options) -> list[dict]:
    with ThreadPoolExecutor(options.jobs) as pool:
        futures = {pool.submit(grade, file, seed, options.timeout): i for i, file in enumerate(files)}
        done = {}
        for future in tqdm(as_completed(futures), total=len(files), desc="grading", unit="notebook"):
            done[futures[future]] = future.result()
    return [done[i] for i in range(len(files))]


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m utils.grade", description="Grade submitted notebooks.")
    parser.add_argument("paths", nargs="+", type=Path, help="notebooks, or folders of notebooks")
    parser.add_argument("--out", type=Path, default=Path("reports"), help="folder for the reports (default: reports)")
    parser.add_argument("--format", default="json,csv,html", help=f"comma-separated: {', '.join(report.WRITERS)}")
    parser.add_argument("--timeout", type=float, help="seconds per case (default: each exercise's own)")
    parser.add_argument("--jobs", type=int, default=1, help="submissions at a time (default: 1)")
    parser.add_argument("--seed", help="draws the hidden cases; the same seed repeats a run (default: random)")
    return parser


if __name__ == "__main__":
    sys.exit(main())
