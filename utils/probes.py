"""What a model knows of a story, measured: which words it gets right, and where its heads look."""

from bisect import bisect_right
from collections import defaultdict
from dataclasses import dataclass
from itertools import accumulate

import torch

from utils import gpt2, stories
from utils.remembered import remembered
from utils.trace import trace
from utils.training import document

KINDS = (
    "name",
    "robot",
    "she",
    "such",
    "it",
    "line",
    "place",
)  # references of which 100 stories have enough
UNSEEN = {
    "seed": 1,
    "count": 100,
    "held_out": True,
}  # the stories that the bundled model's recorded heads were found on


def locate(tokenizer, ids, story):
    """Where a story's references are among the ids of its `document`.

    Yields (reference, answer, word, source): the reference and three positions in ids.
    """
    ends = list(accumulate(len(tokenizer.tokens[i]) for i in ids[1:-1].tolist()))
    for reference in story.references:
        places = (reference.position, reference.word, reference.source)
        # All text of the stories is ASCII: a character is a byte.
        yield reference, *(bisect_right(ends, place) + 1 for place in places)


def bigram_guesses(tokens, vocab_size):
    """For each token the one that follows it most often in a text: (V,)."""
    pairs = torch.bincount(tokens[:-1] * vocab_size + tokens[1:], minlength=vocab_size**2)
    return pairs.view(vocab_size, vocab_size).argmax(1)  # (V, V) -> (V,)


@torch.no_grad()
def reference_accuracy(params, config, tokenizer, some_stories, guesses=None):
    """How often the likeliest next word of all is the one referred to, by kind.

    With `guesses` (V,), from `bigram_guesses`, the same for those instead of the model.
    """
    right, count = defaultdict(int), defaultdict(int)
    for story in some_stories:
        ids = document(tokenizer, story)
        if guesses is None:
            likeliest = gpt2.forward(params, config, ids).argmax(-1)  # (T, V) -> (T,)
        else:
            likeliest = guesses[ids]
        for reference, answer, _, _ in locate(tokenizer, ids, story):
            count[reference.kind] += 1
            right[reference.kind] += int(likeliest[answer - 1] == ids[answer])
    return {kind: right[kind] / count[kind] for kind in sorted(count)}


def attention_patterns(params, config, ids):
    """What every head looks at: ids (T,) -> (n_layer, n_head, T, T), rows sum to 1."""
    seen = trace(params, config, ids)
    return torch.stack([seen[f"h.{i}.attention"] for i in range(config.n_layer)])


def head_scores(params, config, tokenizer, some_stories):
    """What each head is for, in numbers: {what: (scores (n_layer, n_head), uniform)}.

    A score is the mean part of its attention that a head gives to the right places, as
    `right_places` has them; `uniform` is what a head would give that looks everywhere
    alike.
    """
    sums = defaultdict(lambda: torch.zeros(config.n_layer, config.n_head))
    uniform, count = defaultdict(float), defaultdict(int)
    for story in some_stories:
        ids = document(tokenizer, story)
        patterns = attention_patterns(params, config, ids[:-1])
        for what, right in right_places(tokenizer, ids, story).items():
            seen = torch.arange(1, len(right) + 1)  # tokens that each row looks back on
            sums[what] += (patterns * right).sum((-2, -1))
            uniform[what] += (right.sum(-1) / seen).sum().item()
            count[what] += right.any(-1).sum().item()
    return {what: (sums[what] / count[what], uniform[what] / count[what]) for what in sorted(sums)}


def right_places(tokenizer, ids, story):
    """Where a story's words should look, {what: (T, T)}, for its document's ids[:-1].

    True where attention from row to column should go; the rows that ask for nothing
    are all False.
      previous token   in a line of words: to the word before
      induction        in a line told again, before its second word: to that word in
                       the earlier tellings
      name             after "Aunt", "Robot" and so on: to the name, earlier
      it               before the word that shows what "it" is ("it did not" ring): to
                       the noun ("bell") and to what it does ("ring"), all mentions
      such, place, who
                       before the noun, place or person: to its earlier mentions
    """
    T = len(ids) - 1
    right = defaultdict(lambda: torch.zeros(T, T, dtype=torch.bool))
    does = {
        tokenizer.encode(" " + thing.name)[0]: tokenizer.encode(" " + thing.does)[0]
        for thing in stories.MACHINES
    }
    for reference, answer, _, source in locate(tokenizer, ids, story):
        earlier = torch.arange(T) < answer
        same = (ids[:-1] == ids[source]) & earlier  # (T,)
        if reference.kind == "line":
            right["induction"][answer - 1] = same
            for t in (answer, answer + 1, answer + 2):  # words 2 to 4 of the line
                right["previous token"][t, t - 1] = True
        elif reference.kind in ("name", "robot"):
            right["name"][answer - 1] = same
        elif reference.kind == "it":
            verb = (ids[:-1] == does[ids[source].item()]) & earlier
            right["it"][answer - 1] = same | verb
        elif reference.kind in ("such", "place", "who"):
            right[reference.kind][answer - 1] = same
    return dict(right)


def best_heads(scores):
    """The head with the highest of `head_scores`, for each: {layer, head, score, uniform}."""
    found = {}
    for what, (table, uniform) in scores.items():
        layer, head = divmod(int(table.argmax()), table.shape[1])
        found[what] = {
            "layer": layer,
            "head": head,
            "score": round(table.max().item(), 3),
            "uniform": round(uniform, 3),
        }
    return found


@dataclass(frozen=True)
class It:
    """An "it" of a story of two machines, with the story up to the verb that shows which is meant.

    ids: (T,). it: the place of "it"; words: from there on, as "it did not". noun, verb: the places
    where that machine is named, and where what it does has been said already; other: those of the
    machine named last besides it. does, others: the id of what comes next, and of what the other
    machine does.
    """

    ids: torch.Tensor
    it: int
    words: str
    noun: torch.Tensor
    verb: torch.Tensor
    other: torch.Tensor
    does: int
    others: int


def its(tokenizer, some_stories):
    """One `It` for each "it" in stories that stands for one of two machines."""
    verbs = {
        tokenizer.encode(f" {machine.name}")[0]: tokenizer.encode(f" {machine.does}")[0]
        for machine in stories.MACHINES
    }
    for story in some_stories:
        ids = document(tokenizer, story)
        for reference, answer, it, source in locate(tokenizer, ids, story):
            if reference.kind != "it":
                continue
            before, noun = ids[:answer], ids[source].item()
            other = [i for i in before.tolist() if i in verbs and i != noun][-1]
            yield It(
                before,
                it,
                tokenizer.decode(before[it:].tolist()).strip(' "').lower(),
                *((before == i).nonzero().flatten() for i in (noun, verbs[noun], other)),
                ids[answer].item(),
                verbs[other],
            )


@torch.no_grad()
def it_accuracy(params, config, tokenizer, some_stories):
    """How often, after "it did not", the likeliest next word is what the right machine does."""
    right = [
        gpt2.forward(params, config, case.ids)[-1].argmax().item() == case.does
        for case in its(tokenizer, some_stories)
        if case.words == "it did not"
    ]
    return sum(right) / len(right)


def asked(tokenizer, some_stories):
    """Where stories can only be told on by who looks back: (ids (N, T), {kind: (rows, places)}).

    ids: each story's document in a row, filled up with 0 behind its end. Of each kind of reference
    in KINDS, the answers are ids[rows, places], and the model guesses them one place earlier.
    """
    documents = [document(tokenizer, story) for story in some_stories]
    ids = torch.nn.utils.rnn.pad_sequence(documents, batch_first=True)  # (N, T)
    found = {kind: [] for kind in KINDS}
    for row, (one, story) in enumerate(zip(documents, some_stories)):
        for reference, answer, _, _ in locate(tokenizer, one, story):
            if reference.kind in KINDS:
                found[reference.kind].append((row, answer))
    return ids, {kind: tuple(torch.tensor(pairs).T) for kind, pairs in found.items()}


@remembered()
@torch.inference_mode()
def share_right(params, config, ids, places):
    """How often the model's best guess is the answer, {kind: share}; ids and places as `asked`
    gives them.
    """
    asked = torch.zeros(ids.shape, dtype=torch.bool)  # where a guess is wanted, (N, T)
    for rows, at in places.values():
        asked[rows, at - 1] = True
    ends = (asked * torch.arange(1, ids.shape[1] + 1)).amax(1)  # what is read of each row, (N,)
    guess = torch.full(ids.shape, -1)
    for some in ends.argsort().split(8):  # a few of a length: little padding, and fits the cache
        if end := int(ends[some].max()):
            top = gpt2.transformer(params, config, ids[some, :end])  # (8, end) -> (8, end, C)
            row, at = asked[some, :end].nonzero(as_tuple=True)
            guess[some[row], at] = gpt2.unembed(params, top[row, at]).argmax(-1)
    return {
        kind: (guess[rows, at - 1] == ids[rows, at]).float().mean().item()
        for kind, (rows, at) in places.items()
    }
