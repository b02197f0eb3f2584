"""The loader: where it looks, what it reads, and the sentence for what it refuses."""

import json
import os
import shutil
import struct
import subprocess
import sys
import time
from pathlib import Path

import pytest
import torch
import transformers
from huggingface_hub import constants
from safetensors.torch import load_file, save_file

from tests.core.hub import Hub, safetensors_bytes
from utils import bpe, checkpoint, gpt2, sampling

ROOT = Path(__file__).parents[2]
REPO, REVISION = "openai-community/gpt2", "607a30d783dfa663caf39e06633721c8d4cfcd7e"
# A GPT-2 whose vocabulary is the real one, so that the real tokenizer fits, and tiny else.
TINY = gpt2.Config(n_positions=16, n_embd=4, n_layer=2, n_head=2)


@pytest.fixture(scope="module")
def params():
    return gpt2.init(TINY, seed=7)


@pytest.fixture(scope="module")
def hub_file(params):
    """model.safetensors as OpenAI's on the hub: masks, no prefix, no padded header."""
    mask = torch.ones(16, 16).tril()[None, None]
    masks = {f"h.{i}.attn.bias": mask for i in range(TINY.n_layer)}
    return safetensors_bytes(masks | params)


@pytest.fixture
def world(tmp_path, monkeypatch, hub_file):
    """A machine with empty data/ and cache; "gpt2" is published as the tiny file."""
    facts = {
        "repo": REPO,
        "revision": REVISION,
        "sha256": checkpoint.hashlib.sha256(hub_file).hexdigest(),
        "megabytes": 1,
        **{k: v for k, v in TINY.__dict__.items() if k != "eos_token_id"},
    }
    monkeypatch.setattr(checkpoint, "DATA", tmp_path / "data")
    monkeypatch.setattr(checkpoint, "published", lambda: {"gpt2": facts})
    monkeypatch.setattr(constants, "HF_HUB_CACHE", str(tmp_path / "cache"))
    monkeypatch.setattr(constants, "DOWNLOAD_CHUNK_SIZE", 50_000)  # not 10 MB
    use_endpoint(monkeypatch, "http://127.0.0.1:9")  # nobody listens there
    return tmp_path


def use_endpoint(monkeypatch, url):
    """What HF_ENDPOINT does in a new process."""
    template = url + "/{repo_id}/resolve/{revision}/{filename}"
    monkeypatch.setattr(constants, "ENDPOINT", url)
    monkeypatch.setattr(constants, "HUGGINGFACE_CO_URL_TEMPLATE", template)


@pytest.fixture
def hub(world, monkeypatch, hub_file):
    others = {"config.json": b"{}", "pytorch_model.bin": b"pickle", "vocab.json": b"{}"}
    with Hub({REPO: {REVISION: {"model.safetensors": hub_file, **others}}}) as hub:
        use_endpoint(monkeypatch, hub.url)
        yield hub


def write_folder(folder, config=TINY, weights=None, **more):
    """A checkpoint folder; `more` goes into config.json."""
    folder.mkdir(parents=True, exist_ok=True)
    said = {"model_type": "gpt2", **config.__dict__, **more}
    (folder / "config.json").write_text(json.dumps(said))
    if weights is not None:
        save_file(weights, folder / "model.safetensors")
    return folder


def same(loaded, params):
    return list(loaded) == list(params) and all(loaded[k].equal(params[k]) for k in params)


def refused(source, sentence):
    with pytest.raises(checkpoint.CheckpointError, match=sentence) as caught:
        checkpoint.load(source)
    message = str(caught.value)
    assert "\n" not in message and message.endswith(".")
    return message


# --- the hub ---------------------------------------------------------------------------


def test_downloads_the_weights_only_and_once(hub, world, params):
    loaded, config, tokenizer = checkpoint.load("gpt2")
    assert same(loaded, params) and config == TINY
    assert tokenizer.encode("Hello world") == [15496, 995]
    paths = {path.removeprefix("/stored") for _, path, _, _ in hub.asked}
    assert paths == {f"/{REPO}/resolve/{REVISION}/model.safetensors"}
    assert [method for method, *_ in hub.asked].count("GET") == 2  # and its redirect
    asked = len(hub.asked)
    assert same(checkpoint.load("gpt2")[0], params)
    assert len(hub.asked) == asked
    assert not list(world.rglob("*.part"))


def test_sends_nobodys_token_to_a_mirror(hub, monkeypatch):
    monkeypatch.setenv("HF_TOKEN", "hf_secret")
    checkpoint.load("gpt2")
    assert {authorization for *_, authorization in hub.asked} == {None}


def test_a_connection_that_breaks_goes_on_where_it_stopped(hub, params, hub_file):
    hub.cuts = [300_000, 200_000]
    assert same(checkpoint.load("gpt2")[0], params)
    ranges = [r for method, path, r, _ in hub.asked if method == "GET" and "/stored" in path]
    assert len(ranges) == 3 and ranges[0] is None
    assert ranges[2].startswith("bytes=") and int(ranges[2][6:].split("-")[0]) > 0


def test_goes_on_after_a_stop_and_replaces_a_stale_part(hub, world, params, hub_file):
    part = world / "data" / "gpt2" / "model.safetensors.part"
    part.parent.mkdir(parents=True)
    part.write_bytes(hub_file[:123_457])
    assert same(checkpoint.load("gpt2")[0], params)
    assert "bytes=123457-" in [r for _, _, r, _ in hub.asked]
    part.with_suffix("").unlink()
    part.write_bytes(hub_file + b"more")  # of another revision, say
    assert same(checkpoint.load("gpt2")[0], params)


def test_a_complete_part_is_not_asked_for_again(hub, world, params, hub_file):
    part = world / "data" / "gpt2" / "model.safetensors.part"
    part.parent.mkdir(parents=True)
    part.write_bytes(hub_file)
    assert same(checkpoint.load("gpt2")[0], params)
    assert "GET" not in [method for method, *_ in hub.asked]


def test_refuses_and_deletes_what_a_mirror_changed(hub, world, hub_file):
    name = f"/{REPO}/resolve/{REVISION}/model.safetensors"
    hub.files[name] = hub_file[:-1] + bytes([hub_file[-1] ^ 1])
    refused("gpt2", "What arrived is not the published model.safetensors of gpt2")
    assert not list(world.rglob("*.safetensors*"))


def test_says_what_a_hub_without_the_file_answered(hub):
    hub.files.clear()
    refused("gpt2", "did not give it .*EntryNotFound")


def test_no_network_says_what_was_tried_what_runs_and_what_to_bring(world):
    message = refused("gpt2", "neither in .* nor in the hub's cache")
    for part in (
        str(world / "data" / "gpt2"),
        str(world / "cache"),
        "http://127.0.0.1:9",
        "ConnectError",
        'load("bundled") runs without network',
        "python -m utils.checkpoint fetch gpt2",
    ):
        assert part in message


def test_a_filled_hub_cache_is_used_without_network(world, params, hub_file):
    for repo in ("models--openai-community--gpt2", "models--gpt2"):
        folder = world / "cache" / repo / "snapshots" / REVISION
        folder.mkdir(parents=True)
        (folder / "model.safetensors").write_bytes(hub_file)
        assert same(checkpoint.load("gpt2")[0], params)
        shutil.rmtree(world / "cache")
    refused("gpt2", "neither in")


def test_the_cache_is_filled_as_the_hub_library_does(hub, world, params, monkeypatch):
    from huggingface_hub import hf_hub_download

    cache = constants.HF_HUB_CACHE
    hf_hub_download(REPO, "model.safetensors", revision=REVISION, cache_dir=cache)
    use_endpoint(monkeypatch, "http://127.0.0.1:9")
    assert same(checkpoint.load("gpt2")[0], params)
    assert not (world / "data").exists()


def test_a_full_disk_is_noticed_before_and_during(hub, world, monkeypatch):
    with monkeypatch.context() as patch:
        usage = checkpoint.shutil.disk_usage(world)
        patch.setattr(checkpoint.shutil, "disk_usage", lambda _: usage._replace(free=1000))
        refused("gpt2", "disk of .* is full; make room for 1 MB")
    assert "GET" not in [method for method, *_ in hub.asked]

    def full(url, file, **_):
        file.write(b"x" * 100)
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr("huggingface_hub.file_download.http_get", full)
        refused("gpt2", "disk of .* is full")


def test_damage_after_the_download_is_noticed(hub, world):
    checkpoint.load("gpt2")
    file = world / "data" / "gpt2" / "model.safetensors"
    data = bytearray(file.read_bytes())
    data[len(data) // 2] ^= 4  # one bit
    file.write_bytes(data)
    refused("gpt2", "model.safetensors is not the file it should be: its sha256 is")
    file.write_bytes(data[:-100])
    refused("gpt2", "is not the file it should be")


def test_a_fetched_folder_can_travel(hub, world, params):
    folder = checkpoint.fetch("gpt2", world / "stick" / "my gpt2")
    assert not (world / "data").exists()
    names = ["SHA256SUMS", "config.json", "model.safetensors"]
    assert sorted(path.name for path in folder.iterdir()) == names
    loaded, config, tokenizer = checkpoint.load(folder)
    assert same(loaded, params) and config == TINY and tokenizer.vocab_size == 50257
    theirs = transformers.GPT2LMHeadModel.from_pretrained(folder)
    assert theirs.transformer.wte.weight.equal(params["wte.weight"])

    shutil.copytree(folder, world / "data" / "gpt2")  # brought to another machine
    hub.files.clear()
    assert same(checkpoint.load("gpt2")[0], params)
    file = folder / "model.safetensors"
    file.write_bytes(file.read_bytes()[:-1] + b"\x01")
    refused(folder, "is not the file it should be")


def test_fetch_copies_what_is_already_here(hub, world):
    checkpoint.fetch("gpt2")
    asked = len(hub.asked)
    folder = checkpoint.fetch("gpt2", world / "stick")
    assert len(hub.asked) == asked
    assert (folder / "model.safetensors").exists()
    with pytest.raises(checkpoint.CheckpointError, match="gpt3 is none of gpt2"):
        checkpoint.fetch("gpt3")


PROCESS = """
import json, sys
from pathlib import Path
from huggingface_hub import constants
from utils import checkpoint
constants.DOWNLOAD_CHUNK_SIZE = 50_000
facts = json.loads(sys.argv[1])
checkpoint.published, checkpoint.DATA = lambda: {"gpt2": facts}, Path(sys.argv[2])
checkpoint.main(["fetch", "gpt2"])
"""


def test_the_command_obeys_the_environment_and_goes_on_when_killed(world, hub_file):
    """In processes of their own: HF_ENDPOINT, HF_HUB_OFFLINE, and a kill in the middle."""
    facts = checkpoint.published()["gpt2"]
    command = [sys.executable, "-c", PROCESS, json.dumps(facts), str(world / "data")]
    part = world / "data" / "gpt2" / "model.safetensors.part"
    # A server that stops sending, with the connection open, until the process is gone.
    with Hub({REPO: {REVISION: {"model.safetensors": hub_file}}}) as hub:
        env = {**os.environ, "HF_ENDPOINT": hub.url, "HF_HOME": str(world / "home")}
        hub.stall = 400_000
        first = subprocess.Popen(
            command, env=env, cwd=ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        deadline = time.monotonic() + 60
        while not (part.exists() and part.stat().st_size) and time.monotonic() < deadline:
            time.sleep(0.05)
        first.kill()
        first.wait()
        held = part.stat().st_size
        assert 0 < held < len(hub_file)
        hub.stall = None
        hub.asked.clear()

        offline = subprocess.run(
            command, env=env | {"HF_HUB_OFFLINE": "1"}, cwd=ROOT, capture_output=True, text=True
        )
        assert offline.returncode == 1 and hub.asked == []
        assert "offline" in offline.stderr and "Traceback" not in offline.stderr

        env["TQDM_POSITION"] = "-1"  # shows the bar although nobody looks
        second = subprocess.run(command, env=env, cwd=ROOT, capture_output=True, text=True)
        assert second.returncode == 0, second.stderr
        assert "Complete and as published" in second.stdout
        assert "model.safetensors" in second.stderr  # the progress bar
        assert f"bytes={held}-" in [r for _, _, r, _ in hub.asked]
    assert part.with_suffix("").read_bytes() == hub_file


# --- folders ---------------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["lm", "bare", "float16", "bfloat16", "sharded"])
def test_reads_what_transformers_wrote(tmp_path, kind):
    shape = {k: v for k, v in TINY.__dict__.items() if k != "eos_token_id"}
    model = transformers.GPT2LMHeadModel(transformers.GPT2Config(**shape)).eval()
    size = {}
    if kind in ("float16", "bfloat16"):
        model = model.to(getattr(torch, kind))
    if kind == "sharded":
        size = {"max_shard_size": "2KB"}
    (model.transformer if kind == "bare" else model).save_pretrained(tmp_path, **size)
    if kind == "sharded":
        assert len(list(tmp_path.glob("model-*.safetensors"))) > 2
    params, config, _ = checkpoint.load(tmp_path)
    assert config == TINY and {p.dtype for p in params.values()} == {torch.float32}
    assert list(params) == list(gpt2.shapes(TINY))
    model, ids = model.float(), torch.tensor([[50256, 15496, 995, 0]])
    with torch.no_grad():
        assert torch.allclose(gpt2.forward(params, config, ids), model(ids).logits, atol=1e-5)


@pytest.fixture(scope="module")
def full_size(tmp_path_factory):
    """124M with random weights, as transformers writes it; and the model itself."""
    folder = tmp_path_factory.mktemp("gpt2")
    torch.manual_seed(0)
    model = transformers.GPT2LMHeadModel(transformers.GPT2Config()).eval()
    model.save_pretrained(folder)
    return folder, model


def test_full_size_equals_transformers(full_size):
    folder, model = full_size
    params, config, tokenizer = checkpoint.load(folder)
    assert config == gpt2.Config()
    assert gpt2.count_parameters(config) == 124_439_808
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
    refused(tmp_path, "has 50257 tokens, the model 262; its vocab.json")


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


def changed(params, **changes):
    """A copy with some tensors replaced, or taken away by None."""
    names = {name.replace("__", "."): tensor for name, tensor in changes.items()}
    return {k: v for k, v in (params | names).items() if v is not None}


@pytest.mark.parametrize(
    "change, sentence",
    [
        ({"h__1__ln_2__bias": None}, "lacks h.1.ln_2.bias"),
        ({"score__weight": torch.ones(2)}, "holds score.weight: not a GPT-2 alone"),
        ({"wpe__weight": torch.ones(15, 4)}, r"wpe.weight .* \(15, 4\).* asks for \(16, 4\)"),
        ({"h__0__mlp__c_fc__weight": torch.ones(16, 4)}, r"\(16, 4\).* asks for \(4, 16\)"),
        ({"ln_f__bias": torch.ones(4).to(torch.int64)}, "ln_f.bias .* stored as I64"),
        ({"lm_head__weight": torch.ones(50257, 4)}, "lm_head of its own"),
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


def test_refuses_what_is_not_there(tmp_path, world):
    refused("gpt5", "no folder gpt5; the other sources are bundled, gpt2")
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
    monkeypatch.setattr(checkpoint, "tensor_sha256", lambda tensor: known[id(tensor)])
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
        config = checkpoint._config_of(facts)
        assert gpt2.count_parameters(config) == facts["parameters"], name
        assert len(facts["revision"]) == 40 and len(facts["sha256"]) == 64
    facts = json.loads((ROOT / "data" / "gpt2_facts" / "outputs.json").read_text("utf-8"))
    for greedy in facts["greedy"]:
        assert tokenizer.encode(greedy["prompt"]) == greedy["prompt_ids"]
        assert greedy["ids"][: len(greedy["prompt_ids"])] == greedy["prompt_ids"]
        assert tokenizer.decode(greedy["ids"]) == greedy["text"]
    for loss in facts["losses"]:
        assert tokenizer.decode(loss["ids"]) == loss["text"]


def test_the_bundled_model_loads():
    folder = ROOT / "data" / "bundled_gpt2"
    if not folder.exists():
        pytest.skip("data/bundled_gpt2 is not there yet")
    params, config, tokenizer = checkpoint.load()
    assert checkpoint.verify(params, config) == []
    stored = load_file(folder / "model.safetensors")
    name = next(name for name in stored if name.endswith("ln_f.weight"))
    assert params["ln_f.weight"].equal(stored[name].float())
    assert tokenizer.decode(tokenizer.encode("The robot")) == "The robot"
