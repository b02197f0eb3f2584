"""Make the scores independent of how wide the vectors are."""

import torch

from utils.exercises import Case, Exercise
from utils.exercises.masked_self_attention.shared import normal


def scale(scores, d_k):
    return scores / d_k**0.5  # (T, S) -> (T, S)


def cases(rng):
    yield Case("d_k = 4", (torch.tensor([[2.0, 6.0], [-4.0, 0.0]]), 4))
    yield Case("d_k = 1: nothing to do", (normal(rng, 3, 3), 1))
    yield Case("d_k = 64, five tokens", (normal(rng, 5, 5, size=8), 64))
    yield Case("d_k = 2, two heads", (normal(rng, 2, 3, 3), 2))
    yield Case("numbers in float64", (normal(rng, 2, 3).double(), 4))
    yield Case("a random d_k", (normal(rng, 3, 4, size=5), int(rng.integers(10, 50))))


def by_d_k(scores, d_k):
    """You divide by d_k. The size of the scores grows with its square root only, so the shares of
    wide vectors come out too even.
    """
    return scores / d_k


def times_root(scores, d_k):
    """You multiply; the scores are too large already and should shrink."""
    return scores * d_k**0.5


def by_tokens(scores, d_k):
    """You use the number of tokens. What makes scores grow is the number of products in each sum:
    the width d_k of a query.
    """
    return scores / scores.shape[-1] ** 0.5


def unscaled(scores, d_k):
    """The scores came back unchanged."""
    return scores


def half_of_d_k(scores, d_k):
    """You divide by half of d_k; it is the root. `d_k ** 1/2` is half of d_k, because `**` comes
    before `/`. Write `d_k ** 0.5`.
    """
    return scores / (d_k**1 / 2)


def power_one_then_half(scores, d_k):
    """You divide by d_k and by 2; it is the root of d_k. That is also how Python reads
    `scores / d_k ** 1/2`: `**` comes first, the rest goes from left to right. Write `d_k ** 0.5`.
    """
    return scores / d_k**1 / 2


def root_of_a_number(scores, d_k):
    """`torch.sqrt` takes a tensor, and d_k is a plain number: `d_k ** 0.5`, or `math.sqrt(d_k)`."""
    return scores / torch.sqrt(d_k)


def by_the_square(scores, d_k):
    """You divide by the square of d_k; it is the square root."""
    return scores / d_k**2


EXERCISE = Exercise(
    scale,
    cases,
    mistakes=(
        by_d_k,
        times_root,
        by_tokens,
        unscaled,
        half_of_d_k,
        power_one_then_half,
        root_of_a_number,
        by_the_square,
    ),
    hints=(
        "The typical size of a sum of d_k random products is the square root of d_k.",
        "`d_k ** 0.5` is that root.",
    ),
    points=1,
    minutes=3,
)
