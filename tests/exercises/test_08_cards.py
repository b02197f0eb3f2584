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

VERIFY = """import hashlib

def verify(params, facts):
    differ = list(set(params) ^ set(facts))
    for name in params:
        if name not in facts:
            continue
        p, f = params[name], facts[name]
        sha = hashlib.sha256(p.float().contiguous().numpy().tobytes()).hexdigest()
        shape, known = list(p.shape) != f["shape"], "sha256" in f
        {rule}
            differ.append(name)
    return len({counted}), sum(p.numel() for p in params.values()), sorted(differ)"""
SHAPE_OR_HASH = 'if shape or (known and sha != f["sha256"]):'

PLACES = """def weight_names(names):
    places = {{}}
    for name in names:
        own = {bare}
        if {head}:
            own = "wte.weight"
        if {block}:
            _, number, own = own.split(".", 2)
            places[name] = (int(number), own)
        else:
            places[name] = (None, own)
    return places"""
PARTS = {
    "bare": 'name.removeprefix("transformer.")',
    "head": 'own == "lm_head.weight"',
    "block": 'own.startswith("h.")',
}
SAME = "tuple(stored[name].shape) != tuple(shapes[key])"

PIECES = """def perplexity_of_text(params, ids, n_layer, n_head):
    most, nats = len(params["wpe.weight"]), 0
    for s in range(0, len(ids), most):
        x = ids[s : s + most]
        logits = gpt2_forward(params, x, n_layer, n_head)
        nats += F.cross_entropy(logits[:-1], x[1:], reduction="sum").item()
    return math.exp(nats / (len(ids) - 1))"""

RIGHT = {
    "shapes and hashes in one line": (
        "verify",
        VERIFY.format(rule=SHAPE_OR_HASH, counted="params"),
    ),
    "a place step by step": ("weight_names", PLACES.format(**PARTS)),
    "a header decoded": (
        "read_header",
        HEADER.format(refuse="n + 8 > len(data)", error="ValueError").replace(
            "data[8 : 8 + n])", "data[8 : 8 + n].decode())"
        ),
    ),
    "an error of its own": ("read_header", HEADER.format(refuse="n + 8 > len(data)", error="Cut")),
    "a dict of places": (
        "weight_names",
        """def weight_names(names):
    def place(name):
        name = "wte.weight" if name == "lm_head.weight" else name.removeprefix("transformer.")
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
    "facts counted for tensors": (
        "verify",
        VERIFY.format(rule=SHAPE_OR_HASH, counted="facts"),
        ("Count what was loaded",),
    ),
    "two ifs, and one name twice": (
        "verify",
        VERIFY.format(
            rule="""if shape:
            differ.append(name)
        if known and sha != f["sha256"]:""",
            counted="params",
        ),
        ("is in your list twice",),
    ),
    "shape and hash must both differ": (
        "verify",
        VERIFY.format(rule='if shape and known and sha != f["sha256"]:', counted="params"),
        ("One of the two is enough", "! names only"),
    ),
    "shape must differ, and hash where it is known": (
        "verify",
        VERIFY.format(rule='if shape and sha != f.get("sha256"):', counted="params"),
        ("One of the two is enough",),
    ),
    "shapes only where there is no hash": (
        "verify",
        VERIFY.format(rule='if sha != f["sha256"] if known else shape:', counted="params"),
        ("You look at the shape only where no sha256 is known",),
    ),
    "sizes for shapes": (
        "verify",
        VERIFY.format(
            rule='if p.numel() != math.prod(f["shape"]) or (known and sha != f["sha256"]):',
            counted="params",
        ),
        ("You compare how many numbers there are", "! names and hashes"),
    ),
    "a tuple beside a list": (
        "verify",
        VERIFY.format(rule=SHAPE_OR_HASH, counted="params").replace("list(p.shape)", "p.shape"),
        ("a tuple is never equal to a list",),
    ),
    "h anywhere": (
        "weight_names",
        PLACES.format(**PARTS | {"block": '"h." in own'}),
        ("`branch.0.weight` has `h.` in it, too",),
    ),
    "h found by a regular expression": (
        "weight_names",
        """def weight_names(names):
    import re
    places = {}
    for name in names:
        found = re.search(r"h\\.(\\d+)\\.(.*)", name)
        own = name.removeprefix("transformer.")
        own = "wte.weight" if own == "lm_head.weight" else own
        places[name] = (int(found[1]), found[2]) if found else (None, own)
    return places""",
        ("`branch.0.weight` has `h.` in it, too",),
    ),
    "a number in second place": (
        "weight_names",
        PLACES.format(**PARTS | {"block": 'own.split(".")[1].isdigit()'}),
        ("a number in second place",),
    ),
    "transformer out of the middle": (
        "weight_names",
        PLACES.format(**PARTS | {"bare": 'name.replace("transformer.", "")'}),
        ("out of the middle of a name",),
    ),
    "both by replace": (
        "weight_names",
        PLACES.format(
            **PARTS | {"bare": 'name.replace("transformer.", "").replace("lm_head.", "wte.")'}
        ),
        ("Two things: only `lm_head.weight` is wte",),
    ),
    "every lm_head, by replace": (
        "weight_names",
        PLACES.format(
            **PARTS | {"bare": 'name.removeprefix("transformer.").replace("lm_head", "wte")'}
        ),
        ("Leave `lm_head.bias` as it is",),
    ),
    "every lm_head, found inside": (
        "weight_names",
        PLACES.format(**PARTS | {"head": '"lm_head" in own'}),
        ("Leave `lm_head.bias` as it is",),
    ),
    "every lm_head, at the beginning": (
        "weight_names",
        PLACES.format(**PARTS | {"head": 'own.startswith("lm_head")'}),
        ("Leave `lm_head.bias` as it is",),
    ),
    "what stands behind transformer": (
        "weight_names",
        PLACES.format(**PARTS | {"bare": 'name.split("transformer.")[-1]'}),
        ("score.transformer.bias",),
    ),
    "the last two parts outside the blocks": (
        "weight_names",
        PLACES.format(**PARTS).replace("(None, own)", '(None, ".".join(own.split(".")[-2:]))'),
        ("score.transformer.bias",),
    ),
    "every lm_head left out": (
        "load_gpt2",
        LOAD.format(shape=SAME, kind=".float()").replace(
            "        key =",
            """        if name.endswith("lm_head.weight"):
            continue
        key =""",
        ),
        ("no `wte.weight`", "an lm_head and no wte"),
    ),
    "the first axis alone": (
        "load_gpt2",
        LOAD.format(shape="len(stored[name]) != shapes[key][0]", kind=".float()"),
        ("You compare the first axis only",),
    ),
    "squeezed before it is compared": (
        "load_gpt2",
        LOAD.format(
            shape="tuple(stored[name].squeeze().shape) != tuple(shapes[key])",
            kind=".squeeze().float()",
        ),
        ("You take axes of length 1 away",),
    ),
    "only float16 made longer": (
        "load_gpt2",
        LOAD.format(
            shape=SAME,
            kind="""
        if params[key].dtype == torch.float16:
            params[key] = params[key].float()""",
        ),
        ("There is bfloat16, too",),
    ),
    "a header in ascii": (
        "read_header",
        HEADER.format(refuse="n + 8 > len(data)", error="ValueError").replace(
            "data[8 : 8 + n])", 'data[8 : 8 + n].decode("ascii"))'
        ),
        ("Perhaps: JSON is written in UTF-8",),
    ),
    "a header in latin-1": (
        "read_header",
        HEADER.format(refuse="n + 8 > len(data)", error="ValueError").replace(
            "data[8 : 8 + n])", 'data[8 : 8 + n].decode("latin-1"))'
        ),
        ("JSON is written in UTF-8", "a note that is not in English"),
    ),
    "attn.bias anywhere": (
        "drop_mask_buffers",
        """def drop_mask_buffers(names):
    return [n for n in names if "attn.bias" not in n]""",
        ("Two things: `attn.bias` stands in",),
    ),
    "pieces apart, divided by all": (
        "perplexity_of_text",
        PIECES,
        ("The first token of each piece is never predicted", "still you divide by all"),
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
