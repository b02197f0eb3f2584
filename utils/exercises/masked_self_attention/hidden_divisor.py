"""Find what the post divided its scores by."""

import torch

from utils import post
from utils.exercises import Case, Exercise
from utils.exercises.masked_self_attention.softmax import softmax


def hidden_divisor(scores, printed, candidates):
    def fits(divisor):
        return all(
            abs(share - shown) <= 0.005
            for row, shown_row in zip(scores, printed)
            for share, shown in zip(softmax(torch.tensor(row) / divisor).tolist(), shown_row)
        )

    return [divisor for divisor in candidates if fits(divisor)]


def cases(rng):
    tried = [d / 4 for d in range(1, 41)]
    yield Case(
        "the post's table, divisors 0.25, 0.5, … 10", (list(post.SCORES), list(post.SHARES), tried)
    )
    yield Case(
        "a table without a divisor",
        (
            [[1.0, 2.0], [3.0, 1.0, 1.0]],
            _printed([[1.0, 2.0], [3.0, 1.0, 1.0]], 1.0),
            [0.5, 1.0, 2.0],
        ),
    )
    yield Case(
        "only rows of one number: every divisor fits",
        ([[0.3], [2.0]], [[1.0], [1.0]], [1.0, 2.0, 4.0]),
    )
    near = [0.88, 0.8904, 0.8935, 0.9, 0.9092, 0.91, 0.92, 0.9291, 0.94]
    yield Case("shares close to 0.75 and 0.25", ([[1.0, 0.0]], [[0.75, 0.25]], near))
    yield Case("three equal scores: every divisor fits", ([[1.0] * 3], [[0.33] * 3], [1.0, 2.0]))
    yield Case("shares that no divisor gives", ([[1.0, 3.0]], [[0.9, 0.1]], tried))
    rows = [
        [float(x) for x in np_row.round(2)]
        for np_row in (rng.normal(size=n) * 4 for n in (1, 2, 3, 4))
    ]
    yield Case(
        "a table made with a random divisor",
        (rows, _printed(rows, float(rng.integers(8, 32)) / 4), tried),
    )


def _printed(rows, divisor):
    return [
        [round(share, 2) for share in softmax(torch.tensor(row) / divisor).tolist()] for row in rows
    ]


def _fits(row, shown, divisor, width=0.005):
    return all(
        abs(a - b) <= width for a, b in zip(softmax(torch.tensor(row) / divisor).tolist(), shown)
    )


def any_row(scores, printed, candidates):
    """You keep a divisor when one row fits. The row of a single token always fits; every
    row must.
    """
    return [d for d in candidates if any(_fits(r, s, d) for r, s in zip(scores, printed))]


def last_row_only(scores, printed, candidates):
    """You look at the last row only; an earlier row may rule a divisor out."""
    return [d for d in candidates if _fits(scores[-1], printed[-1], d)]


def multiplied(scores, printed, candidates):
    """You multiply the scores by the candidate; divide by it."""
    return [d for d in candidates if all(_fits(r, s, 1 / d) for r, s in zip(scores, printed))]


def exactly(scores, printed, candidates):
    """You ask for the printed number exactly, but it was rounded to two digits. Anything within
    half a hundredth of it would be printed like that.
    """
    return [d for d in candidates if all(_fits(r, s, d, 1e-7) for r, s in zip(scores, printed))]


def first_that_fits(scores, printed, candidates):
    """You stop at the first divisor that fits; return all of them, in their order."""
    return hidden_divisor(scores, printed, candidates)[:1]


def by_its_root(scores, printed, candidates):
    """You divide by the root of the candidate, as `scale` does. The candidate is itself what the
    scores are divided by.
    """
    return [d for d in candidates if all(_fits(r, s, d**0.5) for r, s in zip(scores, printed))]


def the_first_alone(scores, printed, candidates):
    """You return the first divisor that fits, by itself. Return a list of all that fit, in their
    order.
    """
    return next(iter(hidden_divisor(scores, printed, candidates)), None)


def twice_the_width(scores, printed, candidates):
    """You allow a whole hundredth. A number rounded to two digits is off by half a hundredth at
    most: 0.005.
    """
    return [d for d in candidates if all(_fits(r, s, d, 0.01) for r, s in zip(scores, printed))]


def cut_off(scores, printed, candidates):
    """You cut the digits off instead of rounding: 0.478 is printed as 0.48, not as 0.47."""

    def fits(row, shown, d):
        shares = softmax(torch.tensor(row) / d).tolist()
        return all(int(a * 100) / 100 == b for a, b in zip(shares, shown))

    return [d for d in candidates if all(fits(r, s, d) for r, s in zip(scores, printed))]


def _narrower(width):
    def too_narrow(scores, printed, candidates):
        """Your tolerance is narrower than half a hundredth. A number rounded to two digits may be
        off by as much as 0.005.
        """
        return [
            d for d in candidates if all(_fits(r, s, d, width) for r, s in zip(scores, printed))
        ]

    return too_narrow


EXERCISE = Exercise(
    hidden_divisor,
    cases,
    mistakes=(
        any_row,
        last_row_only,
        multiplied,
        exactly,
        first_that_fits,
        by_its_root,
        the_first_alone,
        twice_the_width,
        cut_off,
        *map(_narrower, (0.004, 0.003, 0.001)),
    ),
    hints=(
        "For each candidate: divide every row by it, apply softmax, and compare with "
        "what is printed.",
        "Equal but for rounding means `abs(share - shown) <= 0.005`.",
        "`softmax(torch.tensor([row]) / divisor)[0].tolist()` gives one row's shares; "
        "`all(…)` over all of them.",
    ),
    points=2,
    minutes=12,
    difficulty="medium",
    post="The Illustrated Masked Self-Attention",
    gradient=False,
    core=False,
)
