"""A learner's functions in the place of a model's steps: who makes which value, and from what.

A value has a row for each token, as in gpt2.js: heads lie side by side in it. The exercises' own
shapes, (n_head, T, D), are made here, and undone.
"""

from collections.abc import Callable
from dataclasses import dataclass

import torch

from utils import sampling

DIALS = ("temperature", "top_k", "top_p")  # from logits to logits, in this order


class At:
    """Where a function is used: the value's name, what it reads, and the model.

    read: by the last part of their names, (T, n) each; ids: (T,).
    """

    def __init__(self, name, read, ids, params, config):
        self.block, _, self.key = name.rpartition(".")
        self.read, self.ids, self.config, self._params = read, ids, config, params
        self.D = config.n_embd // config.n_head

    def __getitem__(self, name: str) -> torch.Tensor:
        """A value that is read, or a parameter: of this block, where it is in one."""
        if name in self.read:
            return self.read[name]
        return self._params[f"{self.block}.{name}" if self.block else name].clone()

    def split(self, name: str) -> torch.Tensor:
        return self.read[name].unflatten(-1, (self.config.n_head, -1)).transpose(0, 1)

    def block_weights(self) -> dict:
        h = self.block + "."
        return {n.removeprefix(h): p.clone() for n, p in self._params.items() if n.startswith(h)}


def rows(heads: torch.Tensor) -> torch.Tensor:
    return heads.transpose(0, 1).flatten(1)  # (n_head, T, n) -> (T, n_head * n)


@dataclass(frozen=True)
class Use:
    """An exercise that makes a value; "h.scores" is that of every block, "x" the stream that enters
    it. call(function, at) gives the value's rows; at["made"] are those that the model made, or a
    function before this one.
    """

    exercise: str
    value: str
    reads: tuple[str, ...]
    call: Callable


def _norm(x):
    return lambda f, at: f(
        at[x], at[at.key + ".weight"], at[at.key + ".bias"], at.config.layer_norm_epsilon
    )


def _linear(*names):
    return [f"{name}.{end}" for name in names for end in ("weight", "bias")]


def _project(part):
    return lambda f, at: f(at["ln_1"], *(at[n] for n in _linear("attn.c_attn")))[part]


def _attention(f, at):
    weights = (at[name] for name in _linear("attn.c_attn", "attn.c_proj"))
    return f(at["ln_1"], *weights, at.config.n_head)


USES = [
    Use("embed", "tokens", (), lambda f, at: f(at.ids, at["wte.weight"])),
    Use("add_positions", "residual", ("tokens",), lambda f, at: f(at["tokens"], at["wpe.weight"])),
    Use("layer_norm", "h.ln_1", ("x",), _norm("x")),
    Use("layer_norm", "h.ln_2", ("middle",), _norm("middle")),
    Use("layer_norm", "ln_f", ("x",), _norm("x")),
    *(Use("project_qkv", "h." + name, ("ln_1",), _project(i)) for i, name in enumerate("qkv")),
    *(
        Use("split_heads", "h." + n, (), lambda f, at: rows(f(at["made"], at.config.n_head)))
        for n in "qkv"
    ),
    Use(
        *("attention_scores", "h.scores", ("q", "k")),
        lambda f, at: rows(f(at.split("q"), at.split("k"))) / at.D**0.5,
    ),
    Use("scale", "h.scores", (), lambda f, at: rows(f(at.split("made") * at.D**0.5, at.D))),
    Use(
        *("causal_mask", "h.masked", ("scores",)),
        lambda f, at: rows(at.split("scores").masked_fill(~f(len(at.ids)), -torch.inf)),
    ),
    Use("softmax", "h.attention", ("masked",), lambda f, at: rows(f(at.split("masked")))),
    Use(
        *("weighted_sum", "h.heads", ("attention", "v")),
        lambda f, at: rows(f(at.split("attention"), at.split("v"))),
    ),
    Use(
        *("masked_attention", "h.heads", ("q", "k", "v")),
        lambda f, at: rows(f(*(at.split(name) for name in "qkv"))),
    ),
    Use("merge_heads", "h.merged", ("heads",), lambda f, at: f(at.split("heads"))),
    Use("multi_head_attention", "h.attn", ("ln_1",), _attention),
    Use("gelu", "h.hidden", ("c_fc",), lambda f, at: f(at["c_fc"])),
    Use(
        *("mlp", "h.mlp", ("ln_2",)),
        lambda f, at: f(at["ln_2"], *(at[n] for n in _linear("mlp.c_fc", "mlp.c_proj"))),
    ),
    Use(
        *("decoder_block", "h.residual", ("x",)),
        lambda f, at: f(at["x"], at.block_weights(), at.config.n_head),
    ),
    Use("unembed", "logits", ("ln_f",), lambda f, at: f(at["ln_f"], at["wte.weight"])),
]


def check(function) -> None:
    """ValueError, with one sentence, for what stands for no step."""
    names = sorted({use.exercise for use in USES} | {*DIALS, "sample_id"})
    if not callable(function) or getattr(function, "__name__", "") not in names:
        raise ValueError(
            f"The explorer can use a function of one of these exercises, under its own name: "
            f"{', '.join(names)}; not {getattr(function, '__name__', function)!r}."
        )


def steps_of(functions: dict) -> dict:
    """For the browser: of each value that functions make, who makes it, and what is to be sent."""
    steps = {}
    for use in (use for use in USES if use.exercise in functions):
        step = steps.setdefault(use.value, {"by": [], "reads": []})
        step["by"].append(use.exercise)
        step["reads"] += [name for name in use.reads if name not in step["reads"]]
    if last := [name for name in (*DIALS, "sample_id") if name in functions]:
        steps["next"] = {"by": last, "reads": ["logits"]}
    return steps


def _turned(functions, logits, dials) -> torch.Tensor:
    """Logits (1, V) -> probabilities (1, V), by a learner's dials and the course's for the rest."""
    row = logits[0]
    for name, value in zip(DIALS, dials, strict=True):
        if name in functions:
            row = _tensors(functions[name])(row, value)
        else:
            row = sampling.probabilities(row, **{name: value}).log()
    return row.softmax(-1)[None]


def _drawn(sample_id, shares, u) -> torch.Tensor:
    """The id that a learner draws, (1, 1), from probabilities (1, V)."""
    token = int(sample_id(shares[0], u))
    if not 0 <= token < shares.shape[1]:
        raise ValueError(f"there is no token {token}")
    return torch.tensor([[float(token)]])


def _calls(functions, name, at, dials) -> list[tuple[str, Callable]]:
    """Who makes a value, one after the other: what to call them, and the calls."""
    if name == "next":
        who = [dial for dial in DIALS if dial in functions]
        return [(", ".join(who), lambda: _turned(functions, at["logits"], dials))]
    if name == "drawn":
        return [("sample_id", lambda: _drawn(functions["sample_id"], at["next"], *dials))]
    value = f"h.{at.key}" if at.block else at.key
    uses = (use for use in USES if use.value == value and use.exercise in functions)
    return [
        (use.exercise, lambda use=use: use.call(_tensors(functions[use.exercise]), at))
        for use in uses
    ]


class NoTensor(Exception):
    """Says of a value that a function gave why it cannot stand for a step's."""


def _tensors(function) -> Callable:
    def called(*args):
        given = function(*args)
        parts = given if isinstance(given, (tuple, list)) else [given]
        if wrong := [type(p).__name__ for p in parts if not isinstance(p, torch.Tensor)]:
            raise NoTensor(f"it gave {wrong[0]}, and a tensor is needed")
        return given

    return called


@torch.no_grad()
def answer(functions, params, config, message: dict, buffers: list) -> tuple[dict, list]:
    """What the browser gets for a question: {"call"} and a buffer of float32, or {"call", "error"}.

    message: {"call", "name" (a value's), "ids", "sent": [[name, T, n], …]}, with a buffer of
    float32 for each that is sent; "made", the model's rows, is the first. "next" are probabilities
    behind the "dials" (three), "drawn" is the id that the number in "dials" draws from them.
    """
    read = {
        name: torch.frombuffer(bytearray(buffer), dtype=torch.float32).view(T, n)
        for (name, T, n), buffer in zip(message["sent"], buffers, strict=True)
    }
    name, made = message["name"], read["made"]
    at = At(name, read, torch.tensor(message["ids"]), params, config)
    for who, call in _calls(functions, name, at, message.get("dials")):
        try:
            given = call()
            wrong = _wrong(given, made, at.key)
        except NoTensor as error:
            wrong = str(error)
        except Exception as error:  # a learner's function may raise anything
            wrong = f"{type(error).__name__}: {error}"
        if wrong:
            return {"call": message["call"], "error": f"{who}: {wrong}"}, []
        read["made"] = given.float()
    return {"call": message["call"]}, [read["made"].contiguous().numpy().tobytes()]


def _wrong(given, made, key) -> str:
    """A sentence where rows cannot stand in the place of those that the model made."""
    if given.shape != made.shape:
        return f"it gave {given.numel():,} numbers, and {made.numel():,} are needed"
    if given.isnan().any():
        return "it gave numbers that are nan"
    if key != "masked" and given.isinf().any():
        return "it gave numbers that are infinite"
    return ""
