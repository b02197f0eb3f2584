"""Figures of lesson 05."""

import matplotlib as mpl
import numpy as np

from utils.figures import style
from utils.figures.style import ROLE, Picture


def _line(axes, points, role="ink", width=1.4, head=True):
    """A path through (x, y) points, with an arrow head at its end."""
    xs, ys = zip(*points)
    axes.plot(xs, ys, color=ROLE[role], linewidth=width, solid_capstyle="round", zorder=1)
    if head:
        style.arrow(axes, points[-2], points[-1], role, width)


def _plus(axes, x, y):
    axes.add_patch(
        mpl.patches.Circle(
            (x, y), 0.15, facecolor="white", edgecolor=ROLE["ink"], linewidth=1.4, zorder=3
        )
    )
    axes.text(x, y, "+", ha="center", va="center", size=13, zorder=4)


# ---------------------------------------------------------------- the block


def opened_block(n_layer: int) -> Picture:
    """F13: the stack of n_layer blocks, and one of them opened: two side paths, each added to the
    stream.
    """
    figure, axes = style.canvas(8.4, 5.3)
    height = 3.6 / n_layer
    style.box(axes, 0.2, 4.65, 1.9, 0.42, "wte + wpe", "token")
    for i in range(n_layer):
        opened = i == 1
        style.box(
            axes,
            0.2,
            4.5 - (i + 1) * height,
            1.9,
            height - 0.05,
            f"block {i}",
            "query" if opened else "plain",
            size=8,
            fill=0.35 if opened else 0.12,
        )
    style.box(axes, 0.2, 0.5, 1.9, 0.34, "ln_f", "plain", size=9)
    style.box(axes, 0.2, 0.08, 1.9, 0.34, "logits", "score", size=9)
    top = 4.5 - 2 * height
    for y, end in ((top, 0.35), (top + height - 0.05, 5.15)):
        axes.plot([2.1, 2.6], [y, end], color=ROLE["query"], linewidth=1, linestyle=":")
    axes.add_patch(
        mpl.patches.FancyBboxPatch(
            (2.6, 0.35),
            5.6,
            4.8,
            boxstyle="round,pad=0,rounding_size=.1",
            facecolor="none",
            edgecolor=ROLE["query"],
            linewidth=1.3,
        )
    )
    x = 3.5
    style.arrow(axes, (x, 5.28), (x, 0.1), "token", 3)
    axes.text(
        x - 0.12,
        2.4,
        "the residual stream",
        rotation=90,
        ha="right",
        va="center",
        color=style.ink("token"),
        size=10,
    )
    _line(axes, [(x, 4.6), (4.1, 4.6)])
    style.box(axes, 4.1, 4.35, 0.8, 0.5, "ln_1", "plain")
    style.arrow(axes, (4.9, 4.6), (5.2, 4.6))
    style.box(axes, 5.2, 4.35, 1.6, 0.5, "attention", "query")
    _line(axes, [(6.0, 4.35), (6.0, 3.5), (x + 0.17, 3.5)])
    axes.text(4.75, 3.38, "what other tokens had to say", ha="center", size=8)
    _plus(axes, x, 3.5)
    _line(axes, [(x, 2.5), (4.1, 2.5)])
    style.box(axes, 4.1, 2.25, 0.8, 0.5, "ln_2", "plain")
    style.arrow(axes, (4.9, 2.5), (5.2, 2.5))
    for start, text in ((5.2, "c_fc"), (6.2, "GELU"), (7.2, "c_proj")):
        style.box(axes, start, 2.25, 0.8, 0.5, text, "key")
        if text != "c_proj":
            style.arrow(axes, (start + 0.8, 2.5), (start + 1.0, 2.5))
    axes.text(6.6, 2.95, "MLP", ha="center", size=9, color=ROLE["ink"])
    _line(axes, [(7.6, 2.25), (7.6, 1.3), (x + 0.17, 1.3)])
    axes.text(5.5, 1.18, "what this token makes of it", ha="center", size=8)
    _plus(axes, x, 1.3)
    return Picture(
        figure,
        f"A stack of {n_layer} blocks between wte + wpe below and ln_f and logits above. Block 1 "
        "is opened: a straight line, the residual stream, goes up through it. A first side path "
        "goes through ln_1 and attention and is added to the stream; a second one goes through "
        "ln_2, c_fc, GELU and c_proj and is added as well.",
    )


def norm_before_after(before, after) -> Picture:
    """Vectors, (T, C), as they come into LayerNorm and as they leave it; mean and variance beside
    each row.
    """
    before, after = style.numbers(before, after)
    figure, axes = style.new(8, 2.7, columns=2)
    limit = np.abs(before).max()
    for axis, values, title in zip(
        axes, (before, after), ("before", "after LayerNorm (weight 1, bias 0)")
    ):
        labels = [f"token {t}" for t in range(len(values))]
        style.heat(
            axis,
            values,
            labels,
            range(values.shape[1]),
            low=-limit,
            high=limit,
            cmap=style.DIVERGING,
            number="{:.1f}",
            size=8,
        )
        axis.set(title=title, xlabel="number in the vector")
        for t, row in enumerate(values):
            axis.text(
                values.shape[1] + 0.15,
                t + 0.5,
                f"mean {row.mean():.1f}\nvariance {row.var():.1f}",
                va="center",
                size=8,
            )
    return Picture(
        figure,
        f"{len(before)} vectors before and after LayerNorm. Before, their means are "
        f"{', '.join(f'{m:.1f}' for m in before.mean(1))} "
        f"and their variances {', '.join(f'{s:.1f}' for s in before.var(1))}; "
        "after, every mean is 0 and every variance 1.",
    )


def bends(xs, curves: dict, difference) -> Picture:
    """Activation functions over xs, and how far the tanh form of GELU is from the erf form."""
    figure, axes = style.new(8, 3, columns=2)
    for (name, values), line in zip(curves.items(), ("-", "--", ":")):
        axes[0].plot(style.numbers(xs), style.numbers(values), line, label=name, linewidth=2)
    axes[0].legend(frameon=False)
    axes[0].set(xlabel="x", ylabel="what comes out", title="the bend")
    difference = style.numbers(difference)
    axes[1].plot(style.numbers(xs), difference, color=ROLE["bad"])
    axes[1].ticklabel_format(axis="y", style="plain")
    axes[1].set(
        xlabel="x", ylabel="tanh form minus erf form", title="how far apart the two forms are"
    )
    return Picture(
        figure,
        f"Left: {', '.join(curves)} over x; all are 0 far to the left and x far to the right, GELU "
        "dips below 0 near -0.75. Right: the tanh form of GELU minus the erf form, never further "
        f"from 0 than {np.abs(difference).max():.5f}.",
    )


def product_step(x, weight, bias, done: int, what: str, into: str) -> Picture:
    """F54, F55: one vector times a matrix, plus a bias, `done` of its columns used so far; bias
    None: none is added.

    x: (A,); weight: (A, B); bias: (B,); what, into: the names of the vector and of the result.
    """
    x, weight = style.numbers(x, weight)
    bias = None if bias is None else style.numbers(bias)
    out = x @ weight + (0 if bias is None else bias)
    out[done:] = np.nan
    A, B = weight.shape
    below = [(out, into)] if bias is None else [(bias, "bias"), (out, into)]
    figure, axes = style.new(
        1.6 + 0.55 * B,
        1.1 + 0.4 * len(below) + (0.34 if A < 6 else 0.25) * A,
        1 + len(below),
        2,
        width_ratios=[1, B],
        height_ratios=[A] + [1] * len(below),
    )
    look = {"low": -2.5, "high": 2.5, "cmap": style.DIVERGING, "number": "{:.1f}", "size": 8}
    style.heat(axes[0, 0], x[:, None], range(A), [what], **look)
    style.heat(axes[0, 1], weight, [""] * A, range(B), **look)
    for row, (numbers, name) in zip(axes[1:], below):
        style.heat(row[1], numbers[None], [name], [""] * B, **look)
        row[0].axis("off")
    if 0 < done <= B:
        for axis, rows in zip(axes[:, 1], [A] + [1] * len(below)):
            axis.add_patch(
                mpl.patches.Rectangle(
                    (done - 1, 0),
                    1,
                    rows,
                    fill=False,
                    edgecolor=ROLE["bad"],
                    linewidth=2.5,
                    clip_on=False,
                )
            )
    axes[0, 1].set_title("weight, [in, out]", size=9)
    shown = ", ".join(f"{v:.1f}" for v in out[:done])
    plus = "" if bias is None else f", plus {bias[done - 1]:.1f} of the bias,"
    return Picture(
        figure,
        f"A vector {what} of {A} numbers beside a matrix of {A} by {B}; column {done - 1} of the "
        f"matrix{plus} gives number {done - 1} of {into}. So far {into} is {shown}.",
    )


def bend_step(before, after) -> Picture:
    """The hidden layer before and after GELU, as two rows of cells."""
    before, after = style.numbers(before, after)
    figure, axis = style.new(1.6 + 0.55 * len(before), 1.4)
    style.heat(
        axis,
        np.stack([before, after]),
        ["c_fc gives", "after GELU"],
        range(len(before)),
        low=-2.5,
        high=2.5,
        cmap=style.DIVERGING,
        number="{:.1f}",
        size=8,
    )
    return Picture(
        figure,
        f"The {len(before)} hidden numbers before GELU, {', '.join(f'{v:.1f}' for v in before)}, "
        f"and after it, {', '.join(f'{v:.1f}' for v in after)}: negative ones shrink to nearly 0.",
    )


def survival(left: dict[str, list[float]]) -> Picture:
    """How much of the vector that went in is left after each block: mean cosines, for several ways
    to build a block.
    """
    figure, axis = style.new(7, 3.1)
    for (name, values), line, marker in zip(left.items(), ("-", "--", ":"), "osD"):
        axis.plot(range(len(values)), values, line, marker=marker, markersize=5, label=name)
    axis.set(
        xlabel="blocks passed",
        ylabel="cosine to what went in",
        xticks=range(len(values)),
        ylim=(-0.2, 1.05),
    )
    axis.axhline(0, color=ROLE["plain"], linewidth=0.8)
    axis.legend(frameon=False)
    said = "; ".join(
        f"{name}: {v[1]:.2f} after one block, {v[-1]:.2f} after {len(v) - 1}"
        for name, v in left.items()
    )
    return Picture(figure, f"The cosine between a vector and what went in, block by block. {said}.")


# ---------------------------------------------------------------- the stack


def heights(sizes: dict[str, dict]) -> Picture:
    """F6: the four stacks, as high as they have blocks and as wide as their vectors."""
    figure, axes = style.canvas(8, 3.9)
    x = 0.4
    for name, facts in sizes.items():
        width, tall = facts["n_embd"] / 1000, 0.058 * facts["n_layer"]
        for i in range(facts["n_layer"]):
            axes.add_patch(
                mpl.patches.Rectangle(
                    (x, 3.15 - (i + 1) * 0.058), width, 0.045, facecolor=ROLE["value"], alpha=0.75
                )
            )
        axes.text(
            x + width / 2,
            3.15 - tall - 0.1,
            f"{facts['n_layer']} blocks",
            ha="center",
            va="bottom",
            size=9,
        )
        axes.text(
            x + width / 2, 3.3, f"{name}\nwidth {facts['n_embd']:,}", ha="center", va="top", size=9
        )
        x += width + 0.75
    said = "; ".join(f"{n}: {f['n_layer']} blocks of width {f['n_embd']}" for n, f in sizes.items())
    return Picture(figure, f"Four stacks of blocks side by side, drawn to scale. {said}.")


def lanes(words: list[str], n_layer: int, n_positions: int) -> Picture:
    """F14: every token has a lane of its own through all blocks; most of the n_positions lanes are
    empty here.
    """
    figure, axes = style.canvas(8, 3.6)
    shown = len(words) + 4
    width = 7.2 / (shown + 1)
    for i in range(n_layer):
        y = 2.75 - (i + 1) * 2.1 / n_layer
        style.box(axes, 0.6, y, 7.2, 2.1 / n_layer - 0.04, "", "plain", fill=0.10)
        axes.text(0.5, y + 1.0 / n_layer, str(i), ha="right", va="center", size=7)
    axes.text(0.12, 1.7, "block", rotation=90, va="center", size=9)
    for p in range(shown):
        x = 0.6 + (p + 0.5) * width
        used = p < len(words)
        if used:
            style.arrow(axes, (x, 2.95), (x, 0.42), "token", 2)
            style.box(
                axes, x - width / 2 + 0.03, 2.97, width - 0.06, 0.27, words[p], "token", size=8
            )
            style.box(
                axes, x - width / 2 + 0.03, 0.14, width - 0.06, 0.27, "logits", "score", size=7
            )
        else:
            axes.plot([x, x], [2.95, 0.5], color=ROLE["plain"], linewidth=0.8, linestyle=":")
        axes.text(x, 3.4, str(p), ha="center", va="center", size=8)
    axes.text(
        0.6 + (shown + 0.35) * width, 3.4, f"… {n_positions - 1}", ha="center", va="center", size=8
    )
    axes.text(0.5, 3.4, "lane", ha="right", va="center", size=8)
    return Picture(
        figure,
        f"{len(words)} tokens, each in its own lane, go up through {n_layer} blocks and end in "
        f"logits. The lanes up to {n_positions - 1} are empty.",
    )


def stream(
    vectors,
    names: list[str],
    lengths: list[float],
    cosines: list[float],
    guesses: list[tuple[str, float]],
) -> Picture:
    """F20: one token's vector after each block, from the bottom up, with its length, its angle to
    the start and its guess.

    vectors: (layers + 1, C); the other lists have an entry for each.
    """
    vectors = style.numbers(vectors)
    vectors = vectors / vectors.std(1, keepdims=True)  # the lengths are written beside the rows
    figure, axis = style.new(8.4, 0.9 + 0.42 * len(vectors))
    limit = 2.5
    order = range(len(vectors) - 1, -1, -1)
    axis.imshow(
        vectors[::-1],
        aspect="auto",
        cmap=style.DIVERGING,
        vmin=-limit,
        vmax=limit,
        interpolation="none",
    )
    axis.set_yticks(range(len(vectors)), [names[i] for i in order])
    axis.set(
        xlabel=f"the {vectors.shape[1]} numbers of the vector, each row in its own scale",
        xlim=(-0.5, vectors.shape[1] * 1.62),
    )
    axis.set_xticks([0, vectors.shape[1] - 1])
    axis.spines[:].set_visible(False)
    axis.tick_params(length=0)
    for place, title in ((1.08, "length"), (1.2, "cosine\nto start"), (1.42, "would guess")):
        axis.text(vectors.shape[1] * place, -0.65, title, ha="center", va="bottom", size=8)
    for row, i in enumerate(order):
        word, share = guesses[i]
        for place, text in (
            (1.08, f"{lengths[i]:.1f}"),
            (1.2, f"{cosines[i]:.2f}"),
            (1.42, f"{word} ({share:.0%})"),
        ):
            axis.text(vectors.shape[1] * place, row, text, ha="center", va="center", size=9)
    axis.set_title(" ", size=16)
    said = "; ".join(
        f"{n}: length {s:.1f}, cosine {c:.2f}, guess {w}"
        for n, s, c, (w, _) in zip(names, lengths, cosines, guesses)
    )
    return Picture(
        figure,
        f"One token's vector as a row of colours after each block, from the bottom up. {said}.",
    )


def lens(
    words: list[str], names: list[str], guesses: list[list[str]], shares, right=None
) -> Picture:
    """What each place of the text would guess as the next token, after each block, from the bottom
    up.

    words: T; guesses: (layers + 1) lists of T words; shares: the same of probabilities; right: the
    same of booleans, or None where it is not known.
    """
    shares = style.numbers(shares)
    marked = np.zeros(shares.shape, bool) if right is None else np.asarray(right)
    figure, axis = style.new(1.3 + 0.9 * len(words), 1.1 + 0.4 * len(names))
    mesh = style.heat(axis, shares[::-1], names[::-1], words, number="")
    for (r, c), share in np.ndenumerate(shares[::-1]):
        hit = marked[::-1][r, c]
        axis.text(
            c + 0.5,
            r + 0.5,
            guesses[len(names) - 1 - r][c] + (" ✓" if hit else ""),
            ha="center",
            va="center",
            size=8,
            weight="bold" if hit else "normal",
            color=style.on(mesh.cmap(share)),
        )
    axis.set(xlabel="after reading this token, … the next would be", ylabel="read off after")
    figure.colorbar(mesh, ax=axis, label="share of the guess", shrink=0.8)
    if right is None:
        last = [f"{name}: {row[-1]} ({p[-1]:.0%})" for name, row, p in zip(names, guesses, shares)]
        said = f"At the last token, “{words[-1]}”: {'; '.join(last)}."
    else:
        hits = [f"{name} {int(r.sum())} of {len(words)}" for name, r in zip(names, marked)]
        said = f"Right guesses: {', '.join(hits)}."
    return Picture(
        figure,
        "A table of guesses for the next token: a column for each of the tokens "
        f"{' '.join(words)}, a row for each block, from the bottom up. {said}",
    )


def added(names: list[str], attention, mlp, lengths) -> Picture:
    """How long the vectors are that each block's two side paths add, and the stream that they are
    added to.
    """
    figure, axis = style.new(7, 2.9)
    place = np.arange(len(names))
    axis.bar(
        place - 0.2, style.numbers(attention), 0.38, color=ROLE["query"], label="attention adds"
    )
    axis.bar(
        place + 0.2,
        style.numbers(mlp),
        0.38,
        color=ROLE["key"],
        label="the MLP adds",
        hatch="//",
        edgecolor="white",
    )
    axis.plot(
        place,
        style.numbers(lengths),
        color=ROLE["token"],
        marker="o",
        label="the stream after the block",
    )
    axis.set(ylabel="length of the vector (mean)", ylim=(0, None))
    axis.set_xticks(place, names)
    axis.legend(frameon=False, fontsize=9)
    said = "; ".join(
        f"{n}: attention {a:.1f}, MLP {m:.1f}, stream {s:.1f}"
        for n, a, m, s in zip(names, attention, mlp, lengths)
    )
    return Picture(
        figure,
        f"The lengths of what each block adds to the stream, averaged over the tokens. {said}.",
    )


# ---------------------------------------------------------------- counting


def matrices(shapes: dict[str, tuple[int, int]]) -> Picture:
    """F56: the matrices of one block, drawn to scale: rows in, columns out."""
    figure, axes = style.canvas(8.4, 4.1)
    unit = 0.9 / min(min(shape) for shape in shapes.values())
    x, roles = 0.5, ("query", "query", "key", "key")
    for (name, (rows, columns)), role in zip(shapes.items(), roles):
        width, height = columns * unit * 0.78, rows * unit * 0.78
        style.box(
            axes, x, 0.55, width, height, f"{rows * columns:,}" if width > 1 else "", role, size=8
        )
        axes.text(x + width / 2, 0.45, f"{columns:,}", ha="center", va="bottom", size=8)
        axes.text(
            x - 0.06, 0.55 + height / 2, f"{rows:,}", ha="right", va="center", size=8, rotation=90
        )
        if width <= 1:
            axes.text(
                x + width / 2,
                0.55 + height / 2,
                f"{rows * columns:,}",
                ha="center",
                va="center",
                size=7,
                rotation=90 if height > 1 else 0,
            )
        axes.text(x + width / 2, 0.65 + height, name, ha="center", va="top", size=9)
        x += width + 0.42
    axes.set_xlim(0, x)
    said = "; ".join(f"{n} {r:,} by {c:,}" for n, (r, c) in shapes.items())
    return Picture(
        figure, f"The four matrices of a block, drawn to scale, rows in and columns out: {said}."
    )


def all_weights(vocab_size: int, n_positions: int, n_embd: int, n_layer: int) -> Picture:
    """F57: every matrix of the model as an area to scale: wte, wpe, and each block's four."""
    figure, axes = style.canvas(8.4, 3.3)
    area = 14 / (
        (vocab_size + n_positions) * n_embd + n_layer * 12 * n_embd**2
    )  # square inches for one number
    height = 2.3
    width = vocab_size * n_embd * area / height
    style.box(
        axes,
        0.3,
        0.5,
        width,
        height,
        f"wte\n{vocab_size:,} × {n_embd}\n{vocab_size * n_embd / 1e6:.1f} million",
        "token",
        size=9,
    )
    x = 0.3 + width + 0.1
    narrow = n_positions * n_embd * area / height
    style.box(axes, x, 0.5, narrow, height, "", "position", fill=0.6)
    axes.text(x + narrow / 2, 0.44, "wpe", ha="center", va="bottom", size=8)
    x += narrow + 0.12
    start = x
    for i in range(n_layer):
        y = 0.5
        wide = 12 * n_embd**2 * area / height
        for parts, role in ((3, "query"), (1, "query"), (4, "key"), (4, "key")):
            axes.add_patch(
                mpl.patches.Rectangle(
                    (x, y),
                    wide - 0.04,
                    height * parts / 12,
                    facecolor=mpl.colors.to_rgba(ROLE[role], 0.35),
                    edgecolor="white",
                    linewidth=1,
                )
            )
            y += height * parts / 12
        axes.text(x + wide / 2, 2.95, str(i), ha="center", va="center", size=8)
        x += wide
    for y, name in ((1.5, "c_attn"), (3.5, "c_proj"), (6, "c_fc"), (10, "c_proj")):
        axes.text(x + 0.05, 0.5 + height * y / 12, name, va="center", size=8)
    axes.text(
        (start + x) / 2,
        3.15,
        f"{n_layer} blocks, {n_layer * 12 * n_embd**2 / 1e6:.1f} million in their matrices",
        ha="center",
        va="center",
        size=9,
    )
    axes.set_xlim(0, x + 0.7)
    return Picture(
        figure,
        f"All matrices of the model as areas to scale: wte {vocab_size * n_embd / 1e6:.1f} "
        f"million, wpe {n_positions * n_embd / 1e6:.1f} million, and {n_layer} blocks of "
        f"{12 * n_embd**2 / 1e6:.1f} million each, two thirds of them in the MLP.",
    )


def memory(gigabytes: dict[str, dict[str, float]]) -> Picture:
    """Gigabytes that each size needs, for each way to hold it. gigabytes: {size: {way: number}}."""
    figure, axis = style.new(7.5, 3.2)
    ways = list(next(iter(gigabytes.values())))
    for k, (way, role, hatch) in enumerate(
        zip(ways, ("value", "key", "score"), ("", "//", "\\\\"))
    ):
        place = np.arange(len(gigabytes)) + (k - 1) * 0.27
        values = [needs[way] for needs in gigabytes.values()]
        axis.bar(place, values, 0.25, color=ROLE[role], label=way, hatch=hatch, edgecolor="white")
        for p, value in zip(place, values):
            axis.text(p, value + 0.3, f"{value:.1f}", ha="center", size=8)
    axis.set_xticks(range(len(gigabytes)), list(gigabytes))
    axis.set(ylabel="gigabytes")
    axis.legend(frameon=False, loc="upper left")
    said = "; ".join(
        f"{n}: " + ", ".join(f"{way} {value:.1f}" for way, value in needs.items())
        for n, needs in gigabytes.items()
    )
    return Picture(figure, f"Bars of the gigabytes that each size needs. {said}.")


# ---------------------------------------------------------------- its relatives


def transformer(words: list[str], written: list[str], n_layer: int = 6) -> Picture:
    """F4: the first transformer: a stack of encoders reads one language, a stack of decoders writes
    the other.
    """
    figure, axes = style.canvas(8, 4.2)
    for x, name, role in ((0.6, "encoder", "value"), (4.4, "decoder", "query")):
        for i in range(n_layer):
            style.box(axes, x, 3.2 - 0.42 * i, 2.8, 0.36, f"{name} {i}", role, size=9)
    for x, given, _label in (
        (0.6, words, "the sentence to translate"),
        (4.4, written, "the translation so far"),
    ):
        style.box(axes, x, 3.78, 2.8, 0.34, " ".join(given), "token", size=9)
        style.arrow(axes, (x + 1.4, 3.77), (x + 1.4, 3.58))
    top = 3.2 - 0.42 * (n_layer - 1)
    axes.plot([2.0, 2.0, 3.9], [top, top - 0.25, top - 0.25], color=ROLE["value"], linewidth=1.5)
    axes.plot([3.9, 3.9], [top - 0.25, 3.38], color=ROLE["value"], linewidth=1.5)
    for i in range(n_layer):
        style.arrow(axes, (3.9, 3.38 - 0.42 * i), (4.38, 3.38 - 0.42 * i), "value")
    style.arrow(axes, (5.8, top - 0.02), (5.8, top - 0.3))
    style.box(axes, 4.4, top - 0.66, 2.8, 0.34, "the next word", "score", size=9)
    axes.text(2.0, top - 0.32, "what it understood", ha="center", va="bottom", size=8)
    return Picture(
        figure,
        f"Two stacks of {n_layer}. Encoders read “{' '.join(words)}”; what the last one gives goes "
        f"to every decoder. Decoders read “{' '.join(written)}” and give the next word.",
    )


def families() -> Picture:
    """F5: who kept which half of the first transformer."""
    figure, axes = style.canvas(8, 2.8)
    kinds = (
        ("GPT-2", "decoder", "query", "decoders only:\nreads to the left, can write"),
        ("BERT", "encoder", "value", "encoders only:\nreads both sides, cannot write"),
        (
            "Transformer-XL",
            "decoder",
            "query",
            "decoders that also read\nwhat they kept of the piece before",
        ),
    )
    for k, (name, block, role, text) in enumerate(kinds):
        x = 0.4 + 2.6 * k
        axes.text(x + 1, 0.25, name, ha="center", size=12, weight="bold")
        for i in range(4):
            style.box(axes, x, 0.45 + 0.4 * i, 2.0, 0.33, block, role, size=9)
        if name == "Transformer-XL":
            for i in range(4):
                y = 0.52 + 0.4 * i
                axes.annotate(
                    "",
                    (x + 2.0, y + 0.2),
                    (x + 2.0, y),
                    arrowprops={
                        "arrowstyle": "-|>",
                        "color": ROLE["ink"],
                        "connectionstyle": "arc3,rad=-1.6",
                    },
                )
        axes.text(x + 1, 2.2, text, ha="center", va="top", size=8.5)
    return Picture(
        figure,
        "Three stacks: GPT-2 is made of decoders only, BERT of encoders only, and Transformer-XL "
        "of decoders that also read what they kept of the piece of text before.",
    )


PARTS = {
    "encoder": ["self-attention", "MLP"],
    "decoder (2017)": ["masked self-attention", "attention to the encoder", "MLP"],
    "decoder-only (GPT-2)": ["masked self-attention", "MLP"],
}


def who_sees_whom(tables: dict[str, tuple], parts: dict[str, list[str]]) -> Picture:
    """F9, F10: three blocks, what each is made of, and which output moves when which input is
    changed.

    tables: {block: (matrix (T, S) of 0 and 1, row labels, column labels)}; parts: {block: its steps
    from the bottom up}.
    """
    figure, axes = style.new(8.6, 4.6, 2, len(tables), height_ratios=[1, 1.5])
    role = {
        "self-attention": "value",
        "masked self-attention": "query",
        "attention to the encoder": "score",
        "MLP": "key",
    }
    for k, (name, (matrix, rows, columns)) in enumerate(tables.items()):
        axis = axes[0, k]
        axis.set(xlim=(0, 3), ylim=(0, 1.65), title=name)  # y grows upwards here
        axis.axis("off")
        for i, part in enumerate(parts[name]):
            style.box(axis, 0.1, 0.05 + 0.5 * i, 2.8, 0.42, part, role[part], size=9)
        style.heat(axes[1, k], matrix, rows, columns, number="", low=0, high=1)
        axes[1, k].tick_params(axis="x", labelrotation=60)
        axes[1, k].set(xlabel="change this input …")
        for (r, c), value in np.ndenumerate(style.numbers(matrix)):
            axes[1, k].text(
                c + 0.5,
                r + 0.5,
                "✓" if value else "–",
                ha="center",
                va="center",
                size=10,
                color=ROLE["ink"] if value else "white",
            )
    axes[1, 0].set(ylabel="… and this output")
    said = "; ".join(
        f"{n}: {int(style.numbers(m).sum())} of {style.numbers(m).size} pairs move"
        for n, (m, _, _) in tables.items()
    )
    return Picture(
        figure,
        "Three blocks and, below each, a tick where an output (row) moves when an input (column) "
        f"is changed. {said}. In the decoders an output moves only with the inputs up to its own "
        "place, and with all of the encoder's.",
    )


# ---------------------------------------------------------------- ablations


def _without(part: str) -> str:
    return "nothing missing" if part == "nothing" else f"without {part}"


def ablation(results: dict, floor: float, uniform: float) -> Picture:
    """What each missing part costs: the loss when writing, one dot a seed, with the range as a bar;
    and in training.
    """
    figure, axis = style.new(7.6, 3.4)
    names = list(results)[::-1]
    for y, name in enumerate(names):
        writing = [r.writing for r in results[name]]
        training = [np.mean(r.training[-10:]) for r in results[name]]
        axis.plot(
            [min(writing), max(writing)],
            [y + 0.12] * 2,
            color=ROLE["bad"],
            linewidth=5,
            alpha=0.35,
            solid_capstyle="round",
        )
        axis.plot(
            writing,
            [y + 0.12] * len(writing),
            "o",
            color=ROLE["bad"],
            label="when it writes" if not y else None,
        )
        axis.plot(
            [min(training), max(training)],
            [y - 0.18] * 2,
            color=ROLE["value"],
            linewidth=5,
            alpha=0.35,
            solid_capstyle="round",
        )
        axis.plot(
            training,
            [y - 0.18] * len(training),
            "D",
            markersize=5,
            color=ROLE["value"],
            label="in training" if not y else None,
        )
    for value, text in ((floor, "the best possible"), (uniform, "knows nothing")):
        axis.axvline(value, color=ROLE["ink"], linestyle="--", linewidth=1)
        axis.annotate(  # above the line's end
            text,
            (value, 1),
            xycoords=axis.get_xaxis_transform(),
            xytext=(0, 2),
            textcoords="offset points",
            ha="center",
            va="bottom",
            size=8,
        )
    axis.set_yticks(range(len(names)), map(_without, names))
    axis.set(
        xlabel="loss after training (nats per token), a mark for each seed",
        xlim=(-0.1, uniform + 0.25),
        ylim=(-0.5, len(names) - 0.2),
    )
    axis.legend(frameon=False, loc="upper center", bbox_to_anchor=(0.6, 0.97), fontsize=8)
    said = "; ".join(
        f"{_without(n)}: writing {np.mean([r.writing for r in v]):.1f}, training "
        f"{np.mean([np.mean(r.training[-10:]) for r in v]):.1f}"
        for n, v in results.items()
    )
    return Picture(
        figure,
        "Loss after training in nats per token, for each missing part; the best possible is "
        f"{floor:.2f}, knowing nothing {uniform:.2f}. {said}.",
    )


def ablation_curves(results: dict, floor: float, uniform: float) -> Picture:
    """The training loss step by step, the mean over the seeds as a line and their range as a
    band.
    """
    figure, axes = style.new(8, 3.9, 2, 3, sharex=True, sharey=True)
    whole = np.mean([r.training for r in results["nothing"]], axis=0)
    for axis, (name, runs) in zip(axes.flat, results.items()):
        curves = np.array([r.training for r in runs])
        axis.fill_between(
            range(curves.shape[1]),
            curves.min(0),
            curves.max(0),
            color=ROLE["value"],
            alpha=0.25,
            linewidth=0,
        )
        axis.plot(curves.mean(0), color=ROLE["value"])
        axis.plot(whole, color=ROLE["plain"], linewidth=1, linestyle=":")
        for value in (floor, uniform):
            axis.axhline(value, color=ROLE["ink"], linewidth=0.8, linestyle="--")
        axis.set(title=_without(name), ylim=(-0.05, 3.4))
    for axis in axes[1]:
        axis.set(xlabel="step")
    for axis in axes[:, 0]:
        axis.set(ylabel="training loss")
    return Picture(
        figure,
        "Six small plots of the training loss by step, one for each missing part, each with the "
        "whole model's curve as a dotted line and two dashed lines: knowing nothing above, the "
        "best possible below. Only without the mask does the loss fall below it.",
    )
