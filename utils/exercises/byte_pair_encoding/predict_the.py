"""Before you look: how many different ids does GPT-2 have for the one word “the”?"""

import itertools

from utils import bpe
from utils.exercises import prediction


def predict_the():
    spellings = ["".join(letters) for letters in itertools.product("tT", "hH", "eE")]
    ranks = bpe.gpt2().ranks
    return sum((space + word).encode() in ranks for word in spellings for space in ("", " "))


EXERCISE = prediction(
    predict_the,
    guesses=(
        (
            1,
            "One would do if a token were a word. It is a string of bytes: what about a "
            "capital letter, or a space in front?",
        ),
        (
            2,
            "With and without the space makes two. And at the beginning of a sentence? "
            "In a headline?",
        ),
        (
            3,
            "Small, with a capital, all capitals: three. And each of them with a space in front?",
        ),
        (
            4,
            "In lower case and with a capital, each with and without a space, that "
            "makes four. One more way of writing it is frequent enough.",
        ),
        (
            8,
            "One fewer: the merges were made only for what was frequent.",
        ),
        (
            16,
            "Sixteen spellings are possible, but a token is made only where the spelling "
            "was frequent: tHe was not.",
        ),
    ),
    hints=(
        "Think of the ways in which “the” is really written: small, with a capital, in a "
        "headline; and with or without a space in front.",
    ),
    minutes=2,
    core=False,
)
