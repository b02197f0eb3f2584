"""Queries, keys and values from one matrix."""

import torch

from utils.exercises import Case, Exercise
from utils.exercises.masked_self_attention.shared import normal


def project_qkv(x, weight, bias):
    qkv = x @ weight + bias  # (T, C) @ (C, 3C) + (3C,) -> (T, 3C)
    return qkv.chunk(3, dim=-1)  # (T, 3C) -> three of (T, C)


def cases(rng):
    yield Case(
        "two tokens, width 1: numbers you can check by hand",
        (
            torch.tensor([[1.0], [2.0]]),
            torch.tensor([[1.0, 10.0, 100.0]]),
            torch.tensor([0.5, 0.0, 0.0]),
        ),
    )
    yield Case("one token, width 4", (normal(rng, 1, 4), normal(rng, 4, 12), normal(rng, 12)))
    yield Case("five tokens, width 6", (normal(rng, 5, 6), normal(rng, 6, 18), normal(rng, 18)))
    yield Case(
        "three tokens, width 4, weights that lie the other way round in memory",
        (normal(rng, 3, 4), normal(rng, 12, 4).T, normal(rng, 12)),
    )
    yield Case("a batch of two", (normal(rng, 2, 3, 4), normal(rng, 4, 12), normal(rng, 12)))


def without_bias(x, weight, bias):
    """The bias is missing: add it to the product, (3C,) to every token."""
    return project_qkv(x, weight, torch.zeros_like(bias))


def dealt_like_cards(x, weight, bias):
    """You deal the 3C numbers out like cards. The first C are the query, the next C the key, the
    last C the value: three whole pieces.
    """
    return (x @ weight + bias).unflatten(-1, (-1, 3)).unbind(-1)


def weight_turned(x, weight, bias):
    """The weight needs no transpose: GPT-2 stores it as [in, out], here (C, 3C), and x comes
    first.
    """
    return (x @ weight.T + bias).chunk(3, -1)


def cuts_tokens(x, weight, bias):
    """You cut the tokens into three groups. Cut the last axis: each token's own 3C numbers."""
    return (x @ weight + bias).chunk(3, dim=0)


def in_one_piece(x, weight, bias):
    """This is all of q, k and v still in one piece; cut it in three."""
    return x @ weight + bias


EXERCISE = Exercise(
    project_qkv,
    cases,
    mistakes=(
        without_bias,
        dealt_like_cards,
        weight_turned,
        cuts_tokens,
        in_one_piece,
    ),
    hints=(
        "One line multiplies and adds, one line cuts.",
        "`something.chunk(3, dim=-1)` cuts the last axis into three equal pieces.",
    ),
    points=1,
    minutes=5,
    post="GPT-2 Masked Self-Attention",
)
