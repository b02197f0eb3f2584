"""One whole attention head: score, scale, mask, softmax, sum."""

import torch

from utils.exercises import Case, Exercise
from utils.exercises.masked_self_attention.attention_scores import attention_scores
from utils.exercises.masked_self_attention.causal_mask import causal_mask, not_itself, one_ahead
from utils.exercises.masked_self_attention.scale import scale
from utils.exercises.masked_self_attention.shared import normal
from utils.exercises.masked_self_attention.softmax import by_column, softmax
from utils.exercises.masked_self_attention.weighted_sum import weighted_sum


def masked_attention(q, k, v):
    scores = scale(attention_scores(q, k), q.shape[-1])  # (T, D) -> (T, T)
    visible = causal_mask(q.shape[-2])  # (T, T)
    scores = scores.masked_fill(~visible, -torch.inf)  # (T, T)
    return weighted_sum(softmax(scores), v)  # (T, T) @ (T, D) -> (T, D)


def cases(rng):
    q, k, v = normal(rng, 3, 4, 2)
    yield Case("four tokens, d_k = 2", (q, k, v))
    yield Case("one token: its own value", tuple(normal(rng, 3, 1, 4)))
    yield Case("values of another width", (normal(rng, 3, 4), normal(rng, 3, 4), normal(rng, 3, 7)))
    yield Case("large scores", tuple(normal(rng, 3, 5, 4, size=25)))
    yield Case(
        "a later token whose score is far above all others",
        (
            torch.tensor([[1.0], [1.0], [1.0]]),
            torch.tensor([[0.0], [1.0], [300.0]]),
            torch.tensor([[1.0], [2.0], [3.0]]),
        ),
    )
    yield Case(
        "visible scores far below zero",
        (torch.ones(3, 1), torch.tensor([[-4e5], [-4e5 - 1], [0.0]]), normal(rng, 3, 2)),
    )
    yield Case("numbers in float64", tuple(normal(rng, 3, 3, 2).double()))
    yield Case("two heads at once", tuple(normal(rng, 3, 2, 4, 8)))
    yield Case("a batch of two, three heads", tuple(normal(rng, 3, 2, 3, 6, 4)))


def attend(q, k, v, divisor, mask):
    scores = (attention_scores(q, k) / divisor).masked_fill(~mask, -torch.inf)
    return softmax(scores) @ v


def attention_unscaled(q, k, v):
    """The scores are not scaled: divide by the root of the width of a query before the mask."""
    return attend(q, k, v, 1.0, causal_mask(q.shape[-2]))


def attention_by_d_k(q, k, v):
    """You divide by the width itself; divide by its square root."""
    return attend(q, k, v, q.shape[-1], causal_mask(q.shape[-2]))


def attention_unmasked(q, k, v):
    """Nothing is masked: the first position sees all the others. Hide the future before softmax.
    (`masked_fill` returns a new tensor; the old one stays as it was.)
    """
    return softmax(scale(attention_scores(q, k), q.shape[-1])) @ v


def mask_after(q, k, v):
    """The mask comes after softmax, so the rows no longer add up to 1, and the future still counts
    in what they were divided by. Put minus infinity in before softmax.
    """
    shares = softmax(scale(attention_scores(q, k), q.shape[-1]))
    return weighted_sum(shares * causal_mask(q.shape[-2]), v)


def attention_renormalised(q, k, v):
    """Masking after softmax and dividing again is right on paper, but where a hidden score is far
    above the visible ones nothing is left of them: 0 / 0. Mask before softmax.
    """
    shares = softmax(scale(attention_scores(q, k), q.shape[-1])) * causal_mask(q.shape[-2])
    return shares / shares.sum(-1, keepdim=True) @ v


def attention_masked_with_zero(q, k, v):
    """Hidden places got the score 0, which is a score like any other: exp(0) is 1. Use minus
    infinity.
    """
    return softmax(scale(attention_scores(q, k), q.shape[-1]) * causal_mask(q.shape[-2])) @ v


def bools_added(q, k, v):
    """You add the table of bools: that adds 1 to each visible score and hides nothing. Set hidden
    scores to minus infinity with `masked_fill`.
    """
    return softmax(scale(attention_scores(q, k), q.shape[-1]) + causal_mask(q.shape[-2])) @ v


def attention_one_ahead(q, k, v):
    """Each position sees one place too far ahead."""
    return attend(q, k, v, q.shape[-1] ** 0.5, one_ahead(q.shape[-2]))


def attention_not_itself(q, k, v):
    """No position sees itself; the first then sees nothing, and its output is nan."""
    return attend(q, k, v, q.shape[-1] ** 0.5, not_itself(q.shape[-2]))


def attention_backwards(q, k, v):
    """You hide the past and show the future: `masked_fill` fills where its mask is True, and yours
    is True where a place may be seen. `~` turns True into False.
    """
    return attend(q, k, v, q.shape[-1] ** 0.5, ~causal_mask(q.shape[-2]))


def attention_of_one_head(q, k, v):
    """Right for one head only. Count the axes from the end: the tokens are `q.shape[-2]`, not
    `len(q)` or `q.shape[0]`.
    """
    return attend(q, k, v, q.shape[-1] ** 0.5, causal_mask(len(q)))


def attention_by_column(q, k, v):
    """Softmax runs down the columns; each row should add up to 1."""
    return by_column(_masked_scores(q, k)) @ v


def infinity_times_zero(q, k, v):
    """Zero times infinity is not zero but nan ("not a number"), and it spreads. Write the infinity
    only where it belongs: `masked_fill`, or `torch.where`.
    """
    hidden = 1 - causal_mask(q.shape[-2]).float()
    return softmax(scale(attention_scores(q, k), q.shape[-1]) + hidden * -torch.inf) @ v


def one_minus_bools(q, k, v):
    """PyTorch does not subtract bools. `~mask` turns True into False and False into True."""
    hidden = 1 - causal_mask(q.shape[-2])
    return softmax(scale(attention_scores(q, k), q.shape[-1]) + hidden * -torch.inf) @ v


def _not_low_enough(number):
    def filled(q, k, v):
        """Hidden places got a number that is not low enough: a visible score can be lower, and then
        the future wins. Use minus infinity.
        """
        return softmax(_masked_scores(q, k, number)) @ v

    return filled


def filled_with_zero(q, k, v):
    """Hidden places got the score 0, which is a score like any other: exp(0) is 1. Use minus
    infinity.
    """
    return softmax(_masked_scores(q, k, 0)) @ v


def scaled_by_tokens(q, k, v):
    """You scale by the number of tokens. It is the width of a query that makes scores large:
    `q.shape[-1]`.
    """
    return attend(q, k, v, q.shape[-2] ** 0.5, causal_mask(q.shape[-2]))


def scaled_by_len(q, k, v):
    """You scale by `len(q)`, the first axis. It is the width of a query that makes scores large:
    `q.shape[-1]`.
    """
    return attend(q, k, v, len(q) ** 0.5, causal_mask(q.shape[-2]))


def scaled_by_values(q, k, v):
    """You scale by the width of a value. Scores are made of queries and keys: `q.shape[-1]`."""
    return attend(q, k, v, v.shape[-1] ** 0.5, causal_mask(q.shape[-2]))


def shares_only(q, k, v):
    """These are the shares. The last step is missing: the sum of the values, each times its
    share.
    """
    return softmax(_masked_scores(q, k))


def keys_summed(q, k, v):
    """You sum keys. A key is only for the comparison; what is passed on is the value."""
    return softmax(_masked_scores(q, k)) @ k


def assigned_for_one_head(q, k, v):
    """Right for one head only: `scores[~mask]` wants a mask with as many axes as the scores.
    `masked_fill` fits the mask to any axes in front.
    """
    scores = scale(attention_scores(q, k), q.shape[-1])
    scores[~causal_mask(q.shape[-2])] = -torch.inf
    return softmax(scores) @ v


def _masked_scores(q, k, hidden=-torch.inf):
    return scale(attention_scores(q, k), q.shape[-1]).masked_fill(~causal_mask(q.shape[-2]), hidden)


EXERCISE = Exercise(
    masked_attention,
    cases,
    mistakes=(
        attention_unscaled,
        attention_by_d_k,
        attention_unmasked,
        mask_after,
        attention_renormalised,
        attention_masked_with_zero,
        bools_added,
        attention_one_ahead,
        attention_not_itself,
        attention_backwards,
        attention_of_one_head,
        attention_by_column,
        infinity_times_zero,
        one_minus_bools,
        *map(_not_low_enough, (-100, -1000, -1e4)),
        filled_with_zero,
        scaled_by_tokens,
        scaled_by_len,
        scaled_by_values,
        shares_only,
        keys_summed,
        assigned_for_one_head,
    ),
    hints=(
        "Score, scale, mask, softmax, sum: the functions above, in this order.",
        "`causal_mask` is True where a place may be seen; `masked_fill` wants the opposite.",
        "The width of a query is `q.shape[-1]`, the number of tokens `q.shape[-2]`.",
    ),
    points=3,
    minutes=10,
    difficulty="medium",
    post="The Illustrated Masked Self-Attention",
    forbids=("scaled_dot_product_attention",),
)
