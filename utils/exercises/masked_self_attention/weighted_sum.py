"""Mix the values by their shares."""

import torch

from utils.exercises import Case, Exercise
from utils.exercises.masked_self_attention.shared import normal
from utils.exercises.masked_self_attention.softmax import softmax


def weighted_sum(weights, v):
    return weights @ v  # (T, S) @ (S, D) -> (T, D)


def cases(rng):
    yield Case(
        "half of the first, half of the second",
        (torch.tensor([[0.5, 0.5]]), torch.tensor([[2.0, 0.0, 4.0], [0.0, 6.0, 4.0]])),
    )
    yield Case("one token", (torch.tensor([[1.0]]), normal(rng, 1, 5)))
    yield Case(
        "each row looks at one place only",
        (torch.eye(4)[torch.tensor([2, 0, 0, 1])], normal(rng, 4, 3)),
    )
    yield Case("three rows, five values", (softmax(normal(rng, 3, 5)), normal(rng, 5, 2)))
    yield Case("as many rows as values", (softmax(normal(rng, 4, 4)), normal(rng, 4, 4)))
    yield Case(
        "shares that do not add up to 1",
        (torch.tensor([[0.5, 1.0], [0.0, 0.25]]), normal(rng, 2, 3)),
    )
    yield Case(
        "numbers in float64", (softmax(normal(rng, 2, 3)).double(), normal(rng, 3, 2).double())
    )
    yield Case("two heads at once", (softmax(normal(rng, 2, 3, 3)), normal(rng, 2, 3, 4)))


def columns_as_weights(weights, v):
    """You used the columns of the table as shares. A row belongs to one query and holds its shares:
    no transpose is needed here.
    """
    return weights.transpose(-2, -1) @ v


def plain_mean(weights, v):
    """Every value counts the same in your mix, whatever its share. Multiply each value by its share
    before adding.
    """
    return v.mean(-2, keepdim=True).expand(*weights.shape[:-1], v.shape[-1])


def only_the_best(weights, v):
    """You return the one value with the largest share, as a hard lookup would. The soft one mixes
    all of them.
    """
    return torch.nn.functional.one_hot(weights.argmax(-1), weights.shape[-1]).to(v.dtype) @ v


def sum_of_matrices_only(weights, v):
    """Right for one head only: `torch.mm` multiplies two plain matrices. `@` leaves the axes in
    front alone.
    """
    return torch.mm(weights, v)


def values_first(weights, v):
    """The product is the wrong way round: shares (T, S) come first, values (S, D) second, so that
    the S in the middle is summed away.
    """
    return v @ weights


def batches_only(weights, v):
    """`torch.bmm` wants exactly one axis in front. `@` takes any number of them, including none."""
    return torch.bmm(weights, v)


def number_by_number(weights, v):
    """`*` multiplies number by number. The mix multiplies each value by its share *and adds them
    up*: that is a matrix product, `@`.
    """
    return weights * v


def dot_of_rows(weights, v):
    """This multiplies shares and values number by number and adds up along the features. The sum
    runs over the places, S: that is a matrix product, `@`.
    """
    return (weights * v).sum(-1)


def values_added_first(weights, v):
    """You add the values up first, so that every place counts the same. Each value is multiplied by
    its own share before anything is added.
    """
    return weights @ v.sum(-2, keepdim=True)


def values_transposed(weights, v):
    """No transpose is needed: (T, S) @ (S, D) has the places S in the middle already."""
    return weights @ v.transpose(-2, -1)


def values_transposed_t(weights, v):
    """No transpose is needed: (T, S) @ (S, D) has the places S in the middle already."""
    return weights @ v.permute(*reversed(range(v.dim())))


def summed_along_axis_one(weights, v):
    """Right for one head only. With heads in front, the axes no longer line up; a matrix product,
    `@`, lines them up by itself.
    """
    return (weights.unsqueeze(-1) * v).sum(1)


def divided_again(weights, v):
    """You divide by the sum of the shares. They are used as they are here, even where they do not
    add up to 1.
    """
    return weights @ v / weights.sum(-1, keepdim=True)


EXERCISE = Exercise(
    weighted_sum,
    cases,
    mistakes=(
        columns_as_weights,
        plain_mean,
        only_the_best,
        sum_of_matrices_only,
        values_first,
        batches_only,
        number_by_number,
        dot_of_rows,
        values_added_first,
        values_transposed,
        values_transposed_t,
        summed_along_axis_one,
        divided_again,
    ),
    hints=(
        "For one query: share 1 times value 1, plus share 2 times value 2, and so on.",
        "For all queries at once that is a matrix product: (T, S) @ (S, D).",
    ),
    points=1,
    minutes=5,
    post="Self-Attention (without masking)",
)
