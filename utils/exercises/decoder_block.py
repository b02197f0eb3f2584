"""Exercises of lesson 05: LayerNorm, GELU, the MLP, the block, the stack of blocks, and counting
what is in it.

A block's parameters travel as a dict by the checkpoint's names without "h.0." in front, as in
`block["attn.c_attn.weight"]`; matrices are stored [in, out]. Sizes in the shape comments: T tokens,
C = n_embd, V = vocab_size.
"""

import math

import numpy as np
import torch

from utils import gpt2
from utils.exercises import Case, Exercise, Mistake, prediction
from utils.exercises.masked_self_attention import (
    merge_heads,
    multi_head_attention,
    project_qkv,
    softmax,
    split_heads,
)

# ---------------------------------------------------------------- references


def layer_norm(x, weight, bias, eps=1e-5):
    mean = x.mean(-1, keepdim=True)  # (..., C) -> (..., 1)
    variance = ((x - mean) ** 2).mean(-1, keepdim=True)  # (..., 1)
    return (x - mean) / torch.sqrt(variance + eps) * weight + bias


def gelu(x):
    inside = math.sqrt(2 / math.pi) * (x + 0.044715 * x**3)
    return 0.5 * x * (1 + torch.tanh(inside))


def mlp(x, c_fc_weight, c_fc_bias, c_proj_weight, c_proj_bias):
    hidden = gelu(x @ c_fc_weight + c_fc_bias)  # (T, C) -> (T, 4C)
    return hidden @ c_proj_weight + c_proj_bias  # (T, 4C) -> (T, C)


def predict_zero_block():
    x = torch.tensor([[3.0, 4.0]])
    block = {name: torch.zeros(shape) for name, shape in block_shapes(2).items()}
    out = decoder_block(x, block, 1)
    answers = {
        "zeros": torch.zeros_like(x),
        "x": x,
        "LayerNorm of x": layer_norm(x, torch.ones(2), torch.zeros(2)),
    }
    return next(name for name, answer in answers.items() if out.equal(answer))


def decoder_block(x, block, n_head):
    y = layer_norm(x, block["ln_1.weight"], block["ln_1.bias"])
    x = x + multi_head_attention(
        y,
        block["attn.c_attn.weight"],
        block["attn.c_attn.bias"],
        block["attn.c_proj.weight"],
        block["attn.c_proj.bias"],
        n_head,
    )
    y = layer_norm(x, block["ln_2.weight"], block["ln_2.bias"])
    return x + mlp(
        y,
        block["mlp.c_fc.weight"],
        block["mlp.c_fc.bias"],
        block["mlp.c_proj.weight"],
        block["mlp.c_proj.bias"],
    )


def gpt2_forward(params, ids, n_layer, n_head):
    x = params["wte.weight"][ids] + params["wpe.weight"][: len(ids)]  # (T,) -> (T, C)
    for i in range(n_layer):
        start = f"h.{i}."
        block = {
            name.removeprefix(start): p for name, p in params.items() if name.startswith(start)
        }
        x = decoder_block(x, block, n_head)  # (T, C) -> (T, C)
    x = layer_norm(x, params["ln_f.weight"], params["ln_f.bias"])
    return x @ params["wte.weight"].T  # (T, C) @ (C, V) -> (T, V)


def count_parameters(vocab_size, n_positions, n_embd, n_layer):
    C = n_embd
    norm = 2 * C  # a weight and a bias for each number
    attention = (C + 1) * 3 * C + (C + 1) * C  # c_attn, c_proj; the 1 is the bias
    mlp = (C + 1) * 4 * C + (4 * C + 1) * C  # c_fc, c_proj
    block = norm + attention + norm + mlp
    return vocab_size * C + n_positions * C + n_layer * block + norm


def missing_parameters(listed, shapes):
    missing = {}
    for name, shape in shapes.items():
        short = math.prod(shape) - listed.get(name, 0)
        if short != 0:
            missing[name] = short
    return missing


def predict_memory():
    return round(count_parameters(50257, 1024, 1600, 48) * 4 / 1e9)


def encoder_block(x, block, n_head):
    y = layer_norm(x, block["ln_1.weight"], block["ln_1.bias"])
    q, k, v = project_qkv(y, block["attn.c_attn.weight"], block["attn.c_attn.bias"])
    q, k, v = split_heads(q, n_head), split_heads(k, n_head), split_heads(v, n_head)
    scores = q @ k.transpose(-2, -1) / math.sqrt(q.shape[-1])  # -> (n_head, T, T)
    heads = merge_heads(softmax(scores) @ v)  # -> (T, C)
    x = x + heads @ block["attn.c_proj.weight"] + block["attn.c_proj.bias"]
    y = layer_norm(x, block["ln_2.weight"], block["ln_2.bias"])
    return x + mlp(
        y,
        block["mlp.c_fc.weight"],
        block["mlp.c_fc.bias"],
        block["mlp.c_proj.weight"],
        block["mlp.c_proj.bias"],
    )


# ---------------------------------------------------------------- shared with the lesson


def block_shapes(n_embd):
    """Names and shapes of one block's twelve parameters, without "h.0." in front, in the
    checkpoint's order.
    """
    config = gpt2.Config(vocab_size=1, n_positions=1, n_embd=n_embd, n_layer=1, n_head=1)
    return {
        name[len("h.0.") :]: shape
        for name, shape in gpt2.shapes(config).items()
        if name.startswith("h.0.")
    }


def random_params(config, seed):
    """Parameters far from where training starts, so that every gain, bias and score matters."""
    rng = np.random.default_rng(seed)
    return {
        name: _tensor(rng, *shape, scale=0.4) + (len(shape) == 1 and name.endswith("weight"))
        for name, shape in gpt2.shapes(config).items()
    }


def listed_in_the_post():
    """The number of parameters for each tensor of GPT-2 124M, as the table of The Illustrated GPT-2
    lists them.
    """
    listed = {name: math.prod(shape) for name, shape in gpt2.shapes(gpt2.Config()).items()}
    for name in listed:
        if name.endswith("mlp.c_fc.bias"):
            listed[name] = 768
    del listed["ln_f.weight"], listed["ln_f.bias"]
    return listed


# ---------------------------------------------------------------- cases


def _tensor(rng, *shape, scale=1.0):
    return torch.tensor(rng.normal(size=shape) * scale, dtype=torch.float32)


def _block(rng, C):
    block = {name: _tensor(rng, *shape, scale=0.4) for name, shape in block_shapes(C).items()}
    return {
        name: p + 1 if name in ("ln_1.weight", "ln_2.weight") else p for name, p in block.items()
    }


def _norm_cases(rng):
    one, zero = torch.ones(4), torch.zeros(4)
    yield Case("one token, weight 1, bias 0", (torch.tensor([[1.0, 2.0, 3.0, 6.0]]), one, zero))
    yield Case("all numbers alike: variance 0", (torch.full((2, 4), 7.0), one, _tensor(rng, 4)))
    yield Case("tiny numbers, where eps counts", (_tensor(rng, 3, 4, scale=0.003), one, zero))
    yield Case(
        "a weight and a bias of its own", (_tensor(rng, 4, 4), _tensor(rng, 4), _tensor(rng, 4))
    )
    yield Case("a larger eps", (_tensor(rng, 3, 4), one, zero, 0.5))
    yield Case("a batch, (2, 3, 6)", (_tensor(rng, 2, 3, 6), _tensor(rng, 6), _tensor(rng, 6)))
    yield Case("a transposed view", (_tensor(rng, 5, 3).T, _tensor(rng, 5), _tensor(rng, 5)))


def _gelu_cases(rng):
    yield Case("minus one, zero, one", (torch.tensor([-1.0, 0.0, 1.0]),))
    yield Case("where tanh and erf differ most", (torch.tensor([-2.3, -2.0, 2.0, 2.3]),))
    yield Case("far out: no overflow", (torch.tensor([-1000.0, -50.0, 50.0, 1000.0]),))
    yield Case("a single number", (torch.tensor(0.5),))
    yield Case("drawn, (3, 8)", (_tensor(rng, 3, 8, scale=2),))


def _mlp_cases(rng):
    def weights(C, hidden):
        return (
            _tensor(rng, C, hidden),
            _tensor(rng, hidden),
            _tensor(rng, hidden, C),
            _tensor(rng, C),
        )

    yield Case("two tokens of width 3", (_tensor(rng, 2, 3), *weights(3, 12)))
    yield Case("one token", (_tensor(rng, 1, 4), *weights(4, 16)))
    yield Case("a hidden width that is not 4 C", (_tensor(rng, 3, 4), *weights(4, 6)))
    yield Case("width 1", (_tensor(rng, 5, 1), *weights(1, 4)))
    yield Case("a batch, (2, 3, 4)", (_tensor(rng, 2, 3, 4), *weights(4, 16)))


def _block_cases(rng):
    yield Case("four tokens, two heads", (_tensor(rng, 4, 8), _block(rng, 8), 2))
    yield Case("one token", (_tensor(rng, 1, 6), _block(rng, 6), 3))
    yield Case("one head", (_tensor(rng, 5, 4), _block(rng, 4), 1))
    zeros = {name: torch.zeros(shape) for name, shape in block_shapes(4).items()}
    yield Case("all parameters zero", (_tensor(rng, 3, 4), zeros, 2))
    yield Case("numbers in the hundreds", (_tensor(rng, 3, 6, scale=300), _block(rng, 6), 2))


def _stack_case(rng, label, T, **sizes):
    config = gpt2.Config(
        **{"vocab_size": 11, "n_positions": 9, "n_embd": 6, "n_layer": 2, "n_head": 2} | sizes
    )
    params = random_params(config, int(rng.integers(1 << 30)))
    ids = torch.tensor(rng.integers(config.vocab_size, size=T))
    return Case(label, (params, ids, config.n_layer, config.n_head))


def _stack_cases(rng):
    yield _stack_case(rng, "two blocks, five tokens", 5)
    yield _stack_case(rng, "one token", 1)
    yield _stack_case(rng, "as many tokens as positions", 9)
    yield _stack_case(rng, "one block, three heads", 4, n_layer=1, n_head=3)
    yield _stack_case(rng, "twelve blocks: h.1 and h.11", 3, n_layer=12, n_embd=4)


def _counting_cases(rng):
    yield Case("everything of size 1", (1, 1, 1, 1))
    yield Case("no blocks at all", (10, 5, 4, 0))
    yield Case("GPT-2 small", (50257, 1024, 768, 12))
    yield Case("GPT-2 XL", (50257, 1024, 1600, 48))
    yield Case("drawn sizes", tuple(int(rng.integers(2, 90)) for _ in range(4)))


def _missing_cases(rng):
    shapes = {"a.weight": (2, 3), "a.bias": (3,), "b.weight": (3, 1)}
    yield Case("nothing is missing", ({"a.weight": 6, "a.bias": 3, "b.weight": 3}, shapes))
    yield Case("one count too small", ({"a.weight": 6, "a.bias": 1, "b.weight": 3}, shapes))
    yield Case("one tensor not listed", ({"a.weight": 6, "b.weight": 3}, shapes))
    yield Case("one count too large", ({"a.weight": 7, "a.bias": 3, "b.weight": 3}, shapes))
    drawn = {name: math.prod(shape) - int(rng.integers(1, 4)) for name, shape in shapes.items()}
    drawn.pop(str(rng.choice(list(shapes))))
    yield Case("drawn", (drawn, shapes))


# ---------------------------------------------------------------- mistakes


def _unbiased(x, weight, bias, eps=1e-5):
    return (x - x.mean(-1, keepdim=True)) / torch.sqrt(
        x.var(-1, keepdim=True) + eps
    ) * weight + bias


def _eps_outside(x, weight, bias, eps=1e-5):
    mean = x.mean(-1, keepdim=True)
    return (x - mean) / (((x - mean) ** 2).mean(-1, keepdim=True).sqrt() + eps) * weight + bias


def _std_plus_eps(x, weight, bias, eps=1e-5):
    return (x - x.mean(-1, keepdim=True)) / (x.std(-1, keepdim=True) + eps) * weight + bias


def _ignores_eps(x, weight, bias, eps=1e-5):
    return layer_norm(x, weight, bias)


def _over_tokens(x, weight, bias, eps=1e-5):
    mean = x.mean(-2, keepdim=True)
    return (x - mean) / torch.sqrt(((x - mean) ** 2).mean(-2, keepdim=True) + eps) * weight + bias


def _over_everything(x, weight, bias, eps=1e-5):
    return (x - x.mean()) / torch.sqrt(((x - x.mean()) ** 2).mean() + eps) * weight + bias


def _no_mean(x, weight, bias, eps=1e-5):
    return x / torch.sqrt((x**2).mean(-1, keepdim=True) + eps) * weight + bias


def _no_root(x, weight, bias, eps=1e-5):
    mean = x.mean(-1, keepdim=True)
    return (x - mean) / (((x - mean) ** 2).mean(-1, keepdim=True) + eps) * weight + bias


def _no_weight(x, weight, bias, eps=1e-5):
    return layer_norm(x, torch.ones_like(weight), torch.zeros_like(bias), eps)


def _no_bias_at_the_end(x, weight, bias, eps=1e-5):
    return layer_norm(x, weight, torch.zeros_like(bias), eps)


def _no_keepdim(x, weight, bias, eps=1e-5):
    mean = x.mean(-1)
    return (x - mean) / torch.sqrt(((x - mean) ** 2).mean(-1) + eps) * weight + bias


def _with_erf(x):
    return 0.5 * x * (1 + torch.erf(x / math.sqrt(2)))


def _relu(x):
    return x.clamp(min=0)


def _root_upside_down(x):
    return 0.5 * x * (1 + torch.tanh(math.sqrt(math.pi / 2) * (x + 0.044715 * x**3)))


def _no_cube(x):
    return 0.5 * x * (1 + torch.tanh(math.sqrt(2 / math.pi) * x))


def _cube_of_all(x):
    return 0.5 * x * (1 + torch.tanh(math.sqrt(2 / math.pi) * (x + (0.044715 * x) ** 3)))


def _no_half(x):
    return 2 * gelu(x)


def _with_sigmoid(x):
    return x * torch.sigmoid(1.702 * x)


def _bracket(x):
    return 0.5 * x * (1 + torch.tanh(math.sqrt(2 / math.pi) * x + 0.044715 * x**3))


def _tanh_by_hand(x):
    inside = math.sqrt(2 / math.pi) * (x + 0.044715 * x**3)
    return (
        0.5
        * x
        * (1 + (torch.exp(inside) - torch.exp(-inside)) / (torch.exp(inside) + torch.exp(-inside)))
    )


def _math_tanh(x):
    return 0.5 * x * (1 + math.tanh(math.sqrt(2 / math.pi) * (x + 0.044715 * x**3)))


def _no_gelu(x, c_fc_weight, c_fc_bias, c_proj_weight, c_proj_bias):
    return (x @ c_fc_weight + c_fc_bias) @ c_proj_weight + c_proj_bias


def _gelu_last(x, c_fc_weight, c_fc_bias, c_proj_weight, c_proj_bias):
    return gelu((x @ c_fc_weight + c_fc_bias) @ c_proj_weight + c_proj_bias)


def _gelu_twice(x, c_fc_weight, c_fc_bias, c_proj_weight, c_proj_bias):
    return gelu(mlp(x, c_fc_weight, c_fc_bias, c_proj_weight, c_proj_bias))


def _bias_after_gelu(x, c_fc_weight, c_fc_bias, c_proj_weight, c_proj_bias):
    return (gelu(x @ c_fc_weight) + c_fc_bias) @ c_proj_weight + c_proj_bias


def _no_bias(x, c_fc_weight, c_fc_bias, c_proj_weight, c_proj_bias):
    return gelu(x @ c_fc_weight) @ c_proj_weight


def _turned(x, c_fc_weight, c_fc_bias, c_proj_weight, c_proj_bias):
    return gelu(x @ c_fc_weight.T + c_fc_bias) @ c_proj_weight.T + c_proj_bias


def _relu_inside(x, c_fc_weight, c_fc_bias, c_proj_weight, c_proj_bias):
    return (x @ c_fc_weight + c_fc_bias).clamp(min=0) @ c_proj_weight + c_proj_bias


def _mlp_and_stream(x, c_fc_weight, c_fc_bias, c_proj_weight, c_proj_bias):
    return x + mlp(x, c_fc_weight, c_fc_bias, c_proj_weight, c_proj_bias)


def _norm(x, block, name):
    return layer_norm(x, block[f"{name}.weight"], block[f"{name}.bias"])


def _attention(y, block, n_head):
    return multi_head_attention(
        y,
        block["attn.c_attn.weight"],
        block["attn.c_attn.bias"],
        block["attn.c_proj.weight"],
        block["attn.c_proj.bias"],
        n_head,
    )


def _mlp(y, block):
    return mlp(
        y,
        block["mlp.c_fc.weight"],
        block["mlp.c_fc.bias"],
        block["mlp.c_proj.weight"],
        block["mlp.c_proj.bias"],
    )


def _no_residual(x, block, n_head):
    return _mlp(_norm(_attention(_norm(x, block, "ln_1"), block, n_head), block, "ln_2"), block)


def _one_residual(x, block, n_head):
    x = x + _attention(_norm(x, block, "ln_1"), block, n_head)
    return _mlp(_norm(x, block, "ln_2"), block)


def _post_norm(x, block, n_head):
    x = _norm(x + _attention(x, block, n_head), block, "ln_1")
    return _norm(x + _mlp(x, block), block, "ln_2")


def _residual_of_the_normed(x, block, n_head):
    y = _norm(x, block, "ln_1")
    x = y + _attention(y, block, n_head)
    y = _norm(x, block, "ln_2")
    return y + _mlp(y, block)


def _first_norm_twice(x, block, n_head):
    x = x + _attention(_norm(x, block, "ln_1"), block, n_head)
    return x + _mlp(_norm(x, block, "ln_1"), block)


def _no_norms(x, block, n_head):
    x = x + _attention(x, block, n_head)
    return x + _mlp(x, block)


def _norm_not_used(x, block, n_head):
    x = x + _attention(x, block, n_head)
    return x + _mlp(_norm(x, block, "ln_2"), block)


def _stream_taken_up_late(x, block, n_head):
    y = _norm(x, block, "ln_1")
    return x + _mlp(_norm(y + _attention(y, block, n_head), block, "ln_2"), block)


def _old_y(x, block, n_head):
    y = _norm(x, block, "ln_1")
    x = x + _attention(y, block, n_head)
    return x + _mlp(_norm(y, block, "ln_2"), block)


def _side_by_side(x, block, n_head):
    return (
        x
        + _attention(_norm(x, block, "ln_1"), block, n_head)
        + _mlp(_norm(x, block, "ln_2"), block)
    )


def _start_of_the_stack(params, ids):
    return params["wte.weight"][ids] + params["wpe.weight"][: len(ids)]


def _block_of(params, i):
    return {
        name.removeprefix(f"h.{i}."): p for name, p in params.items() if name.startswith(f"h.{i}.")
    }


def _end_of_the_stack(params, x):
    return _norm(x, params, "ln_f") @ params["wte.weight"].T


def _without_positions(params, ids, n_layer, n_head):
    x = params["wte.weight"][ids]
    for i in range(n_layer):
        x = decoder_block(x, _block_of(params, i), n_head)
    return _end_of_the_stack(params, x)


def _positions_by_id(params, ids, n_layer, n_head):
    places = ids.clamp(max=len(params["wpe.weight"]) - 1)
    x = params["wte.weight"][ids] + params["wpe.weight"][places]
    for i in range(n_layer):
        x = decoder_block(x, _block_of(params, i), n_head)
    return _end_of_the_stack(params, x)


def _without_ln_f(params, ids, n_layer, n_head):
    x = _start_of_the_stack(params, ids)
    for i in range(n_layer):
        x = decoder_block(x, _block_of(params, i), n_head)
    return x @ params["wte.weight"].T


def _always_block_0(params, ids, n_layer, n_head):
    x = _start_of_the_stack(params, ids)
    for _ in range(n_layer):
        x = decoder_block(x, _block_of(params, 0), n_head)
    return _end_of_the_stack(params, x)


def _each_from_the_start(params, ids, n_layer, n_head):
    start = _start_of_the_stack(params, ids)
    for i in range(n_layer):
        x = decoder_block(start, _block_of(params, i), n_head)
    return _end_of_the_stack(params, x)


def _prefix_without_dot(params, ids, n_layer, n_head):
    x = _start_of_the_stack(params, ids)
    for i in range(n_layer):
        block = {
            name.split(".", 2)[2]: p for name, p in params.items() if name.startswith(f"h.{i}")
        }
        x = decoder_block(x, block, n_head)
    return _end_of_the_stack(params, x)


def _vectors_not_logits(params, ids, n_layer, n_head):
    x = _start_of_the_stack(params, ids)
    for i in range(n_layer):
        x = decoder_block(x, _block_of(params, i), n_head)
    return _norm(x, params, "ln_f")


def _blocks_from_one(params, ids, n_layer, n_head):
    x = _start_of_the_stack(params, ids)
    for i in range(1, n_layer + 1):
        x = decoder_block(x, _block_of(params, i), n_head)
    return _end_of_the_stack(params, x)


def _prefix_kept(params, ids, n_layer, n_head):
    x = _start_of_the_stack(params, ids)
    for i in range(n_layer):
        x = decoder_block(
            x, {name: p for name, p in params.items() if name.startswith(f"h.{i}.")}, n_head
        )
    return _end_of_the_stack(params, x)


def _probabilities(params, ids, n_layer, n_head):
    return gpt2_forward(params, ids, n_layer, n_head).softmax(-1)


def _last_place_only(params, ids, n_layer, n_head):
    return gpt2_forward(params, ids, n_layer, n_head)[-1]


def _count_no_biases(vocab_size, n_positions, n_embd, n_layer):
    return (vocab_size + n_positions) * n_embd + n_layer * (12 * n_embd**2 + 2 * n_embd) + n_embd


def _count_as_the_post(vocab_size, n_positions, n_embd, n_layer):
    return (
        count_parameters(vocab_size, n_positions, n_embd, n_layer)
        - n_layer * 3 * n_embd
        - 2 * n_embd
    )


def _count_no_ln_f(vocab_size, n_positions, n_embd, n_layer):
    return count_parameters(vocab_size, n_positions, n_embd, n_layer) - 2 * n_embd


def _count_short_fc_bias(vocab_size, n_positions, n_embd, n_layer):
    return count_parameters(vocab_size, n_positions, n_embd, n_layer) - n_layer * 3 * n_embd


def _count_wte_twice(vocab_size, n_positions, n_embd, n_layer):
    return count_parameters(vocab_size, n_positions, n_embd, n_layer) + vocab_size * n_embd


def _count_one_norm(vocab_size, n_positions, n_embd, n_layer):
    return count_parameters(vocab_size, n_positions, n_embd, n_layer) - n_layer * 2 * n_embd


def _count_no_wpe(vocab_size, n_positions, n_embd, n_layer):
    return count_parameters(vocab_size, 0, n_embd, n_layer)


def _count_half_norms(vocab_size, n_positions, n_embd, n_layer):
    return count_parameters(vocab_size, n_positions, n_embd, n_layer) - (2 * n_layer + 1) * n_embd


def _count_matrices_only(vocab_size, n_positions, n_embd, n_layer):
    return (vocab_size + n_positions) * n_embd + n_layer * 12 * n_embd**2


def _count_one_block(vocab_size, n_positions, n_embd, n_layer):
    return count_parameters(vocab_size, n_positions, n_embd, 1)


def _only_listed(listed, shapes):
    return {
        name: math.prod(shapes[name]) - n
        for name, n in listed.items()
        if math.prod(shapes[name]) != n
    }


def _only_unlisted(listed, shapes):
    return {name: math.prod(shape) for name, shape in shapes.items() if name not in listed}


def _zeros_too(listed, shapes):
    return {name: math.prod(shape) - listed.get(name, 0) for name, shape in shapes.items()}


def _sign_turned(listed, shapes):
    return {name: -short for name, short in missing_parameters(listed, shapes).items()}


def _sum_of_shape(listed, shapes):
    short = {name: sum(shape) - listed.get(name, 0) for name, shape in shapes.items()}
    return {name: n for name, n in short.items() if n}


def _true_counts(listed, shapes):
    return {name: math.prod(shapes[name]) for name in missing_parameters(listed, shapes)}


def _only_too_small(listed, shapes):
    return {name: n for name, n in missing_parameters(listed, shapes).items() if n > 0}


def _encoder(x, block, n_head, divisor=None, weights=softmax, residual=True):
    y = _norm(x, block, "ln_1")
    q, k, v = (
        split_heads(part, n_head)
        for part in project_qkv(y, block["attn.c_attn.weight"], block["attn.c_attn.bias"])
    )
    scores = q @ k.transpose(-2, -1) / (divisor or math.sqrt(q.shape[-1]))
    found = (
        merge_heads(weights(scores) @ v) @ block["attn.c_proj.weight"] + block["attn.c_proj.bias"]
    )
    x = x + found if residual else found
    return x + _mlp(_norm(x, block, "ln_2"), block)


def _still_masked(x, block, n_head):
    return decoder_block(x, block, n_head)


def _no_scale(x, block, n_head):
    return _encoder(x, block, n_head, divisor=1.0)


def _scaled_by_width(x, block, n_head):
    return _encoder(x, block, n_head, divisor=math.sqrt(x.shape[-1]))


def _one_head(x, block, n_head):
    return encoder_block(x, block, 1)


def _mask_turned_round(x, block, n_head):
    def weights(scores):
        return softmax(
            scores.masked_fill(torch.ones(scores.shape[-2:], dtype=torch.bool).tril(-1), -math.inf)
        )

    return _encoder(x, block, n_head, weights=weights)


def _without_softmax(x, block, n_head):
    return _encoder(x, block, n_head, weights=lambda scores: scores)


def _attention_not_added(x, block, n_head):
    return _encoder(x, block, n_head, residual=False)


def _without_c_proj(x, block, n_head):
    y = _norm(x, block, "ln_1")
    q, k, v = (
        split_heads(part, n_head)
        for part in project_qkv(y, block["attn.c_attn.weight"], block["attn.c_attn.bias"])
    )
    x = x + merge_heads(softmax(q @ k.transpose(-2, -1) / math.sqrt(q.shape[-1])) @ v)
    return x + _mlp(_norm(x, block, "ln_2"), block)


# Both end in the same KeyError, so one diagnosis has to serve for both.
NO_LN_1 = (
    "A block's dict has no `ln_1.weight`. Either `h.0.` is still in front of its names (cut "
    "it off with `removeprefix`), "
    "or the number is wrong: blocks go from h.0 to h.(n_layer − 1)."
)


# ---------------------------------------------------------------- the registry of this lesson

EXERCISES = [
    Exercise(
        asks="Give each token's vector mean 0 and variance 1, then a learned weight and bias.",
        reference=layer_norm,
        cases=_norm_cases,
        mistakes=(
            Mistake(
                _unbiased,
                "Your variance divides by C - 1, as `x.var` does unless told otherwise. "
                "LayerNorm takes the plain average of the squares: divide by C.",
            ),
            Mistake(
                _eps_outside,
                "You add eps after the square root. It belongs under the root, next to the "
                "variance; for tiny numbers that makes a large difference.",
            ),
            Mistake(
                _std_plus_eps,
                "Two things: `std` divides by C − 1, and eps belongs under the root. Write "
                "the variance out.",
            ),
            Mistake(
                _ignores_eps,
                "The eps you were given changes nothing in your answer: is a number written "
                "where `eps` should stand?",
            ),
            Mistake(
                _over_tokens,
                "You average down the columns, over the tokens. Each token is normalised "
                "alone: average over its own C numbers, the last axis.",
            ),
            Mistake(
                _over_everything,
                "You take one mean and one variance for all tokens together. Each token gets "
                "its own: average over the last axis only, with keepdim.",
            ),
            Mistake(
                _no_mean,
                "The mean is not taken away before dividing: look at a vector whose numbers "
                "are all alike, it must come out as the bias.",
            ),
            Mistake(
                _no_root,
                "You divide by the variance; divide by its square root, the standard deviation.",
            ),
            Mistake(
                _no_weight,
                "The weight and the bias do nothing in your answer: they come last, one of "
                "each per number of the vector.",
            ),
            Mistake(_no_bias_at_the_end, "The bias is missing: it is added last."),
            Mistake(
                _no_keepdim,
                "Look at the shapes: without keepdim=True the mean of (T, C) has the shape "
                "(T,), and is taken from the columns instead of the rows, or does not fit at "
                "all.",
            ),
        ),
        hints=(
            "Everything happens along the last axis: `x.mean(-1, keepdim=True)` has the "
            "shape (..., 1), which broadcasts against (..., C).",
            "The variance is the mean of the squared distances from the mean, again along "
            "the last axis.",
            "`(x - mean) / torch.sqrt(variance + eps) * weight + bias`.",
        ),
        points=2,
        minutes=10,
    ),
    Exercise(
        asks="GPT-2's bend: the tanh form of GELU.",
        reference=gelu,
        cases=_gelu_cases,
        mistakes=(
            Mistake(
                _with_erf,
                "This is GELU with erf: right in itself, and a little different. GPT-2 was "
                "trained with the tanh form, so use the formula with tanh.",
            ),
            Mistake(
                _relu,
                "This is ReLU: it is 0 for every negative number. GELU dips a little below 0 "
                "there; use the formula.",
            ),
            Mistake(
                _root_upside_down,
                "The square root is upside down: it is 2 / pi, about 0.8, not pi / 2.",
            ),
            Mistake(_no_cube, "The cubic term is missing: inside tanh stands x + 0.044715 x³."),
            Mistake(_cube_of_all, "You cube 0.044715 as well; only x is cubed: `0.044715 * x**3`."),
            Mistake(
                _no_half,
                "Your values are twice as large as they should be: look at the factor in "
                "front. For large x, GELU is x itself.",
            ),
            Mistake(
                _with_sigmoid,
                "This is a rougher stand-in for GELU, with a sigmoid. GPT-2 uses the formula "
                "with tanh.",
            ),
            Mistake(
                _bracket, "A bracket is missing: the square root multiplies the cubic term as well."
            ),
            Mistake(_math_tanh, "`math.tanh` takes one number; `torch.tanh` takes a tensor."),
            Mistake(
                _tanh_by_hand,
                "For large x your exponentials overflow and the answer is nan. `torch.tanh` "
                "does not.",
            ),
        ),
        hints=(
            "`torch.tanh`, `math.sqrt(2 / math.pi)` and `x**3` are all you need.",
            "First the inside, `math.sqrt(2 / math.pi) * (x + 0.044715 * x**3)`; then half "
            "of x times one plus its tanh.",
        ),
        points=1,
        minutes=5,
    ),
    Exercise(
        asks="The second half of a block: widen, bend, and come back.",
        reference=mlp,
        cases=_mlp_cases,
        needs=("gelu",),
        mistakes=(
            Mistake(
                _no_gelu,
                "There is no GELU in it. Without the bend, two matrices in a row can do no "
                "more than one.",
            ),
            Mistake(
                _gelu_last,
                "Your GELU comes at the very end; it belongs between the two matrices, on "
                "the hidden numbers.",
            ),
            Mistake(_gelu_twice, "One GELU too many: nothing is bent after c_proj."),
            Mistake(_bias_after_gelu, "You add the bias of c_fc after GELU; it is added before."),
            Mistake(
                _no_bias,
                "The two biases are missing: each matrix has one, added after the product.",
            ),
            Mistake(_relu_inside, "You bend with ReLU; GPT-2 uses GELU, and you have written it."),
            Mistake(
                _mlp_and_stream,
                "You add x to the result. That is the block's business, in the next exercise "
                "but one; the MLP returns only what it found.",
            ),
            Mistake(
                _turned,
                "The shapes do not fit. The checkpoint stores its matrices as [in, out], so "
                "it is `x @ weight`, without a transpose.",
            ),
        ),
        hints=(
            "Three lines' worth: a matrix and its bias, your `gelu`, a matrix and its bias.",
            "`gelu(x @ c_fc_weight + c_fc_bias)` is the hidden layer, (T, 4C).",
        ),
        points=1,
        minutes=5,
        post="GPT-2 Fully-Connected Neural Network",
    ),
    prediction(
        asks="Before you look: what leaves a block whose parameters are all zero?",
        reference=predict_zero_block,
        guesses=(
            ("zeros", "Attention and the MLP do give zeros. But what are those zeros added to?"),
            (
                "LayerNorm of x",
                "LayerNorm is only on the side path. With its weight at 0 it gives zeros, "
                "and what it gives is added, not passed on.",
            ),
        ),
        hints=("Follow x along the straight line of the picture: what happens to it on the way?",),
        minutes=2,
    ),
    Exercise(
        asks="One whole block: two side paths, each added to the stream.",
        reference=decoder_block,
        cases=_block_cases,
        needs=("layer_norm", "mlp", "multi_head_attention"),
        mistakes=(
            Mistake(
                _no_residual,
                "What attention and the MLP find replaces x; it must be added to x. Try a "
                "block whose parameters are all zero: x should come through.",
            ),
            Mistake(
                _one_residual,
                "The MLP's result replaces the stream; add it, just as you add attention's.",
            ),
            Mistake(
                _post_norm,
                "You normalise after adding, as the first transformer did (post-LN). GPT-2 "
                "normalises what goes into a side path and leaves the stream itself alone.",
            ),
            Mistake(
                _residual_of_the_normed,
                "You add to the normalised vector. LayerNorm stands on the side path only: "
                "keep x as it is, and add to x.",
            ),
            Mistake(_first_norm_twice, "Both side paths use ln_1; the MLP's has its own, ln_2."),
            Mistake(_no_norms, "The LayerNorms are missing: each side path begins with one."),
            Mistake(
                _norm_not_used, "Your attention reads x itself; it should read the normalised y."
            ),
            Mistake(
                _stream_taken_up_late,
                "Only the MLP's result is added to the stream. What attention found has to "
                "be added to x as well, before ln_2 reads it.",
            ),
            Mistake(
                _old_y,
                "Your ln_2 reads the old y. It reads x, with attention's result already added.",
            ),
            Mistake(
                _side_by_side,
                "Your MLP reads the stream as it was before attention. It comes second: let "
                "it read x with attention's result already added.",
            ),
        ),
        hints=(
            "Twice the same pattern: normalise x into y, send y through something, add the "
            "result to x.",
            '`y = layer_norm(x, block["ln_1.weight"], block["ln_1.bias"])`, then `x = x + '
            "multi_head_attention(y, ...)`.",
            "The second half is the same with `ln_2` and `mlp`.",
        ),
        points=3,
        minutes=15,
        difficulty="medium",
        post="You've Made it!",
    ),
    Exercise(
        asks="All of GPT-2: embed, go through the blocks, compare with every token's embedding.",
        reference=gpt2_forward,
        cases=_stack_cases,
        needs=("layer_norm", "decoder_block"),
        mistakes=(
            Mistake(
                _without_positions,
                "The positions are missing: add a row of wpe to each token's embedding.",
            ),
            Mistake(
                _positions_by_id,
                "You look positions up by token id. Position 0 gets row 0 of wpe, position 1 "
                "row 1, whatever the tokens are.",
            ),
            Mistake(
                _without_ln_f,
                "The last LayerNorm is missing: ln_f, after the blocks and before the logits.",
            ),
            Mistake(
                _always_block_0,
                "Every round of your loop uses the parameters of block 0: the name has the "
                "block's number in it.",
            ),
            Mistake(
                _each_from_the_start,
                "Each block begins again from the embeddings; it should read what the block "
                "before it left.",
            ),
            Mistake(
                _prefix_without_dot,
                'With eleven blocks and more, "h.1" is also how "h.10" and "h.11" begin. '
                "Include the dot after the number.",
            ),
            Mistake(_blocks_from_one, NO_LN_1),
            Mistake(_prefix_kept, NO_LN_1),
            Mistake(_probabilities, "These are probabilities. Return the logits, before softmax."),
            Mistake(
                _last_place_only,
                "You return the last place only; return the logits of all T places.",
            ),
            Mistake(
                _vectors_not_logits,
                "You return vectors of width C. The last step compares each with every row "
                "of wte: a score for each token of the vocabulary.",
            ),
        ),
        hints=(
            '`params["wte.weight"][ids]` looks up (T, C); the positions are the first T rows '
            "of wpe.",
            "A block's dict: `{name.removeprefix(start): p for name, p in params.items() if "
            'name.startswith(start)}` with `start = f"h.{i}."`.',
            'After the loop: layer_norm with ln_f, then `x @ params["wte.weight"].T`.',
        ),
        points=3,
        minutes=15,
        difficulty="medium",
        post="A Deeper Look Inside",
    ),
    Exercise(
        asks="How many numbers does a GPT-2 of this shape learn?",
        reference=count_parameters,
        cases=_counting_cases,
        mistakes=(
            Mistake(
                _count_as_the_post,
                "You are where the post's table is: for 124M exactly 29,184 short. Look at "
                "the length of c_fc's bias, and at what stands after the last block.",
            ),
            Mistake(_count_no_ln_f, "One LayerNorm is missing: ln_f, after the last block."),
            Mistake(
                _count_short_fc_bias, "The bias of c_fc is as long as what c_fc gives, 4 C, not C."
            ),
            Mistake(
                _count_wte_twice,
                "You count wte twice. The matrix that makes the logits is wte again: the "
                "same numbers, learned once.",
            ),
            Mistake(
                _count_matrices_only,
                "You count the matrices only. Each has a bias too, and each LayerNorm a "
                "weight and a bias.",
            ),
            Mistake(
                _count_no_biases,
                "The biases are missing: every matrix of a block and every LayerNorm has one.",
            ),
            Mistake(_count_one_norm, "A block has two LayerNorms, ln_1 and ln_2; you count one."),
            Mistake(_count_no_wpe, "`wpe` is missing: a vector for each position."),
            Mistake(_count_half_norms, "A LayerNorm has two vectors, weight and bias: 2 C."),
            Mistake(_count_one_block, "You count one block; there are n_layer of them."),
        ),
        hints=(
            "Write it tensor by tensor: wte, wpe, then a block (two LayerNorms, c_attn, "
            "c_proj, c_fc, c_proj) n_layer times, then ln_f.",
            "A matrix from a to b numbers with its bias has a·b + b = (a + 1)·b parameters; "
            "a LayerNorm of width C has 2 C.",
            "`c_attn` goes from C to 3 C, attention's c_proj from C to C, c_fc from C to 4 "
            "C, the MLP's c_proj from 4 C to C.",
        ),
        points=2,
        minutes=15,
        difficulty="medium",
        post="You've Made it!",
    ),
    Exercise(
        asks="Compare a published table with the shapes: what is missing where?",
        reference=missing_parameters,
        cases=_missing_cases,
        mistakes=(
            Mistake(
                _only_listed,
                "You go through the table, so a tensor that it does not list at all escapes "
                "you. Go through the shapes.",
            ),
            Mistake(
                _only_unlisted,
                "A tensor can be listed with too small a number: compare the counts, too.",
            ),
            Mistake(
                _zeros_too, "Leave out the tensors where nothing is missing: they hide the others."
            ),
            Mistake(
                _sign_turned,
                "The sign is turned round: it asks how many are missing, so the true count "
                "minus the listed one.",
            ),
            Mistake(
                _sum_of_shape, "You add the numbers of a shape; a matrix of 2 by 3 holds 2 times 3."
            ),
            Mistake(
                _true_counts, "These are the true counts; return how many of them the table lacks."
            ),
            Mistake(
                _only_too_small,
                "A table can also list too many: then the number missing is negative, and it "
                "belongs in the answer.",
            ),
        ),
        hints=(
            "`math.prod(shape)` is the true count, `listed.get(name, 0)` the listed one.",
            "For each name in shapes: their difference; keep it where it is not 0.",
        ),
        points=1,
        minutes=5,
        post="You've Made it!",
    ),
    prediction(
        asks="Before you look: how many gigabytes do the weights of the largest GPT-2 fill, to "
        "the nearest whole number?",
        reference=predict_memory,
        guesses=(
            (2, "That counts a byte for each parameter. How many bytes does a 32-bit float take?"),
            (
                3,
                "That is two bytes for each parameter, half precision. The weights are "
                "published in 32 bits.",
            ),
            (12, "That is eight bytes for each parameter, double precision."),
            (
                25,
                "That is about what *training* needs: weights, gradients and two averages "
                "for each. To run it, the weights suffice.",
            ),
        ),
        hints=(
            "About 1.56 thousand million parameters, 32 bits each. 8 bits are a byte, and a "
            "gigabyte is a thousand million bytes.",
        ),
        minutes=3,
        post="You've Made it!",
    ),
    Exercise(
        asks="The same block without the mask, as in BERT: every token sees every other.",
        reference=encoder_block,
        cases=_block_cases,
        needs=("layer_norm", "mlp", "project_qkv", "split_heads", "softmax", "merge_heads"),
        mistakes=(
            Mistake(
                _still_masked,
                "Your block still hides the future: it gives what decoder_block gives. In an "
                "encoder the scores go into softmax unmasked.",
            ),
            Mistake(
                _no_scale, "The scores are not divided by the square root of the head's width."
            ),
            Mistake(
                _scaled_by_width,
                "You divide by the root of C. Each head compares vectors of width C / "
                "n_head: take the root of `q.shape[-1]`.",
            ),
            Mistake(
                _one_head, "All heads act as one. Split q, k and v before the scores, merge after."
            ),
            Mistake(
                _mask_turned_round,
                "There is still a mask, and it hides the past. An encoder has none.",
            ),
            Mistake(
                _without_softmax,
                "The scores are used as they are; softmax must turn each row into shares "
                "that add up to 1.",
            ),
            Mistake(
                _without_c_proj,
                "Attention's c_proj is missing: after merge_heads comes one more matrix and "
                "its bias.",
            ),
            Mistake(
                _attention_not_added,
                "Attention's result replaces x; add it to x, as in decoder_block.",
            ),
        ),
        hints=(
            "Only the attention line of decoder_block changes. `multi_head_attention` has "
            "the mask built in, so put the pieces of lesson 04 together yourself.",
            "`project_qkv`, `split_heads` for each of the three, scores `q @ k.transpose(-2, "
            "-1)` over the root, `softmax`, times v, `merge_heads`, c_proj.",
            'The last matrix, c_proj: `heads @ block["attn.c_proj.weight"] + '
            'block["attn.c_proj.bias"]`. The rest is decoder_block.',
        ),
        points=3,
        minutes=20,
        difficulty="hard",
        post="The Evolution of The Transformer Block",
    ),
]
