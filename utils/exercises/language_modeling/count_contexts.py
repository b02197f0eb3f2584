"""Count what follows each sequence of `back` words."""

from utils.exercises import Case, Exercise
from utils.exercises.language_modeling.count_bigrams import count_bigrams
from utils.exercises.language_modeling.shared import long_text, story_words


def count_contexts(words, back):
    counts = {}
    for i in range(back, len(words)):
        followers = counts.setdefault(tuple(words[i - back : i]), {})
        followers[words[i]] = followers.get(words[i], 0) + 1
    return counts


def cases(rng):
    sentence = "the dog and the dog ran".split()
    yield Case("two words back", (sentence, 2))
    yield Case("one word back: the keys are still tuples", (sentence, 1))
    yield Case("no word back: one context, the empty tuple", (sentence, 0))
    yield Case("fewer words than that", (["hello", "dog"], 2))
    yield Case("no words", ([], 0))
    yield Case("the beginning of a story", (story_words(rng), int(rng.integers(2, 4))))
    yield Case("8,000 words: go through them once, in a loop", (long_text(rng), 2))


def _with_keys(words, back, key):
    counts = {}
    for i in range(back, len(words)):
        followers = counts.setdefault(key(words[i - back : i]), {})
        followers[words[i]] = followers.get(words[i], 0) + 1
    return counts


def lists_as_keys(words, back):
    """A list cannot be the key of a dict, because it can change. Make a tuple of it."""
    return _with_keys(words, back, lambda context: context)


def text_as_keys(words, back):
    """Your keys are texts. Make tuples of words, so that the words can be told apart again."""
    return _with_keys(words, back, " ".join)


def words_as_keys(words, back):
    """For one word back your keys are the words themselves. The keys are always tuples:
    `("the",)` holds one word.
    """
    return count_bigrams(words) if back == 1 else count_contexts(words, back)


def context_backwards(words, back):
    """Your contexts run backwards. Keep the words in the order in which they stand in the text."""
    return _with_keys(words, back, lambda context: tuple(context[::-1]))


def starts_at_the_first_word(words, back):
    """At the first words there are not yet `back` words before. Start at place `back`."""
    counts = {}
    for i in range(len(words)):
        followers = counts.setdefault(tuple(words[max(i - back, 0) : i]), {})
        followers[words[i]] = followers.get(words[i], 0) + 1
    return counts


def misses_the_last_word(words, back):
    """The last word is not counted: go on to the end of the list."""
    return count_contexts(words[:-1], back)


def counts_once(words, back):
    """Every word that follows is counted once, however often it occurs: add 1 to the old count."""
    return {c: dict.fromkeys(f, 1) for c, f in count_contexts(words, back).items()}


def only_pairs_are_tuples(words, back):
    """The keys are always tuples: for one word back `("the",)`, and for none the empty tuple `()`.
    `tuple(words[i - back:i])` gives both.
    """
    counts = {}
    for i in range(back, len(words)):
        context = tuple(words[i - back : i]) if back > 1 else words[i - 1]
        followers = counts.setdefault(context, {})
        followers[words[i]] = followers.get(words[i], 0) + 1
    return counts


EXERCISE = Exercise(
    count_contexts,
    cases,
    mistakes=(
        lists_as_keys,
        text_as_keys,
        words_as_keys,
        context_backwards,
        starts_at_the_first_word,
        misses_the_last_word,
        counts_once,
        only_pairs_are_tuples,
    ),
    hints=(
        "As in count_bigrams, with one change: the outer key is a tuple of the words before.",
        "Go through the places with `for i in range(back, len(words))`: the context is "
        "`tuple(words[i - back:i])`, the word that follows is `words[i]`.",
    ),
    points=2,
    minutes=8,
    difficulty="medium",
    seconds=1.0,  # a hundredth is plenty; a pass for each word takes longer
    core=False,
)
