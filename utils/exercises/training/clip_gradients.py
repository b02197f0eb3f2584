"""Shorten the whole gradient when it is too long."""

import math

import torch

from utils.exercises import Case, Exercise
from utils.exercises.training.shared import seeded


def clip_gradients(grads, limit):
    norm = math.sqrt(sum((g**2).sum().item() for g in grads.values()))
    scale = min(1.0, limit / (norm + 1e-6))
    return {name: g * scale for name, g in grads.items()}


def cases(rng):
    generator = seeded(rng)

    def drawn(scale):
        return {
            "wte.weight": scale * torch.randn(4, 3, generator=generator),
            "ln_f.bias": scale * torch.randn(3, generator=generator),
        }

    yield Case(
        "too long: the lengths are 3, 4 and together 5",
        ({"a": torch.tensor([3.0, 0.0]), "b": torch.tensor([[0.0], [-4.0]])}, 1.0),
    )
    yield Case(
        "short enough: nothing changes",
        ({"a": torch.tensor([0.3, 0.0]), "b": torch.tensor([0.4])}, 1.0),
    )
    yield Case(
        "each alone is short enough, together they are not",
        ({"a": torch.tensor([0.8]), "b": torch.tensor([-0.9])}, 1.0),
    )
    yield Case("all gradients 0", ({"a": torch.zeros(2), "b": torch.zeros(1, 3)}, 1.0))
    yield Case("another limit", ({"a": torch.tensor([6.0, 8.0])}, 2.5))
    yield Case(
        "longer than 1, but within the limit: nothing changes",
        ({"a": torch.tensor([3.0, 0.0]), "b": torch.tensor([[0.0], [-4.0]])}, 10.0),
    )
    yield Case("drawn at random, large", (drawn(10.0), 1.0))
    yield Case("drawn at random, small", (drawn(0.01), 1.0))


def each_by_itself(grads, limit):
    """You clip each tensor by itself, which bends the direction of the step. One length for all of
    them together, and one scale.
    """
    return {name: clip_gradients({name: g}, limit)[name] for name, g in grads.items()}


def each_number(grads, limit):
    """You clip each number. That bends the direction; multiply all of them by one scale instead."""
    return {name: g.clamp(-limit, limit) for name, g in grads.items()}


def always_as_long(grads, limit):
    """A gradient that is short enough must stay as it is: the scale is never more than 1."""
    norm = math.sqrt(sum((g**2).sum().item() for g in grads.values()))
    return {name: g * (limit / (norm + 1e-6)) for name, g in grads.items()}


def lengths_added(grads, limit):
    """You added up the lengths of the tensors. The length of them all is the root of the sum of all
    squares.
    """
    norm = sum(g.norm().item() for g in grads.values())
    return {name: g * min(1.0, limit / (norm + 1e-6)) for name, g in grads.items()}


def square_not_rooted(grads, limit):
    """The sum of squares is the length squared: take its root."""
    norm = sum((g**2).sum().item() for g in grads.values())
    return {name: g * min(1.0, limit / (norm + 1e-6)) for name, g in grads.items()}


def mean_of_squares(grads, limit):
    """You averaged the squares. A length is the root of their *sum*."""
    norm = math.sqrt(sum((g**2).mean().item() for g in grads.values()))
    return {name: g * min(1.0, limit / (norm + 1e-6)) for name, g in grads.items()}


def nothing_left(grads, limit):
    """You drop a gradient that is too long. Keep its direction and shorten it."""
    norm = math.sqrt(sum((g**2).sum().item() for g in grads.values()))
    return {name: g if norm <= limit else torch.zeros_like(g) for name, g in grads.items()}


def compared_with_1(grads, limit):
    """You compare the length with 1. Compare it with `limit`: a gradient that is not longer than
    that stays as it is.
    """
    norm = math.sqrt(sum((g**2).sum().item() for g in grads.values()))
    return {name: g * (limit / (norm + 1e-6) if norm > 1 else 1.0) for name, g in grads.items()}


def divides_by_zero(grads, limit):
    """Where all gradients are 0, so is their length, and `limit / 0` is an error. That is what the
    1e-6 is for.
    """
    norm = math.sqrt(sum((g**2).sum().item() for g in grads.values()))
    return {name: g * min(1.0, limit / norm) for name, g in grads.items()}


EXERCISE = Exercise(
    clip_gradients,
    cases,
    mistakes=(
        each_by_itself,
        each_number,
        always_as_long,
        lengths_added,
        square_not_rooted,
        mean_of_squares,
        nothing_left,
        compared_with_1,
        divides_by_zero,
    ),
    hints=(
        "Add up `(g**2).sum()` over all tensors first, then take one root.",
        "The scale is `limit / (norm + 1e-6)`, but at most 1.",
    ),
    points=2,
    minutes=8,
    gradient=False,
    core=False,
)
