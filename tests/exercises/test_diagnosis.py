"""When a mistake is named, and when nothing is said because nothing is certain."""

import torch

from tests.exercises import exercise_of, verdict
from utils.exercises.judge import FAILED, NOT_DONE


def squares(x):
    """You squared."""
    return x * x


def fails(x):
    """It fails."""
    raise KeyError("a")


def plus(x):
    return x + x


NUMBERS = exercise_of(plus, (3,), (5,), (0,), mistakes=(squares, fails))


def test_a_mistake_is_named_only_where_it_does_the_same_everywhere():
    assert verdict(NUMBERS, lambda x: x * x).diagnosis == "You squared."
    assert verdict(NUMBERS, lambda x: x * x if x == 3 else x + x).diagnosis == ""
    assert verdict(NUMBERS, lambda x: x * x if x != 5 else 7).diagnosis == ""


def test_an_error_is_perhaps_the_mistake_and_only_with_the_same_words():
    assert verdict(NUMBERS, lambda x: {}["a"]).diagnosis == "Perhaps: It fails."
    assert verdict(NUMBERS, lambda x: {}["b"]).diagnosis == ""
    assert verdict(NUMBERS, lambda x: [][x]).diagnosis == ""


def test_returning_nothing_is_said():
    assert "is there a `return`" in verdict(NUMBERS, lambda x: None).diagnosis


def test_returning_nothing_in_some_cases_is_another_matter():
    said = verdict(NUMBERS, lambda x: None if x else x + x).diagnosis
    assert said.startswith("In these cases your function returns None:")

    def refuses(x):
        if not x:
            raise ValueError("none")
        return x + x

    wanted = exercise_of(refuses, (3,), (0,))
    assert verdict(wanted, lambda x: x + x if x else None).diagnosis == ""


def test_a_cause_that_is_not_every_failing_cases_is_not_said():
    assert verdict(NUMBERS, lambda x: None if x else 7).diagnosis == ""
    double = exercise_of(lambda x: 2 * x, (torch.ones(1),), (torch.ones(2),))
    assert "float64" in verdict(double, lambda x: 2 * x.double()).diagnosis
    for wrong in (1, 2):  # the first case, or the second
        answers = {wrong: lambda x: x, 3 - wrong: lambda x: 2 * x.double()}
        assert verdict(double, lambda x, a=answers: a[len(x)](x)).diagnosis == ""


def test_perhaps_is_said_only_where_errors_are_all_that_is_known():
    def some(x):
        """You look it up."""
        return {3: 9, 0: 0}[x]

    exercise = exercise_of(plus, (3,), (5,), (0,), mistakes=(some,))
    assert verdict(exercise, lambda x: {3: 9, 0: 0}[x]).diagnosis == "You look it up."


def test_what_a_refusal_says_is_its_authors_choice():
    def whole(x):
        if x < 0:
            raise ValueError("x must be 0 or more")
        return x

    def refuses_nothing_too(x):
        """0 is fine."""
        if x <= 0:
            raise ValueError("too small")
        return x

    class Mine(ValueError):
        pass

    def refuses(kinds):
        def function(x):
            if x <= 0:
                raise kinds[x]("no")
            return x

        return function

    exercise = exercise_of(whole, (-1,), (0,), (2,), mistakes=(refuses_nothing_too,))
    for kinds in ({-1: ValueError, 0: ValueError}, {-1: Mine, 0: ValueError}):
        assert verdict(exercise, refuses(kinds)).diagnosis == "Perhaps: 0 is fine."
    assert verdict(exercise, refuses({-1: ValueError, 0: KeyError})).diagnosis == ""


def test_the_stubs_line_is_told_from_an_error_of_its_kind():
    def stub(x):
        raise NotImplementedError

    def left_below(x):
        if x == 3:
            return 6
        raise NotImplementedError

    def pytorchs(x):
        raise NotImplementedError("no kernel for this")

    assert verdict(NUMBERS, stub).status == NOT_DONE
    found = verdict(NUMBERS, left_below)
    assert found.status == FAILED and "still stands in your function" in found.diagnosis
    found = verdict(NUMBERS, pytorchs)
    assert found.status == FAILED and found.diagnosis == ""
