"""Figures of lesson 09."""

import matplotlib as mpl
import numpy as np

from utils.figures import style
from utils.figures.style import Picture, ROLE

# ---------------------------------------------------------------- inside


def every_head(attention) -> Picture:
    """The attention table of every head, small. attention: (n_layer, n_head, T, T)."""
    attention = np.asarray(attention, dtype=float)
    layers, heads, T, _ = attention.shape
    figure, axes = style.new(1.7 * heads + 0.6, 1.55 * layers + 0.7, layers, heads, sharex=True, sharey=True, squeeze=False)
    said = []
    for (layer, head), panel in np.ndenumerate(axes):
        table = attention[layer, head]
        image = panel.imshow(table**0.5, cmap=style.SEQUENTIAL, vmin=0, vmax=1, interpolation="nearest")
        panel.set(xticks=[], yticks=[])
        panel.set_title(f"{layer}.{head}", size=9)
        said.append(f"{layer}.{head} {np.mean(np.diag(table, -1)):.0%} and {np.mean(table[1:, 0]):.0%}")
    axes[-1, 0].set(xlabel="key (column)", ylabel="query (row)")
    bar = figure.colorbar(image, ax=axes, fraction=0.03, ticks=np.sqrt([0, 0.1, 0.25, 0.5, 1]), label="share, 0 to 1")
    bar.set_ticklabels(["0", "0.1", "0.25", "0.5", "1"])
    return Picture(figure, f"The attention tables of all {layers * heads} heads on a text of {T} tokens, named layer.head; query (row) attends to key (column). "
                   f"Mean share for the word before and for the first token: {'; '.join(said)}.")


def right_places(tokens: list[str], masks: dict) -> Picture:
    """Where each token should look, one (T, T) mask of bools for each name."""
    figure, axes = style.new(7.6, 3.6, columns=len(masks), sharey=True)
    said = []
    for panel, (name, mask) in zip(axes, masks.items()):
        mask = np.asarray(mask)
        style.heat(panel, np.where(mask, 1.0, 0.0), tokens, tokens, low=-0.25, high=1.1, number="", size=9)
        for row, column in np.argwhere(mask):
            panel.text(column + 0.5, row + 0.5, "✓", ha="center", va="center", size=9)
        panel.tick_params(axis="x", labelrotation=60, labelsize=8.5)
        panel.tick_params(axis="y", labelsize=8.5)
        panel.set(title=name, xlabel="key (column)")
        said.append(f"{name}: " + ", ".join(f"{tokens[r]} ({r + 1}) to {tokens[c]} ({c + 1})" for r, c in np.argwhere(mask)))
    axes[0].set_ylabel("query (row)")
    return Picture(figure, f"Two tables of where a token should look; query (row) to key (column). {'; '.join(said)}.")


def head_maps(scores: dict, label: str) -> Picture:
    """One small map a name: a number from 0 to 1 for each head. scores: name -> (n_layer, n_head)."""
    layers, heads = np.asarray(next(iter(scores.values()))).shape
    width = 0.5 + 0.44 * heads
    figure, axes = style.new(0.7 + width * len(scores), 1.1 + 0.32 * layers, columns=len(scores), squeeze=False)
    said = []
    for panel, (name, table) in zip(axes[0], scores.items()):
        table = np.asarray(table, dtype=float)
        first = panel is axes[0, 0]
        style.heat(panel, table, [f"layer {i}" for i in range(layers)] if first else [""] * layers, range(heads), number="{:.2f}", size=8)
        layer, head = np.unravel_index(table.argmax(), table.shape)
        panel.add_patch(mpl.patches.Rectangle((head, layer), 1, 1, fill=False, edgecolor=ROLE["bad"], linewidth=2, clip_on=False))
        panel.set(title=name, xlabel="head")
        panel.tick_params(labelsize=8.5)
        said.append(f"{name}: the highest is {layer}.{head} with {table.max():.2f}, the mean of all {table.mean():.2f}")
    return Picture(figure, f"{label}, from 0 to 1, one cell for each head (column) of each layer (row), the highest framed. {'; '.join(said)}.")


def lens(words: list[str], depths: list[str], guesses: list[list[str]], shares) -> Picture:
    """The best guess at each depth (row) and token (column), tinted by its probability. guesses, shares: (depths, T)."""
    shares = np.asarray(shares, dtype=float)
    rows, T = shares.shape
    figure, axes = style.new(1.7 + 0.74 * T, 1.0 + 0.4 * rows)
    mesh = style.heat(axes, shares[::-1], depths[::-1], words, number="")
    for (r, c), share in np.ndenumerate(shares[::-1]):
        dark = np.dot(mesh.cmap(mesh.norm(share))[:3], (0.299, 0.587, 0.114)) < 0.55
        axes.text(c + 0.5, r + 0.5, guesses[rows - 1 - r][c], ha="center", va="center", size=8.5, color="white" if dark else ROLE["ink"])
    axes.tick_params(labelsize=9)
    axes.set(xlabel="the token that the stream belongs to")
    figure.colorbar(mesh, ax=axes, label="probability of the guess", fraction=0.05)
    said = "; ".join(f"{depth}: {guesses[i][-1]} ({shares[i, -1]:.0%})" for i, depth in enumerate(depths))
    return Picture(figure, f"The best guess for the next word at each depth (row) and token (column), bottom to top. At the last token, “{words[-1]}”: {said}.")


def shares_table(matrix, rows: list[str], columns: list[str], label: str, corner: str = "") -> Picture:
    """A table of shares from 0 to 1. label: what the shares are; corner: what the columns are."""
    matrix = np.asarray(matrix, dtype=float)
    figure, axes = style.new(1.6 + 0.44 * len(columns), 1.0 + 0.34 * len(rows))
    style.heat(axes, matrix, rows, columns, number="{:.2f}", size=8)
    axes.tick_params(labelsize=9)
    axes.set(xlabel=corner, title=label)
    said = "; ".join(f"{name} " + ", ".join(f"{v:.2f}" for v in row) for name, row in zip(rows, matrix))
    return Picture(figure, f"{label}; columns ({corner}): {', '.join(columns)}. {said}.")

# ---------------------------------------------------------------- beyond
