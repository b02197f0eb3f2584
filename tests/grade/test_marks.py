"""What the check says is what the grader says; and fair marks for odd and damaged notebooks."""

import json
import time

import nbformat
import pytest

from tests.grade import (
    FULL,
    LESSON,
    diagnosis,
    grade,
    marks,
    of_cells,
    solved,
    submission,
)
from tests.grade.same_verdict import compare
from utils.exercises import LESSONS, exercises
from utils.grade import play
from utils.grade.judged import Rules, judged_content
from utils.grade.many import canary
from utils.grade.play import ATTEMPTS, MOST_CHECKS

SUGGEST = (
    "def suggest(probabilities, k=3):\n"
    "    return sorted(probabilities, key=lambda w: (-probabilities[w], w))[:k]\n"
)
STUB = "def suggest(probabilities, k=3):\n    # YOUR CODE HERE\n    raise NotImplementedError\n"
CHECK = "suggest = check(suggest)"
HEAD = "from utils.check import check, hint"


def of_one(judge, lesson, name, *cells, **rules) -> dict:
    """The entry of an exercise in a notebook of these cells."""
    content = of_cells(HEAD, *cells)
    entry = judged_content(f"{lesson}.ipynb", content, Rules("s", lesson=lesson, **rules), judge)
    return next(e for e in entry["exercises"] if e["id"] == name) | {"notes": entry["notes"]}


def of_suggest(judge, *cells, **rules) -> dict:
    return of_one(judge, LESSON, "suggest", *cells, **rules)


@pytest.mark.parametrize("lesson", LESSONS)
def test_the_canary_sings(lesson, judge):
    assert canary({lesson}, Rules("seed"), judge) == ""


def test_odd_notebooks_get_what_their_check_said():
    """One of every second lesson; `python -m tests.grade.same_verdict` takes hundreds of all."""
    some = LESSONS[1::2]
    wrong, compared = compare(len(some), first=1000, lessons=some, tell=lambda *a, **k: None)
    assert not wrong and compared > 6 * len(some)


def test_one_wrong_function_costs_its_own_points_and_is_diagnosed(tmp_path, judge):
    wrong = (
        "def cross_entropy(probabilities):\n    return -sum(map(math.log, probabilities)) / "
        "len(probabilities)\n"
    )
    entry = grade(submission(tmp_path, cross_entropy=wrong), judge)
    lost = {e["id"] for e in entry["exercises"] if e["points"] < e["max_points"]}
    assert lost == {"cross_entropy"}, "perplexity uses it, and is judged with the course's"
    assert entry["points"] == FULL - 2 and "math.inf" in diagnosis(entry, "cross_entropy")


def test_the_same_seed_gives_the_same_cases_and_another_file_gets_others(tmp_path, judge):
    echo = "def suggest(probabilities, k=3):\n    return sorted(probabilities)\n"
    got = []
    for name in ("a.ipynb", "a.ipynb", "b.ipynb"):
        entry = grade(submission(tmp_path, name, suggest=echo), judge)
        found = next(e for e in entry["exercises"] if e["id"] == "suggest")
        got.append([case["got"] for case in found["cases"]])
    assert got[0] == got[1] != got[2]


ODD = {
    "written in a new cell under the stub": (STUB, SUGGEST, CHECK),
    "written again below its check": (SUGGEST, CHECK, "def suggest(p, k=3):\n    return 1"),
    "a helper below it": (SUGGEST.replace("sorted(", "ordered("), "ordered = sorted", CHECK),
    "a helper that a later cell overwrites": (
        "ordered = sorted", SUGGEST.replace("sorted(", "ordered("), CHECK, "ordered = 3",
    ),
    "under if": ("if True:\n    " + SUGGEST.replace("\n", "\n    "), CHECK),
    "under try": ("try:\n    " + SUGGEST.replace("\n", "\n    ") + "\nfinally:\n    3", CHECK),
    "a lambda": ("suggest = lambda p, k=3: sorted(p, key=lambda w: (-p[w], w))[:k]", CHECK),
    "a constant that is computed": (
        "import math\nONE = math.sqrt(1)", SUGGEST.replace("-prob", "-ONE * prob"), CHECK,
    ),
    "question marks and shells": ("max??\nfiles = !echo hello\n" + SUGGEST, CHECK),
    "plots shown inline": ("%matplotlib inline\n" + SUGGEST, CHECK),
    "made by exec": (f"exec({SUGGEST!r})", CHECK),
    "under %%time": ("%%time\n" + SUGGEST, CHECK),
    "in a module": (f"%%writefile mine.py\n{SUGGEST}", "from mine import suggest", CHECK),
    "shown": ("print(1)\ndisplay(2)\n" + SUGGEST + "display(suggest)", CHECK),
    "below the table of what is done": (
        "from utils import progress\nprogress.table()\n" + SUGGEST, CHECK,
    ),
    "annotations of the future": (
        "from __future__ import annotations", SUGGEST.replace("k=3", "k: Nothing = 3"), CHECK,
    ),
    "no check left": (STUB, SUGGEST),
    "a broken cell elsewhere": ("def f(:\n    pass", "1 / 0", SUGGEST, CHECK, "raise ValueError"),
    "a name of a package that is not here": ("import no_such_package", SUGGEST, CHECK),
    "asked for by the course's names": (
        "from utils import stories\nfrom utils.figures import language_modeling as figures",
        "KNOWN = stories.PLACES if hasattr(stories, 'PLACES') else figures", SUGGEST + "    KNOWN",
        CHECK,
    ),
    "through a handle of what is shown": (
        "shown = display('x', display_id=True)\nshown.update('y')",
        "from IPython.display import display\ndisplay('x', display_id=True).update('y')", SUGGEST,
        CHECK,
    ),
    "the built-in ones by their module": (
        "__builtins__.len, __builtin__.len\n" + SUGGEST.replace("sorted(", "__builtins__.sorted("),
        "sorted = 3",
        CHECK,
    ),
    "in the loop of a kernel": (
        "import asyncio\nasync def get():\n    return sorted\n"
        "task = asyncio.create_task(get())\nasyncio.get_running_loop()",
        "ordered = await task\n" + SUGGEST.replace("sorted(", "ordered("),
        CHECK,
    ),
    "run as a program": ("if __name__ == '__main__':\n    one = 1", SUGGEST + "    one", CHECK),
}  # fmt: skip


@pytest.mark.parametrize("cells", ODD.values(), ids=ODD)
def test_honest_work_in_odd_cells_passes(cells, judge):
    entry = of_suggest(judge, *cells)
    assert entry["status"] == "passed", entry


NOT_RIGHT = {
    "the cell stopped before it": (
        ("undefined\n" + SUGGEST, CHECK), "failed", "`NameError: name 'undefined' is not defined`",
    ),
    "a colon is missing": (
        (SUGGEST.replace("):", ")", 1), CHECK), "failed", "cannot be read: `SyntaxError: expected",
    ),
    "something else was checked": (
        (SUGGEST, "suggest = check('suggest')"), "failed", "It got `'suggest'`",
    ),
    "no cell has it": (("x = 1",), "missing", "no cell defines suggest"),
    "the stub": ((STUB, CHECK), "not done yet", ""),
    "the stub, and a check above what is right": ((STUB, CHECK, SUGGEST), "not done yet", ""),
    "numpy for a list": (
        (SUGGEST.replace("return", "import numpy\n    return numpy.array(") + ")", CHECK),
        "failed",
        "",
    ),
}  # fmt: skip


@pytest.mark.parametrize("cells, said, why", NOT_RIGHT.values(), ids=NOT_RIGHT)
def test_what_is_not_right_is_said_as_what_it_is(cells, said, why, judge):
    entry = of_suggest(judge, *cells)
    assert entry["status"] == said and why in entry["diagnosis"], entry
    assert entry["points"] == 0


FAILS = {  # in the notebook, and so here: what other cells set has reached it by no name
    "warnings are errors": (
        "import warnings\nwarnings.simplefilter('error')",
        SUGGEST.replace("    return", "    compile('1 is 1', '', 'eval')\n    return"),
    ),
    "numpy raises": (
        "import numpy\nnumpy.seterr(all='raise')",
        "import numpy as np\n" + SUGGEST.replace("    return", "    np.float64(1) / 0\n    return"),
    ),
    "a helper is gone": ("ordered = sorted", "%xdel ordered", SUGGEST.replace("sorted", "ordered")),
    "the module by its name": ("import sys\nsys.modules['__main__'].sorted = 3", SUGGEST),
    "the shell's names": ("get_ipython().user_ns['sorted'] = 3", SUGGEST),
    "the names as a dict": ("locals()['sorted'] = 3", SUGGEST),
    "asked whether it is there": (
        "there = 1", SUGGEST, "if 'there' in dir():\n    suggest = lambda p, k=3: []",
    ),
    "changed by another name": (
        "ban = {}", "other = ban\nother['x'] = 1",
        SUGGEST.replace("    return", "    1 / (not ban)\n    return"),
    ),
    "a loop within the kernel's": (
        "import asyncio\nasync def get():\n    return 1",
        SUGGEST.replace("    return", "    asyncio.run(get())\n    return"),
    ),
}  # fmt: skip


@pytest.mark.parametrize("cells", FAILS.values(), ids=FAILS)
def test_what_fails_in_the_notebook_fails(cells, judge):
    entry = of_suggest(judge, *cells, CHECK)
    assert entry["status"] == "failed", entry


def test_a_missing_package_is_said_where_it_is_needed(judge):
    uses = "import no_such_package as pd\n" + SUGGEST + "    pd"
    uses = uses.replace("    return", "    pd.x\n    return")
    entry = of_suggest(judge, uses, CHECK)
    assert entry["cases"][0]["got"] == "ModuleNotFoundError: No module named 'no_such_package'"


def test_nobody_answers_input(judge):
    entry = of_suggest(judge, SUGGEST.replace("    return", "    input('?')\n    return"), CHECK)
    assert "nobody is there" in entry["cases"][0]["got"]


def test_a_training_of_minutes_is_left_out(judge):
    slow = "import time\ncounts = {}\nfor _ in range(100):\n    time.sleep(60)"
    assert of_suggest(judge, slow, SUGGEST, CHECK)["status"] == "passed"


def test_a_second_try_below_counts(judge):
    wrong = "def suggest(p, k=3):\n    return []"
    assert of_suggest(judge, wrong, CHECK, SUGGEST, CHECK)["status"] == "passed"
    assert of_suggest(judge, SUGGEST, CHECK, wrong, CHECK)["status"] == "passed"
    tries = [wrong, CHECK] * MOST_CHECKS
    assert of_suggest(judge, *tries, SUGGEST, CHECK)["status"] == "failed", "one too many"
    tries = [wrong, CHECK] * (ATTEMPTS + 1)
    assert of_suggest(judge, *tries, SUGGEST, CHECK)["status"] == "passed"
    entry = of_suggest(judge, wrong, CHECK, SUGGEST)
    assert entry["status"] == "failed" and "below its check" in entry["notes"][0]


SIGNED = """def suggest(probabilities, k=3):
    return sorted(probabilities, key=lambda word: ({} * probabilities[word], word))[:k]"""
UNSEEN = {  # cells whose work is found under another name than theirs, or that fail
    "a loop over rows": ("rows = [[1]]", "for row in rows:\n    row[0] = -1", "rows[0][0]"),
    "another name": ("signs = kept = [1]", "kept[0] = -1", "signs[0]"),
    "what a method leaves behind": (
        "class Model:\n    sign = 1\n    def fit(self):\n        self.sign = -1\nmodel = Model()",
        "loss = model.fit()",
        "model.sign",
    ),
    "what print calls": ("signs = []", "print(signs.append(-1))", "signs[0]"),
    "what map calls": ("signs = []", "done = list(map(signs.append, [-1]))", "signs[0]"),
    "an attribute of a module": (
        "import math",
        "import math as m\nm.sign = -1",
        "math.sign",
    ),
    "a file": (
        "import json\nfrom pathlib import Path\nnote = Path('sign.json')",
        "note.write_text('-1')",
        "json.loads(note.read_text())",
    ),
    "a script": ("%%writefile signs.py\nSIGN = -1", "%run signs.py", "SIGN"),
    "a cell that fails": ("SIGN = -1", "SIGN = better_sign()", "SIGN"),
    "an import that fails": ("SIGN = -1", "from signs_of_others import SIGN", "SIGN"),
    "a name in a string": ("import sys\nSIGN = 1", "globals()['SIGN'] = -1", "SIGN"),
}


@pytest.mark.parametrize("way", UNSEEN)
def test_what_nothing_is_seen_to_need_is_run_where_something_fails(way, judge):
    *cells, sign = UNSEEN[way]
    assert of_suggest(judge, *cells, SIGNED.format(sign), CHECK)["status"] == "passed"


def test_a_cell_that_stopped_before_a_function_defines_none(judge):
    stops = "def helper(x=undefined):\n    return x\n\n\n" + SUGGEST
    assert of_suggest(judge, stops, CHECK)["status"] != "passed"


def test_a_long_expression_is_read(judge):
    long = "total = " + " + ".join(["1"] * 700)
    assert of_suggest(judge, SIGNED.format("(-1 if total else 1)"), long, CHECK)["status"] == (
        "passed"
    )


def test_exercises_of_another_lesson_are_said(judge):
    embed = "def embed(ids, wte):\n    return wte[ids]\nembed = check(embed)"
    entry = of_suggest(judge, SUGGEST, CHECK, embed)
    assert entry["status"] == "passed" and "it also holds embed of another" in entry["notes"][0]


def test_what_a_route_leaves_out_costs_nothing(judge):
    """An exercise that was not handed out and is checked without being there, beside a helper."""
    route = {"handed_out": frozenset({"suggest"})}
    helper = "def helper(p, k):\n    return sorted(p, key=lambda w: (-p[w], w))[:k]\n"
    suggest = "def suggest(p, k=3):\n    return helper(p, k)\n"
    cells = helper + "count_contexts = check(count_contexts)", suggest, CHECK
    assert of_suggest(judge, *cells)["status"] == "passed"
    entry = of_suggest(judge, *cells, **route)
    assert entry["status"] == "passed" and entry["notes"] == [], entry
    perplexity = "def perplexity(p):\n    return 1\nperplexity = check(perplexity)"
    (note,) = of_suggest(judge, SUGGEST, CHECK, perplexity, **route)["notes"]
    assert note == "it also holds perplexity, not handed out and so not graded"


def test_what_cannot_be_read_keeps_nobody_waiting(judge):
    """Regular expressions and lists of the grader's own meet a text of a submission's choice."""
    began = time.monotonic()
    entry = of_suggest(judge, SUGGEST, CHECK, "\n" * 100_000 + "(", *["a=("] * 3_000)
    assert entry["status"] == "passed" and time.monotonic() - began < 20
    assert len(entry["notes"]) == 11 and entry["notes"][-1].startswith("2,99")
    told = (
        "import sys\nframe = sys._getframe()\nwhile 'self' not in frame.f_locals or not hasattr("
        "frame.f_locals['self'], 'unreadable'):\n    frame = frame.f_back\n"
        "frame.f_locals['self'].say('read', {}, {}, [[99999, 0, 'x']])\n"
    )
    entry = of_suggest(judge, told + SUGGEST, CHECK)
    assert "not one a function can give" in entry["diagnosis"], entry


ATTENTION = "04_masked_self_attention"
NO_MASK = (
    "import torch\ndef causal_mask(T):\n    return None\nref = causal_mask = check(causal_mask)"
)
NO_ATTENTION = "    return None\nmasked_attention = check(masked_attention)"
CUT_OUT = "def causal_mask(T):\n    return big[-1][:T, :T] > 0\ncheck(causal_mask)"
GIVEN_AWAY = {
    "by a later lesson": ("from utils.progress import mine\nbig = [mine('chunk_mask')(0, 999)]",),
    "by itself, before a second check": (NO_MASK, "big = [ref(999)]"),
    "by itself, in another's cases": (
        NO_MASK, "big = []",
        "def masked_attention(q, k, v):\n    big.append(ref(999))\n" + NO_ATTENTION,
    ),
    "by what uses it": (
        NO_MASK, "def masked_attention(q, k, v):\n" + NO_ATTENTION,
        "q = torch.zeros(1, 999, 2)\nbig = masked_attention(q, q, torch.eye(999)[None])[0]",
    ),
}  # fmt: skip


@pytest.mark.parametrize("cells", GIVEN_AWAY.values(), ids=GIVEN_AWAY)
def test_what_the_course_gave_away_earns_nothing(cells, judge):
    """One answer of the course's is a table for all cases of this exercise."""
    assert of_one(judge, ATTENTION, "causal_mask", *cells, CUT_OUT)["points"] == 0


def test_a_second_check_below_others_counts(judge):
    right = "def causal_mask(T):\n    return torch.ones(T, T, dtype=torch.bool).tril()"
    uses = "def masked_attention(q, k, v):\n    causal_mask(3)\n" + NO_ATTENTION
    entry = of_one(judge, ATTENTION, "causal_mask", NO_MASK, uses, right, "check(causal_mask)")
    assert entry["status"] == "passed" and not entry["notes"]


def test_a_table_does_not_hold_the_hidden_cases(judge):
    table = "table = {t: torch.ones(t, t, dtype=torch.bool).tril() for t in (1, 2, *range(4, 12))}"
    looks_up = "def causal_mask(T):\n    return table[T].clone()\ncheck(causal_mask)"
    assert not of_one(judge, ATTENTION, "causal_mask", "import torch", table, looks_up)["points"]


def test_the_course_does_not_work_for_ever(judge, monkeypatch):
    """Questions that cost the child nothing, and the course's functions half a second each."""
    monkeypatch.setattr(play, "WORK", 1.0)
    loops = "def masked_attention(q, k, v):\n    while True:\n        causal_mask(4000)\n"
    entry = of_one(judge, ATTENTION, "masked_attention", NO_MASK, loops + NO_ATTENTION)
    assert "made the course's functions work" in entry["diagnosis"]


def test_a_number_too_long_to_be_written_costs_its_exercise(judge):
    typo = "def count_parameters(V, T, n_embd, n_layer):\n    return 4 ** (n_embd * 9999)"
    check = "check(count_parameters)"
    assert of_one(judge, "05_decoder_block", "count_parameters", typo, check)["status"] == "failed"


def test_numpy_for_torch_is_said(tmp_path, judge):
    embed = "def embed(ids, wte):\n    return wte[ids].numpy()\n"
    path = submission(tmp_path, lesson="03_embeddings_and_positions", embed=embed)
    assert "stay with torch's functions" in diagnosis(grade(path, judge), "embed")


def test_a_gradient_goes_through_what_stands_in(tmp_path, judge):
    zero = "def softmax(scores):\n    return scores * 0\n"
    entry = grade(submission(tmp_path, lesson="04_masked_self_attention", softmax=zero), judge)
    lost = {e["id"] for e in entry["exercises"] if e["points"] < e["max_points"]}
    assert lost == {"softmax"}


def test_points_for_a_part(tmp_path, judge):
    some = SUGGEST.replace("[:k]", "[:3]")
    whole, part = (of_suggest(judge, some, CHECK, partial=p) for p in (False, True))
    assert whole["points"] == 0 and 0 < part["points"] < part["max_points"]


def test_only_what_was_handed_out_counts(tmp_path, judge):
    entry = grade(submission(tmp_path), judge, handed_out=frozenset({"suggest", "merge"}))
    assert entry["points"] == entry["max_points"] == 1 and list(marks(entry)) == ["suggest"]
    entry = grade(submission(tmp_path), judge, handed_out=frozenset({"merge"}))
    assert entry["status"] == "not graded" and "was handed out" in entry["reason"]


def test_cells_without_ids_or_metadata(tmp_path, judge):
    path = submission(tmp_path)
    notebook = json.loads(path.read_text())
    for cell in notebook["cells"]:
        cell["metadata"] = {}
        cell.pop("id")
    notebook["nbformat_minor"], notebook["metadata"] = 4, {"kernelspec": None}
    path.write_text(json.dumps(notebook))
    assert grade(path, judge)["points"] == FULL


def test_the_lesson_is_what_most_cells_come_from(tmp_path, judge):
    other = solved("04_masked_self_attention").cells
    five = solved("05_decoder_block")
    own = {e.name for e in exercises("04_masked_self_attention")}
    pasted = [cell for cell in other if cell["id"] in own]
    for cell in pasted:
        cell["id"] += "-pasted"
    five.cells = pasted + five.cells
    nbformat.write(five, tmp_path / "homework5.ipynb")
    entry = grade(tmp_path / "homework5.ipynb", judge)
    assert entry["lesson"] == "05_decoder_block" and entry["points"] == entry["max_points"]
    path = tmp_path / "00_start_here.ipynb"
    path.write_bytes(submission(tmp_path).read_bytes())
    assert grade(path, judge)["lesson"] == LESSON
    assert grade(path, judge, lesson="00_start_here")["lesson"] == "00_start_here"


def test_a_notebook_of_format_3_is_said(tmp_path, judge):
    path = tmp_path / "old.ipynb"
    path.write_text(json.dumps({"nbformat": 3, "worksheets": [{"cells": []}], "metadata": {}}))
    assert "of format 3" in grade(path, judge)["reason"]


def test_a_cell_that_cannot_be_read_costs_its_own_exercise_only(tmp_path, judge):
    path = submission(tmp_path, sample_next="def sample_next(probabilities, u)\n    return 1\n")
    entry = grade(path, judge)
    lost = {e["id"] for e in entry["exercises"] if e["points"] < e["max_points"]}
    assert lost == {"sample_next"}, "generate uses it, and gets the course's"
    said = [*entry["notes"], *(e["diagnosis"] for e in entry["exercises"])]
    assert len([words for words in said if "SyntaxError" in words]) == 1
    stops = submission(
        tmp_path, "b.ipynb", sample_next="1 / 0\ndef sample_next(p, u):\n    return 1\n"
    )
    entry = grade(stops, judge)
    assert {e["id"] for e in entry["exercises"] if e["points"] < e["max_points"]} == {"sample_next"}
    assert "`ZeroDivisionError: division by zero`" in diagnosis(entry, "sample_next")
