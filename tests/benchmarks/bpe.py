"""Byte pair encoding beside its peers in one run: `python -m tests.benchmarks.bpe [--rounds N]`.

Medians of interleaved rounds on one thread, processor seconds (about three minutes). "the obvious
way" is minbpe's approach in our words: every word of the text on its own, all pairs
counted again before each merge, no cache. `tiktoken._educational` is the readable
reference that tiktoken ships. Before anything is timed, all must give the same ids, and Hugging
Face's trainer the same tokens.
"""

import argparse
import os
import random
import string
import tempfile
from collections import Counter
from pathlib import Path

os.environ["RAYON_NUM_THREADS"] = "1"  # Hugging Face's trainer would take every core

from pydoc_data.topics import topics

import regex
import tiktoken
import tokenizers
from tiktoken._educational import SimpleBytePairEncoding, bpe_train

from tests.benchmarks.table import HEADER, medians, rows
from utils import bpe, stories

ALONE = r"\S+|\s"  # no tie tells Hugging Face's numbering of the bytes from ours

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


def hf_train(text, merges, pattern=None):
    """Their trainer; a pattern takes the place of GPT-2's."""
    model = tokenizers.Tokenizer(tokenizers.models.BPE())
    level = tokenizers.pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=not pattern)
    if pattern:
        cut = tokenizers.pre_tokenizers.Split(tokenizers.Regex(pattern), "isolated")
        level = tokenizers.pre_tokenizers.Sequence([cut, level])
    model.pre_tokenizer = level
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
        "tokenizers": lambda text: hf.encode(text).ids,
        "tiktoken": tik.encode_ordinary,
    }


# --- timing ---------------------------------------------------------------------------


def train_rows(title, text, merges, contestants, rounds):
    runs = {name: (lambda f=f: f(text, merges)) for name, f in contestants.items()}
    rows(f"BPE training, {title}, {merges:,} merges", "s", medians(runs, rounds))


def encode_rows(title, text, tokenizer, rounds, without=()):
    contestants = {n: f for n, f in encoders(tokenizer).items() if n not in without}
    ids = {name: encode(text) for name, encode in contestants.items()}
    assert all(other == ids["tiktoken"] for other in ids.values()), f"ids differ on {title}"
    runs = {name: (lambda f=f: f(text)) for name, f in contestants.items()}
    megabytes = len(text.encode()) / 1e6
    speed = {name: megabytes / s for name, s in medians(runs, rounds).items()}
    rows(f"encoding, {title}", "MB/s", speed)


def same_vocabulary(text, merges):
    byte = {sign: byte for byte, sign in bpe.byte_signs().items()}
    theirs = sorted(hf_train(text, merges, ALONE).get_vocab().items(), key=lambda item: item[1])
    theirs = [bytes(byte[sign] for sign in token) for token, _ in theirs[256:]]
    return bpe.train(text, 256 + merges, ALONE).tokens[256:] == theirs


def all_different(count):
    """Words that nobody has seen, each once."""
    draw = random.Random(0)
    lengths = draw.choices(range(3, 11), k=count)
    made = ("".join(draw.choices(string.ascii_lowercase, k=length)) for length in lengths)
    return " ".join(dict.fromkeys(made))


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--rounds", type=int, default=5)
    rounds = parser.parse_args().rounds

    tales = "\n\n".join(story.text for story in stories.generate(0, 4000))[:1_000_000]
    docs = "\n".join(topics.values())
    sources = sorted(Path(os.__file__).parent.glob("*.py"))
    code = "".join(path.read_text("utf-8", "replace") for path in sources)[:4_000_000]
    assert same_vocabulary(docs, 1000), "Hugging Face learns other tokens"
    print(HEADER)

    ours_and_hf = {
        "ours": lambda text, merges: bpe.train(text, 256 + merges),
        "tokenizers": hf_train,
    }
    everyone = ours_and_hf | {
        "the obvious way": obvious_train,
        "tiktoken._educational": lambda text, merges: bpe_train(
            text, 256 + merges, bpe.GPT2_PATTERN, visualise=None
        ),
    }
    train_rows("0.1 MB of stories", tales[:100_000], 50, everyone, rounds)
    train_rows("1 MB of stories", tales, 900, ours_and_hf, rounds)
    train_rows("Python's docs", docs, 1000, ours_and_hf, rounds)
    train_rows("Python's docs", docs, 5000, ours_and_hf, rounds)
    for megabytes in (1, 2, 4):
        train_rows(f"{megabytes} MB of Python", code[: 10**6 * megabytes], 5000, ours_and_hf, 1)
    for merges in (1000, 20_000, 50_000):
        train_rows("4 MB of Python", code, merges, ours_and_hf, 1)

    own = bpe.train(docs, 1256)
    encode_rows("1 MB of stories, GPT-2's vocabulary", tales, bpe.gpt2(), rounds)
    encode_rows("Python's docs, GPT-2's vocabulary", docs, bpe.gpt2(), rounds)
    encode_rows("Python's docs, its own 1,000 merges", docs, own, rounds)
    # the two that look at the whole word for each merge would take hours on long words
    slow = ("the obvious way", "tiktoken._educational")
    unseen = all_different(100_000)
    encode_rows("100,000 different words of random letters", unseen, bpe.gpt2(), rounds, slow)
    letters = "".join(random.Random(0).choices(string.ascii_lowercase, k=100_000))
    for length in (1000, 10_000, 100_000):
        title = f"one word of {length:,} random letters"
        encode_rows(title, letters[:length], bpe.gpt2(), rounds, slow)
    encode_rows("one word of 100,000 times a", "a" * 100_000, bpe.gpt2(), rounds, slow)


if __name__ == "__main__":
    main()
