"""Lesson 07's cards: answers as learners type them, what passes, and what the card says of the
rest.
"""

import pytest

from tests.exercises.cards import fails, passes

STEP = """def training_step(
    params, grads, state, step, lr, decay, clip, betas=(0.9, 0.98), eps=1e-8
):
    b1, b2 = {betas}
    grads = clip_gradients(grads, clip)
    new_params, new_state = {{}}, {{}}
    for name, p in params.items():
        g = grads[name]
        m, v = state[name]
        m = b1 * m + (1 - b1) * g
        v = b2 * v + (1 - b2) * g * g
        m_hat, v_hat = m / (1 - b1**step), v / (1 - b2**step)
        p = p - lr * (decay[name] * p + m_hat / (torch.sqrt(v_hat) + {eps}))
        new_params[name], new_state[name] = p, (m, v)
    return new_params, new_state"""

CLIP = """def clip_gradients(grads, limit):
    n = torch.cat([g.flatten() for g in grads.values()]).norm().item()
    {then}"""
RATE = """def learning_rate(step, highest, warmup, steps, final):
    if {early}:
        return highest * (step + 1) / warmup
    progress = min(1, {way} / max(1, steps - warmup))
    cosine = (1 + math.cos(math.pi * progress)) / 2
    return {rate}"""
STRETCHED = "highest * (final + (1 - final) * cosine)"

RIGHT = {
    "cross_entropy": (
        "language_model_loss",
        """def language_model_loss(logits, targets):
    return F.cross_entropy(logits.flatten(0, 1), targets.flatten())""",
    ),
    "cross_entropy, tokens on the second axis": (
        "language_model_loss",
        """def language_model_loss(logits, targets):
    return F.cross_entropy(logits.transpose(1, 2), targets)""",
    ),
    "the gradient in two steps": (
        "loss_gradient",
        """def loss_gradient(logits, targets):
    B, T, V = logits.shape
    slope = torch.softmax(logits, dim=2)
    for b in range(B):
        for t in range(T):
            slope[b, t, targets[b, t]] -= 1
    return slope / (B * T)""",
    ),
    "one formula": ("training_step", STEP.format(betas="betas", eps="eps")),
    "one long vector": (
        "clip_gradients",
        """def clip_gradients(grads, limit):
    norm = torch.cat([g.flatten() for g in grads.values()]).norm()
    return {n: g * torch.clamp(limit / (norm + 1e-6), max=1.0) for n, g in grads.items()}""",
    ),
    "decay by the number of axes": (
        "decay_groups",
        """def decay_groups(params, weight_decay):
    yes = [n for n in params if n.startswith("h.") and params[n].ndim == 2]
    no = [n for n in params if n not in yes]
    return [dict(params=yes, weight_decay=weight_decay), dict(params=no, weight_decay=0)]""",
    ),
    "a loop over places": (
        "evaluate",
        """def evaluate(batches):
    nats = []
    for logits, targets in batches:
        real = targets != -100
        nats.append(F.cross_entropy(logits[real], targets[real], reduction="none"))
    return float(torch.cat(nats).mean())""",
    ),
}


@pytest.mark.parametrize("name, source", RIGHT.values(), ids=RIGHT)
def test_right_in_another_way(name, source):
    passes(name, source)


# label: (exercise, source, words as tests.exercises.cards.fails takes them)
WRONG = {
    "targets that are the inputs": (
        "make_batch",
        """def make_batch(tokens, starts, length):
    rows = torch.stack([tokens[s : s + length] for s in starts])
    return rows, rows""",
        ("learn to repeat the token it sees", "the first at [1][0, 0]: expected 4, got 3"),
    ),
    "targets one short": (
        "make_batch",
        """def make_batch(tokens, starts, length):
    inputs = torch.stack([tokens[s : s + length] for s in starts])
    return inputs, torch.stack([tokens[s + 1 : s + length] for s in starts])""",
        ("Your targets are one token short",),
    ),
    "right before rounding": (
        "predict_first_loss",
        "def predict_first_loss():\n    return math.log(1347)",
        ("right once it is rounded", "whole number"),
    ),
    "the number of tokens": (
        "predict_first_loss",
        "def predict_first_loss():\n    return 1347",
        ("the logarithm of that number",),
    ),
    "item": (
        "language_model_loss",
        """def language_model_loss(logits, targets):
    return -logits.log_softmax(-1).gather(-1, targets[..., None]).mean().item()""",
        ("this is a float", "need a tensor"),
    ),
    "the logarithm of softmax": (
        "language_model_loss",
        """def language_model_loss(logits, targets):
    return -logits.softmax(-1).log().gather(-1, targets[..., None]).mean()""",
        ("softmax rounds to 0",),
    ),
    "a small number in the logarithm": (
        "language_model_loss",
        """def language_model_loss(logits, targets):
    p = logits.softmax(-1).gather(-1, targets[..., None])
    return -(p + 1e-9).log().mean()""",
        ("A small number in the logarithm",),
    ),
    "a limit on the probability": (
        "language_model_loss",
        """def language_model_loss(logits, targets):
    p = logits.softmax(-1).gather(-1, targets[..., None])
    return -p.clamp(min=1e-12).log().mean()""",
        ("a limit on the probability",),
    ),
    "item after cross_entropy": (
        "language_model_loss",
        """def language_model_loss(logits, targets):
    return F.cross_entropy(logits.flatten(0, 1), targets.flatten()).item()""",
        ("this is a float",),
    ),
    "detach": (
        "language_model_loss",
        """def language_model_loss(logits, targets):
    return -logits.detach().log_softmax(-1).gather(-1, targets[..., None]).mean()""",
        ("a model could not learn through this function",),
    ),
    "a tensor made of a float": (
        "language_model_loss",
        """def language_model_loss(logits, targets):
    logp = logits.log_softmax(-1).gather(-1, targets[..., None])
    return torch.tensor(-logp.mean().item())""",
        ("a model could not learn through this function",),
    ),
    "numpy": (
        "language_model_loss",
        """def language_model_loss(logits, targets):
    import numpy as np
    x = logits.numpy() - logits.numpy().max(-1, keepdims=True)
    logp = x - np.log(np.exp(x).sum(-1, keepdims=True))
    return -np.take_along_axis(logp, targets.numpy()[..., None], -1).mean()""",
        ("stay with torch's functions",),
    ),
    "softmax before cross-entropy": (
        "language_model_loss",
        """def language_model_loss(logits, targets):
    p = logits.softmax(dim=-1)
    return F.cross_entropy(p.flatten(0, 1), targets.flatten())""",
        ("Softmax is taken twice",),
    ),
    "view": (
        "language_model_loss",
        """def language_model_loss(logits, targets):
    return F.cross_entropy(logits.view(-1, logits.size(-1)), targets.view(-1))""",
        ("Perhaps: `view` cannot flatten rows",),
    ),
    "nan of a batch that is all filler": (
        "evaluate",
        """def evaluate(batches):
    total, n = 0, 0
    for logits, targets in batches:
        k = (targets != -100).sum().item()
        total += k * F.cross_entropy(logits.flatten(0, 1), targets.flatten()).item()
        n += k
    return total / n""",
        ("nan times 0 is still nan",),
    ),
    "evaluate gives a tensor": (
        "evaluate",
        """def evaluate(batches):
    total, n = 0, 0
    for logits, targets in batches:
        total = total + F.cross_entropy(
            logits.flatten(0, 1), targets.flatten(), reduction="sum"
        )
        n = n + (targets != -100).sum()
    return total / n""",
        ("`.item()`",),
    ),
    "the gradient by autograd": (
        "loss_gradient",
        """def loss_gradient(logits, targets):
    logits = logits.clone().requires_grad_()
    loss = language_model_loss(logits, targets)
    return torch.autograd.grad(loss, logits)[0]""",
        ("torch's own `grad`",),
    ),
    "the gradient, not shared out": (
        "loss_gradient",
        """def loss_gradient(logits, targets):
    p = logits.softmax(-1)
    p.scatter_add_(-1, targets[..., None], -torch.ones(*targets.shape, 1))
    return p""",
        ("divided by their number",),
    ),
    "one-hot as wide as the largest target": (
        "loss_gradient",
        """def loss_gradient(logits, targets):
    return (logits.softmax(-1) - F.one_hot(targets)) / targets.numel()""",
        ("only as wide as the largest target", "the last tokens of the vocabulary"),
    ),
    "filler at the end of each row": (
        "evaluate",
        """def evaluate(batches):
    total, count = 0.0, 0
    for logits, targets in batches:
        for row, right in zip(logits, targets):
            n = (right != -100).sum()
            total += F.cross_entropy(row[:n], right[:n], reduction="sum").item()
            count += n.item()
    return total / count""",
        ("Filler may stand anywhere",),
    ),
    "nothing done for a gradient of 0": (
        "training_step",
        STEP.format(betas="betas", eps="eps").replace(
            "        m, v = state[name]",
            """        if not g.any():
            new_params[name], new_state[name] = p, state[name]
            continue
        m, v = state[name]""",
        ),
        ("Where the gradient is 0 you do nothing",),
    ),
    "clipped in place": (
        "clip_gradients",
        """def clip_gradients(grads, limit):
    norm = sum((g**2).sum() for g in grads.values()) ** 0.5
    s = min(1.0, limit / (norm.item() + 1e-6))
    for g in grads.values():
        g *= s
    return grads""",
        ("It changes `grads`",),
    ),
    "a length of 0": (
        "clip_gradients",
        """def clip_gradients(grads, limit):
    norm = math.sqrt(sum((g**2).sum().item() for g in grads.values()))
    scale = min(1, limit / norm)
    return {n: scale * g for n, g in grads.items()}""",
        ("Perhaps: Where all gradients are 0",),
    ),
    "a step in place": (
        "training_step",
        """def training_step(
    params, grads, state, step, lr, decay, clip, betas=(0.9, 0.98), eps=1e-8
):
    b1, b2 = betas
    grads = clip_gradients(grads, clip)
    for n, p in params.items():
        m, v = state[n]
        m.mul_(b1).add_((1 - b1) * grads[n])
        v.mul_(b2).add_((1 - b2) * grads[n] ** 2)
        p -= lr * decay[n] * p
        p -= lr * (m / (1 - b1**step)) / ((v / (1 - b2**step)).sqrt() + eps)
    return params, state""",
        ("It changes `params`",),
    ),
    "betas and eps of its own": (
        "training_step",
        STEP.format(betas="0.9, 0.98", eps="1e-8"),
        ("Your betas are always 0.9 and 0.98 and your epsilon 1e-8",),
    ),
    "betas of its own": (
        "training_step",
        STEP.format(betas="0.9, 0.98", eps="eps"),
        ("Your betas are always 0.9 and 0.98. Use",),
    ),
    "eps of its own": (
        "training_step",
        STEP.format(betas="betas", eps="1e-8"),
        ("Your epsilon is always 1e-8",),
    ),
    "the last rate, cut off": (
        "learning_rate",
        """def learning_rate(step, highest, warmup, steps, final):
    if step < warmup:
        return highest * (step + 1) / warmup
    progress = min(1, (step - warmup) / (steps - warmup))
    cosine = (1 + math.cos(math.pi * progress)) / 2
    return highest * max(final, cosine)""",
        ("Stretch it instead", "! goes down to 0"),
    ),
    "each tensor clipped alone": (
        "training_step",
        """def training_step(
    params, grads, state, step, lr, decay, clip, betas=(0.9, 0.98), eps=1e-8
):
    short = {}
    for name in grads:
        short |= clip_gradients({name: grads[name]}, clip)
    return reference(params, short, state, step, lr, decay, math.inf, betas, eps)""",
        ("You clip each tensor by a length of its own",),
    ),
    "a warm-up one step too long": (
        "learning_rate",
        """def learning_rate(step, highest, warmup, steps, final):
    if step <= warmup:
        return highest * (step + 1) / warmup
    return reference(step, highest, warmup, steps, final)""",
        ("lasts one step too long",),
    ),
    "a length compared with 1": (
        "clip_gradients",
        CLIP.format(
            then="""s = limit / (n + 1e-6) if n > 1 else 1
    return {name: g * s for name, g in grads.items()}"""
        ),
        ("You compare the length with 1",),
    ),
    "a length of at least 1": (
        "clip_gradients",
        CLIP.format(then="return {k: g * limit / max(n, 1) for k, g in grads.items()}"),
        ("You compare the length with 1",),
    ),
    "what is shorter than 1 stays": (
        "clip_gradients",
        CLIP.format(
            then="""if n < 1:
        return dict(grads)
    return {name: g * limit / (n + 1e-6) for name, g in grads.items()}"""
        ),
        ("You compare the length with 1",),
    ),
    "a clip of its own": (
        "training_step",
        STEP.format(betas="betas", eps="eps").replace("(grads, clip)", "(grads, 1.0)"),
        ("You always clip at 1",),
    ),
    "decay for what has two axes": (
        "training_step",
        STEP.format(betas="betas", eps="eps").replace(
            "decay[name] * p", "(decay[name] if p.dim() == 2 else 0) * p"
        ),
        ("In your version a bias never decays",),
    ),
    "a warm-up one step too short": (
        "learning_rate",
        RATE.format(early="step + 1 < warmup", way="(step - warmup)", rate=STRETCHED),
        ("ends one step too early", "a warm-up of one step"),
    ),
    "a progress that runs backwards": (
        "learning_rate",
        RATE.format(early="step < warmup", way="(warmup - step)", rate=STRETCHED),
        ("your cosine rises again", "in this order, and 1 at most"),
    ),
    "the last rate added": (
        "learning_rate",
        RATE.format(
            early="step < warmup", way="(step - warmup)", rate="final * highest + highest * cosine"
        ),
        ("you begin above the highest rate",),
    ),
    "no warm-up means always the highest": (
        "learning_rate",
        """def learning_rate(step, highest, warmup, steps, final):
    if warmup == 0:
        return highest
    return reference(step, highest, warmup, steps, final)""",
        ("no warm-up, half way down",),
    ),
    "the mean of all batches' means": (
        "evaluate",
        """def evaluate(batches):
    losses = [F.cross_entropy(x.flatten(0, 1), y.flatten()) for x, y in batches]
    return torch.stack(losses).mean().item()""",
        ("a token in a small batch weighs more", "has no average, only nan"),
    ),
}


@pytest.mark.parametrize("name, source, words", WRONG.values(), ids=WRONG)
def test_wrong_and_what_the_card_says(name, source, words):
    fails(name, source, *words)


@pytest.mark.filterwarnings("ignore::DeprecationWarning")  # torch's own, on first use
@pytest.mark.parametrize("way", ["jacfwd", "jacrev", "grad"])
def test_torch_must_not_find_the_slopes(way):
    source = f"""def loss_gradient(logits, targets):
    return torch.func.{way}(lambda x: language_model_loss(x, targets))(logits)"""
    fails("loss_gradient", source, "which this exercise asks you to write yourself")
