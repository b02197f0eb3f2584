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
    yield Case(
        "an infinity in a row that is not asked for: 0 times infinity is nan",
        (torch.tensor([2, 0]), torch.tensor([[1.0, 2.0], [torch.inf, 3.0], [4.0, 5.0]])),
    )
    yield Case("a drawn table", (torch.tensor(rng.integers(0, 50, 8)), normal(rng, 50, 16)))


def _one_hot(ids, wte):
    return torch.nn.functional.one_hot(ids, len(wte))


def integer_one_hot(ids, wte):
    """Torch multiplies only matrices of one type: your one-hot rows are integers and wte is floats.
    Make the rows floats (`torch.zeros`, or `.float()`).
    """
    return _one_hot(ids, wte) @ wte


def transposed_one_hot(ids, wte):
    """Your one-hot matrix is transposed. It needs a row for each token of the text and a column
    for each token of the vocabulary: (T, V).
    """
    return _one_hot(ids, wte).float().T @ wte


def too_narrow(ids, wte):
    """Your one-hot rows are only as wide as the largest id of this text asks for. They need a
    column for every token of the vocabulary: `len(wte)` of them.
    """
    return torch.nn.functional.one_hot(ids).float() @ wte


def marks_places(ids, wte):
    """The 1 stands in the column of the token's place in the text. It belongs in the column of
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


def looked_up(ids, wte):
    """The vectors are right, but a product of whole rows gives nan here: 0 times infinity. This is
    the lookup again, or the zeros were skipped (`to_sparse`): multiply one-hot rows with wte, `@`.
    """
    return wte[ids]


def number_by_number(ids, wte):
    """`*` multiplies number by number, and the two shapes do not fit that. `@` is the matrix
    product.
    """
    return _one_hot(ids, wte).float() * wte


def table_first(ids, wte):
    """The product is the wrong way round: the one-hot rows (T, V) come first, then the table (V,
    C), so that V, in the middle, is summed over.
    """
    return wte @ _one_hot(ids, wte).float()


def whole_rows_of_ones(ids, wte):
    """`one_hot[ids] = 1` fills whole rows, and rows are places of the text. Row t gets its 1 in
    column ids[t] only: `one_hot[rows, columns] = 1`.
    """
    marked = torch.zeros(len(ids), len(wte))
    marked[ids] = 1
    return marked @ wte


def as_wide_as_a_vector(ids, wte):
    """Your one-hot rows are as wide as a vector, C. They need a column for every token of the
    vocabulary: V, which is `len(wte)`.
    """
    marked = torch.zeros(len(ids), wte.shape[1])
    marked[torch.arange(len(ids)), ids] = 1
    return marked @ wte


EXERCISE = Exercise(
    one_hot_embed,
    cases,
    mistakes=(
        integer_one_hot,
        transposed_one_hot,
        too_narrow,
        marks_places,
        one_row_for_all,
        a_grid_of_ones,
        counts_from_one,
        the_one_hot_itself,
        looked_up,
        number_by_number,
        table_first,
        whole_rows_of_ones,
        as_wide_as_a_vector,
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
    core=False,
)
