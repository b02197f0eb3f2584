"""Before you look: how many million numbers are in wte and wpe together, for each of the four
sizes?
"""

from utils.exercises import prediction
from utils.parts import embedding_parameters


def predict_embedding_millions():
    return [round(numbers / 1e6) for numbers in embedding_parameters().values()]


EXERCISE = prediction(
    predict_embedding_millions,
    rtol=0.02,
    guesses=(
        ([39, 51, 64, 80], "Close: this is wte alone. Add wpe's 1,024 rows of the same width."),
        (
            [1, 1, 1, 2],
            "This is wpe alone. wte has one row for each of 50,257 tokens, so it is far larger.",
        ),
        (
            [79, 105, 131, 164],
            "Twice too many: the output uses the same wte as the input (lesson 06), so "
            "it is counted once.",
        ),
        (
            [39, 39, 39, 39],
            "You kept the width of the smallest. The vocabulary is the same for all "
            "four, but the width grows: 768, 1,024, 1,280, 1,600.",
        ),
    ),
    hints=(
        "A table has rows times columns numbers. The columns are n_embd: 768, 1,024, 1,280, 1,600.",
        "In all four sizes wte has 50,257 rows and wpe 1,024.",
    ),
    minutes=5,
    post="Input Encoding",
    core=False,
)
