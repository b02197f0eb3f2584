"""Before you look: which size fits?"""

from utils import checkpoint
from utils.exercises import prediction
from utils.facts import FREE_GIGABYTES

MODEL = "What is a Language Model"


def predict_fits():
    needs = {name: 4 * m["parameters"] / 1e9 for name, m in checkpoint.published().items()}
    return max((name for name in needs if needs[name] <= FREE_GIGABYTES), key=needs.get)


EXERCISE = prediction(
    predict_fits,
    guesses=(
        ("gpt2-xl", "1.5 billion numbers of four bytes each are more than 4 GB."),
        (
            "gpt2-medium",
            "That one fits, but it is not the largest that does. Four bytes for each "
            "parameter: try the next.",
        ),
        ("gpt2", "That one fits easily. Multiply the others' parameters by four bytes, too."),
    ),
    hints=("A float32 takes four bytes, so a billion parameters take 4 GB.",),
    minutes=2,
    post=MODEL,
    core=False,
)
