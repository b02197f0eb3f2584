"""From logits to text: temperature, top-k, top-p, and the loop that generates.

A model gives a score to every token of its vocabulary; here the scores become
probabilities and one token is drawn, again and again. Top-p is nucleus sampling,
Holtzman et al. 2020, "The curious case of neural text degeneration".
"""

import codecs
import math
import warnings
from dataclasses import replace

import torch
import torch.nn.functional as F

from utils import gpt2


def probabilities(logits, temperature=1.0, top_k=None, top_p=None):
    """The distribution that the next token is drawn from: logits (..., V) -> (..., V).

    The three settings are applied in this order; None leaves one out:

    temperature  divides the logits: below 1 the favourites gain, above 1 the others.
                 0 is greedy: all probability to the largest logit.
    top_k        keeps exactly k tokens, the likeliest; all when k exceeds V.
    top_p        keeps the likeliest tokens until together they have probability p or
                 more. The token that crosses p stays in, so at least one is kept;
                 0 keeps one, 1 keeps all.

    **Ties**: of equal logits, the lower id counts as the likelier. ValueError for
    settings out of range and for logits that are not numbers.

    >>> probabilities(torch.tensor([0.0, 2.0, 2.0, 1.0]), top_k=1)
    tensor([0., 1., 0., 0.])
    """
    _check(temperature, top_k, top_p)
    logits = torch.as_tensor(logits, dtype=torch.float32)
    largest = logits.amax(-1, keepdim=True)  # (..., V) -> (..., 1)
    if not largest.isfinite().all():
        raise ValueError("The logits hold nan or inf: the weights must be damaged.")
    if temperature == 0:
        return F.one_hot(logits.argmax(-1), logits.shape[-1]).float()
    # The largest becomes 0 first, so that a tiny temperature cannot overflow.
    logits = (logits - largest) / temperature
    if top_k is not None and top_k < logits.shape[-1]:
        kth = logits.topk(int(top_k)).values[..., -1:]  # (..., V) -> (..., 1)
        above, ties = logits > kth, logits == kth  # (..., V), (..., V)
        room = top_k - above.sum(-1, keepdim=True)  # for so many of the ties
        keep = above | (ties & (ties.cumsum(-1) <= room))  # (..., V)
        logits = logits.masked_fill(~keep, -torch.inf)
    p = logits.softmax(-1)
    if top_p is not None and top_p < 1:
        likely, order = p.sort(dim=-1, descending=True, stable=True)
        before = likely.double().cumsum(-1) - likely  # probability of all likelier ones
        drop = before >= top_p
        drop[..., 0] = False
        p = p.scatter(-1, order, likely.masked_fill(drop, 0))
        p = p / p.sum(-1, keepdim=True)
    return p


def generate(params, config, ids, max_new_tokens, temperature=1.0, top_k=None, top_p=None, seed=0):
    """Continue ids (T,), yielding each new id as soon as it is drawn.

    Each step feeds only the newest token: the cache holds the rest. Stops after
    max_new_tokens, or at an end token (config.eos_token_id, which is not yielded), or
    with a warning when n_positions tokens have been read: to go on by letting the
    window slide would change every position and throw the cache away. The same seed
    gives the same ids. ValueError as in `probabilities` and `gpt2.forward`.
    """
    _check(temperature, top_k, top_p)
    ids = gpt2.check_ids(config, ids)
    if ids.dim() != 1:
        raise ValueError(f"generate continues one text, (T,), not {tuple(ids.shape)}.")
    if not _whole(max_new_tokens) or max_new_tokens < 0:
        raise ValueError(f"max_new_tokens must be a whole number, 0 or more, not {max_new_tokens}.")
    settings = temperature, top_k, top_p
    return _generate(params, config, ids, max_new_tokens, settings, seed)


def _generate(params, config, ids, max_new_tokens, settings, seed):
    generator = torch.Generator().manual_seed(seed)
    cache = gpt2.Cache(config, device=params["wpe.weight"].device)
    ends = {config.eos_token_id, *config.more_eos}
    for _ in range(max_new_tokens):
        if cache.length + len(ids) > config.n_positions:
            warnings.warn(
                f"Stopped: with {cache.length} tokens the context (n_positions) is full.",
                stacklevel=2,
            )
            return
        p = probabilities(_next_logits(params, config, ids, cache), *settings)
        ids = torch.multinomial(p.cpu(), 1, generator=generator)  # (V,) -> (1,)
        if ids.item() in ends:
            return
        yield ids.item()


@torch.inference_mode()
def _next_logits(params, config, ids, cache):
    x = gpt2.transformer(params, config, ids, cache)  # (T,) -> (T, C)
    return gpt2.unembed(params, x[-1])  # only the last one's: (C,) -> (V,)


@torch.inference_mode()
def continuations(
    params, config, ids, count, max_new_tokens, temperature=1.0, top_k=None, top_p=None, seed=0
):
    """Many samples behind ids (T,), side by side in one batch: a list of (ids, whether the end
    token came). Each has max_new_tokens ids, or those before the end token, or as many as the
    context has room for. Settings and errors as in `generate`.
    """
    _check(temperature, top_k, top_p)
    ids = gpt2.check_ids(config, ids)
    length = min(max_new_tokens, config.n_positions - len(ids) + 1)
    cache = gpt2.Cache(replace(config, n_positions=len(ids) + length), batch=count)  # no more room
    generator, new, made = torch.Generator().manual_seed(seed), ids.repeat(count, 1), []
    for _ in range(length):
        x = gpt2.transformer(params, config, new, cache)  # (B, T) -> (B, T, C)
        logits = gpt2.unembed(params, x[:, -1])  # (B, C) -> (B, V)
        p = probabilities(logits, temperature, top_k, top_p)
        new = torch.multinomial(p, 1, generator=generator)  # (B, V) -> (B, 1)
        made.append(new)
    texts = torch.cat(made, dim=1).tolist()  # (B, length)
    end = config.eos_token_id
    return [(row[: row.index(end)], True) if end in row else (row, False) for row in texts]


@torch.inference_mode()
def log_likelihood(params, x, ids):
    """ln of the probability that a model gave each of ids (T,) after those before it: (T - 1,).

    x: what `gpt2.transformer` makes of ids, (T, C). The first has nothing before it. Minus the mean
    is the loss; divided by -ln 2 each is a token's surprise in bits (Shannon 1948).
    """
    after = torch.as_tensor(ids)[1:, None]  # (T - 1, 1)
    parts = [  # 64 at a time: (64, C) -> (64, V) -> (64, 1)
        gpt2.unembed(params, rows).log_softmax(-1).gather(-1, wanted)
        for rows, wanted in zip(x[:-1].split(64), after.split(64))
    ]
    return torch.cat(parts).squeeze(-1)


def start_of(config, tokenizer, text) -> list[int]:
    """The ids of a text, behind the token that stands before every text, if there is one.
    ValueError when there is nothing to read, or more than the model can.
    """
    check_tokenizer(tokenizer)
    start = [] if config.eos_token_id is None else [config.eos_token_id]
    ids = start + tokenizer.encode(text)
    if not ids:
        raise ValueError("Type at least one word: this model has no start token.")
    if len(ids) > config.n_positions:
        raise ValueError(
            f"The text has {len(ids):,} tokens, and the model can read {config.n_positions:,}: "
            "nothing is left out for you, so shorten it."
        )
    return ids


def stream(ids, tokenizer):
    """Turn ids, as they come, into pieces of text that never cut a character in two.

    A character can be spread over tokens (an emoji is four bytes): its bytes wait until
    the last one is there. What is left unfinished at the end comes as U+FFFD.

    >>> from utils import bpe
    >>> list(stream([447, 247, 72], bpe.gpt2()))
    ['’', 'i']
    """
    check_tokenizer(tokenizer)
    decoder = codecs.getincrementaldecoder("utf-8")("replace")
    for id in ids:
        if piece := decoder.decode(tokenizer.decode_bytes([id])):
            yield piece
    if piece := decoder.decode(b"", final=True):
        yield piece


def check_tokenizer(tokenizer):
    """ValueError with one sentence where a model's ids are no text (tokenizer is None)."""
    if tokenizer is None:
        raise ValueError("This model has no tokenizer: its ids stand for something else than text.")


def _check(temperature, top_k, top_p):
    if not (_number(temperature) and temperature >= 0):
        raise ValueError(f"temperature must be 0 or more, not {temperature!r}.")
    if top_k is not None and (not _whole(top_k) or top_k < 1):
        raise ValueError(f"top_k must be a whole number of at least 1, not {top_k!r}.")
    if top_p is not None and not (_number(top_p) and 0 <= top_p <= 1):
        raise ValueError(f"top_p must lie between 0 and 1, not {top_p!r}.")


def _number(value):  # True is an int to Python, and never meant as one here
    try:
        return not isinstance(value, bool) and math.isfinite(value)
    except TypeError:
        return False


def _whole(value):
    return _number(value) and value == int(value)
