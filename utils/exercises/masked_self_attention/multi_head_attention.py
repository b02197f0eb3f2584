"""GPT-2's attention, whole: c_attn, split, attend, merge, c_proj."""

from utils.exercises import Case, Exercise
from utils.exercises.masked_self_attention.causal_mask import causal_mask
from utils.exercises.masked_self_attention.masked_attention import (
    attend,
    attention_unmasked,
    masked_attention,
)
from utils.exercises.masked_self_attention.merge_heads import merge_heads, reshape_without_transpose
from utils.exercises.masked_self_attention.project_qkv import project_qkv
from utils.exercises.masked_self_attention.shared import normal
from utils.exercises.masked_self_attention.split_heads import split_heads, view_without_transpose


def multi_head_attention(x, c_attn_weight, c_attn_bias, c_proj_weight, c_proj_bias, n_head):
    q, k, v = project_qkv(x, c_attn_weight, c_attn_bias)  # (T, C) -> three of (T, C)
    q, k, v = (split_heads(part, n_head) for part in (q, k, v))  # -> (n_head, T, D)
    found = merge_heads(masked_attention(q, k, v))  # (n_head, T, D) -> (T, C)
    return found @ c_proj_weight + c_proj_bias  # (T, C) @ (C, C) + (C,) -> (T, C)


def cases(rng):
    def weights(C):
        return (
            normal(rng, C, 3 * C, size=C**-0.5),
            normal(rng, 3 * C),
            normal(rng, C, C, size=C**-0.5),
            normal(rng, C),
        )

    yield Case("four tokens, two heads of three", (normal(rng, 4, 6), *weights(6), 2))
    yield Case("one token", (normal(rng, 1, 8), *weights(8), 2))
    yield Case("one head", (normal(rng, 5, 4), *weights(4), 1))
    yield Case("nine tokens, four heads of two", (normal(rng, 9, 8, size=2), *weights(8), 4))
    in_float64 = [tensor.double() for tensor in (normal(rng, 3, 4), *weights(4))]
    yield Case("numbers in float64", (*in_float64, 2))
    yield Case("a batch of two", (normal(rng, 2, 5, 12, size=2), *weights(12), 3))


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


def no_c_proj(*args):
    """The last step is missing: after merging, multiply by c_proj's weight and add its bias."""
    return _block(*args, project=False)


def no_heads(x, aw, ab, pw, pb, n_head):
    """All heads act as one. Split q, k and v before attending, so that each head makes its own
    shares.
    """
    return _block(x, aw, ab, pw, pb, 1)


def not_merged(*args):
    """The heads are still apart: `merge_heads` comes before c_proj."""
    return _block(*args, merge=lambda heads: heads)


def scaled_by_c(x, aw, ab, pw, pb, n_head):
    """You scale by the root of n_embd. Each head's queries have only C / n_head numbers, and that
    is the width that counts.
    """
    return _block(
        x,
        aw,
        ab,
        pw,
        pb,
        n_head,
        attend=lambda q, k, v: attend(q, k, v, x.shape[-1] ** 0.5, causal_mask(x.shape[-2])),
    )


def block_view(*args):
    """This looks like `view` without `transpose`, both when splitting and when merging: the heads
    mix up tokens. Use your split_heads and merge_heads.
    """
    return _block(*args, split=view_without_transpose, merge=reshape_without_transpose)


def block_bad_merge(*args):
    """Split is right, merge is not: exchange the axes of heads and tokens before you flatten."""
    return _block(*args, merge=reshape_without_transpose)


def block_unmasked(*args):
    """The future is not hidden: use your masked_attention."""
    return _block(*args, attend=attention_unmasked)


def block_without_biases(x, aw, ab, pw, pb, n_head):
    """Both biases are missing: c_attn and c_proj each have one to add."""
    return multi_head_attention(x, aw, ab * 0, pw, pb * 0, n_head)


def c_proj_transposed(x, aw, ab, pw, pb, n_head):
    """`c_proj` needs no transpose: GPT-2 stores its matrices as [in, out], so it is `found @
    weight`. (`F.linear` transposes.)
    """
    return multi_head_attention(x, aw, ab, pw.T, pb, n_head)


def no_last_bias(x, aw, ab, pw, pb, n_head):
    """The bias of c_proj is missing."""
    return multi_head_attention(x, aw, ab, pw, pb * 0, n_head)


def no_first_bias(x, aw, ab, pw, pb, n_head):
    """The bias of c_attn is missing."""
    return multi_head_attention(x, aw, ab * 0, pw, pb, n_head)


def queries_and_keys_exchanged(*args):
    """Queries and keys have changed places: the query asks, and softmax runs over the keys."""
    return _block(*args, attend=lambda q, k, v: masked_attention(k, q, v))


def keys_for_values(*args):
    """You sum keys. A key is only for the comparison; what is passed on is the value."""
    return _block(*args, attend=lambda q, k, v: masked_attention(q, k, k))


def x_added(x, *args):
    """You add x to the result. That is the block's business, in lesson 05; here only what attention
    found.
    """
    return x + multi_head_attention(x, *args)


def queries_split_alone(x, aw, ab, pw, pb, n_head):
    """Only the queries are split. Keys and values need the same heads: split all three."""
    q, k, v = project_qkv(x, aw, ab)
    found = merge_heads(masked_attention(split_heads(q, n_head), k, v))
    return found @ pw + pb


def twelve_heads(x, aw, ab, pw, pb, n_head):
    """The number of heads is fixed at 12, as GPT-2 small has it. Use the argument, `n_head`."""
    return multi_head_attention(x, aw, ab, pw, pb, 12)


EXERCISE = Exercise(
    multi_head_attention,
    cases,
    mistakes=(
        no_c_proj,
        no_heads,
        not_merged,
        scaled_by_c,
        block_view,
        block_bad_merge,
        block_unmasked,
        block_without_biases,
        c_proj_transposed,
        no_last_bias,
        no_first_bias,
        queries_and_keys_exchanged,
        keys_for_values,
        x_added,
        queries_split_alone,
        twelve_heads,
    ),
    hints=(
        "Nothing new: four of your functions and one more matrix product.",
        "`q, k, v = (split_heads(part, n_head) for part in …)` splits all three.",
        "The last line is `found @ c_proj_weight + c_proj_bias`, with found the merged heads.",
    ),
    points=3,
    minutes=12,
    difficulty="medium",
    post="GPT-2 Masked Self-Attention",
    forbids=("scaled_dot_product_attention",),
)
