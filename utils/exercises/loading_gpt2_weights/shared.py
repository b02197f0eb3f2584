"""What several exercises of this lesson draw or use."""

import torch

from utils import gpt2
from utils.parts import random_params

TINY = gpt2.Config(vocab_size=7, n_positions=3, n_embd=4, n_layer=2, n_head=2)


def normal(rng, *shape):
    return torch.tensor(rng.normal(size=shape), dtype=torch.float32)


def stored(rng, config=TINY):
    return random_params(config, int(rng.integers(1 << 30)))
