"""Put what the heads found side by side again."""

import torch

from utils.exercises import Case, Exercise
from utils.exercises.masked_self_attention.shared import normal
from utils.exercises.masked_self_attention.split_heads import split_heads


def merge_heads(heads):
    heads = heads.transpose(-3, -2)  # (n_head, T, D) -> (T, n_head, D)
    return heads.flatten(-2)  # (T, n_head, D) -> (T, C)


def cases(rng):
    yield Case(
        "two heads of two, two tokens", (torch.tensor([[[1.0, 2], [5, 6]], [[3, 4], [7, 8]]]),)
    )
    yield Case("one token, four heads", (normal(rng, 4, 1, 2),))
    yield Case("one head", (normal(rng, 1, 3, 4),))
    yield Case("three heads, five tokens", (normal(rng, 3, 5, 2),))
    yield Case("heads just split, never copied", (split_heads(normal(rng, 4, 6), 2),))
    yield Case("numbers in float64", (normal(rng, 2, 3, 2).double(),))
    yield Case("a batch of two", (normal(rng, 2, 3, 5, 4),))


def reshape_without_transpose(heads):
    """The shape is right and the contents are mixed up: without exchanging the axes first, a row
    holds several tokens of one head. Undo the split in the opposite order.
    """
    return heads.reshape(*heads.shape[:-3], heads.shape[-2], -1)


def tokens_and_features(heads):
    """You joined tokens and features. First exchange heads and tokens, then join the last two
    axes.
    """
    return heads.flatten(-2)


def heads_and_tokens(heads):
    """You joined heads and tokens. First exchange these two axes, then join the last two."""
    return heads.flatten(-3, -2)


def added_up(heads):
    """You added the heads up. They are put side by side: (T, n_head, D) -> (T, C)."""
    return heads.sum(-3)


def merged_from_the_front(heads):
    """Right without a batch. Count the axes from the end: heads and tokens are -3 and -2."""
    return heads.transpose(0, 1).reshape(heads.shape[1], -1)


def features_first(heads):
    """Your row has the first number of every head, then the second of every head. Head 0 should
    come whole, then head 1.
    """
    return heads.movedim(-3, -1).flatten(-2)


def view_of_transposed(heads):
    """`view` raised an error because after a transpose the numbers no longer lie in memory in that
    order. `flatten` and `reshape` copy them where they must.
    """
    exchanged = heads.transpose(-3, -2)
    return exchanged.view(*exchanged.shape[:-2], -1)


def flattened_from_axis_one(heads):
    """Right without a batch: `flatten(1)` joins everything from axis 1 on. Count from the end:
    `flatten(-2)`.
    """
    return heads.transpose(-3, -2).flatten(1)


def glued(heads):
    """Right without a batch: the first axis is then the texts. The heads are axis -3:
    `heads.unbind(-3)`, or exchange and flatten.
    """
    return torch.cat(list(heads), -1)


def averaged(heads):
    """You averaged the heads. They are put side by side: (T, n_head, D) -> (T, C)."""
    return heads.mean(-3)


def not_joined(heads):
    """The axes are exchanged. What is left is to join the last two: (T, n_head, D) -> (T, C)."""
    return heads.transpose(-3, -2)


def features_and_tokens(heads):
    """You exchanged tokens and features. Exchange heads and tokens: axes -3 and -2."""
    return heads.transpose(-1, -2).flatten(-2)


def viewed(heads):
    """`view` reads the numbers in the order of memory: where it works, a row holds several tokens
    of one head, and where the numbers lie otherwise it raises an error. First exchange heads and
    tokens, then join the last two axes.
    """
    return heads.view(*heads.shape[:-3], heads.shape[-2], -1)


def reshaped_without_batch(heads):
    """The shape is right and the contents are mixed up: without exchanging the axes first, a row
    holds several tokens of one head. Undo the split in the opposite order.
    """
    return heads.reshape(heads.shape[-2], -1)


def unpacked_and_refilled(heads):
    """The shape is right and the contents are mixed up: without exchanging the axes first, a row
    holds several tokens of one head. (And `n_head, T, D = heads.shape` leaves no room for a batch.)
    """
    n_head, T, D = heads.shape
    return heads.reshape(T, n_head * D)


def unpacks_three_axes(heads):
    """Right without a batch: `n_head, T, D = heads.shape` takes three axes and no more. Count from
    the end instead: `transpose(-3, -2)`, then `flatten(-2)`.
    """
    n_head, T, D = heads.shape
    return heads.transpose(0, 1).reshape(T, n_head * D)


EXERCISE = Exercise(
    merge_heads,
    cases,
    mistakes=(
        reshape_without_transpose,
        tokens_and_features,
        heads_and_tokens,
        added_up,
        merged_from_the_front,
        features_first,
        view_of_transposed,
        flattened_from_axis_one,
        glued,
        averaged,
        not_joined,
        features_and_tokens,
        viewed,
        reshaped_without_batch,
        unpacked_and_refilled,
        unpacks_three_axes,
    ),
    hints=(
        "`transpose` exchanges tokens and heads, as in split_heads; after it, the last two axes "
        "are n_head and D.",
        "`.flatten(-2)` joins the last two axes.",
    ),
    points=1,
    minutes=5,
    post="GPT-2 Masked Self-Attention",
)
