"""Lesson 03's cards: answers as learners type them, what passes, and what the card says of the
rest.
"""

import textwrap

import pytest

from tests.exercises.cards import fails, passes

pytestmark = pytest.mark.filterwarnings("ignore::UserWarning")  # what learners type may warn

ARGUMENTS = {
    "embed": "ids, wte",
    "one_hot_embed": "ids, wte",
    "cosine_neighbours": "wte, token, k",
    "add_positions": "x, wpe",
    "sinusoidal_positions": "T, C",
    "predict_embedding_millions": "",
    "predict_largest_share": "",
}
ONE_HOT = """
one_hot = torch.zeros(len(ids), len(wte))
one_hot[torch.arange(len(ids)), ids] = 1
"""
NEAR = """
cosine = F.cosine_similarity(wte, wte[token], dim=1)
order = cosine.argsort(descending=True, stable=True)
"""
UNIT = """
length = wte.norm(dim=1, keepdim=True)
unit = wte / {}
"""
RANKED = """
order = (unit @ unit[token]).argsort(descending=True, stable=True)
return order[order != token][:k]"""
LIMIT = """
T = x.shape[-2]
if T > len(wpe):
    raise ValueError("too long")
"""
WAVES = """
table = torch.zeros(T, C)
table[:, 0::2] = torch.sin(angle)
table[:, 1::2] = torch.cos(angle)
return table
"""
GRADIENT = "a model learns through this function"
CUT = "the gradient is cut"


def source(exercise, body):
    return f"def {exercise}({ARGUMENTS[exercise]}):\n" + textwrap.indent(body.strip(), "    ")


RIGHT = [
    ("embed", "return torch.stack([wte[i] for i in ids])"),
    ("embed", "return F.embedding(ids, wte)"),
    ("one_hot_embed", ONE_HOT + "return torch.matmul(one_hot, wte)"),
    ("one_hot_embed", "return embed(ids, torch.eye(len(wte))) @ wte"),
    ("one_hot_embed", "return F.one_hot(ids, len(wte)).float() @ wte"),
    ("cosine_neighbours", NEAR + "return order[order != token][:k]"),
    (
        "cosine_neighbours",
        """
unit = F.normalize(wte, dim=1)
order = sorted(set(range(len(wte))) - {token}, key=lambda i: (-(unit @ unit[token])[i].item(), i))
return torch.tensor(order[:k])""",
    ),
    (
        "cosine_neighbours",
        """
length = wte.norm(dim=1)
cosine = wte @ wte[token] / (length * length[token]).clamp_min(1e-9)
order = cosine.argsort(descending=True, stable=True)
return order[order != token][:k]""",
    ),
    ("add_positions", LIMIT + "return x + wpe[torch.arange(T)]"),
    (
        "add_positions",
        "if x.shape[-2] > len(wpe):\n    raise ValueError\nreturn x + wpe[: x.shape[-2]]",
    ),
    (
        "sinusoidal_positions",
        """
table = torch.zeros(T, C)
for pos in range(T):
    for i in range(C // 2):
        angle = pos / 10000 ** (2 * i / C)
        table[pos, 2 * i], table[pos, 2 * i + 1] = math.sin(angle), math.cos(angle)
return table""",
    ),
    ("predict_embedding_millions", "return [39.4, 52.5, 65.6, 82.0]"),
    ("predict_embedding_millions", "return (39, 53, 66, 82)"),
]


@pytest.mark.parametrize("exercise, body", RIGHT)
def test_right_in_another_way(exercise, body):
    passes(exercise, source(exercise, body))


NUMPY = "import numpy as np\n"
WRONG = [
    # Answers that cut the gradient.
    ("embed", NUMPY + "return torch.from_numpy(np.asarray(wte)[np.asarray(ids)])", GRADIENT),
    ("embed", "return torch.tensor(wte.tolist())[ids]", CUT),
    ("embed", "return wte.detach()[ids]", CUT),
    ("add_positions", LIMIT + "return torch.tensor(x.numpy() + wpe[:T].numpy())", GRADIENT),
    # Memory that was never filled, as it might come.
    (
        "sinusoidal_positions",
        "sinusoidal_positions.calls = getattr(sinusoidal_positions, 'calls', 0) + 1\n"
        "table = reference(T, C)\n"
        "return table if sinusoidal_positions.calls < 6 else table + 1",
        "a tensor with `torch.empty`",
    ),
    # Answers of another kind.
    ("embed", "return wte[ids].tolist()", "this is a list"),
    ("embed", NUMPY + "return np.asarray(wte)[np.asarray(ids)]", "this is a numpy array"),
    ("embed", "return wte[ids].double()", "they are float64"),
    ("cosine_neighbours", NEAR + "return order[order != token][:k].tolist()", "this is a list"),
    (
        "cosine_neighbours",
        NEAR + "return order[order != token][:k].numpy()",
        "this is a numpy array",
    ),
    (
        "sinusoidal_positions",
        "angle = torch.arange(T)[:, None] / 10000 ** (torch.arange(0, C, 2) / C)"
        + WAVES.replace("return table", "return table.numpy()"),
        "this is a numpy array",
    ),
    # Answers that change what they were given.
    (
        "cosine_neighbours",
        """
wte /= wte.norm(dim=1, keepdim=True).clamp(min=1e-9)
cosine = wte @ wte[token]
order = cosine.argsort(descending=True, stable=True)
return order[order != token][:k]""",
        "It changes `wte`",
    ),
    ("add_positions", LIMIT + "x += wpe[:T]\nreturn x", "It changes `x`"),
    # A lookup is no product.
    ("one_hot_embed", "return wte[ids]", "This is the lookup again"),
    ("one_hot_embed", "return F.embedding(ids, wte)", "This is the lookup again"),
    # What the card said, and was not so.
    (
        "one_hot_embed",
        ONE_HOT + "return one_hot * wte",
        "`*` multiplies number by number",
        "! integers",
    ),
    ("one_hot_embed", ONE_HOT + "return one_hot.to_sparse() @ wte", "or the zeros were skipped"),
    # What passed, and should not have.
    (
        "cosine_neighbours",
        NEAR + "order = order[: k + 1]\nreturn order[order != token]",
        "drop first, then take k",
    ),
    (
        "cosine_neighbours",
        "cosine = F.cosine_similarity(wte, wte[token], dim=1)\ncosine[token] = -1\n"
        "return cosine.argsort(descending=True, stable=True)[: min(k, len(wte) - 1)]",
        "an exact opposite has -1",
    ),
    ("cosine_neighbours", UNIT.format("(length + 1e-6)") + RANKED, "You add a small number"),
    ("cosine_neighbours", UNIT.format("(length + 1e-7)") + RANKED, "ties: the shorter row first"),
    ("cosine_neighbours", UNIT.format("(length + 1e-3)") + RANKED, "ties: the shorter row first"),
    ("cosine_neighbours", UNIT.format("length.clamp_min(1e-2)") + RANKED, "Short rows do not get"),
    (
        "cosine_neighbours",
        UNIT.format("length.clamp_min(1e-12)")
        + "order = (unit - unit[token]).norm(dim=1).argsort(stable=True)\n"
        + "return order[order != token][:k]",
        "its distance is 1, and its cosine 0",
    ),
    (
        "add_positions",
        LIMIT.replace("x.shape[-2]", "len(x)") + "return x + wpe[: x.shape[-2]]",
        "how many texts there are",
    ),
    (
        "add_positions",
        LIMIT.replace("if ", "if x.dim() == 2 and ") + "return x + wpe[:T]",
        "a batch of them is not",
    ),
    (
        "add_positions",
        "if x.shape[-2] <= len(wpe):\n    return x + wpe[: x.shape[-2]]",
        "Raise the",
    ),
    (
        "add_positions",
        "T = x.shape[-2]\nif T > len(wpe):\n    print('too long')\n    return None\n"
        "return x + wpe[:T]",
        "you return None",
        "! is there a `return`",
    ),
    # Mistakes that had no words.
    ("embed", "return torch.index_select(wte, 0, ids)", "ids of one dimension only"),
    ("embed", "return wte[ids + 1]", "nothing is to be added"),
    ("one_hot_embed", ONE_HOT + "return wte @ one_hot", "The product is the wrong way round"),
    (
        "one_hot_embed",
        ONE_HOT.replace("torch.arange(len(ids)), ids", "ids") + "return one_hot @ wte",
        "fills whole rows",
    ),
    (
        "cosine_neighbours",
        NEAR + "cosine[token] = -2\nreturn cosine.topk(min(k, len(wte) - 1)).indices",
        "Of equal cosines `topk`",
    ),
    (
        "cosine_neighbours",
        """
unit = wte / wte.norm(dim=1, keepdim=True)
cosine = unit @ unit[token]
order = cosine.argsort(descending=True, stable=True)
return order[order != token][:k]""",
        "A row of zeros has length 0",
    ),
    (
        "cosine_neighbours",
        "unit = wte / wte.norm(dim=1)\nreturn (unit @ unit[token]).argsort(descending=True)[1:]",
        "The lengths have lost an axis",
    ),
    ("add_positions", LIMIT.replace(">", ">=") + "return x + wpe[:T]", "`>`, not `>=`"),
    (
        "add_positions",
        "T = x.shape[-2]\nassert T <= len(wpe)\nreturn x + wpe[:T]",
        "raises an AssertionError",
    ),
    ("add_positions", LIMIT.replace("raise", "return") + "return x + wpe[:T]"),
    ("add_positions", LIMIT + "return x + wpe[T]", "`wpe[T]` is one row"),
    (
        "sinusoidal_positions",
        "angle = torch.arange(T)[:, None] / 10000 ** torch.arange(0, C, 2) / C" + WAVES,
        "from left to right",
    ),
    (
        "predict_embedding_millions",
        "return [39383808, 52512768, 65639680, 82049600]",
        "in millions",
    ),
    ("predict_embedding_millions", "return [39, 51, 64, 80]", "wte alone"),
    ("predict_largest_share", "return 'GPT2'", "only written differently"),
    ("predict_largest_share", "return 'GPT-2'", "the question calls it `gpt2`"),
    ("predict_largest_share", "return 'small'", "The question calls it `gpt2`"),
]


@pytest.mark.parametrize("row", WRONG, ids=lambda row: f"{row[0]}: {row[2:]}")
def test_wrong_and_what_the_card_says(row):
    exercise, body, *words = row
    fails(exercise, source(exercise, body), *words)


def test_a_lambda_is_judged_under_the_name_it_is_given():
    passes("embed", "embed = lambda ids, wte: wte[ids]")
