"""What the judge looks at besides the answers: arguments, gradients, kinds, memory."""

import numpy as np
import pytest
import torch

from tests.exercises import exercise_of, verdict
from utils.exercises import exercises, prediction
from utils.exercises.compare import unequal_argument
from utils.exercises.judge import AGAIN, FAILED, GRADIENT, PASSED, Outcome, judge, run


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
    return 2 * x.detach() + 2.01 * (x - x.detach())


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


@pytest.mark.parametrize(
    "borrowed",
    [
        lambda x: x.softmax(-1),
        lambda x: torch.special.softmax(x, -1),
        lambda x: torch._softmax(x, -1, False),
        lambda x: torch.ops.aten.softmax.int(x, -1),
        lambda x: torch.nn.Softmax(-1)(x),
    ],
)
def test_a_forbidden_function_is_seen_by_all_its_names(borrowed):
    forbids = exercise_of(
        lambda x: x.exp() / x.exp().sum(-1, keepdim=True),
        (torch.randn(3, 4),),
        forbids=("softmax",),
    )
    assert "torch's own `" in verdict(forbids, borrowed).diagnosis


def test_a_function_that_the_task_forbids_is_seen():
    def norm(x):
        return (x - x.mean(-1, keepdim=True)) / (
            x.var(-1, correction=0, keepdim=True) + 1e-5
        ) ** 0.5

    def borrowed(x):
        return torch.nn.functional.layer_norm(x, x.shape[-1:])

    forbids = exercise_of(norm, (torch.randn(3, 4),), forbids=("layer_norm",))
    assert "torch's own `layer_norm`" in verdict(forbids, borrowed).diagnosis
    other = verdict(forbids, lambda x: torch.native_layer_norm(x, (4,), None, None, 1e-5)[0])
    assert "torch's own `native_layer_norm`" in other.diagnosis
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


def inside_itself():
    found = []
    found.append(found)
    return found


def arrays_in_an_array():
    found = np.empty(2, dtype=object)
    found[:] = [np.ones(2), None]
    return found


def nested():
    with pytest.warns(UserWarning, match="nested"):
        return torch.nested.nested_tensor([torch.ones(1), torch.ones(2)])


@pytest.mark.parametrize(
    "answer",
    [
        10**400,
        torch.eye(2).to_sparse(),
        object(),
        range(3),
        inside_itself(),
        arrays_in_an_array(),
        nested(),
    ],
)
def test_no_answer_stops_the_judge(answer):
    result = verdict(DOUBLE, lambda x: answer)
    assert result.status == FAILED and all(r.problem for r in result.results)


def test_gradients_switched_off_for_good_hide_nothing():
    def switches_off(x):
        torch.set_grad_enabled(False)
        return 2 * x.detach()

    assert verdict(DOUBLE, switches_off).diagnosis.startswith("The numbers are right, but a model")
    assert torch.is_grad_enabled()
    with torch.no_grad():  # as a cell may have left it
        assert verdict(DOUBLE, detached).status == FAILED


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


def test_a_repeated_answer_of_another_kind_is_told_so():
    calls = []

    def function(x):
        calls.append(x)
        return 2 * x if len(calls) < 4 else (2 * x).double()

    assert "float64" in verdict(DOUBLE, function).diagnosis


def test_a_gradient_is_asked_for_at_a_case_that_has_one():
    def constant_for_one(x):
        return torch.ones(1) if len(x) == 1 else 2 * x

    exercise = exercise_of(constant_for_one, (torch.zeros(1),), (torch.zeros(2),))
    assert verdict(exercise, constant_for_one).status == PASSED
    assert verdict(exercise, lambda x: constant_for_one(x).detach()).status == FAILED


def test_a_gradient_where_none_belongs_is_another_one_and_not_a_lack():
    def for_x_alone(x, y):
        return 2 * x + y.detach()

    exercise = exercise_of(for_x_alone, (torch.ones(2), torch.ones(2)))
    assert verdict(exercise, lambda x, y: 2 * x + y - 0 * y).status == FAILED
    assert "learn something else" in verdict(exercise, lambda x, y: 2 * x + y).diagnosis
    assert verdict(exercise, lambda x, y: for_x_alone(x, y) + 0 * y).status == PASSED


def test_what_is_computed_twice_is_seen_where_the_text_says_once():
    def product(a, b):
        return a @ b

    def twice(a, b):
        return (a @ b + a @ b) / 2

    exercise = exercise_of(product, (torch.ones(2, 3), torch.ones(3, 2)), work=1.5)
    assert verdict(exercise, product).status == PASSED
    found = verdict(exercise, twice)
    assert "what it could keep" in found.diagnosis and "2.0 times" in found.results[0].problem


def test_a_guess_may_be_any_kind_of_number():
    def three():
        return 3

    guess = prediction(three, [(4, "One less.")], hints=(), minutes=1)
    for answer in (3, 3.0, np.float32(3)):
        assert verdict(guess, lambda answer=answer: answer).status == PASSED
    assert verdict(guess, lambda: 4).diagnosis == "One less."


def test_a_change_deep_inside_an_argument_is_seen():
    def weight(params):
        return params["w"] + 1

    def adds(params):
        params["w"] += 1
        return params["w"]

    exercise = exercise_of(weight, ({"w": torch.zeros(2)},))
    assert "changes `params`" in verdict(exercise, adds).diagnosis


def test_a_gradient_that_adds_up_to_nothing_is_compared_number_by_number():
    def softmax(x):
        return x.softmax(-1)

    def bent(x):
        other = (2 * x).softmax(-1)
        return softmax(x).detach() + other - other.detach()

    exercise = exercise_of(softmax, (torch.tensor([0.5, 1.0, 2.0]),))
    assert "learn something else" in verdict(exercise, bent).diagnosis


def test_only_what_passed_has_points():
    assert verdict(DOUBLE, double).points == DOUBLE.points == 1
    assert verdict(DOUBLE, detached).points == 0


def test_why_a_process_ended_is_said():
    for text, said in (("it used more than 4 GiB", "it used more"), ("", "its process ended")):
        end = Outcome(error="ProcessEnded", text=text)
        assert said in judge(DOUBLE, lambda args, end=end, **more: end).results[0].problem


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
