"""What lesson 07 says of a training, with other seeds and other stories."""

import functools
import math
import os

import pytest
import torch
from torch.utils.flop_counter import FlopCounterMode

from tests.exercises import references
from utils import checkpoint, gpt2, probes, stories, training

lesson = references("07_training")
BUNDLED, BUNDLED_CONFIG, TOKENIZER = checkpoint.load("bundled")
V = TOKENIZER.vocab_size
CONFIG = gpt2.Config(vocab_size=V, n_positions=256, n_embd=64, n_layer=2, n_head=4)
SEED = 3  # of weights and rows; the lesson has 0


@functools.cache
def corpus():
    return training.long_text(TOKENIZER, stories.generate(0, 4000))


@functools.cache
def unseen():
    return stories.generate(41, 100, held_out=True)


@functools.cache
def trained(upto=400):
    """(losses on unseen stories by step, the model after `upto` of the lesson's 800 steps)."""
    os.environ["TQDM_DISABLE"] = "1"
    params = training.init(CONFIG, SEED)
    settings = training.Settings(
        steps=800, batch_size=4, length=216, learning_rate=5e-3, warmup=40, seed=SEED
    )
    test, losses = list(training.story_batches(TOKENIZER, unseen()[:24])), {}
    for step, _ in training.train(params, CONFIG, *corpus(), settings):
        if step + 1 in (10, 20, 65, 220, upto):
            losses[step + 1] = training.evaluate(params, CONFIG, test)
        if step + 1 == upto:
            break
    return losses, params


def gradients(params, inputs, targets):
    params = {name: p.detach().requires_grad_() for name, p in params.items()}
    loss = lesson.language_model_loss(gpt2.forward(params, CONFIG, inputs), targets)
    return loss.item(), dict(zip(params, torch.autograd.grad(loss, list(params.values()))))


def test_one_pass_makes_all_four():
    for story in stories.generate(31, 3):
        ids = training.document(TOKENIZER, story)[:5]
        whole = gpt2.forward(BUNDLED, BUNDLED_CONFIG, ids)
        for n in range(1, 6):
            row = gpt2.forward(BUNDLED, BUNDLED_CONFIG, ids[:n])[-1]
            torch.testing.assert_close(whole[n - 1], row, rtol=0, atol=1e-4)


def test_it_expects_each_word_twice():
    ids, _ = corpus()
    inputs = ids[5000:5400].view(4, 100)
    ours = gpt2.forward(training.init(CONFIG, SEED), CONFIG, inputs)
    assert (ours.argmax(-1) == inputs).float().mean() > 0.9
    repeated = ours.softmax(-1).gather(-1, inputs[..., None]).mean()
    small = gpt2.forward(gpt2.init(CONFIG, SEED), CONFIG, inputs).softmax(-1)
    assert repeated > 2 * small.gather(-1, inputs[..., None]).mean() > 2 / V


def test_a_larger_rate_flies_off():
    def far(rate):
        x, y = -1.2, 4.0
        for _ in range(200):
            x, y = x - rate * 200 * x, y - rate * 2 * y
        return math.hypot(x, y)

    assert far(0.0098) < 4.0 and far(0.0102) > 40


def test_it_is_adamw():
    params, rows = training.init(CONFIG, SEED), torch.tensor([900, 5000])
    groups = lesson.decay_groups(params, 0.1)
    decay = {name: g["weight_decay"] for g in groups for name in g["params"]}
    theirs = {name: p.clone().requires_grad_() for name, p in params.items()}
    optimizer = torch.optim.AdamW(
        [g | {"params": [theirs[name] for name in g["params"]]} for g in groups],
        lr=3e-3,
        betas=(0.9, 0.98),
    )
    state = {name: (0 * p, 0 * p) for name, p in params.items()}
    for step in range(3):
        batch = training.get_batch(corpus()[0], rows + 300 * step, 64)
        params, state = lesson.training_step(
            params, gradients(params, *batch)[1], state, step + 1, 3e-3, decay, 1.0
        )
        training.loss(theirs, CONFIG, *batch).backward()
        torch.nn.utils.clip_grad_norm_(theirs.values(), 1.0)
        optimizer.step()
        optimizer.zero_grad()
    assert max((params[name] - theirs[name]).abs().max() for name in params) < 1e-5


def test_one_batch_is_learned_by_heart():
    params = training.init(CONFIG, SEED)
    state = {name: (0 * p, 0 * p) for name, p in params.items()}
    batch = training.get_batch(corpus()[0], torch.tensor([700, 1400, 2100, 2800]), 32)
    for step in range(60):
        loss, slopes = gradients(params, *batch)
        rate = lesson.learning_rate(step, 5e-3, 5, 60, 0.05)
        params, state = lesson.training_step(
            params, slopes, state, step + 1, rate, dict.fromkeys(params, 0.0), 1.0
        )
    assert gradients(params, *batch)[0] < 0.15


@pytest.mark.parametrize("n_embd, n_layer", [(64, 2), (96, 4)])
def test_six_operations(n_embd, n_layer):
    config = gpt2.Config(vocab_size=V, n_positions=64, n_embd=n_embd, n_layer=n_layer, n_head=4)
    params = {name: p.requires_grad_() for name, p in gpt2.init(config).items()}
    inputs, targets = training.get_batch(corpus()[0], torch.tensor([0, 500]), 64)
    with FlopCounterMode(display=False) as counter:
        training.loss(params, config, inputs, targets).backward()
    expected = 6 * gpt2.count_parameters(config) * inputs.numel()
    assert counter.get_total_flops() == pytest.approx(expected, rel=0.15)


def test_chapters_in_order():
    tokens, _ = corpus()
    pairs = torch.bincount(tokens[:-1] * V + tokens[1:], minlength=V * V).view(V, V) + 0.01
    test = list(training.story_batches(TOKENIZER, unseen()[:24]))
    bigram = (pairs / pairs.sum(1, keepdim=True)).log()
    unigram = (pairs.sum(0) / pairs.sum()).log().expand(V, V)
    counted = [lesson.evaluate([(table[x], y) for x, y in test]) for table in (unigram, bigram)]
    losses, _ = trained()
    assert math.log(V) > losses[10] and math.log(V) > losses[20] > counted[1]
    assert counted[0] > losses[65] > counted[1] > losses[220] > losses[400]


def test_no_overfitting():
    _, params = trained()
    read = training.evaluate(
        params, CONFIG, list(training.story_batches(TOKENIZER, stories.generate(0, 48)))
    )
    new = training.evaluate(
        params, CONFIG, list(training.story_batches(TOKENIZER, stories.generate(42, 48)))
    )
    assert abs(new - read) < 0.05, "stories of the same kind, read or not"


def test_she_before_such():
    _, params = trained()
    right = probes.reference_accuracy(params, CONFIG, TOKENIZER, unseen())
    counting = probes.reference_accuracy(
        params, CONFIG, TOKENIZER, unseen(), probes.bigram_guesses(corpus()[0], V)
    )
    assert right["she"] > counting["she"] + 0.2
    assert right["such"] < counting["such"] + 0.15
    others = {"it", "line", "robot", "name", "place"}
    assert all(right[kind] < 0.25 for kind in others)


def test_who_is_a_coin_toss():
    right = probes.reference_accuracy(BUNDLED, BUNDLED_CONFIG, TOKENIZER, unseen())
    assert 0.35 < right["who"] < 0.65 and min(right[k] for k in probes.KINDS) > 0.95
