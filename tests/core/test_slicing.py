"""What a value needs of a notebook: run only that, and it is the value that the whole gives."""

import pytest

from utils.slicing import VERDICT, Slicer, statements


def slicer(*cells, effects=()):
    return Slicer([s for n, cell in enumerate(cells) for s in statements(cell, n)], effects)


def kept(cells, wanted, **options):
    found = slicer(*cells)
    return [found.found[i].text for i in sorted(found.needed((), wanted=[wanted], **options))]


CASES = {
    "the last binding": (["a = 1", "a = 2"], ["a = 2"]),
    "what it is made of": (["b = 1", "c = 2", "a = b"], ["b = 1", "a = b"]),
    "what its body looks up, below it too": (
        ["def a():\n    return b", "b = 1"], ["def a():\n    return b", "b = 1"],
    ),
    "what changes it": (
        ["a = []", "a.append(1)", "a[0] = 2", "print(a)"], ["a = []", "a.append(1)", "a[0] = 2"],
    ),
    "what a function changes": (
        ["a = {}", "def f():\n    a['x'] = 1", "f()"],
        ["a = {}", "def f():\n    a['x'] = 1", "f()"],
    ),
    "a global of a function": (
        ["def f():\n    global a\n    a = 1", "f()"],
        ["def f():\n    global a\n    a = 1", "f()"],
    ),
    "perhaps, and before": (
        ["a = 1", "if b:\n    a = 2", "b = 3"], ["a = 1", "if b:\n    a = 2"],
    ),
    "a loop's own names are not asked for": (
        ["i = 7", "a = 0", "for i in range(3):\n    a += i"],
        ["a = 0", "for i in range(3):\n    a += i"],
    ),
    "one name of an import": (["import math, re", "a = math.pi"], ["import math", "a = math.pi"]),
    "a setting of what it uses": (
        ["import torch", "torch.manual_seed(0)", "torch.manual_seed(1)", "a = torch.rand(1)"],
        ["import torch", "torch.manual_seed(1)", "a = torch.rand(1)"],
    ),
    "a setting that a function makes": (
        ["import torch", "def s():\n    torch.manual_seed(0)", "s()", "a = torch.rand(1)"],
        ["import torch", "def s():\n    torch.manual_seed(0)", "s()", "a = torch.rand(1)"],
    ),
    "a module's function that sets nothing": (
        ["import torch", "def s():\n    torch.abs(0)", "s()", "a = torch.rand(1)"],
        ["import torch", "a = torch.rand(1)"],
    ),
    "a class and its methods": (
        ["b = 1", "class C:\n    def m(self):\n        return b", "a = C()"],
        ["b = 1", "class C:\n    def m(self):\n        return b", "a = C()"],
    ),
    "decorators, defaults, hints": (
        ["d = print", "e = 1", "T = int", "@d\ndef a(x: T = e):\n    pass"],
        ["d = print", "e = 1", "T = int", "@d\ndef a(x: T = e):\n    pass"],
    ),
    "a comprehension's names are its own": (
        ["n = 9", "b = [1]", "a = [n for n in b]"], ["b = [1]", "a = [n for n in b]"],
    ),
    "what cannot be read takes all before it": (
        ["b = 1", "c = 2", "a = eval('b')"], ["b = 1", "c = 2", "a = eval('b')"],
    ),
    "import everything": (["from m import *", "b = 1"], ["from m import *"]),
    "a figure shows and changes nothing": (
        ["from utils import figures", "a = [1]", "figures.table(a)"], ["a = [1]"],
    ),
    "shuffled": (
        ["import random", "a = [1, 2]", "random.shuffle(a)"],
        ["import random", "a = [1, 2]", "random.shuffle(a)"],
    ),
    "deleted and made again": (["a = 1", "del a", "a = 2"], ["a = 2"]),
    "a part of a pair": (["a, b = 1, 2", "c = 3"], ["a, b = 1, 2"]),
    "a walrus": (["print(a := 3)"], ["print(a := 3)"]),
    "an error's name": (
        ["a = 1", "try:\n    1 / 0\nexcept ZeroDivisionError as a:\n    pass"],
        ["a = 1", "try:\n    1 / 0\nexcept ZeroDivisionError as a:\n    pass"],
    ),
    "a method that may do anything": (["a = C", "a.go()", "a.b"], ["a = C", "a.go()"]),
    "such a method in a function": (
        ["a = C", "def f():\n    a.go()", "f()"], ["a = C", "def f():\n    a.go()", "f()"],
    ),
    "in place, as PyTorch writes it": (["a = C", "b = a.mul_(2)"], ["a = C", "b = a.mul_(2)"]),
    "taken from an iterator": (["a = C", "b = next(a)"], ["a = C", "b = next(a)"]),
    "a module inside of a package": (["import a", "import a.b"], ["import a", "import a.b"]),
    "made of itself": (["a = 1", "b = 2", "a = a + 1"], ["a = 1", "a = a + 1"]),
    "try": (["try:\n    import x as a\nexcept ImportError:\n    a = None"],) * 2,
}  # fmt: skip


@pytest.mark.parametrize("cells, expected", CASES.values(), ids=CASES)
def test_it_takes_what_is_needed(cells, expected):
    assert kept(cells, "a") == expected


def test_a_value_is_that_of_its_moment():
    found = slicer("b = 1", "def a():\n    return b", "check(a)", "b = 2")
    assert sorted(found.needed([2])) == [0, 1, 2]
    assert sorted(found.needed([2], last=4)) == [0, 1, 2, 3], "it may be called later"


@pytest.mark.parametrize(
    "cells, asks",
    [
        (["check(f)"], [0]),
        (["f = check(f)", "g(f)", "f()"], [0]),
        (["look = check", "f = look(f)"], [0, 1]),
        (["from utils.check import check as look", "f = look(f)"], [1]),
        (["def go(f):\n    return check(f)", "f = go(f)", "f(1)"], [1]),
        (["for f in (a, b):\n    check(f)"], [0]),
        (["import utils.check", "f = utils.check.check(f)"], [1]),
        (["get_ipython().run_cell_magic('time', '', 'f = check(f)')"], [0]),
    ],
)
def test_where_a_check_is_asked(cells, asks):
    assert slicer(*cells, effects=["check"]).changing(VERDICT) == asks


@pytest.mark.parametrize("name", ["time", "capture", "prun"])
def test_a_magic_runs_what_is_under_it(name):
    cell = f"get_ipython().run_cell_magic({name!r}, '', 'a = 1')"
    assert kept([cell, "b = 2"], "a") == [cell]


def test_a_script_that_is_run_may_make_anything():
    cell = "get_ipython().run_line_magic('run', 'mine.py')"
    assert kept([cell, "b = 2"], "a") == [cell]


def test_a_module_that_a_cell_writes():
    write = "get_ipython().run_cell_magic('writefile', 'mine.py', 'a = 1')"
    assert kept([write, "b = 1", "from mine import a"], "a") == [write, "from mine import a"]
