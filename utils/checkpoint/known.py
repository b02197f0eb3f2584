"""What is known of models tensor by tensor: OpenAI's 124M, and our own two."""

import hashlib
import json

import torch

from utils import gpt2
from utils.checkpoint.files import DATA

OURS = ("bundled", "sorting")  # in data/, as bundled_gpt2 and sorting_gpt2


def verify(params, config):
    """Compare with what is known about the model; a list of differences, empty if none.

    Names, shapes and number of parameters against the config; for the shape of OpenAI's
    124M, and of our own two, also each tensor's sha256 against the published one.
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
    if not said and (source := shaped_as(config)):
        whose = "OpenAI's" if source == "gpt2" else f"the {source} model's"
        for name, fact in tensor_facts(source).items():
            if tensor_sha256(params[name]) != fact["sha256"]:
                said.append(f"{name} has other values than {whose}")
    return said


def shaped_as(config):
    """The model with these shapes whose tensors are published: "gpt2", one of ours, or None."""
    shapes = gpt2.shapes(config)
    for source in ("gpt2", *OURS):
        facts = tensor_facts(source)
        if {name: tuple(fact["shape"]) for name, fact in facts.items()} == shapes:
            return source
    return None


def tensor_facts(source):
    """What is published of each tensor, {name: {"shape", "sha256"}}: "gpt2" or one of ours."""
    if source == "gpt2":
        return json.loads((DATA / "gpt2_facts" / "tensors.json").read_text("utf-8"))["tensors"]
    return json.loads((DATA / f"{source}_gpt2" / "tensors.json").read_text("utf-8"))


def are_openais(params):
    """Whether these are the numbers of OpenAI's 124M, in each of its 148 tensors."""
    facts = tensor_facts("gpt2")
    return params.keys() == facts.keys() and all(
        params[name].shape == torch.Size(fact["shape"])
        and tensor_sha256(params[name]) == fact["sha256"]
        for name, fact in facts.items()
    )


def fingerprints(params):
    """The content of tensors.json: {name: {"shape", "sha256"}} of parameters as loaded."""
    return {
        name: {"shape": list(p.shape), "sha256": tensor_sha256(p)} for name, p in params.items()
    }


def tensor_sha256(tensor):
    """sha256 of a tensor's numbers as little-endian float32, row by row."""
    values = tensor.detach().to("cpu", torch.float32).contiguous().numpy().astype("<f4")
    return hashlib.sha256(values).hexdigest()
