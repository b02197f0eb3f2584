"""Compare a vector with every token of the vocabulary."""

import torch

from utils.exercises import Case, Exercise
from utils.exercises.decoder_block.shared import in_float64
from utils.exercises.logits_and_sampling.shared import normal
from utils.exercises.masked_self_attention.softmax import softmax


def unembed(x, wte):
    return x @ wte.T  # (..., C) @ (C, V) -> (..., V)


def cases(rng):
    yield Case(
        "three words in two dimensions, by hand",
        (torch.tensor([2.0, 1.0]), torch.tensor([[1.0, 0.0], [0.0, 1.0], [-1.0, -1.0]])),
    )
    yield Case("as many words as dimensions", (normal(rng, 4), normal(rng, 4, 4)))
    yield Case("a vocabulary of one", (normal(rng, 5), normal(rng, 1, 5)))
    yield Case("every place of a text at once", (normal(rng, 3, 4), normal(rng, 7, 4)))
    yield Case("a batch of two", (normal(rng, 2, 3, 4), normal(rng, 6, 4)))
    yield Case("in float64", in_float64(normal(rng, 3, 4), normal(rng, 5, 4)))


def columns(x, wte):
    """Each *row* of wte is one token's vector, (V, C), and the sum must run over the C numbers:
    transpose wte.
    """
    return x @ wte


def wte_first(x, wte):
    """Right for one vector. Many vectors are rows, (T, C), so x comes first: `x @ wte.T`."""
    return wte @ x


def first_vector(x, wte):
    """You took the first place of the text only. Leave all axes in front as they are: every place
    gets its own logits.
    """
    return x @ wte.T if x.dim() == 1 else x[..., 0, :] @ wte.T


def cosines(x, wte):
    """These are cosines: the lengths are divided away. A logit is the plain dot product; long token
    vectors may win.
    """
    return torch.nn.functional.cosine_similarity(x.unsqueeze(-2), wte, dim=-1)


def scaled_like_attention(x, wte):
    """You divided by the root of C, as for scores in attention. Logits are not scaled."""
    return x @ wte.T / x.shape[-1] ** 0.5


def softmaxed(x, wte):
    """These add up to 1: you applied softmax already. Return the dot products themselves; the next
    exercise turns them into probabilities.
    """
    return softmax(x @ wte.T)


def one_vector_only(x, wte):
    """Right for one vector. For several, `x * wte` pairs row with row instead of comparing every
    vector with every token: use a matrix product.
    """
    return (x * wte).sum(-1)


def turned_twice(x, wte):
    """Right for one vector and for one text. With a batch in front, `.T` turns every axis round:
    `x @ wte.T` leaves those in front alone.
    """
    turned = wte @ x.permute(*reversed(range(x.dim())))  # what `.T` does, with a warning
    return turned.permute(*reversed(range(turned.dim())))


def tokens_first(x, wte):
    """The table is transposed: a row for each token and a column for each place. The places come
    first, (T, V): `x @ wte.T`.
    """
    return (wte @ x.transpose(-2, -1)) if x.dim() > 1 else wte @ x


def buffer_of_float32(x, wte):
    """The answer is float32 where float64 comes in. `torch.zeros(shape)` makes a tensor of float32,
    and so does `.float()`: stay with the dtype of x.
    """
    return unembed(x, wte).float()


EXERCISE = Exercise(
    unembed,
    cases,
    mistakes=(
        columns,
        wte_first,
        first_vector,
        cosines,
        scaled_like_attention,
        softmaxed,
        one_vector_only,
        turned_twice,
        tokens_first,
        buffer_of_float32,
    ),
    hints=(
        "A dot product with each row of wte, all at once: one matrix product.",
        "`wte.T` has the shape (C, V).",
    ),
    points=1,
    minutes=6,
    post="Model Output",
)
