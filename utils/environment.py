"""Set up and start the course: `python utils/environment.py lab` (or `test`, or `tools`).

Runs on a machine that has only Python, so it imports nothing but the standard library, and parses
on old Pythons in order to say that they are old. From any state (no .venv, a half-made one, changed
requirements) it makes `.venv` beside README.md what the requirements say. `lab` then opens
JupyterLab (`lab --projector`: with large fonts and figures), `test` runs every test, `tools`
installs what tests, builds and grading need and stops.
"""

import hashlib
import json
import os
import shutil
import subprocess
import sys
import tempfile

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
VENV = os.path.join(ROOT, ".venv")
PYTHON = (
    os.path.join(VENV, "Scripts", "python.exe")
    if os.name == "nt"
    else os.path.join(VENV, "bin", "python")
)
SETTINGS = os.path.join(ROOT, "utils", "jupyter")  # no news popup; prose is not too wide to read
OLDEST = (3, 11)


def main(arguments):
    if len(arguments) < 1 or arguments[0] not in ("lab", "test", "tools", "site"):
        stop("say what to do: python utils/environment.py lab, test, tools or site")
    task, rest = arguments[0], arguments[1:]
    more = {"lab": [], "site": ["requirements-site.txt"]}.get(task, ["requirements-dev.txt"])
    prepare(["requirements.txt"] + more)
    if task == "lab":
        say("opening JupyterLab; leave it with Ctrl-C")
        command = [
            "-m",
            "jupyterlab",
            "--ServerApp.root_dir=" + ROOT,
            "--LabApp.default_url=/lab/tree/notebooks/00_start_here.ipynb",
            "--LabApp.custom_css=True",
            "--ServerApp.tornado_settings=%r" % {"static_custom_path": [SETTINGS]},
        ]
        os.environ["JUPYTER_CONFIG_PATH"] = os.pathsep.join(
            [SETTINGS] + os.environ.get("JUPYTER_CONFIG_PATH", "").split(os.pathsep)
        ).rstrip(os.pathsep)
        if hasattr(os, "geteuid") and os.geteuid() == 0:
            command.append("--allow-root")  # the only user of many containers
        if "--projector" in rest:
            rest = [option for option in rest if option != "--projector"]
            os.environ.update(
                GPT2_BY_HAND_PROJECTOR="1", JUPYTERLAB_SETTINGS_DIR=large_fonts()
            )  # utils/figures/style.py reads the first
        command += rest
        finish(subprocess.call([PYTHON] + command, cwd=ROOT))
    if task == "test":
        say("running the tests")
        finish(subprocess.call([PYTHON, os.path.join(ROOT, "tests", "run.py")] + rest, cwd=ROOT))
    say("ready: " + PYTHON)


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
    wanted = hashlib.sha256(b"".join(read(name) for name in files)).hexdigest()
    stamp = os.path.join(VENV, "installed-" + "-".join(f.replace(".txt", "") for f in files))
    if os.path.exists(stamp) and read(stamp).decode() == wanted and answers("-c", "import pip"):
        return
    if not answers("-m", "pip", "--version"):
        base = newest_python()
        say("making .venv with " + base)
        shutil.rmtree(VENV, ignore_errors=True)
        result = subprocess.run(
            [base, "-m", "venv", VENV], stdout=subprocess.PIPE, stderr=subprocess.STDOUT
        )
        if result.returncode:
            text = result.stdout.decode(errors="replace")
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
    command = [
        PYTHON,
        "-m",
        "pip",
        "install",
        "--disable-pip-version-check",
        "-r",
        os.path.join(ROOT, name),
    ]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    said = []
    for line in process.stdout:
        text = line.decode(errors="replace")
        said.append(text)
        if not text.startswith("Requirement already satisfied"):
            sys.stdout.write(text)
            sys.stdout.flush()
    if process.wait():
        stop(
            reason("".join(said))
            or "pip could not install " + name + ": " + last_line("".join(said))
        )


def reason(text):
    """The one sentence for a failure whose cause is plain from what pip or venv said, else ''."""
    if "No space left" in text or "Errno 28" in text or "not enough space" in text:
        return (
            "the disk is full; the environment needs about 2 GB: free some and run the same "
            "command again."
        )
    network = (
        "Temporary failure in name resolution",
        "ConnectTimeoutError",
        "NewConnectionError",
        "Network is unreachable",
        "Failed to establish a new connection",
        "Name or service not known",
        "getaddrinfo failed",
        "NameResolutionError",
        "Connection refused",
        "ProxyError",
        "Max retries exceeded",
        "ReadTimeoutError",
    )
    if any(word in text for word in network):
        return (
            "the packages could not be fetched, because the network cannot be reached: connect "
            "and run the same command again."
        )
    return ""


def diagnose():
    """What lesson 00 shows: [(fine, what was looked at, how to mend it)], from inside the
    environment.
    """
    from importlib import metadata  # absent on the old Pythons that only have to be told so

    rows = [
        (
            sys.version_info >= OLDEST,
            "Python %d.%d" % sys.version_info[:2],
            "this course needs Python 3.%d or newer" % OLDEST[1],
        )
    ]
    for line in read("requirements.txt").decode().splitlines():
        name, _, version = line.split("#")[0].strip().partition("==")
        if not name:
            continue
        try:
            found = metadata.version(name)
        except metadata.PackageNotFoundError:
            rows.append((False, name, "it is missing: run `pip install -r requirements.txt`"))
            continue
        same = found.split("+")[0] == version
        rows.append(
            (
                same,
                name + " " + found,
                "the course was tested with %s: run `pip install -r requirements.txt`" % version,
            )
        )
    space = shutil.disk_usage(ROOT).free / 1e9
    rows.append(
        (
            space > 1,
            "%.0f GB of free disk" % space,
            "free some disk; the real GPT-2 in lesson 08 needs 0.6 GB",
        )
    )
    writable = os.access(ROOT, os.W_OK)
    rows.append((writable, "this folder can be written", "your progress cannot be kept in " + ROOT))
    return rows


def newest_python():
    """A Python of at least OLDEST: this one, or the newest that is on the path."""
    if sys.version_info >= OLDEST:
        return sys.executable
    for minor in range(20, OLDEST[1] - 1, -1):
        found = shutil.which("python3.%d" % minor)
        if found:
            return found
    stop(
        "this course needs Python 3.%d or newer, and only %d.%d was found: install one and "
        "run the same command again." % (OLDEST[1], sys.version_info[0], sys.version_info[1])
    )


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


def say(text):
    print("» " + text, flush=True)


def stop(text):
    sys.exit("Stopped: " + text)


def finish(code):
    sys.exit(code)


if __name__ == "__main__":
    try:
        main(sys.argv[1:])
    except KeyboardInterrupt:
        sys.exit(130)
    except OSError as error:
        stop(reason(str(error)) or str(error))
