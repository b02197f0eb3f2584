"""How much of a head's attention goes where it should go?"""

import torch

from utils.exercises import Case, Exercise
from utils.exercises.inside_and_beyond.shared import normal


def attention_from_head(attention, wanted):
    found = (attention * wanted).sum(-1)  # (..., T, T) -> (..., T)
    asking = wanted.any(-1)  # (T,)
    return found[..., asking].mean(-1)  # (..., T) -> (...)


def cases(rng):
    table = torch.tensor([[1.0, 0, 0], [0.75, 0.25, 0], [0.5, 0.25, 0.25]])
    yield Case("three tokens, each should look at the one before", (table, _before(3)))
    yield Case(
        "only the last token asks",
        (table, torch.tensor([[0, 0, 0], [0, 0, 0], [1, 0, 0]], dtype=torch.bool)),
    )
    yield Case(
        "two places are right for one token",
        (table, torch.tensor([[0, 0, 0], [0, 0, 0], [1, 1, 0]], dtype=torch.bool)),
    )
    blind = torch.tensor([[1.0, 0, 0], [0, 1.0, 0], [0.5, 0.25, 0.25]])
    yield Case("a row that asks and gets nothing", (blind, _before(3)))
    yield Case(
        "a single token that looks at itself",
        (torch.ones(1, 1), torch.ones(1, 1, dtype=torch.bool)),
    )
    yield Case("four heads at once", (_shares(rng, 4, 7), _before(7)))
    wanted = torch.tensor(rng.random((9, 9)) < 0.2).tril()
    wanted[8, 3] = wanted[8, 5] = True
    yield Case("all heads of all layers, any places", (_shares(rng, 2, 3, 9), wanted))
    yield Case(
        "a table that lies transposed in memory",
        (_shares(rng, 5, 6).transpose(0, 1).contiguous().transpose(0, 1), _before(6)),
    )


def _shares(rng, *shape):
    """Random causal attention tables, (..., T, T)."""
    T = shape[-1]
    future = torch.ones(T, T, dtype=torch.bool).triu(1)
    return normal(rng, *shape, T).masked_fill(future, -torch.inf).softmax(-1)


def _before(T):
    return torch.ones(T, T).tril(-1).triu(-1).bool()


def all_rows(attention, wanted):
    """The mean runs over all rows, including those that ask for nothing (all False in `wanted`) and
    can only add a 0. Leave them out of the mean.
    """
    return (attention * wanted).sum(-1).mean(-1)


def best_place(attention, wanted):
    """Where several places are right, their shares belong together: sum them instead of taking the
    largest.
    """
    return (attention * wanted).amax(-1)[..., wanted.any(-1)].mean(-1)


def mean_of_cells(attention, wanted):
    """This is the mean over all wanted cells. First add up the wanted shares of each row, then take
    the mean over the rows that ask.
    """
    return attention[..., wanted].mean(-1)


def sum_of_cells(attention, wanted):
    """You added up all wanted shares of the table. Add up within each row, then take the mean over
    the rows that ask.
    """
    return attention[..., wanted].sum(-1)


def columns_ask(attention, wanted):
    """You summed down the columns. A row is the token that looks, so its shares lie along the last
    axis.
    """
    return (attention * wanted).sum(-2)[..., wanted.any(-2)].mean(-1)


def one_for_all_heads(attention, wanted):
    """There is one number for all heads together. The axes in front, layers and heads, must stay:
    the mean is only over the rows.
    """
    return (attention * wanted).sum(-1)[..., wanted.any(-1)].mean()


def upside_down(attention, wanted):
    """`wanted` is transposed: its rows are the tokens that look, as those of `attention` are."""
    return attention_from_head(attention, wanted.T) if wanted.T.any() else attention.sum()


def rows_that_found(attention, wanted):
    """A row that asks and gets nothing is left out of your mean. It counts as 0: which rows ask is
    for `wanted` to say, not for the attention.
    """
    found = (attention * wanted).sum(-1)
    return found.sum(-1) / (found > 0).sum(-1)


def most_looked_at(attention, wanted):
    """You count how often the largest share lies right. Add up the shares themselves."""
    best = attention.argmax(-1, keepdim=True)  # (..., T, 1)
    hit = wanted.expand_as(attention).gather(-1, best)[..., 0].float()
    return hit[..., wanted.any(-1)].mean(-1)


def number_per_row(attention, wanted):
    """There is still a number for each row. Take their mean."""
    return (attention * wanted).sum(-1)[..., wanted.any(-1)]


def whole_rows(attention, wanted):
    """You add up whole rows, which is always 1. Keep the wanted places only, before you add."""
    return attention[..., wanted.any(-1), :].sum(-1).mean(-1)


EXERCISE = Exercise(
    attention_from_head,
    cases,
    mistakes=(
        all_rows,
        best_place,
        mean_of_cells,
        sum_of_cells,
        columns_ask,
        one_for_all_heads,
        upside_down,
        rows_that_found,
        most_looked_at,
        number_per_row,
        whole_rows,
    ),
    hints=(
        "`attention * wanted` keeps the shares that went to a right place and makes all "
        "others 0. What must be summed?",
        "`wanted.any(-1)` says which rows ask for anything, (T,). A mask like that can "
        "pick rows: `found[..., asking]`.",
        "Sum over the last axis, pick the asking rows, mean over the last axis.",
    ),
    points=2,
    minutes=15,
    post="Self-Attention Recap",
    core=False,
)
