"""What travels between the judge and the judged."""

import numpy as np
import pytest
import torch
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from safetensors import SafetensorError

from utils.exercises.compare import differs
from utils.grade import wire


class Pipe:
    def __init__(self, data):
        self.data = data

    def read(self, count):
        part, self.data = self.data[:count], self.data[count:]
        return part


def there_and_back(value):
    return wire.read(Pipe(wire.dumps(value)))


plain = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=True)
    | st.text()
    | st.binary(max_size=9),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.tuples(inner, inner)
        | st.dictionaries(st.text() | st.integers(), inner, max_size=3)
    ),
    max_leaves=9,
)


@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(plain)
def test_values_travel_unchanged(value):
    back = there_and_back(value)
    assert repr(back) == repr(value) or differs(value, back) == ""


def test_arrays_and_strided_tensors_travel_unchanged():
    array = np.arange(6, dtype=np.int32).reshape(2, 3)
    tensor = torch.arange(24.0).reshape(2, 3, 4).permute(2, 0, 1)
    back = there_and_back([array, tensor, torch.tensor(True)])
    assert (back[0] == array).all() and back[0].dtype == array.dtype
    assert torch.equal(back[1], tensor) and back[1].stride() == tensor.stride()
    assert not back[1].is_contiguous() and back[2].item() is True


@pytest.mark.parametrize(
    "value", [np.float32(3), np.int64(2), np.array(2.0), frozenset({1}), {1}, {np.int64(3): 1}]
)
def test_kinds_that_a_check_tells_apart_arrive_as_they_were(value):
    back = there_and_back(value)
    assert type(back) is type(value) and back == value


def test_what_is_too_large_for_one_side_is_refused_before_it_is_read():
    message = wire.dumps(["x" * 1000])
    assert wire.read(Pipe(message), text_limit=2000) == ["x" * 1000]
    with pytest.raises(wire.Refused, match="too large"):
        wire.read(Pipe(message[:8]), text_limit=999)


def test_what_is_nested_too_deeply_does_not_travel():
    deep = []
    for _ in range(60):
        deep = [deep]
    with pytest.raises(TypeError, match="nested too deeply"):
        wire.dumps(deep)
    frame = b"[]"
    for _ in range(60):
        frame = b'{"list": [' + frame + b"]}"
    header = len(frame).to_bytes(4, "little") + (10).to_bytes(4, "little")
    with pytest.raises((wire.Refused, ValueError)):
        wire.read(Pipe(header + frame + (2).to_bytes(8, "little") + b"{}"))


def test_a_tensor_in_an_order_that_there_is_not_is_refused():
    message = wire.dumps(torch.zeros(2, 3)).replace(b'"order": [0, 1]', b'"order": [0, 0]')
    with pytest.raises(ValueError, match="not one a function can give"):
        wire.read(Pipe(message))


def test_half_precision_arrives_as_numbers_and_a_name_is_cut():
    half = torch.tensor([0.5, 1.0], dtype=torch.bfloat16)
    assert torch.equal(there_and_back(half).float(), half.float())
    back = there_and_back(type("x" * 1000, (), {})())
    assert len(type(back).__name__) == wire.MOST_SHOWN and len(repr(back)) <= wire.MOST_SHOWN


@pytest.mark.parametrize(
    "data", [b"", b"\x00" * 4, b"\xff" * 8, b"\x02\x00\x00\x00\x00\x00\x00\x00{}"]
)
def test_nonsense_on_the_wire_is_refused(data):
    with pytest.raises((ValueError, EOFError, SafetensorError)):
        wire.read(Pipe(data))


def test_code_cannot_travel():
    """A word on what it was arrives, which is nothing of it."""

    class Bomb:
        def __reduce__(self):
            return print, ("it ran",)

        def __repr__(self):
            return "a bomb"

    back = there_and_back([Bomb(), print, (n for n in [1])])
    assert [type(value).__name__ for value in back] == [
        "Bomb",
        "builtin_function_or_method",
        "generator",
    ]
    assert repr(back[0]) == "a bomb" and type(back[0]) is not Bomb and not callable(back[1])
    with pytest.raises(TypeError, match="cannot be returned"):
        wire.dumps(np.array([object()]))
