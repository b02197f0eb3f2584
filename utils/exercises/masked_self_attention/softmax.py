"""Turn each row of scores into shares that add up to 1."""

import math

import torch

from utils.exercises import Case, Exercise
from utils.exercises.masked_self_attention.shared import normal


def softmax(scores):
    highest = scores.max(dim=-1, keepdim=True).values  # (T, S) -> (T, 1)
    raised = torch.exp(scores - highest)  # (T, S) - (T, 1) -> (T, S)
    return raised / raised.sum(dim=-1, keepdim=True)  # (T, S) / (T, 1) -> (T, S)


def cases(rng):
    yield Case("two rows of three", (torch.tensor([[0.0, 1.0, 2.0], [1.0, 1.0, 1.0]]),))
    yield Case("one number: all of the share", (torch.tensor([[-7.5]]),))
    yield Case(
        "large scores, whose exp is too large for a float",
        (torch.tensor([[1000.0, 999.0], [500.0, 1000.0]]),),
    )
    yield Case("one row far below the other", (torch.tensor([[0.0, 1.0], [-900.0, -901.0]]),))
    yield Case("the first row far below", (torch.tensor([[-900.0, -901.0], [0.0, 1.0]]),))
    yield Case(
        "hidden places",
        (torch.tensor([[2.0, -torch.inf, -torch.inf], [1.0, 3.0, -torch.inf], [0.0, 1.0, 2.0]]),),
    )
    yield Case("numbers in float64", (normal(rng, 2, 3).double(),))
    yield Case("random rows", (normal(rng, 4, 4, size=2),))
    yield Case("three heads of two rows", (normal(rng, 3, 2, 4, size=2),))


def naive_softmax(scores):
    """Right for small scores; for large ones exp overflows to infinity, and infinity divided by
    infinity is nan. Make each row smaller before exp: subtracting the same number from a whole row
    changes no share.
    """
    raised = torch.exp(scores)
    return raised / raised.sum(-1, keepdim=True)


def by_column(scores):
    """Your columns add up to 1. It is each row, one query, that has one whole to give away: look at
    `dim`.
    """
    return softmax(scores.transpose(-2, -1)).transpose(-2, -1)


def first_axis(scores):
    """You share along the first axis, `dim=0`. A row runs along the last one."""
    return torch.softmax(scores, 0)


def naive_and_no_keepdim(scores):
    """Two things. The sums have lost their axis, so they meet the wrong numbers: keep it, (T, 1).
    And large scores overflow: subtract each row's largest first.
    """
    raised = torch.exp(scores)
    return raised / raised.sum(-1)


def maximum_no_keepdim(scores):
    """The maxima have lost their axis, so they meet the wrong rows: keep it, (T, 1), with
    keepdim=True.
    """
    raised = torch.exp(scores - scores.max(-1).values)
    return raised / raised.sum(-1, keepdim=True)


def over_everything(scores):
    """All your numbers together add up to 1. Each row should do so by itself: give `sum` a
    `dim`.
    """
    return torch.softmax(scores.flatten(), 0).view_as(scores)


def no_keepdim(scores):
    """The sums have lost their axis, so each column is divided by a row's sum, without any error.
    Keep the axis: (T, 1), not (T,).
    """
    raised = torch.exp(scores - scores.max(-1, keepdim=True).values)
    return raised / raised.sum(-1)


def one_maximum(scores):
    """You subtract the largest score of the whole table. A row far below it then becomes exp of
    something hugely negative, all zeros, and 0 / 0. Take each row's own maximum.
    """
    raised = torch.exp(scores - scores.max())
    return raised / raised.sum(-1, keepdim=True)


def first_rows_maximum(scores):
    """You subtract the first row's largest score from all rows. Where another row lies far above or
    below it, exp overflows or is all zeros. Take each row's own maximum.
    """
    raised = torch.exp(scores - scores[..., :1, :].max())
    return raised / raised.sum(-1, keepdim=True)


def max_without_values(scores):
    """`max` with a `dim` gives two things, the numbers and their places. Take the numbers:
    `.values`.
    """
    raised = torch.exp(scores - scores.max(dim=-1, keepdim=True))
    return raised / raised.sum(-1, keepdim=True)


def not_divided(scores):
    """These are not shares yet: the rows do not add up to 1. Divide each row by its sum."""
    return torch.exp(scores - scores.max(-1, keepdim=True).values)


def naive_over_everything(scores):
    """Two things. All your numbers together add up to 1, and each row should do so by itself: give
    `sum` a `dim`. And large scores overflow: subtract each row's largest first.
    """
    raised = torch.exp(scores)
    return raised / raised.sum()


def one_sum(scores):
    """All your numbers together add up to 1. Each row should do so by itself: give `sum` a `dim`
    and `keepdim=True`.
    """
    raised = torch.exp(scores - scores.max(-1, keepdim=True).values)
    return raised / raised.sum()


def naive_by_column(scores):
    """Two things. Your columns add up to 1, and it should be the rows: look at `dim`. And large
    scores overflow: subtract each row's largest first.
    """
    raised = torch.exp(scores)
    return raised / raised.sum(0)


def no_exp(scores):
    """There is no `exp` in it. Scores can be negative, and shares cannot: raise e to each score
    first.
    """
    return scores / scores.sum(-1, keepdim=True)


def math_exp(scores):
    """`math.exp` takes one number; `torch.exp` takes a tensor."""
    raised = math.exp(scores)
    return raised / raised.sum(-1, keepdim=True)


def second_axis(scores):
    """Right for one head only. With heads in front, `dim=1` is another axis: count from the end,
    `dim=-1`.
    """
    raised = torch.exp(scores - scores.max(1, keepdim=True).values)
    return raised / raised.sum(1, keepdim=True)


EXERCISE = Exercise(
    softmax,
    cases,
    mistakes=(
        naive_softmax,
        by_column,
        first_axis,
        naive_and_no_keepdim,
        maximum_no_keepdim,
        over_everything,
        no_keepdim,
        one_maximum,
        first_rows_maximum,
        max_without_values,
        not_divided,
        naive_over_everything,
        one_sum,
        naive_by_column,
        no_exp,
        math_exp,
        second_axis,
    ),
    hints=(
        "Three steps: make each row's largest score 0, take exp, divide by the row's sum.",
        "`scores.max(dim=-1, keepdim=True).values` has the shape (T, 1), so that it can "
        "be subtracted from (T, S).",
        "`raised = torch.exp(scores - highest)`, then `raised / raised.sum(dim=-1, keepdim=True)`.",
    ),
    points=2,
    minutes=10,
    post="Self-Attention (without masking)",
    forbids=("softmax", "log_softmax", "softmin"),
)
