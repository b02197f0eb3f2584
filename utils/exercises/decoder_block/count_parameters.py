"""How many numbers does a GPT-2 of this shape learn?"""

from utils.exercises import Case, Exercise


def count_parameters(vocab_size, n_positions, n_embd, n_layer):
    C = n_embd
    norm = 2 * C  # a weight and a bias for each number
    attention = (C + 1) * 3 * C + (C + 1) * C  # c_attn, c_proj; the 1 is the bias
    mlp = (C + 1) * 4 * C + (4 * C + 1) * C  # c_fc, c_proj
    block = norm + attention + norm + mlp
    return vocab_size * C + n_positions * C + n_layer * block + norm


def cases(rng):
    yield Case("everything of size 1", (1, 1, 1, 1))
    yield Case("GPT-2 small", (50257, 1024, 768, 12))
    yield Case("GPT-2 XL", (50257, 1024, 1600, 48))
    yield Case("drawn sizes", tuple(int(rng.integers(2, 90)) for _ in range(4)))


def count_as_the_post(vocab_size, n_positions, n_embd, n_layer):
    """You are where the post's table is: for 124M exactly 29,184 short. In each block 3 C are
    missing: look at the biases of c_attn and c_fc. And what stands after the last block?
    """
    return (
        count_parameters(vocab_size, n_positions, n_embd, n_layer)
        - n_layer * 3 * n_embd
        - 2 * n_embd
    )


def count_no_ln_f(vocab_size, n_positions, n_embd, n_layer):
    """One LayerNorm is missing: ln_f, after the last block."""
    return count_parameters(vocab_size, n_positions, n_embd, n_layer) - 2 * n_embd


def count_short_fc_bias(vocab_size, n_positions, n_embd, n_layer):
    """In each block 3 C are missing: the bias of c_attn (3 C), or a part of c_fc's, which is as
    long as what c_fc gives, 4 C, not C.
    """
    return count_parameters(vocab_size, n_positions, n_embd, n_layer) - n_layer * 3 * n_embd


def count_wte_twice(vocab_size, n_positions, n_embd, n_layer):
    """You count wte twice. The matrix that makes the logits is wte again: the same numbers, learned
    once.
    """
    return count_parameters(vocab_size, n_positions, n_embd, n_layer) + vocab_size * n_embd


def count_matrices_only(vocab_size, n_positions, n_embd, n_layer):
    """You count the matrices only. Each has a bias too, and each LayerNorm a weight and a bias."""
    return (vocab_size + n_positions) * n_embd + n_layer * 12 * n_embd**2


def count_no_biases(vocab_size, n_positions, n_embd, n_layer):
    """The biases are missing: every matrix of a block and every LayerNorm has one."""
    return (vocab_size + n_positions) * n_embd + n_layer * (12 * n_embd**2 + 2 * n_embd) + n_embd


def count_one_norm(vocab_size, n_positions, n_embd, n_layer):
    """In each block 2 C are missing: one of its two LayerNorms (2 C), or the biases of both c_proj
    (C each).
    """
    return count_parameters(vocab_size, n_positions, n_embd, n_layer) - n_layer * 2 * n_embd


def count_no_wpe(vocab_size, n_positions, n_embd, n_layer):
    """`wpe` is missing: a vector for each position."""
    return count_parameters(vocab_size, 0, n_embd, n_layer)


def count_half_norms(vocab_size, n_positions, n_embd, n_layer):
    """A LayerNorm has two vectors, weight and bias: 2 C. You count one."""
    return count_parameters(vocab_size, n_positions, n_embd, n_layer) - (2 * n_layer + 1) * n_embd


def count_one_block(vocab_size, n_positions, n_embd, n_layer):
    """You count one block; there are n_layer of them."""
    return count_parameters(vocab_size, n_positions, n_embd, 1)


def count_no_biases_at_all(vocab_size, n_positions, n_embd, n_layer):
    """The biases of the four matrices are missing: 3 C for c_attn, C for c_proj, 4 C for c_fc and C
    for the MLP's c_proj.
    """
    return (
        (vocab_size + n_positions) * n_embd + n_layer * (12 * n_embd**2 + 4 * n_embd) + 2 * n_embd
    )


def count_norms_of_matrices_only(vocab_size, n_positions, n_embd, n_layer):
    """A block's biases and its two LayerNorms are missing: only ln_f is counted."""
    return (vocab_size + n_positions) * n_embd + n_layer * 12 * n_embd**2 + 2 * n_embd


def count_no_block_norms(vocab_size, n_positions, n_embd, n_layer):
    """In each block 4 C are missing: its two LayerNorms (2 C each), the bias of c_fc (4 C), or
    attention's two biases (3 C and C).
    """
    return count_parameters(vocab_size, n_positions, n_embd, n_layer) - n_layer * 4 * n_embd


def count_no_proj_bias(vocab_size, n_positions, n_embd, n_layer):
    """In each block C are missing: the bias of one of the two c_proj, or that of a LayerNorm."""
    return count_parameters(vocab_size, n_positions, n_embd, n_layer) - n_layer * n_embd


def count_no_norms(vocab_size, n_positions, n_embd, n_layer):
    """Two things: ln_f is missing, after the last block, and in each block 4 C: its two LayerNorms
    (2 C each), the bias of c_fc (4 C), or attention's two biases (3 C and C).
    """
    missing = (4 * n_layer + 2) * n_embd
    return count_parameters(vocab_size, n_positions, n_embd, n_layer) - missing


def count_without_tables(vocab_size, n_positions, n_embd, n_layer):
    """The two tables at the bottom are missing: wte and wpe."""
    return count_parameters(0, 0, n_embd, n_layer)


def count_as_a_float(vocab_size, n_positions, n_embd, n_layer):
    """A count is a whole number: is there a `/` in it, or `1e3`? `//` stays with ints."""
    return float(count_parameters(vocab_size, n_positions, n_embd, n_layer))


EXERCISE = Exercise(
    count_parameters,
    cases,
    mistakes=(
        count_as_the_post,
        count_no_ln_f,
        count_short_fc_bias,
        count_wte_twice,
        count_matrices_only,
        count_no_biases,
        count_one_norm,
        count_no_wpe,
        count_half_norms,
        count_one_block,
        count_no_biases_at_all,
        count_norms_of_matrices_only,
        count_no_block_norms,
        count_no_proj_bias,
        count_no_norms,
        count_without_tables,
        count_as_a_float,
    ),
    hints=(
        "Write it tensor by tensor: wte, wpe, then a block (two LayerNorms, c_attn, "
        "c_proj, c_fc, c_proj) n_layer times, then ln_f.",
        "A matrix from a to b numbers with its bias has a·b + b = (a + 1)·b parameters; "
        "a LayerNorm of width C has 2 C.",
        "`c_attn` goes from C to 3 C, attention's c_proj from C to C, c_fc from C to 4 "
        "C, the MLP's c_proj from 4 C to C.",
    ),
    points=2,
    minutes=15,
    difficulty="medium",
    post="You've Made it!",
    gradient=False,
    core=False,
)
