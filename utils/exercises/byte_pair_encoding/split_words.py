"""Cut text into words as GPT-2 does, before any merging."""

import regex

from utils import bpe
from utils.exercises import Case, Exercise
from utils.exercises.byte_pair_encoding.shared import drawn_text

WORD_PIECES = ["robot", "it's", "I'LL", "x1", "42", "--", "  ", *" \n\t½é人!_'"]
SHORT = r"'s|'t|'re|'ve|'m|'ll|'d"
REST = r" ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+"


def split_words(text):
    alternatives = [
        r"'s|'t|'re|'ve|'m|'ll|'d",
        r" ?\p{L}+",
        r" ?\p{N}+",
        r" ?[^\s\p{L}\p{N}]+",
        r"\s+(?!\S)",
        r"\s+",
    ]
    return regex.findall("|".join(alternatives), text)


def cases(rng):
    yield Case("words take the space before them", ("Hello world",))
    yield Case("a contraction, two spaces, a number", ("I'm  here, 42 times",))
    yield Case("all seven contractions", ("don't you're they've I'll we'd I'm it's",))
    yield Case("a space before an apostrophe", ("and 'tis 'so",))
    yield Case("shouting", ("DON'T",))
    yield Case("white space at the end", ("end. \n\n",))
    yield Case("white space before a word", ("if x:\n    go\nend",))
    yield Case("two new lines before a word", ("one\n\ntwo",))
    yield Case("two tabs before a word", ("a\t\tb",))
    yield Case("a new line of two characters", ("a\r\nb",))
    yield Case("letters and numbers of other alphabets", ("café ½ 四 Робот",))
    yield Case("marks that are not letters of their own", ("e\u0301t\u0302e it’s रोबोट",))
    yield Case("numbers that are not digits", ("1½ cups of 2²",))
    yield Case("digits, signs and underscores", ("x1 = my_robot + 1,000",))
    yield Case("signs in a row, and before them", ("wait... what?!\n- (½)  --  7\n8",))
    yield Case("no text", ("",))
    yield Case("pieces drawn at random", (drawn_text(rng, WORD_PIECES, 12),))


def python_split(text):
    """`text.split()` throws the spaces away and leaves signs on the words. No character may be
    lost: joined, the words must be the text again.
    """
    return text.split()


def loses_spaces(text):
    """The white space is lost. Joined, the words must be the text again."""
    return regex.findall(SHORT + r"|\p{L}+|\p{N}+|[^\s\p{L}\p{N}]+", text)


def spaces_alone(text):
    """The space should belong to the word after it: one optional space, ` ?`, in front of letters,
    digits and signs.
    """
    return regex.findall(SHORT + r"|\p{L}+|\p{N}+|[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+", text)


def no_lookahead(text):
    """Of several spaces, the last belongs to the word after them. White space that leaves its last
    character to what follows must be tried before plain white space.
    """
    return regex.findall(SHORT + r"| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+", text)


def only_before_a_space(text):
    """Your white space leaves its last character over only where that is a space. Of several new
    lines or tabs, too, the last one stands alone: `\\s+(?!\\S)`.
    """
    return regex.findall(SHORT + "|" + REST.replace(r"(?!\S)", "(?= )"), text)


def not_all_white_space(text):
    """You take only spaces and new lines for white space. Tabs and `\\r` are white space, too:
    `\\s` takes all of it.
    """
    some = REST.replace(r"[^\s", r"[^ \n").replace(r"\s", r"[ \n]")
    return regex.findall(SHORT + "|" + some, text)


def any_white_space(text):
    """A word takes a space with it, but no new line and no tab: ` ?`, not `\\s?`."""
    return regex.findall(SHORT + r"|\s?\p{L}+|\s?\p{N}+|\s?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+", text)


def any_white_space_before_signs(text):
    """Signs take a space with them, but no new line and no tab: ` ?`, not `\\s?`."""
    return regex.findall(SHORT + "|" + REST.replace(" ?[", r"\s?["), text)


def any_white_space_before_numbers(text):
    """Numbers take a space with them, but no new line and no tab: ` ?`, not `\\s?`."""
    return regex.findall(SHORT + "|" + REST.replace(r" ?\p{N}", r"\s?\p{N}"), text)


def all_spaces_before_signs(text):
    """Signs take at most one space with them: ` ?`, not ` *`."""
    return regex.findall(SHORT + "|" + REST.replace(" ?[", " *["), text)


def all_spaces_before_numbers(text):
    """A number takes at most one space with it: ` ?`, not ` *`."""
    return regex.findall(SHORT + "|" + REST.replace(r" ?\p{N}", r" *\p{N}"), text)


def no_space_before_signs(text):
    """Signs, too, take a space with them: ` ?` in front of them, as before letters."""
    return regex.findall(SHORT + "|" + REST.replace(" ?[", "["), text)


def signs_one_by_one(text):
    """Signs that stand together are one piece: is there a `+` after their class?"""
    return regex.findall(SHORT + "|" + REST.replace("]+", "]"), text)


def all_spaces_taken(text):
    """A word takes at most one space with it: ` ?`, not ` *`."""
    return regex.findall(SHORT + r"| *\p{L}+| *\p{N}+| *[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+", text)


def a_space_before_contractions(text):
    """A contraction takes no space with it: only letters, numbers and signs do."""
    return regex.findall(r" ?'(?:s|t|re|ve|m|ll|d)|" + REST, text)


def capturing_group(text):
    """`( )` changes what `findall` returns: what the group caught, not the whole piece. Write
    `(?: )`, or no group at all.
    """
    return regex.findall(r"'(s|t|re|ve|m|ll|d)|" + REST, text)


def a_group_for_each(text):
    """You get tuples, one item for each pair of `( )` in the pattern. Join the alternatives with
    `|` and without `( )`, or write `(?: )`.
    """
    alternatives = (SHORT + "|" + REST).split("|")
    return regex.findall("|".join(f"({a})" for a in alternatives), text)


def digits_only(text):
    """`\\d` is a decimal digit; ½ and ² are numbers too. `\\p{N}` takes all of them."""
    return regex.findall(SHORT + r"| ?\p{L}+| ?\d+| ?[^\s\p{L}\d]+|\s+(?!\S)|\s+", text)


def digits_beside_signs(text):
    """½ and ² count as signs here, because `\\d` is a decimal digit only. They are numbers:
    `\\p{N}`.
    """
    return regex.findall(SHORT + "|" + REST.replace(r"\p{N}]", r"\d]"), text)


def digits_for_numbers(text):
    """½ and ² are lost, because `\\d` is a decimal digit only. They are numbers: `\\p{N}`."""
    return regex.findall(SHORT + "|" + REST.replace(r" ?\p{N}", r" ?\d"), text)


def only_before_words(text):
    """Of several spaces before a sign, too, the last belongs to what follows: `(?!\\S)`, not
    `(?!\\w)`.
    """
    return regex.findall(SHORT + "|" + REST.replace(r"(?!\S)", r"(?!\w)"), text)


def contractions_last(text):
    """The contractions are missing or come too late: the first alternative that fits wins, and the
    one for signs takes the apostrophe. Put them first.
    """
    return regex.findall(REST + "|" + SHORT, text)


def any_case(text):
    """GPT-2's contractions are lower case only: DON'T is cut as DON, ', T."""
    return regex.findall(bpe.GPT2_PATTERN, text, flags=regex.IGNORECASE)


def latin_letters(text):
    """Letters outside A to Z are taken for signs. `\\p{L}` is a letter of any alphabet, `\\p{N}`
    any number.
    """
    return regex.findall(SHORT + r"| ?[A-Za-z]+| ?[0-9]+| ?[^\sA-Za-z0-9]+|\s+(?!\S)|\s+", text)


def word_characters(text):
    """`\\w` takes letters, digits and the underscore together. GPT-2 keeps letters, numbers and
    signs apart.
    """
    return regex.findall(SHORT + r"| ?\w+| ?[^\s\w]+|\s+(?!\S)|\s+", text)


EXERCISE = Exercise(
    split_words,
    cases,
    mistakes=(
        python_split,
        loses_spaces,
        spaces_alone,
        no_lookahead,
        only_before_a_space,
        not_all_white_space,
        any_white_space,
        any_white_space_before_signs,
        any_white_space_before_numbers,
        all_spaces_taken,
        all_spaces_before_signs,
        all_spaces_before_numbers,
        no_space_before_signs,
        signs_one_by_one,
        a_space_before_contractions,
        capturing_group,
        a_group_for_each,
        digits_only,
        digits_beside_signs,
        digits_for_numbers,
        only_before_words,
        contractions_last,
        any_case,
        latin_letters,
        word_characters,
    ),
    hints=(
        "Six alternatives, joined with `|`, tried from left to right; "
        "`regex.findall(pattern, text)` does the rest.",
        "Letters: ` ?\\p{L}+`. Numbers: the same. Signs are whatever is neither space, "
        "letter nor number: `[^\\s\\p{L}\\p{N}]+`.",
        "White space up to the last one before a word: `\\s+(?!\\S)`. The `(?!\\S)` "
        "says: what follows may be white space or the end, nothing else.",
    ),
    points=3,
    minutes=30,
    difficulty="hard",
    post="End of part #1: The GPT-2, Ladies and Gentlemen",
    core=False,
)
