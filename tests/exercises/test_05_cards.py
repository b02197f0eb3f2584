"""Lesson 05's cards: answers as learners type them, what passes, and what the card says of the
rest.
"""

import textwrap

import pytest

from tests.exercises.cards import fails, passes

BLOCK = "x, block, n_head"
ARGUMENTS = {
    "layer_norm": "x, weight, bias, eps=1e-5",
    "gelu": "x",
    "mlp": "x, c_fc_weight, c_fc_bias, c_proj_weight, c_proj_bias",
    "predict_zero_block": "",
    "decoder_block": BLOCK,
    "gpt2_forward": "params, ids, n_layer, n_head",
    "count_parameters": "vocab_size, n_positions, n_embd, n_layer",
    "missing_parameters": "listed, shapes",
    "predict_memory": "",
    "encoder_block": BLOCK,
}


def source(exercise, body):
    return f"def {exercise}({ARGUMENTS[exercise]}):\n" + textwrap.indent(body.strip(), "    ")


def normed(
    variance="((x - mean) ** 2).mean(-1, keepdim=True)", under="torch.sqrt(variance + eps)", dim=-1
):
    return f"""
mean = x.mean({dim}, keepdim=True)
variance = {variance}
return (x - mean) / {under} * weight + bias"""


def bend(factor="(1 + torch.tanh(root * (x + 0.044715 * x**3)))", root="math.sqrt(2 / math.pi)"):
    return f"root = {root}\nreturn 0.5 * x * {factor}"


PARTS = """
def weights(name):
    return block[name + ".weight"], block[name + ".bias"]
def norm(x, name):
    return layer_norm(x, *weights(name))
def attend(x):
    return multi_head_attention(x, *weights("attn.c_attn"), *weights("attn.c_proj"), n_head)
def think(x):
    return mlp(x, *weights("mlp.c_fc"), *weights("mlp.c_proj"))
"""
UNMASKED = (
    PARTS
    + """
def attend(x):
    q, k, v = (split_heads(part, n_head) for part in project_qkv(x, *weights("attn.c_attn")))
    shares = softmax(scale(attention_scores(q, k), q.shape[-1]))
    weight, bias = weights("attn.c_proj")
    return merge_heads(weighted_sum(shares, v)) @ weight + bias
"""
)
FIRST, SECOND = 'x = x + attend(norm(x, "ln_1"))\n', 'return x + think(norm(x, "ln_2"))'


def stack(
    start="wte[ids] + wpe[: len(ids)]",
    blocks="range(n_layer)",
    inside="x = decoder_block(x, block, n_head)",
    end="return norm(x) @ wte.T",
):
    return f"""
wte, wpe = params["wte.weight"], params["wpe.weight"]
def norm(x):
    return layer_norm(x, params["ln_f.weight"], params["ln_f.bias"])
x = {start}
for i in {blocks}:
    prefix = f"h.{{i}}."
    block = {{n.removeprefix(prefix): p for n, p in params.items() if n.startswith(prefix)}}
    {inside}
{end}"""


def counted(block, rest="(vocab_size + n_positions) * C + 2 * C"):
    return f"C = n_embd\nreturn {rest} + n_layer * ({block})"


BUFFER = """
out = torch.zeros(x.reshape(-1, x.shape[-1]).shape{more})
for i, row in enumerate(x.reshape(-1, x.shape[-1])):
    out[i] = reference(row, weight, bias, eps)
return out.reshape(x.shape)"""
RIGHT = [
    ("layer_norm", normed("x.var(-1, keepdim=True, unbiased=False)")),
    ("layer_norm", normed("(x**2).mean(-1, keepdim=True) - mean**2", "(variance + eps) ** 0.5")),
    ("gelu", bend(root="(2 / math.pi) ** 0.5")),
    (
        "mlp",
        "return torch.stack([gelu(row @ c_fc_weight + c_fc_bias) @ c_proj_weight + c_proj_bias"
        " for row in x])",
    ),
    ("decoder_block", PARTS + FIRST + SECOND),
    ("encoder_block", UNMASKED + FIRST + SECOND),
    ("gpt2_forward", stack("add_positions(embed(ids, wte), wpe)")),
    ("count_parameters", counted("12 * C * C + 13 * C")),
    (
        "count_parameters",
        """
from utils import gpt2
config = gpt2.Config(vocab_size, n_positions, n_embd, n_layer, n_head=1)
return sum(math.prod(shape) for shape in gpt2.shapes(config).values())""",
    ),
    ("layer_norm", BUFFER.format(more=", dtype=x.dtype")),
    ("gelu", bend(root="math.sqrt(2 / 3.1416)")),
]


@pytest.mark.parametrize("exercise, body", RIGHT)
def test_right_in_another_way(exercise, body):
    passes(exercise, source(exercise, body))


IN_PLACE = """
x -= x.mean(-1, keepdim=True)
x /= torch.sqrt((x**2).mean(-1, keepdim=True) + eps)
return x * weight + bias"""
WRONG = [
    # Answers that change what they were given.
    ("layer_norm", IN_PLACE, "It changes `x`"),
    (
        "decoder_block",
        PARTS + 'x += attend(norm(x, "ln_1"))\nx += think(norm(x, "ln_2"))\nreturn x',
        "It changes `x`",
    ),
    (
        "missing_parameters",
        """
for name, shape in shapes.items():
    listed[name] = math.prod(shape) - listed.get(name, 0)
return {name: n for name, n in listed.items() if n}""",
        "It changes `listed`",
    ),
    # What the text forbids.
    ("layer_norm", "return F.layer_norm(x, weight.shape, weight, bias, eps)", "torch's own"),
    ("gelu", "return F.gelu(x, approximate='tanh')", "torch's own"),
    # Not an empty function.
    ("gelu", bend("(1 + torch.tanh(root * (x + 0.044715 * x ^ 3)))"), "`^` is not a power"),
    # Mistakes that had no words.
    ("layer_norm", normed(under="torch.sqrt(variance)"), "There is no eps in it"),
    ("layer_norm", normed("x.var(-1, keepdim=True)"), "Your variance divides by C - 1"),
    ("layer_norm", normed("((x - mean) ** 2).mean(1, True)", dim=1), "Right without a batch"),
    ("layer_norm", normed("x.std(-1, keepdim=True)"), "which is a root already"),
    ("gelu", bend("(1 + torch.tanh(root * (x + 0.044715 * x**2)))"), "the formula has x³"),
    ("gelu", bend(root="math.sqrt(2) / math.pi"), "The root covers the whole fraction"),
    ("gelu", bend(root="torch.sqrt(2 / math.pi)"), "`torch.sqrt` takes a tensor"),
    ("mlp", "return gelu(x @ c_fc_weight) @ c_proj_weight + c_proj_bias", "bias of c_fc"),
    ("mlp", "return gelu(x @ c_fc_weight + c_fc_bias) @ c_proj_weight", "bias of c_proj"),
    (
        "mlp",
        "return F.gelu(x @ c_fc_weight + c_fc_bias) @ c_proj_weight + c_proj_bias",
        "This is GELU with erf",
    ),
    (
        "decoder_block",
        PARTS + 'y = x + attend(norm(x, "ln_1"))\nreturn x + think(norm(y, "ln_2"))',
        "The second addition goes to the old x",
    ),
    ("decoder_block", PARTS + FIRST + "return x", "The MLP is missing"),
    ("decoder_block", PARTS + FIRST + "return x + think(x)", "Your MLP reads x itself"),
    ("decoder_block", "return block['c_attn.weight']"),
    ("gpt2_forward", stack("wte[ids] + wpe[ids]"), "You look positions up by token id"),
    (
        "gpt2_forward",
        stack(inside="x = norm(decoder_block(x, block, n_head))", end="return x @ wte.T"),
        "inside the loop",
    ),
    ("gpt2_forward", stack("wte[ids] + wpe"), "You add all of wpe"),
    ("gpt2_forward", stack(blocks="range(12)"), "fixed at 12"),
    ("gpt2_forward", stack(inside="decoder_block(x, block, n_head)"), "The blocks do nothing"),
    ("count_parameters", counted("12 * C * C + 4 * C"), "biases of the four matrices are missing"),
    ("count_parameters", counted("12 * C * C"), "only ln_f is counted"),
    ("count_parameters", counted("12 * C * C + 9 * C"), "4 C are missing: its two LayerNorms"),
    # The same total in other ways: the words name them all.
    ("count_parameters", counted("12 * C * C + 10 * C"), "3 C are missing: the bias of c_attn"),
    ("count_parameters", counted("12 * C * C + 9 * C"), "the bias of c_fc (4 C)"),
    ("count_parameters", counted("12 * C * C + 11 * C"), "the biases of both c_proj"),
    ("count_parameters", counted("12 * C * C + 12 * C"), "the bias of one of the two c_proj"),
    (
        "count_parameters",
        counted("12 * C * C + 9 * C", "(vocab_size + n_positions) * C"),
        "ln_f is missing",
        "the bias of c_fc (4 C)",
    ),
    (
        "count_parameters",
        counted("12 * C * C + 10 * C", "(vocab_size + n_positions) * C"),
        "the biases of c_attn and c_fc",
        "after the last block",
    ),
    # A buffer of float32, where the lesson comes with float64 later.
    ("layer_norm", BUFFER.format(more=""), "`torch.zeros(shape)` makes a tensor of float32"),
    (
        "gelu",
        "out = torch.zeros(x.shape)\nout[...] = reference(x)\nreturn out",
        "`torch.zeros(shape)` makes a tensor of float32",
    ),
    (
        "mlp",
        """
out = torch.zeros(x.shape)
for t in range(x.shape[-2]):
    hidden = gelu(x[..., t, :] @ c_fc_weight + c_fc_bias)
    out[..., t, :] = hidden @ c_proj_weight + c_proj_bias
return out""",
        "`torch.zeros(shape)` makes a tensor of float32",
    ),
    (
        "decoder_block",
        "return torch.zeros(x.shape).copy_(reference(x, block, n_head))",
        "`torch.zeros(shape)` makes a tensor of float32",
    ),
    (
        "gpt2_forward",
        stack(end="return (norm(x) @ wte.T).float()"),
        "they are float32",
    ),
    (
        "missing_parameters",
        "return {n: math.prod(s) - listed[n] for n, s in shapes.items()"
        " if math.prod(s) != listed[n]}",
        "A tensor that is not listed raises a KeyError",
    ),
    ("encoder_block", PARTS + FIRST + SECOND, "still hides the future"),
    (
        "encoder_block",
        UNMASKED + 'y = x + attend(norm(x, "ln_1"))\nreturn x + think(norm(y, "ln_2"))',
        "The second addition goes to the old x",
    ),
    (
        "gpt2_forward",
        """x = params["wte.weight"][ids] + params["wpe.weight"][: len(ids)]
i = 0
while f"h.{i}.ln_1.weight" in params:
    start = f"h.{i}."
    block = {n.removeprefix(start): p for n, p in params.items() if n.startswith(start)}
    x, i = decoder_block(x, block, n_head), i + 1
return layer_norm(x, params["ln_f.weight"], params["ln_f.bias"]) @ params["wte.weight"].T""",
    ),
    (
        "gpt2_forward",
        """x = params["wte.weight"][ids] + params["wpe.weight"][: len(ids)]
names = [n for n in params if n.startswith("h.")]
for i in range(n_layer):
    block = {n.split(".", 2)[2]: params[n] for n in names[12 * i : 12 * i + 12]}
    x = decoder_block(x, block, n_head)
return layer_norm(x, params["ln_f.weight"], params["ln_f.bias"]) @ params["wte.weight"].T""",
    ),
    (
        "decoder_block",
        """a, b, c, d, e, f, g, h, i, j, k, l = block.values()
x = x + multi_head_attention(layer_norm(x, a, b), c, d, e, f, n_head)
return x + mlp(layer_norm(x, g, h), i, j, k, l)""",
    ),
    # Cases that decide: a table that is empty or square, a number a little beyond 3, one vector.
    (
        "missing_parameters",
        "if not listed:\n    return {}\nreturn reference(listed, shapes)",
        "A table that lists nothing lacks everything",
    ),
    (
        "missing_parameters",
        "short = {n: math.prod(set(s)) - listed.get(n, 0) for n, s in shapes.items()}\n"
        "return {n: k for n, k in short.items() if k}",
        "a square matrix",
    ),
    ("gelu", "return torch.where(x > 3, x, reference(x))", "a little beyond 3"),
    ("gelu", "return torch.where(x < -3, 0.0, reference(x))", "a little beyond 3"),
    ("gelu", "return reference(x).float()", "so does `.float()`"),
    (
        "layer_norm",
        "T, C = x.shape[-2:]\nreturn reference(x, weight, bias, eps)",
        "a single vector",
    ),
    ("predict_memory", "return 6.2", "right once it is rounded"),
    ("predict_memory", "return 6230444800", "right in bytes"),
    ("predict_memory", "return '6'", "without quotes"),
]


@pytest.mark.parametrize("row", WRONG, ids=lambda row: f"{row[0]}: {row[2:]}")
def test_wrong_and_what_the_card_says(row):
    exercise, body, *words = row
    fails(exercise, source(exercise, body), *words)


def test_a_lambda_is_judged_under_the_name_it_is_given():
    passes(
        "gelu",
        "gelu = lambda x: x / 2 * (1 + torch.tanh((2 / math.pi) ** 0.5 * (x + 0.044715 * x**3)))",
    )
