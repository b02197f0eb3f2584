"""The k most probable words, best first, as a phone's keyboard shows three."""

from collections import Counter

from utils.exercises import Case, Exercise
from utils.exercises.language_modeling.shared import story_words


def suggest(probabilities, k=3):
    best_first = sorted(probabilities, key=lambda w: (-probabilities[w], w))
    return best_first[:k]


def cases(rng):
    yield Case("three of four", ({"a": 0.1, "robot": 0.5, "dog": 0.15, "key": 0.25}, 3))
    yield Case(
        "equally likely: in alphabetical order", ({"b": 0.25, "d": 0.25, "a": 0.25, "c": 0.25}, 3)
    )
    yield Case("equally likely: capital letters first", ({"a": 0.25, "B": 0.5, "C": 0.25}, 3))
    the = {"the": 0.25, "a": 0.5, "ten": 0.25}
    yield Case("equally likely, with the same first letter", (the, 3))
    yield Case("nearly equally likely", ({"a": 0.33332, "b": 0.33333, "c": 0.33335}, 3))
    yield Case("fewer words than asked for", ({"yes": 0.4, "no": 0.6}, 3))
    yield Case("the best one only", ({"yes": 0.4, "no": 0.6}, 1))
    yield Case("three, where no number is given", ({"a": 0.1, "b": 0.2, "c": 0.3, "d": 0.4},))
    words = sorted(set(story_words(rng)))
    weights = rng.dirichlet([1.0] * len(words)).tolist()
    yield Case("the words of a story", (dict(zip(words, weights)), 3))


def worst_first(probabilities, k=3):
    """These are the least probable words: sorting goes from small to large unless you say
    otherwise.
    """
    return sorted(probabilities, key=lambda w: (probabilities[w], w))[:k]


def ties_as_they_come(probabilities, k=3):
    """Equally probable words should come in alphabetical order; yours come in the order of the
    dict.
    """
    return sorted(probabilities, key=lambda w: -probabilities[w])[:k]


def rounds(probabilities, k=3):
    """You round the probabilities, and so words tie that are not equally probable. Sort by the
    probabilities as they are.
    """
    return sorted(probabilities, key=lambda w: (-round(probabilities[w], 4), w))[:k]


def ties_without_capitals(probabilities, k=3):
    """Among equally probable words you sort capital letters with small ones. Sort by the words as
    they are: Python puts capital letters first.
    """
    return sorted(probabilities, key=lambda w: (-probabilities[w], w.lower()))[:k]


def ties_by_the_first_letter(probabilities, k=3):
    """Among equally probable words you compare first letters only. Compare the whole words."""
    return sorted(probabilities, key=lambda w: (-probabilities[w], w[0]))[:k]


def ties_backwards(probabilities, k=3):
    """`reverse=True` reverses the alphabet too, among equally probable words. Sort by the negative
    probability, then by the word.
    """
    return sorted(probabilities, key=lambda w: (probabilities[w], w), reverse=True)[:k]


def by_alphabet_backwards(probabilities, k=3):
    """You sorted the words themselves. Sort them by their probability: `key=` says by what."""
    return sorted(probabilities, reverse=True)[:k]


def with_numbers(probabilities, k=3):
    """Return the words alone, without their probabilities."""
    return [(w, probabilities[w]) for w in suggest(probabilities, k)]


def most_common(probabilities, k=3):
    """These are pairs of a word and its probability: return the words alone. And equally probable
    words should come in alphabetical order.
    """
    return Counter(probabilities).most_common(k)


def all_of_them(probabilities, k=3):
    """You return all the words. Cut the list after the first k."""
    return suggest(probabilities, len(probabilities))


def always_three(probabilities, k=3):
    """You always return three: use k."""
    return suggest(probabilities, 3)


EXERCISE = Exercise(
    suggest,
    cases,
    mistakes=(
        worst_first,
        ties_as_they_come,
        rounds,
        ties_without_capitals,
        ties_by_the_first_letter,
        ties_backwards,
        by_alphabet_backwards,
        with_numbers,
        most_common,
        all_of_them,
        always_three,
    ),
    hints=(
        "`sorted(probabilities, key=...)` sorts the words; the key says by what.",
        "A key may be a tuple: first by the negative probability, then by the word itself.",
    ),
    points=1,
    minutes=5,
    post="What is a Language Model",
    core=False,
)
