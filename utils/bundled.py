"""The model in data/bundled_gpt2, made anew from nothing but this code.

python -m utils.bundled --out data/bundled_gpt2

Two stages, one after the other: long, on the stories as they are; then short and slowly, on
stories that name another machine near the one that "it" stands for.
"""

import argparse
import hashlib
import json
from dataclasses import asdict, replace
from pathlib import Path

import torch
from safetensors.torch import save_file

from utils import bpe, checkpoint, gpt2, stories
from utils.checkpoint.files import write_json
from utils.checkpoint.known import fingerprints
from utils.probes import (
    best_heads,
    bigram_guesses,
    head_scores,
    it_accuracy,
    reference_accuracy,
)
from utils.training import (
    Settings,
    checkpoint_facts,
    evaluate,
    init,
    long_text,
    story_batches,
    train,
)

CONFIG = {"n_positions": 256, "n_embd": 128, "n_layer": 4, "n_head": 4}
SETTINGS = Settings(steps=14_000, learning_rate=3e-3, muon=0.02, warmup=200, weight_decay=0.01)
STORIES = 120_000  # about 15 million tokens
# In the stories of the first stage "it" always stands for the machine that is named last, and right
# before "was broken". In the second stage's sentences it need not.
SENTENCES = (
    "But the {noun} near the {other} was broken",
    "But the {noun} behind the {other} was broken",
    "But the {noun} next to the {other} was broken",
    "But near the {other} the {noun} was broken",
    "But behind the {other} the {noun} was broken",
    "But next to the {other} the {noun} was broken",
    "But the {noun} was broken. They put it by the {other}",
)
UNTOLD = (  # for measuring: in no training
    "But the {noun} by the {other} was broken",
    "But by the {other} the {noun} was broken",
    "But the {noun} was broken. They left it near the {other}",
    "But the {noun} beside the {other} was broken",
)
SECOND = replace(SETTINGS, steps=1200, learning_rate=6e-4, muon=4e-3, warmup=50, final=0.0, seed=1)
SECOND_STORIES = (100, 6_000, 1_250)  # seed, stories as they are, and of each sentence
VOCABULARY_STORIES = 5_000  # enough to meet every word
HELD_OUT = (1, 400)  # seed and number of the stories that the facts are measured on


def save(folder, params, config, tokenizer):
    """A folder in the hub's format: config.json, model.safetensors, vocab, merges.

    Beside them SHA256SUMS, and tensors.json with the shape and sha256 of each tensor.
    """
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
    write_json(folder / "tensors.json", fingerprints(tensors))


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
    facts["it"] = {
        sentence: round(it_accuracy(params, config, tokenizer, told), 3)
        for sentence in (stories.BROKEN, *SENTENCES, *UNTOLD)
        for told in [stories.generate(seed, number, True, sentence)]
    }
    facts["heads"] = best_heads(head_scores(params, config, tokenizer, some[:100]))
    return facts


def second_stories():
    """Stories as they are, and those in which something is broken with each of SENTENCES."""
    seed, count, more = SECOND_STORIES
    told = stories.generate(seed, count)
    for number, sentence in enumerate(SENTENCES, 1):
        some = stories.generate(seed + number, more, broken=sentence)
        told += [story for story in some if any(r.kind == "it" for r in story.references)]
    return told


def bundled(out, settings=SETTINGS, second=SECOND, first=None):
    """Make the model of `data/bundled_gpt2` anew, from nothing but this code.

    first: a folder with a model that the first stage has made already, to go on from.
    Returns the facts in training.json; None when it was stopped by hand. Called again
    after that or after a kill, it goes on from the files `out`.1.checkpoint and
    `out`.2.checkpoint.
    """
    out = Path(out)
    print(f"{STORIES} stories …")
    told = stories.generate(settings.seed, STORIES)
    text = stories.END.join(story.text for story in told[:VOCABULARY_STORIES])
    tokenizer = bpe.train(text, 10_000, special=[stories.END])  # ends when words are whole
    tokens, starts = long_text(tokenizer, told)
    config = gpt2.Config(vocab_size=tokenizer.vocab_size, **CONFIG)
    device = "cuda" if torch.cuda.is_available() else "cpu"
    params = checkpoint.load(first)[0] if first else init(config, settings.seed)
    print(f"{len(tokens)} tokens, {gpt2.count_parameters(config)} parameters, {device}")
    told_again = second_stories()
    again = long_text(tokenizer, told_again)
    stages = [(1, settings, tokens, starts), (2, second, *again)][bool(first) :]
    for number, chosen, *text in stages:
        file = checkpoint_of(out, number)
        params = {name: p.clone().to(device) for name, p in params.items()}
        for _ in train(params, config, *text, chosen, file):
            pass
        if not file.exists() or checkpoint_facts(file)[0] < chosen.steps:
            print(f"The same command goes on from {file}.")
            return None
        # What is saved is what is measured, and what the second stage begins with: float16.
        params = {n: p.detach().cpu().half().float() for n, p in params.items()}
    save(out, params, config, tokenizer)
    both = (settings, second)
    facts = {
        "command": "python -m utils.bundled --out data/bundled_gpt2",
        "parameters": gpt2.count_parameters(config),
        "vocabulary": tokenizer.vocab_size,
        "stories": {"seed": settings.seed, "count": STORIES, "tokens": len(tokens)},
        "settings": asdict(settings),
        "second": {
            "stories": {
                "seed": SECOND_STORIES[0],
                "count": len(told_again),
                "tokens": len(again[0]),
            },
            "settings": asdict(second),
        },
        "steps_done": sum(stage.steps for stage in both),
        "tokens_seen": sum(stage.steps * stage.batch_size * stage.length for stage in both),
        **measure(params, config, tokenizer, bigram_guesses(tokens, config.vocab_size)),
    }
    write_text(out / "training.json", json.dumps(facts, indent=2) + "\n")
    for number in (1, 2):
        checkpoint_of(out, number).unlink(missing_ok=True)
    return facts


def checkpoint_of(out, stage):
    return out.with_name(f"{out.name}.{stage}.checkpoint")


def main(arguments=None):
    parser = argparse.ArgumentParser(
        prog="python -m utils.bundled", description="Train the model in data/bundled_gpt2."
    )
    parser.add_argument("--out", required=True, help="folder to write")
    parser.add_argument("--first", help="folder with the first stage's model: only the second runs")
    chosen = parser.parse_args(arguments)
    facts = bundled(chosen.out, first=chosen.first)
    if facts:
        print(json.dumps({key: facts[key] for key in ("held_out", "references", "it")}, indent=2))


if __name__ == "__main__":
    main()
