"""All of GPT-2: embed, go through the blocks, compare with every token's embedding."""

import torch

from utils import gpt2
from utils.exercises import Case, Exercise
from utils.exercises.decoder_block.decoder_block import block_norm, decoder_block
from utils.exercises.decoder_block.layer_norm import layer_norm
from utils.exercises.decoder_block.shared import in_float64
from utils.parts import block_of, random_params


def gpt2_forward(params, ids, n_layer, n_head):
    x = params["wte.weight"][ids] + params["wpe.weight"][: len(ids)]  # (T,) -> (T, C)
    for i in range(n_layer):
        start = f"h.{i}."
        block = {
            name.removeprefix(start): p for name, p in params.items() if name.startswith(start)
        }
        x = decoder_block(x, block, n_head)  # (T, C) -> (T, C)
    x = layer_norm(x, params["ln_f.weight"], params["ln_f.bias"])
    return x @ params["wte.weight"].T  # (T, C) @ (C, V) -> (T, V)


def cases(rng):
    yield _stack_case(rng, "two blocks, five tokens", 5)
    yield _stack_case(rng, "one token", 1)
    yield _stack_case(rng, "as many tokens as positions", 9)
    yield _stack_case(rng, "one block, three heads", 4, n_layer=1, n_head=3)
    yield _stack_case(rng, "twelve blocks: h.1 and h.11", 3, n_layer=12, n_embd=4)
    params, *more = _stack_case(rng, "", 2, n_layer=12, n_embd=4).args
    yield Case("twelve blocks, in a file's order", (dict(sorted(params.items())), *more))
    params, ids, n_layer, n_head = _stack_case(rng, "", 2, n_layer=3, n_embd=4).args
    yield Case("the first two of three blocks", (params, ids, n_layer - 1, n_head))
    yield Case("in float64", in_float64(*_stack_case(rng, "", 3, n_embd=4).args))


def _stack_case(rng, label, T, **sizes):
    config = gpt2.Config(
        **{"vocab_size": 11, "n_positions": 9, "n_embd": 6, "n_layer": 2, "n_head": 2} | sizes
    )
    params = random_params(config, int(rng.integers(1 << 30)))
    ids = torch.tensor(rng.integers(config.vocab_size, size=T))
    return Case(label, (params, ids, config.n_layer, config.n_head))


def _end_of_the_stack(params, x):
    return block_norm(x, params, "ln_f") @ params["wte.weight"].T


def without_positions(params, ids, n_layer, n_head):
    """The positions are missing: add a row of wpe to each token's embedding."""
    x = params["wte.weight"][ids]
    for i in range(n_layer):
        x = decoder_block(x, block_of(params, i), n_head)
    return _end_of_the_stack(params, x)


def positions_by_id(params, ids, n_layer, n_head):
    """You look positions up by token id. Position 0 gets row 0 of wpe, position 1 row 1, whatever
    the tokens are.
    """
    x = params["wte.weight"][ids] + params["wpe.weight"][ids]
    for i in range(n_layer):
        x = decoder_block(x, block_of(params, i), n_head)
    return _end_of_the_stack(params, x)


def _start_of_the_stack(params, ids):
    return params["wte.weight"][ids] + params["wpe.weight"][: len(ids)]


def _stack(params, ids, numbers, n_head):
    x = _start_of_the_stack(params, ids)
    for i in numbers:
        x = decoder_block(x, block_of(params, i), n_head)
    return x


def without_ln_f(params, ids, n_layer, n_head):
    """The last LayerNorm is missing: ln_f, after the blocks and before the logits."""
    return _stack(params, ids, range(n_layer), n_head) @ params["wte.weight"].T


def always_block_0(params, ids, n_layer, n_head):
    """Every round of your loop uses the parameters of block 0: the name has the block's number in
    it.
    """
    return _end_of_the_stack(params, _stack(params, ids, [0] * n_layer, n_head))


def each_from_the_start(params, ids, n_layer, n_head):
    """Each block begins again from the embeddings; it should read what the block before it left."""
    start = _start_of_the_stack(params, ids)
    for i in range(n_layer):
        x = decoder_block(start, block_of(params, i), n_head)
    return _end_of_the_stack(params, x)


def prefix_without_dot(params, ids, n_layer, n_head):
    """With eleven blocks and more, "h.1" is also how "h.10" and "h.11" begin. Include the dot after
    the number.
    """
    x = _start_of_the_stack(params, ids)
    for i in range(n_layer):
        block = {
            name.split(".", 2)[2]: p for name, p in params.items() if name.startswith(f"h.{i}")
        }
        x = decoder_block(x, block, n_head)
    return _end_of_the_stack(params, x)


def blocks_from_one(params, ids, n_layer, n_head):
    """A block's dict has no `ln_1.weight`. Either `h.0.` is still in front of its names (cut it off
    with `removeprefix`), or the number is wrong: blocks go from h.0 to h.(n_layer − 1).
    """
    return _end_of_the_stack(params, _stack(params, ids, range(1, n_layer + 1), n_head))


def prefix_kept(params, ids, n_layer, n_head):
    """A block's dict has no `ln_1.weight`. Either `h.0.` is still in front of its names (cut it off
    with `removeprefix`), or the number is wrong: blocks go from h.0 to h.(n_layer − 1).
    """
    x = _start_of_the_stack(params, ids)
    for i in range(n_layer):
        x = decoder_block(
            x, {name: p for name, p in params.items() if name.startswith(f"h.{i}.")}, n_head
        )
    return _end_of_the_stack(params, x)


def probabilities(params, ids, n_layer, n_head):
    """These are probabilities. Return the logits, before softmax."""
    return gpt2_forward(params, ids, n_layer, n_head).softmax(-1)


def last_place_only(params, ids, n_layer, n_head):
    """You return the last place only; return the logits of all T places."""
    return gpt2_forward(params, ids, n_layer, n_head)[-1]


def vectors_not_logits(params, ids, n_layer, n_head):
    """You return vectors of width C. The last step compares each with every row of wte: a score for
    each token of the vocabulary.
    """
    return block_norm(_stack(params, ids, range(n_layer), n_head), params, "ln_f")


def all_positions(params, ids, n_layer, n_head):
    """You add all of wpe. A text of T tokens uses its first T rows: `wpe[:len(ids)]`."""
    x = params["wte.weight"][ids] + params["wpe.weight"]
    for i in range(n_layer):
        x = decoder_block(x, block_of(params, i), n_head)
    return _end_of_the_stack(params, x)


def positions_from_one(params, ids, n_layer, n_head):
    """Your positions begin with row 1 of wpe; the first token stands at position 0."""
    x = params["wte.weight"][ids] + params["wpe.weight"][1 : len(ids) + 1]
    for i in range(n_layer):
        x = decoder_block(x, block_of(params, i), n_head)
    return _end_of_the_stack(params, x)


def ln_f_in_the_loop(params, ids, n_layer, n_head):
    """Your ln_f stands inside the loop, after each block. It comes once, after the last."""
    x = _start_of_the_stack(params, ids)
    for i in range(n_layer):
        x = block_norm(decoder_block(x, block_of(params, i), n_head), params, "ln_f")
    return x @ params["wte.weight"].T


def one_block_short(params, ids, n_layer, n_head):
    """One block is missing: `range(n_layer)` counts from 0 to n_layer - 1 by itself."""
    return _end_of_the_stack(params, _stack(params, ids, range(n_layer - 1), n_head))


def always_twelve(params, ids, n_layer, n_head):
    """The number of blocks is fixed at 12, as GPT-2 small has it. Use the argument, `n_layer`."""
    return _end_of_the_stack(params, _stack(params, ids, range(12), n_head))


def from_the_top(params, ids, n_layer, n_head):
    """You go through the blocks from the last to the first; block 0 comes first."""
    return _end_of_the_stack(params, _stack(params, ids, reversed(range(n_layer)), n_head))


def blocks_not_used(params, ids, n_layer, n_head):
    """The blocks do nothing: is what `decoder_block` returns assigned to x?"""
    return _end_of_the_stack(params, _start_of_the_stack(params, ids))


def added_again(params, ids, n_layer, n_head):
    """You add x to what a block returns. The block has done that already, twice."""
    x = _start_of_the_stack(params, ids)
    for i in range(n_layer):
        x = x + decoder_block(x, block_of(params, i), n_head)
    return _end_of_the_stack(params, x)


def wte_not_transposed(params, ids, n_layer, n_head):
    """The last product needs wte transposed: (T, C) @ (C, V), so `wte.T`."""
    x = block_norm(_stack(params, ids, range(n_layer), n_head), params, "ln_f")
    return x @ params["wte.weight"]


EXERCISE = Exercise(
    gpt2_forward,
    cases,
    mistakes=(
        without_positions,
        positions_by_id,
        without_ln_f,
        always_block_0,
        each_from_the_start,
        prefix_without_dot,
        blocks_from_one,
        prefix_kept,
        probabilities,
        last_place_only,
        vectors_not_logits,
        all_positions,
        positions_from_one,
        ln_f_in_the_loop,
        one_block_short,
        always_twelve,
        from_the_top,
        blocks_not_used,
        added_again,
        wte_not_transposed,
    ),
    hints=(
        '`params["wte.weight"][ids]` looks up (T, C); the positions are the first T rows of wpe.',
        "A block's dict: `{name.removeprefix(start): p for name, p in params.items() if "
        'name.startswith(start)}` with `start = f"h.{i}."`.',
        'After the loop: layer_norm with ln_f, then `x @ params["wte.weight"].T`.',
    ),
    points=3,
    minutes=17,
    difficulty="medium",
    rtol=1e-4,
    atol=1e-5,
    post="A Deeper Look Inside",
)
