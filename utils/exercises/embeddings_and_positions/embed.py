"""Give each token id its vector: a row of the table wte."""

import torch

from utils.exercises import Case, Exercise
from utils.exercises.embeddings_and_positions.shared import normal, numbered


def embed(ids, wte):
    return wte[ids]  # (T,) -> (T, C), or (B, T) -> (B, T, C)


def cases(rng):
    yield Case("three tokens of a vocabulary of five", (torch.tensor([3, 0, 4]), numbered(5, 3)))
    yield Case("one token", (torch.tensor([2]), numbered(5, 3)))
    yield Case("the same token twice", (torch.tensor([1, 4, 1]), numbered(5, 3)))
    yield Case(
        "two texts at once: ids of shape (2, 3)",
        (torch.tensor([[1, 4, 2], [4, 4, 0]]), numbered(5, 3)),
    )
    yield Case("a batch of one text", (torch.tensor([[3, 1]]), numbered(5, 3)))
    yield Case("as many tokens as the vocabulary", (torch.tensor([2, 0, 1, 3]), numbered(4, 4)))
    yield Case(
        "a table that lies the other way in memory", (torch.tensor([2, 5]), normal(rng, 4, 6).T)
    )
    yield Case("a drawn table", (torch.tensor(rng.integers(0, 50, 8)), normal(rng, 50, 16)))


def columns(ids, wte):
    """You took columns. A token's vector is a row of wte, and rows are the first index."""
    return wte[:, ids]


def first_rows(ids, wte):
    """You took the first rows in order, whatever the ids are. The id says which row: token 3 is row
    3, wherever it stands in the text.
    """
    return wte[: len(ids)]


def one_too_early(ids, wte):
    """Your rows are those of the tokens one before: ids count from 0, as Python's rows do, so
    nothing is to be subtracted.
    """
    return wte[ids - 1]


def summed(ids, wte):
    """You added the vectors up. Keep one vector for each token: the result has one more dimension
    than ids, of size C.
    """
    return wte[ids].sum(-2)


def averaged(ids, wte):
    """You averaged the vectors. Keep one vector for each token: the result has one more dimension
    than ids, of size C.
    """
    return wte[ids].mean(-2)


def flat(ids, wte):
    """The shape of a batch is lost: ids of shape (B, T) give (B, T, C). Indexing keeps the shape
    of ids by itself.
    """
    return wte[ids.flatten()]


def first_text_only(ids, wte):
    """Only the first text of a batch came out. Indexing takes ids of any shape: there is no need to
    take them apart.
    """
    return wte[ids[0] if ids.dim() == 2 else ids]


def each_token_once(ids, wte):
    """A token that occurs twice has to come out twice, each time at its place."""
    return wte[torch.tensor(list(dict.fromkeys(ids.flatten().tolist())))]


def ids_as_numbers(ids, wte):
    """You multiplied by the id. An id is a name, not a quantity: token 4 is not twice token 2. Use
    it to choose a row.
    """
    return ids.unsqueeze(-1) * wte[0]


def columns_of_the_transpose(ids, wte):
    """You transposed the table first, so that you took columns of wte. A token's vector is a row:
    leave the table as it is.
    """
    return wte.T[ids]


def one_too_late(ids, wte):
    """Your rows are those of the tokens one after: ids count from 0, as Python's rows do, so
    nothing is to be added.
    """
    return wte[ids + 1]


def for_one_dimension(ids, wte):
    """Right for one text. `index_select` takes ids of one dimension only; plain indexing,
    `table[which]`, takes any shape.
    """
    return torch.index_select(wte, 0, ids)


EXERCISE = Exercise(
    embed,
    cases,
    mistakes=(
        columns,
        first_rows,
        one_too_early,
        summed,
        averaged,
        flat,
        first_text_only,
        each_token_once,
        ids_as_numbers,
        columns_of_the_transpose,
        one_too_late,
        for_one_dimension,
    ),
    hints=(
        "A tensor can be indexed by another tensor: `table[which]` picks the rows that "
        "`which` names.",
        "It works for `ids` of any shape, and the shape stays: (B, T) gives (B, T, C).",
    ),
    points=1,
    minutes=5,
    post="Input Encoding",
)
