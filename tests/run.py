"""Every test, in one command: the house's habits, unit tests, and each notebook by nbval, offline.

    python tests/run.py            everything
    python tests/run.py fast       what an author asks again and again; says what it leaves out
    python tests/run.py tests/core everything that is named after it goes to pytest

solutions/ strictly (outputs compared), notebooks/ for execution, their trainings cut to a few
steps: what an untouched notebook shows is not kept. Exit code 0 only when all passed.
"""

import os
import subprocess
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from kernels import warm_kernels

ROOT = Path(__file__).parent.parent
ONE_THREAD = {"OMP_NUM_THREADS": "1"}  # waiting threads would take the others' cores
SIDE_BY_SIDE = ["-n", "2", "--dist", "loadfile", "--no-loadscope-reorder"]
LEFT_OUT = "slow tests, those in a browser, and the notebooks"
HABITS = [
    ["format", "--check", "utils", "tests"],
    ["check", "utils", "tests"],
    ["format", "--check", "--line-length", "88", "solutions"],
    ["check", "--line-length", "88", "solutions"],
]


def pytest(*arguments: str | Path, **options) -> subprocess.CompletedProcess:
    options.setdefault("env", os.environ | ONE_THREAD)
    command = [sys.executable, "-m", "pytest", "-q", *map(str, arguments)]
    return subprocess.run(command, cwd=ROOT, text=True, **options)


def nbval(folder: str, option: str, progress: str, **more) -> subprocess.CompletedProcess:
    """A folder's notebooks, each in a kernel that cannot reach the network; its words are kept."""
    path = os.pathsep.join([str(ROOT / "tests" / "offline"), str(ROOT)])
    alone = {"PYTHONPATH": path, "GPT2_BY_HAND_PROGRESS": progress}
    quiet = {"HF_HUB_OFFLINE": "1", "TQDM_DISABLE": "1"}
    return pytest(
        option,
        *["-p", "no:cacheprovider", "--nbval-cell-timeout=900"],
        "--nbval-sanitize-with=tests/nbval.cfg",
        *sorted((ROOT / folder).glob("*.ipynb")),
        env=os.environ | ONE_THREAD | alone | quiet | more,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
    )


def habits() -> int:
    """ruff over code and notebooks; `make format` mends most of what it says."""
    command = [sys.executable, "-m", "ruff"]
    codes = [subprocess.run([*command, *habit, "-q"], cwd=ROOT).returncode for habit in HABITS]
    return max(codes)


def main(arguments: list[str]) -> int:
    if arguments == ["fast"]:
        print(f"» fast: without {LEFT_OUT}", flush=True)
        code = habits() or pytest(*SIDE_BY_SIDE, "-m", "not slow and not browser").returncode
        print(f"» left out: {LEFT_OUT}; `make test` runs them", flush=True)
        return code
    if arguments:
        return pytest(*arguments).returncode
    print("» habits: ruff over code and notebooks", flush=True)
    codes = {"habits": habits()}
    print("» unit tests; beside them solutions/ strictly and notebooks/ untouched", flush=True)
    with (
        tempfile.TemporaryDirectory() as folder,
        warm_kernels(Path(folder, "kernels"), os.environ | ONE_THREAD) as warm,
        ThreadPoolExecutor(1) as beside,  # three processes in all: two of them often wait
    ):
        os.environ.update(warm)
        progress = str(Path(folder, "progress"))
        few = {"GPT2_BY_HAND_STEPS": "20"}  # what trainings learn is looked at in solutions/
        runs = {  # nothing passes in the untouched ones: what they leave there is `computed/` alone
            "notebooks/": beside.submit(nbval, "notebooks", "--nbval-lax", progress, **few),
            "solutions/": beside.submit(nbval, "solutions", "--nbval", progress),
        }
        codes["unit tests"] = pytest(*SIDE_BY_SIDE, "--durations=20").returncode
        for name, run in runs.items():
            codes[name] = run.result().returncode
            print(f"» {name}\n{run.result().stdout}", flush=True)
    failed = [name for name, code in codes.items() if code]
    print("» failed: " + ", ".join(failed) if failed else "» all passed", flush=True)
    return int(bool(failed))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
