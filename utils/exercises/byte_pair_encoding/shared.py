"""What several exercises of this lesson draw or use."""

from utils import stories
from utils.exercises import Case

CHARACTERS = [*"aZ9 ", "é", "ß", "я", "人", "🤖", "\n"]


def story(rng, length):
    return stories.generate(int(rng.integers(1 << 30)), 1)[0].text[:length]


def drawn_text(rng, pieces, count):
    return "".join(pieces[int(i)] for i in rng.integers(len(pieces), size=count))


def text_cases(rng):
    yield Case("plain letters", ("cat",))
    yield Case("nothing", ("",))
    yield Case("a letter with an accent", ("é",))
    yield Case("a space in front", (" the",))
    yield Case("capital letters", ("GPT",))
    yield Case("three Chinese characters", ("机器人",))
    yield Case("an emoji", ("🤖",))
    yield Case("characters drawn at random", ("é" + drawn_text(rng, CHARACTERS, 8),))


def neighbours(ids):
    return zip(ids, ids[1:])


def apart(ids):
    """The neighbours, but of an id that repeats itself only pairs that do not overlap."""
    i = 0
    while i < len(ids) - 1:
        yield ids[i], ids[i + 1]
        i += 2 if ids[i : i + 3] == 3 * ids[i : i + 1] else 1


def small_ranks(*tokens):
    """Small ranks that a card can show: single bytes first, in order, then the merges."""
    single = sorted({bytes([b]) for token in tokens for b in token})
    return {token: rank for rank, token in enumerate([*single, *(t for t in tokens if len(t) > 1)])}
