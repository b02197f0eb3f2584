"""What every head of a model looks at: choose a layer, a head and a word, and see where its attention goes."""

from html import escape

import anywidget
import numpy as np
import traitlets

from utils.figures import masked_self_attention as figures
from utils.figures import style
from utils.widgets import with_static

MOST_TOKENS = 256  # the table sends a byte for each share: 1 MB for 16 heads

ESM = """
function render({ model, el }) {
  const words = model.get("words"), T = words.length;
  const layers = model.get("layers"), heads = model.get("heads");
  const make = (tag, attributes, text) => {
    const node = document.createElement(tag);
    for (const [name, value] of Object.entries(attributes)) node.setAttribute(name, value);
    if (text !== undefined) node.textContent = text;   // never innerHTML: the words are the user's
    return node;
  };
  const share = (t, s) => {
    const at = ((model.get("layer") * heads + model.get("head")) * T + t) * T + s;
    return model.get("shares").getUint8(at) / 255;
  };
  const id = "attview-" + Math.random().toString(36).slice(2);
  const root = make("div", { class: "attview", role: "group", "aria-label": "attention explorer" });
  const bar = make("div", { class: "attview-bar" });
  const choose = (name, count) => {
    const select = make("select", { id: id + name });
    for (let i = 0; i < count; i++) select.append(make("option", { value: i }, name + " " + i));
    select.addEventListener("change", () => { model.set(name, Number(select.value)); model.save_changes(); });
    select.addEventListener("keydown", (event) => event.stopPropagation());
    bar.append(make("label", { for: id + name }, name), select);
    return select;
  };
  const layer = choose("layer", layers), head = choose("head", heads);
  const help = make("div", { class: "attview-help" },
    "Click a word, or reach the words with Tab and move with the arrow keys. Its share of attention tints the words before it.");
  const text = make("div", { class: "attview-text", role: "group", dir: "ltr", "aria-label": "the words of the text" });
  const said = make("div", { class: "attview-said", role: "status", "aria-live": "polite" });
  const buttons = words.map((word, i) => {
    const button = make("button", { type: "button" }, word);
    button.addEventListener("click", () => pick(i));
    button.addEventListener("focus", () => pick(i));
    text.append(button);
    return button;
  });
  text.addEventListener("keydown", (event) => {
    const at = model.get("word");
    const to = { ArrowRight: at + 1, ArrowLeft: at - 1, Home: 0, End: T - 1 }[event.key];
    if (to === undefined) return;
    event.preventDefault();
    event.stopPropagation();                           // JupyterLab has its own use for the arrow keys
    buttons[Math.min(Math.max(to, 0), T - 1)].focus();
  });
  const cell = Math.max(2, Math.min(16, Math.floor(420 / T))), size = cell * T;
  const grid = make("canvas", { width: size, height: size, role: "img" });
  const frame = make("div", { class: "attview-grid" });
  const column = make("div", { class: "attview-axis" }, "key (column): the word looked at");
  const row = make("div", { class: "attview-axis attview-row" }, "query (row): the word that looks");
  const scale = make("div", { class: "attview-scale" });
  const ramp = make("span", { class: "attview-ramp", "aria-hidden": "true" });
  ramp.style.background = "linear-gradient(to right," + model.get("colours").filter((c, i) => i % 15 === 0).join(",") + ")";
  scale.append("share 0 ", ramp, " 1");
  frame.append(column, row, grid, scale);
  grid.addEventListener("click", (event) => {
    const box = grid.getBoundingClientRect();
    pick(Math.min(T - 1, Math.max(0, Math.floor((event.clientY - box.top) / box.height * T))));
  });
  root.append(bar, help, text, said, frame);
  el.append(root);

  const pick = (i) => {
    if (model.get("word") === i) return;
    model.set("word", i);
    model.save_changes();
  };
  const draw = () => {
    const at = model.get("word"), colours = model.get("colours"), brush = grid.getContext("2d");
    layer.value = model.get("layer");
    head.value = model.get("head");
    buttons.forEach((button, s) => {
      const w = share(at, s);
      button.style.setProperty("--share", (100 * w).toFixed(1) + "%");
      button.classList.toggle("attview-strong", w >= 0.5);
      button.classList.toggle("attview-future", s > at);
      button.tabIndex = s === at ? 0 : -1;
      button.setAttribute("aria-pressed", s === at);
      button.setAttribute("aria-label", words[s] + (s > at ? ", hidden" : ", " + Math.round(100 * w) + " %"));
    });
    for (let t = 0; t < T; t++) for (let s = 0; s < T; s++) {
      brush.fillStyle = s > t ? "#ffffff" : colours[Math.round(255 * share(t, s))];
      brush.fillRect(s * cell, t * cell, cell, cell);
    }
    brush.strokeStyle = "#d55e00";                     // round the row, not over it
    brush.lineWidth = 3;
    brush.strokeRect(-2, at * cell - 1.5, (at + 1) * cell + 3.5, cell + 3);
    const best = words.map((word, s) => [share(at, s), word]).slice(0, at + 1).sort((a, b) => b[0] - a[0]).slice(0, 4);
    said.textContent = "“" + words[at] + "” in layer " + model.get("layer") + ", head " + model.get("head") + " looks at: " +
      best.map(([w, word]) => word + " " + Math.round(100 * w) + " %").join(", ");
    grid.setAttribute("aria-label", "All rows of this head. " + said.textContent);
  };
  const names = ["change:layer", "change:head", "change:word"];
  names.forEach((name) => model.on(name, draw));
  draw();
  return () => names.forEach((name) => model.off(name, draw));
}
export default { render };
"""

CSS = """
.attview { line-height: 1.4; padding: .3em 0; }
.attview-bar label { margin-right: .4em; }
.attview-bar select { margin-right: 1.4em; font: inherit; color: #22262b; background: #fff; border: 1.5px solid #7a8592; border-radius: 4px; padding: .15em .3em; }
.attview-help { font-size: 85%; opacity: .85; margin: .3em 0; }
.attview-text { background: #fff; border: 1px solid #b8bec6; border-radius: 5px; padding: .35em; max-width: 52em; max-height: 16em; overflow: auto; }
.attview-text button { font: inherit; color: #22262b; border: 2px solid transparent; border-radius: 4px; margin: 1px; padding: 1px 4px; cursor: pointer;
  background: color-mix(in srgb, #cc5f9a var(--share, 0%), #fff); }
.attview-text button.attview-strong { font-weight: bold; }
.attview-text button.attview-future { opacity: .55; }
.attview-text button[aria-pressed="true"] { border-color: #5b3fd6; font-weight: bold; }
.attview-text button:focus-visible { outline: 3px solid #d55e00; outline-offset: 0; }
.attview-said { border-left: 4px solid #cc5f9a; padding: .1em .6em; margin: .5em 0; min-height: 1.4em; overflow-wrap: anywhere; }
.attview-grid { display: inline-grid; grid-template-columns: auto auto; justify-items: start; gap: .2em .4em; max-width: 100%; }
.attview-grid canvas { grid-column: 2; background: #fff; max-width: 100%; cursor: pointer; }
.attview-axis { font-size: 85%; grid-column: 2; }
.attview-row { grid-column: 1; grid-row: 2; writing-mode: vertical-rl; transform: rotate(180deg); }
.attview-scale { grid-column: 2; font-size: 85%; }
.attview-ramp { display: inline-block; width: 9em; height: .8em; border: 1px solid #7a8592; vertical-align: middle; }
"""


class AttentionExplorer(anywidget.AnyWidget):
    """A text whose words are tinted by the attention of one of them, above the table of the whole head.

    words: T strings. attention: (n_layer, n_head, T, T), array or tensor; row t holds the shares that word t gives,
    from 0 to 1. `view.layer`, `view.head` and `view.word` (from 0) say what is shown and may be set. The tint's scale
    is 0 to 1 for every head. Where no kernel runs, a figure of what was chosen stands in its place.
    Raises ValueError where words and attention do not fit, or for more than 256 words.
    """

    _esm, _css = ESM, CSS
    words = traitlets.List(traitlets.Unicode()).tag(sync=True)
    shares = traitlets.Bytes().tag(sync=True)  # a byte for each share, 255 is 1
    layers = traitlets.Int().tag(sync=True)
    heads = traitlets.Int().tag(sync=True)
    colours = traitlets.List(traitlets.Unicode()).tag(sync=True)
    layer = traitlets.Int(0).tag(sync=True)
    head = traitlets.Int(0).tag(sync=True)
    word = traitlets.Int(0).tag(sync=True)

    def __init__(self, words, attention, layer=0, head=0, word=0):
        words, attention = [str(w) for w in words], np.asarray(attention, dtype=float)
        if attention.ndim != 4 or attention.shape[2:] != (len(words), len(words)) or not words:
            raise ValueError(f"{len(words)} words need attention of shape (n_layer, n_head, {len(words)}, {len(words)}), "
                             f"and this has {attention.shape}")
        if len(words) > MOST_TOKENS:
            raise ValueError(f"the explorer shows at most {MOST_TOKENS} words, and these are {len(words)}")
        if not (attention.min() >= -1e-6 and attention.max() <= 1 + 1e-6):  # also refuses nan
            raise ValueError("attention must be shares from 0 to 1: give it what comes out of softmax, not the scores")
        self._attention = attention.clip(0, 1)
        super().__init__(words=words, shares=np.round(self._attention * 255).astype(np.uint8).tobytes(),
                         layers=attention.shape[0], heads=attention.shape[1], colours=_colours())
        self.layer, self.head, self.word = layer, head, word

    @traitlets.validate("layer", "head", "word")
    def _within(self, proposal):
        name = proposal["trait"].name
        count = {"layer": self.layers, "head": self.heads, "word": len(self.words)}[name]
        if not 0 <= proposal["value"] < count:
            raise ValueError(f"{name} must be from 0 to {count - 1}, not {proposal['value']}")
        return proposal["value"]

    @property
    def row(self) -> np.ndarray:
        """The shares that the chosen word gives in the chosen head: (T,)."""
        return self._attention[self.layer, self.head, self.word]

    def __repr__(self) -> str:
        best = np.argsort(-self.row, kind="stable")[:4]
        return (f"“{self.words[self.word]}” in layer {self.layer}, head {self.head} looks at: "
                + ", ".join(f"{self.words[s]} {self.row[s]:.0%}" for s in best))

    def _repr_mimebundle_(self, include=None, exclude=None, **_):
        picture = figures.attended(self.words, self.row, self.word)
        return with_static(super()._repr_mimebundle_(), f"<div>{escape(repr(self))}</div>{picture.html()}", repr(self))


def _colours() -> list[str]:
    import matplotlib as mpl

    ramp = mpl.colormaps[style.SEQUENTIAL]
    return [mpl.colors.to_hex(ramp(i / 255)) for i in range(256)]
