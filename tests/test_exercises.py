"""Every exercise of the registry: the reference passes, the stub is "not done yet", each mistake
gets its own words.
"""

import pytest

from utils.check import call_with_limit
from utils.exercises import DIFFICULTIES, exercises, find, written_lessons
from utils.exercises.judge import FAILED, NOT_DONE, PASSED, judge

ALL = [(lesson, exercise) for lesson in written_lessons() for exercise in exercises(lesson)]
IDS = [exercise.name for _, exercise in ALL]
SEEDS = (0, 1, 2)


def verdict(exercise, function, seed=0):
    return judge(exercise, lambda *args: call_with_limit(function, args, exercise.seconds), seed)


@pytest.mark.parametrize("lesson, exercise", ALL, ids=IDS)
def test_the_reference_passes(lesson, exercise):
    for seed in SEEDS:
        result = verdict(exercise, exercise.reference, seed)
        assert result.status == PASSED, [r for r in result.results if not r.passed]


@pytest.mark.parametrize("lesson, exercise", ALL, ids=IDS)
def test_an_untouched_stub_is_not_done_yet(lesson, exercise):
    def stub(*args):
        raise NotImplementedError

    assert verdict(exercise, stub).status == NOT_DONE


@pytest.mark.parametrize("lesson, exercise", ALL, ids=IDS)
def test_returning_nothing_never_passes(lesson, exercise):
    assert verdict(exercise, lambda *args: None).status == FAILED


MISTAKES = [(e, m) for _, e in ALL for m in e.mistakes]


@pytest.mark.parametrize(
    "exercise, mistake", MISTAKES, ids=[f"{e.name}-{e.mistakes.index(m)}" for e, m in MISTAKES]
)
def test_each_mistake_fails_with_its_own_diagnosis(exercise, mistake):
    for seed in SEEDS:
        result = verdict(exercise, mistake.function, seed)
        assert result.status == FAILED
        assert result.diagnosis.removeprefix("Perhaps: ") == mistake.diagnosis


@pytest.mark.parametrize("lesson, exercise", ALL, ids=IDS)
def test_it_is_complete_and_readable(lesson, exercise):
    assert exercise.asks and exercise.minutes > 0 and exercise.difficulty in DIFFICULTIES
    assert 1 <= len(exercise.hints) <= 4
    assert len(exercise.mistakes) >= (2 if exercise.prediction else 3), "too few known mistakes"
    assert exercise.points == 0 if exercise.prediction else exercise.points > 0
    for text in (*exercise.hints, *(m.diagnosis for m in exercise.mistakes)):
        assert text[0].isupper() or text[0] in "`" or not text[0].isalpha(), text
        assert text.rstrip(')"')[-1] in ".?!:`", text
    names = [e.name for e in exercises(lesson)]
    for needed in exercise.needs:
        home, _ = find(needed)
        assert home < lesson or names.index(needed) < names.index(exercise.name), (
            f"{needed} comes later"
        )


def test_names_are_unique():
    assert len(set(IDS)) == len(IDS)
