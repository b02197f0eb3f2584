"""Before you look: where does the head still find the right one of two machines?"""

from functools import cache

from utils import checkpoint, probes, stories
from utils.exercises import prediction

SAME_PHRASE = "But the {noun} with the {other} was broken"
OWN_SENTENCE = "But the {noun} was broken. They left it near the {other}"
ENOUGH = 0.9  # of the stories


@cache
def right(broken, seed=1, count=40):
    """In how many stories the bundled model says what the right machine does, from 0 to 1."""
    told = stories.generate(seed, count, held_out=True, broken=broken)
    return probes.it_accuracy(*checkpoint.load("bundled"), told)


def predict_control():
    passed = right(SAME_PHRASE) > ENOUGH, right(OWN_SENTENCE) > ENOUGH
    return {
        (True, True): "both",
        (True, False): "the first",
        (False, True): "the second",
        (False, False): "neither",
    }[passed]


EXERCISE = prediction(
    predict_control,
    guesses=(
        (
            "the first",
            "In the second, the noun stands right before “was broken”, as in most stories of the "
            "training. Why should it be the harder one?",
        ),
        (
            "the second",
            "In the first, the other machine stands right before “was broken”. See below whether "
            "that misleads the model: the short training had sentences of this kind.",
        ),
        (
            "neither",
            "So it would be if the head just took the machine named last. It does not.",
        ),
    ),
    hints=(
        "What does each explanation expect? And did the model's training have sentences in which "
        "the last machine named is not the one that “it” stands for?",
    ),
    minutes=2,
    post="Self-Attention Recap",
    core=False,
)
