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
        params = dict(zip(names, (normal(rng, *shape) for shape in ((5, 3), (3, 3), (3,), (3,)))))
        return params, {name: _fact(p) for name, p in params.items()}

    params, facts = model()
    yield Case("all as published", (params, facts))
    params, facts = model()
    params["wte.weight"][2, 1] += 1e-6
    yield Case("one number a millionth too large", (params, facts))
    params, facts = model()
    one, two = "h.0.ln_1.bias", "h.0.ln_2.bias"
    params[one], params[two] = params[two], params[one]
    yield Case("two tensors of one shape swapped", (params, facts))
    params, facts = model()
    params["h.0.attn.c_proj.weight"] = params["h.0.attn.c_proj.weight"].T
    yield Case("a square matrix transposed", (params, facts))
    params, facts = model()
    params["extra.weight"] = normal(rng, 2)
    del params["h.0.ln_2.bias"]
    yield Case("one missing, one too many", (params, facts))
    params, facts = model()
    del params["h.0.ln_2.bias"]
    yield Case("one missing, none too many", (params, facts))
    params, facts = model()
    bare = {name: {"shape": fact["shape"]} for name, fact in facts.items()}
    others = {"wte.weight": normal(rng, 3, 5), "h.0.ln_1.bias": torch.ones(2)}
    yield Case("only shapes are known", (params | others, bare))
    params, facts = model()
    params["wte.weight"] = params["wte.weight"].reshape(3, 5)
    yield Case("the right numbers in another shape", (params, facts))
    yield Case(
        "another shape and other numbers", (params | {"wte.weight": torch.ones(2, 5)}, facts)
    )
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


def _verified(params, facts, differ):
    return *verify(params, facts)[:2], sorted(differ)


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
    halves = {name for name, p in params.items() if p.dtype == torch.float16}
    return _verified(params, facts, halves.union(verify(params, facts)[2]))


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
    return _where(params, facts, lambda shape, sha, size: shape or sha is not False)


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


def tensors_of_facts(params, facts):
    """Count what was loaded, not what should have been."""
    return len(facts), *verify(params, facts)[1:]


def _where(params, facts, differs):
    """verify with another rule, differs(shape, hash, size): whether these differ, the hash None
    where none is known.
    """
    found = set(params) ^ set(facts)
    for name in params.keys() & facts.keys():
        shape, known = tuple(facts[name]["shape"]), facts[name].get("sha256")
        sha = known and checkpoint.tensor_sha256(params[name]) != known
        size = params[name].numel() != math.prod(shape)
        if differs(tuple(params[name].shape) != shape, sha, size):
            found.add(name)
    return _verified(params, facts, found)


def no_shapes(params, facts):
    """You compare names and hashes. A shape can differ, too, and sometimes it is all that is
    known.
    """
    return _where(params, facts, lambda shape, sha, size: sha)


def _both(unknown):
    def both_at_once(params, facts):
        """In your version a tensor differs only where its shape *and* its hash do. One of the two
        is enough: `or`.
        """
        known = {None: unknown}
        return _where(params, facts, lambda shape, sha, size: shape and known.get(sha, sha))

    return both_at_once


def shapes_without_a_hash(params, facts):
    """You look at the shape only where no sha256 is known. The right numbers can stand in another
    shape, too, and their hash is the same: always compare the shape.
    """
    return _where(params, facts, lambda shape, sha, size: shape if sha is None else sha)


def sizes_for_shapes(params, facts):
    """You compare how many numbers there are. (3, 5) and (5, 3) have as many: compare shapes."""
    return _where(params, facts, lambda shape, sha, size: size or sha)


def a_tuple_and_a_list(params, facts):
    """All your shapes differ: a tuple is never equal to a list, and `facts` holds lists. Make both
    the same: `tuple(fact["shape"])`.
    """
    return _verified(params, facts, set(params) | set(facts))


def listed_twice(params, facts):
    """A tensor whose shape and hash both differ is in your list twice. Use one `if` with `or`, or
    collect the names in a set.
    """
    twice = set(_where(params, facts, lambda shape, sha, size: shape and sha)[2])
    return _verified(params, facts, [*verify(params, facts)[2], *twice & set(params) & set(facts)])


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
        tensors_of_facts,
        no_shapes,
        *map(_both, (False, True)),
        shapes_without_a_hash,
        sizes_for_shapes,
        a_tuple_and_a_list,
        listed_twice,
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
