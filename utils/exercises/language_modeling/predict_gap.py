"""Before you look: how many nats lie between the uniform rung and the best? Within one nat counts
as right.
"""

from utils.exercises import prediction
from utils.ngrams import TRAINING_STORIES, ladder


def predict_gap():
    losses = ladder(TRAINING_STORIES)
    return losses["uniform"] - min(losses.values())


EXERCISE = prediction(
    predict_gap,
    guesses=(
        (0, "Then counting would teach nothing at all."),
        (
            2,
            "Two nats make a model about seven times less surprised. Counting does "
            "better than that.",
        ),
        (
            6,
            "A gap as large as ln V would mean no surprise left: a model that always "
            "knows the next word.",
        ),
    ),
    hints=(
        "The uniform rung's loss is ln V, about 6 for this vocabulary. The best rung "
        "hesitates between a handful of words: what is its loss?",
    ),
    minutes=2,
    atol=1.0,
)
