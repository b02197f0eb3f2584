"""Training GPT-2: batches, loss, optimiser, schedule, the loop; and the bundled model.

The parameters are the same dict that `utils.gpt2.forward` takes; training changes its
tensors in place, so that a loop that is stopped at any moment leaves a model.

    python -m utils.training bundled --out data/bundled_gpt2

re-creates the model in `data/` (see `bundled` below).

Sources: AdamW, Loshchilov and Hutter 2019; betas, clipping and the cosine schedule with
warm-up as in Brown et al. 2020 (GPT-3), appendix B; Muon, Jordan et al. 2024, here
`torch.optim.Muon`.
"""

import argparse
import hashlib
import json
import math
import os
from bisect import bisect_right
from collections import defaultdict
from contextlib import nullcontext
from dataclasses import asdict, dataclass
from itertools import accumulate
from pathlib import Path

import torch
import torch.nn.functional as F
from safetensors import safe_open
from safetensors.torch import load_file, save_file
from tqdm.auto import tqdm

from utils import bpe, gpt2, stories
from utils.trace import trace

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
    logits = gpt2.forward(params, config, inputs)  # (B, T) -> (B, T, V)
    return F.cross_entropy(logits.flatten(0, 1), targets.flatten(), ignore_index=IGNORED)


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

    Decay pulls weights towards 0, which is no place for a LayerNorm's 1 to go. Rows of
    wte get a gradient only when their word occurs, but would decay at every step: here
    they do not decay, while many programs let them, as matrices.
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


class Muon(getattr(torch.optim, "Muon", object)):  # since torch 2.9; no lesson trains with it
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
    step = first
    # tqdm's bar for notebooks does not heed TQDM_DISABLE by itself.
    quiet = "TQDM_DISABLE" in os.environ
    steps = range(first, settings.steps)
    bar = tqdm(steps, initial=first, total=settings.steps, disable=quiet)
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


# ------------------------------------------------- stories as tokens, and what is known


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


def locate(tokenizer, ids, story):
    """Where a story's references are among the ids of its `document`.

    Yields (reference, answer, word, source): the reference and three positions in ids.
    """
    ends = list(accumulate(len(tokenizer.tokens[i]) for i in ids[1:-1].tolist()))
    for reference in story.references:
        places = (reference.position, reference.word, reference.source)
        # All text of the stories is ASCII: a character is a byte.
        yield reference, *(bisect_right(ends, place) + 1 for place in places)


def bigram_guesses(tokens, vocab_size):
    """For each token the one that follows it most often in a text: (V,)."""
    pairs = torch.bincount(tokens[:-1] * vocab_size + tokens[1:], minlength=vocab_size**2)
    return pairs.view(vocab_size, vocab_size).argmax(1)  # (V, V) -> (V,)


@torch.no_grad()
def reference_accuracy(params, config, tokenizer, some_stories, guesses=None):
    """How often the likeliest next word of all is the one referred to, by kind.

    With `guesses` (V,), from `bigram_guesses`, the same for those instead of the model.
    """
    right, count = defaultdict(int), defaultdict(int)
    for story in some_stories:
        ids = document(tokenizer, story)
        if guesses is None:
            likeliest = gpt2.forward(params, config, ids).argmax(-1)  # (T, V) -> (T,)
        else:
            likeliest = guesses[ids]
        for reference, answer, _, _ in locate(tokenizer, ids, story):
            count[reference.kind] += 1
            right[reference.kind] += int(likeliest[answer - 1] == ids[answer])
    return {kind: right[kind] / count[kind] for kind in sorted(count)}


def attention_patterns(params, config, ids):
    """What every head looks at: ids (T,) -> (n_layer, n_head, T, T), rows sum to 1."""
    seen = trace(params, config, ids)
    return torch.stack([seen[f"h.{i}.attention"] for i in range(config.n_layer)])


def head_scores(params, config, tokenizer, some_stories):
    """What each head is for, in numbers: {what: (scores (n_layer, n_head), uniform)}.

    A score is the mean part of its attention that a head gives to the right places, as
    `right_places` has them; `uniform` is what a head would give that looks everywhere
    alike.
    """
    sums = defaultdict(lambda: torch.zeros(config.n_layer, config.n_head))
    uniform, count = defaultdict(float), defaultdict(int)
    for story in some_stories:
        ids = document(tokenizer, story)
        patterns = attention_patterns(params, config, ids[:-1])
        for what, right in right_places(tokenizer, ids, story).items():
            seen = torch.arange(1, len(right) + 1)  # tokens that each row looks back on
            sums[what] += (patterns * right).sum((-2, -1))
            uniform[what] += (right.sum(-1) / seen).sum().item()
            count[what] += right.any(-1).sum().item()
    return {what: (sums[what] / count[what], uniform[what] / count[what]) for what in sorted(sums)}


def right_places(tokenizer, ids, story):
    """Where a story's words should look, {what: (T, T)}, for its document's ids[:-1].

    True where attention from row to column should go; the rows that ask for nothing
    are all False.
      previous token   in a line of words: to the word before
      induction        in a line told again, before its second word: to that word in
                       the earlier tellings
      name             after "Aunt", "Robot" and so on: to the name, earlier
      it               before the word that shows what "it" is ("it did not" ring): to
                       the noun ("bell") and to what it does ("ring"), all mentions
      such, place, who
                       before the noun, place or person: to its earlier mentions
    """
    T = len(ids) - 1
    right = defaultdict(lambda: torch.zeros(T, T, dtype=torch.bool))
    does = {
        tokenizer.encode(" " + thing.name)[0]: tokenizer.encode(" " + thing.does)[0]
        for thing in stories.MACHINES
    }
    for reference, answer, _, source in locate(tokenizer, ids, story):
        earlier = torch.arange(T) < answer
        same = (ids[:-1] == ids[source]) & earlier  # (T,)
        if reference.kind == "line":
            right["induction"][answer - 1] = same
            for t in (answer, answer + 1, answer + 2):  # words 2 to 4 of the line
                right["previous token"][t, t - 1] = True
        elif reference.kind in ("name", "robot"):
            right["name"][answer - 1] = same
        elif reference.kind == "it":
            verb = (ids[:-1] == does[ids[source].item()]) & earlier
            right["it"][answer - 1] = same | verb
        elif reference.kind in ("such", "place", "who"):
            right[reference.kind][answer - 1] = same
    return dict(right)


def best_heads(scores):
    """The head with the highest of `head_scores`, for each: {layer, head, score, uniform}."""
    found = {}
    for what, (table, uniform) in scores.items():
        layer, head = divmod(int(table.argmax()), table.shape[1])
        found[what] = {
            "layer": layer,
            "head": head,
            "score": round(table.max().item(), 3),
            "uniform": round(uniform, 3),
        }
    return found


# ------------------------------------------------------------------ the bundled model

CONFIG = {"n_positions": 256, "n_embd": 128, "n_layer": 4, "n_head": 4}
SETTINGS = Settings(steps=14_000, learning_rate=3e-3, muon=0.02, warmup=200, weight_decay=0.01)
STORIES = 120_000  # about 15 million tokens
VOCABULARY_STORIES = 5_000  # enough to meet every word
HELD_OUT = (1, 400)  # seed and number of the stories that the facts are measured on


def save(folder, params, config, tokenizer):
    """A folder in the hub's format: config.json, model.safetensors, vocab, merges."""
    folder = Path(folder)
    tokenizer.save(folder)
    end = tokenizer.special[stories.END]
    facts = {
        "architectures": ["GPT2LMHeadModel"],
        "model_type": "gpt2",
        "activation_function": "gelu_new",
        "vocab_size": config.vocab_size,
        "n_positions": config.n_positions,
        "n_ctx": config.n_positions,
        "n_embd": config.n_embd,
        "n_layer": config.n_layer,
        "n_head": config.n_head,
        "layer_norm_epsilon": config.layer_norm_epsilon,
        "tie_word_embeddings": True,
        "bos_token_id": end,
        "eos_token_id": end,
        "dtype": "float32",
    }
    write_text(folder / "config.json", json.dumps(facts, indent=2) + "\n")
    tensors = {name: p.detach().half().contiguous() for name, p in params.items()}
    weights = folder / "model.safetensors"
    save_file(tensors, weights, {"format": "pt"})
    sha256 = hashlib.sha256(weights.read_bytes()).hexdigest()
    write_text(folder / "SHA256SUMS", f"{sha256}  {weights.name}\n")


def write_text(path, content):
    """The same bytes on Windows."""
    with open(path, "w", encoding="utf-8", newline="\n") as file:
        file.write(content)


def measure(params, config, tokenizer, guesses):
    """The facts about a model that `training.json` keeps. Same weights, same facts."""
    seed, number = HELD_OUT
    facts = {}
    for name, held_out in (("held_out", True), ("like_training", False)):
        some = stories.generate(seed, number, held_out)
        floor = stories.entropy_floor(some, tokenizer.encode)
        value = evaluate(params, config, story_batches(tokenizer, some))
        facts[name] = {
            "stories": number,
            "seed": seed,
            "loss": round(value, 4),
            "floor": round(floor, 4),
            "excess": round(value - floor, 4),
        }
    some = stories.generate(seed, number, True)
    model = reference_accuracy(params, config, tokenizer, some)
    bigram = reference_accuracy(params, config, tokenizer, some, guesses)
    facts["references"] = {
        kind: {"accuracy": round(model[kind], 3), "bigram": round(bigram[kind], 3)}
        for kind in model
    }
    facts["heads"] = best_heads(head_scores(params, config, tokenizer, some[:100]))
    return facts


def bundled(out, settings=SETTINGS):
    """Make the model of `data/bundled_gpt2` anew, from nothing but this code.

    Returns the facts in training.json; None when it was stopped by hand. Called again
    after that or after a kill, it goes on from the file `out`.checkpoint.
    """
    out = Path(out)
    checkpoint = out.with_name(out.name + ".checkpoint")
    print(f"{STORIES} stories …")
    told = stories.generate(settings.seed, STORIES)
    text = stories.END.join(story.text for story in told[:VOCABULARY_STORIES])
    tokenizer = bpe.train(text, 10_000, special=[stories.END])  # ends when words are whole
    tokens, starts = long_text(tokenizer, told)
    config = gpt2.Config(vocab_size=tokenizer.vocab_size, **CONFIG)
    device = "cuda" if torch.cuda.is_available() else "cpu"
    params = {n: p.to(device) for n, p in init(config, settings.seed).items()}
    print(f"{len(tokens)} tokens, {gpt2.count_parameters(config)} parameters, {device}")
    for _ in train(params, config, tokens, starts, settings, checkpoint):
        pass
    if not checkpoint.exists() or checkpoint_facts(checkpoint)[0] < settings.steps:
        print(f"The same command goes on from {checkpoint}.")
        return None
    # What is saved is what is measured: weights rounded to float16.
    params = {n: p.detach().cpu().half().float() for n, p in params.items()}
    save(out, params, config, tokenizer)
    facts = {
        "command": "python -m utils.training bundled --out data/bundled_gpt2",
        "parameters": gpt2.count_parameters(config),
        "vocabulary": tokenizer.vocab_size,
        "stories": {"seed": settings.seed, "count": STORIES, "tokens": len(tokens)},
        "settings": asdict(settings),
        "steps_done": settings.steps,
        "tokens_seen": settings.steps * settings.batch_size * settings.length,
        **measure(params, config, tokenizer, bigram_guesses(tokens, config.vocab_size)),
    }
    write_text(out / "training.json", json.dumps(facts, indent=2) + "\n")
    checkpoint.unlink()
    return facts


def main(arguments=None):
    parser = argparse.ArgumentParser(prog="python -m utils.training")
    commands = parser.add_subparsers(dest="command", required=True)
    make = commands.add_parser("bundled", help="train the model in data/bundled_gpt2")
    make.add_argument("--out", required=True, help="folder to write")
    facts = bundled(parser.parse_args(arguments).out)
    if facts:
        print(json.dumps({key: facts[key] for key in ("held_out", "references")}, indent=2))


if __name__ == "__main__":
    main()
