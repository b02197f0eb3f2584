"""Exercises of lesson 03: token ids become vectors, and vectors learn where they stand."""

import torch

from utils import gpt2
from utils.checkpoint import published
from utils.exercises import Case, Exercise, Mistake, prediction

# ---------------------------------------------------------------- references


def embed(ids, wte):
    return wte[ids]  # (T,) -> (T, C), or (B, T) -> (B, T, C)


def one_hot_embed(ids, wte):
    one_hot = torch.zeros(len(ids), len(wte))  # (T, V)
    one_hot[torch.arange(len(ids)), ids] = 1
    return one_hot @ wte  # (T, V) @ (V, C) -> (T, C)


def cosine_neighbours(wte, token, k):
    length = wte.norm(dim=1, keepdim=True)  # (V, C) -> (V, 1)
    unit = wte / length.clamp_min(1e-12)  # (V, C), rows of length 1
    cosine = unit @ unit[token]  # (V, C) @ (C,) -> (V,)
    order = cosine.argsort(descending=True, stable=True)  # (V,)
    return order[order != token][:k]  # (k,)


def add_positions(x, wpe):
    T = x.shape[-2]
    if T > len(wpe):
        raise ValueError(f"{T} tokens, but only {len(wpe)} positions")
    return x + wpe[:T]  # (T, C) or (B, T, C), + (T, C)


def sinusoidal_positions(T, C):
    position = torch.arange(T).unsqueeze(1)  # (T, 1)
    angle = position / 10000 ** (torch.arange(0, C, 2) / C)  # (T, C/2)
    table = torch.empty(T, C)
    table[:, 0::2] = angle.sin()  # even columns
    table[:, 1::2] = angle.cos()  # odd columns
    return table


def predict_embedding_millions():
    return [round(numbers / 1e6) for numbers in embedding_parameters().values()]


def predict_largest_share():
    share = {
        size: numbers / published()[size]["parameters"]
        for size, numbers in embedding_parameters().items()
    }
    return max(share, key=share.get)


def embedding_parameters():
    """Numbers in wte and wpe together, for each of the four published sizes, counted from their
    shapes.
    """
    counted = {}
    for size, facts in published().items():
        shapes = gpt2.shapes(
            gpt2.Config(n_embd=facts["n_embd"], n_layer=facts["n_layer"], n_head=facts["n_head"])
        )
        counted[size] = sum(
            torch.Size(shapes[name]).numel() for name in ("wte.weight", "wpe.weight")
        )
    return counted


# ---------------------------------------------------------------- cases


def _normal(rng, *shape):
    return torch.tensor(rng.standard_normal(shape), dtype=torch.float32)


def _numbered(rows, columns):
    """Row r holds r + 0.1, r + 0.2, …: the learner sees in each number which row it came from."""
    return torch.arange(rows).unsqueeze(1) + 0.1 * torch.arange(1, columns + 1)


def _embedding_cases(rng):
    yield Case("three tokens of a vocabulary of five", (torch.tensor([3, 0, 4]), _numbered(5, 3)))
    yield Case("one token", (torch.tensor([2]), _numbered(5, 3)))
    yield Case("the same token twice", (torch.tensor([1, 4, 1]), _numbered(5, 3)))
    yield Case(
        "two texts at once: ids of shape (2, 3)",
        (torch.tensor([[1, 4, 2], [4, 4, 0]]), _numbered(5, 3)),
    )
    yield Case("a batch of one text", (torch.tensor([[3, 1]]), _numbered(5, 3)))
    yield Case("as many tokens as the vocabulary", (torch.tensor([2, 0, 1, 3]), _numbered(4, 4)))
    yield Case(
        "a table that lies the other way in memory", (torch.tensor([2, 5]), _normal(rng, 4, 6).T)
    )
    yield Case("a drawn table", (torch.tensor(rng.integers(0, 50, 8)), _normal(rng, 50, 16)))


def _one_hot_cases(rng):
    yield Case("three tokens of a vocabulary of six", (torch.tensor([3, 0, 4]), _numbered(6, 3)))
    yield Case("one token", (torch.tensor([2]), _numbered(5, 3)))
    yield Case("the same token twice", (torch.tensor([1, 3, 1]), _numbered(5, 3)))
    yield Case("as many tokens as the vocabulary", (torch.tensor([1, 2, 3, 0]), _numbered(4, 3)))
    yield Case(
        "a table that lies the other way in memory", (torch.tensor([2, 5]), _normal(rng, 4, 6).T)
    )
    yield Case("a drawn table", (torch.tensor(rng.integers(0, 50, 8)), _normal(rng, 50, 16)))


def _neighbour_cases(rng):
    plane = torch.tensor([[1.0, 0.0], [0.9, 0.3], [0.1, 0.9], [-1.0, 0.0], [6.0, 7.0], [0.6, -0.3]])
    yield Case("arrows in a plane", (plane, 0, 3))
    yield Case("the nearest one only", (plane, 2, 1))
    yield Case("from a long row", (plane, 4, 4))
    ties = torch.tensor([[0.0, 2.0], [3.0, 0.0], [1.0, 0.0], [0.5, 0.0], [0.0, 1.0]])
    yield Case("ties: the smaller id first", (ties, 2, 4))
    yield Case("more asked for than there are", (plane, 1, 9))
    zero = torch.tensor([[1.0, 0.0], [0.0, 0.0], [1.0, 1.0], [-1.0, 0.5]])
    yield Case("a row of zeros", (zero, 0, 3))
    yield Case("a table that lies the other way in memory", (_normal(rng, 8, 12).T, 5, 4))
    wte = _normal(rng, 40, 8) * torch.tensor(rng.uniform(0.2, 5, (40, 1)), dtype=torch.float32)
    yield Case("a drawn table, rows of all lengths", (wte, int(rng.integers(40)), 6))


def _position_cases(rng):
    yield Case("three tokens, five positions", (torch.zeros(3, 2), _numbered(5, 2)))
    yield Case("one token", (torch.ones(1, 2), _numbered(5, 2)))
    yield Case("as many tokens as positions", (_normal(rng, 5, 2), _numbered(5, 2)))
    yield Case("two texts at once: x of shape (2, 3, 4)", (_normal(rng, 2, 3, 4), _numbered(8, 4)))
    yield Case("a batch of one text", (_normal(rng, 1, 3, 4), _numbered(8, 4)))
    yield Case("drawn vectors", (_normal(rng, 6, 16), _normal(rng, 24, 16)))
    yield Case("more tokens than positions: refused", (torch.zeros(6, 2), _numbered(5, 2)))


def _sinusoid_cases(rng):
    yield Case("four positions, two columns", (4, 2))
    yield Case("three positions, six columns", (3, 6))
    yield Case("position 0 only", (1, 4))
    yield Case("fifty positions, 32 columns", (50, 32))
    yield Case("a drawn shape", (int(rng.integers(5, 40)), 2 * int(rng.integers(3, 20))))


# ---------------------------------------------------------------- mistakes


def _columns(ids, wte):
    return wte[:, ids]


def _first_rows(ids, wte):
    return wte[: len(ids)]


def _one_too_early(ids, wte):
    return wte[ids - 1]


def _summed(ids, wte):
    return wte[ids].sum(-2)


def _averaged(ids, wte):
    return wte[ids].mean(-2)


def _flat(ids, wte):
    return wte[ids.flatten()]


def _first_text_only(ids, wte):
    return wte[ids[0] if ids.dim() == 2 else ids]


def _each_token_once(ids, wte):
    return wte[torch.tensor(list(dict.fromkeys(ids.flatten().tolist())))]


def _ids_as_numbers(ids, wte):
    return ids.unsqueeze(-1) * wte[0]


def _one_hot(ids, wte):
    return torch.nn.functional.one_hot(ids, len(wte))


def _integer_one_hot(ids, wte):
    return _one_hot(ids, wte) @ wte


def _turned_one_hot(ids, wte):
    return _one_hot(ids, wte).float().T @ wte


def _too_narrow(ids, wte):
    return torch.nn.functional.one_hot(ids).float() @ wte


def _marks_places(ids, wte):
    return torch.eye(len(ids), len(wte)) @ wte


def _one_row_for_all(ids, wte):
    marked = torch.zeros(len(wte))
    marked[ids] = 1
    return marked @ wte


def _a_grid_of_ones(ids, wte):
    marked = torch.zeros(len(ids), len(wte))
    marked[:, ids] = 1
    return marked @ wte


def _counts_from_one(ids, wte):
    return _one_hot(ids, wte).float().roll(-1, 1) @ wte


def _the_one_hot_itself(ids, wte):
    return _one_hot(ids, wte).float()


def _ranked(cosine, token, k):
    order = cosine.argsort(descending=True, stable=True)
    return order[order != token][:k]


def _cosines(wte, token):
    unit = wte / wte.norm(dim=1, keepdim=True).clamp_min(1e-12)
    return unit @ unit[token]


def _dot_products(wte, token, k):
    return _ranked(wte @ wte[token], token, k)


def _distances(wte, token, k):
    return _ranked(-(wte - wte[token]).norm(dim=1), token, k)


def _columns_scaled(wte, token, k):
    unit = wte / wte.norm(dim=0, keepdim=True).clamp_min(1e-12)
    return _ranked(unit @ unit[token], token, k)


def _itself_first(wte, token, k):
    return _cosines(wte, token).argsort(descending=True, stable=True)[:k]


def _drops_the_best(wte, token, k):
    return _cosines(wte, token).argsort(descending=True, stable=True)[1 : k + 1]


def _farthest(wte, token, k):
    return _ranked(-_cosines(wte, token), token, k)


def _opposites_too(wte, token, k):
    return _ranked(_cosines(wte, token).abs(), token, k)


def _zero_over_zero(wte, token, k):
    unit = wte / wte.norm(dim=1, keepdim=True)
    return _ranked(unit @ unit[token], token, k)


def _similarities(wte, token, k):
    return _cosines(wte, token)[cosine_neighbours(wte, token, k)]


def _whole_table(x, wpe):
    return x + wpe


def _no_limit(x, wpe):
    return x + wpe[: x.shape[-2]]


def _cuts_the_text(x, wpe):
    return x[..., : len(wpe), :] + wpe[: x.shape[-2]]


def _around_again(x, wpe):
    return x + wpe[torch.arange(x.shape[-2]) % len(wpe)]


def _positions_from_one(x, wpe):
    return x + wpe.roll(-1, 0)[: x.shape[-2]]


def _one_position_for_all(x, wpe):
    return x + wpe[0]


def _last_position_for_all(x, wpe):
    return x + wpe[x.shape[-2] - 1]


def _side_by_side(x, wpe):
    return torch.cat([x, wpe[: x.shape[-2]].expand(x.shape)], -1)


def _counts_texts(x, wpe):
    return x + wpe[: len(x)]


def _width_for_tokens(x, wpe):
    return x + wpe[: x.shape[1]]


def _positions_alone(x, wpe):
    return wpe[: x.shape[-2]].expand(x.shape)


def _multiplied_by_place(x, wpe):
    return x * wpe[: x.shape[-2]]


def _angles(T, C):
    return torch.arange(T).unsqueeze(1) / 10000 ** (torch.arange(0, C, 2) / C)


def _interleaved(first, second):
    return torch.stack([first, second], -1).flatten(1)


def _halves(T, C):
    return torch.cat([_angles(T, C).sin(), _angles(T, C).cos()], 1)


def _cosine_first(T, C):
    return _interleaved(_angles(T, C).cos(), _angles(T, C).sin())


def _own_frequency_each(T, C):
    angle = torch.arange(T).unsqueeze(1) / 10000 ** (torch.arange(C) / C)
    return _interleaved(angle[:, 0::2].sin(), angle[:, 1::2].cos())


def _half_the_exponent(T, C):
    angle = torch.arange(T).unsqueeze(1) / 10000 ** (torch.arange(C // 2) / C)
    return _interleaved(angle.sin(), angle.cos())


def _i_counts_even_columns(T, C):
    angle = torch.arange(T).unsqueeze(1) / 10000 ** (2 * torch.arange(0, C, 2) / C)
    return _interleaved(angle.sin(), angle.cos())


def _i_counts_columns(T, C):
    angle = torch.arange(T).unsqueeze(1) / 10000 ** (2 * torch.arange(C) / C)
    return _interleaved(angle[:, 0::2].sin(), angle[:, 1::2].cos())


def _multiplied(T, C):
    angle = torch.arange(T).unsqueeze(1) * 10000 ** (torch.arange(0, C, 2) / C)
    return _interleaved(angle.sin(), angle.cos())


def _from_position_one(T, C):
    return sinusoidal_positions(T + 1, C)[1:]


def _columns_are_positions(T, C):
    return sinusoidal_positions(T, C).T


def _sines_only(T, C):
    return _interleaved(_angles(T, C).sin(), _angles(T, C).sin())


I_COUNTS_PAIRS = (
    "You took i for the number of a column. It is the number of a pair: i = 1 stands for "
    "columns 2 and 3, which share "
    "one angle. So 2i is the even column's own number; do not double that once more."
)


# ---------------------------------------------------------------- the registry of this lesson

POST = "Input Encoding"

EXERCISES = [
    Exercise(
        asks="Give each token id its vector: a row of the table wte.",
        reference=embed,
        cases=_embedding_cases,
        mistakes=(
            Mistake(
                _columns,
                "You took columns. A token's vector is a row of wte, and rows are the first index.",
            ),
            Mistake(
                _first_rows,
                "You took the first rows in order, whatever the ids are. The id says which "
                "row: token 3 is row 3, wherever it stands in the text.",
            ),
            Mistake(
                _one_too_early,
                "Your rows are those of the tokens one before: ids count from 0, as Python's "
                "rows do, so nothing is to be subtracted.",
            ),
            Mistake(
                _summed,
                "You added the vectors up. Keep one vector for each token: the result has "
                "one more dimension than ids, of size C.",
            ),
            Mistake(
                _averaged,
                "You averaged the vectors. Keep one vector for each token: the result has "
                "one more dimension than ids, of size C.",
            ),
            Mistake(
                _flat,
                "The shape of a batch got lost: ids of shape (B, T) give (B, T, C). Indexing "
                "keeps the shape of ids by itself.",
            ),
            Mistake(
                _first_text_only,
                "Only the first text of a batch came out. Indexing takes ids of any shape: "
                "there is no need to take them apart.",
            ),
            Mistake(
                _each_token_once,
                "A token that occurs twice has to come out twice, each time at its place.",
            ),
            Mistake(
                _ids_as_numbers,
                "You multiplied by the id. An id is a name, not a quantity: token 4 is not "
                "twice token 2. Use it to choose a row.",
            ),
        ),
        hints=(
            "A tensor can be indexed by another tensor: `table[which]` picks the rows that "
            "`which` names.",
            "It works for `ids` of any shape, and the shape stays: (B, T) gives (B, T, C).",
        ),
        points=1,
        minutes=5,
        post=POST,
    ),
    Exercise(
        asks="The same vectors by a matrix product: one-hot rows times wte.",
        reference=one_hot_embed,
        cases=_one_hot_cases,
        mistakes=(
            Mistake(
                _integer_one_hot,
                "Torch multiplies only matrices of one type: your one-hot rows are integers "
                "and wte is floats. Make the rows floats (`torch.zeros`, or `.float()`).",
            ),
            Mistake(
                _turned_one_hot,
                "Your one-hot matrix stands on its side. It needs a row for each token of "
                "the text and a column for each word of the vocabulary: (T, V).",
            ),
            Mistake(
                _too_narrow,
                "Your one-hot rows are only as wide as the largest id of this text asks for. "
                "They need a column for every word of the vocabulary: `len(wte)` of them.",
            ),
            Mistake(
                _marks_places,
                "The 1 stands in the column of the token's place in the text. It belongs "
                "into the column of the token's id.",
            ),
            Mistake(
                _one_row_for_all,
                "You marked all tokens in one single row, so their vectors are added up. "
                "Each token needs a row of its own.",
            ),
            Mistake(
                _a_grid_of_ones,
                "Every row has a 1 for every token of the text: `one_hot[:, ids]` means all "
                "rows. Row t gets its 1 at ids[t] alone, so give the row numbers too.",
            ),
            Mistake(
                _counts_from_one,
                "Your 1 stands one column too far to the left: ids count from 0, so token 3 "
                "has its 1 in column 3.",
            ),
            Mistake(
                _the_one_hot_itself,
                "These are the one-hot rows. What is left is their product with wte: (T, V) "
                "@ (V, C).",
            ),
        ),
        hints=(
            "Begin with zeros of shape (T, V): T is `len(ids)`, V is `len(wte)`.",
            "In row t, the column to set to 1 is `ids[t]`. A loop over t does it; so does "
            "indexing with two tensors, `one_hot[rows, columns] = 1`.",
            "Then `one_hot @ wte`: (T, V) @ (V, C) is (T, C).",
        ),
        points=2,
        minutes=10,
        post=POST,
    ),
    Exercise(
        asks="The k tokens whose vectors point most nearly the same way.",
        reference=cosine_neighbours,
        cases=_neighbour_cases,
        mistakes=(
            Mistake(
                _dot_products,
                "This is the order of the plain dot products, in which a long row wins by "
                "its length. Divide every row by its length first.",
            ),
            Mistake(
                _distances,
                "This is the order of distances. The cosine asks only for the direction: a "
                "row twice as long, pointing the same way, is as near as can be.",
            ),
            Mistake(
                _columns_scaled,
                "You scaled the columns to length 1. Each row is a token: take the norm over "
                "dim=1, with keepdim=True.",
            ),
            Mistake(
                _itself_first,
                "Every token is its own nearest neighbour, which tells nobody anything: "
                "leave it out.",
            ),
            Mistake(
                _drops_the_best,
                "You drop the first of the list, hoping that it is the token itself. With "
                "ties it is another: take out the id `token`.",
            ),
            Mistake(
                _farthest,
                "These are the farthest ones: sorting goes from small to large unless you "
                "say `descending=True`.",
            ),
            Mistake(
                _opposites_too,
                "You rank by the size of the cosine without its sign, so vectors that point "
                "the opposite way count as near.",
            ),
            Mistake(
                _zero_over_zero,
                "A row of zeros has length 0, and 0/0 is nan, which sorting puts first. Keep "
                "the length from being 0 before you divide (`clamp_min`).",
            ),
            Mistake(
                _similarities, "These are the cosines. Return the ids of the tokens, best first."
            ),
        ),
        hints=(
            "`wte.norm(dim=1, keepdim=True)` is every row's length, (V, 1). Divide, and all "
            "rows have length 1.",
            "Between rows of length 1 the cosine is the dot product: `unit @ unit[token]` "
            "gives all V of them at once.",
            "`cosine.argsort(descending=True, stable=True)` gives ids, best first, ties by "
            "id. `order[order != token]` drops the token itself.",
        ),
        points=2,
        minutes=15,
        difficulty="medium",
        post=POST,
    ),
    Exercise(
        asks="Add to each token's vector the vector of the place where it stands.",
        reference=add_positions,
        cases=_position_cases,
        mistakes=(
            Mistake(
                _whole_table, "You added all of wpe. A text of T tokens uses its first T rows."
            ),
            Mistake(
                _no_limit,
                "A text with more tokens than wpe has rows got through to the addition. "
                "Compare T with `len(wpe)` first, and raise ValueError.",
            ),
            Mistake(
                _cuts_the_text,
                "A text that is too long was cut without a word. Raise ValueError instead: "
                "whoever calls should know.",
            ),
            Mistake(
                _around_again,
                "After the last position yours begin again at 0, so that two places look "
                "alike. Raise ValueError instead.",
            ),
            Mistake(
                _positions_from_one,
                "Your positions begin with row 1; the first token stands at position 0.",
            ),
            Mistake(
                _one_position_for_all,
                "Every token got position 0: `wpe[0]` is one row. A text needs one row for "
                "each token.",
            ),
            Mistake(
                _last_position_for_all,
                "Every token got the last position: `wpe[i]` is one row, `wpe[:i]` are the "
                "first i rows.",
            ),
            Mistake(
                _side_by_side,
                "You put the position beside the token, which makes the vectors twice as "
                "wide. GPT-2 adds the two, number by number.",
            ),
            Mistake(
                _counts_texts,
                "The first dimension of a batch counts its texts, not their tokens. T is the "
                "last dimension but one, batch or not: `x.shape[-2]`.",
            ),
            Mistake(
                _width_for_tokens,
                "`x.shape[1]` is T in a batch, but C in a single text. Count from the end: "
                "`x.shape[-2]` is T in both.",
            ),
            Mistake(_multiplied_by_place, "You multiplied the two; GPT-2 adds them."),
            Mistake(
                _positions_alone,
                "These are the position vectors alone; the token vectors got lost on the way.",
            ),
        ),
        hints=(
            "How many tokens? The last dimension of x is C, the one before it is T: `x.shape[-2]`.",
            "`wpe[:T]` is (T, C). Added to (B, T, C), torch gives every text of the batch "
            "the same positions.",
            "Before that: `if T > len(wpe): raise ValueError(...)`.",
        ),
        points=2,
        minutes=10,
        post=POST,
    ),
    Exercise(
        asks="Positions from sines and cosines, as the first transformer had them.",
        reference=sinusoidal_positions,
        cases=_sinusoid_cases,
        mistakes=(
            Mistake(
                _halves,
                "All your sines stand in the left half and all cosines in the right. In the "
                "paper's formula they take turns: sine in the even columns, cosine in the "
                "odd ones.",
            ),
            Mistake(
                _cosine_first,
                "Sine and cosine have changed places: the even columns, 0 among them, hold sines.",
            ),
            Mistake(
                _own_frequency_each,
                "Every column of yours has a frequency of its own. Columns 2i and 2i + 1 "
                "share one: it depends on i alone.",
            ),
            Mistake(
                _half_the_exponent,
                "Your exponent is i/C; the formula has 2i/C, where 2i is the number of the "
                "even column.",
            ),
            Mistake(_i_counts_even_columns, I_COUNTS_PAIRS),
            Mistake(_i_counts_columns, I_COUNTS_PAIRS),
            Mistake(
                _multiplied,
                "You multiplied by the power of 10000; the formula divides by it, so that "
                "the waves get slower from left to right.",
            ),
            Mistake(
                _from_position_one,
                "Your first row is position 1. Position 0 comes first: all its sines are 0 "
                "and all its cosines 1.",
            ),
            Mistake(
                _columns_are_positions,
                "Your table stands on its side: a row for each position, a column for each "
                "of the C numbers.",
            ),
            Mistake(
                _sines_only,
                "Your odd columns hold sines too; they need the cosine of the same angle.",
            ),
        ),
        hints=(
            "First make the angles alone, of shape (T, C/2): positions as a column, "
            "`torch.arange(T).unsqueeze(1)`, divided by a row of C/2 numbers.",
            "`torch.arange(0, C, 2)` is the row of all 2i. The divisors are `10000 ** (that / C)`.",
            "`table[:, 0::2]` are the even columns, `table[:, 1::2]` the odd ones; both can "
            "be assigned to.",
        ),
        points=2,
        minutes=15,
        difficulty="medium",
        post=POST,
    ),
    prediction(
        asks="Before you look: how many million numbers are in wte and wpe together, for each of "
        "the four sizes?",
        reference=predict_embedding_millions,
        rtol=0.02,  # 39.4 is as good a guess as 39
        guesses=(
            ([39, 51, 64, 80], "Close: this is wte alone. Add wpe's 1,024 rows of the same width."),
            (
                [1, 1, 1, 2],
                "This is wpe alone. wte has one row for each of 50,257 tokens, so it is far "
                "larger.",
            ),
            (
                [79, 105, 131, 164],
                "Twice too many: the output uses the same wte as the input (lesson 06), so "
                "it is counted once.",
            ),
            (
                [39, 39, 39, 39],
                "You kept the width of the smallest. The vocabulary is the same for all "
                "four, but the width grows: 768, 1,024, 1,280, 1,600.",
            ),
        ),
        hints=(
            "A table has rows times columns numbers. The columns are n_embd: 768, 1,024, "
            "1,280, 1,600.",
            "In all four sizes wte has 50,257 rows and wpe 1,024.",
        ),
        minutes=5,
        post=POST,
    ),
    prediction(
        asks="Before you look: in which of the four sizes do wte and wpe take the largest share "
        "of all parameters?",
        reference=predict_largest_share,
        guesses=(
            (
                "gpt2-medium",
                "Its tables are larger than the smallest model's, but the rest of it has "
                "grown faster. Compare the two rates of growth.",
            ),
            (
                "gpt2-large",
                "Its tables have grown with the width, the rest with the square of the width "
                "and with the number of blocks.",
            ),
            (
                "gpt2-xl",
                "It has the largest tables, but the largest rest, too: 48 blocks instead of "
                "12, and each much larger. Its share is the smallest.",
            ),
        ),
        hints=(
            "With twice the width, the tables double. What does a matrix of width times "
            "width do, and how many blocks of them are there?",
        ),
        minutes=2,
        post=POST,
    ),
]
