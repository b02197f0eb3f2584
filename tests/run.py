"""Every test, in one command: unit tests, then each notebook by nbval, without the network.

solutions/ strictly (outputs compared), notebooks/ for execution: what an untouched notebook shows is not kept.
The two nbval runs go side by side. Exit code 0 only when all three passed.
"""

import os
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).parent.parent


def notebook_environment(progress: str) -> dict[str, str]:
    paths = os.pathsep.join([str(ROOT / "tests" / "offline"), str(ROOT)])
    return os.environ | {"PYTHONPATH": paths, "GPT2_BY_HAND_PROGRESS": progress, "HF_HUB_OFFLINE": "1",
                         "OMP_NUM_THREADS": "1", "TQDM_DISABLE": "1"}


def nbval(folder: str, *options: str) -> subprocess.Popen:
    command = [sys.executable, "-m", "pytest", *options, "-q", "-p", "no:cacheprovider", "--nbval-cell-timeout=900",
               "--nbval-sanitize-with=tests/nbval.cfg", *map(str, sorted((ROOT / folder).glob("*.ipynb")))]
    output = tempfile.TemporaryFile("w+")
    process = subprocess.Popen(command, cwd=ROOT, env=notebook_environment(tempfile.mkdtemp()), stdout=output,
                               stderr=subprocess.STDOUT)
    process.output = output
    return process


def main(arguments: list[str]) -> int:
    print("» unit tests", flush=True)
    codes = {"unit tests": subprocess.call([sys.executable, "-m", "pytest", "-q", *arguments], cwd=ROOT)}
    if not arguments:
        print("» every notebook, twice: solutions/ strictly, notebooks/ untouched (a few minutes)", flush=True)
        runs = {"solutions/": nbval("solutions", "--nbval"), "notebooks/": nbval("notebooks", "--nbval-lax")}
        for name, process in runs.items():
            codes[name] = process.wait()
            process.output.seek(0)
            print(f"» {name}\n{process.output.read()}", flush=True)
    failed = [name for name, code in codes.items() if code]
    print("» failed: " + ", ".join(failed) if failed else "» all passed", flush=True)
    return int(bool(failed))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
