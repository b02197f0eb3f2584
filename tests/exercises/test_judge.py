"""What the judge looks at besides the answers: arguments, gradients, kinds, memory; and when it
names a mistake.
"""

import numpy as np
import pytest
import torch

from utils.exercises import Case, Exercise, exercises
from utils.exercises.compare import unequal_argument
from utils.exercises.judge import AGAIN, FAILED, GRADIENT, PASSED, Outcome, judge, run


def verdict(exercise, function, seed=0):
    return judge(exercise, lambda args, **more: run(function, args, **more), seed)


def exercise_of(reference, *args, **more):
    cases = [Case(f"case {i}", a) for i, a in enumerate(args)]
    return Exercise(reference, lambda rng: cases, **more)


def double(x):
    return 2 * x


DOUBLE = exercise_of(double, (torch.tensor([1.0, 2.0]),), (torch.tensor([[3.0]]),))


def test_the_reference_passes():
    assert verdict(DOUBLE, double).status == PASSED


def in_place(x):
    x *= 2
    return x


def cut(x):
    return torch.tensor((2 * x).tolist())


def detached(x):
    return 2 * x.detach()


def in_numpy(x):
    return torch.from_numpy(2 * np.asarray(x))


def twice_as_precise(x):
    return 2 * x.double()


def as_numpy(x):
    return (2 * x).detach().numpy()


def as_list(x):
    return (2 * x).tolist()


def remembering():
    seen = []

    def function(x):
        seen.append(1)
        return x * (2 if len(seen) < 4 else 3)

    return function


def wrong_gradient(x):
    return 2 * x.detach() + 3 * (x - x.detach())


@pytest.mark.parametrize(
    "function, words",
    [
        (in_place, "It changes `x`, which others still need: work on a copy."),
        (cut, "could not learn through this function"),
        (detached, "could not learn through this function"),
        (in_numpy, "not where a gradient is wanted"),
        (twice_as_precise, "float64. The next cells need float32"),
        (as_numpy, "this is a numpy array"),
        (as_list, "this is a list"),
        (remembering(), "does it remember something between calls"),
        (wrong_gradient, "a model would learn something else"),
    ],
)
def test_right_numbers_got_in_a_bad_way_fail_and_say_why(function, words):
    result = verdict(DOUBLE, function)
    assert result.status == FAILED and words in result.diagnosis


def test_a_gradient_is_asked_for_only_where_somebody_learns():
    free = exercise_of(double, (torch.tensor([1.0]),), gradient=False)
    assert verdict(free, detached).status == PASSED
    ids = exercise_of(double, (torch.tensor([1]),))
    assert verdict(ids, lambda x: torch.tensor((2 * x).tolist())).status == PASSED


def test_a_function_that_the_task_forbids_is_seen():
    def norm(x):
        return (x - x.mean(-1, keepdim=True)) / (
            x.var(-1, correction=0, keepdim=True) + 1e-5
        ) ** 0.5

    def borrowed(x):
        return torch.nn.functional.layer_norm(x, x.shape[-1:])

    forbids = exercise_of(norm, (torch.randn(3, 4),), forbids=("layer_norm",))
    assert "torch's own `layer_norm`" in verdict(forbids, borrowed).diagnosis
    assert verdict(forbids, norm).status == PASSED
    assert verdict(exercise_of(norm, (torch.randn(3, 4),)), borrowed).status == PASSED


def test_one_list_given_out_again_and_again_is_compared_at_once():
    shared = []

    def whole(n):
        return list(range(n))

    def reused(n):
        shared.clear()
        shared.extend(range(n))
        return shared

    assert verdict(exercise_of(whole, (1,), (2,), (3,)), reused).status == PASSED


def test_classes_of_the_right_value_pass():
    class Word(str):
        pass

    def word(x):
        return "a"

    def number(x):
        return 3

    def tensor(x):
        return torch.zeros(2)

    assert verdict(exercise_of(word, (1,)), lambda x: Word("a")).status == PASSED
    assert verdict(exercise_of(word, (1,)), lambda x: np.str_("a")).status == PASSED
    assert verdict(exercise_of(number, (1,)), lambda x: np.int64(3)).status == PASSED
    assert verdict(
        exercise_of(tensor, (1,)), lambda x: torch.nn.Parameter(torch.zeros(2))
    ).status == (PASSED)
    assert verdict(exercise_of(lambda x: True, (1,)), lambda x: np.bool_(True)).status == PASSED


def test_a_subclass_of_the_expected_error_is_that_error():
    class Cut(ValueError):
        pass

    def refuse(x):
        raise ValueError("no")

    def refuse_so(x):
        raise Cut("no")

    def fail_otherwise(x):
        raise KeyError("no")

    exercise = exercise_of(refuse, (1,))
    assert verdict(exercise, refuse_so).status == PASSED
    assert verdict(exercise, fail_otherwise).status == FAILED


@pytest.mark.parametrize("answer", [10**400, torch.eye(2).to_sparse(), object(), range(3)])
def test_no_answer_stops_the_judge(answer):
    result = verdict(DOUBLE, lambda x: answer)
    assert result.status == FAILED and all(r.problem for r in result.results)


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


def test_what_prints_alike_is_told_apart():
    def pair(x):
        return torch.zeros(3, 4), 1.0

    def other(x):
        answer = torch.zeros(3, 4)
        answer[2, 3] = 1
        return answer, 1.0

    result = verdict(exercise_of(pair, (1,)), other).results[0]
    assert result.got != result.expected and "[0][2, 3]" in result.got


def test_the_cases_besides_are_named_on_the_card():
    assert verdict(DOUBLE, cut).results[-1].label == GRADIENT
    assert verdict(DOUBLE, remembering()).results[-1].label == AGAIN


def test_a_time_limit_ends_the_trial():
    calls = []

    def call(args, **more):
        calls.append(args)
        return Outcome(error="TimeLimit")

    result = judge(DOUBLE, call)
    assert len(calls) == 1 and "loop that never ends" in result.results[0].problem


@pytest.mark.parametrize("exercise", exercises(), ids=lambda e: e.name)
def test_no_reference_changes_its_arguments(exercise):
    for case in exercise.cases(np.random.default_rng(5)):
        outcome = run(exercise.reference, case.args)
        if not outcome.error:
            assert not any(map(unequal_argument, case.args, outcome.after))
