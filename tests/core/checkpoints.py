"""Checkpoint folders for the loader's tests, small enough to be written in a moment."""

import json

import pytest
from safetensors.torch import save_file

from utils import checkpoint, gpt2

# A GPT-2 whose vocabulary is as large as the real one, so that the real tokenizer fits.
TINY = gpt2.Config(n_positions=16, n_embd=4, n_layer=2, n_head=2)
REPO, REVISION = "openai-community/gpt2", "607a30d783dfa663caf39e06633721c8d4cfcd7e"


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


def changed(params, **changes):
    """A copy with some tensors replaced, or taken away by None."""
    names = {name.replace("__", "."): tensor for name, tensor in changes.items()}
    return {k: v for k, v in (params | names).items() if v is not None}


def refused(source, sentence, revision=None):
    with pytest.raises(checkpoint.CheckpointError, match=sentence) as caught:
        checkpoint.load(source, revision)
    message = str(caught.value)
    assert "\n" not in message and message.endswith(".")
    return message
