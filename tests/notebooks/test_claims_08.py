"""What lesson 08 says of the bundled model and of what goes wrong in silence, on other stories."""

import dataclasses
import functools
import math

import torch
import torch.nn.functional as F

from utils import checkpoint, gpt2, stories, training

PARAMS, CONFIG, TOKENIZER = checkpoint.load("bundled")


@functools.cache
def unseen():
    told = stories.generate(51, 12, held_out=True)
    return [training.document(TOKENIZER, story) for story in told]


@torch.inference_mode()
def loss(params, config=CONFIG):
    batches = [(ids[None, :-1], ids[None, 1:]) for ids in unseen()]
    return training.evaluate(params, config, batches)


def changed(ending, change):
    return {n: change(p) if n.endswith(ending) else p for n, p in PARAMS.items()}


def alike(rows):
    """The mean cosine of different rows."""
    rows = F.normalize(rows, dim=1)
    n = len(rows)
    return (((rows @ rows.T).sum() - n) / (n * (n - 1))).item()


def test_stripes_are_tokens_never_seen():
    tokens, _ = training.long_text(TOKENIZER, stories.generate(0, 3000))
    seen = torch.bincount(tokens, minlength=CONFIG.vocab_size) > 0
    wte = PARAMS["wte.weight"]
    assert (~seen).sum() > 300 and alike(wte[~seen]) > 0.95 and alike(wte[seen]) < 0.3


def test_neighbours_in_wpe():
    rows = F.normalize(PARAMS["wpe.weight"], dim=1)
    neighbours = (rows[1:] * rows[:-1]).sum(1).mean().item()
    assert neighbours > 0.5 and alike(PARAMS["wpe.weight"]) < 0.2
    for name in (
        "attn.c_attn",
        "attn.c_proj",
        "mlp.c_fc",
        "mlp.c_proj",
    ):  # and nothing like it here
        rows = F.normalize(PARAMS[f"h.1.{name}.weight"], dim=1)
        assert abs((rows[1:] * rows[:-1]).sum(1).mean().item()) < 0.05


def test_some_changes_do_not_show(monkeypatch):
    right = loss(PARAMS)
    other = loss(PARAMS, dataclasses.replace(CONFIG, layer_norm_epsilon=1e-6))
    assert abs(other - right) < 0.0005
    tanh = F.gelu

    def erf(x, approximate="tanh"):
        return tanh(x)

    monkeypatch.setattr(gpt2.F, "gelu", erf)
    assert 0 < abs(loss(PARAMS) - right) < 0.0005


def test_a_transposed_square_runs():
    square = changed("attn.c_proj.weight", lambda p: p.T)
    assert {n: p.shape for n, p in square.items()} == {n: p.shape for n, p in PARAMS.items()}
    assert loss(PARAMS) + 2 < loss(square) < math.log(CONFIG.vocab_size)


def test_lost_biases_cost():
    lost = changed("c_attn.bias", lambda p: 0 * p)
    assert 1.5 < loss(lost) / loss(PARAMS) < 2
