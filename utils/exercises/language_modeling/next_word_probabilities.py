"""Turn the counts after one word into probabilities, with a little for words never seen there."""

from utils.exercises import Case, Exercise
from utils.exercises.language_modeling.count_bigrams import count_bigrams
from utils.exercises.language_modeling.shared import story_words


def next_word_probabilities(counts, word, vocabulary, alpha):
    followers = counts.get(word, {})
    total = sum(followers.values()) + alpha * len(vocabulary)
    return {w: (followers.get(w, 0) + alpha) / total for w in vocabulary}


def cases(rng):
    counts = {"the": {"robot": 3, "dog": 1}, "a": {"dog": 2}}
    vocabulary = ["the", "a", "robot", "dog"]
    yield Case("no smoothing", (counts, "the", vocabulary, 0.0))
    yield Case("add one to every word", (counts, "the", vocabulary, 1.0))
    yield Case("a word never seen before another", (counts, "dog", vocabulary, 1.0))
    yield Case("a quarter of a count", (counts, "a", vocabulary, 0.25))
    yield Case("the empty tuple, as good as a word", ({(): {"a": 2}}, (), ["a", "dog"], 0.5))
    words = story_words(rng)
    drawn = words[int(rng.integers(len(words) - 1))]
    yield Case(
        "counts from a story",
        (count_bigrams(words), drawn, sorted(set(words)), float(rng.uniform(0.1, 2))),
    )
    many = [f"word {i}" for i in range(8_000)]
    yield Case(
        "8,000 words: compute the total once, before you go through them",
        ({"a": {"word 3": 2, "word 7": 1}}, "a", many, 0.5),
    )


def divides_by_kinds(counts, word, vocabulary, alpha):
    """You divide by how many different words followed. Divide by how many words followed in all:
    the sum of the counts.
    """
    followers = counts.get(word, {})
    return {
        w: (followers.get(w, 0) + alpha) / (len(followers) + alpha * len(vocabulary))
        for w in vocabulary
    }


def total_without_alpha(counts, word, vocabulary, alpha):
    """The probabilities add up to more than 1: alpha is added to every word of the vocabulary, so
    the total grows by alpha times their number.
    """
    followers = counts.get(word, {})
    return {w: (followers.get(w, 0) + alpha) / sum(followers.values()) for w in vocabulary}


def one_alpha_in_total(counts, word, vocabulary, alpha):
    """The total grows by one alpha; it must grow by one for each word of the vocabulary."""
    followers = counts.get(word, {})
    return {
        w: (followers.get(w, 0) + alpha) / (sum(followers.values()) + alpha) for w in vocabulary
    }


def alpha_for_each_follower(counts, word, vocabulary, alpha):
    """Your total grows by alpha for each word that followed; it must grow by alpha for each word of
    the vocabulary.
    """
    followers = counts.get(word, {})
    return {
        w: (followers.get(w, 0) + alpha) / (sum(followers.values()) + alpha * len(followers))
        for w in vocabulary
    }


def no_smoothing(counts, word, vocabulary, alpha):
    """Nothing is added: alpha is not used. Add it to the count of every word of the vocabulary,
    including those that never followed, and let the total grow with it.
    """
    followers = counts.get(word, {})
    total = sum(followers.values())
    return {w: followers.get(w, 0) / total for w in vocabulary}


def zero_where_nothing_followed(counts, word, vocabulary, alpha):
    """Alpha is not used. It is there for the words that never followed: with it, they get a little
    more than 0.
    """
    followers = counts.get(word, {})
    total = sum(followers.values()) or 1
    return {w: followers.get(w, 0) / total for w in vocabulary}


def looks_up_what_is_missing(counts, word, vocabulary, alpha):
    """A word that was never followed by anything has no entry: `counts.get(word, {})` gives an
    empty dict for it.
    """
    followers = counts[word]
    total = sum(followers.values()) + alpha * len(vocabulary)
    return {w: (followers.get(w, 0) + alpha) / total for w in vocabulary}


def nothing_for_the_empty_tuple(counts, word, vocabulary, alpha):
    """The empty tuple counts as false in Python, and so you take it for no word at all. Here it is
    a key like any other: `counts.get(word, {})`.
    """
    return next_word_probabilities(counts if word else {}, word, vocabulary, alpha)


def divides_by_everything(counts, word, vocabulary, alpha):
    """You divide by all counts of all words. Divide by the total of this word's row alone."""
    everything = sum(n for followers in counts.values() for n in followers.values())
    followers = counts.get(word, {})
    total = everything + alpha * len(vocabulary)
    return {w: (followers.get(w, 0) + alpha) / total for w in vocabulary}


def counts_not_shares(counts, word, vocabulary, alpha):
    """These are counts. Divide each by the total, so that they add up to 1."""
    followers = counts.get(word, {})
    return {w: followers.get(w, 0) + alpha for w in vocabulary}


def only_seen_words(counts, word, vocabulary, alpha):
    """Words that never followed are missing. Go through the vocabulary, not through the counts:
    each word gets at least alpha.
    """
    followers = counts.get(word, {})
    total = sum(followers.values()) + alpha * len(vocabulary)
    return {w: (followers[w] + alpha) / total for w in followers}


def adds_one_always(counts, word, vocabulary, alpha):
    """You add 1 to each count; add alpha."""
    return next_word_probabilities(counts, word, vocabulary, 1.0)


EXERCISE = Exercise(
    next_word_probabilities,
    cases,
    mistakes=(
        divides_by_kinds,
        total_without_alpha,
        no_smoothing,
        zero_where_nothing_followed,
        looks_up_what_is_missing,
        nothing_for_the_empty_tuple,
        divides_by_everything,
        counts_not_shares,
        one_alpha_in_total,
        alpha_for_each_follower,
        only_seen_words,
        adds_one_always,
    ),
    hints=(
        "The count of a word that never followed is 0: `followers.get(w, 0)`.",
        "Each word's share is (count + alpha) / total. What must total be for the shares "
        "to add up to 1?",
        "`total = sum(followers.values()) + alpha * len(vocabulary)`.",
    ),
    points=2,
    minutes=10,
    post="What is a Language Model",
    seconds=1.0,  # a hundredth is plenty; a total computed for each word takes longer
)
