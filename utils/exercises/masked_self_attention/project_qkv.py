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
    in_float64 = (normal(rng, 2, 4), normal(rng, 4, 12), normal(rng, 12))
    yield Case("numbers in float64", tuple(tensor.double() for tensor in in_float64))
    yield Case("a batch of two", (normal(rng, 2, 3, 4), normal(rng, 4, 12), normal(rng, 12)))


def without_bias(x, weight, bias):
    """The bias is missing: add it to the product, (3C,) to every token."""
    return project_qkv(x, weight, torch.zeros_like(bias))


def dealt_like_cards(x, weight, bias):
    """You deal the 3C numbers out like cards. The first C are the query, the next C the key, the
    last C the value: three whole pieces.
    """
    return (x @ weight + bias).unflatten(-1, (-1, 3)).unbind(-1)


def weight_transposed(x, weight, bias):
    """The weight needs no transpose: GPT-2 stores it as [in, out], here (C, 3C), and x comes first.
    (`F.linear` transposes it.)
    """
    return (x @ weight.T + bias).chunk(3, -1)


def cuts_tokens(x, weight, bias):
    """You cut the tokens into three groups. Cut the last axis: each token's own 3C numbers."""
    return (x @ weight + bias).chunk(3, dim=0)


def in_one_piece(x, weight, bias):
    """This is all of q, k and v still in one piece; cut it in three."""
    return x @ weight + bias


def pieces_of_three(x, weight, bias):
    """`split(3)` cuts pieces of 3 numbers. Three pieces it is: `chunk(3, dim=-1)`."""
    return (x @ weight + bias).split(3, dim=-1)


def stacked(x, weight, bias):
    """The numbers are right, but in one tensor. Return three, as `chunk` gives them."""
    return torch.stack((x @ weight + bias).chunk(3, dim=-1))


def addmm(x, weight, bias):
    """Right without a batch: `torch.addmm` takes plain matrices only. `x @ weight + bias` takes
    any axes in front.
    """
    return torch.addmm(bias, x, weight).chunk(3, dim=-1)


def second_axis(x, weight, bias):
    """Right without a batch. Count the axis from the end, `dim=-1`, and it is right with one."""
    return (x @ weight + bias).chunk(3, dim=1)


def columns_of_a_matrix(x, weight, bias):
    """Right without a batch. `qkv[:, :C]` names the second axis; `qkv[..., :C]` names the last."""
    qkv, C = x @ weight + bias, x.shape[-1]
    return qkv[:, :C], qkv[:, C : 2 * C], qkv[:, 2 * C :]


def refilled(x, weight, bias):
    """`reshape` (or `view`) refills the numbers in the order of memory, so that tokens get mixed.
    Cut the last axis with `chunk`.
    """
    return (x @ weight + bias).reshape(3, *x.shape)


def another_order(x, weight, bias):
    """The three are in another order: query, key, value."""
    q, k, v = project_qkv(x, weight, bias)
    return k, q, v


EXERCISE = Exercise(
    project_qkv,
    cases,
    mistakes=(
        without_bias,
        dealt_like_cards,
        weight_transposed,
        cuts_tokens,
        in_one_piece,
        pieces_of_three,
        stacked,
        addmm,
        second_axis,
        columns_of_a_matrix,
        refilled,
        another_order,
    ),
    hints=(
        "One line multiplies and adds, one line cuts.",
        "`something.chunk(3, dim=-1)` cuts the last axis into three equal pieces.",
    ),
    points=1,
    minutes=5,
    post="GPT-2 Masked Self-Attention",
)
