"""What a GPT-2 is made of, to count it and to try functions on: shapes, parameters, an empty
cache.
"""

import numpy as np
import torch

from utils import gpt2
from utils.checkpoint import published

SAVINGS = (2, 30, 700, 1_000_000)  # the guesses that predict_saving offers


def block_shapes(n_embd):
    """Names and shapes of one block's twelve parameters, without "h.0." in front, in the
    checkpoint's order.
    """
    config = gpt2.Config(vocab_size=1, n_positions=1, n_embd=n_embd, n_layer=1, n_head=1)
    return {
        name[len("h.0.") :]: shape
        for name, shape in gpt2.shapes(config).items()
        if name.startswith("h.0.")
    }


def block_of(params, i):
    """Block i's parameters, by their names without "h.i." in front."""
    start = f"h.{i}."
    return {name.removeprefix(start): p for name, p in params.items() if name.startswith(start)}


def embedding_parameters():
    """Numbers in wte and wpe together, for each of the four published sizes, counted from their
    shapes.
    """
    counted = {}
    for size, facts in published().items():
        shapes = gpt2.shapes(
            gpt2.Config(n_embd=facts["n_embd"], n_layer=facts["n_layer"], n_head=facts["n_head"])
        )
        counted[size] = sum(
            torch.Size(shapes[name]).numel() for name in ("wte.weight", "wpe.weight")
        )
    return counted


def random_params(config, seed):
    """Parameters far from where training starts, so that every gain, bias and score matters."""
    rng = np.random.default_rng(seed)
    return {
        name: torch.tensor(rng.normal(size=shape) * 0.4, dtype=torch.float32)
        + (len(shape) == 1 and name.endswith("weight"))
        for name, shape in gpt2.shapes(config).items()
    }


def empty_cache(n_layer, n_head, head_size, dtype=torch.float32):
    """What forward_with_cache starts with: for each layer no keys and no values, (n_head, 0, D)
    each.
    """
    return [
        (
            torch.empty(n_head, 0, head_size, dtype=dtype),
            torch.empty(n_head, 0, head_size, dtype=dtype),
        )
        for _ in range(n_layer)
    ]


def multiplications(config, past, new):
    """How often two numbers are multiplied to get the next logits, for `new` tokens after `past`
    kept ones.

    Counted are the matrix products, which are nearly all of the work: the four matrices of each
    block, 12 C^2 for a token; its scores and its weighted sum, C for each key and each value
    (hidden ones too: they are computed, then masked); and the logits of the last token.
    """
    C, keys = config.n_embd, past + new
    inner = config.n_inner or 4 * C
    block = new * (4 * C * C + 2 * C * inner) + 2 * new * keys * C
    return config.n_layer * block + C * config.vocab_size
