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

    def drawn(step, size, lr=1e-2, decay=0.1, clip=1.0, shapes=MATRIX_AND_BIAS, bias_decay=0.0):
        def normal(scale):
            return {n: scale * torch.randn(s, generator=generator) for n, s in shapes.items()}

        m, v = normal(0.3 * (step > 1)), normal(0.1 * (step > 1))
        state = {name: (m[name], v[name].abs()) for name in shapes}
        decays = {n: decay if len(shape) == 2 else bias_decay for n, shape in shapes.items()}
        return normal(1.0), normal(size), state, step, lr, decays, clip

    yield Case("the first step, a short gradient", drawn(1, 0.05))
    yield Case("the first step, a long gradient", drawn(1, 5.0))
    yield Case("the tenth step", drawn(10, 0.2))
    yield Case("the hundredth step, a long gradient", drawn(100, 3.0))
    yield Case("a learning rate of 0", drawn(3, 1.0, lr=0.0))
    yield Case("a gradient of 0, after others", drawn(3, 0.0))
    yield Case("a long gradient, 0.5 at most", drawn(2, 3.0, clip=0.5))
    yield Case("a long gradient, 5 at most", drawn(2, 30.0, clip=5.0))
    yield Case("the bias decays, too", drawn(2, 0.1, lr=0.1, decay=0.5, bias_decay=0.3))
    yield Case("betas of 0.8 and 0.95", (*drawn(4, 0.3), (0.8, 0.95)))
    yield Case("an epsilon of 0.01", (*drawn(4, 0.3), (0.9, 0.98), 1e-2))
    yield Case(
        "a single number, hardly any gradient",
        drawn(1, 1e-6, decay=0.5, shapes={"h.0.attn.c_proj.weight": (1, 1)}),
    )
    size, lr = float(rng.uniform(0.1, 2)), float(rng.uniform(0.001, 0.1))
    yield Case("drawn at random", drawn(int(rng.integers(2, 50)), size, lr))


def _with(args, **changed):
    """training_step with some of its arguments changed."""
    names = "params grads state step lr decay clip betas eps".split()
    return training_step(**dict(zip(names, args)) | changed)


def unclipped(*args):
    """A long gradient is not shortened: begin with your clip_gradients."""
    return _with(args, clip=math.inf)


def clip_of_its_own(*args):
    """You always clip at 1. Use the length that is given: `clip`."""
    return _with(args, clip=1.0)


def clips_each(params, grads, state, step, lr, decay, clip, *more):
    """You clip each tensor by a length of its own. All gradients are one long vector with one
    length: give all of them to clip_gradients, once, before the loop.
    """
    grads = {n: clip_gradients({n: g}, clip)[n] for n, g in grads.items()}
    return training_step(params, grads, state, step, lr, decay, math.inf, *more)


def uphill(*args):
    """You go uphill: subtract the step, do not add it."""
    return _moved(lambda m, v, g, a, b, eps: -m / a / ((v / b).sqrt() + eps), *args)


def _moved(move, params, grads, state, step, lr, decay, clip, betas=(0.9, 0.98), eps=1e-8):
    """training_step that moves by lr * move(m, v, g, a, b, eps); m / a and v / b are corrected."""
    new, new_state = {}, training_step(params, grads, state, step, lr, decay, clip, betas, eps)[1]
    clipped, over = clip_gradients(grads, clip), [1 - beta**step for beta in betas]
    for n, p in params.items():
        new[n] = p - lr * decay[n] * p - lr * move(*new_state[n], clipped[n], *over, eps)
    return new, new_state


def no_bias_correction(*args):
    """The running means start at 0 and are too small at first: divide m by 1 - beta1 ** step and v
    by 1 - beta2 ** step before you use them.
    """
    return _moved(lambda m, v, g, a, b, eps: m / (v.sqrt() + eps), *args)


def counted_from_0(*args):
    """Your correction uses step + 1, but step counts from 1 already."""
    return _with(args, step=args[3] + 1)


def _undecayed(*args):
    return _with(args, decay=dict.fromkeys(args[5], 0.0))


def decay_in_the_gradient(params, grads, state, step, lr, decay, clip, *more):
    """You add the decay to the gradient ("L2"), where dividing by the root of v undoes it. AdamW
    subtracts lr * decay * p from the parameter directly.
    """
    clipped = clip_gradients(grads, clip)
    added = {n: g + decay[n] * params[n] for n, g in clipped.items()}
    return _undecayed(params, added, state, step, lr, decay, math.inf, *more)


def decay_without_rate(*args):
    """Your decay is too strong: it must be multiplied by the learning rate too."""
    new, new_state = _undecayed(*args)
    return {n: new[n] - args[5][n] * p for n, p in args[0].items()}, new_state


def decay_forgotten(*args):
    """Weight decay is missing: subtract lr * decay[name] * p from the parameter, too."""
    return _undecayed(*args)


def decay_after_the_step(*args):
    """Nearly: you shrink the parameter after its step. AdamW shrinks it first, so the decay is that
    of the old parameter.
    """
    new, new_state = _undecayed(*args)
    return {n: p - args[4] * args[5][n] * p for n, p in new.items()}, new_state


def decay_for_all(*args):
    """In your version every parameter decays. decay[name] says how much, and for some it is 0."""
    return _with(args, decay=dict.fromkeys(args[5], max(args[5].values())))


def decay_by_axes(params, *args):
    """In your version a bias never decays. decay[name] says how much, for each name."""
    matrices = {n: d if params[n].dim() == 2 else 0.0 for n, d in args[4].items()}
    return _with((params, *args), decay=matrices)


def eps_in_the_root(*args):
    """In your version eps stands inside the root; it is added to the root."""
    return _moved(lambda m, v, g, a, b, eps: m / a / (v / b + eps).sqrt(), *args)


def plain_descent(*args):
    """You take the gradient itself for the step. Use the corrected running mean, divided by the
    root of the corrected mean square.
    """
    return _moved(lambda m, v, g, a, b, eps: g, *args)


def skips_zeros(params, grads, state, *args):
    """Where the gradient is 0 you do nothing. Earlier gradients still move the parameter, through
    m; m and v shrink; and the decay goes on.
    """
    new, new_state = training_step(params, grads, state, *args)
    still = {n for n, g in grads.items() if not g.any()}
    return new | {n: params[n] for n in still}, new_state | {n: state[n] for n in still}


def state_kept(params, grads, state, *args):
    """The parameters are right, but you return the old state. The next step needs the new one."""
    return training_step(params, grads, state, *args)[0], state


def corrected_means_kept(params, grads, state, step, lr, decay, clip, betas=(0.9, 0.98), eps=1e-8):
    """The step is right, but you keep the corrected means. Keep m and v; they are corrected anew at
    each step.
    """
    new, new_state = training_step(params, grads, state, step, lr, decay, clip, betas, eps)
    over = [1 - beta**step for beta in betas]
    return new, {n: (m / over[0], v / over[1]) for n, (m, v) in new_state.items()}


def betas_swapped(params, grads, state, step, lr, decay, clip, betas=(0.9, 0.98), eps=1e-8):
    """The two betas are swapped: betas[0] is for m, betas[1] for v."""
    return training_step(params, grads, state, step, lr, decay, clip, betas[::-1], eps)


def betas_of_its_own(*args):
    """Your betas are always 0.9 and 0.98. Use those that are given, `betas[0]` and `betas[1]`."""
    return _with(args, betas=(0.9, 0.98))


def eps_of_its_own(*args):
    """Your epsilon is always 1e-8. Use the one that is given: `eps`."""
    return _with(args, eps=1e-8)


def nothing_given_is_used(*args):
    """Your betas are always 0.9 and 0.98 and your epsilon 1e-8. Use the ones that are given."""
    return _with(args, betas=(0.9, 0.98), eps=1e-8)


EXERCISE = Exercise(
    training_step,
    cases,
    mistakes=(
        unclipped,
        clip_of_its_own,
        clips_each,
        uphill,
        no_bias_correction,
        counted_from_0,
        decay_in_the_gradient,
        decay_without_rate,
        decay_forgotten,
        decay_after_the_step,
        decay_for_all,
        decay_by_axes,
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
