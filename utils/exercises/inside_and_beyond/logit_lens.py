"""The logits that the model would give if it stopped here."""

import torch

from utils.exercises import Case, Exercise
from utils.exercises.decoder_block.layer_norm import layer_norm
from utils.exercises.decoder_block.shared import in_float64
from utils.exercises.inside_and_beyond.shared import normal
from utils.exercises.logits_and_sampling.unembed import unembed


def logit_lens(stream, ln_weight, ln_bias, wte):
    x = layer_norm(stream, ln_weight, ln_bias)  # (..., C) -> (..., C)
    return unembed(x, wte)  # (..., C) -> (..., V)


def cases(rng):
    C, V = 8, 11
    weight, bias, wte = 1 + 0.3 * normal(rng, C), 0.3 * normal(rng, C), normal(rng, V, C)
    yield Case("one vector", (normal(rng, C), weight, bias, wte))
    yield Case("every depth and token of a text", (3 * normal(rng, 5, 6, C) + 1, weight, bias, wte))
    yield Case("a single token", (normal(rng, 1, C), weight, bias, wte))
    yield Case("as many tokens as numbers in a vector", (normal(rng, C, C) + 2, weight, bias, wte))
    yield Case("a stream that has grown large", (400 * normal(rng, 3, C), weight, bias, wte))
    yield Case("in float64", in_float64(normal(rng, 2, C), weight, bias, wte))
    yield Case("a stream that is still small", (0.05 * normal(rng, 3, C), weight, bias, wte))


def no_norm(stream, ln_weight, ln_bias, wte):
    """The stream goes to wte as it is. At the model's own exit there is one step between: the last
    LayerNorm, with the weight and bias that you were given.
    """
    return unembed(stream, wte)


def no_weight_and_bias(stream, ln_weight, ln_bias, wte):
    """The stream is normalised, but ln_weight and ln_bias are not used."""
    return unembed(layer_norm(stream, torch.ones_like(ln_weight), torch.zeros_like(ln_bias)), wte)


def probabilities(stream, ln_weight, ln_bias, wte):
    """These are probabilities. The lens gives logits: the softmax comes later, where it is
    needed.
    """
    return logit_lens(stream, ln_weight, ln_bias, wte).softmax(-1)


def guesses(stream, ln_weight, ln_bias, wte):
    """You return the best guesses. Return all V logits; taking the best comes later."""
    return logit_lens(stream, ln_weight, ln_bias, wte).argmax(-1)


def norm_over_everything(stream, ln_weight, ln_bias, wte):
    """You normalised with one mean and one variance for everything. LayerNorm takes them for each
    vector by itself, over the last axis.
    """
    variance = ((stream - stream.mean()) ** 2).mean()
    return unembed(
        (stream - stream.mean()) / torch.sqrt(variance + 1e-5) * ln_weight + ln_bias, wte
    )


def norm_last(stream, ln_weight, ln_bias, wte):
    """The order is wrong: LayerNorm belongs before wte, on the C numbers of the stream, not on the
    V logits.
    """
    logits = unembed(stream, wte)
    return layer_norm(logits, torch.ones(len(wte)), torch.zeros(len(wte)))


def last_token(stream, ln_weight, ln_bias, wte):
    """You look at the last token only. Keep all axes in front of C: (..., C) becomes (..., V)."""
    return logit_lens(stream[..., -1, :] if stream.dim() > 1 else stream, ln_weight, ln_bias, wte)


def weight_and_bias_exchanged(stream, ln_weight, ln_bias, wte):
    """Weight and bias of the LayerNorm are exchanged."""
    return logit_lens(stream, ln_bias, ln_weight, wte)


def stops_before_wte(stream, ln_weight, ln_bias, wte):
    """You stop at the C numbers of the stream. One step more: a logit for each of the V tokens."""
    return layer_norm(stream, ln_weight, ln_bias)


def norm_added(stream, ln_weight, ln_bias, wte):
    """The last LayerNorm is not a side path: its output replaces the stream, it is not added."""
    return unembed(stream + layer_norm(stream, ln_weight, ln_bias), wte)


EXERCISE = Exercise(
    logit_lens,
    cases,
    mistakes=(
        no_norm,
        no_weight_and_bias,
        probabilities,
        guesses,
        norm_over_everything,
        norm_last,
        last_token,
        weight_and_bias_exchanged,
        stops_before_wte,
        norm_added,
    ),
    hints=(
        "What does GPT-2 do with the stream after its last block? Do the same, only earlier.",
        "Two functions of earlier lessons in a row: first `layer_norm`, then `unembed`.",
    ),
    points=1,
    minutes=8,
    post="Model Output",
    core=False,
)
