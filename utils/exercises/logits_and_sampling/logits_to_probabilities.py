"""Turn logits, negative ones too, into probabilities."""

import torch

from utils.exercises import Case, Exercise
from utils.exercises.decoder_block.shared import in_float64
from utils.exercises.logits_and_sampling.shared import normal
from utils.exercises.masked_self_attention.softmax import softmax


def logits_to_probabilities(logits):
    return softmax(logits)  # (..., V) -> (..., V)


def cases(rng):
    yield Case("positive and negative", (torch.tensor([2.0, -1.0, 0.5]),))
    yield Case("all negative", (torch.tensor([-33.0, -34.0, -36.0, -35.0]),))
    yield Case("logits that add up to nothing", (torch.tensor([1.0, -1.0, 0.0]),))
    yield Case("one word", (torch.tensor([-4.0]),))
    yield Case("too large for exp", (torch.tensor([200.0, 199.0, -50.0]),))
    yield Case("one far above the others", (torch.tensor([200.0, -200.0, -200.0]),))
    yield Case("one is excluded", (torch.tensor([0.5, -torch.inf, 1.0]),))
    yield Case("two places far apart", (torch.tensor([[1000.0, 0.0], [0.0, -1.0]]),))
    yield Case("one place of a text", (normal(rng, 1, 4),))
    yield Case("two texts of one place", (normal(rng, 2, 1, 4),))
    yield Case("two places at once", (normal(rng, 2, 5, size=3),))
    few = torch.tensor([0.5, -torch.inf, 1.0, -torch.inf])
    yield Case("some are excluded, in float64", in_float64(few))
    yield Case("in float64", in_float64(normal(rng, 4)))


def divided_by_sum(logits):
    """They add up to 1, but some are negative, and where the sum of the logits is negative, the
    best word gets the smallest share. Something must make every number positive first.
    """
    return logits / logits.sum(-1, keepdim=True)


def clipped(logits):
    """You cut negative logits off to 0. A negative logit means less likely, not impossible, and
    where all are negative nothing is left.
    """
    positive = logits.clamp(min=0)
    return positive / positive.sum(-1, keepdim=True)


def absolute(logits):
    """You took the size without the sign, so a word with -36 became as likely as one with +36."""
    return logits.abs() / logits.abs().sum(-1, keepdim=True)


def from_the_smallest(logits):
    """You moved the smallest logit to 0. Then the worst word is impossible, and its logit decides
    all the others' shares.
    """
    moved = logits - logits.min(-1, keepdim=True).values
    return moved / moved.sum(-1, keepdim=True)


def each_by_itself(logits):
    """Each number lies between 0 and 1, but together they are not 1: sigmoid looks at each word
    alone. The words compete for one whole.
    """
    return torch.sigmoid(logits)


def only_exp(logits):
    """All are positive now; they do not add up to 1 yet."""
    return logits.exp()


def overflowing(logits):
    """Right for small logits. But exp of a large one is infinity, and a very negative row gives
    nothing but zeros. Lesson 04's softmax subtracts the largest logit first.
    """
    return logits.exp() / logits.exp().sum(-1, keepdim=True)


def minus_the_mean(logits):
    """You subtract the mean. A logit far above it is still too large for exp, and where one is
    minus infinity, so is the mean. Lesson 04's softmax subtracts the largest logit.
    """
    shares = (logits - logits.mean(-1, keepdim=True)).exp()
    return shares / shares.sum(-1, keepdim=True)


def one_maximum(logits):
    """You subtract one maximum for all places. A place far below it has nothing left but zeros:
    take each place's own, `logits.max(-1, keepdim=True).values`.
    """
    shares = (logits - logits.max()).exp()
    return shares / shares.sum(-1, keepdim=True)


def nothing_is_impossible(logits):
    """You add a little to every share. They no longer add up to 1, and a token that a dial has
    dropped can be drawn again.
    """
    return softmax(logits) + 1e-6


def down_the_columns(logits):
    """Your softmax runs over the first axis. The words that compete are on the last one: with
    several places, each row must add up to 1.
    """
    return torch.softmax(logits, 0)


def buffer_of_float32(logits):
    """The answer is float32 where float64 comes in. `torch.zeros(shape)` makes a tensor of float32,
    and so does `.float()`: stay with the dtype of logits.
    """
    return softmax(logits).float()


EXERCISE = Exercise(
    logits_to_probabilities,
    cases,
    mistakes=(
        divided_by_sum,
        clipped,
        absolute,
        from_the_smallest,
        each_by_itself,
        only_exp,
        overflowing,
        minus_the_mean,
        one_maximum,
        nothing_is_impossible,
        down_the_columns,
        buffer_of_float32,
    ),
    hints=(
        "It must make negative numbers positive, keep their order, and add up to 1. Lesson "
        "04 has such a function.",
        "`softmax`, from lesson 04.",
    ),
    points=1,
    minutes=4,
    post="Model Output",
)
