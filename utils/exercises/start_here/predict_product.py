"""What shape is (2, 3) @ (3, 5)?"""

import numpy as np

from utils.exercises import prediction


def predict_product():
    return (np.zeros((2, 3)) @ np.zeros((3, 5))).shape


EXERCISE = prediction(
    predict_product,
    guesses=(
        ((3, 3), "The inner two numbers must agree and disappear; the outer two stay."),
        ((2, 3, 5), "The 3 that both share is summed over and disappears."),
        ((5, 2), "The first matrix gives the rows, the second the columns."),
        ((2, 3, 3, 5), "The 3 that both share is summed over and disappears."),
        ("error", "It works: the inner two numbers are both 3, and that is all that is asked."),
        ("(2, 5)", "That is right, only written as text: leave out the quotes."),
    ),
    hints=("`(rows, inner) @ (inner, columns) -> (rows, columns)`: the inner number disappears.",),
    minutes=1,
    case="your answer",
)
