"""Add to each token's vector the vector of the place where it stands."""

import torch

from utils.exercises import Case, Exercise
from utils.exercises.embeddings_and_positions.shared import normal, numbered


def add_positions(x, wpe):
    T = x.shape[-2]
    if T > len(wpe):
        raise ValueError(f"{T} tokens, but only {len(wpe)} positions")
    return x + wpe[:T]  # (T, C) or (B, T, C), + (T, C)


def cases(rng):
    yield Case("three tokens, five positions", (torch.zeros(3, 2), numbered(5, 2)))
    yield Case("one token", (torch.ones(1, 2), numbered(5, 2)))
    yield Case("as many tokens as positions", (normal(rng, 5, 2), numbered(5, 2)))
    yield Case("two texts at once: x of shape (2, 3, 4)", (normal(rng, 2, 3, 4), numbered(8, 4)))
    yield Case("a batch of one text", (normal(rng, 1, 3, 4), numbered(8, 4)))
    yield Case(
        "more texts than positions: 9 texts, 5 positions", (normal(rng, 9, 3, 4), numbered(5, 4))
    )
    yield Case("drawn vectors", (normal(rng, 6, 16), normal(rng, 24, 16)))
    yield Case("more tokens than positions: refused", (torch.zeros(6, 2), numbered(5, 2)))
    yield Case("two texts that are too long: refused", (torch.zeros(2, 6, 4), numbered(5, 4)))


def whole_table(x, wpe):
    """You added all of wpe. A text of T tokens uses its first T rows."""
    return x + wpe


def no_limit(x, wpe):
    """A text with more tokens than wpe has rows got through to the addition. Compare T with
    `len(wpe)` first, and raise ValueError.
    """
    return x + wpe[: x.shape[-2]]


def cuts_the_text(x, wpe):
    """A text that is too long was cut silently. Raise ValueError instead: whoever calls
    should know.
    """
    return x[..., : len(wpe), :] + wpe[: x.shape[-2]]


def around_again(x, wpe):
    """After the last position yours begin again at 0, so that two places look alike. Raise
    ValueError instead.
    """
    return x + wpe[torch.arange(x.shape[-2]) % len(wpe)]


def positions_from_one(x, wpe):
    """Your positions begin with row 1; the first token stands at position 0."""
    return x + wpe.roll(-1, 0)[: x.shape[-2]]


def one_position_for_all(x, wpe):
    """Every token got position 0: `wpe[0]` is one row. A text needs one row for each token."""
    return x + wpe[0]


def last_position_for_all(x, wpe):
    """Every token got the last position: `wpe[i]` is one row, `wpe[:i]` are the first i rows."""
    return x + wpe[x.shape[-2] - 1]


def side_by_side(x, wpe):
    """You put the position beside the token, which makes the vectors twice as wide. GPT-2 adds the
    two, number by number.
    """
    return torch.cat([x, wpe[: x.shape[-2]].expand(x.shape)], -1)


def counts_texts(x, wpe):
    """The first dimension of a batch counts its texts, not their tokens. T is the last dimension
    but one, batch or not: `x.shape[-2]`.
    """
    return x + wpe[: len(x)]


def width_for_tokens(x, wpe):
    """`x.shape[1]` is T in a batch, but C in a single text. Count from the end: `x.shape[-2]` is T
    in both.
    """
    return x + wpe[: x.shape[1]]


def multiplied_by_place(x, wpe):
    """You multiplied the two; GPT-2 adds them."""
    return x * wpe[: x.shape[-2]]


def positions_alone(x, wpe):
    """These are the position vectors alone; the token vectors are missing."""
    return wpe[: x.shape[-2]].expand(x.shape)


def refuses_the_full_length(x, wpe):
    """A text with exactly as many tokens as wpe has rows still fits. Raise the error only for more:
    `>`, not `>=`.
    """
    T = x.shape[-2]
    if T >= len(wpe):
        raise ValueError(f"{T} tokens, but only {len(wpe)} positions")
    return x + wpe[:T]


def asserts(x, wpe):
    """`assert` raises an AssertionError. Whoever calls expects a ValueError: `raise
    ValueError(...)`.
    """
    T = x.shape[-2]
    assert T <= len(wpe)
    return x + wpe[:T]


def returns_nothing(x, wpe):
    """For a text that is too long you return None, and whoever calls may not notice. Raise the
    error: `raise ValueError(...)`.
    """
    return add_positions(x, wpe) if x.shape[-2] <= len(wpe) else None


def checks_the_number_of_texts(x, wpe):
    """You compare `len(x)` with the number of positions, and in a batch that is how many texts
    there are. Compare T, `x.shape[-2]`.
    """
    if len(x) > len(wpe):
        raise ValueError(f"{len(x)} tokens, but only {len(wpe)} positions")
    return x + wpe[: x.shape[-2]]


def checks_single_texts_only(x, wpe):
    """A single text that is too long is refused, a batch of them is not. T is `x.shape[-2]` in
    both: compare that.
    """
    return add_positions(x, wpe) if x.dim() == 2 else x + wpe[: x.shape[-2]]


def counts_texts_and_checks(x, wpe):
    """The first dimension of a batch counts its texts, not their tokens. T is the last dimension
    but one, batch or not: `x.shape[-2]`.
    """
    if len(x) > len(wpe):
        raise ValueError(f"{len(x)} tokens, but only {len(wpe)} positions")
    return x + wpe[: len(x)]


def one_row_for_all(x, wpe):
    """`wpe[T]` is one row, number T. `wpe[:T]` are the first T rows, one for each token."""
    T = x.shape[-2]
    if T > len(wpe):
        raise ValueError(f"{T} tokens, but only {len(wpe)} positions")
    return x + wpe[T]


EXERCISE = Exercise(
    add_positions,
    cases,
    mistakes=(
        whole_table,
        no_limit,
        cuts_the_text,
        around_again,
        positions_from_one,
        one_position_for_all,
        last_position_for_all,
        side_by_side,
        counts_texts,
        width_for_tokens,
        multiplied_by_place,
        positions_alone,
        refuses_the_full_length,
        asserts,
        returns_nothing,
        checks_the_number_of_texts,
        checks_single_texts_only,
        counts_texts_and_checks,
        one_row_for_all,
    ),
    hints=(
        "How many tokens? The last dimension of x is C, the one before it is T: `x.shape[-2]`.",
        "`wpe[:T]` is (T, C). Added to (B, T, C), torch gives every text of the batch "
        "the same positions.",
        "Before that: `if T > len(wpe): raise ValueError(...)`.",
    ),
    points=2,
    minutes=10,
    post="Input Encoding",
)
