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
        (
            0,
            "Uniform knows nothing. So small a gap would mean that counting teaches next to "
            "nothing.",
        ),
        (
            2,
            "Too small. Each nat divides the perplexity by e, about 2.7, and counting does better "
            "than that.",
        ),
        (
            3.2,
            "A little too small: the best rung hesitates between fewer words than that would mean.",
        ),
        (
            6.2,
            "Too large. The uniform rung's loss is about 6.3, so next to no surprise would be "
            "left: a model that hesitates between two words at most.",
        ),
    ),
    hints=(
        "The uniform rung's loss is ln V, about 6 for this vocabulary. The best rung "
        "hesitates between a handful of words: what is its loss?",
    ),
    minutes=2,
    atol=1.0,
    core=False,
)
