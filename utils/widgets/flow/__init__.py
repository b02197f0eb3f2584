"""One word followed through the whole model: every step opens, and every number says what made it.

The browser computes it all from the weights, by `gpt2.js`; the kernel is asked only for what a
learner's own function makes of a step.
"""

from html import escape

import anywidget
import torch
import traitlets
from safetensors.torch import save

from utils import gpt2, sampling
from utils.figures import explorers as figures
from utils.trace import trace
from utils.widgets import CHOSEN, Explorer, is_bundled, source, vocabulary
from utils.widgets.flow import own as owned

MOST_PARAMETERS = 20_000_000  # the browser gets them all; a larger model takes it seconds a word
ALL = 60  # the top-k dial's last place: no limit

PARTS = (  # page first: its style is what the others' build on
    *("page", "draw", "runs", "steps", "naming", "making", "own"),
    *("next", "stack", "copy", "attending", "panel", "number", "top", "flow"),
)
ESM = source("gpt2", "bpe", "safetensors", "arcs", *(f"flow/{part}" for part in PARTS))


class FlowExplorer(Explorer, anywidget.AnyWidget):
    """A text on its way through GPT-2, from wte and wpe to the next word, with every value of it.

    params, config, tokenizer: a checkpoint, as utils.checkpoint.load gives it, of at most 20
    million parameters. `view.text`; `view.step`, a value's name as in utils.trace ("h.1.attention",
    also "masked", "merged", "c_fc" in a block, and "next"); `view.token`, a place in the text (-1:
    the last one); `view.head`; `view.temperature`, `view.top_k` (60: all), `view.top_p`; and
    `view.changes` say what is shown and may be set. stories: texts to choose from.

    `view.use(attention_scores)` puts an exercise's function of yours in the place of the model's.
    Where no kernel runs, a picture of the token in the chosen step's block stands in its place.
    """

    _esm = ESM
    file = traitlets.Bytes().tag(sync=True)  # the weights, as safetensors
    config = traitlets.Dict().tag(sync=True)
    vocabulary = traitlets.List().tag(sync=True)
    stories = traitlets.List(traitlets.Unicode()).tag(sync=True)
    text = traitlets.Unicode("").tag(**CHOSEN)
    token = traitlets.Int(-1).tag(**CHOSEN)
    step = traitlets.Unicode().tag(**CHOSEN)
    head = traitlets.Int(0).tag(**CHOSEN)
    temperature = traitlets.Float(1.0).tag(**CHOSEN)
    top_k = traitlets.Int(ALL).tag(**CHOSEN)
    top_p = traitlets.Float(1.0).tag(**CHOSEN)
    changes = traitlets.List(traitlets.Dict()).tag(**CHOSEN)
    own = traitlets.Dict().tag(sync=True)  # a step -> the exercises used there, and what they read
    used = traitlets.Int(0).tag(sync=True)  # counts: a function may be mended under its old name
    kernel = traitlets.Bool(True).tag(sync=True)
    links = traitlets.Unicode("{lesson}.ipynb#Exercise:-{exercise}").tag(sync=True)

    def __init__(
        self, params, config, tokenizer, text, step="h.0.attention", token=-1, head=0, stories=()
    ):
        count = sum(p.numel() for p in params.values())
        if count > MOST_PARAMETERS:
            raise ValueError(
                f"The browser computes this explorer's values, for models of up to "
                f"{MOST_PARAMETERS:,} parameters, and this one has {count:,}."
            )
        self._model, self._functions = (params, config, tokenizer), {}
        self._check_text(text)
        super().__init__(
            file=weights_file(params),
            config=vars(config),
            vocabulary=vocabulary(tokenizer),
            stories=list(stories),
            text=text,
        )
        self.step, self.token, self.head = step, token, head
        self.on_msg(self._asked)

    def _check_text(self, text):
        _, config, tokenizer = self._model
        return sampling.start_of(config, tokenizer, text)

    @traitlets.validate("step", "token", "head")
    def _there(self, proposal):
        name, value = proposal["trait"].name, proposal["value"]
        _, config, _ = self._model
        if name == "step" and value not in step_names(config):
            raise ValueError(f"{value!r} is no step: they are {', '.join(step_names(config))}")
        if name == "head" and not 0 <= value < config.n_head:
            raise ValueError(f"head must be from 0 to {config.n_head - 1}, not {value}")
        if name == "token" and not -1 <= value < config.n_positions:
            raise ValueError(
                f"token must be from 0 to {config.n_positions - 1}, or -1, not {value}"
            )
        return value

    def use(self, *functions) -> None:
        """Put your functions, by the names of their exercises, in the place of the model's steps;
        without any, the model's come back. ValueError for one that stands for no step.
        """
        for function in functions:
            owned.check(function)
        new = {function.__name__: function for function in functions}
        self._functions = self._functions | new if new else {}
        with self.hold_sync():
            self.own, self.used = owned.steps_of(self._functions), self.used + 1

    def _asked(self, _, message, buffers):
        answer, buffers = owned.answer(self._functions, *self._model[:2], message, buffers)
        self.send(answer, buffers)

    def _goes(self) -> tuple[str, int, list[dict]]:
        """The chosen token's word, its place, and the values of its way through the block."""
        params, config, tokenizer = self._model
        ids = self._check_text(self.text)
        t = self.token if -1 < self.token < len(ids) else len(ids) - 1
        seen = trace(params, config, torch.tensor(ids))
        return tokenizer.decode([ids[t]]).strip(), t, way(params, config, seen, self._block, t)

    @property
    def _block(self) -> int:
        """The block of the chosen step; below and above them, the nearest."""
        if self.step.startswith("h."):
            return int(self.step.split(".")[1])
        return 0 if self.step in ("tokens", "positions", "residual") else self._model[1].n_layer - 1

    def __repr__(self) -> str:
        word, t, steps = self._goes()
        lines = [f"“{word}”, token {t}, in block {self._block}:"]
        for step in steps:
            first = " ".join(f"{n:.2f}" for n in step["values"].flatten()[:3].tolist())
            lines.append(f"{step['name']:12} {step['shape']:12} {first} …")
        return "\n".join(lines)

    def on_site(self):
        params, config, _ = self._model
        if is_bundled(params, config):
            state = self.traits_to_begin("config", "vocabulary", "own")
            state |= {"own": {}, "kernel": False, "links": "{lesson}.html#exercise-{exercise}"}
            return {"explorer": "flow", "states": [state]}

    def html(self) -> str:
        word, t, steps = self._goes()
        title = f"“{word}”, token {t}, goes up block {self._block}"
        return f"<div>{escape(title)}</div>{figures.flow(title, steps).html()}"


def step_names(config) -> list[str]:
    """What `view.step` may be, from the bottom up."""
    block = (
        "ln_1 q k v scores masked attention heads merged attn middle ln_2 c_fc hidden mlp residual"
    ).split()
    inside = [f"h.{i}.{name}" for i in range(config.n_layer) for name in block]
    return ["tokens", "positions", "residual", *inside, "ln_f", "logits", "next"]


def weights_file(params) -> bytes:
    """params as a safetensors file; in float16 where that loses nothing."""
    half = {name: p.detach().half().contiguous() for name, p in params.items()}
    if all(torch.equal(half[name].float(), p.float()) for name, p in params.items()):
        return save(half)
    return save({name: p.detach().float().contiguous() for name, p in params.items()})


def way(params, config, seen, block: int, t: int) -> list[dict]:
    """A token's values in a block, from what `utils.trace.trace` kept, from the bottom up: each
    step's name, values, shape, and whether it joins the residual stream.
    """
    h, below = f"h.{block}.", "residual" if block == 0 else f"h.{block - 1}.residual"
    with torch.no_grad():
        c_fc = gpt2.linear(params, h + "mlp.c_fc", seen[h + "ln_2"][t])  # (C,) -> (4C,)
    by_head = [(name, seen[h + name][:, t]) for name in ("q", "k", "v")]  # (n_head, D)
    by_head += [(name, seen[h + name][:, t, : t + 1]) for name in ("scores", "attention")]
    steps = [
        ("x", seen[below][t]),
        ("ln_1", seen[h + "ln_1"][t]),
        *by_head,
        ("heads", seen[h + "heads"][:, t]),
        ("attn.c_proj", seen[h + "attn"][t]),
        ("x + attention", seen[h + "middle"][t]),
        ("ln_2", seen[h + "ln_2"][t]),
        ("c_fc", c_fc),
        ("GELU", seen[h + "hidden"][t]),
        ("mlp.c_proj", seen[h + "mlp"][t]),
        ("x + MLP", seen[h + "residual"][t]),
    ]
    return [
        {"name": name, "values": values, "shape": str(tuple(values.shape)), "joins": name[0] == "x"}
        for name, values in steps
    ]
