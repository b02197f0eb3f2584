"""Is it the model that was published? Count, measure, compare hashes."""

import hashlib
import math

import torch

from utils import checkpoint
from utils.exercises import Case, Exercise
from utils.exercises.loading_gpt2_weights.shared import normal, stored


def verify(params, facts):
    differ = set(params) ^ set(facts)
    for name in set(params) & set(facts):
        p, fact = params[name], facts[name]
        numbers = p.float().contiguous().numpy().tobytes()
        found = hashlib.sha256(numbers).hexdigest()
        if tuple(p.shape) != tuple(fact["shape"]) or found != fact.get("sha256", found):
            differ.add(name)
    count = sum(p.numel() for p in params.values())
    return len(params), count, sorted(differ)


def cases(rng):
    names = ("wte.weight", "h.0.attn.c_proj.weight", "h.0.ln_1.bias", "h.0.ln_2.bias")

    def model():
        params = dict(
            zip(names, (normal(rng, 5, 3), normal(rng, 3, 3), normal(rng, 3), normal(rng, 3)))
        )
        return params, {name: _fact(p) for name, p in params.items()}

    params, facts = model()
    yield Case("all as published", (params, facts))
    params, facts = model()
    params["wte.weight"][2, 1] += 1e-6
    yield Case("one number a millionth too large", (params, facts))
    params, facts = model()
    params["h.0.ln_1.bias"], params["h.0.ln_2.bias"] = (
        params["h.0.ln_2.bias"],
        params["h.0.ln_1.bias"],
    )
    yield Case("two tensors of one shape swapped", (params, facts))
    params, facts = model()
    params["h.0.attn.c_proj.weight"] = params["h.0.attn.c_proj.weight"].T
    yield Case("a square matrix transposed", (params, facts))
    params, facts = model()
    params["extra.weight"] = normal(rng, 2)
    del params["h.0.ln_2.bias"]
    yield Case("one missing, one too many", (params, facts))
    params, facts = model()
    bare = {name: {"shape": fact["shape"]} for name, fact in facts.items()}
    yield Case("only shapes are known", (params | {"wte.weight": normal(rng, 3, 5)}, bare))
    halves = {name: p.half() for name, p in model()[0].items()}
    params = stored(rng)
    yield Case(
        "nothing is as published", (params, {name: _fact(p + 1) for name, p in params.items()})
    )
    yield Case(
        "loaded as float16", (halves, {name: _fact(p.float()) for name, p in halves.items()})
    )


def _fact(p):
    return {"shape": list(p.shape), "sha256": checkpoint.tensor_sha256(p)}


def _verified(params, facts, differ=None):
    tensors, count, real = verify(params, facts)
    return tensors, count, sorted(real if differ is None else differ)


def ignores_missing(params, facts):
    """A missing tensor differs as well. Names that only `facts` has must be in the list."""
    return _verified(params, facts, set(verify(params, facts)[2]) & set(params))


def ignores_extra(params, facts):
    """A tensor that nobody published differs as well. Names that only `params` has must be in the
    list.
    """
    return _verified(params, facts, set(verify(params, facts)[2]) & set(facts))


def only_names(params, facts):
    """You compare names only. Shapes and values can differ, too."""
    return _verified(params, facts, set(params) ^ set(facts))


def only_shapes(params, facts):
    """Two tensors of one shape can be swapped, and one number can be wrong. Where a sha256 is
    given, compare it.
    """
    return verify(params, {name: {"shape": fact["shape"]} for name, fact in facts.items()})


def hash_of_halves(params, facts):
    """The published hashes are of float32 numbers. A float16 tensor has other bytes: `.float()`
    first.
    """
    differ = set(verify(params, facts)[2])
    differ |= {name for name, p in params.items() if p.dtype == torch.float16}
    return _verified(params, facts, differ)


def hash_by_memory(params, facts):
    """A transposed matrix has the same numbers in memory, only read in another order. Hash it row
    by row as it stands: `.contiguous()`.
    """
    flat = {
        name: p.T if p.dim() == 2 and not p.is_contiguous() else p for name, p in params.items()
    }
    return verify(flat, facts)


def needs_a_hash(params, facts):
    """Where no sha256 is known, the shape alone decides: the key is not always there."""
    for fact in facts.values():
        fact["sha256"]
    return verify(params, facts)


def none_differs(params, facts):
    """Where no sha256 is known, the shape alone decides. You treat None as a hash that differs."""
    differ = set(verify(params, facts)[2]) | {
        name for name in set(params) & set(facts) if "sha256" not in facts[name]
    }
    return _verified(params, facts, differ)


def counts_rows(params, facts):
    """`len` of a matrix counts its rows. `numel()` counts its numbers."""
    tensors, _, differ = verify(params, facts)
    return tensors, sum(len(p) for p in params.values()), differ


def unsorted(params, facts):
    """The right names, but not in order: return them sorted."""
    tensors, count, differ = verify(params, facts)
    return tensors, count, [name for name in facts | params if name in differ]


def counts_facts(params, facts):
    """Count what was loaded, not what should have been."""
    _, _, differ = verify(params, facts)
    return len(facts), sum(math.prod(fact["shape"]) for fact in facts.values()), differ


def no_shapes(params, facts):
    """You compare names and hashes. A shape can differ, too, and sometimes it is all that is
    known.
    """
    return _verified(
        params,
        facts,
        {
            name
            for name in verify(params, facts)[2]
            if not (name in params and name in facts) or "sha256" in facts[name]
        },
    )


EXERCISE = Exercise(
    verify,
    cases,
    mistakes=(
        ignores_missing,
        ignores_extra,
        only_names,
        only_shapes,
        hash_of_halves,
        hash_by_memory,
        needs_a_hash,
        none_differs,
        counts_rows,
        unsorted,
        counts_facts,
        no_shapes,
    ),
    hints=(
        "`set(params) ^ set(facts)` are the names that only one of them has.",
        "`hashlib.sha256(p.float().contiguous().numpy().tobytes()).hexdigest()`",
        '`fact.get("sha256", found)` is the found hash where none was published, so that '
        "it cannot differ.",
    ),
    points=2,
    minutes=12,
    difficulty="medium",
    post="You've Made it!",
    core=False,
)
