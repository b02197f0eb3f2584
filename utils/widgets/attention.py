"""What every head of a model looks at: choose a layer, a head and a word, and see where its
attention goes.
"""

import base64
import zlib
from collections.abc import Callable
from html import escape

import anywidget
import ipywidgets
import matplotlib as mpl
import numpy as np
import traitlets

from utils import sampling
from utils.figures import masked_self_attention as figures
from utils.figures import style
from utils.trace import trace
from utils.widgets import CHOSEN, Asked, Chooses, Explorer, bundled, source

MOST_SHARES = 4_000_000  # four bytes each: 500 words with 16 heads, 166 with GPT-2's 144
ESM = source("arcs", "attention")


class AttentionExplorer(Explorer, Chooses, Asked, anywidget.AnyWidget):
    """A text whose words are tinted by the attention of one of them, with arcs to them; every head
    at a glance; one head's table.

    words: T strings. attention: (n_layer, n_head, T, T), array or tensor; row t holds the shares
    that word t gives, from 0 to 1. `view.layer`, `view.head` and `view.word` (from 0) say what is
    shown and may be set. `view.lines` draws all heads as lines. Tints and arcs go from 0 to 1;
    `view.scale` is that of the tables and lines: "fixed" (0 to 1), "largest" (0 to each head's
    largest share; the first word, which can only look at itself, is not counted) or "root" (the
    square root). Where no kernel runs, a figure of what was chosen stands in its place. Raises
    ValueError where words and attention do not fit, or are too many to be sent to a browser.
    """

    _esm = ESM
    words = traitlets.List(traitlets.Unicode()).tag(sync=True)
    shares = traitlets.Bytes().tag(sync=True)  # float32: what is said of them is rounded once
    layers = traitlets.Int().tag(sync=True)
    heads = traitlets.Int().tag(sync=True)
    colours = traitlets.List(traitlets.Unicode()).tag(sync=True)
    layer = traitlets.Int(0).tag(**CHOSEN)
    head = traitlets.Int(0).tag(**CHOSEN)
    word = traitlets.Int(0).tag(**CHOSEN)
    lines = traitlets.Bool(False).tag(**CHOSEN)
    scale = traitlets.Enum(("fixed", "largest", "root"), "fixed").tag(**CHOSEN)
    typed = traitlets.Bool(False).tag(sync=True)  # whether there is a box to type in
    text = traitlets.Unicode("").tag(**CHOSEN)
    problem = traitlets.Unicode("").tag(sync=True)

    def __init__(self, words, attention, layer=0, head=0, word=0):
        super().__init__(colours=_colours())
        self._read = None
        self._take(words, attention)
        self.layer, self.head, self.word = layer, head, word

    @classmethod
    def of_text(
        cls, read: Callable[[str], tuple], text: str, layer=0, head=0, word=None
    ) -> "AttentionExplorer":
        """The explorer with a box to type in. read(text) -> (words, attention); word: None is the
        last.
        """
        words, attention = read(text)
        view = cls(words, attention, layer, head, len(words) - 1 if word is None else word)
        view._read, view.typed, view.text = read, True, text
        view.observe(view._typed, "text")
        return view

    def _typed(self, _):
        try:
            self._take(*self._read(self.text))
        except ValueError as error:  # too long for the model, or half a surrogate pair
            self.problem = str(error)
        except Exception as error:  # the function that reads may be a learner's
            self.problem = f"{type(error).__name__}: {error}"

    def _take(self, words, attention) -> None:
        words, attention = [str(w) for w in words], np.asarray(attention, dtype=float)
        if attention.ndim != 4 or attention.shape[2:] != (len(words), len(words)) or not words:
            raise ValueError(
                f"{len(words)} words need attention of shape (n_layer, n_head, {len(words)}, "
                f"{len(words)}), "
                f"and this has {attention.shape}"
            )
        if attention.size > MOST_SHARES:
            raise ValueError(
                f"the explorer shows at most {MOST_SHARES:,} shares, and {len(words)} words with "
                f"{attention.shape[0] * attention.shape[1]} heads have {attention.size:,}: "
                "take a shorter text"
            )
        if not (attention.min() >= -1e-6 and attention.max() <= 1 + 1e-6):  # also refuses nan
            raise ValueError(
                "attention must be shares from 0 to 1: give it what comes out of softmax, "
                "not the scores"
            )
        self._attention = attention.clip(0, 1)
        with self.hold_sync():
            last = self.word == len(self.words) - 1  # then typing on goes on with the last word
            kept = not last and self.words[: self.word + 1] == words[: self.word + 1]
            self.words, self.layers, self.heads, self.problem = words, *attention.shape[:2], ""
            self.shares = self._attention.astype(np.float32).tobytes()
            if not kept:
                self.word = len(words) - 1

    def _counts(self):
        return {"layer": self.layers, "head": self.heads, "word": len(self.words)}

    @property
    def row(self) -> np.ndarray:
        """The shares that the chosen word gives in the chosen head: (T,)."""
        return self._attention[self.layer, self.head, self.word]

    def __repr__(self) -> str:
        best = np.argsort(-self.row, kind="stable")[:4]
        return (
            f"“{self.words[self.word]}” in layer {self.layer}, head {self.head} looks at: "
            + ", ".join(f"{self.words[s]} {self.row[s]:.0%}" for s in best)
        )

    def on_site(self):
        return {"explorer": "attention", "states": [self._begin()]}

    def _begin(self) -> dict:
        """The site computes the shares of a text that is typed; of a fixed one they travel."""
        if self.typed and self._bundled_says_the_same():
            return self.traits_to_begin()
        packed = base64.b64encode(zlib.compress(self.shares, 9)).decode()
        return self.traits_to_begin() | {"typed": False, "packed": packed}

    def _bundled_says_the_same(self) -> bool:
        params, config, tokenizer = bundled()
        seen = trace(params, config, sampling.start_of(config, tokenizer, self.text))
        theirs = [seen[f"h.{i}.attention"].numpy() for i in range(config.n_layer)]
        shape = (config.n_layer, config.n_head, len(self.words), len(self.words))
        return self._attention.shape == shape and np.allclose(self._attention, theirs, atol=1e-3)

    def html(self) -> str:
        return (
            f"<div>{escape(repr(self))}</div>"
            f"{figures.attended(self.words, self.row, self.word).html()}"
        )


class Comparison(Explorer):
    """Two attention explorers, one under the other, that show the same layer and head, and the same
    word while both texts have it.

    `comparison.first` and `.second` are the explorers; setting a layer, a head or a word on one
    sets it on the other.
    """

    def __init__(self, first: AttentionExplorer, second: AttentionExplorer):
        if (first.layers, first.heads) != (second.layers, second.heads):
            raise ValueError(
                "two explorers can be compared when their models have the same layers and heads"
            )
        self.first, self.second = first, second
        for one, other in ((first, second), (second, first)):
            one.observe(
                lambda change, one=one, other=other: self._follow(one, other),
                ["layer", "head", "word", "lines", "scale"],
            )
        self._follow(first, second)
        self._box = ipywidgets.VBox([first, second])

    def _follow(self, one, other) -> None:
        with other.hold_sync():
            other.layer, other.head = one.layer, one.head
            other.lines, other.scale = one.lines, one.scale
            if len(one.words) == len(other.words):
                other.word = one.word

    def live(self):
        return self._box

    def on_site(self):
        return {"explorer": "attention", "states": [self.first._begin(), self.second._begin()]}

    def __repr__(self) -> str:
        return f"{self.first!r}\n{self.second!r}"

    def html(self) -> str:
        return f"{self.first.html()}{self.second.html()}"


def _colours() -> list[str]:
    ramp = mpl.colormaps[style.SEQUENTIAL]
    return [mpl.colors.to_hex(ramp(i / 255)) for i in range(256)]
