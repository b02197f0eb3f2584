"""Any GPT-2 on the hub, "owner/name": its revisions, its token, and what is never fetched."""

import shutil
import time

import pytest
import transformers

from tests.core.checkpoints import TINY, refused, same, write_folder
from tests.core.hub import Hub, commit_of, use_endpoint
from utils import bpe, checkpoint, gpt2
from utils.checkpoint.__main__ import main

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


@pytest.mark.slow
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


def test_what_is_no_repository_is_not_asked_for(repository, tmp_path):
    for source in ("./counts", "../counts", "a/b/c", tmp_path / "counts", "counts"):
        refused(source, "There is no folder .*counts|There is no folder a/b/c")
    refused("bundled", "bundled has no revisions; only owner/name", revision="v1")
    refused("gpt2", "gpt2 has no revisions; only owner/name", revision="v1")
    with pytest.raises(checkpoint.CheckpointError, match="at the revision that was published"):
        checkpoint.fetch("gpt2", revision="v1")
    assert repository.asked == []


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
