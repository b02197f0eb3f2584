"""What the loader's tests share: a tiny GPT-2, its file, and a machine that has nothing yet."""

import hashlib

import pytest
import torch
from huggingface_hub import constants

from tests.core.checkpoints import REPO, REVISION, TINY
from tests.core.hub import safetensors_bytes, use_endpoint
from utils import checkpoint, gpt2


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
    monkeypatch.setattr(constants, "HF_TOKEN_PATH", str(tmp_path / "token"))  # none kept
    monkeypatch.delenv("HF_TOKEN", raising=False)
    use_endpoint(monkeypatch, "http://127.0.0.1:9")  # nobody listens there
    return tmp_path
