"""Figures of lesson 09."""

import re
import textwrap
from itertools import groupby

import matplotlib as mpl
import numpy as np
import torch

from utils import music
from utils.figures import decoder_block, style
from utils.figures.style import ROLE, Picture

lens = decoder_block.lens  # lesson 05's, on another text

# ---------------------------------------------------------------- inside


def every_head(attention) -> Picture:
    """The attention table of every head, small. attention: (n_layer, n_head, T, T)."""
    attention = style.numbers(attention)
    layers, heads, T, _ = attention.shape
    figure, axes = style.new(
        1.7 * heads + 0.6,
        1.55 * layers + 0.7,
        layers,
        heads,
        sharex=True,
        sharey=True,
        squeeze=False,
    )
    figure.get_layout_engine().set(w_pad=0.1)  # the label is longer than a small panel's height
    said = []
    for (layer, head), panel in np.ndenumerate(axes):
        table = attention[layer, head]
        image = panel.imshow(
            table**0.5, cmap=style.SEQUENTIAL, vmin=0, vmax=1, interpolation="none"
        )
        panel.set(xticks=[], yticks=[])
        panel.set_title(f"{layer}.{head}", size=9)
        said.append(
            f"{layer}.{head} {np.mean(np.diag(table, -1)):.0%} and {np.mean(table[1:, 0]):.0%}"
        )
    axes[-1, 0].set(xlabel="key (column)", ylabel="query (row)")
    bar = figure.colorbar(
        image,
        ax=axes,
        fraction=0.03,
        aspect=34,
        ticks=np.sqrt([0, 0.1, 0.25, 0.5, 1]),
        label="share, 0 to 1",
    )
    bar.set_ticklabels(["0", "0.1", "0.25", "0.5", "1"])
    return Picture(
        figure,
        f"The attention tables of all {layers * heads} heads on a text of {T} tokens, named "
        "layer.head; query (row) attends to key (column). "
        f"Mean share for the word before and for the first token: {'; '.join(said)}.",
    )


def right_places(tokens: list[str], masks: dict) -> Picture:
    """Where each token should look, one (T, T) mask of bools for each name."""
    figure, axes = style.new(7.6, 3.6, columns=len(masks), sharey=True)
    said = []
    for panel, (name, mask) in zip(axes, masks.items()):
        mask = np.asarray(mask)
        style.heat(
            panel, np.where(mask, 1.0, 0.0), tokens, tokens, low=-0.25, high=1.1, number="", size=9
        )
        for row, column in np.argwhere(mask):
            panel.text(column + 0.5, row + 0.5, "✓", ha="center", va="center", size=9)
        panel.tick_params(axis="x", labelrotation=60, labelsize=8.5)
        panel.tick_params(axis="y", labelsize=8.5)
        panel.set(title=name, xlabel="key (column)")
        said.append(
            f"{name}: "
            + ", ".join(f"{tokens[r]} ({r}) to {tokens[c]} ({c})" for r, c in np.argwhere(mask))
        )
    axes[0].set_ylabel("query (row)")
    return Picture(
        figure,
        f"Two tables of where a token should look; query (row) to key (column). {'; '.join(said)}.",
    )


def head_maps(scores: dict, label: str) -> Picture:
    """One small map a name: a number from 0 to 1 for each head. scores: name -> (n_layer,
    n_head).
    """
    layers, heads = np.asarray(next(iter(scores.values()))).shape
    figure, axes = style.new(
        0.8 + (0.16 + 0.345 * heads) * len(scores),
        1.0 + 0.3 * layers,
        columns=len(scores),
        squeeze=False,
    )
    said = []
    for panel, (name, table) in zip(axes[0], scores.items()):
        table = np.round(style.numbers(table), 2) + 0.0  # no -0.00
        first = panel is axes[0, 0]
        style.heat(
            panel,
            table,
            [f"layer {i}" for i in range(layers)] if first else [""] * layers,
            range(heads),
            size=7.5,
        )
        layer, head = np.unravel_index(table.argmax(), table.shape)
        panel.add_patch(
            mpl.patches.Rectangle(
                (head, layer), 1, 1, fill=False, edgecolor=ROLE["bad"], linewidth=2, clip_on=False
            )
        )
        panel.set_title(name, size=10)
        panel.set_xlabel("head", size=9)
        panel.tick_params(labelsize=8.5)
        said.append(
            f"{name}: the highest is {layer}.{head} with {table.max():.2f}, the mean of all "
            f"{table.mean():.2f}"
        )
    return Picture(
        figure,
        f"{label}, from 0 to 1, one cell for each head (column) of each layer (row), the "
        f"highest framed. {'; '.join(said)}.",
    )


def shares_table(
    matrix, rows: list[str], columns: list[str], label: str, corner: str = ""
) -> Picture:
    """A table of shares from 0 to 1. label: what the shares are; corner: what the columns are."""
    matrix = style.numbers(matrix)
    figure, axes = style.new(1.6 + 0.44 * len(columns), 1.0 + 0.34 * len(rows))
    mesh = style.heat(axes, matrix, rows, columns, number="")
    for (r, c), share in np.ndenumerate(matrix):
        if share < 0.995:
            axes.text(
                c + 0.5,
                r + 0.5,
                f"{share:.2f}",
                ha="center",
                va="center",
                size=8,
                color=style.on(mesh.cmap(mesh.norm(share))),
            )
    axes.tick_params(labelsize=9)
    axes.set(xlabel=corner, title=f"{label} (no number: 1.00)")
    said = "; ".join(
        f"{name} " + ", ".join(f"{v:.2f}" for v in row) for name, row in zip(rows, matrix)
    )
    return Picture(figure, f"{label}; columns ({corner}): {', '.join(columns)}. {said}.")


# ---------------------------------------------------------------- beyond

# width of a letter at size 9 in units of a canvas, whose margins make them a little smaller than an
# inch
MONOSPACE = 0.0785
PARTS = {
    "source": "token",
    "separator": "score",
    "answer": "key",
}  # of a sequence, and how to draw each
EVENTS = {"note-on": "value", "note-off": "position", "time-shift": "key", "velocity": "score"}


def two_ends(found: dict, ends: list[str], words: list[str]) -> Picture:
    """Two versions of a sentence (rows) and the probability of two words at its gap. found: name ->
    (2, 2).
    """
    figure, axes = style.new(6.6, 1.9, columns=len(found), sharey=True)
    said = []
    for panel, (name, table) in zip(axes, found.items()):
        table = style.numbers(table)
        style.heat(panel, table, ends, words, number="{:.2f}")
        panel.set(title=name)
        said += [
            f"{name}, {end}: " + ", ".join(f"{w} {p:.2f}" for w, p in zip(words, row))
            for end, row in zip(ends, table)
        ]
    axes[0].set_ylabel("the sentence's end")
    figure.supxlabel("word at the gap, and its probability", size=10)
    return Picture(
        figure,
        "The probability of two words at the gap (columns), for two ends of the sentence "
        f"(rows). {'; '.join(said)}.",
    )


def sequences(rows, separator: str) -> Picture:
    """F59, F61: each row one sequence, and above each token what the model must say there.

    rows: (inputs, targets), two lists of words; a target "" does not count. A long source is
    shortened to its ends.
    """
    height, said = 1.15, []
    drawn = [_shortened(list(zip(*row)), separator) for row in rows]
    widths = [sum(map(_width, row)) for row in drawn]
    figure, axes = style.canvas(0.3 + max(widths), 0.15 + height * len(drawn))
    for i, row in enumerate(drawn):
        x, y, part = 0.15, 0.1 + height * i, "source"
        for word, target in row:
            part = "separator" if word == separator else "answer" if part == "separator" else part
            wide = _width((word, target)) - 0.08
            if word == "…":
                axes.text(x + wide / 2, y + 0.75, word, ha="center", va="center")
            else:
                style.box(axes, x, y + 0.56, wide, 0.38, word, PARTS[part], size=9)
            if target:
                axes.text(
                    x + wide / 2,
                    y + 0.14,
                    target,
                    ha="center",
                    va="center",
                    size=9,
                    color=style.ink("score"),
                    weight="bold",
                )
                style.arrow(axes, (x + wide / 2, y + 0.54), (x + wide / 2, y + 0.26), "score", 0.9)
            x += wide + 0.08
        said.append(
            " ".join(word for word, _ in row)
            + "; targets: "
            + " ".join(target for _, target in row if target)
        )
    return Picture(
        figure,
        f"{len(rows)} sequences of source (green), separator {separator} (pink) and answer "
        "(orange). From the separator on, each token has "
        f"an arrow to the target above it, the token that comes next. {'. '.join(said)}.",
    )


def _shortened(pairs, separator, ends=3):
    place = [word for word, _ in pairs].index(separator)
    if place <= 2 * ends + 2:
        return pairs
    return [*pairs[:ends], ("…", ""), *pairs[place - ends :]]


def _width(pair):
    return max(0.45, 0.22 + 0.088 * max(map(len, pair)))


def article(story: str, summary: str) -> Picture:
    """F60: a text and its summary; the words that the summary takes from the text are tinted in
    both.
    """
    shared = {w for w in _plain(summary) if len(w) > 3} & set(_plain(story))
    lines, short = textwrap.wrap(story, 62), textwrap.wrap(summary, 26)
    figure, axes = style.canvas(8.6, 0.75 + 0.23 * max(len(lines), len(short)))
    for x, title, rows, role in (
        (0.1, "the article", lines, "token"),
        (5.75, "its summary", short, "key"),
    ):
        axes.text(x, 0.2, title, size=10, weight="bold", va="center", color=style.ink(role))
        for i, line in enumerate(rows):
            at, y = x, 0.55 + 0.23 * i
            for known, words in groupby(line.split(), lambda word: "".join(_plain(word)) in shared):
                run = " ".join(words)
                wide = MONOSPACE * len(run)
                if known:
                    axes.add_patch(
                        mpl.patches.Rectangle(
                            (at - 0.03, y - 0.1),
                            wide + 0.06,
                            0.2,
                            color=ROLE[role],
                            alpha=0.3,
                            linewidth=0,
                        )
                    )
                axes.text(
                    at,
                    y,
                    run,
                    size=9,
                    family="monospace",
                    va="center",
                    weight="bold" if known else "normal",
                )
                at += wide + MONOSPACE
    style.arrow(axes, (5.3, 0.55), (5.65, 0.55))
    return Picture(
        figure,
        f"A story of {len(story.split())} words and its summary of {len(summary.split())}: "
        f"{summary} Words found in both are tinted: {', '.join(sorted(shared))}.",
    )


def _plain(text):
    return re.findall(r"\w+", text)


def kinds_of_events(kinds: dict) -> Picture:
    """F62: the numbers of all events, one stretch for each kind. kinds: name -> (first number, how
    many), as `music.KINDS`.
    """
    total = sum(many for _, many in kinds.values())
    figure, axes = style.canvas(8.4, 1.5)
    said = []
    for name, (first, many) in kinds.items():
        says = (
            f"{music.describe(first).split(' ', 1)[1]} to "
            f"{music.describe(first + many - 1).split(' ', 1)[1]}"
        )
        x, wide = 0.1 + 8.2 * first / total, 8.2 * many / total
        style.box(axes, x, 0.4, wide - 0.04, 0.6, f"{many}", EVENTS[name], size=11, fill=0.3)
        axes.text(
            x + wide / 2,
            0.22,
            name,
            ha="center",
            va="center",
            size=10,
            weight="bold",
            color=ROLE["ink"],
        )
        axes.text(x + wide / 2, 1.14, says, ha="center", va="center", size=8.5)
        axes.text(x, 1.36, str(first), ha="left", va="center", size=8.5, color=ROLE["plain"])
        said.append(f"{many} {name} from {first} on ({says})")
    axes.text(8.3, 1.36, str(total - 1), ha="right", va="center", size=8.5, color=ROLE["plain"])
    return Picture(figure, f"The numbers 0 to {total - 1}, one for each event: {'; '.join(said)}.")


def _roll(axes, notes, colours, bar=0):
    """Notes as bars on axes: time in seconds, pitch upwards. colours: one for each note."""
    for note, colour in zip(notes, colours):
        axes.add_patch(
            mpl.patches.Rectangle(
                (note.start / 100, note.pitch - 0.42),
                (note.end - note.start) / 100 - 0.012,
                0.84,
                facecolor=colour,
                edgecolor=ROLE["ink"],
                linewidth=0.6,
            )
        )
    low, high = min(n.pitch for n in notes), max(n.pitch for n in notes)
    last = max(n.end for n in notes) / 100
    near, far = (
        [],
        [],
    )  # names of neighbouring keys would overlap: every second one stands farther out
    for pitch in sorted({n.pitch for n in notes}):
        (far if near and high - low >= 20 and pitch - near[-1] < 2 else near).append(pitch)
    axes.set_yticks(near, [music.name(p) for p in near], fontsize=8)
    axes.set_yticks(far, [music.name(p) for p in far], fontsize=8, minor=True)
    axes.tick_params(axis="y", which="minor", length=3.5, width=0.8, pad=25)
    axes.set(xlim=(0, last), ylim=(low - 1.5, high + 1.5), xlabel="seconds", ylabel="pitch")
    if bar:
        for x in np.arange(bar, 100 * last + 1, bar)[:-1] / 100:
            axes.axvline(x, color=ROLE["plain"], linewidth=0.7, linestyle=":")


def _tune(notes):
    return ", ".join(
        f"{music.name(n.pitch)} from {n.start / 100:g} to {n.end / 100:g} s" for n in notes
    )


def phrase(notes, events) -> Picture:
    """F63: a phrase as a piano roll, and below it the same as events, in the order in which they
    are read.
    """
    per_row, wide = 8, 1.12
    rows = [events[i : i + per_row] for i in range(0, len(events), per_row)]
    figure, (above, below) = style.new(
        9.2, 2.5 + 0.52 * len(rows), 2, 1, height_ratios=[2.1, 0.5 * len(rows)]
    )
    _roll(
        above,
        notes,
        [mpl.colors.to_rgba(ROLE["value"], 0.25 + 0.7 * n.level / music.LEVELS) for n in notes],
    )
    below.set(xlim=(0, per_row * wide), ylim=(0.52 * len(rows), 0))
    below.axis("off")
    for r, row in enumerate(rows):
        for c, event in enumerate(row):
            kind, _ = music.split(event)
            words = music.describe(event).split(" ", 1)
            style.box(
                below,
                c * wide + 0.03,
                0.52 * r + 0.05,
                wide - 0.08,
                0.42,
                f"{words[0]}\n{words[1]}",
                EVENTS[kind],
                size=8,
                fill=0.22,
            )
    return Picture(
        figure,
        "A piano roll, time to the right and pitch upwards, louder notes darker: "
        f"{_tune(notes)}. Below it the {len(events)} events "
        f"that say the same: {', '.join(map(music.describe, events))}.",
    )


def one_hot_columns(columns) -> Picture:
    """F64: one-hot vectors side by side, one column for each event. columns: (388, T) of 0 and
    1.
    """
    columns = np.asarray(columns)
    figure, axes = style.new(7.4, 4.0)
    rows, at = np.nonzero(columns)
    for name, (first, many) in music.KINDS.items():
        axes.axhspan(
            first - 0.5, first + many - 0.5, color=ROLE[EVENTS[name]], alpha=0.13, linewidth=0
        )
        axes.text(columns.shape[1] - 0.3, first + many / 2, name, va="center", size=9)
    for t in range(columns.shape[1]):
        axes.axvline(t, color=ROLE["plain"], linewidth=0.3)
    axes.scatter(
        at,
        rows,
        marker="s",
        s=26,
        color=[ROLE[EVENTS[music.split(int(r))[0]]] for r in rows],
        edgecolor=ROLE["ink"],
        linewidth=0.5,
        zorder=3,
    )
    axes.set(
        xlim=(-0.7, columns.shape[1] + 3.2),
        ylim=(music.EVENTS + 8, -8),
        xlabel="event in the row",
        ylabel="number of the event (row of the vector)",
    )
    axes.set_xticks(range(columns.shape[1]), range(columns.shape[1]), fontsize=8)
    axes.set_yticks([0, 60, 128, 188, 256, 356, 387])
    found = ", ".join(str(int(r)) for _, r in sorted(zip(at, rows)))
    return Picture(
        figure,
        f"{columns.shape[1]} columns of {columns.shape[0]} numbers, each with a single 1, "
        f"drawn as a square. Their rows, in order: {found}.",
    )


def piano_roll(notes, bar: int, heard: int | None = None) -> Picture:
    """Notes over time. Those that begin at tick `heard` or later were written by a model. bar: its
    length in ticks.
    """
    figure, axes = style.new(8.2, 3.4)
    given = [n for n in notes if heard is None or n.start < heard]
    _roll(axes, notes, [ROLE["value"] if n in given else ROLE["key"] for n in notes], bar)
    if heard is None:
        return Picture(
            figure,
            f"A piano roll of {len(notes)} notes, with a dotted line at each bar: {_tune(notes)}.",
        )
    axes.axvline(heard / 100, color=ROLE["bad"], linewidth=1.5)
    top = axes.get_ylim()[1]
    axes.text(
        heard / 100 - 0.03, top, "given ", ha="right", va="bottom", size=9, color=style.ink("value")
    )
    axes.text(heard / 100 + 0.03, top, " written by the model", ha="left", va="bottom", size=9)
    written = [n for n in notes if n not in given]
    return Picture(
        figure,
        f"A piano roll of {len(notes)} notes. Given: {_tune(given)}. Written by the model: "
        f"{_tune(written) or 'none'}.",
    )


def surprise_roll(notes, nats, bar: int) -> Picture:
    """Notes over time, tinted by how surprised a model was when each began. nats: one number for
    each note.
    """
    figure, axes = style.new(8.2, 3.4)
    shade = mpl.cm.ScalarMappable(mpl.colors.Normalize(0, 3), style.SEQUENTIAL)
    _roll(axes, notes, shade.to_rgba(nats), bar)
    figure.colorbar(
        shade, ax=axes, label="surprise at the note-on (nats)", pad=0.01, extend="max", aspect=25
    )
    said = "; ".join(
        f"{music.name(n.pitch)} at {n.start / 100:g} s {x:.1f}" for n, x in zip(notes, nats)
    )
    return Picture(
        figure,
        f"A piano roll of four bars, each note tinted by the model's surprise in nats: {said}.",
    )


def attention_to_notes(patterns, row, notes):
    """How much attention each position gives to each note: (..., T, T) -> (..., T, len(notes)).

    row: (T,) the events, in which the notes begin in their order. A note is its note-on, the
    time-shift after it, and its note-off.
    """
    events = [int(event) for event in row]
    begins = [t for t, event in enumerate(events) if event < 128]
    columns = []
    for note, t in zip(notes, begins):
        own = [t, events.index(128 + note.pitch, t)]
        own += [t + 1] * (256 <= events[t + 1] < 356)
        columns.append(patterns[..., sorted(set(own))].sum(-1))
    return torch.stack(columns, -1)


def attention_over_notes(notes, shares: dict, bar: int) -> Picture:
    """F65: arcs from a note about to be written back to those that a head looks at, wider for more
    attention.

    shares: index of a note -> attention to each of the notes, (N,).
    """
    figure, axes = style.new(8.2, 3.9)
    asking = dict(zip(shares, ("query", "score", "bad", "value", "key")))
    _roll(
        axes, notes, [ROLE[asking[i]] if i in asking else "#dfe3e8" for i in range(len(notes))], bar
    )
    said = []
    for i, row in shares.items():
        to = notes[i].start / 100, notes[i].pitch
        for j, share in enumerate(row):
            if share >= 0.04 and j != i:
                at = (notes[j].start + notes[j].end) / 200, notes[j].pitch
                axes.add_patch(
                    mpl.patches.FancyArrowPatch(
                        to,
                        at,
                        connectionstyle="arc3,rad=.22",
                        arrowstyle="-|>",
                        mutation_scale=7,
                        color=ROLE[asking[i]],
                        linewidth=0.4 + 7 * share,
                        alpha=0.75,
                    )
                )
        best = int(np.argmax(row))
        axes.text(
            (notes[i].start + notes[i].end) / 200,
            notes[i].pitch + 0.5,
            str(i),
            ha="center",
            va="bottom",
            size=9,
        )
        said.append(
            f"note {i} ({music.name(notes[i].pitch)}) mostly to note {best} "
            f"({music.name(notes[best].pitch)}), {row[best]:.2f}"
        )
    low, high = axes.get_ylim()
    axes.set_ylim(low, high + 0.25 * (high - low))  # room for the arcs
    return Picture(
        figure,
        "A piano roll with arcs of attention from the notes of the last bar back to earlier "
        f"ones: {'; '.join(said)}.",
    )
