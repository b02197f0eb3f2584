"""README's pictures of the bundled model at work: whom "it" means, how a guess grows from block to block, three dials."""

import torch

from utils import checkpoint, sampling, stories, training
from utils.figures.decoder_block import lens
from utils.figures.logits_and_sampling import dials
from utils.figures.masked_self_attention import attended
from utils.figures.style import Picture
from utils.gpt2 import forward, layer_norm
from utils.trace import trace

LAW = ("Far away, near the river, lived Aunt Mira the fisher and Robot Wicket. There was one rule in the house. A robot must "
       "answer the questions given to it by people, except where such questions would hurt a child. Cousin Vera knocked at "
       'the door. "Who broke the flute?" "No," said Robot Wicket, "such questions would')
SONG = ('Aunt Wanda lived near the hills. She shared the house with Robot Vox. "Winter shadow candle honey," sang Aunt Wanda '
        "at work. The")


def pictures() -> dict[str, Picture]:
    """By file name: the attention of one head, the guesses after each block, one distribution under three dials."""
    model = checkpoint.load("bundled")
    return {"attention": attention(*model), "guesses": guesses(*model), "dials": three_dials(*model)}


def attention(params, config, tokenizer) -> Picture:
    """The head that looks most at the noun that an "it" stands for, in the shortest of 200 stories that has one."""
    def its(story):
        return next((place for place in training.locate(tokenizer, training.document(tokenizer, story), story)
                     if place[0].kind == "it"), None)

    story = min((s for s in stories.generate(1, 200) if its(s)), key=lambda s: len(s.text))
    _, verb, _, noun = its(story)
    ids = training.document(tokenizer, story)[: verb + 2]  # (T,)
    seen = trace(params, config, ids)
    heads = torch.cat([seen[f"h.{i}.attention"] for i in range(config.n_layer)])  # (n_layer * n_head, T, T)
    best = heads[:, verb - 1, noun].argmax()
    words = [tokenizer.decode([i]).strip() for i in ids.tolist()]
    return attended(words[1:], heads[best, verb - 1, 1:], verb - 2)


def guesses(params, config, tokenizer) -> Picture:
    """What the last tokens of the robots' law would be followed by, read off the stream after each block."""
    ids = torch.tensor([config.eos_token_id, *tokenizer.encode(LAW)])  # (T,)
    seen, places = trace(params, config, ids), slice(-9, -1)
    names = ["residual"] + [f"h.{i}.residual" for i in range(config.n_layer)]
    shares, found = zip(*((layer_norm(params, config, "ln_f", seen[name]) @ params["wte.weight"].T).softmax(-1)[places].max(-1)
                          for name in names))  # (T, V) -> two of (8,), for each name
    said = [[tokenizer.decode([i]) for i in row.tolist()] for row in found]
    return lens([tokenizer.decode([i]) for i in ids[places].tolist()],
                ["wte + wpe"] + [f"block {i}" for i in range(config.n_layer)], said,
                torch.stack(shares), torch.stack([row == ids[-8:] for row in found]))


def three_dials(params, config, tokenizer) -> Picture:
    """What may come after a song: the distribution untouched, and under temperature, top-k and top-p."""
    logits = forward(params, config, torch.tensor([config.eos_token_id, *tokenizer.encode(SONG)]))[-1]  # (V,)
    plain = sampling.probabilities(logits)
    bars = plain.topk(8).indices
    settings = {"untouched": {}, "temperature 2": {"temperature": 2.0}, "top-k 3": {"top_k": 3}, "top-p 0.8": {"top_p": 0.8}}
    return dials([tokenizer.decode([i]).strip() for i in bars.tolist()], plain[bars],
                 {title: sampling.probabilities(logits, **dial)[bars] for title, dial in settings.items()})
