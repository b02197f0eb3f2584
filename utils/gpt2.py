"""GPT-2 on one screen: the whole forward pass, with its key-value cache.

The weights are a plain dict by the names of the published checkpoint
("wte.weight", "h.0.attn.c_attn.weight", …), so the weights document the code.
Letters in the shape comments: B batch, T new tokens, P tokens already in the cache,
C = n_embd, D = C / n_head, V = vocab_size.

Radford et al., "Language Models are Unsupervised Multitask Learners", 2019.
"""

from dataclasses import dataclass

import torch
import torch.nn.functional as F


@dataclass(frozen=True)
class Config:
    """The shape of a GPT-2, in the words of the checkpoint's config.json."""

    vocab_size: int = 50257
    n_positions: int = 1024
    n_embd: int = 768
    n_layer: int = 12
    n_head: int = 12
    layer_norm_epsilon: float = 1e-5
    n_inner: int | None = None  # width inside the MLP; None means 4 * n_embd

    def __post_init__(self):
        if self.n_embd % self.n_head:
            raise ValueError(
                f"n_embd = {self.n_embd} cannot be split into n_head = {self.n_head}"
                " heads of equal size."
            )


class Cache:
    """Room for every token's keys and values: nothing is computed twice."""

    def __init__(self, config, batch=1):
        head_size = config.n_embd // config.n_head
        shape = (batch, config.n_head, config.n_positions, head_size)
        self.keys = [torch.empty(shape) for _ in range(config.n_layer)]
        self.values = [torch.empty(shape) for _ in range(config.n_layer)]
        self.length = 0  # tokens seen so far

    def extend(self, layer, k, v):
        """Append (B, n_head, T, D) new keys and values; return all, (B, n_head, P+T, D)."""
        new = slice(self.length, self.length + k.shape[-2])
        self.keys[layer][:, :, new], self.values[layer][:, :, new] = k, v
        return self.keys[layer][:, :, : new.stop], self.values[layer][:, :, : new.stop]


def forward(params, config, ids, cache=None):
    """Scores of every token of the vocabulary as the next one, at each position.

    ids: integers, (T,) or (B, T). Returns logits, (T, V) or (B, T, V).
    With a cache, ids continue the tokens that the cache has seen.
    Raises ValueError for ids that are no integers, outside the vocabulary or too many.
    """
    return unembed(params, transformer(params, config, ids, cache))


def transformer(params, config, ids, cache=None):
    """ids (B, T) -> what the last block says about each token, (B, T, C)."""
    past = cache.length if cache else 0
    ids = check_ids(config, ids, past)
    rows = torch.atleast_2d(ids)  # (T,) or (B, T) -> (B, T)
    positions = torch.arange(past, past + rows.shape[1])  # -> (T,)
    x = F.embedding(rows, params["wte.weight"])  # (B, T) -> (B, T, C)
    x = x + params["wpe.weight"][positions]  # (B, T, C) + (T, C) -> (B, T, C)
    for layer in range(config.n_layer):
        h = f"h.{layer}."
        y = layer_norm(params, config, h + "ln_1", x)  # (B, T, C) -> (B, T, C)
        x = x + attention(params, config, layer, y, cache)  # (B, T, C) -> (B, T, C)
        y = layer_norm(params, config, h + "ln_2", x)  # (B, T, C) -> (B, T, C)
        x = x + mlp(params, h + "mlp", y)  # (B, T, C) -> (B, T, C)
    if cache:
        cache.length += rows.shape[1]
    x = layer_norm(params, config, "ln_f", x)  # (B, T, C) -> (B, T, C)
    return x.view(*ids.shape, -1)  # (B, T, C) -> (T, C) or (B, T, C)


def unembed(params, x):
    return x @ params["wte.weight"].T  # (B, T, C) @ (C, V) -> (B, T, V)


def attention(params, config, layer, x, cache):
    name, past, T = f"h.{layer}.attn", cache.length if cache else 0, x.shape[1]
    qkv = linear(params, name + ".c_attn", x)  # (B, T, C) -> (B, T, 3C)
    q, k, v = (
        part.unflatten(-1, (config.n_head, -1)).transpose(1, 2)
        for part in qkv.chunk(3, dim=-1)
    )  # (B, T, 3C) -> three of (B, n_head, T, D)
    if cache:
        k, v = cache.extend(layer, k, v)  # (B, n_head, T, D) -> (B, n_head, P+T, D)
    # Token t of the new ones sees the P old ones and the new ones up to itself.
    mask = torch.ones(T, past + T, dtype=torch.bool).tril(past) if past else None
    x = F.scaled_dot_product_attention(q, k, v, mask, is_causal=not past)  # -> q's shape
    x = x.transpose(1, 2).flatten(2)  # (B, n_head, T, D) -> (B, T, C)
    return linear(params, name + ".c_proj", x)  # (B, T, C) -> (B, T, C)


def mlp(params, name, x):
    x = F.gelu(linear(params, name + ".c_fc", x), approximate="tanh")  # -> (B, T, 4C)
    return linear(params, name + ".c_proj", x)  # (B, T, 4C) -> (B, T, C)


def linear(params, name, x):
    """The checkpoint keeps weights as [in, out]; .T is a view, nothing is copied."""
    return F.linear(x, params[name + ".weight"].T, params[name + ".bias"])


def layer_norm(params, config, name, x):
    weight, bias = params[name + ".weight"], params[name + ".bias"]
    return F.layer_norm(x, weight.shape, weight, bias, config.layer_norm_epsilon)


def check_ids(config, ids, past=0):
    """ids as a tensor, or one sentence saying what is wrong with them."""
    ids = torch.as_tensor(ids)
    if ids.dim() not in (1, 2) or ids.numel() == 0:
        raise ValueError(f"ids must be (T,) or (B, T) and not empty, not {tuple(ids.shape)}.")
    if ids.dtype not in (torch.int64, torch.int32):
        raise ValueError(f"ids must be whole numbers (torch.int64), not {ids.dtype}.")
    if ids.min() < 0 or ids.max() >= config.vocab_size:
        raise ValueError(
            f"ids must lie in 0 … {config.vocab_size - 1} (the vocabulary), but they"
            f" reach from {ids.min().item()} to {ids.max().item()}."
        )
    if past + ids.shape[-1] > config.n_positions:
        raise ValueError(
            f"This model sees at most {config.n_positions} tokens (n_positions), not"
            f" {past + ids.shape[-1]}."
        )
    return ids


def shapes(config):
    """Every parameter's name and shape, in the checkpoint's order and [in, out] layout."""
    C, inner = config.n_embd, config.n_inner or 4 * config.n_embd
    block = {
        "ln_1.weight": (C,),
        "ln_1.bias": (C,),
        "attn.c_attn.weight": (C, 3 * C),
        "attn.c_attn.bias": (3 * C,),
        "attn.c_proj.weight": (C, C),
        "attn.c_proj.bias": (C,),
        "ln_2.weight": (C,),
        "ln_2.bias": (C,),
        "mlp.c_fc.weight": (C, inner),
        "mlp.c_fc.bias": (inner,),
        "mlp.c_proj.weight": (inner, C),
        "mlp.c_proj.bias": (C,),
    }
    return {
        "wte.weight": (config.vocab_size, C),
        "wpe.weight": (config.n_positions, C),
        **{f"h.{i}.{name}": s for i in range(config.n_layer) for name, s in block.items()},
        "ln_f.weight": (C,),
        "ln_f.bias": (C,),
    }


def count_parameters(config):
    """Numbers to learn. The logits' matrix is wte again and is counted once.

    >>> count_parameters(Config())
    124439808
    """
    return sum(torch.Size(shape).numel() for shape in shapes(config).values())


def init(config, seed=0):
    """Random weights as GPT-2 starts with: normal, std 0.02; biases 0; LayerNorm 1.

    The two matrices that write into the residual stream get 0.02 / sqrt(2 n_layer)
    (section 2.3 of the paper), so that the stream does not grow with depth.
    """
    generator = torch.Generator().manual_seed(seed)
    params = {}
    for name, shape in shapes(config).items():
        if name.endswith(".bias"):
            params[name] = torch.zeros(shape)
        elif len(shape) == 1:
            params[name] = torch.ones(shape)
        else:
            std = 0.02 / (2 * config.n_layer) ** 0.5 if "c_proj" in name else 0.02
            params[name] = torch.empty(shape).normal_(0, std, generator=generator)
    return params
