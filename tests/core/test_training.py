"""The trainer: batches, loss, schedule, one step, the loop, and what it measures."""

import itertools
import math
from pathlib import Path

import pytest
import torch
import torch.nn.functional as F

from utils import bpe, bundled, gpt2, probes, stories, training
from utils.training import Settings

CONFIG = gpt2.Config(vocab_size=50, n_positions=32, n_embd=16, n_layer=2, n_head=2)
TOKENS = torch.randint(50, (2000,), generator=torch.Generator().manual_seed(0))
STARTS = torch.arange(0, 2000, 40)
TOLD = stories.generate(0, 300)
TOKENIZER = bpe.train(stories.END.join(story.text for story in TOLD), 10_000, special=[stories.END])


def settings(**changes):
    chosen = dict(steps=8, batch_size=2, length=16, warmup=3, learning_rate=1e-2)
    return Settings(**{**chosen, **changes})


def run(params, chosen, checkpoint=None):
    steps = training.train(params, CONFIG, TOKENS, STARTS, chosen, checkpoint)
    return [(step, float(value)) for step, value in steps]


def same(a, b, atol=0.0):
    assert a.keys() == b.keys()
    for name in a:
        torch.testing.assert_close(a[name], b[name], rtol=0, atol=atol, msg=name)


def test_targets_are_the_inputs_moved_by_one():
    tokens = torch.arange(100)
    inputs, targets = training.get_batch(tokens, [3, 50], 4)
    assert inputs.tolist() == [[3, 4, 5, 6], [50, 51, 52, 53]]
    assert targets.tolist() == [[4, 5, 6, 7], [51, 52, 53, 54]]


def test_loss_is_the_mean_of_minus_log_probability_of_the_targets():
    params = gpt2.init(CONFIG, 1)
    inputs, targets = training.get_batch(TOKENS, [0, 40], 16)
    probabilities = gpt2.forward(params, CONFIG, inputs).softmax(-1)
    expected = torch.tensor(
        [
            -math.log(probabilities[b, t, targets[b, t]])
            for b, t in itertools.product(range(2), range(16))
        ]
    ).mean()
    torch.testing.assert_close(training.loss(params, CONFIG, inputs, targets), expected)
    assert abs(expected - math.log(50)) < 0.05  # random weights know nothing


def test_loss_is_the_same_in_bfloat16_but_for_rounding():
    """What a GPU does; autocast on the CPU goes the same way."""
    params = gpt2.init(CONFIG, 1)
    batch = training.get_batch(TOKENS, [0, 40], 16)
    with torch.autocast("cpu", torch.bfloat16):
        rounded = training.loss(params, CONFIG, *batch)
    exact = training.loss(params, CONFIG, *batch)
    assert rounded.dtype == torch.float32 and rounded != exact
    torch.testing.assert_close(rounded, exact, rtol=0.01, atol=0)


def test_learning_rate_rises_in_a_line_and_falls_along_a_cosine():
    chosen = settings(steps=100, warmup=10, final=0.1)
    rates = [training.learning_rate(step, chosen) for step in range(100)]
    assert rates[:10] == pytest.approx([(i + 1) / 10 for i in range(10)])
    assert rates[10] == 1
    assert all(a > b for a, b in zip(rates[10:], rates[11:]))
    assert training.learning_rate(55, chosen) == pytest.approx(0.55)  # half way down
    assert training.learning_rate(100, chosen) == pytest.approx(0.1)
    assert training.learning_rate(145, chosen) == pytest.approx(0.1)  # half a cosine more


def test_only_the_blocks_matrices_decay_and_nothing_is_left_out_or_twice():
    params = gpt2.init(CONFIG)
    matrices, others = training.decay_groups(params, 0.1)
    assert (matrices["weight_decay"], others["weight_decay"]) == (0.1, 0)
    assert {id(p) for p in matrices["params"]} == {
        id(params[f"h.{layer}.{name}.weight"])
        for layer in range(CONFIG.n_layer)
        for name in ("attn.c_attn", "attn.c_proj", "mlp.c_fc", "mlp.c_proj")
    }
    both = matrices["params"] + others["params"]
    assert sorted(map(id, both)) == sorted(map(id, params.values()))


@pytest.mark.parametrize("muon", [0.0, 0.02])
def test_every_number_is_changed_by_one_optimizer(muon):
    params = gpt2.init(CONFIG)
    optimizers = training.make_optimizers(params, settings(muon=muon))
    held = [p for o in optimizers for g in o.param_groups for p in g["params"]]
    cells = [
        p.data_ptr() + 4 * offset
        for p in held
        for offset in torch.arange(p.untyped_storage().nbytes() // 4)
        .as_strided(p.shape, p.stride())
        .flatten()
        .tolist()
    ]
    assert len(set(cells)) == len(cells) == gpt2.count_parameters(CONFIG)


def test_muon_gives_queries_keys_and_values_steps_of_their_own():
    params = gpt2.init(CONFIG)
    before = params["h.0.attn.c_attn.weight"].clone()
    chosen = settings(muon=0.1, weight_decay=0.0, steps=1, warmup=1)
    run(params, chosen)
    step = params["h.0.attn.c_attn.weight"] - before
    q, k, v = step.chunk(3, dim=1)
    lengths = torch.stack([torch.linalg.matrix_norm(part) for part in (q, k, v)])
    torch.testing.assert_close(lengths, lengths[:1].expand(3), rtol=0.15, atol=0)


def test_steps_equal_the_obvious_adamw_loop():
    chosen = settings(clip=0.5)  # small enough to clip
    params = gpt2.init(CONFIG, 1)
    ours = run(params, chosen)

    obvious = {name: p.requires_grad_() for name, p in gpt2.init(CONFIG, 1).items()}
    decaying = [n for n, p in obvious.items() if n.startswith("h.") and p.dim() > 1]
    optimizer = torch.optim.AdamW(
        [
            {"params": [obvious[n] for n in obvious if n in decaying]},
            {
                "params": [obvious[n] for n in obvious if n not in decaying],
                "weight_decay": 0,
            },
        ],
        lr=chosen.learning_rate,
        betas=chosen.betas,
        weight_decay=chosen.weight_decay,
    )
    lengths = []
    for step, value in ours:
        chance = torch.Generator().manual_seed(chosen.seed * 1_000_003 + step)
        starts = STARTS[STARTS < len(TOKENS) - 16]
        chosen_starts = starts[torch.randint(len(starts), (2,), generator=chance)]
        rows = torch.stack([TOKENS[s : s + 17] for s in chosen_starts.tolist()])
        for group in optimizer.param_groups:
            group["lr"] = chosen.learning_rate * training.learning_rate(step, chosen)
        optimizer.zero_grad()
        logits = gpt2.forward(obvious, CONFIG, rows[:, :-1])
        loss = F.cross_entropy(logits.reshape(-1, 50), rows[:, 1:].reshape(-1))
        loss.backward()
        lengths.append(torch.nn.utils.clip_grad_norm_(obvious.values(), 0.5))
        optimizer.step()
        assert loss.item() == pytest.approx(value, abs=1e-6)
    assert max(lengths) > 0.5
    obvious = {name: p.detach() for name, p in obvious.items()}
    for params_ in (params, obvious):
        # A key's bias adds the same to all scores of a row: softmax does not see it, its
        # gradient is rounding noise, and AdamW makes steps of full size out of that.
        for layer in range(CONFIG.n_layer):
            params_[f"h.{layer}.attn.c_attn.bias"][16:32] = 0
    same(params, obvious, atol=1e-6)


@pytest.mark.parametrize("muon", [0.0, 0.02])
def test_a_run_that_was_killed_goes_on_as_if_it_had_not_been(muon, tmp_path, monkeypatch):
    monkeypatch.setattr(training, "SAVE_EVERY", 2)
    chosen = settings(muon=muon)
    whole = gpt2.init(CONFIG, 1)
    losses = run(whole, chosen)

    file = tmp_path / "run.checkpoint"
    killed = training.train(gpt2.init(CONFIG, 1), CONFIG, TOKENS, STARTS, chosen, file)
    for step, _ in killed:
        if step == 4:  # the last checkpoint is that after step 3
            break
    killed.close()
    resumed = gpt2.init(CONFIG, 2)  # whatever was there is overwritten
    assert run(resumed, chosen, file) == losses[4:]
    same(resumed, whole)


def test_a_checkpoint_that_was_written_by_half_leaves_the_one_before(tmp_path, monkeypatch):
    def half(tensors, path, facts):
        Path(path).write_bytes(b"half")
        raise OSError("No space left on device")

    file = tmp_path / "run.checkpoint"
    run(gpt2.init(CONFIG), settings(), file)
    before = file.read_bytes()
    monkeypatch.setattr(training, "save_file", half)
    with pytest.raises(OSError, match="No space"):
        training.save_checkpoint(file, gpt2.init(CONFIG), [], 1, settings())
    assert file.read_bytes() == before


def test_a_checkpoint_of_other_settings_is_refused(tmp_path):
    file = tmp_path / "run.checkpoint"
    run(gpt2.init(CONFIG), settings(), file)
    with pytest.raises(ValueError, match="other settings"):
        run(gpt2.init(CONFIG), settings(seed=1), file)


def test_a_text_shorter_than_a_row_is_refused():
    with pytest.raises(ValueError, match="too few for a row of 16"):
        next(training.train(gpt2.init(CONFIG), CONFIG, TOKENS[:16], STARTS, settings()))


def test_a_finished_run_does_nothing_more(tmp_path):
    file, params = tmp_path / "run.checkpoint", gpt2.init(CONFIG)
    run(params, settings(), file)
    again = gpt2.init(CONFIG, 5)
    assert run(again, settings(), file) == []
    same(again, params)


def test_stopping_by_hand_keeps_the_model(monkeypatch):
    params, seen = gpt2.init(CONFIG, 1), []
    step = training.training_step

    def interrupted(*arguments):
        if len(seen) == 3:
            raise KeyboardInterrupt
        return step(*arguments)

    monkeypatch.setattr(training, "training_step", interrupted)
    for number, _ in training.train(params, CONFIG, TOKENS, STARTS, settings()):
        seen.append(number)
    assert seen == [0, 1, 2]
    assert not any(p.requires_grad for p in params.values())
    monkeypatch.undo()
    three = gpt2.init(CONFIG, 1)
    for _ in itertools.islice(training.train(three, CONFIG, TOKENS, STARTS, settings()), 3):
        pass
    same(params, {name: p.detach() for name, p in three.items()})


@pytest.mark.parametrize("muon", [0.0, 0.02])
def test_a_small_model_learns_a_song_by_heart(muon):
    song = torch.tensor([*range(10, 26), *range(12, 40)] * 2)
    chosen = settings(steps=60, muon=muon, warmup=5)
    starts, params = torch.zeros(1, dtype=torch.long), gpt2.init(CONFIG)
    losses = [float(v) for _, v in training.train(params, CONFIG, song, starts, chosen)]
    assert losses[0] > 3.5 and losses[-1] < 0.5


# ------------------------------------------------------------------- stories as tokens


def test_stories_in_rows_of_their_own_cost_what_they_cost_alone():
    config = gpt2.Config(TOKENIZER.vocab_size, 256, 16, 2, 2)
    params, some = gpt2.init(config), TOLD[:10]
    alone = [training.document(TOKENIZER, story) for story in some]
    nats = sum(
        F.cross_entropy(gpt2.forward(params, config, ids[:-1]), ids[1:], reduction="sum")
        for ids in alone
    )
    batches = training.story_batches(TOKENIZER, some, size=4)
    value = training.evaluate(params, config, batches)
    assert value == pytest.approx(nats.item() / sum(len(ids) - 1 for ids in alone), abs=1e-5)


def test_a_long_text_is_its_stories_with_end_between():
    tokens, starts = training.long_text(TOKENIZER, TOLD[:3])
    text = TOKENIZER.decode(tokens)
    assert text == stories.END + "".join(s.text + stories.END for s in TOLD[:3])
    end = TOKENIZER.special[stories.END]
    assert [tokens[start].item() for start in starts] == [end] * 3


def test_references_are_found_among_the_tokens():
    for story in TOLD[:100]:
        ids = training.document(TOKENIZER, story)
        for reference, answer, word, source in probes.locate(TOKENIZER, ids, story):
            assert TOKENIZER.decode([ids[answer]]).strip() == reference.answer
            told = story.text[reference.source :]
            assert told.startswith(TOKENIZER.decode([ids[source]]).strip())
            assert 0 < source < word <= answer


def test_bigram_guesses_count_pairs():
    guesses = probes.bigram_guesses(torch.tensor([1, 2, 1, 2, 1, 0, 2, 0]), 3)
    assert guesses.tolist()[1] == 2
    tokens = torch.tensor([0, 1, 0, 1, 0, 2, 2])
    assert probes.bigram_guesses(tokens, 3).tolist() == [1, 0, 2]


def test_accuracy_of_one_who_knows_and_of_one_who_does_not(monkeypatch):
    some = TOLD[:20]
    config = gpt2.Config(TOKENIZER.vocab_size, 256, 16, 2, 2)

    def knows(params, config, ids):
        follows = F.one_hot(ids.roll(-1), config.vocab_size)
        return follows.float()

    monkeypatch.setattr(training.gpt2, "forward", knows)
    known = probes.reference_accuracy({}, config, TOKENIZER, some)
    assert set(known.values()) == {1.0}
    nothing = torch.zeros(config.vocab_size, dtype=torch.long)
    guessed = probes.reference_accuracy({}, config, TOKENIZER, some, nothing)
    assert set(guessed.values()) == {0.0} and guessed.keys() == known.keys()


def test_a_previous_token_head_is_found_by_its_score(monkeypatch):
    def patterns(params, config, ids):
        T = len(ids)
        even = torch.ones(T, T).tril() / torch.arange(1, T + 1)[:, None]
        before = torch.diag(torch.ones(T - 1), -1)
        before[0, 0] = 1
        return torch.stack([torch.stack([even, even]), torch.stack([even, before])])

    monkeypatch.setattr(probes, "attention_patterns", patterns)
    scores = probes.head_scores({}, CONFIG, TOKENIZER, TOLD[:5])
    assert scores["previous token"][0].shape == (2, 2)
    found = probes.best_heads(scores)
    best = found["previous token"]
    assert (best["layer"], best["head"], best["score"]) == (1, 1, 1.0)
    assert 0 < best["uniform"] < 0.1


@pytest.fixture
def small_pipeline(monkeypatch):
    monkeypatch.setattr(bundled, "STORIES", 400)
    monkeypatch.setattr(bundled, "SECOND_STORIES", (100, 20, 10))
    monkeypatch.setattr(bundled, "VOCABULARY_STORIES", 400)
    monkeypatch.setattr(bundled, "HELD_OUT", (1, 8))
    monkeypatch.setattr(bundled, "CONFIG", dict(n_positions=256, n_embd=16, n_layer=2, n_head=2))


@pytest.mark.slow
def test_the_command_makes_a_folder_and_goes_on_after_a_kill(small_pipeline, tmp_path, monkeypatch):
    stages = settings(steps=6), settings(steps=4, seed=9)
    facts = bundled.bundled(tmp_path / "one", *stages)
    assert facts["tokens_seen"] == 10 * 2 * 16
    names = {path.name for path in (tmp_path / "one").iterdir()}
    assert names == {
        "config.json",
        "model.safetensors",
        "vocab.json",
        "merges.txt",
        "training.json",
        "SHA256SUMS",
        "tensors.json",
    }

    step, calls = training.training_step, []

    def killed(*arguments):
        calls.append(None)
        if len(calls) in (5, 5 + 2 + 3 + 1):  # after 4 steps of the first stage, 3 of the second
            raise SystemExit
        return step(*arguments)

    monkeypatch.setattr(training, "SAVE_EVERY", 2)
    monkeypatch.setattr(training, "training_step", killed)
    for _ in range(2):
        with pytest.raises(SystemExit):
            bundled.bundled(tmp_path / "two", *stages)

    def stopped(*arguments):
        raise KeyboardInterrupt

    monkeypatch.setattr(training, "training_step", stopped)
    assert bundled.bundled(tmp_path / "two", *stages) is None
    assert not (tmp_path / "two").exists()  # half a model replaces nothing
    monkeypatch.setattr(training, "training_step", step)
    assert bundled.bundled(tmp_path / "two", *stages) == facts
    assert not list(tmp_path.glob("two*.checkpoint"))
    for name in names:
        one, two = (tmp_path / folder / name for folder in ("one", "two"))
        assert one.read_bytes() == two.read_bytes(), name


@pytest.mark.slow
def test_the_second_stage_can_begin_with_a_model_that_is_there(small_pipeline, tmp_path):
    """Its weights are then those of the whole, which rounds them between the stages, too."""
    stages = settings(steps=3), settings(steps=2, seed=9)
    bundled.bundled(tmp_path / "whole", *stages)
    bundled.bundled(tmp_path / "first", stages[0], settings(steps=1, learning_rate=0.0))
    bundled.bundled(tmp_path / "again", *stages, first=tmp_path / "first")
    weights = [
        (tmp_path / f / "model.safetensors").read_bytes() for f in ("whole", "again", "first")
    ]
    assert weights[0] == weights[1] != weights[2]


def test_a_training_is_cut_to_a_few_steps_where_that_is_asked(monkeypatch):
    assert list(training.watched(range(5))) == [0, 1, 2, 3, 4]
    monkeypatch.setenv("GPT2_BY_HAND_STEPS", "2")
    assert list(training.watched(range(5))) == [0, 1]
    assert list(training.watched(range(5), unit="head")) == [0, 1, 2, 3, 4]
    monkeypatch.setenv("GPT2_BY_HAND_STEPS", "two")
    with pytest.raises(ValueError, match="must be a number of steps, such as 20, not 'two'"):
        training.watched(range(5))
