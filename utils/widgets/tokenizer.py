"""Type a text and see its tokens in several vocabularies, side by side, and the merges that made
each token.
"""

from html import escape

import anywidget
import traitlets

from utils import bpe
from utils.figures.byte_pair_encoding import TINTS, box, row_of, visible
from utils.widgets import CHOSEN, Asked, Explorer, source, vocabulary

MOST_CHARACTERS = 100_000  # about two seconds of the kernel's time
MOST_BOXES = 400  # a page of boxes helps nobody

ESM = source(
    "tokenizer",
    css="".join(f"button.tokview-t{i} {{ background: {tint}; }}\n" for i, tint in enumerate(TINTS)),
)


class TokenizerView(Explorer, Asked, anywidget.AnyWidget):
    """A text box, and below it the tokens of its text in each vocabulary.

    vocabularies: dict from a name to a utils.bpe.Tokenizer. `view.text` is the text, of which the
    first 100,000 characters are read and counted; `view.rows` what is drawn, the first 400 tokens
    of each. Special names in the text are ordinary text. Where no kernel runs, the tokens of the
    text at that moment are shown, with the merges in a folded list.
    """

    _esm = ESM
    text = traitlets.Unicode("").tag(**CHOSEN)
    rows = traitlets.List().tag(sync=True)
    problem = traitlets.Unicode("").tag(sync=True)

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
            self.problem = cut * (
                f"Of {len(self.text):,} characters the first {MOST_CHARACTERS:,} are read: more "
                "would keep the kernel busy for seconds after each key."
            )
        self.rows = rows

    def __repr__(self) -> str:
        lines = [self.problem] if self.problem else []
        for row in self.rows:
            lines.append(
                f"{row['name']} {row['summary']}: "
                + " | ".join(f"{text} {number}" for text, number, _ in row["tokens"])
                + row["more"]
            )
        return "\n".join(lines)

    def on_site(self):
        state = self.traits_to_begin("rows")
        state["vocabularies"] = [
            [name, *(("gpt2", []) if tokenizer is bpe.gpt2() else vocabulary(tokenizer))]
            for name, tokenizer in self.vocabularies.items()
        ]
        return {"explorer": "tokenizer", "states": [state | {"rows": []}]}

    def html(self) -> str:
        """The view without a kernel: boxes, and every token's merges in a folded list."""
        short = self.text if len(self.text) <= 2000 else f"{self.text[:2000]} …"
        parts = [f"<p><b>Text:</b> {escape(short)}</p>"]
        if self.problem:
            parts.append(f"<p>{escape(self.problem)}</p>")
        for row in self.rows:
            boxes = row_of(
                box(text, number, i, f'title="{escape(detail)}"')
                for i, (text, number, detail) in enumerate(row["tokens"])
            )
            details = dict.fromkeys(detail for _, _, detail in row["tokens"])
            listed = "".join(f"<li>{escape(detail)}</li>" for detail in details)
            parts.append(
                f"<div style='margin:.6em 0'><b>{escape(row['name'])}</b> "
                f"{escape(row['summary'])}<div dir='ltr'>{boxes}{row['more']}</div>"
                "<details><summary>how each of these tokens was "
                f"made</summary><ul>{listed}</ul></details></div>"
            )
        return "".join(parts)


def _row(name, tokenizer, text) -> dict:
    ids = tokenizer.encode(text)
    shown = ids[:MOST_BOXES]
    made = {
        token: (visible(tokenizer.tokens[token]), str(token), detail(tokenizer, token))
        for token in set(shown)
    }
    rest = len(ids) - len(shown)
    return {
        "name": name,
        "tokens": [made[token] for token in shown],
        "more": f" … and {rest:,} more, counted but not drawn" if rest else "",
        "summary": f"({tokenizer.vocab_size:,} ids): {_count(ids, 'token')} for "
        f"{_count(text, 'character')}, {_count(text.encode(), 'byte')}",
    }


def _count(things, name: str) -> str:
    return f"{len(things):,} {name}{'s' * (len(things) != 1)}"


def detail(tokenizer, token: int) -> str:
    """A token in one line: its id, its bytes, and its merges in the order they were learned."""
    word, merges = tokenizer.tokens[token], tokenizer.merges_of(token)
    shown = word if len(word) <= 24 else word[:24]
    line = (
        f"{visible(word)} is token {token}; bytes {' '.join(map(str, shown))}"
        f"{' …' * (len(word) > 24)}; "
    )
    if not merges:
        return line + "a single byte, not merged"
    steps = ", ".join(f"{visible(a)} + {visible(b)} → {visible(a + b)}" for a, b in merges)
    return f"{line}made by {len(merges)} merge{'s' * (len(merges) != 1)}: {steps}"
