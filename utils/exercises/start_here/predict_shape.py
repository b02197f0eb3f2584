"""An array has shape (3, 4). What is the shape of its transpose?"""

import numpy as np

from utils.exercises import prediction


def predict_shape():
    return np.zeros((3, 4)).T.shape


EXERCISE = prediction(
    predict_shape,
    guesses=(
        ((3, 4), "Transposing swaps rows and columns."),
        ((12,), "Transposing keeps two dimensions; flattening would give one."),
        ("(4, 3)", "That is right, only written as text: leave out the quotes."),
    ),
    hints=("Transposing turns rows into columns.",),
    minutes=1,
    case="your answer",
)
