"""The likeliest token."""

import torch

from utils.exercises import Case, Exercise
from utils.exercises.logits_and_sampling.shared import normal


def greedy(logits):
    return logits.argmax().item()  # of equal ones torch's argmax gives the first


def cases(rng):
    yield Case("the third is the largest", (torch.tensor([-1.0, 0.5, 2.0, 1.0]),))
    yield Case("all negative", (torch.tensor([-3.0, -0.5, -5.0]),))
    yield Case("two equal: the lower id", (torch.tensor([0.0, 3.0, -1.0, 3.0, 1.0]),))
    yield Case("two pairs", (torch.tensor([1.0, 1.0, 0.0, 0.0]),))
    yield Case("two pairs, the other way round", (torch.tensor([0.0, 0.0, 1.0, 1.0]),))
    yield Case("one word", (torch.tensor([-7.0]),))
    yield Case("three hundred alike: the first", (torch.zeros(300),))
    yield Case("close to each other", (torch.tensor([1.2, 1.4, 1.3]),))
    yield Case("fifty random ones", (normal(rng, 50),))


def largest_logit(logits):
    """This is the largest logit. Return its place instead: the id of the token that has it."""
    return logits.max().item()


def last_of_ties(logits):
    """Of equal logits you take the last; the rule is the lower id."""
    return (logits == logits.max()).nonzero()[-1].item()


def smallest(logits):
    """This is the place of the smallest logit."""
    return logits.argmin().item()


def largest_size(logits):
    """The sign is lost: -5 is less than -0.5, although it is larger without its sign."""
    return logits.abs().argmax().item()


def all_of_them(logits):
    """Return one id, a plain int; of equal ones the lowest."""
    return (logits == logits.max()).nonzero().flatten().tolist()


def a_tensor(logits):
    """The place is right, but it is still inside a tensor with an axis: `.item()` takes it out."""
    return (logits == logits.max()).nonzero()[0]


def largest_logit_in_a_tensor(logits):
    """This is the largest logit, in a tensor. Return its place instead, the id of the token that
    has it, as an int.
    """
    return logits.max()


def sorted_down(logits):
    """Of equal logits `sort` and `argsort` put first whichever they like. `argmax` gives the lowest
    id.
    """
    return logits.sort(descending=True).indices[0].item()


def sorted_up(logits):
    """Of equal logits `sort` and `argsort` put last whichever they like. `argmax` gives the lowest
    id.
    """
    return logits.sort().indices[-1].item()


def of_topk(logits):
    """Of equal logits `topk` keeps whichever it likes. `argmax` gives the lowest id."""
    return logits.topk(1).indices[0].item()


def begins_at_0(logits):
    """Your search begins at 0, which no negative logit exceeds. Begin with the first logit, or with
    minus infinity.
    """
    best, at = 0.0, 0
    for i, logit in enumerate(logits.tolist()):
        if logit > best:
            best, at = logit, i
    return at


EXERCISE = Exercise(
    greedy,
    cases,
    mistakes=(
        largest_logit,
        last_of_ties,
        smallest,
        largest_size,
        all_of_them,
        a_tensor,
        largest_logit_in_a_tensor,
        sorted_down,
        sorted_up,
        of_topk,
        begins_at_0,
    ),
    hints=(
        "Find the largest value, then the first place where it stands.",
        "`logits.argmax()` is that place, and of equal ones the first; `.item()` turns a "
        "tensor of one number into an int.",
    ),
    points=1,
    minutes=5,
    post="Model Output",
)
