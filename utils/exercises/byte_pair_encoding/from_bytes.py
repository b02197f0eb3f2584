"""The numbers of UTF-8 bytes back to text."""

from utils.exercises import Case, Exercise
from utils.exercises.byte_pair_encoding.shared import text_cases
from utils.exercises.byte_pair_encoding.to_bytes import to_bytes


def from_bytes(ids):
    return bytes(ids).decode("utf-8")


def cases(rng):
    for case in text_cases(rng):
        yield Case(case.label, (to_bytes(case.args[0]),))
    yield Case("a byte order mark in front is a character, too", ([0xEF, 0xBB, 0xBF, 97],))
    yield Case("half of an emoji: Python's own error", (to_bytes("🤖")[:2],))
    yield Case("a byte that begins nothing: Python's own error", ([97, 0x96, 98],))
    yield Case("a surrogate, not allowed in UTF-8: Python's own error", ([0xED, 0xA0, 0x80],))


def one_character_a_byte(ids):
    """You turn each number into a character of its own, so that é comes out as Ã©. Decode all the
    bytes together.
    """
    return "".join(chr(i) for i in ids)


def str_of_bytes(ids):
    """`str(...)` of bytes is how Python prints them, with b and quotation marks. Use their method
    `decode`.
    """
    return str(bytes(ids))


def each_byte_alone(ids):
    """You decode each byte alone, but one byte of é is no character. Put all bytes together
    first.
    """
    return "".join(bytes([i]).decode("utf-8", errors="replace") for i in ids)


def each_byte_alone_strictly(ids):
    """Whatever is not plain ASCII raises an error. Either you decode each byte by itself, and one
    byte of é is no character, or you decode as ASCII, which has no é. Make one `bytes` object of
    all numbers, and decode that as UTF-8.
    """
    return "".join(bytes([i]).decode("utf-8") for i in ids)


def catches_the_error(ids):
    """Where the bytes are not text you return None. Here Python's error should get through: no
    `try` and `except`.
    """
    try:
        return bytes(ids).decode("utf-8")
    except UnicodeDecodeError:
        return None


def raises_another(ids):
    """You catch Python's error and raise another one. Let Python's own get through: no `try` and
    `except`.
    """
    try:
        return bytes(ids).decode("utf-8")
    except UnicodeDecodeError as error:
        raise ValueError(str(error)) from error


def replaces_halves(ids):
    """Where the bytes are not text, this gives a replacement character. Here the error should be
    raised: leave `errors=` out. (`decode`, later in this lesson, is the one that must not raise.)
    """
    return bytes(ids).decode("utf-8", errors="replace")


def leaves_halves_out(ids):
    """Bytes that are not text have vanished without a trace. Here the error should be raised: leave
    `errors=` out.
    """
    return bytes(ids).decode("utf-8", errors="ignore")


def only_ascii(ids):
    """Every character that is not plain ASCII has vanished. The bytes are UTF-8."""
    return bytes(ids).decode("ascii", errors="ignore")


def not_decoded(ids):
    """These are still bytes. One step is missing: from bytes to text."""
    return bytes(ids)


EXERCISE = Exercise(
    from_bytes,
    cases,
    mistakes=(
        one_character_a_byte,
        str_of_bytes,
        each_byte_alone,
        each_byte_alone_strictly,
        catches_the_error,
        raises_another,
        replaces_halves,
        leaves_halves_out,
        only_ascii,
        not_decoded,
    ),
    hints=(
        "`bytes([99, 97, 116])` makes a `bytes` object of a list of numbers.",
        "Bytes have a method `decode`, the opposite of a string's `encode`.",
    ),
    points=1,
    minutes=4,
    post="End of part #1: The GPT-2, Ladies and Gentlemen",
    core=False,
)
