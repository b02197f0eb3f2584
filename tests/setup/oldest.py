"""The oldest versions that pyproject.toml states run the learners' notebooks.

python -m tests.setup.oldest FOLDER     (Python 3.11; makes an environment in FOLDER, 1.5 GB)

Not part of `make test`, because it installs a second PyTorch; run it when a bound changes. Exit
code 0 when every notebook of notebooks/ ran to its end.
"""

import os
import re
import subprocess
import sys
import tempfile
import tomllib
from pathlib import Path

ROOT = Path(__file__).parents[2]
SERVER = "jupyterlab"  # shows notebooks, and asks for newer versions than a host's kernel has


def pins() -> list[str]:
    """The lower bounds as exact versions."""
    stated = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    bounds = [line.replace(">=", "==") for line in stated["dependencies"]]
    return [pin for pin in bounds if not pin.startswith(SERVER)]


def main(folder: Path) -> int:
    python = folder / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
    if not python.exists():
        subprocess.run([sys.executable, "-m", "venv", folder], check=True)
    index = re.search(r"--extra-index-url \S+", (ROOT / "requirements-small.txt").read_text())
    pip = [python, "-m", "pip", "install", "--quiet", *index[0].split(), *pins(), "nbclient"]
    subprocess.run(pip, check=True)
    failed = []
    for path in sorted((ROOT / "notebooks").glob("*.ipynb")):
        with tempfile.TemporaryDirectory() as progress:
            environment = os.environ | {
                "GPT2_BY_HAND_PROGRESS": progress,
                "HF_HUB_OFFLINE": "1",
                "OMP_NUM_THREADS": "1",
            }
            command = [python, "-m", "jupyter", "execute", "--timeout=1800", path.name]
            failed += [path] * bool(subprocess.call(command, cwd=path.parent, env=environment))
        print("failed" if path in failed else "ok", path.name, flush=True)
    return int(bool(failed))


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
