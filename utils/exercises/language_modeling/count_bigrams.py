"""Count how often each word follows each other word."""

from utils.exercises import Case, Exercise
from utils.exercises.language_modeling.shared import story_words


def count_bigrams(words):
    counts = {}
    for word, after in zip(words, words[1:]):
        followers = counts.setdefault(word, {})
        followers[after] = followers.get(after, 0) + 1
    return counts


def cases(rng):
    yield Case("five words", ("the robot and the dog".split(),))
    yield Case("the same word three times", (["no", "no", "no"],))
    yield Case("one word: no pair at all", (["hello"],))
    yield Case("no words", ([],))
    yield Case("the beginning of a story", (story_words(rng),))


def counts_single_words(words):
    """You counted single words. Count pairs: for each word, a dict of the words that came right
    after it.
    """
    counts = {}
    for word in words:
        counts[word] = counts.get(word, 0) + 1
    return counts


def counts_backwards(words):
    """Your pairs are the wrong way round: the outer key is the earlier word, the inner key the one
    that follows.
    """
    return count_bigrams(words[::-1])


def counts_once(words):
    """Every pair is counted once, however often it occurs: add 1 to the old count instead of
    writing 1.
    """
    return {w: dict.fromkeys(f, 1) for w, f in count_bigrams(words).items()}


def counts_without_last(words):
    """The last pair is missing: a list of n words has n - 1 pairs."""
    return count_bigrams(words[:-1])


def counts_around(words):
    """The last word is followed by nothing; you let the text start again after it."""
    return count_bigrams(words + words[:1]) if words else {}


EXERCISE = Exercise(
    count_bigrams,
    cases,
    mistakes=(
        counts_single_words,
        counts_backwards,
        counts_once,
        counts_without_last,
        counts_around,
    ),
    hints=(
        "`zip(words, words[1:])` gives every word together with the one after it.",
        "`counts.setdefault(word, {})` gives the inner dict, and makes an empty one the "
        "first time.",
        "With `followers` as that inner dict: `followers[after] = followers.get(after, 0) + 1`.",
    ),
    points=2,
    minutes=10,
    post="What is a Language Model",
)
