"""Before you look: how much work does keeping save?"""

import math

from utils import gpt2
from utils.exercises import prediction
from utils.parts import SAVINGS, multiplications


def predict_saving():
    config = gpt2.Config()
    with_cache = multiplications(config, past=config.n_positions - 1, new=1)
    without = multiplications(config, past=0, new=config.n_positions)
    return min(SAVINGS, key=lambda guess: abs(math.log(guess / (without / with_cache))))


EXERCISE = prediction(
    predict_saving,
    guesses=(
        (2, "Twice would mean that reading 1,024 tokens again costs no more than reading one."),
        (
            30,
            "Every matrix in every block is applied to every token again. How many "
            "tokens are there?",
        ),
        (
            1024,
            "Nearly: that many times as many tokens are read. But the scores and the logits do not "
            "save as much. Which of the four guesses is nearest?",
        ),
        (
            1_000_000,
            "1,024 squared is the number of scores, a small part of the work. How often "
            "is each matrix of a block used, with the cache and without?",
        ),
    ),
    hints=(
        "Most of the work is the matrices of the blocks: the same for each token that is "
        "read. How many tokens are read, with the cache and without?",
    ),
    minutes=2,
    post="Evaluation Time: Processing One Token at a Time",
    core=False,
)
