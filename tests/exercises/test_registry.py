"""Every exercise of the registry: the reference passes, the stub is "not done yet", each mistake
gets its own words.
"""

import pytest

from utils.exercises import exercises, names, said
from utils.exercises.judge import FAILED, NOT_DONE, PASSED, judge, run
from utils.post import SECTIONS

ALL = exercises()
IDS = names()
SEEDS = (0, 1, 2)


def verdict(exercise, function, seed=0):
    return judge(exercise, lambda args, **more: run(function, args, **more), seed)


@pytest.mark.slow
@pytest.mark.parametrize("exercise", ALL, ids=IDS)
def test_the_reference_passes(exercise):
    for seed in SEEDS:
        result = verdict(exercise, exercise.reference, seed)
        assert result.status == PASSED, [r for r in result.results if not r.passed]
        if exercise.prediction:
            assert not result.results[0].got.startswith("raises")


@pytest.mark.parametrize("exercise", ALL, ids=IDS)
def test_an_untouched_stub_is_not_done_yet(exercise):
    def stub(*args):
        raise NotImplementedError

    assert verdict(exercise, stub).status == NOT_DONE


@pytest.mark.parametrize("exercise", ALL, ids=IDS)
def test_returning_nothing_never_passes(exercise):
    assert verdict(exercise, lambda *args: None).status == FAILED


MISTAKES = [(e, m) for e in ALL for m in e.mistakes]


@pytest.mark.parametrize(
    "exercise, mistake", MISTAKES, ids=[f"{e.name}-{e.mistakes.index(m)}" for e, m in MISTAKES]
)
def test_each_mistake_fails_with_its_own_diagnosis(exercise, mistake):
    for seed in SEEDS[:2]:  # there are fourteen hundred
        result = verdict(exercise, mistake, seed)
        assert result.status == FAILED
        assert result.diagnosis.removeprefix("Perhaps: ") == said(mistake)


@pytest.mark.parametrize("exercise", ALL, ids=IDS)
def test_it_is_complete_and_readable(exercise):
    assert exercise.asks and exercise.minutes > 0 and exercise.post in SECTIONS
    assert 1 <= len(exercise.hints) <= 4
    assert len(exercise.mistakes) >= (2 if exercise.prediction else 3), "too few known mistakes"
    assert exercise.points == 0 if exercise.prediction else exercise.points > 0
    for text in (*exercise.hints, *map(said, exercise.mistakes)):
        assert text[0].isupper() or text[0] in "`" or not text[0].isalpha(), text
        assert text.rstrip(')"')[-1] in ".?!:`", text
    assert exercise.lesson and exercise.reference.__module__.endswith(exercise.name)
    for needed in exercise.needs:
        assert IDS.index(needed) < IDS.index(exercise.name), f"{needed} comes later"


def test_names_are_unique():
    assert len(set(IDS)) == len(IDS) and IDS == tuple(e.name for e in ALL)
