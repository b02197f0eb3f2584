"""The instructor's guide and the README's map: complete, computed, and what they promise exists."""

import importlib.util
import json
import os
import re
import sys

import pytest

from utils import environment
from utils.build import guide
from utils.build.quiz import QUIZ
from utils.build.routes import ROUTES, SAY, Part
from utils.exercises import LESSONS, exercises, find, said
from utils.exercises.judge import PASSED, judge, run
from utils.figures import style
from utils.post import SECTIONS

MAP = guide.exercise_map().splitlines()
ALL = [(lesson, e) for lesson in LESSONS for e in exercises(lesson)]


@pytest.mark.parametrize("question", QUIZ, ids=[q.asks[:40] for q in QUIZ])
def test_a_computed_answer_is_one_of_the_options(question):
    assert question.lesson in LESSONS and 3 <= len(question.options) <= 4
    assert len(set(question.options)) == len(question.options)
    assert question.options.count(question.answer()) == 1, question.answer()


def test_there_are_twenty_questions_and_no_letter_gives_the_answer_away():
    letters = [q.options.index(q.answer()) for q in QUIZ]
    assert len(QUIZ) == 20 and max(letters.count(i) for i in range(4)) <= 10


def test_every_section_of_a_plan_has_something_to_say_and_nothing_else_has():
    used = {
        (p.lesson, p.section)
        for route in ROUTES.values()
        for p in route.steps
        if isinstance(p, Part)
    }
    assert used == {(lesson, section) for lesson in SAY for section in SAY[lesson]}


def test_the_plans_say_every_minute():
    """What a reader would add up: the minutes' column of each route's tables."""
    for name, text in zip(ROUTES, guide.plans().split("\n### ")):
        minutes = [int(n) for n in re.findall(r"(?m)^\| \d+:\d\d \| (\d+) \|", text)]
        assert sum(minutes) == ROUTES[name].minutes and f": {ROUTES[name].minutes} minutes." in text
        names = re.findall(r"`(\w+)` \((\d+)\)", text)
        assert names == [
            (e, str(find(e)[1].minutes))
            for step in ROUTES[name].steps
            if isinstance(step, Part)
            for e in step.exercises
        ]


def test_common_mistakes_are_known_ones():
    text = guide.mistakes()
    assert len(set(guide.COMMON)) == len(guide.COMMON) == text.count("\n| 0")
    for name, function, _ in guide.COMMON:
        assert function in [m.__name__ for m in find(name)[1].mistakes], function


@pytest.mark.parametrize("lesson, exercise", ALL, ids=[e.name for _, e in ALL])
def test_every_exercise_is_on_the_map_once(lesson, exercise):
    assert exercise.post in SECTIONS, f"{exercise.post!r} is no section of the post"
    rows = [row for row in MAP if f"| `{exercise.name}` |" in row]
    assert (
        len(rows) == 1
        and f"notebooks/{lesson}.ipynb" in rows[0]
        and (exercise.post or "not in the post") in rows[0]
    )


def test_the_map_knows_which_further_tests_try_an_exercise():
    tests = guide._tests()
    assert (
        "exercises/test_04_attention.py" in tests["split_heads"]
        and "exercises/test_05_decoder_block.py" in tests["decoder_block"]
    )
    assert "core/test_bpe.py" not in tests.get("encode", ()), (
        "that one tries utils.bpe, not the exercise"
    )


def test_a_marker_keeps_what_stands_around_it():
    text = "a\n<!-- x -->\nold\n<!-- /x -->\nb"
    once = guide.filled(text, {"x": lambda: "new \\1 text"})
    assert (
        once
        == "a\n<!-- x -->\nnew \\1 text\n<!-- /x -->\nb"
        == guide.filled(once, {"x": lambda: "new \\1 text"})
    )


def picture(width):
    figure, _ = style.canvas(width, 2)
    return style.Picture(figure, "An empty picture for a test, nothing in it.").width


@pytest.mark.parametrize("width, grows", [(4, 1.5), (7, 1.5), (9.5, 1.1), (12, 1.0)])
def test_a_projector_enlarges_pictures_as_far_as_a_page_is_wide(width, grows, monkeypatch):
    before = picture(width)
    monkeypatch.setenv("GPT2_BY_HAND_PROJECTOR", "1")
    assert picture(width) / before == pytest.approx(grows, abs=0.02)


def test_the_projectors_switch_reaches_jupyterlab_and_the_kernels(monkeypatch, tmp_path):
    started = []
    monkeypatch.setattr(environment, "prepare", lambda files: None)
    monkeypatch.setattr(environment, "answers", lambda *a: True)
    monkeypatch.setattr(environment, "VENV", str(tmp_path))
    monkeypatch.setattr(
        environment,
        "call",
        lambda command, *words, cwd: started.append((command, dict(os.environ))) or 0,
    )
    monkeypatch.setattr(os, "environ", os.environ.copy())
    with pytest.raises(SystemExit):
        environment.main(["lab", "--projector", "--no-browser"])
    command, variables = started[0]
    assert (
        "--projector" not in command
        and command[-1] == "--no-browser"
        and variables["GPT2_BY_HAND_PROJECTOR"] == "1"
    )
    settings = os.path.join(
        variables["JUPYTERLAB_SETTINGS_DIR"],
        "@jupyterlab",
        "apputils-extension",
        "themes.jupyterlab-settings",
    )
    with open(settings) as file:
        assert int(json.load(file)["overrides"]["code-font-size"].removesuffix("px")) >= 18


def test_the_exercise_that_contributing_shows_is_a_good_one(tmp_path):
    """Its file as written there: the reference passes, the notebook's solution too, each mistake
    gets its own words.
    """
    text = (guide.ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
    blocks = re.findall(r"```python\n(.*?)```", text, flags=re.S)
    file = tmp_path / "longest_sentence.py"
    file.write_text(next(b for b in blocks if "EXERCISE = " in b), encoding="utf-8")
    spec = importlib.util.spec_from_file_location("longest_sentence", file)
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    exercise, solution = module.EXERCISE, {}
    exec(next(b for b in blocks if "BEGIN SOLUTION" in b), solution)
    assert len(exercise.mistakes) >= 3 and exercise.asks and exercise.post in SECTIONS
    assert f"### Exercise: {exercise.name}\n" in text

    def verdict(function, seed):
        return judge(exercise, lambda args, **more: run(function, args, **more), seed)

    for seed in range(3):
        for right in (exercise.reference, solution[exercise.name]):
            assert verdict(right, seed).status == PASSED
        for mistake in exercise.mistakes:
            assert verdict(mistake, seed).diagnosis == said(mistake)
