"""The map of the course: lessons in order, with what they build, and where they meet the post."""

import math

from utils.figures import style
from utils.figures.style import Picture

ROLES = ("plain", "position", "token", "token", "query", "key", "score", "value", "good", "plain")
BUILDS = (
    "how it works",
    "a model that counts",
    "text to numbers",
    "numbers to vectors",
    "attention",
    "the block",
    "choosing a word",
    "learning the weights",
    "the real GPT-2",
    "looking inside",
)
SHORT = (
    "start here",
    "language\nmodeling",
    "byte pair\nencoding",
    "embeddings,\npositions",
    "masked\nself-attention",
    "decoder\nblock",
    "logits,\nsampling",
    "training",
    "loading\nthe weights",
    "inside and\nbeyond",
)


def course_map(lessons: dict[str, int]) -> Picture:
    """Ten lessons as a path of two rows, each with what it builds and the number of its exercises.

    lessons: the number of exercises of each, by its name (see utils.progress.lessons).
    """
    figure, axes = style.canvas(9.2, 3.5)
    for i, exercises in enumerate(lessons.values()):
        row, column = divmod(i, 5)
        x, y = 0.1 + column * 1.83, 0.1 + row * 1.75
        style.box(axes, x, y, 1.6, 1.4, "", ROLES[i], fill=0.2)
        axes.text(x + 0.8, y + 0.17, f"{i:02d}", ha="center", va="center", size=9, weight="bold")
        axes.text(x + 0.8, y + 0.52, SHORT[i], ha="center", va="center", size=10.5, linespacing=1.1)
        axes.text(x + 0.8, y + 0.94, BUILDS[i], ha="center", va="center", size=8.5, style="italic")
        count = f"{exercises} exercises"
        axes.text(x + 0.8, y + 1.2, count, ha="center", va="center", size=8.5)
        if column < 4:
            style.arrow(axes, (x + 1.62, y + 0.7), (x + 1.82, y + 0.7))
    axes.plot([8.2, 8.2, 0.9, 0.9], [1.52, 1.67, 1.67, 1.72], color=style.ROLE["ink"], lw=1.2)
    style.arrow(axes, (0.9, 1.7), (0.9, 1.84))
    said = "; ".join(
        f"{lesson[:2]} {name}"
        for lesson, name in zip(lessons, (s.replace(chr(10), " ") for s in SHORT))
    )
    return Picture(
        figure,
        f"The course as a path of ten lessons: {said}. It goes from counting words to "
        "running the real GPT-2.",
    )


def shapes() -> Picture:
    """A refresher: transpose, broadcasting and matrix product as boxes with their shapes."""
    figure, axes = style.canvas(8.4, 2.1)

    def matrix(x, rows, columns, role, label):
        top = 0.95 - 0.13 * rows
        for r in range(rows):
            for c in range(columns):
                style.box(axes, x + 0.26 * c, top + 0.26 * r, 0.24, 0.24, "", role)
        axes.text(x + 0.13 * columns, 1.75, label, ha="center", size=9)

    def sign(x, text):
        axes.text(x, 0.95, text, ha="center", va="center", size=13)

    matrix(0.1, 3, 1, "query", "(3, 1)"), sign(0.62, "+"), matrix(0.85, 1, 4, "key", "(4,)")
    sign(2.1, "="), matrix(2.3, 3, 4, "value", "(3, 4)")
    matrix(4.2, 2, 3, "query", "(2, 3)"), sign(5.16, "@"), matrix(5.35, 3, 5, "key", "(3, 5)")
    sign(6.8, "="), matrix(6.95, 2, 5, "value", "(2, 5)")
    return Picture(
        figure,
        "Broadcasting: a column of shape (3, 1) plus a row of shape (4,) gives shape (3, 4). "
        "Matrix product: shape (2, 3) times shape (3, 5) gives shape (2, 5); the inner 3 "
        "disappears.",
    )


def softmax_steps(scores: list[float]) -> Picture:
    """Scores, their exponentials, and the shares they make."""
    figure, axes = style.new(7.6, 1.9, columns=3)
    exponentials = [math.exp(s) for s in scores]
    total = sum(exponentials)
    steps = (
        ("scores", scores),
        ("exp: all positive", exponentials),
        ("shares: add up to 1", [e / total for e in exponentials]),
    )
    for ax, (title, values), role in zip(axes, steps, ("score", "key", "value")):
        ax.bar(range(len(values)), values, color=style.ROLE[role])
        for i, value in enumerate(values):
            ax.text(i, max(value, 0), f"{value:.2f}", ha="center", va="bottom", size=8)
        ax.set(
            title=title,
            xticks=range(len(values)),
            ylim=(min(0, min(values) * 1.2), max(values) * 1.25),
        )
    return Picture(
        figure,
        f"Softmax of the scores {scores}: exponentials, then shares "
        + ", ".join(f"{e / total:.2f}" for e in exponentials)
        + ".",
    )
