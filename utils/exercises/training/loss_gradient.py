"""How fast the loss rises with each logit: softmax minus one-hot."""

import torch.nn.functional as F

from utils.exercises import Exercise
from utils.exercises.training.language_model_loss import cases


def loss_gradient(logits, targets):
    right = F.one_hot(targets, logits.shape[-1])  # (B, T) -> (B, T, V)
    return (logits.softmax(-1) - right) / targets.numel()  # (B, T, V)


def not_shared_out(logits, targets):
    """The loss is a mean over B · T positions, so each position's slope is divided by their
    number.
    """
    return loss_gradient(logits, targets) * targets.numel()


def shared_out_by_row(logits, targets):
    """You divide by the positions of one row. The mean is over all rows: B · T positions."""
    return not_shared_out(logits, targets) / targets.shape[1]


def shared_out_by_batch(logits, targets):
    """You divide by the number of rows. The mean is over all positions of all rows: B · T."""
    return not_shared_out(logits, targets) / targets.shape[0]


def shared_out_by_logit(logits, targets):
    """You divide by the number of logits. The mean is over positions, B · T, not over tokens of the
    vocabulary.
    """
    return not_shared_out(logits, targets) / logits.numel()


def uphill(logits, targets):
    """The sign is off: the loss falls when the target's logit rises, so there the slope is
    negative.
    """
    return -loss_gradient(logits, targets)


def shares_only(logits, targets):
    """Subtract 1 at the target: its logit must rise, all others must fall."""
    return logits.softmax(-1) / targets.numel()


def target_only(logits, targets):
    """Every logit counts, not the target's alone: each wrong token has the slope of its
    probability.
    """
    right = F.one_hot(targets, logits.shape[-1])
    return right * loss_gradient(logits, targets)


def too_narrow(logits, targets):
    """Your one-hot rows are only as wide as the largest target asks for. They need a place for
    every token of the vocabulary: `F.one_hot(targets, logits.shape[-1])`.
    """
    return (logits.softmax(-1) - F.one_hot(targets)) / targets.numel()


def logits_for_shares(logits, targets):
    """You subtract 1 from the logits. Softmax comes first: subtract from the probabilities."""
    return (logits - F.one_hot(targets, logits.shape[-1])) / targets.numel()


def over_positions(logits, targets):
    """Your softmax runs over the positions. It belongs on the last axis, over the V tokens."""
    return (logits.softmax(1) - F.one_hot(targets, logits.shape[-1])) / targets.numel()


def likeliest_for_target(logits, targets):
    """You subtract 1 at the likeliest token. It belongs at the target, the token that came."""
    return loss_gradient(logits, logits.argmax(-1))


def overflows(logits, targets):
    """Your exp overflows for large logits: use `softmax`, or subtract the largest logit first."""
    e = logits.exp()
    p = e / e.sum(-1, keepdim=True)
    return (p - F.one_hot(targets, logits.shape[-1])) / targets.numel()


def logarithms(logits, targets):
    """You took logarithms of the probabilities. The slope is made of the probabilities
    themselves.
    """
    return (logits.log_softmax(-1) - F.one_hot(targets, logits.shape[-1])) / targets.numel()


EXERCISE = Exercise(
    loss_gradient,
    cases,
    mistakes=(
        not_shared_out,
        shared_out_by_row,
        shared_out_by_batch,
        shared_out_by_logit,
        uphill,
        shares_only,
        target_only,
        too_narrow,
        logits_for_shares,
        over_positions,
        likeliest_for_target,
        overflows,
        logarithms,
    ),
    hints=(
        "`logits.softmax(-1)` are the probabilities, (B, T, V).",
        "`F.one_hot(targets, logits.shape[-1])` is 1 at each target, else 0: (B, T, V).",
        "Their difference, divided by the number of positions, `targets.numel()`.",
    ),
    points=2,
    minutes=12,
    difficulty="medium",
    gradient=False,
    forbids=("grad", "backward", "make_dual"),  # the last is forward mode's
    core=False,
)
