"""Figures of lesson 07."""

import numpy as np

from utils.figures import style
from utils.figures.style import ROLE, Picture

LINES = {"ln V": "plain", "unigram": "value", "bigram": "key", "floor": "bad"}
KINDS = {  # kinds of references: how to draw each
    "it": ("query", "o"),
    "such": ("key", "s"),
    "she": ("token", "^"),
    "line": ("value", "D"),
    "robot": ("score", "v"),
    "name": ("position", "X"),
    "place": ("bad", "P"),
}


def four_rows(rows: list[list[str]], labels: list[str]) -> Picture:
    """F36: the training rows of the post: each row one word longer, each with one label."""
    longest = max(map(len, rows))
    figure, axes = style.canvas(0.5 + 1.05 * (longest + 1) + 0.9, 0.7 + 0.5 * len(rows))
    axes.text(0.5, 0.28, "input", size=10, weight="bold", color=style.ink("token"), va="center")
    left = 0.5 + 1.05 * longest + 0.6
    axes.text(left, 0.28, "label", size=10, weight="bold", color=style.ink("score"), va="center")
    for i, (row, label) in enumerate(zip(rows, labels)):
        y = 0.55 + 0.5 * i
        axes.text(0.3, y + 0.19, str(i), ha="center", va="center", size=9)
        for j in range(longest):
            if j < len(row):
                style.box(axes, 0.5 + 1.05 * j, y, 0.98, 0.38, row[j], "token")
            else:
                style.box(
                    axes,
                    0.5 + 1.05 * j,
                    y,
                    0.98,
                    0.38,
                    "filler",
                    "plain",
                    size=8,
                    fill=0.05,
                    color=ROLE["plain"],
                )
        style.arrow(axes, (left - 0.5, y + 0.19), (left - 0.08, y + 0.19))
        style.box(axes, left, y, 0.98, 0.38, label, "score", size=_fitting(label))
    said = "; ".join(f"{' '.join(row)}, label {label}" for row, label in zip(rows, labels))
    return Picture(
        figure,
        f"{len(rows)} training rows, each one word longer than the one before: {said}. What "
        "is missing is filler.",
    )


def one_row(inputs: list[str], targets: list[str], losses: list[float]) -> Picture:
    """F36 as it is really done: one row, and at each position a prediction and its own surprise."""
    T = len(inputs)
    figure, axes = style.canvas(1.5 + 1.3 * T, 2.9)
    for y, word in ((0.64, "target"), (1.08, "surprise"), (2.64, "input")):
        axes.text(1.25, y, word, ha="right", va="center", size=10)
    for t in range(T):
        x = 1.4 + 1.3 * t
        style.box(axes, x, 0.45, 1.1, 0.38, targets[t], "score", size=_fitting(targets[t]))
        axes.text(x + 0.55, 1.08, f"{losses[t]:.2f} nats", ha="center", va="center", size=9)
        style.box(axes, x, 2.45, 1.1, 0.38, inputs[t], "token")
        for s in range(t + 1):
            style.arrow(axes, (1.4 + 1.3 * s + 0.55, 2.45), (x + 0.55, 1.28), "plain", 0.9)
    axes.text(
        1.4,
        0.2,
        f"one row, {T} predictions at once; the mask lets each see only what an arrow brings",
        size=9,
        va="center",
    )
    said = "; ".join(
        f"after {' '.join(inputs[: t + 1])}: {targets[t]}, {losses[t]:.2f} nats" for t in range(T)
    )
    return Picture(
        figure,
        f"One row with a prediction at each of its {T} positions, each from the words up to "
        f"there. {said}.",
    )


def _fitting(word: str) -> int:
    """The font size at which a word fits its box."""
    return 10 if len(word) < 10 else 8


def descent(paths: dict[str, list[tuple[float, float]]], steep: float) -> Picture:
    """Two ways down a long, narrow valley, loss = steep x² + y²: plain descent and AdamW.

    paths: {name: places (x, y), one for each step}.
    """
    figure, both = style.new(7.4, 3.4, 1, len(paths), sharex=True, sharey=True)
    xs, ys = np.meshgrid(np.linspace(-1.6, 1.6, 80), np.linspace(-1.0, 4.5, 80))
    said = []
    for axes, (name, path), role in zip(both, paths.items(), ("key", "value")):
        axes.contour(
            xs,
            ys,
            np.sqrt(steep * xs**2 + ys**2),
            levels=8,
            cmap="Greys",
            linewidths=0.7,
            alpha=0.6,
        )
        x, y = np.array(path).T
        axes.plot(x, y, "o-", color=ROLE[role], markersize=3, linewidth=1.2)
        axes.plot(0, 0, "*", color=ROLE["bad"], markersize=12)
        axes.text(0.2, -0.7, "lowest", color=style.ink("bad"), size=9)
        axes.text(path[0][0], path[0][1] + 0.18, "start", size=9)
        axes.set(title=f"{name}, {len(path) - 1} steps", xlabel="a steep direction")
        said.append(f"{name} ends {np.hypot(*path[-1]):.1f} from the lowest place")
    both[0].set_ylabel("a flat direction")
    return Picture(
        figure,
        f"Two paths down the same narrow valley, {len(path) - 1} steps each: {'; '.join(said)}.",
    )


def schedule(rates: list[float], warmup: int) -> Picture:
    """The learning rate of every step."""
    figure, axes = style.new(7, 2.4)
    axes.plot(rates, color=ROLE["value"], linewidth=2)
    top = max(rates)
    axes.axvline(warmup, color=ROLE["plain"], linewidth=0.8, linestyle=":")
    axes.text(warmup, top * 1.06, " warm-up ends", size=9, color=style.ink("plain"))
    axes.set(xlabel="step", ylabel="learning rate", ylim=(0, top * 1.18), xlim=(0, len(rates)))
    return Picture(
        figure,
        f"The learning rate over {len(rates)} steps: it rises in a line to {top:g} at step "
        f"{warmup}, then falls along half a cosine to {rates[-1]:.2g}.",
    )


def loss_story(records: list[dict], lines: dict[str, float], steps: int, training=()) -> Picture:
    """Loss and references over the steps of a training, against what is known about the corpus.

    records: one for each measurement, {"step", "loss", "references": {kind: part right}}; lines:
    the loss of each of LINES; training: the loss of every step so far. Drawn again and again while
    the training runs.
    """
    figure, (above, below) = style.new(8.2, 6.0, 2, 1, sharex=True, height_ratios=[1.35, 1])
    if len(training):
        above.plot(
            range(1, len(training) + 1),
            training,
            color=ROLE["plain"],
            linewidth=0.6,
            alpha=0.6,
            label="in training, each step",
        )
    at = [r["step"] for r in records]
    above.plot(
        at,
        [r["loss"] for r in records],
        "o-",
        color=ROLE["ink"],
        markersize=3.5,
        linewidth=1.6,
        label="on unseen stories",
    )
    if len(training):
        above.legend(loc="center right", fontsize=9, frameon=False)
    for name, value in lines.items():
        above.axhline(value, color=ROLE[LINES[name]], linewidth=1.3, linestyle="--")
        above.text(
            steps * 1.1,
            value,
            f"{name} {value:.2f}",
            va="center",
            size=9,
            color=style.ink(LINES[name]),
            clip_on=False,
        )
    above.set(ylabel="loss (nats per token)", ylim=(0, 1.12 * max(lines.values())))
    for kind, (role, mark) in KINDS.items():
        seen = [(r["step"], r["references"][kind]) for r in records if kind in r["references"]]
        if seen:
            below.plot(
                *zip(*seen), marker=mark, color=ROLE[role], markersize=4, linewidth=1.2, label=kind
            )
    below.set(
        ylabel="references right", ylim=(-0.03, 1.05), xlabel="steps done (finer at the start)"
    )
    below.set_yticks([0, 0.5, 1], ["0 %", "50 %", "100 %"])
    if below.lines:
        below.legend(
            loc="upper left",
            bbox_to_anchor=(1.01, 1.03),
            fontsize=9,
            frameon=False,
            borderaxespad=0,
            title="kind",
            alignment="left",
        )
    below.set_xscale("symlog", linthresh=10, linscale=0.5)
    ticks = [t for t in (0, 10, 30, 100, 300, 1000, 3000) if t <= steps]
    below.set_xticks(ticks, ticks)
    below.minorticks_off()
    below.set_xlim(0, 1.05 * steps)
    return Picture(figure, _said(records, lines))


def _said(records, lines) -> str:
    drawn = ", ".join(f"{name} {value:.2f}" for name, value in lines.items())
    if not records:
        return f"An empty plot of the loss over the steps, with lines drawn at {drawn}."
    first, last = records[0], records[-1]
    right = ", ".join(
        f"{kind} {last['references'][kind]:.0%}" for kind in KINDS if kind in last["references"]
    )
    return (
        f"The loss on unseen stories falls from {first['loss']:.2f} at the start to "
        f"{last['loss']:.2f} after {last['step']} steps; lines are drawn at {drawn}. Below, on the "
        f"same steps, how often the right word comes first: {right} at the end."
    )


def surprise(words: list[str], nats: dict[str, list[float]]) -> Picture:
    """How surprised models are by each word of a text: one model at different times of its
    training, say.

    nats: {which: one number for each word}.
    """
    figure, axes = style.new(0.42 * len(words) + 1.2, 0.42 * len(nats) + 1.15)
    mesh = style.heat(
        axes, list(nats.values()), list(nats), words, low=0, high=7, number="{:.1f}", size=8
    )
    axes.tick_params(axis="x", rotation=60)
    for label in axes.get_xticklabels():
        label.set_ha("right")
        label.set_rotation_mode("anchor")
    figure.colorbar(mesh, ax=axes, label="surprise (nats)", pad=0.01, extend="max")
    said = "; ".join(f"{which} {sum(n) / len(n):.1f}" for which, n in nats.items())
    return Picture(
        figure,
        f"The surprise at each of {len(words)} words, in {len(nats)} rows. On average, in "
        f"nats: {said}.",
    )
