"""Figures of lesson 06: logits, samplers, loops, and the cache."""

import numpy as np

from utils.figures import style
from utils.figures.style import ROLE, Picture

CELLS = 16  # of a long vector, so many numbers are drawn
LEAST_DRAWN = 1e-18  # a logarithmic axis has no 0


def contested(readings: list[dict]) -> tuple[dict, int]:
    """The reading (as utils.trace gives it) and the position in it where several tokens compete:
    whose ten best probabilities fall most evenly, each to two thirds of the one before.
    """
    import torch

    steps = 0.35 * 0.65 ** torch.arange(10)  # (10,)

    def distance(reading):
        best = torch.softmax(reading["logits"], -1).topk(10).values  # (T, 10)
        far = (best - steps).abs().sum(-1)  # (T,)
        far[:9] = far[120:] = torch.inf  # a beginning to read, and room to write on
        return far

    reading = min(readings, key=lambda reading: distance(reading).min())
    return reading, distance(reading).argmin().item()


def unembedding(words: list[str], x, rows, logits) -> Picture:
    """F25: the last vector beside some tokens' vectors, and the dot product with each.

    words: n names. x: (C,); rows: (n, C), the tokens' rows of wte; logits: (n,).
    """
    x, rows, logits = style.numbers(x, rows, logits)
    # the columns that count most, in their own order: any sixteen others say next to nothing about
    # the sum
    shown = np.sort(np.argsort(-np.abs(rows * x).sum(axis=0), kind="stable")[:CELLS])
    figure, axes = style.canvas(7.4, 0.85 + 0.34 * len(words))
    axes.text(0.1, 0.2, "last vector x", va="center", size=9)
    _strip(axes, 1.35, 0.06, 3.0, 0.28, x[shown], np.abs(x).max())
    axes.text(4.42, 0.2, "…", va="center")
    axes.text(5.0, 0.2, "logit = x · row of wte", va="center", size=9)
    largest, scale = np.abs(rows).max(), np.abs(logits).max()
    for i, word in enumerate(words):
        y = 0.62 + 0.34 * i
        axes.text(1.27, y + 0.13, word, ha="right", va="center", size=9, family="monospace")
        _strip(axes, 1.35, y, 3.0, 0.24, rows[i, shown], largest)
        axes.text(4.42, y + 0.12, "…", va="center")
        axes.barh(y + 0.13, 0.95 * logits[i] / scale, left=5.75, height=0.2, color=ROLE["score"])
        axes.text(6.78, y + 0.13, f"{logits[i]:+.1f}", va="center", size=9)
    axes.plot([5.75, 5.75], [0.56, 0.6 + 0.34 * len(words)], color=ROLE["ink"], lw=0.8)
    said = ", ".join(f"{w} {v:.1f}" for w, v in zip(words, logits))
    return Picture(
        figure,
        f"The last vector above the rows of wte for {len(words)} tokens, as strips of "
        f"colour: the {len(shown)} of {len(x)} numbers that count most; beside each row the "
        f"dot product, its logit: {said}.",
    )


def logits_and_probabilities(
    words: list[str], logits, probabilities, picked: int | None = None
) -> Picture:
    """F26, F27: the same tokens with their logits and with their probabilities; picked: the one
    that was chosen.
    """
    logits, probabilities = style.numbers(logits, probabilities)
    figure, (left, right) = style.new(7.4, 0.9 + 0.27 * len(words), columns=2, sharey=True)
    places = np.arange(len(words))
    colours = [ROLE["good"] if i == picked else ROLE["score"] for i in places]
    left.barh(places, logits, color=colours, height=0.62)
    left.axvline(0, color=ROLE["ink"], lw=0.8)
    left.set_yticks(
        places, [f"▶ {w}" if i == picked else w for i, w in enumerate(words)], family="monospace"
    )
    left.invert_yaxis()
    left.set(title="logits: any number", xlabel="logit")
    right.barh(places, probabilities, color=colours, height=0.62)
    right.set(title="probabilities: 0 to 1, together 1", xlabel="probability", xlim=(0, 1.12))
    for i, p in enumerate(probabilities):
        right.text(
            p + 0.015, i, f"{p:.1%}" + (" picked" if i == picked else ""), va="center", size=9
        )
    left.margins(x=0.12)
    for axes in (left, right):
        axes.tick_params(axis="y", length=0)
    said = ", ".join(
        f"{w} {logit:.1f} and {p:.1%}" for w, logit, p in zip(words, logits, probabilities)
    )
    chosen = f" Picked: {words[picked]}." if picked is not None else ""
    return Picture(
        figure, f"Two rows of bars for the same tokens, logits and probabilities: {said}.{chosen}"
    )


def circle(words: list[str], start: int) -> Picture:
    """A text that runs into a loop: words in their order; from `start` on they repeat for ever."""
    width = min(0.98, 7.2 / len(words))
    figure, axes = style.canvas(7.4, 1.35)
    for i, word in enumerate(words):
        style.box(
            axes,
            0.1 + i * width,
            0.2,
            width - 0.18,
            0.42,
            word,
            "score" if i >= start else "plain",
            size=8,
        )
        if i:
            style.arrow(
                axes, (0.1 + i * width - 0.17, 0.41), (0.1 + i * width - 0.01, 0.41), width=0.9
            )
    x0, x1 = (
        0.1 + start * width + (width - 0.18) / 2,
        0.1 + (len(words) - 1) * width + (width - 0.18) / 2,
    )
    axes.plot([x1, x1, x0], [0.62, 0.98, 0.98], color=ROLE["score"], lw=1.4)
    style.arrow(axes, (x0, 0.98), (x0, 0.64), "score", 1.4)
    axes.text((x0 + x1) / 2, 1.16, "and round again", ha="center", va="center", size=9)
    return Picture(
        figure,
        f"A chain of words that runs back into itself: {' '.join(words)}, then again from "
        f"“{words[start]}”, without end.",
    )


def shares_of(shares: dict[str, float], label: str) -> Picture:
    """A bar for each name, as a share of 1."""
    figure, axes = style.new(6.6, 0.75 + 0.32 * len(shares))
    names = list(shares)[::-1]
    axes.barh(names, [100 * shares[n] for n in names], color=ROLE["key"], height=0.6)
    for i, name in enumerate(names):
        axes.text(100 * shares[name] + 1, i, f"{shares[name]:.0%}", va="center", size=9)
    axes.set(xlabel=label, xlim=(0, 112))
    return Picture(
        figure, f"Bars, {label}: " + ", ".join(f"{n} {v:.0%}" for n, v in shares.items()) + "."
    )


def dials(words: list[str], plain, settings: dict) -> Picture:
    """The same distribution under several dials, one panel each; outlines show it without any.

    words: n tokens, the likeliest first. plain: (n,) probabilities; settings: {title: (n,)
    probabilities}.
    """
    plain, columns = style.numbers(plain), len(settings)
    settings = {title: style.numbers(p) for title, p in settings.items()}
    figure, panels = style.new(
        2.1 + 1.75 * columns, 0.95 + 0.23 * len(words), columns=columns, sharey=True
    )
    places, said = np.arange(len(words)), []
    highest = max(p.max() for p in [plain, *settings.values()])
    for axes, (title, now) in zip(np.atleast_1d(panels), settings.items()):
        axes.barh(places, now, height=0.66, color=ROLE["value"], alpha=0.85)
        axes.barh(
            places,
            plain,
            height=0.66,
            facecolor="none",
            edgecolor=ROLE["ink"],
            lw=0.8,
            linestyle=":",
        )
        for i in places[now == 0]:
            axes.text(
                max(plain[i], 0) + 0.02 * highest,
                i,
                "×",
                va="center",
                size=9,
                color=style.ink("bad"),
            )
        axes.set_title(title, fontsize=9)
        axes.set(xlim=(0, 1.08 * highest), xlabel="probability")
        axes.tick_params(axis="y", length=0)
        said.append(
            f"{title}: {int((now > 0).sum())} of {len(words)} kept, the likeliest at "
            f"{now.max():.0%}"
        )
    first = np.atleast_1d(panels)[0]
    first.set_yticks(places, words, family="monospace", fontsize=8)
    first.invert_yaxis()
    return Picture(
        figure,
        f"One distribution over {len(words)} tokens under several dials; dotted outlines "
        "show it untouched, crosses mark dropped tokens. " + "; ".join(said) + ".",
    )


def draws(words: list[str], panels: dict) -> Picture:
    """How often each token was drawn (bars) and how often it should be (dots).

    panels: {title: (seen, expected)}, n numbers each.
    """
    figure, axes = style.new(7.4, 2.7, columns=len(panels), sharey=True)
    for one, (title, (seen, expected)) in zip(np.atleast_1d(axes), panels.items()):
        places = np.arange(len(words))
        one.bar(places, seen, color=ROLE["value"], alpha=0.6, width=0.7, label="drawn")
        one.plot(places, expected, "o", color=ROLE["bad"], markersize=5, label="expected")
        one.set_xticks(places, words, rotation=45, ha="right", family="monospace", fontsize=8)
        one.set_title(title, fontsize=9)
    np.atleast_1d(axes)[0].set(ylabel="times")
    np.atleast_1d(axes)[0].legend(frameon=False)
    return Picture(
        figure,
        f"For {len(words)} tokens, bars of how often each was drawn and dots of how often it "
        f"should be drawn, for: {'; '.join(panels)}.",
    )


def lanes(words: list[str], t: int, n_layer: int, says: str) -> Picture:
    """F15, F16: one lane a token, one row a layer. The lane of token t is computed, those before it
    are kept.
    """
    figure, axes = style.canvas(7.4, 1.35 + 0.52 * n_layer)
    bottom = 1.05 + 0.52 * n_layer
    style.box(axes, 0.1, 0.52, 7.2, 0.1 + 0.52 * n_layer, "", "plain", fill=0.05)
    width = 6.2 / max(len(words), 4)
    for i in range(n_layer):
        y = bottom - 0.52 * (i + 1) - 0.38
        axes.text(0.2, y + 0.2, f"layer {i}", va="center", size=8)
        for s in range(t + 1):
            x = 1.0 + s * width
            if s < t:
                style.box(axes, x, y, width - 0.25, 0.4, "keys, values kept", "plain", size=7)
                style.arrow(
                    axes, (x + width - 0.24, y + 0.2), (x + width - 0.02, y + 0.2), "plain", 1
                )
            else:
                style.box(
                    axes,
                    x,
                    y,
                    width - 0.25,
                    0.4,
                    "computed now",
                    "key",
                    size=8,
                    fill=0.35,
                    weight="bold",
                )
    for s, word in enumerate(words[: t + 1]):
        style.box(axes, 1.0 + s * width, bottom - 0.28, width - 0.25, 0.42, word, "token", size=8)
    x = 1.0 + t * width + (width - 0.25) / 2
    style.box(axes, 1.0 + t * width, 0.05, width - 0.25, 0.4, says, "score", size=8, weight="bold")
    style.arrow(axes, (x, 0.6), (x, 0.46))
    style.arrow(axes, (x, bottom - 0.28), (x, bottom - 0.42))
    kept = (
        f"the lanes of {', '.join(words[:t])} are kept, not read again"
        if t
        else "nothing is kept yet"
    )
    return Picture(
        figure,
        f"“{words[t]}”, at position {t}, goes up through {n_layer} layers in its own lane and "
        f"gives “{says}”; {kept}.",
    )


def cache_step(words: list[str], t: int, q, k, v, shares, found) -> Picture:
    """F40, F41, F42: token t asks the kept keys and its own, and mixes the kept values and its own.

    q, found: (D,) of token t. k, v: (t + 1, D). shares: (t + 1,).
    """
    q, k, v, shares, found = style.numbers(q, k, v, shares, found)
    bottom = 0.98 + 0.5 * len(words)
    figure, axes = style.canvas(7.4, bottom + 0.77)
    size_k, size_v = max(np.abs(k).max(), np.abs(q).max()), np.abs(v).max()
    axes.text(0.1, 0.3, f"“{words[t]}” asks:", va="center", size=10, weight="bold")
    _strip(axes, 1.75, 0.16, 1.9, 0.28, q[:CELLS], size_k, "query")
    axes.text(3.75, 0.3, "query (made now, used once)", va="center", size=9)
    for x, text in ((1.75, "keys"), (5.1, "values")):
        axes.text(x, 0.78, text, size=10, va="center", weight="bold")
    axes.text(4.02, 0.78, "share", size=10, va="center", weight="bold")
    for s in range(len(words)):
        y = 0.98 + 0.5 * s
        if s > t:
            axes.text(1.62, y + 0.17, "…", ha="right", va="center", color=style.ink("plain"))
            continue
        new = s == t
        axes.text(
            1.62,
            y + 0.17,
            f"{words[s]} ({'new' if new else 'kept'})",
            ha="right",
            va="center",
            size=8.5,
            weight="bold" if new else "normal",
        )
        _strip(axes, 1.75, y, 1.9, 0.34, k[s, :CELLS], size_k, "key", 2.6 if new else 0.9)
        axes.barh(y + 0.17, 0.6 * shares[s], left=4.02, height=0.2, color=ROLE["score"])
        axes.text(4.05 + 0.6 * shares[s], y + 0.17, f"{shares[s]:.2f}", va="center", size=8.5)
        _strip(axes, 5.1, y, 1.9, 0.34, v[s, :CELLS], size_v, "value", 2.6 if new else 0.9)
    axes.plot([5.1, 7.0], [bottom + 0.06] * 2, color=ROLE["ink"], lw=0.8)
    axes.text(5.02, bottom + 0.31, "sum of share × value", ha="right", va="center", size=9)
    _strip(axes, 5.1, bottom + 0.14, 1.9, 0.34, found[:CELLS], size_v, "score", 1.6)
    before = (
        f"{t} kept key{'s' * (t != 1)} and value{'s' * (t != 1)}" if t else "no kept keys or values"
    )
    said = ", ".join(f"{w} {p:.2f}" for w, p in zip(words, shares))
    return Picture(
        figure,
        f"Step {t + 1}: “{words[t]}” makes a query, one new key and one new value, beside "
        f"{before}. Its shares: {said}. The values, each times its share, are added up.",
    )


def gaps(differences: dict) -> Picture:
    """How far two ways of computing are apart at each step; a logarithmic scale."""
    figure, axes = style.new(7, 2.7)
    for (name, values), line, role in zip(
        differences.items(), ("-", "--", "-."), ("bad", "value", "token")
    ):
        values = np.maximum(style.numbers(values), LEAST_DRAWN)
        axes.plot(range(1, len(values) + 1), values, line, color=ROLE[role], lw=1.6)
        axes.text(len(values) + 0.4, values[-1], name, va="center", size=9, color=ROLE["ink"])
    axes.axhline(1e-5, color=ROLE["plain"], lw=0.8, linestyle=":")
    length = max(map(len, differences.values()))
    axes.text(length * 1.6, 1.6e-5, "1e-5", size=8, ha="right")
    axes.set(
        yscale="log",
        ylim=(1e-19, 10),
        xlim=(0, length * 1.62),
        xlabel="tokens read",
        ylabel=f"largest difference\n(at least {LEAST_DRAWN:g})",
    )
    axes.set_xticks(range(0, length + 1, 5))
    said = "; ".join(
        f"{name}: {'always below' if max(values) < 1e-5 else 'up to far above'} 1e-5"
        for name, values in differences.items()
    )
    return Picture(
        figure,
        "The largest difference of a probability between cached and uncached at each step. "
        f"{said}.",
    )


def work(lengths, without, kept, unit: str) -> Picture:
    """Work for one more token, and for the whole text so far, against its length, with and without
    a cache.
    """
    lengths, without, kept = style.numbers(lengths, without, kept)
    figure, (left, right) = style.new(7.4, 2.8, columns=2)

    def so_far(values):  # between the measured lengths on straight lines
        steps = np.diff(lengths) * (values[1:] + values[:-1]) / 2
        return np.concatenate([values[:1], values[0] + np.cumsum(steps)])

    for axes, a, b, title in (
        (left, without, kept, "for the next token"),
        (right, so_far(without), so_far(kept), "for the whole text so far"),
    ):
        axes.plot(lengths, a, "-", color=ROLE["bad"], marker="s", markersize=3)
        axes.plot(lengths, b, "-", color=ROLE["value"], marker="o", markersize=3)
        axes.text(lengths[-1], a[-1], "without cache ", ha="right", va="bottom", size=9)
        axes.text(lengths[-1], b[-1] + 0.03 * a[-1], "with cache", ha="right", va="bottom", size=9)
        axes.set(title=title, xlabel="tokens in the text", ylabel=unit, ylim=(0, 1.12 * a[-1]))
    return Picture(
        figure,
        f"{unit} against the length of the text. For the token after {lengths[-1]:.0f}, the "
        f"run without a cache takes {without[-1] / kept[-1]:.0f} times as much as the run "
        "with one; the line without a cache rises, the other hardly does.",
    )


def _strip(axes, x, y, width, height, numbers, largest, role="plain", edge=1.0):
    """Numbers as a row of coloured cells, with a frame in a role's colour."""
    from matplotlib.patches import Rectangle

    edges = np.linspace(x, x + width, len(numbers) + 1)
    axes.pcolormesh(
        edges,
        [y, y + height],
        np.asarray(numbers)[None],
        cmap=style.DIVERGING,
        vmin=-largest,
        vmax=largest,
    )
    axes.add_patch(
        Rectangle((x, y), width, height, facecolor="none", edgecolor=ROLE[role], linewidth=edge)
    )
