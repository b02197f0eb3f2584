"""README's pictures of the bundled model at work: whom "it" means, how a guess grows from block to
block, three dials.
"""

import torch

from utils import checkpoint, probes, sampling, stories, training
from utils.figures.decoder_block import lens
from utils.figures.logits_and_sampling import dials
from utils.figures.masked_self_attention import attended
from utils.figures.style import Picture
from utils.gpt2 import forward, layer_norm, unembed
from utils.trace import streams, trace

LAW = (
    "Far away, near the river, lived Aunt Mira the fisher and Robot Wicket. There was one "
    "rule in the house. A robot must "
    "answer the questions given to it by people, except where such questions would hurt a "
    "child. Cousin Vera knocked at "
    'the door. "Who broke the flute?" "No," said Robot Wicket, "such questions would'
)
SONG = (
    'Aunt Wanda lived near the hills. She shared the house with Robot Vox. "Winter shadow '
    'candle honey," sang Aunt Wanda '
    "at work. The"
)


def pictures() -> dict[str, Picture]:
    """By file name: the attention of one head, the guesses after each block, one distribution under
    three dials.
    """
    model = checkpoint.load("bundled")
    return {
        "attention": attention(*model),
        "guesses": guesses(*model),
        "dials": three_dials(*model),
    }


def attention(params, config, tokenizer) -> Picture:
    """The head that looks most at the noun that an "it" stands for, in the shortest of 200 stories
    that has one.
    """

    def its(story):
        return next(
            (
                place
                for place in probes.locate(tokenizer, training.document(tokenizer, story), story)
                if place[0].kind == "it"
            ),
            None,
        )

    story = min((s for s in stories.generate(1, 200) if its(s)), key=lambda s: len(s.text))
    _, verb, _, noun = its(story)
    ids = training.document(tokenizer, story)[: verb + 2]  # (T,)
    seen = trace(params, config, ids)
    heads = torch.cat(
        [seen[f"h.{i}.attention"] for i in range(config.n_layer)]
    )  # (n_layer * n_head, T, T)
    best = heads[:, verb - 1, noun].argmax()
    words = [tokenizer.decode([i]).strip() for i in ids.tolist()]
    return attended(words[1:], heads[best, verb - 1, 1:], verb - 2)


def guesses(params, config, tokenizer) -> Picture:
    """What the last tokens of the robots' law would be followed by, read off the stream after each
    block.
    """
    ids = torch.tensor([config.eos_token_id, *tokenizer.encode(LAW)])  # (T,)
    places = slice(-9, -1)
    x = streams(trace(params, config, ids), config.n_layer)[:, places]  # (n_layer + 1, 8, C)
    shares, found = (
        unembed(params, layer_norm(params, config, "ln_f", x)).softmax(-1).max(-1)
    )  # (n_layer + 1, 8, V) -> (n_layer + 1, 8)
    said = [[tokenizer.decode([i]) for i in row.tolist()] for row in found]
    return lens(
        [tokenizer.decode([i]) for i in ids[places].tolist()],
        ["wte + wpe"] + [f"block {i}" for i in range(config.n_layer)],
        said,
        shares,
        found == ids[-8:],
    )


def three_dials(params, config, tokenizer) -> Picture:
    """What may come after a song: the distribution untouched, and under temperature, top-k and
    top-p.
    """
    logits = forward(params, config, torch.tensor([config.eos_token_id, *tokenizer.encode(SONG)]))[
        -1
    ]  # (V,)
    plain = sampling.probabilities(logits)
    bars = plain.topk(8).indices
    settings = {
        "untouched": {},
        "temperature 2": {"temperature": 2.0},
        "top-k 3": {"top_k": 3},
        "top-p 0.8": {"top_p": 0.8},
    }
    return dials(
        [tokenizer.decode([i]).strip() for i in bars.tolist()],
        plain[bars],
        {title: sampling.probabilities(logits, **dial)[bars] for title, dial in settings.items()},
    )
