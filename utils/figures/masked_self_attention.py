"""Figures of lesson 04."""

import math

import numpy as np

from utils.figures import style
from utils.figures.style import DIVERGING, ROLE, Picture

AXES = {"xlabel": "key (column)", "ylabel": "query (row)"}


def cabinet(query: str, folders: dict[str, str], shares: list[float]) -> Picture:
    """F22, F23: a note held against the labels of folders. folders: label -> content; shares: how
    much of each is taken.
    """
    figure, axes = style.canvas(7, 0.62 + 0.46 * len(folders))
    style.box(axes, 0.05, 0.1, 1.75, 0.42, f"query: {query}", "query")
    for i, ((label, content), share) in enumerate(zip(folders.items(), shares)):
        y = 0.62 + 0.46 * i
        style.box(axes, 2.2, y, 1.5, 0.36, label, "key", size=9)
        axes.add_patch(_rectangle(3.9, y + 0.06, 1.15 * share, 0.24, ROLE["score"]))
        axes.text(3.95 + 1.15 * share, y + 0.18, f"{share:.0%}", va="center", size=9)
        style.box(axes, 5.6, y, 1.35, 0.36, content, "value", size=9)
        axes.plot(
            [1.8, 2.2],
            [0.31, y + 0.18],
            color=ROLE["query"],
            lw=0.4 + 3 * share,
            alpha=0.25 + 0.75 * share,
        )
    for x, text in ((2.2, "key: the label"), (3.9, "share taken"), (5.6, "value: what is inside")):
        axes.text(x, 0.5, text, size=8.5, va="bottom")
    said = ", ".join(f"{label} {share:.0%}" for label, share in zip(folders, shares))
    return Picture(
        figure,
        f"A query “{query}” held against the labels of a filing cabinet's folders. Share "
        f"taken of each: {said}.",
    )


def blend(words: list[str], shares, values) -> Picture:
    """F24: each value times its share, and the sum below. shares: (T,); values: (T, D)."""
    shares, values = style.numbers(shares, values)
    T, D = values.shape
    parts = np.vstack(
        [shares[:, None] * values, shares @ values]
    )  # (T, 1) * (T, D), then (T,) @ (T, D)
    high, few = np.abs(values).max() or 1, D <= 6
    figure, axes = style.new(7, 1.0 + 0.3 * (T + 1), columns=3, width_ratios=[1.1, 3, 3])
    style.heat(axes[0], shares[:, None], words, ["share"], size=8.5)
    for panel, matrix, rows in ((axes[1], values, [""] * T), (axes[2], parts, [""] * T + ["sum"])):
        if few:
            style.heat(
                panel, matrix, rows, range(D), cmap=DIVERGING, low=-high, high=high, size=8.5
            )
        else:  # a bitmap: hundreds of cells would make a heavy SVG
            panel.imshow(
                matrix,
                cmap=DIVERGING,
                vmin=-high,
                vmax=high,
                aspect="auto",
                interpolation="none",
                extent=(0, D, len(rows), 0),
            )
            panel.set_yticks(np.arange(len(rows)) + 0.5, rows)
            panel.set_xticks([])
            panel.tick_params(length=0)
            panel.spines[:].set_visible(False)
            panel.set_xlabel(f"{D} numbers")
    axes[2].axhline(T, color=ROLE["ink"], lw=1.5)
    for panel in axes:
        panel.set_ylim(T + 1, 0)  # the rows of all three on one height
    for panel, title in zip(axes, ("", "value", "share × value")):
        panel.set_title(title)
    said = ", ".join(f"{word} {share:.2f}" for word, share in zip(words, shares))
    total = f" The sum is {_list(parts[-1])}." if few else ""
    return Picture(
        figure,
        f"A table with a row for each of these, with its share: {said}. Beside it each "
        f"value, and the value times its share; the last row is their sum.{total}",
    )


def qkv(tokens, x, q, k, v) -> Picture:
    """F31: what goes in, and the query, key and value that each token gets. x: (T, C); q, k, v: (T,
    D).
    """
    matrices = [style.numbers(m) for m in (x, q, k, v)]
    figure, axes = style.new(7, 2.5, columns=4, width_ratios=[m.shape[1] for m in matrices])
    high = max(np.abs(m).max() for m in matrices)
    for panel, m, (name, role) in zip(
        axes,
        matrices,
        (("x", "token"), ("q  query", "query"), ("k  key", "key"), ("v  value", "value")),
    ):
        style.heat(
            panel,
            m,
            tokens if panel is axes[0] else [""] * len(tokens),
            [""] * m.shape[1],
            low=-high,
            high=high,
            cmap=DIVERGING,
            number="{:.0f}",
            size=11,
        )
        panel.set_title(name, color=style.ink(role), weight="bold")
        panel.add_patch(_frame(0, 0, m.shape[1], m.shape[0], ROLE[role]))
    rows = "; ".join(
        f"{t}: q {_list(a, 0)}, k {_list(b, 0)}, v {_list(c, 0)}"
        for t, a, b, c in zip(tokens, *matrices[1:])
    )
    return Picture(
        figure,
        "Four tables side by side, one row for each token: the input x, and its query, key "
        f"and value. {rows}.",
    )


def plane(tokens, q, k, at: int) -> Picture:
    """F32: one query and all keys as arrows from the origin; the score is how far they go the same
    way.
    """
    q, k = style.numbers(q, k)
    figure, axes = style.new(5.2, 3.6)
    for i, (x, y) in enumerate(k):
        axes.annotate(
            "",
            (x, y),
            (0, 0),
            arrowprops={
                "arrowstyle": "-|>",
                "color": ROLE["key"],
                "lw": 2,
                "shrinkA": 0,
                "shrinkB": 0,
            },
        )
        axes.text(
            x + 0.08, y + 0.1, f"k {tokens[i]}\nscore {q[at] @ k[i]:.0f}", size=9, va="bottom"
        )
    x, y = q[at]
    axes.annotate(
        "",
        (x, y),
        (0, 0),
        arrowprops={
            "arrowstyle": "-|>",
            "color": ROLE["query"],
            "lw": 3.2,
            "shrinkA": 0,
            "shrinkB": 0,
        },
    )
    axes.text(
        x - 0.08,
        y + 0.1,
        f"q {tokens[at]}",
        size=10,
        weight="bold",
        color=style.ink("query"),
        va="bottom",
        ha="right",
    )
    top = max(k.max(), q[at].max())
    axes.set(
        xlim=(-0.6, top + 1.3),
        ylim=(-0.15, top + 0.8),
        xlabel="first number",
        ylabel="second number",
        aspect="equal",
    )
    said = ", ".join(f"{t} {q[at] @ key:.0f}" for t, key in zip(tokens, k))
    return Picture(
        figure,
        f"The query of “{tokens[at]}” and the keys of all tokens as arrows from one point. "
        f"Scores: {said}. The highest score belongs to the key that goes furthest along the "
        "query's direction.",
    )


def table(matrix, tokens, title: str = "", shares: bool = False) -> Picture:
    """A (T, T) table of scores or, on the fixed scale 0 to 1, of shares; -inf is left white."""
    matrix = style.numbers(matrix)
    seen = matrix[np.isfinite(matrix)]
    figure, axes = style.new(1.5 + 0.82 * len(tokens), 1.15 + 0.42 * len(tokens))
    low, high = (0.0, 1.0) if shares else (min(0.0, seen.min()), seen.max())
    mesh = style.heat(axes, matrix, tokens, tokens, low=low, high=high)
    figure.colorbar(mesh, ax=axes, label="share, 0 to 1" if shares else "score", fraction=0.06)
    axes.set(title=title, **AXES)
    kind = "shares" if shares else "scores"
    return Picture(
        figure,
        f"A table of {kind}; query (row) attends to key (column). {title} {_rows(tokens, matrix)}",
    )


def tables(matrices, tokens, titles, shares) -> Picture:
    """F37 to F39: several (T, T) tables in a row; shares says for each whether its scale is 0 to
    1.
    """
    matrices = [style.numbers(m) for m in matrices]
    figure, axes = style.new(7.6, 2.7, columns=len(matrices))
    highest = max(m[np.isfinite(m)].max() for m, s in zip(matrices, shares) if not s)
    for i, (panel, matrix, title, share) in enumerate(zip(axes, matrices, titles, shares)):
        style.heat(
            panel,
            matrix,
            tokens if not i else [""] * len(tokens),
            tokens,
            high=1.0 if share else highest,
            size=8.5,
        )
        panel.set(title=title, xlabel=AXES["xlabel"], ylabel=AXES["ylabel"] if not i else "")
        panel.tick_params(labelsize=8.5)
    said = " ".join(f"{title}: {_rows(tokens, m)}" for m, title in zip(matrices, titles))
    return Picture(figure, f"Tables in a row; query (row) attends to key (column). {said}")


def steps(tokens, at: int, scores, shares, values, hide_future: bool) -> Picture:
    """F30, F33 to F35: one token's three steps: make q, k, v; score every key; sum the values by
    their shares.

    scores, shares: (T,) of the token `at`; values: (T, D).
    """
    scores, shares, values = style.numbers(scores, shares, values)
    T, out = len(tokens), shares @ values
    width = 5.4 / T
    figure, axes = style.canvas(7.6, 3.5)
    for y, text in (
        (0.55, "1  make q, k, v"),
        (1.42, "2  score, softmax"),
        (2.32, "3  value × share"),
        (3.12, "sum"),
    ):
        axes.text(0.05, y, text, va="center", size=9.5)
    for i, token in enumerate(tokens):
        x, hidden = 1.7 + i * width, hide_future and i > at
        axes.text(
            x + width / 2,
            0.14,
            token,
            ha="center",
            va="center",
            size=10,
            weight="bold" if i == at else "normal",
        )
        style.box(
            axes,
            x,
            0.36,
            width - 0.1,
            0.38,
            ("q, k, v" if i == at else "k, v") if not hidden else "hidden",
            "plain" if hidden else "key",
            size=8.5,
        )
        axes.add_patch(
            _rectangle(
                x,
                1.15,
                width - 0.1,
                0.58,
                ROLE["plain" if hidden else "score"],
                0.08 if hidden else 0.06 + 0.7 * shares[i],
            )
        )
        axes.text(
            x + (width - 0.1) / 2,
            1.32,
            "score −∞" if hidden else f"score {scores[i]:.2f}",
            ha="center",
            va="center",
            size=8.5,
        )
        axes.text(
            x + (width - 0.1) / 2,
            1.56,
            f"share {shares[i]:.2f}",
            ha="center",
            va="center",
            size=8.5,
        )
        style.box(
            axes,
            x,
            2.12,
            width - 0.1,
            0.38,
            _list(shares[i] * values[i]),
            "plain" if hidden else "value",
            size=8.5,
            fill=0.05 + 0.4 * shares[i],
        )
        if not hidden:
            style.arrow(axes, (x + width / 2 - 0.05, 0.76), (x + width / 2 - 0.05, 1.12), width=0.8)
            style.arrow(axes, (x + width / 2 - 0.05, 1.75), (x + width / 2 - 0.05, 2.1), width=0.8)
            style.arrow(
                axes,
                (x + width / 2 - 0.05, 2.52),
                (1.7 + (at + 0.5) * width - 0.05, 2.92),
                width=0.5 + 2 * shares[i],
            )
    style.box(
        axes, 1.7 + at * width, 2.94, width - 0.1, 0.38, _list(out), "score", size=9, weight="bold"
    )
    said = ", ".join(
        "hidden" if hide_future and i > at else f"{t}: score {s:.2f}, share {w:.2f}"
        for i, (t, s, w) in enumerate(zip(tokens, scores, shares))
    )
    return Picture(
        figure,
        f"The three steps for the token “{tokens[at]}”: {said}. The sum of value times share "
        f"is {_list(out)}.",
    )


def sees(tokens, at: int, visible) -> Picture:
    """F11: what one position may look at. visible: (T,) of bools, its row of the mask."""
    width = 6.8 / len(tokens)
    figure, axes = style.canvas(7, 1.5)
    for i, token in enumerate(tokens):
        x = 0.1 + i * width
        seen = bool(visible[i])
        style.box(
            axes,
            x,
            0.85,
            width - 0.08,
            0.4,
            token,
            "token" if seen else "plain",
            size=9,
            fill=0.3 if seen else 0.03,
            alpha=1 if seen else 0.7,
        )
        axes.text(
            x + width / 2 - 0.04,
            1.38,
            f"{i}" + ("" if seen else " hidden"),
            ha="center",
            va="center",
            size=8,
        )
        if seen:
            style.arrow(
                axes,
                (x + width / 2 - 0.04, 0.83),
                (0.1 + (at + 0.5) * width - 0.04, 0.5),
                "query",
                1.4,
            )
    style.box(axes, 0.1 + at * width, 0.12, width - 0.08, 0.36, f"position {at}", "query", size=9)
    shown = [str(i) for i in range(len(tokens)) if visible[i]]
    return Picture(
        figure,
        f"Position {at}, “{tokens[at]}”, sees positions {', '.join(shown)}; the others, up to "
        f"{len(tokens) - 1}, are hidden.",
    )


def two_masks(tokens, masked) -> Picture:
    """F12: who sees whom, without and with the mask. masked: (T, T) of bools."""
    figure, axes = style.new(7, 2.6, columns=2)
    both = (np.ones_like(style.numbers(masked)), style.numbers(masked))
    for panel, matrix, title in zip(
        axes, both, ("self-attention: everybody sees all", "masked: nobody sees the future")
    ):
        style.heat(panel, matrix, tokens, tokens, low=-0.35, high=1.15, number="")
        for (r, c), value in np.ndenumerate(matrix):
            panel.text(
                c + 0.5,
                r + 0.5,
                "sees" if value else "hidden",
                ha="center",
                va="center",
                size=8.5,
                color=ROLE["ink"] if value else "white",
            )
        panel.set(title=title, **AXES)
    rows = "; ".join(
        f"{t} sees {', '.join(s for s, m in zip(tokens, row) if m)}"
        for t, row in zip(tokens, both[1])
    )
    return Picture(
        figure,
        "Two tables of who sees whom. Left, self-attention: every cell says sees. Right, "
        f"masked: {rows}.",
    )


def saturation(widths, plain, scaled, limit: float, learn_plain, learn_scaled) -> Picture:
    """Entropy of the shares, and how much a share still reacts to its score, against the width of
    the vectors.
    """
    figure, axes = style.new(7.6, 2.9, columns=2)
    for panel, a, b in ((axes[0], plain, scaled), (axes[1], learn_plain, learn_scaled)):
        panel.plot(widths, a, "o--", color=ROLE["bad"], markersize=4)
        panel.plot(widths, b, "s-", color=ROLE["value"], markersize=4)
        panel.text(
            widths[-1] * 1.15, a[-1], "no scale", va="center", size=9, color=style.ink("bad")
        )
        panel.text(
            widths[-1] * 1.15, b[-1], "scaled", va="center", size=9, color=style.ink("value")
        )
        panel.set(
            xscale="log",
            xlabel="width of a query, d_k",
            ylim=(0, None),
            xlim=(widths[0] * 0.7, widths[-1] * 5),
        )
        panel.set_xticks(widths[::3], [str(w) for w in widths[::3]])
        panel.minorticks_off()
    axes[0].axhline(limit, color=ROLE["plain"], lw=1, linestyle=":")
    axes[0].text(widths[0], limit * 1.02, "all alike", size=8.5, va="bottom")
    axes[0].set(ylabel="entropy of a row (nats)", ylim=(0, limit * 1.15))
    axes[1].set(ylabel="d share / d score, mean")
    return Picture(
        figure,
        "Left: the entropy of a row of shares against the width of the queries. Without "
        f"scale it falls from {plain[0]:.2f} to {plain[-1]:.2f} nats, "
        f"scaled it stays near {scaled[-1]:.2f}. Right: how much a share reacts to its own "
        f"score; without scale it falls from {learn_plain[0]:.3f} to {learn_plain[-1]:.3f}.",
    )


def leak(tokens, moved: dict[str, list[float]]) -> Picture:
    """How far each token's output moves when the last token is exchanged, for each way of
    masking.
    """
    figure, axes = style.new(7, 2.5)
    width = 0.8 / len(moved)
    for j, ((name, values), role, hatch) in enumerate(
        zip(moved.items(), ("value", "bad"), ("", "//"))
    ):
        places = np.arange(len(tokens)) + (j - (len(moved) - 1) / 2) * width
        axes.bar(
            places,
            values,
            width * 0.92,
            color=ROLE[role],
            hatch=hatch,
            edgecolor="white",
            label=name,
        )
        for x, v in zip(places, values):
            axes.text(x, v, f"{v:.2f}", ha="center", va="bottom", size=8.5)
    axes.set_xticks(range(len(tokens)), tokens)
    axes.set(ylabel="its output moved by", ylim=(0, max(map(max, moved.values())) * 1.18))
    axes.legend(frameon=False, fontsize=9, loc="upper left")
    said = "; ".join(
        f"{name}: " + ", ".join(f"{t} {v:.2f}" for t, v in zip(tokens, values))
        for name, values in moved.items()
    )
    return Picture(
        figure, f"How far each token's output moves when only the last token is exchanged. {said}."
    )


def hunt(divisors, fits, tokens) -> Picture:
    """Which divisors reproduce each printed row. fits: one list of bools for each row, as long as
    divisors.
    """
    figure, axes = style.new(7, 2.4)
    every = np.all(fits, axis=0)
    said = []
    for i, (name, row) in enumerate([*zip(tokens, fits), ("every row", every)]):
        found = np.asarray(divisors)[np.asarray(row)]
        axes.barh(
            i,
            found[-1] - found[0],
            left=found[0],
            height=0.62,
            color=ROLE["good" if name == "every row" else "score"],
            alpha=1 if name == "every row" else 0.5,
        )
        said.append(f"{name}: {found[0]:.2f} to {found[-1]:.2f}")
        axes.text(found[-1] + 0.06, i, said[-1].split(": ")[1], va="center", size=9)
    axes.axvline(1, color=ROLE["bad"], linestyle="--")
    axes.text(1.05, -0.62, "no scale: 1", color=style.ink("bad"), size=9)
    axes.axvline(4, color=ROLE["ink"], linestyle="--")
    axes.text(4.05, -0.62, "√16 = 4", size=9)
    axes.set_yticks(range(len(tokens) + 1), [*(f"row of {t}" for t in tokens), "every row"])
    axes.set(xlabel="divisor", ylim=(len(tokens) + 0.5, -0.9), xlim=(0, divisors[-1] * 1.16))
    return Picture(
        figure,
        "Which divisors give the printed shares. "
        + "; ".join(said)
        + ". A divisor of 1, no scale, is outside; 4 is inside.",
    )


def made_at_once(x, qkv_, n_head: int) -> Picture:
    """F43 to F45: one token's vector enters, c_attn makes 3C numbers of it. x: (C,); qkv_:
    (3C,).
    """
    x, parts = style.numbers(x), style.numbers(qkv_).reshape(3, n_head, -1)
    C, D = x.size, x.size // n_head
    figure, axes = style.new(7.6, 3.0, columns=3, width_ratios=[1, 0.75, 1])
    _image(axes[0], x.reshape(n_head, D))
    axes[0].set(title=f"x: {C} numbers", xlabel=f"drawn as {n_head} rows of {D}")
    axes[1].axis("off")
    axes[1].set(xlim=(0, 1), ylim=(0, 1))
    axes[1].annotate("", (1, 0.5), (0, 0.5), arrowprops={"arrowstyle": "-|>", "color": ROLE["ink"]})
    axes[1].text(
        0.5, 0.56, f"@ c_attn\n({C}, {3 * C})\n+ bias ({3 * C},)", ha="center", va="bottom", size=10
    )
    _image(axes[2], parts.reshape(3 * n_head, D))
    for i, (name, role) in enumerate((("query", "query"), ("key", "key"), ("value", "value"))):
        axes[2].add_patch(_frame(-0.5, i * n_head - 0.5, D, n_head, ROLE[role]))
        axes[2].text(
            D + 1, (i + 0.5) * n_head - 0.5, name, color=style.ink(role), weight="bold", va="center"
        )
    axes[2].set(title=f"q, k, v: {3 * C} numbers", xlabel=f"drawn as {3 * n_head} rows of {D}")
    return Picture(
        figure,
        f"A vector of {C} numbers times the matrix c_attn of shape {C} by {3 * C} gives {3 * C} "
        "numbers: the first third is the query, the second the key, the last the value.",
    )


def head_at_work(tokens, scores, shares, values, head: int) -> Picture:
    """F46 to F50: one head, for the last token: scores, shares, and the sum of the values. values:
    (T, D).
    """
    scores, shares, values = style.numbers(scores, shares, values)
    T, D = values.shape
    figure, axes = style.new(7.6, 1.2 + 0.2 * T, columns=3, width_ratios=[1.4, 1, 1.5])
    for panel, numbers, title, role in (
        (axes[0], scores, "score", "key"),
        (axes[1], shares, "share", "score"),
    ):
        panel.barh(range(T), numbers, color=ROLE[role], height=0.7)
        for i, n in enumerate(numbers):
            panel.annotate(  # beyond the bar's end
                f"{n:.2f}".replace("-", "−"),
                (n, i),
                xytext=(-3 if n < 0 else 3, 0),
                textcoords="offset points",
                ha="right" if n < 0 else "left",
                va="center",
                size=8.5,
            )
        panel.set(title=title, ylim=(T - 0.4, -0.6))
    low, high = min(scores.min(), 0), max(scores.max(), 0)
    room = 0.35 * ((high - low) or 1)  # for the numbers
    axes[0].set_xlim(low - room * (low < 0), high + room * (high > 0))
    axes[0].set_yticks(range(T), tokens, size=9)
    axes[1].set(xlim=(0, 1.3), xticks=[0, 0.5, 1], yticks=[])
    _image(axes[2], np.vstack([shares[:, None] * values, shares @ values]))
    axes[2].set_yticks([T], ["sum"], weight="bold")
    axes[2].axhline(T - 0.5, color=ROLE["ink"], lw=1.5)
    axes[2].set(title="share × value", xlabel=f"{D} numbers")
    best = ", ".join(f"{tokens[i]} {shares[i]:.2f}" for i in np.argsort(-shares)[:3])
    return Picture(
        figure,
        f"Head {head} for the token “{tokens[-1]}”: a bar for each token's score and for its "
        f"share, and the values times their shares with their sum. The largest shares: {best}.",
    )


def merged(found, projected) -> Picture:
    """F51 to F53: what the heads found, side by side, then mixed by c_proj. found: (n_head, D);
    projected: (C,).
    """
    found, projected = style.numbers(found, projected)
    n_head, D = found.shape
    figure, axes = style.new(7.6, 2.7, columns=3, width_ratios=[1, 0.75, 1])
    _image(axes[0], found)
    axes[0].set_yticks([0, n_head - 1], ["head 0", f"head {n_head - 1}"])
    axes[0].set(
        title=f"{n_head} heads found {D} each", xlabel=f"side by side: {n_head * D} numbers"
    )
    axes[1].axis("off")
    axes[1].set(xlim=(0, 1), ylim=(0, 1))
    axes[1].annotate("", (1, 0.5), (0, 0.5), arrowprops={"arrowstyle": "-|>", "color": ROLE["ink"]})
    C = projected.size
    axes[1].text(
        0.5, 0.56, f"@ c_proj\n({C}, {C})\n+ bias ({C},)", ha="center", va="bottom", size=10
    )
    _image(axes[2], projected.reshape(n_head, D))
    axes[2].set(title=f"out: {C} numbers", xlabel="each depends on every head")
    return Picture(
        figure,
        f"What {n_head} heads found, {D} numbers each, is put side by side, {C} numbers, "
        f"and multiplied by the matrix c_proj of shape {C} by {C}; what comes out goes on to "
        "the rest of the block.",
    )


def split_two_ways(right, wrong, tokens) -> Picture:
    """What head 0 and head 1 hold, with and without the transpose.

    right, wrong: (n_head, T, D) of numbers that say where they came from: 10 * token + feature.
    """
    right, wrong = np.asarray(right), np.asarray(wrong)
    n_head, T, D = right.shape
    figure, axes = style.new(7, 0.9 + 0.42 * T * 2, rows=2, columns=n_head)
    tints = [ROLE[r] for r in ("token", "key", "value", "query")]
    for row, (name, m) in enumerate(
        (("unflatten, then transpose", right), ("reshape alone", wrong))
    ):
        for h in range(n_head):
            panel = axes[row][h]
            for (t, d), number in np.ndenumerate(m[h]):
                token, feature = divmod(int(number), 10)
                panel.add_patch(_rectangle(d, t, 0.94, 0.9, tints[token % 4], 0.35))
                panel.text(
                    d + 0.47,
                    t + 0.45,
                    f"{tokens[token]} {feature}",
                    ha="center",
                    va="center",
                    size=8.5,
                )
            panel.set(xlim=(0, D), ylim=(T, 0), title=f"{name}: head {h}", xticks=[])
            panel.set_yticks(
                [t + 0.45 for t in range(T)],
                [f"row of {t}" for t in tokens] if not h else [""] * T,
                size=8.5,
            )
            panel.tick_params(length=0)
            panel.spines[:].set_visible(False)
            panel.title.set_fontsize(9.5)
    mixed = "; ".join(
        f"head 0, row {t}: " + ", ".join(tokens[int(n) // 10] for n in wrong[0, t])
        for t in range(T)
    )
    return Picture(
        figure,
        "What each head holds. With transpose, a row of a head holds numbers of its own "
        f"token only. With reshape alone, rows hold other tokens' numbers: {mixed}.",
    )


def heads_map(scores, title: str) -> Picture:
    """One number from 0 to 1 for each head of each layer. scores: (n_layer, n_head)."""
    scores = style.numbers(scores)
    layers, heads = scores.shape
    figure, axes = style.new(1.9 + 0.75 * heads, 1.1 + 0.4 * layers)
    mesh = style.heat(
        axes, scores, [f"layer {i}" for i in range(layers)], [f"head {i}" for i in range(heads)]
    )
    figure.colorbar(mesh, ax=axes, label="mean share, 0 to 1", fraction=0.06)
    axes.set(title=title)
    layer, head = np.unravel_index(scores.argmax(), scores.shape)
    return Picture(
        figure,
        f"{title}: one cell for each head of each layer. The highest is layer {layer}, head "
        f"{head}, with {scores.max():.2f}; the mean of all is {scores.mean():.2f}.",
    )


def attended(words, shares, at: int) -> Picture:
    """F21, F29: a text whose words are tinted by the share that the word `at` gives them. shares:
    (T,).
    """
    shares = style.numbers(shares)
    places, x, y = [], 0.1, 0.1
    for word in words:
        width = 0.11 + 0.088 * len(word)
        if x + width > 7.5:
            x, y = 0.1, y + 0.5
        places.append((x, y, width))
        x += width + 0.03
    figure, axes = style.canvas(7.6, y + 0.62)
    for i, (word, (x, y, width)) in enumerate(zip(words, places)):
        share = shares[i] if i < len(shares) else 0.0
        axes.add_patch(
            _rectangle(
                x, y, width, 0.27, ROLE["score"], min(1.0, 0.9 * share + (0.03 if i <= at else 0))
            )
        )
        axes.text(
            x + width / 2,
            y + 0.135,
            word,
            ha="center",
            va="center",
            size=9.5,
            alpha=1 if i <= at else 0.7,
            weight="bold" if i == at or share > 0.1 else "normal",
        )
        if share >= 0.05:
            axes.text(x + width / 2, y + 0.36, f"{share:.0%}", ha="center", va="center", size=7.5)
        if i == at:
            axes.add_patch(_frame(x, y, width, 0.27, ROLE["query"]))
    best = ", ".join(f"{words[i]} {shares[i]:.0%}" for i in np.argsort(-shares, kind="stable")[:4])
    return Picture(
        figure,
        f"A text; the framed word “{words[at]}” gives its attention to the tinted words "
        f"before it: {best}.",
    )


def _image(axes, matrix) -> None:
    high = np.abs(matrix).max() or 1
    axes.imshow(matrix, cmap=DIVERGING, vmin=-high, vmax=high, aspect="auto", interpolation="none")
    axes.set(xticks=[], yticks=[])
    axes.spines[:].set_visible(False)


def _rectangle(x, y, width, height, colour, alpha=1.0):
    from matplotlib.patches import Rectangle

    return Rectangle((x, y), width, height, facecolor=colour, alpha=alpha, linewidth=0)


def _frame(x, y, width, height, colour):
    from matplotlib.patches import Rectangle

    return Rectangle(
        (x, y), width, height, fill=False, edgecolor=colour, linewidth=2, clip_on=False
    )


def _list(numbers, digits: int = 2) -> str:
    return "[" + ", ".join(f"{n + 0.0:.{digits}f}".replace("-0.00", "0.00") for n in numbers) + "]"


def _rows(tokens, matrix) -> str:
    def cell(n):
        return f"{n:.2f}" if math.isfinite(n) else "hidden"

    return " ".join(f"Row {t}: {', '.join(map(cell, row))}." for t, row in zip(tokens, matrix))
