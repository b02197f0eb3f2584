"""GPT-2, reading only what is new."""

from utils import gpt2
from utils.exercises import Case, Exercise
from utils.exercises.decoder_block.layer_norm import layer_norm
from utils.exercises.decoder_block.shared import in_float64
from utils.exercises.logits_and_sampling.block_with_cache import block_with_cache
from utils.exercises.logits_and_sampling.shared import EMPTY, TINY
from utils.exercises.logits_and_sampling.unembed import unembed
from utils.parts import block_of, empty_cache, random_params


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
    big = gpt2.Config(vocab_size=5, n_positions=4, n_embd=4, n_layer=12, n_head=2)
    params = random_params(big, int(rng.integers(1 << 30)))
    nothing = empty_cache(big.n_layer, big.n_head, big.n_embd // big.n_head)
    yield Case("twelve blocks: h.1 and h.11", (params, [0, 3], nothing, big.n_head))
    params = dict(sorted(params.items()))
    yield Case("twelve blocks, in a file's order", (params, [4], nothing, big.n_head))


def _forward(params, ids, cache, n_head, *, start=None, keep=True, norm=True, only_last=False):
    past = cache[0][0].shape[-2] if start is None else start
    x, grown = params["wte.weight"][ids] + params["wpe.weight"][past : past + len(ids)], []
    for i, kept in enumerate(cache):
        x, keys, values = block_with_cache(x, block_of(params, i), n_head, *kept)
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


def prefix_without_dot(params, ids, cache, n_head):
    """With eleven blocks and more, "h.1" is also how "h.10" and "h.11" begin. The dot belongs to
    the prefix: `h.1.`.
    """
    blocks = dict(params)
    for i in range(len(cache)):
        for name in params:
            if name.startswith(f"h.{i}"):
                blocks[f"h.{i}." + name.split(".", 2)[2]] = params[name]
    return _forward(blocks, ids, cache, n_head)


def blocks_in_order_of_names(params, ids, cache, n_head):
    """You count on the order of `params`. A file lists names as it likes, often in the order of the
    alphabet, with h.10 before h.2: ask for each tensor by its name.
    """
    names, blocks = [name for name in params if name.startswith("h.")], dict(params)
    for i in range(len(cache)):
        for name in names[12 * i : 12 * i + 12]:
            blocks[f"h.{i}." + name.split(".", 2)[2]] = params[name]
    return _forward(blocks, ids, cache, n_head)


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


def last_logits_as_a_vector(*args):
    """Return the logits of every new token, (T, V): a table, where one token is read, too."""
    logits, grown = _forward(*args, only_last=True)
    return logits[0], grown


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
        prefix_without_dot,
        blocks_in_order_of_names,
        no_ln_f,
        last_logits_only,
        last_logits_as_a_vector,
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
