"""What shape is (3, 1) plus (4,)?"""

import numpy as np

from utils.exercises import prediction


def predict_broadcast():
    return (np.zeros((3, 1)) + np.zeros((4,))).shape


EXERCISE = prediction(
    predict_broadcast,
    guesses=(
        ((4, 3), "Shapes are lined up at their right end: (3, 1) over (4,)."),
        ((3, 1), "The 1 is stretched to fit the 4."),
        ((7,), "Broadcasting stretches; it does not join."),
        ((3, 5), "Broadcasting stretches; it does not join."),
        (
            "error",
            "It works: where the shapes differ, one of the two numbers is a 1, or is missing, and "
            "that one is stretched.",
        ),
        ("(3, 4)", "That is right, only written as text: leave out the quotes."),
    ),
    hints=(
        "Write the shapes one above the other, aligned on the right; a 1 or a missing number "
        "stretches to fit the other.",
    ),
    minutes=1,
    case="your answer",
)
