"""Weights as 8-bit integers: a quarter of the memory to read for each token.

    params = int8(params)

and everything else stays as it is. Decoding waits for the weights to come from memory,
so this is where its speed lies (measured in tests/benchmarks/gpt2.py).

Each row of a matrix, (out, in), gets its own scale, largest value / 127; what goes into
it is turned into 8 bits as it comes ("dynamic quantisation"), by torch's own kernels.
"""

import warnings

import torch
import torch.nn.functional as F


class Int8:
    """A matrix that F.linear and F.embedding take in place of a float32 weight."""

    def __init__(self, weight):
        """weight: float32, (out, in), as F.linear wants it."""
        self.scale = weight.abs().amax(1).clamp(min=1e-12) / 127  # (out, in) -> (out,)
        zero = torch.zeros(len(weight), dtype=torch.int64)
        with warnings.catch_warnings():
            # torch will replace this by another package some day; ours is pinned.
            warnings.filterwarnings("ignore", "torch.quantize_per_tensor")
            rounded = torch.quantize_per_channel(
                weight.contiguous(), self.scale.double(), zero, 0, torch.qint8
            )
        self.rows = rounded.int_repr()  # (out, in), for F.embedding
        self.packed = torch.ops.quantized.linear_prepack(rounded, None)
        self.shape = weight.shape

    @property
    def T(self):
        return self  # always lies as F.linear wants it

    @classmethod
    def __torch_function__(cls, function, types, args=(), kwargs=None):
        if function is F.linear:
            x, weight, bias = (*args, None)[:3]
            y = torch.ops.quantized.linear_dynamic(torch.atleast_2d(x), weight.packed)
            y = y.view(*x.shape[:-1], -1)  # (..., in) -> (..., out)
            return y if bias is None else y + bias
        if function is F.embedding:
            ids, weight = args
            return weight.rows[ids] * weight.scale[ids, None]  # (..., T) -> (..., T, C)
        return NotImplemented


def int8(params):
    """The same model with its matrices in 8 bits; positions, biases, LayerNorm stay."""
    small = dict(params)
    for name, p in params.items():
        if name == "wte.weight":
            small[name] = Int8(p)
        elif p.dim() == 2 and name != "wpe.weight":
            small[name] = Int8(p.T)  # the checkpoint has (in, out)
    return small
