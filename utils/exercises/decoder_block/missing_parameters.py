"""Compare a published table with the shapes: what is missing where?"""

import math

from utils.exercises import Case, Exercise


def missing_parameters(listed, shapes):
    missing = {}
    for name, shape in shapes.items():
        short = math.prod(shape) - listed.get(name, 0)
        if short != 0:
            missing[name] = short
    return missing


def cases(rng):
    shapes = {"a.weight": (2, 3), "a.bias": (3,), "b.weight": (3, 1)}
    yield Case("nothing is missing", ({"a.weight": 6, "a.bias": 3, "b.weight": 3}, shapes))
    yield Case("one count too small", ({"a.weight": 6, "a.bias": 1, "b.weight": 3}, shapes))
    yield Case("one tensor not listed", ({"a.weight": 6, "b.weight": 3}, shapes))
    yield Case("one count too large", ({"a.weight": 7, "a.bias": 3, "b.weight": 3}, shapes))
    yield Case("nothing is listed at all", ({}, shapes))
    square = {"c_proj.weight": (3, 3), "c_proj.bias": (3,)}
    yield Case("a square matrix", ({"c_proj.weight": 9, "c_proj.bias": 2}, square))
    drawn = {name: math.prod(shape) - int(rng.integers(1, 4)) for name, shape in shapes.items()}
    drawn.pop(str(rng.choice(list(shapes))))
    yield Case("drawn", (drawn, shapes))


def only_listed(listed, shapes):
    """You go through the table, so a tensor that it does not list at all escapes you. Go through
    the shapes.
    """
    return {
        name: math.prod(shapes[name]) - n
        for name, n in listed.items()
        if math.prod(shapes[name]) != n
    }


def only_unlisted(listed, shapes):
    """A tensor can be listed with too small a number: compare the counts, too."""
    return {name: math.prod(shape) for name, shape in shapes.items() if name not in listed}


def nothing_of_an_empty_table(listed, shapes):
    """A table that lists nothing lacks everything: all of each tensor is missing."""
    return missing_parameters(listed, shapes) if listed else {}


def zeros_too(listed, shapes):
    """Leave out the tensors where nothing is missing: they hide the others."""
    return {name: math.prod(shape) - listed.get(name, 0) for name, shape in shapes.items()}


def sign_turned(listed, shapes):
    """The sign is the other way round. How many are missing is the true count minus the listed
    one.
    """
    return {name: -short for name, short in missing_parameters(listed, shapes).items()}


def sum_of_shape(listed, shapes):
    """You add the numbers of a shape; a matrix of 2 by 3 holds 2 times 3."""
    short = {name: sum(shape) - listed.get(name, 0) for name, shape in shapes.items()}
    return {name: n for name, n in short.items() if n}


def true_counts(listed, shapes):
    """These are the true counts; return how many of them the table lacks."""
    return {name: math.prod(shapes[name]) for name in missing_parameters(listed, shapes)}


def only_too_small(listed, shapes):
    """A table can also list too many: then the number missing is negative, and it belongs in the
    answer.
    """
    return {name: n for name, n in missing_parameters(listed, shapes).items() if n > 0}


def unlisted_raises(listed, shapes):
    """A tensor that is not listed raises a KeyError. `listed.get(name, 0)` counts it as 0."""
    return {
        name: math.prod(shape) - listed[name]
        for name, shape in shapes.items()
        if math.prod(shape) != listed[name]
    }


def the_sum(listed, shapes):
    """This is how many are missing in all. Return a dict, from each tensor's name to what it
    lacks.
    """
    return sum(missing_parameters(listed, shapes).values())


def only_names(listed, shapes):
    """These are the names. Return a dict, from each name to how many are missing."""
    return list(missing_parameters(listed, shapes))


EXERCISE = Exercise(
    missing_parameters,
    cases,
    mistakes=(
        only_listed,
        only_unlisted,
        nothing_of_an_empty_table,
        zeros_too,
        sign_turned,
        sum_of_shape,
        true_counts,
        only_too_small,
        unlisted_raises,
        the_sum,
        only_names,
    ),
    hints=(
        "`math.prod(shape)` is the true count, `listed.get(name, 0)` the listed one.",
        "For each name in shapes: their difference; keep it where it is not 0.",
    ),
    points=1,
    minutes=8,
    post="You've Made it!",
    core=False,
    gradient=False,
)
