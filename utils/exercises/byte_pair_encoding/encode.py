"""Encode a word: merge its bytes, lowest rank first."""

import math

from utils.exercises import Case, Exercise
from utils.exercises.byte_pair_encoding.shared import small_ranks, story
from utils.exercises.byte_pair_encoding.to_bytes import to_bytes
from utils.exercises.byte_pair_encoding.train_bpe import train_bpe


def encode(text, ranks):
    parts = [bytes([b]) for b in text.encode("utf-8")]
    while len(parts) > 1:
        pairs = [a + b for a, b in zip(parts, parts[1:])]
        best = min(pairs, key=lambda p: ranks.get(p, math.inf))
        if best not in ranks:
            break
        i = pairs.index(best)
        parts[i : i + 2] = [best]
    return [ranks[part] for part in parts]


def cases(rng):
    yield Case("two merges fit: bc has the lower rank", ("abc", small_ranks(b"a", b"bc", b"ab")))
    yield Case("merges on merges", ("hugs", small_ranks(b"ug", b"hug", b"gs")))
    yield Case("a long token that the merges never reach", ("abcd", small_ranks(b"bc", b"abcd")))
    yield Case("“aaaaa”: from the left", ("aaaaa", small_ranks(b"a", b"aa", b"aaaa")))
    yield Case("a merge makes room for a lower rank", ("abc", small_ranks(b"abc", b"ab")))
    yield Case("ranks as large as GPT-2's", ("cab", {b"a": 0, b"b": 1, b"c": 2, b"ab": 50_000}))
    yield Case("a letter of two bytes, no merge", ("é", small_ranks(b"\xc3", b"\xa9")))
    yield Case("two bytes, one merge", ("ab", small_ranks(b"ab")))
    yield Case("a space in front", (" ab", small_ranks(b" a", b"ab")))
    yield Case("a capital letter", ("Ab", small_ranks(b"Ab", b"ab")))
    yield Case("one byte", ("a", small_ranks(b"a", b"ab")))
    yield Case("no text", ("", small_ranks(b"a")))
    text = story(rng, 240)
    yield Case("ranks trained on a story", (text[:50], _trained_ranks(text, 30)))


def _trained_ranks(text, n_merges):
    """The ranks that train_bpe finds in a text, for the bytes of that text."""
    tokens = [bytes([b]) for b in range(256)]
    for a, b in train_bpe(to_bytes(text), n_merges):
        tokens.append(tokens[a] + tokens[b])
    return small_ranks(*(bytes([b]) for b in text.encode()), *tokens[256:])


def _merge_by(text, ranks, choose):
    parts = [bytes([b]) for b in text.encode("utf-8")]
    while True:
        places = [i for i in range(len(parts) - 1) if parts[i] + parts[i + 1] in ranks]
        if not places:
            return [ranks[part] for part in parts]
        i = choose(places, lambda i: ranks[parts[i] + parts[i + 1]])
        parts[i : i + 2] = [parts[i] + parts[i + 1]]


def leftmost_first(text, ranks):
    """You make the first merge that you find from the left. Look at all pairs, and join the one
    with the lowest rank.
    """
    return _merge_by(text, ranks, lambda places, rank: places[0])


def one_sweep(text, ranks):
    """You sweep once from left to right and merge what fits. Look at all pairs each time, and take
    the one with the lowest rank.
    """
    parts, i = [bytes([b]) for b in text.encode("utf-8")], 0
    while i < len(parts) - 1:
        if parts[i] + parts[i + 1] in ranks:
            parts[i : i + 2] = [parts[i] + parts[i + 1]]
        else:
            i += 1
    return [ranks[part] for part in parts]


def sweep_over_the_ranks(text, ranks):
    """You go through the ranks once, from the lowest up. A merge can make room for another of a
    lower rank: after each merge look at all pairs again.
    """
    parts = [bytes([b]) for b in text.encode("utf-8")]
    for token in sorted(ranks, key=ranks.get):
        i = 0
        while i < len(parts) - 1:
            if parts[i] + parts[i + 1] == token:
                parts[i : i + 2] = [token]
            i += 1
    return [ranks[part] for part in parts]


def starts_too_low(text, ranks):
    """A pair with a high rank is never merged: the number that your search starts from, or that
    stands for no rank, is too small. Take `math.inf`, which is above all ranks.
    """
    return encode(text, {token: rank for token, rank in ranks.items() if rank < 1000})


def longest_match(text, ranks):
    """You take the longest token that fits at the left. The merges may never lead to it: start from
    single bytes and merge.
    """
    word, ids = text.encode("utf-8"), []
    while word:
        n = max(n for n in range(1, len(word) + 1) if word[:n] in ranks)
        ids.append(ranks[word[:n]])
        word = word[n:]
    return ids


def highest_rank(text, ranks):
    """You take the highest rank. The merge learned first, with the lowest rank, comes first."""
    return _merge_by(text, ranks, lambda places, rank: max(places, key=rank))


def from_the_right_end(text, ranks):
    """Where the best merge fits at several places you take the last one. Take the leftmost."""
    return _merge_by(text, ranks, lambda places, rank: min(reversed(places), key=rank))


def looks_up_every_pair(text, ranks):
    """Most pairs are not in `ranks`, and looking one up raises an error.
    `ranks.get(pair, math.inf)` gives a rank that never wins.
    """
    parts = [bytes([b]) for b in text.encode("utf-8")]
    while len(parts) > 1:
        pairs = [a + b for a, b in zip(parts, parts[1:])]
        best = min(pairs, key=lambda p: ranks[p])
        i = pairs.index(best)
        parts[i : i + 2] = [best]
    return [ranks[part] for part in parts]


def smallest_of_nothing(text, ranks):
    """With one part or none there is no pair, and `min` of nothing raises an error. Go on only
    while there are two parts.
    """
    parts = [bytes([b]) for b in text.encode("utf-8")]
    while True:
        pairs = [a + b for a, b in zip(parts, parts[1:])]
        best = min(pairs, key=lambda p: ranks.get(p, math.inf))
        if best not in ranks:
            return [ranks[part] for part in parts]
        i = pairs.index(best)
        parts[i : i + 2] = [best]


def merges_once(text, ranks):
    """You stop after one merge. Go on until no pair is in the ranks."""
    parts = [bytes([b]) for b in text.encode("utf-8")]
    places = [i for i in range(len(parts) - 1) if parts[i] + parts[i + 1] in ranks]
    if places:
        i = min(places, key=lambda i: ranks[parts[i] + parts[i + 1]])
        parts[i : i + 2] = [parts[i] + parts[i + 1]]
    return [ranks[part] for part in parts]


def starts_from_characters(text, ranks):
    """You start from characters; é is two bytes. Start from `text.encode("utf-8")`, one part for
    each byte.
    """
    parts = [character.encode("utf-8") for character in text]
    while len(parts) > 1:
        pairs = [a + b for a, b in zip(parts, parts[1:])]
        best = min(pairs, key=lambda p: ranks.get(p, math.inf))
        if best not in ranks:
            break
        i = pairs.index(best)
        parts[i : i + 2] = [best]
    return [ranks[part] for part in parts]


def strips(text, ranks):
    """The white space at the ends is lost. A space is a byte like any other: leave `strip` out."""
    return encode(text.strip(), ranks)


def lower_case(text, ranks):
    """Capital letters became small ones. They are other bytes, with other ids: leave `lower`
    out.
    """
    return encode(text.lower(), ranks)


def parts_not_ids(text, ranks):
    """The parts are right. Return their ids: look each part up in the ranks."""
    by_id = {rank: token for token, rank in ranks.items()}
    return [by_id[i] for i in encode(text, ranks)]


EXERCISE = Exercise(
    encode,
    cases,
    mistakes=(
        leftmost_first,
        one_sweep,
        sweep_over_the_ranks,
        starts_too_low,
        longest_match,
        highest_rank,
        from_the_right_end,
        looks_up_every_pair,
        smallest_of_nothing,
        merges_once,
        starts_from_characters,
        strips,
        lower_case,
        parts_not_ids,
    ),
    hints=(
        "Keep a list of parts, at first one `bytes` object for each byte: `bytes([b])`.",
        "For each two neighbours look up `ranks.get(a + b, math.inf)`. The smallest "
        "value tells which two to join.",
        "Where `best` is the two parts joined, and `i` their place, `parts[i:i + 2] = [best]` "
        "joins them. Stop when `best` is not in the ranks, or one part is left.",
    ),
    points=3,
    minutes=25,
    difficulty="hard",
    post="End of part #1: The GPT-2, Ladies and Gentlemen",
)
