"""Training GPT-2: stories as tokens, batches, loss, optimiser, schedule, and the loop.

The parameters are the same dict that `utils.gpt2.forward` takes; training changes its
tensors in place, so that a loop that is stopped at any moment leaves a model.

Sources: AdamW, Loshchilov and Hutter 2019; betas, clipping and the cosine schedule with
warm-up as in Brown et al. 2020 (GPT-3), appendix B; Muon, Jordan et al. 2024, here
`torch.optim.Muon`.
"""

import itertools
import math
import os
from contextlib import nullcontext
from dataclasses import asdict, dataclass
from pathlib import Path

import torch
import torch.nn.functional as F
from safetensors import safe_open
from safetensors.torch import load_file, save_file
from tqdm.auto import tqdm

from utils import gpt2, stories

IGNORED = -100  # a target that does not count (padding)
SAVE_EVERY = 500  # steps between two checkpoints, a minute or two


@dataclass(frozen=True)
class Settings:
    """How to train. Units: steps, tokens, and learning rates per step."""

    steps: int = 1000
    batch_size: int = 4  # rows
    length: int = 256  # tokens in a row
    learning_rate: float = 3e-3
    warmup: int = 100  # steps
    final: float = 0.05  # the last learning rate, as a part of the highest
    weight_decay: float = 0.1
    betas: tuple[float, float] = (0.9, 0.98)
    clip: float = 1.0  # largest length of the whole gradient
    muon: float = 0.0  # learning rate of Muon for the blocks' matrices; 0: AdamW for all
    seed: int = 0


def get_batch(tokens, starts, length):
    """Rows of a long text, and the same rows moved by one as targets.

    tokens (N,), starts: B positions -> inputs (B, length), targets (B, length);
    targets[b, t] is the token that follows inputs[b, t].
    """
    offsets = torch.arange(length)
    rows = torch.as_tensor(starts)[:, None] + offsets  # (B, 1) + (T,) -> (B, T)
    return tokens[rows], tokens[rows + 1]


def loss(params, config, inputs, targets):
    """Mean of -ln P(target), in nats per token. inputs, targets: (B, T).

    Targets that are IGNORED do not count.
    """
    device = params["wte.weight"].device
    inputs, targets = inputs.to(device), targets.to(device)
    x = gpt2.transformer(params, config, inputs)  # (B, T) -> (B, T, C)
    counts = targets != IGNORED
    logits = gpt2.unembed(params, x[counts])  # (N, C) -> (N, V), of those that count alone
    return F.cross_entropy(logits, targets[counts])


def learning_rate(step, settings):
    """Part of the highest rate at a step: up in a line, down along half a cosine."""
    if step < settings.warmup:
        return (step + 1) / settings.warmup
    progress = (step - settings.warmup) / max(1, settings.steps - settings.warmup)
    cosine = (1 + math.cos(math.pi * min(1, progress))) / 2
    return settings.final + (1 - settings.final) * cosine


def init(config, seed=0):
    """Random weights to start from: GPT-2's, but the tokens' vectors five times longer.

    GPT-2 draws them with a standard deviation of 0.02, for 768 dimensions. In 128
    dimensions words of a kind (all names, all places) then drift together long before
    the model can tell one from another, and it learns to copy a name much later
    (data/README.md).
    """
    params = gpt2.init(config, seed)
    params["wte.weight"] *= 5
    return params


def is_block_matrix(name, p):
    return name.startswith("h.") and p.dim() == 2


def decay_groups(params, weight_decay):
    """Two groups for the optimiser: the blocks' matrices decay, all else does not.

    Decay pulls weights towards 0, which is no place for a LayerNorm's 1 to go. A row of
    wte is pulled to its place only when its word occurs, but would decay at every step:
    here it does not, while many programs let it, as part of a matrix.
    """
    matrices = [p for name, p in params.items() if is_block_matrix(name, p)]
    others = [p for name, p in params.items() if not is_block_matrix(name, p)]
    return [
        {"params": matrices, "weight_decay": weight_decay},
        {"params": others, "weight_decay": 0.0},
    ]


def make_optimizers(params, settings):
    """AdamW for everything; with settings.muon, Muon for the matrices of the blocks."""
    matrices, others = decay_groups(params, settings.weight_decay)
    groups = [others] if settings.muon else [matrices, others]
    optimizers = [
        torch.optim.AdamW(groups, lr=settings.learning_rate, betas=settings.betas, fused=True)
    ]
    if settings.muon:
        optimizers.append(Muon(params, settings))
    for optimizer in optimizers:
        for group in optimizer.param_groups:
            group["highest_lr"] = group["lr"]
    return optimizers


class Muon(getattr(torch.optim, "Muon", object)):  # since torch 2.9; lesson 09 alone trains with it
    """`torch.optim.Muon` for the matrices of the blocks.

    Muon gives all directions of a matrix steps of the same size. c_attn is three
    matrices side by side, and each must have that for itself, or the steps of the
    values would drown those of the queries and keys.
    """

    def __init__(self, params, settings):
        self.parts = []  # (the whole, which columns, a parameter sharing their memory)
        for name, p in params.items():
            if is_block_matrix(name, p):
                width = p.shape[1] // 3 if "c_attn" in name else p.shape[1]
                for first in range(0, p.shape[1], width):
                    columns = slice(first, first + width)
                    part = torch.nn.Parameter(p.detach()[:, columns])
                    self.parts.append((p, columns, part))
        super().__init__(
            [part for *_, part in self.parts],
            lr=settings.muon,
            weight_decay=settings.weight_decay,
        )

    @torch.no_grad()
    def step(self):
        for p, columns, part in self.parts:
            part.grad = p.grad[:, columns]
        super().step()

    def zero_grad(self, set_to_none=True):
        for p, *_ in self.parts:
            p.grad = None


def few(steps):
    """The steps of a training; only the first so many where GPT2_BY_HAND_STEPS says how many: to
    see whether a notebook runs, without waiting for what it learns.
    """
    most = os.environ.get("GPT2_BY_HAND_STEPS")
    if most and not most.isdecimal():
        raise ValueError(f"GPT2_BY_HAND_STEPS must be a number of steps, such as 20, not {most!r}")
    return itertools.islice(steps, int(most)) if most else steps


def watched(steps, **options):
    """tqdm's progress bar around anything that is gone through; options: tqdm's own. Without a
    `unit` these are the steps of a training, see `few`.
    """
    steps = steps if "unit" in options else few(steps)
    # its bar for notebooks does not heed TQDM_DISABLE by itself
    return tqdm(steps, disable="TQDM_DISABLE" in os.environ, **options)


def training_step(params, config, optimizers, inputs, targets, rate=1.0, clip=1.0):
    """One step: loss, gradients, clipping, update in place. Returns the loss before it.

    rate: the part of each optimiser's highest learning rate to use.
    """
    device = params["wte.weight"].device
    # On a GPU the matrix products run in bfloat16; weights and their updates do not.
    half = torch.autocast("cuda", torch.bfloat16) if device.type == "cuda" else nullcontext()
    with half:
        value = loss(params, config, inputs, targets)
    value.backward()
    torch.nn.utils.clip_grad_norm_(params.values(), clip)
    for optimizer in optimizers:
        for group in optimizer.param_groups:
            group["lr"] = group["highest_lr"] * rate
        optimizer.step()
        optimizer.zero_grad(set_to_none=True)
    return value.detach()


@torch.no_grad()
def evaluate(params, config, batches):
    """Mean loss in nats per token over (inputs, targets) pairs; every token counts once."""
    total, count = 0.0, 0
    for inputs, targets in batches:
        tokens = int((targets != IGNORED).sum())
        total += loss(params, config, inputs, targets).item() * tokens
        count += tokens
    return total / count


def train(params, config, tokens, starts, settings, checkpoint=None):
    """Train in place; yields (step, loss) after every step.

    tokens (N,), starts (M,): where documents begin. A row is `length` tokens from the
    start of a document, so that nothing in it refers to what the model cannot see.
    Which rows a step gets depends on the seed and its number alone. With a checkpoint
    (a file), the run goes on where it stood when that file was last written.
    Ctrl-C ends the loop, and `params` is the model so far. Raises ValueError for a text
    shorter than a row and for a checkpoint of other settings.
    """
    optimizers = make_optimizers(params, settings)
    first = 0
    if checkpoint and Path(checkpoint).exists():
        first = load_checkpoint(checkpoint, params, optimizers, settings)
    for p in params.values():
        p.requires_grad_(True)
    starts = starts[starts < len(tokens) - settings.length]
    if not len(starts):
        raise ValueError(
            f"The text has {len(tokens)} tokens, too few for a row of {settings.length}."
        )
    bar = watched(range(first, settings.steps), initial=first, total=settings.steps)
    step = first  # an interrupt may come before the first step has begun
    try:
        for step in bar:
            chance = torch.Generator().manual_seed(settings.seed * 1_000_003 + step)
            chosen = torch.randint(len(starts), (settings.batch_size,), generator=chance)
            batch = get_batch(tokens, starts[chosen], settings.length)
            rate = learning_rate(step, settings)
            value = training_step(params, config, optimizers, *batch, rate, settings.clip)
            last = step + 1 == settings.steps
            if checkpoint and (last or (step + 1) % SAVE_EVERY == 0):
                save_checkpoint(checkpoint, params, optimizers, step + 1, settings)
            yield step, value
    except KeyboardInterrupt:
        bar.write(f"Stopped at step {step}. The model so far is kept.")
    finally:
        bar.close()
        for p in params.values():
            p.requires_grad_(False)


def save_checkpoint(path, params, optimizers, step, settings):
    """Everything that a run needs to go on, in one safetensors file."""
    tensors = {"params/" + name: p.detach() for name, p in params.items()}
    for number, optimizer in enumerate(optimizers):
        for i, state in optimizer.state_dict()["state"].items():
            for key, tensor in state.items():
                tensors[f"optimizer/{number}/{i}/{key}"] = tensor
    tensors = {name: t.contiguous() for name, t in tensors.items()}
    facts = {"step": str(step), "settings": repr(asdict(settings))}
    new = f"{path}.new"
    save_file(tensors, new, facts)
    os.replace(new, path)  # whole or not at all, also when killed right here


def load_checkpoint(path, params, optimizers, settings):
    """Put a checkpoint's numbers in place; returns the step to go on with."""
    step, made_with = checkpoint_facts(path)
    if made_with != repr(asdict(settings)):
        raise ValueError(f"{path} is from a run with other settings; move it away to start anew.")
    tensors = load_file(path)
    for name, p in params.items():
        p.data.copy_(tensors["params/" + name])
    for number, optimizer in enumerate(optimizers):
        whole = optimizer.state_dict()
        whole["state"] = {}
        for name, tensor in tensors.items():
            kind, *rest = name.split("/")
            if kind == "optimizer" and int(rest[0]) == number:
                whole["state"].setdefault(int(rest[1]), {})[rest[2]] = tensor
        optimizer.load_state_dict(whole)
    return step


def checkpoint_facts(path):
    """(step, settings) of a checkpoint, without reading its tensors."""
    with safe_open(path, "pt") as file:
        facts = file.metadata()
    return int(facts["step"]), facts["settings"]


def document(tokenizer, story):
    """A story as ids, END before and after it: (T,), what the model sees of it."""
    end = tokenizer.special[stories.END]
    return torch.tensor([end, *tokenizer.encode(story.text), end])


def long_text(tokenizer, some_stories):
    """All stories after each other: tokens (N,), starts (M,) of their END before."""
    end, ids, starts = tokenizer.special[stories.END], [], []
    for story in some_stories:
        starts.append(len(ids))
        ids += [end, *tokenizer.encode(story.text)]
    return torch.tensor([*ids, end]), torch.tensor(starts)


def story_batches(tokenizer, some_stories, size=16):
    """Whole stories, each in a row of its own: (inputs, targets), both (B, T).

    For `evaluate`, whose result then compares with `stories.entropy_floor`. What is
    filled up behind a story does not count.
    """
    documents = [document(tokenizer, story) for story in some_stories]
    for first in range(0, len(documents), size):
        rows = documents[first : first + size]
        length = max(map(len, rows)) - 1
        inputs = torch.zeros(len(rows), length, dtype=torch.long)
        targets = torch.full((len(rows), length), IGNORED)
        for row, ids in enumerate(rows):
            inputs[row, : len(ids) - 1], targets[row, : len(ids) - 1] = ids[:-1], ids[1:]
        yield inputs, targets
