"""What "The Illustrated GPT-2" prints: its sections, and numbers that the lessons compute again.

Source: Jay Alammar, The Illustrated GPT-2 (2019), jalammar.github.io/illustrated-gpt2.
"""

import math

from utils import gpt2

SECTIONS = (  # in the post's order; "" is what it leaves out
    "What is a Language Model",
    "Transformers for Language Modeling",
    "One Difference From BERT",
    "The Evolution of The Transformer Block",
    "Crash Course in Brain Surgery: Looking Inside GPT-2",
    "A Deeper Look Inside",
    "Input Encoding",
    "Self-Attention Recap",
    "Model Output",
    "End of part #1: The GPT-2, Ladies and Gentlemen",
    "Self-Attention (without masking)",
    "The Illustrated Masked Self-Attention",
    "GPT-2 Masked Self-Attention",
    "Evaluation Time: Processing One Token at a Time",
    "GPT-2 Fully-Connected Neural Network",
    "You've Made it!",
    "Machine Translation",
    "Summarization",
    "Transfer Learning",
    "Music Generation",
    "",
)

# The scores that the post prints for "robot must obey orders" (masked ones left out), and the
# shares it prints for them.
TOKENS = ("robot", "must", "obey", "orders")
SCORES = ([0.11], [0.19, 0.50], [0.53, 0.98, 0.95], [0.81, 0.86, 0.38, 0.90])
SHARES = ([1.00], [0.48, 0.52], [0.31, 0.35, 0.34], [0.25, 0.26, 0.23, 0.26])
# The shares of F21 and of F24 for the words that "it" looks back at, and "it" itself, as the post
# prints them.
LOOKUP = {
    "<s>": 0.001,
    "a": 0.3,
    "robot": 0.5,
    "must": 0.002,
    "obey": 0.001,
    "the": 0.0003,
    "orders": 0.005,
    "given": 0.002,
    "it": 0.19,
}
# Millions of parameters of the four sizes as they were named at the release.
# As they were called at the release, in millions.
RELEASED_AS = {"gpt2": 117, "gpt2-medium": 345, "gpt2-large": 762, "gpt2-xl": 1542}


def listed_parameters():
    """The number of parameters for each tensor of GPT-2 124M, as the table of The Illustrated GPT-2
    lists them.
    """
    listed = {name: math.prod(shape) for name, shape in gpt2.shapes(gpt2.Config()).items()}
    for name in listed:
        if name.endswith("mlp.c_fc.bias"):
            listed[name] = 768
    del listed["ln_f.weight"], listed["ln_f.bias"]
    return listed
