"""Draw a token by its probability, with a given dart u."""

import torch

from utils.exercises import Case, Exercise
from utils.exercises.logits_and_sampling.greedy import greedy
from utils.exercises.logits_and_sampling.shared import normal
from utils.exercises.masked_self_attention.softmax import softmax


def sample_id(probabilities, u):
    ends = probabilities.cumsum(0)  # (V,)
    beyond = (ends > u).nonzero()  # (n, 1)
    if len(beyond):
        return beyond[0].item()
    return probabilities.nonzero()[-1].item()


def cases(rng):
    fair = torch.tensor([0.25, 0.25, 0.5])
    yield Case("in the middle", (torch.tensor([0.2, 0.5, 0.3]), 0.6))
    yield Case("u = 0", (fair, 0.0))
    yield Case("exactly on a border", (fair, 0.25))
    yield Case("the first is impossible", (torch.tensor([0.0, 0.5, 0.5]), 0.0))
    yield Case("rounded to a little under 1", (torch.tensor([0.3, 0.4, 0.2999, 0.0]), 0.99999))
    yield Case(
        "the same, and two are impossible", (torch.tensor([0.3, 0.4, 0.2999, 0, 0]), 0.99999)
    )
    short = torch.tensor([0.0, 0.2, 0.4, 0.2, 0.1999, 0.0, 0.0])
    yield Case("the same, and the first is impossible", (short, 0.99999))
    shares = softmax(normal(rng, 30))
    for i in range(3):
        yield Case(
            f"thirty random ones, dart {i + 1}",
            (shares, float(rng.uniform(0.05 + 0.3 * i, 0.3 + 0.3 * i))),
        )


def always_likeliest(probabilities, u):
    """You always take the likeliest, whatever u is."""
    return greedy(probabilities)


def not_running(probabilities, u):
    """You compare u with each probability alone. Lay them end to end first: `cumsum` says where
    each piece ends.
    """
    beyond = (probabilities > u).nonzero()
    return beyond[0].item() if len(beyond) else probabilities.nonzero()[-1].item()


def border_before(probabilities, u):
    """At u exactly on a border you are one token early, and with u = 0 you may draw a token that is
    impossible. The end of the piece must lie beyond u.
    """
    beyond = (probabilities.cumsum(0) >= u).nonzero()
    return beyond[0].item() if len(beyond) else probabilities.nonzero()[-1].item()


def nothing_found_is_0(probabilities, u):
    """When rounding leaves the line short of u, no end lies beyond it, and you return 0, as argmax
    of all False does. Then the last possible token is meant.
    """
    return (probabilities.cumsum(0) > u).int().argmax().item()


def nothing_found_is_the_first(probabilities, u):
    """When rounding leaves the line short of u you return the first token that is possible. Take
    the last one: its piece is the nearest.
    """
    beyond = (probabilities.cumsum(0) > u).nonzero()
    return (beyond if len(beyond) else probabilities.nonzero())[0].item()


def nothing_found_is_last(probabilities, u):
    """When rounding leaves the line short of u you return the last token of all, although its
    probability is 0. Take the last one that is possible.
    """
    return min((probabilities.cumsum(0) <= u).sum().item(), len(probabilities) - 1)


def nothing_found_is_the_likeliest(probabilities, u):
    """When rounding leaves the line short of u you return the likeliest token. Take the last one
    that is possible: its piece is the nearest.
    """
    beyond = (probabilities.cumsum(0) > u).nonzero()
    return beyond[0].item() if len(beyond) else greedy(probabilities)


def nothing_found_is_an_error(probabilities, u):
    """When rounding leaves the line short of u, no end lies beyond it, and [0] of nothing is an
    error. Then take the last possible token.
    """
    return (probabilities.cumsum(0) > u).nonzero()[0].item()


def best_first_order(probabilities, u):
    """You sorted the tokens first. That draws fairly, too, but lay them in the order of their ids,
    so that everybody gets the same token for the same u.
    """
    order = probabilities.sort(descending=True, stable=True).indices
    return order[sample_id(probabilities[order], u)].item()


def nothing_found_is_v(probabilities, u):
    """When rounding leaves the line short of u, you return V, the number of tokens, which is no
    token's id. Then take the last token that is possible.
    """
    return torch.searchsorted(probabilities.cumsum(0), u, right=True).item()


def piece_before(probabilities, u):
    """You return the token before the piece that u lies in. The piece ends beyond u, so count the
    ends that are not beyond it: that many tokens lie before yours.
    """
    return max(torch.searchsorted(probabilities.cumsum(0), u, right=True).item() - 1, 0)


def searched_on_the_left(probabilities, u):
    """Two things: `searchsorted` finds the first end that is *at* or beyond u unless you say
    `right=True`, and where rounding leaves the line short of u it gives V, which is no token's id.
    """
    return torch.searchsorted(probabilities.cumsum(0), u).item()


EXERCISE = Exercise(
    sample_id,
    cases,
    mistakes=(
        always_likeliest,
        not_running,
        border_before,
        nothing_found_is_0,
        nothing_found_is_the_first,
        nothing_found_is_last,
        nothing_found_is_the_likeliest,
        nothing_found_is_an_error,
        best_first_order,
        nothing_found_is_v,
        piece_before,
        searched_on_the_left,
    ),
    hints=(
        "Lesson 01's dart, with a tensor: `probabilities.cumsum(0)` says where each "
        "token's piece ends.",
        "`(ends > u).nonzero()` lists the tokens whose piece ends beyond u; the first of "
        "them is hit.",
        "If that list is empty: `probabilities.nonzero()[-1].item()`.",
    ),
    points=2,
    minutes=12,
    post="Model Output",
    forbids=("multinomial",),
)
