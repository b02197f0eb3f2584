"""Which places may each position see?"""

import torch

from utils.exercises import Case, Exercise


def causal_mask(T):
    return torch.ones(T, T, dtype=torch.bool).tril()  # (T, T)


def cases(rng):
    yield Case("four tokens", (4,))
    yield Case("one token sees itself", (1,))
    yield Case("two tokens", (2,))
    yield Case("a random length", (int(rng.integers(5, 12)),))
    yield Case("a long text", (int(rng.integers(12, 400)),))


def upper(T):
    """Your True cells lie above the diagonal: each position sees the future and not the past. The
    row is the one who looks, the column what is looked at.
    """
    return torch.ones(T, T, dtype=torch.bool).triu()


def not_itself(T):
    """No position sees itself, so the first one sees nothing at all. The diagonal should be
    True.
    """
    return torch.ones(T, T, dtype=torch.bool).tril(-1)


def one_ahead(T):
    """Each position sees one place too far: the very token it is to predict. The diagonal is the
    last True cell of a row.
    """
    return torch.ones(T, T, dtype=torch.bool).tril(1)


def negated(T):
    """True and False are exchanged: here True means that the place may be seen."""
    return ~causal_mask(T)


def as_floats(T):
    """The pattern is right, but these are floats. Make them bools, so that the mask can be used as
    a condition.
    """
    return causal_mask(T).float()


def as_minus_infinity(T):
    """This is what to add to the scores (0 and minus infinity). Return the table of bools instead:
    True where a place may be seen.
    """
    return torch.zeros(T, T).masked_fill(~causal_mask(T), -torch.inf)


def as_int32(T):
    """The pattern is right, but these are whole numbers. Make them bools, so that the mask can be
    used as a condition.
    """
    return causal_mask(T).int()


def as_int64(T):
    """The pattern is right, but these are whole numbers. Make them bools, so that the mask can be
    used as a condition.
    """
    return causal_mask(T).long()


def as_bytes(T):
    """The pattern is right, but these are whole numbers. Make them bools, so that the mask can be
    used as a condition.
    """
    return causal_mask(T).byte()


def hides_nothing(T):
    """Every position sees all the others. Cut the upper right away: `.tril()` keeps the lower left
    triangle.
    """
    return torch.ones(T, T, dtype=torch.bool)


def sees_nothing(T):
    """Nobody may see anything in your table. Begin with ones, not zeros."""
    return torch.zeros(T, T, dtype=torch.bool).tril()


def sees_itself_only(T):
    """Each position sees only itself. It may see those before it, too."""
    return torch.eye(T, dtype=torch.bool)


def one_row(T):
    """`.tril()` needs a table: T rows and T columns, `torch.ones(T, T)`."""
    return torch.ones(T, dtype=torch.bool).tril()


EXERCISE = Exercise(
    causal_mask,
    cases,
    mistakes=(
        upper,
        not_itself,
        one_ahead,
        negated,
        as_floats,
        as_minus_infinity,
        as_int32,
        as_int64,
        as_bytes,
        hides_nothing,
        sees_nothing,
        sees_itself_only,
        one_row,
    ),
    hints=(
        "Row t is True in columns 0 to t, both included.",
        "`torch.ones(T, T, dtype=torch.bool)` is all True; `.tril()` keeps the lower "
        "left triangle with its diagonal.",
    ),
    points=2,
    minutes=5,
    post="The Illustrated Masked Self-Attention",
)
