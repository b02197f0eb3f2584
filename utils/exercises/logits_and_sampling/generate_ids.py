"""The loop that writes, and when it stops."""

import torch

from utils.exercises import Case, Exercise
from utils.exercises.logits_and_sampling.greedy import greedy
from utils.exercises.logits_and_sampling.logits_to_probabilities import logits_to_probabilities
from utils.exercises.logits_and_sampling.sample_id import sample_id
from utils.exercises.logits_and_sampling.shared import normal
from utils.exercises.masked_self_attention.softmax import softmax

RING = torch.tensor(
    [
        [-9.0, 9, -9, -9, -9],
        [-9, -9, 9, -9, -9],
        [-9, -9, -9, 9, -9],
        [9, -9, -9, -9, -9],
        [0, 0, 0, 0, 0.0],
    ]
)


def generate_ids(table, ids, darts, end_id, n_positions):
    ids = list(ids)
    for u in darts:
        if len(ids) > n_positions:
            break
        probabilities = logits_to_probabilities(table[ids[-1]])  # (V,)
        new = sample_id(probabilities, u)
        if new == end_id:
            break
        ids.append(new)
    return ids


def cases(rng):
    ending = RING.clone()
    ending[2] = torch.tensor([-9.0, -9, -9, -9, 9])
    yield Case("round in a ring", (RING, [0], [0.5, 0.5, 0.5, 0.5, 0.5, 0.5], 4, 100))
    yield Case("the end token comes", (ending, [0], [0.5] * 5, 4, 100))
    yield Case(
        "the end token comes, and would not come again",
        (torch.zeros(2, 2), [0], [0.2, 0.7, 0.2, 0.2], 1, 100),
    )
    yield Case("the context is full", (RING, [1, 2], [0.5] * 9, 4, 5))
    yield Case("full before it begins", (RING, [0, 1, 2, 3], [0.5] * 3, 4, 3))
    yield Case("a prompt that is too long", (RING, [0, 1, 2, 3, 0, 1], [0.5] * 4, 4, 3))
    yield Case("nothing to draw", (RING, [3], [], 4, 10))
    yield Case("the prompt ends with the end token", (RING, [2, 0], [0.5] * 3, 0, 100))
    yield Case("an end token that is not the last id", (RING, [2], [0.5] * 6, 1, 100))
    close = torch.tensor([[0.4, 0.0, -0.4], [-0.4, 0.4, 0.0], [0.0, 0.0, 0.0]])
    yield Case("logits close to each other", (close, [0], [0.45, 0.05, 0.3, 0.6, 0.6], 2, 100))
    darts = [float(u) for u in rng.uniform(0, 1, 12)]
    yield Case("a random table", (normal(rng, 8, 8), [int(rng.integers(7))], darts, 7, 50))
    table = normal(rng, 6, 6)
    table[:, 5] = -torch.inf
    yield Case(
        "a table that never ends", (table, [1, 4], [float(u) for u in rng.uniform(0, 1, 12)], 5, 8)
    )


def _loop(
    table,
    ids,
    darts,
    end_id,
    limit,
    *,
    draw=sample_id,
    look=-1,
    keep_end=False,
    skip_end=False,
    before=False,
):
    ids = list(ids)
    for u in darts:
        if len(ids) > limit - before:
            break
        new = draw(softmax(table[ids[look]]), u)
        if new == end_id and skip_end:
            continue
        if new == end_id and not keep_end:
            break
        ids.append(new)
        if new == end_id:
            break
    return ids


def end_is_written(*args):
    """The end token says that the text is over; it is not part of the text. Stop before you append
    it.
    """
    return _loop(*args, keep_end=True)


def end_is_skipped(*args):
    """You skip the end token and go on. It means: stop."""
    return _loop(*args, skip_end=True)


def no_end(table, ids, darts, end_id, n_positions):
    """You write the end token as if it were a word, and go on after it."""
    return _loop(table, ids, darts, -1, n_positions)


def no_limit(table, ids, darts, end_id, n_positions):
    """Your text grows beyond what the model can read: stop when it is longer than n_positions."""
    return _loop(table, ids, darts, end_id, 10**9)


def one_early(*args):
    """You stop one token too soon: a text of exactly n_positions can still be read, and one more
    token written.
    """
    return _loop(*args, before=True)


def best_each_time(*args):
    """You take the likeliest token each time; draw it with u."""
    return _loop(*args, draw=lambda p, u: greedy(p))


def first_token(*args):
    """You look the first token up; what comes next depends on the last."""
    return _loop(*args, look=0)


def new_ones_only(table, ids, darts, end_id, n_positions):
    """Return the prompt, too."""
    return _loop(table, ids, darts, end_id, n_positions)[len(ids) :]


def slides(table, ids, darts, end_id, n_positions):
    """You threw the oldest tokens away to make room. That changes the text behind the reader's
    back: stop instead.
    """
    return _loop(table, ids, darts, end_id, 10**9)[-(n_positions + 1) :]


def prompt_ends_it(table, ids, darts, end_id, n_positions):
    """A prompt that ends with the end token stops your loop before it begins. Only an end token
    that you draw ends the text.
    """
    return _loop(table, ids, darts if ids[-1] != end_id else [], end_id, n_positions)


def ends_from_there_on(table, ids, darts, end_id, n_positions):
    """You stop at every id from the end token's on. Only the end token itself ends the text: `new
    == end_id`.
    """
    ids = list(ids)
    for u in darts:
        if len(ids) > n_positions or (new := sample_id(softmax(table[ids[-1]]), u)) >= end_id:
            break
        ids.append(new)
    return ids


EXERCISE = Exercise(
    generate_ids,
    cases,
    mistakes=(
        end_is_written,
        end_is_skipped,
        no_end,
        no_limit,
        one_early,
        best_each_time,
        first_token,
        new_ones_only,
        slides,
        prompt_ends_it,
        ends_from_there_on,
    ),
    hints=(
        "One token for each dart, as in lesson 01: look up, turn into probabilities, draw, append.",
        "Before reading: is the text longer than n_positions? After drawing: is it the end token?",
        "`table[ids[-1]]` are the logits, (V,).",
    ),
    points=2,
    minutes=12,
    post="Model Output",
)
