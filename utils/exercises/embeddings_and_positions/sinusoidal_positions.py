"""Positions from sines and cosines, as the first transformer had them."""

import torch

from utils.exercises import Case, Exercise


def sinusoidal_positions(T, C):
    position = torch.arange(T).unsqueeze(1)  # (T, 1)
    angle = position / 10000 ** (torch.arange(0, C, 2) / C)  # (T, C/2)
    table = torch.empty(T, C)
    table[:, 0::2] = angle.sin()  # even columns
    table[:, 1::2] = angle.cos()  # odd columns
    return table


def cases(rng):
    yield Case("four positions, two columns", (4, 2))
    yield Case("three positions, six columns", (3, 6))
    yield Case("position 0 only", (1, 4))
    yield Case("fifty positions, 32 columns", (50, 32))
    yield Case("a drawn shape", (int(rng.integers(5, 40)), 2 * int(rng.integers(3, 20))))


def _angles(T, C):
    return torch.arange(T).unsqueeze(1) / 10000 ** (torch.arange(0, C, 2) / C)


def halves(T, C):
    """All your sines stand in the left half and all cosines in the right. In the paper's formula
    they take turns: sine in the even columns, cosine in the odd ones.
    """
    return torch.cat([_angles(T, C).sin(), _angles(T, C).cos()], 1)


def _interleaved(first, second):
    return torch.stack([first, second], -1).flatten(1)


def cosine_first(T, C):
    """Sine and cosine have changed places: the even columns, 0 among them, hold sines."""
    return _interleaved(_angles(T, C).cos(), _angles(T, C).sin())


def own_frequency_each(T, C):
    """Every column of yours has a frequency of its own. Columns 2i and 2i + 1 share one: it depends
    on i alone.
    """
    angle = torch.arange(T).unsqueeze(1) / 10000 ** (torch.arange(C) / C)
    return _interleaved(angle[:, 0::2].sin(), angle[:, 1::2].cos())


def half_the_exponent(T, C):
    """Your exponent is i/C. The formula has 2i/C, where 2i is the number of the even column."""
    angle = torch.arange(T).unsqueeze(1) / 10000 ** (torch.arange(C // 2) / C)
    return _interleaved(angle.sin(), angle.cos())


def i_counts_even_columns(T, C):
    """You took i for the number of a column. It is the number of a pair: i = 1 stands for columns 2
    and 3, which share one angle. So 2i is the even column's own number; do not double that once
    more.
    """
    angle = torch.arange(T).unsqueeze(1) / 10000 ** (2 * torch.arange(0, C, 2) / C)
    return _interleaved(angle.sin(), angle.cos())


def i_counts_columns(T, C):
    """You took i for the number of a column. It is the number of a pair: i = 1 stands for columns 2
    and 3, which share one angle. So 2i is the even column's own number; do not double that once
    more.
    """
    angle = torch.arange(T).unsqueeze(1) / 10000 ** (2 * torch.arange(C) / C)
    return _interleaved(angle[:, 0::2].sin(), angle[:, 1::2].cos())


def multiplied(T, C):
    """You multiplied by the power of 10000; the formula divides by it, so that the waves get slower
    from left to right.
    """
    angle = torch.arange(T).unsqueeze(1) * 10000 ** (torch.arange(0, C, 2) / C)
    return _interleaved(angle.sin(), angle.cos())


def from_position_one(T, C):
    """Your first row is position 1. Position 0 comes first: all its sines are 0 and all its cosines
    1.
    """
    return sinusoidal_positions(T + 1, C)[1:]


def columns_are_positions(T, C):
    """Your table is transposed: it has a row for each position, a column for each of the C
    numbers.
    """
    return sinusoidal_positions(T, C).T


def sines_only(T, C):
    """Your odd columns hold sines too; they need the cosine of the same angle."""
    return _interleaved(_angles(T, C).sin(), _angles(T, C).sin())


def power_before_division(T, C):
    """`10000 ** a / C` is the power, divided by C: `**` comes before `/`. Put the exponent in
    brackets, `10000 ** (a / C)`.
    """
    angle = torch.arange(T).unsqueeze(1) / (10000 ** torch.arange(0, C, 2) / C)
    return _interleaved(angle.sin(), angle.cos())


def power_before_division_twice(T, C):
    """Python reads `position / 10000 ** a / C` from left to right, the power first. Put the
    exponent in brackets, `10000 ** (a / C)`.
    """
    angle = torch.arange(T).unsqueeze(1) / 10000 ** torch.arange(0, C, 2) / C
    return _interleaved(angle.sin(), angle.cos())


EXERCISE = Exercise(
    sinusoidal_positions,
    cases,
    mistakes=(
        halves,
        cosine_first,
        own_frequency_each,
        half_the_exponent,
        i_counts_even_columns,
        i_counts_columns,
        multiplied,
        from_position_one,
        columns_are_positions,
        sines_only,
        power_before_division,
        power_before_division_twice,
    ),
    hints=(
        "First make the angles alone, of shape (T, C/2): positions as a column, "
        "`torch.arange(T).unsqueeze(1)`, divided by a row of C/2 numbers.",
        "`torch.arange(0, C, 2)` is the row of all 2i. The divisors are `10000 ** (that / C)`.",
        "`table[:, 0::2]` are the even columns, `table[:, 1::2]` the odd ones; both can "
        "be assigned to.",
    ),
    points=2,
    minutes=15,
    difficulty="medium",
    post="Input Encoding",
    core=False,
)
