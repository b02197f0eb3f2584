"""A learner's value in one short line, whatever it is."""

import math
from collections.abc import Mapping
from itertools import islice

import numpy as np

from utils.calling import is_tensor

WIDTH = 100
MOST_ITEMS = WIDTH // 2  # of a list: more are cut off, however short each is


def describe(value) -> str:
    """A value in one short line: shape and dtype for arrays, the beginning for everything long."""
    return kind_of(value) + ": " + _some(value, 6) if _has_axes(value) else short(value)


def short(value) -> str:
    """A value as Python would write it, its floats to six digits, cut to WIDTH."""
    if _has_axes(value):
        return kind_of(value)
    try:
        text = _written(value)
    except Exception:  # a learner's class may have any __repr__
        text = article(type(value).__name__)
    return text if len(text) <= WIDTH else text[: WIDTH - 1] + "…"


def _written(value) -> str:
    if is_array(value):
        if value.ndim:
            return f"{kind_of(value)} ({_some(value, 3)})"
        return number(to_numpy(value))
    if type(value) is float:
        return number(value)
    if isinstance(value, Mapping):
        items = islice(value.items(), MOST_ITEMS)
        return "{" + ", ".join(f"{_written(k)}: {_written(v)}" for k, v in items) + "}"
    if isinstance(value, (list, tuple)):
        inside = ", ".join(map(_written, value[:MOST_ITEMS]))
        inside += "," if isinstance(value, tuple) and len(value) == 1 else ""
        return f"[{inside}]" if isinstance(value, list) else f"({inside})"
    return repr(value)


def _some(array, count: int) -> str:
    try:
        found = to_numpy(array).ravel()
        return ", ".join(number(v) for v in found[:count]) + (", …" if found.size > count else "")
    except Exception:  # a sparse tensor, or an array of arrays
        return "…"


def is_array(value) -> bool:
    """A numpy array, numpy scalar or torch tensor (without importing torch)."""
    return isinstance(value, (np.ndarray, np.generic)) or is_tensor(value)


def _has_axes(value) -> bool:
    return is_array(value) and value.ndim > 0


def to_numpy(value) -> np.ndarray:
    if is_tensor(value):
        value = value.detach().cpu()
        half = value.dtype.is_floating_point and value.element_size() < 4
        return (value.float() if half else value).numpy()
    return np.asarray(value)


def dtype_of(value) -> str:
    return str(getattr(value, "dtype", type(value).__name__)).removeprefix("torch.")


def kind_of(value) -> str:
    try:
        return _kind_of(value)
    except Exception:  # a nested tensor has no shape
        return article(type(value).__name__)


def _kind_of(value) -> str:
    if is_array(value):
        if not value.ndim:
            name = "a tensor that holds one" if is_tensor(value) else "a single"
            return f"{name} {dtype_of(value)}"
        name = "a tensor" if is_tensor(value) else "a numpy array"
        return f"{name} of shape {tuple(value.shape)}, {dtype_of(value)}"
    if value is None:
        return "None"
    if isinstance(value, (list, tuple, Mapping, set, str, bytes)):
        name = "dict" if isinstance(value, Mapping) else type(value).__name__
        return f"a {name} of length {len(value)}"
    return article(type(value).__name__)


def noun_of(value) -> str:
    """What it is, without its size."""
    if is_tensor(value):
        return "a tensor"
    return "a numpy array" if isinstance(value, np.ndarray) else article(type(value).__name__)


def article(noun: str) -> str:
    return f"{'an' if noun[0].lower() in 'aeiou' else 'a'} {noun}"


def count_of(items) -> str:
    return f"{len(items)} item" + "s" * (len(items) != 1)


def number(value) -> str:
    value = np.asarray(value).item()
    if isinstance(value, float) and math.isfinite(value):
        return f"{value:.6g}"
    return str(value)
