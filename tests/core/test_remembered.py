"""utils.remembered: computed once, found again by all that a result follows from, never stale."""

import json
import os
import sys
import threading
import time
from importlib.metadata import version
from pathlib import Path

import pytest
import torch

from utils import ablation, gpt2, remembered


@pytest.fixture(autouse=True)
def place(tmp_path, monkeypatch):
    monkeypatch.setenv("GPT2_BY_HAND_PROGRESS", str(tmp_path / "progress"))
    return tmp_path / "progress" / "computed"


@pytest.fixture
def code(tmp_path, monkeypatch):
    """Code of a course, one file, older than this process."""
    utils = tmp_path / "utils"
    utils.mkdir()
    write(utils / "a.py", "one")
    monkeypatch.setattr(remembered, "UTILS", utils)
    return utils / "a.py"


def write(path: Path, text: str):
    path.write_text(text)
    os.utime(path, (1, 1 + len(text)))


def counted(data=()):
    """A function that is remembered, and the arguments it was really computed for."""
    calls = []

    @remembered.remembered(data)
    def double(x, scale=2):
        calls.append((x, scale))
        return {"twice": [scale * float(number) for number in x], "of": len(x)}

    return double, calls


def test_a_second_call_reads_what_the_first_computed(place):
    double, calls = counted()
    first = double([1.5, 0.1])
    assert double([1.5, 0.1]) == first == {"twice": [3.0, 0.2], "of": 2}
    assert len(calls) == 1 and len(list(place.iterdir())) == 1
    first["twice"].clear()  # a caller's own copy
    assert double([1.5, 0.1])["twice"] == [3.0, 0.2]


T = torch.tensor([1.0, 2.0])


@pytest.mark.parametrize(
    "one, other",
    [
        ([1.0], [1]),
        ([1], [True]),
        (["1"], [1]),
        (["1", "2"], ["12"]),
        ([[1], [2]], [[1, 2]]),
        ([0.0], [-0.0]),
        ([1], (1,)),
        ({"a": 1}, {"a": 2}),
        ([None], [0]),
        (T, [1.0, 2.0]),
        (T, T.double()),
        (T, T[None]),
        (T, T.flip(0)),
        ([gpt2.Config()], [gpt2.Config(n_head=6)]),
        ([ablation.Result([1.0], 2.0)], [([1.0], 2.0)]),
    ],
    ids=str,
)
def test_different_arguments_are_never_taken_for_each_other(one, other):
    calls = []

    @remembered.remembered()
    def seen(x):
        calls.append(x)
        return len(calls)

    assert [seen(one), seen(other), seen(one), seen(other)] == [1, 2, 1, 2]


def test_changed_code_and_changed_data_compute_anew_and_tidy_up(place, code, tmp_path):
    data = tmp_path / "data"
    data.mkdir()
    (data / "weights").write_text("w")
    double, calls = counted([data])
    double([1]), double([2]), double([1])
    assert len(calls) == 2 and len(list(place.iterdir())) == 2
    write(code, "another")
    double([1])
    assert len(calls) == 3 and len(list(place.iterdir())) == 1  # the other code's are gone
    (data / "weights").write_text("v")
    double([1])
    assert len(calls) == 4
    (data / "weights").rename(data / "biases")
    double([1])
    double([1])
    assert len(calls) == 5


def test_where_code_changed_while_this_process_ran_nothing_is_read_or_kept(place, code):
    double, calls = counted()
    double([1])
    os.utime(code, (time.time() + 9, time.time() + 9))
    double([1]), double([1])
    assert len(calls) == 3 and len(list(place.iterdir())) == 1


@pytest.mark.parametrize("what", ["Python", "numpy", "torch", "regex"])
def test_what_another_version_computed_is_not_taken(what, place, code, monkeypatch):
    double, calls = counted()
    double([1])
    if what == "Python":
        monkeypatch.setattr(sys, "version", "3.99")
    else:
        monkeypatch.setattr(
            remembered, "_version", lambda name: "9" if name == what else version(name)
        )
    remembered._hash_of_code.cache_clear()
    double([1])
    remembered._hash_of_code.cache_clear()
    assert len(calls) == 2


def test_functions_of_one_name_in_two_modules_are_two(place):
    found = []
    for module in ("a", "b"):

        def f(x, module=module):
            return module

        f.__module__ = module
        found.append(remembered.remembered()(f)(1))
    assert found == ["a", "b"] and len(list(place.iterdir())) == 2


def test_a_result_that_was_written_by_half_is_not_there(place, monkeypatch):
    def half(self, text, **_):
        self.write_bytes(text[:-1].encode())
        raise OSError("No space left on device")

    monkeypatch.setattr(Path, "write_text", half)
    double, _ = counted()
    assert double([1])["of"] == 1 and not list(place.glob("*.json"))


@pytest.mark.parametrize("damage", ["", "{", "\x00", '{"twice": '])
def test_a_damaged_file_is_computed_anew(place, damage):
    double, calls = counted()
    double([1])
    (path,) = place.iterdir()
    path.write_text(damage)
    assert double([1]) == double([1]) == {"twice": [2.0], "of": 1} and len(calls) == 2


def test_where_nothing_can_be_written_it_is_computed_each_time(place):
    place.parent.mkdir()
    place.write_text("a file where the folder should be")
    double, calls = counted()
    assert double([1]) == double([1]) and len(calls) == 2


def test_an_error_is_not_kept(place):
    @remembered.remembered()
    def fails():
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fails()
    assert not place.exists()


def test_what_has_no_description_is_refused():
    double, _ = counted()
    with pytest.raises(TypeError, match="function is no argument for what is remembered"):
        double([test_an_error_is_not_kept])


def test_many_at_once_get_the_same(place):
    double, _ = counted()
    found = []
    threads = [threading.Thread(target=lambda: found.append(double([3]))) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == [{"twice": [6.0], "of": 1}] * 8
    assert [json.loads(path.read_text()) for path in place.iterdir()] == found[:1]


def test_the_ablation_comes_back_as_it_was(monkeypatch):
    monkeypatch.setattr(ablation, "PARTS", ("nothing", "mask"))
    monkeypatch.setattr(ablation, "train", lambda *a: ablation.Result([2.5, 1 / 3], 0.1))
    first = ablation.compare(seeds=(0, 1), n_layer=2)
    monkeypatch.setattr(ablation, "train", None)
    assert ablation.compare(seeds=(0, 1), n_layer=2) == first
    assert first["mask"] == [ablation.Result([2.5, 1 / 3], 0.1)] * 2
