"""Open a safetensors file by hand: eight bytes, then JSON."""

import json
import math
import struct

from utils.exercises import Case, Exercise


def read_header(data):
    length = int.from_bytes(data[:8], "little")
    if 8 + length > len(data):
        raise ValueError("the header is longer than the file")
    return json.loads(data[8 : 8 + length]), 8 + length


def cases(rng):
    yield Case("one tensor", (_file({"b": _entry((2,))}, bytes(8)),))
    yield Case(
        "a header of more than 255 bytes",
        (_file({f"h.{i}.ln_1.bias": _entry((1,), 4 * i) for i in range(9)}, bytes(36)),),
    )
    yield Case("padded with spaces", (_file({"wte.weight": _entry((1, 2))}, bytes(8), pad=5),))
    yield Case(
        "with a note, __metadata__",
        (_file({"b": _entry((1,))}, bytes(4), metadata={"format": "pt"}),),
    )
    yield Case("no tensors at all", (_file({}),))
    yield Case("cut off within the header", (_file({"b": _entry((2,))}, bytes(8))[:30],))
    yield Case("the last three bytes of the header are missing", (_file({"b": _entry((2,))})[:-3],))
    yield Case(
        "a header that claims a terabyte",
        ((10**12).to_bytes(8, "little") + b'{"b": 0}' + bytes(40),),
    )
    padded = _file({"b": _entry((2,))}, pad=40)
    yield Case("whole JSON, but five of the 40 spaces after it are missing", (padded[:-5],))
    yield Case("whole JSON, but 30 of the 40 spaces after it are missing", (padded[:-30],))
    yield Case("whole JSON, but one of the 40 spaces after it is missing", (padded[:-1],))
    length = (2**60 + 8).to_bytes(8, "little")
    yield Case("all eight bytes count", (length + b'{"b": 0}' + bytes(40),))
    yield Case("two bytes in all", (bytes([1, 2]),))
    yield Case(
        "a note that is not in English",
        (_file({"b": _entry((1,))}, bytes(4), metadata={"author": "Zoë 王"}),),
    )
    size = int(rng.integers(1, 9))
    yield Case(
        "drawn",
        (_file({f"h.{size}.attn.c_attn.bias": _entry((size,))}, rng.bytes(4 * size), pad=size),),
    )


def _file(entries, numbers=b"", pad=0, metadata=None):
    """The bytes of a safetensors file: length, JSON, numbers."""
    header = ({"__metadata__": metadata} if metadata else {}) | entries
    text = json.dumps(header, ensure_ascii=False).encode() + b" " * pad
    return len(text).to_bytes(8, "little") + text + numbers


def _entry(shape, start=0, kind="F32"):
    return {
        "dtype": kind,
        "shape": list(shape),
        "data_offsets": [start, start + 4 * math.prod(shape)],
    }


def _read_with(data, length, start):
    if start + length > len(data):
        raise ValueError("the header is longer than the file")
    return json.loads(data[start : start + length]), start + length


def big_endian(data):
    """The eight bytes are little-endian: the first counts least. You read them in the opposite
    order.
    """
    return _read_with(data, int.from_bytes(data[:8], "big"), 8)


def big_endian_unchecked(data):
    """The eight bytes are little-endian: the first counts least. You read them in the opposite
    order.
    """
    length = int.from_bytes(data[:8], "big")
    return json.loads(data[8 : 8 + length]), 8 + length


def without_the_note(data):
    """Return the header as it stands in the file, `__metadata__` included."""
    header, start = read_header(data)
    return {name: entry for name, entry in header.items() if name != "__metadata__"}, start


def first_byte(data):
    """A length above 255 does not fit into the first byte. All eight belong to the number."""
    return _read_with(data, data[0], 8)


def _decoded_as(encoding):
    def decoded_otherwise(data):
        """JSON is written in UTF-8, where a letter can have several bytes. Decode it as `"utf-8"`,
        or give the bytes themselves to `json.loads`.
        """
        start = read_header(data)[1]
        return json.loads(data[8:start].decode(encoding)), start

    return decoded_otherwise


def from_byte_4(data):
    """You read four bytes of length; it has eight, and the JSON begins after them."""
    return _read_with(data, int.from_bytes(data[:4], "little"), 4)


def start_without_8(data):
    """You return the length of the JSON. The numbers begin after it *and* the eight bytes before
    it.
    """
    header, start = read_header(data)
    return header, start - 8


def trusts_the_length(data):
    """A file that is cut off, or that lies, must be refused before its JSON is tried: compare the
    length with the file, and raise ValueError.
    """
    length = int.from_bytes(data[:8], "little")
    return json.loads(data[8 : 8 + length]), 8 + length


def length_alone(data):
    """Eight bytes stand before the JSON, so it ends at 8 + length. That is what must not be more
    than `len(data)`.
    """
    if int.from_bytes(data[:8], "little") > len(data):
        raise ValueError("the header is longer than the file")
    return trusts_the_length(data)


def ends_at_length(data):
    """The JSON is `length` bytes long and begins at byte 8, so it ends at 8 + length; there the
    numbers begin.
    """
    length = int.from_bytes(data[:8], "little")
    if 8 + length > len(data):
        raise ValueError("the header is longer than the file")
    return json.loads(data[8:length]), length


def only_the_header(data):
    """Return two things: the header, and the place where the numbers begin."""
    return read_header(data)[0]


def all_the_rest(data):
    """You gave everything after byte 8 to json. The JSON ends where the length says; after it come
    numbers.
    """
    return json.loads(data[8:]), 8 + int.from_bytes(data[:8], "little")


def refuses_a_full_file(data):
    """A header may end where the file ends: a file without tensors does. Refuse only what is
    *more* than `len(data)`.
    """
    if 8 + int.from_bytes(data[:8], "little") >= len(data):
        raise ValueError("the header is longer than the file")
    return read_header(data)


def unpacks(data):
    """A file of fewer than eight bytes makes `struct.unpack` raise an error of its own. Refuse it
    first with ValueError, or use `int.from_bytes`.
    """
    return _read_with(data, *struct.unpack("<Q", data[:8]), 8)


EXERCISE = Exercise(
    read_header,
    cases,
    mistakes=(
        big_endian,
        big_endian_unchecked,
        without_the_note,
        first_byte,
        from_byte_4,
        start_without_8,
        trusts_the_length,
        length_alone,
        ends_at_length,
        only_the_header,
        all_the_rest,
        refuses_a_full_file,
        unpacks,
        *map(_decoded_as, ("ascii", "latin-1")),
    ),
    hints=(
        '`int.from_bytes(data[:8], "little")` is the length of the JSON.',
        "`json.loads` takes bytes. Which slice of `data` is the JSON?",
        "If 8 + length is more than `len(data)`: `raise ValueError(...)`.",
    ),
    points=2,
    minutes=10,
    post="You've Made it!",
)
