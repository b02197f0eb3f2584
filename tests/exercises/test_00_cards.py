"""Lesson 00's cards: answers as learners type them, what passes, and what the card says."""

import pytest

from tests.exercises.cards import fails, passes

RIGHT = [
    ("longest_word", "def longest_word(words):\n    return max(words, key=len)"),
    (
        "longest_word",
        "def longest_word(words):\n    return sorted(words, key=len, reverse=True)[0]",
    ),
    (
        "predict_broadcast",
        "import numpy as np\ndef predict_broadcast():\n    return np.array([3, 4])",
    ),
    ("predict_product", "def predict_product():\n    return [2, 5]"),
    ("predict_softmax", "def predict_softmax():\n    return 1 / 2"),
]
WRONG = {
    "sorts the caller's list": (
        "longest_word",
        "def longest_word(words):\n    words.sort(key=len, reverse=True)\n    return words[0]",
        "It changes `words`",
    ),
    "another of equals, by the alphabet": (
        "longest_word",
        """def longest_word(words):
    longest = words[0]
    for word in sorted(words):
        if len(word) > len(longest):
            longest = word
    return longest""",
        "in alphabetical order",
    ),
    "the first of equals in the alphabet": (
        "longest_word",
        "def longest_word(words):\n    return max(sorted(words), key=len)",
        "You sort the words first",
    ),
    "longer by two letters": (
        "longest_word",
        """def longest_word(words):
    longest = words[0]
    for word in words:
        if len(word) > len(longest) + 1:
            longest = word
    return longest""",
        "longer by one letter",
    ),
    "a guess near a half": (
        "predict_softmax",
        "def predict_softmax():\n    return 0.45",
        "! once it is rounded",
    ),
    "a guess a little above a half": (
        "predict_softmax",
        "def predict_softmax():\n    return 0.512",
        "! once it is rounded",
    ),
    "a guess above 1": (
        "predict_softmax",
        "def predict_softmax():\n    return 3.7",
        "A share lies between 0 and 1",
    ),
    "forgets to return": (
        "longest_word",
        "def longest_word(words):\n    longest = max(words, key=len)",
        "Your function returns None",
    ),
    "prints it, and returns the length": (
        "longest_word",
        "def longest_word(words):\n    print(words[0])\n    return len(words[0])",
        "came out",
        "printed",
    ),
    "as the lesson suggests": (
        "longest_word",
        "def longest_word(words):\n    return len(words[0])",
        "You return how long the first word is",
    ),
    "through a set": (
        "longest_word",
        "def longest_word(words):\n    return max(set(words), key=len)",
        "A set is in no order",
        "! `>=`",
    ),
    "the last of equals": (
        "longest_word",
        """def longest_word(words):
    longest = ""
    for word in words:
        if len(word) >= len(longest):
            longest = word
    return longest""",
        "Is it `>=`",
    ),
    "all of equal length": (
        "longest_word",
        "def longest_word(words):\n"
        "    most = max(map(len, words))\n    return [w for w in words if len(w) == most]",
        "You return a list",
    ),
    "the line left standing": (
        "longest_word",
        "def longest_word(words):\n    raise NotImplementedError\n    return max(words, key=len)",
        "in the place of the line `raise NotImplementedError`",
    ),
    "no error": ("predict_broadcast", 'def predict_broadcast():\n    return "error"', "It works"),
    "no error in the product": (
        "predict_product",
        'def predict_product():\n    return "error"',
        "both 3",
    ),
    "a shape in quotes": (
        "predict_shape",
        'def predict_shape():\n    return "(4, 3)"',
        "leave out the quotes",
    ),
    "one letter short": ("predict_slice", 'def predict_slice():\n    return "bcd"', "One letter"),
    "in percent": (
        "predict_softmax",
        "def predict_softmax():\n    return 50",
        "That is right in percent",
    ),
    "in quotes": (
        "predict_softmax",
        'def predict_softmax():\n    return "0.5"',
        "without quotes",
    ),
}


@pytest.mark.parametrize("name, source", RIGHT)
def test_a_right_answer_passes(name, source):
    passes(name, source)


@pytest.mark.parametrize("what", WRONG)
def test_a_wrong_answer_fails_and_the_card_is_true(what):
    name, source, *words = WRONG[what]
    fails(name, source, *words)
