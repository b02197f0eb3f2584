"""Values <-> bytes: a JSON tree and a safetensors block. Nothing executable and nothing compressed
crosses the pipe.

The parent and the child both import this file; it must not import anything of the course, and
numpy only where an array crosses: to import it is most of what a child without arrays costs.
"""

import base64
import json
import struct
import sys
import time
from collections.abc import Mapping

LIMIT = 64 << 20  # bytes of one message; more is refused before it is read
TEXT_LIMIT = (
    8 << 20
)  # bytes of its JSON, when it comes from a child: a list in it takes thirty times that in memory
PLAIN = frozenset({str, int, float, bool, type(None)})  # what JSON holds as it is
MOST_SHOWN = 200  # letters of a value that cannot travel
SECONDS = 10.0  # to build what the JSON says: keys that all have one hash would take for ever


class Refused(ValueError):
    """A message that is whole and yet not taken: one sentence for the person whose code sent it."""


def dumps(value) -> bytes:
    """One message: two lengths, the JSON, the arrays. What cannot travel arrives as a word on what
    it was; TypeError for what is nested too deeply, and for arrays of other things than numbers.
    """
    arrays: dict = {}
    head = json.dumps(_tree(value, arrays, 0)).encode()
    body = _saved(arrays) if arrays else b""
    return struct.pack("<II", len(head), len(body)) + head + body


def read(stream, text_limit: int = LIMIT):
    """The next message of a binary stream; EOFError at its end, ValueError for a malformed or too
    large one.
    """
    lengths = _exactly(stream, 8)
    head, body = struct.unpack("<II", lengths)
    if head + body > LIMIT or head > text_limit:
        raise Refused(
            f"the answer is too large: {(head + body) / 2**20:.0f} MiB; at most {LIMIT >> 20} are "
            f"read, {text_limit >> 20} of them numbers and text outside arrays"
        )
    head, body = _exactly(stream, head), _exactly(stream, body)
    arrays = _loaded(body) if body else {}
    return _value(json.loads(head), arrays, 0, time.monotonic() + SECONDS)


def _exactly(stream, count: int) -> bytes:
    parts = []
    while count:
        part = stream.read(min(count, 1 << 20))
        if not part:
            raise EOFError("the process ended")
        parts.append(part)
        count -= len(part)
    return b"".join(parts)


def _tree(value, arrays, depth):
    if depth > 50:
        raise TypeError("the value is nested too deeply")
    if value is None or isinstance(value, (bool, str)):
        return value
    np, torch = sys.modules.get("numpy"), sys.modules.get("torch")
    if isinstance(value, (int, float)) and not (np and isinstance(value, np.generic)):
        return value
    if isinstance(value, bytes):
        return {"bytes": base64.b64encode(value).decode()}
    if np is not None and isinstance(value, (np.ndarray, np.generic)):
        if value.dtype.kind not in "iufb":
            raise TypeError(f"an array of {value.dtype} cannot be returned")
        kind = "number" if isinstance(value, np.generic) else "numpy"
        return {kind: _store(np.asarray(value), arrays)}
    if torch is not None and isinstance(value, torch.Tensor):
        value = value.detach().cpu()
        value = value.float() if value.dtype == torch.bfloat16 else value
        order = sorted(
            range(value.ndim), key=lambda i: -value.stride(i)
        )  # so that a transposed view arrives as one
        return {"torch": _store(value.permute(order).contiguous().numpy(), arrays), "order": order}
    if isinstance(value, (list, tuple)):
        kind = type(value).__name__ if type(value) in (list, tuple) else "tuple"
        plain = PLAIN.issuperset(map(type, value))  # most are, and long
        return {kind: list(value) if plain else [_tree(v, arrays, depth + 1) for v in value]}
    if isinstance(value, (set, frozenset)):
        kind = "frozenset" if isinstance(value, frozenset) else "set"
        return {kind: [_tree(v, arrays, depth + 1) for v in value]}
    if isinstance(value, Mapping):
        return {
            "dict": [
                [_tree(k, arrays, depth + 1), _tree(v, arrays, depth + 1)] for k, v in value.items()
            ]
        }
    return {"other": [type(value).__name__[:MOST_SHOWN], _shown(value)]}


def _shown(value) -> str:
    try:
        return repr(value)[:MOST_SHOWN]
    except Exception:
        return ""


def other(name: str, text: str):
    """What stands for a value that cannot travel: of a class of its name, and shown as it was."""
    return type(name, (), {"__repr__": lambda self: text or f"a {name}"})()


def _saved(arrays) -> bytes:
    from safetensors.numpy import save

    return save(arrays)


def _loaded(body: bytes) -> dict:
    from safetensors.numpy import load

    return load(body)


def _store(array, arrays) -> str:
    import numpy as np

    name = str(len(arrays))
    arrays[name] = np.ascontiguousarray(array).reshape(array.shape)
    return name


def _value(tree, arrays, depth, end):
    if depth > 50:
        raise Refused("the answer is nested too deeply")
    if tree is None or isinstance(tree, (bool, int, float, str)):
        return tree
    (kind, inside), *more = tree.items() if isinstance(tree, dict) else [("", None)]
    if kind == "bytes":
        return base64.b64decode(inside)
    if kind == "numpy":
        return arrays[inside]
    if kind == "number":
        return arrays[inside].reshape(())[()]
    if kind == "torch":
        import numpy as np
        import torch

        order, tensor = tree["order"], torch.from_numpy(np.array(arrays[inside]))
        if sorted(order) != list(range(tensor.ndim)):
            raise ValueError("the answer is not one a function can give")
        return tensor.permute([order.index(i) for i in range(tensor.ndim)])
    if kind == "other":
        return other(*map(str, inside))
    if kind in ("list", "tuple"):
        plain = PLAIN.issuperset(map(type, inside))
        found = inside if plain else [_value(v, arrays, depth + 1, end) for v in inside]
        return tuple(found) if kind == "tuple" else found
    if kind in ("set", "frozenset", "dict"):
        found = {}
        for key, value in inside if kind == "dict" else ((k, None) for k in inside):
            if time.monotonic() > end:
                raise Refused("the answer takes too long to read")
            found[_value(key, arrays, depth + 1, end)] = _value(value, arrays, depth + 1, end)
        return found if kind == "dict" else set(found) if kind == "set" else frozenset(found)
    raise ValueError("the answer is not one a function can give")
