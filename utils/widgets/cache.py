"""The KV cache, token by token: which keys and values are new, kept and used, and what that
saves.
"""

from html import escape

import anywidget
import torch
import traitlets

from utils.figures import logits_and_sampling as figures
from utils.parts import multiplications
from utils.trace import trace
from utils.widgets import CHOSEN, Chooses, Explorer, is_bundled, source

ESM = source("cache")
MOST_TOKENS = 16  # rows that fit a screen


class CacheExplorer(Explorer, Chooses, anywidget.AnyWidget):
    """A text read one token at a time: queries, keys, values and shares of a head, and counts for
    the whole model.

    params, config: a checkpoint; ids: (T,), at most 16; words: T strings to show. `view.step` (the
    token being read), `view.layer` and `view.head`, counted from 0, and `view.kept` (whether there
    is a cache) say what is shown and may be set; `view.counts()` gives the numbers of that step.
    Where no kernel runs, a picture of each step stands in its place.
    """

    _esm = ESM
    words = traitlets.List(traitlets.Unicode()).tag(sync=True)
    sizes = traitlets.List(traitlets.Int()).tag(sync=True)  # n_layer, n_head, T, D
    numbers = traitlets.Bytes().tag(
        sync=True
    )  # float32: of each layer q, k, v, found, (n_head, T, D), then shares
    work = traitlets.List().tag(
        sync=True
    )  # for each step: multiplications with a cache, and without
    step = traitlets.Int(0).tag(**CHOSEN)
    layer = traitlets.Int(0).tag(**CHOSEN)
    head = traitlets.Int(0).tag(**CHOSEN)
    kept = traitlets.Bool(True).tag(**CHOSEN)

    def __init__(self, params, config, ids, words, step=0, layer=0, head=0):
        ids, words = torch.as_tensor(ids), [str(word) for word in words]
        if not 1 <= len(ids) <= MOST_TOKENS or len(words) != len(ids):
            raise ValueError(
                f"the cache explorer shows 1 to {MOST_TOKENS} tokens with a word for each, "
                f"not {len(ids)} with {len(words)}"
            )
        self._model, self._ids = (params, config), ids.tolist()
        seen = trace(params, config, ids)
        self._parts = [
            [seen[f"h.{i}.{name}"] for name in ("q", "k", "v", "heads", "attention")]
            for i in range(config.n_layer)
        ]
        flat = torch.cat([part.flatten() for parts in self._parts for part in parts])
        super().__init__(
            words=words,
            numbers=flat.float().numpy().tobytes(),
            sizes=[config.n_layer, config.n_head, len(ids), config.n_embd // config.n_head],
            work=[
                [multiplications(config, t, 1), multiplications(config, 0, t + 1)]
                for t in range(len(ids))
            ],
        )
        self.step, self.layer, self.head = step, layer, head

    def _counts(self):
        return dict(zip(("layer", "head", "step"), self.sizes))

    def counts(self) -> dict:
        """Of this step, in all layers and heads: keys (there are as many values) made, kept and
        used; multiplications.
        """
        layers, heads, _, _ = self.sizes
        old = self.step * layers * heads
        new = layers * heads
        made = new if self.kept else old + new
        return {
            "made": made,
            "kept": old + new - made,
            "used": old + new,
            "multiplications": self.work[self.step][not self.kept],
            "so far": sum(both[not self.kept] for both in self.work[: self.step + 1]),
        }

    def __repr__(self) -> str:
        layers, heads, T, _ = self.sizes
        return "\n".join(
            f"{t + 1}. reads {word}: {layers * heads} new keys and values, {t * layers * heads} "
            f"kept; {self.work[t][0]:,} multiplications with the cache, {self.work[t][1]:,} without"
            for t, word in enumerate(self.words)
        )

    def on_site(self):
        if is_bundled(*self._model):
            state = self.traits_to_begin("work") | {"ids": self._ids}
            return {"explorer": "cache", "states": [state]}

    def html(self) -> str:
        q, k, v, found, shares = (part[self.head] for part in self._parts[self.layer])
        lines = repr(self).splitlines()
        steps = (
            figures.cache_step(
                self.words, t, q[t], k[: t + 1], v[: t + 1], shares[t, : t + 1], found[t]
            )
            for t in range(len(self.words))
        )
        return "".join(
            f"<div style='margin:.5em 0'>{escape(line)}{step.html()}</div>"
            for line, step in zip(lines, steps)
        )
