"""Before you look: the trained GPT-2 without its mask, on unseen stories. Is its loss "better",
"worse" or "the same"?
"""

from functools import cache

import torch.nn.functional as F

from utils import ablation, checkpoint, stories, training
from utils.exercises import prediction


def predict_without_mask():
    with_mask, without = (_next_token_loss(part) for part in ("nothing", "mask"))
    return (
        "worse"
        if without > with_mask + 0.1
        else "better"
        if without < with_mask - 0.1
        else "the same"
    )


@cache
def _next_token_loss(without):
    """Nats per token of the bundled model on a few unseen stories, whole or without a part (see
    utils.ablation).
    """
    params, config, tokenizer = checkpoint.load("bundled")
    nats = count = 0
    for story in stories.generate(1, 8, held_out=True):
        ids = training.document(tokenizer, story)
        logits = ablation.forward(params, config, ids[None, :-1], without)  # (1, T, V)
        nats += F.cross_entropy(logits[0], ids[1:], reduction="sum").item()
        count += len(ids) - 1
    return nats / count


EXERCISE = prediction(
    predict_without_mask,
    guesses=(
        (
            "better",
            "It could read the answer off the next position, that is true. But did "
            "anything in its training teach it to look there?",
        ),
        (
            "the same",
            "Each softmax now shares its attention among all positions, later ones "
            "too: every head's sum changes, and the next block works with that.",
        ),
        ("Worse", "You mean the right thing. Write it as the question does, in lower case."),
    ),
    hints=(
        "A softmax without the mask gives some of each row's attention to later words, which "
        "no head could see in training. What does that do to its sum?",
    ),
    minutes=2,
    post="One Difference From BERT",
    core=False,
)
