"""Twenty questions to ask a class before a cell is run: show of hands first, then the answer, which
is computed here.

Each wrong option is what somebody answers who holds a misconception that the lessons meet. The
instructor's guide is made from this list; a test computes every answer and finds it among the
options.
"""

import hashlib
import math
from collections.abc import Callable
from dataclasses import dataclass

import torch

from utils import bpe, gpt2
from utils.exercises import find

SMALL = gpt2.Config()  # OpenAI's smallest
PARAMETERS = {name: math.prod(shape) for name, shape in gpt2.shapes(SMALL).items()}


@dataclass(frozen=True)
class Question:
    lesson: str
    asks: str
    options: tuple[str, ...]
    answer: Callable[[], str]
    because: str


def _by_hand(name: str) -> Callable:
    """An exercise's reference."""
    return find(name)[1].reference


def _moves_no_sum() -> str:
    rows = dict(zip("dog bites man".split(), torch.arange(12).reshape(3, 4)))
    one, other = (
        sum(rows[word] for word in text.split()) for text in ("dog bites man", "man bites dog")
    )
    return "they are equal" if torch.equal(one, other) else "they differ a little"


def _first_token() -> str:
    q, k, v = torch.randn(3, 5, 8, generator=torch.Generator().manual_seed(0))
    return (
        "its own value vector"
        if torch.allclose(_by_hand("masked_attention")(q, k, v)[0], v[0])
        else "a mixture of all values"
    )


def _six_heads() -> str:
    def attention(n_head):
        shapes = gpt2.shapes(gpt2.Config(n_head=n_head))
        return sum(math.prod(shape) for name, shape in shapes.items() if ".attn." in name)

    return {1.0: "as many", 0.5: "half as many", 2.0: "twice as many"}[attention(6) / attention(12)]


def _ten_times() -> str:
    quiet = torch.tensor([1.0, 2.0, 3.0])
    one, other = (
        _by_hand("layer_norm")(x, torch.ones(3), torch.zeros(3)) for x in (quiet, 10 * quiet)
    )
    return "nearly the same" if torch.allclose(one, other, atol=1e-4) else "ten times as large"


def _largest_part() -> str:
    def share(part):
        return sum(n for name, n in PARAMETERS.items() if name.startswith(f"h.0.{part}"))

    return {"mlp": "the MLP", "attn": "attention", "ln": "the two LayerNorms"}[
        max(("mlp", "attn", "ln"), key=share)
    ]


def _turned_square() -> str:
    square = torch.arange(9.0).reshape(3, 3)
    checks = {
        "the names and shapes": lambda w: tuple(w.shape),
        "the number of parameters": lambda w: w.numel(),
        "the fingerprints (sha256)": lambda w: hashlib.sha256(
            w.contiguous().numpy().tobytes()
        ).hexdigest(),
    }
    return (
        " and ".join(name for name, check in checks.items() if check(square) != check(square.T))
        or "none of them"
    )


def _cache_megabytes() -> str:
    numbers = (
        2 * SMALL.n_layer * SMALL.n_embd * SMALL.n_positions
    )  # a key and a value in each layer for each token
    return f"{numbers * 4 / 1e6:.0f} MB"


def _probability_at(t: float) -> str:
    cooler = _by_hand("temperature")(torch.tensor([0.8, 0.2]).log(), t)
    return f"{_by_hand('logits_to_probabilities')(cooler)[0].item():.2f}"


def _tokens(text: str) -> int:
    return len(bpe.gpt2().encode(text))


def _last_share() -> str:
    return f"{_by_hand('softmax')(torch.tensor([[0.0, 0.0, 0.0, math.log(3)]]))[0, 3].item():.2f}"


def _kept_by_top_p() -> str:
    logits = _by_hand("top_p")(torch.tensor([0.95, 0.03, 0.02]).log(), 0.9)
    return str(int(torch.isfinite(logits).sum()))


QUIZ = (
    Question(
        "01_language_modeling",
        "A model gives each of 500 words the same probability. What is its perplexity?",
        ("500", "250", "ln 500, about 6.2", "1/500"),
        lambda: f"{_by_hand('perplexity')([1 / 500] * 10):.0f}",
        "Perplexity is the number of equally likely words that it is as unsure among. ln 500 "
        "is the loss.",
    ),
    Question(
        "01_language_modeling",
        "Three words came, to which a model had given 0.5, 0.5 and 0. What is its loss?",
        ("1/3", "0.46 nats", "0.69 nats", "infinite"),
        lambda: (
            "infinite" if math.isinf(_by_hand("cross_entropy")([0.5, 0.5, 0.0])) else "0.69 nats"
        ),
        "-ln 0 is infinite, and a mean with one infinity in it is infinite: hence smoothing.",
    ),
    Question(
        "02_byte_pair_encoding",
        "“Zoë 🤖” is written as UTF-8 bytes. How many are they?",
        ("5", "6", "9", "20"),
        lambda: str(len(_by_hand("to_bytes")("Zoë 🤖"))),
        "ë takes two bytes, the robot four, everything else one.",
    ),
    Question(
        "02_byte_pair_encoding",
        "In the ids of “aaaaa” the pair (a, a) is merged once, from left to right. How many "
        "ids are left?",
        ("1", "2", "3", "4"),
        lambda: str(len(_by_hand("merge")([97] * 5, (97, 97), 256))),
        "Pairs overlap when they are counted, never when they are merged: aa, aa, a.",
    ),
    Question(
        "02_byte_pair_encoding",
        "How many tokens does GPT-2 need for “ robot” with the space in front, and for "
        "“robot” without it?",
        ("1 and 1", "1 and 2", "2 and 1", "2 and 2"),
        lambda: f"{_tokens(' robot')} and {_tokens('robot')}",
        "In running text words come with their space, so that form got the merges. The other "
        "one is cut in pieces.",
    ),
    Question(
        "02_byte_pair_encoding",
        "A user types the thirteen characters `<|endoftext|>` into a chat. How many tokens "
        "does the model get?",
        ("none, they are removed", "1", "7", "13"),
        lambda: str(_tokens(bpe.END_OF_TEXT)),
        "Special tokens come from the program. What a user types is ordinary text, cut like "
        "any other.",
    ),
    Question(
        "03_embeddings_and_positions",
        "ids has the shape (2, 5), wte the shape (1000, 64). What is the shape of the "
        "embedded batch?",
        ("(2, 64)", "(10, 64)", "(2, 5, 64)", "(2, 5, 1000)"),
        lambda: str(
            tuple(
                _by_hand("embed")(torch.zeros(2, 5, dtype=torch.long), torch.zeros(1000, 64)).shape
            )
        ),
        "Each id becomes a row of wte; the shape of ids stays in front.",
    ),
    Question(
        "03_embeddings_and_positions",
        "Add up the token vectors of “dog bites man”, and those of “man bites dog”, without "
        "positions. How do the sums differ?",
        (
            "they are equal",
            "they differ a little",
            "one is the other with its sign reversed",
            "it depends on the training",
        ),
        _moves_no_sum,
        "A sum does not know its order. Somebody has to tell the model, and wpe does.",
    ),
    Question(
        "03_embeddings_and_positions",
        "What part of the smallest GPT-2's parameters is wte?",
        ("3 %", "10 %", "31 %", "62 %"),
        lambda: f"{PARAMETERS['wte.weight'] / sum(PARAMETERS.values()):.0%}".replace("%", " %"),
        "50,257 rows of 768 numbers, beside twelve blocks of 7 million.",
    ),
    Question(
        "04_masked_self_attention",
        "A row of scores is 0, 0, 0, ln 3. What is the last word's share?",
        ("0.25", "0.50", "0.75", "1.00"),
        _last_share,
        "e to the power of ln 3 is 3: three shares of six.",
    ),
    Question(
        "04_masked_self_attention",
        "Six tokens, so a table of 36 places. How many of them does the causal mask hide?",
        ("6", "15", "18", "30"),
        lambda: str(int((~_by_hand("causal_mask")(6)).sum())),
        "All above the diagonal: 5 + 4 + 3 + 2 + 1. A token sees itself.",
    ),
    Question(
        "04_masked_self_attention",
        "What does masked attention give the first token, whatever the weights are?",
        ("zeros", "its own value vector", "a mixture of all values", "its own query vector"),
        _first_token,
        "It sees only itself, so its one share is 1.",
    ),
    Question(
        "04_masked_self_attention",
        "GPT-2 is built with 6 heads instead of 12, and the same width. How many parameters "
        "does its attention have?",
        ("half as many", "as many", "twice as many"),
        _six_heads,
        "The heads are slices of the same vectors: fewer of them are wider.",
    ),
    Question(
        "05_decoder_block",
        "LayerNorm, with weight 1 and bias 0, gets 1, 2, 3, and then 10, 20, 30. How does "
        "the second result compare with the first?",
        ("nearly the same", "ten times as large", "a tenth as large"),
        _ten_times,
        "It takes the mean away and divides by the spread. Only the small number inside the "
        "root tells the two apart.",
    ),
    Question(
        "05_decoder_block",
        "Where do most of the parameters of a block lie?",
        ("attention", "the MLP", "the two LayerNorms"),
        _largest_part,
        "Two matrices of C times 4C against one of C times 3C and one of C times C.",
    ),
    Question(
        "06_logits_and_sampling",
        "Two tokens have the probabilities 0.8 and 0.2. What is the first's at temperature 0.5?",
        ("0.40", "0.80", "0.94", "1.00"),
        lambda: _probability_at(0.5),
        "Halving the temperature squares the probabilities before they are shared out: 0.64 "
        "against 0.04.",
    ),
    Question(
        "06_logits_and_sampling",
        "Top-p with p = 0.9, and three tokens with 0.95, 0.03 and 0.02. How many stay?",
        ("none", "1", "2", "3"),
        _kept_by_top_p,
        "The token that crosses p stays in. Otherwise nothing would be left here.",
    ),
    Question(
        "06_logits_and_sampling",
        "How much memory does the smallest GPT-2's cache take for 1,024 tokens, in float32?",
        ("6 MB", "75 MB", "498 MB", "2 GB"),
        _cache_megabytes,
        "Two vectors of 768 numbers in each of 12 layers for each token. 498 MB are the weights.",
    ),
    Question(
        "07_training",
        "One row of 64 tokens goes into GPT-2 in training. How many guesses of a next token "
        "does it learn from?",
        ("1", "63", "64", "2,016"),
        lambda: str(_by_hand("make_batch")(torch.arange(100), [0], 64)[1].numel()),
        "Every position guesses its next token in the same pass; the mask makes that fair. "
        "The 65th token is the last target.",
    ),
    Question(
        "08_loading_gpt2_weights",
        "A square matrix was transposed by mistake. Which check of a loaded model notices?",
        (
            "the names and shapes",
            "the number of parameters",
            "the fingerprints (sha256)",
            "none of them",
        ),
        _turned_square,
        "The shape is the same either way. Only the numbers, or what the model says, give it away.",
    ),
)
