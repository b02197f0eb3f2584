"""Count how often each pair of neighbouring ids occurs."""

from collections import Counter

from utils.exercises import Case, Exercise
from utils.exercises.byte_pair_encoding.shared import story
from utils.exercises.byte_pair_encoding.to_bytes import to_bytes


def count_pairs(ids):
    counts = {}
    for pair in zip(ids, ids[1:]):
        counts[pair] = counts.get(pair, 0) + 1
    return counts


def cases(rng):
    yield Case("five ids", ([1, 2, 3, 1, 2],))
    yield Case("“aaa”: the pairs overlap", ([97, 97, 97],))
    yield Case("two ids", ([2, 1],))
    yield Case("one id: no pair", ([5],))
    yield Case("no ids", ([],))
    yield Case("both ways round", ([1, 2, 1, 1],))
    yield Case("the bytes of a story", (to_bytes(story(rng, 60)),))


def counts_every_second(ids):
    """You go on two ids at a time. Pairs overlap: ids 1, 2, 3 hold the pairs (1, 2) and (2, 3)."""
    return dict(Counter(zip(ids[::2], ids[1::2])))


def counts_without_overlap(ids):
    """In “aaa” the pair (a, a) stands twice, at places 0 and 1; you counted it once. Counting lets
    pairs overlap; only merging may not.
    """
    counts, last = {}, None
    for pair in zip(ids, ids[1:]):
        overlaps = pair == last and pair[0] == pair[1]
        last = None if overlaps else pair
        if not overlaps:
            counts[pair] = counts.get(pair, 0) + 1
    return counts


def counts_pairs_once(ids):
    """Every pair is counted once, however often it occurs: add 1 to the old count instead of
    writing 1.
    """
    return dict.fromkeys(zip(ids, ids[1:]), 1)


def counts_ids(ids):
    """You counted single ids. The keys are pairs: (an id, the id after it)."""
    return dict(Counter(ids))


def ignores_order(ids):
    """(1, 2) and (2, 1) are different pairs; you counted them together."""
    return dict(Counter(tuple(sorted(pair)) for pair in zip(ids, ids[1:])))


def goes_round(ids):
    """The last id has no neighbour on its right; you paired it with the first one."""
    return dict(Counter(zip(ids, ids[1:] + ids[:1])))


def misses_last_pair(ids):
    """The last pair is missing: a list of n ids has n - 1 pairs."""
    return dict(Counter(zip(ids[:-1], ids[1:-1])))


EXERCISE = Exercise(
    count_pairs,
    cases,
    mistakes=(
        counts_every_second,
        counts_without_overlap,
        counts_pairs_once,
        counts_ids,
        ignores_order,
        goes_round,
        misses_last_pair,
    ),
    hints=(
        "`zip(ids, ids[1:])` gives each id together with the one after it.",
        "`counts[pair] = counts.get(pair, 0) + 1`.",
    ),
    points=1,
    minutes=5,
    post="End of part #1: The GPT-2, Ladies and Gentlemen",
)
