"""Attention for new tokens, with the keys and values of the old ones kept."""

import torch

from utils.exercises import Case, Exercise
from utils.exercises.decoder_block.shared import in_float64
from utils.exercises.logits_and_sampling.chunk_mask import chunk_mask, mask_from_0, sees_all
from utils.exercises.logits_and_sampling.shared import normal
from utils.exercises.masked_self_attention.attention_scores import attention_scores
from utils.exercises.masked_self_attention.scale import scale
from utils.exercises.masked_self_attention.softmax import softmax
from utils.exercises.masked_self_attention.weighted_sum import weighted_sum


def attend_with_cache(q, k, v, kept_k, kept_v):
    keys = torch.cat([kept_k, k], dim=-2)  # (P, D), (T, D) -> (P+T, D)
    values = torch.cat([kept_v, v], dim=-2)  # (P, D), (T, D) -> (P+T, D)
    scores = scale(attention_scores(q, keys), q.shape[-1])  # (T, P+T)
    visible = chunk_mask(kept_k.shape[-2], q.shape[-2])  # (T, P+T)
    scores = scores.masked_fill(~visible, -torch.inf)  # (T, P+T)
    return weighted_sum(softmax(scores), values), keys, values


def cases(rng):
    def parts(*front, past, new, D, size=1.0):
        return (
            *(normal(rng, *front, new, D, size=size) for _ in range(3)),
            *(normal(rng, *front, past, D, size=size) for _ in range(2)),
        )

    yield Case("one new token after three", parts(past=3, new=1, D=4, size=2))
    yield Case("the first token: nothing kept", parts(past=0, new=1, D=4))
    yield Case("two heads", parts(2, past=3, new=1, D=4, size=2))
    yield Case("a chunk of three after two", parts(2, past=2, new=3, D=4, size=2))
    yield Case("a whole prompt", parts(2, past=0, new=5, D=2, size=2))
    yield Case("large scores", parts(past=4, new=2, D=4, size=15))
    kept, numbers = torch.zeros(1, 1), torch.tensor([[1.0], [300.0]])
    yield Case(
        "a later token whose score is far above all others",
        (torch.ones(2, 1), numbers, torch.tensor([[1.0], [2.0]]), kept, kept),
    )
    nothing = torch.empty(0, 1)
    yield Case(
        "a visible score far below zero",
        (torch.ones(2, 1), numbers - 4300, torch.tensor([[1.0], [2.0]]), nothing, nothing),
    )
    yield Case("a batch of two", parts(2, 3, past=4, new=2, D=6, size=2))
    yield Case("in float64", in_float64(*parts(2, past=2, new=2, D=4, size=2)))


def new_in_front(q, k, v, kept_k, kept_v):
    """You put the new keys in front of the kept ones. The output is right, but the next chunk's
    mask relies on the order of the text.
    """
    found = attend_with_cache(q, k, v, kept_k, kept_v)[0]
    return found, torch.cat([k, kept_k], -2), torch.cat([v, kept_v], -2)


def old_ones_only(q, k, v, kept_k, kept_v):
    """The new tokens ask the kept keys only and never see themselves. Append first, then score."""
    if not kept_k.shape[-2]:
        return attend_with_cache(q, k, v, kept_k, kept_v)
    found = softmax(scale(attention_scores(q, kept_k), q.shape[-1])) @ kept_v
    return found, torch.cat([kept_k, k], -2), torch.cat([kept_v, v], -2)


def forgets_to_return(q, k, v, kept_k, kept_v):
    """You return the keys and values as they came in. The next token needs the new ones, too."""
    return attend_with_cache(q, k, v, kept_k, kept_v)[0], kept_k, kept_v


def new_ones_returned(q, k, v, kept_k, kept_v):
    """You return the new keys and values alone; everything older is forgotten."""
    return attend_with_cache(q, k, v, kept_k, kept_v)[0], k, v


def _attend(
    q, k, v, kept_k, kept_v, mask=chunk_mask, shares=lambda scores, D: softmax(scores / D**0.5)
):
    keys, values = torch.cat([kept_k, k], -2), torch.cat([kept_v, v], -2)
    visible = mask(kept_k.shape[-2], q.shape[-2])
    scores = attention_scores(q, keys)
    return shares(scores.masked_fill(~visible, -torch.inf), q.shape[-1]) @ values, keys, values


def attend_mask_from_0(*args):
    """Your mask starts at the first key, so a token after P kept ones sees only the beginning. Use
    your chunk_mask with the number of kept keys.
    """
    return _attend(*args, mask=mask_from_0)


def attend_unmasked(*args):
    """Within a chunk the earlier of the new tokens see the later ones: mask the scores."""
    return _attend(*args, mask=sees_all)


def attend_masked_after(q, k, v, kept_k, kept_v):
    """The mask comes after softmax, so the rows no longer add up to 1, and the future still counts
    in what they were divided by. Put minus infinity in before softmax.
    """
    return _masked_after(q, k, v, kept_k, kept_v, lambda shares: 1.0)


def attend_renormalised(q, k, v, kept_k, kept_v):
    """Masking after softmax and dividing again is right on paper, but where a hidden score is far
    above the visible ones nothing is left of them: 0 / 0. Mask before softmax.
    """
    return _masked_after(q, k, v, kept_k, kept_v, lambda shares: shares.sum(-1, keepdim=True))


def _masked_after(q, k, v, kept_k, kept_v, divisor):
    keys, values = torch.cat([kept_k, k], -2), torch.cat([kept_v, v], -2)
    visible = chunk_mask(kept_k.shape[-2], q.shape[-2])
    shares = softmax(scale(attention_scores(q, keys), q.shape[-1])) * visible
    return shares / divisor(shares) @ values, keys, values


def _low(number):
    def low(q, k, v, kept_k, kept_v):
        """You hide a score with a number that other scores can be far below. Hide it with minus
        infinity, `-torch.inf`.
        """
        keys, values = torch.cat([kept_k, k], -2), torch.cat([kept_v, v], -2)
        visible = chunk_mask(kept_k.shape[-2], q.shape[-2])
        scores = scale(attention_scores(q, keys), q.shape[-1]).masked_fill(~visible, number)
        return softmax(scores) @ values, keys, values

    return low


def attend_unscaled(*args):
    """The scores are not scaled."""
    return _attend(*args, shares=lambda scores, D: softmax(scores))


def attend_by_length(q, k, v, kept_k, kept_v):
    """You divide by the root of the number of tokens. Take the width of a query, `q.shape[-1]`."""
    length = kept_k.shape[-2] + k.shape[-2]
    return _attend(q, k, v, kept_k, kept_v, shares=lambda scores, D: softmax(scores / length**0.5))


def appends_along_the_first_axis(q, k, v, kept_k, kept_v):
    """`torch.cat` appends along the first axis unless told otherwise, and with several heads that
    is the axis of heads. The tokens are on the last but one: `dim=-2`.
    """
    scores = scale(attention_scores(q, keys := torch.cat([kept_k, k])), q.shape[-1])
    visible = chunk_mask(kept_k.shape[-2], q.shape[-2])
    values = torch.cat([kept_v, v])
    return softmax(scores.masked_fill(~visible, -torch.inf)) @ values, keys, values


def buffer_of_float32(q, k, v, kept_k, kept_v):
    """What you found is float32 where float64 comes in. `torch.zeros(shape)` makes a tensor of
    float32, and so does `.float()`: stay with the dtype of q.
    """
    found, keys, values = attend_with_cache(q, k, v, kept_k, kept_v)
    return found.float(), keys, values


EXERCISE = Exercise(
    attend_with_cache,
    cases,
    mistakes=(
        new_in_front,
        old_ones_only,
        forgets_to_return,
        new_ones_returned,
        attend_mask_from_0,
        attend_unmasked,
        attend_masked_after,
        attend_renormalised,
        *map(_low, (-100.0, -1000.0)),
        attend_unscaled,
        attend_by_length,
        appends_along_the_first_axis,
        buffer_of_float32,
    ),
    hints=(
        "`torch.cat([kept, new], dim=-2)` appends along the axis of tokens.",
        "From there it is lesson 04's masked_attention with another mask: T rows, P + T columns.",
        "How many are kept: `kept_k.shape[-2]`. How many are new: `q.shape[-2]`.",
    ),
    points=3,
    minutes=18,
    difficulty="medium",
    post="Evaluation Time: Processing One Token at a Time",
    core=False,
)
