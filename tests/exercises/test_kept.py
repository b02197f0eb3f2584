"""What is kept of a function that passed, and whether it works in a later lesson."""

import math

import pytest
import torch

from tests.exercises import in_a_fresh_process
from utils import progress
from utils.progress import kept
from utils.progress.sources import standalone

CROSS_ENTROPY = (
    "def cross_entropy(probabilities):\n    if min(probabilities) == 0:\n        return math.inf\n"
    "    return sum(helper(p) for p in probabilities) / len(probabilities)\n"
)


def test_helpers_constants_and_imports_of_other_cells_come_along(notebook):
    notebook.cell("import math\nROOT = math.sqrt(2) / math.sqrt(2)\nONE = round(ROOT)\n")
    notebook.cell("def inner(p):\n    return math.log(p)\n")
    notebook.cell("def helper(p):\n    return -inner(p) * ONE\n")
    notebook.cell("print('not this')\n" + CROSS_ENTROPY)
    notebook.cell("cross_entropy = check(cross_entropy)\n")
    assert "Kept" in repr(notebook.shown[0])
    source = kept.file_of("cross_entropy").read_text()
    assert "def inner" in source and "def helper" in source and "not this" not in source
    assert progress.mine("cross_entropy")([0.5]) == pytest.approx(math.log(2))
    said = in_a_fresh_process(
        "from utils.progress import mine; print(mine('cross_entropy')([0.5, 0.25]))"
    )
    assert float(said) == pytest.approx((math.log(2) + math.log(4)) / 2)


@pytest.mark.parametrize(
    "made",
    [
        "helper = lambda p: -math.log(p)\n",
        "def times(n):\n    return lambda p: -n * math.log(p)\n\n\nhelper = times(1)\n",
        "class Helper:\n    def __call__(self, p):\n        return -math.log(p)\n\n\n"
        "helper = Helper()\n",
        "from functools import partial\n\n\ndef log(sign, p):\n    return sign * math.log(p)\n\n\n"
        "helper = partial(log, -1)\n",
        "try:\n    import nothing_of_that_name as m\nexcept ImportError:\n    import math as m\n\n"
        "\ndef helper(p):\n    return -m.log(p)\n",
        "SIGNS = [-1, 1]\nTABLE = {n: 1 / n for n in range(1, 4)}\nINF = float('inf')\n\n\n"
        "def helper(p):\n    return SIGNS[0] * TABLE[1] * math.log(p) if p < INF else 0\n",
        "def logged(f):\n    import functools\n\n    @functools.wraps(f)\n    def g(p):\n"
        "        return f(p)\n\n    return g\n\n\n"
        "@logged\ndef helper(p):\n    return -math.log(p)\n",
    ],
    ids=["lambda", "closure", "class", "partial", "try", "data", "decorator"],
)
def test_whatever_a_helper_is_made_of_comes_along(notebook, made):
    notebook.cell("import math\n")
    notebook.cell(made)
    notebook.cell(CROSS_ENTROPY)
    notebook.cell("cross_entropy = check(cross_entropy)\n")
    assert "Kept: later lessons use your version." in repr(notebook.shown[0])
    said = in_a_fresh_process(
        "from utils.progress import mine; print(mine('cross_entropy')([0.5]))"
    )
    assert float(said) == pytest.approx(math.log(2))


def test_tensors_and_arrays_come_along(notebook):
    notebook.cell("import torch, numpy as np\nONES = torch.ones(1)\nTWO = np.array([2.0])\n")
    notebook.cell(
        "def scale(scores, d_k):\n    return scores / d_k**0.5 * ONES * float(TWO[0]) / 2\n"
    )
    notebook.cell("scale = check(scale)\n")
    assert "Kept" in repr(notebook.shown[0])
    assert progress.mine("scale")(torch.ones(2, 2), 4).tolist() == [[0.5, 0.5], [0.5, 0.5]]


def test_what_cannot_come_along_is_named(notebook):
    notebook.cell("import torch\n")
    notebook.space["BIG"] = torch.ones(100_000)  # made by no cell
    notebook.cell("def scale(scores, d_k):\n    return scores / d_k**0.5 * BIG[0]\n")
    notebook.cell("scale = check(scale)\n")
    assert "passed" in repr(notebook.shown[0])
    assert "Not kept: it uses `BIG`" in repr(notebook.shown[0])
    assert "BIG" in notebook.shown[0]._repr_html_()
    assert progress.mine("scale").is_reference


@pytest.mark.slow
def test_any_earlier_exercise_may_be_called(notebook):
    """As in lesson 04, where attention can be written from the functions of its first half."""
    from utils.exercises import exercises

    notebook.cell("import torch\n")
    for e in exercises("04_masked_self_attention"):
        notebook.space[e.name] = e.stand_in()
    notebook.cell(
        "def multi_head_attention(x, c_attn, c_attn_bias, c_proj, c_proj_bias, n_head):\n"
        "    q, k, v = (split_heads(p, n_head) for p in project_qkv(x, c_attn, c_attn_bias))\n"
        "    scores = scale(attention_scores(q, k), q.shape[-1])\n"
        "    scores = scores.masked_fill(~causal_mask(x.shape[-2]), -torch.inf)\n"
        "    return merge_heads(weighted_sum(softmax(scores), v)) @ c_proj + c_proj_bias\n"
    )
    notebook.cell("multi_head_attention = check(multi_head_attention)\n")
    assert "Kept" in repr(notebook.shown[0])
    assert "def scale" not in kept.file_of("multi_head_attention").read_text()
    said = in_a_fresh_process(
        "import torch; from utils.progress import mine; f = mine('multi_head_attention');"
        "one = torch.ones; print(f(one(2, 4), one(4, 12), one(12), one(4, 4), one(4), 2).shape)"
    )
    assert said == "torch.Size([2, 4])"


def test_a_helper_that_bears_a_later_exercises_name_stays_the_learners(notebook):
    notebook.cell("def temperature(words, k):\n    return words[:k]\n")
    notebook.cell(
        "def suggest(probabilities, k=3):\n"
        "    return temperature(sorted(probabilities, key=lambda w: (-probabilities[w], w)), k)\n"
    )
    notebook.cell("suggest = check(suggest)\n")
    assert "Kept" in repr(notebook.shown[0])
    assert progress.mine("suggest")({"a": 0.1, "b": 0.9}, 1) == ["b"]


def test_what_works_only_with_this_notebooks_version_of_another_is_not_kept(notebook):
    """An earlier exercise was kept, and this notebook has changed it since."""
    kept.put("cross_entropy", "def cross_entropy(probabilities):\n    return 0.0\n")
    notebook.cell(
        "import math\n\n\n"
        "def cross_entropy(probabilities):\n"
        "    if min(probabilities) == 0:\n        return math.inf\n"
        "    return -sum(map(math.log, probabilities)) / len(probabilities)\n"
    )
    notebook.cell("def perplexity(probs):\n    return math.exp(cross_entropy(probs))\n")
    notebook.cell("perplexity = check(perplexity)\n")
    assert "passed" in repr(notebook.shown[0])
    assert "Not kept: run alone" in repr(notebook.shown[0])
    assert kept.status("perplexity") == ""


def test_a_guess_is_kept_with_what_it_uses(notebook):
    notebook.cell("ANSWER = (4, 3)\n")
    notebook.cell("def predict_shape():\n    return ANSWER\n")
    notebook.cell("predict_shape = check(predict_shape)\n")
    assert progress.mine("predict_shape")() == (4, 3) and progress.table().points == 0


def test_two_exercises_may_call_each_other():
    kept.put(
        "scale", "def scale(scores, d_k):\n    return softmax(scores) if d_k < 0 else scores\n"
    )
    kept.put("softmax", "def softmax(scores):\n    return scale(scores, 1)\n")
    assert progress.mine("softmax")(3) == 3


def test_a_cell_magic_above_the_function_does_not_lose_it(notebook):
    body = "def suggest(p, k=3):\n    return sorted(p, key=lambda w: (-p[w], w))[:k]\n"
    notebook.space["In"].append(f"get_ipython().run_cell_magic('time', '', {body!r})\n")
    exec(compile(body, "<timed exec>", "exec"), notebook.space)
    notebook.cell("suggest = check(suggest)\n")
    assert "Kept" in repr(notebook.shown[0])
    assert progress.mine("suggest")({"a": 0.1, "b": 0.9}, 1) == ["b"]


def test_lines_of_ipythons_in_the_cell_are_left_out(notebook):
    notebook.space["get_ipython"] = lambda: type("Shell", (), {"run_line_magic": print})()
    notebook.cell(
        "get_ipython().run_line_magic('pinfo', 'max')\n"
        "def suggest(p, k=3):\n    return sorted(p, key=lambda w: (-p[w], w))[:k]\n"
    )
    notebook.cell("suggest = check(suggest)\n")
    assert "Kept" in repr(notebook.shown[0])
    assert "get_ipython" not in kept.file_of("suggest").read_text()


def test_a_name_that_was_never_defined_is_no_reason(notebook):
    source, lost = standalone(
        notebook.cell("def f(x):\n    return x if x else nothing\n", "f"), "f", lambda *a: False
    )
    assert lost == [] and "def f" in source
