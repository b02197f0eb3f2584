"""A typed answer's card, and what must stand on it."""

import math

from tests.exercises import typed
from utils.card import Card
from utils.exercises import exercises, named
from utils.exercises.judge import PASSED, Verdict, judge
from utils.limit import call_with_limit


def judged(name: str, source: str) -> Verdict:
    """The verdict on a source, typed into a notebook that has torch, math and every exercise's
    reference; `reference` in it is the exercise's own.
    """
    import torch

    space = {e.name: e.reference for e in exercises()}
    space |= {"torch": torch, "F": torch.nn.functional, "math": math}
    function = typed(source, name, space | {"reference": named(name).reference})
    return judge(named(name), lambda args, **more: call_with_limit(function, args, 30, **more))


def passes(name: str, source: str) -> None:
    result = judged(name, source)
    assert result.status == PASSED, repr(Card(result))


def fails(name: str, source: str, *words: str) -> None:
    """words: what the card says; after "! " what it does not say; none: it names no cause."""
    result = judged(name, source)
    card = " ".join(repr(Card(result)).split())
    assert result.status != PASSED, card
    for word in words:
        if word.startswith("! "):
            assert word[2:] not in card, card
        else:
            assert word in card, card
    if not words:
        assert "What it looks like" not in card, card
