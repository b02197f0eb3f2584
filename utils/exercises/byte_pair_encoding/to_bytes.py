"""Text to the numbers of its UTF-8 bytes."""

from utils.exercises import Exercise
from utils.exercises.byte_pair_encoding.shared import text_cases


def to_bytes(text):
    return list(text.encode("utf-8"))


def code_points(text):
    """These are code points, one number for each character, and some are far above 255. Encode the
    text as UTF-8 first: some characters become several bytes.
    """
    return [ord(character) for character in text]


def utf_16(text):
    """These are UTF-16 bytes, two or four for each character. GPT-2 starts from UTF-8."""
    return list(text.encode("utf-16-le"))


def latin_1(text):
    """Latin-1 has 256 characters and no others; what it lacks became a question mark. Check the
    name of the encoding.
    """
    return list(text.encode("latin-1", errors="replace"))


def strips(text):
    """The white space at the ends is lost. A space is a byte like any other: leave `strip` out."""
    return list(text.strip().encode("utf-8"))


def bytes_object(text):
    """The bytes are right, but this is a `bytes` object. The lesson goes on with a list of
    numbers.
    """
    return text.encode("utf-8")


def bytes_of_each(text):
    """This is a list of `bytes` objects, one for each character. Encode the whole text at once,
    then make a list of its numbers.
    """
    return [character.encode("utf-8") for character in text]


def in_hexadecimal(text):
    """The bytes are right, but written as text, in hexadecimal. `list(...)` of a `bytes` object
    gives plain numbers.
    """
    return [f"{byte:02x}" for byte in text.encode("utf-8")]


EXERCISE = Exercise(
    to_bytes,
    text_cases,
    mistakes=(
        code_points,
        utf_16,
        latin_1,
        strips,
        bytes_object,
        bytes_of_each,
        in_hexadecimal,
    ),
    hints=(
        "A Python string has a method `encode`, which takes the name of an encoding.",
        "`list(...)` of a `bytes` object gives its numbers.",
    ),
    points=1,
    minutes=3,
    post="End of part #1: The GPT-2, Ladies and Gentlemen",
)
