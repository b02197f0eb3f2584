"""One step of AdamW: clip, update the running means, decay, and move."""

import math

import torch

from utils.exercises import Case, Exercise
from utils.exercises.training.clip_gradients import clip_gradients
from utils.exercises.training.shared import seeded

MATRIX_AND_BIAS = {"h.0.mlp.c_fc.weight": (3, 4), "h.0.mlp.c_fc.bias": (4,)}


def training_step(params, grads, state, step, lr, decay, clip, betas=(0.9, 0.98), eps=1e-8):
    grads = clip_gradients(grads, clip)
    new_params, new_state = {}, {}
    for name, p in params.items():
        g, (m, v) = grads[name], state[name]
        m = betas[0] * m + (1 - betas[0]) * g
        v = betas[1] * v + (1 - betas[1]) * g**2
        mean = m / (1 - betas[0] ** step)
        square = v / (1 - betas[1] ** step)
        p = p - lr * decay[name] * p
        p = p - lr * mean / (square.sqrt() + eps)
        new_params[name], new_state[name] = p, (m, v)
    return new_params, new_state


def cases(rng):
    generator = seeded(rng)

    def drawn(step, size, lr=1e-2, decay=0.1, clip=1.0, shapes=MATRIX_AND_BIAS):
        def normal(scale=1.0):
            return {
                n: scale * torch.randn(shape, generator=generator) for n, shape in shapes.items()
            }

        m, v = (
            (normal(0.3), normal(0.1))
            if step > 1
            else ({n: torch.zeros(s) for n, s in shapes.items()},) * 2
        )
        state = {name: (m[name], v[name].abs()) for name in shapes}
        decays = {name: decay if len(shape) == 2 else 0.0 for name, shape in shapes.items()}
        return normal(), normal(size), state, step, lr, decays, clip

    yield Case("the first step, a short gradient", drawn(1, 0.05))
    yield Case("the first step, a long gradient", drawn(1, 5.0))
    yield Case("the tenth step", drawn(10, 0.2))
    yield Case("the hundredth step, a long gradient", drawn(100, 3.0))
    yield Case("a learning rate of 0", drawn(3, 1.0, lr=0.0))
    yield Case("a gradient of 0, after others", drawn(3, 0.0))
    yield Case("betas of 0.8 and 0.95", (*drawn(4, 0.3), (0.8, 0.95)))
    yield Case("an epsilon of 0.01", (*drawn(4, 0.3), (0.9, 0.98), 1e-2))
    yield Case(
        "a single number, hardly any gradient",
        drawn(1, 1e-6, decay=0.5, shapes={"h.0.attn.c_proj.weight": (1, 1)}),
    )
    yield Case(
        "drawn at random",
        drawn(int(rng.integers(2, 50)), float(rng.uniform(0.1, 2)), float(rng.uniform(0.001, 0.1))),
    )


def unclipped(params, grads, state, step, lr, decay, clip, *more):
    """A long gradient is not shortened: begin with your clip_gradients."""
    return training_step(params, grads, state, step, lr, decay, math.inf, *more)


def clips_each(params, grads, state, step, lr, decay, clip, *more):
    """You clip each tensor by a length of its own. All gradients are one long vector with one
    length: give all of them to clip_gradients, once, before the loop.
    """
    grads = {n: clip_gradients({n: g}, clip)[n] for n, g in grads.items()}
    return training_step(params, grads, state, step, lr, decay, math.inf, *more)


def uphill(params, grads, state, step, lr, decay, clip, *more):
    """You go uphill: subtract the step, do not add it."""
    new, new_state = training_step(params, grads, state, step, lr, decay, clip, *more)
    return {n: 2 * (1 - lr * decay[n]) * p - new[n] for n, p in params.items()}, new_state


def no_bias_correction(params, grads, state, step, lr, decay, clip, betas=(0.9, 0.98), eps=1e-8):
    """The running means start at 0 and are too small at first: divide m by 1 - beta1 ** step and v
    by 1 - beta2 ** step before you use them.
    """
    new, new_state = {}, training_step(params, grads, state, step, lr, decay, clip, betas, eps)[1]
    for n, p in params.items():
        m, v = new_state[n]
        new[n] = p - lr * decay[n] * p - lr * m / (v.sqrt() + eps)
    return new, new_state


def counted_from_0(params, grads, state, step, lr, decay, clip, *more):
    """Your correction uses step + 1, but step counts from 1 already."""
    return training_step(params, grads, state, step + 1, lr, decay, clip, *more)


def decay_in_the_gradient(params, grads, state, step, lr, decay, clip, *more):
    """You add the decay to the gradient ("L2"), where dividing by the root of v undoes it. AdamW
    subtracts lr * decay * p from the parameter directly.
    """
    clipped = clip_gradients(grads, clip)
    added = {n: g + decay[n] * params[n] for n, g in clipped.items()}
    return training_step(params, added, state, step, lr, dict.fromkeys(decay, 0.0), math.inf, *more)


def decay_without_rate(params, grads, state, step, lr, decay, clip, *more):
    """Your decay is too strong: it must be multiplied by the learning rate too."""
    new, new_state = training_step(
        params, grads, state, step, lr, dict.fromkeys(decay, 0.0), clip, *more
    )
    return {n: new[n] - decay[n] * p for n, p in params.items()}, new_state


def decay_forgotten(params, grads, state, step, lr, decay, clip, *more):
    """Weight decay is missing: subtract lr * decay[name] * p from the parameter, too."""
    return training_step(params, grads, state, step, lr, dict.fromkeys(decay, 0.0), clip, *more)


def decay_after_the_step(params, grads, state, step, lr, decay, clip, *more):
    """Nearly: you shrink the parameter after its step. AdamW shrinks it first, so the decay is that
    of the old parameter.
    """
    new, new_state = training_step(
        params, grads, state, step, lr, dict.fromkeys(decay, 0.0), clip, *more
    )
    return {n: p - lr * decay[n] * p for n, p in new.items()}, new_state


def decay_for_all(params, grads, state, step, lr, decay, clip, *more):
    """In your version every parameter decays. decay[name] says how much, and for some it is 0."""
    return training_step(
        params, grads, state, step, lr, dict.fromkeys(decay, max(decay.values())), clip, *more
    )


def eps_in_the_root(params, grads, state, step, lr, decay, clip, betas=(0.9, 0.98), eps=1e-8):
    """In your version eps stands inside the root; it is added to the root."""
    new, new_state = {}, training_step(params, grads, state, step, lr, decay, clip, betas, eps)[1]
    for n, p in params.items():
        m, v = new_state[n]
        square = v / (1 - betas[1] ** step) + eps
        new[n] = p - lr * decay[n] * p - lr * m / (1 - betas[0] ** step) / square.sqrt()
    return new, new_state


def plain_descent(params, grads, state, step, lr, decay, clip, betas=(0.9, 0.98), eps=1e-8):
    """You take the gradient itself for the step. Use the corrected running mean, divided by the
    root of the corrected mean square.
    """
    clipped, new_state = (
        clip_gradients(grads, clip),
        training_step(params, grads, state, step, lr, decay, clip, betas, eps)[1],
    )
    return {n: p - lr * decay[n] * p - lr * clipped[n] for n, p in params.items()}, new_state


def skips_zeros(params, grads, state, step, lr, decay, clip, *more):
    """Where the gradient is 0 you do nothing. Earlier gradients still move the parameter, through
    m; m and v shrink; and the decay goes on.
    """
    new, new_state = training_step(params, grads, state, step, lr, decay, clip, *more)
    still = {n for n, g in grads.items() if not g.any()}
    return new | {n: params[n] for n in still}, new_state | {n: state[n] for n in still}


def state_kept(params, grads, state, step, lr, decay, clip, *more):
    """The parameters are right, but you return the old state: the next step needs the new m and
    v.
    """
    return training_step(params, grads, state, step, lr, decay, clip, *more)[0], state


def corrected_means_kept(params, grads, state, step, lr, decay, clip, betas=(0.9, 0.98), eps=1e-8):
    """The step is right, but you keep the corrected means. Keep m and v; they are corrected anew at
    each step.
    """
    new, new_state = training_step(params, grads, state, step, lr, decay, clip, betas, eps)
    return new, {
        n: (m / (1 - betas[0] ** step), v / (1 - betas[1] ** step))
        for n, (m, v) in new_state.items()
    }


def betas_swapped(params, grads, state, step, lr, decay, clip, betas=(0.9, 0.98), eps=1e-8):
    """The two betas are swapped: betas[0] is for m, betas[1] for v."""
    return training_step(params, grads, state, step, lr, decay, clip, betas[::-1], eps)


def betas_of_its_own(params, grads, state, step, lr, decay, clip, betas=(0.9, 0.98), eps=1e-8):
    """Your betas are always 0.9 and 0.98. Use the ones that are given: `betas[0]` and
    `betas[1]`.
    """
    return training_step(params, grads, state, step, lr, decay, clip, eps=eps)


def eps_of_its_own(params, grads, state, step, lr, decay, clip, betas=(0.9, 0.98), eps=1e-8):
    """Your epsilon is always 1e-8. Use the one that is given: `eps`."""
    return training_step(params, grads, state, step, lr, decay, clip, betas)


def nothing_given_is_used(params, grads, state, step, lr, decay, clip, betas=(0.9, 0.98), eps=1e-8):
    """Your betas are always 0.9 and 0.98 and your epsilon 1e-8. Use the ones that are given."""
    return training_step(params, grads, state, step, lr, decay, clip)


EXERCISE = Exercise(
    training_step,
    cases,
    mistakes=(
        unclipped,
        clips_each,
        uphill,
        no_bias_correction,
        counted_from_0,
        decay_in_the_gradient,
        decay_without_rate,
        decay_forgotten,
        decay_after_the_step,
        decay_for_all,
        eps_in_the_root,
        plain_descent,
        skips_zeros,
        state_kept,
        corrected_means_kept,
        betas_swapped,
        betas_of_its_own,
        eps_of_its_own,
        nothing_given_is_used,
    ),
    difficulty="hard",
    rtol=1e-6,
    atol=1e-6,
    seconds=60.0,
    hints=(
        "Go in the order of the formulas above: clip, m, v, the two corrections, decay, "
        "step. Everything is done tensor by tensor.",
        "`m = betas[0] * m + (1 - betas[0]) * g`, and the same for v with `betas[1]` and `g**2`.",
        "At the end `p = p - lr * decay[name] * p`, then `p = p - lr * mean / "
        "(square.sqrt() + eps)`.",
    ),
    points=3,
    minutes=25,
    gradient=False,
    core=False,
)
