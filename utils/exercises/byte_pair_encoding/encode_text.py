"""Encode a whole text, with special tokens only where the program allows them."""

import regex

from utils.exercises import Case, Exercise
from utils.exercises.byte_pair_encoding.encode import encode
from utils.exercises.byte_pair_encoding.shared import drawn_text, small_ranks
from utils.exercises.byte_pair_encoding.split_words import split_words

END = "<|endoftext|>"


def encode_text(text, ranks, special, allowed):
    pieces = [text]
    if allowed:
        names = "|".join(regex.escape(name) for name in allowed)
        pieces = regex.split(f"({names})", text)
    ids = []
    for piece in pieces:
        if piece in allowed:
            ids.append(special[piece])
        else:
            for word in split_words(piece):
                ids.extend(encode(word, ranks))
    return ids


def cases(rng):
    ranks = small_ranks(
        *(bytes([b]) for b in b"abdefinorstuwx<|> "),
        b" <",
        b"<|",
        b"|>",
        b"a ",
        b" b",
        b"en",
        b"end",
    )
    special = {END: 99, "<|user|>": 98}
    yield Case("a user types the name: ordinary text", (f"a {END}b", ranks, special, []))
    yield Case("the program allows it", (f"a{END}b", ranks, special, [END]))
    yield Case("another name is allowed, this one not", (f"a {END}b", ranks, special, ["<|user|>"]))
    yield Case("words first: no token across them", ("a b", ranks, special, []))
    yield Case("the name alone, not allowed: ordinary text", (END, ranks, special, []))
    yield Case("an allowed name beside one that is not", (f"<|user|>{END}a", ranks, special, [END]))
    yield Case("two allowed names", (f"<|user|>a{END}", ranks, special, ["<|user|>", END]))
    yield Case("two in a row", (f"{END}{END}", ranks, special, [END]))
    yield Case("a space after the name", (f"{END} b", ranks, special, [END]))
    yield Case("only half of the name", ("<|end", ranks, special, [END]))
    yield Case("a space at both ends, nothing allowed", (" a b ", ranks, special, []))
    yield Case("no text", ("", ranks, special, [END]))
    pieces = ["a", " b", "end", " ", END, "<|", "two  x"]
    yield Case("pieces drawn at random", (drawn_text(rng, pieces, 8) + END, ranks, special, [END]))


def always_special(text, ranks, special, allowed):
    """Every special name in the text becomes its id, allowed or not. A user could then end the
    document by typing its name: look at `allowed`.
    """
    return encode_text(text, ranks, special, list(special))


def never_special(text, ranks, special, allowed):
    """An allowed name is encoded as ordinary text. Cut it out first, and append its id."""
    return encode_text(text, ranks, special, [])


def strips(text, ranks, special, allowed):
    """White space beside a special token, or at an end of the text, is lost. It belongs to the
    text: leave `strip` out.
    """
    names = "|".join(regex.escape(name) for name in allowed)
    pieces = regex.split(f"({names})", text) if allowed else [text]
    return _pieces_to_ids([piece.strip() for piece in pieces], ranks, special, allowed)


def strips_the_text(text, ranks, special, allowed):
    """White space at the ends of the text is lost. It belongs to the text: leave `strip` out."""
    return encode_text(text.strip(), ranks, special, allowed)


def _pieces_to_ids(pieces, ranks, special, names):
    ids = []
    for piece in pieces:
        if piece in names:
            ids.append(special[piece])
        else:
            for word in split_words(piece):
                ids.extend(encode(word, ranks))
    return ids


def not_escaped(text, ranks, special, allowed):
    """The name holds `|`, which means “or” in a pattern. Escape it: `regex.escape(name)`."""
    pieces = regex.split("(" + "|".join(allowed) + ")", text) if allowed else [text]
    return _pieces_to_ids([piece or "" for piece in pieces], ranks, special, allowed)


def names_vanish(text, ranks, special, allowed):
    """The special tokens have vanished. Either your loop does nothing with a piece that is an
    allowed name, or there is no such piece: `regex.split` keeps what it splits at only when the
    pattern stands in ( ).
    """
    pieces = regex.split("|".join(map(regex.escape, allowed)), text) if allowed else [text]
    return _pieces_to_ids(pieces, ranks, special, allowed)


def whole_pieces_are_special(text, ranks, special, allowed):
    """You look each piece up in `special`. A piece that is a name, but not an allowed one, then
    becomes the signal: look it up in `allowed`.
    """
    names = "|".join(regex.escape(name) for name in allowed)
    pieces = regex.split(f"({names})", text) if allowed else [text]
    return _pieces_to_ids(pieces, ranks, special, special)


def cuts_everywhere(text, ranks, special, allowed):
    """With no names allowed your pattern is empty, and an empty pattern cuts between all
    characters. Do not split at all then.
    """
    pieces = (
        list(text)
        if not allowed
        else regex.split("(" + "|".join(map(regex.escape, allowed)) + ")", text)
    )
    return _pieces_to_ids(pieces, ranks, special, allowed)


def cuts_at_every_name(text, ranks, special, allowed):
    """You also cut the text at names that are not allowed. They are ordinary text: what stands
    before them belongs to the same word.
    """
    pieces = regex.split("(" + "|".join(map(regex.escape, special)) + ")", text)
    return _pieces_to_ids(pieces, ranks, special, allowed)


def lists_in_a_list(text, ranks, special, allowed):
    """The ids of each word are a list of their own inside the list. `extend` adds the items of a
    list, `append` the list itself.
    """
    pieces = (
        regex.split("(" + "|".join(map(regex.escape, allowed)) + ")", text) if allowed else [text]
    )
    ids = []
    for piece in pieces:
        if piece in allowed:
            ids.append(special[piece])
        else:
            for word in split_words(piece):
                ids.append(encode(word, ranks))
    return ids


def no_words(text, ranks, special, allowed):
    """A token reaches across two words. Cut each piece with `split_words` first, then encode word
    by word.
    """
    pieces = (
        regex.split("(" + "|".join(map(regex.escape, allowed)) + ")", text) if allowed else [text]
    )
    ids = []
    for piece in pieces:
        ids.extend([special[piece]] if piece in allowed else encode(piece, ranks))
    return ids


EXERCISE = Exercise(
    encode_text,
    cases,
    mistakes=(
        always_special,
        never_special,
        strips,
        strips_the_text,
        not_escaped,
        names_vanish,
        whole_pieces_are_special,
        cuts_everywhere,
        cuts_at_every_name,
        lists_in_a_list,
        no_words,
    ),
    hints=(
        "Three steps: cut the text at the allowed names, cut the rest into words, encode "
        "each word.",
        '`regex.split("(" + names + ")", text)` gives pieces. In `split`, '
        "unlike in `findall`, you want the parentheses: they keep the names among the pieces.",
        'The pattern: `names = "|".join(regex.escape(name) for name in allowed)`. '
        "Without any names, the text is one piece.",
    ),
    points=3,
    minutes=20,
    difficulty="medium",
    post="End of part #1: The GPT-2, Ladies and Gentlemen",
    core=False,
)
