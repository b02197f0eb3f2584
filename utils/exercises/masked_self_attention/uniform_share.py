"""What would a head without any preference give to some places?"""

import torch

from utils.exercises import Case, Exercise


def uniform_share(at, places):
    return len(places) / (at + 1)  # position `at` sees itself and the `at` tokens before it


def cases(rng):
    yield Case("position 3, one place", (3, torch.tensor([1])))
    yield Case("position 9, two places", (9, torch.tensor([2, 5])))
    yield Case("the first token sees itself only", (0, torch.tensor([0])))
    yield Case("everything that it sees", (4, torch.arange(5)))
    at = int(rng.integers(20, 500))
    yield Case("a place drawn", (at, torch.arange(int(rng.integers(1, 20)))))


def without_itself(at, places):
    """You forgot the position itself: counted from 0, position `at` sees `at` + 1 tokens."""
    return len(places) / at


def one_place(at, places):
    """That is the share of one place. There are `len(places)` of them."""
    return 1 / (at + 1)


def upside_down(at, places):
    """The fraction is upside down: a share is at most 1."""
    return (at + 1) / len(places)


def without_the_places(at, places):
    """You left the places out of what it sees. They are among the `at` + 1 tokens."""
    return len(places) / (at + 1 + len(places))


EXERCISE = Exercise(
    uniform_share,
    cases,
    mistakes=(without_itself, one_place, upside_down, without_the_places),
    hints=(
        "How many tokens does position `at` see? Positions count from 0, and it sees itself.",
        "Each of them gets the same share, and all together 1.",
    ),
    points=1,
    minutes=5,
    post="Self-Attention Recap",
    gradient=False,
    core=False,
)
