"""Before you look: what leaves a block whose parameters are all zero?"""

import torch

from utils.exercises import prediction
from utils.exercises.decoder_block.decoder_block import decoder_block
from utils.exercises.decoder_block.layer_norm import layer_norm
from utils.parts import block_shapes


def predict_zero_block():
    x = torch.tensor([[3.0, 4.0]])
    block = {name: torch.zeros(shape) for name, shape in block_shapes(2).items()}
    out = decoder_block(x, block, 1)
    answers = {
        "zeros": torch.zeros_like(x),
        "x": x,
        "LayerNorm of x": layer_norm(x, torch.ones(2), torch.zeros(2)),
    }
    return next(name for name, answer in answers.items() if out.equal(answer))


EXERCISE = prediction(
    predict_zero_block,
    guesses=(
        ("zeros", "Attention and the MLP do give zeros. But what are those zeros added to?"),
        (
            "LayerNorm of x",
            "LayerNorm is only on the side path. With its weight at 0 it gives zeros, "
            "and what it gives is added, not passed on.",
        ),
    ),
    hints=("Follow x along the straight line of the picture: what happens to it on the way?",),
    minutes=2,
)
