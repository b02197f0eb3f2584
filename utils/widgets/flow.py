"""One token goes up a block: every step opens to its real numbers and shapes."""

from html import escape

import anywidget
import torch
import traitlets

from utils import gpt2
from utils.figures import explorers as figures
from utils.trace import trace
from utils.widgets import CHOSEN, Asked, Chooses, Explorer, source

ESM = source("flow")


class FlowExplorer(Explorer, Chooses, Asked, anywidget.AnyWidget):
    """A token on its way up a block of GPT-2, with all numbers of all fifteen steps.

    params, config: a checkpoint; ids: (T,); words: T strings to show. `view.layer`, `view.token` (a
    place in the text) and `view.step` (0 to 14), counted from 0, say what is shown and may be set;
    `view.values(step)` gives a step's numbers. Where no kernel runs, a picture of all steps stands
    in its place.
    """

    _esm = ESM
    words = traitlets.List(traitlets.Unicode()).tag(sync=True)
    layers = traitlets.Int().tag(sync=True)
    layer = traitlets.Int(0).tag(**CHOSEN)
    token = traitlets.Int(0).tag(**CHOSEN)
    step = traitlets.Int(0).tag(**CHOSEN)
    steps = traitlets.List().tag(sync=True)
    numbers = traitlets.Bytes().tag(sync=True)  # float32, of all steps one after the other

    def __init__(self, params, config, ids, words, layer=0, token=0, step=0):
        words = [str(word) for word in words]
        if len(words) != len(ids):
            raise ValueError(
                f"each token needs a word to show, and there are {len(ids)} tokens and "
                f"{len(words)} words"
            )
        super().__init__(words=words, layers=config.n_layer)
        self._model, self._seen = (params, config), trace(params, config, torch.as_tensor(ids))
        self._parts = [None] * 15  # so that a step can be checked before there are any
        self.layer, self.token, self.step = layer, token, step
        self._show()
        self.observe(self._show, ["layer", "token"])

    def _counts(self):
        return {"layer": self.layers, "token": len(self.words), "step": 15}

    def _show(self, _=None):
        self._parts = block_steps(*self._model, self._seen, self.layer, self.token, self.words)
        steps, flat = [], []
        for step in self._parts:
            parts = []
            for part in step["parts"]:
                parts.append(
                    {k: part[k] for k in ("title", "role", "rows", "columns")}
                    | {"at": sum(map(len, flat)), "shape": list(part["values"].shape)}
                )
                flat.append(part["values"].flatten())
            steps.append(
                {k: step[k] for k in ("name", "formula", "shape", "says", "joins")}
                | {"parts": parts}
            )
        with self.hold_sync():
            self.steps, self.numbers = steps, torch.cat(flat).float().numpy().tobytes()

    def values(self, step: int) -> list[torch.Tensor]:
        """The numbers of a step of the layer and token shown; one tensor, or three where it has
        three parts.
        """
        return [part["values"] for part in self._parts[step]["parts"]]

    def __repr__(self) -> str:
        lines = [f"“{self.words[self.token]}”, token {self.token}, in block {self.layer}:"]
        for step in self._parts:
            first = step["parts"][0]["values"].flatten()[:3].tolist()
            lines.append(
                f"{step['name']:14} {step['shape']:28} {' '.join(f'{n:.2f}' for n in first)} …"
            )
        return "\n".join(lines)

    def html(self) -> str:
        title = f"“{self.words[self.token]}”, token {self.token}, goes up block {self.layer}"
        return f"<div>{escape(title)}</div>{figures.flow(title, self._parts).html()}"


def block_steps(params, config, seen, layer, token, words) -> list[dict]:
    """The fifteen steps of one token through one block, from the bottom up.

    seen: what `utils.trace.trace` kept. Each step has a name, a formula, a shape, a sentence,
    whether it `joins` the
    residual stream, and parts: tables of numbers, (rows, columns), with titles, roles and labels.
    """
    t, C, H = token, config.n_embd, config.n_head
    D, h = C // H, f"h.{layer}."
    inner = config.n_inner or 4 * C
    x = seen["residual" if layer == 0 else f"h.{layer - 1}.residual"][t]  # (C,)
    q, k, v, scores, shares, heads = (
        seen[h + name] for name in ("q", "k", "v", "scores", "attention", "heads")
    )
    with torch.no_grad():
        c_fc = gpt2.linear(params, h + "mlp.c_fc", seen[h + "ln_2"][t])  # (C,) -> (4C,)
    names, upto = [f"head {i}" for i in range(H)], words[: t + 1]
    qkv = torch.cat([part[:, t].flatten() for part in (q, k, v)])  # three of (n_head, D) -> (3C,)

    def vector(values, role="token", title=""):
        return [{"title": title, "role": role, "rows": [], "columns": [], "values": values[None]}]

    def by_head(values, role, title, columns=()):
        return {
            "title": title,
            "role": role,
            "rows": names,
            "columns": list(columns),
            "values": values,
        }

    def step(name, formula, shape, says, parts, joins=False):
        return {
            "name": name,
            "formula": formula,
            "shape": shape,
            "says": says,
            "parts": parts,
            "joins": joins,
        }

    below = (
        "the token's row of wte plus its position's row of wpe"
        if layer == 0
        else f"what block {layer - 1} left"
    )
    return [
        step(
            "x",
            "x",
            f"({C},)",
            f"The residual stream as it enters block {layer}: {below}.",
            vector(x),
            True,
        ),
        step(
            "ln_1",
            "y = ln_1(x)",
            f"({C},) → ({C},)",
            "LayerNorm makes it mean 0 and spread 1, times a learned weight, plus a bias. The "
            "stream itself stays as it was.",
            vector(seen[h + "ln_1"][t], "plain"),
        ),
        step(
            "c_attn",
            "y @ c_attn.weight + c_attn.bias",
            f"({C},) @ ({C}, {3 * C}) → ({3 * C},)",
            f"One matrix makes query, key and value at once: the first {C} numbers are the "
            "query, then the key, then the value.",
            vector(qkv, "query"),
        ),
        step(
            "split heads",
            "unflatten(-1, (3, n_head, D))",
            f"({3 * C},) → 3 × ({H}, {D})",
            f"Each of the three is cut into {H} heads of {D} numbers. No number changes.",
            [
                by_head(q[:, t], "query", "query"),
                by_head(k[:, t], "key", "key"),
                by_head(v[:, t], "value", "value"),
            ],
        ),
        step(
            "scores",
            "q @ k.T / √D",
            f"({H}, {D}) @ ({H}, {D}, {t + 1}) → ({H}, {t + 1})",
            "In each head the query is held against the key of every token up to here, its "
            f"own included. The dot product is divided by √{D}. Later tokens are masked.",
            [by_head(scores[:, t, : t + 1], "score", "query (row: head) asks key (column)", upto)],
        ),
        step(
            "softmax",
            "softmax(scores)",
            f"({H}, {t + 1}) → ({H}, {t + 1})",
            "Scores become shares: each head's row adds up to 1.",
            [by_head(shares[:, t, : t + 1], "share", "share, 0 to 1", upto)],
        ),
        step(
            "weighted sum",
            "shares @ v",
            f"({H}, {t + 1}) @ ({H}, {t + 1}, {D}) → ({H}, {D})",
            "Each head adds up the values of all these tokens, each times its share.",
            [by_head(heads[:, t], "value", "what each head found")],
        ),
        step(
            "merge heads",
            "flatten()",
            f"({H}, {D}) → ({C},)",
            f"The {H} finds are put side by side again. No number changes.",
            vector(heads[:, t].flatten(), "value"),
        ),
        step(
            "attn.c_proj",
            "… @ c_proj.weight + c_proj.bias",
            f"({C},) @ ({C}, {C}) → ({C},)",
            "A matrix mixes them: now every number has heard every head.",
            vector(seen[h + "attn"][t], "plain"),
        ),
        step(
            "x + attention",
            "x = x + …",
            f"({C},) + ({C},) → ({C},)",
            "It is added to the stream. What was there before is still there.",
            vector(seen[h + "middle"][t]),
            True,
        ),
        step(
            "ln_2",
            "y = ln_2(x)",
            f"({C},) → ({C},)",
            "LayerNorm once more, with weights of its own.",
            vector(seen[h + "ln_2"][t], "plain"),
        ),
        step(
            "c_fc",
            "y @ c_fc.weight + c_fc.bias",
            f"({C},) @ ({C}, {inner}) → ({inner},)",
            f"The MLP widens it to {inner} numbers. Each asks one question of the vector.",
            vector(c_fc, "key"),
        ),
        step(
            "GELU",
            "gelu(…)",
            f"({inner},) → ({inner},)",
            "Negative numbers shrink to nearly nothing, positive ones pass.",
            vector(seen[h + "hidden"][t], "key"),
        ),
        step(
            "mlp.c_proj",
            "… @ c_proj.weight + c_proj.bias",
            f"({inner},) @ ({inner}, {C}) → ({C},)",
            f"The answers become {C} numbers again.",
            vector(seen[h + "mlp"][t], "plain"),
        ),
        step(
            "x + MLP",
            "x = x + …",
            f"({C},) + ({C},) → ({C},)",
            f"Added to the stream. This is what block {layer} hands on.",
            vector(seen[h + "residual"][t]),
            True,
        ),
    ]
