"""Before you look: without the head that looks for "it", how often is the answer still right?"""

from functools import cache

from utils import checkpoint, stories
from utils.exercises import prediction
from utils.exercises.inside_and_beyond.ablate_head import ablate_head
from utils.probes import UNSEEN, asked, share_right


def predict_it_without():
    return round(
        right_without(layer=3, head=2)["it"], 2
    )  # training.json: the head with the highest score for "it"


@cache
def right_without(layer, head):
    """`share_right` of the bundled model without one head, over the stories of UNSEEN."""
    params, config, tokenizer = checkpoint.load("bundled")
    return share_right(
        ablate_head(params, layer, head, config.n_head),
        config,
        *asked(tokenizer, stories.generate(**UNSEEN)),
    )


EXERCISE = prediction(
    predict_it_without,
    guesses=(
        (
            0.0,
            "That is what its map suggests, and most people say. A head that looks at "
            "the answer need not be the only one that knows it.",
        ),
        (
            0.25,
            "Less than a coin toss would then be right. A share only says where this "
            "head looks, not what the others know.",
        ),
        (
            0.5,
            "That would be a coin toss between the two machines of a story. The model does better.",
        ),
        (0.7, "A little more is left than you think: other heads look there as well."),
    ),
    hints=(
        'Look at the second highest numbers in the map for "it". Is this head the only '
        "one that looks there?",
    ),
    minutes=2,
    atol=0.15,
    core=False,
)
