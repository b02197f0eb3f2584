"""How surprised is a model, on average, in nats per word?"""

import math

from utils.exercises import Exercise
from utils.exercises.language_modeling.shared import surprise_cases


def cross_entropy(probabilities):
    if min(probabilities) == 0:
        return math.inf
    return sum(-math.log(p) for p in probabilities) / len(probabilities)


def in_bits(probabilities):
    """This is in bits, with the logarithm to base 2. The course counts in nats: use the natural
    logarithm, math.log.
    """
    return cross_entropy(probabilities) / math.log(2)


def sum_not_mean(probabilities):
    """This is the surprise of the whole text. Divide by the number of words."""
    return cross_entropy(probabilities) * len(probabilities)


def no_minus(probabilities):
    """The sign is off: the logarithm of a probability is negative, so its surprise is minus
    that.
    """
    return -cross_entropy(probabilities)


def log_of_mean(probabilities):
    """You averaged the probabilities first and took the logarithm last. It goes the other way: a
    logarithm for each word, then the average.
    """
    return -math.log(sum(probabilities) / len(probabilities))


def log_of_zero(probabilities):
    """`math.log(0)` raises an error; a word that the model held to be impossible is an infinite
    surprise: return math.inf.
    """
    return sum(-math.log(p) for p in probabilities) / len(probabilities)


def skips_zero(probabilities):
    """Words with probability 0 cannot be left out: they are the worst surprise of all, so the
    answer is math.inf.
    """
    return cross_entropy([p for p in probabilities if p > 0])


EXERCISE = Exercise(
    cross_entropy,
    surprise_cases,
    mistakes=(
        in_bits,
        sum_not_mean,
        no_minus,
        log_of_mean,
        log_of_zero,
        skips_zero,
    ),
    hints=(
        "The surprise of one word is -math.log(p): 0 for p = 1, and larger the smaller p is.",
        "Average it over the words; treat p = 0 before you call math.log.",
    ),
    points=2,
    minutes=10,
    post="What is a Language Model",
)
