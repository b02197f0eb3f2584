"""A phone's keyboard with a GPT-2 behind it: ten suggestions, and a click to go on."""

from html import escape

import anywidget
import torch
import traitlets

from utils import gpt2, sampling
from utils.widgets import with_static
from utils.widgets.sampling import name_of, start_of

KEYS = 10

ESM = """
function render({ model, el }) {
  const make = (tag, attributes, text) => {
    const node = document.createElement(tag);
    for (const [name, value] of Object.entries(attributes)) node.setAttribute(name, value);
    if (text !== undefined) node.textContent = text;   // never innerHTML: the text is the user's
    return node;
  };
  const id = "keyview-" + Math.random().toString(36).slice(2);
  const root = make("div", { class: "keyview", role: "group", "aria-label": "next-token keyboard" });
  const input = make("textarea", { id, rows: 3, maxlength: 4000, spellcheck: "false" });
  const help = make("div", { class: "keyview-help" }, "Type, or click a suggestion. Tab reaches the suggestions, the arrow keys go from one to the next.");
  const keys = make("div", { class: "keyview-keys", role: "group", "aria-label": "suggestions" });
  const undo = make("button", { type: "button", class: "keyview-undo" }, "take the last token back");
  const said = make("div", { class: "keyview-said", role: "status", "aria-live": "polite" });
  root.append(make("label", { for: id }, "your text"), input, help, keys, undo, said);
  el.append(root);
  undo.addEventListener("click", () => model.send({ undo: true }));
  const draw = () => {
    const at = [...keys.children].indexOf(document.activeElement);
    keys.replaceChildren(...model.get("offers").map(([text, share], i) => {
      const key = make("button", { type: "button", tabindex: i === Math.max(at, 0) ? 0 : -1, "aria-label": text + ", " + share });
      const bar = make("span", { class: "keyview-bar", "aria-hidden": "true" });
      bar.style.width = model.get("widths")[i] + "%";
      key.append(make("code", {}, text), make("small", {}, share), bar);
      key.addEventListener("click", () => model.send({ press: i }));
      return key;
    }));
    if (at >= 0 && keys.children.length) keys.children[Math.min(at, keys.children.length - 1)].focus();
    said.textContent = model.get("said");
    if (input.value !== model.get("text")) input.value = model.get("text");
  };
  keys.addEventListener("keydown", (event) => {
    const all = [...keys.children], at = all.indexOf(document.activeElement);
    const to = { ArrowRight: at + 1, ArrowLeft: at - 1, Home: 0, End: all.length - 1 }[event.key];
    event.stopPropagation();                          // JupyterLab has its own use for keys
    if (at < 0 || to === undefined) return;
    event.preventDefault();
    const next = all[Math.min(Math.max(to, 0), all.length - 1)];
    all.forEach((key) => (key.tabIndex = key === next ? 0 : -1));
    next.focus();
  });
  let timer;
  input.addEventListener("input", () => {
    clearTimeout(timer);
    timer = setTimeout(() => { model.set("text", input.value); model.save_changes(); }, 200);
  });
  input.addEventListener("keydown", (event) => event.stopPropagation());
  const names = ["change:offers", "change:text", "change:said"];
  names.forEach((name) => model.on(name, draw));
  draw();
  return () => { clearTimeout(timer); names.forEach((name) => model.off(name, draw)); };
}
export default { render };
"""

CSS = """
.keyview { line-height: 1.4; padding: .3em 0; max-width: 46em; }
.keyview textarea { display: block; width: 100%; box-sizing: border-box; font: inherit; padding: .4em; border: 1.5px solid #7a8592; border-radius: 4px; color: #22262b; background: #fff; }
.keyview-help { font-size: 85%; opacity: .85; margin: .2em 0; }
.keyview-keys { display: grid; grid-template-columns: repeat(5, 1fr); gap: 4px; margin: .4em 0; }
.keyview button { font: inherit; color: #22262b; background: #fff; border: 1.5px solid #5b6673; border-radius: 5px; padding: .25em .4em; cursor: pointer; }
.keyview-keys button { position: relative; overflow: hidden; text-align: center; }
.keyview-keys code { display: block; color: inherit; background: none; overflow: hidden; text-overflow: ellipsis; white-space: pre; }
.keyview-keys small { display: block; font-size: 80%; margin-bottom: 4px; }
.keyview-bar { position: absolute; left: 0; bottom: 0; height: 5px; background: #cc5f9a; }
.keyview button:focus-visible { outline: 3px solid #d55e00; outline-offset: 0; }
.keyview-said { min-height: 1.4em; margin: .3em 0; }
"""


class NextTokenKeyboard(anywidget.AnyWidget):
    """A text and the ten likeliest next tokens, each a key with its probability; a click appends it.

    params, config, tokenizer: a checkpoint, as utils.checkpoint.load gives it. `view.text` may be set; `view.offers` is
    what is offered, best first: (token, probability). `view.press(i)` is a click on key i, `view.undo()` takes the
    last token back. Where no kernel runs, text and keys stay as they are at that moment.
    """

    _esm, _css = ESM, CSS
    text = traitlets.Unicode("").tag(sync=True)
    offers = traitlets.List().tag(sync=True)
    widths = traitlets.List().tag(sync=True)
    said = traitlets.Unicode("").tag(sync=True)

    def __init__(self, params, config, tokenizer, text=""):
        super().__init__()
        self._model, self._ids, self._offered = (params, config, tokenizer), [], []
        self.text = text
        self._typed()
        self.observe(self._typed, "text")
        self.on_msg(lambda _, message, buffers: self.undo() if "undo" in message else self.press(message.get("press", -1)))

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
            self._ids = start_of(config, tokenizer, self.text)
        except ValueError as error:
            self._ids, self._offered, self.widths, self.offers, self.said = [], [], [], [], str(error)
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
            self._offered, self.widths, self.offers = [], [], []
            self.said = f"The context is full: the model reads {config.n_positions} tokens, no more."
            return
        with torch.inference_mode():
            x = gpt2.transformer(params, config, self._ids)  # (T,) -> (T, C)
            p = sampling.probabilities(gpt2.unembed(params, x[-1]))  # (V,)
        best = p.sort(descending=True, stable=True).indices[:KEYS].tolist()
        self._offered, self.said = best, ""
        self.widths = [round(100 * p[i].item(), 2) for i in best]
        self.offers = [[name_of(tokenizer, i), f"{p[i].item():.1%}"] for i in best]

    def __repr__(self) -> str:
        return f"{self.text} … " + (", ".join(f"{text} {share}" for text, share in self.offers) or self.said)

    def html(self) -> str:
        """The keyboard without a kernel: the text and the ten keys as they are."""
        box = "display:inline-block;border:1.5px solid #5b6673;border-radius:5px;margin:2px;padding:2px 8px;background:#fff;color:#22262b;text-align:center"
        keys = "".join(f"<span style='{box}'><code style='color:inherit;background:none'>{escape(text)}</code><br><small>{share}</small></span>" for text, share in self.offers)
        return f"<p><b>{escape(self.text)}</b> …</p><div>{keys}</div><p><small>{escape(self.said)} The keys need a running kernel.</small></p>"

    def _repr_mimebundle_(self, **kwargs):
        return with_static(super()._repr_mimebundle_(**kwargs), self.html(), repr(self))
