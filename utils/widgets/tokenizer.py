"""Type a text and see its tokens in several vocabularies, side by side, and the merges that made each token."""

from html import escape

import anywidget
import traitlets

from utils.figures.byte_pair_encoding import TINTS, box, visible
from utils.widgets import with_static

MOST_CHARACTERS = 300  # a page of boxes helps nobody

ESM = """
function render({ model, el }) {
  const make = (tag, attributes, text) => {
    const node = document.createElement(tag);
    for (const [name, value] of Object.entries(attributes)) node.setAttribute(name, value);
    if (text !== undefined) node.textContent = text;   // never innerHTML: the text is the user's
    return node;
  };
  const id = "tokview-" + Math.random().toString(36).slice(2);
  const root = make("div", { class: "tokview" });
  const label = make("label", { for: id }, "Type a text:");
  const input = make("textarea", { id, rows: 2, maxlength: model.get("most"), spellcheck: "false" });
  const help = make("div", { class: "tokview-help" },
    "Point at a token, or reach the first one with Tab and go on with the arrow keys.");
  const said = make("div", { class: "tokview-said", role: "status", "aria-live": "polite" });
  const rows = make("div", {});
  root.append(label, input, help, said, rows);
  el.append(root);
  input.value = model.get("text");

  const speak = (button, detail) => {
    root.querySelectorAll(".tokview-on").forEach((b) => b.classList.remove("tokview-on"));
    button.classList.add("tokview-on");
    said.textContent = detail;
  };
  const draw = () => {
    rows.replaceChildren();
    said.textContent = model.get("problem");
    for (const row of model.get("rows")) {
      const section = make("section", { "aria-label": row.name });
      const group = make("div", { class: "tokview-row", role: "group", dir: "ltr", "aria-label": row.name + ": " + row.summary });
      const title = make("div", { class: "tokview-title" });
      title.append(make("b", {}, row.name), " " + row.summary);
      row.tokens.forEach(([text, number, detail], i) => {
        const button = make("button", { type: "button", class: "tokview-t" + (i % 4), tabindex: i ? -1 : 0, "aria-label": detail });
        button.append(make("code", {}, text), make("small", {}, number));
        button.addEventListener("mouseenter", () => speak(button, detail));
        button.addEventListener("focus", () => speak(button, detail));
        group.append(button);
      });
      group.addEventListener("keydown", (event) => {
        const all = [...group.children], at = all.indexOf(document.activeElement);
        const to = { ArrowRight: at + 1, ArrowLeft: at - 1, Home: 0, End: all.length - 1 }[event.key];
        if (at < 0 || to === undefined) return;
        event.preventDefault();
        event.stopPropagation();                      // JupyterLab has its own use for the arrow keys
        const next = all[Math.min(Math.max(to, 0), all.length - 1)];
        all.forEach((b) => (b.tabIndex = b === next ? 0 : -1));
        next.focus();
      });
      section.append(title, group);
      rows.append(section);
    }
  };
  let timer;
  input.addEventListener("input", () => {
    clearTimeout(timer);
    timer = setTimeout(() => { model.set("text", input.value); model.save_changes(); }, 120);
  });
  input.addEventListener("keydown", (event) => event.stopPropagation());
  const changed = () => { if (input.value !== model.get("text")) input.value = model.get("text"); };
  model.on("change:rows", draw);
  model.on("change:text", changed);
  draw();
  return () => { clearTimeout(timer); model.off("change:rows", draw); model.off("change:text", changed); };
}
export default { render };
"""

CSS = (
    """
.tokview { line-height: 1.4; padding: .3em 0; }
.tokview textarea { display: block; width: 100%; max-width: 44em; box-sizing: border-box; font: inherit; padding: .35em;
  border: 1.5px solid #7a8592; border-radius: 4px; color: #22262b; background: #fff; }
.tokview-help { font-size: 85%; opacity: .85; margin: .2em 0; }
.tokview-said { min-height: 4.2em; border-left: 4px solid #0072b2; padding: .1em .6em; margin: .4em 0; overflow-wrap: anywhere; }
.tokview-title { margin: .5em 0 .15em; }
.tokview-row { max-height: 13em; overflow: auto; }
.tokview button { display: inline-block; border: 1.5px solid #5b6673; border-radius: 5px; margin: 1px; padding: 1px 5px;
  color: #22262b; font: inherit; text-align: center; cursor: default; unicode-bidi: isolate; max-width: 100%; overflow-wrap: anywhere; }
.tokview button code { display: block; color: inherit; background: none; white-space: pre-wrap; }
.tokview button small { display: block; font-size: 75%; }
.tokview button:focus-visible, .tokview button.tokview-on { outline: 3px solid #d55e00; outline-offset: 0; }
"""
    + "".join(f".tokview-t{i} {{ background: {tint}; }}\n" for i, tint in enumerate(TINTS))
)


class TokenizerView(anywidget.AnyWidget):
    """A text box, and below it the tokens of its text in each vocabulary.

    vocabularies: dict from a name to a utils.bpe.Tokenizer. `view.text` is the text (its first 300 characters are
    shown); `view.rows` what is drawn. Special names in the text are ordinary text. Where no kernel runs, the tokens
    of the text at that moment are shown, with the merges in a folded list.
    """

    _esm, _css = ESM, CSS
    text = traitlets.Unicode("").tag(sync=True)
    rows = traitlets.List().tag(sync=True)
    problem = traitlets.Unicode("").tag(sync=True)
    most = traitlets.Int(MOST_CHARACTERS).tag(sync=True)

    def __init__(self, text: str, vocabularies: dict):
        if not vocabularies:
            raise ValueError("a tokenizer view needs at least one vocabulary")
        super().__init__()
        self.vocabularies = dict(vocabularies)
        self.text = text
        self._tokenize()

    @traitlets.observe("text")
    def _tokenize(self, _=None):
        text = self.text[:MOST_CHARACTERS]
        try:
            rows = [_row(name, tokenizer, text) for name, tokenizer in self.vocabularies.items()]
        except ValueError as error:  # half a surrogate pair
            rows, self.problem = [], str(error)
        else:
            cut = len(self.text) > MOST_CHARACTERS
            self.problem = f"Only the first {MOST_CHARACTERS} characters are shown." if cut else ""
        self.rows = rows

    def __repr__(self) -> str:
        lines = [self.problem] if self.problem else []
        for row in self.rows:
            lines.append(f"{row['name']} {row['summary']}: " + " | ".join(f"{text} {number}" for text, number, _ in row["tokens"]))
        return "\n".join(lines)

    def html(self) -> str:
        """The view without a kernel: boxes, and every token's merges in a folded list."""
        parts = [f"<p><b>Text:</b> {escape(self.text[:MOST_CHARACTERS])}</p>"]
        if self.problem:
            parts.append(f"<p>{escape(self.problem)}</p>")
        for row in self.rows:
            boxes = "".join(box(text, number, i, f'title="{escape(detail)}"') for i, (text, number, detail) in enumerate(row["tokens"]))
            details = dict.fromkeys(detail for _, _, detail in row["tokens"])
            listed = "".join(f"<li>{escape(detail)}</li>" for detail in details)
            parts.append(f"<div style='margin:.6em 0'><b>{escape(row['name'])}</b> {escape(row['summary'])}<div dir='ltr'>{boxes}</div>"
                         f"<details><summary>how each of these tokens was made</summary><ul>{listed}</ul></details></div>")
        return "".join(parts)

    def _repr_mimebundle_(self, **kwargs):
        return with_static(super()._repr_mimebundle_(**kwargs), self.html(), repr(self))


def _row(name, tokenizer, text) -> dict:
    ids = tokenizer.encode(text)
    made = {token: (visible(tokenizer.tokens[token]), str(token), detail(tokenizer, token)) for token in set(ids)}
    count = len(text.encode())
    return {"name": name, "tokens": [made[token] for token in ids],
            "summary": f"({tokenizer.vocab_size:,} ids): {len(ids)} token{'s' * (len(ids) != 1)} for {count} byte{'s' * (count != 1)}"}


def detail(tokenizer, token: int) -> str:
    """A token in one line: its id, its bytes, and its merges in the order they were learned."""
    word, merges = tokenizer.tokens[token], tokenizer.merges_of(token)
    shown = word if len(word) <= 24 else word[:24]
    line = f"{visible(word)} is token {token}; bytes {' '.join(map(str, shown))}{' …' * (len(word) > 24)}; "
    if not merges:
        return line + "a single byte, not merged"
    steps = ", ".join(f"{visible(a)} + {visible(b)} → {visible(a + b)}" for a, b in merges)
    return f"{line}made by {len(merges)} merge{'s' * (len(merges) != 1)}: {steps}"
