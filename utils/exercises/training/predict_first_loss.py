"""Before you look: the loss of a model that knows nothing, as a whole number of nats."""

import json
import math
from pathlib import Path

from utils.exercises import prediction

CONFIG_FILE = Path(__file__).parents[3] / "data" / "bundled_gpt2" / "config.json"


def predict_first_loss():
    vocabulary = json.loads(CONFIG_FILE.read_text(encoding="utf-8"))["vocab_size"]
    return round(math.log(vocabulary))


EXERCISE = prediction(
    predict_first_loss,
    guesses=(
        (
            0,
            "A loss of 0 is a model that is certain and always right. This one has "
            "learned nothing yet.",
        ),
        (
            1,
            "A loss of 1 nat is like choosing among three tokens. How many does this "
            "model choose among?",
        ),
        (
            10,
            "That is the logarithm to base 2, a number of bits. In nats it is the "
            "natural logarithm of the same number.",
        ),
        (
            1347,
            "That is how many tokens it chooses among. Its surprise is the logarithm of that "
            "number.",
        ),
        (
            11,
            "That fits a vocabulary of about 50,000 tokens, which is GPT-2's. Ours is "
            "smaller: look at the cell above.",
        ),
    ),
    hints=(
        "It knows nothing, so all V tokens are about equally likely, each with "
        "probability 1 / V. How surprised is it by whichever comes?",
    ),
    minutes=2,
)
