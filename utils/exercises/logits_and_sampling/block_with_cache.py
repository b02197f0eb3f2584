"""A block that remembers: lesson 05's block, cut open at its heads."""

import torch

from utils import gpt2
from utils.exercises import Case, Exercise
from utils.exercises.decoder_block.encoder_block import from_heads, to_heads
from utils.exercises.decoder_block.layer_norm import layer_norm
from utils.exercises.decoder_block.mlp import mlp
from utils.exercises.decoder_block.shared import in_float64
from utils.exercises.logits_and_sampling.attend_with_cache import attend_with_cache
from utils.exercises.logits_and_sampling.shared import normal
from utils.exercises.masked_self_attention.merge_heads import merge_heads
from utils.exercises.masked_self_attention.project_qkv import project_qkv
from utils.exercises.masked_self_attention.split_heads import split_heads
from utils.parts import random_params


def block_with_cache(x, block, n_head, kept_k, kept_v):
    q, k, v = to_heads(x, block, n_head)
    found, keys, values = attend_with_cache(q, k, v, kept_k, kept_v)
    return from_heads(found, x, block), keys, values


def cases(rng):
    def case(past, new, C, n_head):
        config = gpt2.Config(vocab_size=1, n_positions=1, n_embd=C, n_layer=1, n_head=n_head)
        params = random_params(config, int(rng.integers(1 << 30)))
        block = {
            name.removeprefix("h.0."): p for name, p in params.items() if name.startswith("h.0.")
        }
        kept = (normal(rng, n_head, past, C // n_head) for _ in range(2))
        return (normal(rng, new, C), block, n_head, *kept)

    yield Case("one new token after three", case(3, 1, 8, 2))
    yield Case("the first token: nothing kept", case(0, 1, 8, 2))
    yield Case("a chunk of four after two", case(2, 4, 6, 3))
    yield Case("one head", case(5, 2, 4, 1))
    yield Case("in float64", in_float64(*case(2, 2, 4, 2)))


def _block(x, block, n_head, kept_k, kept_v, *, norm=True, grow=True, cached=True, residual=True):
    y = layer_norm(x, block["ln_1.weight"], block["ln_1.bias"]) if norm else x
    q, k, v = (
        split_heads(p, n_head)
        for p in project_qkv(y, block["attn.c_attn.weight"], block["attn.c_attn.bias"])
    )
    nothing = k[:, :0], v[:, :0]
    found, keys, values = attend_with_cache(q, k, v, *((kept_k, kept_v) if cached else nothing))
    keys, values = (keys, values) if grow else (k, v)
    x = residual * x + merge_heads(found) @ block["attn.c_proj.weight"] + block["attn.c_proj.bias"]
    y = layer_norm(x, block["ln_2.weight"], block["ln_2.bias"]) if norm else x
    mlp_weights = (
        block[f"mlp.{name}"]
        for name in ("c_fc.weight", "c_fc.bias", "c_proj.weight", "c_proj.bias")
    )
    return residual * x + mlp(y, *mlp_weights), keys, values


def block_ignores_cache(*args):
    """The kept keys and values are never used: give them to attend_with_cache."""
    return _block(*args, cached=False)


def block_returns_new_only(*args):
    """You return the new keys and values alone. Return what attend_with_cache returns: old and new
    together.
    """
    return _block(*args, grow=False)


def block_without_norm(*args):
    """Both LayerNorms are missing: attention and MLP read a normalised copy of x."""
    return _block(*args, norm=False)


def block_without_residual(*args):
    """The stream is replaced, not added to: x plus what attention found, then plus what the MLP
    says.
    """
    return _block(*args, residual=False)


def block_without_mlp(x, block, n_head, kept_k, kept_v):
    """The second half is missing: LayerNorm 2, the MLP, added to x."""
    silent = {
        name: torch.zeros_like(p) if name.startswith("mlp") else p for name, p in block.items()
    }
    return block_with_cache(x, silent, n_head, kept_k, kept_v)


def heads_are_the_block(x, block, n_head, kept_k, kept_v):
    """You return what the heads found. It has to go through the rest of the block: `from_heads`."""
    return attend_with_cache(*to_heads(x, block, n_head), kept_k, kept_v)


def block_returns_kept(x, block, n_head, kept_k, kept_v):
    """You return the keys and values that came in. Return what attend_with_cache returns: old and
    new together.
    """
    return _block(x, block, n_head, kept_k, kept_v)[0], kept_k, kept_v


def block_swaps_keys_and_values(*args):
    """You return the values before the keys. First the keys, then the values."""
    x, keys, values = _block(*args)
    return x, values, keys


EXERCISE = Exercise(
    block_with_cache,
    cases,
    mistakes=(
        block_ignores_cache,
        block_returns_new_only,
        block_without_norm,
        block_without_residual,
        block_without_mlp,
        heads_are_the_block,
        block_returns_kept,
        block_swaps_keys_and_values,
    ),
    hints=(
        "Three lines: to the heads, attend, from the heads on.",
        "`found, keys, values = attend_with_cache(q, k, v, kept_k, kept_v)`.",
        "`to_heads` gives q, k and v; `from_heads(found, x, block)` adds to the x that came in.",
    ),
    points=2,
    minutes=6,
    rtol=1e-4,
    atol=1e-5,
    post="Evaluation Time: Processing One Token at a Time",
    core=False,
)
