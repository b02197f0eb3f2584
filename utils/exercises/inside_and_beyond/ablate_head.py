"""Silence one head by changing one matrix."""

import torch

from utils.exercises import Case, Exercise
from utils.exercises.inside_and_beyond.shared import normal


def ablate_head(params, layer, head, n_head):
    name = f"h.{layer}.attn.c_proj.weight"
    weight = params[name].clone()  # (C, C)
    D = len(weight) // n_head
    weight[head * D : (head + 1) * D] = 0
    return {**params, name: weight}


def cases(rng):
    def params(C, layers):
        shapes = {"wte.weight": (5, C)}
        for i in range(layers):
            shapes |= {
                f"h.{i}.attn.c_attn.weight": (C, 3 * C),
                f"h.{i}.attn.c_attn.bias": (3 * C,),
                f"h.{i}.attn.c_proj.weight": (C, C),
                f"h.{i}.attn.c_proj.bias": (C,),
                f"h.{i}.mlp.c_proj.weight": (4 * C, C),
            }
        return {name: normal(rng, *shape) for name, shape in shapes.items()}

    yield Case("head 0 of block 0", (params(6, 2), 0, 0, 3))
    yield Case("the last head of the last block", (params(6, 2), 1, 2, 3))
    yield Case("one in the middle", (params(8, 3), 1, 1, 4))
    yield Case("a block with a single head", (params(4, 1), 0, 0, 1))
    yield Case("heads of one number each", (params(4, 2), 1, 2, 4))
    yield Case("two heads", (params(6, 1), 0, 1, 2))
    yield Case("twelve blocks: h.1 and h.11", (params(2, 12), 1, 1, 2))


def _zeroed(params, layer, part, index):
    """A copy of params with `part` of a block's attention set to 0 at `index`."""
    name = f"h.{layer}.attn.{part}"
    tensor = params[name].clone()
    tensor[index] = 0
    return {**params, name: tensor}


def _own_rows(params, layer, head, n_head):
    D = len(params[f"h.{layer}.attn.c_proj.weight"]) // n_head
    return slice(head * D, (head + 1) * D)


def columns(params, layer, head, n_head):
    """You set columns to 0. In `x @ weight` the rows belong to what goes in: the merged heads. The
    columns are what comes out, a mixture of all heads.
    """
    return _zeroed(
        params, layer, "c_proj.weight", (slice(None), _own_rows(params, layer, head, n_head))
    )


def every_nth(params, layer, head, n_head):
    """You took every n_head-th row. After `merge_heads` the D numbers of one head lie next to each
    other.
    """
    return _zeroed(params, layer, "c_proj.weight", slice(head, None, n_head))


def only_what_changed(params, layer, head, n_head):
    """Return the whole dict: the other weights are still needed to run the model."""
    name = f"h.{layer}.attn.c_proj.weight"
    return {name: ablate_head(params, layer, head, n_head)[name]}


def matrix_alone(params, layer, head, n_head):
    """You return the matrix alone. Return a dict with all weights, this matrix among them."""
    return ablate_head(params, layer, head, n_head)[f"h.{layer}.attn.c_proj.weight"]


def no_value(params, layer, head, n_head):
    """You silenced the head's values in c_attn, but their bias still speaks. Cut the head off after
    its sum, where its output enters c_proj.
    """
    C = len(params[f"h.{layer}.attn.c_proj.weight"])
    D = C // n_head
    return _zeroed(
        params,
        layer,
        "c_attn.weight",
        (slice(None), slice(2 * C + head * D, 2 * C + (head + 1) * D)),
    )


def no_query(params, layer, head, n_head):
    """Without its query a head is not silent: all its scores are equal, so it mixes all values
    evenly. Cut it off after its sum, where its output enters c_proj.
    """
    return _zeroed(
        params, layer, "c_attn.weight", (slice(None), _own_rows(params, layer, head, n_head))
    )


def counts_from_one(params, layer, head, n_head):
    """This silences the head before. Heads are counted from 0."""
    D = len(params[f"h.{layer}.attn.c_proj.weight"]) // n_head
    return _zeroed(params, layer, "c_proj.weight", slice((head - 1) * D, head * D))


def heads_as_wide_as_their_number(params, layer, head, n_head):
    """A head is D = C / n_head numbers wide, not n_head."""
    return _zeroed(params, layer, "c_proj.weight", slice(head * n_head, (head + 1) * n_head))


def bias_too(params, layer, head, n_head):
    """The bias of c_proj belongs to no head: leave it as it is."""
    return _zeroed(ablate_head(params, layer, head, n_head), layer, "c_proj.bias", slice(None))


def one_row(params, layer, head, n_head):
    """One row is 0. A head owns D rows: head * D up to (head + 1) * D."""
    return _zeroed(params, layer, "c_proj.weight", head)


def last_row_left(params, layer, head, n_head):
    """The last of the head's rows still speaks. A slice ends before its second number."""
    own = _own_rows(params, layer, head, n_head)
    return _zeroed(params, layer, "c_proj.weight", slice(own.start, own.stop - 1))


def all_others(params, layer, head, n_head):
    """You silenced all heads but this one. Silence this one and leave the others."""
    name, own = f"h.{layer}.attn.c_proj.weight", _own_rows(params, layer, head, n_head)
    weight = torch.zeros_like(params[name])
    weight[own] = params[name][own]
    return {**params, name: weight}


def always_layer_0(params, layer, head, n_head):
    """You always change layer 0. The name of the matrix holds the layer's number."""
    return ablate_head(params, 0, head, n_head)


def _wherever(params, head, n_head, fits, wide=lambda p: p.shape[1]):
    """A copy of params with the head's rows set to 0 in every matrix whose name `fits`.

    wide: the number that is shared among the heads.
    """
    changed = {name: p.clone() for name, p in params.items() if fits(name)}
    for p in changed.values():
        D = wide(p) // n_head
        p[head * D : (head + 1) * D] = 0
    return {**params, **changed}


def _both(layer):
    return (f"h.{layer}.attn.c_proj.weight", f"h.{layer}.mlp.c_proj.weight")


def mlp_too(params, layer, head, n_head):
    """You change the MLP's c_proj as well: it has the same last name, and no heads. Only
    `attn.c_proj.weight` is meant.
    """
    return _wherever(params, head, n_head, lambda name: name in _both(layer))


def mlp_too_by_its_rows(params, layer, head, n_head):
    """You change the MLP's c_proj as well: it has the same last name, and no heads. Only
    `attn.c_proj.weight` is meant.
    """
    return _wherever(params, head, n_head, lambda name: name in _both(layer), len)


def prefix_without_dot(params, layer, head, n_head):
    """With eleven blocks and more, "h.1" is also how "h.10" and "h.11" begin. Include the dot after
    the number.
    """
    ends = "attn.c_proj.weight"
    return _wherever(
        params, head, n_head, lambda name: name.startswith(f"h.{layer}") and name.endswith(ends)
    )


def mlp_too_without_dot(params, layer, head, n_head):
    """Two things: `mlp.c_proj.weight` has the same last name, and no heads; and "h.1" is also how
    "h.10" and "h.11" begin. The whole name is `f"h.{layer}.attn.c_proj.weight"`.
    """
    ends = "c_proj.weight"
    return _wherever(
        params,
        head,
        n_head,
        lambda name: name.startswith(f"h.{layer}") and name.endswith(ends),
        len,
    )


EXERCISE = Exercise(
    ablate_head,
    cases,
    mistakes=(
        columns,
        every_nth,
        only_what_changed,
        matrix_alone,
        no_value,
        no_query,
        counts_from_one,
        heads_as_wide_as_their_number,
        bias_too,
        one_row,
        last_row_left,
        all_others,
        always_layer_0,
        mlp_too,
        mlp_too_by_its_rows,
        prefix_without_dot,
        mlp_too_without_dot,
    ),
    hints=(
        "Which D of the C numbers that enter c_proj come from this head? `merge_heads` "
        "put head 0 first, then head 1, and so on.",
        "Number i of the input meets row i of the matrix. If that row is 0, the number "
        "no longer matters.",
        "Copy the matrix, set the rows from head * D to (head + 1) * D to 0, and put it "
        "into a new dict: `{**params, name: weight}`.",
    ),
    points=2,
    minutes=15,
    difficulty="medium",
    post="GPT-2 Masked Self-Attention",
    gradient=False,
    core=False,
)
