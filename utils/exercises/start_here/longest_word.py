"""The longest of some words."""

from utils.exercises import Case, Exercise


def longest_word(words):
    longest = words[0]
    for word in words:
        if len(word) > len(longest):
            longest = word
    return longest


def cases(rng):
    yield Case("one is longest", (["a", "robot", "sang"],))
    yield Case("two are equally long: the first of them", (["door", "moon", "by"],))
    yield Case("two are equally long, one of them last", (["by", "door", "moon"],))
    yield Case("two are equally long, not in alphabetical order", (["a", "moon", "door"],))
    yield Case("longer by one letter", (["aa", "bbb"],))
    words = "door moon lamp bird tree rain ship gold".split()
    yield Case("eight are equally long", (words,))
    yield Case("the same eight, from the end", (words[::-1],))
    yield Case("the same eight, from the middle", (words[4:] + words[:4],))
    keys = "qwertyuiopasdfghjklzxcvbnm"  # too many for a set to have the order of anything
    yield Case("all letters are equally long", (list(keys),))
    yield Case("and all doubled letters", ([key * 2 for key in keys[::-1]],))
    yield Case("a single word", (["hello"],))
    yield Case("the longest comes last", (["a", "bb", "ccc"],))
    yield Case(
        "words drawn at random",
        (["x" * int(n) for n in rng.integers(1, 9, 6)] + ["robot", "tower", "lamp"],),
    )


def last_of_equals(words):
    """Of equally long words you return the last; return the first. Is it `>=` where it should be
    `>`?
    """
    return max(reversed(words), key=len)


def through_a_set(words):
    """A set is in no order of yours, so that of equally long words any may come first. Go through
    the list itself.
    """
    return max(set(words), key=len)


def length_of_the_first(words):
    """You return how long the first word is. Go through all the words, and return the longest
    itself.
    """
    return len(words[0])


def its_length(words):
    """You return how long the word is; return the word."""
    return len(longest_word(words))


def first_word(words):
    """You return the first word, whatever the others are. Go through all of them and compare their
    lengths.
    """
    return words[0]


def sorted_first(words):
    """You sort the words first, and so of equally long ones the first in the alphabet comes out. Go
    through the list as it is.
    """
    return max(sorted(words), key=len)


def sorted_after_the_first(words):
    """You go through the words in alphabetical order, and so of equally long ones another may come
    first. Go through the list as it is.
    """
    return max([words[0], *sorted(words)], key=len)


def all_of_equals(words):
    """You return a list. Return one word: of equally long ones, the first."""
    return [word for word in words if len(word) == len(longest_word(words))]


def shortest(words):
    """This is the shortest word."""
    return min(words, key=len)


def last_by_alphabet(words):
    """This is the last word in the alphabet: `max` compares words by their letters. Compare their
    lengths.
    """
    return max(words)


EXERCISE = Exercise(
    longest_word,
    cases,
    mistakes=(
        last_of_equals,
        its_length,
        length_of_the_first,
        all_of_equals,
        first_word,
        shortest,
        last_by_alphabet,
        sorted_first,
        sorted_after_the_first,
        through_a_set,  # in another order at each start
    ),
    hints=(
        "Go through the words and remember the best one so far.",
        "`max(words, key=len)` does it in one line, and keeps the first of equals.",
    ),
    points=1,
    minutes=3,
)
