"""Find, fetch, check and load GPT-2 weights: bundled, published by OpenAI, or a folder.

    params, config, tokenizer = load()          # the small model in data/
    params, config, tokenizer = load("gpt2")    # OpenAI's 124M: 548 MB, fetched once

A checkpoint is a folder with config.json and model.safetensors, as the Hugging Face hub
has it. Only safetensors is read, never a pickle: unpickling runs code from the file.
What is damaged or does not fit is refused with a CheckpointError before anything is
returned. To prepare a machine without network, run on one that has it

    python -m utils.checkpoint fetch gpt2

and carry the folder it names.
"""

import argparse
import errno
import functools
import hashlib
import json
import re
import shutil
import sys
from dataclasses import asdict, fields
from pathlib import Path

import torch
from safetensors import SafetensorError, safe_open

from utils import bpe, command, gpt2

DATA = Path(__file__).parent.parent / "data"
WEIGHTS, INDEX, SUMS = "model.safetensors", "model.safetensors.index.json", "SHA256SUMS"

# Published files also hold each layer's causal mask, which nobody learned. The whole
# last component counts: "h.0.attn.c_attn.bias" ends with "attn.bias" as well.
MASK = re.compile(r"h\.\d+\.attn\.(bias|masked_bias)")

# What config.json must say, where it says it, for `utils.gpt2` to be the same function.
SAME_FUNCTION = {
    "activation_function": ("gelu_new", "gelu_pytorch_tanh"),
    "scale_attn_weights": (True,),
    "scale_attn_by_inverse_layer_idx": (False,),
    "add_cross_attention": (False,),
}


class CheckpointError(ValueError):
    """Says in one sentence why a checkpoint cannot be had or used, and what to do."""


@functools.cache
def published():
    """OpenAI's four sizes: where each is, its sha256, its shape (data/gpt2_facts)."""
    return json.loads((DATA / "gpt2_facts" / "hub.json").read_text("utf-8"))["models"]


def load(source="bundled"):
    """A checkpoint, ready to run: (params, config, tokenizer).

    source: "bundled", or "gpt2", "gpt2-medium", "gpt2-large", "gpt2-xl", or a folder
    (write "./gpt2" for a folder of that name). A published size is taken from data/ or
    from the hub's cache, else downloaded (HF_ENDPOINT, HF_HUB_OFFLINE and HF_HOME are
    obeyed), and its sha256 is compared each time. params are float32, by the names in
    `gpt2.shapes`; a float32 file is mapped into memory, not copied.
    """
    if source in published():
        facts = published()[source]
        folder = find(source) or fetch(source)
        _check_sha256(folder / WEIGHTS, facts["sha256"])
        config = _config_of(facts)
        return _read(folder, config), config, _tokenizer(folder, config)
    folder = DATA / "bundled_gpt2" if source == "bundled" else Path(source)
    if not folder.is_dir():
        raise CheckpointError(
            f"There is no folder {folder}; the other sources are bundled, {', '.join(published())}."
        )
    config = _config(folder)
    if (folder / SUMS).exists():
        for line in (folder / SUMS).read_text("utf-8").splitlines():
            sha256, _, name = line.partition(" ")
            name = _plain(name.lstrip(" *"), folder / SUMS)
            _check_sha256(folder / name, sha256)
    return _read(folder, config), config, _tokenizer(folder, config)


def verify(params, config):
    """Compare with what is known about the model; a list of differences, empty if none.

    Names, shapes and number of parameters against the config; for the shape of OpenAI's
    124M also each tensor's sha256 against the published one (data/gpt2_facts).
    """
    expected, said = gpt2.shapes(config), []
    said += [f"{name} is missing" for name in expected if name not in params]
    said += [f"{name} is not GPT-2's" for name in params if name not in expected]
    for name in expected.keys() & params.keys():
        if tuple(params[name].shape) != expected[name]:
            shape = tuple(params[name].shape)
            said.append(f"{name} has the shape {shape}, not {expected[name]}")
    count = sum(p.numel() for p in params.values())
    right = gpt2.count_parameters(config)
    if count != right:
        said.append(f"{count:,} parameters, not {right:,}")
    if expected == gpt2.shapes(gpt2.Config()) and not said:
        facts = json.loads((DATA / "gpt2_facts" / "tensors.json").read_text("utf-8"))
        for name, tensor in facts["tensors"].items():
            if tensor_sha256(params[name]) != tensor["sha256"]:
                said.append(f"{name} has other values than OpenAI's")
    return said


def tensor_sha256(tensor):
    """sha256 of a tensor's numbers as little-endian float32, row by row."""
    values = tensor.detach().to(torch.float32).contiguous().numpy().astype("<f4")
    return hashlib.sha256(values).hexdigest()


def fetch(name, folder=None):
    """Put a published size into a folder (data/NAME) that can be copied anywhere.

    Only the weights are downloaded, with a progress bar, at the pinned revision; a
    download that was cut off goes on where it stopped. Returns the folder.
    """
    if name not in published():
        raise CheckpointError(f"{name} is none of {', '.join(published())}.")
    facts, folder = published()[name], Path(folder or DATA / name)
    part, found = folder / (WEIGHTS + ".part"), find(name)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        if not (folder / WEIGHTS).exists():
            if found:
                shutil.copyfile(found / WEIGHTS, part)
            else:
                _download(name, facts, part)
            if _sha256(part) != facts["sha256"]:
                part.unlink()
                raise CheckpointError(
                    f"What arrived is not the published {WEIGHTS} of {name} (its sha256"
                    " differs) and was deleted; fetch it again, or from another mirror."
                )
            part.replace(folder / WEIGHTS)
        _check_sha256(folder / WEIGHTS, facts["sha256"])
        config = {"model_type": "gpt2", "architectures": ["GPT2LMHeadModel"]}
        config |= {"activation_function": "gelu_new"} | asdict(_config_of(facts))
        text = json.dumps(config, indent=2) + "\n"
        (folder / "config.json").write_text(text, "utf-8")
        (folder / SUMS).write_text(f"{facts['sha256']}  {WEIGHTS}\n", "utf-8")
    except OSError as error:
        if error.errno == errno.ENOSPC:
            raise CheckpointError(
                f"The disk of {folder} is full; make room for {facts['megabytes']} MB"
                " and fetch again, which goes on where it stopped."
            ) from error
        raise CheckpointError(f"{folder} cannot be written: {error}.") from error
    return folder


def find(name):
    """The folder on this machine that holds a published size, or None."""
    if (DATA / name / WEIGHTS).exists():
        return DATA / name
    from huggingface_hub import try_to_load_from_cache  # slow, and often not needed

    facts = published()[name]
    for repo in (facts["repo"], name):  # the short name is the one of before 2024
        cached = try_to_load_from_cache(repo, WEIGHTS, revision=facts["revision"])
        if isinstance(cached, str):
            return Path(cached).parent
    return None


def _download(name, facts, part):
    """Append to the file `part` what it lacks.

    With the hub's `http_get`, since `hf_hub_download` starts anew in a new process. No
    token is sent: the files are public, and HF_ENDPOINT may be anybody's mirror.
    """
    from huggingface_hub import constants, get_hf_file_metadata, hf_hub_url
    from huggingface_hub.file_download import http_get
    from huggingface_hub.utils import build_hf_headers

    url = hf_hub_url(facts["repo"], WEIGHTS, revision=facts["revision"])
    try:
        size = get_hf_file_metadata(url, token=False).size
        if size and part.exists() and part.stat().st_size > size:
            part.unlink()  # of something else
        with part.open("ab") as file:
            if size and shutil.disk_usage(part.parent).free < size - file.tell():
                raise OSError(errno.ENOSPC, "No space left on device")
            http_get(
                url,
                file,
                resume_size=file.tell(),
                headers=build_hf_headers(token=False),
                expected_size=size,
            )
    except Exception as error:  # of the network's many, each ends in the same sentence
        if isinstance(error, OSError) and error.errno == errno.ENOSPC:
            raise
        raise CheckpointError(
            f"{name} is neither in {DATA / name} nor in the hub's cache"
            f" ({constants.HF_HUB_CACHE}), and {constants.ENDPOINT} did not give it"
            f" ({type(error).__name__}: {str(error).strip().splitlines()[0]});"
            ' load("bundled") runs without network, and to bring the real weights run'
            f" `{command(f'utils.checkpoint fetch {name}')}` where there is network and"
            f" copy the folder that it names to {DATA / name}."
        ) from error


def _config_of(facts):
    names = [field.name for field in fields(gpt2.Config) if field.name in facts]
    return gpt2.Config(**{name: facts[name] for name in names})


def _config(folder):
    path = folder / "config.json"
    said = _json(path)
    if said.get("model_type", "gpt2") != "gpt2":
        raise CheckpointError(f"{path} describes a {said['model_type']}, not a GPT-2.")
    for name, allowed in SAME_FUNCTION.items():
        if said.get(name, allowed[0]) not in allowed:
            raise CheckpointError(
                f"{path} says {name} = {said[name]}, which is not how GPT-2 computes."
            )
    try:
        return _config_of(said)
    except ValueError as error:
        raise CheckpointError(f"{path} is no GPT-2's: {error}") from error


def _read(folder, config):
    """All parameters of a folder as float32, or a CheckpointError: never a part."""
    held = {}  # our name -> (open file, its name there)
    for path in _files(folder):
        try:
            file = safe_open(path, framework="pt")
        except (SafetensorError, OSError) as error:
            raise CheckpointError(
                f"{path} is cut off, damaged or not a safetensors file ({error});"
                " delete it and bring it again."
            ) from error
        for stored in file.keys():
            name = stored.removeprefix("transformer.")  # as GPT2LMHeadModel saves it
            if not MASK.fullmatch(name):
                held[name] = file, stored
    output = held.pop("lm_head.weight", None)  # saved by some although it is wte

    if config.n_layer > len(held):  # before shapes() lists what a wrong number asks for
        raise CheckpointError(f"{folder} does not hold {config.n_layer} layers.")
    expected = gpt2.shapes(config)
    if missing := expected.keys() - held.keys():
        raise CheckpointError(f"{folder} lacks {_some(missing)}.")
    if unknown := held.keys() - expected.keys():
        raise CheckpointError(f"{folder} holds {_some(unknown)}: not a GPT-2 alone.")
    for name, (file, stored) in held.items():
        tensor = file.get_slice(stored)
        if tuple(tensor.get_shape()) != expected[name]:
            raise CheckpointError(
                f"{name} in {folder} has the shape {tuple(tensor.get_shape())}, and"
                f" config.json asks for {expected[name]}."
            )
        if tensor.get_dtype() not in ("F32", "F16", "BF16", "F64"):
            raise CheckpointError(
                f"{name} in {folder} is stored as {tensor.get_dtype()}, not as floats."
            )
    params = {}
    for name in expected:
        file, stored = held[name]
        params[name] = file.get_tensor(stored).to(torch.float32)  # no copy of an F32
    if output and not output[0].get_tensor(output[1]).equal(params["wte.weight"]):
        raise CheckpointError(f"{folder} has an lm_head of its own; GPT-2's is wte.")
    return params


def _files(folder):
    """The safetensors files of a folder: one, or the shards that its index names."""
    if (folder / WEIGHTS).exists():
        return [folder / WEIGHTS]
    if (folder / INDEX).exists():
        shards = _json(folder / INDEX).get("weight_map")
        if not isinstance(shards, dict):
            raise CheckpointError(f"{folder / INDEX} has no weight_map.")
        names = sorted(set(map(str, shards.values())))
        files = [folder / _plain(name, folder / INDEX) for name in names]
        if missing := [path.name for path in files if not path.is_file()]:
            raise CheckpointError(f"{folder} lacks {_some(missing)}.")
        return files
    pickles = [p.name for p in folder.iterdir() if p.suffix in (".bin", ".pt", ".pth")]
    if pickles:
        raise CheckpointError(
            f"{folder} has its weights only as a pickle ({_some(pickles)}), which may"
            f" run code when read; ask for {WEIGHTS}, as transformers' save_pretrained"
            " writes it."
        )
    raise CheckpointError(f"{folder} has no {WEIGHTS}.")


def _tokenizer(folder, config):
    try:
        own = (folder / "vocab.json").exists()
        tokenizer = bpe.load(folder) if own else bpe.gpt2()
    except (OSError, ValueError) as error:
        raise CheckpointError(str(error)) from error
    if tokenizer.vocab_size > config.vocab_size:
        raise CheckpointError(
            f"The tokenizer of {folder} has {tokenizer.vocab_size} tokens, the model"
            f" {config.vocab_size}; its vocab.json and merges.txt belong there too."
        )
    return tokenizer


def _json(path):
    try:
        said = json.loads(path.read_text("utf-8"))
    except (OSError, ValueError) as error:
        raise CheckpointError(f"{path} is missing or not JSON ({error}).") from error
    if not isinstance(said, dict):
        raise CheckpointError(f"{path} is not a JSON object.")
    return said


def _plain(name, where):
    """A file's name that stays in its folder."""
    if not name or Path(name).name != name:
        raise CheckpointError(f"{where} names {name!r}, which is no file beside it.")
    return name


def _check_sha256(path, expected):
    if not path.is_file():
        raise CheckpointError(f"{path} is missing.")
    if (found := _sha256(path)) != expected:
        raise CheckpointError(
            f"{path} is not the file it should be: its sha256 is {found[:12]}…, not"
            f" {expected[:12]}…; delete it and bring it again."
        )


def _sha256(path):
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _some(names):
    names = sorted(names)
    return ", ".join(names[:3]) + (f" and {len(names) - 3} more" if names[3:] else "")


def main(arguments=None):
    parser = argparse.ArgumentParser(prog="python -m utils.checkpoint")
    commands = parser.add_subparsers(dest="command", required=True)
    command = commands.add_parser("fetch", help="download a published GPT-2")
    command.add_argument("name", help=", ".join(published()))
    command.add_argument("folder", nargs="?", help="where to (data/NAME)")
    chosen = parser.parse_args(arguments)
    try:
        folder = fetch(chosen.name, chosen.folder)
    except CheckpointError as error:
        sys.exit(str(error))
    print(
        f"Complete and as published: {folder}. Copied to data/{chosen.name} on another"
        f' machine, load("{chosen.name}") finds it; any other place is loaded by its path.'
    )


if __name__ == "__main__":
    main()
