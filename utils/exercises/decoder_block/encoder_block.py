"""The same block without the mask, as in BERT: every token sees every other."""

import math

import torch

from utils.exercises import Exercise
from utils.exercises.decoder_block.decoder_block import block_mlp, block_norm, decoder_block
from utils.exercises.decoder_block.layer_norm import layer_norm
from utils.exercises.decoder_block.mlp import mlp
from utils.exercises.decoder_block.shared import block_cases
from utils.exercises.masked_self_attention.merge_heads import merge_heads
from utils.exercises.masked_self_attention.project_qkv import project_qkv
from utils.exercises.masked_self_attention.softmax import softmax
from utils.exercises.masked_self_attention.split_heads import split_heads


def to_heads(x, block, n_head):
    """A block up to its heads: (T, C) -> q, k and v, each (n_head, T, D)."""
    y = layer_norm(x, block["ln_1.weight"], block["ln_1.bias"])
    qkv = project_qkv(y, block["attn.c_attn.weight"], block["attn.c_attn.bias"])
    return [split_heads(part, n_head) for part in qkv]


def from_heads(found, x, block):
    """A block from its heads on: what they found, (n_head, T, D), and x, (T, C) -> (T, C)."""
    found = merge_heads(found)  # (n_head, T, D) -> (T, C)
    x = x + (found @ block["attn.c_proj.weight"] + block["attn.c_proj.bias"])
    y = layer_norm(x, block["ln_2.weight"], block["ln_2.bias"])
    return x + mlp(
        y,
        block["mlp.c_fc.weight"],
        block["mlp.c_fc.bias"],
        block["mlp.c_proj.weight"],
        block["mlp.c_proj.bias"],
    )


def encoder_block(x, block, n_head):
    q, k, v = to_heads(x, block, n_head)
    scores = q @ k.transpose(-2, -1) / math.sqrt(q.shape[-1])  # -> (n_head, T, T)
    return from_heads(softmax(scores) @ v, x, block)


def still_masked(x, block, n_head):
    """Your block still hides the future: it gives what decoder_block gives. In an encoder the
    scores go into softmax unmasked.
    """
    return decoder_block(x, block, n_head)


def _encoder(x, block, n_head, divisor=None, weights=softmax, residual=True):
    y = block_norm(x, block, "ln_1")
    q, k, v = (
        split_heads(part, n_head)
        for part in project_qkv(y, block["attn.c_attn.weight"], block["attn.c_attn.bias"])
    )
    scores = q @ k.transpose(-2, -1) / (divisor or math.sqrt(q.shape[-1]))
    found = (
        merge_heads(weights(scores) @ v) @ block["attn.c_proj.weight"] + block["attn.c_proj.bias"]
    )
    x = x + found if residual else found
    return x + block_mlp(block_norm(x, block, "ln_2"), block)


def no_scale(x, block, n_head):
    """The scores are not divided by the square root of the head's width."""
    return _encoder(x, block, n_head, divisor=1.0)


def scaled_by_width(x, block, n_head):
    """You divide by the root of C. Each head compares vectors of width C / n_head: take the root of
    `q.shape[-1]`.
    """
    return _encoder(x, block, n_head, divisor=math.sqrt(x.shape[-1]))


def heads_are_the_encoder(x, block, n_head):
    """You return what the heads found. It has to go through the rest of the block: `from_heads`."""
    q, k, v = to_heads(x, block, n_head)
    return softmax(q @ k.transpose(-2, -1) / math.sqrt(q.shape[-1])) @ v


def one_head(x, block, n_head):
    """All heads act as one. Split q, k and v before the scores, merge after."""
    return encoder_block(x, block, 1)


def mask_the_other_way(x, block, n_head):
    """There is still a mask, and it hides the past. An encoder has none."""

    def weights(scores):
        return softmax(
            scores.masked_fill(torch.ones(scores.shape[-2:], dtype=torch.bool).tril(-1), -math.inf)
        )

    return _encoder(x, block, n_head, weights=weights)


def without_softmax(x, block, n_head):
    """The scores are used as they are; softmax must turn each row into shares that add up to 1."""
    return _encoder(x, block, n_head, weights=lambda scores: scores)


def without_c_proj(x, block, n_head):
    """Attention's c_proj is missing: after merge_heads comes one more matrix and its bias."""
    y = block_norm(x, block, "ln_1")
    q, k, v = (
        split_heads(part, n_head)
        for part in project_qkv(y, block["attn.c_attn.weight"], block["attn.c_attn.bias"])
    )
    x = x + merge_heads(softmax(q @ k.transpose(-2, -1) / math.sqrt(q.shape[-1])) @ v)
    return x + block_mlp(block_norm(x, block, "ln_2"), block)


def attention_not_added(x, block, n_head):
    """Attention's result replaces x; add it to x, as in decoder_block."""
    return _encoder(x, block, n_head, residual=False)


def second_added_to_the_start(x, block, n_head):
    """The second addition goes to the old x, so that what attention found is lost. Add the MLP's
    result to the x that has attention's result in it.
    """
    y = _attended(x, block_norm(x, block, "ln_1"), block, n_head)
    return x + block_mlp(block_norm(y, block, "ln_2"), block)


def norm_not_used(x, block, n_head):
    """Your attention reads x itself; it should read the normalised y."""
    x = _attended(x, x, block, n_head)
    return x + block_mlp(block_norm(x, block, "ln_2"), block)


def mlp_not_added(x, block, n_head):
    """The MLP's result replaces x; add it to x, as in decoder_block."""
    x = _attended(x, block_norm(x, block, "ln_1"), block, n_head)
    return block_mlp(block_norm(x, block, "ln_2"), block)


def first_norm_twice(x, block, n_head):
    """Both side paths use ln_1; the MLP's has its own, ln_2."""
    x = _attended(x, block_norm(x, block, "ln_1"), block, n_head)
    return x + block_mlp(block_norm(x, block, "ln_1"), block)


def without_last_bias(x, block, n_head):
    """The bias of attention's c_proj is missing."""
    block = block | {"attn.c_proj.bias": torch.zeros_like(block["attn.c_proj.bias"])}
    return encoder_block(x, block, n_head)


def _attended(x, y, block, n_head):
    """x plus what attention without a mask finds in y."""
    q, k, v = (
        split_heads(part, n_head)
        for part in project_qkv(y, block["attn.c_attn.weight"], block["attn.c_attn.bias"])
    )
    found = merge_heads(softmax(q @ k.transpose(-2, -1) / math.sqrt(q.shape[-1])) @ v)
    return x + found @ block["attn.c_proj.weight"] + block["attn.c_proj.bias"]


def buffer_of_float32(x, block, n_head):
    """The answer is float32 where float64 comes in. `torch.zeros(shape)` makes a tensor of float32,
    and so does `.float()`: stay with the dtype of x.
    """
    return encoder_block(x, block, n_head).float()


EXERCISE = Exercise(
    encoder_block,
    block_cases,
    mistakes=(
        still_masked,
        no_scale,
        scaled_by_width,
        heads_are_the_encoder,
        one_head,
        mask_the_other_way,
        without_softmax,
        without_c_proj,
        attention_not_added,
        second_added_to_the_start,
        norm_not_used,
        mlp_not_added,
        first_norm_twice,
        without_last_bias,
        buffer_of_float32,
    ),
    hints=(
        "Four lines: to the heads, scores, what the heads find, from the heads on.",
        "`scores = q @ k.transpose(-2, -1) / math.sqrt(q.shape[-1])`, as in lesson 04, and no "
        "mask.",
        "What the heads find is `softmax(scores) @ v`; `from_heads` takes it, with the x that came "
        "in.",
    ),
    points=3,
    minutes=15,
    difficulty="medium",
    rtol=1e-4,
    atol=1e-5,
    post="The Evolution of The Transformer Block",
    core=False,
)
