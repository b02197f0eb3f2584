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
