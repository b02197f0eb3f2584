"""Exercises of lesson 04: one attention head, then many heads as GPT-2 has them."""

import torch

from utils.exercises import Case, Exercise, Mistake, prediction

# ---------------------------------------------------------------- references


def attention_scores(q, k):
    return q @ k.transpose(-2, -1)  # (T, D) @ (D, S) -> (T, S)


def softmax(scores):
    highest = scores.max(dim=-1, keepdim=True).values  # (T, S) -> (T, 1)
    raised = torch.exp(scores - highest)  # (T, S) - (T, 1) -> (T, S)
    return raised / raised.sum(dim=-1, keepdim=True)  # (T, S) / (T, 1) -> (T, S)


def weighted_sum(weights, v):
    return weights @ v  # (T, S) @ (S, D) -> (T, D)


def scale(scores, d_k):
    return scores / d_k**0.5  # (T, S) -> (T, S)


def causal_mask(T):
    return torch.ones(T, T, dtype=torch.bool).tril()  # (T, T)


def masked_attention(q, k, v):
    scores = scale(attention_scores(q, k), q.shape[-1])  # (T, D) -> (T, T)
    visible = causal_mask(q.shape[-2])  # (T, T)
    scores = scores.masked_fill(~visible, -torch.inf)  # (T, T)
    return weighted_sum(softmax(scores), v)  # (T, T) @ (T, D) -> (T, D)


def hidden_divisor(scores, printed, candidates):
    def fits(divisor):
        return all(
            abs(share - shown) <= 0.005
            for row, shown_row in zip(scores, printed)
            for share, shown in zip(softmax(torch.tensor(row) / divisor).tolist(), shown_row)
        )

    return [divisor for divisor in candidates if fits(divisor)]


def project_qkv(x, weight, bias):
    qkv = x @ weight + bias  # (T, C) @ (C, 3C) + (3C,) -> (T, 3C)
    return qkv.chunk(3, dim=-1)  # (T, 3C) -> three of (T, C)


def split_heads(x, n_head):
    x = x.unflatten(-1, (n_head, -1))  # (T, C) -> (T, n_head, D)
    return x.transpose(-3, -2)  # (T, n_head, D) -> (n_head, T, D)


def merge_heads(heads):
    heads = heads.transpose(-3, -2)  # (n_head, T, D) -> (T, n_head, D)
    return heads.flatten(-2)  # (T, n_head, D) -> (T, C)


def multi_head_attention(x, c_attn_weight, c_attn_bias, c_proj_weight, c_proj_bias, n_head):
    q, k, v = project_qkv(x, c_attn_weight, c_attn_bias)  # (T, C) -> three of (T, C)
    q, k, v = (split_heads(part, n_head) for part in (q, k, v))  # -> (n_head, T, D)
    found = merge_heads(masked_attention(q, k, v))  # (n_head, T, D) -> (T, C)
    return found @ c_proj_weight + c_proj_bias  # (T, C) @ (C, C) + (C,) -> (T, C)


def predict_leak():
    before, after = _first_moves(masked_attention), _first_moves(_mask_after)
    return {
        (True, True): "both",
        (True, False): "before",
        (False, True): "after",
        (False, False): "neither",
    }[before, after]


# ---------------------------------------------------------------- shared with the lesson

# The scores that the post prints for "robot must obey orders" (masked ones left out), and the
# shares it prints for them.
POST_TOKENS = ("robot", "must", "obey", "orders")
POST_SCORES = ([0.11], [0.19, 0.50], [0.53, 0.98, 0.95], [0.81, 0.86, 0.38, 0.90])
POST_SHARES = ([1.00], [0.48, 0.52], [0.31, 0.35, 0.34], [0.25, 0.26, 0.23, 0.26])
# The shares of F21 and of F24 for the words that "it" looks back at, and "it" itself, as the post
# prints them.
POST_LOOKUP = {
    "<s>": 0.001,
    "a": 0.3,
    "robot": 0.5,
    "must": 0.002,
    "obey": 0.001,
    "the": 0.0003,
    "orders": 0.005,
    "given": 0.002,
    "it": 0.19,
}


def _mask_after(q, k, v):
    shares = softmax(scale(attention_scores(q, k), q.shape[-1]))
    return weighted_sum(shares * causal_mask(q.shape[-2]), v)


def _first_moves(attend):
    """Whether the first token's output moves when the last token's key and value are replaced."""
    generator = torch.Generator().manual_seed(0)
    q, k, v = torch.randn(3, 4, 8, generator=generator)
    before = attend(q, k, v)[0]
    k[-1], v[-1] = 3.0, -3.0
    return bool((attend(q, k, v)[0] - before).abs().max() > 1e-6)


# ---------------------------------------------------------------- cases


def _t(rng, *shape, size=1.0):
    return torch.tensor(rng.normal(size=shape) * size, dtype=torch.float32)


def _score_cases(rng):
    yield Case(
        "two tokens, numbers you can check by hand",
        (torch.tensor([[1.0, 0.0], [1.0, 2.0]]), torch.tensor([[3.0, 1.0], [0.0, 2.0]])),
    )
    yield Case("one token", (_t(rng, 1, 4), _t(rng, 1, 4)))
    yield Case("three queries and five keys", (_t(rng, 3, 4), _t(rng, 5, 4)))
    yield Case("keys that lie in memory the other way round", (_t(rng, 4, 6), _t(rng, 6, 4).T))
    yield Case("two heads at once", (_t(rng, 2, 3, 4), _t(rng, 2, 3, 4)))
    yield Case("a batch of two, three heads", (_t(rng, 2, 3, 5, 4), _t(rng, 2, 3, 5, 4)))


def _softmax_cases(rng):
    yield Case("two rows of three", (torch.tensor([[0.0, 1.0, 2.0], [1.0, 1.0, 1.0]]),))
    yield Case("one number: all of the share", (torch.tensor([[-7.5]]),))
    yield Case(
        "large scores, whose exp is too large for a float",
        (torch.tensor([[1000.0, 999.0], [500.0, 1000.0]]),),
    )
    yield Case("one row far below the other", (torch.tensor([[0.0, 1.0], [-900.0, -901.0]]),))
    yield Case(
        "hidden places",
        (torch.tensor([[2.0, -torch.inf, -torch.inf], [1.0, 3.0, -torch.inf], [0.0, 1.0, 2.0]]),),
    )
    yield Case("random rows", (_t(rng, 4, 4, size=2),))
    yield Case("two heads at once", (_t(rng, 2, 3, 3, size=2),))


def _sum_cases(rng):
    yield Case(
        "half of the first, half of the second",
        (torch.tensor([[0.5, 0.5]]), torch.tensor([[2.0, 0.0, 4.0], [0.0, 6.0, 4.0]])),
    )
    yield Case("one token", (torch.tensor([[1.0]]), _t(rng, 1, 5)))
    yield Case(
        "each row looks at one place only",
        (torch.eye(4)[torch.tensor([2, 0, 0, 1])], _t(rng, 4, 3)),
    )
    yield Case("three rows, five values", (softmax(_t(rng, 3, 5)), _t(rng, 5, 2)))
    yield Case("as many rows as values", (softmax(_t(rng, 4, 4)), _t(rng, 4, 4)))
    yield Case("two heads at once", (softmax(_t(rng, 2, 3, 3)), _t(rng, 2, 3, 4)))


def _scale_cases(rng):
    yield Case("d_k = 4", (torch.tensor([[2.0, 6.0], [-4.0, 0.0]]), 4))
    yield Case("d_k = 1: nothing to do", (_t(rng, 3, 3), 1))
    yield Case("d_k = 64, five tokens", (_t(rng, 5, 5, size=8), 64))
    yield Case("d_k = 2, two heads", (_t(rng, 2, 3, 3), 2))
    yield Case("a random d_k", (_t(rng, 3, 4, size=5), int(rng.integers(10, 50))))


def _mask_cases(rng):
    yield Case("four tokens", (4,))
    yield Case("one token sees itself", (1,))
    yield Case("two tokens", (2,))
    yield Case("a random length", (int(rng.integers(5, 12)),))


def _attention_cases(rng):
    q, k, v = _t(rng, 3, 4, 2)
    yield Case("four tokens, d_k = 2", (q, k, v))
    yield Case("one token: its own value", tuple(_t(rng, 3, 1, 4)))
    yield Case("values of another width", (_t(rng, 3, 4), _t(rng, 3, 4), _t(rng, 3, 7)))
    yield Case("large scores", tuple(_t(rng, 3, 5, 4, size=25)))
    yield Case(
        "a later token whose score is far above all others",
        (
            torch.tensor([[1.0], [1.0], [1.0]]),
            torch.tensor([[0.0], [1.0], [300.0]]),
            torch.tensor([[1.0], [2.0], [3.0]]),
        ),
    )
    yield Case("two heads at once", tuple(_t(rng, 3, 2, 4, 8)))
    yield Case("a batch of two, three heads", tuple(_t(rng, 3, 2, 3, 6, 4)))


def _divisor_cases(rng):
    tried = [d / 4 for d in range(1, 41)]
    yield Case(
        "the post's table, divisors 0.25, 0.5, … 10", (list(POST_SCORES), list(POST_SHARES), tried)
    )
    yield Case(
        "a table without a divisor",
        (
            [[1.0, 2.0], [3.0, 1.0, 1.0]],
            _printed([[1.0, 2.0], [3.0, 1.0, 1.0]], 1.0),
            [0.5, 1.0, 2.0],
        ),
    )
    yield Case(
        "only rows of one number: every divisor fits",
        ([[0.3], [2.0]], [[1.0], [1.0]], [1.0, 2.0, 4.0]),
    )
    yield Case("shares that no divisor gives", ([[1.0, 3.0]], [[0.9, 0.1]], tried))
    rows = [
        [float(x) for x in np_row.round(2)]
        for np_row in (rng.normal(size=n) * 4 for n in (1, 2, 3, 4))
    ]
    yield Case(
        "a table made with a random divisor",
        (rows, _printed(rows, float(rng.integers(8, 32)) / 4), tried),
    )


def _printed(rows, divisor):
    return [
        [round(share, 2) for share in softmax(torch.tensor(row) / divisor).tolist()] for row in rows
    ]


def _qkv_cases(rng):
    yield Case(
        "two tokens, width 1: numbers you can check by hand",
        (
            torch.tensor([[1.0], [2.0]]),
            torch.tensor([[1.0, 10.0, 100.0]]),
            torch.tensor([0.5, 0.0, 0.0]),
        ),
    )
    yield Case("one token, width 4", (_t(rng, 1, 4), _t(rng, 4, 12), _t(rng, 12)))
    yield Case("five tokens, width 6", (_t(rng, 5, 6), _t(rng, 6, 18), _t(rng, 18)))
    yield Case(
        "three tokens, width 4, weights that lie the other way round in memory",
        (_t(rng, 3, 4), _t(rng, 12, 4).T, _t(rng, 12)),
    )
    yield Case("a batch of two", (_t(rng, 2, 3, 4), _t(rng, 4, 12), _t(rng, 12)))


def _split_cases(rng):
    yield Case("two tokens, two heads of two", (torch.tensor([[1.0, 2, 3, 4], [5, 6, 7, 8]]), 2))
    yield Case("one token, four heads of two", (_t(rng, 1, 8), 4))
    yield Case("one head", (_t(rng, 3, 4), 1))
    yield Case("three tokens, two heads of four", (_t(rng, 3, 8), 2))
    yield Case("numbers that lie in memory the other way round", (_t(rng, 6, 4).T, 3))
    yield Case("a batch of two", (_t(rng, 2, 5, 12), 3))


def _merge_cases(rng):
    yield Case(
        "two heads of two, two tokens", (torch.tensor([[[1.0, 2], [5, 6]], [[3, 4], [7, 8]]]),)
    )
    yield Case("one token, four heads", (_t(rng, 4, 1, 2),))
    yield Case("one head", (_t(rng, 1, 3, 4),))
    yield Case("three heads, five tokens", (_t(rng, 3, 5, 2),))
    yield Case("heads just split, never copied", (split_heads(_t(rng, 4, 6), 2),))
    yield Case("a batch of two", (_t(rng, 2, 3, 5, 4),))


def _block_cases(rng):
    def weights(C):
        return (
            _t(rng, C, 3 * C, size=C**-0.5),
            _t(rng, 3 * C),
            _t(rng, C, C, size=C**-0.5),
            _t(rng, C),
        )

    yield Case("four tokens, two heads of three", (_t(rng, 4, 6), *weights(6), 2))
    yield Case("one token", (_t(rng, 1, 8), *weights(8), 2))
    yield Case("one head", (_t(rng, 5, 4), *weights(4), 1))
    yield Case("nine tokens, four heads of two", (_t(rng, 9, 8, size=2), *weights(8), 4))
    yield Case("a batch of two", (_t(rng, 2, 5, 12, size=2), *weights(12), 3))


# ---------------------------------------------------------------- mistakes


def _not_transposed(q, k):
    return q @ k


def _number_by_number(q, k):
    return q * k


def _capital_t(q, k):
    if k.dim() > 2:
        raise RuntimeError(".T is for matrices")
    return q @ k.T


def _keys_in_rows(q, k):
    return k @ q.transpose(-2, -1)


def _over_tokens(q, k):
    return q.transpose(-2, -1) @ k


def _scaled_already(q, k):
    return attention_scores(q, k) / q.shape[-1] ** 0.5


def _naive_softmax(scores):
    raised = torch.exp(scores)
    return raised / raised.sum(-1, keepdim=True)


def _max_without_values(scores):
    raised = torch.exp(scores - scores.max(dim=-1, keepdim=True))
    return raised / raised.sum(-1, keepdim=True)


def _by_column(scores):
    return softmax(scores.transpose(-2, -1)).transpose(-2, -1)


def _first_axis(scores):
    return torch.softmax(scores, 0)


def _naive_and_no_keepdim(scores):
    raised = torch.exp(scores)
    return raised / raised.sum(-1)


def _maximum_no_keepdim(scores):
    raised = torch.exp(scores - scores.max(-1).values)
    return raised / raised.sum(-1, keepdim=True)


def _over_everything(scores):
    return torch.softmax(scores.flatten(), 0).view_as(scores)


def _no_keepdim(scores):
    raised = torch.exp(scores - scores.max(-1, keepdim=True).values)
    return raised / raised.sum(-1)


def _one_maximum(scores):
    raised = torch.exp(scores - scores.max())
    return raised / raised.sum(-1, keepdim=True)


def _not_divided(scores):
    return torch.exp(scores - scores.max(-1, keepdim=True).values)


def _columns_as_weights(weights, v):
    return weights.transpose(-2, -1) @ v


def _plain_mean(weights, v):
    return v.mean(-2, keepdim=True).expand(*weights.shape[:-1], v.shape[-1])


def _only_the_best(weights, v):
    return torch.nn.functional.one_hot(weights.argmax(-1), weights.shape[-1]).to(v.dtype) @ v


def _values_first(weights, v):
    return v @ weights


def _sum_of_matrices_only(weights, v):
    if weights.dim() > 2:
        raise RuntimeError("sizes do not match")
    return weights @ v


def _by_d_k(scores, d_k):
    return scores / d_k


def _times_root(scores, d_k):
    return scores * d_k**0.5


def _by_tokens(scores, d_k):
    return scores / scores.shape[-1] ** 0.5


def _unscaled(scores, d_k):
    return scores


def _upper(T):
    return torch.ones(T, T, dtype=torch.bool).triu()


def _not_itself(T):
    return torch.ones(T, T, dtype=torch.bool).tril(-1)


def _one_ahead(T):
    return torch.ones(T, T, dtype=torch.bool).tril(1)


def _turned_round(T):
    return ~causal_mask(T)


def _as_floats(T):
    return causal_mask(T).float()


def _as_minus_infinity(T):
    return torch.zeros(T, T).masked_fill(~causal_mask(T), -torch.inf)


def _attend(q, k, v, divisor, mask):
    scores = (attention_scores(q, k) / divisor).masked_fill(~mask, -torch.inf)
    return softmax(scores) @ v


def _attention_unscaled(q, k, v):
    return _attend(q, k, v, 1.0, causal_mask(q.shape[-2]))


def _attention_by_d_k(q, k, v):
    return _attend(q, k, v, q.shape[-1], causal_mask(q.shape[-2]))


def _attention_unmasked(q, k, v):
    return softmax(scale(attention_scores(q, k), q.shape[-1])) @ v


def _attention_masked_with_zero(q, k, v):
    return softmax(scale(attention_scores(q, k), q.shape[-1]) * causal_mask(q.shape[-2])) @ v


def _bools_added(q, k, v):
    return softmax(scale(attention_scores(q, k), q.shape[-1]) + causal_mask(q.shape[-2])) @ v


def _attention_one_ahead(q, k, v):
    return _attend(q, k, v, q.shape[-1] ** 0.5, _one_ahead(q.shape[-2]))


def _attention_not_itself(q, k, v):
    return _attend(q, k, v, q.shape[-1] ** 0.5, _not_itself(q.shape[-2]))


def _attention_backwards(q, k, v):
    return _attend(q, k, v, q.shape[-1] ** 0.5, ~causal_mask(q.shape[-2]))


def _attention_of_one_head(q, k, v):
    if q.dim() > 2:
        raise RuntimeError("sizes do not match")
    return masked_attention(q, k, v)


def _attention_renormalised(q, k, v):
    shares = softmax(scale(attention_scores(q, k), q.shape[-1])) * causal_mask(q.shape[-2])
    return shares / shares.sum(-1, keepdim=True) @ v


def _attention_by_column(q, k, v):
    scores = scale(attention_scores(q, k), q.shape[-1]).masked_fill(
        ~causal_mask(q.shape[-2]), -torch.inf
    )
    return _by_column(scores) @ v


def _fits(row, shown, divisor, width=0.005):
    return all(
        abs(a - b) <= width for a, b in zip(softmax(torch.tensor(row) / divisor).tolist(), shown)
    )


def _any_row(scores, printed, candidates):
    return [d for d in candidates if any(_fits(r, s, d) for r, s in zip(scores, printed))]


def _last_row_only(scores, printed, candidates):
    return [d for d in candidates if _fits(scores[-1], printed[-1], d)]


def _multiplied(scores, printed, candidates):
    return [d for d in candidates if all(_fits(r, s, 1 / d) for r, s in zip(scores, printed))]


def _exactly(scores, printed, candidates):
    return [d for d in candidates if all(_fits(r, s, d, 1e-7) for r, s in zip(scores, printed))]


def _first_that_fits(scores, printed, candidates):
    return hidden_divisor(scores, printed, candidates)[:1]


def _without_bias(x, weight, bias):
    return project_qkv(x, weight, torch.zeros_like(bias))


def _dealt_like_cards(x, weight, bias):
    return (x @ weight + bias).unflatten(-1, (-1, 3)).unbind(-1)


def _weight_turned(x, weight, bias):
    return (x @ weight.T + bias).chunk(3, -1)


def _cuts_tokens(x, weight, bias):
    return (x @ weight + bias).chunk(3, dim=0)


def _in_one_piece(x, weight, bias):
    return x @ weight + bias


def _view_without_transpose(x, n_head):
    return x.reshape(*x.shape[:-2], n_head, x.shape[-2], -1)


def _heads_second(x, n_head):
    return x.unflatten(-1, (n_head, -1))


def _several_tensors(x, n_head):
    return x.chunk(n_head, dim=-1)


def _features_second(x, n_head):
    return x.unflatten(-1, (n_head, -1)).transpose(-1, -2)


def _heads_of_that_size(x, n_head):
    return split_heads(x, x.shape[-1] // n_head)


def _every_nth(x, n_head):
    return x.unflatten(-1, (-1, n_head)).movedim(-1, -3)


def _split_from_the_front(x, n_head):
    return x.reshape(x.shape[0], n_head, -1).transpose(0, 1)


def _merged_from_the_front(heads):
    return heads.transpose(0, 1).reshape(heads.shape[1], -1)


def _reshape_without_transpose(heads):
    return heads.reshape(*heads.shape[:-3], heads.shape[-2], -1)


def _tokens_and_features(heads):
    return heads.flatten(-2)


def _heads_and_tokens(heads):
    return heads.flatten(-3, -2)


def _added_up(heads):
    return heads.sum(-3)


def _features_first(heads):
    return heads.movedim(-3, -1).flatten(-2)


def _view_of_transposed(heads):
    turned = heads.transpose(-3, -2)
    return turned.view(*turned.shape[:-2], -1)


def _block(
    x,
    aw,
    ab,
    pw,
    pb,
    n_head,
    split=split_heads,
    merge=merge_heads,
    attend=masked_attention,
    project=True,
):
    q, k, v = (split(part, n_head) for part in project_qkv(x, aw, ab))
    found = merge(attend(q, k, v))
    return found @ pw + pb if project else found


def _no_c_proj(*args):
    return _block(*args, project=False)


def _no_heads(x, aw, ab, pw, pb, n_head):
    return _block(x, aw, ab, pw, pb, 1)


def _not_merged(*args):
    return _block(*args, merge=lambda heads: heads)


def _scaled_by_c(x, aw, ab, pw, pb, n_head):
    return _block(
        x,
        aw,
        ab,
        pw,
        pb,
        n_head,
        attend=lambda q, k, v: _attend(q, k, v, x.shape[-1] ** 0.5, causal_mask(x.shape[-2])),
    )


def _block_view(*args):
    return _block(*args, split=_view_without_transpose, merge=_reshape_without_transpose)


def _block_bad_merge(*args):
    return _block(*args, merge=_reshape_without_transpose)


def _block_unmasked(*args):
    return _block(*args, attend=_attention_unmasked)


def _block_without_biases(x, aw, ab, pw, pb, n_head):
    return multi_head_attention(x, aw, ab * 0, pw, pb * 0, n_head)


# ---------------------------------------------------------------- the registry of this lesson

ONE, MASKED, TWO = (
    "Self-Attention (without masking)",
    "The Illustrated Masked Self-Attention",
    "GPT-2 Masked Self-Attention",
)

EXERCISES = [
    Exercise(
        asks="How well does each query match each key?",
        reference=attention_scores,
        cases=_score_cases,
        mistakes=(
            Mistake(
                _not_transposed,
                "This multiplies q by k as they stand, so the columns of q meet the rows of "
                "k. Each query (a row of q) must meet each key (a row of k): turn k round "
                "first.",
            ),
            Mistake(
                _capital_t,
                "Right for one head only. With heads in front, exchange just the last two "
                "axes of k, counted from the end (`.T` is for plain matrices).",
            ),
            Mistake(
                _number_by_number,
                "You multiply number by number and stop there. A dot product also adds up, "
                "and every query meets every key: use a matrix product.",
            ),
            Mistake(
                _keys_in_rows,
                "Your table is turned round: the row should say who asks (query), the column "
                "who is asked (key). Look at which of the two comes first in the product.",
            ),
            Mistake(
                _over_tokens,
                "Your result has a row and a column for each feature, not for each token: "
                "the sum runs over the wrong axis. Look at the two shapes beside the @.",
            ),
            Mistake(
                _scaled_already,
                "These are scores already divided by the root of their width. That step "
                "comes later, as a function of its own; here only the dot products.",
            ),
        ),
        hints=(
            "One score is a dot product: multiply two vectors number by number and add up. A "
            "matrix product makes all of them at once.",
            "(T, D) @ (D, S) gives (T, S). k is (S, D): which two axes of it must change places?",
            "`k.transpose(-2, -1)` exchanges the last two axes and leaves those in front alone.",
        ),
        points=2,
        minutes=5,
        post=ONE,
    ),
    Exercise(
        asks="Turn each row of scores into shares that add up to 1.",
        reference=softmax,
        cases=_softmax_cases,
        mistakes=(
            Mistake(
                _naive_softmax,
                "Right for small scores; for large ones exp overflows to infinity, and "
                "infinity divided by infinity is nan. Make each row smaller before exp: "
                "subtracting the same number from a whole row changes no share.",
            ),
            Mistake(
                _by_column,
                "Your columns add up to 1. It is each row, one query, that has one whole to "
                "give away: look at `dim`.",
            ),
            Mistake(
                _first_axis,
                "You share along the first axis, `dim=0`. A row runs along the last one.",
            ),
            Mistake(
                _naive_and_no_keepdim,
                "Two things. The sums have lost their axis, so they meet the wrong numbers: "
                "keep it, (T, 1). And large scores overflow: subtract each row's largest "
                "first.",
            ),
            Mistake(
                _maximum_no_keepdim,
                "The maxima have lost their axis, so they meet the wrong rows: keep it, (T, "
                "1), with keepdim=True.",
            ),
            Mistake(
                _over_everything,
                "All your numbers together add up to 1. Each row should do so by itself: "
                "give `sum` a `dim`.",
            ),
            Mistake(
                _no_keepdim,
                "The sums have lost their axis, so each column is divided by a row's sum, "
                "without any error. Keep the axis: (T, 1), not (T,).",
            ),
            Mistake(
                _one_maximum,
                "You subtract the largest score of the whole table. A row far below it then "
                "becomes exp of something hugely negative, all zeros, and 0 / 0. Take each "
                "row's own maximum.",
            ),
            Mistake(
                _max_without_values,
                "`max` with a `dim` gives two things, the numbers and their places. Take the "
                "numbers: `.values`.",
            ),
            Mistake(
                _not_divided,
                "These are not shares yet: the rows do not add up to 1. Divide each row by "
                "its sum.",
            ),
        ),
        hints=(
            "Three steps: make each row's largest score 0, take exp, divide by the row's sum.",
            "`scores.max(dim=-1, keepdim=True).values` has the shape (T, 1), so that it can "
            "be subtracted from (T, S).",
            "`raised = torch.exp(scores - highest)`, then `raised / raised.sum(dim=-1, "
            "keepdim=True)`.",
        ),
        points=2,
        minutes=10,
        post=ONE,
    ),
    Exercise(
        asks="Mix the values by their shares.",
        reference=weighted_sum,
        cases=_sum_cases,
        mistakes=(
            Mistake(
                _columns_as_weights,
                "You used the columns of the table as shares. A row belongs to one query and "
                "holds its shares: no transpose is needed here.",
            ),
            Mistake(
                _plain_mean,
                "Every value counts alike in your mix, whatever its share. Multiply each "
                "value by its share before adding.",
            ),
            Mistake(
                _only_the_best,
                "You return the one value with the largest share, as a hard lookup would. "
                "The soft one mixes all of them.",
            ),
            Mistake(
                _sum_of_matrices_only,
                "Right for one head only: with heads in front it fails. A matrix product "
                "leaves the axes in front alone.",
            ),
            Mistake(
                _values_first,
                "The product is the wrong way round: shares (T, S) come first, values (S, D) "
                "second, so that the S in the middle is summed away.",
            ),
        ),
        hints=(
            "For one query: share 1 times value 1, plus share 2 times value 2, and so on.",
            "For all queries at once that is a matrix product: (T, S) @ (S, D).",
        ),
        points=1,
        minutes=5,
        post=ONE,
    ),
    Exercise(
        asks="Make the scores independent of how wide the vectors are.",
        reference=scale,
        cases=_scale_cases,
        mistakes=(
            Mistake(
                _by_d_k,
                "You divide by d_k. The spread of the scores grows with its square root "
                "only, so this makes wide vectors too timid.",
            ),
            Mistake(
                _times_root, "You multiply; the scores are too large already and should shrink."
            ),
            Mistake(
                _by_tokens,
                "You use the number of tokens. What makes scores grow is the number of "
                "products in each sum: the width d_k of a query.",
            ),
            Mistake(_unscaled, "The scores came back unchanged."),
        ),
        hints=(
            "The typical size of a sum of d_k random products is the square root of d_k.",
            "`d_k ** 0.5` is that root.",
        ),
        points=1,
        minutes=3,
    ),
    Exercise(
        asks="Which places may each position see?",
        reference=causal_mask,
        cases=_mask_cases,
        mistakes=(
            Mistake(
                _upper,
                "Your True cells lie above the diagonal: each position sees the future and "
                "not the past. The row is the one who looks, the column what is looked at.",
            ),
            Mistake(
                _not_itself,
                "No position sees itself, so the first one sees nothing at all. The diagonal "
                "should be True.",
            ),
            Mistake(
                _one_ahead,
                "Each position sees one place too far: the very token it is to predict. The "
                "diagonal is the last True cell of a row.",
            ),
            Mistake(
                _turned_round,
                "True and False are exchanged: here True means that the place may be seen.",
            ),
            Mistake(
                _as_floats,
                "The pattern is right, but these are floats. Make them bools, so that the "
                "mask can be used as a condition.",
            ),
            Mistake(
                _as_minus_infinity,
                "This is what to add to the scores (0 and minus infinity). Asked for is the "
                "table of bools: True where a place may be seen.",
            ),
        ),
        hints=(
            "Row t is True in columns 0 to t, both included.",
            "`torch.ones(T, T, dtype=torch.bool)` is all True; `.tril()` keeps the lower "
            "left triangle with its diagonal.",
        ),
        points=2,
        minutes=5,
        post=MASKED,
    ),
    prediction(
        asks="Before you look: where does a later token leak into an earlier output?",
        reference=predict_leak,
        guesses=(
            (
                "before",
                "Masked before softmax, a future score is minus infinity, and exp of that is "
                "exactly 0. Can anything still depend on it?",
            ),
            (
                "both",
                "In one of the two, the future score is gone before anything is divided by "
                "anything.",
            ),
            (
                "neither",
                "Look at what softmax divides by. In one of the two, the future is in that sum.",
            ),
        ),
        hints=(
            "Softmax divides by a sum over the row. Which scores are in that sum, in each of "
            "the two orders?",
        ),
        minutes=2,
        post=MASKED,
    ),
    Exercise(
        asks="One whole attention head: score, scale, mask, softmax, sum.",
        reference=masked_attention,
        cases=_attention_cases,
        needs=("attention_scores", "softmax", "weighted_sum", "scale", "causal_mask"),
        mistakes=(
            Mistake(
                _attention_unscaled,
                "The scores are not scaled: divide by the root of the width of a query "
                "before the mask.",
            ),
            Mistake(
                _attention_by_d_k,
                "You divide by the width itself; it is its square root that fits.",
            ),
            Mistake(
                _attention_unmasked,
                "Nothing is masked: the first position sees all the others. Hide the future "
                "before softmax.",
            ),
            Mistake(
                _mask_after,
                "The mask comes after softmax, so the rows no longer add up to 1, and the "
                "future still counts in what they were divided by. Put minus infinity in "
                "before softmax.",
            ),
            Mistake(
                _attention_renormalised,
                "Masking after softmax and dividing again is right on paper, but where a "
                "hidden score is far above the visible ones nothing is left of them: 0 / 0. "
                "Mask before softmax.",
            ),
            Mistake(
                _attention_masked_with_zero,
                "Hidden places got the score 0, which is a score like any other: exp(0) is "
                "1. Use minus infinity.",
            ),
            Mistake(
                _bools_added,
                "You add the table of bools: that adds 1 to each visible score and hides "
                "nothing. Set hidden scores to minus infinity with `masked_fill`.",
            ),
            Mistake(_attention_one_ahead, "Each position sees one place too far ahead."),
            Mistake(
                _attention_not_itself,
                "No position sees itself; the first then sees nothing, and its output is nan.",
            ),
            Mistake(
                _attention_backwards,
                "You hide the past and show the future: `masked_fill` fills where its mask "
                "is True, and yours is True where a place may be seen. Turn it round with ~.",
            ),
            Mistake(
                _attention_of_one_head,
                "Right for one head only. Count the axes from the end: the tokens are "
                "`q.shape[-2]`, not `len(q)` or `q.shape[0]`.",
            ),
            Mistake(
                _attention_by_column, "Softmax runs down the columns; each row should add up to 1."
            ),
        ),
        hints=(
            "Five lines, one for each function you wrote, in the order of the heading.",
            "`scores.masked_fill(condition, -torch.inf)` writes minus infinity where the "
            "condition is True. Yours must be True where a place is hidden.",
            "The width of a query is `q.shape[-1]`, the number of tokens `q.shape[-2]`.",
        ),
        points=3,
        minutes=10,
        difficulty="medium",
        post=MASKED,
    ),
    Exercise(
        asks="Find what the post divided its scores by.",
        reference=hidden_divisor,
        cases=_divisor_cases,
        needs=("softmax",),
        mistakes=(
            Mistake(
                _any_row,
                "You keep a divisor when one row fits. The row of a single token fits "
                "always; every row must.",
            ),
            Mistake(
                _last_row_only,
                "You look at the last row only; an earlier row may rule a divisor out.",
            ),
            Mistake(_multiplied, "You multiply the scores by the candidate; divide by it."),
            Mistake(
                _exactly,
                "You ask for the printed number exactly, but it was rounded to two digits. "
                "Anything within half a hundredth of it would be printed so.",
            ),
            Mistake(
                _first_that_fits,
                "You stop at the first divisor that fits; return all of them, in their order.",
            ),
        ),
        hints=(
            "For each candidate: divide every row by it, apply softmax, and compare with "
            "what is printed.",
            "A printed 0.48 stands for anything from 0.475 to 0.485: `abs(share - shown) <= "
            "0.005`.",
            "`softmax(torch.tensor(row) / divisor).tolist()` gives one row's shares; "
            "`all(…)` over all of them.",
        ),
        points=2,
        minutes=10,
        difficulty="medium",
        post=MASKED,
    ),
    Exercise(
        asks="Queries, keys and values from one matrix.",
        reference=project_qkv,
        cases=_qkv_cases,
        mistakes=(
            Mistake(
                _without_bias, "The bias is missing: add it to the product, (3C,) to every token."
            ),
            Mistake(
                _dealt_like_cards,
                "You deal the 3C numbers out like cards. The first C are the query, the next "
                "C the key, the last C the value: three whole pieces.",
            ),
            Mistake(
                _weight_turned,
                "The weight needs no transpose: GPT-2 stores it as [in, out], here (C, 3C), "
                "and x comes first.",
            ),
            Mistake(
                _cuts_tokens,
                "You cut the tokens into three groups. Cut the last axis: each token's own "
                "3C numbers.",
            ),
            Mistake(
                _in_one_piece, "This is all of q, k and v still in one piece; cut it in three."
            ),
        ),
        hints=(
            "One line multiplies and adds, one line cuts.",
            "`something.chunk(3, dim=-1)` cuts the last axis into three equal pieces.",
        ),
        points=1,
        minutes=5,
        post=TWO,
    ),
    Exercise(
        asks="Give each head its own slice of every vector.",
        reference=split_heads,
        cases=_split_cases,
        mistakes=(
            Mistake(
                _view_without_transpose,
                "The shape is right and the contents are mixed up: `view` alone refills the "
                "numbers in the order of memory, so one head gets whole tokens. First cut "
                "the last axis in two, then exchange the axes of tokens and heads.",
            ),
            Mistake(
                _heads_second,
                "The cut is right; now the heads must come in front of the tokens: exchange "
                "those two axes.",
            ),
            Mistake(
                _several_tensors,
                "You return several tensors. One is asked for, (n_head, T, D): cut the last "
                "axis in two with `unflatten`, then exchange axes.",
            ),
            Mistake(
                _features_second,
                "You exchange heads and features. Exchange tokens and heads: axes −3 and −2 "
                "after the cut.",
            ),
            Mistake(
                _heads_of_that_size,
                "You made heads of size n_head; asked for are n_head heads. Their size is C "
                "/ n_head.",
            ),
            Mistake(
                _split_from_the_front,
                "Right without a batch. Count the axes from the end: tokens are -2 at first, "
                "so that anything may stand in front.",
            ),
            Mistake(
                _every_nth,
                "Head 0 got every n-th number. A head is a run of neighbours: the first D "
                "numbers are head 0, the next D head 1.",
            ),
        ),
        hints=(
            "Two steps: (T, C) -> (T, n_head, D), then (T, n_head, D) -> (n_head, T, D).",
            "`x.unflatten(-1, (n_head, -1))` cuts the last axis in two; -1 means: whatever "
            "is left.",
            "Then `.transpose(-3, -2)` exchanges tokens and heads, and leaves a batch in "
            "front alone.",
        ),
        points=2,
        minutes=10,
        difficulty="medium",
        post=TWO,
    ),
    Exercise(
        asks="Put the heads' finds side by side again.",
        reference=merge_heads,
        cases=_merge_cases,
        mistakes=(
            Mistake(
                _reshape_without_transpose,
                "The shape is right and the contents are mixed up: without exchanging the "
                "axes first, a row holds several tokens of one head. Undo the split in the "
                "opposite order.",
            ),
            Mistake(
                _tokens_and_features,
                "You joined tokens and features. First exchange heads and tokens, then join "
                "the last two axes.",
            ),
            Mistake(
                _heads_and_tokens,
                "You joined heads and tokens. First exchange these two axes, then join the "
                "last two.",
            ),
            Mistake(
                _added_up,
                "You added the heads up. They are put side by side: (T, n_head, D) -> (T, C).",
            ),
            Mistake(
                _merged_from_the_front,
                "Right without a batch. Count the axes from the end: heads and tokens are -3 "
                "and -2.",
            ),
            Mistake(
                _features_first,
                "Your row has the first number of every head, then the second of every head. "
                "Head 0 should come whole, then head 1.",
            ),
            Mistake(
                _view_of_transposed,
                "`view` raised an error because after a transpose the numbers no longer lie "
                "in memory in that order. `flatten` and `reshape` copy them where they must.",
            ),
        ),
        hints=(
            "The opposite of split_heads, in the opposite order: exchange the axes, then "
            "join two of them.",
            "`.flatten(-2)` joins the last two axes.",
        ),
        points=1,
        minutes=5,
        post=TWO,
    ),
    Exercise(
        asks="GPT-2's attention, whole: c_attn, split, attend, merge, c_proj.",
        reference=multi_head_attention,
        cases=_block_cases,
        needs=("project_qkv", "split_heads", "masked_attention", "merge_heads"),
        mistakes=(
            Mistake(
                _no_c_proj,
                "The last step is missing: after merging, multiply by c_proj's weight and "
                "add its bias.",
            ),
            Mistake(
                _no_heads,
                "All heads act as one. Split q, k and v before attending, so that each head "
                "makes its own shares.",
            ),
            Mistake(_not_merged, "The heads are still apart: `merge_heads` comes before c_proj."),
            Mistake(
                _scaled_by_c,
                "You scale by the root of n_embd. Each head's queries have only C / n_head "
                "numbers, and that is the width that counts.",
            ),
            Mistake(
                _block_view,
                "This looks like `view` without `transpose`, both when splitting and when "
                "merging: the heads mix up tokens. Use your split_heads and merge_heads.",
            ),
            Mistake(
                _block_bad_merge,
                "Split is right, merge is not: exchange the axes of heads and tokens before "
                "you flatten.",
            ),
            Mistake(_block_unmasked, "The future is not hidden: use your masked_attention."),
            Mistake(
                _block_without_biases,
                "Both biases are missing: c_attn and c_proj each have one to add.",
            ),
        ),
        hints=(
            "Nothing new: four of your functions and one more matrix product.",
            "`q, k, v = (split_heads(part, n_head) for part in …)` splits all three.",
            "The last line is `found @ c_proj_weight + c_proj_bias`, with found the merged heads.",
        ),
        points=3,
        minutes=10,
        difficulty="medium",
        post=TWO,
    ),
]
