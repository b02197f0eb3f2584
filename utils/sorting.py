"""A GPT-2 without text: it is given numbers and writes them down sorted.

    params, config, _ = checkpoint.load("sorting")
    ids = list(sampling.generate(params, config, prompt([7, 3, 12]), 11, temperature=0))
    # [3, 7, 12]

The ids 0 to 19 are the numbers themselves, SORT asks for the answer, END stands before
and after everything. Nothing else is different from a model of text: the same file, the
same functions.

    python -m utils.sorting --out data/sorting_gpt2

re-creates the model in data/ (a minute or two on one CPU core).
"""

import argparse
from dataclasses import asdict
from pathlib import Path

import torch
from safetensors.torch import save_file

from utils import gpt2, sampling, training
from utils.checkpoint.config import words
from utils.checkpoint.files import SUMS, WEIGHTS, sha256, write_json
from utils.checkpoint.known import fingerprints

LARGEST, LONGEST = 19, 10
SORT, END = LARGEST + 1, LARGEST + 2
CONFIG = gpt2.Config(
    vocab_size=END + 1,
    n_positions=2 * LONGEST + 3,  # END, numbers, SORT, numbers, END
    n_embd=48,
    n_layer=2,
    n_head=4,
    eos_token_id=END,
)
SETTINGS = training.Settings(
    steps=3000, batch_size=64, length=CONFIG.n_positions - 1, learning_rate=2e-3, muon=0.02
)


def prompt(numbers):
    """Ids that ask for numbers, a list of 1 to LONGEST integers from 0 to LARGEST, sorted."""
    if not 1 <= len(numbers) <= LONGEST or not set(numbers) <= set(range(LARGEST + 1)):
        raise ValueError(
            f"The model sorts 1 to {LONGEST} numbers from 0 to {LARGEST}, not {numbers}."
        )
    return [END, *numbers, SORT]


def answer(params, config, numbers):
    """What a model writes, greedily, when it is asked to sort these numbers: a list of ids."""
    return list(sampling.generate(params, config, prompt(numbers), LONGEST + 1, temperature=0))


def problems(count, seed):
    """count lists of random numbers, each length as often as any other."""
    generator = torch.Generator().manual_seed(seed)

    def draw(below, *shape):
        return torch.randint(below, shape, generator=generator).tolist()

    return [draw(LARGEST + 1, 1 + draw(LONGEST, 1)[0]) for _ in range(count)]


def batch(rows):
    """(inputs, targets), (B, n_positions - 1) each; only what comes after SORT counts."""
    texts = torch.full((len(rows), CONFIG.n_positions), END)
    counts = torch.zeros(texts.shape, dtype=torch.bool)
    for text, count, numbers in zip(texts, counts, rows):
        ids = [*prompt(numbers), *sorted(numbers), END]
        text[: len(ids)] = torch.tensor(ids)
        count[len(numbers) + 2 : len(ids)] = True
    return texts[:, :-1], texts.masked_fill(~counts, training.IGNORED)[:, 1:]


def train(settings=SETTINGS):
    """The parameters after training: {name: tensor}."""
    params = {n: p.requires_grad_() for n, p in training.init(CONFIG, settings.seed).items()}
    optimizers = training.make_optimizers(params, settings)
    rows = problems(settings.steps * settings.batch_size, settings.seed)
    with training.watched(range(settings.steps), unit="step") as bar:
        for step in bar:
            inputs, targets = batch(rows[step * settings.batch_size :][: settings.batch_size])
            rate = training.learning_rate(step, settings)
            value = training.training_step(
                params, CONFIG, optimizers, inputs, targets, rate, settings.clip
            )
            if step % 100 == 0:
                bar.set_postfix(loss=f"{value.item():.4f}")
    return {name: p.detach() for name, p in params.items()}


def accuracy(params, config, count=1000, seed=1):
    """The part of random problems whose answer is right in every number."""
    rows = problems(count, seed)
    return sum(answer(params, config, row) == sorted(row) for row in rows) / count


def main(arguments=None):
    parser = argparse.ArgumentParser(prog="python -m utils.sorting", description=__doc__)
    parser.add_argument("--out", type=Path, default=Path("data/sorting_gpt2"))
    out = parser.parse_args(arguments).out
    out.mkdir(parents=True, exist_ok=True)
    params = {name: p.half().contiguous() for name, p in train().items()}
    save_file(params, out / WEIGHTS, metadata={"format": "pt"})
    (out / SUMS).write_text(f"{sha256(out / WEIGHTS)}  {WEIGHTS}\n", "utf-8")
    params = {name: p.float() for name, p in params.items()}
    facts = {
        "command": "python -m utils.sorting --out data/sorting_gpt2",
        "parameters": gpt2.count_parameters(CONFIG),
        "settings": asdict(SETTINGS),
        "sorted": accuracy(params, CONFIG),
    }
    write_json(out / "config.json", {**words(CONFIG), "bos_token_id": END})
    write_json(out / "training.json", facts)
    write_json(out / "tensors.json", fingerprints(params))
    print(f"{out}: {facts['sorted']:.1%} of 1,000 lists sorted")


if __name__ == "__main__":
    main()
