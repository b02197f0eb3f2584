"""All benchmarks in one table: `make bench`, or with ARGS=--quick in less than ten minutes.

Each runs in a process of its own, contestants and rounds interleaved, and fails only when the
results that it compares are not equal. Writes tests/benchmarks/results.md, with the machine and the
versions: compare ratios, which travel; seconds do not.
"""

import argparse
import os
import platform
import re
import subprocess
import sys
import textwrap
import time
from collections.abc import Sequence
from datetime import date
from importlib import metadata
from pathlib import Path

from tests.benchmarks.table import HEADER

HERE = Path(__file__).parent
PACKAGES = "torch transformers tokenizers tiktoken nbgrader numpy".split()
ABOUT = (
    "Medians of interleaved rounds on one thread, in processor time unless a row says otherwise. "
    "The last column divides each number by the first of its group; seconds are this machine's."
)
QUICK = {
    "lessons": ["--first-cells"],
    "bpe": ["--rounds", "1"],
    "gpt2": ["--rounds", "3"],
    "training": ["--rounds", "3"],
    "grading": ["01_language_modeling", "--count", "6"],
}
FULL = dict.fromkeys([*QUICK, "memory", "core_hour", "classes"], ())


def machine() -> str:
    names = re.findall(r"model name\s*: (.*)", read("/proc/cpuinfo")) or [platform.processor()]
    memory = re.search(r"MemTotal:\s*(\d+)", read("/proc/meminfo"))
    gigabytes = f", {int(memory[1]) / 1e6:.0f} GB" if memory else ""
    load = f"{os.getloadavg()[0]:.1f}" if hasattr(os, "getloadavg") else "unknown"
    return (
        f"{names[0]}, {os.cpu_count()} cores{gigabytes}, {platform.system()}; "
        f"load at the start: {load}"
    )


def read(path: str) -> str:
    try:
        return Path(path).read_text()
    except OSError:
        return ""


def versions() -> str:
    found = {d.metadata["Name"]: d.version for d in metadata.distributions()}
    named = [f"{name} {found[name]}" for name in PACKAGES if name in found]
    return ", ".join([f"Python {platform.python_version()}", *named])


def run(name: str, arguments: Sequence[str]) -> tuple[list[str], list[str], bool]:
    """(rows of the table, what else it said, whether it ended well)."""
    command = [sys.executable, "-m", f"tests.benchmarks.{name}", *arguments]
    environment = os.environ | {"PYTHONUNBUFFERED": "1", "TQDM_DISABLE": "1"}
    table, said = [], []
    with subprocess.Popen(
        command, cwd=HERE.parents[1], env=environment, text=True, stdout=subprocess.PIPE
    ) as process:
        for line in process.stdout:
            print(line, end="", flush=True)
            if line.rstrip() not in HEADER.split("\n"):
                (table if line.startswith("| ") else said).append(line.rstrip())
    return table, said, not process.returncode


def main() -> int:
    parser = argparse.ArgumentParser(prog="make bench", description=__doc__.split("\n")[0])
    parser.add_argument("names", nargs="*", choices=[[], *FULL], help="only these")
    parser.add_argument("--quick", action="store_true", help="fewer rounds, and not every lesson")
    parser.add_argument("--out", type=Path, default=HERE / "results.md")
    chosen = parser.parse_args()
    start, where = time.monotonic(), machine()
    plan = QUICK if chosen.quick else FULL
    table, notes, failed = [], [], []
    for name in chosen.names or plan:
        print(f"» {name}", flush=True)
        measured, said, well = run(name, plan.get(name, ()))
        table += measured
        if text := "\n".join(said).strip():
            notes += [f"### {name}.py\n\n```text\n{text}\n```\n"]
        failed += [name] * (not well)
    minutes = f"{(time.monotonic() - start) / 60:.0f} minutes"
    asked = f"make bench ARGS='{' '.join(sys.argv[1:])}'" if sys.argv[1:] else "make bench"
    bad = f"Failed: {', '.join(failed)}." * bool(failed)
    about = f"`{asked}`, {minutes}. {where}. {versions()}. {ABOUT} {bad}"
    text = "\n".join(
        [
            f"# Benchmarks, {date.today()}\n",
            *textwrap.wrap(about, 100, break_on_hyphens=False),
            "",
            HEADER,
            *table,
            "",
            *notes,
        ]
    )
    chosen.out.write_text(text.rstrip() + "\n", encoding="utf-8")
    print(f"» {chosen.out}, {minutes}. {bad}")
    return int(bool(failed))


if __name__ == "__main__":
    sys.exit(main())
