"""pip and venv, watched: their words as they come, and where they fall silent, how far they are.

pip draws no bar when its words do not go to a terminal, and is silent for minutes while it fetches
PyTorch and again while it unpacks. So its temporary files are kept in a folder of ours, whose
growth is what has come, and the packages that it unpacked are counted in .venv.
"""

import glob
import os
import queue
import re
import shutil
import subprocess
import sys
import tempfile
import threading
import time

SILENCE = 8  # seconds without a word before a line of progress


def watched(command, progress, environment=None):
    """Run a command and show its lines, and progress(its lines so far) after each SILENCE; returns
    (exit code, all that it said).
    """
    process = subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, env=environment
    )
    coming, said, spoke = queue.Queue(), [], time.monotonic()

    def listen():
        for line in process.stdout:
            coming.put(line.decode(errors="replace"))
        coming.put(None)

    threading.Thread(target=listen, daemon=True).start()
    while True:
        try:
            line = coming.get(timeout=max(0, spoke + SILENCE - time.monotonic()))
        except queue.Empty:
            say("… " + progress(said))
            spoke = time.monotonic()
            continue
        if line is None:
            process.stdout.close()
            return process.wait(), "".join(said)
        said.append(line)
        if not line.startswith("Requirement already satisfied"):
            sys.stdout.write(line)
            sys.stdout.flush()
            spoke = time.monotonic()


def call(command, started, waiting, **options):
    """Run a command that has the terminal to itself, with a line of progress after each SILENCE
    until started() is true; returns its exit code.
    """
    process, spoke = subprocess.Popen(command, **options), time.monotonic()
    try:
        while process.poll() is None and not started():
            time.sleep(min(0.5, SILENCE))
            if time.monotonic() - spoke > SILENCE:
                say("… " + waiting)
                spoke = time.monotonic()
        return process.wait()
    except BaseException:  # Ctrl-C, as subprocess.call has it
        process.kill()
        raise


def pip_install(python, venv, file):
    """pip installs a requirement file into an environment; returns (exit code, all it said)."""
    folder = tempfile.mkdtemp(prefix="pip-", dir=venv)  # on .venv's disk: /tmp may be small
    before = installed(venv)
    command = [python, "-m", "pip", "install", "--disable-pip-version-check", "-r", file]
    try:
        return watched(
            command,
            lambda said: how_far(said, largest(folder), installed(venv) - before),
            dict(os.environ, TMPDIR=folder, TEMP=folder, TMP=folder, PYTHONUNBUFFERED="1"),
        )
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def how_far(said, size, new):
    """One line: how far pip is, from its lines, the size of the largest file that it is fetching
    (bytes), and the packages that it has unpacked.
    """
    for line in reversed(said):
        if line.startswith("Installing collected packages:"):
            return "%d of %d packages installed" % (new, line.count(",") + 1)
        fetching = re.match(
            r"\s*Downloading (\S+?)-\d\S*\.(?:whl|tar\.gz) \(([\d.]+) ([MG])B\)", line
        )
        if fetching:
            name, whole, unit = fetching.groups()
            whole = float(whole) * (1000 if unit == "G" else 1)
            return "%s: %d of %d MB fetched" % (name, min(size / 1e6, whole), whole)
    found = sum(line.startswith("Collecting ") for line in said)
    return "still at work, %d packages looked up" % found


def installed(venv):
    """How many packages lie in an environment."""
    places = [os.path.join(venv, "lib", "python3.*"), os.path.join(venv, "Lib")]
    return sum(len(glob.glob(os.path.join(p, "site-packages", "*.dist-info"))) for p in places)


def largest(folder):
    """The size of the largest file below a folder, in bytes."""
    sizes = [0]
    for inside, _, names in os.walk(folder):
        for name in names:
            try:
                sizes.append(os.path.getsize(os.path.join(inside, name)))
            except OSError:  # gone meanwhile
                pass
    return max(sizes)


def say(text):
    print("» " + text, flush=True)
