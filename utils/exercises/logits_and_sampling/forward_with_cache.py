"""GPT-2, reading only what is new."""

from utils.exercises import Case, Exercise
from utils.exercises.decoder_block.layer_norm import layer_norm
from utils.exercises.decoder_block.shared import in_float64
from utils.exercises.logits_and_sampling.block_with_cache import block_with_cache
from utils.exercises.logits_and_sampling.shared import EMPTY, TINY
from utils.exercises.logits_and_sampling.unembed import unembed
from utils.parts import random_params


def forward_with_cache(params, ids, cache, n_head):
    past = cache[0][0].shape[-2]
    positions = params["wpe.weight"][past : past + len(ids)]  # (T, C)
    x, grown = params["wte.weight"][ids] + positions, []  # (T, C)
    for i, (kept_k, kept_v) in enumerate(cache):
        start = f"h.{i}."
        block = {
            name.removeprefix(start): p for name, p in params.items() if name.startswith(start)
        }
        x, keys, values = block_with_cache(x, block, n_head, kept_k, kept_v)
        grown.append((keys, values))
    x = layer_norm(x, params["ln_f.weight"], params["ln_f.bias"])
    return unembed(x, params["wte.weight"]), grown


def cases(rng):
    params = random_params(TINY, int(rng.integers(1 << 30)))
    ids = [int(i) for i in rng.integers(0, TINY.vocab_size, 9)]
    for label, past, new in (
        ("a prompt of four, nothing kept", 0, 4),
        ("one token more", 4, 1),
        ("a chunk of three after two", 2, 3),
        ("the very first token", 0, 1),
        ("the last position there is", 8, 1),
    ):
        kept = forward_with_cache(params, ids[:past], EMPTY, TINY.n_head)[1] if past else EMPTY
        yield Case(label, (params, ids[past : past + new], kept, TINY.n_head))
    kept = forward_with_cache(params, ids[:3], EMPTY, TINY.n_head)[1]
    yield Case("in float64", in_float64(params, ids[3:5], kept, TINY.n_head))


def _forward(params, ids, cache, n_head, *, start=None, keep=True, norm=True, only_last=False):
    past = cache[0][0].shape[-2] if start is None else start
    x, grown = params["wte.weight"][ids] + params["wpe.weight"][past : past + len(ids)], []
    for i, kept in enumerate(cache):
        block = {
            name.removeprefix(f"h.{i}."): p
            for name, p in params.items()
            if name.startswith(f"h.{i}.")
        }
        x, keys, values = block_with_cache(x, block, n_head, *kept)
        grown.append((keys, values))
    x = layer_norm(x, params["ln_f.weight"], params["ln_f.bias"]) if norm else x
    x = x[-1:] if only_last else x
    return unembed(x, params["wte.weight"]), grown if keep else cache


def positions_from_0(*args):
    """The positions of the new tokens begin at 0 again. They stand after the kept ones: begin at
    `past`.
    """
    return _forward(*args, start=0)


def layers_for_past(params, ids, cache, n_head):
    """`len(cache)` is the number of layers. Kept tokens: `cache[0][0].shape[-2]`."""
    return _forward(params, ids, cache, n_head, start=len(cache))


def heads_for_past(params, ids, cache, n_head):
    """You count the heads: keys are (n_head, P, D). Kept tokens: `cache[0][0].shape[-2]`."""
    return _forward(params, ids, cache, n_head, start=len(cache[0][0]))


def one_position_for_all(params, ids, cache, n_head):
    """All tokens of a chunk got the same position; there is one for each: `past` to `past + T`."""
    past = cache[0][0].shape[-2]
    same = {**params, "wpe.weight": params["wpe.weight"][[past] * len(params["wpe.weight"])]}
    return _forward(same, ids, cache, n_head)


def old_cache(*args):
    """You return the cache as it came in. Collect what each block returns."""
    return _forward(*args, keep=False)


def first_layer_for_all(params, ids, cache, n_head):
    """Every layer has its own keys and values; you return the first layer's for all."""
    logits, grown = _forward(params, ids, cache, n_head)
    return logits, [grown[0]] * len(grown)


def no_ln_f(*args):
    """The last LayerNorm, ln_f, is missing before the logits."""
    return _forward(*args, norm=False)


def last_logits_only(*args):
    """Return the logits of every new token, (T, V)."""
    return _forward(*args, only_last=True)


EXERCISE = Exercise(
    forward_with_cache,
    cases,
    mistakes=(
        positions_from_0,
        layers_for_past,
        heads_for_past,
        one_position_for_all,
        old_cache,
        first_layer_for_all,
        no_ln_f,
        last_logits_only,
    ),
    hints=(
        "Begin with lesson 05's gpt2_forward. Three things change: the positions, what a "
        "block is given, what is returned.",
        "How many are kept: the length of any layer's keys, `cache[0][0].shape[-2]`.",
        "`for i, (kept_k, kept_v) in enumerate(cache):` goes through the layers; append "
        "each block's (keys, values) to a new list.",
    ),
    points=3,
    minutes=18,
    difficulty="hard",
    rtol=1e-4,
    atol=1e-5,
    post="Evaluation Time: Processing One Token at a Time",
    core=False,
)
