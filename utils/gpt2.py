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
    eos_token_id: int | None = 50256  # the token that ends a text
    more_eos: tuple[int, ...] = ()  # and others that do, where config.json has a list
    tie_word_embeddings: bool = True  # the logits' matrix is wte; else "lm_head.weight"

    def __post_init__(self):
        for name in ("vocab_size", "n_positions", "n_embd", "n_layer", "n_head"):
            value = getattr(self, name)
            if type(value) is not int or value < 1:  # True is an int, too
                raise ValueError(f"{name} must be an integer above 0, not {value!r}.")
        if self.n_inner is not None and (type(self.n_inner) is not int or self.n_inner < 1):
            raise ValueError(f"n_inner must be an integer above 0 or None, not {self.n_inner!r}.")
        if type(self.tie_word_embeddings) is not bool:
            raise ValueError(
                f"tie_word_embeddings must be True or False, not {self.tie_word_embeddings!r}."
            )
        epsilon = self.layer_norm_epsilon
        if not (isinstance(epsilon, float) and 0 < epsilon < 1):
            raise ValueError(f"layer_norm_epsilon must be in (0, 1), not {epsilon!r}.")
        if self.n_embd % self.n_head:
            raise ValueError(
                f"n_embd = {self.n_embd} cannot be split into n_head = {self.n_head}"
                " heads of equal size."
            )


class Cache:
    """Room for the keys and values of all tokens, so that none is computed twice."""

    def __init__(self, config, batch=1, device=None):
        head_size = config.n_embd // config.n_head
        shape = (batch, config.n_head, config.n_positions, head_size)
        self.keys = [torch.empty(shape, device=device) for _ in range(config.n_layer)]
        self.values = [torch.empty(shape, device=device) for _ in range(config.n_layer)]
        self.length = 0  # tokens seen so far, P

    def extend(self, layer, k, v):
        """Store T new keys and values, (B, n_head, T, D); return all P + T of them."""
        end = self.length + k.shape[2]
        self.keys[layer][:, :, self.length : end] = k
        self.values[layer][:, :, self.length : end] = v
        return self.keys[layer][:, :, :end], self.values[layer][:, :, :end]


def forward(params, config, ids, cache=None):
    """Logits: how much each token of the vocabulary is expected next, at each place.

    ids: integers, (T,) or (B, T). Returns (T, V) or (B, T, V), to be differentiated or
    not. With a cache, ids go on where the ids before them ended. Everything is computed
    where the params are. Raises ValueError for ids that are no integers, outside the
    vocabulary, or more than n_positions.
    """
    return unembed(params, transformer(params, config, ids, cache))


def transformer(params, config, ids, cache=None):
    """Everything below the logits: ids (B, T) -> (B, T, C), or (T,) -> (T, C)."""
    ids = check_ids(config, ids, cache).to(params["wpe.weight"].device)
    batch = torch.atleast_2d(ids)  # (T,) or (B, T) -> (B, T)
    past, T = cache.length if cache else 0, batch.shape[1]
    x = F.embedding(batch, params["wte.weight"])  # (B, T) -> (B, T, C)
    x = x + params["wpe.weight"][past : past + T]  # + (T, C) -> (B, T, C)
    for i in range(config.n_layer):
        y = layer_norm(params, config, f"h.{i}.ln_1", x)  # (B, T, C) -> (B, T, C)
        x = x + attention(params, config, i, y, cache)  # (B, T, C) -> (B, T, C)
        y = layer_norm(params, config, f"h.{i}.ln_2", x)  # (B, T, C) -> (B, T, C)
        x = x + mlp(params, f"h.{i}.mlp", y)  # (B, T, C) -> (B, T, C)
    if cache:
        cache.length += T
    x = layer_norm(params, config, "ln_f", x)  # (B, T, C) -> (B, T, C)
    return x.view(*ids.shape, -1)  # (B, T, C) -> (T, C) or (B, T, C)


def unembed(params, x):
    """Logits: x compared with every token. To generate, give it the last x only.

    The matrix is wte once more, unless the model has an lm_head of its own.
    """
    head = params.get("lm_head.weight", params["wte.weight"])
    return F.linear(x, head)  # (B, T, C) -> (B, T, V)


def attention(params, config, i, x, cache):
    past, T = cache.length if cache else 0, x.shape[1]
    qkv = linear(params, f"h.{i}.attn.c_attn", x)  # (B, T, C) -> (B, T, 3C)
    qkv = qkv.unflatten(2, (3, config.n_head, -1))  # -> (B, T, 3, n_head, D)
    q, k, v = qkv.permute(2, 0, 3, 1, 4)  # -> three of (B, n_head, T, D)
    if cache:
        k, v = cache.extend(i, k, v)  # (B, n_head, T, D) -> (B, n_head, P+T, D)
    # Row t of the mask: all tokens of the past, and of the new ones those up to t.
    mask = torch.ones(T, past + T, dtype=torch.bool, device=x.device).tril(past)  # (T, P+T)
    x = F.scaled_dot_product_attention(q, k, v, mask)  # -> (B, n_head, T, D)
    x = x.transpose(1, 2).flatten(2)  # (B, n_head, T, D) -> (B, T, C)
    return linear(params, f"h.{i}.attn.c_proj", x)  # (B, T, C) -> (B, T, C)


def mlp(params, name, x):
    x = linear(params, name + ".c_fc", x)  # (B, T, C) -> (B, T, 4C)
    x = F.gelu(x, approximate="tanh")  # (B, T, 4C) -> (B, T, 4C)
    return linear(params, name + ".c_proj", x)  # (B, T, 4C) -> (B, T, C)


def linear(params, name, x):
    # The checkpoint stores [in, out]. This .T is a view: nothing is copied.
    weight, bias = params[name + ".weight"].T, params[name + ".bias"]
    return F.linear(x, weight, bias)  # (B, T, in) -> (B, T, out)


def layer_norm(params, config, name, x):
    weight, bias = params[name + ".weight"], params[name + ".bias"]
    eps = config.layer_norm_epsilon
    return F.layer_norm(x, weight.shape, weight, bias, eps)  # (B, T, C) -> (B, T, C)


def check_ids(config, ids, cache=None):
    """ids as a tensor; ValueError with one sentence if forward cannot take them."""
    ids, past = torch.as_tensor(ids), cache.length if cache else 0
    if ids.dim() not in (1, 2) or ids.numel() == 0:
        raise ValueError(f"ids must have shape (T,) or (B, T) with T >= 1, not {tuple(ids.shape)}.")
    if ids.dtype not in (torch.int64, torch.int32):
        raise ValueError(f"ids must be integers (torch.int64), not {ids.dtype}.")
    low, high = ids.min().item(), ids.max().item()
    if low < 0 or high >= config.vocab_size:
        raise ValueError(
            f"ids must lie between 0 and {config.vocab_size - 1} (vocab_size - 1),"
            f" and these reach from {low} to {high}."
        )
    if past + ids.shape[-1] > config.n_positions:
        raise ValueError(
            f"The model sees at most {config.n_positions} tokens (n_positions), and"
            f" these are {past + ids.shape[-1]}."
        )
    if cache and cache.keys[0].shape[0] != (1 if ids.dim() == 1 else ids.shape[0]):
        raise ValueError(
            f"The cache was made for a batch of {cache.keys[0].shape[0]}, and these ids"
            f" have the shape {tuple(ids.shape)}."
        )
    return ids


def shapes(config):
    """Every parameter's name and shape, matrices as the checkpoint has them, (in, out)."""
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
    names = {"wte.weight": (config.vocab_size, C), "wpe.weight": (config.n_positions, C)}
    for i in range(config.n_layer):
        names |= {f"h.{i}.{name}": shape for name, shape in block.items()}
    head = {} if config.tie_word_embeddings else {"lm_head.weight": (config.vocab_size, C)}
    return names | {"ln_f.weight": (C,), "ln_f.bias": (C,)} | head


def count_parameters(config):
    """Numbers to learn. Where the logits' matrix is wte again, it is counted once.

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
