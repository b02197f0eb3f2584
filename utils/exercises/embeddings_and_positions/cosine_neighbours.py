"""The k tokens whose vectors point most nearly the same way."""

import torch

from utils.exercises import Case, Exercise
from utils.exercises.embeddings_and_positions.shared import normal


def cosine_neighbours(wte, token, k):
    length = wte.norm(dim=1, keepdim=True)  # (V, C) -> (V, 1)
    unit = wte / length.clamp_min(1e-12)  # (V, C), rows of length 1
    cosine = unit @ unit[token]  # (V, C) @ (C,) -> (V,)
    order = cosine.argsort(descending=True, stable=True)  # (V,)
    return order[order != token][:k]  # (k,)


def cases(rng):
    plane = torch.tensor([[1.0, 0.0], [0.9, 0.3], [0.1, 0.9], [-1.0, 0.0], [6.0, 7.0], [0.6, -0.3]])
    yield Case("arrows in a plane", (plane, 0, 3))
    yield Case("the nearest one only", (plane, 2, 1))
    yield Case("from a long row", (plane, 4, 4))
    ties = torch.tensor([[0.0, 2.0], [3.0, 0.0], [1.0, 0.0], [0.5, 0.0], [0.0, 1.0]])
    yield Case("ties: the smaller id first", (ties, 2, 4))
    yield Case("ties: the nearest one only", (ties, 3, 1))
    yield Case("all the others, with the exact opposite", (plane, 0, 5))
    yield Case("more asked for than there are", (plane, 1, 9))
    zero = torch.tensor([[1.0, 0.0], [0.0, 0.0], [1.0, 1.0], [-1.0, 0.5]])
    yield Case("a row of zeros", (zero, 0, 3))
    yield Case("ties: the shorter row first", (torch.tensor([[0.5, 0], [1, 0], [3, 0]]), 1, 2))
    zero = torch.tensor([[1.0, 0.0], [0.0, 0.0], [1.0, 3.0]])
    yield Case("a row of zeros, and one that is a little alike", (zero, 0, 2))
    tiny = torch.tensor([[1.0, 0.0], [1.0, 1.0], [0.001, 0.0]])
    yield Case("a very short row that points the same way", (tiny, 0, 2))
    yield Case("a table that lies the other way in memory", (normal(rng, 8, 12).T, 5, 4))
    alike = torch.tensor([[1.0, 0.0], [0.0, 1.0], [1.0, 1.0]]).repeat(40, 1)
    yield Case("many ties: still the smaller id first", (alike, 61, 60))
    wte = normal(rng, 40, 8) * torch.tensor(rng.uniform(0.2, 5, (40, 1)), dtype=torch.float32)
    yield Case("a drawn table, rows of all lengths", (wte, int(rng.integers(40)), 6))


def _ranked(cosine, token, k):
    order = cosine.argsort(descending=True, stable=True)
    return order[order != token][:k]


def dot_products(wte, token, k):
    """This is the order of the plain dot products, in which a long row wins by its length. Divide
    every row by its length first.
    """
    return _ranked(wte @ wte[token], token, k)


def distances(wte, token, k):
    """This is the order of distances. The cosine asks only for the direction: a row twice as long,
    pointing the same way, is as near as can be.
    """
    return _ranked(-(wte - wte[token]).norm(dim=1), token, k)


def columns_scaled(wte, token, k):
    """You scaled the columns to length 1. Each row is a token: take the norm over dim=1, with
    keepdim=True.
    """
    unit = wte / wte.norm(dim=0, keepdim=True).clamp_min(1e-12)
    return _ranked(unit @ unit[token], token, k)


def _cosines(wte, token):
    unit = wte / wte.norm(dim=1, keepdim=True).clamp_min(1e-12)
    return unit @ unit[token]


def itself_first(wte, token, k):
    """Every token is its own nearest neighbour, which tells nobody anything: leave it out."""
    return _cosines(wte, token).argsort(descending=True, stable=True)[:k]


def drops_the_best(wte, token, k):
    """You drop the first of the list, hoping that it is the token itself. With ties it is another:
    take out the id `token`.
    """
    return _cosines(wte, token).argsort(descending=True, stable=True)[1 : k + 1]


def cuts_before_it_drops(wte, token, k):
    """You take the first k + 1 and then drop the token. With ties it may not be among them, and one
    too many is left: drop first, then take k.
    """
    order = _cosines(wte, token).argsort(descending=True, stable=True)[: k + 1]
    return order[order != token]


def minus_one_for_itself(wte, token, k):
    """You give the token itself the cosine -1, but an exact opposite has -1, too, and so the token
    may come out before it. Take the id itself out: `order[order != token]`.
    """
    cosine = _cosines(wte, token)
    cosine[token] = -1
    return cosine.argsort(descending=True, stable=True)[: min(k, len(wte) - 1)]


def farthest(wte, token, k):
    """These are the farthest ones: sorting goes from small to large unless you say
    `descending=True`.
    """
    return _ranked(-_cosines(wte, token), token, k)


def opposites_too(wte, token, k):
    """You rank by the size of the cosine without its sign, so vectors that point the opposite way
    count as near.
    """
    return _ranked(_cosines(wte, token).abs(), token, k)


def zero_over_zero(wte, token, k):
    """A row of zeros has length 0, and 0/0 is nan, which sorting puts first. Keep the length from
    being 0 before you divide (`clamp_min`).
    """
    unit = wte / wte.norm(dim=1, keepdim=True)
    return _ranked(unit @ unit[token], token, k)


def similarities(wte, token, k):
    """These are the cosines. Return the ids of the tokens, best first."""
    return _cosines(wte, token)[cosine_neighbours(wte, token, k)]


def topk_at_ties(wte, token, k):
    """Of equal cosines `topk` returns them in any order, and here the smaller id comes first. Sort
    with `argsort(descending=True, stable=True)` instead.
    """
    cosine = _cosines(wte, token)
    cosine[token] = -torch.inf
    return cosine.topk(min(k, len(wte) - 1)).indices


def topk_of_too_many(wte, token, k):
    """Two things. `topk` raises an error when there are fewer than k, and of equal cosines it
    returns any. Sort with `argsort(descending=True, stable=True)`, and take the first k.
    """
    cosine = _cosines(wte, token)
    cosine[token] = -torch.inf
    return cosine.topk(k).indices


def no_keepdim(wte, token, k):
    """The lengths have lost an axis: (V,) does not fit (V, C). Keep it, (V, 1), with
    keepdim=True.
    """
    unit = wte / wte.norm(dim=1)
    return _ranked(unit @ unit[token], token, k)


def something_added(wte, token, k):
    """You add a small number to each length, which makes short rows a little shorter than 1, and
    equal cosines are no longer equal. `clamp_min(1e-12)` changes only a length of 0.
    """
    unit = wte / (wte.norm(dim=1, keepdim=True) + 1e-6)
    return _ranked(unit @ unit[token], token, k)


def distances_of_directions(wte, token, k):
    """You rank by the distance of the scaled rows. That is the cosine's order, but not for a row of
    zeros: its distance is 1, and its cosine 0. Rank by the cosine.
    """
    unit = wte / wte.norm(dim=1, keepdim=True).clamp_min(1e-12)
    order = (unit - unit[token]).norm(dim=1).argsort(stable=True)
    return order[order != token][:k]


def clamped_too_high(wte, token, k):
    """Short rows do not get the length 1: the smallest length you divide by is too large. Take one
    that only a row of zeros is below, such as 1e-12.
    """
    unit = wte / wte.norm(dim=1, keepdim=True).clamp_min(1e-2)
    return _ranked(unit @ unit[token], token, k)


EXERCISE = Exercise(
    cosine_neighbours,
    cases,
    mistakes=(
        dot_products,
        distances,
        columns_scaled,
        itself_first,
        drops_the_best,
        cuts_before_it_drops,
        minus_one_for_itself,
        farthest,
        opposites_too,
        zero_over_zero,
        similarities,
        topk_at_ties,
        topk_of_too_many,
        no_keepdim,
        something_added,
        distances_of_directions,
        clamped_too_high,
    ),
    hints=(
        "`wte.norm(dim=1, keepdim=True)` is every row's length, (V, 1); `.clamp_min(1e-12)` keeps "
        "it from being 0. Divide, and all rows have length 1.",
        "Between rows of length 1 the cosine is the dot product: `unit @ unit[token]` "
        "gives all V of them at once.",
        "`cosine.argsort(descending=True, stable=True)` gives ids, best first, ties by "
        "id. `order[order != token]` drops the token itself.",
    ),
    points=2,
    minutes=15,
    difficulty="medium",
    post="Input Encoding",
    core=False,
)
