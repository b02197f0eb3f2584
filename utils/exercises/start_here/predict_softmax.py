"""Softmax of the two scores [2.0, 2.0]: what is the first number?"""

import numpy as np

from utils.exercises import prediction


def predict_softmax():
    return float(round(np.exp(2.0) / (np.exp(2.0) + np.exp(2.0)), 2))


EXERCISE = prediction(
    predict_softmax,
    guesses=(
        (1.0, "Softmax gives numbers that add up to 1; two equal scores share it equally."),
        (
            2.0,
            "A score is not a probability yet: softmax makes each number positive and makes "
            "them add up to 1.",
        ),
        (0.0, "Every number that softmax gives is above 0."),
        (
            7.39,
            "That is the exponential of 2. The last step is missing: divide by the sum of both.",
        ),
    ),
    hints=("The exponential of each score, divided by the sum of all of them.",),
    minutes=1,
    case="your answer",
)
