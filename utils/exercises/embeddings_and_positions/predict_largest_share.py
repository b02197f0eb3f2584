"""Before you look: in which of the four sizes do wte and wpe take the largest share of all
parameters?
"""

from utils.checkpoint import published
from utils.exercises import prediction
from utils.parts import embedding_parameters


def predict_largest_share():
    share = {
        size: numbers / published()[size]["parameters"]
        for size, numbers in embedding_parameters().items()
    }
    return max(share, key=share.get)


EXERCISE = prediction(
    predict_largest_share,
    guesses=(
        ("small", "That is the one. The question calls it `gpt2`: write its name like that."),
        ("GPT-2", "That is the one, if you mean the smallest: the question calls it `gpt2`."),
        (
            "gpt2-medium",
            "Its tables are larger than the smallest model's, but the rest of it has "
            "grown faster. Compare the two rates of growth.",
        ),
        (
            "gpt2-large",
            "Its tables have grown with the width, the rest with the square of the width "
            "and with the number of blocks.",
        ),
        (
            "gpt2-xl",
            "It has the largest tables, but the largest rest, too: 48 blocks instead of "
            "12, and each much larger. Its share is the smallest.",
        ),
    ),
    hints=(
        "The rest of GPT-2 is a stack of equal blocks (lesson 05), made of matrices of width times "
        "width. With twice the width the tables double. What do such matrices do, and how many "
        "blocks are there?",
    ),
    minutes=2,
    post="Input Encoding",
    core=False,
)
