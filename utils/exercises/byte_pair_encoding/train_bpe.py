"""Learn merges: join the most frequent pair, again and again."""

from collections import Counter

from utils.exercises import Case, Exercise
from utils.exercises.byte_pair_encoding.merge import merge
from utils.exercises.byte_pair_encoding.shared import apart, neighbours, story
from utils.exercises.byte_pair_encoding.to_bytes import to_bytes


def train_bpe(ids, n_merges):
    merges = []
    while len(merges) < n_merges:
        counts = Counter(zip(ids, ids[1:]))
        if not counts:
            break
        best = min(counts, key=lambda pair: (-counts[pair], pair))
        ids = merge(ids, best, 256 + len(merges))
        merges.append(best)
    return merges


def cases(rng):
    yield Case("“aaabdaaabac”, three merges", (to_bytes("aaabdaaabac"), 3))
    yield Case("a tie: every pair once", (to_bytes("dcba"), 1))
    yield Case("a tie that the left id decides", (to_bytes("cb ac cb ac"), 2))
    yield Case("a tie that the right id decides", (to_bytes("acab"), 1))
    yield Case("a tie of (97, 120) and (98, 99)", (to_bytes("axbc"), 1))
    yield Case("a tie of (98, 120) and (120, 97)", (to_bytes("bxa"), 1))
    yield Case("a tie of (97, 98) and (100, 97)", (to_bytes("dab"), 1))
    yield Case("pairs that overlap: aaa has two", (to_bytes("aaabcbc"), 1))
    yield Case("more merges than there are pairs", (to_bytes("hat"), 10))
    yield Case("no merges", (to_bytes("hat"), 0))
    yield Case("no text", ([], 3))
    yield Case("the beginning of a story", (to_bytes(story(rng, 200)), 8))


def _train(ids, n_merges, choose, first=256, fewest=1, pairs=neighbours):
    merges = []
    while len(merges) < n_merges:
        counts = Counter(pairs(ids))
        if not counts or max(counts.values()) < fewest:
            break
        best = choose(counts)
        ids = merge(ids, best, first + len(merges))
        merges.append(best)
    return merges


def tie_first_met(ids, n_merges):
    """Among equally frequent pairs you take the one that comes first in the text. The rule here is
    the smallest pair, compared as tuples.
    """
    return _train(ids, n_merges, lambda counts: max(counts, key=counts.get))


def tie_largest(ids, n_merges):
    """Among equally frequent pairs you take the largest. `max` over (count, pair) does that; the
    rule is the smallest pair.
    """
    return _train(ids, n_merges, lambda counts: max(counts, key=lambda pair: (counts[pair], pair)))


def tie_by_the_left_id(ids, n_merges):
    """Among equally frequent pairs with the same left id you take the one that comes first in the
    text. Compare whole pairs, so that the right id decides then.
    """
    return _train(ids, n_merges, lambda counts: min(counts, key=lambda p: (-counts[p], p[0])))


def tie_by_the_sum(ids, n_merges):
    """Among equally frequent pairs you take the one whose ids add up to the least. Compare the
    pairs as tuples: the left id first, then the right one.
    """
    return _train(ids, n_merges, lambda counts: min(counts, key=lambda p: (-counts[p], sum(p), p)))


def tie_as_text(ids, n_merges):
    """Among equally frequent pairs you compare how they are written, and as text 100 comes before
    97. Compare the pairs themselves.
    """
    return _train(ids, n_merges, lambda counts: min(counts, key=lambda p: (-counts[p], str(p))))


def tie_by_the_smaller_id(ids, n_merges):
    """Among equally frequent pairs you look at the smaller id of each first, wherever it stands.
    Compare the pairs as tuples: the left id first, then the right one.
    """
    return _train(ids, n_merges, lambda counts: min(counts, key=lambda p: (-counts[p], min(p), p)))


def overlaps_count_once(ids, n_merges):
    """In aaa you count the pair (a, a) once, but it stands there twice: at place 0 and at place 1.
    Count all pairs of neighbours.
    """
    return _train(ids, n_merges, _smallest, pairs=apart)


def rarest(ids, n_merges):
    """You merge the rarest pair. Look at the sign of the count in your key."""
    return _train(ids, n_merges, lambda counts: min(counts, key=lambda pair: (counts[pair], pair)))


def counts_only_once(ids, n_merges):
    """You counted once and took the most frequent pairs of that count. Each merge changes what
    stands side by side: count again.
    """
    counts = Counter(zip(ids, ids[1:]))
    return sorted(counts, key=lambda pair: (-counts[pair], pair))[:n_merges]


def _smallest(counts):
    return min(counts, key=lambda pair: (-counts[pair], pair))


def never_merges(ids, n_merges):
    """You find the same pair every time, because the ids never change. Go on with the merged
    ids.
    """
    counts = Counter(zip(ids, ids[1:]))
    return [_smallest(counts)] * n_merges if counts else []


def starts_at_257(ids, n_merges):
    """Your new ids start one too high. Bytes are 0 to 255, so the first merge makes id 256."""
    return _train(ids, n_merges, _smallest, first=257)


def starts_at_0(ids, n_merges):
    """Your new ids start at 0, but 0 to 255 are the bytes. The first merge makes id 256."""
    return _train(ids, n_merges, _smallest, first=0)


def stops_at_one(ids, n_merges):
    """You stop when the best pair occurs only once. That is a choice too, but not ours: go on while
    there is any pair.
    """
    return _train(ids, n_merges, _smallest, fewest=2)


def merged_ids(ids, n_merges):
    """These are the merged ids. Return the list of merges: the pairs, in the order in which you
    chose them.
    """
    for i, pair in enumerate(train_bpe(ids, n_merges)):
        ids = merge(ids, pair, 256 + i)
    return ids


def dict_of_merges(ids, n_merges):
    """A dict from pair to new id holds the same. Return the pairs alone, as a list: the first one
    makes id 256, and so on.
    """
    return {pair: 256 + i for i, pair in enumerate(train_bpe(ids, n_merges))}


def with_their_counts(ids, n_merges):
    """You return the counts too. Return the pairs alone."""
    merges = []
    for i, pair in enumerate(train_bpe(ids, n_merges)):
        merges.append((pair, Counter(zip(ids, ids[1:]))[pair]))
        ids = merge(ids, pair, 256 + i)
    return merges


def no_pair_left(ids, n_merges):
    """When no pair is left, `min` or `max` of nothing raises an error. Leave the loop before
    that.
    """
    merges = []
    for _ in range(n_merges):
        best = _smallest(Counter(zip(ids, ids[1:])))
        ids = merge(ids, best, 256 + len(merges))
        merges.append(best)
    return merges


EXERCISE = Exercise(
    train_bpe,
    cases,
    mistakes=(
        tie_first_met,
        tie_largest,
        tie_by_the_left_id,
        tie_by_the_sum,
        tie_as_text,
        tie_by_the_smaller_id,
        overlaps_count_once,
        rarest,
        counts_only_once,
        never_merges,
        starts_at_257,
        starts_at_0,
        stops_at_one,
        merged_ids,
        dict_of_merges,
        with_their_counts,
        no_pair_left,
    ),
    hints=(
        "One pass of the loop: count the pairs, choose one, merge it everywhere, append it.",
        "Sort by two things at once: `key=lambda pair: (-counts[pair], pair)`, and take the `min`.",
        "The new id is `256 + len(merges)`, before you append. Stop when `counts` is empty.",
    ),
    points=3,
    minutes=18,
    difficulty="medium",
    post="End of part #1: The GPT-2, Ladies and Gentlemen",
)
