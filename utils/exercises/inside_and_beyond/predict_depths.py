"""Before you look: after how many blocks does the lens know a robot's name, and after how many the
place of a thing?
"""

from functools import cache

import torch

from utils import checkpoint, probes, stories, training
from utils.exercises import prediction
from utils.exercises.inside_and_beyond.logit_lens import logit_lens
from utils.probes import KINDS, UNSEEN
from utils.remembered import remembered
from utils.trace import streams, trace


def predict_depths():
    known = known_by_depth()
    return tuple(
        next(depth for depth, share in enumerate(known[kind]) if share > 0.5)
        for kind in ("robot", "place")
    )


@cache
@remembered(data=[checkpoint.DATA / "bundled_gpt2"])
def known_by_depth(count=40):
    """How often the logit lens of the bundled model shows the answer, {kind: [before block 0, after
    block 0, …]}.
    """
    params, config, tokenizer = checkpoint.load("bundled")
    hits = {kind: [] for kind in KINDS}
    for story in stories.generate(**UNSEEN | {"count": count}):
        ids = training.document(tokenizer, story)
        guess = logit_lens(
            streams(trace(params, config, ids[:-1]), config.n_layer),
            params["ln_f.weight"],
            params["ln_f.bias"],
            params["wte.weight"],
        ).argmax(-1)  # (n_layer + 1, T)
        for reference, answer, _, _ in probes.locate(tokenizer, ids, story):
            if reference.kind in KINDS:
                hits[reference.kind].append(guess[:, answer - 1] == ids[answer])
    return {kind: torch.stack(rows).float().mean(0).tolist() for kind, rows in hits.items()}


EXERCISE = prediction(
    predict_depths,
    guesses=(
        (
            (4, 4),
            "The place indeed needs all four blocks. But look at the maps above: in "
            "which layer is the head that finds names?",
        ),
        (
            (1, 1),
            "The name is known after one block. But the head that finds places is in the "
            "last layer, and before it nothing else looked there.",
        ),
        (
            (0, 4),
            "Before the first block, a token has met no other token. It cannot know a "
            "name that stands elsewhere.",
        ),
        (
            (4, 1),
            "You have exchanged them: look again at the layers of the two heads in the maps above.",
        ),
        (
            (0, 3),
            "These are the layers' numbers. They begin at 0: when layer 0 has run, one "
            "block has run.",
        ),
        ((1, 3), "The name is right. The head for places is in layer 3, the fourth block."),
    ),
    hints=(
        "The maps of the head scores say in which layer each kind of word is looked up. "
        "A head in layer 0 has done its work after one block.",
    ),
    minutes=3,
    core=False,
)
