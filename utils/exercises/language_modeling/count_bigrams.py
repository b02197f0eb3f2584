"""Count, for each word, how often each word comes right after it."""

from collections import Counter

from utils.exercises import Case, Exercise
from utils.exercises.language_modeling.shared import long_text, story_words


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
    yield Case("8,000 words: go through them once, in a loop", (long_text(rng),))


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


def counter_of_pairs(words):
    """The counts are right, but the keys are pairs. Make a dict of dicts: for each word, a dict of
    the words that came right after it.
    """
    return dict(Counter(zip(words, words[1:])))


def lists_what_followed(words):
    """For each word you keep a list of what followed. Keep a dict instead: which word followed, and
    how often.
    """
    followers = {}
    for word, after in zip(words, words[1:]):
        followers.setdefault(word, []).append(after)
    return followers


def every_word_has_an_entry(words):
    """Each word has an entry, even one that nothing follows, such as the last. Make the inner dict
    only when there is a pair.
    """
    return dict.fromkeys(words, {}) | count_bigrams(words)


def runs_past_the_end(words):
    """The last word has no neighbour on its right: stop one place earlier, or use
    `zip(words, words[1:])`, which does.
    """
    counts = {}
    for i in range(len(words)):
        followers = counts.setdefault(words[i], {})
        followers[words[i + 1]] = followers.get(words[i + 1], 0) + 1
    return counts


def counts_once(words):
    """Every pair is counted once, however often it occurs. Add 1 to the old count instead of
    writing 1, and go through all pairs as they come, not through a `set` of them.
    """
    return {w: dict.fromkeys(f, 1) for w, f in count_bigrams(words).items()}


def counts_without_last(words):
    """The last pair is missing: a list of n words has n - 1 pairs."""
    return count_bigrams(words[:-1])


def counts_around(words):
    """Nothing follows the last word; you count the first word after it, as if the text went
    round.
    """
    return count_bigrams(words + words[:1]) if words else {}


EXERCISE = Exercise(
    count_bigrams,
    cases,
    mistakes=(
        counts_single_words,
        counter_of_pairs,
        lists_what_followed,
        every_word_has_an_entry,
        runs_past_the_end,
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
    seconds=1.0,  # a hundredth is plenty; a pass for each word takes longer
)
