"""Figures of lesson 08."""

import math
from html import escape

import matplotlib as mpl
import numpy as np

from utils import checkpoint, gpt2
from utils.figures import style
from utils.figures.byte_pair_encoding import row_of, visible
from utils.figures.style import ROLE, Picture


def sizes(facts: dict[str, dict], released_as: dict[str, int], limit: float) -> Picture:
    """F3: the four sizes: parameters as in the paper and as counted, the file, and the memory as
    float32.

    facts: {name: {"parameters", "megabytes"}}; released_as: {name: millions}; limit: gigabytes of
    memory, a dashed line.
    """
    figure, axis = style.new(8, 3.1)
    names = list(facts)
    needs = [4 * facts[name]["parameters"] / 1e9 for name in names]
    files = [facts[name]["megabytes"] / 1000 for name in names]
    place = np.arange(len(names))
    axis.barh(place - 0.2, files, 0.36, color=ROLE["token"], label="file on the hub")
    axis.barh(
        place + 0.2,
        needs,
        0.36,
        color=ROLE["key"],
        hatch="//",
        edgecolor="white",
        label="memory for its parameters",
    )
    most = max(*files, *needs)
    for i in range(len(names)):
        axis.text(files[i] + most * 0.01, i - 0.2, f"{files[i]:.2f} GB", va="center", size=8)
        axis.text(needs[i] + most * 0.01, i + 0.2, f"{needs[i]:.2f} GB", va="center", size=8)
    if limit <= 1.4 * most:
        axis.axvline(limit, color=ROLE["ink"], linestyle="--", linewidth=1)
        axis.text(limit, -0.55, f"{limit:g} GB", ha="center", va="bottom", size=8)
    axis.set_yticks(
        place,
        [
            f"{n}\nin the paper {released_as[n]:,} million\ncounted "
            f"{facts[n]['parameters'] / 1e6:,.1f}"
            for n in names
        ],
        size=8,
    )
    axis.set(xlabel="gigabytes", xlim=(0, 1.15 * most), ylim=(len(names) - 0.5, -0.6))
    axis.legend(frameon=False, loc="upper right")
    said = "; ".join(
        f"{n}: in the paper {released_as[n]} million, counted "
        f"{facts[n]['parameters'] / 1e6:.1f}, file {f:.2f} GB, memory {m:.2f} GB"
        for n, f, m in zip(names, files, needs)
    )
    return Picture(figure, f"Bars of the four sizes. {said}. A dashed line stands at {limit:g} GB.")


def file_layout(json_bytes: int, tensors: int, number_bytes: int) -> Picture:
    """The three parts of a safetensors file, not to scale, with their sizes in bytes."""
    figure, axes = style.canvas(8, 1.75)
    parts = (
        (0.3, 1.2, "8 bytes", "how long is\nthe JSON?", "position"),
        (
            1.6,
            2.5,
            f"{json_bytes:,} bytes",
            f"JSON: name, dtype, shape and\nplace of {tensors} tensors",
            "key",
        ),
        (4.2, 3.5, f"{number_bytes:,} bytes", "nothing but numbers,\ntensor after tensor", "value"),
    )
    for x, width, size, text, role in parts:
        style.box(axes, x, 0.45, width, 0.8, text, role, size=9)
        axes.text(x + width / 2, 0.35, size, ha="center", va="bottom", size=9)
    axes.text(0.3, 1.5, "byte 0", size=8, va="center")
    axes.text(1.6, 1.5, "byte 8", size=8, va="center")
    axes.text(4.2, 1.5, f"byte {8 + json_bytes:,}", size=8, va="center")
    return Picture(
        figure,
        "A file in three parts, one after the other: 8 bytes that say how long the JSON is; "
        f"{json_bytes:,} bytes of JSON that list "
        f"{tensors} tensors; {number_bytes:,} bytes of numbers.",
    )


def portrait(params: dict, n_layer: int) -> Picture:
    """F57: all matrices of the loaded model, their own numbers as colours, each thinned out to a
    small picture.
    """
    columns = ("attn.c_attn", "attn.c_proj", "mlp.c_fc", "mlp.c_proj")
    width = (3, 1, 4, 4)
    figure, axes = style.new(8.4, 1.7 + 0.5 * min(n_layer, 12), 1, 2, width_ratios=[1, 4])
    tables, blocks = axes
    for axis in axes:
        axis.axis("off")
    for k, name in enumerate(("wte", "wpe")):
        _patch(tables, params[f"{name}.weight"], (k * 0.55, k * 0.55 + 0.45), (0, 1), 90)
        tables.text(
            k * 0.55 + 0.22,
            1.02,
            f"{name}\n{'×'.join(f'{s:,}' for s in params[f'{name}.weight'].shape)}",
            ha="center",
            va="bottom",
            size=7,
        )
    tables.set(xlim=(0, 1.02), ylim=(0, 1.12))
    for i in range(n_layer):
        x = 0
        for name, wide in zip(columns, width):
            _patch(
                blocks,
                params[f"h.{i}.{name}.weight"],
                (x, x + wide),
                (n_layer - 1 - i + 0.06, n_layer - i - 0.06),
                40,
            )
            if i == 0:
                shape = "×".join(f"{s:,}" for s in params[f"h.0.{name}.weight"].shape)
                blocks.text(
                    x + wide / 2,
                    n_layer + 0.02 * n_layer,
                    f"{name}\n{shape}",
                    ha="center",
                    va="bottom",
                    size=7,
                )
            x += wide + 0.15
        blocks.text(-0.1, n_layer - 0.5 - i, f"h.{i}", ha="right", va="center", size=8)
    blocks.set(xlim=(-0.7, x), ylim=(0, 1.12 * n_layer))
    count = sum(p.numel() for p in params.values())
    return Picture(
        figure,
        "The matrices of the loaded model as tiles of orange and violet points, violet "
        "above 0 and orange below: wte, wpe, and for "
        f"each of {n_layer} blocks c_attn, c_proj, c_fc and c_proj. All tensors together "
        f"hold {count:,} numbers.",
    )


def _patch(axis, matrix, xs, ys, most: int):
    matrix = np.asarray(matrix)
    thin = matrix[:: math.ceil(matrix.shape[0] / most), :: math.ceil(matrix.shape[1] / most)]
    limit = 2 * matrix.std() or 1
    axis.imshow(
        thin,
        cmap=style.DIVERGING,
        vmin=-limit,
        vmax=limit,
        extent=(*xs, *ys),
        aspect="auto",
        interpolation="none",
    )


def losses(values: dict[str, float], knows_nothing: float) -> Picture:
    """A loss for each way of loading, beside that of a model that knows nothing."""
    figure, axis = style.new(7.4, 0.9 + 0.42 * len(values))
    names = list(values)[::-1]
    axis.barh(
        names,
        [values[n] for n in names],
        color=[ROLE["good"] if n == names[-1] else ROLE["bad"] for n in names],
        height=0.55,
    )
    for i, name in enumerate(names):
        axis.text(values[name] + 0.06, i, f"{values[name]:.2f}", va="center", size=9)
    axis.axvline(knows_nothing, color=ROLE["ink"], linestyle="--", linewidth=1)
    axis.text(knows_nothing, len(names) - 0.42, "knows nothing", ha="center", va="bottom", size=8)
    axis.set(xlabel="loss (nats per token)", xlim=(0, 1.15 * max(knows_nothing, *values.values())))
    said = "; ".join(f"{n}: {v:.2f}" for n, v in values.items())
    return Picture(
        figure,
        f"Losses in nats per token. {said}. A model that knows nothing has {knows_nothing:.2f}.",
    )


class Written:
    """F1: a text token by token, each with the probability that the model gave it, and a shade for
    it.

    tokens: bytes; probabilities: one for each, None for what was given and not predicted.
    """

    def __init__(self, tokens: list[bytes], probabilities: list):
        if len(tokens) != len(probabilities):
            raise ValueError(
                f"each token needs a probability or None; got {len(tokens)} and "
                f"{len(probabilities)}"
            )
        self.tokens, self.probabilities = tokens, probabilities

    def __repr__(self) -> str:
        return " ".join(
            visible(t) + (f"({p:.0%})" if p is not None else "")
            for t, p in zip(self.tokens, self.probabilities)
        )

    def _repr_html_(self) -> str:
        chips = []
        for token, p in zip(self.tokens, self.probabilities):
            colour = (
                "#e9ecef"
                if p is None
                else mpl.colors.to_hex(
                    np.array(mpl.colors.to_rgb(ROLE["token"])) * 0.75 * p + (1 - 0.75 * p)
                )
            )
            below = "&nbsp;" if p is None else f"{p:.0%}"
            chips.append(
                "<span style='display:inline-block;margin:1px;padding:1px "
                f"3px;background:{colour};color:{ROLE['ink']};"
                f"border:1px solid #adb5bd;border-radius:3px;line-height:1.25;text-align:center'>"
                f"<code style='background:none;color:{ROLE['ink']}'>{escape(visible(token))}</code>"
                f" <small style='display:block'>{below}</small></span>"
            )
        given = "grey: the given beginning; " if None in self.probabilities else ""
        return (
            "<div style='line-height:1'>"
            + row_of(chips)
            + f"</div><div style='opacity:.8'>{given}below each token the probability that the "
            "model gave it</div>"
        )


class Known:
    """What is known about a model that somebody brought: a table, one row a line.

    params, config, tokenizer: as utils.checkpoint.load gives them.
    """

    def __init__(self, name: str, params, config, tokenizer):
        differ, source = checkpoint.verify(params, config), checkpoint.known.shaped_as(config)
        published = f"{len(params) - len(differ)} of {len(params)} as published"
        ends = [t for t in (config.eos_token_id, *config.more_eos) if t is not None]
        self.name = name
        self.rows = [
            ("parameters", f"{gpt2.count_parameters(config):,} in {len(params)} tensors"),
            ("blocks", f"{config.n_layer}, of {config.n_head} heads and width {config.n_embd}"),
            ("context", f"{config.n_positions:,} tokens"),
            ("vocabulary", f"{config.vocab_size:,} ids"),
            ("tokenizer", "none: the ids are not text" if tokenizer is None else "byte pairs"),
            ("a text ends at", ", ".join(map(str, ends)) or "no id"),
            ("logits' matrix", "wte" if config.tie_word_embeddings else "its own (lm_head)"),
            ("fingerprints", published if source else "none published for this shape"),
        ]

    def __repr__(self) -> str:
        return "\n".join([self.name, *(f"{what}: {value}" for what, value in self.rows)])

    def _repr_html_(self) -> str:
        cell = "style='text-align:left'"
        rows = "".join(
            f"<tr><th scope='row' {cell}>{escape(what)}</th><td {cell}>{escape(value)}</td></tr>"
            for what, value in self.rows
        )
        return f"<div><b>{escape(self.name)}</b><table><tbody>{rows}</tbody></table></div>"


class Comparison:
    """What was published beside what was computed, with pass or fail. `facts` as utils.exercises'
    Fact; decode: ids -> text.
    """

    def __init__(self, model: str, facts, computed: list, decode):
        self.model = model
        self.rows = [
            (
                fact.what,
                self._text(fact, fact.published, decode),
                self._text(fact, value, decode),
                fact.holds(value),
            )
            for fact, value in zip(facts, computed, strict=True)
        ]
        self.passed = sum(holds for *_, holds in self.rows)
        self.summary = f"{model}: {self.passed} of {len(self.rows)} agree"

    @staticmethod
    def _text(fact, value, decode) -> str:
        if fact.kind == "greedy":
            return " ".join(decode(list(value[len(fact.given[0]) :])).split())
        if fact.kind == "next":
            return f"{value:.1%}"
        if isinstance(value, float):
            return f"{value:.4f}"
        return value[:12] + "…" if isinstance(value, str) else f"{value:,}"

    def __repr__(self) -> str:
        return "\n".join(
            [self.summary]
            + [
                f"{'pass' if holds else 'FAIL'}  {what}: {published} / {computed}"
                for what, published, computed, holds in self.rows
            ]
        )

    def _repr_html_(self) -> str:
        cell = "style='text-align:left;vertical-align:top;max-width:22em'"
        body = "".join(
            f"<tr><th scope='row' {cell}>{escape(what)}</th><td "
            f"{cell}>{escape(published)}</td><td {cell}>{escape(computed)}</td>"
            f"<td {cell}><b>{'✓ pass' if holds else '✗ fail'}</b></td></tr>"
            for what, published, computed, holds in self.rows
        )
        head = "".join(
            f"<th scope='col' {cell}>{name}</th>"
            for name in ("what", "published", "computed by my_gpt2", "agrees?")
        )
        return (
            f"<div><b>{escape(self.summary)}</b><table><thead><tr>{head}</tr></thead><tbody>"
            f"{body}</tbody></table></div>"
        )
