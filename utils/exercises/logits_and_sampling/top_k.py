"""Keep exactly the k likeliest tokens."""

import torch

from utils.exercises import Case, Exercise
from utils.exercises.logits_and_sampling.shared import normal


def top_k(logits, k):
    order = logits.sort(descending=True, stable=True).indices  # (V,)
    kept = torch.full_like(logits, -torch.inf)  # (V,)
    kept[order[:k]] = logits[order[:k]]
    return kept


def cases(rng):
    yield Case("two of four", (torch.tensor([1.0, -2.0, 3.0, 0.0]), 2))
    yield Case("the best one only", (torch.tensor([-1.0, -2.0, -0.5]), 1))
    yield Case("more than there are", (torch.tensor([0.3, -0.2]), 5))
    yield Case("ties: exactly k, the lower ids", (torch.tensor([1.0, 3.0, 1.0, 1.0, 1.0]), 3))
    yield Case("all alike", (torch.zeros(40), 9))
    yield Case("two pairs, one place", (torch.tensor([0.0, 0.0, 1.0, 1.0]), 1))
    close = torch.zeros(1000)
    close[0], close[900] = 1.0, 1.0005
    yield Case("nearly equal is not equal", (close, 1))
    yield Case("some are excluded already", (torch.tensor([-torch.inf, 0.5, 2.0, -torch.inf]), 2))
    yield Case("numbers in float64", (torch.tensor([0.5, 1.5, -1.0, 1.0]).double(), 2))
    yield Case("random", (normal(rng, 20, size=2), int(rng.integers(4, 12))))
    yield Case("k of a thousand million: all", (normal(rng, 5), 10**9))


def keeps_ties(logits, k):
    """Where several tokens tie for the last place you keep all of them. Keep exactly k; of equal
    ones the lower ids.
    """
    kth = logits.sort(descending=True).values[min(k, len(logits)) - 1]
    return logits.masked_fill(logits < kth, -torch.inf)


def threshold_from_topk(logits, k):
    """Two things: `topk` refuses a k larger than the vocabulary, and a threshold keeps all that tie
    for the last place. Sort instead, and take the first k ids.
    """
    return logits.masked_fill(logits < logits.topk(k).values[-1], -torch.inf)


def threshold_from_sort(logits, k):
    """Two things: where k is larger than the vocabulary there is no k-th logit, and a threshold
    keeps all that tie for the last place. Take the first k ids instead.
    """
    kth = logits.sort(descending=True).values[k - 1]
    return logits.masked_fill(logits < kth, -torch.inf)


def _by_topk(logits, k):
    best = logits.topk(k)
    return torch.full_like(logits, -torch.inf).scatter(0, best.indices, best.values)


def topk_at_ties(logits, k):
    """Of equal logits `topk` keeps whichever it likes. The lower ids should stay: `sort` with
    `stable=True` leaves equal ones in their order.
    """
    return _by_topk(logits, min(k, len(logits)))


def plain_topk(logits, k):
    """Two things: `topk` refuses a k larger than the vocabulary, and of equal logits it keeps
    whichever it likes. A stable sort and a slice `[:k]` do neither.
    """
    return _by_topk(logits, k)


def higher_ids(logits, k):
    """Of equal logits you keep the higher ids; the rule is the lower ones. `sort(descending=True,
    stable=True)` leaves equal ones in their order.
    """
    return top_k(logits.flip(0), k).flip(0)


def zeros_not_infinity(logits, k):
    """The dropped ones got a logit of 0, which can be better than a negative one. Only minus
    infinity has the probability 0.
    """
    kept = top_k(logits, k)
    return torch.where(kept == -torch.inf, 0.0, kept)


def drops_the_best(logits, k):
    """You dropped the k best and kept the rest."""
    kept = logits.clone()
    kept[logits.sort(descending=True, stable=True).indices[:k]] = -torch.inf
    return kept


def only_the_values(logits, k):
    """Every token must keep its place, or its id is lost: return V logits, minus infinity for the
    dropped ones.
    """
    return logits.sort(descending=True).values[:k]


def one_less(logits, k):
    """You keep one too few."""
    kept = torch.full_like(logits, -torch.inf)
    order = logits.sort(descending=True, stable=True).indices[: k - 1]
    kept[order] = logits[order]
    return kept


def values_of_topk(logits, k):
    """Every token must keep its place, or its id is lost: return V logits, minus infinity for the
    dropped ones. (And `topk` refuses a k larger than the vocabulary.)
    """
    return logits.topk(k).values


def unstable_sort(logits, k):
    """Of equal logits `sort` and `argsort` put first whichever they like. `stable=True` leaves
    them in the order of their ids.
    """
    kept = logits.clone()
    kept[logits.sort(descending=True).indices[k:]] = -torch.inf
    return kept


def kept_in_float32(logits, k):
    """Your new tensor is float32 where the logits are float64, so they do not fit into it. Make it
    with `torch.full_like(logits, -torch.inf)`, or with `dtype=logits.dtype`.
    """
    kept = torch.full(logits.shape, -torch.inf)
    order = logits.sort(descending=True, stable=True).indices[:k]
    kept[order] = logits[order]
    return kept


class TimeLimit(Exception):
    """Stands for the time limit in a mistake that would never end."""


def round_by_round(logits, k):
    """You go round k times, however many tokens there are. Stop at V: there are no more tokens than
    that.
    """
    if k > 10**6:
        raise TimeLimit
    return top_k(logits, k)


EXERCISE = Exercise(
    top_k,
    cases,
    mistakes=(
        keeps_ties,
        threshold_from_topk,
        threshold_from_sort,
        topk_at_ties,
        plain_topk,
        higher_ids,
        zeros_not_infinity,
        drops_the_best,
        only_the_values,
        one_less,
        values_of_topk,
        unstable_sort,
        round_by_round,
        kept_in_float32,
    ),
    hints=(
        "Sort, and take the first k ids. A stable sort leaves equal logits in the order "
        "of their ids.",
        "Begin with `torch.full_like(logits, -torch.inf)` and write the kept logits into it.",
        "`order = logits.sort(descending=True, stable=True).indices`; then "
        "`kept[order[:k]] = logits[order[:k]]`.",
    ),
    points=2,
    minutes=14,
    difficulty="medium",
    seconds=3.0,
    post="Model Output",
    core=False,
)
