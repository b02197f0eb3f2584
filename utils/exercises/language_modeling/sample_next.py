"""Pick a word by its probability, given a random number u between 0 and 1."""

from utils.exercises import Case, Exercise
from utils.exercises.language_modeling.shared import story_words


def sample_next(probabilities, u):
    running = 0.0
    for word, probability in probabilities.items():
        running += probability
        if running > u:
            return word
    return word


def cases(rng):
    table = {"robot": 0.25, "dog": 0.5, "key": 0.25}
    for u in (0.1, 0.3, 0.8):
        yield Case(f"u = {u}", (table, u))
    yield Case("u exactly on a border: the next word", (table, 0.25))
    yield Case("u = 0", (table, 0.0))
    yield Case("a word that is impossible", ({"never": 0.0, "always": 1.0}, 0.0))
    yield Case("a total that rounds to just under 1", ({"a": 0.3, "b": 0.6999}, 0.99995))
    yield Case("the same, with the rarer word last", ({"a": 0.6999, "b": 0.3}, 0.99995))
    words = sorted(set(story_words(rng)))
    weights = rng.dirichlet([1.0] * len(words)).tolist()
    yield Case("the words of a story", (dict(zip(words, weights)), float(rng.uniform(0.5, 0.9))))


def always_the_best(probabilities, u):
    """You always pick the most probable word, whatever u is. Sampling must sometimes pick the
    others.
    """
    return max(probabilities, key=probabilities.get)


def not_running(probabilities, u):
    """You compare u with each probability alone. Keep a running total, and stop at the word that
    carries it past u.
    """
    for word, probability in probabilities.items():
        if probability > u:
            return word
    return word


def sorts_first(probabilities, u):
    """You sorted the words first, the most probable in front. Go along them in the order of the
    dict.
    """
    return sample_next(dict(sorted(probabilities.items(), key=lambda pair: -pair[1])), u)


def sorts_the_words(probabilities, u):
    """You sorted the words first. Go along them in the order of the dict."""
    return sample_next(dict(sorted(probabilities.items())), u)


def its_place(probabilities, u):
    """This is the word's place in the dict. Return the word."""
    return list(probabilities).index(sample_next(probabilities, u))


def the_word_before(probabilities, u):
    """You stop one word too early: add the word's own probability first, then compare."""
    running, before = 0.0, next(iter(probabilities))
    for word, probability in probabilities.items():
        if running > u:
            break
        running, before = running + probability, word
    return list(probabilities)[max(list(probabilities).index(before) - 1, 0)]


def border_belongs_before(probabilities, u):
    """At u exactly on a border your word is one too early: stop where the running total is greater
    than u, not equal to it.
    """
    running = 0.0
    for word, probability in probabilities.items():
        running += probability
        if running >= u:
            return word
    return word


def none_when_rounded(probabilities, u):
    """Probabilities may add up to a little under 1 after rounding; when the loop ends without an
    answer, return the last word.
    """
    running = 0.0
    for word, probability in probabilities.items():
        running += probability
        if running > u:
            return word


def the_best_when_rounded(probabilities, u):
    """When rounding leaves the total under u, you return the most probable word. It is the last
    word whose piece should have reached that far: return that.
    """
    short = sum(probabilities.values()) <= u
    return (always_the_best if short else sample_next)(probabilities, u)


def border_before_and_none(probabilities, u):
    """Two things: at u exactly on a border your word is one too early (stop where the running total
    is greater than u, not equal to it), and when rounding leaves the line short, the loop ends
    without an answer: return the last word.
    """
    running = 0.0
    for word, probability in probabilities.items():
        running += probability
        if running >= u:
            return word


EXERCISE = Exercise(
    sample_next,
    cases,
    mistakes=(
        always_the_best,
        not_running,
        sorts_first,
        sorts_the_words,
        its_place,
        the_word_before,
        border_belongs_before,
        none_when_rounded,
        the_best_when_rounded,
        border_before_and_none,
    ),
    hints=(
        "Go along `probabilities.items()` and add up the probabilities as you go: each "
        "sum is where a piece ends.",
        "Keep `running`, the sum so far; the answer is the first word for which running > u.",
    ),
    points=2,
    minutes=10,
    post="What is a Language Model",
    core=False,
)
