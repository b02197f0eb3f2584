"""What may new tokens see when others have gone before?"""

import torch

from utils.exercises import Case, Exercise


def chunk_mask(past, T):
    return torch.ones(T, past + T, dtype=torch.bool).tril(past)  # (T, P+T)


def cases(rng):
    yield Case("two kept, three new", (2, 3))
    yield Case("one new token after four", (4, 1))
    yield Case("nothing kept: lesson 04's mask", (0, 4))
    yield Case("the very first token", (0, 1))
    yield Case("random", (int(rng.integers(3, 60)), int(rng.integers(2, 60))))


def square_mask(past, T):
    """Your mask has no columns for the tokens that are kept. New tokens ask all keys, old and new:
    (T, past + T).
    """
    return torch.ones(T, T, dtype=torch.bool).tril()


def mask_from_0(past, T):
    """Your first new token sees only the very first key. It stands at position `past`, so it sees
    all the kept ones and itself: move the diagonal.
    """
    return torch.ones(T, past + T, dtype=torch.bool).tril()


def sees_all(past, T):
    """New tokens that come in one chunk must not see each other's future."""
    return torch.ones(T, past + T, dtype=torch.bool)


def mask_one_ahead(past, T):
    """Each new token sees one too many: its own key is the last it may see."""
    return torch.ones(T, past + T, dtype=torch.bool).tril(past + 1)


def mask_without_itself(past, T):
    """A token may see itself, too."""
    return torch.ones(T, past + T, dtype=torch.bool).tril(past - 1)


def whole_square(past, T):
    """Only the new tokens ask: T rows, the last T of the whole table."""
    return torch.ones(past + T, past + T, dtype=torch.bool).tril()


def mask_of_floats(past, T):
    """The pattern is right, but these are floats. Make them bools, so that the mask can be used as
    a condition.
    """
    return chunk_mask(past, T).float()


def mask_of_ints(past, T):
    """The pattern is right, but these are whole numbers. Make them bools, so that the mask can be
    used as a condition.
    """
    return chunk_mask(past, T).long()


EXERCISE = Exercise(
    chunk_mask,
    cases,
    mistakes=(
        square_mask,
        mask_from_0,
        sees_all,
        mask_one_ahead,
        mask_without_itself,
        whole_square,
        mask_of_floats,
        mask_of_ints,
    ),
    hints=(
        "Draw lesson 04's mask for past + T tokens. You need its last T rows.",
        "`tril` takes a number: `tril(past)` moves the diagonal to the right by `past`.",
    ),
    points=1,
    minutes=7,
    post="Evaluation Time: Processing One Token at a Time",
    core=False,
)
