"""Every test, in one command: unit tests, and each notebook by nbval, without the network.

solutions/ strictly (outputs compared), notebooks/ for execution: what an untouched notebook shows
is not kept.
Three processes side by side, for two cores: half of the unit tests, the other half, the notebooks.
Exit code 0 only when all passed.
"""

import os
import subprocess
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

ROOT = Path(__file__).parent.parent
BROWSER = ROOT / "tests" / "test_browser.py"  # mostly waits, so it comes on top of a half


def notebook_environment(progress: str) -> dict[str, str]:
    paths = os.pathsep.join([str(ROOT / "tests" / "offline"), str(ROOT)])
    return os.environ | {
        "PYTHONPATH": paths,
        "GPT2_BY_HAND_PROGRESS": progress,
        "HF_HUB_OFFLINE": "1",
        "OMP_NUM_THREADS": "1",
        "TQDM_DISABLE": "1",
    }


def pytest(*arguments: str | Path, **options) -> subprocess.CompletedProcess:
    options.setdefault(
        "env", os.environ | {"OMP_NUM_THREADS": "1"}
    )  # waiting threads would take the others' cores
    return subprocess.run(
        [sys.executable, "-m", "pytest", "-q", *map(str, arguments)], cwd=ROOT, text=True, **options
    )


def said(*arguments: str | Path, **options) -> subprocess.CompletedProcess:
    """The same, with what it says kept for later."""
    return pytest(*arguments, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, **options)


def nbval(folder: str, option: str) -> subprocess.CompletedProcess:
    return said(
        option,
        "-p",
        "no:cacheprovider",
        "--nbval-cell-timeout=900",
        "--nbval-sanitize-with=tests/nbval.cfg",
        *sorted((ROOT / folder).glob("*.ipynb")),
        env=notebook_environment(tempfile.mkdtemp()),
    )


def main(arguments: list[str]) -> int:
    if arguments:
        return pytest(*arguments).returncode
    files = sorted({*(ROOT / "tests").glob("test_*.py")} - {BROWSER})
    print(
        "» unit tests, and beside them every notebook twice: solutions/ strictly, notebooks/ "
        "untouched",
        flush=True,
    )
    with ThreadPoolExecutor(2) as beside:
        runs = {
            "unit tests, the other half": beside.submit(said, *files[1::2], BROWSER),
            "solutions/": beside.submit(nbval, "solutions", "--nbval"),
            "notebooks/": beside.submit(nbval, "notebooks", "--nbval-lax"),
        }
        codes = {"unit tests": pytest(*files[::2]).returncode}
        for name, run in runs.items():
            codes[name] = run.result().returncode
            print(f"» {name}\n{run.result().stdout}", flush=True)
    failed = [name for name, code in codes.items() if code]
    print("» failed: " + ", ".join(failed) if failed else "» all passed", flush=True)
    return int(bool(failed))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
