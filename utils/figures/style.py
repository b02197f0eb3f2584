"""The one look of every figure: fonts, the colour roles, a colour map, and `Picture`, which carries
its alt text.

Colours follow the roles of "The Illustrated GPT-2" in shades that colour-blind readers can tell
apart; they are never the only sign, so label too. Backgrounds are always white: a transparent
figure cannot be read in a dark theme.
"""

import base64
import io
import os
import re
from html import escape

import matplotlib as mpl
import numpy as np
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
    "font.monospace": ["DejaVu Sans Mono"],
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
    "svg.fonttype": "none",  # text stays text: small files, sharp at any size
    "svg.hashsalt": "gpt-2-by-hand",  # the same bytes on every run
}
# Once and for all, because a text takes its font when it is written, not when axes are made. A plot
# of your own in the same notebook gets the look too.
mpl.rcParams.update(LOOK)


class Picture:
    """A finished figure and the sentence that says what it shows to someone who cannot see it.

    `picture.svg` is the drawing, `picture.html()` an `<img>` of it, `picture.width` pixels wide;
    `str(picture)` is the sentence.
    """

    # In a notebook that somebody else ran JupyterLab shows no image/svg+xml and no inline <svg>;
    # GitHub takes away <svg>, <style> and style="…" (pandas-dev/pandas#33076), and nbviewer spoils
    # image/svg+xml (jupyter/nbviewer#1037). An <img> with its data and its alt text stays in all of
    # them (activeviam/atoti-notebooks#425), and in Colab, VS Code and nbconvert's pages.

    def __init__(self, figure: Figure, alt: str):
        if len(alt.split()) < 5:
            raise ValueError(f"a figure needs a sentence of alt text, not {alt!r}")
        self.alt = " ".join(alt.split())
        self.svg = _svg(figure, self.alt)
        # pixels; with make lab ARGS=--projector larger, but not wider than a page without sidebar
        self.width = round(96 * figure.get_figwidth())
        if os.environ.get("GPT2_BY_HAND_PROJECTOR"):
            self.width = max(self.width, min(self.width * 3 // 2, 1013))

    def __repr__(self) -> str:
        return self.alt

    @property
    def address(self) -> str:
        """The drawing itself as an address that an `<img>` can have."""
        return "data:image/svg+xml;base64," + base64.b64encode(self.svg.encode()).decode()

    def html(self) -> str:
        """The figure as an HTML fragment. It gets narrower where there is no room for it."""
        return (
            f'<img alt="{escape(self.alt)}" width="{self.width}" '
            f'style="max-width:100%;height:auto" src="{self.address}">'
        )

    def _repr_mimebundle_(self, include=None, exclude=None):
        return {"text/html": self.html(), "text/plain": self.alt}


def numbers(*arrays):
    """A tensor, with a gradient or without, or a list, as a numpy array of floats; several as a
    list.
    """
    found = [np.asarray(a.detach() if hasattr(a, "detach") else a, dtype=float) for a in arrays]
    return found[0] if len(found) == 1 else found


def new(width: float = 7.0, height: float = 3.2, rows: int = 1, columns: int = 1, **subplots):
    """(figure, axes), sizes in inches; axes is an array where there is more than one."""
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
    matrix = numbers(matrix)
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
    figure.savefig(buffer, format="svg", metadata={"Date": None, "Creator": None})
    text = buffer.getvalue()
    head, rest = text[text.index("<svg") :].split(">", 1)
    rest = re.sub(r"<metadata>.*?</metadata>|<!--.*?-->", "", rest, flags=re.S)
    used = set(re.findall(r"#([\w-]+)", rest))
    rest = re.sub(r' id="([^"]*)"', lambda m: m[0] if m[1] in used else "", rest)
    # whole hundredths of a point: the last digits of a computation differ from machine to machine
    # (the size of one cell of an image, in matrix(…), is multiplied by hundreds of cells: two
    # digits more)
    rest = re.sub(
        r"<[^>]+>", lambda tag: _short(tag[0], 4 if tag[0].startswith("<image") else 2), rest
    )
    # the font and the ink of most texts said once; others for readers without that font
    rest = rest.replace(
        "</style>",
        f"text{{font-family:'DejaVu Sans',Verdana,sans-serif;fill:{ROLE['ink']}}}</style>",
        1,
    )
    rest = re.sub(r"<text[^>]*>", lambda tag: _plain(tag[0]), rest)
    rest = re.sub(r">\s+<", "><", rest.strip())  # between texts; what is in one stays
    return f'{head} role="img"><title>{escape(alt)}</title>{rest}'


def _short(tag: str, digits: int) -> str:
    """A tag with rounded numbers, without spaces where nothing needs them."""
    tag = re.sub(r"\d+\.\d{3,}", lambda number: f"{float(number[0]):.{digits}f}", tag)
    tag = re.sub(r"(\.\d*?)0+(?!\d)", lambda m: m[1].rstrip("."), tag)
    tag = re.sub(r"(?<=[:;]) |\s+(?=[\"/]?/?>)", "", tag)
    tag = re.sub(r' transform="rotate\(-0 [^)]*\)"', "", tag)
    return re.sub(r' d="[^"]*"', lambda d: re.sub(r"(?<=[A-Z]) |\s+(?=[A-Zz\"])", "", d[0]), tag)


def _plain(tag: str) -> str:
    """A text's tag with its size only, where its font and its ink are those of all."""
    tag = re.sub(r"font:([\d.]+px) 'DejaVu Sans'(?=[;\"])", r"font-size:\1", tag)
    tag = re.sub(rf";(font-family:'DejaVu Sans'|fill:{ROLE['ink']})(?=[;\"])", "", tag)
    return re.sub("'DejaVu Sans Mono'.*?monospace", "'DejaVu Sans Mono',monospace", tag)
