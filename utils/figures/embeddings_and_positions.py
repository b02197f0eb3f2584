"""Figures of lesson 03. Vectors and matrices may be tensors or numpy arrays."""

import matplotlib as mpl
import numpy as np

from utils.figures import style
from utils.figures.style import DIVERGING, ROLE, Picture

KIND_COLOURS = ("value", "key", "token", "score", "query", "bad", "plain")
KIND_MARKS = "os^Dv*P"
LEVELS = 13  # colours in big pictures: enough for the eye, and the files stay small


def long_vector(vector, name: str) -> Picture:
    """F28: all cells of a vector, and below it the same vector drawn as a few of its cells."""
    vector = np.asarray(vector)
    figure, axes = style.canvas(7.4, 2.0)
    scale = _scale(vector)
    cmap = mpl.colormaps[DIVERGING]
    width = 7.0 / len(vector)
    for i, value in enumerate(vector):
        axes.add_patch(
            mpl.patches.Rectangle(
                (0.2 + i * width, 0.4),
                width,
                0.4,
                facecolor=cmap(0.5 + value / scale / 2),
                linewidth=0,
            )
        )
    axes.add_patch(
        mpl.patches.Rectangle(
            (0.2, 0.4), 7.0, 0.4, fill=False, edgecolor=ROLE["ink"], linewidth=0.8
        )
    )
    axes.text(
        0.2,
        0.2,
        f"the vector of “{name}”: {len(vector)} numbers, one cell each",
        va="center",
        size=9,
    )
    end = _cells(axes, 0.2, 1.35, vector, scale, width=0.62, height=0.4)
    axes.text(
        0.2,
        1.15,
        "the same vector as we draw it from here on: its first cells, and the last",
        va="center",
        size=9,
    )
    axes.text(
        end + 0.15, 1.55, "colour: sign and size", va="center", size=9, color=style.ink("plain")
    )
    return Picture(
        figure,
        f"The vector of {name}: above, all {len(vector)} cells; below, as it is drawn from "
        f"here on: {_few(vector)}.",
    )


def table(matrix, name: str, row: str, labels: dict[str, int], role: str) -> Picture:
    """F17, F18: a whole table as a picture, and some of its rows with their numbers.

    matrix: (rows, C); row: what a row belongs to ("token", "position"); labels: the rows to show,
    by their label.
    """
    matrix = np.asarray(matrix)
    rows, C = matrix.shape
    step = -(-rows // 256)  # a screen has no more lines to give
    figure, (left, right) = style.new(7.6, 4.0, 1, 2, width_ratios=[1, 2.6])
    scale = 3 * matrix.std()
    left.imshow(
        matrix[::step],
        cmap=mpl.colormaps[DIVERGING].resampled(LEVELS),
        vmin=-scale,
        vmax=scale,
        aspect="auto",
        interpolation="none",
        extent=(0, C, rows, 0),
    )
    left.set(
        title=f"{name}: {rows:,} × {C}",
        xlabel=f"the {C} numbers of a row",
        ylabel=f"{row} (one row each)",
    )
    left.set_xticks([0, C])
    right.set(xlim=(0, 5.0), ylim=(0.5 * len(labels) + 0.2, -0.35), title="some of its rows")
    right.axis("off")
    for i, (label, index) in enumerate(labels.items()):
        right.text(
            1.42,
            0.5 * i + 0.2,
            label if label == str(index) else f"{label}  [{index}]",
            ha="right",
            va="center",
            size=9,
            color=style.ink(role),
            weight="bold",
        )
        _cells(right, 1.5, 0.5 * i, matrix[index], scale, width=0.68, height=0.4, size=8)
    said = "; ".join(f"{label} {_few(matrix[index])}" for label, index in labels.items())
    return Picture(
        figure,
        f"{name} as a picture of {rows} rows, one for each {row}, and {C} columns; beside it "
        f"some rows: {said}.",
    )


def sums(tokens: list[str], token_vectors, position_vectors) -> Picture:
    """F19: for each token, its vector plus its position's vector is the model's input."""
    token_vectors, position_vectors = np.asarray(token_vectors), np.asarray(position_vectors)
    inputs = token_vectors + position_vectors
    figure, axes = style.canvas(8.4, 0.55 + 0.58 * len(tokens))
    scale, starts = _scale(inputs), (1.0, 3.65, 6.3)
    for x, title, role in zip(
        starts, ("wte[token]", "wpe[position]", "input"), ("token", "position", "score")
    ):
        axes.text(
            x + 0.92,
            0.25,
            title,
            ha="center",
            va="center",
            size=10,
            weight="bold",
            color=style.ink(role),
        )
    for i, token in enumerate(tokens):
        y = 0.5 + 0.58 * i
        axes.text(0.9, y + 0.2, f"{token}", ha="right", va="center", size=10)
        for x, vectors in zip(starts, (token_vectors, position_vectors, inputs)):
            _cells(axes, x, y, vectors[i], scale, width=0.46, height=0.4, size=7, first=2)
        axes.text(3.28, y + 0.2, f"+  [{i}]", ha="center", va="center", size=10)
        axes.text(6.05, y + 0.2, "=", ha="center", va="center", size=12)
    said = "; ".join(
        f"{t}: {a[0]:.2f} + {b[0]:.2f} = {c[0]:.2f}"
        for t, a, b, c in zip(tokens, token_vectors, position_vectors, inputs)
    )
    return Picture(
        figure,
        "For each token, the row of wte plus the row of wpe gives the input. The first "
        f"numbers: {said}.",
    )


def product(tokens: list[str], vocabulary: list[str], one_hot, wte) -> Picture:
    """One-hot rows times wte: each row of ones and zeros picks one row of the table."""
    one_hot, wte = np.asarray(one_hot), np.asarray(wte)
    wte = np.round(wte, 1) + 0.0  # as it is printed, and no "-0.0"
    result = one_hot @ wte
    V, C = wte.shape
    figure, axes = style.new(8.2, 2.6, 1, 3, width_ratios=[V, C, C])
    scale = np.abs(wte).max()
    numbers = [str(i) for i in range(C)]
    style.heat(axes[0], one_hot, tokens, vocabulary, number="{:.0f}")
    style.heat(
        axes[1], wte, vocabulary, numbers, low=-scale, high=scale, cmap=DIVERGING, number="{:.1f}"
    )
    style.heat(
        axes[2], result, tokens, numbers, low=-scale, high=scale, cmap=DIVERGING, number="{:.1f}"
    )
    for ax, title in zip(
        axes, (f"one-hot {one_hot.shape}", f"@  wte {wte.shape}", f"=  vectors {result.shape}")
    ):
        ax.set_title(title, size=10)
        ax.set_aspect(0.62)
    axes[0].tick_params(axis="x", labelrotation=40)
    axes[0].set(xlabel="the vocabulary", ylabel="the text")
    return Picture(
        figure,
        f"One-hot rows for {', '.join(tokens)} times a table of {V} rows: the result is the "
        "rows of those tokens, unchanged.",
    )


def neighbours(lists: dict[str, list[tuple[str, float]]]) -> Picture:
    """For each word its nearest words and their cosines, best first, as bars."""
    figure, axes = style.new(8.0, 2.6, 1, len(lists), sharex=True, squeeze=False)
    for ax, (word, near) in zip(axes[0], lists.items()):
        places = range(len(near))
        ax.barh(places, [cosine for _, cosine in near], color=ROLE["token"], alpha=0.35, height=0.8)
        for i, (other, cosine) in enumerate(near):
            ax.text(0.03, i, other, va="center", size=9)
            ax.text(1.36, i, f"{cosine:.2f}", va="center", ha="right", size=8)
        ax.set(title=word, xlim=(0, 1.38), ylim=(len(near) - 0.5, -0.5), yticks=[])
        ax.set_xticks([0, 0.5, 1], ["0", "0.5", "1"])
    figure.supxlabel("cosine between the two vectors", size=9)
    said = "; ".join(
        f"{word}: " + ", ".join(f"{o} {c:.2f}" for o, c in near) for word, near in lists.items()
    )
    return Picture(figure, f"The nearest words by cosine. {said}.")


def word_maps(maps: dict[str, tuple], words: dict[str, list[str]]) -> Picture:
    """Words as points in two dimensions, coloured and marked by kind; of each kind the top and the
    bottom one are named.

    maps: title -> points (N, 2), in the order of the words; words: kind -> its words.
    """
    figure, axes = style.new(8.4, 4.9, 1, len(maps), squeeze=False)
    drawn = []
    for ax, (title, points) in zip(axes[0], maps.items()):
        points, at, named = _rounded(points), 0, []
        for number, (kind, members) in enumerate(words.items()):
            own = points[at : at + len(members)]
            colour = ROLE[KIND_COLOURS[number]]
            ax.plot(
                own[:, 0], own[:, 1], KIND_MARKS[number], color=colour, markersize=5, label=kind
            )
            for i, side in ((own[:, 1].argmax(), 1), (own[:, 1].argmin(), -1)):
                named.append((members[i], own[i], side))
            at += len(members)
        ax.set(title=title, xlabel="first direction", ylabel="second direction")
        ax.margins(0.12)
        drawn.append((ax, points, named))
    figure.legend(
        *axes[0, 0].get_legend_handles_labels(),
        loc="outside lower center",
        ncols=len(words),
        fontsize=9,
        frameon=False,
    )
    figure.draw_without_rendering()  # now the places of all marks are known
    for ax, points, named in drawn:
        _name(ax, points, named)
    return Picture(
        figure,
        f"Maps of the words in two dimensions, marked by kind ({', '.join(words)}), one for "
        f"each of: {', '.join(maps)}.",
    )


def similarity(grids: dict[str, tuple]) -> Picture:
    """How alike the positions are: title -> (P, P) cosines, as pictures from -1 to 1."""
    figure, axes = style.new(3.9 * len(grids) + 0.3, 3.7, 1, len(grids), squeeze=False)
    for ax, (title, grid) in zip(axes[0], grids.items()):
        shown = ax.imshow(
            np.asarray(grid),
            cmap=mpl.colormaps[style.SEQUENTIAL].resampled(LEVELS),
            vmin=-1,
            vmax=1,
            interpolation="none",
        )
        ax.set(title=title, xlabel="position (column)", ylabel="position (row)")
    figure.colorbar(shown, ax=axes[0].tolist(), label="cosine", shrink=0.8)
    said = "; ".join(
        f"{title}: neighbours {_at_distance(g, 1):.2f}, ten apart {_at_distance(g, 10):.2f}, "
        f"a hundred apart {_at_distance(g, 100):.2f}"
        for title, g in grids.items()
    )
    return Picture(figure, f"The cosine between each two positions. On average, {said}.")


def by_distance(grids: dict[str, tuple], upto: int = 200) -> Picture:
    """The average cosine of two positions against how far apart they are."""
    figure, ax = style.new(6.6, 2.8)
    for (title, grid), line in zip(grids.items(), ("-", "--", ":")):
        ax.plot(range(1, upto), [_at_distance(grid, d) for d in range(1, upto)], line, label=title)
    ax.axhline(0, color=ROLE["plain"], linewidth=0.8)
    ax.set(
        xlabel="how far apart the two positions are (tokens)", ylabel="average cosine", ylim=(-1, 1)
    )
    ax.legend(frameon=False)
    said = "; ".join(
        f"{title}: {_at_distance(g, 1):.2f} at distance 1, {_at_distance(g, upto - 1):.2f} "
        f"at {upto - 1}"
        for title, g in grids.items()
    )
    return Picture(figure, f"The average cosine of two positions against their distance. {said}.")


def position_path(points) -> Picture:
    """The rows of wpe on a map, joined in the order of the positions and coloured by position."""
    points = _rounded(points)
    figure, ax = style.new(6.2, 3.8)
    ax.plot(points[:, 0], points[:, 1], color=ROLE["plain"], linewidth=0.6, alpha=0.6)
    colours = mpl.cm.ScalarMappable(
        mpl.colors.Normalize(0, len(points)), mpl.colormaps[style.SEQUENTIAL].resampled(16)
    )
    for start in range(0, len(points), 16):  # one colour for 16 positions: a smaller file
        part = points[start : start + 16]
        ax.plot(
            part[:, 0], part[:, 1], "o", color=colours.to_rgba(start + len(part) // 2), markersize=4
        )
    for i in sorted({0, len(points) // 4, len(points) // 2, 3 * len(points) // 4, len(points) - 1}):
        ax.plot(*points[i], "o", color=ROLE["ink"], markersize=9, fillstyle="none")
        ax.annotate(
            str(i),
            points[i],
            xytext=(6, 6),
            textcoords="offset points",
            size=10,
            weight="bold",
            bbox={
                "boxstyle": "round,pad=.1",
                "facecolor": "white",
                "edgecolor": "none",
                "alpha": 0.8,
            },
        )
    figure.colorbar(colours, ax=ax, label="position")
    ax.set(xlabel="first direction", ylabel="second direction")
    ax.margins(0.1)
    return Picture(
        figure,
        f"The {len(points)} positions on a map of two directions, joined in their order and "
        "coloured from the first to the last.",
    )


def position_tables(tables: dict[str, tuple]) -> Picture:
    """Tables of positions side by side as pictures: title -> (P, C)."""
    figure, axes = style.new(3.8 * len(tables), 4.0, 1, len(tables), squeeze=False)
    for ax, (title, matrix) in zip(axes[0], tables.items()):
        matrix = np.asarray(matrix)
        scale = min(np.abs(matrix).max(), 3 * matrix.std())
        ax.imshow(
            matrix,
            cmap=mpl.colormaps[DIVERGING].resampled(LEVELS),
            vmin=-scale,
            vmax=scale,
            aspect="auto",
            interpolation="none",
        )
        ax.set(title=title, xlabel="column", ylabel="position (one row each)")
    said = " and ".join(
        f"{title}, {np.asarray(m).shape[0]} positions of {np.asarray(m).shape[1]} numbers"
        for title, m in tables.items()
    )
    return Picture(
        figure,
        f"Two tables of positions as pictures: {said}. The sines are regular waves, fast in "
        "the left columns, slow in the right ones.",
    )


def two_sentences(sentences: list[list[str]], results: list, title: str) -> Picture:
    """What comes out for each word of two sentences; the rows of a word that are alike are
    marked.
    """
    results = [np.asarray(r) for r in results]
    scale = max(np.abs(r).max() for r in results)
    figure, axes = style.new(7.4, 0.9 + 0.42 * len(sentences[0]), 1, 2)
    columns = [str(i) for i in range(results[0].shape[1])]
    alike = []
    for word, row in zip(sentences[0], results[0]):
        if np.allclose(row, results[1][sentences[1].index(word)], atol=1e-5):
            alike.append(word)
    for ax, words, result in zip(axes, sentences, results):
        rows = [f"{word}: {'the same' if word in alike else 'differs'}" for word in words]
        style.heat(
            ax, result, rows, columns, low=-scale, high=scale, cmap=DIVERGING, number="{:.2f}"
        )
        ax.set_title("“" + " ".join(words) + "”", size=10)
    figure.suptitle(title, size=11, x=0.02, ha="left")
    verdict = (
        f"the rows of {', '.join(alike)} are the same in both"
        if alike
        else "no word has the same row in both"
    )
    return Picture(
        figure,
        f"{title}: what comes out for the words of “{' '.join(sentences[0])}” and "
        f"“{' '.join(sentences[1])}”; {verdict}.",
    )


def shares(tables: dict[str, int], whole: dict[str, int]) -> Picture:
    """For each model size the part of its parameters that is wte and wpe."""
    figure, ax = style.new(7, 2.3)
    names = list(tables)[::-1]
    part = [100 * tables[n] / whole[n] for n in names]
    ax.barh(names, part, color=ROLE["token"], height=0.62)
    ax.barh(names, [100 - p for p in part], left=part, color=ROLE["plain"], alpha=0.2, height=0.62)
    for i, name in enumerate(names):
        ax.text(
            part[i] + 1,
            i,
            f"{part[i]:.0f} %: {tables[name] / 1e6:.1f} of {whole[name] / 1e6:,.1f} million",
            va="center",
            size=9,
        )
    ax.set(xlabel="wte and wpe, in % of all parameters", xlim=(0, 100))
    said = "; ".join(f"{n} {100 * tables[n] / whole[n]:.0f} %" for n in tables)
    return Picture(figure, f"Bars of the share of wte and wpe in all parameters: {said}.")


def _rounded(points):
    """Points with three digits of their whole range: the last ones of a computation differ from
    machine to machine, and a picture's bytes must not.
    """
    points = np.asarray(points, dtype=float)
    return points.round(2 - int(np.floor(np.log10(np.ptp(points) or 1))))


def _name(axes, points, named) -> None:
    """Writes words beside their points, where they hide no mark and no other word if there is such
    a place. points: (N, 2), all that are marked; named: (word, its point, 1 for above it or -1).
    """
    unit = axes.figure.dpi / 72  # of a point in pixels
    taken = [
        mpl.transforms.Bbox.from_extents(*(at - 4 * unit), *(at + 4 * unit))
        for at in axes.transData.transform(points)
    ]
    over = {1: (5, "bottom"), -1: (-5, "top")}
    for word, point, side in named:
        text = axes.annotate(word, point, (0, 0), textcoords="offset points", size=8)
        boxes = {
            place: _extent(text, *place)
            for place in (
                *((x, *over[side], "center") for x in (0, 4, -4, 8, -8)),
                *((x, *over[-side], "center") for x in (0, 4, -4, 8, -8)),
                *((x, 0, "center", ha) for x, ha in ((6, "left"), (-6, "right"))),
            )
        }
        best = min(boxes, key=lambda place: boxes[place].count_overlaps(taken))
        taken.append(_extent(text, *best))


def _extent(text, x, y, va, ha):
    text.set(position=(x, y), va=va, ha=ha)
    return text.get_window_extent()


def _cells(axes, x, y, vector, scale, *, width, height, size=8, first=3) -> float:
    """A vector as its first few cells, "…" and the last one, from (x, y) to the right; returns
    where it ends.
    """
    cmap = mpl.colormaps[DIVERGING]
    for value in (*vector[:first], None, vector[-1]):
        if value is None:
            axes.text(x + width / 2, y + height / 2, "…", ha="center", va="center", size=size + 2)
        else:
            colour = cmap(float(np.clip(0.5 + value / scale / 2, 0, 1)))
            axes.add_patch(
                mpl.patches.Rectangle(
                    (x, y), width, height, facecolor=colour, edgecolor=ROLE["ink"], linewidth=0.8
                )
            )
            axes.text(
                x + width / 2,
                y + height / 2,
                f"{value:.2f}",
                ha="center",
                va="center",
                size=size,
                color=style.on(colour),
            )
        x += width
    return x


def _few(vector) -> str:
    return ", ".join(f"{v:.2f}" for v in vector[:3]) + f", …, {vector[-1]:.2f}"


def _scale(matrix) -> float:
    return float(np.abs(matrix).max())


def _at_distance(grid, distance: int) -> float:
    """The average of the cells that lie `distance` off the diagonal."""
    return float(np.diagonal(np.asarray(grid), distance).mean().round(3)) + 0.0  # no "-0.00"
