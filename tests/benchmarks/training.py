"""Tokens per second of three ways to train the same GPT-2, side by side in one run.

    python -m tests.benchmarks.training [--rounds 8] [--threads 1]

`utils.training`, a plain PyTorch loop over nn.Modules in the manner of nanoGPT (written
here), and `transformers`' GPT2LMHeadModel, all with the configuration and batches of the
bundled model, the same AdamW, schedule and clipping, on the same starting weights. The
rounds alternate, so that a noisy machine disturbs all alike; compare the ratios, not the
numbers. All three must train the same model: their losses are compared.
"""

import argparse
import os
import statistics
import time

os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")

import torch
import torch.nn.functional as F
from torch import nn

from tests.benchmarks.table import HEADER, rows
from utils import bundled, gpt2, training

CONFIG = gpt2.Config(vocab_size=1330, **bundled.CONFIG)
SETTINGS = training.Settings(learning_rate=1e-3)
STEPS = 10  # in a round


class Attention(nn.Module):
    def __init__(self, config):
        super().__init__()
        self.n_head = config.n_head
        self.c_attn = nn.Linear(config.n_embd, 3 * config.n_embd)
        self.c_proj = nn.Linear(config.n_embd, config.n_embd)

    def forward(self, x):
        B, T, C = x.size()
        q, k, v = self.c_attn(x).split(C, dim=2)
        q, k, v = (
            part.view(B, T, self.n_head, C // self.n_head).transpose(1, 2) for part in (q, k, v)
        )
        y = F.scaled_dot_product_attention(q, k, v, is_causal=True)
        return self.c_proj(y.transpose(1, 2).contiguous().view(B, T, C))


class MLP(nn.Module):
    def __init__(self, config):
        super().__init__()
        self.c_fc = nn.Linear(config.n_embd, 4 * config.n_embd)
        self.gelu = nn.GELU(approximate="tanh")
        self.c_proj = nn.Linear(4 * config.n_embd, config.n_embd)

    def forward(self, x):
        return self.c_proj(self.gelu(self.c_fc(x)))


class Block(nn.Module):
    def __init__(self, config):
        super().__init__()
        self.ln_1 = nn.LayerNorm(config.n_embd)
        self.attn = Attention(config)
        self.ln_2 = nn.LayerNorm(config.n_embd)
        self.mlp = MLP(config)

    def forward(self, x):
        x = x + self.attn(self.ln_1(x))
        return x + self.mlp(self.ln_2(x))


class Plain(nn.Module):
    def __init__(self, config):
        super().__init__()
        self.wte = nn.Embedding(config.vocab_size, config.n_embd)
        self.wpe = nn.Embedding(config.n_positions, config.n_embd)
        self.h = nn.ModuleList([Block(config) for _ in range(config.n_layer)])
        self.ln_f = nn.LayerNorm(config.n_embd)

    def forward(self, idx, targets):
        x = self.wte(idx) + self.wpe(torch.arange(idx.size(1), device=idx.device))
        for block in self.h:
            x = block(x)
        logits = F.linear(self.ln_f(x), self.wte.weight)
        return F.cross_entropy(logits.view(-1, logits.size(-1)), targets.view(-1))


def adamw(named):
    params = dict(named)
    matrices = [p for n, p in params.items() if ".h." in f".{n}" and p.dim() == 2]
    others = [p for p in params.values() if all(p is not m for m in matrices)]
    groups = [
        {"params": matrices, "weight_decay": SETTINGS.weight_decay},
        {"params": others, "weight_decay": 0.0},
    ]
    return torch.optim.AdamW(groups, lr=SETTINGS.learning_rate, betas=SETTINGS.betas, fused=True)


def module_step(model, optimizer, loss, batch):
    device = next(model.parameters()).device
    inputs, targets = (part.to(device) for part in batch)
    with torch.autocast(device.type, torch.bfloat16, enabled=device.type == "cuda"):
        value = loss(inputs, targets)
    value.backward()
    torch.nn.utils.clip_grad_norm_(model.parameters(), SETTINGS.clip)
    optimizer.step()
    optimizer.zero_grad(set_to_none=True)
    return value.detach()


def ours(start, device):
    params = {n: p.clone().to(device).requires_grad_() for n, p in start.items()}
    optimizers = training.make_optimizers(params, SETTINGS)
    return lambda batch: training.training_step(params, CONFIG, optimizers, *batch)


def plain(start, device):
    model = Plain(CONFIG)
    linear = ("c_attn.weight", "c_proj.weight", "c_fc.weight")  # [out, in] in nn.Linear
    model.load_state_dict({n: p.T if n.endswith(linear) else p for n, p in start.items()})
    model.to(device)
    optimizer = adamw(model.named_parameters())
    return lambda batch: module_step(model, optimizer, model, batch)


def transformers(start, device):
    from transformers import GPT2Config, GPT2LMHeadModel

    shape = dict(bundled.CONFIG, vocab_size=CONFIG.vocab_size)
    quiet = dict(resid_pdrop=0.0, embd_pdrop=0.0, attn_pdrop=0.0, use_cache=False)
    model = GPT2LMHeadModel(GPT2Config(**shape, **quiet))
    model.transformer.load_state_dict(start)
    model.to(device)
    optimizer = adamw(model.named_parameters())

    def loss(inputs, targets):
        logits = model(inputs).logits
        return F.cross_entropy(logits.flatten(0, 1), targets.flatten())

    return lambda batch: module_step(model, optimizer, loss, batch)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--rounds", type=int, default=8)
    parser.add_argument("--threads", type=int, default=1)
    chosen = parser.parse_args()
    torch.set_num_threads(chosen.threads)
    device = "cuda" if torch.cuda.is_available() else "cpu"
    alone = device == "cpu" and chosen.threads == 1
    clock = time.process_time if alone else time.perf_counter
    start = gpt2.init(CONFIG)
    tokens = torch.randint(CONFIG.vocab_size, (100_000,))
    contenders = {
        "utils.training": ours(start, device),
        "plain PyTorch loop": plain(start, device),
        "transformers": transformers(start, device),
    }
    speeds, losses = {name: [] for name in contenders}, {}
    for turn in range(chosen.rounds + 1):  # the first is for warming up
        starts = torch.randint(90_000, (STEPS, SETTINGS.batch_size))
        batches = [training.get_batch(tokens, row, SETTINGS.length) for row in starts]
        for name, step in contenders.items():
            began = clock()
            for batch in batches:
                value = step(batch)
            losses[name] = value.item()  # waits for the GPU
            seconds = clock() - began
            if turn:
                speeds[name].append(starts.numel() * SETTINGS.length / seconds)
    assert max(losses.values()) - min(losses.values()) < 0.01, f"losses differ: {losses}"
    print(HEADER)
    named = f"training at the bundled size, {device.upper()}, {chosen.threads} threads"
    rows(named, "tokens/s", {name: statistics.median(values) for name, values in speeds.items()})


if __name__ == "__main__":
    main()
