"""The one look of every figure: fonts, the colour roles, a colour map, and `Picture`, which carries
its alt text.

Colours follow the roles of "The Illustrated GPT-2" in shades that colour-blind readers can tell
apart; they are never the only sign, so label too. Backgrounds are always white: a transparent
figure cannot be read in a dark theme.
"""

import io
import os
import re
from html import escape

import matplotlib as mpl
from matplotlib.figure import Figure

ROLE = {
    "query": "#785ef0",
    "key": "#e69f00",
    "value": "#0072b2",
    "score": "#cc5f9a",  # scores, and what comes out
    "token": "#009e73",  # token embeddings
    "position": "#2e4c6b",  # one of a sequential map
    "plain": "#60656c",
    "ink": "#22262b",
    "good": "#009e73",
    "bad": "#d55e00",
}
SEQUENTIAL = "cividis"  # probabilities, magnitudes: fix the scale 0 to 1 for attention
DIVERGING = "PuOr"  # signed values, centred on 0

LOOK = {
    "font.family": ["DejaVu Sans"],
    "font.size": 10,
    "axes.titlesize": 11,
    "axes.titlelocation": "left",
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.edgecolor": ROLE["ink"],
    "axes.labelcolor": ROLE["ink"],
    "text.color": ROLE["ink"],
    "figure.facecolor": "white",
    "savefig.facecolor": "white",
    "axes.prop_cycle": mpl.cycler(
        color=[ROLE[r] for r in ("value", "key", "token", "score", "query", "plain")]
    ),
    "svg.fonttype": "none",  # text stays text: small files, found by search, read aloud
    "svg.hashsalt": "gpt-2-by-hand",  # the same bytes on every run
}


class Picture:
    """A finished figure and the sentence that says what it shows to someone who cannot see it.

    Shown by Jupyter as SVG with that sentence as its alt text; `str(picture)` is the sentence.
    """

    def __init__(self, figure: Figure, alt: str):
        if len(alt.split()) < 5:
            raise ValueError(f"a figure needs a sentence of alt text, not {alt!r}")
        self.alt = " ".join(alt.split())
        self.svg = _svg(figure, self.alt)

    def __repr__(self) -> str:
        return self.alt

    def html(self) -> str:
        """The figure as an HTML fragment."""
        return f'<figure style="margin:0;overflow-x:auto">{self.svg}</figure>'

    def _repr_mimebundle_(self, include=None, exclude=None):
        return {"image/svg+xml": self.svg, "text/plain": self.alt}, {
            "image/svg+xml": {"alt": self.alt}
        }


def new(width: float = 7.0, height: float = 3.2, rows: int = 1, columns: int = 1, **subplots):
    """(figure, axes) in the house's look, sizes in inches; axes is an array where there is more
    than one.
    """
    with mpl.rc_context(LOOK):
        figure = Figure(figsize=(width, height), layout="constrained")
        return figure, figure.subplots(rows, columns, **subplots)


def canvas(width: float = 7.0, height: float = 3.2):
    """(figure, axes) without axes lines, one unit an inch, for diagrams drawn by code; y grows
    downwards.
    """
    figure, axes = new(width, height)
    axes.set(xlim=(0, width), ylim=(height, 0), aspect="equal")
    axes.axis("off")
    return figure, axes


def box(axes, x, y, width, height, text="", role="plain", size=10, fill=0.18, **text_style):
    """A labelled rectangle with its top left corner at (x, y), tinted in a role's colour."""
    colour = mpl.colors.to_rgba(ROLE[role], fill)
    axes.add_patch(
        mpl.patches.FancyBboxPatch(
            (x, y),
            width,
            height,
            boxstyle="round,pad=0,rounding_size=.06",
            facecolor=colour,
            edgecolor=ROLE[role],
            linewidth=1.2,
        )
    )
    axes.text(
        x + width / 2, y + height / 2, text, ha="center", va="center", size=size, **text_style
    )


def arrow(axes, start, end, role="ink", width=1.2, **style):
    """An arrow from (x, y) to (x, y)."""
    axes.annotate(
        "",
        end,
        start,
        arrowprops={
            "arrowstyle": "-|>",
            "color": ROLE[role],
            "lw": width,
            "shrinkA": 0,
            "shrinkB": 0,
            **style,
        },
    )


def heat(
    axes, matrix, rows, columns, *, low=0.0, high=1.0, cmap=SEQUENTIAL, number="{:.2f}", size=9
):
    """A matrix as coloured cells with its numbers written in them, rows from the top; vector, not a
    bitmap.

    matrix: (R, C) of numbers, NaN or -inf cells stay white with their text. rows, columns: R and C
    labels.
    number: how to write a cell, "" for none.
    """
    import numpy as np

    matrix = np.asarray(matrix, dtype=float)
    shown = np.ma.masked_invalid(matrix)
    mesh = axes.pcolormesh(shown, vmin=low, vmax=high, cmap=cmap, edgecolors="white", linewidth=1)
    axes.set(xlim=(0, matrix.shape[1]), ylim=(matrix.shape[0], 0))
    axes.set_xticks(np.arange(matrix.shape[1]) + 0.5, columns)
    axes.set_yticks(np.arange(matrix.shape[0]) + 0.5, rows)
    axes.tick_params(length=0)
    axes.spines[:].set_visible(False)
    if number:
        for (r, c), value in np.ndenumerate(matrix):
            colour = on(mesh.cmap(mesh.norm(value))) if np.isfinite(value) else ROLE["ink"]
            text = number.format(value) if np.isfinite(value) else "−∞" if value < 0 else "·"
            axes.text(c + 0.5, r + 0.5, text, ha="center", va="center", size=size, color=colour)
    return mesh


def contrast(one, other="white") -> float:
    """How far apart two colours are for the eye, 1 to 21: the ratio of WCAG 2.2, which asks for 4.5
    where text is read.
    """

    def luminance(colour):
        parts = (
            c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4
            for c in mpl.colors.to_rgb(colour)
        )
        return sum(weight * part for weight, part in zip((0.2126, 0.7152, 0.0722), parts))

    dark, light = sorted((luminance(one), luminance(other)))
    return (light + 0.05) / (dark + 0.05)


def on(colour) -> str:
    """Black or white: which can be read on a colour. One of them always can, with a contrast of
    4.58 at worst.
    """
    return max(("black", "white"), key=lambda ink: contrast(ink, colour))


def ink(role: str) -> str:
    """A role's colour as text on white: as much darker as reading needs."""
    share = 1.0
    while contrast(colour := [share * part for part in mpl.colors.to_rgb(ROLE[role])]) < 4.5:
        share -= 0.01
    return mpl.colors.to_hex(colour)


def _svg(figure: Figure, alt: str) -> str:
    buffer = io.StringIO()
    with mpl.rc_context(LOOK):
        figure.savefig(buffer, format="svg", metadata={"Date": None, "Creator": None})
    text = buffer.getvalue()
    text = text[text.index("<svg") :]
    text = text.replace(
        "'DejaVu Sans'", "'DejaVu Sans', Verdana, sans-serif"
    )  # for readers without that font
    # whole hundredths of a point: the last digits of a computation differ from machine to machine
    # (the size of one cell of an image, in matrix(…), is multiplied by hundreds of cells: two
    # digits more)
    text = re.sub(
        r"<[^>]+>", lambda tag: _rounded(tag[0], 4 if tag[0].startswith("<image") else 2), text
    )
    title = f"<title>{escape(alt)}</title>"
    head, rest = text.split(">", 1)
    zoom = 1  # with make lab ARGS=--projector larger, but not wider than a page without its sidebar
    if os.environ.get("GPT2_BY_HAND_PROJECTOR"):
        zoom = max(1, min(1.5, 760 / (72 * figure.get_figwidth())))
    head = re.sub(
        r'width="([\d.]+)pt" height="([\d.]+)pt"',
        lambda m: (
            f'width="{float(m[1]) * zoom:g}pt" '
            f'height="{float(m[2]) * zoom:g}pt" style="max-width:min(100%,90vw);height:auto"'
        ),
        head,
    )
    return f'{head} role="img" aria-label="{escape(alt)}">{title}{rest}'


def _rounded(text: str, digits: int) -> str:
    return re.sub(r"\d+\.\d{3,}", lambda number: f"{float(number[0]):.{digits}f}", text)
