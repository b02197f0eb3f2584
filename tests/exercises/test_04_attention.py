"""Attention as lesson 04 writes it, beside PyTorch's own: outputs and gradients, and what the mask
must hide.
"""

import pytest
import torch
import torch.nn.functional as F

from utils.exercises.masked_self_attention.causal_mask import causal_mask
from utils.exercises.masked_self_attention.masked_attention import masked_attention
from utils.exercises.masked_self_attention.merge_heads import merge_heads
from utils.exercises.masked_self_attention.multi_head_attention import multi_head_attention
from utils.exercises.masked_self_attention.softmax import softmax
from utils.exercises.masked_self_attention.split_heads import split_heads

SHAPES = [(1, 4, 1), (5, 6, 1), (9, 12, 3), (33, 64, 4)]  # T, C, n_head


def weights(C, dtype, seed=0):
    generator = torch.Generator().manual_seed(seed)
    shapes = ((C, 3 * C), (3 * C,), (C, C), (C,))
    return [torch.randn(shape, generator=generator, dtype=dtype) / C**0.5 for shape in shapes]


def built_in(x, aw, ab, pw, pb, n_head):
    q, k, v = (
        part.unflatten(-1, (n_head, -1)).transpose(-3, -2) for part in (x @ aw + ab).chunk(3, -1)
    )
    found = F.scaled_dot_product_attention(q, k, v, is_causal=True)
    return found.transpose(-3, -2).flatten(-2) @ pw + pb


def output_and_gradients(attend, x, params, n_head):
    inputs = [tensor.clone().requires_grad_() for tensor in (x, *params)]
    out = attend(*inputs, n_head)
    return [out, *torch.autograd.grad(out.square().mean(), inputs)]


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
@pytest.mark.parametrize("T, C, n_head", SHAPES)
@pytest.mark.parametrize("batch", [(), (2,)])
def test_multi_head_attention_is_pytorchs_forward_and_backward(T, C, n_head, batch, dtype):
    x = torch.randn(*batch, T, C, generator=torch.Generator().manual_seed(1), dtype=dtype)
    params = weights(C, dtype)
    ours = output_and_gradients(multi_head_attention, x, params, n_head)
    theirs = output_and_gradients(built_in, x, params, n_head)
    for a, b in zip(ours, theirs, strict=True):
        assert a.dtype == dtype
        torch.testing.assert_close(a, b, atol=1e-6, rtol=0)


def test_masked_attention_is_pytorchs_at_gpt2s_shape():
    q, k, v = torch.randn(3, 12, 40, 64, generator=torch.Generator().manual_seed(2))
    expected = F.scaled_dot_product_attention(q, k, v, is_causal=True)
    torch.testing.assert_close(masked_attention(q, k, v), expected, atol=1e-6, rtol=0)


@pytest.mark.parametrize("at", range(6))
def test_no_output_depends_on_a_later_token(at):
    x = torch.randn(
        6, 8, generator=torch.Generator().manual_seed(3), dtype=torch.float64, requires_grad=True
    )
    out = multi_head_attention(x, *weights(8, torch.float64), 2)
    (gradient,) = torch.autograd.grad(out[at].sum(), x)
    moves = gradient.abs().sum(-1) > 0  # (T,)
    assert moves.tolist() == causal_mask(6)[at].tolist()


def test_softmax_is_pytorchs_also_far_out():
    scores = torch.tensor([[1e30, 1e30], [-1e30, 0.0], [3.0, -torch.inf], [-500.0, -501.0]])
    torch.testing.assert_close(softmax(scores), scores.softmax(-1), atol=1e-7, rtol=0)


def test_merge_undoes_split():
    x = torch.arange(2 * 5 * 12.0).view(2, 5, 12)
    for n_head in (1, 2, 3, 12):
        assert torch.equal(merge_heads(split_heads(x, n_head)), x)
