"""Learn merges from a text that is cut into words: look at each different word once."""

from collections import Counter

from utils import bpe
from utils.exercises import Case, Exercise
from utils.exercises.byte_pair_encoding.merge import merge
from utils.exercises.byte_pair_encoding.shared import apart, neighbours, story
from utils.exercises.byte_pair_encoding.to_bytes import to_bytes
from utils.exercises.byte_pair_encoding.train_bpe import train_bpe


def train_on_words(words, n_merges):
    parts, merges = {word: to_bytes(word) for word in words}, []
    while len(merges) < n_merges:
        counts = _counts(words, parts)
        if not counts:
            break
        best = min(counts, key=lambda pair: (-counts[pair], pair))
        parts = {word: merge(ids, best, 256 + len(merges)) for word, ids in parts.items()}
        merges.append(best)
    return merges


def _counts(words, parts):
    counts = Counter()
    for word, ids in parts.items():
        for pair in zip(ids, ids[1:]):
            counts[pair] += words[word]
    return counts


def cases(rng):
    yield Case("one word", ({"hug": 1}, 2))
    yield Case("rare words with a common pair", ({"ab": 5, "cd": 3, "xcd": 3}, 1))
    yield Case("the same pair twice in a word", ({"abab": 2, "xy": 3}, 2))
    yield Case("no merge across words", ({"a": 9, "b": 9}, 3))
    yield Case("a tie: the smallest pair", ({"cb": 2, "ac": 2}, 1))
    yield Case("a tie that the right id decides", ({"ac": 2, "ab": 2}, 1))
    yield Case("a tie of (97, 120) and (98, 99)", ({"bc": 2, "ax": 2}, 1))
    yield Case("a tie of (98, 120) and (120, 97)", ({"xa": 2, "bx": 2}, 1))
    yield Case("a tie of (97, 98) and (100, 97)", ({"da": 2, "ab": 2}, 1))
    yield Case("a letter of two bytes", ({"née": 2}, 1))
    yield Case("a word that one merge makes whole", ({"ab": 5, "abc": 1}, 2))
    yield Case("no merges", ({"hat": 1}, 0))
    yield Case("pairs that overlap: aaa has two", ({"aaa": 2, "bc": 3}, 1))
    yield Case("no words", ({}, 3))
    words = Counter(bpe.split_words(story(rng, 300)))
    yield Case("the words of a story", (dict(words), 12))


def _smallest(counts):
    return min(counts, key=lambda pair: (-counts[pair], pair))


def _train(words, n_merges, weigh=lambda n: n, pairs=neighbours, choose=_smallest, start=to_bytes):
    parts, merges = {word: start(word) for word in words}, []
    while len(merges) < n_merges:
        counts = Counter()
        for word, ids in parts.items():
            for pair in pairs(ids):
                counts[pair] += weigh(words[word])
        if not counts:
            break
        best = choose(counts)
        parts = {word: merge(ids, best, 256 + len(merges)) for word, ids in parts.items()}
        merges.append(best)
    return merges


def each_word_counts_once(words, n_merges):
    """You count each word once, however often it occurs. Its pairs occur as often as it does: add
    `words[word]`.
    """
    return _train(words, n_merges, weigh=lambda n: 1)


def each_pair_once_in_a_word(words, n_merges):
    """A pair can stand in a word twice; then it counts twice as often as the word."""
    return _train(words, n_merges, pairs=lambda ids: set(neighbours(ids)))


def overlaps_count_once(words, n_merges):
    """In aaa you count the pair (a, a) once, but it stands there twice: at place 0 and at place 1.
    Count all pairs of neighbours.
    """
    return _train(words, n_merges, pairs=apart)


def tie_first_met(words, n_merges):
    """Among equally frequent pairs you take the one that comes first. The rule here is the smallest
    pair, compared as tuples.
    """
    return _train(words, n_merges, choose=lambda counts: max(counts, key=counts.get))


def tie_by_the_left_id(words, n_merges):
    """Among equally frequent pairs with the same left id you take the one that comes first. Compare
    whole pairs, so that the right id decides then.
    """
    return _train(
        words, n_merges, choose=lambda counts: min(counts, key=lambda p: (-counts[p], p[0]))
    )


def tie_by_the_sum(words, n_merges):
    """Among equally frequent pairs you take the one whose ids add up to the least. Compare the
    pairs as tuples: the left id first, then the right one.
    """
    return _train(
        words, n_merges, choose=lambda counts: min(counts, key=lambda p: (-counts[p], sum(p), p))
    )


def tie_as_text(words, n_merges):
    """Among equally frequent pairs you compare how they are written, and as text 100 comes before
    97. Compare the pairs themselves.
    """
    return _train(
        words, n_merges, choose=lambda counts: min(counts, key=lambda p: (-counts[p], str(p)))
    )


def tie_by_the_smaller_id(words, n_merges):
    """Among equally frequent pairs you look at the smaller id of each first, wherever it stands.
    Compare the pairs as tuples: the left id first, then the right one.
    """
    return _train(
        words, n_merges, choose=lambda counts: min(counts, key=lambda p: (-counts[p], min(p), p))
    )


def code_points(words, n_merges):
    """You start from code points, one number for each character, and é is two bytes. Start from
    `to_bytes(word)`.
    """
    return _train(words, n_merges, start=lambda word: list(map(ord, word)))


def one_at_least(words, n_merges):
    """Where no merge is asked for you make one all the same: look at the number before you merge,
    not after it.
    """
    return _train(words, max(n_merges, 1))


def joins_the_words(words, n_merges):
    """You join the words, so that pairs reach from one into the next. Count inside each word
    alone.
    """
    return train_bpe(to_bytes("".join(word * often for word, often in words.items())), n_merges)


def counts_only_once(words, n_merges):
    """You counted once. After each merge other pairs stand side by side: merge in every word, then
    count again.
    """
    counts = _counts(words, {word: to_bytes(word) for word in words})
    return sorted(counts, key=lambda pair: (-counts[pair], pair))[:n_merges]


EXERCISE = Exercise(
    train_on_words,
    cases,
    mistakes=(
        each_word_counts_once,
        each_pair_once_in_a_word,
        overlaps_count_once,
        tie_first_met,
        tie_by_the_left_id,
        tie_by_the_sum,
        tie_as_text,
        tie_by_the_smaller_id,
        code_points,
        one_at_least,
        joins_the_words,
        counts_only_once,
    ),
    hints=(
        "Keep the ids of each word in a dict: `parts = {word: to_bytes(word) for word in words}`.",
        "A pair inside a word occurs as often as the word: `counts[pair] += words[word]`.",
        "Then go on as in train_bpe, and use `merge` on the ids of every word.",
    ),
    points=2,
    minutes=12,
    difficulty="medium",
    post="End of part #1: The GPT-2, Ladies and Gentlemen",
    core=False,
)
