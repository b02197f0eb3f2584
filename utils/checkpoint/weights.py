"""A folder's safetensors -> parameters: all of a GPT-2, in float32, or an error."""

import re
from dataclasses import replace

import torch
from safetensors import SafetensorError, safe_open

from utils import gpt2
from utils.checkpoint.files import INDEX, WEIGHTS, CheckpointError, plain, read_json, some

# Published files also hold each layer's causal mask, which nobody learned. The whole
# last component counts: "h.0.attn.c_attn.bias" ends with "attn.bias" as well.
MASK = re.compile(r"h\.\d+\.attn\.(bias|masked_bias)")
HEAD = "lm_head.weight"


def read(folder, config):
    """(params, config) of a folder, or a CheckpointError: never a part.

    The config comes back because the file may correct it: where it holds a head of its
    own with other numbers than wte, the model has one, whatever config.json says.
    """
    held = _open(folder)
    if config.n_layer > len(held):  # before shapes() lists what a wrong number asks for
        raise CheckpointError(f"{folder} does not hold {config.n_layer} layers.")
    if not config.tie_word_embeddings and HEAD not in held:
        raise CheckpointError(
            f"config.json in {folder} says tie_word_embeddings = False, and the head that is then"
            f" the model's own ({HEAD}) is not in its file."
        )
    if config.tie_word_embeddings and HEAD in held:
        wte = held.setdefault("wte.weight", held[HEAD])  # some save the one, some both
        if held[HEAD].equal(wte):
            del held[HEAD]
        else:
            config = replace(config, tie_word_embeddings=False)
    expected = gpt2.shapes(config)
    if missing := expected.keys() - held.keys():
        raise CheckpointError(f"{folder} lacks {some(missing)}.")
    if unknown := held.keys() - expected.keys():
        raise CheckpointError(f"{folder} holds {some(unknown)}: not a GPT-2 alone.")
    for name, stored in held.items():
        if stored.shape != expected[name]:
            raise CheckpointError(
                f"{name} in {folder} has the shape {stored.shape}, and"
                f" config.json asks for {expected[name]}."
            )
        if stored.dtype not in ("F32", "F16", "BF16", "F64"):
            raise CheckpointError(f"{name} in {folder} is stored as {stored.dtype}, not as floats.")
    return {name: held[name].tensor() for name in expected}, config


class Stored:
    """A tensor in an open file, not read before it is asked for."""

    def __init__(self, file, name):
        self._file, self._name = file, name
        about = file.get_slice(name)
        self.shape, self.dtype = tuple(about.get_shape()), about.get_dtype()

    def tensor(self):
        return self._file.get_tensor(self._name).to(torch.float32)  # no copy of an F32

    def equal(self, other):
        return self.shape == other.shape and self.tensor().equal(other.tensor())


def _open(folder):
    """Every tensor of a folder but the masks: {its name in a bare GPT-2: Stored}."""
    held = {}
    for path in files(folder):
        try:
            file = safe_open(path, framework="pt")
        except (SafetensorError, OSError) as error:
            raise CheckpointError(
                f"{path} is cut off, damaged or not a safetensors file ({error});"
                " delete it and bring it again."
            ) from error
        for stored in file.keys():
            name = stored.removeprefix("transformer.")  # as GPT2LMHeadModel saves it
            if MASK.fullmatch(name):
                continue
            tensor = Stored(file, stored)
            if name in held and not tensor.equal(held[name]):
                raise CheckpointError(
                    f"{folder} holds {name} twice, with and without transformer. in front, and"
                    " with different numbers; which of them are meant it does not say."
                )
            held[name] = tensor
    return held


def files(folder):
    """The safetensors files of a folder: one, or the shards that its index names."""
    if (folder / WEIGHTS).exists():
        return [folder / WEIGHTS]
    if (folder / INDEX).exists():
        shards = read_json(folder / INDEX).get("weight_map")
        if not isinstance(shards, dict):
            raise CheckpointError(f"{folder / INDEX} has no weight_map.")
        names = sorted(set(map(str, shards.values())))
        paths = [folder / plain(name, folder / INDEX) for name in names]
        if missing := [path.name for path in paths if not path.is_file()]:
            raise CheckpointError(f"{folder} lacks {some(missing)}.")
        return paths
    pickles = [p.name for p in folder.iterdir() if p.suffix in (".bin", ".pt", ".pth")]
    if pickles:
        raise CheckpointError(
            f"{folder} has its weights only as a pickle ({some(pickles)}), which may run code when "
            f"read; ask for {WEIGHTS}, as transformers' save_pretrained writes it."
        )
    raise CheckpointError(f"{folder} has no {WEIGHTS}.")
