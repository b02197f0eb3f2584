"""Exercises of lesson 00: a warm-up that shows how checking works, and a self-check of what the
course takes for granted.
"""

import numpy as np

from utils.exercises import Case, Exercise, Mistake, prediction


def longest_word(words):
    longest = words[0]
    for word in words:
        if len(word) > len(longest):
            longest = word
    return longest


def predict_slice():
    return "abcdef"[1:-1]


def predict_shape():
    return np.zeros((3, 4)).T.shape


def predict_broadcast():
    return (np.zeros((3, 1)) + np.zeros((4,))).shape


def predict_product():
    return (np.zeros((2, 3)) @ np.zeros((3, 5))).shape


def predict_softmax():
    return float(round(np.exp(2.0) / (np.exp(2.0) + np.exp(2.0)), 2))


def _word_cases(rng):
    yield Case("one is longest", (["a", "robot", "sang"],))
    yield Case("two are equally long: the first of them", (["door", "moon", "by"],))
    yield Case("a single word", (["hello"],))
    yield Case("the longest comes last", (["a", "bb", "ccc"],))
    yield Case(
        "words drawn at random",
        (["x" * int(n) for n in rng.integers(1, 9, 6)] + ["robot", "tower", "lamp"],),
    )


def _last_of_equals(words):
    return max(reversed(words), key=len)


def _its_length(words):
    return len(longest_word(words))


def _first_word(words):
    return words[0]


def _shortest(words):
    return min(words, key=len)


def _last_by_alphabet(words):
    return max(words)


def _self_check(reference, asks, guesses, hint):
    return prediction(reference, asks, guesses, hints=(hint,), minutes=1, case="your answer")


EXERCISES = [
    Exercise(
        asks="The longest of some words.",
        reference=longest_word,
        cases=_word_cases,
        mistakes=(
            Mistake(
                _last_of_equals,
                "Of equally long words you return the last; the first is asked for. Is it "
                "`>=` where it should be `>`?",
            ),
            Mistake(_its_length, "You return how long the word is; return the word."),
            Mistake(
                _first_word,
                "You return the first word, whatever the others are. Go through all of them "
                "and compare their lengths.",
            ),
            Mistake(_shortest, "This is the shortest word."),
            Mistake(
                _last_by_alphabet,
                "This is the last word by the alphabet: words compare by their letters. "
                "Compare their lengths.",
            ),
        ),
        hints=(
            "Go through the words and remember the best one so far.",
            "`max(words, key=len)` does it in one line, and keeps the first of equals.",
        ),
        points=1,
        minutes=3,
    ),
    _self_check(
        predict_slice,
        'What is "abcdef"[1:-1]?',
        (
            ("abcde", "Counting starts at 0, so position 1 is the second letter."),
            (
                "bcdef",
                "A slice stops before its end, and -1 is the last position: the last letter "
                "stays out.",
            ),
            ("abcdef", "The slice leaves out something at both ends."),
        ),
        "Positions count from 0; negative ones count from the end; the end itself is not "
        "part of a slice.",
    ),
    _self_check(
        predict_shape,
        "An array has shape (3, 4). What is the shape of its transpose?",
        (
            ((3, 4), "Transposing swaps rows and columns."),
            ((12,), "Transposing keeps two dimensions; flattening would give one."),
        ),
        "Three rows of four become four rows of three.",
    ),
    _self_check(
        predict_broadcast,
        "What shape is (3, 1) plus (4,)?",
        (
            ((4, 3), "Shapes are lined up at their right end: (3, 1) over (4,)."),
            ((3, 1), "The 1 is stretched to fit the 4."),
            ((7,), "Broadcasting stretches; it does not join."),
        ),
        "Write the shapes one above the other, aligned on the right; a 1 or a missing number "
        "stretches to fit the other.",
    ),
    _self_check(
        predict_product,
        "What shape is (2, 3) @ (3, 5)?",
        (
            ((3, 3), "The inner two numbers must agree and disappear; the outer two stay."),
            ((2, 3, 5), "The 3 that both share is summed over and disappears."),
            ((5, 2), "The first matrix gives the rows, the second the columns."),
        ),
        "`(rows, inner) @ (inner, columns) -> (rows, columns)`: the inner number disappears.",
    ),
    _self_check(
        predict_softmax,
        "Softmax of the two scores [2.0, 2.0]: what is the first number?",
        (
            (1.0, "Softmax gives numbers that add up to 1; two equal scores share it."),
            (
                2.0,
                "A score is not a probability yet: softmax makes each number positive and "
                "lets them add up to 1.",
            ),
            (0.0, "Every number that softmax gives is above 0."),
        ),
        "The exponential of each score, divided by the sum of all of them.",
    ),
]
