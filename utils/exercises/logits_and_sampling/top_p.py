"""Keep the likeliest tokens until together they reach p."""

import torch

from utils.exercises import Case, Exercise
from utils.exercises.logits_and_sampling.shared import normal
from utils.exercises.masked_self_attention.softmax import softmax


def top_p(logits, p):
    order = logits.sort(descending=True, stable=True).indices  # (V,)
    shares = softmax(logits)[order]  # (V,), the likeliest first
    before = shares.cumsum(0) - shares  # (V,), what the likelier ones have
    inside = (before < p) | (p == 1)  # (V,)
    inside[0] = True
    kept = torch.full_like(logits, -torch.inf)  # (V,)
    kept[order[inside]] = logits[order[inside]]
    return kept


def cases(rng):
    yield Case("four alike, half of it", (torch.zeros(4), 0.5))
    yield Case("four alike, 0.6: the third crosses", (torch.zeros(4), 0.6))
    yield Case("the best has more than p", (torch.tensor([0.0, 6.0, 1.0]), 0.3))
    yield Case("p = 0 keeps one", (torch.tensor([0.0, 1.0, 0.5]), 0.0))
    yield Case("p = 0, four alike: the first", (torch.zeros(4), 0.0))
    yield Case("p = 1 keeps all", (torch.tensor([9.0, -30.0, 0.0, -60.0]), 1.0))
    yield Case("the likeliest comes last", (torch.tensor([0.0, 0.5, 1.0, 2.5]), 0.8))
    yield Case(
        "some are excluded already", (torch.tensor([-torch.inf, 0.0, 0.0, -torch.inf, 1.0]), 0.7)
    )
    yield Case("forty alike: the first ones stay", (torch.zeros(40), 0.51))
    mixed = torch.tensor([0.0, 0.0, 1.0, 0.0, 1.0, 1.0, 0.0, 1.0])
    yield Case("four and four alike, mixed", (mixed, 0.5))
    yield Case("the best has more than 0.995, and that is p", (torch.tensor([0.0, 8, 0]), 0.995))
    yield Case("nearly alike, 0.35: one is enough", (torch.tensor([0.4, 0.2, 0.0]), 0.35))
    yield Case("numbers in float64", (torch.tensor([0.0, 2.0, 1.0, -1.0]).double(), 0.8))
    yield Case("random", (normal(rng, 20, size=2), float(rng.uniform(0.6, 0.9))))


def _nucleus(logits, inside_of):
    """top_p with another rule: inside_of(shares, sums), the likeliest first, says who stays."""
    order = logits.sort(descending=True, stable=True).indices
    shares = softmax(logits)[order]
    inside = inside_of(shares, shares.cumsum(0))
    kept = torch.full_like(logits, -torch.inf)
    kept[order[inside]] = logits[order[inside]]
    return kept


def drops_the_crossing(logits, p):
    """The token that crosses p is dropped, so less than p is left, and where the best alone has
    more than p nothing at all. It must stay.
    """
    return _nucleus(logits, lambda shares, sums: sums <= p) if p < 1 else logits


def drops_it_but_keeps_one(logits, p):
    """The token that crosses p is dropped, so less than p is left. A token stays when those
    *before* it have less than p.
    """
    return (
        _nucleus(logits, lambda shares, sums: (sums <= p) | (torch.arange(len(sums)) == 0))
        if p < 1
        else logits
    )


def _short_of_p(one, edge):
    def short_of_p(logits, p):
        """Together your tokens have less than p: the one with which they reach it is dropped. A
        token stays when those *before* it have less than p.
        """
        if edge and p == 1:
            return logits
        return _nucleus(
            logits, lambda shares, sums: (sums < p) | (one & (torch.arange(len(sums)) == 0))
        )

    return short_of_p


def none_for_0(logits, p):
    """`p = 0` leaves nothing to draw from. One token, the likeliest, always stays."""
    return _nucleus(logits, lambda shares, sums: sums - shares < p) if p < 1 else logits


def one_too_many(logits, p):
    """One too many: when the likelier ones have p already, exactly p, the next is out."""
    return _nucleus(logits, lambda shares, sums: sums - shares <= p)


def each_above_p(logits, p):
    """You compare each probability with p. It is their sum that counts, from the likeliest down."""
    return (
        _nucleus(logits, lambda shares, sums: (shares >= p) | (torch.arange(len(sums)) == 0))
        if p < 1
        else logits
    )


def in_order_of_ids(logits, p):
    """You add up in the order of the ids. Sort first: the likeliest come first."""
    shares = softmax(logits)
    inside = (shares.cumsum(0) - shares < p) | (p == 1)
    inside[0] = True
    return logits.masked_fill(~inside, -torch.inf)


def in_order_of_size(logits, p):
    """Your logits come back in order of size. Each must return to its own id: `kept[order[inside]]
    = …`.
    """
    return top_p(logits, p).sort(descending=True).values


def worst_first(logits, p):
    """You begin with the unlikeliest. Sort the other way."""
    order = logits.sort(stable=True).indices
    shares = softmax(logits)[order]
    inside = (shares.cumsum(0) - shares < p) | (p == 1)
    inside[0] = True
    kept = torch.full_like(logits, -torch.inf)
    kept[order[inside]] = logits[order[inside]]
    return kept


def sums_of_logits(logits, p):
    """You add up logits. Only probabilities add up to 1: softmax first."""
    ordered = logits.sort(descending=True, stable=True)
    inside = (ordered.values.cumsum(0) - ordered.values < p) | (p == 1)
    inside[0] = True
    kept = torch.full_like(logits, -torch.inf)
    kept[ordered.indices[inside]] = ordered.values[inside]
    return kept


def not_mapped_back(logits, p):
    """Your mask is in the order of size, but you use it in the order of ids. Map it back:
    `kept[order[inside]] = logits[order[inside]]`.
    """
    shares = softmax(logits).sort(descending=True, stable=True).values
    inside = (shares.cumsum(0) - shares < p) | (p == 1)
    inside[0] = True
    return logits.masked_fill(~inside, -torch.inf)


def drops_from_the_small_end(logits, p):
    """You drop from the unlikeliest up, so of equal tokens the lower ids go first. Begin with the
    likeliest; of equal ones the lower id counts as the likelier.
    """
    order = logits.sort(stable=True).indices
    dropped = softmax(logits)[order].cumsum(0) <= 1 - p
    dropped[-1] = False
    kept = logits.clone()
    kept[order[dropped]] = -torch.inf
    return kept


def both_edges(logits, p):
    """Right between the edges. `p = 0` must keep one token, the likeliest, and `p = 1` all of them:
    rounding can make the sum of the likelier ones 1 before the last token's turn.
    """
    return _nucleus(logits, lambda shares, sums: sums - shares < p)


def each_at_least_p(logits, p):
    """You compare each probability with p. It is their sum that counts, from the likeliest down."""
    return logits.masked_fill(softmax(logits) < p, -torch.inf)


def ties_at_0(logits, p):
    """At `p = 0` you keep all the tokens that tie for the best. One stays: of equal ones the lower
    id.
    """
    return top_p(logits, p) if p > 0 else logits.masked_fill(logits < logits.max(), -torch.inf)


def kept_in_float32(logits, p):
    """Your new tensor is float32 where the logits are float64, so they do not fit into it. Make it
    with `torch.full_like(logits, -torch.inf)`, or with `dtype=logits.dtype`.
    """
    kept = torch.full(logits.shape, -torch.inf)
    order = logits.sort(descending=True, stable=True).indices
    inside = order[top_p(logits, p)[order] > -torch.inf]
    kept[inside] = logits[inside]
    return kept


EXERCISE = Exercise(
    top_p,
    cases,
    mistakes=(
        drops_the_crossing,
        drops_it_but_keeps_one,
        *(_short_of_p(one, edge) for one in (True, False) for edge in (True, False)),
        none_for_0,
        one_too_many,
        each_above_p,
        in_order_of_ids,
        in_order_of_size,
        worst_first,
        sums_of_logits,
        not_mapped_back,
        drops_from_the_small_end,
        both_edges,
        each_at_least_p,
        ties_at_0,
        kept_in_float32,
    ),
    hints=(
        "Sort as in top_k. For each token ask: how much probability do the likelier ones "
        "have together?",
        "`shares.cumsum(0)` includes the token itself; subtract `shares`. It stays where "
        "that is less than p.",
        "At p = 1 rounding may leave the sum a little short or over: handle that case separately.",
    ),
    points=3,
    minutes=18,
    difficulty="medium",
    core=False,
)
