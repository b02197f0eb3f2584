"""Figures of lesson 02: tokens as boxes (HTML, so that every alphabet shows), trees of merges, and
curves.
"""

from collections import Counter
from html import escape

import numpy as np

from utils import bpe
from utils.figures import style
from utils.figures.style import ROLE, Picture
from utils.text import plural

# Light tints with dark text in them, so that they can be read on any background; the border is the
# sign that counts.
TINTS = ("#d9f0e6", "#fbe8c6", "#dbe6f5", "#f3dde9")
BOX = (
    "display:inline-block;border:1.5px solid #5b6673;border-radius:5px;margin:1px;padding:1px "
    "5px;color:#22262b;text-align:center;line-height:1.35;unicode-bidi:isolate;max-width:100%;overflow-wrap:anywhere"
)
SIGNS = {" ": "␣", "\n": "↵", "\t": "⇥"}
# How three tokenizers of OpenAI cut text into words (from the source of tiktoken 0.14).
PATTERNS = {
    "GPT-2": bpe.GPT2_PATTERN,
    "cl100k": r"'(?i:[sdmt]|ll|ve|re)|[^\r\n\p{L}\p{N}]?+\p{L}++|\p{N}{1,3}+"
    r"| ?[^\s\p{L}\p{N}]++[\r\n]*+|\s++$|\s*[\r\n]|\s+(?!\S)|\s",
    "o200k": r"[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]*[\p{Ll}\p{Lm}\p{Lo}\p{M}]+"
    r"(?i:'s|'t|'re|'ve|'m|'ll|'d)?"
    r"|[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]+[\p{Ll}\p{Lm}\p{Lo}\p{M}]*"
    r"(?i:'s|'t|'re|'ve|'m|'ll|'d)?"
    r"|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n/]*|\s*[\r\n]+|\s+(?!\S)|\s+",
}
# What has broken tokenizers before; the lesson's test runs over it.
HARD_TEXTS = [
    "",
    " ",
    "two  spaces and   three",
    "a line\n\n\nand a\ttab \n ",
    "I'm sure you're right, they've gone, I'd say. DON'T shout, 'tis it’s",
    "0 12 345 6789 01234567890 3.14159 1,000,000 ½ ²",
    "🤖 👩‍👩‍👧‍👦 🇺🇳 👍🏽",
    "人は言葉を話す。机器人必须服从命令。로봇은 명령에 복종해야 한다.",
    "रोबोट روبوت Робот ρομπότ e\u0301 é",
    "<|endoftext|>",
    "user text with <|endoftext|> in it",
    "def f(x):\n    return x ** 2  # why?",
    "!!!!!!!!!! ????? ------ ======",
    " SolidGoldMagikarp",
    "a" * 200,
]
# One sentence in five languages (our own translations).
SENTENCES = {
    "English": "The robot must obey the orders that people give it.",
    "German": "Der Roboter muss den Befehlen gehorchen, die ihm die Menschen geben.",
    "Chinese": "机器人必须服从人们给它的命令。",
    "Russian": "Робот должен выполнять приказы, которые дают ему люди.",
    "Hindi": "रोबोट को उन आदेशों का पालन करना चाहिए जो लोग उसे देते हैं।",
}


def visible(token: bytes) -> str:
    """A token as it can be shown: ␣ for a space, ↵ for a new line, hexadecimal where it is no whole
    text.

    >>> visible(b" the"), visible(b"\\xf0\\x9f"), visible("é".encode())
    ('␣the', 'F0 9F', 'é')
    """
    try:
        text = token.decode()
    except UnicodeDecodeError:
        return token.hex(" ").upper()
    return "".join(SIGNS.get(c, c if c.isprintable() else f"U+{ord(c):04X}") for c in text)


def name_of(tokenizer, token: int) -> str:
    """A token as it can be shown: ␣the; special ones by their name, in angle brackets as they
    are.
    """
    return visible(tokenizer.decode_bytes([token]))


def box(text: str, below="", tint: int = 0, attributes: str = "") -> str:
    """One box of HTML: the text, and below it, smaller, a number. Both are escaped.

    The text's colour is said once more: untrusted notebooks lose "inherit", and a dark JupyterLab
    writes code in white.
    """
    small = f' <span style="display:block;font-size:75%">{escape(str(below))}</span>'
    return (
        f'<span {attributes} style="{BOX};background:{TINTS[tint % 4]}"><code '
        f'style="background:none;color:#22262b">{escape(text)}</code>{small * (below != "")}</span>'
    )


def row_of(boxes) -> str:
    """Boxes of HTML side by side. Where a page strips styles, as GitHub does, bars stand between
    them.
    """
    return '<span style="font-size:0"> | </span>'.join(boxes)


class Boxes:
    """Rows of boxes, each with a label: what a text looks like after each step.

    rows: a list of (label, boxes); a box is (text, what stands below it). `str(...)` is the same as
    plain text.
    """

    def __init__(self, rows):
        self.rows = list(rows)

    def __repr__(self) -> str:
        width = max(len(label) for label, _ in self.rows)
        return "\n".join(
            f"{label:{width}}  " + " | ".join(text for text, _ in boxes)
            for label, boxes in self.rows
        )

    def _repr_html_(self) -> str:
        short = len(self.rows) > 3 and all(len(boxes) <= 4 for _, boxes in self.rows)
        side_by_side = (
            "display:inline-block;vertical-align:top;margin:.35em 1.4em .35em 0"
            if short
            else "margin:.35em 0"
        )
        lines = []
        for label, boxes in self.rows:
            inside = row_of(box(text, below, i) for i, (text, below) in enumerate(boxes))
            lines.append(
                f'<div style="{side_by_side}"><div style="font-size:90%">{escape(label)}</div>'
                f'<div dir="ltr">{inside}</div></div>'
            )
        return "".join(lines)


def characters(text: str) -> Boxes:
    """Each character of a text with its UTF-8 bytes below it, in hexadecimal and in decimal
    numbers.
    """
    signs = [SIGNS.get(c, c) for c in text]
    return Boxes(
        [
            (
                "characters, and their bytes",
                [(s, " ".join(str(b) for b in c.encode())) for s, c in zip(signs, text)],
            )
        ]
    )


def pairs(common: list[tuple[tuple[int, int], int]]) -> Boxes:
    """Pairs of bytes, each with its count below it."""
    boxes = [(visible(bytes(pair)), f"{count:,}") for pair, count in common]
    return Boxes([("most frequent pairs in the stories, with counts", boxes)])


def merged(label: str, vocabulary: list[bytes]) -> Boxes:
    """The tokens of a vocabulary that merges made, in order, each with its id."""
    return Boxes([(label, [(visible(t), i) for i, t in enumerate(vocabulary) if i >= 256])])


def ranked(label: str, some: list[bytes], tokenizer) -> Boxes:
    """Some tokens of a tokenizer, each with its id."""
    return Boxes([(label, [(visible(token), tokenizer.ranks[token]) for token in some])])


def pieces(rows: dict[str, list[str]]) -> Boxes:
    """Texts cut into words, one row for each way of cutting; spaces are made visible."""
    return Boxes(
        (
            f"{label}: {plural(len(words), 'piece')}",
            [(visible(w.encode()), "") for w in words],
        )
        for label, words in rows.items()
    )


def tokens(rows: dict[str, list[int]], vocabulary: list[bytes]) -> Boxes:
    """Lists of ids as boxes: the token's text, its id below it."""
    return Boxes(
        (
            f"{label}: {plural(len(ids), 'token')}",
            [(visible(vocabulary[i]), i) for i in ids],
        )
        for label, ids in rows.items()
    )


def growth(ids: list[int], merges: list[tuple[int, int]], merge) -> Boxes:
    """A text after each merge, one row a merge. merge: the learner's function."""
    vocabulary = [bytes([b]) for b in range(256)]
    rows = [(f"bytes: {len(ids)} ids", [(visible(vocabulary[i]), i) for i in ids])]
    for left, right in merges:
        new = len(vocabulary)
        vocabulary.append(vocabulary[left] + vocabulary[right])
        ids = merge(ids, (left, right), new)
        name = (
            f"{visible(vocabulary[left])} + {visible(vocabulary[right])} becomes {new}: "
            f"{len(ids)} ids"
        )
        rows.append((name, [(visible(vocabulary[i]), i) for i in ids]))
    return Boxes(rows)


def merge_tree(token: int, tokenizer) -> Picture:
    """The merges that made a token, as a tree: its bytes at the bottom, the token on top, ids in
    the boxes.
    """
    made = {a + b: (a, b) for a, b in tokenizer.merges_of(token)}
    word = tokenizer.tokens[token]
    places, width = {}, min(0.72, 7.4 / len(word))

    def place(word: bytes, start: int) -> tuple[float, int]:
        """(x of the middle, height) of the box of a part that starts at byte `start`."""
        if word not in made:
            x, height = (start + 0.5) * width, 0
        else:
            left, right = made[word]
            (x1, h1), (x2, h2) = place(left, start), place(right, start + len(left))
            x, height = (x1 + x2) / 2, max(h1, h2) + 1
        places[start, word] = x, height
        return x, height

    _, top = place(word, 0)
    figure, axes = style.canvas(max(len(word) * width + 0.1, 3), 0.72 * top + 0.65)

    def y(height):
        return 0.72 * (top - height) + 0.3

    for (start, part), (x, height) in places.items():
        if part in made:
            for child, at in ((made[part][0], start), (made[part][1], start + len(made[part][0]))):
                cx, ch = places[at, child]
                axes.plot([x, cx], [y(height), y(ch)], color=ROLE["plain"], linewidth=1.2, zorder=0)
    for (_, part), (x, height) in places.items():
        text = visible(part)
        w = max(0.86 * width, 0.1 * len(text) + 0.14 if height else 0)
        style.box(axes, x - w / 2, y(height) - 0.23, w, 0.46, "", "plain", fill=0)
        axes.patches[-1].set_facecolor("white")
        style.box(
            axes, x - w / 2, y(height) - 0.23, w, 0.46, "", "token" if height else "plain", fill=0.2
        )
        axes.text(x, y(height) - 0.07, text, ha="center", va="center", size=9)
        axes.text(x, y(height) + 0.12, tokenizer.ranks[part], ha="center", va="center", size=7)
    said = "; ".join(
        f"{visible(a)} and {visible(b)} make {visible(a + b)} (id {tokenizer.ranks[a + b]})"
        for a, b in tokenizer.merges_of(token)
    )
    return Picture(
        figure,
        f"A tree of merges for the token {visible(word)}, in the order they were learned: {said}.",
    )


def work(totals: dict[str, list[int]]) -> Picture:
    """Ids looked at while training, in all, against the number of merges, for each way of training;
    log scale.
    """
    figure, axes = style.new(7, 3.2)
    for (way, values), line in zip(totals.items(), ("-", "--", "-.")):
        axes.plot(range(1, len(values) + 1), values, line, label=way)
        axes.text(len(values) * 1.02, values[-1], f"{way}:\n{values[-1]:,}", va="center", size=9)
    longest = max(map(len, totals.values()))
    axes.set_xticks(range(0, longest + 1, 100))
    axes.set(
        yscale="log",
        xlabel="merges learned",
        ylabel="ids looked at, in all (log scale)",
        xlim=(0, longest * 1.45),
    )
    said = "; ".join(f"{way} {values[-1]:,}" for way, values in totals.items())
    return Picture(
        figure,
        "Curves of the ids looked at while training, against the number of merges, up to "
        f"{longest}. At the end: {said}.",
    )


def bytes_per_token(tokenizer, sizes: list[int], text: str) -> list[float]:
    """For each size up to the tokenizer's: bytes of a text for each token, under its vocabulary cut
    off there.
    """
    found = []
    for size in sizes:
        if size <= tokenizer.vocab_size:
            smaller = {token: rank for token, rank in tokenizer.ranks.items() if rank < size}
            found.append(len(text.encode()) / len(bpe.Tokenizer(smaller).encode(text)))
    return found


def compression(sizes: list[int], curves: dict[str, list[float]]) -> Picture:
    """Bytes per token against the size of the vocabulary (log scale), one curve for each text and
    vocabulary.
    """
    figure, axes = style.new(7.2, 3.6)
    for (name, values), line, mark in zip(curves.items(), ("-", "--", "-.", ":"), "os^D"):
        axes.plot(sizes[: len(values)], values, line, marker=mark, markersize=4, label=name)
    axes.set(
        xscale="log",
        xlabel="ids in the vocabulary (log scale)",
        ylabel="bytes for each token",
        ylim=(0, None),
    )
    axes.set_xticks(sizes, [f"{s:,}" for s in sizes], rotation=40, ha="right")
    axes.minorticks_off()
    axes.legend(frameon=False, loc="lower right", fontsize=9)
    said = "; ".join(
        f"{name}: from {values[0]:.2f} at {sizes[0]} to {values[-1]:.2f} at "
        f"{sizes[len(values) - 1]:,}"
        for name, values in curves.items()
    )
    return Picture(figure, f"Bytes for each token against the size of the vocabulary. {said}.")


def languages(counts: dict[str, tuple[int, int, int]]) -> Picture:
    """One sentence in several languages: its characters, its bytes and its tokens, as three bars
    each.
    """
    figure, axes = style.new(7, 0.75 * len(counts) + 0.9)
    names = list(counts)
    for offset, part, role, hatch in (
        (-0.27, "characters", "plain", ""),
        (0, "bytes", "value", "//"),
        (0.27, "tokens", "key", "\\\\"),
    ):
        values = [counts[n][("characters", "bytes", "tokens").index(part)] for n in names]
        axes.barh(
            np.arange(len(names)) + offset,
            values,
            0.25,
            color=ROLE[role],
            hatch=hatch,
            edgecolor="white",
            label=part,
        )
        for i, value in enumerate(values):
            axes.text(value + 1, i + offset, f"{value} {part}", va="center", size=8)
    axes.set(
        yticks=range(len(names)),
        yticklabels=names,
        xlabel="how many",
        xlim=(0, max(max(c) for c in counts.values()) * 1.18),
    )
    axes.invert_yaxis()
    said = "; ".join(
        f"{n} {c[0]} characters, {c[1]} bytes, {c[2]} tokens" for n, c in counts.items()
    )
    return Picture(figure, f"One sentence in five languages, as bars: {said}.")


def numbers(pieces_of: list[int]) -> Picture:
    """The numbers 0 to 9,999 as a square of 100 by 100, dark where the number is a single token.

    pieces_of: how many tokens each number takes.
    """
    from matplotlib.colors import ListedColormap
    from matplotlib.patches import Patch

    grid = np.array(pieces_of).reshape(100, 100)
    figure, axes = style.new(6.4, 4.4)
    colours = ListedColormap(["#00204d", "#a59c74", "#ffea46"])
    axes.imshow(grid, vmin=0.5, vmax=3.5, cmap=colours, interpolation="none")
    axes.set(
        xlabel="last two digits",
        ylabel="the digits before",
        xticks=range(0, 100, 10),
        yticks=range(0, 100, 10),
    )
    axes.set_xticklabels([f"{n:02d}" for n in range(0, 100, 10)])
    marks = [
        Patch(facecolor=colours(i), edgecolor=ROLE["ink"], label=f"{i + 1} token{'s' * (i > 0)}")
        for i in range(3)
        if (grid == i + 1).any()
    ]
    axes.legend(handles=marks, loc="center left", bbox_to_anchor=(1.01, 0.5), frameon=False)
    ones = [int((grid[r] == 1).sum()) for r in range(100)]
    return Picture(
        figure,
        f"The numbers 0 to 9,999 as a square, a row for each hundred. A single token each: "
        f"{sum(ones[:10])} of the numbers under 1,000, {sum(ones[10:])} of the others; "
        f"rows 19 and 20, the years, have {ones[19]} and {ones[20]}.",
    )


def count_work(text, n_merges):
    """How many ids three ways of training look at, summed up after each merge.

    All three learn the same merges (utils.bpe.train's). Returns a dict from the way to a list of
    totals: "whole text": count all pairs anew for each merge; "each different word once": the same,
    but a word that occurs a thousand times is looked at once; "only words that change": counts are
    kept, and only the words that hold the merged pair are looked at again.
    """
    words = Counter(bpe.split_words(text))
    parts, times = [list(word.encode()) for word in words], list(words.values())
    ways = ("whole text", "each different word once", "only words that change")
    totals = {way: [] for way in ways}
    steps = [0, 0, sum(map(len, parts))]
    for new in range(256, 256 + n_merges):
        counts = Counter()
        for ids, often in zip(parts, times):
            for pair in zip(ids, ids[1:]):
                counts[pair] += often
        if not counts:
            break
        best = min(counts, key=lambda pair: (-counts[pair], pair))
        steps[0] += sum(len(ids) * often for ids, often in zip(parts, times))
        steps[1] += sum(map(len, parts))
        for i, ids in enumerate(parts):
            if best in zip(ids, ids[1:]):
                steps[2] += len(ids)
                parts[i] = bpe.merge(ids, best, new)
        for way, total in zip(ways, steps):
            totals[way].append(total)
    return totals
