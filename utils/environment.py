"""Set up and start the course: `python utils/environment.py lab` (or `test`, or `tools`).

Runs on a machine that has only Python, so it imports nothing but the standard library, and parses
on old Pythons in order to say that they are old. From any state (no .venv, a half-made one, changed
requirements) it makes `.venv` beside README.md what the requirements say. `lab` then opens
JupyterLab (`lab --projector`: with large fonts and figures), `test` runs every test, `tools`
installs what tests, builds and grading need and stops, `site` what the pages need. `--small` takes
PyTorch's build without CUDA. In conda's environment of environment.yml that one is used, and no
.venv is made.
"""

import glob
import hashlib
import json
import os
import shutil
import subprocess
import sys
import tempfile

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
if __name__ == "__main__":
    sys.path[0] = ROOT  # the folder of this file holds modules named as Python's own are

from utils.setup.diagnosis import diagnose  # noqa: E402, F401 (lesson 00 calls it from here)
from utils.setup.installing import call, pip_install, say, watched  # noqa: E402
from utils.setup.machine import NEWEST, OLDEST, newest_python, obstacle, reason, room  # noqa: E402

VENV = os.path.join(ROOT, ".venv")
PYTHON = (
    os.path.join(VENV, "Scripts", "python.exe")
    if os.name == "nt"
    else os.path.join(VENV, "bin", "python")
)
CONDA = os.environ.get("CONDA_DEFAULT_ENV") == "gpt2-by-hand" and "CONDA_PREFIX" in os.environ
if CONDA:
    VENV, PYTHON = os.environ["CONDA_PREFIX"], sys.executable
SMALL = "requirements-small.txt"
QUIET = {  # JupyterLab's first words would be a question about news; lessons' names have room
    "@jupyterlab/apputils-extension:notification": {"fetchNews": "false", "checkForUpdates": False},
    "@jupyterlab/filebrowser-extension:browser": {"showLastModifiedColumn": False},
}
STYLES = os.path.join(ROOT, "utils", "jupyter")  # custom.css


def main(arguments):
    if len(arguments) < 1 or arguments[0] not in ("lab", "test", "tools", "site"):
        stop("say what to do: python utils/environment.py lab, test, tools or site")
    task, rest = arguments[0], [word for word in arguments[1:] if word != "--small"]
    learners = SMALL if "--small" in arguments else "requirements.txt"
    more = {"lab": [], "site": ["requirements-site.txt"]}.get(task, ["requirements-dev.txt"])
    prepare([learners] + more)
    if task == "lab":
        lab(rest)
    if task == "test":
        say("running the tests")
        finish(subprocess.call([PYTHON, os.path.join(ROOT, "tests", "run.py")] + rest, cwd=ROOT))
    say("ready: " + PYTHON)


def lab(rest):
    """Open JupyterLab on lesson 00, with `rest` for its options."""
    command = [
        "-m",
        "jupyterlab",
        "--ServerApp.root_dir=" + ROOT,
        "--LabApp.default_url=/lab/tree/notebooks/00_start_here.ipynb",
        "--LabApp.custom_css=True",
        "--ServerApp.tornado_settings=%r" % {"static_custom_path": [STYLES]},
    ]
    if hasattr(os, "geteuid") and os.geteuid() == 0:
        command.append("--allow-root")  # the only user of many containers
    if "--projector" in rest:
        rest = [option for option in rest if option != "--projector"]
        os.environ.update(
            GPT2_BY_HAND_PROJECTOR="1", JUPYTERLAB_SETTINGS_DIR=large_fonts()
        )  # utils/figures/style.py reads the first
    settings = os.path.join(VENV, "share", "jupyter", "lab", "settings", "overrides.json")
    os.makedirs(os.path.dirname(settings), exist_ok=True)
    with open(settings, "w", encoding="utf-8") as file:
        json.dump(QUIET, file)
    # our own notebooks with outputs; without this JupyterLab hides part of what others ran
    shown = sorted(glob.glob(os.path.join(ROOT, "solutions", "*.ipynb")))
    answers(*(["-m", "jupyter", "trust"] + shown))
    servers = running()
    before = servers()
    say("opening JupyterLab; leave it with Ctrl-C")
    command = [PYTHON] + command + rest
    finish(call(command, lambda: servers() - before, "JupyterLab is starting", cwd=ROOT))


def running():
    """A function that lists the files in which each Jupyter server that is up says where it is."""
    asked = subprocess.run([PYTHON, "-m", "jupyter", "--runtime-dir"], stdout=subprocess.PIPE)
    folder = glob.escape(asked.stdout.decode(errors="replace").strip())
    return lambda: set(glob.glob(os.path.join(folder, "jpserver-*.json")))


def large_fonts():
    """A new folder with JupyterLab settings for a projector; those that you made yourself stay as
    they are, unused.
    """
    folder = tempfile.mkdtemp(prefix="projector-")
    inner = os.path.join(folder, "@jupyterlab", "apputils-extension")
    os.makedirs(inner)
    sizes = {"code-font-size": "20px", "content-font-size1": "21px", "ui-font-size1": "16px"}
    with open(os.path.join(inner, "themes.jupyterlab-settings"), "w") as file:
        json.dump({"overrides": sizes}, file)
    return folder


def prepare(files):
    """Make .venv hold what the requirement files say; does nothing when it already does."""
    told = files + ["requirements.txt"]  # which the others name
    told += ["requirements-site.txt"] * ("requirements-dev.txt" in files)
    wanted = hashlib.sha256(b"".join(read(name) for name in told)).hexdigest()
    stamp = os.path.join(VENV, "installed-" + "-".join(f.replace(".txt", "") for f in files))
    fits = "import pip, sys; sys.exit(not %r <= sys.version_info[:2] <= %r)" % (OLDEST, NEWEST)
    if os.path.exists(stamp) and read(stamp).decode() == wanted and answers("-c", fits):
        return
    made = answers("-c", fits)
    if CONDA and not made:
        stop(
            "conda's environment gpt2-by-hand is not what environment.yml says: remove it (conda "
            "env remove -n gpt2-by-hand) and create it again."
        )
    if not made:
        base, trouble = newest_python()
        if not base:
            stop(trouble)
        if base != sys.executable:  # from here on with that Python, whose machine it knows
            finish(subprocess.call([base, os.path.abspath(__file__)] + sys.argv[1:]))
        if obstacle():
            stop(obstacle())
    if not glob.glob(os.path.join(VENV, "[Ll]ib", "*", "site-packages", "torch")) + glob.glob(
        os.path.join(VENV, "Lib", "site-packages", "torch")
    ):
        words, trouble = room(ROOT, SMALL in files)
        if trouble:
            stop(trouble)
        if words:
            say(words)
    if not made:
        say("making .venv with " + base)
        shutil.rmtree(VENV, ignore_errors=True)
        failed, text = watched([base, "-m", "venv", VENV], lambda said: "making .venv")
        if failed:
            stop(
                reason(text)
                or "Python could not make an environment (on Debian and Ubuntu, install "
                "python3-venv): "
                + last_line(text)
            )
    for name in files:
        say("installing " + name + " (a first time takes a few minutes)")
        install(name)
    with open(stamp, "w") as file:
        file.write(wanted)


def install(name):
    """pip, its words shown as they come; when it fails, one sentence on why."""
    failed, said = pip_install(PYTHON, VENV, os.path.join(ROOT, name))
    if failed:
        stop(reason(said) or "pip could not install " + name + ": " + last_line(said))


def answers(*arguments):
    """Whether .venv's Python runs this."""
    try:
        return not subprocess.call(
            [PYTHON] + list(arguments), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
    except OSError:
        return False


def read(name):
    with open(os.path.join(ROOT, name), "rb") as file:
        return file.read()


def last_line(text):
    lines = [line for line in text.strip().splitlines() if line.strip()]
    return lines[-1] if lines else "it said nothing."


def stop(text):
    sys.exit("Stopped: " + text)


def finish(code):
    sys.exit(code)


if __name__ == "__main__":
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):  # a console that lacks "»" prints "?"
            stream.reconfigure(errors="replace")
    try:
        main(sys.argv[1:])
    except KeyboardInterrupt:
        sys.exit(130)
    except OSError as error:
        stop(reason(str(error)) or str(error))
