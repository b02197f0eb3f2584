"""GPT-2 by Hand: the code behind the lessons. One module per idea; see README.md for the map."""

import os
import sys

if sys.argv[:1] == ["-m"] and hasattr(sys.stdout, "reconfigure"):
    # `python -m utils…`: where a console, or a file that it is redirected to, lacks a character
    # (cp1252 on Windows), a "?" is printed, and the command goes on
    sys.stdout.reconfigure(errors="replace")


def python():
    """What to type for this Python in a terminal, in the course's folder: .venv's by its path,
    because a fresh terminal's `python` is another; elsewhere (conda, a container) it is that one.
    """
    root = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
    inside = os.path.join(root, ".venv", "")
    ours = os.path.abspath(sys.executable or "").startswith(inside)
    return os.path.relpath(sys.executable, root) if ours else "python"


def command(words):
    """What to type for a module of the course and its arguments: "utils.grade folder"."""
    return python() + " -m " + words
