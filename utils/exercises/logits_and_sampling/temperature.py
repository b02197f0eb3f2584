"""Sharpen a distribution, or flatten it."""

import torch

from utils.exercises import Case, Exercise
from utils.exercises.logits_and_sampling.greedy import greedy
from utils.exercises.logits_and_sampling.shared import normal
from utils.exercises.masked_self_attention.softmax import softmax


def temperature(logits, t):
    if t > 0:
        return logits / t  # (V,)
    only_one = torch.full_like(logits, -torch.inf)  # (V,)
    only_one[greedy(logits)] = 0.0
    return only_one


def cases(rng):
    yield Case("a half", (torch.tensor([2.0, 1.0, -1.0]), 0.5))
    yield Case("a little above 0", (torch.tensor([2.0, 1.99, -1.0]), 0.005))
    yield Case("1 changes nothing", (torch.tensor([2.0, 1.0, -1.0]), 1.0))
    yield Case("2", (torch.tensor([2.0, 1.0, -1.0]), 2.0))
    yield Case("0: only the best is left", (torch.tensor([1.0, -2.0, 3.5]), 0.0))
    yield Case("0, and two are best", (torch.tensor([-2.0, -1.0, -1.0, -3.0]), 0.0))
    yield Case("0, and two pairs", (torch.tensor([1.0, 1.0, 0.0, 0.0]), 0.0))
    yield Case("0, and all of three hundred are best", (torch.zeros(300), 0.0))
    excluded = torch.tensor([-torch.inf, 1.0, 2.0, -torch.inf])
    yield Case("a half, and some are excluded already", (excluded, 0.5))
    yield Case("0, and some are excluded already", (excluded, 0.0))
    yield Case("random", (normal(rng, 9, size=3), float(rng.uniform(1.2, 3))))


def multiplied(logits, t):
    """You multiply by t, so the dial works backwards: a low temperature must make the differences
    larger.
    """
    return logits * t if t > 0 else temperature(logits, t)


def by_zero(logits, t):
    """`t = 0` divides by zero. It stands for the limit: only the best token is left."""
    return logits / t


def zero_changes_nothing(logits, t):
    """For t = 0 the logits came back as they were. Only the best token should be left: 0 for it,
    minus infinity for the others.
    """
    return logits / t if t > 0 else logits


def zero_hides_with_zeros(logits, t):
    """At t = 0 the others got a logit of 0, and exp(0) is not nothing. Hide them with minus
    infinity, as the mask of lesson 04 did.
    """
    return (
        logits / t
        if t > 0
        else torch.nn.functional.one_hot(logits.argmax(), len(logits)).to(logits.dtype)
    )


def zero_keeps_ties(logits, t):
    """At t = 0 exactly one token is left: of equal ones the lower id, as in greedy."""
    return logits / t if t > 0 else torch.where(logits == logits.max(), 0.0, -torch.inf)


def _tiny_t(least):
    def tiny_t(logits, t):
        """Nearly greedy is not greedy: equal logits still share. For t = 0 give one token 0 and the
        others minus infinity.
        """
        return logits / max(t, least)

    return tiny_t


def after_softmax(logits, t):
    """You divided probabilities. Divide the logits; softmax comes later."""
    return softmax(logits) / t if t > 0 else temperature(logits, t)


def already_probabilities(logits, t):
    """Return logits: softmax comes at the very end, after all dials."""
    return softmax(temperature(logits, t))


def keeps_its_logit(logits, t):
    """At t = 0 the one that is left keeps its own logit. After softmax that is the same, but the
    text asks for 0.
    """
    only_one = temperature(logits, 0.0)
    return logits / t if t > 0 else torch.where(only_one == 0, logits, only_one)


def multiplied_even_by_0(logits, t):
    """You multiply by t, so the dial works backwards: a low temperature must make the differences
    larger. Divide; and t = 0, where you cannot, needs a line of its own.
    """
    return logits * t


def zero_times_infinity(logits, t):
    """At t = 0 you multiply the logits by 0. Where one is minus infinity, as top_k makes them, that
    is nan: begin with a new tensor, `torch.full_like`.
    """
    if t > 0:
        return logits / t
    only_one = logits * 0 - torch.inf
    only_one[greedy(logits)] = 0.0
    return only_one


def _greedy_below(least):
    def greedy_below(logits, t):
        """You take a small t for 0. Only t = 0 itself means the greedy token; divide by every t
        above it.
        """
        return temperature(logits, t if t >= least else 0.0)

    return greedy_below


def zero_gives_an_id(logits, t):
    """For t = 0 you return the greedy token's id. Return logits there too: 0 for that token, minus
    infinity for all others.
    """
    return logits / t if t > 0 else greedy(logits)


def zero_by_sort(logits, t):
    """At t = 0 you keep the token that `sort` puts first, and of equal ones that is whichever it
    likes. `greedy` gives the lowest id.
    """
    if t > 0:
        return logits / t
    best = logits.sort(descending=True).indices[0]
    return torch.full_like(logits, -torch.inf).index_fill(0, best, 0.0)


def zero_by_topk(logits, t):
    """At t = 0 you keep the token that `topk` gives, and of equal ones that is whichever it likes.
    `greedy` gives the lowest id.
    """
    if t > 0:
        return logits / t
    return torch.full_like(logits, -torch.inf).index_fill(0, logits.topk(1).indices, 0.0)


EXERCISE = Exercise(
    temperature,
    cases,
    mistakes=(
        multiplied,
        by_zero,
        zero_changes_nothing,
        zero_hides_with_zeros,
        zero_keeps_ties,
        *map(_tiny_t, (1e-12, 1e-10, 1e-9, 1e-8, 1e-7, 1e-6, 1e-5, 1e-4)),
        after_softmax,
        already_probabilities,
        keeps_its_logit,
        multiplied_even_by_0,
        zero_times_infinity,
        *map(_greedy_below, (0.01, 0.05, 0.1, 0.5)),
        zero_gives_an_id,
        zero_by_sort,
        zero_by_topk,
    ),
    hints=(
        "For t above 0 it is one division.",
        "For t = 0: `torch.full_like(logits, -torch.inf)`, and 0 at `greedy(logits)`.",
    ),
    points=1,
    minutes=8,
)
