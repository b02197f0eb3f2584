"""What the first cell of every notebook calls when it has found the course: `ready()`.

On Colab and Kaggle the cell has just fetched the course; here the packages that the host lacks are
installed, and progress goes where the learner's own files are kept. Anywhere else nothing happens,
unless the kernel's Python lacks packages: then one sentence says so before a dozen tracebacks do.
"""

import os
import subprocess
import sys
from pathlib import Path

from utils.setup.diagnosis import packages

ROOT = Path(__file__).resolve().parents[2]
FOLDER = "gpt2-by-hand"  # what the first cell fetches the course into, beside the notebook
ADDRESS = "GPT2_BY_HAND_ADDRESS"  # an environment variable: fetch it from there, on any machine
HOSTS = {"COLAB_RELEASE_TAG": "Colab", "KAGGLE_KERNEL_RUN_TYPE": "Kaggle"}  # what they set
DRIVE = Path("/content/drive/MyDrive")  # where Colab shows Google Drive, once it is mounted
WORKING = Path("/kaggle/working")  # what Kaggle keeps with a saved version
SERVERS = {"jupyterlab", "jsonschema", "ipykernel"}  # what shows and runs notebooks: the host's


def ready() -> None:
    """Make a notebook's kernel ready for the course; UsageError, which IPython shows as one
    sentence, where it cannot be.
    """
    if str(ROOT) not in sys.path:  # the cell's own entries end with the next change of folder
        sys.path.insert(0, str(ROOT))
    host = next((name for sign, name in HOSTS.items() if sign in os.environ), "")
    missing = {n: tested for n, _, tested, found in packages() if not found and n not in SERVERS}
    if missing and host:
        _install([f"{name}=={tested}" for name, tested in missing.items()])
    elif missing:
        _stop(
            f"this kernel's Python ({sys.executable}) lacks {', '.join(missing)}.\nChoose the "
            "kernel of .venv (in VS Code at the top right), or run make lab in the course's folder."
        )
    if host and "GPT2_BY_HAND_PROGRESS" not in os.environ:
        print(keep_progress(host))


def keep_progress(host: str) -> str:
    """Have progress kept in the learner's own storage where there is one; returns a sentence."""
    if host == "Colab" and not DRIVE.is_dir():
        return (
            "Your progress lasts as long as this session. To keep it, mount Google Drive (the "
            "folder at the left), then run this cell again."
        )
    folder = (DRIVE if host == "Colab" else WORKING) / "gpt2-by-hand-progress"
    os.environ["GPT2_BY_HAND_PROGRESS"] = str(folder)
    return f"Your progress is kept in {folder}."


def _install(missing: list[str]) -> None:
    print(f"Installing {', '.join(missing)}", flush=True)
    pip = [sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    result = subprocess.run([*pip, *missing], capture_output=True, text=True, errors="replace")
    if result.returncode:
        from utils.setup.machine import reason

        said = (result.stdout + result.stderr).strip()
        _stop(reason(said) or f"pip could not install them: {said.splitlines()[-1]}")


def _stop(text: str) -> None:
    from IPython.core.error import UsageError

    raise UsageError(text) from None
