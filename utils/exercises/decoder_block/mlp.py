"""The second half of a block: widen, GELU, and back."""

import torch

from utils.exercises import Case, Exercise
from utils.exercises.decoder_block.gelu import gelu, with_erf
from utils.exercises.decoder_block.shared import in_float64, normal


def mlp(x, c_fc_weight, c_fc_bias, c_proj_weight, c_proj_bias):
    hidden = gelu(x @ c_fc_weight + c_fc_bias)  # (T, C) -> (T, 4C)
    return hidden @ c_proj_weight + c_proj_bias  # (T, 4C) -> (T, C)


def cases(rng):
    def weights(C, hidden):
        return (
            normal(rng, C, hidden),
            normal(rng, hidden),
            normal(rng, hidden, C),
            normal(rng, C),
        )

    yield Case("two tokens of width 3", (normal(rng, 2, 3), *weights(3, 12)))
    yield Case("one token", (normal(rng, 1, 4), *weights(4, 16)))
    yield Case("a hidden width that is not 4 C", (normal(rng, 3, 4), *weights(4, 6)))
    yield Case("width 1", (normal(rng, 5, 1), *weights(1, 4)))
    yield Case("a batch, (2, 3, 4)", (normal(rng, 2, 3, 4), *weights(4, 16)))
    yield Case("in float64", in_float64(normal(rng, 2, 3), *weights(3, 12)))


def no_gelu(x, c_fc_weight, c_fc_bias, c_proj_weight, c_proj_bias):
    """There is no GELU in it. Without it, two matrices in a row do no more than one."""
    return (x @ c_fc_weight + c_fc_bias) @ c_proj_weight + c_proj_bias


def gelu_last(x, c_fc_weight, c_fc_bias, c_proj_weight, c_proj_bias):
    """Your GELU comes at the very end; it belongs between the two matrices, on the hidden
    numbers.
    """
    return gelu((x @ c_fc_weight + c_fc_bias) @ c_proj_weight + c_proj_bias)


def gelu_twice(x, c_fc_weight, c_fc_bias, c_proj_weight, c_proj_bias):
    """One GELU too many: none comes after c_proj."""
    return gelu(mlp(x, c_fc_weight, c_fc_bias, c_proj_weight, c_proj_bias))


def bias_after_gelu(x, c_fc_weight, c_fc_bias, c_proj_weight, c_proj_bias):
    """You add the bias of c_fc after GELU; it is added before."""
    return (gelu(x @ c_fc_weight) + c_fc_bias) @ c_proj_weight + c_proj_bias


def no_bias(x, c_fc_weight, c_fc_bias, c_proj_weight, c_proj_bias):
    """The two biases are missing: each matrix has one, added after the product."""
    return gelu(x @ c_fc_weight) @ c_proj_weight


def relu_inside(x, c_fc_weight, c_fc_bias, c_proj_weight, c_proj_bias):
    """You use ReLU; GPT-2 uses GELU, the function above."""
    return (x @ c_fc_weight + c_fc_bias).clamp(min=0) @ c_proj_weight + c_proj_bias


def mlp_and_stream(x, c_fc_weight, c_fc_bias, c_proj_weight, c_proj_bias):
    """You add x to the result. That is the block's business, two exercises further on; the MLP
    returns only what it found.
    """
    return x + mlp(x, c_fc_weight, c_fc_bias, c_proj_weight, c_proj_bias)


def transposed(x, c_fc_weight, c_fc_bias, c_proj_weight, c_proj_bias):
    """The shapes do not fit. The checkpoint stores its matrices as [in, out], so it is `x @
    weight`, without a transpose.
    """
    return gelu(x @ c_fc_weight.T + c_fc_bias) @ c_proj_weight.T + c_proj_bias


def no_first_bias(x, c_fc_weight, c_fc_bias, c_proj_weight, c_proj_bias):
    """The bias of c_fc is missing: add it before GELU."""
    return gelu(x @ c_fc_weight) @ c_proj_weight + c_proj_bias


def no_last_bias(x, c_fc_weight, c_fc_bias, c_proj_weight, c_proj_bias):
    """The bias of c_proj is missing: it is added last."""
    return gelu(x @ c_fc_weight + c_fc_bias) @ c_proj_weight


def gelu_with_erf(x, c_fc_weight, c_fc_bias, c_proj_weight, c_proj_bias):
    """This is GELU with erf, torch's own. GPT-2 was trained with the tanh form: call
    your `gelu`.
    """
    return with_erf(x @ c_fc_weight + c_fc_bias) @ c_proj_weight + c_proj_bias


def gelu_first(x, c_fc_weight, c_fc_bias, c_proj_weight, c_proj_bias):
    """Your GELU comes first, on x; it belongs between the two matrices, on the hidden numbers."""
    return (gelu(x) @ c_fc_weight + c_fc_bias) @ c_proj_weight + c_proj_bias


def addmm(x, c_fc_weight, c_fc_bias, c_proj_weight, c_proj_bias):
    """Right without a batch: `torch.addmm` takes plain matrices only. `x @ weight + bias` takes
    any axes in front.
    """
    hidden = gelu(torch.addmm(c_fc_bias, x, c_fc_weight))
    return hidden @ c_proj_weight + c_proj_bias


def buffer_of_float32(x, c_fc_weight, c_fc_bias, c_proj_weight, c_proj_bias):
    """The answer is float32 where float64 comes in. `torch.zeros(shape)` makes a tensor of float32,
    and so does `.float()`: stay with the dtype of x.
    """
    return mlp(x, c_fc_weight, c_fc_bias, c_proj_weight, c_proj_bias).float()


EXERCISE = Exercise(
    mlp,
    cases,
    mistakes=(
        no_gelu,
        gelu_last,
        gelu_twice,
        bias_after_gelu,
        no_bias,
        relu_inside,
        mlp_and_stream,
        transposed,
        no_first_bias,
        no_last_bias,
        gelu_with_erf,
        gelu_first,
        addmm,
        buffer_of_float32,
    ),
    hints=(
        "Each matrix has a bias to add: `c_fc` makes four times as many numbers, `c_proj` as many "
        "as there were.",
        "`gelu(x @ c_fc_weight + c_fc_bias)` is the hidden layer, (..., 4C).",
    ),
    points=1,
    minutes=5,
    rtol=1e-4,
    atol=1e-5,
    post="GPT-2 Fully-Connected Neural Network",
)
