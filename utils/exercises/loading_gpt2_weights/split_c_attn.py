"""Cut c_attn into one small matrix for each head's query, key and value."""

import torch

from utils.exercises import Case, Exercise
from utils.exercises.loading_gpt2_weights.shared import normal


def split_c_attn(weight, n_head):
    D = weight.shape[0] // n_head
    weight = weight.unflatten(1, (3, n_head, D))  # (C, 3C) -> (C, 3, n_head, D)
    return weight.permute(1, 2, 0, 3)  # -> (3, n_head, C, D)


def cases(rng):
    counting = torch.arange(12.0).reshape(2, 6)
    yield Case("two heads of width 1, counted", (counting, 2))
    yield Case("one head", (normal(rng, 3, 9), 1))
    yield Case("as many heads as numbers", (normal(rng, 3, 9), 3))
    yield Case("two heads of width 3", (normal(rng, 6, 18), 2))
    yield Case("a transposed view", (normal(rng, 12, 4).T, 2))
    yield Case("three heads", (normal(rng, 6, 18), 3))


def heads_first(weight, n_head):
    """You cut the columns into heads first and each head into three. In GPT-2 all queries come
    first, then all keys, then all values.
    """
    D = weight.shape[0] // n_head
    return weight.unflatten(1, (n_head, 3, D)).permute(2, 1, 0, 3)


def poured_c_attn(weight, n_head):
    """The shape is right, but the numbers are mixed up: cut the axis of columns, then move axes, as
    split_heads does.
    """
    C = weight.shape[0]
    return weight.reshape(3, n_head, C, C // n_head)


def poured_each(weight, n_head):
    """Query, key and value are apart, but reshape pours each row of numbers over several heads. Cut
    the columns first, then move axes.
    """
    parts = weight.chunk(3, dim=1)
    return torch.stack([part.reshape(n_head, len(weight), -1) for part in parts])


def width_before_head(weight, n_head):
    """A head's columns are neighbours: the axis of heads comes before the axis of D."""
    D = weight.shape[0] // n_head
    return weight.unflatten(1, (3, D, n_head)).permute(1, 3, 0, 2)


def output_heads_first(weight, n_head):
    """First axis: query, key, value. Second axis: the head. Yours are in the opposite order."""
    return split_c_attn(weight, n_head).transpose(0, 1)


def turned_pieces(weight, n_head):
    """Each small matrix must be (C, D), so that `x @ matrix` is a head's queries. Yours are (D,
    C).
    """
    return split_c_attn(weight, n_head).transpose(2, 3)


def not_moved(weight, n_head):
    """The columns are cut as they should be; now move the axis of rows after the first two."""
    return weight.unflatten(1, (3, n_head, weight.shape[0] // n_head))


EXERCISE = Exercise(
    split_c_attn,
    cases,
    mistakes=(
        heads_first,
        poured_c_attn,
        poured_each,
        width_before_head,
        output_heads_first,
        turned_pieces,
        not_moved,
    ),
    hints=(
        "The last axis, 3C long, is three times n_head times D: `unflatten` cuts it.",
        "`weight.unflatten(1, (3, n_head, D))` is (C, 3, n_head, D).",
        "`permute` puts the axes into the order (3, n_head, C, D).",
    ),
    points=2,
    minutes=9,
    difficulty="medium",
    post="You've Made it!",
    core=False,
)
