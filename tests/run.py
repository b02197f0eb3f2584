"""Every test, in one command: unit tests, and each notebook by nbval, without the network.

solutions/ strictly (outputs compared), notebooks/ for execution: what an untouched notebook shows is not kept.
The notebooks run beside the unit tests, which leave a core free most of the time. Exit code 0 only when all passed.
"""

import os
import subprocess
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

ROOT = Path(__file__).parent.parent


def notebook_environment(progress: str) -> dict[str, str]:
    paths = os.pathsep.join([str(ROOT / "tests" / "offline"), str(ROOT)])
    return os.environ | {"PYTHONPATH": paths, "GPT2_BY_HAND_PROGRESS": progress, "HF_HUB_OFFLINE": "1",
                         "OMP_NUM_THREADS": "1", "TQDM_DISABLE": "1"}


def nbval(folder: str, *options: str) -> tuple[int, str]:
    """(exit code, what it said) for every notebook of a folder."""
    command = [sys.executable, "-m", "pytest", *options, "-q", "-p", "no:cacheprovider", "--nbval-cell-timeout=900",
               "--nbval-sanitize-with=tests/nbval.cfg", *map(str, sorted((ROOT / folder).glob("*.ipynb")))]
    result = subprocess.run(command, cwd=ROOT, env=notebook_environment(tempfile.mkdtemp()), stdout=subprocess.PIPE,
                            stderr=subprocess.STDOUT, text=True)
    return result.returncode, result.stdout


def main(arguments: list[str]) -> int:
    unit_tests = [sys.executable, "-m", "pytest", "-q", *arguments]
    if arguments:
        return subprocess.call(unit_tests, cwd=ROOT)
    print("» unit tests, and beside them every notebook twice: solutions/ strictly, notebooks/ untouched", flush=True)
    with ThreadPoolExecutor(1) as beside:
        runs = {"solutions/": beside.submit(nbval, "solutions", "--nbval"),
                "notebooks/": beside.submit(nbval, "notebooks", "--nbval-lax")}
        codes = {"unit tests": subprocess.call(unit_tests, cwd=ROOT)}
        for name, run in runs.items():
            codes[name], said = run.result()
            print(f"» {name}\n{said}", flush=True)
    failed = [name for name, code in codes.items() if code]
    print("» failed: " + ", ".join(failed) if failed else "» all passed", flush=True)
    return int(bool(failed))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
