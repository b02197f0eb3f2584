"""The same weights, laid out to be read fast: decoding waits for memory, not for sums.

    params = by_rows(params)     # float32, the same logits to 1e-5
    params = two_halves(params)  # the same, sooner token by token, later for a long prompt
    params = half(params)        # half of the bytes, logits to a thousandth of their size
    params = int8(params)        # a quarter of the bytes, nearly the same logits

and everything else stays as it is. All are for generating on a CPU, not for training: no
gradient comes through. tests/benchmarks/gpt2.py measures what each gains.
"""

import warnings

import torch
import torch.nn.functional as F

FBGEMM = "fbgemm" in torch.backends.quantized.supported_engines  # torch for x86 has it
LOW = 2.0**11  # a float16 has 11 bits: what is missing is this much smaller than the number


class ByRows:
    """A float32 matrix with its rows, (out, in), one after another in memory.

    The checkpoint has (in, out), and for a single token torch multiplies by MKL, which
    reads a transposed matrix slowly and a tall one (wte) on one thread only. oneDNN,
    also inside torch, reads rows on all threads.
    """

    def __init__(self, weight, table=False):
        """weight: float32, (out, in), as F.linear wants it; table: F.embedding reads it, too."""
        self.rows, self.shape = weight.contiguous(), weight.shape

    @property
    def T(self):
        return self  # always lies as F.linear wants it

    @classmethod
    def __torch_function__(cls, function, types, args=(), kwargs=None):
        if function is F.linear:
            x, weight, bias = (*args, None)[:3]
            y = weight.linear(torch.atleast_2d(x), bias)
            return y.view(*x.shape[:-1], -1)  # (..., in) -> (..., out)
        if function is F.embedding:
            ids, weight = args
            return weight.embedding(ids)  # (..., T) -> (..., T, C)
        return NotImplemented

    def linear(self, x, bias):
        if not torch.backends.mkldnn.is_available():  # torch for Apple's processors
            return F.linear(x, self.rows, bias)
        return torch.ops.mkldnn._linear_pointwise(x, self.rows, bias, "none", [], "")

    def embedding(self, ids):
        return F.embedding(ids, self.rows)


class Half(ByRows):
    """A matrix as 16-bit floats: half of the memory to read for each token.

    FBGEMM, inside torch, lays them out in the order in which it reads them, and multiplies and
    sums in float32. Without it, torch's own kernel reads float16 for a single token, and for
    more the matrix is widened, which costs what reading it a few times costs.
    """

    def __init__(self, weight, table=False):
        """weight: float32, (out, in), as F.linear wants it, no number beyond 65504."""
        self.rows = weight.half().contiguous() if table or not FBGEMM else None
        self.shape = weight.shape
        if FBGEMM:
            self.packed = torch.ops.quantized.linear_prepack_fp16(weight, None)

    def linear(self, x, bias):
        if FBGEMM:
            y = torch.ops.quantized.linear_dynamic_fp16(x, self.packed)  # (..., in) -> (..., out)
        elif x.numel() > x.shape[-1]:
            y = F.linear(x, self.rows.float())  # (..., in) -> (..., out)
        else:
            y = F.linear(x.half(), self.rows).float()  # (..., in) -> (..., out)
        return y if bias is None else y + bias

    def embedding(self, ids):
        return F.embedding(ids, self.rows).float()


class TwoHalves(ByRows):
    """A float32 matrix as two of 16-bit floats: each number rounded, and what that leaves of it.

    That is 22 of the 24 bits of a float32, in as many bytes. FBGEMM reads both faster than
    oneDNN reads the float32; but it multiplies twice, and for many tokens that counts. (Such
    sums of two: Markidis et al., "NVIDIA Tensor Core Programmability, Performance &
    Precision", 2018.)
    """

    def __init__(self, weight, table=False):
        """weight: float32, (out, in), as F.linear wants it, no number beyond 65504."""
        self.high, self.low = Half(weight), Half((weight - weight.half().float()) * LOW)
        self.shape, self.rows = weight.shape, weight if table else None

    def linear(self, x, bias):
        return self.high.linear(x, bias).add_(self.low.linear(x, None), alpha=1 / LOW)


class Int8(ByRows):
    """A matrix as 8-bit integers: a quarter of the memory to read for each token.

    Each row gets its own scale, largest value / 127; what goes into the matrix is turned
    into 8 bits as it comes ("dynamic quantisation"), by torch's own kernels.
    """

    def __init__(self, weight, table=False):
        """weight: float32, (out, in), as F.linear wants it."""
        self.scale = weight.abs().amax(1).clamp(min=1e-12) / 127  # (out, in) -> (out,)
        zero = torch.zeros(len(weight), dtype=torch.int64)
        with warnings.catch_warnings():
            # torch will replace this by another package some day; ours is pinned.
            warnings.filterwarnings("ignore", "torch.quantize_per_tensor")
            rounded = torch.quantize_per_channel(
                weight.contiguous(), self.scale.double(), zero, 0, torch.qint8
            )
        self.rows, self.shape = rounded.int_repr() if table else None, weight.shape
        self.packed = torch.ops.quantized.linear_prepack(rounded, None)

    def linear(self, x, bias):
        y = torch.ops.quantized.linear_dynamic(x, self.packed)  # (..., in) -> (..., out)
        return y if bias is None else y + bias

    def embedding(self, ids):
        return self.rows[ids] * self.scale[ids, None]


def by_rows(params):
    """The same model with its matrices as ByRows: the same numbers, sooner."""
    return packed(params, ByRows)


def two_halves(params):
    """The same model with each matrix as two in 16 bits; by_rows where torch has no FBGEMM."""
    return packed(params, TwoHalves if FBGEMM else ByRows)


def half(params):
    """The same model with its matrices in 16 bits; positions, biases, LayerNorm stay."""
    return packed(params, Half)


def int8(params):
    """The same model with its matrices in 8 bits; positions, biases, LayerNorm stay."""
    return packed(params, Int8)


def packed(params, kind):
    place = params["wte.weight"].device
    if place.type != "cpu":
        raise ValueError(f"Packing is for the CPU, and these params are on {place}.")
    out = dict(params)
    for name, p in params.items():
        if name in ("wte.weight", "lm_head.weight"):  # stored as (V, C), which is (out, in)
            out[name] = kind(p, table=name == "wte.weight")
        elif p.dim() == 2 and name != "wpe.weight":
            out[name] = kind(p.T)  # the checkpoint has (in, out)
    return out
