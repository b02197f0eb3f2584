"""Figures of lesson 01."""

import math
from itertools import combinations

from utils.figures import style
from utils.figures.style import ROLE, Picture
from utils.ngrams import TEST_STORIES

SIZES = ("gpt2", "gpt2-medium", "gpt2-large", "gpt2-xl")


def keyboard(text: str, suggestions: list[tuple[str, float]]) -> Picture:
    """F2: what a phone shows. suggestions: (word, probability), best first."""
    figure, axes = style.canvas(6, 1.9)
    style.box(axes, 0.2, 0.2, 5.6, 0.6, "", "plain", fill=0.06)
    axes.text(0.4, 0.5, f"{text} |", va="center", size=13)
    width = 5.6 / len(suggestions)
    for i, (word, probability) in enumerate(suggestions):
        style.box(
            axes,
            0.2 + i * width,
            0.95,
            width - 0.08,
            0.75,
            "",
            "score",
            fill=0.08 + 0.6 * probability,
        )
        axes.text(0.2 + (i + 0.5) * width, 1.22, word, ha="center", va="center", size=14)
        axes.text(
            0.2 + (i + 0.5) * width, 1.52, f"{probability:.0%}", ha="center", va="center", size=9
        )
    said = ", ".join(f"{word} ({probability:.0%})" for word, probability in suggestions)
    return Picture(figure, f"A phone's keyboard: after the text “{text}” it suggests {said}.")


def counts_table(counts: dict, rows: list[str], columns: list[str]) -> Picture:
    """How often each column's word follows each row's word, as a table of cells."""
    matrix = [[counts.get(r, {}).get(c, 0) for c in columns] for r in rows]
    figure, axes = style.new(1.5 + 0.62 * len(columns), 0.9 + 0.38 * len(rows))
    style.heat(axes, matrix, rows, columns, high=max(map(max, matrix)) or 1, number="{:.0f}")
    axes.set(xlabel="… is followed by this word", ylabel="this word …")
    axes.tick_params(axis="x", labelrotation=40)
    found = "; ".join(
        f"{word}: " + (", ".join(f"{c} {n}" for c, n in zip(columns, row) if n) or "none")
        for word, row in zip(rows, matrix)
    )
    return Picture(
        figure,
        f"A table of counts: rows are the words {', '.join(rows)}; columns the words that "
        f"follow them: {', '.join(columns)}. All counts are 0 but these. {found}.",
    )


def number_line(probabilities: dict[str, float], u: float, chosen: str) -> Picture:
    """The probabilities laid end to end from 0 to 1, and u as a point on that line."""
    figure, axes = style.new(7, 1.6)
    left, roles = 0.0, ("value", "key", "token", "score", "query", "plain")
    top, above = 0.35, []  # (x, y) of the words that their pieces are too small for
    for i, (word, p) in enumerate(probabilities.items()):
        axes.barh(
            0,
            p,
            left=left,
            height=0.5,
            color=ROLE[roles[i % 6]],
            alpha=0.95 if word == chosen else 0.35,
            edgecolor="white",
        )
        if p > max(0.02, 0.013 * len(word)):
            axes.text(
                left + p / 2,
                0,
                word,
                ha="center",
                va="center",
                size=10,
                color=style.on(ROLE[roles[i % 6]]) if word == chosen else "black",
            )
        elif p:
            at = left + p / 2
            start = at - 0.014 * len(word) - 0.01  # the word ends at its line
            y = max([high + 0.25 for x, high in above if x > start], default=0.4)
            above.append((at, y))
            axes.plot([at, at], [0.26, y + 0.2], color=ROLE["ink"], linewidth=0.8)
            axes.text(at - 0.005, y, word, ha="right", va="bottom", size=10)
            top = max(top, y + 0.3)
        left += p
    axes.annotate(
        f"u = {u:.2f}",
        (u, -0.26),
        (u, -0.62),
        ha="center",
        va="top",
        arrowprops={"arrowstyle": "-|>", "color": ROLE["ink"]},
    )
    axes.set(xlim=(0, 1), ylim=(-0.95, top), yticks=[], xlabel="probabilities laid end to end")
    axes.spines[["left"]].set_visible(False)
    figure.set_figheight(1.6 + 0.8 * (top - 0.35))  # the bar stays as high
    said = ", ".join(f"“{word}” {p:.0%}" for word, p in probabilities.items())
    return Picture(
        figure,
        f"Probabilities laid end to end from 0 to 1: {said}; the point u = {u:.2f} lies in the "
        f"piece of “{chosen}”.",
    )


def one_step(words: list[str], given: int) -> Picture:
    """F7, F8: the model reads all words so far and gives one; the new word joins the input. given:
    the prompt's length.
    """
    figure, axes = style.canvas(7.6, 1.9)
    width, inside = 7.2 / max(len(words), 9), words[:-1]
    style.box(axes, 0.2, 0.75, 7.2, 0.45, "model", "plain")
    for i, word in enumerate(inside):
        style.box(
            axes,
            0.2 + i * width,
            1.4,
            width - 0.06,
            0.38,
            word,
            "token" if i < given else "score",
            size=8,
        )
        style.arrow(
            axes, (0.2 + (i + 0.5) * width, 1.38), (0.2 + (i + 0.5) * width, 1.22), width=0.8
        )
    x = 0.2 + (len(inside) - 1) * width
    style.box(axes, x, 0.15, width - 0.06, 0.38, words[-1], "score", size=8, weight="bold")
    style.arrow(axes, (x + width / 2, 0.73), (x + width / 2, 0.55))
    return Picture(
        figure, f"The model reads “{' '.join(inside)}” and gives the next word: “{words[-1]}”."
    )


def ladder(losses: dict[str, float], floor: float | None = None) -> Picture:
    """The loss of each rung as a bar, in nats per word; floor: the loss no model can beat."""
    figure, axes = style.new(6.5, 2.4)
    names = list(losses)[::-1]
    axes.barh(names, [losses[n] for n in names], color=ROLE["value"], height=0.62)
    for i, name in enumerate(names):
        perplexity = math.exp(losses[name])
        axes.text(
            losses[name] + 0.06,
            i,
            f"{losses[name]:.2f} nats, perplexity {perplexity:.{perplexity < 100:d}f}",
            va="center",
            size=9,
        )
    if floor is not None:
        axes.axvline(floor, color=ROLE["bad"], linestyle="--")
        axes.text(
            floor,
            len(names) - 0.35,
            f" no model can go below {floor:.2f}",
            color=style.ink("bad"),
            size=9,
        )
    unseen = f"loss on {TEST_STORIES} unseen stories"
    axes.set(xlabel=f"{unseen} (nats per word)", xlim=(0, max(losses.values()) * 1.4))
    said = "; ".join(f"{n} {v:.2f}" for n, v in losses.items())
    lowest = "" if floor is None else f" No model can go below {floor:.2f}."
    return Picture(figure, f"Bars of the {unseen}, in nats per word: {said}.{lowest}")


def ladder_by_text(sizes: list[int], losses: list[dict[str, float]]) -> Picture:
    """How each rung's loss falls with the number of stories counted."""
    figure, axes = style.new(6.5, 3.2)
    for name, line in zip(losses[0], ("-", "--", "-.", "-")):
        values = [entry[name] for entry in losses]
        axes.plot(sizes, values, line, marker="o", markersize=4, label=name)
    low = -math.inf  # names stand beside the ends of their lines, never over each other
    for name in sorted(losses[-1], key=losses[-1].get):
        low = max(low + 0.35, losses[-1][name])
        axes.text(sizes[-1] * 1.08, low, name, va="center", size=9)
    axes.set(
        xscale="log",
        xlabel="stories counted",
        ylabel=f"loss on {TEST_STORIES} unseen stories (nats)",
        xlim=(sizes[0], sizes[-1] * 2.2),
        ylim=(0, None),
    )
    axes.set_xticks(sizes, [str(s) for s in sizes])
    axes.minorticks_off()
    said = "; ".join(
        f"{name} from {losses[0][name]:.2f} to {losses[-1][name]:.2f}" for name in losses[0]
    )
    return Picture(
        figure,
        f"Loss on {TEST_STORIES} unseen stories against the number of stories counted, from "
        f"{sizes[0]} to {sizes[-1]}: {said}. {_crossing(sizes, losses)}",
    )


def _crossing(sizes, losses) -> str:
    """Which line that was above another one ends below it."""
    crossed = [
        f"The lines of {a} and {b} cross"
        for a, b in combinations(losses[0], 2)
        if (losses[0][a] < losses[0][b]) != (losses[-1][a] < losses[-1][b])
    ]
    return ". ".join(crossed) + "." if crossed else "No two lines cross."


def learned(losses: list[float], counted: float) -> Picture:
    """The loss while a table of scores is learned, step by step; dashed, the loss of counting."""
    figure, axes = style.new(6.5, 2.6)
    axes.plot(losses, color=ROLE["value"])
    axes.axhline(counted, color=ROLE["bad"], linestyle="--")
    axes.text(
        len(losses) - 1,
        counted - 0.12,
        f"counting: {counted:.2f}",
        ha="right",
        va="top",
        size=9,
        color=style.ink("bad"),
    )
    axes.set(xlabel="steps of gradient descent", ylabel="loss (nats per word)", ylim=(0, None))
    return Picture(
        figure,
        f"The loss on the counted text falls from {losses[0]:.2f} to {losses[-1]:.2f} nats in "
        f"{len(losses) - 1} steps; counting gives {counted:.2f}.",
    )


def never_seen(shares: dict[str, float]) -> Picture:
    """The share of unseen text whose context was never counted, for each look-back."""
    figure, axes = style.new(6.5, 2.0)
    names = list(shares)[::-1]
    axes.barh(names, [100 * shares[n] for n in names], color=ROLE["key"], height=0.6)
    for i, name in enumerate(names):
        axes.text(100 * shares[name] + 1, i, f"{shares[name]:.0%}", va="center", size=9)
    axes.set(xlabel="places of an unseen text whose context was never counted (%)", xlim=(0, 108))
    return Picture(
        figure,
        "The further back, the more places of an unseen text have a context that was never "
        "counted: " + ", ".join(f"{n} {v:.0%}" for n, v in shares.items()) + ".",
    )


def model_sizes(parameters: dict[str, int], megabytes: dict[str, int]) -> Picture:
    """F3: the four released models by their parameters, counted, and their size on disk."""
    figure, axes = style.new(7, 2.4)
    names = list(parameters)[::-1]
    values = [parameters[n] / 1e6 for n in names]
    axes.barh(names, values, color=ROLE["token"], height=0.62)
    for i, name in enumerate(names):
        axes.text(
            values[i] + 15,
            i,
            f"{values[i]:,.1f} million · {megabytes[name] / 1000:.1f} GB on disk",
            va="center",
            size=9,
        )
    axes.set(xlabel="parameters (millions)", xlim=(0, 2100))
    said = "; ".join(f"{n} {parameters[n] / 1e6:.1f} million" for n in parameters)
    return Picture(figure, f"The four GPT-2 models as bars by number of parameters: {said}.")
