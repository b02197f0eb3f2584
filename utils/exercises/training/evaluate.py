"""The loss over many batches, where every real token counts once and filler not at all."""

import math

import torch
import torch.nn.functional as F

from utils.exercises import Case, Exercise
from utils.exercises.training.shared import seeded


def evaluate(batches):
    total, count = 0.0, 0
    for logits, targets in batches:
        total += F.cross_entropy(
            logits.flatten(0, 1), targets.flatten(), ignore_index=-100, reduction="sum"
        ).item()
        count += (targets != -100).sum().item()
    return total / count


def cases(rng):
    generator = seeded(rng)

    def batch(lengths, V=6, scale=2.0):
        T = max(lengths)
        targets = torch.randint(V, (len(lengths), T), generator=generator)
        for row, length in enumerate(lengths):
            targets[row, length:] = -100
        return torch.randn(len(lengths), T, V, generator=generator) * scale, targets

    yield Case("one full batch", ([batch([3, 3])],))
    yield Case("one row is shorter, its end filled up with -100", ([batch([4, 1])],))
    yield Case("a large batch and a small one", ([batch([5, 5, 5]), batch([1])],))
    yield Case("a batch with filler, and one without", ([batch([4, 1]), batch([3, 3])],))
    yield Case("one row of one token", ([batch([1])],))
    yield Case(
        "filler in front",
        ([(torch.randn(1, 3, 6, generator=generator), torch.tensor([[-100, 2, 3]]))],),
    )
    yield Case(
        "a batch that is all filler",
        ([batch([3, 2]), (torch.zeros(1, 2, 6), torch.full((1, 2), -100))],),
    )
    yield Case("drawn at random", ([batch(rng.integers(1, 7, 3).tolist()) for _ in range(3)],))


def mean_of_means(batches):
    """You averaged the batches' averages, so a token in a small batch weighs more. Add up surprise
    and tokens over all batches, and divide once, at the end.
    """
    means = [evaluate([batch]) for batch in batches if (batch[1] != -100).any()]
    return sum(means) / len(means)


def mean_of_all_means(batches):
    """You averaged the batches' averages: a token in a small batch weighs more, and a batch that is
    all filler has no average, only nan. Add up surprise and tokens, and divide once, at the end.
    """
    means = [F.cross_entropy(x.flatten(0, 1), y.flatten()).item() for x, y in batches]
    return sum(means) / len(means)


def divides_by_all_places(batches):
    """You divide by all places, filler included. Count only targets that are not -100."""
    count = sum((targets != -100).sum().item() for _, targets in batches)
    return evaluate(batches) * count / sum(targets.numel() for _, targets in batches)


def mean_times_places(batches):
    """`cross_entropy`'s mean leaves filler out, so multiply by the real targets only; or use
    `reduction="sum"`.
    """
    total = sum(
        F.cross_entropy(logits.flatten(0, 1), y.flatten()).item() * y.numel()
        for logits, y in batches
    )
    return total / sum(y.numel() for _, y in batches)


def mean_times_places_by_tokens(batches):
    """`cross_entropy`'s mean leaves filler out, so multiply by the real targets only; or use
    `reduction="sum"`.
    """
    places = sum(y.numel() for _, y in batches)
    return mean_times_places(batches) * places / sum((y != -100).sum().item() for _, y in batches)


def filler_is_token_0(batches):
    """Filler counts as if its target were token 0. Places with the target -100 must be left out."""
    return evaluate([(logits, targets.clamp(0)) for logits, targets in batches])


def filler_at_the_end(batches):
    """You count the real targets of a row and take that many from its beginning. Filler may stand
    anywhere: leave out the places themselves, by `ignore_index` or by `targets != -100`.
    """
    total = count = 0
    for logits, targets in batches:
        for row, right in zip(logits, targets):
            n = (right != -100).sum().item()
            total += F.cross_entropy(row[:n], right[:n], reduction="sum").item()
            count += n
    return total / count


def total_surprise(batches):
    """This is the whole surprise. Divide by the number of real tokens."""
    return evaluate(batches) * sum((targets != -100).sum().item() for _, targets in batches)


def a_perplexity(batches):
    """This is the perplexity; return the loss itself."""
    return math.exp(evaluate(batches))


def last_batch_only(batches):
    """Only the last batch is in your result: keep adding up over all of them."""
    return evaluate(batches[-1:])


def mean_of_an_empty_batch(batches):
    """In a batch that is all filler the mean is nan, and nan times 0 is still nan. With
    `reduction="sum"` it is 0.
    """
    total = count = 0
    for logits, targets in batches:
        real = (targets != -100).sum().item()
        total += F.cross_entropy(logits.flatten(0, 1), targets.flatten()).item() * real
        count += real
    return total / count


EXERCISE = Exercise(
    evaluate,
    cases,
    mistakes=(
        mean_of_means,
        mean_of_all_means,
        divides_by_all_places,
        mean_times_places,
        mean_times_places_by_tokens,
        filler_is_token_0,
        filler_at_the_end,
        total_surprise,
        a_perplexity,
        last_batch_only,
        mean_of_an_empty_batch,
    ),
    hints=(
        "Keep two running numbers: the total surprise, and how many tokens it comes from.",
        '`F.cross_entropy(..., reduction="sum")` gives the sum over positions; '
        "`ignore_index=-100` leaves filler out.",
        "It wants logits (N, V) and targets (N,): `logits.flatten(0, 1)` and `targets.flatten()`.",
    ),
    points=2,
    minutes=10,
    gradient=False,
    core=False,
)
