"""Lesson 08's cards: answers as learners type them, what passes, and what the card says of the
rest.
"""

import pytest

from tests.exercises import typed
from tests.exercises.cards import fails, passes
from utils.exercises import named
from utils.exercises.judge import judge, run

HEADER = """import json


class Cut(ValueError):
    pass


def read_header(data):
    n = int.from_bytes(data[:8], "little")
    if {refuse}:
        raise {error}("cut off")
    return json.loads(data[8 : 8 + n]), 8 + n"""

PERPLEXITY = """def perplexity_of_text(params, ids, n_layer, n_head):
    most, found = len(params["wpe.weight"]), []
    for s in range(0, len(ids) - 1, most):
        y = ids[s + 1 : s + 1 + most]
        logits = gpt2_forward(params, ids[s : s + len(y)], n_layer, n_head)
        {nats}
    return {end}"""

LOAD = """def load_gpt2(stored, shapes):
    params = {{}}
    for name, (layer, own) in weight_names(drop_mask_buffers(list(stored))).items():
        key = own if layer is None else f"h.{{layer}}.{{own}}"
        if key not in shapes:
            raise ValueError("what is " + name)
        if {shape}:
            raise ValueError("shape of " + name)
        params[key] = stored[name]{kind}
    if len(params) < len(shapes):
        raise ValueError("too few")
    return params"""

RIGHT = {
    "an error of its own": ("read_header", HEADER.format(refuse="n + 8 > len(data)", error="Cut")),
    "a dict of places": (
        "weight_names",
        """def weight_names(names):
    def place(name):
        name = name.replace("transformer.", "").replace("lm_head.", "wte.")
        if name[:2] == "h.":
            parts = name.split(".")
            return int(parts[1]), ".".join(parts[2:])
        return None, name

    return {name: place(name) for name in names}""",
    ),
    "logsumexp minus the logit, and torch's exp": (
        "perplexity_of_text",
        PERPLEXITY.format(
            nats="found.append(logits.logsumexp(-1) - logits[torch.arange(len(y)), y])",
            end="torch.cat(found).mean().exp().item()",
        ),
    ),
    "cross_entropy, and torch's exp": (
        "perplexity_of_text",
        PERPLEXITY.format(
            nats='found.append(F.cross_entropy(logits, y, reduction="none"))',
            end="float(torch.exp(torch.cat(found).sum() / (len(ids) - 1)))",
        ),
    ),
    "a loader in other words": (
        "load_gpt2",
        LOAD.format(
            shape="list(stored[name].shape) != list(shapes[key])", kind=".to(torch.float32)"
        ),
    ),
}


@pytest.mark.parametrize("name, source", RIGHT.values(), ids=RIGHT)
def test_right_in_another_way(name, source):
    passes(name, source)


# label: (exercise, source, words as tests.exercises.cards.fails takes them)
WRONG = {
    "only counts what is there": (
        "load_gpt2",
        """def load_gpt2(stored, shapes):
    places = weight_names(drop_mask_buffers(list(stored)))
    if len(places) < len(shapes):
        raise ValueError("something is missing")
    params = {}
    for name, (layer, own) in places.items():
        key = own if layer is None else f"h.{layer}.{own}"
        if key not in shapes or tuple(stored[name].shape) != tuple(shapes[key]):
            raise ValueError(key)
        params[key] = stored[name].float()
    return params""",
        (),
    ),
    "a full file refused": (
        "read_header",
        HEADER.format(refuse="8 + n >= len(data)", error="ValueError"),
        ("more* than `len(data)`", "! little-endian"),
    ),
    "json finds out": (
        "read_header",
        """def read_header(data):
    import json

    n = int.from_bytes(data[:8], "little")
    return json.loads(data[8 : 8 + n]), 8 + n""",
        ("must be refused before its JSON is tried",),
    ),
    "lstrip": (
        "weight_names",
        """def weight_names(names):
    out = {}
    for name in names:
        own, layer = name.lstrip("transformer."), None
        if own == "lm_head.weight":
            own = "wte.weight"
        if own.startswith("h."):
            _, layer, own = own.split(".", 2)
            layer = int(layer)
        out[name] = (layer, own)
    return out""",
        ("takes off any of these letters",),
    ),
    "names removed from the list": (
        "drop_mask_buffers",
        """def drop_mask_buffers(names):
    for name in list(names):
        if name.endswith((".attn.bias", ".attn.masked_bias")):
            names.remove(name)
    return names""",
        ("It changes `names`",),
    ),
    "loaded as it is stored": (
        "load_gpt2",
        LOAD.format(shape="tuple(stored[name].shape) != tuple(shapes[key])", kind=""),
        ("they are float16", "need float32"),
    ),
    "in double": (
        "load_gpt2",
        LOAD.format(shape="tuple(stored[name].shape) != tuple(shapes[key])", kind=".double()"),
        ("they are float64",),
    ),
    "no question about shapes": (
        "load_gpt2",
        LOAD.format(shape="False", kind=".float()"),
        ("A tensor of another shape must be refused",),
    ),
    "names and hashes": (
        "verify",
        """def verify(params, facts):
    import hashlib

    bad = set(params) ^ set(facts)
    for n in set(params) & set(facts):
        h = hashlib.sha256(params[n].float().contiguous().numpy().tobytes()).hexdigest()
        if "sha256" in facts[n] and facts[n]["sha256"] != h:
            bad.add(n)
    return len(params), sum(p.numel() for p in params.values()), sorted(bad)""",
        ("You compare names and hashes", "! names only"),
    ),
    "transposed in place": (
        "conv1d_to_linear",
        """def conv1d_to_linear(params):
    for n, p in params.items():
        if p.dim() == 2 and n not in ("wte.weight", "wpe.weight"):
            params[n] = p.T
    return params""",
        ("It changes `params`",),
    ),
    "only attention": (
        "conv1d_to_linear",
        """def conv1d_to_linear(params):
    return {n: p.T if "attn.c_" in n and p.dim() == 2 else p for n, p in params.items()}""",
        ("The MLP's `c_fc` and `c_proj`", "! Nothing"),
    ),
    "c_attn and c_proj": (
        "conv1d_to_linear",
        """def conv1d_to_linear(params):
    which = ("c_attn.weight", "c_proj.weight")
    return {n: p.T if n.endswith(which) else p for n, p in params.items()}""",
        ("`c_fc` is a layer as well", "! Nothing"),
    ),
    "bytes unpacked": (
        "read_header",
        """def read_header(data):
    import json
    import struct

    (n,) = struct.unpack("<Q", data[:8])
    if 8 + n > len(data):
        raise ValueError("short")
    return json.loads(data[8 : 8 + n]), 8 + n""",
        ("fewer than eight bytes",),
    ),
    "whatever begins with an h": (
        "weight_names",
        """def weight_names(names):
    out = {}
    for n in names:
        own = n.removeprefix("transformer.")
        if own == "lm_head.weight":
            out[n] = (None, "wte.weight")
        elif own.startswith("h"):
            p = own.split(".")
            out[n] = (int(p[1]), ".".join(p[2:]))
        else:
            out[n] = (None, own)
    return out""",
        ("`head.weight` begins with an h, too",),
    ),
    "a loader that counts": (
        "load_gpt2",
        """def load_gpt2(stored, shapes):
    out = {}
    for n, (i, own) in weight_names(drop_mask_buffers(list(stored))).items():
        key = own if i is None else f"h.{i}.{own}"
        if key in shapes and stored[n].shape != shapes[key]:
            raise ValueError(key)
        out[key] = stored[n].float()
    if len(out) != len(shapes):
        raise ValueError("missing")
    return out""",
        ("You count the tensors",),
    ),
    "the log of a softmax": (
        "perplexity_of_text",
        PERPLEXITY.format(
            nats="found.append(-logits.softmax(-1)[torch.arange(len(y)), y].log())",
            end="torch.cat(found).mean().exp().item()",
        ),
        ("softmax rounds to 0",),
    ),
    "the last word of the name": (
        "predict_fits",
        'def predict_fits():\n    return "large"',
        ("only written differently",),
    ),
    "2 to the power of nats": (
        "perplexity_of_text",
        """def perplexity_of_text(params, ids, n_layer, n_head):
    return 2 ** math.log(reference(params, ids, n_layer, n_head))""",
        ("Nats belong to e",),
    ),
    "always two heads": (
        "perplexity_of_text",
        """def perplexity_of_text(params, ids, n_layer, n_head):
    return reference(params, ids, n_layer, 2)""",
        ("You always take 2 heads",),
    ),
    "the mean of the pieces": (
        "perplexity_of_text",
        """def perplexity_of_text(params, ids, n_layer, n_head):
    most, found = len(params["wpe.weight"]), []
    for s in range(0, len(ids) - 1, most):
        found.append(reference(params, ids[s : s + most + 1], n_layer, n_head))
    return sum(found) / len(found)""",
        ("You average the pieces' perplexities",),
    ),
    "a KeyError refuses": (
        "load_gpt2",
        """def load_gpt2(stored, shapes):
    found = {}
    for name, (layer, own) in weight_names(drop_mask_buffers(list(stored))).items():
        found[own if layer is None else f"h.{layer}.{own}"] = stored[name]
    return {name: found[name].float() for name in shapes}""",
        ("comes out as a KeyError",),
    ),
    "another shape is made to fit": (
        "load_gpt2",
        """def load_gpt2(stored, shapes):
    params = {}
    for name, (layer, own) in weight_names(drop_mask_buffers(list(stored))).items():
        key = own if layer is None else f"h.{layer}.{own}"
        if key not in shapes:
            raise ValueError(key)
        params[key] = stored[name].float().view(shapes[key])
    if set(params) != set(shapes):
        raise ValueError("missing")
    return params""",
        ("You make a tensor of another shape fit",),
    ),
    "the unknown is skipped": (
        "load_gpt2",
        """def load_gpt2(stored, shapes):
    params = {}
    for name, (layer, own) in weight_names(drop_mask_buffers(list(stored))).items():
        key = own if layer is None else f"h.{layer}.{own}"
        if key not in shapes:
            continue
        if stored[name].shape != torch.Size(shapes[key]):
            raise ValueError(key)
        params[key] = stored[name].float()
    if set(params) != set(shapes):
        raise ValueError("missing")
    return params""",
        ("You skip a name that GPT-2 does not have",),
    ),
    "every prefix read again": (
        "perplexity_of_text",
        """def perplexity_of_text(params, ids, n_layer, n_head):
    nats, most = 0.0, len(params["wpe.weight"])
    for t in range(1, len(ids)):
        start = (t - 1) // most * most
        logits = gpt2_forward(params, ids[start:t], n_layer, n_head)[-1]
        nats += (logits.logsumexp(-1) - logits[ids[t]]).item()
    return math.exp(nats / (len(ids) - 1))""",
        ("computes again and again",),
    ),
}


# A drop_mask_buffers that wants a list
LISTS_ONLY = {
    "by index": """def drop_mask_buffers(names):
    masks = (".attn.bias", ".attn.masked_bias")
    return [names[i] for i in range(len(names)) if not names[i].endswith(masks)]""",
    "by remove": """def drop_mask_buffers(names):
    kept = names.copy()
    for name in names:
        if name.endswith((".attn.bias", ".attn.masked_bias")):
            kept.remove(name)
    return kept""",
}


@pytest.mark.parametrize("source", LISTS_ONLY.values(), ids=LISTS_ONLY)
def test_the_loader_hands_over_a_list(source, monkeypatch):
    passes("drop_mask_buffers", source)
    exercise = named("load_gpt2")
    space = exercise.reference.__globals__
    monkeypatch.setitem(space, "drop_mask_buffers", typed(source, "drop_mask_buffers"))
    assert judge(exercise, lambda args, **more: run(exercise.reference, args, **more)).points
    assert "drop_mask_buffers(list(stored))" in exercise.hints[0]


@pytest.mark.parametrize("name, source, words", WRONG.values(), ids=WRONG)
def test_wrong_and_what_the_card_says(name, source, words):
    fails(name, source, *words)
