"""GPT-2's forward pass once more, slowly, with every value in between kept.

`utils.gpt2.forward` is the fast way; this one exists to be looked into. Nothing is
fused: scores, mask, softmax and sum are separate lines. Letters in the shape comments
as in `utils.gpt2`; for a batch (B, T) every shape starts with B.
"""

import torch
import torch.nn.functional as F

from utils.gpt2 import check_ids, layer_norm, linear, unembed


@torch.no_grad()
def trace(params, config, ids, instead=None):
    """Run the model on ids, (T,) or (B, T), and return its values by name, in order.

    instead: {(layer, head): (T, D)}, put in the place of what these heads found.

    "tokens", "positions"  wte and wpe looked up                       (T, C), (T, C)
    "residual"             the stream that enters block 0              (T, C)
    for each block i, as "h.i." and then
      "ln_1"               what attention reads                        (T, C)
      "q", "k", "v"        queries, keys, values                       (n_head, T, D)
      "scores"             q @ k.T / sqrt(D), before the mask          (n_head, T, T)
      "attention"          rows of shares: query t looks at key s      (n_head, T, T)
      "heads"              attention @ v, each head's find             (n_head, T, D)
      "attn"               heads merged, through c_proj                (T, C)
      "middle"             the stream after attention was added        (T, C)
      "ln_2"               what the MLP reads                          (T, C)
      "hidden"             its inner layer, after GELU                 (T, 4C)
      "mlp"                what it writes                              (T, C)
      "residual"           the stream that leaves the block            (T, C)
    "ln_f", "logits"       as in `forward`                             (T, C), (T, V)
    """
    ids = check_ids(config, ids).to(params["wpe.weight"].device)
    T, D = ids.shape[-1], config.n_embd // config.n_head
    tokens = F.embedding(ids, params["wte.weight"])  # (T,) -> (T, C)
    positions = params["wpe.weight"][:T].expand_as(tokens)  # (T, C)
    x = tokens + positions  # (T, C)
    seen = {"tokens": tokens, "positions": positions, "residual": x}
    future = torch.ones(T, T, dtype=torch.bool, device=x.device).triu(1)  # (T, T): right of t
    for i in range(config.n_layer):
        ln_1 = layer_norm(params, config, f"h.{i}.ln_1", x)  # (T, C) -> (T, C)
        qkv = linear(params, f"h.{i}.attn.c_attn", ln_1)  # (T, C) -> (T, 3C)
        qkv = qkv.unflatten(-1, (3, config.n_head, D))  # (T, 3C) -> (T, 3, n_head, D)
        q, k, v = qkv.movedim(-3, 0).transpose(-3, -2)  # -> three of (n_head, T, D)
        scores = q @ k.transpose(-2, -1) / D**0.5  # -> (n_head, T, T)
        masked = scores.masked_fill(future, -torch.inf)  # (n_head, T, T)
        weights = masked.softmax(-1)  # (n_head, T, T), rows sum to 1
        heads = weights @ v  # (n_head, T, T) @ (n_head, T, D) -> (n_head, T, D)
        for (layer, head), found in (instead or {}).items():
            if layer == i:
                heads[..., head, :, :] = found
        merged = heads.transpose(-3, -2).flatten(-2)  # (n_head, T, D) -> (T, C)
        attn = linear(params, f"h.{i}.attn.c_proj", merged)  # (T, C) -> (T, C)
        middle = x + attn  # (T, C)
        ln_2 = layer_norm(params, config, f"h.{i}.ln_2", middle)  # (T, C) -> (T, C)
        hidden = linear(params, f"h.{i}.mlp.c_fc", ln_2)  # (T, C) -> (T, 4C)
        hidden = F.gelu(hidden, approximate="tanh")  # (T, 4C)
        mlp = linear(params, f"h.{i}.mlp.c_proj", hidden)  # (T, 4C) -> (T, C)
        x = middle + mlp  # (T, C)
        block = {
            **{"ln_1": ln_1, "q": q, "k": k, "v": v, "scores": scores},
            **{"attention": weights, "heads": heads, "attn": attn, "middle": middle},
            **{"ln_2": ln_2, "hidden": hidden, "mlp": mlp, "residual": x},
        }
        seen |= {f"h.{i}.{name}": value for name, value in block.items()}
    x = layer_norm(params, config, "ln_f", x)  # (T, C) -> (T, C)
    return seen | {"ln_f": x, "logits": unembed(params, x)}  # (T, C), (T, V)


def streams(seen, n_layer):
    """The residual stream of a `trace` before block 0 and after each: (n_layer + 1, T, C)."""
    blocks = [seen[f"h.{i}.residual"] for i in range(n_layer)]
    return torch.stack([seen["residual"], *blocks])
