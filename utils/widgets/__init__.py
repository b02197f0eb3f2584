"""Explorers: things that move. Each shows a static figure where no kernel runs.

An explorer is a Python module with a JavaScript and a CSS file of the same name beside it;
`common.js` and `common.css` are what they share.
"""

import functools
import hashlib
import json
from pathlib import Path

import ipywidgets
import traitlets
from IPython.display import display

VIEW = "application/vnd.jupyter.widget-view+json"
LIVE = "application/vnd.gpt2-by-hand.explorer+json"  # how the site begins, which has no kernel
CHOSEN = {
    "sync": True,
    "echo_update": False,
}  # for traits that the browser sets: an echo that comes late would undo the next choice
NOTE = "<p><small>A picture of the explorer: run this cell in a notebook, and it moves.</small></p>"


def source(*names: str, css: str = "") -> str:
    """The JavaScript module of an explorer: what all of them share, and the named files of this
    folder; with their CSS as a text, which `frame` puts into the explorer's shadow root and nowhere
    else.
    """
    here = Path(__file__).parent
    sheets = (here / f"{name}.css" for name in ("common", *names))
    style = "\n".join(sheet.read_text(encoding="utf-8") for sheet in sheets if sheet.exists())
    return f"const STYLE = {json.dumps(style + css)};\n{script('common', *names)}"


def script(*names: str) -> str:
    """JavaScript files of this folder, one after the other."""
    here = Path(__file__).parent
    return "\n".join((here / f"{name}.js").read_text(encoding="utf-8") for name in names)


def vocabulary(tokenizer) -> list:
    """What bpe.js needs of a utils.bpe.Tokenizer: each token's bytes as a string of the letters
    U+0000 to U+00FF, and the ids of special tokens.
    """
    return [[token.decode("latin-1") for token in tokenizer.tokens], [*tokenizer.special.values()]]


@functools.cache
def bundled():
    """The model in data/, loaded once: (params, config, tokenizer)."""
    from utils import checkpoint  # here, because lesson 02 does without torch

    return checkpoint.load("bundled")


def is_bundled(params: dict, config) -> bool:
    """Whether a model is the one in data/, which the site has, too."""
    import torch

    theirs, shape, _ = bundled()
    return config == shape and all(torch.equal(params[name], p) for name, p in theirs.items())


class Explorer:
    """Shows two outputs: its static form, and the live widget, which hides the static one for as
    long as it is there.

    With one output instead of two, a notebook that is opened again without its kernel would say
    "model not found". A subclass gives `html()`, the static form, and `__repr__`, the same in
    words; it is itself a widget, or has `live()`.
    """

    def live(self) -> ipywidgets.Widget:
        return self

    def on_site(self) -> dict | None:
        """How the site begins: {"explorer": the name of its files, "states": [traits, …]}; None
        where it cannot be live there.
        """

    def traits_to_begin(self, *without: str) -> dict:
        """What the browser gets, but for bytes, which the site computes."""
        values = {name: getattr(self, name) for name in self.keys if not name.startswith("_")}
        without += ("comm", "layout", "tabbable", "tooltip")
        return {
            name: value
            for name, value in values.items()
            if name not in without and not isinstance(value, bytes)
        }

    def bundles(self) -> list[dict]:
        """What is displayed: two mime bundles, static and live."""
        static = self.html() + NOTE
        mark = "static-" + hashlib.sha256(static.encode()).hexdigest()[:10]  # the same on every run
        # JupyterLab puts an error, bare text, where a notebook opened again has lost its widget:
        # the picture says enough.
        error = (
            f"<style>.jp-OutputArea:has(.{mark}) "
            f".jp-OutputArea-output.jupyter-widgets:not(:has(*)) {{ display: none }}</style>"
        )
        hide = ipywidgets.HTML(
            f"<style>.{mark} {{ display: none }}</style>", layout={"display": "none"}
        )
        box = ipywidgets.VBox([self.live(), hide])
        begin = self.on_site()
        return [
            {
                **{"text/html": f'<div class="{mark}">{static}</div>{error}'},
                **{"text/plain": repr(self)},
                **({LIVE: begin} if begin else {}),
            },
            {VIEW: {"version_major": 2, "version_minor": 0, "model_id": box.model_id}},
        ]

    def _ipython_display_(self) -> None:
        for bundle in self.bundles():
            display(bundle, raw=True)


class Asked(traitlets.HasTraits):
    """Tells the browser when a question is answered: it counts `asked` up with each, and says
    "working" until `answered` follows.
    """

    asked = traitlets.Int(0).tag(**CHOSEN)
    answered = traitlets.Int(0).tag(sync=True)

    @traitlets.observe("asked")  # the browser sets it last, so this comes after the work
    def _answer(self, change):
        self.answered = change["new"]


class Chooses(traitlets.HasTraits):
    """Refuses a layer, a head, … that does not exist; a subclass has `_counts()`, how many there
    are of each.
    """

    @traitlets.validate("layer", "head", "word", "token", "step")
    def _within(self, proposal):
        name = proposal["trait"].name
        count = self._counts()[name]
        if not 0 <= proposal["value"] < count:
            raise ValueError(f"{name} must be from 0 to {count - 1}, not {proposal['value']}")
        return proposal["value"]
