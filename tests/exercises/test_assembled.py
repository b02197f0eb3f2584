"""One file of many functions: a name that means two things means each in its own place."""

import pytest
import torch

from tests.exercises.test_08_loading import assembled
from utils.progress import kept

SOFTMAX = "def softmax(scores):\n    e = helper(scores).exp()\n    return e / e.sum()\n"
SCALE = "def scale(scores, d_k):\n    return scores / helper(d_k)\n"
SMALLER = "def helper(x):\n    return x - x.amax()\n\n\n"
ROOT = "def helper(d):\n    return d**0.5\n\n\n"
CLONE, SQRT = "from torch import clone as helper\n\n\n", "from math import sqrt as helper\n\n\n"


@pytest.mark.parametrize(
    "of_softmax, of_scale",
    [(SMALLER, ROOT), (SMALLER, SQRT), (CLONE, ROOT), (CLONE, SQRT)],
    ids=["both their own", "the second imported", "the first imported", "both imported"],
)
def test_helpers_of_one_name_stay_apart(of_softmax, of_scale):
    kept.put("softmax", of_softmax + SOFTMAX)
    kept.put("scale", of_scale + SCALE)
    for names in (["softmax", "scale"], ["scale", "softmax"]):
        module, top = assembled(names)
        assert "Yours (2)" in top
        assert module.softmax(torch.tensor([0.0, 0.0])).tolist() == [0.5, 0.5]
        assert module.scale(torch.tensor([4.0]), 4).tolist() == [2.0]
