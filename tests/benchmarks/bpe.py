"""Byte pair encoding, timed beside its peers in one run: `python tests/benchmarks/bpe.py`.

Prints medians of interleaved rounds on one thread (about three minutes). "the obvious
way" is minbpe's approach in our words: every word of the text on its own, all pairs
counted again before each merge, no cache. `tiktoken._educational` is the readable
reference that tiktoken ships. Before anything is timed, all must give the same ids.
"""

import argparse
import os
import platform
import random
import statistics
import string
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

os.environ["RAYON_NUM_THREADS"] = "1"  # Hugging Face's trainer would take every core
sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from pydoc_data.topics import topics

import regex
import tiktoken
import tokenizers
from tiktoken._educational import SimpleBytePairEncoding, bpe_train

from utils import bpe, stories

# --- the obvious way ------------------------------------------------------------------


def replace(ids, pair, new):
    """`ids` with every `pair` replaced by `new`."""
    result = []
    i = 0
    while i < len(ids):
        if i + 1 < len(ids) and (ids[i], ids[i + 1]) == pair:
            result.append(new)
            i += 2
        else:
            result.append(ids[i])
            i += 1
    return result


def obvious_train(text, merges):
    """Count all pairs of all words, merge the most frequent everywhere, repeat."""
    words = [list(word.encode()) for word in regex.findall(bpe.GPT2_PATTERN, text)]
    learned = {}
    while len(learned) < merges:
        counts = Counter()
        for ids in words:
            counts.update(zip(ids, ids[1:]))
        pair = max(counts, key=counts.get)  # of equals the one met first
        new = 256 + len(learned)
        words = [replace(ids, pair, new) for ids in words]
        learned[pair] = new
    return learned


def obvious_encode(text, merges, byte_ids):
    """Every word on its own: make the earliest of its possible merges, repeat."""
    result = []
    for word in regex.findall(bpe.GPT2_PATTERN, text):
        ids = [byte_ids[byte] for byte in word.encode()]
        while len(ids) > 1:
            pair = min(zip(ids, ids[1:]), key=lambda p: merges.get(p, float("inf")))
            if pair not in merges:
                break
            ids = replace(ids, pair, merges[pair])
        result.extend(ids)
    return result


# --- the peers ------------------------------------------------------------------------


def hf_train(text, merges):
    model = tokenizers.Tokenizer(tokenizers.models.BPE())
    model.pre_tokenizer = tokenizers.pre_tokenizers.ByteLevel(add_prefix_space=False)
    trainer = tokenizers.trainers.BpeTrainer(
        vocab_size=256 + merges,
        initial_alphabet=tokenizers.pre_tokenizers.ByteLevel.alphabet(),
        show_progress=False,
    )
    model.train_from_iterator([text], trainer)
    return model


def encoders(tokenizer):
    """name -> function from text to ids, all for the vocabulary of `tokenizer`."""
    with tempfile.TemporaryDirectory() as folder:
        tokenizer.save(folder)
        hf = tokenizers.Tokenizer(
            tokenizers.models.BPE.from_file(f"{folder}/vocab.json", f"{folder}/merges.txt")
        )
    hf.pre_tokenizer = tokenizers.pre_tokenizers.ByteLevel(add_prefix_space=False)
    tik = tiktoken.Encoding(
        "bench",
        pat_str=bpe.GPT2_PATTERN,
        mergeable_ranks=tokenizer.ranks,
        special_tokens={},
    )
    educational = SimpleBytePairEncoding(pat_str=bpe.GPT2_PATTERN, mergeable_ranks=tokenizer.ranks)
    merges = {tokenizer._pair(token): token for token in tokenizer.ranks.values()}
    byte_ids = [tokenizer.ranks[bytes([byte])] for byte in range(256)]

    def cold(text):
        tokenizer._cache.clear()
        return tokenizer.encode(text)

    return {
        "ours, first time": cold,
        "ours, words cached": tokenizer.encode,
        "the obvious way": lambda text: obvious_encode(text, merges, byte_ids),
        "tiktoken._educational": lambda text: educational.encode(text, visualise=None),
        "Hugging Face tokenizers": lambda text: hf.encode(text).ids,
        "tiktoken": tik.encode_ordinary,
    }


# --- timing ---------------------------------------------------------------------------


def medians(contestants, rounds):
    """name -> median seconds; a round runs every contestant once."""
    seconds = {name: [] for name in contestants}
    for _ in range(rounds):
        for name, run in contestants.items():
            start = time.perf_counter()
            run()
            seconds[name].append(time.perf_counter() - start)
    return {name: statistics.median(times) for name, times in seconds.items()}


def table(title, unit, rows):
    print(f"\n{title}\n\n| | {unit} | beside ours |\n|---|---:|---:|")
    ours = next(iter(rows.values()))
    for name, value in rows.items():
        print(f"| {name} | {value:,.3g} | {value / ours:.2f} |")


def train_table(title, text, merges, contestants, rounds):
    runs = {name: (lambda f=f: f(text, merges)) for name, f in contestants.items()}
    table(f"Training, {title}: {merges:,} merges", "seconds", medians(runs, rounds))


def encode_table(title, text, tokenizer, rounds, without=()):
    contestants = {n: f for n, f in encoders(tokenizer).items() if n not in without}
    ids = {name: encode(text) for name, encode in contestants.items()}
    assert all(other == ids["tiktoken"] for other in ids.values())
    runs = {name: (lambda f=f: f(text)) for name, f in contestants.items()}
    megabytes = len(text.encode()) / 1e6
    speed = {name: megabytes / s for name, s in medians(runs, rounds).items()}
    table(f"Encoding, {title}", "MB/s", speed)


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--rounds", type=int, default=5)
    rounds = parser.parse_args().rounds

    tales = "\n\n".join(story.text for story in stories.generate(0, 4000))[:1_000_000]
    docs = "\n".join(topics.values())
    docs_mb = f"{len(docs.encode()) / 1e6:.2f} MB of Python's documentation"
    print(
        f"Python {platform.python_version()}, tiktoken {tiktoken.__version__}, "
        f"tokenizers {tokenizers.__version__}; medians of {rounds} interleaved rounds."
    )
    for name, text in [("stories", tales), ("documentation", docs)]:
        words = bpe.split_words(text)
        print(f"{name}: {len(words):,} words, {len(set(words)):,} different")

    ours_and_hf = {
        "ours": lambda text, merges: bpe.train(text, 256 + merges),
        "Hugging Face tokenizers": hf_train,
    }
    everyone = ours_and_hf | {
        "the obvious way": obvious_train,
        "tiktoken._educational": lambda text, merges: bpe_train(
            text, 256 + merges, bpe.GPT2_PATTERN, visualise=None
        ),
    }
    train_table("1 MB of stories", tales, 5, everyone, rounds)
    train_table("1 MB of stories", tales, 900, ours_and_hf, rounds)
    train_table("0.1 MB of stories", tales[:100_000], 50, everyone, rounds)
    train_table(docs_mb, docs, 1000, ours_and_hf, rounds)
    train_table(docs_mb, docs, 5000, ours_and_hf, rounds)

    own = bpe.train(docs, 1256)
    encode_table("1 MB of stories, GPT-2's vocabulary", tales, bpe.gpt2(), rounds)
    encode_table(f"{docs_mb}, GPT-2's vocabulary", docs, bpe.gpt2(), rounds)
    encode_table(f"{docs_mb}, its own 1,000 merges", docs, own, rounds)
    letters = "".join(random.Random(0).choices(string.ascii_lowercase, k=3000))
    encode_table("one word of 3,000 random letters, GPT-2", letters, bpe.gpt2(), rounds)
    # the two that look at the whole word for each merge would take hours
    slow = ("the obvious way", "tiktoken._educational")
    encode_table("100 kB of one letter", "a" * 100_000, bpe.gpt2(), rounds, slow)


if __name__ == "__main__":
    main()
