"""What several exercises of this lesson draw or use."""

import torch

from utils.calling import floats, with_floats
from utils.exercises import Case
from utils.parts import block_shapes


def normal(rng, *shape, scale=1.0):
    return torch.tensor(rng.normal(size=shape) * scale, dtype=torch.float32)


def in_float64(*args):
    """The same arguments, every tensor of floats in float64."""
    return with_floats(args, (tensor.double() for tensor in floats(args)))


def block(rng, C):
    block = {name: normal(rng, *shape, scale=0.4) for name, shape in block_shapes(C).items()}
    return {
        name: p + 1 if name in ("ln_1.weight", "ln_2.weight") else p for name, p in block.items()
    }


def block_cases(rng):
    yield Case("four tokens, two heads", (normal(rng, 4, 8), block(rng, 8), 2))
    yield Case("one token", (normal(rng, 1, 6), block(rng, 6), 3))
    yield Case("one head", (normal(rng, 5, 4), block(rng, 4), 1))
    zeros = {name: torch.zeros(shape) for name, shape in block_shapes(4).items()}
    yield Case("all parameters zero", (normal(rng, 3, 4), zeros, 2))
    yield Case("numbers in the hundreds", (normal(rng, 3, 6, scale=300), block(rng, 6), 2))
    parts = dict(sorted(block(rng, 4).items()))
    yield Case("parameters in a file's order", (normal(rng, 2, 4), parts, 2))
    yield Case("in float64", in_float64(normal(rng, 3, 4), block(rng, 4), 2))
