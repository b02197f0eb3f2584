"""Call a learner's function once, and see what it did besides giving an answer.

The notebook's check and the grader's sandboxed child both do it here, so that they see the same.
Imports nothing of the course: the grader copies this file beside the child.
"""

import copy
import math
import sys
from contextlib import nullcontext
from dataclasses import dataclass, field

PRODUCTS = frozenset("matmul __matmul__ mm bmm mv dot linear addmm baddbmm einsum".split())
GIVEN = "an argument itself"  # among the names of what was used: the answer is no new object
UNCHANGING = frozenset({int, float, bool, str, bytes, type(None)})


@dataclass
class Call:
    """What one call gave.

    after: the arguments as the call left them. gradients: for each tensor of floats among the
    arguments, in their order, the gradient of a weighted sum of all floats that came out, None
    where none arrives; None in all where it was not asked for. used: names of the torch functions
    that ran, and work: the multiplications of their matrix products, where they were watched; GIVEN
    stands among the names where the value is one of the arguments.
    """

    value: object
    after: tuple
    gradients: list | None = None
    used: list[str] = field(default_factory=list)
    work: int = 0


def call(function, args: tuple, gradient: bool = False, watch: bool = False) -> Call:
    """Call a function; raises what it raises. The arguments are its own: pass copies.

    watch: whether to see which of torch's functions run, and what their products cost.
    """
    leaves = floats(args) if gradient else []
    for leaf in leaves:
        leaf.requires_grad_(True)
    with _gradients_on(gradient):
        with _watcher() if watch else nullcontext({}) as used:
            value = function(*args)
        gradients = _gradients(value, leaves) if gradient else None
    names = [*used, *([GIVEN] if any(value is arg for arg in args) else [])]
    try:
        value = plain(value)
    except RecursionError:  # it contains itself; comparing says so
        pass
    return Call(value, args, gradients, sorted(names), sum(used.values()))


def _gradients_on(wanted: bool):
    """torch keeps track of gradients where they are wanted, whatever a cell or an earlier call has
    set, and afterwards it is set as before.
    """
    torch = sys.modules.get("torch")
    if torch is None:
        return nullcontext()
    return torch.set_grad_enabled(wanted or torch.is_grad_enabled())


def name_of(function, space: dict, known) -> str | None:
    """The exercise that a function is meant for: its own name, or else the name it goes by in the
    notebook, as a lambda does. None where there is neither. known: the names of exercises, in
    order.
    """
    own = getattr(function, "__name__", None)
    if isinstance(own, str) and own in known:
        return own
    if callable(function):
        return next((n for n in known if n in space and space[n] is function), None)
    return None


def shown(value) -> str:
    """A value in at most 80 characters, whatever its class says."""
    try:
        return f"{value!r:.80}"
    except Exception:
        return f"something of the class {type(value).__name__}"


def copy_value(value):
    """A deep copy that keeps what numpy's and torch's own copies lose: a tensor's strides."""
    if type(value) in UNCHANGING:
        return value
    if is_tensor(value):
        return value.detach().clone()
    if type(value) in (list, tuple):
        plain = UNCHANGING.issuperset(map(type, value))  # most are, and long
        return type(value)(value if plain else map(copy_value, value))
    if type(value) is dict:
        return {key: copy_value(item) for key, item in value.items()}
    return copy.deepcopy(value)


def plain(value, detach: bool = True):
    """A value without its class, where only the class is special: str, int, float and tensor
    subclasses become what they are.
    """
    torch = sys.modules.get("torch")
    if torch is not None and isinstance(value, torch.Tensor) and type(value) is not torch.Tensor:
        value = value.detach() if detach else value
        return value.as_subclass(torch.Tensor)
    if type(value).__module__ == "numpy" and type(value).__name__ == "bool":
        return bool(value)
    for kind, unwrap in ((str, str.__str__), (int, int.__int__), (float, float.__float__)):
        if isinstance(value, kind) and type(value) not in (kind, bool):
            return unwrap(value)
    if type(value) in (list, tuple):
        return type(value)(plain(item, detach) for item in value)
    return value


def is_tensor(value) -> bool:
    """A plain torch tensor (without importing torch)."""
    return type(value).__module__ == "torch" and type(value).__name__ == "Tensor"


def floats(value) -> list:
    """The tensors of floats in a value, in order."""
    if is_tensor(value):
        return [value] if value.is_floating_point() else []
    if isinstance(value, dict):
        value = list(value.values())
    if isinstance(value, (list, tuple)):
        return [tensor for item in value for tensor in floats(item)]
    return []


def with_floats(value, tensors):
    """The same value with other tensors in the places of those that `floats` finds, in its order.

    tensors: an iterator.
    """
    if is_tensor(value):
        return next(tensors) if value.is_floating_point() else value
    if isinstance(value, dict):
        return {key: with_floats(item, tensors) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return type(value)(with_floats(item, tensors) for item in value)
    return value


def _gradients(value, leaves) -> list:
    """Of a sum in which every number that came out has a weight of its own, so that none
    cancels.
    """
    torch = sys.modules.get("torch")
    if torch is None or not leaves:
        return [None] * len(leaves)
    total = None
    for number, tensor in enumerate(floats(plain(value, detach=False))):
        if tensor.requires_grad:
            places = torch.arange(tensor.numel(), dtype=tensor.dtype).reshape(tensor.shape)
            part = (tensor * torch.cos(places + math.pi / 7 + number)).sum()
            total = part if total is None else total + part
    if total is None:
        return [None] * len(leaves)
    return list(torch.autograd.grad(total, leaves, allow_unused=True))


def _watcher():
    # torch's own FlopCounterMode imports its compiler first, which takes more than a second
    from torch.overrides import TorchFunctionMode

    class Watcher(TorchFunctionMode):
        def __enter__(self):
            super().__enter__()
            self.used = {}
            return self.used

        def __torch_function__(self, function, types, args=(), kwargs=None):
            out = function(*args, **(kwargs or {}))
            name = getattr(function, "__name__", "")
            self.used[name] = self.used.get(name, 0) + _multiplications(name, args, out)
            return out

    return Watcher()


def _multiplications(name: str, args: tuple, out) -> int:
    """Of a matrix product: each number of the result is a sum over the first factor's rows."""
    if name not in PRODUCTS or not is_tensor(out):
        return 0
    factors = [arg for arg in args if is_tensor(arg)][name in ("addmm", "baddbmm") :]
    return out.numel() * factors[0].shape[-1] if factors else 0
