"""Which parameters does weight decay touch?"""

import torch

from utils import gpt2
from utils.exercises import Case, Exercise


def decay_groups(params, weight_decay):
    matrices, others = [], []
    for name, p in params.items():
        decays = name.startswith("h.") and p.dim() == 2
        (matrices if decays else others).append(name)
    return [
        {"params": matrices, "weight_decay": weight_decay},
        {"params": others, "weight_decay": 0.0},
    ]


def cases(rng):
    def shaped(**sizes):
        config = gpt2.Config(n_positions=4, n_head=1, **sizes)
        return {name: torch.zeros(shape) for name, shape in gpt2.shapes(config).items()}

    yield Case("a GPT-2 of one block", (shaped(vocab_size=6, n_embd=4, n_layer=1), 0.1))
    yield Case("width 1", (shaped(vocab_size=3, n_embd=1, n_layer=1), 0.2))
    yield Case(
        "twelve blocks, h.10 and h.11 too", (shaped(vocab_size=5, n_embd=2, n_layer=12), 0.1)
    )
    yield Case(
        "only the embeddings",
        ({"wte.weight": torch.zeros(5, 3), "wpe.weight": torch.zeros(4, 3)}, 0.1),
    )
    few = {
        "ln_f.bias": torch.zeros(3),
        "h.0.mlp.c_fc.weight": torch.zeros(3, 12),
        "h.0.ln_1.weight": torch.ones(3),
    }
    yield Case("another order", (few, 0.05))
    layers = int(rng.integers(2, 5))
    yield Case(
        "drawn at random",
        (
            shaped(vocab_size=7, n_embd=int(rng.integers(2, 6)), n_layer=layers),
            float(rng.uniform(0.01, 0.3)),
        ),
    )


def _groups(params, weight_decay, decays):
    return [
        {"params": [n for n, p in params.items() if decays(n, p)], "weight_decay": weight_decay},
        {"params": [n for n, p in params.items() if not decays(n, p)], "weight_decay": 0.0},
    ]


def all_matrices(params, weight_decay):
    """The tables wte and wpe have two axes too, but they belong to no block: they do not decay
    here.
    """
    return _groups(params, weight_decay, lambda name, p: p.dim() == 2)


def all_weights(params, weight_decay):
    """A LayerNorm's `weight` is a vector that begins at 1; pulled to 0 it would switch its input
    off. Look at the number of axes, not only at the name.
    """
    return _groups(
        params, weight_decay, lambda name, p: name.startswith("h.") and name.endswith("weight")
    )


def by_name_weight(params, weight_decay):
    """The name `weight` is not enough: LayerNorm has one, and so have wte and wpe. Ask for a block,
    and for two axes.
    """
    return _groups(params, weight_decay, lambda name, p: name.endswith("weight"))


def everything_in_blocks(params, weight_decay):
    """In your version the blocks' biases and LayerNorms decay too. Only tensors with two axes
    should.
    """
    return _groups(params, weight_decay, lambda name, p: name.startswith("h."))


def everything(params, weight_decay):
    """Everything decays. Only the matrices of the blocks should."""
    return _groups(params, weight_decay, lambda name, p: True)


def the_others_are_left_out(params, weight_decay):
    """The second group is missing: parameters that are in no group are never trained at all."""
    return decay_groups(params, weight_decay)[:1]


def others_first(params, weight_decay):
    """The two groups are in the wrong order: first the matrices, which decay."""
    return decay_groups(params, weight_decay)[::-1]


def tensors_for_names(params, weight_decay):
    """Your groups hold the tensors; put their names in."""
    return [
        group | {"params": [params[name] for name in group["params"]]}
        for group in decay_groups(params, weight_decay)
    ]


def decay_for_both(params, weight_decay):
    """Both groups have the same weight decay; the second group's is 0."""
    return [group | {"weight_decay": weight_decay} for group in decay_groups(params, weight_decay)]


EXERCISE = Exercise(
    decay_groups,
    cases,
    mistakes=(
        all_matrices,
        all_weights,
        by_name_weight,
        everything_in_blocks,
        everything,
        the_others_are_left_out,
        others_first,
        tensors_for_names,
        decay_for_both,
    ),
    hints=(
        "Go through `params.items()` and put each name into one of two lists.",
        "A matrix of a block: the name starts with `h.`, and the tensor's `dim()` is 2.",
    ),
    points=1,
    minutes=6,
    core=False,
)
