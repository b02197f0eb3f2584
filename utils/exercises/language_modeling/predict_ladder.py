"""Before you look: which rung is best on stories it has not seen: uniform, unigram, bigram or
trigram?
"""

from utils.exercises import prediction
from utils.ngrams import TRAINING_STORIES, ladder


def predict_ladder():
    losses = ladder(TRAINING_STORIES)
    return min(losses, key=losses.get)


EXERCISE = prediction(
    predict_ladder,
    guesses=(
        (
            "uniform",
            "Uniform knows nothing but the size of the vocabulary; any counting should beat that.",
        ),
        (
            "unigram",
            'Unigram ignores the word before: after "in the" it still offers the words that are '
            "most frequent overall.",
        ),
        (
            "bigram",
            "A good guess: with far fewer stories it would be right. Here the longer contexts have "
            "been seen often enough to pay.",
        ),
    ),
    hints=("Each rung looks one word further back, but sees each of its contexts less often.",),
    minutes=2,
)
