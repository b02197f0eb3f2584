"""Give each token's vector mean 0 and variance 1, then a learned weight and bias."""

import math

import torch

from utils.exercises import Case, Exercise
from utils.exercises.decoder_block.shared import in_float64, normal


def layer_norm(x, weight, bias, eps=1e-5):
    mean = x.mean(-1, keepdim=True)  # (..., C) -> (..., 1)
    variance = ((x - mean) ** 2).mean(-1, keepdim=True)  # (..., 1)
    return (x - mean) / torch.sqrt(variance + eps) * weight + bias


def cases(rng):
    one, zero = torch.ones(4), torch.zeros(4)
    yield Case("one token, weight 1, bias 0", (torch.tensor([[1.0, 2.0, 3.0, 6.0]]), one, zero))
    yield Case("all numbers alike: variance 0", (torch.full((2, 4), 7.0), one, normal(rng, 4)))
    yield Case("tiny numbers, where eps counts", (normal(rng, 3, 4, scale=0.003), one, zero))
    yield Case(
        "a weight and a bias of its own", (normal(rng, 4, 4), normal(rng, 4), normal(rng, 4))
    )
    yield Case("a larger eps", (normal(rng, 3, 4), one, zero, 0.5))
    yield Case("a batch, (2, 3, 6)", (normal(rng, 2, 3, 6), normal(rng, 6), normal(rng, 6)))
    yield Case("a single vector", (torch.tensor([3.0, -1.0, 0.5, 4.0]), normal(rng, 4), one))
    yield Case("a transposed view", (normal(rng, 5, 3).T, normal(rng, 5), normal(rng, 5)))
    yield Case("in float64", in_float64(normal(rng, 3, 4), normal(rng, 4), normal(rng, 4)))


def unbiased(x, weight, bias, eps=1e-5):
    """Your variance divides by C - 1, as `x.var` does unless told otherwise. LayerNorm takes the
    plain average of the squares: divide by C.
    """
    return (x - x.mean(-1, keepdim=True)) / torch.sqrt(
        x.var(-1, keepdim=True) + eps
    ) * weight + bias


def eps_outside(x, weight, bias, eps=1e-5):
    """You add eps after the square root. It belongs under the root, next to the variance; for tiny
    numbers that makes a large difference.
    """
    mean = x.mean(-1, keepdim=True)
    return (x - mean) / (((x - mean) ** 2).mean(-1, keepdim=True).sqrt() + eps) * weight + bias


def std_plus_eps(x, weight, bias, eps=1e-5):
    """Two things: `std` divides by C − 1, and eps belongs under the root. Write the variance
    out.
    """
    return (x - x.mean(-1, keepdim=True)) / (x.std(-1, keepdim=True) + eps) * weight + bias


def ignores_eps(x, weight, bias, eps=1e-5):
    """The eps you were given changes nothing in your answer: is a number written where `eps` should
    stand?
    """
    return layer_norm(x, weight, bias)


def over_tokens(x, weight, bias, eps=1e-5):
    """You average down the columns, over the tokens. Each token is normalised alone: average over
    its own C numbers, the last axis.
    """
    mean = x.mean(-2, keepdim=True)
    return (x - mean) / torch.sqrt(((x - mean) ** 2).mean(-2, keepdim=True) + eps) * weight + bias


def over_everything(x, weight, bias, eps=1e-5):
    """You take one mean and one variance for all tokens together. Each token gets its own: average
    over the last axis only, with keepdim.
    """
    return (x - x.mean()) / torch.sqrt(((x - x.mean()) ** 2).mean() + eps) * weight + bias


def no_mean(x, weight, bias, eps=1e-5):
    """The mean is not subtracted before dividing: a vector whose numbers are all equal must come
    out as the bias.
    """
    return x / torch.sqrt((x**2).mean(-1, keepdim=True) + eps) * weight + bias


def no_root(x, weight, bias, eps=1e-5):
    """You divide by the variance; divide by its square root, the standard deviation."""
    mean = x.mean(-1, keepdim=True)
    return (x - mean) / (((x - mean) ** 2).mean(-1, keepdim=True) + eps) * weight + bias


def no_weight(x, weight, bias, eps=1e-5):
    """The weight and the bias do nothing in your answer: they come last, one of each per number of
    the vector.
    """
    return layer_norm(x, torch.ones_like(weight), torch.zeros_like(bias), eps)


def no_bias_at_the_end(x, weight, bias, eps=1e-5):
    """The bias is missing: it is added last."""
    return layer_norm(x, weight, torch.zeros_like(bias), eps)


def no_keepdim(x, weight, bias, eps=1e-5):
    """Look at the shapes: without keepdim=True the mean of (T, C) has the shape (T,), and is taken
    from the columns instead of the rows, or does not fit at all.
    """
    mean = x.mean(-1)
    return (x - mean) / torch.sqrt(((x - mean) ** 2).mean(-1) + eps) * weight + bias


def no_eps(x, weight, bias, eps=1e-5):
    """There is no eps in it: a vector of equal numbers has variance 0, and 0 / 0 is nan. Add eps
    under the root.
    """
    mean = x.mean(-1, keepdim=True)
    return (x - mean) / torch.sqrt(((x - mean) ** 2).mean(-1, keepdim=True)) * weight + bias


def no_eps_unbiased(x, weight, bias, eps=1e-5):
    """Two things: your variance divides by C - 1, as `x.var` does unless told otherwise, and there
    is no eps under the root.
    """
    return (x - x.mean(-1, keepdim=True)) / torch.sqrt(x.var(-1, keepdim=True)) * weight + bias


def second_axis(x, weight, bias, eps=1e-5):
    """Right without a batch. Count the axis from the end: -1 is the vector's own numbers, with a
    batch and without.
    """
    mean = x.mean(1, keepdim=True)
    return (x - mean) / torch.sqrt(((x - mean) ** 2).mean(1, keepdim=True) + eps) * weight + bias


def first_axis(x, weight, bias, eps=1e-5):
    """You average over axis 0, the tokens or the texts. Each token is normalised alone: average
    over its own C numbers, the last axis.
    """
    mean = x.mean(0, keepdim=True)
    return (x - mean) / torch.sqrt(((x - mean) ** 2).mean(0, keepdim=True) + eps) * weight + bias


def root_of_std(x, weight, bias, eps=1e-5):
    """You take the root of `std`, which is a root already. Under the root stands the variance."""
    mean, std = x.mean(-1, keepdim=True), x.std(-1, keepdim=True)
    return (x - mean) / torch.sqrt(std + eps) * weight + bias


def summed_squares(x, weight, bias, eps=1e-5):
    """You add the squares up. The variance is their mean."""
    mean = x.mean(-1, keepdim=True)
    return (x - mean) / torch.sqrt(((x - mean) ** 2).sum(-1, keepdim=True) + eps) * weight + bias


def weight_times_bias(x, weight, bias, eps=1e-5):
    """You multiply by weight plus bias. First times the weight, then plus the bias."""
    return layer_norm(x, weight + bias, torch.zeros_like(bias), eps)


def over_everything_unbiased(x, weight, bias, eps=1e-5):
    """You take one mean and one variance for all tokens together, and divide by one too few. Each
    token gets its own: average over the last axis only, with keepdim.
    """
    return (x - x.mean()) / torch.sqrt(x.var() + eps) * weight + bias


def math_sqrt(x, weight, bias, eps=1e-5):
    """`math.sqrt` takes one number; `torch.sqrt` takes a tensor."""
    mean = x.mean(-1, keepdim=True)
    variance = ((x - mean) ** 2).mean(-1, keepdim=True)
    return (x - mean) / math.sqrt(variance + eps) * weight + bias


def buffer_of_float32(x, weight, bias, eps=1e-5):
    """The answer is float32 where float64 comes in. `torch.zeros(shape)` makes a tensor of float32,
    and so does `.float()`: stay with the dtype of x.
    """
    return layer_norm(x, weight, bias, eps).float()


EXERCISE = Exercise(
    layer_norm,
    cases,
    mistakes=(
        unbiased,
        eps_outside,
        std_plus_eps,
        ignores_eps,
        over_tokens,
        over_everything,
        no_mean,
        no_root,
        no_weight,
        no_bias_at_the_end,
        no_keepdim,
        no_eps,
        no_eps_unbiased,
        second_axis,
        first_axis,
        root_of_std,
        summed_squares,
        weight_times_bias,
        over_everything_unbiased,
        math_sqrt,
        buffer_of_float32,
    ),
    hints=(
        "Everything happens along the last axis: `x.mean(-1, keepdim=True)` has the "
        "shape (..., 1), which broadcasts against (..., C).",
        "The variance is the mean of the squared distances from the mean, again along "
        "the last axis.",
        "`(x - mean) / torch.sqrt(variance + eps) * weight + bias`.",
    ),
    points=2,
    minutes=10,
    forbids=("layer_norm", "group_norm", "instance_norm"),
)
