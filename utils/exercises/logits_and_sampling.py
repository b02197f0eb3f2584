"""Exercises of lesson 06: from the last vector to a token, the loop that writes, and the key-value
cache.

Sizes in the shape comments: T new tokens, P tokens already kept, C = n_embd, D = C / n_head, V =
vocab_size.
"""

import math

import torch

from utils import gpt2
from utils.exercises import Case, Exercise, Mistake, prediction
from utils.exercises.decoder_block import layer_norm, mlp, random_params
from utils.exercises.masked_self_attention import (
    attention_scores,
    merge_heads,
    project_qkv,
    scale,
    softmax,
    split_heads,
    weighted_sum,
)

# ---------------------------------------------------------------- references


def unembed(x, wte):
    return x @ wte.T  # (..., C) @ (C, V) -> (..., V)


def logits_to_probabilities(logits):
    return softmax(logits)  # (..., V) -> (..., V)


def greedy(logits):
    best = logits.max()
    return (logits == best).nonzero()[0].item()


def sample_id(probabilities, u):
    ends = probabilities.cumsum(0)  # (V,)
    beyond = (ends > u).nonzero()  # (n, 1)
    if len(beyond):
        return beyond[0].item()
    return probabilities.nonzero()[-1].item()


def temperature(logits, t):
    if t > 0:
        return logits / t  # (V,)
    only_one = torch.full_like(logits, -torch.inf)  # (V,)
    only_one[greedy(logits)] = 0.0
    return only_one


def top_k(logits, k):
    order = logits.sort(descending=True, stable=True).indices  # (V,)
    kept = torch.full_like(logits, -torch.inf)  # (V,)
    kept[order[:k]] = logits[order[:k]]
    return kept


def top_p(logits, p):
    order = logits.sort(descending=True, stable=True).indices  # (V,)
    shares = softmax(logits)[order]  # (V,), the likeliest first
    before = shares.cumsum(0) - shares  # (V,), what the likelier ones have
    inside = (before < p) | (p == 1)  # (V,)
    inside[0] = True
    kept = torch.full_like(logits, -torch.inf)  # (V,)
    kept[order[inside]] = logits[order[inside]]
    return kept


def generate_ids(table, ids, us, end_id, n_positions):
    ids = list(ids)
    for u in us:
        if len(ids) > n_positions:
            break
        probabilities = logits_to_probabilities(table[ids[-1]])  # (V,)
        new = sample_id(probabilities, u)
        if new == end_id:
            break
        ids.append(new)
    return ids


def predict_saving():
    config = gpt2.Config()
    with_cache = multiplications(config, past=config.n_positions - 1, new=1)
    without = multiplications(config, past=0, new=config.n_positions)
    return min(SAVINGS, key=lambda guess: abs(math.log(guess / (without / with_cache))))


def chunk_mask(past, T):
    return torch.ones(T, past + T, dtype=torch.bool).tril(past)  # (T, P+T)


def attend_with_cache(q, k, v, kept_k, kept_v):
    keys = torch.cat([kept_k, k], dim=-2)  # (P, D), (T, D) -> (P+T, D)
    values = torch.cat([kept_v, v], dim=-2)  # (P, D), (T, D) -> (P+T, D)
    scores = scale(attention_scores(q, keys), q.shape[-1])  # (T, P+T)
    visible = chunk_mask(kept_k.shape[-2], q.shape[-2])  # (T, P+T)
    scores = scores.masked_fill(~visible, -torch.inf)  # (T, P+T)
    return weighted_sum(softmax(scores), values), keys, values


def block_with_cache(x, block, n_head, kept_k, kept_v):
    y = layer_norm(x, block["ln_1.weight"], block["ln_1.bias"])
    qkv = project_qkv(y, block["attn.c_attn.weight"], block["attn.c_attn.bias"])
    q, k, v = (split_heads(part, n_head) for part in qkv)  # (n_head, T, D)
    found, keys, values = attend_with_cache(q, k, v, kept_k, kept_v)
    found = merge_heads(found)  # (n_head, T, D) -> (T, C)
    x = x + found @ block["attn.c_proj.weight"] + block["attn.c_proj.bias"]
    y = layer_norm(x, block["ln_2.weight"], block["ln_2.bias"])
    x = x + mlp(
        y,
        block["mlp.c_fc.weight"],
        block["mlp.c_fc.bias"],
        block["mlp.c_proj.weight"],
        block["mlp.c_proj.bias"],
    )
    return x, keys, values


def forward_with_cache(params, ids, cache, n_head):
    past = cache[0][0].shape[-2]
    positions = params["wpe.weight"][past : past + len(ids)]  # (T, C)
    x, grown = params["wte.weight"][ids] + positions, []  # (T, C)
    for i, (kept_k, kept_v) in enumerate(cache):
        start = f"h.{i}."
        block = {
            name.removeprefix(start): p for name, p in params.items() if name.startswith(start)
        }
        x, keys, values = block_with_cache(x, block, n_head, kept_k, kept_v)
        grown.append((keys, values))
    x = layer_norm(x, params["ln_f.weight"], params["ln_f.bias"])
    return unembed(x, params["wte.weight"]), grown


def generate_with_cache(params, cache, ids, us, end_id, n_head):
    ids, unread = list(ids), list(ids)
    for u in us:
        if len(ids) > len(params["wpe.weight"]):
            break
        logits, cache = forward_with_cache(params, unread, cache, n_head)
        new = sample_id(logits_to_probabilities(logits[-1]), u)
        if new == end_id:
            break
        ids.append(new)
        unread = [new]
    return ids


# ---------------------------------------------------------------- shared with the lesson

SAVINGS = (2, 30, 700, 1_000_000)  # the guesses that predict_saving offers


def empty_cache(n_layer, n_head, head_size, dtype=torch.float32):
    """What forward_with_cache starts with: for each layer no keys and no values, (n_head, 0, D)
    each.
    """
    return [
        (
            torch.empty(n_head, 0, head_size, dtype=dtype),
            torch.empty(n_head, 0, head_size, dtype=dtype),
        )
        for _ in range(n_layer)
    ]


def multiplications(config, past, new):
    """How often two numbers are multiplied to get the next logits, for `new` tokens after `past`
    kept ones.

    Counted are the matrix products, which are nearly all of the work: the four matrices of each
    block, 12 C^2 for a token; its scores and its weighted sum, C for each key and each value
    (hidden ones too: they are computed, then masked); and the logits of the last token.
    """
    C, keys = config.n_embd, past + new
    inner = config.n_inner or 4 * C
    block = new * (4 * C * C + 2 * C * inner) + 2 * new * keys * C
    return config.n_layer * block + C * config.vocab_size


# ---------------------------------------------------------------- cases


def _t(rng, *shape, size=1.0):
    return torch.tensor(rng.normal(size=shape) * size, dtype=torch.float32)


def _unembed_cases(rng):
    yield Case(
        "three words in two dimensions, by hand",
        (torch.tensor([2.0, 1.0]), torch.tensor([[1.0, 0.0], [0.0, 1.0], [-1.0, -1.0]])),
    )
    yield Case("as many words as dimensions", (_t(rng, 4), _t(rng, 4, 4)))
    yield Case("a vocabulary of one", (_t(rng, 5), _t(rng, 1, 5)))
    yield Case("every place of a text at once", (_t(rng, 3, 4), _t(rng, 7, 4)))
    yield Case("a batch of two", (_t(rng, 2, 3, 4), _t(rng, 6, 4)))


def _probability_cases(rng):
    yield Case("positive and negative", (torch.tensor([2.0, -1.0, 0.5]),))
    yield Case("all negative", (torch.tensor([-33.0, -34.0, -36.0, -35.0]),))
    yield Case("logits that add up to nothing", (torch.tensor([1.0, -1.0, 0.0]),))
    yield Case("one word", (torch.tensor([-4.0]),))
    yield Case("too large for exp", (torch.tensor([200.0, 199.0, -50.0]),))
    yield Case("two places at once", (_t(rng, 2, 5, size=3),))


def _greedy_cases(rng):
    yield Case("the third is the largest", (torch.tensor([-1.0, 0.5, 2.0, 1.0]),))
    yield Case("all negative", (torch.tensor([-5.0, -0.5, -3.0]),))
    yield Case("two equal: the lower id", (torch.tensor([0.0, 3.0, -1.0, 3.0, 1.0]),))
    yield Case("one word", (torch.tensor([-7.0]),))
    yield Case("fifty random ones", (_t(rng, 50),))


def _sample_cases(rng):
    fair = torch.tensor([0.25, 0.25, 0.5])
    yield Case("in the middle", (torch.tensor([0.2, 0.5, 0.3]), 0.6))
    yield Case("u = 0", (fair, 0.0))
    yield Case("exactly on a border", (fair, 0.25))
    yield Case("the first is impossible", (torch.tensor([0.0, 0.5, 0.5]), 0.0))
    yield Case("rounded to a little under 1", (torch.tensor([0.3, 0.3, 0.3999, 0.0]), 0.99999))
    shares = softmax(_t(rng, 30))
    for i in range(3):
        yield Case(
            f"thirty random ones, dart {i + 1}",
            (shares, float(rng.uniform(0.05 + 0.3 * i, 0.3 + 0.3 * i))),
        )


def _temperature_cases(rng):
    yield Case("a half", (torch.tensor([2.0, 1.0, -1.0]), 0.5))
    yield Case("1 changes nothing", (torch.tensor([2.0, 1.0, -1.0]), 1.0))
    yield Case("2", (torch.tensor([2.0, 1.0, -1.0]), 2.0))
    yield Case("0: only the best is left", (torch.tensor([1.0, -2.0, 3.5]), 0.0))
    yield Case("0, and two are best", (torch.tensor([-2.0, -1.0, -1.0, -3.0]), 0.0))
    yield Case("random", (_t(rng, 9, size=3), float(rng.uniform(1.2, 3))))


def _top_k_cases(rng):
    yield Case("two of four", (torch.tensor([1.0, -2.0, 3.0, 0.0]), 2))
    yield Case("the best one only", (torch.tensor([-1.0, -2.0, -0.5]), 1))
    yield Case("more than there are", (torch.tensor([0.3, -0.2]), 5))
    yield Case("ties: exactly k, the lower ids", (torch.tensor([1.0, 3.0, 1.0, 1.0, 1.0]), 3))
    yield Case("all alike", (torch.zeros(6), 2))
    yield Case("some are excluded already", (torch.tensor([-torch.inf, 0.5, 2.0, -torch.inf]), 2))
    yield Case("random", (_t(rng, 20, size=2), int(rng.integers(4, 12))))


def _top_p_cases(rng):
    yield Case("four alike, half of it", (torch.zeros(4), 0.5))
    yield Case("four alike, 0.6: the third crosses", (torch.zeros(4), 0.6))
    yield Case("the best has more than p", (torch.tensor([0.0, 6.0, 1.0]), 0.3))
    yield Case("p = 0 keeps one", (torch.tensor([0.0, 1.0, 0.5]), 0.0))
    yield Case("p = 1 keeps all", (torch.tensor([9.0, -30.0, 0.0, -60.0]), 1.0))
    yield Case("the likeliest comes last", (torch.tensor([0.0, 0.5, 1.0, 2.5]), 0.8))
    yield Case(
        "some are excluded already", (torch.tensor([-torch.inf, 0.0, 0.0, -torch.inf, 1.0]), 0.7)
    )
    yield Case("random", (_t(rng, 20, size=2), float(rng.uniform(0.6, 0.9))))


RING = torch.tensor(
    [
        [-9.0, 9, -9, -9, -9],
        [-9, -9, 9, -9, -9],
        [-9, -9, -9, 9, -9],
        [9, -9, -9, -9, -9],
        [0, 0, 0, 0, 0.0],
    ]
)


def _generate_cases(rng):
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
    yield Case("nothing to draw", (RING, [3], [], 4, 10))
    us = [float(u) for u in rng.uniform(0, 1, 12)]
    yield Case("a random table", (_t(rng, 8, 8), [int(rng.integers(7))], us, 7, 50))
    table = _t(rng, 6, 6)
    table[:, 5] = -torch.inf
    yield Case(
        "a table that never ends", (table, [1, 4], [float(u) for u in rng.uniform(0, 1, 12)], 5, 8)
    )


def _mask_cases(rng):
    yield Case("two kept, three new", (2, 3))
    yield Case("one new token after four", (4, 1))
    yield Case("nothing kept: lesson 04's mask", (0, 4))
    yield Case("the very first token", (0, 1))
    yield Case("random", (int(rng.integers(3, 8)), int(rng.integers(2, 6))))


def _attend_cases(rng):
    def parts(*front, past, new, D, size=1.0):
        return (
            *(_t(rng, *front, new, D, size=size) for _ in range(3)),
            *(_t(rng, *front, past, D, size=size) for _ in range(2)),
        )

    yield Case("one new token after three", parts(past=3, new=1, D=4, size=2))
    yield Case("the first token: nothing kept", parts(past=0, new=1, D=4))
    yield Case("two heads", parts(2, past=3, new=1, D=4, size=2))
    yield Case("a chunk of three after two", parts(2, past=2, new=3, D=4, size=2))
    yield Case("a whole prompt", parts(2, past=0, new=5, D=2, size=2))
    yield Case("large scores", parts(past=4, new=2, D=4, size=15))
    yield Case("a batch of two", parts(2, 3, past=4, new=2, D=6, size=2))


TINY = gpt2.Config(vocab_size=11, n_positions=9, n_embd=8, n_layer=2, n_head=2)


EMPTY = empty_cache(TINY.n_layer, TINY.n_head, TINY.n_embd // TINY.n_head)


def _block_cases(rng):
    def case(past, new, C, n_head):
        config = gpt2.Config(vocab_size=1, n_positions=1, n_embd=C, n_layer=1, n_head=n_head)
        params = random_params(config, int(rng.integers(1 << 30)))
        block = {
            name.removeprefix("h.0."): p for name, p in params.items() if name.startswith("h.0.")
        }
        kept = (_t(rng, n_head, past, C // n_head) for _ in range(2))
        return (_t(rng, new, C), block, n_head, *kept)

    yield Case("one new token after three", case(3, 1, 8, 2))
    yield Case("the first token: nothing kept", case(0, 1, 8, 2))
    yield Case("a chunk of four after two", case(2, 4, 6, 3))
    yield Case("one head", case(5, 2, 4, 1))


def _forward_cases(rng):
    params = random_params(TINY, int(rng.integers(1 << 30)))
    ids = [int(i) for i in rng.integers(0, TINY.vocab_size, 9)]
    for label, past, new in (
        ("a prompt of four, nothing kept", 0, 4),
        ("one token more", 4, 1),
        ("a chunk of three after two", 2, 3),
        ("the very first token", 0, 1),
        ("the last position there is", 8, 1),
    ):
        kept = forward_with_cache(params, ids[:past], EMPTY, TINY.n_head)[1] if past else EMPTY
        yield Case(label, (params, ids[past : past + new], kept, TINY.n_head))


def _writing_cases(rng):
    params = random_params(TINY, int(rng.integers(1 << 30)))

    def us(n):
        return [float(u) for u in rng.uniform(0.05, 0.95, n)]

    prompt = [int(i) for i in rng.integers(0, TINY.vocab_size, 4)]
    first, *_, last = logits_to_probabilities(
        forward_with_cache(params, prompt, EMPTY, TINY.n_head)[0]
    )
    u = next(u for u in iter(lambda: us(1)[0], None) if sample_id(first, u) != sample_id(last, u))
    yield Case(
        "three tokens after a prompt of four", (params, EMPTY, prompt, [u, *us(2)], -1, TINY.n_head)
    )
    yield Case(
        "from one token on, until the context is full",
        (params, EMPTY, [3], us(12), -1, TINY.n_head),
    )
    darts = us(4)
    said = generate_with_cache(params, EMPTY, [4, 5], darts, -1, TINY.n_head)
    yield Case("the end token comes", (params, EMPTY, [4, 5], darts, said[4], TINY.n_head))
    yield Case("nothing to draw", (params, EMPTY, [1, 2, 3], [], -1, TINY.n_head))
    yield Case(
        "the context is full already",
        (params, EMPTY, [int(i) for i in rng.integers(0, 9, 10)], us(2), -1, TINY.n_head),
    )


# ---------------------------------------------------------------- mistakes


def _columns(x, wte):
    return x @ wte


def _wte_first(x, wte):
    return wte @ x


def _first_vector(x, wte):
    return x @ wte.T if x.dim() == 1 else x[..., 0, :] @ wte.T


def _cosines(x, wte):
    return torch.nn.functional.cosine_similarity(x.unsqueeze(-2), wte, dim=-1)


def _scaled_like_attention(x, wte):
    return x @ wte.T / x.shape[-1] ** 0.5


def _softmaxed(x, wte):
    return softmax(x @ wte.T)


def _divided_by_sum(logits):
    return logits / logits.sum(-1, keepdim=True)


def _clipped(logits):
    positive = logits.clamp(min=0)
    return positive / positive.sum(-1, keepdim=True)


def _absolute(logits):
    return logits.abs() / logits.abs().sum(-1, keepdim=True)


def _from_the_smallest(logits):
    moved = logits - logits.min(-1, keepdim=True).values
    return moved / moved.sum(-1, keepdim=True)


def _each_by_itself(logits):
    return torch.sigmoid(logits)


def _only_exp(logits):
    return logits.exp()


def _overflowing(logits):
    return logits.exp() / logits.exp().sum(-1, keepdim=True)


def _largest_logit(logits):
    return logits.max().item()


def _last_of_ties(logits):
    return (logits == logits.max()).nonzero()[-1].item()


def _smallest(logits):
    return logits.argmin().item()


def _largest_size(logits):
    return logits.abs().argmax().item()


def _all_of_them(logits):
    return (logits == logits.max()).nonzero().flatten().tolist()


def _a_tensor(logits):
    return (logits == logits.max()).nonzero()[0]


def _always_likeliest(probabilities, u):
    return greedy(probabilities)


def _not_running(probabilities, u):
    beyond = (probabilities > u).nonzero()
    return beyond[0].item() if len(beyond) else probabilities.nonzero()[-1].item()


def _border_before(probabilities, u):
    beyond = (probabilities.cumsum(0) >= u).nonzero()
    return beyond[0].item() if len(beyond) else probabilities.nonzero()[-1].item()


def _nothing_found_is_0(probabilities, u):
    return (probabilities.cumsum(0) > u).int().argmax().item()


def _nothing_found_is_last(probabilities, u):
    return min((probabilities.cumsum(0) <= u).sum().item(), len(probabilities) - 1)


def _nothing_found_is_an_error(probabilities, u):
    return (probabilities.cumsum(0) > u).nonzero()[0].item()


def _best_first_order(probabilities, u):
    order = probabilities.sort(descending=True, stable=True).indices
    return order[sample_id(probabilities[order], u)].item()


def _multiplied(logits, t):
    return logits * t if t > 0 else temperature(logits, t)


def _by_zero(logits, t):
    return logits / t


def _zero_changes_nothing(logits, t):
    return logits / t if t > 0 else logits


def _zero_hides_with_zeros(logits, t):
    return (
        logits / t
        if t > 0
        else torch.nn.functional.one_hot(logits.argmax(), len(logits)).to(logits.dtype)
    )


def _zero_keeps_ties(logits, t):
    return logits / t if t > 0 else torch.where(logits == logits.max(), 0.0, -torch.inf)


def _tiny_t(logits, t):
    return logits / max(t, 1e-9)


def _after_softmax(logits, t):
    return softmax(logits) / t if t > 0 else temperature(logits, t)


def _already_probabilities(logits, t):
    return softmax(temperature(logits, t))


def _keeps_ties(logits, k):
    kth = logits.sort(descending=True).values[min(k, len(logits)) - 1]
    return logits.masked_fill(logits < kth, -torch.inf)


def _k_too_large(logits, k):
    if k > len(logits):
        raise RuntimeError("selected index k out of range")
    return top_k(logits, k)


def _higher_ids(logits, k):
    return top_k(logits.flip(0), k).flip(0)


def _zeros_not_infinity(logits, k):
    kept = top_k(logits, k)
    return torch.where(kept == -torch.inf, 0.0, kept)


def _drops_the_best(logits, k):
    kept = logits.clone()
    kept[logits.sort(descending=True, stable=True).indices[:k]] = -torch.inf
    return kept


def _only_the_values(logits, k):
    return logits.sort(descending=True).values[:k]


def _one_less(logits, k):
    kept = torch.full_like(logits, -torch.inf)
    order = logits.sort(descending=True, stable=True).indices[: k - 1]
    kept[order] = logits[order]
    return kept


def _nucleus(logits, inside_of):
    """top_p with another rule: inside_of(shares, sums), the likeliest first, says who stays."""
    order = logits.sort(descending=True, stable=True).indices
    shares = softmax(logits)[order]
    inside = inside_of(shares, shares.cumsum(0))
    kept = torch.full_like(logits, -torch.inf)
    kept[order[inside]] = logits[order[inside]]
    return kept


def _drops_the_crossing(logits, p):
    return _nucleus(logits, lambda shares, sums: sums <= p) if p < 1 else logits


def _drops_it_but_keeps_one(logits, p):
    return (
        _nucleus(logits, lambda shares, sums: (sums <= p) | (torch.arange(len(sums)) == 0))
        if p < 1
        else logits
    )


def _none_for_0(logits, p):
    return _nucleus(logits, lambda shares, sums: sums - shares < p) if p < 1 else logits


def _one_too_many(logits, p):
    return _nucleus(logits, lambda shares, sums: sums - shares <= p)


def _each_above_p(logits, p):
    return (
        _nucleus(logits, lambda shares, sums: (shares >= p) | (torch.arange(len(sums)) == 0))
        if p < 1
        else logits
    )


def _in_order_of_ids(logits, p):
    shares = softmax(logits)
    inside = (shares.cumsum(0) - shares < p) | (p == 1)
    inside[0] = True
    return logits.masked_fill(~inside, -torch.inf)


def _worst_first(logits, p):
    order = logits.sort(stable=True).indices
    shares = softmax(logits)[order]
    inside = (shares.cumsum(0) - shares < p) | (p == 1)
    inside[0] = True
    kept = torch.full_like(logits, -torch.inf)
    kept[order[inside]] = logits[order[inside]]
    return kept


def _sums_of_logits(logits, p):
    ordered = logits.sort(descending=True, stable=True)
    inside = (ordered.values.cumsum(0) - ordered.values < p) | (p == 1)
    inside[0] = True
    kept = torch.full_like(logits, -torch.inf)
    kept[ordered.indices[inside]] = ordered.values[inside]
    return kept


def _in_order_of_size(logits, p):
    return top_p(logits, p).sort(descending=True).values


def _loop(
    table,
    ids,
    us,
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
    for u in us:
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


def _end_is_written(*args):
    return _loop(*args, keep_end=True)


def _end_is_skipped(*args):
    return _loop(*args, skip_end=True)


def _no_end(table, ids, us, end_id, n_positions):
    return _loop(table, ids, us, -1, n_positions)


def _no_limit(table, ids, us, end_id, n_positions):
    return _loop(table, ids, us, end_id, 10**9)


def _one_early(*args):
    return _loop(*args, before=True)


def _best_each_time(*args):
    return _loop(*args, draw=lambda p, u: greedy(p))


def _first_token(*args):
    return _loop(*args, look=0)


def _new_ones_only(table, ids, us, end_id, n_positions):
    return _loop(table, ids, us, end_id, n_positions)[len(ids) :]


def _slides(table, ids, us, end_id, n_positions):
    return _loop(table, ids, us, end_id, 10**9)[-(n_positions + 1) :]


def _square_mask(past, T):
    return torch.ones(T, T, dtype=torch.bool).tril()


def _mask_from_0(past, T):
    return torch.ones(T, past + T, dtype=torch.bool).tril()


def _sees_all(past, T):
    return torch.ones(T, past + T, dtype=torch.bool)


def _mask_one_ahead(past, T):
    return torch.ones(T, past + T, dtype=torch.bool).tril(past + 1)


def _mask_without_itself(past, T):
    return torch.ones(T, past + T, dtype=torch.bool).tril(past - 1)


def _whole_square(past, T):
    return torch.ones(past + T, past + T, dtype=torch.bool).tril()


def _attend(
    q, k, v, kept_k, kept_v, mask=chunk_mask, shares=lambda scores, D: softmax(scores / D**0.5)
):
    keys, values = torch.cat([kept_k, k], -2), torch.cat([kept_v, v], -2)
    visible = mask(kept_k.shape[-2], q.shape[-2])
    scores = attention_scores(q, keys)
    return shares(scores.masked_fill(~visible, -torch.inf), q.shape[-1]) @ values, keys, values


def _new_in_front(q, k, v, kept_k, kept_v):
    found = attend_with_cache(q, k, v, kept_k, kept_v)[0]
    return found, torch.cat([k, kept_k], -2), torch.cat([v, kept_v], -2)


def _old_ones_only(q, k, v, kept_k, kept_v):
    if not kept_k.shape[-2]:
        return attend_with_cache(q, k, v, kept_k, kept_v)
    found = softmax(scale(attention_scores(q, kept_k), q.shape[-1])) @ kept_v
    return found, torch.cat([kept_k, k], -2), torch.cat([kept_v, v], -2)


def _forgets_to_return(q, k, v, kept_k, kept_v):
    return attend_with_cache(q, k, v, kept_k, kept_v)[0], kept_k, kept_v


def _new_ones_returned(q, k, v, kept_k, kept_v):
    return attend_with_cache(q, k, v, kept_k, kept_v)[0], k, v


def _attend_mask_from_0(*args):
    return _attend(*args, mask=_mask_from_0)


def _attend_unmasked(*args):
    return _attend(*args, mask=_sees_all)


def _attend_unscaled(*args):
    return _attend(*args, shares=lambda scores, D: softmax(scores))


def _attend_by_length(q, k, v, kept_k, kept_v):
    length = kept_k.shape[-2] + k.shape[-2]
    return _attend(q, k, v, kept_k, kept_v, shares=lambda scores, D: softmax(scores / length**0.5))


def _block(x, block, n_head, kept_k, kept_v, *, norm=True, grow=True, cached=True, residual=True):
    y = layer_norm(x, block["ln_1.weight"], block["ln_1.bias"]) if norm else x
    q, k, v = (
        split_heads(p, n_head)
        for p in project_qkv(y, block["attn.c_attn.weight"], block["attn.c_attn.bias"])
    )
    nothing = k[:, :0], v[:, :0]
    found, keys, values = attend_with_cache(q, k, v, *((kept_k, kept_v) if cached else nothing))
    keys, values = (keys, values) if grow else (k, v)
    x = residual * x + merge_heads(found) @ block["attn.c_proj.weight"] + block["attn.c_proj.bias"]
    y = layer_norm(x, block["ln_2.weight"], block["ln_2.bias"]) if norm else x
    mlp_weights = (
        block[f"mlp.{name}"]
        for name in ("c_fc.weight", "c_fc.bias", "c_proj.weight", "c_proj.bias")
    )
    return residual * x + mlp(y, *mlp_weights), keys, values


def _block_ignores_cache(*args):
    return _block(*args, cached=False)


def _block_returns_new_only(*args):
    return _block(*args, grow=False)


def _block_without_norm(*args):
    return _block(*args, norm=False)


def _block_without_residual(*args):
    return _block(*args, residual=False)


def _block_without_mlp(x, block, n_head, kept_k, kept_v):
    silent = {
        name: torch.zeros_like(p) if name.startswith("mlp") else p for name, p in block.items()
    }
    return block_with_cache(x, silent, n_head, kept_k, kept_v)


def _forward(params, ids, cache, n_head, *, start=None, keep=True, norm=True, only_last=False):
    past = cache[0][0].shape[-2] if start is None else start
    x, grown = params["wte.weight"][ids] + params["wpe.weight"][past : past + len(ids)], []
    for i, kept in enumerate(cache):
        block = {
            name.removeprefix(f"h.{i}."): p
            for name, p in params.items()
            if name.startswith(f"h.{i}.")
        }
        x, keys, values = block_with_cache(x, block, n_head, *kept)
        grown.append((keys, values))
    x = layer_norm(x, params["ln_f.weight"], params["ln_f.bias"]) if norm else x
    x = x[-1:] if only_last else x
    return unembed(x, params["wte.weight"]), grown if keep else cache


def _positions_from_0(*args):
    return _forward(*args, start=0)


def _layers_for_past(params, ids, cache, n_head):
    return _forward(params, ids, cache, n_head, start=len(cache))


def _old_cache(*args):
    return _forward(*args, keep=False)


def _no_ln_f(*args):
    return _forward(*args, norm=False)


def _last_logits_only(*args):
    return _forward(*args, only_last=True)


def _one_position_for_all(params, ids, cache, n_head):
    past = cache[0][0].shape[-2]
    same = {**params, "wpe.weight": params["wpe.weight"][[past] * len(params["wpe.weight"])]}
    return _forward(same, ids, cache, n_head)


def _first_layer_for_all(params, ids, cache, n_head):
    logits, grown = _forward(params, ids, cache, n_head)
    return logits, [grown[0]] * len(grown)


def _write(params, cache, ids, us, end_id, n_head, *, keep=True, limit=0, row=-1, draw=sample_id):
    ids, unread = list(ids), list(ids)
    for u in us:
        if len(ids) > len(params["wpe.weight"]) + limit:
            break
        logits, grown = forward_with_cache(params, unread, cache, n_head)
        cache = grown if keep else cache
        new = draw(logits_to_probabilities(logits[row]), u)
        if new == end_id:
            break
        ids.append(new)
        unread = [new]
    return ids


def _whole_text_each_time(params, cache, ids, us, end_id, n_head):
    """All of the text again, on top of a cache that holds it already: it runs out of positions."""
    ids, unread = list(ids), list(ids)
    for u in us:
        if len(ids) > len(params["wpe.weight"]):
            break
        past = cache[0][0].shape[-2]
        if past + len(unread) > len(params["wpe.weight"]):
            raise RuntimeError("positions end")
        logits, cache = forward_with_cache(params, unread, cache, n_head)
        new = sample_id(logits_to_probabilities(logits[-1]), u)
        if new == end_id:
            break
        ids.append(new)
        unread = list(ids)
    return ids


def _cache_not_kept(*args):
    return _write(*args, keep=False)


def _writes_the_best(*args):
    return _write(*args, draw=lambda p, u: greedy(p))


def _first_places_logits(*args):
    return _write(*args, row=0)


def _all_places_logits(*args):
    return _write(*args, row=slice(None))


def _write_one_early(*args):
    return _write(*args, limit=-1)


def _writes_the_end(params, cache, ids, us, end_id, n_head):
    said = _write(params, cache, ids, us, end_id, n_head)
    whole = _write(params, cache, ids, us, -1, n_head)
    return whole[: len(said) + 1]


def _new_tokens_only(params, cache, ids, us, end_id, n_head):
    return _write(params, cache, ids, us, end_id, n_head)[len(ids) :]


# ---------------------------------------------------------------- the registry of this lesson

POST = "Model Output"
STORY = "Evaluation Time: Processing One Token at a Time"

EXERCISES = [
    Exercise(
        asks="Compare a vector with every token of the vocabulary.",
        reference=unembed,
        cases=_unembed_cases,
        mistakes=(
            Mistake(
                _columns,
                "The matrix is the wrong way round: each *row* of wte is one token's vector, "
                "(V, C), and the C numbers are what should be summed away. Transpose it.",
            ),
            Mistake(
                _wte_first,
                "Right for one vector. Many vectors are rows, (T, C), so x comes first: `x @ "
                "wte.T`.",
            ),
            Mistake(
                _first_vector,
                "You took the first place of the text only. Leave all axes in front as they "
                "are: every place gets its own logits.",
            ),
            Mistake(
                _cosines,
                "These are cosines: the lengths are divided away. A logit is the plain dot "
                "product; long token vectors may win.",
            ),
            Mistake(
                _scaled_like_attention,
                "You divided by the root of C, as for scores in attention. Logits are not scaled.",
            ),
            Mistake(
                _softmaxed,
                "These add up to 1: you applied softmax already. Return the dot products "
                "themselves; the next exercise turns them into probabilities.",
            ),
        ),
        hints=(
            "A dot product with each row of wte, all at once: one matrix product.",
            "`wte.T` has the shape (C, V).",
        ),
        points=1,
        minutes=5,
        post=POST,
    ),
    Exercise(
        asks="Turn logits, negative ones too, into probabilities.",
        reference=logits_to_probabilities,
        cases=_probability_cases,
        needs=("softmax",),
        mistakes=(
            Mistake(
                _divided_by_sum,
                "They add up to 1, but some are negative or turned round: where the sum of "
                "the logits is negative, the best word gets the smallest share. Something "
                "must make every number positive first.",
            ),
            Mistake(
                _clipped,
                "You cut negative logits off to 0. A negative logit means less likely, not "
                "impossible, and where all are negative nothing is left.",
            ),
            Mistake(
                _absolute,
                "You took the size without the sign, so a word with -36 became as likely as "
                "one with +36.",
            ),
            Mistake(
                _from_the_smallest,
                "You moved the smallest logit to 0. Then the worst word is impossible, and "
                "its logit decides about all the others' shares.",
            ),
            Mistake(
                _each_by_itself,
                "Each number lies between 0 and 1, but together they are not 1: sigmoid "
                "looks at each word alone. The words compete for one whole.",
            ),
            Mistake(_only_exp, "All are positive now; they do not add up to 1 yet."),
            Mistake(
                _overflowing,
                "Right for small logits; exp of a large one is infinity, and of a very "
                "negative row all zeros. Your softmax of lesson 04 knew a remedy.",
            ),
        ),
        hints=(
            "It must make negative numbers positive, keep their order, and add up to 1. You "
            "have written such a function.",
            "`softmax`, from lesson 04.",
        ),
        points=1,
        minutes=3,
        post=POST,
    ),
    Exercise(
        asks="The likeliest token.",
        reference=greedy,
        cases=_greedy_cases,
        mistakes=(
            Mistake(
                _largest_logit,
                "This is the largest logit. Asked for is its place: the id of the token that "
                "has it.",
            ),
            Mistake(_last_of_ties, "Of equal logits you take the last; the rule is the lower id."),
            Mistake(_smallest, "This is the smallest logit's place."),
            Mistake(
                _largest_size,
                "The sign is lost: -5 is less than -0.5, although it is larger without its sign.",
            ),
            Mistake(_all_of_them, "Return one id, a plain int; of equal ones the lowest."),
            Mistake(
                _a_tensor,
                "The place is right, but it is still inside a tensor: `.item()` takes it out.",
            ),
        ),
        hints=(
            "Find the largest value, then the first place where it stands.",
            "`(logits == logits.max()).nonzero()` lists these places, lowest first; "
            "`.item()` makes an int of a tensor of one number.",
        ),
        points=1,
        minutes=3,
        post=POST,
    ),
    Exercise(
        asks="Draw a token by its probability, with a given dart u.",
        reference=sample_id,
        cases=_sample_cases,
        mistakes=(
            Mistake(_always_likeliest, "You always take the likeliest, whatever u is."),
            Mistake(
                _not_running,
                "You compare u with each probability alone. Lay them end to end first: "
                "`cumsum` gives where each piece ends.",
            ),
            Mistake(
                _border_before,
                "At u exactly on a border you are one token early, and with u = 0 you may "
                "draw a token that is impossible. The end of the piece must lie beyond u.",
            ),
            Mistake(
                _nothing_found_is_0,
                "When rounding leaves the line short of u, no end lies beyond it, and argmax "
                "of all False says 0. Then the last possible token is meant.",
            ),
            Mistake(
                _nothing_found_is_last,
                "When rounding leaves the line short of u you return the last token of all, "
                "although its probability is 0. Take the last one that is possible.",
            ),
            Mistake(
                _nothing_found_is_an_error,
                "When rounding leaves the line short of u, no end lies beyond it, and [0] of "
                "nothing is an error. Then take the last possible token.",
            ),
            Mistake(
                _best_first_order,
                "You sorted the tokens first. That draws fairly, too, but lay them in the "
                "order of their ids, so that everybody gets the same token for the same u.",
            ),
        ),
        hints=(
            "Lesson 01's dart, with a tensor: `probabilities.cumsum(0)` says where each "
            "token's piece ends.",
            "`(ends > u).nonzero()` lists the tokens whose piece ends beyond u; the first of "
            "them is hit.",
            "If that list is empty: `probabilities.nonzero()[-1].item()`.",
        ),
        points=2,
        minutes=8,
        post=POST,
    ),
    Exercise(
        asks="Make the favourites gain, or the others.",
        reference=temperature,
        cases=_temperature_cases,
        needs=("greedy",),
        mistakes=(
            Mistake(
                _multiplied,
                "You multiply by t, which turns the dial round: low temperatures must make "
                "the differences larger.",
            ),
            Mistake(
                _by_zero,
                "`t = 0` divides by zero. What is meant by it is the limit: only the best "
                "token is left.",
            ),
            Mistake(
                _zero_changes_nothing,
                "For t = 0 the logits came back as they were. Only the best token should be "
                "left: 0 for it, minus infinity for the others.",
            ),
            Mistake(
                _zero_hides_with_zeros,
                "At t = 0 the others got a logit of 0, and exp(0) is not nothing. Hide them "
                "with minus infinity, as the mask of lesson 04 did.",
            ),
            Mistake(
                _zero_keeps_ties,
                "At t = 0 exactly one token is left: of equal ones the lower id, as in greedy.",
            ),
            Mistake(
                _tiny_t,
                "Nearly greedy is not greedy: equal logits still share. For t = 0 give one "
                "token 0 and the others minus infinity.",
            ),
            Mistake(
                _after_softmax, "You divided probabilities. Divide the logits; softmax comes later."
            ),
            Mistake(
                _already_probabilities,
                "Return logits: softmax comes at the very end, after all dials.",
            ),
        ),
        hints=(
            "For t above 0 it is one division.",
            "For t = 0: `torch.full_like(logits, -torch.inf)`, and 0 at `greedy(logits)`.",
        ),
        points=1,
        minutes=5,
    ),
    Exercise(
        asks="Keep exactly the k likeliest tokens.",
        reference=top_k,
        cases=_top_k_cases,
        mistakes=(
            Mistake(
                _keeps_ties,
                "Where several tokens tie for the last place you keep all of them. Keep "
                "exactly k; of equal ones the lower ids.",
            ),
            Mistake(
                _k_too_large,
                "`k` may be larger than the vocabulary: then all are kept. `topk` refuses "
                "that; a slice `[:k]` does not.",
            ),
            Mistake(
                _higher_ids,
                "Of equal logits you keep the higher ids; the rule is the lower ones. "
                "`sort(descending=True, stable=True)` leaves equal ones in their order.",
            ),
            Mistake(
                _zeros_not_infinity,
                "The dropped ones got a logit of 0, which can be better than a negative one. "
                "Minus infinity is what no token can draw from.",
            ),
            Mistake(_drops_the_best, "You dropped the k best and kept the rest."),
            Mistake(
                _only_the_values,
                "Every token must keep its place, or its id is lost: return V logits, minus "
                "infinity for the dropped ones.",
            ),
            Mistake(_one_less, "You keep one too few."),
        ),
        hints=(
            "Sort, and take the first k ids. A stable sort leaves equal logits in the order "
            "of their ids.",
            "Begin with `torch.full_like(logits, -torch.inf)` and write the kept logits into it.",
            "`order = logits.sort(descending=True, stable=True).indices`; then "
            "`kept[order[:k]] = logits[order[:k]]`.",
        ),
        points=2,
        minutes=8,
        difficulty="medium",
        post=POST,
    ),
    Exercise(
        asks="Keep the likeliest tokens until together they reach p.",
        reference=top_p,
        cases=_top_p_cases,
        needs=("softmax",),
        mistakes=(
            Mistake(
                _drops_the_crossing,
                "The token that crosses p is dropped, so less than p is left, and where the "
                "best alone has more than p nothing at all. It must stay.",
            ),
            Mistake(
                _drops_it_but_keeps_one,
                "The token that crosses p is dropped, so less than p is left. A token stays "
                "when those *before* it have less than p.",
            ),
            Mistake(
                _none_for_0,
                "`p = 0` leaves nothing to draw from. One token, the likeliest, always stays.",
            ),
            Mistake(
                _one_too_many,
                "One too many: when the likelier ones have p already, exactly p, the next is out.",
            ),
            Mistake(
                _each_above_p,
                "You compare each probability with p. It is their sum that counts, from the "
                "likeliest down.",
            ),
            Mistake(
                _in_order_of_ids,
                "You add up in the order of the ids. Sort first: the likeliest come first.",
            ),
            Mistake(
                _in_order_of_size,
                "Your logits come back in order of size. Each must return to its own id: "
                "`kept[order[inside]] = …`.",
            ),
            Mistake(_worst_first, "You begin with the unlikeliest. Sort the other way."),
            Mistake(
                _sums_of_logits, "You add up logits. Only probabilities add up to 1: softmax first."
            ),
        ),
        hints=(
            "Sort as in top_k. For each token ask: how much probability do the likelier ones "
            "have together?",
            "`shares.cumsum(0)` includes the token itself; subtract `shares`. It stays where "
            "that is less than p.",
            "Two edges: the first stays whatever p is, and p = 1 keeps all, whatever "
            "rounding did to the sum.",
        ),
        points=3,
        minutes=12,
        difficulty="medium",
    ),
    Exercise(
        asks="The loop that writes, and when it stops.",
        reference=generate_ids,
        cases=_generate_cases,
        needs=("logits_to_probabilities", "sample_id"),
        mistakes=(
            Mistake(
                _end_is_written,
                "The end token says that the text is over; it is not part of the text. Stop "
                "before you append it.",
            ),
            Mistake(_end_is_skipped, "You skip the end token and go on. It means: stop."),
            Mistake(_no_end, "You write the end token as if it were a word, and go on after it."),
            Mistake(
                _no_limit,
                "Your text grows beyond what the model can read: stop when it is longer than "
                "n_positions.",
            ),
            Mistake(
                _one_early,
                "You stop one token too soon: a text of exactly n_positions can still be "
                "read, and one more token written.",
            ),
            Mistake(_best_each_time, "You take the likeliest token each time; draw it with u."),
            Mistake(
                _first_token, "You look the first token up; what comes next depends on the last."
            ),
            Mistake(_new_ones_only, "Return the prompt, too."),
            Mistake(
                _slides,
                "You threw the oldest tokens away to make room. That changes the text behind "
                "the reader's back: stop instead.",
            ),
        ),
        hints=(
            "One token for each u, as in lesson 01: look up, make probabilities, draw, append.",
            "Before reading: is the text longer than n_positions? After drawing: is it the "
            "end token?",
            "`table[ids[-1]]` are the logits, (V,).",
        ),
        points=2,
        minutes=10,
        post="Model Output",
    ),
    Exercise(
        asks="What may new tokens see when others have gone before?",
        reference=chunk_mask,
        cases=_mask_cases,
        mistakes=(
            Mistake(
                _square_mask,
                "Your mask has no columns for the tokens that are kept. New tokens ask all "
                "keys, old and new: (T, past + T).",
            ),
            Mistake(
                _mask_from_0,
                "Your first new token sees only the very first key. It stands at place "
                "`past`, so it sees all the kept ones and itself: move the diagonal.",
            ),
            Mistake(
                _sees_all, "New tokens that come in one chunk must not see each other's future."
            ),
            Mistake(
                _mask_one_ahead,
                "Each new token sees one too many: its own key is the last it may see.",
            ),
            Mistake(_mask_without_itself, "A token may see itself, too."),
            Mistake(
                _whole_square, "Only the new tokens ask: T rows, the last T of the whole table."
            ),
        ),
        hints=(
            "Draw lesson 04's mask for past + T tokens. The last T rows of it are asked for.",
            "`tril` takes a number: `tril(past)` moves the diagonal to the right by `past`.",
        ),
        points=1,
        minutes=5,
        post=STORY,
    ),
    Exercise(
        asks="Attention for new tokens, with the keys and values of the old ones kept.",
        reference=attend_with_cache,
        cases=_attend_cases,
        needs=("attention_scores", "scale", "softmax", "weighted_sum", "chunk_mask"),
        mistakes=(
            Mistake(
                _new_in_front,
                "You put the new keys in front of the kept ones. What was found is right, "
                "but the next chunk's mask counts on the order of the text.",
            ),
            Mistake(
                _old_ones_only,
                "The new tokens ask the kept keys only and never see themselves. Append "
                "first, then score.",
            ),
            Mistake(
                _forgets_to_return,
                "You return the keys and values as they came in. The next token needs the "
                "new ones, too.",
            ),
            Mistake(
                _new_ones_returned,
                "You return the new keys and values alone; everything older is forgotten.",
            ),
            Mistake(
                _attend_mask_from_0,
                "Your mask starts at the first key, so a token after P kept ones sees only "
                "the beginning. Use your chunk_mask with the number of kept keys.",
            ),
            Mistake(
                _attend_unmasked,
                "Within a chunk the earlier of the new tokens see the later ones: mask the scores.",
            ),
            Mistake(_attend_unscaled, "The scores are not scaled."),
            Mistake(
                _attend_by_length,
                "You scale by the number of tokens; it is the width of a query that counts.",
            ),
        ),
        hints=(
            "`torch.cat([kept, new], dim=-2)` appends along the axis of tokens.",
            "From there it is lesson 04's masked_attention with another mask: T rows, P + T "
            "columns.",
            "How many are kept: `kept_k.shape[-2]`. How many are new: `q.shape[-2]`.",
        ),
        points=3,
        minutes=12,
        difficulty="medium",
        post=STORY,
    ),
    Exercise(
        asks="A block that remembers.",
        reference=block_with_cache,
        cases=_block_cases,
        needs=(
            "layer_norm",
            "project_qkv",
            "split_heads",
            "attend_with_cache",
            "merge_heads",
            "mlp",
        ),
        mistakes=(
            Mistake(
                _block_ignores_cache,
                "The kept keys and values are never used: give them to attend_with_cache.",
            ),
            Mistake(
                _block_returns_new_only,
                "You return the new keys and values alone. Return what attend_with_cache "
                "returns: old and new together.",
            ),
            Mistake(
                _block_without_norm,
                "Both LayerNorms are missing: attention and MLP read a normalised copy of x.",
            ),
            Mistake(
                _block_without_residual,
                "The stream is replaced, not added to: x plus what attention found, then "
                "plus what the MLP says.",
            ),
            Mistake(
                _block_without_mlp, "The second half is missing: LayerNorm 2, the MLP, added to x."
            ),
        ),
        hints=(
            "Begin with lesson 05's decoder_block, and open up its multi_head_attention: "
            "c_attn, split, attend, merge, c_proj.",
            "One line is new: `found, keys, values = attend_with_cache(q, k, v, kept_k, kept_v)`.",
            'After it: `x = x + merge_heads(found) @ block["attn.c_proj.weight"] + '
            'block["attn.c_proj.bias"]`.',
        ),
        points=2,
        minutes=10,
        difficulty="medium",
        post=STORY,
    ),
    Exercise(
        asks="GPT-2, reading only what is new.",
        reference=forward_with_cache,
        cases=_forward_cases,
        needs=("layer_norm", "block_with_cache", "unembed"),
        mistakes=(
            Mistake(
                _positions_from_0,
                "The positions of the new tokens begin at 0 again. They stand after the kept "
                "ones: begin at `past`.",
            ),
            Mistake(
                _layers_for_past,
                "`len(cache)` is the number of layers. Kept tokens: `cache[0][0].shape[-2]`.",
            ),
            Mistake(
                _one_position_for_all,
                "All tokens of a chunk got the same position; there is one for each: `past` "
                "to `past + T`.",
            ),
            Mistake(
                _old_cache, "You return the cache as it came in. Collect what each block returns."
            ),
            Mistake(
                _first_layer_for_all,
                "Every layer has its own keys and values; you return the first layer's for all.",
            ),
            Mistake(_no_ln_f, "The last LayerNorm, ln_f, is missing before the logits."),
            Mistake(_last_logits_only, "Return the logits of every new token, (T, V)."),
        ),
        hints=(
            "Begin with lesson 05's gpt2_forward. Three things change: the positions, what a "
            "block is given, what is returned.",
            "How many are kept: the length of any layer's keys, `cache[0][0].shape[-2]`.",
            "`for i, (kept_k, kept_v) in enumerate(cache):` goes through the layers; append "
            "each block's (keys, values) to a new list.",
        ),
        points=3,
        minutes=12,
        difficulty="hard",
        post=STORY,
    ),
    prediction(
        asks="Before you look: how much work does keeping save?",
        reference=predict_saving,
        guesses=(
            (2, "Twice would mean that reading 1,024 tokens again costs no more than reading one."),
            (
                30,
                "Every matrix in every block is applied to every token again. How many "
                "tokens are there?",
            ),
            (
                1_000_000,
                "1,024 squared is the number of scores, a small part of the work. How often "
                "is each matrix of a block used, in the one case and in the other?",
            ),
        ),
        hints=(
            "Most of the work is the matrices of the blocks: the same for each token that is "
            "read. How many tokens are read, with the cache and without?",
        ),
        minutes=2,
        post=STORY,
    ),
    Exercise(
        asks="Write with a cache: read the prompt once, then one token at a time.",
        reference=generate_with_cache,
        cases=_writing_cases,
        needs=("forward_with_cache", "logits_to_probabilities", "sample_id"),
        mistakes=(
            Mistake(
                _whole_text_each_time,
                "You feed the whole text again, on top of a cache that holds it already: the "
                "model reads everything twice. After the prompt, feed the newest token alone.",
            ),
            Mistake(
                _cache_not_kept,
                "The cache that comes back is thrown away, so each token is read as if it "
                "were the first: write `logits, cache = …`.",
            ),
            Mistake(_writes_the_best, "You take the likeliest token each time; draw it with u."),
            Mistake(
                _first_places_logits,
                "After a prompt there are logits for each of its places. The next token "
                "comes from the last.",
            ),
            Mistake(
                _all_places_logits,
                "`logits` has a row for each token that was read. The next token comes from "
                "the last row: `logits[-1]`.",
            ),
            Mistake(
                _write_one_early,
                "You stop one token too soon: a text of exactly n_positions can still be read.",
            ),
            Mistake(
                _writes_the_end, "The end token is not part of the text: stop before you append it."
            ),
            Mistake(_new_tokens_only, "Return the prompt, too."),
        ),
        hints=(
            "`generate_ids` once more; what changes is what is read in each step.",
            "Keep a list `unread`: the whole prompt at first, afterwards `[new]`.",
            'The longest text that can be read is `len(params["wpe.weight"])`.',
        ),
        points=3,
        minutes=10,
        difficulty="medium",
        post=STORY,
    ),
]
