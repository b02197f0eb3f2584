"""Cut rows from a long text, and for each row the tokens that follow."""

import torch

from utils.exercises import Case, Exercise


def make_batch(tokens, starts, length):
    inputs = torch.stack([tokens[s : s + length] for s in starts])
    targets = torch.stack([tokens[s + 1 : s + length + 1] for s in starts])
    return inputs, targets


def cases(rng):
    counted = torch.arange(20)
    text = torch.from_numpy(rng.integers(0, 1000, 60))
    yield Case("two rows", (counted, [3, 10], 4))
    yield Case("a batch of one row", (counted, [0], 6))
    yield Case("rows of one token", (counted, [5, 6, 7], 1))
    yield Case("up to the very end of the text", (counted, [15], 4))
    yield Case("rows that overlap, out of order", (text, [30, 2, 31], 5))
    yield Case("every second token of a longer tensor", (text[::2], [4, 20], 7))
    yield Case("drawn at random", (text, rng.integers(0, 50, 4).tolist(), 8))


def targets_not_moved(tokens, starts, length):
    """Your targets are the inputs themselves: the model would learn to repeat the token it sees.
    The target of a token is the one after it.
    """
    inputs, _ = make_batch(tokens, starts, length)
    return inputs, inputs


def targets_moved_back(tokens, starts, length):
    """Inputs and targets are exchanged: the inputs begin at the start, and the targets one token
    later.
    """
    inputs, targets = make_batch(tokens, starts, length)
    return targets, inputs


def targets_roll_round(tokens, starts, length):
    """The last target of each row is the row's own first token. It must be the token that comes
    next in the text.
    """
    inputs, _ = make_batch(tokens, starts, length)
    return inputs, inputs.roll(-1, 1)


def one_label_for_a_row(tokens, starts, length):
    """You give one target to each row. Every position has one: a row of T tokens has T targets."""
    inputs, targets = make_batch(tokens, starts, length)
    return inputs, targets[:, -1]


def one_token_short(tokens, starts, length):
    """Your rows are one token short. A row and its targets together need length + 1 tokens of the
    text.
    """
    inputs, targets = make_batch(tokens, starts, length)
    return inputs[:, :-1], targets[:, :-1]


def rows_one_after_the_other(tokens, starts, length):
    """Only the first row begins where it should: each entry of starts is where a row of its own
    begins.
    """
    return make_batch(tokens, [starts[0] + i * length for i in range(len(starts))], length)


def targets_one_short(tokens, starts, length):
    """Your targets are one token short. They begin one later than the inputs, so they end one later
    too: at s + length + 1.
    """
    inputs, targets = make_batch(tokens, starts, length)
    return inputs, targets[:, :-1]


EXERCISE = Exercise(
    make_batch,
    cases,
    mistakes=(
        targets_not_moved,
        targets_moved_back,
        targets_roll_round,
        one_label_for_a_row,
        one_token_short,
        rows_one_after_the_other,
        targets_one_short,
    ),
    hints=(
        "A row is `tokens[s : s + length]`. Where does the row of its targets begin, and "
        "where does it end?",
        "`torch.stack` makes one tensor (B, T) from a list of B rows.",
        "The targets of a row are `tokens[s + 1 : s + length + 1]`.",
    ),
    points=2,
    minutes=12,
    post="The Illustrated Masked Self-Attention",
)
