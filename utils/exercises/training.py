"""Exercises of lesson 07: batches, the loss, the schedule, what decays, clipping, and one step of
AdamW.
"""

import json
import math
from pathlib import Path

import torch
import torch.nn.functional as F

from utils import gpt2
from utils.exercises import Case, Exercise, Mistake, prediction

POST = "The Illustrated Masked Self-Attention"  # its four rows with labels
CONFIG_FILE = Path(__file__).parent.parent.parent / "data" / "bundled_gpt2" / "config.json"


# ---------------------------------------------------------------- references


def make_batch(tokens, starts, length):
    inputs = torch.stack([tokens[s : s + length] for s in starts])
    targets = torch.stack([tokens[s + 1 : s + length + 1] for s in starts])
    return inputs, targets


def predict_first_loss():
    vocabulary = json.loads(CONFIG_FILE.read_text(encoding="utf-8"))["vocab_size"]
    return round(math.log(vocabulary))


def language_model_loss(logits, targets):
    logp = logits.log_softmax(-1)  # (B, T, V) -> (B, T, V)
    right = logp.gather(-1, targets[..., None])  # -> (B, T, 1)
    return -right.mean()


def evaluate(batches):
    total, count = 0.0, 0
    for logits, targets in batches:
        total += F.cross_entropy(
            logits.flatten(0, 1), targets.flatten(), ignore_index=-100, reduction="sum"
        ).item()
        count += (targets != -100).sum().item()
    return total / count


def decay_groups(params, weight_decay):
    matrices, others = [], []
    for name, p in params.items():
        decays = name.startswith("h.") and p.dim() == 2
        (matrices if decays else others).append(name)
    return [
        {"params": matrices, "weight_decay": weight_decay},
        {"params": others, "weight_decay": 0.0},
    ]


def clip_gradients(grads, limit):
    norm = math.sqrt(sum((g**2).sum().item() for g in grads.values()))
    scale = min(1.0, limit / (norm + 1e-6))
    return {name: g * scale for name, g in grads.items()}


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


def learning_rate(step, highest, warmup, steps, final):
    if step < warmup:
        return highest * (step + 1) / warmup
    progress = min(1, (step - warmup) / max(1, steps - warmup))
    cosine = (1 + math.cos(math.pi * progress)) / 2
    return highest * (final + (1 - final) * cosine)


# ---------------------------------------------------------------- cases


def _generator(rng):
    return torch.Generator().manual_seed(int(rng.integers(2**31)))


def _batch_cases(rng):
    counted = torch.arange(20)
    text = torch.from_numpy(rng.integers(0, 1000, 60))
    yield Case("two rows", (counted, [3, 10], 4))
    yield Case("a batch of one row", (counted, [0], 6))
    yield Case("rows of one token", (counted, [5, 6, 7], 1))
    yield Case("up to the very end of the text", (counted, [15], 4))
    yield Case("rows that overlap, out of order", (text, [30, 2, 31], 5))
    yield Case("every second token of a longer tensor", (text[::2], [4, 20], 7))
    yield Case("drawn at random", (text, rng.integers(0, 50, 4).tolist(), 8))


def _loss_cases(rng):
    generator = _generator(rng)

    def drawn(B, T, V, scale=1.0):
        return (
            torch.randn(B, T, V, generator=generator) * scale,
            torch.randint(V, (B, T), generator=generator),
        )

    yield Case("two rows of three", drawn(2, 3, 5))
    yield Case("one row, one position", drawn(1, 1, 4))
    yield Case("all logits alike: ln V", (torch.zeros(1, 3, 8), torch.tensor([[1, 7, 2]])))
    yield Case(
        "logits too large for a naive exp",
        (torch.tensor([[[1000.0, 990.0, 0.0]]]), torch.tensor([[1]])),
    )
    logits, targets = drawn(4, 6, 9, 3.0)
    yield Case("rows that are not contiguous", (logits.transpose(0, 1), targets.T))
    yield Case("as many positions as tokens", drawn(2, 6, 6, 2.0))


def _evaluation_cases(rng):
    generator = _generator(rng)

    def batch(lengths, V=6, scale=2.0):
        T = max(lengths)
        targets = torch.randint(V, (len(lengths), T), generator=generator)
        for row, length in enumerate(lengths):
            targets[row, length:] = -100
        return torch.randn(len(lengths), T, V, generator=generator) * scale, targets

    yield Case("one full batch", ([batch([3, 3])],))
    yield Case("one row is shorter, its end filled up with -100", ([batch([4, 1])],))
    yield Case("a large batch and a small one", ([batch([5, 5, 5]), batch([1])],))
    yield Case("one row of one token", ([batch([1])],))
    yield Case(
        "a batch that is all filler",
        ([batch([3, 2]), (torch.zeros(1, 2, 6), torch.full((1, 2), -100))],),
    )
    yield Case("drawn at random", ([batch(rng.integers(1, 7, 3).tolist()) for _ in range(3)],))


def _group_cases(rng):
    def shaped(**sizes):
        config = gpt2.Config(n_positions=4, n_head=1, **sizes)
        return {name: torch.zeros(shape) for name, shape in gpt2.shapes(config).items()}

    yield Case("a GPT-2 of one block", (shaped(vocab_size=6, n_embd=4, n_layer=1), 0.1))
    yield Case("width 1", (shaped(vocab_size=3, n_embd=1, n_layer=1), 0.2))
    yield Case(
        "twelve blocks, h.10 and h.11 too", (shaped(vocab_size=5, n_embd=2, n_layer=12), 0.1)
    )
    yield Case(
        "only the embeddings",
        ({"wte.weight": torch.zeros(5, 3), "wpe.weight": torch.zeros(4, 3)}, 0.1),
    )
    few = {
        "ln_f.bias": torch.zeros(3),
        "h.0.mlp.c_fc.weight": torch.zeros(3, 12),
        "h.0.ln_1.weight": torch.ones(3),
    }
    yield Case("another order", (few, 0.05))
    layers = int(rng.integers(2, 5))
    yield Case(
        "drawn at random",
        (
            shaped(vocab_size=7, n_embd=int(rng.integers(2, 6)), n_layer=layers),
            float(rng.uniform(0.01, 0.3)),
        ),
    )


def _clip_cases(rng):
    generator = _generator(rng)

    def drawn(scale):
        return {
            "wte.weight": scale * torch.randn(4, 3, generator=generator),
            "ln_f.bias": scale * torch.randn(3, generator=generator),
        }

    yield Case(
        "too long: the lengths are 3, 4 and together 5",
        ({"a": torch.tensor([3.0, 0.0]), "b": torch.tensor([[0.0], [-4.0]])}, 1.0),
    )
    yield Case(
        "short enough: nothing changes",
        ({"a": torch.tensor([0.3, 0.0]), "b": torch.tensor([0.4])}, 1.0),
    )
    yield Case(
        "each alone is short enough, together they are not",
        ({"a": torch.tensor([0.8]), "b": torch.tensor([-0.9])}, 1.0),
    )
    yield Case("all gradients 0", ({"a": torch.zeros(2), "b": torch.zeros(1, 3)}, 1.0))
    yield Case("another limit", ({"a": torch.tensor([6.0, 8.0])}, 2.5))
    yield Case("drawn at random, large", (drawn(10.0), 1.0))
    yield Case("drawn at random, small", (drawn(0.01), 1.0))


def _step_cases(rng):
    generator = _generator(rng)

    def drawn(
        step,
        size,
        lr=1e-2,
        decay=0.1,
        clip=1.0,
        shapes={"h.0.mlp.c_fc.weight": (3, 4), "h.0.mlp.c_fc.bias": (4,)},
    ):
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
    yield Case(
        "a single number, hardly any gradient",
        drawn(1, 1e-6, decay=0.5, shapes={"h.0.attn.c_proj.weight": (1, 1)}),
    )
    yield Case(
        "drawn at random",
        drawn(int(rng.integers(2, 50)), float(rng.uniform(0.1, 2)), float(rng.uniform(0.001, 0.1))),
    )


def _rate_cases(rng):
    yield Case("the first step", (0, 3e-3, 100, 1000, 0.05))
    yield Case("half way up", (49, 3e-3, 100, 1000, 0.05))
    yield Case("the last step of the warm-up", (99, 3e-3, 100, 1000, 0.05))
    yield Case("the first step after it", (100, 3e-3, 100, 1000, 0.05))
    yield Case("half way down", (550, 3e-3, 100, 1000, 0.05))
    yield Case("the end, and beyond it", (1200, 3e-3, 100, 1000, 0.05))
    yield Case("no warm-up", (0, 1e-2, 0, 50, 0.1))
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


# ---------------------------------------------------------------- mistakes


def _targets_not_moved(tokens, starts, length):
    inputs, _ = make_batch(tokens, starts, length)
    return inputs, inputs


def _targets_moved_back(tokens, starts, length):
    inputs, targets = make_batch(tokens, starts, length)
    return targets, inputs


def _targets_roll_round(tokens, starts, length):
    inputs, _ = make_batch(tokens, starts, length)
    return inputs, inputs.roll(-1, 1)


def _one_label_for_a_row(tokens, starts, length):
    inputs, targets = make_batch(tokens, starts, length)
    return inputs, targets[:, -1]


def _one_token_short(tokens, starts, length):
    inputs, targets = make_batch(tokens, starts, length)
    return inputs[:, :-1], targets[:, :-1]


def _rows_one_after_the_other(tokens, starts, length):
    return make_batch(tokens, [starts[0] + i * length for i in range(len(starts))], length)


def _no_minus(logits, targets):
    return -language_model_loss(logits, targets)


def _softmax_over_positions(logits, targets):
    return -logits.log_softmax(1).gather(-1, targets[..., None]).mean()


def _sum_over_positions(logits, targets):
    return language_model_loss(logits, targets) * targets.numel()


def _naive_exp(logits, targets):
    e = logits.exp()
    p = e / e.sum(-1, keepdim=True)
    return -p.gather(-1, targets[..., None]).log().mean()


def _moves_again(logits, targets):
    return language_model_loss(logits[:, :-1], targets[:, 1:])


def _last_position_only(logits, targets):
    return language_model_loss(logits[:, -1:], targets[:, -1:])


def _no_softmax(logits, targets):
    return -logits.gather(-1, targets[..., None]).mean()


def _no_logarithm(logits, targets):
    return -logits.softmax(-1).gather(-1, targets[..., None]).mean()


def _log_of_the_mean(logits, targets):
    return -logits.softmax(-1).gather(-1, targets[..., None]).mean().log()


def _likeliest_token(logits, targets):
    return -logits.log_softmax(-1).amax(-1).mean()


def _as_it_stands(logits, targets):
    return F.cross_entropy(logits, targets)


def _every_target_everywhere(logits, targets):
    return -logits.log_softmax(-1)[..., targets].mean()


def _mean_of_means(batches):
    means = [evaluate([batch]) for batch in batches if (batch[1] != -100).any()]
    return sum(means) / len(means)


def _divides_by_all_places(batches):
    count = sum((targets != -100).sum().item() for _, targets in batches)
    return evaluate(batches) * count / sum(targets.numel() for _, targets in batches)


def _mean_times_places(batches):
    total = sum(
        F.cross_entropy(logits.flatten(0, 1), y.flatten()).item() * y.numel()
        for logits, y in batches
    )
    return total / sum(y.numel() for _, y in batches)


def _mean_times_places_by_tokens(batches):
    places = sum(y.numel() for _, y in batches)
    return _mean_times_places(batches) * places / sum((y != -100).sum().item() for _, y in batches)


def _filler_is_token_0(batches):
    return evaluate([(logits, targets.clamp(0)) for logits, targets in batches])


def _total_surprise(batches):
    return evaluate(batches) * sum((targets != -100).sum().item() for _, targets in batches)


def _a_perplexity(batches):
    return math.exp(evaluate(batches))


def _last_batch_only(batches):
    return evaluate(batches[-1:])


def _groups(params, weight_decay, decays):
    return [
        {"params": [n for n, p in params.items() if decays(n, p)], "weight_decay": weight_decay},
        {"params": [n for n, p in params.items() if not decays(n, p)], "weight_decay": 0.0},
    ]


def _all_matrices(params, weight_decay):
    return _groups(params, weight_decay, lambda name, p: p.dim() == 2)


def _all_weights(params, weight_decay):
    return _groups(
        params, weight_decay, lambda name, p: name.startswith("h.") and name.endswith("weight")
    )


def _by_name_weight(params, weight_decay):
    return _groups(params, weight_decay, lambda name, p: name.endswith("weight"))


def _everything_in_blocks(params, weight_decay):
    return _groups(params, weight_decay, lambda name, p: name.startswith("h."))


def _everything(params, weight_decay):
    return _groups(params, weight_decay, lambda name, p: True)


def _the_others_are_left_out(params, weight_decay):
    return decay_groups(params, weight_decay)[:1]


def _others_first(params, weight_decay):
    return decay_groups(params, weight_decay)[::-1]


def _decay_for_both(params, weight_decay):
    return [group | {"weight_decay": weight_decay} for group in decay_groups(params, weight_decay)]


def _tensors_for_names(params, weight_decay):
    return [
        group | {"params": [params[name] for name in group["params"]]}
        for group in decay_groups(params, weight_decay)
    ]


def _each_by_itself(grads, limit):
    return {name: clip_gradients({name: g}, limit)[name] for name, g in grads.items()}


def _each_number(grads, limit):
    return {name: g.clamp(-limit, limit) for name, g in grads.items()}


def _always_as_long(grads, limit):
    norm = math.sqrt(sum((g**2).sum().item() for g in grads.values()))
    return {name: g * (limit / (norm + 1e-6)) for name, g in grads.items()}


def _lengths_added(grads, limit):
    norm = sum(g.norm().item() for g in grads.values())
    return {name: g * min(1.0, limit / (norm + 1e-6)) for name, g in grads.items()}


def _square_not_rooted(grads, limit):
    norm = sum((g**2).sum().item() for g in grads.values())
    return {name: g * min(1.0, limit / (norm + 1e-6)) for name, g in grads.items()}


def _mean_of_squares(grads, limit):
    norm = math.sqrt(sum((g**2).mean().item() for g in grads.values()))
    return {name: g * min(1.0, limit / (norm + 1e-6)) for name, g in grads.items()}


def _nothing_left(grads, limit):
    norm = math.sqrt(sum((g**2).sum().item() for g in grads.values()))
    return {name: g if norm <= limit else torch.zeros_like(g) for name, g in grads.items()}


def _unclipped(params, grads, state, step, lr, decay, clip):
    return training_step(params, grads, state, step, lr, decay, math.inf)


def _uphill(params, grads, state, step, lr, decay, clip):
    new, new_state = training_step(params, grads, state, step, lr, decay, clip)
    return {n: 2 * (1 - lr * decay[n]) * p - new[n] for n, p in params.items()}, new_state


def _no_bias_correction(params, grads, state, step, lr, decay, clip):
    new, new_state = {}, training_step(params, grads, state, step, lr, decay, clip)[1]
    for n, p in params.items():
        m, v = new_state[n]
        new[n] = p - lr * decay[n] * p - lr * m / (v.sqrt() + 1e-8)
    return new, new_state


def _counted_from_0(params, grads, state, step, lr, decay, clip):
    return training_step(params, grads, state, step + 1, lr, decay, clip)


def _decay_in_the_gradient(params, grads, state, step, lr, decay, clip):
    clipped = clip_gradients(grads, clip)
    added = {n: g + decay[n] * params[n] for n, g in clipped.items()}
    return training_step(params, added, state, step, lr, dict.fromkeys(decay, 0.0), math.inf)


def _decay_without_rate(params, grads, state, step, lr, decay, clip):
    new, new_state = training_step(params, grads, state, step, lr, dict.fromkeys(decay, 0.0), clip)
    return {n: new[n] - decay[n] * p for n, p in params.items()}, new_state


def _decay_forgotten(params, grads, state, step, lr, decay, clip):
    return training_step(params, grads, state, step, lr, dict.fromkeys(decay, 0.0), clip)


def _decay_for_all(params, grads, state, step, lr, decay, clip):
    return training_step(
        params, grads, state, step, lr, dict.fromkeys(decay, max(decay.values())), clip
    )


def _decay_after_the_step(params, grads, state, step, lr, decay, clip):
    new, new_state = training_step(params, grads, state, step, lr, dict.fromkeys(decay, 0.0), clip)
    return {n: p - lr * decay[n] * p for n, p in new.items()}, new_state


def _eps_in_the_root(params, grads, state, step, lr, decay, clip):
    new, new_state = {}, training_step(params, grads, state, step, lr, decay, clip)[1]
    for n, p in params.items():
        m, v = new_state[n]
        square = v / (1 - 0.98**step) + 1e-8
        new[n] = p - lr * decay[n] * p - lr * m / (1 - 0.9**step) / square.sqrt()
    return new, new_state


def _plain_descent(params, grads, state, step, lr, decay, clip):
    clipped, new_state = (
        clip_gradients(grads, clip),
        training_step(params, grads, state, step, lr, decay, clip)[1],
    )
    return {n: p - lr * decay[n] * p - lr * clipped[n] for n, p in params.items()}, new_state


def _state_kept(params, grads, state, step, lr, decay, clip):
    return training_step(params, grads, state, step, lr, decay, clip)[0], state


def _corrected_means_kept(params, grads, state, step, lr, decay, clip):
    new, new_state = training_step(params, grads, state, step, lr, decay, clip)
    return new, {n: (m / (1 - 0.9**step), v / (1 - 0.98**step)) for n, (m, v) in new_state.items()}


def _betas_swapped(params, grads, state, step, lr, decay, clip):
    return training_step(params, grads, state, step, lr, decay, clip, betas=(0.98, 0.9))


def _first_rate_is_0(step, highest, warmup, steps, final):
    return (
        highest * step / warmup
        if step < warmup
        else learning_rate(step, highest, warmup, steps, final)
    )


def _no_warmup(step, highest, warmup, steps, final):
    return learning_rate(step, highest, 0, steps, final)


def _cosine_from_step_0(step, highest, warmup, steps, final):
    if step < warmup:
        return learning_rate(step, highest, warmup, steps, final)
    return learning_rate(step, highest, 0, steps, final)


def _down_to_0(step, highest, warmup, steps, final):
    return learning_rate(step, highest, warmup, steps, 0.0)


def _cut_off_at_final(step, highest, warmup, steps, final):
    rate = learning_rate(step, highest, warmup, steps, 0.0)
    return rate if step < warmup else max(rate, final * highest)


def _progress_by_steps(step, highest, warmup, steps, final):
    if step < warmup:
        return learning_rate(step, highest, warmup, steps, final)
    return learning_rate(step - warmup, highest, 0, steps, final)


def _final_is_a_rate(step, highest, warmup, steps, final):
    if step < warmup:
        return learning_rate(step, highest, warmup, steps, final)
    cosine = learning_rate(step, 1.0, warmup, steps, 0.0)
    return final + (highest - final) * cosine


def _straight_down(step, highest, warmup, steps, final):
    if step < warmup:
        return learning_rate(step, highest, warmup, steps, final)
    progress = min(1, (step - warmup) / max(1, steps - warmup))
    return highest * (1 - (1 - final) * progress)


def _rises_again(step, highest, warmup, steps, final):
    if step < warmup:
        return learning_rate(step, highest, warmup, steps, final)
    progress = (step - warmup) / max(1, steps - warmup)
    return highest * (final + (1 - final) * (1 + math.cos(math.pi * progress)) / 2)


def _whole_cosine(step, highest, warmup, steps, final):
    if step < warmup:
        return learning_rate(step, highest, warmup, steps, final)
    progress = min(1, (step - warmup) / max(1, steps - warmup))
    return highest * (final + (1 - final) * (1 + math.cos(2 * math.pi * progress)) / 2)


def _part_of_the_highest(step, highest, warmup, steps, final):
    return learning_rate(step, 1.0, warmup, steps, final)


# ---------------------------------------------------------------- the registry of this lesson

EXERCISES = [
    Exercise(
        asks="Cut rows from a long text, and for each row the tokens that follow.",
        reference=make_batch,
        cases=_batch_cases,
        mistakes=(
            Mistake(
                _targets_not_moved,
                "Your targets are the inputs themselves: the model would learn to repeat the "
                "token it sees. The target of a token is the one after it.",
            ),
            Mistake(
                _targets_moved_back,
                "Inputs and targets are the wrong way round: the inputs begin at the start, "
                "and the targets one token later.",
            ),
            Mistake(
                _targets_roll_round,
                "The last target of each row is the row's own first token. It must be the "
                "token that really comes next in the text.",
            ),
            Mistake(
                _one_label_for_a_row,
                "You give one target to each row. Every position has one: a row of T tokens "
                "has T targets.",
            ),
            Mistake(
                _one_token_short,
                "Your rows are one token short. A row and its targets together need length + "
                "1 tokens of the text.",
            ),
            Mistake(
                _rows_one_after_the_other,
                "Only the first row begins where it should: each entry of starts is where a "
                "row of its own begins.",
            ),
        ),
        hints=(
            "A row is `tokens[s : s + length]`. Where does the row of its targets begin, and "
            "where does it end?",
            "`torch.stack` makes one tensor (B, T) from a list of B rows.",
            "The targets of a row are `tokens[s + 1 : s + length + 1]`.",
        ),
        points=2,
        minutes=10,
        post=POST,
    ),
    prediction(
        asks="Before you look: the loss of a model that knows nothing, as a whole number of nats.",
        reference=predict_first_loss,
        guesses=(
            (
                0,
                "A loss of 0 is a model that is certain and always right. This one has "
                "learned nothing yet.",
            ),
            (
                1,
                "A loss of 1 nat is like choosing among three tokens. How many does this "
                "model choose among?",
            ),
            (
                10,
                "That is the logarithm to base 2, a number of bits. In nats it is the "
                "natural logarithm of the same number.",
            ),
            (
                11,
                "That fits a vocabulary of about 50,000 tokens, which is GPT-2's. Ours is "
                "smaller: look at the cell above.",
            ),
        ),
        hints=(
            "It knows nothing, so all V tokens are about equally likely, each with "
            "probability 1 / V. How surprised is it by whichever comes?",
        ),
        minutes=2,
    ),
    Exercise(
        asks="The mean surprise over all positions of all rows, from logits.",
        reference=language_model_loss,
        cases=_loss_cases,
        mistakes=(
            Mistake(
                _no_minus,
                "The sign is off: the loss is the mean of minus the logarithm, and never negative.",
            ),
            Mistake(
                _softmax_over_positions,
                "Your softmax runs over the positions. The probabilities of one position, "
                "over the V tokens, must add up to 1: the last axis.",
            ),
            Mistake(
                _sum_over_positions,
                "This is the sum over all positions. Take the mean, or the loss would grow "
                "with the size of the batch.",
            ),
            Mistake(
                _as_it_stands,
                "`F.cross_entropy` expects the V tokens on the second axis. Use "
                "`log_softmax` and `gather`, or flatten both first.",
            ),
            Mistake(
                _every_target_everywhere,
                "You look every target up at every position. Each position has its own: `gather`.",
            ),
            Mistake(
                _naive_exp,
                "Your exp overflows for large logits. Use `log_softmax`, or take the largest "
                "logit off first.",
            ),
            Mistake(
                _moves_again,
                "You move the targets once more. They are moved already: `targets[b, t]` "
                "belongs to `logits[b, t]`.",
            ),
            Mistake(
                _last_position_only,
                "You look at the last position only. Every position of a row made a "
                "prediction, and every one counts.",
            ),
            Mistake(
                _no_softmax,
                "These are logits, not logarithms of probabilities: a softmax is missing.",
            ),
            Mistake(
                _no_logarithm,
                "You averaged probabilities. Surprise is minus the logarithm of a "
                "probability: take it at each position.",
            ),
            Mistake(
                _log_of_the_mean,
                "You averaged the probabilities first. Take the logarithm of each, then the mean.",
            ),
            Mistake(
                _likeliest_token,
                "You took the likeliest token's probability. The loss asks for that of the "
                "token which really came: the target.",
            ),
        ),
        hints=(
            "`logits.log_softmax(-1)` gives the logarithm of every token's probability, "
            "without overflow.",
            "From each position pick the entry of its target. `gather` does it: "
            "`logp.gather(-1, targets[..., None])`.",
            "Minus the mean of what you picked.",
        ),
        points=2,
        minutes=10,
        post=POST,
    ),
    Exercise(
        asks="The loss over many batches, where every real token counts once and filler not at "
        "all.",
        reference=evaluate,
        cases=_evaluation_cases,
        mistakes=(
            Mistake(
                _mean_of_means,
                "You averaged the batches' averages, so a token in a small batch weighs "
                "more. Add up surprise and tokens over all batches, and divide once, at the "
                "end.",
            ),
            Mistake(
                _divides_by_all_places,
                "You divide by all places, filler included. Count only targets that are not -100.",
            ),
            Mistake(
                _mean_times_places,
                "`cross_entropy`'s mean leaves filler out, so multiply by the real targets "
                'only; or use `reduction="sum"`.',
            ),
            Mistake(
                _mean_times_places_by_tokens,
                "`cross_entropy`'s mean leaves filler out, so multiply by the real targets "
                'only; or use `reduction="sum"`.',
            ),
            Mistake(
                _filler_is_token_0,
                "Filler counts as if its target were token 0. Places with the target -100 "
                "must be left out.",
            ),
            Mistake(
                _total_surprise, "This is the whole surprise. Divide by the number of real tokens."
            ),
            Mistake(_a_perplexity, "This is the perplexity; the loss itself was asked for."),
            Mistake(
                _last_batch_only,
                "Only the last batch is in your result: keep adding up over all of them.",
            ),
        ),
        hints=(
            "Keep two running numbers: the surprise in all, and how many tokens it comes from.",
            '`F.cross_entropy(..., reduction="sum")` gives the sum over positions; '
            "`ignore_index=-100` leaves filler out.",
            "It wants logits (N, V) and targets (N,): `logits.flatten(0, 1)` and "
            "`targets.flatten()`.",
        ),
        points=2,
        minutes=10,
    ),
    Exercise(
        asks="Shorten the whole gradient when it is too long.",
        reference=clip_gradients,
        cases=_clip_cases,
        mistakes=(
            Mistake(
                _each_by_itself,
                "You clip each tensor by itself, which bends the direction of the step. One "
                "length for all of them together, and one scale.",
            ),
            Mistake(
                _each_number,
                "You clip each number. That bends the direction; multiply all of them by one "
                "scale instead.",
            ),
            Mistake(
                _always_as_long,
                "A gradient that is short enough must stay as it is: the scale is never more "
                "than 1.",
            ),
            Mistake(
                _lengths_added,
                "You added up the lengths of the tensors. The length of them all is the root "
                "of the sum of all squares.",
            ),
            Mistake(_square_not_rooted, "The sum of squares is the length squared: take its root."),
            Mistake(
                _mean_of_squares, "You averaged the squares. A length is the root of their *sum*."
            ),
            Mistake(
                _nothing_left,
                "You drop a gradient that is too long. Keep its direction and shorten it.",
            ),
        ),
        hints=(
            "Think of all gradients as one very long vector. Its length is the root of the "
            "sum of the squares of all its numbers.",
            "The scale is `limit / (norm + 1e-6)`, but at most 1.",
        ),
        points=2,
        minutes=10,
    ),
    Exercise(
        asks="Which parameters shall weight decay touch?",
        reference=decay_groups,
        cases=_group_cases,
        mistakes=(
            Mistake(
                _all_matrices,
                "The tables wte and wpe have two axes too, but they are no matrices of a "
                "block: they do not decay here.",
            ),
            Mistake(
                _all_weights,
                "A LayerNorm's `weight` is a vector that begins at 1; pulled to 0 it would "
                "switch its input off. Look at the number of axes, not only at the name.",
            ),
            Mistake(
                _by_name_weight,
                "The name `weight` is not enough: LayerNorm has one, and so have wte and "
                "wpe. Ask for a block, and for two axes.",
            ),
            Mistake(
                _everything_in_blocks,
                "Biases and LayerNorms of the blocks decay too in your version. Only tensors "
                "with two axes should.",
            ),
            Mistake(_everything, "Everything decays. Only the matrices of the blocks should."),
            Mistake(
                _the_others_are_left_out,
                "The second group is missing: parameters that are in no group are never "
                "trained at all.",
            ),
            Mistake(
                _others_first,
                "The two groups are in the wrong order: first the matrices, which decay.",
            ),
            Mistake(_tensors_for_names, "Your groups hold the tensors; put their names in."),
            Mistake(
                _decay_for_both, "Both groups have the same weight decay; the second group's is 0."
            ),
        ),
        hints=(
            "Go through `params.items()` and put each name into one of two lists.",
            "A matrix of a block: the name starts with `h.`, and the tensor's `dim()` is 2.",
        ),
        points=1,
        minutes=5,
    ),
    Exercise(
        asks="One step of AdamW: clip, update the running means, shrink what decays, and move.",
        reference=training_step,
        cases=_step_cases,
        needs=("clip_gradients",),
        difficulty="hard",
        rtol=1e-6,
        atol=1e-6,
        seconds=60.0,  # the first use of torch.optim, for who prefers it, imports a great deal
        mistakes=(
            Mistake(
                _unclipped, "A long gradient is not shortened: begin with your clip_gradients."
            ),
            Mistake(_uphill, "You go uphill: the step is taken off, not added."),
            Mistake(
                _no_bias_correction,
                "The running means start at 0 and are too small at first: divide m by 1 - "
                "beta1 ** step and v by 1 - beta2 ** step before you use them.",
            ),
            Mistake(
                _counted_from_0, "Your correction uses step + 1, but step counts from 1 already."
            ),
            Mistake(
                _decay_in_the_gradient,
                'You add the decay to the gradient ("L2"), where dividing by the root of v '
                "undoes it. The W in AdamW takes lr * decay * p off the parameter directly.",
            ),
            Mistake(
                _decay_without_rate,
                "Decay is too strong: it is multiplied by the learning rate too.",
            ),
            Mistake(
                _decay_forgotten,
                "Weight decay is missing: take lr * decay[name] * p off the parameter, too.",
            ),
            Mistake(
                _decay_after_the_step,
                "Nearly: you shrink the parameter after its step. AdamW shrinks first, so "
                "that the decay is taken off the old parameter.",
            ),
            Mistake(
                _decay_for_all,
                "Every parameter decays in your version. How much, decay[name] says, and for "
                "some it is 0.",
            ),
            Mistake(
                _eps_in_the_root,
                "In your version eps stands inside the root; it is added to the root.",
            ),
            Mistake(
                _plain_descent,
                "You take the gradient itself for the step. Use the corrected running mean, "
                "divided by the root of the corrected mean square.",
            ),
            Mistake(
                _state_kept,
                "The parameters are right, but you return the old state: the next step needs "
                "the new m and v.",
            ),
            Mistake(
                _corrected_means_kept,
                "The step is right, but you keep the corrected means. Keep m and v; the "
                "correction is made anew at each step.",
            ),
            Mistake(
                _betas_swapped, "The two betas are swapped: betas[0] is for m, betas[1] for v."
            ),
        ),
        hints=(
            "Go in the order of the formulas above: clip, m, v, the two corrections, decay, "
            "step. Everything is done tensor by tensor.",
            "`m = betas[0] * m + (1 - betas[0]) * g`, and the same for v with `betas[1]` and "
            "`g**2`.",
            "At the end `p = p - lr * decay[name] * p`, then `p = p - lr * mean / "
            "(square.sqrt() + eps)`.",
        ),
        points=3,
        minutes=20,
    ),
    Exercise(
        asks="The learning rate of each step: up in a line, down along half a cosine.",
        reference=learning_rate,
        cases=_rate_cases,
        mistakes=(
            Mistake(
                _first_rate_is_0,
                "Your first learning rate is 0, so the first step is wasted: count from step "
                "+ 1 during the warm-up.",
            ),
            Mistake(
                _no_warmup, "The warm-up is missing: for step < warmup the rate rises in a line."
            ),
            Mistake(
                _cosine_from_step_0,
                "Your cosine begins at step 0, so it is part of the way down when the "
                "warm-up ends. Count its progress from warmup to steps.",
            ),
            Mistake(_down_to_0, "Your rate goes down to 0. It should end at final * highest."),
            Mistake(
                _cut_off_at_final,
                "You follow the cosine towards 0 and stop at the lowest rate. Stretch it "
                "instead, so that it runs from 1 to final: `final + (1 - final) * cosine`.",
            ),
            Mistake(
                _progress_by_steps, "Progress must reach 1 at `steps`: divide by `steps - warmup`."
            ),
            Mistake(
                _final_is_a_rate,
                "You took final for a learning rate. It is a part of the highest one: the "
                "rate ends at final * highest.",
            ),
            Mistake(
                _part_of_the_highest,
                "This runs from 0 to 1: multiply by highest, on the way up and on the way down.",
            ),
            Mistake(
                _straight_down,
                "Your rate goes down in a straight line; half a cosine was asked for, slow "
                "at both ends.",
            ),
            Mistake(
                _rises_again,
                "Beyond the last step your cosine rises again. Keep progress at 1 at most.",
            ),
            Mistake(
                _whole_cosine,
                "You go through a whole cosine, down and up again. Half of one is enough: pi "
                "times the progress.",
            ),
        ),
        hints=(
            "Two cases: step < warmup, and the rest.",
            "`progress` runs from 0 (at warmup) to 1 (at steps). Then `(1 + math.cos(math.pi "
            "* progress)) / 2` runs from 1 to 0.",
            "At the end it should not be 0 but `final`: `final + (1 - final) * cosine`. All "
            "of it times `highest`.",
        ),
        points=2,
        minutes=10,
        difficulty="medium",
    ),
]
