"""Give each head its own slice of every vector."""

import torch

from utils.exercises import Case, Exercise
from utils.exercises.masked_self_attention.shared import normal


def split_heads(x, n_head):
    x = x.unflatten(-1, (n_head, -1))  # (T, C) -> (T, n_head, D)
    return x.transpose(-3, -2)  # (T, n_head, D) -> (n_head, T, D)


def cases(rng):
    yield Case("two tokens, two heads of two", (torch.tensor([[1.0, 2, 3, 4], [5, 6, 7, 8]]), 2))
    yield Case("one token, four heads of two", (normal(rng, 1, 8), 4))
    yield Case("one head", (normal(rng, 3, 4), 1))
    yield Case("three tokens, two heads of four", (normal(rng, 3, 8), 2))
    yield Case("numbers that lie in memory the other way round", (normal(rng, 6, 4).T, 3))
    yield Case("numbers in float64", (normal(rng, 2, 6).double(), 2))
    yield Case("a batch of two", (normal(rng, 2, 5, 12), 3))


def view_without_transpose(x, n_head):
    """The shape is right and the contents are mixed up: `view` alone refills the numbers in the
    order of memory, so one head gets whole tokens. First cut the last axis in two, then exchange
    the axes of tokens and heads.
    """
    return x.reshape(*x.shape[:-2], n_head, x.shape[-2], -1)


def heads_second(x, n_head):
    """The cut is right; now the heads must come in front of the tokens: exchange those two axes."""
    return x.unflatten(-1, (n_head, -1))


def several_tensors(x, n_head):
    """You return several tensors. Return a single one, (n_head, T, D): cut the last axis in two
    with `unflatten`, then exchange axes.
    """
    return x.chunk(n_head, dim=-1)


def features_second(x, n_head):
    """You exchange heads and features. Exchange tokens and heads: axes −3 and −2 after the cut."""
    return x.unflatten(-1, (n_head, -1)).transpose(-1, -2)


def heads_of_that_size(x, n_head):
    """You made heads of size n_head; there should be n_head heads. Their size is C / n_head."""
    return split_heads(x, x.shape[-1] // n_head)


def split_from_the_front(x, n_head):
    """Right without a batch. Count the axes from the end: tokens are -2 at first. Then anything may
    stand in front.
    """
    return x.reshape(x.shape[0], n_head, -1).transpose(0, 1)


def every_nth(x, n_head):
    """Head 0 got every n-th number. A head is a run of neighbours: the first D numbers are head 0,
    the next D head 1.
    """
    return x.unflatten(-1, (-1, n_head)).movedim(-1, -3)


def first_axes(x, n_head):
    """Right without a batch. Count the axes from the end, `transpose(-3, -2)`, so that anything may
    stand in front.
    """
    return x.unflatten(-1, (n_head, -1)).transpose(0, 1)


def permuted(x, n_head):
    """Right without a batch: `permute` names every axis. `transpose(-3, -2)` leaves those in front
    alone.
    """
    return x.unflatten(-1, (n_head, -1)).permute(1, 0, 2)


def axes_one_and_two(x, n_head):
    """Right only with a batch. Count the axes from the end, `transpose(-3, -2)`, and it is right
    without one, too.
    """
    return x.unflatten(-1, (n_head, -1)).transpose(1, 2)


def refilled_without_batch(x, n_head):
    """The shape is right and the contents are mixed up: `reshape` refills the numbers in the order
    of memory. First cut the last axis in two, then exchange the axes of tokens and heads.
    """
    return x.reshape(n_head, x.shape[-2], -1)


def viewed(x, n_head):
    """`view` reads the numbers in the order of memory: where it works, the contents are mixed up,
    and where the numbers lie otherwise it raises an error. First cut the last axis in two, then
    exchange the axes of tokens and heads.
    """
    return x.view(*x.shape[:-2], n_head, x.shape[-2], -1)


def viewed_without_batch(x, n_head):
    """`view` reads the numbers in the order of memory: where it works, the contents are mixed up,
    and where the numbers lie otherwise it raises an error. First cut the last axis in two, then
    exchange the axes of tokens and heads.
    """
    return x.view(n_head, x.shape[0], -1)


def stacked_in_front(x, n_head):
    """Right without a batch: `torch.stack` puts the heads in front of everything. They belong right
    in front of the tokens: `dim=-3`.
    """
    return torch.stack(x.chunk(n_head, -1))


def refilled_by_length(x, n_head):
    """The shape is right and the contents are mixed up: `reshape` refills the numbers in the order
    of memory. First cut the last axis in two, then exchange the axes of tokens and heads.
    """
    return x.reshape(n_head, x.shape[0], -1)


def unpacks_two_axes(x, n_head):
    """Right without a batch: `T, C = x.shape` takes two axes and no more. Count from the end
    instead: `unflatten` and `transpose(-3, -2)` leave a batch in front alone.
    """
    T, C = x.shape
    return x.reshape(T, n_head, C // n_head).transpose(0, 1)


EXERCISE = Exercise(
    split_heads,
    cases,
    mistakes=(
        view_without_transpose,
        heads_second,
        several_tensors,
        features_second,
        heads_of_that_size,
        split_from_the_front,
        every_nth,
        first_axes,
        permuted,
        axes_one_and_two,
        refilled_without_batch,
        viewed,
        viewed_without_batch,
        stacked_in_front,
        refilled_by_length,
        unpacks_two_axes,
    ),
    hints=(
        "Two steps: (T, C) -> (T, n_head, D), then (T, n_head, D) -> (n_head, T, D).",
        "`x.unflatten(-1, (n_head, -1))` turns the last axis into two; -1 means: whatever is left.",
        "Then `.transpose(-3, -2)` exchanges tokens and heads, and leaves a batch in front alone.",
    ),
    points=2,
    minutes=12,
    difficulty="medium",
    post="GPT-2 Masked Self-Attention",
)
