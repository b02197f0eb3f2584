"""The loader and the hub: what is downloaded, once, whole, and said where it fails."""

import hashlib
import json
import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

import pytest
import torch
import transformers
from huggingface_hub import constants

from tests.core.checkpoints import TINY, refused, same, write_folder
from tests.core.hub import Hub, commit_of, safetensors_bytes
from utils import bpe, checkpoint, gpt2
from utils.checkpoint.__main__ import main

ROOT = Path(__file__).parents[2]
REPO, REVISION = "openai-community/gpt2", "607a30d783dfa663caf39e06633721c8d4cfcd7e"


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
        "sha256": hashlib.sha256(hub_file).hexdigest(),
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
        usage = shutil.disk_usage(world)
        patch.setattr(shutil, "disk_usage", lambda _: usage._replace(free=1000))
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
from utils.checkpoint.__main__ import main
constants.DOWNLOAD_CHUNK_SIZE = 50_000
facts = json.loads(sys.argv[1])
checkpoint.published, checkpoint.DATA = lambda: {"gpt2": facts}, Path(sys.argv[2])
main(["fetch", "gpt2"])
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


# --- owner/name -------------------------------------------------------------------------

OWN = "ada/counts"  # somebody's repository
SMALL = gpt2.Config(262, 16, 4, 1, 2, eos_token_id=261)
SECRET = "hf_secret"


@pytest.fixture
def repository(world, monkeypatch, tmp_path):
    """A repository as transformers writes it, with what must never be fetched beside it."""
    model = transformers.GPT2Config(
        vocab_size=262, n_positions=16, n_embd=4, n_layer=1, n_head=2, eos_token_id=261
    )
    model = transformers.GPT2LMHeadModel(model)
    written = tmp_path / "written"
    model.save_pretrained(written, max_shard_size="2KB")
    assert len(list(written.glob("model-*-of-*.safetensors"))) > 1
    bpe.train("hug pug hugs " * 9, 262, special=["<|endoftext|>"]).save(tmp_path / "words")
    transformers.GPT2Tokenizer.from_pretrained(tmp_path / "words").save_pretrained(written)
    files = {path.name: path.read_bytes() for path in written.iterdir()}
    files |= {"pytorch_model.bin": b"pickle", "code.py": b"print()", "README.md": b"hello"}
    older = {name: data for name, data in files.items() if name != "tokenizer.json"}
    with Hub({OWN: {"main": files, "v1": older}}) as hub:
        use_endpoint(monkeypatch, hub.url)
        yield hub


def fetched(hub):
    return {path.rsplit("/", 1)[1] for method, path, *_ in hub.asked if method == "GET"}


def test_a_repository_is_loaded_with_what_is_needed_of_it(repository, monkeypatch, tmp_path):
    params, config, tokenizer = checkpoint.load(OWN)
    assert config == SMALL and checkpoint.verify(params, config) == []
    assert tokenizer.decode(tokenizer.encode("hugs")) == "hugs" and tokenizer.vocab_size == 262
    assert "tokenizer.json" in fetched(repository)
    assert not fetched(repository) & {"pytorch_model.bin", "code.py", "README.md"}
    use_endpoint(monkeypatch, "http://127.0.0.1:9")  # the cache is enough from now on
    assert same(checkpoint.load(OWN)[0], params)


def test_a_revision_is_a_branch_a_tag_or_a_commit(repository):
    assert checkpoint.load(OWN, revision="v1")[2] is None  # it has no tokenizer there
    assert checkpoint.load(OWN, revision=commit_of(OWN, "v1"))[2] is None
    assert checkpoint.load(OWN, revision="main")[2] is not None
    assert "look on its page which revisions" in refused(OWN, "did not give it", revision="v2")


def test_a_private_repository_opens_to_its_token(repository, monkeypatch):
    repository.tokens[OWN] = SECRET
    assert "if it is private, give a token" in refused(OWN, "RepositoryNotFoundError")
    monkeypatch.setenv("HF_TOKEN", "hf_another")
    refused(OWN, "RepositoryNotFoundError")
    monkeypatch.setenv("HF_TOKEN", SECRET)
    assert checkpoint.load(OWN)[1] == SMALL


@pytest.mark.parametrize(
    "refusal, advice",
    [
        ((429, ""), "it answers 429, too busy.; try again later"),
        ((503, ""), "it answers 503, too busy.; try again later"),
        ((403, "GatedRepo"), "GatedRepoError.*; accept its authors' terms on its page"),
        ((404, "RepoNotFound"), "RepositoryNotFoundError.*; look at the spelling"),
    ],
)
def test_each_refusal_of_the_hub_is_one_sentence(repository, monkeypatch, refusal, advice):
    monkeypatch.setattr(time, "sleep", lambda _: None)  # the library tries again by itself
    repository.refusals[f"/{OWN}"] = refusal
    refused(OWN, f"neither in .* nor in the hub's cache .* did not give it .*{advice}")


@pytest.mark.parametrize("status", [429, 503])
def test_a_busy_hub_says_try_later_for_the_published_too(hub, monkeypatch, status):
    monkeypatch.setattr(time, "sleep", lambda _: None)
    hub.refusals[f"/{REPO}"] = (status, "")
    refused("gpt2", f"it answers {status}, too busy.; try again later")
    hub.refusals = {f"/stored/{REPO}": (status, "")}  # the place with the bytes is
    refused("gpt2", f"it answers {status}, too busy.; try again later")


def test_no_network_says_how_to_bring_a_repository(world):
    message = refused(OWN, "ada/counts, which is no folder here, is neither in")
    assert f"python -m utils.checkpoint fetch {OWN}" in message
    assert str(world / "data" / "hub" / "ada" / "counts") in message


def test_a_folder_comes_before_the_hub(repository, monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    write_folder(tmp_path / OWN, TINY, gpt2.init(TINY))
    assert checkpoint.load(OWN)[1] == TINY and repository.asked == []


@pytest.mark.parametrize(
    "change, sentence",
    [
        ({"config.json": b'{"model_type": "llama"}'}, "describes a llama, not a GPT-2"),
        ({"config.json": b'{"auto_map": {}}'}, "asks for code that comes with the model"),
        ({"model.safetensors.index.json": None}, "has no model.safetensors"),
        ({"tokenizer.json": b'{"model": {"type": "Unigram"}}'}, "of the kind Unigram"),
    ],
    ids=str,
)
def test_a_repository_is_refused_as_a_folder_is(repository, change, sentence):
    [name], [data] = change, change.values()
    if data is None:
        shards = [path for path in repository.files if "safetensors" in path]
        for path in shards:
            del repository.files[path]
        listed = repository.api[f"/api/models/{OWN}/tree/{commit_of(OWN, 'main')}"]
        listed[:] = [file for file in listed if "safetensors" not in file["path"]]
    else:
        repository.files[f"/{OWN}/resolve/{commit_of(OWN, 'main')}/{name}"] = data
    refused(OWN, sentence)
    if name == "config.json":  # before gigabytes are fetched
        assert fetched(repository) == {"config.json"}
    assert "pytorch_model.bin" not in fetched(repository)


def test_damage_in_the_cache_is_noticed(repository, world):
    checkpoint.load(OWN)
    path = next((world / "cache").rglob("model-00002-of-*.safetensors")).resolve()
    data = bytearray(path.read_bytes())
    data[-1] ^= 1
    path.write_bytes(data)
    refused(OWN, "is not the file it should be")


@pytest.mark.parametrize("revision", [None, "v1"])
def test_fetch_prepares_a_stick_with_a_repository(repository, world, monkeypatch, revision):
    folder = checkpoint.fetch(OWN, world / "stick", revision)
    files = {path.name for path in folder.iterdir()}
    assert {"config.json", "SHA256SUMS", "model.safetensors.index.json"} <= files
    assert ("tokenizer.json" in files) == (revision is None)
    assert not files & {"pytorch_model.bin", "code.py", "README.md"}
    shutil.rmtree(world / "cache")
    use_endpoint(monkeypatch, "http://127.0.0.1:9")
    params, config, _ = checkpoint.load(folder)
    assert config == SMALL
    shutil.copytree(folder, checkpoint.place(OWN, revision))  # on another machine, in data/
    assert same(checkpoint.load(OWN, revision)[0], params)
    refused(OWN, "neither in", revision=None if revision else "v1")
    shard = next(folder.glob("model-00001-of-*.safetensors"))
    shard.write_bytes(shard.read_bytes()[:-1] + b"\x01")
    refused(folder, "is not the file it should be")


def test_the_command_fetches_a_repository(repository, world, capsys):
    main(["fetch", OWN, "--revision", "v1"])
    said = capsys.readouterr().out
    assert f'load("{OWN}", revision="v1") finds it' in said and "data/hub/ada/counts@v1" in said
    assert (world / "data" / "hub" / "ada" / "counts@v1" / "SHA256SUMS").exists()
    with pytest.raises(SystemExit, match="gpt3 is none of gpt2, and not owner/name"):
        main(["fetch", "gpt3"])
