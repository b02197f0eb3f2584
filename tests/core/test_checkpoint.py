"""The loader: what it reads of a folder, and the sentence for what it refuses."""

import json
import os
import shutil
import struct
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest
import torch
import transformers
from safetensors.torch import load_file, save_file

from tests.core.checkpoints import TINY, changed, refused, same, write_folder
from tests.core.hub import safetensors_bytes
from utils import bpe, checkpoint, gpt2, sampling

ROOT = Path(__file__).parents[2]


# --- folders ---------------------------------------------------------------------------


def transformers_model(**more):
    shape = {k: v for k, v in TINY.__dict__.items() if k not in ("eos_token_id", "more_eos")}
    return transformers.GPT2LMHeadModel(transformers.GPT2Config(**shape | more)).eval()


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["lm", "bare", "float16", "bfloat16", "sharded", "untied"])
def test_reads_what_transformers_wrote(tmp_path, kind):
    model = transformers_model(tie_word_embeddings=kind != "untied")
    size = {}
    if kind in ("float16", "bfloat16"):
        model = model.to(getattr(torch, kind))
    if kind == "sharded":
        size = {"max_shard_size": "2KB"}
    (model.transformer if kind == "bare" else model).save_pretrained(tmp_path, **size)
    if kind == "sharded":
        assert len(list(tmp_path.glob("model-*.safetensors"))) > 2
    params, config, tokenizer = checkpoint.load(tmp_path)
    assert config == replace(TINY, tie_word_embeddings=kind != "untied") and tokenizer is None
    assert {p.dtype for p in params.values()} == {torch.float32}
    assert list(params) == list(gpt2.shapes(config))
    assert checkpoint.verify(params, config) == []
    model, ids = model.float(), torch.tensor([[50256, 15496, 995, 0]])
    with torch.no_grad():
        assert torch.allclose(gpt2.forward(params, config, ids), model(ids).logits, atol=1e-5)


@pytest.mark.parametrize("said", [True, False])
def test_a_head_of_its_own_is_honoured_whatever_config_says(tmp_path, params, said):
    """As in transformers, which does not tie what the file holds apart."""
    head = torch.randn(TINY.vocab_size, TINY.n_embd, generator=torch.Generator().manual_seed(0))
    write_folder(tmp_path, weights=params | {"lm_head.weight": head}, tie_word_embeddings=said)
    loaded, config, _ = checkpoint.load(tmp_path)
    assert config == replace(TINY, tie_word_embeddings=False)
    assert loaded["lm_head.weight"].equal(head) and loaded["wte.weight"].equal(params["wte.weight"])
    model = transformers.GPT2LMHeadModel.from_pretrained(tmp_path)
    ids = torch.tensor([[1, 2, 3]])
    with torch.no_grad():
        assert torch.allclose(gpt2.forward(loaded, config, ids), model(ids).logits, atol=1e-5)


def test_the_matrix_of_a_tied_model_may_be_there_under_either_name(tmp_path, params):
    wte = params["wte.weight"]
    write_folder(tmp_path, weights=changed(params, wte__weight=None, lm_head__weight=wte))
    assert same(checkpoint.load(tmp_path)[0], params)


def test_every_tensor_twice_with_the_same_numbers_is_one_model(tmp_path, params):
    twice = {f"transformer.{name}": p.clone() for name, p in params.items()}
    write_folder(tmp_path, weights=params | twice)
    assert same(checkpoint.load(tmp_path)[0], params)


@pytest.mark.parametrize(
    "said, first, others",
    [(7, 7, ()), (None, None, ()), ([7, 9], 7, (9,)), ([7], 7, ()), ([], None, ())]
    # beyond the vocabulary it never comes, as with a model of music that kept GPT-2's
    + [(50257, None, ()), (-1, None, ()), ([99999, 7], 7, ())],
)
def test_the_tokens_that_end_a_text(tmp_path, params, said, first, others):
    write_folder(tmp_path, weights=params, eos_token_id=said)
    params, config, _ = checkpoint.load(tmp_path)
    assert (config.eos_token_id, config.more_eos) == (first, others)
    free = list(sampling.generate(params, replace(config, eos_token_id=None, more_eos=()), [1], 9))
    ends = {first, *others} & set(free)
    stop = min(map(free.index, ends), default=len(free))
    assert list(sampling.generate(params, config, [1], 9)) == free[:stop]


@pytest.fixture(scope="module")
def full_size(tmp_path_factory):
    """124M with random weights, as transformers writes it; and the model itself."""
    folder = tmp_path_factory.mktemp("gpt2")
    torch.manual_seed(0)
    model = transformers.GPT2LMHeadModel(transformers.GPT2Config()).eval()
    model.save_pretrained(folder)
    return folder, model


@pytest.mark.slow
def test_full_size_equals_transformers(full_size):
    folder, model = full_size
    params, config, tokenizer = checkpoint.load(folder)
    assert config == gpt2.Config() and tokenizer is None  # these are not OpenAI's weights
    assert gpt2.count_parameters(config) == 124_439_808
    tokenizer = bpe.gpt2()
    prompt = tokenizer.encode("Alan Turing theorized that computers would one day become")
    ids = torch.tensor([prompt])
    with torch.inference_mode():
        theirs = model(ids).logits
        assert torch.allclose(gpt2.forward(params, config, ids), theirs, rtol=0, atol=1e-4)
        continued = model.generate(ids, max_new_tokens=12, do_sample=False, pad_token_id=0)
    ours = list(sampling.generate(params, config, prompt, 12, temperature=0))
    assert ours == continued[0, len(prompt) :].tolist()[: len(ours)] and len(ours) > 1
    assert len(checkpoint.verify(params, config)) > 100  # random weights are not OpenAI's


MEMORY = """
import sys
from pathlib import Path
from utils import checkpoint

def peak():
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) * 1024 for line in lines if line.startswith("VmHWM"))

before = peak()
params, *_ = checkpoint.load(sys.argv[1])
mapped = peak()
total = sum(float(p.sum()) for p in params.values())  # touches every page
print(mapped - before, peak() - before)
"""


@pytest.mark.slow
@pytest.mark.skipif(sys.platform != "linux", reason="reads peak memory from /proc")
def test_full_size_is_mapped_and_not_copied(full_size):
    folder, _ = full_size
    done = subprocess.run(
        [sys.executable, "-c", MEMORY, str(folder)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    size = (folder / "model.safetensors").stat().st_size
    mapped, read = map(int, done.stdout.split())
    assert mapped < 0.2 * size and 0.9 * size < read < 1.2 * size


@pytest.mark.slow
def test_a_folder_brings_its_own_vocabulary(tmp_path):
    tokenizer = bpe.train("hug pug hugs " * 9, 262, special=["<|endoftext|>"])
    tokenizer.save(tmp_path)
    config = gpt2.Config(262, 16, 4, 1, 2, eos_token_id=261)
    weights = gpt2.init(config)
    half = {name: p.half() for name, p in weights.items()}
    write_folder(tmp_path, config, half, unknown_key=1)
    params, loaded, ours = checkpoint.load(str(tmp_path))
    assert loaded == config and ours.decode(ours.encode("hugs")) == "hugs"
    assert all(params[k].equal(half[k].float()) for k in weights)
    (tmp_path / "vocab.json").unlink()
    (tmp_path / "merges.txt").unlink()
    assert checkpoint.load(tmp_path)[2] is None
    bpe.gpt2().save(tmp_path)
    refused(tmp_path, "it has 50257 tokens and the model 262; load.*text=False. gives its model")
    assert checkpoint.load(tmp_path, text=False)[2] is None


def test_keeps_the_bias_whose_name_looks_like_a_mask(tmp_path, params):
    """ "h.0.attn.c_attn.bias" ends with "attn.bias", and is no mask."""
    mask = {f"h.{i}.attn.{m}": torch.ones(1) for i in (0, 1) for m in ("bias", "masked_bias")}
    prefixed = {f"transformer.{name}": p for name, p in (params | mask).items()}
    head = {"lm_head.weight": params["wte.weight"].clone()}
    write_folder(tmp_path, weights=prefixed | head)
    assert same(checkpoint.load(tmp_path)[0], params)


def test_the_loaded_file_may_be_written_to_in_memory_only(tmp_path, params):
    write_folder(tmp_path, weights=params)
    checkpoint.load(tmp_path)[0]["wte.weight"].zero_()
    assert same(checkpoint.load(tmp_path)[0], params)


# --- refusals --------------------------------------------------------------------------


@pytest.mark.parametrize(
    "change, sentence",
    [
        ({"h__1__ln_2__bias": None}, "lacks h.1.ln_2.bias"),
        ({"score__weight": torch.ones(2)}, "holds score.weight: not a GPT-2 alone"),
        ({"wpe__weight": torch.ones(15, 4)}, r"wpe.weight .* \(15, 4\).* asks for \(16, 4\)"),
        ({"h__0__mlp__c_fc__weight": torch.ones(16, 4)}, r"\(16, 4\).* asks for \(4, 16\)"),
        ({"ln_f__bias": torch.ones(4).to(torch.int64)}, "ln_f.bias .* stored as I64"),
        ({"lm_head__weight": torch.ones(50256, 4)}, r"lm_head.weight .* \(50256, 4\)"),
        ({"transformer__ln_f__bias": torch.ones(4)}, "holds ln_f.bias twice, with and without"),
        ({"other__h__0__attn__bias": torch.ones(4)}, "holds other.h.0.attn.bias: not a GPT-2"),
    ],
    ids=str,
)
def test_refuses_other_tensors(tmp_path, params, change, sentence):
    write_folder(tmp_path, weights=changed(params, **change))
    refused(tmp_path, sentence)


@pytest.mark.parametrize(
    "said, sentence",
    [
        ({"model_type": "llama"}, "describes a llama, not a GPT-2"),
        ({"activation_function": "relu"}, "activation_function = relu"),
        ({"scale_attn_by_inverse_layer_idx": True}, "not how GPT-2 computes"),
        ({"n_layer": 3}, "lacks h.2.attn.c_attn.bias"),
        ({"n_layer": 1}, "holds h.1"),
        ({"n_layer": True}, "n_layer must be an integer above 0, not True"),
        ({"n_inner": 0}, "n_inner must be an integer above 0 or None, not 0"),
        ({"eos_token_id": True}, "eos_token_id must be an integer, a list of them or null"),
        ({"eos_token_id": [1, "2"]}, r"not \[1, '2'\]"),
        ({"tie_word_embeddings": False}, "tie_word_embeddings = False, and the head .* is not in"),
        ({"tie_word_embeddings": "false"}, "tie_word_embeddings must be True or False"),
        ({"auto_map": {"AutoModel": "code.Model"}}, "asks for code that comes with the model"),
        ({"n_layer": 10**12}, "does not hold 1000000000000 layers"),
        ({"n_head": 3}, "n_embd = 4 cannot be split into n_head = 3"),
        ({"n_embd": "4"}, "n_embd must be an integer above 0, not '4'"),
        ({"vocab_size": 50258}, "wte.weight"),
        ({"layer_norm_epsilon": "1e-5"}, "layer_norm_epsilon must be in .* not '1e-5'"),
    ],
    ids=str,
)
def test_refuses_other_configs(tmp_path, params, said, sentence):
    refused(write_folder(tmp_path, weights=params, **said), sentence)


def test_refuses_what_is_not_there(tmp_path):
    refused("gpt5", "no folder gpt5; the other sources are bundled, sorting, gpt2")
    refused(tmp_path / "nowhere", "There is no folder")
    (tmp_path / "empty").mkdir()
    refused(tmp_path / "empty", "config.json is missing")
    write_folder(tmp_path / "empty")
    refused(tmp_path / "empty", "has no model.safetensors")
    for text in ("{", "[]", "\0"):
        (tmp_path / "empty" / "config.json").write_text(text)
        refused(tmp_path / "empty", "config.json is (missing or not JSON|not a JSON object)")


def test_never_opens_a_pickle(tmp_path, params):
    class Evil:
        def __reduce__(self):
            return (os.mkdir, (str(tmp_path / "evil"),))

    write_folder(tmp_path)
    torch.save(Evil(), tmp_path / "pytorch_model.bin")
    refused(tmp_path, r"only as a pickle \(pytorch_model.bin\), which may run code")
    shutil.copy(tmp_path / "pytorch_model.bin", tmp_path / "model.safetensors")
    refused(tmp_path, "not a safetensors file")
    assert not (tmp_path / "evil").exists()


@pytest.mark.parametrize(
    "damage",
    {
        "empty": lambda data: b"",
        "a web page": lambda data: b"<!DOCTYPE html><p>Log in to this network</p>",
        "truncated by a byte": lambda data: data[:-1],
        "truncated in the header": lambda data: data[:100],
        "longer": lambda data: data + b"\0",
        "header longer than the file": lambda data: struct.pack("<Q", 2**40) + data[8:],
        "header length beyond any": lambda data: b"\xff" * 8 + data[8:],
        "header not JSON": lambda data: data[:8] + b"}" + data[9:],
    }.items(),
    ids=lambda item: item[0],
)
def test_refuses_damaged_files(tmp_path, params, damage):
    write_folder(tmp_path)
    (tmp_path / "model.safetensors").write_bytes(damage[1](safetensors_bytes(params)))
    refused(tmp_path, "cut off, damaged or not a safetensors file")


@pytest.mark.parametrize(
    "entry",
    [
        {"dtype": "F32", "shape": [2**31, 2**31], "data_offsets": [0, 16]},
        {"dtype": "F32", "shape": [4], "data_offsets": [0, 2**50]},
        {"dtype": "F32", "shape": [4], "data_offsets": [16, 0]},
        {"dtype": "F32", "shape": [4], "data_offsets": [-16, 0]},
        {"dtype": "F99", "shape": [4], "data_offsets": [0, 16]},
    ],
    ids=str,
)
def test_refuses_a_header_that_lies(tmp_path, params, entry):
    write_folder(tmp_path)
    data = safetensors_bytes(params, header={"ln_f.bias": entry})
    (tmp_path / "model.safetensors").write_bytes(data)
    refused(tmp_path, "cut off, damaged or not a safetensors file")


def test_refuses_shards_that_are_missing_or_elsewhere(tmp_path, params):
    write_folder(tmp_path)
    index = tmp_path / "model.safetensors.index.json"
    index.write_text(json.dumps({"weight_map": {"wte.weight": "a.safetensors"}}))
    refused(tmp_path, "lacks a.safetensors")
    index.write_text(json.dumps({"weight_map": {"wte.weight": "../a.safetensors"}}))
    refused(tmp_path, "names '../a.safetensors', which is no file beside it")
    for wrong in ({}, {"weight_map": []}):
        index.write_text(json.dumps(wrong))
        refused(tmp_path, "has no weight_map")
    save_file({"wte.weight": params["wte.weight"]}, tmp_path / "a.safetensors")
    index.write_text(json.dumps({"weight_map": {"wte.weight": "a.safetensors"}}))
    refused(tmp_path, "does not hold 2 layers")


@pytest.mark.parametrize(
    "line, sentence",
    [
        ("", "names '', which is no file beside it"),
        ("abc", "names '', which is no file"),
        ("abc  ../x", "names '../x', which is no file"),
        ("abc  ..", "is missing"),
        ("abc  gone.json", "gone.json is missing"),
        ("abc *config.json", "config.json is not the file it should be"),
    ],
)
def test_refuses_sums_that_do_not_fit(tmp_path, params, line, sentence):
    write_folder(tmp_path, weights=params)
    (tmp_path / "SHA256SUMS").write_text(line + "\n")
    refused(tmp_path, sentence)


def test_refuses_a_broken_vocabulary(tmp_path, params):
    write_folder(tmp_path, weights=params)
    (tmp_path / "vocab.json").write_text("{}")
    refused(tmp_path, "merges.txt")


# --- verify ----------------------------------------------------------------------------


def test_verify_says_what_differs(params):
    assert checkpoint.verify(params, TINY) == []
    other = changed(params, ln_f__bias=None, h__0__ln_1__bias=torch.ones(5), x=torch.ones(1))
    assert checkpoint.verify(other, TINY) == [
        "ln_f.bias is missing",
        "x is not GPT-2's",
        "h.0.ln_1.bias has the shape (5,), not (4,)",
        f"{count(other):,} parameters, not {count(params):,}",
    ]


def count(params):
    return sum(p.numel() for p in params.values())


def test_verify_knows_openais_tensors(monkeypatch):
    """All hashes right gives no difference; one changed number gives its tensor's name."""
    facts = json.loads((ROOT / "data" / "gpt2_facts" / "tensors.json").read_text())
    shapes = gpt2.shapes(gpt2.Config())
    assert {k: tuple(v["shape"]) for k, v in facts["tensors"].items()} == shapes
    params = {name: torch.empty(1).expand(shape) for name, shape in shapes.items()}
    known = {id(params[name]): tensor["sha256"] for name, tensor in facts["tensors"].items()}
    monkeypatch.setattr(checkpoint.known, "tensor_sha256", lambda tensor: known[id(tensor)])
    assert checkpoint.verify(params, gpt2.Config()) == []
    known[id(params["h.3.ln_2.bias"])] = "0" * 64
    expected = ["h.3.ln_2.bias has other values than OpenAI's"]
    assert checkpoint.verify(params, gpt2.Config()) == expected


def test_the_published_mask_buffer_has_its_published_hash():
    """The one published tensor that anybody can compute: checks the way of hashing."""
    facts = json.loads((ROOT / "data" / "gpt2_facts" / "tensors.json").read_text())
    mask = torch.ones(1024, 1024).tril()
    assert checkpoint.tensor_sha256(mask) == facts["mask_buffer"]["sha256"]
    assert checkpoint.tensor_sha256(mask.T.contiguous().T) == facts["mask_buffer"]["sha256"]


def test_the_published_facts_fit_together():
    tokenizer = bpe.gpt2()
    for name, facts in checkpoint.published().items():
        config = checkpoint.configs.of(facts)
        assert gpt2.count_parameters(config) == facts["parameters"], name
        assert len(facts["revision"]) == 40 and len(facts["sha256"]) == 64
    facts = json.loads((ROOT / "data" / "gpt2_facts" / "outputs.json").read_text("utf-8"))
    for greedy in facts["greedy"]:
        assert tokenizer.encode(greedy["prompt"]) == greedy["prompt_ids"]
        assert greedy["ids"][: len(greedy["prompt_ids"])] == greedy["prompt_ids"]
        assert tokenizer.decode(greedy["ids"]) == greedy["text"]
    for loss in facts["losses"]:
        assert tokenizer.decode(loss["ids"]) == loss["text"]


@pytest.mark.parametrize("source", ["bundled", "sorting"])
def test_verify_knows_the_tensors_of_our_own_models(source):
    params, config, _ = checkpoint.load(source)
    assert set(checkpoint.tensor_facts(source)) == set(params)
    assert checkpoint.verify(params, config) == []
    c_proj = params["h.1.attn.c_proj.weight"]  # square, so that its shape shows nothing
    turned = params | {"h.1.attn.c_proj.weight": c_proj.T}
    said = f"h.1.attn.c_proj.weight has other values than the {source} model's"
    assert checkpoint.verify(turned, config) == [said]
    params["ln_f.bias"] = params["ln_f.bias"].nextafter(torch.tensor(9.0))
    assert len(checkpoint.verify(params, config)) == 1


@pytest.fixture
def as_openais(monkeypatch, tmp_path):
    """The tiny model in OpenAI's place, known by its tensors as OpenAI's is by its 148."""
    model = transformers_model()
    model.save_pretrained(tmp_path / "again")
    params, config, _ = checkpoint.load(tmp_path / "again")
    facts = checkpoint.known.fingerprints(params)
    monkeypatch.setattr(checkpoint.known, "tensor_facts", lambda source: facts)
    return tmp_path / "again"


def test_openais_model_saved_again_is_known_by_its_tensors(as_openais, monkeypatch):
    """Another file: a prefix, no masks, another order. It needs no tokenizer of its own."""
    params, config, tokenizer = checkpoint.load(as_openais)
    assert tokenizer is bpe.gpt2()
    published = {**TINY.__dict__, "sha256": "0" * 64, "repo": "o/n", "revision": "r"}
    monkeypatch.setattr(checkpoint, "published", lambda: {"gpt2": published})
    monkeypatch.setattr(checkpoint, "find", lambda name: as_openais)
    again, config, tokenizer = checkpoint.load("gpt2")
    assert same(again, params) and config == TINY and tokenizer is bpe.gpt2()

    stored = load_file(as_openais / "model.safetensors")
    stored["transformer.ln_f.bias"] += 1e-6
    save_file(stored, as_openais / "model.safetensors")
    assert checkpoint.load(as_openais)[2] is None
    refused("gpt2", "is not the file it should be")


def test_the_bundled_model_loads():
    folder = ROOT / "data" / "bundled_gpt2"
    params, config, tokenizer = checkpoint.load()
    stored = load_file(folder / "model.safetensors")
    name = next(name for name in stored if name.endswith("ln_f.weight"))
    assert params["ln_f.weight"].equal(stored[name].float())
    assert tokenizer.decode(tokenizer.encode("The robot")) == "The robot"
