"""How much does each head give to some places?"""

import torch

from utils.exercises import Case, Exercise
from utils.exercises.masked_self_attention.shared import normal
from utils.exercises.masked_self_attention.softmax import softmax


def share_to(attention, at, places):
    return attention[:, :, at, places].sum(-1)  # (n_layer, n_head, n) -> (n_layer, n_head)


def cases(rng):
    by_hand = torch.tensor([[[[1.0, 0.0, 0.0], [0.25, 0.75, 0.0], [0.5, 0.125, 0.375]]]])
    yield Case("one head, one place", (by_hand, 2, torch.tensor([0])))
    yield Case("one head, two places", (by_hand, 1, torch.tensor([0, 1])))
    yield Case("two places that are no neighbours", (by_hand, 2, torch.tensor([0, 2])))
    yield Case("two layers of three heads", (_attention(rng, 2, 3, 5), 3, torch.tensor([1])))
    yield Case("the first token", (_attention(rng, 1, 2, 4), 0, torch.tensor([0])))
    places = torch.tensor(sorted(rng.choice(8, 3, replace=False).tolist()))
    yield Case("three places drawn", (_attention(rng, 3, 2, 9), 8, places))


def _attention(rng, n_layer, n_head, T):
    future = torch.ones(T, T, dtype=torch.bool).triu(1)
    return softmax(normal(rng, n_layer, n_head, T, T, size=2).masked_fill(future, -torch.inf))


def who_looks_there(attention, at, places):
    """Row and column have changed places: the row is the one who looks, `at`; the columns are what
    is looked at.
    """
    return attention[:, :, places, at].sum(-1)


def averaged(attention, at, places):
    """You averaged over the places. What a head gives them together is the sum."""
    return attention[:, :, at, places].mean(-1)


def the_largest(attention, at, places):
    """You took the largest share. What a head gives to the places together is the sum."""
    return attention[:, :, at, places].amax(-1)


def first_place_only(attention, at, places):
    """Only the first place counts in yours. Add up the shares of all of them."""
    return attention[:, :, at, places[0]]


def all_in_between(attention, at, places):
    """You add up everything from the first place to the last, whatever stands between them. Take
    only the columns `places`: a tensor of indices works as an index.
    """
    return attention[:, :, at, places[0] : places[-1] + 1].sum(-1)


def not_added_up(attention, at, places):
    """The shares are still apart, one for each place. Add them up."""
    return attention[:, :, at, places]


def from_everywhere(attention, at, places):
    """You added up what all positions give. Only one looks: row `at`."""
    return attention[:, :, :, places].sum((-2, -1))


def over_all_heads(attention, at, places):
    """You averaged over layers and heads. Each head keeps a number of its own,
    (n_layer, n_head).
    """
    return attention[:, :, at, places].sum(-1).mean()


EXERCISE = Exercise(
    share_to,
    cases,
    mistakes=(
        who_looks_there,
        averaged,
        the_largest,
        first_place_only,
        all_in_between,
        not_added_up,
        from_everywhere,
        over_all_heads,
    ),
    hints=(
        "Take the row of the one who looks, in every layer and head: `attention[:, :, at]`.",
        "In that row, take the columns `places`, and add up along the last axis.",
    ),
    points=1,
    minutes=8,
    post="Self-Attention Recap",
    gradient=False,
    core=False,
)
