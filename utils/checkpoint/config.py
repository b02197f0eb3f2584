"""config.json -> gpt2.Config, if it describes a model that `utils.gpt2` computes."""

from dataclasses import asdict, fields

from utils import gpt2
from utils.checkpoint.files import CheckpointError, read_json

# What config.json must say, where it says it, for `utils.gpt2` to be the same function.
SAME_FUNCTION = {
    "activation_function": ("gelu_new", "gelu_pytorch_tanh"),
    "scale_attn_weights": (True,),
    "scale_attn_by_inverse_layer_idx": (False,),
    "add_cross_attention": (False,),
}


def read(folder):
    """The Config of a folder. What config.json leaves out is as in OpenAI's GPT-2."""
    path = folder / "config.json"
    said = read_json(path)
    if said.get("model_type", "gpt2") != "gpt2":
        raise CheckpointError(f"{path} describes a {said['model_type']}, not a GPT-2.")
    if "auto_map" in said:
        raise CheckpointError(
            f"{path} asks for code that comes with the model (auto_map), and no code but this"
            " course's is run."
        )
    for name, allowed in SAME_FUNCTION.items():
        if said.get(name, allowed[0]) not in allowed:
            raise CheckpointError(
                f"{path} says {name} = {said[name]}, which is not how GPT-2 computes."
            )
    try:
        return of(said)
    except ValueError as error:
        raise CheckpointError(f"{path} is no GPT-2's: {error}") from error


def of(said):
    """A Config from a dict in the words of config.json."""
    names = {field.name for field in fields(gpt2.Config)} - {"eos_token_id", "more_eos"}
    config = gpt2.Config(**{name: said[name] for name in names if name in said})
    ends = said.get("eos_token_id", gpt2.Config.eos_token_id)
    ends = ends if isinstance(ends, list) else [] if ends is None else [ends]
    if any(type(token) is not int for token in ends):
        raise ValueError(f"eos_token_id must be an integer, a list of them or null, not {ends!r}.")
    # Models without text often keep GPT-2's 50256 here, which is beyond their vocabulary:
    # it never comes, and so no token ends what they write. As in transformers.
    first, *others = [token for token in ends if 0 <= token < config.vocab_size] or [None]
    return gpt2.Config(**{**config.__dict__, "eos_token_id": first, "more_eos": tuple(others)})


def words(config):
    """The content of config.json for a Config, so that other programs compute the same."""
    said = {"architectures": ["GPT2LMHeadModel"], "model_type": "gpt2"}
    said |= {"activation_function": "gelu_new"} | asdict(config)
    if others := said.pop("more_eos"):
        said["eos_token_id"] = [config.eos_token_id, *others]
    return said
