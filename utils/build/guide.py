"""What README.md and solutions/instructors_guide.md say that the registry, the routes, the quiz and
the notebooks know.

Each function gives the text of one part, between two markers such as `<!-- quiz -->` and `<!--
/quiz -->`; `python -m utils.build` fills them in, and a test fails when one is stale.
"""

import re
from pathlib import Path

import nbformat

from utils.build.quiz import QUIZ
from utils.build.routes import ROUTES, SAY, Part, Pause
from utils.exercises import LESSONS, exercises, find, names, said
from utils.post import SECTIONS
from utils.text import plural

ROOT = Path(__file__).resolve().parents[2]
COMMON = (  # (exercise, known mistake, what people write): the ones to expect in a class
    ("count_bigrams", "counts_single_words", "counts words, not pairs"),
    ("generate", "keeps_the_prompt", "draws every new word after the same old one"),
    ("cross_entropy", "log_of_mean", "averages first, takes the logarithm last"),
    ("merge", "keeps_the_second", "goes on by one place after a merge"),
    ("encode", "leftmost_first", "makes the first merge that fits"),
    ("decode", "each_token_alone", "decodes token by token"),
    ("add_positions", "width_for_tokens", "takes `x.shape[1]` for the number of tokens"),
    ("softmax", "naive_softmax", "types the formula as it stands"),
    ("softmax", "by_column", "shares down the columns"),
    ("scale", "by_d_k", "divides by the width, not by its root"),
    ("causal_mask", "one_ahead", "is one place off"),
    ("masked_attention", "mask_after", "masks after softmax"),
    ("split_heads", "view_without_transpose", "uses `view` alone"),
    ("layer_norm", "unbiased", "takes PyTorch's default variance"),
    ("decoder_block", "post_norm", "normalises after the addition"),
    ("top_k", "keeps_ties", "keeps everything at least as large as the k-th"),
    ("top_p", "drops_the_crossing", "drops the token that crosses p"),
    ("forward_with_cache", "positions_from_0", "begins the positions at 0 with every chunk"),
    ("make_batch", "targets_not_moved", "gives the inputs as targets"),
    ("drop_mask_buffers", "endswith_trap", "drops whatever ends with `attn.bias`"),
)


def filled(text: str, parts: dict) -> str:
    """The text with what stands between each part's markers made anew."""

    def made(found: re.Match) -> str:
        return found[1] + parts[found[2]]() + "\n" + found[3]

    marked = rf"(<!-- ({'|'.join(map(re.escape, parts))}) -->\n).*?(<!-- /\2 -->)"
    return re.sub(marked, made, text, flags=re.S)


def plans() -> str:
    """Each route as tables: the clock, the minutes, what is done, what to say; then what to hurry
    through.
    """
    return "\n\n".join(_plan(name) for name in ROUTES)


def _plan(name: str) -> str:
    route = ROUTES[name]
    exercises_ = sum(step.minutes - step.show for step in route.steps if isinstance(step, Part))
    rest = sum(step.show for step in route.steps if isinstance(step, Part))
    pauses = sum(step.minutes for step in route.steps if isinstance(step, Pause))
    text = [
        f"### {route.title}",
        f"{route.about} Exercises {exercises_} minutes, the rest of their sections {rest}, pauses "
        f"and questions {pauses}: {exercises_ + rest + pauses} minutes. `.venv/bin/python -m "
        f"utils.build --route {name}` writes its notebooks.",
    ]
    days = sum(isinstance(step, Pause) and step.ends_day for step in route.steps) + 1
    head = "| at | minutes | section | exercises | say |\n|---|---|---|---|---|"
    rows, clock, day = [], 0, 1
    for step in (*route.steps, None):
        if step is None or (rows and isinstance(step, Part) and clock == 0):
            text.append((f"*Day {day}*\n\n" if days > 1 else "") + "\n".join([head, *rows]))
            rows, day = [], day + 1
        if step is None:
            break
        at = f"{clock // 60}:{clock % 60:02d}"
        if isinstance(step, Part):
            names = ", ".join(f"`{e}` ({find(e)[1].minutes})" for e in step.exercises)
            rows.append(
                f"| {at} | {step.minutes} | {step.lesson[:2]} {step.section} | {names} | "
                f"{SAY[step.lesson][step.section]} |"
            )
        else:
            rows.append(f"| {at} | {step.minutes} | *{step.what}* | | |")
        clock = 0 if isinstance(step, Pause) and step.ends_day else clock + step.minutes
    late = [step for step in route.steps if isinstance(step, Part) and step.late]
    text.append(
        "**When time runs short**, run these sections' cells as they are and go on (the "
        "course's functions stand in): "
        + "; ".join(f"{s.lesson[:2]} {s.section} ({s.minutes})" for s in late)
        + f". That saves {sum(s.minutes for s in late)} minutes at most."
    )
    points = {
        lesson: [
            sum(e.points for e in exercises(lesson) if any(e.name in p.exercises for p in parts)),
            sum(e.points for e in exercises(lesson)),
        ]
        for lesson, parts in route.lessons().items()
    }
    said = ", ".join(f"{lesson[:2]} {some} of {every}" for lesson, (some, every) in points.items())
    text.append(f"**Points to be had**, of each lesson's: {said}.")
    return "\n\n".join(text)


def mistakes() -> str:
    """The mistakes to expect, each with the words of its card."""
    rows = ["| exercise | somebody | the card says |", "|---|---|---|"]
    for name, function, words in COMMON:
        lesson, exercise = find(name)
        known = next(m for m in exercise.mistakes if m.__name__ == function)
        rows.append(f"| {lesson[:2]} `{name}` | {words} | {_cell(said(known))} |")
    count = sum(len(e.mistakes) for lesson in LESSONS for e in exercises(lesson))
    return (
        "\n".join(rows)
        + f"\n\nThe registry, `utils/exercises`, knows {count} mistakes by name; these are "
        f"{len(COMMON)} of them."
    )


def quiz() -> str:
    """The questions, their options, and the answers, computed, folded away."""
    text = []
    for number, question in enumerate(QUIZ, 1):
        answer = question.options.index(question.answer())
        options = "".join(
            f"\n   {'abcd'[i]}) {option}  " for i, option in enumerate(question.options)
        ).rstrip()
        text.append(
            f"{number}. *(lesson {question.lesson[:2]})* {question.asks}\n{options}\n\n   "
            "<details><summary>Answer</summary>\n\n"
            f"   **{'abcd'[answer]}) {question.options[answer]}.** {question.because}\n\n   "
            "</details>"
        )
    return "\n\n".join(text)


def exercise_map() -> str:
    """From each section of the post to its exercises, their lessons, and the tests that try them;
    then the figures.
    """
    more = _tests()
    rows = ["| the post's section | lesson | exercise | tests |", "|---|---|---|---|"]
    for section in SECTIONS:
        for lesson in LESSONS:
            for e in exercises(lesson):
                if e.post == section:
                    files = "".join(f", [{Path(f).name}](tests/{f})" for f in more.get(e.name, ()))
                    rows.append(
                        f"| {section or '*not in the post*'} | "
                        f"[{lesson[:2]}](notebooks/{lesson}.ipynb) | `{e.name}` | "
                        f"{plural(len(e.mistakes), 'mistake')}{files} |"
                    )
    total = len(rows) - 2
    return (
        f"<details><summary>From the post's sections to {total} exercises and their "
        "tests</summary>\n\nFor every exercise "
        "[test_registry.py](tests/exercises/test_registry.py) tries the reference and each known "
        "mistake, and "
        "[test_build.py](tests/notebooks/test_build.py) the solution in the notebook.\n\n"
        + "\n".join(rows)
        + "\n\n</details>\n\n"
        "<details><summary>From the post's 65 figures to the lessons that compute "
        "them</summary>\n\n" + _figures() + "\n\n</details>"
    )


def _tests() -> dict[str, list[str]]:
    """exercise -> the further test files, from tests/, that try its reference."""
    found: dict[str, list[str]] = {}
    for path in sorted((ROOT / "tests").rglob("test_*.py")):
        text = path.read_text(encoding="utf-8")
        tried = set(re.findall(r"utils\.exercises\.\w+\.(\w+) import", text))
        if lesson := re.search(r'lesson = references\("(\w+)"\)', text):
            tried |= set(re.findall(r"\blesson\.(\w+)", text)) & set(names(lesson[1]))
        for name in sorted(tried & set(names())):
            found.setdefault(name, []).append(path.relative_to(ROOT / "tests").as_posix())
    return found


def _figures() -> str:
    """| lesson | figures |, from the cells' metadata."""
    rows = ["| lesson | figures of the post |", "|---|---|"]
    for path in sorted((ROOT / "solutions").glob("*.ipynb")):
        cells = nbformat.read(path, as_version=4).cells
        numbers = {int(f[1:]) for cell in cells for f in cell.metadata.get("figure", ())}
        if numbers:
            rows.append(
                f"| [{path.stem[:2]}](notebooks/{path.name}) | "
                f"{', '.join(f'F{n}' for n in sorted(numbers))} |"
            )
    return "\n".join(rows)


def _cell(text: str) -> str:
    """Text that does not end a table's cell."""
    return text.replace("|", "\\|").replace("\n", " ")
