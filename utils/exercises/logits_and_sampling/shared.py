"""What several exercises of this lesson draw or use."""

import torch

from utils import gpt2
from utils.parts import empty_cache

TINY = gpt2.Config(vocab_size=11, n_positions=9, n_embd=8, n_layer=2, n_head=4)


EMPTY = empty_cache(TINY.n_layer, TINY.n_head, TINY.n_embd // TINY.n_head)


def normal(rng, *shape, size=1.0):
    return torch.tensor(rng.normal(size=shape) * size, dtype=torch.float32)
