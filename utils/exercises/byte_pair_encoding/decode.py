"""Ids back to text, whatever the ids are."""

from utils.exercises import Case, Exercise

TOKENS = [b"a", b"B", b" the", b" robot", b"\xf0\x9f", b"\xa4", b"\x96", b"\xe4\xba", b"\xba"]


def decode(ids, tokens):
    return b"".join(tokens[i] for i in ids).decode("utf-8", errors="replace")


def cases(rng):
    yield Case("two words", ([2, 3], TOKENS))
    yield Case("one emoji in three tokens", ([4, 5, 6], TOKENS))
    yield Case("the first half of an emoji", ([0, 4, 5], TOKENS))
    yield Case("two halves, one after the other", ([0, 4, 4, 1], TOKENS))
    yield Case("the end of a character, without its beginning", ([8, 1], TOKENS))
    yield Case("no ids", ([], TOKENS))
    yield Case("ids drawn at random", (rng.integers(len(TOKENS), size=6).tolist() + [7, 8], TOKENS))


def each_token_alone(ids, tokens):
    """You decode each token alone, but a character may be spread over several tokens. Join all the
    bytes first.
    """
    return "".join(tokens[i].decode("utf-8", errors="replace") for i in ids)


def joins_as_text(ids, tokens):
    """`"".join` joins text, and these are bytes: `b"".join`. Decode what comes out."""
    return "".join(tokens[i] for i in ids)


def each_token_alone_strictly(ids, tokens):
    """You decode token by token, and a token may hold only a part of a character. Join all the
    bytes first, then decode once.
    """
    return "".join(tokens[i].decode("utf-8") for i in ids)


def strict(ids, tokens):
    """Half a character raises an error. A model may stop there, so show the replacement character
    instead: see `errors=`.
    """
    return b"".join(tokens[i] for i in ids).decode("utf-8")


def _all_or(instead):
    def all_or_nothing(ids, tokens):
        """Half a character makes you lose the whole text. `errors="replace"` puts a replacement
        character there, and keeps all the rest: no `try` and `except`.
        """
        try:
            return strict(ids, tokens)
        except UnicodeDecodeError:
            return instead

    return all_or_nothing


def ignores_halves(ids, tokens):
    """Half a character has vanished without a trace. Show that something is missing: see what else
    `errors=` can be.
    """
    return b"".join(tokens[i] for i in ids).decode("utf-8", errors="ignore")


def adds_spaces(ids, tokens):
    """You put a space between the tokens. The spaces are inside the tokens already."""
    return b" ".join(tokens[i] for i in ids).decode("utf-8", errors="replace")


def decodes_to_bytes(ids, tokens):
    """These are still bytes. The last step is to decode them."""
    return b"".join(tokens[i] for i in ids)


def as_latin_1(ids, tokens):
    """You decode as Latin-1, which turns each byte into a character. The bytes are UTF-8."""
    return b"".join(tokens[i] for i in ids).decode("latin-1")


EXERCISE = Exercise(
    decode,
    cases,
    mistakes=(
        each_token_alone,
        joins_as_text,
        each_token_alone_strictly,
        strict,
        *map(_all_or, ("\N{REPLACEMENT CHARACTER}", "")),
        ignores_halves,
        adds_spaces,
        decodes_to_bytes,
        as_latin_1,
    ),
    hints=(
        'First join: `b"".join(...)` over the tokens of the ids. Then decode once.',
        "`bytes.decode` takes `errors=`, which says what to do with bytes that are not UTF-8.",
    ),
    points=1,
    minutes=5,
    post="End of part #1: The GPT-2, Ladies and Gentlemen",
)
