"""Before you look: how many gigabytes do the weights of the largest GPT-2 fill, to the nearest
whole number?
"""

from utils.exercises import prediction
from utils.exercises.decoder_block.count_parameters import count_parameters


def predict_memory():
    return round(count_parameters(50257, 1024, 1600, 48) * 4 / 1e9)


EXERCISE = prediction(
    predict_memory,
    guesses=(
        (2, "That counts a byte for each parameter. How many bytes does a 32-bit float take?"),
        (
            3,
            "That is two bytes for each parameter, half precision. The weights are "
            "published in 32 bits.",
        ),
        (12, "That is eight bytes for each parameter, double precision."),
        (
            25,
            "That is about what *training* needs: weights, gradients and two averages "
            "for each. To run it, the weights suffice.",
        ),
        (6_230_444_800, "That is right in bytes. A gigabyte is 10⁹ of them."),
        (50, "That is right in thousands of millions of bits. Eight bits are a byte."),
    ),
    hints=(
        "About 1.56 billion parameters, 32 bits each. 8 bits are a byte, and a gigabyte is a "
        "billion bytes.",
    ),
    minutes=3,
    post="You've Made it!",
    core=False,
)
