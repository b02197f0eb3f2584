"""Exercises of lesson 08: a checkpoint opened by hand, its names, its traps, and the proof that it
is the right one.

A stored checkpoint is a dict from the hub's names to tensors. Sizes in the shape comments: T
tokens, C = n_embd, D = C / n_head, V = vocab_size.
"""

import hashlib
import json
import math
from dataclasses import dataclass

import torch

from utils import checkpoint, gpt2, stories, training
from utils.exercises import Case, Exercise, Mistake, prediction
from utils.exercises.decoder_block import gpt2_forward, random_params

# ---------------------------------------------------------------- references


def read_header(data):
    length = int.from_bytes(data[:8], "little")
    if 8 + length > len(data):
        raise ValueError("the header is longer than the file")
    return json.loads(data[8 : 8 + length]), 8 + length


def weight_names(names):
    places = {}
    for name in names:
        layer, own = None, name.removeprefix("transformer.")
        if own == "lm_head.weight":
            own = "wte.weight"
        if own.startswith("h."):
            _, number, own = own.split(".", 2)
            layer = int(number)
        places[name] = (layer, own)
    return places


def drop_mask_buffers(names):
    masks = (".attn.bias", ".attn.masked_bias")
    return [name for name in names if not name.endswith(masks)]


def conv1d_to_linear(params):
    turned = {}
    for name, p in params.items():
        stays = p.dim() == 1 or name in ("wte.weight", "wpe.weight")
        turned[name] = p if stays else p.T  # [in, out] -> [out, in]
    return turned


def split_c_attn(weight, n_head):
    D = weight.shape[0] // n_head
    weight = weight.unflatten(1, (3, n_head, D))  # (C, 3C) -> (C, 3, n_head, D)
    return weight.permute(1, 2, 0, 3)  # -> (3, n_head, C, D)


def load_gpt2(stored, shapes):
    params = {}
    for name, (layer, own) in weight_names(drop_mask_buffers(stored)).items():
        key = own if layer is None else f"h.{layer}.{own}"
        if key not in shapes:
            raise ValueError(f"{name} is no part of a GPT-2")
        if tuple(stored[name].shape) != tuple(shapes[key]):
            raise ValueError(f"{name} has another shape")
        params[key] = stored[name].float()
    if missing := shapes.keys() - params.keys():
        raise ValueError(f"missing: {sorted(missing)}")
    return params


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


def perplexity_of_text(params, ids, n_layer, n_head):
    nats, most = 0.0, len(params["wpe.weight"])
    for start in range(0, len(ids) - 1, most):
        targets = ids[start + 1 : start + 1 + most]  # (T,)
        inputs = ids[start : start + len(targets)]  # (T,)
        logits = gpt2_forward(params, inputs, n_layer, n_head)  # (T, V)
        given = logits[torch.arange(len(targets)), targets]  # (T,)
        nats += (logits.logsumexp(-1) - given).sum().item()
    return math.exp(nats / (len(ids) - 1))


def predict_fits():
    needs = {name: 4 * m["parameters"] / 1e9 for name, m in checkpoint.published().items()}
    return max((name for name in needs if needs[name] <= FREE_GIGABYTES), key=needs.get)


# ---------------------------------------------------------------- shared with the lesson

FREE_GIGABYTES = 4  # what predict_fits supposes

# As they were called at the release, in millions.
RELEASED_AS = {"gpt2": 117, "gpt2-medium": 345, "gpt2-large": 762, "gpt2-xl": 1542}

# What my_gpt2.py is made of, from text to text. What these need comes along.
PARTS = (
    "encode_text",
    "decode",
    "gpt2_forward",
    "greedy",
    "temperature",
    "top_k",
    "top_p",
    "forward_with_cache",
    "generate_with_cache",
    "load_gpt2",
    "perplexity_of_text",
)


@dataclass(frozen=True)
class Fact:
    """One published figure of a model and how to get it again.

    kind: "tensors", "parameters", "sha256", "loss", "next" or "greedy"; given: what has to be read
    for it: for a loss and for "next" a list of (ids, places), ids a tuple of a text's ids and
    places those in it whose token is asked for; for "greedy" (prompt ids, number of new ones); else
    nothing. tolerance: of a number.
    """

    what: str
    kind: str
    published: object
    given: tuple = ()
    tolerance: float = 0.0

    def holds(self, computed) -> bool:
        if isinstance(self.published, float):
            return abs(computed - self.published) <= self.tolerance
        return computed == self.published


def present():
    """(name, folder) of the model of this lesson: OpenAI's "gpt2" if it is on this machine, else
    "bundled".

    Nothing is downloaded.
    """
    folder = checkpoint.find("gpt2")
    return ("gpt2", folder) if folder else ("bundled", checkpoint.DATA / "bundled_gpt2")


def tensor_facts(source, config):
    """What is known of each tensor, {name: {"shape", "sha256"}}; a hash where one was published
    (gpt2 only).
    """
    known = {name: {"shape": shape} for name, shape in gpt2.shapes(config).items()}
    if source == "gpt2":
        path = checkpoint.DATA / "gpt2_facts" / "tensors.json"
        known = json.loads(path.read_text("utf-8"))["tensors"]
    return known


def published_facts(source, config, tokenizer) -> list[Fact]:
    """What was published about a model, each with what is needed to compute it again.

    gpt2: data/gpt2_facts (OpenAI's weights, figures by several authors); bundled:
    data/bundled_gpt2/training.json, recorded when the model was made.
    """
    return _facts_of_gpt2() if source == "gpt2" else _facts_of_bundled(config, tokenizer)


def _facts_of_gpt2():
    facts = checkpoint.published()["gpt2"]
    outputs = json.loads((checkpoint.DATA / "gpt2_facts" / "outputs.json").read_text("utf-8"))
    rows = [
        Fact("tensors", "tensors", 148),
        Fact("parameters", "parameters", facts["parameters"]),
        Fact("sha256 of the file", "sha256", facts["sha256"]),
    ]
    for loss in outputs["losses"]:
        ids = tuple(loss["ids"])
        what = f"loss on {_start(loss['text'].removeprefix(stories.END))}"
        rows.append(
            Fact(
                what,
                "loss",
                loss["mean_cross_entropy_nats"],
                ((ids, tuple(range(1, len(ids)))),),
                loss["tolerance"],
            )
        )
    for greedy in outputs["greedy"]:
        prompt, ids = tuple(greedy["prompt_ids"]), tuple(greedy["ids"])
        rows.append(
            Fact(
                f"goes on after {_start(greedy['prompt'])}",
                "greedy",
                ids,
                (prompt, len(ids) - len(prompt)),
            )
        )
    return rows


def _facts_of_bundled(config, tokenizer):
    folder = checkpoint.DATA / "bundled_gpt2"
    said = json.loads((folder / "training.json").read_text("utf-8"))
    sha256 = (folder / checkpoint.SUMS).read_text("utf-8").split()[0]
    held_out = said["held_out"]
    read, places = [], {kind: [] for kind in said["references"]}
    for story in stories.generate(held_out["seed"], held_out["stories"], held_out=True):
        ids = training.document(tokenizer, story)
        read.append((tuple(ids.tolist()), tuple(range(1, len(ids)))))
        asked = {}
        for reference, answer, _, _ in training.locate(tokenizer, ids, story):
            asked.setdefault(reference.kind, []).append(answer)
        for kind, answers in asked.items():
            places[kind].append((read[-1][0], tuple(answers)))
    facts = [
        Fact("tensors", "tensors", len(gpt2.shapes(config))),
        Fact("parameters", "parameters", said["parameters"]),
        Fact("sha256 of the file", "sha256", sha256),
        Fact(
            f"loss on {held_out['stories']} unseen stories",
            "loss",
            held_out["loss"],
            tuple(read),
            0.0005,
        ),
    ]
    return facts + [
        Fact(
            f"knows the next word ({kind})",
            "next",
            said["references"][kind]["accuracy"],
            tuple(given),
            0.002,
        )
        for kind, given in places.items()
        if given
    ]


def _start(text, width=28):
    return f"“{text}”" if len(text) <= width else f"“{text[: width - 1]}…”"


# ---------------------------------------------------------------- cases

TINY = gpt2.Config(vocab_size=7, n_positions=3, n_embd=4, n_layer=2, n_head=2)


def _t(rng, *shape):
    return torch.tensor(rng.normal(size=shape), dtype=torch.float32)


def _file(entries, numbers=b"", pad=0, metadata=None):
    """The bytes of a safetensors file: length, JSON, numbers."""
    text = (
        json.dumps(({"__metadata__": metadata} if metadata else {}) | entries).encode() + b" " * pad
    )
    return len(text).to_bytes(8, "little") + text + numbers


def _entry(shape, start=0, kind="F32"):
    return {
        "dtype": kind,
        "shape": list(shape),
        "data_offsets": [start, start + 4 * math.prod(shape)],
    }


def _header_cases(rng):
    yield Case("one tensor", (_file({"b": _entry((2,))}, bytes(8)),))
    yield Case(
        "a header of more than 255 bytes",
        (_file({f"h.{i}.ln_1.bias": _entry((1,), 4 * i) for i in range(9)}, bytes(36)),),
    )
    yield Case("filled up with spaces", (_file({"wte.weight": _entry((1, 2))}, bytes(8), pad=5),))
    yield Case(
        "with a note, __metadata__",
        (_file({"b": _entry((1,))}, bytes(4), metadata={"format": "pt"}),),
    )
    yield Case("no tensors at all", (_file({}),))
    yield Case("cut off within the header", (_file({"b": _entry((2,))}, bytes(8))[:30],))
    yield Case("the last three bytes of the header are missing", (_file({"b": _entry((2,))})[:-3],))
    yield Case(
        "a header that claims a terabyte",
        ((10**12).to_bytes(8, "little") + b'{"b": 0}' + bytes(40),),
    )
    size = int(rng.integers(1, 9))
    yield Case(
        "drawn",
        (_file({f"h.{size}.attn.c_attn.bias": _entry((size,))}, rng.bytes(4 * size), pad=size),),
    )


def _name_cases(rng):
    yield Case("outside the blocks", (["wte.weight", "wpe.weight", "ln_f.weight", "ln_f.bias"],))
    yield Case("in a block", (["h.0.ln_1.weight", "h.3.attn.c_attn.weight"],))
    yield Case("h.1, h.10 and h.11", (["h.1.ln_2.bias", "h.10.ln_2.bias", "h.11.ln_2.bias"],))
    yield Case(
        "as transformers saves it",
        (["transformer.wte.weight", "transformer.h.2.mlp.c_fc.bias", "transformer.ln_f.bias"],),
    )
    yield Case("with the logits' matrix", (["transformer.wte.weight", "lm_head.weight"],))
    yield Case("no names", ([],))
    layer = int(rng.integers(12, 48))
    yield Case(
        "drawn", ([f"h.{layer}.mlp.c_proj.weight", f"transformer.h.{layer + 1}.attn.c_proj.bias"],)
    )


def _mask_cases(rng):
    yield Case(
        "one block as on the hub",
        (
            [
                "h.0.attn.bias",
                "h.0.attn.c_attn.bias",
                "h.0.attn.c_attn.weight",
                "h.0.attn.c_proj.bias",
                "h.0.attn.c_proj.weight",
                "h.0.ln_1.bias",
                "h.0.mlp.c_fc.bias",
            ],
        ),
    )
    yield Case("two digits", (["h.11.attn.bias", "h.10.attn.bias", "h.11.attn.c_attn.bias"],))
    yield Case(
        "older files: masked_bias", (["h.0.attn.masked_bias", "h.0.attn.bias", "h.0.ln_1.weight"],)
    )
    yield Case(
        "with a prefix", (["transformer.h.2.attn.bias", "transformer.h.2.attn.c_attn.bias"],)
    )
    yield Case("no masks", (["wte.weight", "ln_f.bias", "h.5.attn.c_proj.bias"],))
    yield Case("nothing but a mask", (["h.3.attn.bias"],))
    layer = int(rng.integers(2, 10))
    yield Case(
        "drawn",
        (
            [
                f"h.{layer}.attn.bias",
                f"h.{layer}.attn.c_attn.bias",
                f"h.{layer}.attn.masked_bias",
                "wpe.weight",
            ],
        ),
    )


def _turn_cases(rng):
    yield Case(
        "a matrix and its bias",
        ({"h.0.mlp.c_fc.weight": _t(rng, 2, 8), "h.0.mlp.c_fc.bias": _t(rng, 8)},),
    )
    yield Case(
        "a square matrix",
        ({"h.0.attn.c_proj.weight": _t(rng, 3, 3), "h.0.attn.c_proj.bias": _t(rng, 3)},),
    )
    yield Case("the embeddings", ({"wte.weight": _t(rng, 5, 2), "wpe.weight": _t(rng, 3, 2)},))
    yield Case("a matrix of one column", ({"h.1.mlp.c_proj.weight": _t(rng, 4, 1)},))
    yield Case("LayerNorms alone", ({"ln_f.weight": _t(rng, 4), "ln_f.bias": _t(rng, 4)},))
    yield Case("a whole small model", (random_params(TINY, int(rng.integers(1 << 30))),))


def _split_cases(rng):
    counting = torch.arange(12.0).reshape(2, 6)
    yield Case("two heads of width 1, counted", (counting, 2))
    yield Case("one head", (_t(rng, 3, 9), 1))
    yield Case("as many heads as numbers", (_t(rng, 3, 9), 3))
    yield Case("two heads of width 3", (_t(rng, 6, 18), 2))
    yield Case("a transposed view", (_t(rng, 12, 4).T, 2))
    yield Case("three heads", (_t(rng, 6, 18), 3))


def _stored(rng, config=TINY):
    return random_params(config, int(rng.integers(1 << 30)))


def _load_cases(rng):
    shapes = gpt2.shapes(TINY)
    masks = {f"h.{i}.attn.bias": torch.ones(1, 1, 3, 3).tril() for i in range(TINY.n_layer)}
    yield Case("nothing special", (_stored(rng), shapes))
    yield Case("as on the hub: with masks", (_stored(rng) | masks, shapes))
    params = _stored(rng)
    prefixed = {f"transformer.{name}": p for name, p in params.items()} | {
        "lm_head.weight": params["wte.weight"]
    }
    yield Case("as transformers saves it: a prefix, an lm_head", (prefixed, shapes))
    yield Case("in float16", ({name: p.half() for name, p in _stored(rng).items()}, shapes))
    lacking = _stored(rng)
    del lacking["h.1.attn.c_attn.bias"]
    yield Case("one tensor is missing", (lacking, shapes))
    yield Case(
        "one has another shape", (_stored(rng) | {"h.0.mlp.c_fc.weight": _t(rng, 16, 4)}, shapes)
    )
    yield Case(
        "one that GPT-2 does not have",
        (_stored(rng) | {"h.0.attn.rotary.weight": _t(rng, 2)}, shapes),
    )
    big = gpt2.Config(vocab_size=3, n_positions=2, n_embd=2, n_layer=12, n_head=1)
    yield Case("twelve blocks", (_stored(rng, big), gpt2.shapes(big)))


def _fact(p):
    return {"shape": list(p.shape), "sha256": checkpoint.tensor_sha256(p)}


def _verify_cases(rng):
    names = ("wte.weight", "h.0.attn.c_proj.weight", "h.0.ln_1.bias", "h.0.ln_2.bias")

    def model():
        params = dict(zip(names, (_t(rng, 5, 3), _t(rng, 3, 3), _t(rng, 3), _t(rng, 3))))
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
    yield Case("a square matrix turned", (params, facts))
    params, facts = model()
    params["extra.weight"] = _t(rng, 2)
    del params["h.0.ln_2.bias"]
    yield Case("one missing, one too many", (params, facts))
    params, facts = model()
    bare = {name: {"shape": fact["shape"]} for name, fact in facts.items()}
    yield Case("only shapes are known", (params | {"wte.weight": _t(rng, 3, 5)}, bare))
    halves = {name: p.half() for name, p in model()[0].items()}
    params = _stored(rng)
    yield Case(
        "nothing is as published", (params, {name: _fact(p + 1) for name, p in params.items()})
    )
    yield Case(
        "loaded as float16", (halves, {name: _fact(p.float()) for name, p in halves.items()})
    )


def _perplexity_cases(rng):
    def case(label, T, size=1.0, **sizes):
        config = gpt2.Config(
            **{"vocab_size": 9, "n_positions": 5, "n_embd": 4, "n_layer": 1, "n_head": 2} | sizes
        )
        params = random_params(config, int(rng.integers(1 << 30)))
        params["wte.weight"] *= size
        ids = torch.tensor(rng.integers(config.vocab_size, size=T))
        return Case(label, (params, ids, config.n_layer, config.n_head))

    yield case("two tokens: one prediction", 2)
    yield case("as many as fit", 5)
    yield case("one more than fits: still one piece", 6)
    yield case("two pieces, the second short", 8)
    yield case("three pieces", 14)
    yield case("a model that knows nothing", 4, size=0.0)
    label, (params, ids, *rest) = "very sure, and wrong", case("", 4, size=200.0).args
    wrong = gpt2_forward(params, ids, *rest)[:3].argmin(
        -1
    )  # what it held for impossible, place by place
    ids = torch.cat([ids[:1], wrong])
    for t in (1, 2, 3):
        ids[t] = gpt2_forward(params, ids[:t], *rest)[-1].argmin()
    yield Case(label, (params, ids, *rest))
    yield case("drawn, two blocks", 7, n_layer=2, vocab_size=20)


# ---------------------------------------------------------------- mistakes


def _big_endian(data):
    return _read_with(data, int.from_bytes(data[:8], "big"), 8)


def _big_endian_unchecked(data):
    length = int.from_bytes(data[:8], "big")
    return json.loads(data[8 : 8 + length]), 8 + length


def _without_the_note(data):
    header, start = read_header(data)
    return {name: entry for name, entry in header.items() if name != "__metadata__"}, start


def _first_byte(data):
    return _read_with(data, data[0], 8)


def _from_byte_4(data):
    return _read_with(data, int.from_bytes(data[:4], "little"), 4)


def _read_with(data, length, start):
    if start + length > len(data):
        raise ValueError("the header is longer than the file")
    return json.loads(data[start : start + length]), start + length


def _start_without_8(data):
    header, start = read_header(data)
    return header, start - 8


def _trusts_the_length(data):
    length = int.from_bytes(data[:8], "little")
    return json.loads(data[8 : 8 + length]), 8 + length


def _length_alone(data):
    if int.from_bytes(data[:8], "little") > len(data):
        raise ValueError("the header is longer than the file")
    return _trusts_the_length(data)


def _ends_at_length(data):
    length = int.from_bytes(data[:8], "little")
    if 8 + length > len(data):
        raise ValueError("the header is longer than the file")
    return json.loads(data[8:length]), length


def _only_the_header(data):
    return read_header(data)[0]


def _all_the_rest(data):
    return json.loads(data[8:]), 8 + int.from_bytes(data[:8], "little")


def _prefix_stays(names):
    return {
        name: weight_names([name])[name] if not name.startswith("transformer.") else (None, name)
        for name in names
    }


def _prefix_outside_stays(names):
    return {
        name: (layer, own if layer is not None else name)
        for name, (layer, own) in weight_names(names).items()
    }


def _layer_as_text(names):
    return {
        name: (layer if layer is None else str(layer), own)
        for name, (layer, own) in weight_names(names).items()
    }


def _one_digit(names):
    places = {}
    for name, (layer, own) in weight_names(names).items():
        bare = name.removeprefix("transformer.")
        places[name] = (int(bare[2]), bare[4:]) if layer is not None else (None, own)
    return places


def _lm_head_apart(names):
    return {
        name: (layer, "lm_head.weight" if name == "lm_head.weight" else own)
        for name, (layer, own) in weight_names(names).items()
    }


def _number_stays(names):
    return {
        name: (layer, own if layer is None else f"h.{layer}.{own}")
        for name, (layer, own) in weight_names(names).items()
    }


def _zero_outside(names):
    return {
        name: (0 if layer is None else layer, own)
        for name, (layer, own) in weight_names(names).items()
    }


def _last_two(names):
    return {
        name: (layer, ".".join(own.split(".")[-2:]))
        for name, (layer, own) in weight_names(names).items()
    }


def _endswith_trap(names):
    return [name for name in names if not name.endswith(("attn.bias", "attn.masked_bias"))]


def _all_biases(names):
    return [name for name in names if not name.endswith("bias")]


def _all_of_attention(names):
    return [name for name in names if not (".attn." in name and name.endswith("bias"))]


def _no_masked_bias(names):
    return [name for name in names if not name.endswith(".attn.bias")]


def _without_prefix(names):
    return [
        name
        for name in names
        if name not in {f"h.{i}.attn.{mask}" for i in range(48) for mask in ("bias", "masked_bias")}
    ]


def _only_the_masks(names):
    return [name for name in names if name not in drop_mask_buffers(names)]


def _all_turned(params):
    return {name: p.T if p.dim() == 2 else p for name, p in params.items()}


def _not_the_square(params):
    return {
        name: p if p.dim() == 2 and p.shape[0] == p.shape[1] else conv1d_to_linear({name: p})[name]
        for name, p in params.items()
    }


def _poured(params):
    return {
        name: p.reshape(new.shape)
        for (name, p), new in zip(params.items(), conv1d_to_linear(params).values())
    }


def _as_they_are(params):
    return dict(params)


def _not_c_proj(params):
    return {
        name: p if "c_proj" in name else conv1d_to_linear({name: p})[name]
        for name, p in params.items()
    }


def _only_matrices(params):
    return {name: p for name, p in conv1d_to_linear(params).items() if p.dim() == 2}


def _only_layers(params):
    return {name: p for name, p in conv1d_to_linear(params).items() if ".c_" in name}


def _heads_first(weight, n_head):
    D = weight.shape[0] // n_head
    return weight.unflatten(1, (n_head, 3, D)).permute(2, 1, 0, 3)


def _poured_c_attn(weight, n_head):
    C = weight.shape[0]
    return weight.reshape(3, n_head, C, C // n_head)


def _poured_each(weight, n_head):
    parts = weight.chunk(3, dim=1)
    return torch.stack([part.reshape(n_head, len(weight), -1) for part in parts])


def _width_before_head(weight, n_head):
    D = weight.shape[0] // n_head
    return weight.unflatten(1, (3, D, n_head)).permute(1, 3, 0, 2)


def _output_heads_first(weight, n_head):
    return split_c_attn(weight, n_head).transpose(0, 1)


def _turned_pieces(weight, n_head):
    return split_c_attn(weight, n_head).transpose(2, 3)


def _not_moved(weight, n_head):
    return weight.unflatten(1, (3, n_head, weight.shape[0] // n_head))


def _load(stored, shapes, shape=True, missing=True, unknown=True):
    params = {}
    for name, (layer, own) in weight_names(drop_mask_buffers(stored)).items():
        key = own if layer is None else f"h.{layer}.{own}"
        if unknown and key not in shapes:
            raise ValueError(name)
        if shape and key in shapes and tuple(stored[name].shape) != tuple(shapes[key]):
            raise ValueError(name)
        params[key] = stored[name].float()
    if missing and shapes.keys() - params.keys():
        raise ValueError("missing")
    return params


def _no_shapes(stored, shapes):
    return _load(stored, shapes, shape=False)


def _no_missing(stored, shapes):
    return _load(stored, shapes, missing=False)


def _no_unknown(stored, shapes):
    return _load(stored, shapes, unknown=False)


def _no_questions(stored, shapes):
    return _load(stored, shapes, False, False, False)


def _what_fits(stored, shapes):
    params = _load(stored, shapes, False, False, False)
    return {
        name: p
        for name, p in params.items()
        if name in shapes and tuple(p.shape) == tuple(shapes[name])
    }


def _masks_refused(stored, shapes):
    if len(drop_mask_buffers(stored)) < len(stored):
        raise ValueError("a mask")
    return load_gpt2(stored, shapes)


def _prefix_refused(stored, shapes):
    if any(name not in shapes for name in drop_mask_buffers(stored)):
        raise ValueError("a prefix")
    return load_gpt2(stored, shapes)


def _by_the_models_names(stored, shapes):
    return {name: stored[name].float() for name in shapes}


def _asserts(stored, shapes):
    try:
        return load_gpt2(stored, shapes)
    except ValueError as error:
        raise AssertionError from error


def _own_names_only(stored, shapes):
    params = _load(stored, shapes)
    return {
        (name.split(".", 2)[2] if name.startswith("h.") else name): p for name, p in params.items()
    }


def _verified(params, facts, differ=None):
    tensors, count, real = verify(params, facts)
    return tensors, count, sorted(real if differ is None else differ)


def _ignores_missing(params, facts):
    return _verified(params, facts, set(verify(params, facts)[2]) & set(params))


def _ignores_extra(params, facts):
    return _verified(params, facts, set(verify(params, facts)[2]) & set(facts))


def _only_names(params, facts):
    return _verified(params, facts, set(params) ^ set(facts))


def _only_shapes(params, facts):
    return verify(params, {name: {"shape": fact["shape"]} for name, fact in facts.items()})


def _hash_of_halves(params, facts):
    differ = set(verify(params, facts)[2])
    differ |= {name for name, p in params.items() if p.dtype == torch.float16}
    return _verified(params, facts, differ)


def _hash_by_memory(params, facts):
    flat = {
        name: p.T if p.dim() == 2 and not p.is_contiguous() else p for name, p in params.items()
    }
    return verify(flat, facts)


def _needs_a_hash(params, facts):
    for fact in facts.values():
        fact["sha256"]
    return verify(params, facts)


def _none_differs(params, facts):
    differ = set(verify(params, facts)[2]) | {
        name for name in set(params) & set(facts) if "sha256" not in facts[name]
    }
    return _verified(params, facts, differ)


def _counts_rows(params, facts):
    tensors, _, differ = verify(params, facts)
    return tensors, sum(len(p) for p in params.values()), differ


def _unsorted(params, facts):
    tensors, count, differ = verify(params, facts)
    return tensors, count, [name for name in facts | params if name in differ]


def _counts_facts(params, facts):
    _, _, differ = verify(params, facts)
    return len(facts), sum(math.prod(fact["shape"]) for fact in facts.values()), differ


def _pieces(params, ids, n_layer, n_head):
    """(nats of each prediction) for each piece."""
    most = len(params["wpe.weight"])
    for start in range(0, len(ids) - 1, most):
        targets = ids[start + 1 : start + 1 + most]
        logits = gpt2_forward(params, ids[start : start + len(targets)], n_layer, n_head)
        yield logits.logsumexp(-1) - logits[torch.arange(len(targets)), targets]


def _not_moved_by_one(params, ids, n_layer, n_head):
    nats = 0.0
    for start in range(0, len(ids), len(params["wpe.weight"])):
        piece = ids[start : start + len(params["wpe.weight"])]
        logits = gpt2_forward(params, piece, n_layer, n_head)
        nats += (logits.logsumexp(-1) - logits[torch.arange(len(piece)), piece]).sum().item()
    return math.exp(nats / len(ids))


def _first_piece_only(params, ids, n_layer, n_head):
    return math.exp(next(_pieces(params, ids, n_layer, n_head)).mean().item())


def _mean_of_means(params, ids, n_layer, n_head):
    means = [piece.mean().item() for piece in _pieces(params, ids, n_layer, n_head)]
    return math.exp(sum(means) / len(means))


def _mean_of_perplexities(params, ids, n_layer, n_head):
    return torch.cat(list(_pieces(params, ids, n_layer, n_head))).double().exp().mean().item()


def _forgets_exp(params, ids, n_layer, n_head):
    return torch.cat(list(_pieces(params, ids, n_layer, n_head))).mean().item()


def _divides_by_tokens(params, ids, n_layer, n_head):
    nats = torch.cat(list(_pieces(params, ids, n_layer, n_head))).sum().item()
    return math.exp(nats / len(ids))


def _too_long(params, ids, n_layer, n_head):
    logits = gpt2_forward(params, ids[:-1], n_layer, n_head)
    return math.exp(
        (logits.logsumexp(-1) - logits[torch.arange(len(ids) - 1), ids[1:]]).mean().item()
    )


def _one_input_too_many(params, ids, n_layer, n_head):
    nats, most = 0.0, len(params["wpe.weight"])
    for start in range(0, len(ids) - 1, most):
        targets = ids[start + 1 : start + 1 + most]
        logits = gpt2_forward(params, ids[start : start + most], n_layer, n_head)
        nats += (logits.logsumexp(-1) - logits[torch.arange(len(targets)), targets]).sum().item()
    return math.exp(nats / (len(ids) - 1))


def _log_of_softmax(params, ids, n_layer, n_head):
    nats, most = 0.0, len(params["wpe.weight"])
    for start in range(0, len(ids) - 1, most):
        targets = ids[start + 1 : start + 1 + most]
        logits = gpt2_forward(params, ids[start : start + len(targets)], n_layer, n_head)
        nats -= logits.softmax(-1)[torch.arange(len(targets)), targets].log().sum().item()
    return math.exp(nats / (len(ids) - 1))


def _between_pieces(params, ids, n_layer, n_head):
    nats, count, most = 0.0, 0, len(params["wpe.weight"])
    for start in range(0, len(ids), most):
        piece = ids[start : start + most]
        if len(piece) > 1:
            logits = gpt2_forward(params, piece[:-1], n_layer, n_head)
            nats += (
                (logits.logsumexp(-1) - logits[torch.arange(len(piece) - 1), piece[1:]])
                .sum()
                .item()
            )
            count += len(piece) - 1
    return math.exp(nats / count)


# ---------------------------------------------------------------- the exercises

MODEL = "What is a Language Model"
WEIGHTS = "You've Made it!"

EXERCISES = [
    prediction(
        asks="Before you look: which size fits?",
        reference=predict_fits,
        guesses=(
            ("gpt2-xl", "1.5 thousand million numbers of four bytes each are more than 4 GB."),
            (
                "gpt2-medium",
                "That one fits, but it is not the largest that does. Four bytes for each "
                "parameter: try the next.",
            ),
            ("gpt2", "That one fits easily. Multiply the others' parameters by four bytes, too."),
        ),
        hints=("A float32 takes four bytes, so a thousand million parameters take 4 GB.",),
        minutes=2,
        post=MODEL,
    ),
    Exercise(
        asks="Open a safetensors file by hand: eight bytes, then JSON.",
        reference=read_header,
        cases=_header_cases,
        mistakes=(
            Mistake(
                _big_endian,
                "The eight bytes are little-endian: the first is the smallest. You read them "
                "the other way round.",
            ),
            Mistake(
                _big_endian_unchecked,
                "The eight bytes are little-endian: the first is the smallest. You read them "
                "the other way round.",
            ),
            Mistake(
                _without_the_note,
                "Return the header as it stands in the file, `__metadata__` included.",
            ),
            Mistake(
                _first_byte,
                "A length above 255 does not fit into the first byte. All eight belong to "
                "the number.",
            ),
            Mistake(
                _from_byte_4,
                "You read four bytes of length; it has eight, and the JSON begins after them.",
            ),
            Mistake(
                _start_without_8,
                "You return the length of the JSON. The numbers begin after it *and* the "
                "eight bytes before it.",
            ),
            Mistake(
                _trusts_the_length,
                "A file that is cut off, or that lies, must be refused by you, with "
                "ValueError, before JSON is tried: compare the length with the file.",
            ),
            Mistake(
                _length_alone,
                "Eight bytes stand before the JSON, so it ends at 8 + length. That is what "
                "must not be more than `len(data)`.",
            ),
            Mistake(
                _ends_at_length,
                "The JSON is `length` bytes long and begins at byte 8, so it ends at 8 + "
                "length; there the numbers begin.",
            ),
            Mistake(
                _only_the_header,
                "Return two things: the header, and the place where the numbers begin.",
            ),
            Mistake(
                _all_the_rest,
                "You gave everything after byte 8 to json. The JSON ends where the length "
                "says; after it come numbers.",
            ),
        ),
        hints=(
            '`int.from_bytes(data[:8], "little")` is the length of the JSON.',
            "`json.loads` takes bytes. Which slice of `data` is the JSON?",
            "If 8 + length is more than `len(data)`: `raise ValueError(...)`.",
        ),
        points=2,
        minutes=8,
        post=WEIGHTS,
    ),
    Exercise(
        asks="Each name of the file, and its place in your model.",
        reference=weight_names,
        cases=_name_cases,
        mistakes=(
            Mistake(
                _prefix_stays,
                "Names that begin with `transformer.` are the same names with a prefix: take "
                "it off first.",
            ),
            Mistake(
                _prefix_outside_stays,
                "Outside the blocks, too, a name may begin with `transformer.`, and "
                "`lm_head.weight` is wte: look at what you return there.",
            ),
            Mistake(_layer_as_text, 'The layer is a number: 3, not "3".'),
            Mistake(
                _one_digit,
                "Layers from 10 on have two digits. Split at the dots, do not count characters.",
            ),
            Mistake(
                _lm_head_apart,
                "`lm_head.weight` has no place of its own: it is wte once more (weight tying).",
            ),
            Mistake(
                _number_stays,
                "Inside block 3 your model says `attn.c_attn.weight`, without `h.3.`.",
            ),
            Mistake(
                _zero_outside, "What belongs to no block has the layer None; 0 is the first block."
            ),
            Mistake(
                _last_two,
                "You kept the last two parts of the name only. `attn.c_proj.weight` and "
                "`mlp.c_proj.weight` need all three, or they are the same.",
            ),
        ),
        hints=(
            '`name.removeprefix("transformer.")` does nothing where there is no prefix.',
            '`"h.11.attn.c_attn.weight".split(".", 2)` gives three pieces.',
            "Begin with layer None; change it where the name begins with `h.`.",
        ),
        points=2,
        minutes=8,
        post=WEIGHTS,
    ),
    Exercise(
        asks="Throw the causal masks away, and nothing else.",
        reference=drop_mask_buffers,
        cases=_mask_cases,
        mistakes=(
            Mistake(
                _endswith_trap,
                "Look what became of `h.0.attn.c_attn.bias`: it ends with `attn.bias`, too, "
                "and it is a learned bias.",
            ),
            Mistake(
                _all_biases,
                "Nearly every `bias` is learned. Only the one that belongs to `attn` itself "
                "is a mask.",
            ),
            Mistake(
                _all_of_attention,
                "`attn.c_attn.bias` and `attn.c_proj.bias` are learned and must stay.",
            ),
            Mistake(
                _no_masked_bias,
                "Older files have a second buffer, `attn.masked_bias`: -10,000, the number "
                "that hides a score. It goes, too.",
            ),
            Mistake(_without_prefix, "With `transformer.` in front a mask is still a mask."),
            Mistake(_only_the_masks, "You return the masks. Return all the others."),
        ),
        hints=(
            "Compare `h.0.attn.bias`, a mask, with `h.0.attn.c_attn.bias`, which was "
            "learned. What stands right before `attn` in each?",
            "A dot in front makes the difference between `attn.bias` and `c_attn.bias`.",
            "`endswith` takes a tuple of endings.",
        ),
        points=1,
        minutes=5,
        post=WEIGHTS,
    ),
    Exercise(
        asks="Load a checkpoint, or say why not.",
        reference=load_gpt2,
        cases=_load_cases,
        needs=("weight_names", "drop_mask_buffers"),
        mistakes=(
            Mistake(
                _no_shapes,
                "A tensor of another shape must be refused now. Later it is an error "
                "somewhere in a block, or no error at all.",
            ),
            Mistake(
                _no_missing,
                "A tensor is missing and you load the rest. A model loaded by halves must be "
                "refused.",
            ),
            Mistake(
                _no_unknown,
                "A name that GPT-2 does not have says that this is another model: refuse it.",
            ),
            Mistake(
                _no_questions,
                "You take whatever comes. Refuse what is unknown, what is missing, and what "
                "has another shape.",
            ),
            Mistake(
                _what_fits,
                "You load what fits and skip the rest in silence: then part of the model is "
                "missing and nobody knows.",
            ),
            Mistake(
                _masks_refused,
                "The masks in OpenAI's own file are no reason to refuse it: your "
                "drop_mask_buffers takes them out first.",
            ),
            Mistake(
                _prefix_refused,
                "With `transformer.` in front, or with an `lm_head.weight`, it is still "
                "GPT-2: ask your weight_names for the place, then compare.",
            ),
            Mistake(
                _by_the_models_names,
                "You look the model's names up in the file. Start from the file's names "
                "instead: they vary, and your weight_names knows their places.",
            ),
            Mistake(
                _asserts,
                "Right to refuse, but with `raise ValueError(...)`: an `assert` is not run "
                "under `python -O`.",
            ),
            Mistake(
                _own_names_only,
                "Without `h.3.` all blocks have the same names, and each overwrites the one "
                "before. Your gpt2_forward wants the full names.",
            ),
        ),
        hints=(
            "Go through `weight_names(drop_mask_buffers(stored)).items()`.",
            "From the place (layer, own) make the name that `shapes` has: own, or "
            '`f"h.{layer}.{own}"`.',
            "Three reasons for `raise ValueError(...)`: not in `shapes`, another shape, and, "
            "after the loop, names of `shapes` that never came.",
        ),
        points=3,
        minutes=12,
        difficulty="medium",
        post=WEIGHTS,
    ),
    Exercise(
        asks="Is it the model that was published? Count, measure, compare hashes.",
        reference=verify,
        cases=_verify_cases,
        mistakes=(
            Mistake(
                _ignores_missing,
                "A tensor that is missing differs as well. Names that only `facts` has must "
                "be in the list.",
            ),
            Mistake(
                _ignores_extra,
                "A tensor that nobody published differs as well. Names that only `params` "
                "has must be in the list.",
            ),
            Mistake(_only_names, "You compare names only. Shapes and values can differ, too."),
            Mistake(
                _only_shapes,
                "Two tensors of one shape can be swapped, and one number can be wrong. Where "
                "a sha256 is given, compare it.",
            ),
            Mistake(
                _hash_of_halves,
                "The published hashes are of float32 numbers. What is held as float16 has "
                "other bytes: `.float()` first.",
            ),
            Mistake(
                _hash_by_memory,
                "A turned matrix has the same numbers in memory, in another order of "
                "reading. Hash it row by row as it stands: `.contiguous()`.",
            ),
            Mistake(
                _needs_a_hash,
                "Where no sha256 is known, the shape alone decides: the key is not always there.",
            ),
            Mistake(
                _none_differs,
                "Where no sha256 is known, the shape alone decides. You hold None for a hash "
                "that differs.",
            ),
            Mistake(
                _counts_rows, "`len` of a matrix counts its rows. `numel()` counts its numbers."
            ),
            Mistake(_unsorted, "The right names, but not in order: return them sorted."),
            Mistake(_counts_facts, "Count what was loaded, not what should have been."),
        ),
        hints=(
            "`set(params) ^ set(facts)` are the names that only one of them has.",
            "`hashlib.sha256(p.float().contiguous().numpy().tobytes()).hexdigest()`",
            '`fact.get("sha256", found)` is the found hash where none was published, so that '
            "it cannot differ.",
        ),
        points=2,
        minutes=10,
        difficulty="medium",
        post=WEIGHTS,
    ),
    Exercise(
        asks="How surprised is the model by any text, of any length?",
        reference=perplexity_of_text,
        cases=_perplexity_cases,
        needs=("gpt2_forward",),
        mistakes=(
            Mistake(
                _not_moved_by_one,
                "You ask how probable each token is at its own place, where the model has "
                "just read it. The logits of place t are about token t + 1.",
            ),
            Mistake(
                _first_piece_only,
                "Only the first piece counts; the rest of a long text is not read.",
            ),
            Mistake(
                _mean_of_means,
                "A short last piece counts as much as a long one. Add up the nats of all, "
                "then divide once.",
            ),
            Mistake(
                _mean_of_perplexities,
                "You average after exp. The average is over nats; exp comes last.",
            ),
            Mistake(_forgets_exp, "This is the loss in nats; the perplexity is its exp."),
            Mistake(
                _divides_by_tokens,
                "There are n - 1 predictions in n tokens: the first is not predicted.",
            ),
            Mistake(
                _too_long,
                "The model has no position beyond its last: a longer text must be read in pieces.",
            ),
            Mistake(
                _one_input_too_many,
                "The last token of the text has no target. Give the model only as many "
                "inputs as there are targets.",
            ),
            Mistake(
                _log_of_softmax,
                "For a token that the model is very sure will not come, softmax rounds to 0, "
                "and log(0) is infinite. Take logsumexp minus the logit.",
            ),
            Mistake(
                _between_pieces,
                "The first token of each piece is predicted by nothing. The last token of "
                "the piece before can do it: let the targets be one ahead.",
            ),
        ),
        hints=(
            'Each piece: `inputs` of at most `len(params["wpe.weight"])` tokens, `targets` '
            "the same moved by one.",
            "-ln p of a target is `logits.logsumexp(-1)` minus the target's logit: no "
            "softmax, no overflow.",
            "`range(0, len(ids) - 1, most)` are the starts. Sum up the nats, divide by "
            "`len(ids) - 1`, then `math.exp`.",
        ),
        points=3,
        minutes=10,
        difficulty="medium",
        rtol=1e-3,
    ),
    Exercise(
        asks="Turn GPT-2's matrices into what torch.nn.Linear holds.",
        reference=conv1d_to_linear,
        cases=_turn_cases,
        mistakes=(
            Mistake(
                _all_turned,
                "The embeddings wte and wpe are tables, not layers: a row for each token or "
                "position. They stay as they are.",
            ),
            Mistake(
                _not_the_square,
                "`attn.c_proj` is square, so no error says that it must be turned. It must: "
                "all layers or none.",
            ),
            Mistake(
                _poured,
                "The shape is right, the numbers are not: reshape pours them into another "
                "shape, `.T` swaps rows and columns.",
            ),
            Mistake(_as_they_are, "Nothing was turned: [in, out] must become [out, in]."),
            Mistake(_not_c_proj, "`c_proj` is a layer as well, both of attention and of the MLP."),
            Mistake(
                _only_matrices, "Biases and LayerNorms belong into the result, too, unchanged."
            ),
            Mistake(
                _only_layers, "Embeddings and LayerNorms belong into the result, too, unchanged."
            ),
        ),
        hints=(
            "Which tensors have two axes? Which two of them are no layers?",
            "`p.T` for a matrix of a layer, `p` for everything else.",
        ),
        points=2,
        minutes=8,
        post=WEIGHTS,
    ),
    Exercise(
        asks="Cut c_attn into one small matrix for each head's query, key and value.",
        reference=split_c_attn,
        cases=_split_cases,
        mistakes=(
            Mistake(
                _heads_first,
                "You cut the columns into heads first and each head into three. In GPT-2 all "
                "queries come first, then all keys, then all values.",
            ),
            Mistake(
                _poured_c_attn,
                "The shape is right, the numbers are mixed up: cut the axis of columns, then "
                "move axes, as in split_heads.",
            ),
            Mistake(
                _poured_each,
                "Query, key and value are apart, but reshape pours each row of numbers over "
                "several heads. Cut the columns first, then move axes.",
            ),
            Mistake(
                _width_before_head,
                "A head's columns are neighbours: the axis of heads comes before the axis of D.",
            ),
            Mistake(
                _output_heads_first,
                "First axis: query, key, value. Second axis: the head. You return them the "
                "other way round.",
            ),
            Mistake(
                _turned_pieces,
                "Each small matrix must be (C, D), so that `x @ matrix` is a head's queries. "
                "Yours are (D, C).",
            ),
            Mistake(
                _not_moved,
                "The columns are cut as they should be; now move the axis of rows behind the "
                "first two.",
            ),
        ),
        hints=(
            "The last axis, 3C long, is three times n_head times D: `unflatten` cuts it.",
            "`weight.unflatten(1, (3, n_head, D))` is (C, 3, n_head, D).",
            "`permute` puts the axes into the order (3, n_head, C, D).",
        ),
        points=2,
        minutes=8,
        difficulty="medium",
        post=WEIGHTS,
    ),
]
