"""The learning rate of each step: up in a line, down along half a cosine."""

import math

from utils.exercises import Case, Exercise


def learning_rate(step, highest, warmup, steps, final):
    if step < warmup:
        return highest * (step + 1) / warmup
    progress = min(1, (step - warmup) / max(1, steps - warmup))
    cosine = (1 + math.cos(math.pi * progress)) / 2
    return highest * (final + (1 - final) * cosine)


def cases(rng):
    yield Case("the first step", (0, 3e-3, 100, 1000, 0.05))
    yield Case("half way up", (49, 3e-3, 100, 1000, 0.05))
    yield Case("the last step of the warm-up", (99, 3e-3, 100, 1000, 0.05))
    yield Case("the first step after it", (100, 3e-3, 100, 1000, 0.05))
    yield Case("half way down", (550, 3e-3, 100, 1000, 0.05))
    yield Case("the end, and beyond it", (1200, 3e-3, 100, 1000, 0.05))
    yield Case("no warm-up", (0, 1e-2, 0, 50, 0.1))
    yield Case("no warm-up, half way down", (25, 1e-2, 0, 50, 0.1))
    yield Case("a warm-up of one step", (0, 1e-3, 1, 51, 0.1))
    steps = int(rng.integers(200, 900))
    yield Case(
        "drawn at random",
        (
            int(rng.integers(40, steps)),
            float(rng.uniform(1e-4, 1e-2)),
            int(rng.integers(10, 40)),
            steps,
            0.1,
        ),
    )


def first_rate_is_0(step, highest, warmup, steps, final):
    """Your first learning rate is 0, so the first step is wasted: count from step + 1 during the
    warm-up.
    """
    return (
        highest * step / warmup
        if step < warmup
        else learning_rate(step, highest, warmup, steps, final)
    )


def one_step_too_many(step, highest, warmup, steps, final):
    """Your warm-up lasts one step too long and passes the highest rate. It is over where step
    reaches warmup: `if step < warmup`.
    """
    if step <= warmup:
        return highest * (step + 1) / warmup
    return learning_rate(step, highest, warmup, steps, final)


def one_step_too_many_from_0(step, highest, warmup, steps, final):
    """Two things about the warm-up: your first rate is 0, so the first step is wasted (count from
    step + 1); and where warmup is 0 you divide by it: `if step < warmup`.
    """
    if step <= warmup:
        return highest * step / warmup
    return learning_rate(step, highest, warmup, steps, final)


def one_step_too_few(step, highest, warmup, steps, final):
    """Your warm-up ends one step too early. It is over where step reaches warmup, no sooner: `if
    step < warmup`.
    """
    if step + 1 < warmup:
        return learning_rate(step, highest, warmup, steps, final)
    progress = min(1, (step - warmup) / max(1, steps - warmup))
    return highest * (final + (1 - final) * (1 + math.cos(math.pi * progress)) / 2)


def no_warmup(step, highest, warmup, steps, final):
    """The warm-up is missing: for step < warmup the rate rises in a line."""
    return learning_rate(step, highest, 0, steps, final)


def cosine_from_step_0(step, highest, warmup, steps, final):
    """Your cosine begins at step 0, so it is part of the way down when the warm-up ends. Count its
    progress from warmup to steps.
    """
    if step < warmup:
        return learning_rate(step, highest, warmup, steps, final)
    return learning_rate(step, highest, 0, steps, final)


def down_to_0(step, highest, warmup, steps, final):
    """Your rate goes down to 0. It should end at final * highest."""
    return learning_rate(step, highest, warmup, steps, 0.0)


def cut_off_at_final(step, highest, warmup, steps, final):
    """You follow the cosine towards 0 and stop at the lowest rate. Stretch it instead, so that it
    runs from 1 to final: `final + (1 - final) * cosine`.
    """
    rate = learning_rate(step, highest, warmup, steps, 0.0)
    return rate if step < warmup else max(rate, final * highest)


def progress_by_steps(step, highest, warmup, steps, final):
    """Progress must reach 1 at `steps`: divide by `steps - warmup`."""
    if step < warmup:
        return learning_rate(step, highest, warmup, steps, final)
    return learning_rate(step - warmup, highest, 0, steps, final)


def final_is_a_rate(step, highest, warmup, steps, final):
    """You took final for a learning rate. It is a share of the highest one: the rate ends at final
    * highest.
    """
    if step < warmup:
        return learning_rate(step, highest, warmup, steps, final)
    cosine = learning_rate(step, 1.0, warmup, steps, 0.0)
    return final + (highest - final) * cosine


def part_of_the_highest(step, highest, warmup, steps, final):
    """This runs from 0 to 1: multiply by highest, on the way up and on the way down."""
    return learning_rate(step, 1.0, warmup, steps, final)


def straight_down(step, highest, warmup, steps, final):
    """Your rate goes down in a straight line; it should follow half a cosine, slow at both ends."""
    if step < warmup:
        return learning_rate(step, highest, warmup, steps, final)
    progress = min(1, (step - warmup) / max(1, steps - warmup))
    return highest * (1 - (1 - final) * progress)


def rises_again(step, highest, warmup, steps, final):
    """Beyond the last step your cosine rises again. Progress is `(step - warmup) / (steps -
    warmup)`, in this order, and 1 at most.
    """
    if step < warmup:
        return learning_rate(step, highest, warmup, steps, final)
    progress = (step - warmup) / max(1, steps - warmup)
    return highest * (final + (1 - final) * (1 + math.cos(math.pi * progress)) / 2)


def not_stretched(step, highest, warmup, steps, final):
    """After the warm-up you begin above the highest rate: the last rate is added to the whole
    cosine. Shrink the cosine first: `final + (1 - final) * cosine`.
    """
    rate = learning_rate(step, highest, warmup, steps, 0.0)
    return rate if step < warmup else final * highest + rate


def whole_cosine(step, highest, warmup, steps, final):
    """You go through a whole cosine, down and up again. Half of one is enough: pi times the
    progress.
    """
    if step < warmup:
        return learning_rate(step, highest, warmup, steps, final)
    progress = min(1, (step - warmup) / max(1, steps - warmup))
    return highest * (final + (1 - final) * (1 + math.cos(2 * math.pi * progress)) / 2)


EXERCISE = Exercise(
    learning_rate,
    cases,
    mistakes=(
        first_rate_is_0,
        one_step_too_many,
        one_step_too_many_from_0,
        one_step_too_few,
        no_warmup,
        cosine_from_step_0,
        down_to_0,
        cut_off_at_final,
        progress_by_steps,
        final_is_a_rate,
        part_of_the_highest,
        straight_down,
        rises_again,
        not_stretched,
        whole_cosine,
    ),
    hints=(
        "Two cases: step < warmup, and the rest.",
        "`progress = min(1, (step - warmup) / max(1, steps - warmup))`.",
        "At the end it should not be 0 but `final`: `final + (1 - final) * cosine`. All "
        "of it times `highest`.",
    ),
    points=2,
    minutes=10,
    difficulty="medium",
    core=False,
)
