"""Before you look: where does the head still find the right one of two machines?"""

from functools import cache

import torch

from utils import checkpoint, gpt2, probes, stories
from utils.exercises import prediction

SAME_PHRASE = "But the {noun} near the {other} was broken"
OWN_SENTENCE = "But the {noun} was broken. They left it near the {other}"
ENOUGH = 0.9  # of the stories


@cache
def right(broken, seed=1, count=40):
    """In how many stories the bundled model says what the right machine does, from 0 to 1."""
    params, config, tokenizer = checkpoint.load("bundled")
    told = stories.generate(seed, count, held_out=True, broken=broken)
    with torch.no_grad():
        hits = [
            gpt2.forward(params, config, case.ids)[-1].argmax().item() == case.does
            for case in probes.its(tokenizer, told)
            if case.words == "it did not"
        ]
    return sum(hits) / len(hits)


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
            "both",
            "So would a reader who knows what “it” means. But what did training ask of the model? "
            "Look at the word right before “was broken”.",
        ),
        (
            "the first",
            "Which of the two is more like the stories that it was trained on, as far as “was "
            "broken”?",
        ),
        (
            "neither",
            "So it would be if the head just took the machine named last. It does not.",
        ),
    ),
    hints=(
        "In every story of the training, “was broken” stands right behind the machine that “it” "
        "stands for. In which of the two sentences is it so?",
    ),
    minutes=2,
    post="Self-Attention Recap",
    core=False,
)
