"""README's picture of a check card that names a mistake: a real card, for a mistake that the
registry knows, drawn because GitHub shows no HTML with style.
"""

import ast
import inspect
import textwrap

from utils.card import COLOUR, MARK, Card, facts
from utils.exercises import named
from utils.exercises.judge import FAILED, judge
from utils.figures import style
from utils.limit import call_with_limit

EXERCISE, MISTAKE = "count_bigrams", "counts_single_words"
WIDTH, LINE, LETTERS = 6.4, 0.22, 76  # inches, inches, letters in a line of words


def picture() -> style.Picture:
    """What somebody wrote, and the card below it."""
    exercise = named(EXERCISE)
    wrong = next(m for m in exercise.mistakes if m.__name__ == MISTAKE)
    card = Card(judge(exercise, lambda args, **more: call_with_limit(wrong, args, 5, **more)))
    code, words = written(wrong), list(lines(card))
    figure, axes = style.canvas(WIDTH, LINE * (len(code) + len(words) + 1) + 0.2)
    y = _block(axes, 0.05, [(line, "code") for line in code], "#0072b2")
    _block(axes, y + 0.12, words, COLOUR[FAILED])
    return style.Picture(figure, f"A cell with a wrong {EXERCISE}, and below it the card: {card!r}")


def written(function) -> list[str]:
    """The function as a learner would have written it: under the exercise's name, without the
    words to its author.
    """
    tree = ast.parse(inspect.getsource(function))
    tree.body[0].name, tree.body[0].body = EXERCISE, tree.body[0].body[1:]
    return [*ast.unparse(tree).splitlines(), "", f"{EXERCISE} = check({EXERCISE})"]


def lines(card: Card):
    """The card's (text, style) line by line, its first case alone shown whole."""
    yield card.headline(), "bold"
    looks = f"What it looks like: {card.verdict.diagnosis}"
    yield from ((line, "plain") for line in textwrap.wrap(looks, LETTERS))
    shown = False
    for result, whole in card.cases():
        yield f"{MARK[result.passed]} {result.label}", "plain"
        if whole and not shown:
            shown = True
            for word, value in facts(result):
                yield f"    {word:9} {value}", "code"
            yield f"    {result.problem}", "plain"


def _block(axes, y, rows, colour) -> float:
    """Lines of text behind a coloured edge, from y downwards; returns where they end."""
    end = y + LINE * (len(rows) + 0.5)
    axes.plot([0.06, 0.06], [y, end], color=colour, linewidth=3, solid_capstyle="butt")
    for number, (text, kind) in enumerate(rows):
        look = {"family": "DejaVu Sans Mono", "size": 8.5} if kind == "code" else {"size": 9.5}
        if kind == "bold":
            look["weight"] = "bold"
        if text.startswith(" ") or kind == "code":
            text = text.replace(" ", "\N{NO-BREAK SPACE}")  # SVG draws several spaces as one
        axes.text(0.2, y + LINE * (number + 0.75), text, va="center", **look)
    return end
