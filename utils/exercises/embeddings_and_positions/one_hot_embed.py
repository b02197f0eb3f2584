"""The same vectors by a matrix product: one-hot rows times wte."""

import torch

from utils.exercises import Case, Exercise
from utils.exercises.embeddings_and_positions.shared import normal, numbered


def one_hot_embed(ids, wte):
    one_hot = torch.zeros(len(ids), len(wte))  # (T, V)
    one_hot[torch.arange(len(ids)), ids] = 1
    return one_hot @ wte  # (T, V) @ (V, C) -> (T, C)


def cases(rng):
    yield Case("three tokens of a vocabulary of six", (torch.tensor([3, 0, 4]), numbered(6, 3)))
    yield Case("one token", (torch.tensor([2]), numbered(5, 3)))
    yield Case("the same token twice", (torch.tensor([1, 3, 1]), numbered(5, 3)))
    yield Case("as many tokens as the vocabulary", (torch.tensor([1, 2, 3, 0]), numbered(4, 3)))
    yield Case(
        "a table that lies the other way in memory", (torch.tensor([2, 5]), normal(rng, 4, 6).T)
    )
    yield Case("a drawn table", (torch.tensor(rng.integers(0, 50, 8)), normal(rng, 50, 16)))


def _one_hot(ids, wte):
    return torch.nn.functional.one_hot(ids, len(wte))


def integer_one_hot(ids, wte):
    """Torch multiplies only matrices of one type: your one-hot rows are integers and wte is floats.
    Make the rows floats (`torch.zeros`, or `.float()`).
    """
    return _one_hot(ids, wte) @ wte


def turned_one_hot(ids, wte):
    """Your one-hot matrix stands on its side. It needs a row for each token of the text and a
    column for each word of the vocabulary: (T, V).
    """
    return _one_hot(ids, wte).float().T @ wte


def too_narrow(ids, wte):
    """Your one-hot rows are only as wide as the largest id of this text asks for. They need a
    column for every word of the vocabulary: `len(wte)` of them.
    """
    return torch.nn.functional.one_hot(ids).float() @ wte


def marks_places(ids, wte):
    """The 1 stands in the column of the token's place in the text. It belongs into the column of
    the token's id.
    """
    return torch.eye(len(ids), len(wte)) @ wte


def one_row_for_all(ids, wte):
    """You marked all tokens in one single row, so their vectors are added up. Each token needs a
    row of its own.
    """
    marked = torch.zeros(len(wte))
    marked[ids] = 1
    return marked @ wte


def a_grid_of_ones(ids, wte):
    """Every row has a 1 for every token of the text: `one_hot[:, ids]` means all rows. Row t gets
    its 1 at ids[t] alone, so give the row numbers too.
    """
    marked = torch.zeros(len(ids), len(wte))
    marked[:, ids] = 1
    return marked @ wte


def counts_from_one(ids, wte):
    """Your 1 stands one column too far to the left: ids count from 0, so token 3 has its 1 in
    column 3.
    """
    return _one_hot(ids, wte).float().roll(-1, 1) @ wte


def the_one_hot_itself(ids, wte):
    """These are the one-hot rows. What is left is their product with wte: (T, V) @ (V, C)."""
    return _one_hot(ids, wte).float()


EXERCISE = Exercise(
    one_hot_embed,
    cases,
    mistakes=(
        integer_one_hot,
        turned_one_hot,
        too_narrow,
        marks_places,
        one_row_for_all,
        a_grid_of_ones,
        counts_from_one,
        the_one_hot_itself,
    ),
    hints=(
        "Begin with zeros of shape (T, V): T is `len(ids)`, V is `len(wte)`.",
        "In row t, the column to set to 1 is `ids[t]`. A loop over t does it; so does "
        "indexing with two tensors, `one_hot[rows, columns] = 1`.",
        "Then `one_hot @ wte`: (T, V) @ (V, C) is (T, C).",
    ),
    points=2,
    minutes=10,
    post="Input Encoding",
)
