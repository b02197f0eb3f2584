"""Temperature, top-k and top-p on sliders: the bars move at once, ten samples stand below."""

from html import escape

import anywidget
import torch
import traitlets

from utils import gpt2, sampling
from utils.figures.byte_pair_encoding import name_of
from utils.widgets import CHOSEN, Asked, Explorer, is_bundled, source

ROWS, SAMPLES, LENGTH = 12, 10, 14  # bars; samples, and tokens in each

ESM = source("sampling")


class SamplingPlayground(Explorer, Asked, anywidget.AnyWidget):
    """The next token's probabilities for a text, with sliders for temperature, top-k and top-p, and
    ten samples.

    params, config, tokenizer: a checkpoint, as utils.checkpoint.load gives it. `view.text`,
    `view.temperature`, `view.top_k` and `view.top_p` may be set; `view.rows` and `view.samples` are
    what is shown: (token, probability before the dials, after them, whether it is kept), and (text,
    whether the end token came). `view.turn` counts the sets of samples; a new number draws new
    ones. A dashed line marks where each bar would end without the dials. Where no kernel runs, bars
    and samples stay as they are at that moment.
    """

    _esm = ESM
    text = traitlets.Unicode("").tag(**CHOSEN)
    temperature = traitlets.Float(1.0).tag(**CHOSEN)
    top_k = traitlets.Int().tag(**CHOSEN)
    top_p = traitlets.Float(1.0).tag(**CHOSEN)
    turn = traitlets.Int(0).tag(**CHOSEN)
    ks = traitlets.List(traitlets.Int()).tag(sync=True)
    rows = traitlets.List().tag(sync=True)
    samples = traitlets.List().tag(sync=True)
    said = traitlets.Unicode("").tag(sync=True)

    def __init__(self, params, config, tokenizer, text="", temperature=1.0, top_k=None, top_p=1.0):
        super().__init__()
        self._model, self._logits, self._ids = (params, config, tokenizer), None, []
        V = config.vocab_size
        self.ks = [k for k in (1, 2, 3, 4, 5, 6, 8, 10, 15, 20, 30, 50, 100, 200) if k < V] + [V]
        sampling.probabilities(
            torch.zeros(V), temperature, top_k, top_p
        )  # refuses settings out of range
        self.temperature, self.top_k, self.top_p, self.text = (
            temperature,
            min(top_k or V, V),
            top_p,
            text,
        )
        self._read()
        self.observe(self._read, "text")
        self.observe(self._bars, ["temperature", "top_k", "top_p"])
        self.observe(self._draw, "turn")
        self._draw()

    def _read(self, _=None):
        params, config, tokenizer = self._model
        try:
            self._ids = sampling.start_of(config, tokenizer, self.text)
            with torch.inference_mode():
                x = gpt2.transformer(params, config, self._ids)  # (T,) -> (T, C)
                self._logits = gpt2.unembed(params, x[-1])  # (C,) -> (V,)
        except ValueError as error:  # too long, or half a surrogate pair
            self._logits, self.rows, self.samples, self.said = None, [], [], str(error)
        else:
            self._bars()

    def _bars(self, _=None):
        if self._logits is None:
            return
        tokenizer = self._model[2]
        with torch.inference_mode():
            plain = sampling.probabilities(self._logits)  # (V,)
            now = sampling.probabilities(self._logits, *self._settings)  # (V,)
        shown = plain.sort(descending=True, stable=True).indices[:ROWS].tolist()
        self.rows = [
            [name_of(tokenizer, i), plain[i].item(), now[i].item(), now[i].item() > 0]
            for i in shown
        ]
        kept = int((now > 0).sum())
        rest = kept - sum(row[3] for row in self.rows)
        more = f"; {rest:,} of them not among these bars" if rest > 0 else ""
        self.said = f"{kept:,} of {len(now):,} tokens can be drawn{more}."

    def _draw(self, _=None):
        if self._logits is not None:
            params, config, tokenizer = self._model
            made = sampling.continuations(
                params, config, self._ids, SAMPLES, LENGTH, *self._settings, seed=self.turn
            )
            self.samples = [[tokenizer.decode(ids), over] for ids, over in made]

    @property
    def _settings(self):
        return self.temperature, self.top_k, self.top_p

    def _dials(self) -> str:
        k = "all" if self.top_k == self.ks[-1] else self.top_k
        return f"temperature {self.temperature:.2f}, top-k {k}, top-p {self.top_p:.2f}"

    def __repr__(self) -> str:
        bars = ", ".join(
            f"{text} {now:.0%}" if kept else f"{text} dropped" for text, _, now, kept in self.rows
        )
        lines = [f"{self.text} … with {self._dials()}. {self.said}", bars]
        return "\n".join(
            lines
            + [
                f"{i}. {text}{' (the end)' if over else ' …'}"
                for i, (text, over) in enumerate(self.samples, 1)
            ]
        )

    def on_site(self):
        params, config, _ = self._model
        if is_bundled(params, config):
            return {"explorer": "sampling", "states": [self.traits_to_begin()]}

    def html(self) -> str:
        """The playground without a kernel: bars and samples as they are."""
        rows = "".join(
            "<tr><td style='text-align:left'><code style='color:inherit;background:none'>"
            f"{escape(text)}</code></td>"
            "<td style='width:18em'><div style='border:1px solid #7a8592;height:1em'><div "
            f"style='background:#2b8fd0;height:1em;width:{100 * now:.2f}%'></div></div></td>"
            f"<td>{f'{now:.1%}' if kept else 'dropped'}</td><td>{plain:.1%}</td></tr>"
            for text, plain, now, kept in self.rows
        )
        samples = "".join(
            f"<li>{escape(text)}<small>{' (the end)' if over else ' …'}</small></li>"
            for text, over in self.samples
        )
        return (
            f"<p><b>{escape(self.text)}</b> …<br>{self._dials()}. {escape(self.said)}</p>"
            "<table><thead><tr><th style='text-align:left'>token</th><th></th><th>probability</th>"
            f"<th>without the dials</th></tr></thead><tbody>{rows}</tbody></table><ol>"
            f"{samples}</ol>"
        )
