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


def to_base_ten(probabilities):
    """You use the logarithm to base 10. The course counts in nats: use the natural logarithm,
    math.log.
    """
    return cross_entropy(probabilities) / math.log(10)


def weighted_by_p(probabilities):
    """You weight each surprise by its p. That is the entropy of a distribution; here each word came
    once, so all count the same: a plain average of -log p.
    """
    return sum(-p * math.log(p) for p in probabilities)


def log_of_product(probabilities):
    """Right on paper, but the product of many small numbers becomes exactly 0 in the computer. Take
    the logarithm of each one, then add: sums do not vanish.
    """
    if min(probabilities) == 0:
        return math.inf
    return -math.log(math.prod(probabilities)) / len(probabilities)


def sum_not_mean(probabilities):
    """This is the surprise of the whole text. Divide by the number of words."""
    return cross_entropy(probabilities) * len(probabilities)


def no_minus(probabilities):
    """The sign is wrong: the logarithm of a probability is negative, and its surprise is minus
    that.
    """
    return -cross_entropy(probabilities)


def log_of_mean(probabilities):
    """You averaged the probabilities and then took the logarithm. It is the other way round: first
    the logarithm of each, then the average.
    """
    return -math.log(sum(probabilities) / len(probabilities))


def log_of_zero(probabilities):
    """`math.log(0)` raises an error. A word that the model took to be impossible is an infinite
    surprise: return math.inf.
    """
    return sum(-math.log(p) for p in probabilities) / len(probabilities)


def skips_zero(probabilities):
    """Words with probability 0 cannot be left out: they are the worst surprise of all, so the
    answer is math.inf.
    """
    return cross_entropy([p for p in probabilities if p > 0])


def tiny_is_impossible(probabilities):
    """You take a tiny probability for 0. However small it is, its surprise is a number; only
    exactly 0 is infinite.
    """
    return math.inf if min(probabilities) < 1e-9 else cross_entropy(probabilities)


def adds_a_little(probabilities):
    """You add a small number to each probability, which changes a tiny one a lot. Take each as
    it is, and look for 0 before you take the logarithm.
    """
    if min(probabilities) == 0:
        return math.inf
    return sum(-math.log(p + 1e-10) for p in probabilities) / len(probabilities)


def only_the_last(probabilities):
    """You look for 0 at the end of the list only, and `math.log(0)` raises an error. Any of the
    words may be taken to be impossible.
    """
    if probabilities[-1] == 0:
        return math.inf
    return sum(-math.log(p) for p in probabilities) / len(probabilities)


EXERCISE = Exercise(
    cross_entropy,
    surprise_cases,
    mistakes=(
        in_bits,
        to_base_ten,
        weighted_by_p,
        log_of_product,
        sum_not_mean,
        no_minus,
        log_of_mean,
        log_of_zero,
        skips_zero,
        tiny_is_impossible,
        adds_a_little,
        only_the_last,
    ),
    hints=(
        "The surprise of one word is -math.log(p): 0 for p = 1, and larger the smaller p is.",
        "Average it over the words; treat p = 0 before you call math.log.",
    ),
    points=2,
    minutes=10,
    post="What is a Language Model",
)
