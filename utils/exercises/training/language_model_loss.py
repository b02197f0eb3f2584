"""The mean surprise over all positions of all rows, from logits."""

import math

import torch
import torch.nn.functional as F

from utils.exercises import Case, Exercise
from utils.exercises.training.shared import seeded


def language_model_loss(logits, targets):
    logp = logits.log_softmax(-1)  # (B, T, V) -> (B, T, V)
    right = logp.gather(-1, targets[..., None])  # -> (B, T, 1)
    return -right.mean()


def cases(rng):
    generator = seeded(rng)

    def drawn(B, T, V, scale=1.0):
        return (
            torch.randn(B, T, V, generator=generator) * scale,
            torch.randint(V, (B, T), generator=generator),
        )

    yield Case("two rows of three", drawn(2, 3, 5))
    yield Case("one row, one position", drawn(1, 1, 4))
    yield Case("all logits alike: ln V", (torch.zeros(1, 3, 8), torch.tensor([[1, 7, 2]])))
    yield Case(
        "the last tokens of the vocabulary are no targets",
        (torch.tensor([[[0.5, 2.0, -1.0, 1.0, 0.0]] * 3]), torch.tensor([[0, 2, 1]])),
    )
    yield Case(
        "logits too large for a naive exp",
        (torch.tensor([[[1000.0, 990.0, 0.0]] * 2]), torch.tensor([[0, 2]])),
    )
    logits, targets = drawn(4, 6, 9, 3.0)
    yield Case("rows that are not contiguous", (logits.transpose(0, 1), targets.T))
    yield Case("as many positions as tokens", drawn(2, 6, 6, 2.0))


def no_minus(logits, targets):
    """The sign is off: the loss is the mean of minus the logarithm, and never negative."""
    return -language_model_loss(logits, targets)


def softmax_over_positions(logits, targets):
    """Your softmax runs over the positions. The probabilities of one position, over the V tokens,
    must add up to 1: the last axis.
    """
    return -logits.log_softmax(1).gather(-1, targets[..., None]).mean()


def sum_over_positions(logits, targets):
    """This is the sum over all positions. Take the mean, or the loss would grow with the size of
    the batch.
    """
    return language_model_loss(logits, targets) * targets.numel()


def as_it_stands(logits, targets):
    """`F.cross_entropy` expects the V tokens on the second axis. Use `log_softmax` and `gather`, or
    flatten both first.
    """
    return F.cross_entropy(logits, targets)


def every_target_everywhere(logits, targets):
    """You look every target up at every position. Each position has its own: `gather`."""
    return -logits.log_softmax(-1)[..., targets].mean()


def naive_exp(logits, targets):
    """Your exp overflows for large logits. Use `log_softmax`, or subtract the largest logit
    first.
    """
    e = logits.exp()
    p = e / e.sum(-1, keepdim=True)
    return -p.gather(-1, targets[..., None]).log().mean()


def log_of_softmax(logits, targets):
    """For a token that the model is very sure will not come, softmax rounds to 0, and log(0) is
    infinite. `log_softmax` does both at once.
    """
    return -logits.softmax(-1).gather(-1, targets[..., None]).log().mean()


def _small_number(size):
    def small_number_in_the_log(logits, targets):
        """A small number in the logarithm, or a limit on the probability, hides how wrong the model
        can be: the loss of a token never exceeds its logarithm. `log_softmax` needs none.
        """
        return -(logits.softmax(-1).gather(-1, targets[..., None]) + size).log().mean()

    return small_number_in_the_log


def moves_again(logits, targets):
    """You shift the targets once more. They are shifted already: `targets[b, t]` belongs to
    `logits[b, t]`.
    """
    return language_model_loss(logits[:, :-1], targets[:, 1:])


def last_position_only(logits, targets):
    """You look at the last position only. Every position of a row made a prediction, and every one
    counts.
    """
    return language_model_loss(logits[:, -1:], targets[:, -1:])


def no_softmax(logits, targets):
    """These are logits, not logarithms of probabilities: a softmax is missing."""
    return -logits.gather(-1, targets[..., None]).mean()


def no_logarithm(logits, targets):
    """You averaged probabilities. Surprise is minus the logarithm of a probability: take it at each
    position.
    """
    return -logits.softmax(-1).gather(-1, targets[..., None]).mean()


def log_of_the_mean(logits, targets):
    """You averaged the probabilities first. Take the logarithm of each, then the mean."""
    return -logits.softmax(-1).gather(-1, targets[..., None]).mean().log()


def likeliest_token(logits, targets):
    """You took the likeliest token's probability. The loss asks for that of the token that really
    came: the target.
    """
    return -logits.log_softmax(-1).amax(-1).mean()


def softmax_twice(logits, targets):
    """Softmax is taken twice: `F.cross_entropy` does it itself and expects logits."""
    return F.cross_entropy(logits.softmax(-1).flatten(0, 1), targets.flatten())


def view_of_rows(logits, targets):
    """`view` cannot flatten rows that do not lie one after another in memory. `reshape` can, and so
    can `flatten(0, 1)`.
    """
    return F.cross_entropy(logits.view(-1, logits.shape[-1]), targets.view(-1))


def in_bits(logits, targets):
    """This is in bits. In nats it is the natural logarithm."""
    return language_model_loss(logits, targets) / math.log(2)


EXERCISE = Exercise(
    language_model_loss,
    cases,
    mistakes=(
        no_minus,
        softmax_over_positions,
        sum_over_positions,
        as_it_stands,
        every_target_everywhere,
        naive_exp,
        log_of_softmax,
        *map(_small_number, (1e-8, 1e-9, 1e-10, 1e-12)),
        moves_again,
        last_position_only,
        no_softmax,
        no_logarithm,
        log_of_the_mean,
        likeliest_token,
        softmax_twice,
        view_of_rows,
        in_bits,
    ),
    hints=(
        "`logits.log_softmax(-1)` gives the logarithm of every token's probability, "
        "without overflow.",
        "From each position pick the entry of its target. `gather` does it: "
        "`logp.gather(-1, targets[..., None])`.",
        "Minus the mean of what you picked.",
    ),
    points=2,
    minutes=12,
    post="The Illustrated Masked Self-Attention",
)
