"""Lesson 04's cards: answers as learners type them, what passes, and what the card says of the
rest.
"""

import textwrap

import pytest

from tests.exercises.cards import fails, passes

pytestmark = pytest.mark.filterwarnings("ignore::UserWarning")  # what learners type may warn

ARGUMENTS = {
    "attention_scores": "q, k",
    "softmax": "scores",
    "weighted_sum": "weights, v",
    "scale": "scores, d_k",
    "causal_mask": "T",
    "predict_leak": "",
    "masked_attention": "q, k, v",
    "hidden_divisor": "scores, printed, candidates",
    "project_qkv": "x, weight, bias",
    "split_heads": "x, n_head",
    "merge_heads": "heads",
    "share_to": "attention, at, places",
    "multi_head_attention": "x, c_attn_weight, c_attn_bias, c_proj_weight, c_proj_bias, n_head",
}
NUMPY = "import numpy as np\n"
GRADIENT = "a model learns through this function"
CUT = "the gradient is cut"


def source(exercise, body):
    return f"def {exercise}({ARGUMENTS[exercise]}):\n" + textwrap.indent(body.strip(), "    ")


def masked(fill, divisor="q.shape[-1]", end="weighted_sum(softmax(s), v)"):
    return f"s = scale(attention_scores(q, k), {divisor})\n{fill}\nreturn {end}"


FILL = "s = s.masked_fill(~causal_mask(q.shape[-2]), -torch.inf)"


def heads(split="p, n_head", attend="q, k, v", out="found @ c_proj_weight + c_proj_bias"):
    return f"""
q, k, v = (split_heads({split}) for p in project_qkv(x, c_attn_weight, c_attn_bias))
found = merge_heads(masked_attention({attend}))
return {out}"""


def divisors(test, divided="/ c"):
    return f"""
return [c for c in candidates if all(
    all({test} for a, b in zip(softmax(torch.tensor(row) {divided}).tolist(), shown))
    for row, shown in zip(scores, printed)
)]"""


RIGHT = [
    ("attention_scores", "return torch.einsum('...td,...sd->...ts', q, k)"),
    ("attention_scores", "return q @ k.mT"),
    ("softmax", "e = torch.exp(scores - scores.amax(-1, True))\nreturn e / e.sum(-1, True)"),
    ("weighted_sum", "return torch.einsum('...ts,...sd->...td', weights, v)"),
    ("scale", "return scores / math.sqrt(d_k)"),
    ("scale", "return scores * d_k ** -0.5"),
    ("causal_mask", "return torch.arange(T)[:, None] >= torch.arange(T)"),
    ("causal_mask", "return torch.tril(torch.ones(T, T)) == 1"),
    ("masked_attention", masked(FILL)),
    ("masked_attention", masked(FILL.replace("-torch.inf", "-1e9"))),
    ("masked_attention", masked("s = torch.where(causal_mask(q.shape[-2]), s, -torch.inf)")),
    ("masked_attention", masked("s = s + (1 - causal_mask(q.shape[-2]).float()) * -1e9")),
    ("hidden_divisor", divisors("abs(a - b) <= 0.005")),
    ("hidden_divisor", divisors("round(a, 2) == b")),
    ("project_qkv", "return (x @ weight + bias).split(x.shape[-1], dim=-1)"),
    ("project_qkv", "return list((x @ weight + bias).chunk(3, -1))"),
    ("split_heads", "return torch.stack(x.chunk(n_head, -1), dim=-3)"),
    ("split_heads", "return x.reshape(*x.shape[:-1], n_head, -1).transpose(-3, -2)"),
    ("merge_heads", "return torch.cat(heads.unbind(-3), -1)"),
    ("multi_head_attention", heads()),
    (
        "multi_head_attention",
        """
q, k, v = (split_heads(p, n_head) for p in project_qkv(x, c_attn_weight, c_attn_bias))
s = scale(attention_scores(q, k), q.shape[-1])
s = s.masked_fill(~causal_mask(x.shape[-2]), -torch.inf)
return merge_heads(weighted_sum(softmax(s), v)) @ c_proj_weight + c_proj_bias""",
    ),
]


@pytest.mark.parametrize("exercise, body", RIGHT)
def test_right_in_another_way(exercise, body):
    passes(exercise, source(exercise, body))


WAY_ROUND = "The product is the wrong way round"
WRONG = [
    (
        "weighted_sum",
        "return weights @ v / weights.sum(-1, keepdim=True)",
        "used as they are",
    ),
    (
        "weighted_sum",
        "return weights @ v / weights.sum(-1, keepdim=True).detach()",
        "used as they are",
    ),
    (
        "masked_attention",
        """
out = torch.zeros(*q.shape[:-1], v.shape[-1])
for t in range(q.shape[-2]):
    s = q[..., t:t+1, :] @ k[..., :t+1, :].transpose(-2, -1) / math.sqrt(q.shape[-1])
    out[..., t:t+1, :] = softmax(s) @ v[..., :t+1, :]
return out""",
        "The next cells need float64",
    ),
    (
        "attention_scores",
        "return (q.float() @ k.float().transpose(-2, -1))",
        "The next cells need float64",
    ),
    (
        "softmax",
        "return torch.exp(s := scores.float() - scores.float().amax(-1, keepdim=True)) "
        "/ torch.exp(s).sum(-1, keepdim=True)",
        "The next cells need float64",
    ),
    # Answers that change what they were given.
    (
        "softmax",
        "scores -= scores.amax(-1, True)\ne = scores.exp()\nreturn e / e.sum(-1, True)",
        "It changes `scores`",
    ),
    ("scale", "scores /= d_k ** 0.5\nreturn scores", "It changes `scores`"),
    # Answers that cut the gradient, or are of another kind.
    ("attention_scores", "return torch.tensor(q.numpy() @ k.mT.numpy())", GRADIENT),
    (
        "softmax",
        "s = scores.detach()\ne = torch.exp(s - s.amax(-1, True))\nreturn e / e.sum(-1, True)",
        CUT,
    ),
    ("weighted_sum", "return torch.tensor(weights.numpy() @ v.numpy())", GRADIENT),
    ("masked_attention", masked(FILL, end="weighted_sum(softmax(s), v).detach()"), CUT),
    ("project_qkv", "return (x.detach() @ weight + bias).chunk(3, -1)", CUT),
    ("multi_head_attention", heads(out="(found @ c_proj_weight + c_proj_bias).detach()"), CUT),
    ("attention_scores", "return q.double() @ k.double().mT", "they are float64"),
    ("causal_mask", NUMPY + "return np.tril(np.ones((T, T), bool))", "this is a numpy array"),
    ("causal_mask", "return [[s <= t for s in range(T)] for t in range(T)]", "this is a list"),
    # Answers that do not do what is asked.
    ("softmax", "return torch.softmax(scores, dim=-1)", "It calls torch's own `softmax`"),
    (
        "masked_attention",
        "return F.scaled_dot_product_attention(q, k, v, is_causal=True)",
        "It calls torch's own `scaled_dot_product_attention`",
    ),
    (
        "causal_mask",
        "return {n: torch.ones(n, n).tril().bool() for n in range(12) if n != 3}[T]",
    ),
    # What the card said, and was not so.
    ("weighted_sum", "return weights * v", f"! {WAY_ROUND}", "`*` multiplies number by number"),
    ("weighted_sum", "return (weights * v).sum(-1)", f"! {WAY_ROUND}", "the places, S"),
    ("weighted_sum", "return weights @ v.sum(-2, True)", f"! {WAY_ROUND}", "values up first"),
    ("weighted_sum", "return torch.bmm(weights, v)", f"! {WAY_ROUND}", "exactly one axis"),
    ("weighted_sum", "return v @ weights", WAY_ROUND),
    (
        "masked_attention",
        masked(FILL.replace("-torch.inf", "-100")),
        "! the score 0",
        "not low enough",
    ),
    ("masked_attention", masked(FILL.replace("-torch.inf", "0")), "Hidden places got the score 0"),
    (
        "hidden_divisor",
        divisors("abs(a - b) <= 0.005", "/ c ** 0.5"),
        "! exactly",
        "by the root of the candidate",
    ),
    (
        "causal_mask",
        "return torch.ones(T, T, dtype=torch.int).tril()",
        "! floats",
        "these are whole numbers",
    ),
    (
        "project_qkv",
        "return torch.addmm(bias, x, weight).chunk(3, -1)",
        "! needs no transpose",
        "takes plain matrices only",
    ),
    (
        "multi_head_attention",
        heads(split="p, 12"),
        "! still apart",
        "fixed at 12",
    ),
    ("scale", "return scores / (2 * d_k)", "You divide by d_k and by 2", "That is also how"),
    ("scale", "return scores / d_k / 2", "You divide by d_k and by 2"),
    ("scale", "return scores / (d_k / 2)", "You divide by half of d_k"),
    (
        "softmax",
        "e = torch.exp(scores - scores[0].max())\nreturn e / e.sum(-1, True)",
        "the first row's largest score",
    ),
    (
        "softmax",
        "e = torch.exp(scores - scores.max())\nreturn e / e.sum(-1, True)",
        "of the whole table",
    ),
    # What passed, and should not have.
    ("scale", "return scores.float() / d_k ** 0.5", "The next cells need float64"),
    ("masked_attention", masked(FILL.replace("-torch.inf", "-1e4")), "not low enough"),
    ("masked_attention", masked(FILL.replace("-torch.inf", "-1e5")), "not low enough"),
    (
        "project_qkv",
        "return (x.float() @ weight.float() + bias.float()).chunk(3, -1)",
        "The next cells need float64",
    ),
    *(
        ("hidden_divisor", divisors(f"abs(a - b) <= {width}"), "narrower than half a hundredth")
        for width in (0.004, 0.003, 0.001, 0.0005)
    ),
    ("hidden_divisor", divisors("int(a * 100) / 100 == b"), "You cut the digits off"),
    ("hidden_divisor", divisors("a == b"), "exactly"),
    # Mistakes that had no words.
    ("attention_scores", "return (q * k).sum(-1)", "Each query meets one key only"),
    ("attention_scores", "return q @ k.reshape(k.shape[-1], -1)", "does not exchange axes"),
    ("attention_scores", "return q @ k.transpose(0, 1)", "Right for one head only"),
    ("attention_scores", "return torch.matmul(q, k.T)", "Right for one head only"),
    ("attention_scores", "return torch.bmm(q, k.mT)", "exactly one axis in front"),
    ("softmax", "e = torch.exp(scores)\nreturn e / e.sum()", "All your numbers together"),
    ("softmax", "return scores / scores.sum(-1, keepdim=True)", "There is no `exp` in it"),
    ("softmax", "e = math.exp(scores)\nreturn e / e.sum()", "`math.exp` takes one number"),
    ("weighted_sum", "return weights @ v.T", "No transpose is needed"),
    ("scale", "return scores / d_k ** 1/2", "Write `d_k ** 0.5`"),
    ("scale", "return scores / (d_k ** 1/2)", "`d_k ** 1/2` is half of d_k"),
    ("scale", "return scores / torch.sqrt(d_k)", "`torch.sqrt` takes a tensor"),
    (
        "masked_attention",
        masked("s = s + (1 - causal_mask(q.shape[-2]).float()) * -torch.inf"),
        "Zero times infinity",
    ),
    (
        "masked_attention",
        masked("s = s + ~causal_mask(q.shape[-2]) * -torch.inf"),
        "Zero times infinity",
    ),
    (
        "masked_attention",
        masked("s = s + (1 - causal_mask(q.shape[-2])) * -torch.inf"),
        "does not subtract bools",
    ),
    ("masked_attention", masked(FILL, "q.shape[-2]"), "by the number of tokens"),
    ("masked_attention", masked(FILL.removeprefix("s = ")), "`masked_fill` returns a new tensor"),
    ("masked_attention", masked(FILL, end="softmax(s)"), "These are the shares"),
    ("masked_attention", masked(FILL.replace("q.shape[-2]", "len(q)")), "Right for one head only"),
    (
        "hidden_divisor",
        "for c in candidates:"
        + divisors("abs(a - b) <= 0.005")
        .replace("\n", "\n    ")
        .replace("return [c for c in candidates if", "if")
        .replace(")]", "):\n        return c"),
        "the first divisor that fits, by itself",
    ),
    ("project_qkv", "return (x @ weight + bias).split(3, -1)", "cuts pieces of 3 numbers"),
    ("project_qkv", "return torch.stack((x @ weight + bias).chunk(3, -1))", "in one tensor"),
    ("split_heads", "return x.unflatten(-1, (n_head, -1)).transpose(0, 1)", "without a batch"),
    ("split_heads", "return x.view(n_head, x.shape[0], -1)", "where it works"),
    ("split_heads", "return x.reshape(n_head, x.shape[0], -1)", "contents are mixed up"),
    (
        "split_heads",
        "T, C = x.shape\nreturn x.view(T, n_head, C // n_head).transpose(0, 1)",
        "takes two axes and no more",
    ),
    ("merge_heads", "return heads.transpose(-3, -2).flatten(1)", "Right without a batch"),
    (
        "merge_heads",
        "H, T, D = heads.shape\nreturn heads.reshape(T, H * D)",
        "contents are mixed up",
    ),
    ("multi_head_attention", heads(out="found @ c_proj_weight.T + c_proj_bias"), "no transpose"),
    ("multi_head_attention", heads(out="found @ c_proj_weight"), "bias of c_proj is missing"),
    ("multi_head_attention", heads(attend="k, q, v"), "Queries and keys have changed places"),
    ("multi_head_attention", heads(out="x + found @ c_proj_weight + c_proj_bias"), "add x"),
    (
        "share_to",
        "return attention[:, :, at, places[0] : places[-1] + 1].sum(-1)",
        "everything from the first place to the last",
    ),
    ("predict_leak", "return 'After'", "only written differently"),
]


@pytest.mark.parametrize("row", WRONG, ids=lambda row: f"{row[0]}: {row[2:]}")
def test_wrong_and_what_the_card_says(row):
    exercise, body, *words = row
    fails(exercise, source(exercise, body), *words)
