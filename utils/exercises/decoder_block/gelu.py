"""GPT-2's activation: the tanh form of GELU."""

import math

import torch

from utils.exercises import Case, Exercise
from utils.exercises.decoder_block.shared import in_float64, normal


def gelu(x):
    inside = math.sqrt(2 / math.pi) * (x + 0.044715 * x**3)
    return 0.5 * x * (1 + torch.tanh(inside))


def cases(rng):
    yield Case("minus one, zero, one", (torch.tensor([-1.0, 0.0, 1.0]),))
    yield Case("where tanh and erf differ most", (torch.tensor([-2.3, -2.0, 2.0, 2.3]),))
    yield Case("far out: no overflow", (torch.tensor([-1000.0, -50.0, 50.0, 1000.0]),))
    yield Case("a little beyond 3: still not x itself, and not 0", (torch.tensor([3.1, -3.1]),))
    yield Case("a single number", (torch.tensor(0.5),))
    yield Case("drawn, (3, 8)", (normal(rng, 3, 8, scale=2),))
    yield Case("in float64", in_float64(normal(rng, 2, 3)))


def with_erf(x):
    """This is GELU with erf: right in itself, and a little different. GPT-2 was trained with the
    tanh form, so use the formula with tanh.
    """
    return 0.5 * x * (1 + torch.erf(x / math.sqrt(2)))


def relu(x):
    """This is ReLU: it is 0 for every negative number. GELU dips a little below 0 there; use the
    formula.
    """
    return x.clamp(min=0)


def root_upside_down(x):
    """The square root is upside down: it is 2 / pi, about 0.8, not pi / 2."""
    return 0.5 * x * (1 + torch.tanh(math.sqrt(math.pi / 2) * (x + 0.044715 * x**3)))


def no_cube(x):
    """The cubic term is missing: inside tanh stands x + 0.044715 x³."""
    return 0.5 * x * (1 + torch.tanh(math.sqrt(2 / math.pi) * x))


def cube_of_all(x):
    """You cube 0.044715 as well; only x is cubed: `0.044715 * x**3`."""
    return 0.5 * x * (1 + torch.tanh(math.sqrt(2 / math.pi) * (x + (0.044715 * x) ** 3)))


def no_half(x):
    """Your values are twice as large as they should be: look at the factor in front. For large x,
    GELU is x itself.
    """
    return 2 * gelu(x)


def with_sigmoid(x):
    """This is a rougher approximation of GELU, with a sigmoid. GPT-2 uses the formula with tanh."""
    return x * torch.sigmoid(1.702 * x)


def bracket(x):
    """A bracket is missing: the square root multiplies the cubic term as well."""
    return 0.5 * x * (1 + torch.tanh(math.sqrt(2 / math.pi) * x + 0.044715 * x**3))


def math_tanh(x):
    """`math.tanh` takes one number; `torch.tanh` takes a tensor."""
    return 0.5 * x * (1 + math.tanh(math.sqrt(2 / math.pi) * (x + 0.044715 * x**3)))


def tanh_by_hand(x):
    """For large x your exponentials overflow and the answer is nan. `torch.tanh` does not."""
    inside = math.sqrt(2 / math.pi) * (x + 0.044715 * x**3)
    return (
        0.5
        * x
        * (1 + (torch.exp(inside) - torch.exp(-inside)) / (torch.exp(inside) + torch.exp(-inside)))
    )


def squared(x):
    """You square x inside tanh; the formula has x³."""
    return 0.5 * x * (1 + torch.tanh(math.sqrt(2 / math.pi) * (x + 0.044715 * x**2)))


def hat_for_a_power(x):
    """`^` is not a power in Python: write `x**3`."""
    return 0.5 * x * (1 + torch.tanh(math.sqrt(2 / math.pi) * (x + 0.044715 * x ^ 3)))


def hat_on_x(x):
    """`^` is not a power in Python: write `x**3`."""
    return 0.5 * x * (1 + torch.tanh(math.sqrt(2 / math.pi) * (x + (0.044715 * x) ^ 3)))


def root_of_two_only(x):
    """The root covers the whole fraction: `math.sqrt(2 / math.pi)`."""
    return 0.5 * x * (1 + torch.tanh(math.sqrt(2) / math.pi * (x + 0.044715 * x**3)))


def no_root(x):
    """The square root of 2/pi is missing."""
    return 0.5 * x * (1 + torch.tanh(2 / math.pi * (x + 0.044715 * x**3)))


def root_of_a_number(x):
    """`torch.sqrt` takes a tensor; for a plain number there is `math.sqrt`."""
    return 0.5 * x * (1 + torch.tanh(torch.sqrt(2 / math.pi) * (x + 0.044715 * x**3)))


def ten_times_the_cube(x):
    """A zero is missing: the factor of the cube is 0.044715."""
    return 0.5 * x * (1 + torch.tanh(math.sqrt(2 / math.pi) * (x + 0.44715 * x**3)))


def tanh_not_multiplied(x):
    """A bracket is missing: half of x multiplies the whole (1 + tanh)."""
    return 0.5 * x + torch.tanh(math.sqrt(2 / math.pi) * (x + 0.044715 * x**3))


def no_x_in_front(x):
    """This is the factor, between 0 and 1. It still has to be multiplied by x."""
    return 0.5 * (1 + torch.tanh(math.sqrt(2 / math.pi) * (x + 0.044715 * x**3)))


def buffer_of_float32(x):
    """The answer is float32 where float64 comes in. `torch.zeros(shape)` makes a tensor of float32,
    and so does `.float()`: stay with the dtype of x.
    """
    return gelu(x).float()


EXERCISE = Exercise(
    gelu,
    cases,
    mistakes=(
        with_erf,
        relu,
        root_upside_down,
        no_cube,
        cube_of_all,
        no_half,
        with_sigmoid,
        bracket,
        math_tanh,
        tanh_by_hand,
        squared,
        hat_for_a_power,
        hat_on_x,
        root_of_two_only,
        no_root,
        root_of_a_number,
        ten_times_the_cube,
        tanh_not_multiplied,
        no_x_in_front,
        buffer_of_float32,
    ),
    hints=(
        "`torch.tanh`, `math.sqrt(2 / math.pi)` and `x**3` are all you need.",
        "First the inside, `math.sqrt(2 / math.pi) * (x + 0.044715 * x**3)`; then half "
        "of x times one plus its tanh.",
    ),
    points=1,
    minutes=5,
    rtol=1e-4,
    atol=1e-5,
    forbids=("gelu",),
)
