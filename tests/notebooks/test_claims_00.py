"""What lesson 00 shows."""

import re

import nbformat
import numpy as np

from utils import build
from utils.figures import start_here


def test_the_shares_shown_add_up_to_1():
    """To the two digits that the figure prints, for the scores that the lesson gives it."""
    lesson = nbformat.read(build.ROOT / "solutions" / "00_start_here.ipynb", as_version=4)
    cell = next(c.source for c in lesson.cells if "softmax_steps" in c.source)
    scores = [float(n) for n in re.search(r"softmax_steps\(\[(.*?)\]", cell)[1].split(",")]
    shares = np.exp(scores) / np.exp(scores).sum()
    assert round(sum(round(share, 2) for share in shares), 2) == 1.0
    shown = re.findall(r"\d\.\d\d", str(start_here.softmax_steps(scores)))
    assert shown == [f"{share:.2f}" for share in shares]
