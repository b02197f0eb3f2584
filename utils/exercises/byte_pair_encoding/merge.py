"""Replace each occurrence of a pair by one new id, from left to right."""

import json

from utils.exercises import Case, Exercise


def merge(ids, pair, new):
    merged, i = [], 0
    while i < len(ids):
        if tuple(ids[i : i + 2]) == pair:
            merged.append(new)
            i += 2
        else:
            merged.append(ids[i])
            i += 1
    return merged


def cases(rng):
    yield Case("the pair twice", ([1, 2, 3, 1, 2], (1, 2), 4))
    yield Case("“aaa”: the left two become one", ([7, 7, 7], (7, 7), 8))
    yield Case("“aaaa”: two pairs", ([7, 7, 7, 7], (7, 7), 8))
    yield Case("half a pair at the end", ([3, 1, 2, 1], (1, 2), 4))
    yield Case("half a pair at the end, which 0 would make whole", ([2, 1, 0, 1], (1, 0), 4))
    yield Case("the pair the wrong way round", ([2, 1, 3], (1, 2), 4))
    yield Case("11 and 2 are not the pair (1, 2)", ([1, 11, 2], (1, 2), 9))
    yield Case("nor are 1 and 21", ([1, 21, 97, 325], (1, 2), 9))
    yield Case("no ids", ([], (1, 2), 4))
    ids = rng.choice([1, 2, 3, 11, 12, 21, 256], size=20).tolist()
    yield Case("ids drawn at random", ([*ids, 1, 2, 11, 1, 2, 1], (1, 2), 257))


def replaces_text(ids, pair, new):
    """You replace in the ids written as text: there “1, 2” also stands inside “11, 2”. Compare
    numbers, not digits.
    """
    return json.loads(str(ids).replace(f"{pair[0]}, {pair[1]}", str(new)))


def merges_where_the_left_was(ids, pair, new):
    """The new id stands there, and the old pair too. After the new id go on by two places."""
    merged = []
    for i, each in enumerate(ids):
        if tuple(ids[i : i + 2]) == pair:
            merged.append(new)
        merged.append(each)
    return merged


def keeps_the_second(ids, pair, new):
    """The second id of the pair is still there, or was used again. After a merge, go on by two
    places.
    """
    return [new if tuple(ids[i : i + 2]) == pair else ids[i] for i in range(len(ids))]


def keeps_second_loses_last(ids, pair, new):
    """Two things: after a merge the second id of the pair is used again, so go on by two places;
    and the last id is lost when it is not part of a pair.
    """
    return keeps_the_second(ids, pair, new)[: max(len(ids) - 1, 0)]


def a_list_is_no_tuple(ids, pair, new):
    """Nothing is merged. Is the pair ever found? Two ids are compared with it, and they must be of
    its kind: a slice of a list is a list, the pair is a tuple, and `[1, 2] == (1, 2)` is False.
    """
    return list(ids)


def looks_at_the_left_only(ids, pair, new):
    """You compare only the left id. Both ids must be those of the pair, in order."""
    merged, i = [], 0
    while i < len(ids):
        merged.append(new if ids[i] == pair[0] else ids[i])
        i += 2 if ids[i] == pair[0] else 1
    return merged


def from_the_right(ids, pair, new):
    """In “aaa” you merged the two on the right. Start at the left."""
    return merge(ids[::-1], pair[::-1], new)[::-1]


def first_one_only(ids, pair, new):
    """Only the first occurrence is merged; go on to the end of the list."""
    for i in range(len(ids) - 1):
        if (ids[i], ids[i + 1]) == pair:
            return ids[:i] + [new] + ids[i + 2 :]
    return ids


def loses_the_last(ids, pair, new):
    """The last id is lost when it is not part of a pair."""
    merged, i = [], 0
    while i < len(ids) - 1:
        found = (ids[i], ids[i + 1]) == pair
        merged.append(new if found else ids[i])
        i += 2 if found else 1
    return merged


def falls_off_the_end(ids, pair, new):
    """`ids[i + 1]` does not exist at the last id. A slice, `ids[i:i + 2]`, is only shorter there
    and raises nothing.
    """
    merged, i = [], 0
    while i < len(ids):
        found = ids[i] == pair[0] and ids[i + 1] == pair[1]
        merged.append(new if found else ids[i])
        i += 2 if found else 1
    return merged


def either_order(ids, pair, new):
    """You merge (2, 1) too. The order counts: only (1, 2) is the pair."""
    merged, i = [], 0
    while i < len(ids):
        found = sorted(ids[i : i + 2]) == sorted(pair)
        merged.append(new if found else ids[i])
        i += 2 if found else 1
    return merged


EXERCISE = Exercise(
    merge,
    cases,
    mistakes=(
        replaces_text,
        merges_where_the_left_was,
        keeps_the_second,
        keeps_second_loses_last,
        a_list_is_no_tuple,
        looks_at_the_left_only,
        from_the_right,
        first_one_only,
        loses_the_last,
        falls_off_the_end,
        either_order,
    ),
    hints=(
        "Build a new list. A `for` loop cannot skip an id, a `while` loop with its own `i` can.",
        "At each place: is the pair here? Then append the new id and go on by two, else "
        "append `ids[i]` and go on by one.",
        "`tuple(ids[i:i + 2]) == pair` also works at the end of the list.",
    ),
    points=2,
    minutes=12,
    difficulty="medium",
    anew=True,
    post="End of part #1: The GPT-2, Ladies and Gentlemen",
)
