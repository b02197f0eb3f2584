"""A phone's keyboard with a GPT-2 behind it: ten suggestions, and a click to go on."""

import math
from html import escape

import anywidget
import torch
import traitlets

from utils import gpt2, sampling
from utils.figures.byte_pair_encoding import name_of, row_of
from utils.widgets import CHOSEN, Asked, Explorer, is_bundled, source

KEYS = 10

ESM = source("keyboard")


class NextTokenKeyboard(Explorer, Asked, anywidget.AnyWidget):
    """A text and the ten likeliest next tokens, each a key with its probability; a click appends
    it.

    params, config, tokenizer: a checkpoint, as utils.checkpoint.load gives it. `view.text` may be
    set; `view.offers` is what is offered, best first: (token, probability); `view.sofar` how
    probable the model finds what was written. `view.press(i)` is a click on key i, `view.undo()`
    takes the last token back. Where no kernel runs, text and keys stay as they are at that moment.
    """

    _esm = ESM
    text = traitlets.Unicode("").tag(**CHOSEN)
    offers = traitlets.List().tag(sync=True)
    widths = traitlets.List().tag(sync=True)
    said = traitlets.Unicode("").tag(sync=True)
    sofar = traitlets.Unicode("").tag(sync=True)

    def __init__(self, params, config, tokenizer, text=""):
        super().__init__()
        self._model, self._ids, self._offered = (params, config, tokenizer), [], []
        self.text = text
        self._typed()
        self.observe(self._typed, "text")
        self.on_msg(
            lambda _, message, buffers: (
                self.undo() if "undo" in message else self.press(message.get("press", -1))
            )
        )

    def press(self, i: int) -> None:
        """Append the token of key i (from 0); the end token only says that the text is over."""
        if not 0 <= i < len(self._offered):
            return
        token = self._offered[i]
        if token == self._model[1].eos_token_id:
            self.said = "The end token: here the model would stop. Type on, or take a token back."
            return
        self._set([*self._ids, token])

    def undo(self) -> None:
        """Take the last token back; the start token stays."""
        if len(self._ids) > 1:
            self._set(self._ids[:-1])

    def _typed(self, _=None):
        params, config, tokenizer = self._model
        if self._ids and self.text == self._written(self._ids):
            return  # it was a key that wrote it
        try:
            self._ids = sampling.start_of(config, tokenizer, self.text)
        except ValueError as error:
            self._ids = []
            self._nothing(str(error))
        else:
            self._offer()

    def _set(self, ids):
        self._ids = ids
        self.text = self._written(ids)
        self._offer()

    def _written(self, ids):
        _, config, tokenizer = self._model
        return tokenizer.decode(ids[config.eos_token_id is not None :])

    def _offer(self):
        params, config, tokenizer = self._model
        if len(self._ids) > config.n_positions:
            self._nothing(
                f"The context is full: the model reads {config.n_positions} tokens, no more."
            )
            return
        with torch.inference_mode():
            x = gpt2.transformer(params, config, self._ids)  # (T,) -> (T, C)
            p = sampling.probabilities(gpt2.unembed(params, x[-1]))  # (V,)
        self.sofar = ""
        if len(self._ids) > 1:
            logs = sampling.log_likelihood(params, x, self._ids).double()  # (T - 1,)
            self.sofar = so_far(logs.tolist(), name_of(tokenizer, self._ids[-1]))
        best = p.sort(descending=True, stable=True).indices[:KEYS].tolist()
        self._offered, self.said = best, ""
        self.widths = [round(100 * p[i].item(), 2) for i in best]
        self.offers = [[name_of(tokenizer, i), f"{p[i].item():.1%}"] for i in best]

    def _nothing(self, why):
        self._offered, self.widths, self.offers, self.sofar, self.said = [], [], [], "", why

    def __repr__(self) -> str:
        offers = ", ".join(f"{text} {share}" for text, share in self.offers)
        return f"{self.text} … {offers or self.said}" + f"\n{self.sofar}" * (self.sofar != "")

    def on_site(self):
        params, config, _ = self._model
        if is_bundled(params, config):
            return {"explorer": "keyboard", "states": [self.traits_to_begin()]}

    def html(self) -> str:
        """The keyboard without a kernel: the text and the ten keys as they are."""
        box = (
            "display:inline-block;border:1.5px solid #5b6673;border-radius:5px;margin:2px;"
            "padding:2px 8px;background:#fff;color:#22262b;text-align:center"
        )
        keys = row_of(
            f"<span style='{box}'><code style='color:#22262b;background:none'>{escape(text)}"
            f"</code> <small style='display:block'>{share}</small></span>"
            for text, share in self.offers
        )
        return (
            f"<p><b>{escape(self.text)}</b> …</p><div>{keys}</div>"
            f"<p><small>{escape(self.sofar)} {escape(self.said)}</small></p>"
        )


def so_far(logs: list[float], last: str) -> str:
    """A sentence on how probable a text is: ln of the probability of each token, and the last
    one's name.
    """
    bits = [max(0.0, -log) / math.log(2) for log in logs]
    whole = sum(bits)
    return (
        f"What is written so far ({len(bits)} token{'s' * (len(bits) != 1)}) has a probability of "
        f"{_probability(sum(logs))}: a surprise of {whole:.1f} bits, {whole / len(bits):.1f} a "
        f"token. The last one, “{last}”: {_probability(logs[-1])}, {bits[-1]:.1f} bits."
    )


def _probability(log: float) -> str:
    if log > math.log(1e-4):
        return f"{math.exp(log):.2%}"
    if log > math.log(1e-9):
        return f"1 in {float(f'{math.exp(-log):.3g}'):,.0f}"  # a float32 knows no more
    power = str(round(-log / math.log(10))).translate(str.maketrans("0123456789", "⁰¹²³⁴⁵⁶⁷⁸⁹"))
    return f"about 1 in 10{power}"
