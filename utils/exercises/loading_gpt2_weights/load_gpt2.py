"""Load a checkpoint, or say why not."""

import torch

from utils import gpt2
from utils.exercises import Case, Exercise
from utils.exercises.loading_gpt2_weights.drop_mask_buffers import drop_mask_buffers
from utils.exercises.loading_gpt2_weights.shared import TINY, normal, stored
from utils.exercises.loading_gpt2_weights.weight_names import weight_names


def load_gpt2(stored, shapes):
    params = {}
    for name, (layer, own) in weight_names(drop_mask_buffers(list(stored))).items():
        key = own if layer is None else f"h.{layer}.{own}"
        if key not in shapes:
            raise ValueError(f"{name} is no part of a GPT-2")
        if tuple(stored[name].shape) != tuple(shapes[key]):
            raise ValueError(f"{name} has another shape")
        params[key] = stored[name].float()
    if missing := shapes.keys() - params.keys():
        raise ValueError(f"missing: {sorted(missing)}")
    return params


def cases(rng):
    shapes = gpt2.shapes(TINY)
    masks = {f"h.{i}.attn.bias": torch.ones(1, 1, 3, 3).tril() for i in range(TINY.n_layer)}
    yield Case("nothing special", (stored(rng), shapes))
    yield Case("as on the hub: with masks", (stored(rng) | masks, shapes))
    params = stored(rng)
    prefixed = {f"transformer.{name}": p for name, p in params.items()} | {
        "lm_head.weight": params["wte.weight"]
    }
    yield Case("as transformers saves it: a prefix, an lm_head", (prefixed, shapes))
    yield Case("in float16", ({name: p.half() for name, p in stored(rng).items()}, shapes))
    lacking = stored(rng)
    del lacking["h.1.attn.c_attn.bias"]
    yield Case("one tensor is missing", (lacking, shapes))
    yield Case("in bfloat16", ({name: p.bfloat16() for name, p in stored(rng).items()}, shapes))
    tied = stored(rng)
    tied["lm_head.weight"] = tied.pop("wte.weight")
    yield Case("an lm_head and no wte", (tied, shapes))
    name = "h.0.mlp.c_fc.weight"
    yield Case("one has another shape", (stored(rng) | {name: normal(rng, 16, 4)}, shapes))
    yield Case("one has too few columns", (stored(rng) | {name: normal(rng, 4, 15)}, shapes))
    yield Case("one has an axis too many", (stored(rng) | {"ln_f.bias": normal(rng, 1, 4)}, shapes))
    yield Case(
        "one that GPT-2 does not have",
        (stored(rng) | {"h.0.attn.rotary.weight": normal(rng, 2)}, shapes),
    )
    misnamed = stored(rng)
    misnamed["h.0.attn.rotary.weight"] = misnamed.pop("h.1.attn.c_attn.bias")
    yield Case("one missing, and one that GPT-2 does not have", (misnamed, shapes))
    lacking = stored(rng)
    lacking["lm_head.weight"] = lacking["wte.weight"]
    del lacking["ln_f.bias"]
    yield Case("an lm_head, and one that is missing", (lacking, shapes))
    big = gpt2.Config(vocab_size=3, n_positions=2, n_embd=2, n_layer=12, n_head=1)
    yield Case("twelve blocks", (stored(rng, big), gpt2.shapes(big)))


def _load(stored, shapes, shape=True, missing=True, unknown=True, look=tuple, kind=None):
    params = {}
    for name, (layer, own) in weight_names(drop_mask_buffers(list(stored))).items():
        key = own if layer is None else f"h.{layer}.{own}"
        if unknown and key not in shapes:
            raise ValueError(name)
        if shape and key in shapes and look(stored[name].shape) != look(shapes[key]):
            raise ValueError(name)
        params[key] = kind(stored[name]) if kind else stored[name].float()
    if missing and shapes.keys() - params.keys():
        raise ValueError("missing")
    return params


def no_shapes(stored, shapes):
    """A tensor of another shape must be refused now. Later it is an error somewhere in a block, or
    no error at all.
    """
    return _load(stored, shapes, shape=False)


def no_missing(stored, shapes):
    """A tensor is missing and you load the rest. Half a model must be refused."""
    return _load(stored, shapes, missing=False)


def no_unknown(stored, shapes):
    """A name that GPT-2 does not have says that this is another model: refuse it."""
    return _load(stored, shapes, unknown=False)


def no_questions(stored, shapes):
    """You take whatever comes. Refuse what is unknown, what is missing, and what has another
    shape.
    """
    return _load(stored, shapes, False, False, False)


def only_missing(stored, shapes):
    """Of the three reasons to refuse a file you know one, and it comes out as a KeyError. Say
    `raise ValueError(...)` where a tensor is missing, where one is unknown, and where one has
    another shape.
    """
    params = _load(stored, shapes, False, False, False)
    return {name: params[name] for name in shapes}


def reshapes(stored, shapes):
    """You make a tensor of another shape fit. Its numbers then stand in the wrong places, and
    nobody knows: refuse it.
    """
    params = _load(stored, shapes, shape=False)
    return {name: p.reshape(shapes[name]) for name, p in params.items()}


def skips_the_unknown(stored, shapes):
    """You skip a name that GPT-2 does not have. It says that this is another model: refuse it."""
    params = _load(stored, shapes, unknown=False)
    return {name: params[name] for name in shapes}


def counts(stored, shapes):
    """You count the tensors. With one missing and one unknown the number is right: compare the
    names.
    """
    params = _load(stored, shapes, missing=False, unknown=False)
    if len(params) != len(shapes):
        raise ValueError("the number of tensors")
    return params


def what_fits(stored, shapes):
    """You load what fits and skip the rest in silence: then part of the model is missing and nobody
    knows.
    """
    params = _load(stored, shapes, False, False, False)
    fits = {n for n, p in params.items() if n in shapes and tuple(p.shape) == tuple(shapes[n])}
    return {name: params[name] for name in fits}


def masks_refused(stored, shapes):
    """The masks in OpenAI's own file are no reason to refuse it: your drop_mask_buffers takes them
    out first.
    """
    if len(drop_mask_buffers(list(stored))) < len(stored):
        raise ValueError("a mask")
    return load_gpt2(stored, shapes)


def prefix_refused(stored, shapes):
    """With `transformer.` in front, or with an `lm_head.weight`, it is still GPT-2: ask your
    weight_names for the place, then compare.
    """
    if any(name not in shapes for name in drop_mask_buffers(list(stored))):
        raise ValueError("a prefix")
    return load_gpt2(stored, shapes)


def by_the_models_names(stored, shapes):
    """You look the model's names up in the file. Start from the file's names instead: they vary,
    and your weight_names knows their places.
    """
    return {name: stored[name].float() for name in shapes}


def asserts(stored, shapes):
    """Right to refuse, but do it with `raise ValueError(...)`: under `python -O` no `assert` is
    run.
    """
    try:
        return load_gpt2(stored, shapes)
    except ValueError as error:
        raise AssertionError from error


def skips_lm_head(stored, shapes):
    """A file may have `lm_head.weight` and no `wte.weight`. It is the same table, so take it, under
    the place that your weight_names gives.
    """
    kept = {name: p for name, p in stored.items() if not name.endswith("lm_head.weight")}
    return load_gpt2(kept, shapes)


def first_axis_only(stored, shapes):
    """You compare the first axis only, with `len` or `shape[0]`. All axes must be right: compare
    the whole shapes.
    """
    return _load(stored, shapes, look=lambda shape: shape[0])


def axes_of_1_dropped(stored, shapes):
    """You take axes of length 1 away before you compare. (1, 4) is another shape than (4,)."""
    return load_gpt2({name: p.squeeze() for name, p in stored.items()}, shapes)


def only_float16(stored, shapes):
    """You turn float16 into float32 and leave other kinds as they are. There is bfloat16, too:
    `.float()` for all of them does no harm.
    """
    return _load(stored, shapes, kind=lambda p: p.float() if p.dtype == torch.float16 else p)


def own_names_only(stored, shapes):
    """Without `h.3.` all blocks have the same names, and each overwrites the one before. Your
    gpt2_forward wants the full names.
    """
    params = _load(stored, shapes)
    return {n.split(".", 2)[2] if n.startswith("h.") else n: p for n, p in params.items()}


EXERCISE = Exercise(
    load_gpt2,
    cases,
    mistakes=(
        no_shapes,
        no_missing,
        no_unknown,
        no_questions,
        only_missing,
        reshapes,
        skips_the_unknown,
        counts,
        what_fits,
        masks_refused,
        prefix_refused,
        by_the_models_names,
        asserts,
        skips_lm_head,
        first_axis_only,
        axes_of_1_dropped,
        only_float16,
        own_names_only,
    ),
    hints=(
        "Go through `weight_names(drop_mask_buffers(list(stored))).items()`.",
        "From the place (layer, own) make the name that `shapes` has: own, or "
        '`f"h.{layer}.{own}"`.',
        "Three reasons for `raise ValueError(...)`: not in `shapes`, another shape, and, "
        "after the loop, names of `shapes` that never came.",
    ),
    points=3,
    minutes=15,
    difficulty="medium",
    post="You've Made it!",
    gradient=False,
)
