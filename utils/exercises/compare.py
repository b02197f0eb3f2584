"""Compare what came out with what was expected, and say in a learner's words how they differ.

Whatever a learner's function returns, nothing here raises: what fights a comparison is said to.
"""

import math
import numbers
from collections.abc import Mapping

import numpy as np

from utils.calling import is_tensor

ARTICLE = "aeiou"


def differs(
    expected,
    got,
    rtol: float | None = None,
    atol: float | None = None,
    where: str = "",
    strict: bool = True,
) -> str:
    """ "" when `got` is `expected`, else one sentence that says how it differs and where first.

    Lists and tuples are alike, and a whole number may stand where a float is expected. Otherwise
    the
    kind must be that which the next cell needs: a tensor or numpy array of the same dtype, a plain
    int, True or False. Without `strict` the numbers alone are compared. Floats are close when they
    differ by less than rtol and atol allow: 1e-4 and 1e-5 where float32 is involved, 1e-6 and 1e-8
    for float64. NaN equals NaN.
    """
    try:
        return _differs(expected, got, rtol, atol, where, strict)
    except Exception as error:  # the value may be of any class, and huge, sparse or hostile
        return (
            f"this answer cannot be compared with what is expected: {_kind(got)} "
            f"({type(error).__name__})"
        )


def _differs(expected, got, rtol, atol, where, strict) -> str:
    at = f" at {where}" if where else ""
    if is_array(expected) or is_array(got):
        return _array_differs(expected, got, rtol, atol, where, strict)
    if isinstance(expected, bool) or isinstance(got, bool):
        fine = type(expected) is type(got) and expected == got
        return "" if fine else f"expected {expected!r}{at}, got {short(got)}"
    if isinstance(expected, numbers.Number):
        if not isinstance(got, numbers.Real):
            return f"expected a number{at}, got {_kind(got)}"
        if strict and isinstance(expected, int) and not isinstance(got, numbers.Integral):
            return f"expected the int {short(expected)}{at}, got the {_kind(got)[2:]} {short(got)}"
        return _numbers_differ(expected, got, rtol, atol, where)
    if isinstance(expected, Mapping):
        return _mappings_differ(expected, got, rtol, atol, where, strict)
    if isinstance(expected, (list, tuple)):
        if not isinstance(got, (list, tuple)):
            return f"expected {_kind(expected)}{at}, got {_kind(got)}"
        if len(expected) != len(got):
            return f"expected {_count(expected)}{at}, got {len(got)}"
        for i, (e, g) in enumerate(zip(expected, got)):
            if problem := _differs(e, g, rtol, atol, f"{where}[{i}]", strict):
                return problem
        return ""
    if type(expected) is not type(got):
        return f"expected {_kind(expected)}{at}, got {_kind(got)}"
    return "" if expected == got else f"expected {short(expected)}{at}, got {short(got)}"


def _array_differs(expected, got, rtol, atol, where, strict) -> str:
    """Where at least one of the two is a tensor, a numpy array or a number of numpy's."""
    at = f" at {where}" if where else ""
    different = f"expected {_kind(expected)}{at}, got {_kind(got)}"
    if not (is_array(expected) or isinstance(expected, numbers.Number)):
        if strict or not isinstance(expected, (list, tuple)):
            return different
        expected = np.asarray(expected)
    if not is_array(got) and not isinstance(got, numbers.Number):
        if strict or not isinstance(got, (list, tuple)):
            return different
        got = np.asarray(got)
    if strict:
        if is_tensor(expected) != is_tensor(got):
            return different
        if is_tensor(expected) and expected.dtype != got.dtype and expected.shape == got.shape:
            return f"expected {_dtype(expected)}{at}, got {_dtype(got)}"
        if isinstance(expected, np.ndarray) and expected.ndim and not isinstance(got, np.ndarray):
            return different
        if not isinstance(expected, np.ndarray) and isinstance(got, np.ndarray):
            return different
        if type(expected) is int and not isinstance(got, numbers.Integral):
            return f"expected the int {expected}{at}, got {_kind(got)}"
    return _numbers_differ(expected, got, rtol, atol, where)


def _mappings_differ(expected, got, rtol, atol, where, strict) -> str:
    at = f" at {where}" if where else ""
    if not isinstance(got, Mapping):
        return f"expected {_kind(expected)}{at}, got {_kind(got)}"
    for key in expected:
        if key not in got:
            return f"the key {short(key)} is missing{at}"
    for key in got:
        if key not in expected:
            return f"the key {short(key)} should not be there{at}"
    for key in expected:
        inner = f"{where}[{short(key)}]"
        if problem := _differs(expected[key], got[key], rtol, atol, inner, strict):
            return problem
    return ""


def _numbers_differ(expected, got, rtol, atol, where) -> str:
    at = f" at {where}" if where else ""
    low_precision = any(
        "32" in _dtype(v) or "16" in _dtype(v) for v in (expected, got) if "float" in _dtype(v)
    )
    expected, got = to_numpy(expected), to_numpy(got)
    if expected.shape != got.shape:
        return f"expected shape {expected.shape}{at}, got shape {got.shape}"
    if (expected.dtype == bool) != (got.dtype == bool):
        return f"expected {expected.dtype} values{at}, got {got.dtype}"
    if not expected.size:
        return ""
    if rtol is atol is None and expected.dtype.kind in "iub" and got.dtype.kind in "iub":
        wrong = expected != got
    else:
        rtol = rtol if rtol is not None else 1e-4 if low_precision else 1e-6
        atol = atol if atol is not None else 1e-5 if low_precision else 1e-8
        expected, got = expected.astype(np.float64), got.astype(np.float64)
        with np.errstate(invalid="ignore"):
            wrong = ~np.isclose(got, expected, rtol=rtol, atol=atol, equal_nan=True)
    if not wrong.any():
        return ""
    if not expected.ndim:
        return f"expected {_number(expected)}{at}, got {_number(got)}"
    first = tuple(int(i) for i in np.argwhere(wrong)[0])
    place = f"{where}[{', '.join(map(str, first))}]"
    return (
        f"{int(wrong.sum())} of {expected.size} numbers differ, the first at {place}: "
        f"expected {_number(expected[first])}, got {_number(got[first])}"
    )


def unequal_argument(before, after) -> bool:
    """Whether an argument is another one after the call: tensors and arrays to the last bit, lists
    and dicts with all that is in them. Of other objects nothing is said.
    """
    try:
        if is_array(before):
            a, b = to_numpy(before), to_numpy(after)
            same = a.shape == b.shape and a.dtype == b.dtype
            return not (same and np.array_equal(a, b, equal_nan=a.dtype.kind == "f"))
        if isinstance(before, Mapping):
            return before.keys() != after.keys() or any(
                unequal_argument(before[key], after[key]) for key in before
            )
        if isinstance(before, (list, tuple)):
            pairs = zip(before, after)
            return len(before) != len(after) or any(unequal_argument(a, b) for a, b in pairs)
        if isinstance(before, (str, bytes, bytearray, numbers.Number, set)):
            return before != after and before == before  # nan is not itself
    except Exception:
        return True  # it was compared with itself a moment ago, so it has changed
    return False


def wrong_kind(expected, got, rtol=None, atol=None) -> str:
    """Where the numbers are right and only their kind is not, a sentence on what to return."""
    if differs(expected, got, rtol, atol, strict=False):
        return ""
    for wanted, came in _leaves(expected, got):
        if is_tensor(wanted) and is_tensor(came) and wanted.dtype != came.dtype:
            return (
                f"The numbers are right, but they are {_dtype(came)}. The next cells need "
                f"{_dtype(wanted)}."
            )
        if is_tensor(wanted) and not is_tensor(came):
            return (
                f"The numbers are right, but this is {_noun(came)}. The next cells need a tensor: "
                "stay with torch's functions from end to end."
            )
        if is_array(came) and not is_array(wanted):
            how = "`.tolist()`" if isinstance(wanted, (list, tuple)) else "`.item()`"
            return (
                f"The numbers are right, but this is {_noun(came)}. Asked for is "
                f"{_article(type(wanted).__name__)}, as Python has it: {how} gives it."
            )
        if type(wanted) is int and isinstance(came, float):
            return f"The number is right, but it is a float, {came!r}. Asked for is an int."
    return ""


def _leaves(expected, got):
    """Pairs of values that stand at the same place."""
    if isinstance(expected, Mapping) and isinstance(got, Mapping):
        for key in expected:
            yield from _leaves(expected[key], got[key])
    elif isinstance(expected, (list, tuple)) and isinstance(got, (list, tuple)):
        for e, g in zip(expected, got):
            yield from _leaves(e, g)
    else:
        yield expected, got


def guess_note(expected, got) -> str:
    """What to say to a guess that is right but rounded, written or spelled otherwise; else ""."""
    try:
        return _guess_note(expected, got)
    except Exception:  # a guess may be anything
        return ""


def _guess_note(expected, got) -> str:
    if isinstance(expected, str):
        if not isinstance(got, str):
            return "Write it as text, in quotes: one of the names that the question gives."
        a, b = (text.casefold().strip(" .!\"'`-_") for text in (expected, got))
        if a == b or (len(b) > 2 and a.replace("-", " ").split()[-1] == b):
            return (
                "That is the right answer, only written otherwise. Write it as the question does."
            )
        return ""
    if isinstance(expected, (list, tuple)):
        got = got.tolist() if hasattr(got, "tolist") else list(got)
        if len(got) != len(expected):
            return ""
        if not differs(list(expected), got, strict=False):
            return f"That is right, only not written as {_article(type(expected).__name__)}."
        notes = {_guess_note(e, g) if differs(e, g) else "" for e, g in zip(expected, got)} - {""}
        return notes.pop() if len(notes) == 1 else ""
    if isinstance(got, str):
        try:
            got, quoted = float(got.replace(",", "").strip()), True
        except ValueError:
            return ""
    else:
        got, quoted = float(got), False
    wanted = float(expected)
    if quoted and math.isclose(got, wanted, rel_tol=1e-9):
        return "The number is right: write it without quotes."
    digits = len(f"{wanted:.10g}".partition(".")[2])
    if round(got, digits) == wanted:
        what = f"{digits} digits behind the point" if digits else "a whole number"
        return f"That is right before rounding: round it to {what}."
    for places in range(digits):
        if got == round(wanted, places):
            return f"Right as far as it goes: give {digits} digits behind the point."
    for factor, words in (
        (100, "That is right in percent. Asked for is a share from 0 to 1."),
        (0.01, "That is right as a share from 0 to 1. Asked for is a percentage."),
        (1e6, "That is the right number, but it was asked for in millions."),
        (1e9, "That is the right number, but it was asked for in thousands of millions."),
    ):
        if wanted and math.isclose(got, wanted * factor, rel_tol=0.02):
            return words
    return ""


def describe(value) -> str:
    """A value in one short line: shape and dtype for arrays, the beginning for everything long."""
    if is_array(value) and value.ndim:
        return _kind(value) + ": " + _some(value, 6)
    return short(value)


def short(value, width: int = 100) -> str:
    """A value as Python would write it, its floats to six digits, cut to a width."""
    if is_array(value) and value.ndim:
        return _kind(value)
    try:
        text = _written(value)
    except Exception:  # a learner's class may have any __repr__
        text = _article(type(value).__name__)
    return text if len(text) <= width else text[: width - 1] + "…"


def _written(value) -> str:
    if is_array(value):
        if value.ndim:
            return f"{_kind(value)} ({_some(value, 3)})"
        return _number(to_numpy(value))
    if type(value) is float:
        return _number(value)
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{_written(k)}: {_written(v)}" for k, v in value.items()) + "}"
    if isinstance(value, (list, tuple)):
        inside = ", ".join(map(_written, value))
        inside += "," if isinstance(value, tuple) and len(value) == 1 else ""
        return f"[{inside}]" if isinstance(value, list) else f"({inside})"
    return repr(value)


def _some(array, count: int) -> str:
    try:
        found = to_numpy(array).ravel()
    except Exception:  # a sparse tensor, for one
        return "…"
    return ", ".join(_number(v) for v in found[:count]) + (", …" if found.size > count else "")


def is_array(value) -> bool:
    """A numpy array, numpy scalar or torch tensor (without importing torch)."""
    return isinstance(value, (np.ndarray, np.generic)) or is_tensor(value)


def to_numpy(value) -> np.ndarray:
    if is_tensor(value):
        value = value.detach().cpu()
        half = value.dtype.is_floating_point and value.element_size() < 4
        return (value.float() if half else value).numpy()
    return np.asarray(value)


def _dtype(value) -> str:
    return str(getattr(value, "dtype", type(value).__name__)).removeprefix("torch.")


def _kind(value) -> str:
    if is_array(value):
        if not value.ndim:
            name = "a tensor that holds one" if is_tensor(value) else "a single"
            return f"{name} {_dtype(value)}"
        name = "a tensor" if is_tensor(value) else "a numpy array"
        return f"{name} of shape {tuple(value.shape)}, {_dtype(value)}"
    if value is None:
        return "None"
    if isinstance(value, (list, tuple, Mapping, set, str, bytes)):
        name = "dict" if isinstance(value, Mapping) else type(value).__name__
        return f"a {name} of length {len(value)}"
    return _article(type(value).__name__)


def _noun(value) -> str:
    """What it is, without its size."""
    if is_tensor(value):
        return "a tensor"
    return "a numpy array" if isinstance(value, np.ndarray) else _article(type(value).__name__)


def _article(noun: str) -> str:
    return f"{'an' if noun[0].lower() in ARTICLE else 'a'} {noun}"


def _count(items) -> str:
    return f"{len(items)} item" + "s" * (len(items) != 1)


def _number(value) -> str:
    value = np.asarray(value).item()
    if isinstance(value, float) and math.isfinite(value):
        return f"{value:.6g}"
    return str(value)
