"""How well does each query match each key?"""

import torch

from utils.exercises import Case, Exercise
from utils.exercises.masked_self_attention.shared import normal


def attention_scores(q, k):
    return q @ k.transpose(-2, -1)  # (T, D) @ (D, S) -> (T, S)


def cases(rng):
    yield Case(
        "two tokens, numbers you can check by hand",
        (torch.tensor([[1.0, 0.0], [1.0, 2.0]]), torch.tensor([[3.0, 1.0], [0.0, 2.0]])),
    )
    yield Case("one token", (normal(rng, 1, 4), normal(rng, 1, 4)))
    yield Case("three queries and five keys", (normal(rng, 3, 4), normal(rng, 5, 4)))
    yield Case(
        "keys that lie in memory the other way round", (normal(rng, 4, 6), normal(rng, 6, 4).T)
    )
    yield Case("numbers in float64", (normal(rng, 2, 3).double(), normal(rng, 2, 3).double()))
    yield Case("two heads at once", (normal(rng, 2, 3, 4), normal(rng, 2, 3, 4)))
    yield Case("a batch of two, three heads", (normal(rng, 2, 3, 5, 4), normal(rng, 2, 3, 5, 4)))


def not_transposed(q, k):
    """This multiplies q by k as they stand, so the columns of q meet the rows of k. Each query (a
    row of q) must meet each key (a row of k): transpose k first.
    """
    return q @ k


def capital_t(q, k):
    """Right for one head only. With heads in front, exchange just the last two axes of k, counted
    from the end (`.T` is for plain matrices).
    """
    return q @ _reversed(k)


def _reversed(k):
    """What `k.T` gives: all axes in the opposite order."""
    return k.permute(*reversed(range(k.dim())))


def number_by_number(q, k):
    """You multiply number by number and stop there. A dot product also adds up, and every query
    meets every key: use a matrix product.
    """
    return q * k


def keys_in_rows(q, k):
    """Your table is transposed: the row should say who asks (query), the column who is asked (key).
    Look at which of the two comes first in the product.
    """
    return k @ q.transpose(-2, -1)


def over_tokens(q, k):
    """Your result has a row and a column for each feature, not for each token: the sum runs over
    the wrong axis. Look at the two shapes beside the `@`.
    """
    return q.transpose(-2, -1) @ k


def scaled_already(q, k):
    """These are scores already divided by the root of their width. That step comes later, as a
    function of its own; here only the dot products.
    """
    return attention_scores(q, k) / q.shape[-1] ** 0.5


def partners_only(q, k):
    """Each query meets one key only, the one at its own place: a score for each token. Every query
    must meet every key: that gives a table, and takes a matrix product.
    """
    return (q * k).sum(-1)


def reshaped(q, k):
    """`reshape` (or `view`) does not exchange axes: it reads the numbers in order and puts the
    brackets elsewhere. `transpose(-2, -1)` exchanges them.
    """
    return q @ k.reshape(*k.shape[:-2], k.shape[-1], k.shape[-2])


def reshaped_to_a_matrix(q, k):
    """`reshape` (or `view`) does not exchange axes: it reads the numbers in order and puts the
    brackets elsewhere. `transpose(-2, -1)` exchanges them.
    """
    return q @ k.reshape(k.shape[-1], -1)


def first_two_axes(q, k):
    """Right for one head only. With heads in front, axes 0 and 1 are others: count from the end,
    `transpose(-2, -1)`.
    """
    return q @ k.transpose(0, 1)


def axes_one_and_two(q, k):
    """Right only with one axis of heads in front. Count from the end, `transpose(-2, -1)`, and it
    is right with any number of them.
    """
    return q @ k.transpose(1, 2)


def mm(q, k):
    """Right for one head only: `torch.mm` multiplies two plain matrices. `@` leaves the axes in
    front alone; for k, exchange the last two.
    """
    return torch.mm(q, _reversed(k))


def bmm(q, k):
    """`torch.bmm` wants exactly one axis in front. `@` takes any number of them."""
    return torch.bmm(q, k.transpose(-2, -1))


def keys_in_rows_t(q, k):
    """Your table is transposed: the row should say who asks (query), the column who is asked (key).
    Look at which of the two comes first in the product.
    """
    return k @ _reversed(q)


def over_tokens_t(q, k):
    """Your result has a row and a column for each feature, not for each token: the sum runs over
    the wrong axis. Look at the two shapes beside the `@`.
    """
    return _reversed(q) @ k


EXERCISE = Exercise(
    attention_scores,
    cases,
    mistakes=(
        not_transposed,
        capital_t,
        number_by_number,
        keys_in_rows,
        over_tokens,
        scaled_already,
        partners_only,
        reshaped,
        reshaped_to_a_matrix,
        first_two_axes,
        axes_one_and_two,
        mm,
        bmm,
        keys_in_rows_t,
        over_tokens_t,
    ),
    hints=(
        "One score is a dot product: multiply two vectors number by number and add up. A "
        "matrix product makes all of them at once.",
        "(T, D) @ (D, S) gives (T, S). k is (S, D): which two axes of it must change places?",
        "`k.transpose(-2, -1)` exchanges the last two axes and leaves those in front alone.",
    ),
    points=2,
    minutes=5,
    post="Self-Attention (without masking)",
)
