"""Before you look: where does a later token leak into an earlier output?"""

import torch

from utils.exercises import prediction
from utils.exercises.masked_self_attention.masked_attention import mask_after, masked_attention


def predict_leak():
    before, after = _first_moves(masked_attention), _first_moves(mask_after)
    return {
        (True, True): "both",
        (True, False): "before",
        (False, True): "after",
        (False, False): "neither",
    }[before, after]


def _first_moves(attend):
    """Whether the first token's output moves when the last token's key and value are replaced."""
    generator = torch.Generator().manual_seed(0)
    q, k, v = torch.randn(3, 4, 8, generator=generator)
    before = attend(q, k, v)[0]
    k[-1], v[-1] = 3.0, -3.0
    return bool((attend(q, k, v)[0] - before).abs().max() > 1e-6)


EXERCISE = prediction(
    predict_leak,
    guesses=(
        (
            "before",
            "Masked before softmax, a future score is minus infinity, and exp of that is "
            "exactly 0. Can anything still depend on it?",
        ),
        (
            "both",
            "In one of the two, the future score is gone before anything is divided by anything.",
        ),
        (
            "neither",
            "Look at what softmax divides by. In one of the two, the future is in that sum.",
        ),
    ),
    hints=(
        "Softmax divides by a sum over the row. Which scores are in that sum, in each of "
        "the two orders?",
    ),
    minutes=2,
    post="The Illustrated Masked Self-Attention",
)
