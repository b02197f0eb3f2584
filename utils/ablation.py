"""What does each part of GPT-2 do? Take it out, train a tiny one, and see what breaks.

The task: a few random tokens, repeated over and over. The first of them is given, the others
cannot be known; all later ones can, by whoever looks a fixed number of places back. So the best
possible loss is known, and a whole GPT-2 comes close to it within 120 steps.

Radford et al. 2019 for the model; pre-LN's ease of training: Xiong et al. 2020.
"""

import math
from dataclasses import dataclass, replace

import torch
import torch.nn.functional as F

from utils import gpt2
from utils.remembered import remembered
from utils.training import watched

PARTS = ("nothing", "scale", "mask", "positions", "residual", "LayerNorm")
PERIOD, LENGTH = 4, 12  # tokens before they repeat; tokens that are predicted
# One wide head, so that unscaled scores are large; six blocks, so that depth matters.
CONFIG = gpt2.Config(vocab_size=12, n_positions=LENGTH, n_embd=32, n_layer=6, n_head=1)
FLOOR = (PERIOD - 1) * math.log(CONFIG.vocab_size) / LENGTH  # nats per token, no less
STEPS, BATCH, LEARNING_RATE, WARMUP = 120, 16, 5e-3, 20


@dataclass(frozen=True)
class Result:
    """How one training went, in nats per token.

    training: the loss at each step, as training sees it: all places of a row at once.
    writing: the loss at the end when each next token is asked for with nothing but the
        tokens before it, which is how a model writes.
    """

    training: list[float]
    writing: float


def forward(params, config, ids, without="nothing"):
    """GPT-2's forward pass, ids (B, T) -> logits (B, T, V), without one of PARTS."""
    x = F.embedding(ids, params["wte.weight"])
    if without != "positions":
        x = x + params["wpe.weight"][: ids.shape[1]]
    stream = 0 if without == "residual" else 1
    for i in range(config.n_layer):
        y = norm(params, config, f"h.{i}.ln_1", x, without)
        x = stream * x + attention(params, config, i, y, without)
        y = norm(params, config, f"h.{i}.ln_2", x, without)
        x = stream * x + gpt2.mlp(params, f"h.{i}.mlp", y)
    return gpt2.unembed(params, norm(params, config, "ln_f", x, without))


def norm(params, config, name, x, without):
    if without == "LayerNorm":
        return x
    return gpt2.layer_norm(params, config, name, x)


def attention(params, config, i, x, without):
    qkv = gpt2.linear(params, f"h.{i}.attn.c_attn", x)  # (B, T, C) -> (B, T, 3C)
    q, k, v = qkv.unflatten(2, (3, config.n_head, -1)).permute(2, 0, 3, 1, 4)
    scale = 1.0 if without == "scale" else None  # None: 1 / sqrt(D)
    causal = without != "mask"
    x = F.scaled_dot_product_attention(q, k, v, is_causal=causal, scale=scale)
    return gpt2.linear(params, f"h.{i}.attn.c_proj", x.transpose(1, 2).flatten(2))


def init(config, seed):
    """Weights that keep a vector's size about as it is: normal, std 1 / sqrt(inputs).

    In a model this narrow, GPT-2's own 0.02 would make every score nearly 0.
    """
    generator = torch.Generator().manual_seed(seed)
    params = gpt2.init(config)
    for name, p in params.items():
        if p.dim() == 2:
            inputs = p.shape[1] if name in ("wte.weight", "wpe.weight") else p.shape[0]
            p.normal_(0, inputs**-0.5, generator=generator)
    return params


def rows(count, generator):
    """Tokens that repeat after PERIOD: (count, LENGTH + 1)."""
    first = torch.randint(CONFIG.vocab_size, (count, PERIOD), generator=generator)
    return first.repeat(1, LENGTH // PERIOD + 1)[:, : LENGTH + 1]


def train(without, seed, n_layer=CONFIG.n_layer, steps=STEPS):
    """Train a tiny GPT-2 without one of PARTS; the same seed gives the same result."""
    if without not in PARTS:
        raise ValueError(f"without must be one of {', '.join(PARTS)}, not {without!r}.")
    config = replace(CONFIG, n_layer=n_layer)
    params = {k: p.requires_grad_() for k, p in init(config, seed).items()}
    adam = torch.optim.AdamW(
        params.values(), lr=LEARNING_RATE, betas=(0.9, 0.98), weight_decay=0, fused=True
    )
    generator, losses = torch.Generator().manual_seed(1000 + seed), []
    for step in range(steps):
        tokens = rows(BATCH, generator)  # (B, T + 1)
        logits = forward(params, config, tokens[:, :-1], without)  # (B, T, V)
        loss = F.cross_entropy(logits.flatten(0, 1), tokens[:, 1:].flatten())
        loss.backward()
        torch.nn.utils.clip_grad_norm_(params.values(), 1.0)
        adam.param_groups[0]["lr"] = LEARNING_RATE * min(1, (step + 1) / WARMUP)
        adam.step()
        adam.zero_grad()
        losses.append(loss.item())
    return Result(losses, writing_loss(params, config, without))


@torch.no_grad()
def writing_loss(params, config, without):
    """Nats per token on fresh rows, each token predicted from those before it alone."""
    tokens, nats = rows(64, torch.Generator().manual_seed(5)), 0.0
    for t in range(1, LENGTH + 1):
        logits = forward(params, config, tokens[:, :t], without)[:, -1]  # (B, V)
        nats += F.cross_entropy(logits, tokens[:, t]).item()
    return nats / LENGTH


def compare(seeds=(0, 1, 2), n_layer=CONFIG.n_layer):
    """{part: one Result per seed}, for each of PARTS. Half a minute, once per machine."""
    found = _compare(list(seeds), n_layer)
    return {part: [Result(*both) for both in found[part]] for part in PARTS}


@remembered()
def _compare(seeds, n_layer):
    threads = torch.get_num_threads()
    torch.set_num_threads(1)  # it is faster here
    todo = [(part, seed) for part in PARTS for seed in seeds]
    found = {part: [] for part in PARTS}
    try:
        for part, seed in watched(todo, unit="training"):
            result = train(part, seed, n_layer)
            found[part].append((result.training, result.writing))
    finally:
        torch.set_num_threads(threads)
    return found
