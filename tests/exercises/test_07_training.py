"""Lesson 07: its functions are those of the trainer and of PyTorch; a training that is watched can
be stopped.
"""

import asyncio
import math
import re
from concurrent.futures import ThreadPoolExecutor

import pytest
import torch

from tests.exercises import references
from utils import bpe, gpt2, probes, stories, training
from utils.figures import training as figures
from utils.widgets import training as widgets

lesson = references("07_training")

TOLD = stories.generate(0, 300)
TOKENIZER = bpe.train(stories.END.join(story.text for story in TOLD), 10_000, special=[stories.END])
TOKENS, STARTS = training.long_text(TOKENIZER, TOLD)
CONFIG = gpt2.Config(
    vocab_size=TOKENIZER.vocab_size, n_positions=256, n_embd=64, n_layer=2, n_head=4
)
LINES = {"ln V": math.log(CONFIG.vocab_size), "unigram": 5.0, "bigram": 2.0, "floor": 0.4}


def gradients(params, inputs, targets):
    params = {name: p.detach().requires_grad_() for name, p in params.items()}
    loss = lesson.language_model_loss(gpt2.forward(params, CONFIG, inputs), targets)
    return dict(zip(params, torch.autograd.grad(loss, list(params.values()))))


@pytest.mark.parametrize(
    "clip", [1.0, 1e-3, 1e9], ids=["clipped at 1", "clipped hard", "not clipped"]
)
def test_each_training_step_is_one_of_the_obvious_adamw_loop(clip):
    params = training.init(CONFIG)
    theirs = {name: p.clone().requires_grad_() for name, p in params.items()}
    groups = lesson.decay_groups(params, 0.1)
    decay = {name: group["weight_decay"] for group in groups for name in group["params"]}
    optimizer = torch.optim.AdamW(
        [group | {"params": [theirs[n] for n in group["params"]]} for group in groups],
        lr=1.0,
        betas=(0.9, 0.98),
    )
    state = {name: (torch.zeros_like(p), torch.zeros_like(p)) for name, p in params.items()}
    for step in range(5):
        lr = lesson.learning_rate(step, 3e-3, 2, 5, 0.1)
        inputs, targets = lesson.make_batch(TOKENS, STARTS[4 * step : 4 * step + 4].tolist(), 64)
        for (
            name,
            p,
        ) in params.items():  # both start the step at the same place and with the same gradient
            theirs[name].data.copy_(p)
        grads = gradients(params, inputs, targets)
        for name, p in theirs.items():
            p.grad = grads[name].clone()
        torch.nn.utils.clip_grad_norm_(theirs.values(), clip)
        for group in optimizer.param_groups:
            group["lr"] = lr
        optimizer.step()
        params, state = lesson.training_step(params, grads, state, step + 1, lr, decay, clip)
        for name, p in params.items():
            torch.testing.assert_close(
                p, theirs[name].detach(), rtol=0, atol=1e-6, msg=f"step {step}: {name}"
            )


def test_the_lesson_and_the_trainer_mean_the_same():
    starts = STARTS[3:6]
    inputs, targets = lesson.make_batch(TOKENS, starts.tolist(), 20)
    torch.testing.assert_close((inputs, targets), training.get_batch(TOKENS, starts, 20))

    params = training.init(CONFIG)
    logits = gpt2.forward(params, CONFIG, inputs)
    torch.testing.assert_close(
        lesson.language_model_loss(logits, targets), training.loss(params, CONFIG, inputs, targets)
    )

    batches = list(training.story_batches(TOKENIZER, TOLD[:5], 2))
    given = [(gpt2.forward(params, CONFIG, x), y) for x, y in batches]
    assert lesson.evaluate(given) == pytest.approx(
        training.evaluate(params, CONFIG, batches), rel=1e-6
    )

    settings = training.Settings(steps=50, warmup=7, final=0.2)
    for step in range(60):
        assert lesson.learning_rate(step, 3.0, 7, 50, 0.2) == pytest.approx(
            3.0 * training.learning_rate(step, settings)
        )

    theirs = training.decay_groups(params, 0.3)
    for group, other in zip(lesson.decay_groups(params, 0.3), theirs, strict=True):
        assert group["weight_decay"] == other["weight_decay"]
        assert [id(params[name]) for name in group["params"]] == [id(p) for p in other["params"]]


def test_the_first_loss_is_the_logarithm_of_the_vocabulary():
    inputs, targets = lesson.make_batch(TOKENS, STARTS[:8].tolist(), 64)
    loss = lesson.language_model_loss(gpt2.forward(gpt2.init(CONFIG), CONFIG, inputs), targets)
    assert abs(loss.item() - math.log(CONFIG.vocab_size)) < 0.1


def test_one_row_trains_what_four_padded_rows_would():
    params, (inputs, _) = training.init(CONFIG), lesson.make_batch(TOKENS, [0], 4)
    padded = torch.full((4, 4), 7)
    for row in range(4):
        padded[row, : row + 1] = inputs[0, : row + 1]
    four = gpt2.forward(params, CONFIG, padded)[
        torch.arange(4), torch.arange(4)
    ]  # each row's last word
    torch.testing.assert_close(four, gpt2.forward(params, CONFIG, inputs)[0])


class Screen:
    """Stands in for the notebook's display: keeps the pictures and lines that were shown, and may
    press the button.
    """

    def __init__(self, monkeypatch, press_after=None):
        self.pictures, self.lines, self.last, self.press_after = [], [], None, press_after
        monkeypatch.setattr(widgets, "display", self.display)

    def display(self, view, display_id):
        assert display_id and not self.pictures, (
            "a second picture, where the first should be replaced"
        )
        self.pictures.append(view.picture[0])
        view.observe(lambda change: self.pictures.append(change["new"][0]), "picture")
        view.observe(self.said, "line")
        return self

    def said(self, change):
        self.lines.append(change["new"])
        if self.press_after is not None and f"after {self.press_after} steps" in change["new"]:
            change["owner"].stopped = True  # what the button does

    def update(self, bundle, raw):
        assert raw
        self.last = bundle


def awaited(coroutine):
    """In a thread of its own: in this one, the loop of the browser tests may run."""
    with ThreadPoolExecutor(1) as thread:
        return thread.submit(asyncio.run, coroutine).result()


def watched(params, settings, at, measure=None):
    steps = training.train(params, CONFIG, TOKENS, STARTS, settings)
    held_out = stories.generate(1, 4, True)

    def record(done):
        return {
            "step": done,
            "loss": training.evaluate(params, CONFIG, training.story_batches(TOKENIZER, held_out)),
            "references": probes.reference_accuracy(params, CONFIG, TOKENIZER, held_out),
        }

    return awaited(
        widgets.watch(
            steps,
            at,
            measure or record,
            lambda records, losses: figures.loss_story(records, LINES, settings.steps, losses),
            tokens_per_step=settings.batch_size * settings.length,
        )
    )


@pytest.mark.slow
def test_a_training_is_drawn_as_it_goes_and_passes_the_unigram_line(monkeypatch):
    screen = Screen(monkeypatch)
    params = training.init(CONFIG)
    settings = training.Settings(
        steps=40, batch_size=4, length=128, learning_rate=5e-3, muon=0.02, warmup=5
    )
    records = watched(params, settings, at=(10, 20))
    assert [record["step"] for record in records] == [0, 10, 20, 40]
    assert len(set(screen.pictures)) >= 3, "before, and after 10 and 20 steps"
    assert "tokens/s" in screen.lines[-1] and "held out" in screen.lines[-1]
    assert records[0]["loss"] > LINES["ln V"] and records[-1]["loss"] < 4.5
    assert (
        f"to {records[-1]['loss']:.2f} after 40 steps" in screen.last["text/plain"]
        and "<img" in screen.last["text/html"]
    )


@pytest.mark.parametrize("where", ["in a step", "while measuring"])
def test_a_training_that_is_stopped_keeps_its_model(where, monkeypatch, capsys):
    Screen(monkeypatch)
    params = training.init(CONFIG)
    before = {name: p.clone() for name, p in params.items()}
    step, calls = training.training_step, []

    def interrupted(*arguments):
        calls.append(1)
        if where == "in a step" and len(calls) == 4:
            raise KeyboardInterrupt
        return step(*arguments)

    def measure(done):
        if where == "while measuring" and done == 3 and len(calls) == 3 and not interruptions:
            interruptions.append(done)
            raise KeyboardInterrupt
        return {"step": done, "loss": 1.0, "references": {}}

    interruptions = []
    monkeypatch.setattr(training, "training_step", interrupted)
    records = watched(params, training.Settings(steps=9, batch_size=1, length=16), (3,), measure)
    assert [record["step"] for record in records] == [0, 3]
    assert "kept" in capsys.readouterr().out
    assert any((params[name] != p).any() for name, p in before.items()), (
        "nothing was learned before the stop"
    )
    assert not any(p.requires_grad for p in params.values())
    assert gpt2.forward(params, CONFIG, [1, 2, 3]).isfinite().all()


def test_the_button_stops_a_training(monkeypatch, capsys):
    monkeypatch.setattr(widgets, "SAY", 0.0)
    screen = Screen(monkeypatch, press_after=4)
    records = watched(
        training.init(CONFIG),
        training.Settings(steps=30, batch_size=1, length=16),
        (2,),
        lambda done: {"step": done, "loss": 1.0, "references": {}},
    )
    assert [record["step"] for record in records] == [0, 2, 4]
    assert "Stopped after 4 steps" in capsys.readouterr().out
    assert "after 4 steps" in screen.last["text/plain"]


def test_an_interrupted_kernel_stops_a_training_that_is_awaited(monkeypatch, capsys):
    Screen(monkeypatch)
    done = []

    async def notebook():
        async def cell():
            return await widgets.watch(
                ((step, 1.0) for step in range(1000)),
                (),
                lambda n: {"step": n, "loss": 1.0, "references": {}},
                lambda records, losses: figures.loss_story(records, LINES, 1000, losses),
            )

        task = asyncio.ensure_future(cell())
        for _ in range(5):
            await asyncio.sleep(0)
        task.cancel()  # what ipykernel does with a cell that awaits, when it is interrupted
        done.extend(await task)

    awaited(notebook())
    said = re.search(r"Stopped after (\d+) steps", capsys.readouterr().out)
    assert 0 < int(said[1]) < 1000 and done[-1]["step"] == int(said[1])
