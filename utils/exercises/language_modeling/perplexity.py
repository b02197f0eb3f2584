"""The cross-entropy as a number of equally likely words."""

import math

from utils.exercises import Exercise
from utils.exercises.language_modeling.cross_entropy import cross_entropy
from utils.exercises.language_modeling.shared import surprise_cases


def perplexity(probabilities):
    return math.exp(cross_entropy(probabilities))


def power_of_two(probabilities):
    """2 to the power of the loss fits a loss in bits. Ours is in nats, so use math.exp."""
    return 2 ** cross_entropy(probabilities)


def upside_down(probabilities):
    """This is below 1: the sign in the exponent is wrong."""
    return math.exp(-cross_entropy(probabilities))


def mean_of_inverses(probabilities):
    """You averaged 1/p. Perplexity is the exponential of the average surprise."""
    return (
        math.inf if 0 in probabilities else sum(1 / p for p in probabilities) / len(probabilities)
    )


def power_of_ten(probabilities):
    """You raise 10 to the power of the loss. Undo the natural logarithm: `math.exp`."""
    return 10 ** cross_entropy(probabilities)


def root_of_product(probabilities):
    """Right on paper, but the product of many small numbers becomes exactly 0 in the computer. Take
    the exponential of your cross_entropy.
    """
    if min(probabilities) == 0:
        return math.inf
    return math.prod(probabilities) ** (-1 / len(probabilities))


def loss_itself(probabilities):
    """This is the loss itself; perplexity is its exponential."""
    return cross_entropy(probabilities)


def held_below(probabilities):
    """Very large perplexities are held down. There is no largest one: take the exponential of the
    cross-entropy as it is.
    """
    return math.inf if 0 in probabilities else math.exp(min(cross_entropy(probabilities), 50))


EXERCISE = Exercise(
    perplexity,
    surprise_cases,
    mistakes=(
        power_of_two,
        upside_down,
        mean_of_inverses,
        power_of_ten,
        root_of_product,
        loss_itself,
        held_below,
    ),
    hints=("Undo the logarithm: `math.exp` of the cross-entropy.",),
    points=1,
    minutes=5,
    post="What is a Language Model",
)
