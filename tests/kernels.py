"""Kernels from one warm process, which has imported what every lesson imports, and forks.

A kernel of its own takes about 2.7 seconds of a processor before its first cell, nearly all of them
for torch, matplotlib and IPython; a test run starts sixty. Jupyter is told by JUPYTER_PATH that
`python3` is this file. What it starts asks the warm process for a kernel, hands it its own folder,
environment and streams, passes signals on, and ends when the kernel does; the kernel ends when it
is killed. Where nobody answers, it becomes an ordinary kernel.
"""

import atexit
import contextlib
import gc
import json
import os
import select
import signal
import socket
import subprocess
import sys
from pathlib import Path

SPEC = {"display_name": "Python 3 (ipykernel)", "language": "python"}
LARGEST = 1 << 20  # bytes of a request: an environment and a path


@contextlib.contextmanager
def warm_kernels(folder: Path, environment: dict[str, str]):
    """In it, kernels start warm where the environment has what this gives. `folder` is made; its
    path is short, because that of a socket fits into 100 characters.
    """
    if sys.platform != "linux":  # Windows has no fork, and macOS's libraries do not bear one
        yield {}
        return
    at, here = str(folder / "warm"), str(Path(__file__).resolve())
    spec = folder / "kernels" / "python3"
    spec.mkdir(parents=True)
    argv = [sys.executable, "-I", "-S", here, at, "-f", "{connection_file}"]
    (spec / "kernel.json").write_text(json.dumps(SPEC | {"argv": argv}), encoding="utf-8")
    paths = filter(None, [str(folder), environment.get("JUPYTER_PATH")])
    server = subprocess.Popen([sys.executable, here, at], env=environment, stdin=subprocess.PIPE)
    try:
        yield {"JUPYTER_PATH": os.pathsep.join(paths)}
    finally:
        server.stdin.close()
        server.wait()


def serve(at: str) -> None:
    """Import once, then a kernel for whoever asks, until whoever started this is gone."""
    listener = socket.socket(socket.AF_UNIX)
    listener.bind(at)
    listener.listen(64)  # who asks before all is imported waits
    import anywidget  # noqa: F401
    import ipykernel.ipkernel  # noqa: F401
    import ipykernel.kernelapp
    import ipywidgets  # noqa: F401
    import matplotlib.pyplot  # noqa: F401
    import torch  # noqa: F401

    gc.freeze()  # a kernel's collections pass over what is imported, and copy none of it
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # the system forgets a kernel that is over
    while listener in select.select([listener, sys.stdin], [], [])[0]:
        asker, _ = listener.accept()
        if os.fork() == 0:
            listener.close()
            become(asker)
            ipykernel.kernelapp.launch_new_instance()
            atexit._run_exitfuncs()
            os._exit(0)  # taking down what is imported would cost a second
        asker.close()


def become(asker: socket.socket) -> None:
    """Make this fork what a process of its own would be."""
    import site
    import threading

    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    os.setsid()
    text, streams, *_ = socket.recv_fds(asker, LARGEST, 3)
    while not text.endswith(b"\n"):
        text += asker.recv(LARGEST)
    wanted = json.loads(text)
    for at, stream in enumerate(streams):
        os.dup2(stream, at)
        os.close(stream)
    os.chdir(wanted["folder"])
    os.environ.clear()
    os.environ.update(wanted["environment"])
    own = os.environ.get("PYTHONPATH", "")
    sys.path[:1] = filter(None, own.split(os.pathsep))  # in the place of this file's own folder
    site.execsitecustomize()  # tests/offline blocks the network there
    parent = f"--IPKernelApp.parent_handle={os.getppid()}"
    sys.argv = ["ipykernel_launcher", *wanted["options"], parent]
    asker.sendall(f"{os.getpid()}\n".encode())

    def end_with_the_asker():
        asker.recv(1)
        os._exit(1)

    threading.Thread(target=end_with_the_asker, daemon=True).start()


def ask(at: str, *options: str) -> None:
    """What Jupyter starts: a stand-in for the kernel that the warm process makes."""
    asked = socket.socket(socket.AF_UNIX)
    wanted = {"folder": os.getcwd(), "environment": dict(os.environ), "options": options}
    try:
        asked.connect(at)
        socket.send_fds(asked, [b" "], [0, 1, 2])
        asked.sendall(json.dumps(wanted).encode() + b"\n")
        kernel = int(asked.recv(100))
    except (OSError, ValueError):
        os.execv(sys.executable, [sys.executable, "-m", "ipykernel_launcher", *options])
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda number, frame: os.killpg(kernel, number))
    asked.recv(1)


if __name__ == "__main__":
    serve(*sys.argv[1:]) if len(sys.argv) == 2 else ask(*sys.argv[1:])
