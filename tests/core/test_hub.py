"""OpenAI's sizes from the hub: downloaded once, whole, and said where that fails."""

import json
import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

import pytest
import transformers
from huggingface_hub import constants

from tests.core.checkpoints import REPO, REVISION, TINY, refused, same
from tests.core.hub import Hub, use_endpoint
from utils import checkpoint

ROOT = Path(__file__).parents[2]


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


@pytest.mark.slow
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


@pytest.mark.parametrize("status", [429, 503])
def test_a_busy_hub_says_try_later_for_the_published_too(hub, monkeypatch, status):
    monkeypatch.setattr(time, "sleep", lambda _: None)
    hub.refusals[f"/{REPO}"] = (status, "")
    refused("gpt2", f"it answers {status}, too busy.; try again later")
    hub.refusals = {f"/stored/{REPO}": (status, "")}  # the place with the bytes is
    refused("gpt2", f"it answers {status}, too busy.; try again later")


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


@pytest.mark.slow
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
