"""What to say to an answer that is nearly right: of another kind, rounded, or written otherwise."""

import math
from collections.abc import Mapping

from utils.calling import is_tensor
from utils.exercises.compare import differs
from utils.exercises.show import article, dtype_of, is_array, noun_of


def wrong_kind(expected, got, rtol=None, atol=None) -> str:
    """Where the numbers are right and only their kind is not, a sentence on what to return."""
    if differs(expected, got, rtol, atol, strict=False):
        return ""
    for wanted, came in _leaves(expected, got):
        if is_tensor(wanted) and is_tensor(came) and wanted.dtype != came.dtype:
            return (
                f"The numbers are right, but they are {dtype_of(came)}. The next cells need "
                f"{dtype_of(wanted)}."
            )
        if is_tensor(wanted) and not is_tensor(came):
            return (
                f"The numbers are right, but this is {noun_of(came)}. The next cells need a "
                "tensor: stay with torch's functions from end to end."
            )
        if is_array(came) and not is_array(wanted):
            how = "`.tolist()`" if isinstance(wanted, (list, tuple)) else "`.item()`"
            return (
                f"The numbers are right, but this is {noun_of(came)}. Return "
                f"{article(type(wanted).__name__)}, a plain Python one: {how} gives it."
            )
        if isinstance(wanted, float) and not isinstance(came, (int, float)):
            return (
                f"The number is right, but it is {article(type(came).__name__)}. Return a float: "
                "`float(…)` gives it."
            )
        if type(wanted) is int and isinstance(came, float):
            return f"The number is right, but it is a float, {came!r}. Return an int."
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
            return "Write it as text, in quotes."
        a, b = (text.casefold().strip(" .!\"'`-_") for text in (expected, got))
        if a == b or a.replace("-", " ").split()[-1] == b:
            return (
                "That is the right answer, only written differently. Write it as the question does."
            )
        return ""
    if isinstance(expected, (list, tuple)):
        got = got.tolist() if hasattr(got, "tolist") else got
        if not isinstance(got, (list, tuple)):
            return f"Write it as {article(type(expected).__name__)}."
        if len(got) != len(expected):
            return ""
        if not differs(list(expected), list(got), strict=False):
            return f"That is right, only not written as {article(type(expected).__name__)}."
        notes = {_guess_note(e, g) for e, g in zip(expected, got) if differs(e, g)}
        return notes.pop() if len(notes) == 1 else ""
    if isinstance(got, str):
        try:
            got, quoted = float(got.replace(",", "").strip()), True
        except ValueError:
            return "Write it as a number."
    else:
        got, quoted = float(got), False
    wanted = float(expected)
    if quoted and math.isclose(got, wanted, rel_tol=1e-9):
        return "The number is right: write it without quotes."
    digits = len(f"{wanted:.10g}".partition(".")[2])
    digits = max(digits, 2) if digits else 0  # 0.5 may be 0.50
    if round(got, digits) == wanted:
        what = f"{digits} digits after the point" if digits else "a whole number"
        return f"That is right once it is rounded: round it to {what}."
    for places in range(1 if abs(wanted) < 1 else 0, digits):
        if got == round(wanted, places):
            return f"Right as far as it goes: give {digits} digits after the point."
    if 0 < wanted <= 1 and math.isclose(got, wanted * 100, rel_tol=0.02):
        return "That is right in percent. Give a share from 0 to 1."
    if 0 < wanted < 1 and not 0 <= got <= 1:
        return "A share lies between 0 and 1."
    for factor, unit in ((1e6, "millions"), (1e9, "billions")):
        if wanted and math.isclose(got, wanted * factor, rel_tol=0.02):
            return f"That is the right number, but it was asked for in {unit}."
    return "Write it as a number, without quotes." if quoted else ""
