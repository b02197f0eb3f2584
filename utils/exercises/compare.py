"""Compare what came out with what was expected, and say in a learner's words how they differ.

Whatever a learner's function returns, nothing here raises: what fights a comparison is said to.
"""

import numbers
from collections.abc import Mapping

import numpy as np

from utils.calling import UNCHANGING, is_tensor
from utils.exercises.show import count_of, dtype_of, is_array, kind_of, number, short, to_numpy


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
    the kind must be that which the next cell needs: a tensor or numpy array of the same dtype, a
    plain int, True or False. Without `strict` the numbers alone are compared. Floats are close when
    they differ by less than rtol and atol allow: 1e-4 and 1e-5 where float32 is involved, 1e-6 and
    1e-8 for float64. NaN equals NaN.
    """
    try:
        return _differs(expected, got, rtol, atol, where, strict)
    except Exception as error:  # the value may be of any class, and huge, sparse or hostile
        return (
            f"this answer cannot be compared with what is expected: {kind_of(got)} "
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
        if type(expected) is type(got) and expected == got:
            return ""
        # a Fraction cannot be written as `:.2f` on every Python that the course runs on
        if not isinstance(got, (int, float) if strict else numbers.Real):
            return f"expected a number{at}, got {kind_of(got)}"
        if strict and isinstance(expected, int) and not isinstance(got, numbers.Integral):
            return (
                f"expected the int {short(expected)}{at}, got the {kind_of(got)[2:]} {short(got)}"
            )
        return _numbers_differ(expected, got, rtol, atol, where)
    if isinstance(expected, Mapping):
        return _mappings_differ(expected, got, rtol, atol, where, strict)
    if isinstance(expected, (list, tuple)):
        if _plain_and_equal(expected, got):
            return ""
        if not isinstance(got, (list, tuple)):
            return f"expected {kind_of(expected)}{at}, got {kind_of(got)}"
        if len(expected) != len(got):
            return f"expected {count_of(expected)}{at}, got {len(got)}"
        for i, (e, g) in enumerate(zip(expected, got)):
            if problem := _differs(e, g, rtol, atol, f"{where}[{i}]", strict):
                return problem
        return ""
    if type(expected) is not type(got):
        return f"expected {kind_of(expected)}{at}, got {kind_of(got)}"
    return "" if expected == got else f"expected {short(expected)}{at}, got {short(got)}"


def _array_differs(expected, got, rtol, atol, where, strict) -> str:
    """Where at least one of the two is a tensor, a numpy array or a number of numpy's."""
    at = f" at {where}" if where else ""
    different = f"expected {kind_of(expected)}{at}, got {kind_of(got)}"
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
            return f"expected {dtype_of(expected)}{at}, got {dtype_of(got)}"
        if isinstance(expected, np.ndarray) and expected.ndim and not isinstance(got, np.ndarray):
            return different
        if not isinstance(expected, np.ndarray) and isinstance(got, np.ndarray):
            return different
        if type(expected) is int and not isinstance(got, numbers.Integral):
            return f"expected the int {expected}{at}, got {kind_of(got)}"
    return _numbers_differ(expected, got, rtol, atol, where)


def _mappings_differ(expected, got, rtol, atol, where, strict) -> str:
    at = f" at {where}" if where else ""
    if not isinstance(got, Mapping):
        return f"expected {kind_of(expected)}{at}, got {kind_of(got)}"
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
    low_precision = "float32" in (dtype_of(expected), dtype_of(got))
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
        return f"expected {number(expected)}{at}, got {number(got)}"
    first = tuple(int(i) for i in np.argwhere(wrong)[0])
    place = f"{where}[{', '.join(map(str, first))}]"
    return (
        f"{int(wrong.sum())} of {expected.size} numbers differ, the first at {place}: "
        f"expected {number(expected[first])}, got {number(got[first])}"
    )


def _plain_and_equal(a, b) -> bool:
    """Whether two lists or tuples of plain values are the same at a glance: most long ones are."""
    if type(b) not in (list, tuple) or not UNCHANGING.issuperset(map(type, a)):
        return False
    return list(map(type, a)) == list(map(type, b)) and list(a) == list(b)


def unequal_argument(before, after) -> bool:
    """Whether an argument is another one after the call: tensors and arrays to the last bit, lists
    and dicts with all that is in them. Of other objects nothing is said.
    """
    try:
        if type(before) in UNCHANGING:
            return before != after and before == before  # nan is not itself
        if is_array(before):
            a, b = to_numpy(before), to_numpy(after)
            same = a.shape == b.shape and a.dtype == b.dtype
            return not (same and np.array_equal(a, b, equal_nan=a.dtype.kind == "f"))
        if isinstance(before, Mapping):
            return before.keys() != after.keys() or any(
                unequal_argument(before[key], after[key]) for key in before
            )
        if isinstance(before, (list, tuple)):
            if _plain_and_equal(before, after):
                return False
            pairs = zip(before, after)
            return len(before) != len(after) or any(unequal_argument(a, b) for a, b in pairs)
        if isinstance(before, (str, bytes, bytearray, numbers.Number, set)):
            return before != after and before == before
    except Exception:
        return True  # it was compared with itself a moment ago, so it has changed
    return False
