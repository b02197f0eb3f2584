"""Type a text and see its tokens in several vocabularies, side by side, and the merges that made
each token.
"""

from html import escape

import anywidget
import traitlets

from utils.figures.byte_pair_encoding import TINTS, box, visible
from utils.widgets import CHOSEN, Asked, Explorer, source

MOST_CHARACTERS = 300  # a page of boxes helps nobody

ESM, CSS = source("tokenizer")
CSS += "".join(
    f".tokview .tokview-t{i} {{ background: {tint}; }}\n" for i, tint in enumerate(TINTS)
)


class TokenizerView(Explorer, Asked, anywidget.AnyWidget):
    """A text box, and below it the tokens of its text in each vocabulary.

    vocabularies: dict from a name to a utils.bpe.Tokenizer. `view.text` is the text (its first 300
    characters are shown); `view.rows` what is drawn. Special names in the text are ordinary text.
    Where no kernel runs, the tokens of the text at that moment are shown, with the merges in a
    folded list.
    """

    _esm, _css = ESM, CSS
    text = traitlets.Unicode("").tag(**CHOSEN)
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
            lines.append(
                f"{row['name']} {row['summary']}: "
                + " | ".join(f"{text} {number}" for text, number, _ in row["tokens"])
            )
        return "\n".join(lines)

    def html(self) -> str:
        """The view without a kernel: boxes, and every token's merges in a folded list."""
        parts = [f"<p><b>Text:</b> {escape(self.text[:MOST_CHARACTERS])}</p>"]
        if self.problem:
            parts.append(f"<p>{escape(self.problem)}</p>")
        for row in self.rows:
            boxes = "".join(
                box(text, number, i, f'title="{escape(detail)}"')
                for i, (text, number, detail) in enumerate(row["tokens"])
            )
            details = dict.fromkeys(detail for _, _, detail in row["tokens"])
            listed = "".join(f"<li>{escape(detail)}</li>" for detail in details)
            parts.append(
                f"<div style='margin:.6em 0'><b>{escape(row['name'])}</b> "
                f"{escape(row['summary'])}<div dir='ltr'>{boxes}</div>"
                "<details><summary>how each of these tokens was "
                f"made</summary><ul>{listed}</ul></details></div>"
            )
        return "".join(parts)


def _row(name, tokenizer, text) -> dict:
    ids = tokenizer.encode(text)
    made = {
        token: (visible(tokenizer.tokens[token]), str(token), detail(tokenizer, token))
        for token in set(ids)
    }
    count = len(text.encode())
    return {
        "name": name,
        "tokens": [made[token] for token in ids],
        "summary": f"({tokenizer.vocab_size:,} ids): {len(ids)} token{'s' * (len(ids) != 1)} for "
        f"{count} byte{'s' * (count != 1)}",
    }


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
