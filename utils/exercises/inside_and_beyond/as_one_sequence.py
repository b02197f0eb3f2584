"""A question and its answer as one sequence that a language model can be trained on."""

import numpy as np
import torch

from utils.exercises import Case, Exercise


def as_one_sequence(source, answer, separator, end, room):
    source = source[: room - len(answer) - 1]
    ids = source + [separator] + answer + [end]
    inputs, targets = ids[:-1], ids[1:]
    targets[: len(source)] = [-100] * len(source)
    return inputs, targets


def cases(rng):
    yield Case("three words and two", ([5, 6, 7], [15, 16], 90, 91, 20))
    yield Case("a source of one word", ([5], [15, 16, 17], 90, 91, 20))
    yield Case("an answer of one word", ([5, 6, 7], [15], 90, 91, 20))
    yield Case("a word that is in both", ([5, 6], [6, 7], 90, 91, 20))
    yield Case("just enough room", ([5, 6, 7], [15, 16], 90, 91, 6))
    yield Case("exactly one token too many", ([5, 6, 7], [15, 16], 90, 91, 5))
    yield Case("the same word twice", ([5, 6, 5, 5], [15, 16, 15, 15], 90, 91, 20))
    yield Case("too little room: the source is cut", (list(range(10)), [15, 16], 90, 91, 7))
    yield Case("room for the answer alone", ([5, 6, 7], [15, 16], 90, 91, 3))
    yield Case("words", (["le", "chat", "dort"], ["the", "cat", "sleeps"], "to-en", "end", 20))
    source, answer = (rng.integers(10, 80, int(rng.integers(4, 12))).tolist() for _ in range(2))
    yield Case(
        "drawn at random, cut", (source, answer, 90, 91, len(answer) + int(rng.integers(2, 4)))
    )


def source_counts(source, answer, separator, end, room):
    """The source's own words are targets too. The model is to learn to answer: -100 wherever the
    next token belongs to the source or is the separator.
    """
    ids = source[: room - len(answer) - 1] + [separator] + answer + [end]
    return ids[:-1], ids[1:]


def separator_predicts_nothing(source, answer, separator, end, room):
    """One -100 too many: at the separator the model must predict the first word of the answer."""
    inputs, targets = as_one_sequence(source, answer, separator, end, room)
    place = len(inputs) - len(answer) - 1
    return inputs, targets[:place] + [-100] + targets[place + 1 :]


def separator_is_a_target(source, answer, separator, end, room):
    """One -100 too few: nobody has to predict the separator, we write it ourselves."""
    inputs, targets = as_one_sequence(source, answer, separator, end, room)
    place = len(inputs) - len(answer) - 1
    return inputs, targets[: max(place - 1, 0)] + [separator] * (place > 0) + targets[place:]


def hides_by_value(source, answer, separator, end, room):
    """You hide words of the answer that are in the source, too. Hide by place, not by value: the
    first `len(source)` targets, after the source is cut.
    """
    source = source[: room - len(answer) - 1]
    ids = source + [separator] + answer + [end]
    return ids[:-1], [-100 if i in source or i == separator else i for i in ids[1:]]


def not_moved(source, answer, separator, end, room):
    """Your targets stand where their tokens stand. At each position the target is the token that
    comes *next*.
    """
    source = source[: room - len(answer) - 1]
    return source + [separator] + answer, [-100] * (len(source) + 1) + answer


def no_end(source, answer, separator, end, room):
    """The last target must be `end`, or the model never learns to stop."""
    inputs, targets = as_one_sequence(source, answer, separator, end, room)
    return inputs[:-1], targets[:-1]


def no_separator(source, answer, separator, end, room):
    """Nothing stands between source and answer. How is the model to know where to begin?"""
    source = source[: room - len(answer) - 1]
    ids = source + answer + [end]
    return ids[:-1], [-100] * max(len(source) - 1, 0) + ids[max(len(source), 1) :]


def cuts_one_too_many(source, answer, separator, end, room):
    """When room is short you cut one token too many: `end` is a target only, so it needs no room
    among the inputs.
    """
    if len(source) + len(answer) + 2 > room:
        source = source[: max(room - len(answer) - 2, 0)]
    return as_one_sequence(source, answer, separator, end, len(source) + len(answer) + 1)


def zero_for_no_target(source, answer, separator, end, room):
    """Where nothing is asked, your target is 0. But 0 is a token like any other: -100 is what does
    not count.
    """
    inputs, targets = as_one_sequence(source, answer, separator, end, room)
    return inputs, [0 if target == -100 else target for target in targets]


def cuts_the_answer(source, answer, separator, end, room):
    """You cut the end of the whole sequence, and the answer stands at the end. Cut the source."""
    inputs, targets = as_one_sequence(source, answer, separator, end, len(source) + len(answer) + 1)
    return inputs[:room], targets[:room]


def cuts_the_beginning(source, answer, separator, end, room):
    """You cut the beginning of the source. Keep its beginning, and cut what stands right before the
    separator.
    """
    keep = min(len(source), room - len(answer) - 1)
    return as_one_sequence(source[len(source) - keep :], answer, separator, end, room)


def cuts_too_late(source, answer, separator, end, room):
    """When the inputs are one token too long you do not cut yet: the separator needs room, too, so
    the source may have `room - len(answer) - 1` tokens.
    """
    if len(source) + len(answer) == room:
        room += 1
    return as_one_sequence(source, answer, separator, end, room)


def never_cuts(source, answer, separator, end, room):
    """The inputs may have at most `room` tokens: shorten the source until everything fits."""
    return as_one_sequence(source, answer, separator, end, len(source) + len(answer) + 1)


def answer_hidden(source, answer, separator, end, room):
    """The wrong half is hidden: -100 belongs to what is only read, the source."""
    inputs, targets = source_counts(source, answer, separator, end, room)
    place = len(inputs) - len(answer) - 1
    return inputs, targets[:place] + [-100] * (len(answer) + 1)


def targets_are_the_answer(source, answer, separator, end, room):
    """The targets are shorter than the inputs. Each input needs one: -100 where nothing is
    asked.
    """
    return as_one_sequence(source, answer, separator, end, room)[0], answer + [end]


def end_is_an_input(source, answer, separator, end, room):
    """`end` is the last target and no input: nothing comes after it."""
    inputs, targets = as_one_sequence(source, answer, separator, end, room)
    return inputs + [end], targets + [-100]


def no_room_for_the_separator(source, answer, separator, end, room):
    """When room is short one token too many is left: the separator needs room, too."""
    return as_one_sequence(source, answer, separator, end, room + 1)


def by_tensor(source, answer, separator, end, room):
    """Right for ids. The tokens may be words as well, and a tensor holds no words: stay with
    lists.
    """
    source = source[: room - len(answer) - 1]
    ids = torch.tensor(source + [separator] + answer + [end])
    targets = ids[1:].clone()
    targets[: len(source)] = -100
    return ids[:-1].tolist(), targets.tolist()


def by_array(source, answer, separator, end, room):
    """Right for ids. The tokens may be words as well, and an array of words turns -100 into the
    text "-100": stay with lists.
    """
    source = source[: room - len(answer) - 1]
    ids = np.array(source + [separator] + answer + [end])
    targets = ids[1:].copy()
    targets[: len(source)] = -100
    return ids[:-1].tolist(), targets.tolist()


EXERCISE = Exercise(
    as_one_sequence,
    cases,
    mistakes=(
        source_counts,
        separator_predicts_nothing,
        separator_is_a_target,
        hides_by_value,
        not_moved,
        no_end,
        no_separator,
        cuts_one_too_many,
        zero_for_no_target,
        cuts_the_answer,
        cuts_the_beginning,
        cuts_too_late,
        never_cuts,
        answer_hidden,
        targets_are_the_answer,
        end_is_an_input,
        no_room_for_the_separator,
        by_tensor,
        by_array,
    ),
    hints=(
        "First the whole row: source, separator, answer, end. Inputs are all but its "
        "last token, targets all but its first.",
        "The separator and the answer take `len(answer) + 1` of the inputs. What is left "
        "is for the source.",
        "The separator stands at index `len(source)`. Before it, every target is -100.",
    ),
    points=2,
    minutes=16,
    difficulty="medium",
    post="Machine Translation",
    core=False,
)
