"""The model that sorts: no text, and the same loader, forward pass, cache and samplers."""

import json
from collections import Counter
from pathlib import Path

import pytest
import torch
import transformers

from utils import checkpoint, gpt2, sampling, sorting, training
from utils.packing import by_rows, half, int8, two_halves
from utils.trace import trace

FOLDER = Path(__file__).parents[2] / "data" / "sorting_gpt2"
PARAMS, CONFIG, TOKENIZER = checkpoint.load("sorting")


def test_it_has_no_tokenizer_and_is_what_was_published():
    assert TOKENIZER is None and CONFIG == sorting.CONFIG
    assert checkpoint.verify(PARAMS, CONFIG) == []
    assert sum(path.stat().st_size for path in FOLDER.iterdir()) < 200_000
    facts = json.loads((FOLDER / "training.json").read_text("utf-8"))
    assert facts["parameters"] == gpt2.count_parameters(CONFIG)
    assert facts["settings"] == json.loads(json.dumps(vars(sorting.SETTINGS)))


def test_it_sorts_as_well_as_its_facts_say():
    rows = sorting.problems(300, seed=2)  # not those that the facts were measured on
    right = sum(sorting.answer(PARAMS, CONFIG, row) == sorted(row) for row in rows)
    facts = json.loads((FOLDER / "training.json").read_text("utf-8"))
    assert facts["sorted"] >= 0.99 and right / len(rows) >= 0.98


def test_transformers_loads_it_unchanged_and_sorts():
    model = transformers.GPT2LMHeadModel.from_pretrained(FOLDER, dtype=torch.float32).eval()
    for numbers in sorting.problems(5, seed=5):
        ids = torch.tensor([sorting.prompt(numbers)])
        mask = torch.ones_like(ids)
        written = model.generate(ids, attention_mask=mask, do_sample=False, max_length=23)
        ours = sorting.answer(PARAMS, CONFIG, numbers)
        assert written[0, len(numbers) + 2 :].tolist() == [*ours, sorting.END]


@pytest.mark.parametrize("pack", [by_rows, two_halves, half, int8])
def test_packed_it_sorts_too(pack):
    rows = sorting.problems(60, seed=3)
    packed = pack(PARAMS)
    right = sum(sorting.answer(packed, CONFIG, row) == sorted(row) for row in rows)
    assert right >= 57


def test_cache_and_trace_say_what_forward_says():
    ids = torch.tensor([*sorting.prompt([9, 2, 2, 17]), 2, 2, 9, 17])
    logits, cache = gpt2.forward(PARAMS, CONFIG, ids), gpt2.Cache(CONFIG)
    steps = torch.cat([gpt2.forward(PARAMS, CONFIG, part, cache) for part in ids.split(1)])
    assert torch.allclose(steps, logits, atol=1e-4)
    assert torch.allclose(trace(PARAMS, CONFIG, ids)["logits"], logits, atol=1e-4)


def test_what_needs_text_says_that_there_is_none():
    ids = sampling.generate(PARAMS, CONFIG, sorting.prompt([3, 1]), 5, temperature=0)
    with pytest.raises(ValueError, match="This model has no tokenizer"):
        list(sampling.stream(ids, TOKENIZER))


@pytest.mark.parametrize("numbers", [[], [1] * 11, [20], [-1], [1.5]])
def test_refuses_what_it_was_never_shown(numbers):
    with pytest.raises(ValueError, match="sorts 1 to 10 numbers from 0 to 19"):
        sorting.prompt(numbers)


def test_problems_have_every_length_and_only_the_answer_counts():
    rows = sorting.problems(3000, seed=0)
    lengths = Counter(map(len, rows))
    assert set(lengths) == set(range(1, 11)) and min(lengths.values()) > 200
    assert {n for row in rows for n in row} == set(range(20))
    inputs, targets = sorting.batch([[5, 3], [7]])
    assert inputs[0, :6].tolist() == [sorting.END, 5, 3, sorting.SORT, 3, 5]
    asked = [[t for t in row if t != training.IGNORED] for row in targets.tolist()]
    assert asked == [[3, 5, sorting.END], [7, sorting.END]]


def test_a_short_training_learns(tmp_path, monkeypatch):
    settings = training.Settings(**{**vars(sorting.SETTINGS), "steps": 25, "warmup": 5})
    monkeypatch.setattr(sorting, "SETTINGS", settings)
    monkeypatch.setattr(sorting.train, "__defaults__", (settings,))
    monkeypatch.setattr(sorting, "accuracy", lambda *_: 0.0)
    sorting.main(["--out", str(tmp_path)])
    params, config, _ = checkpoint.load(tmp_path)
    inputs, targets = sorting.batch(sorting.problems(64, seed=4))
    learned = training.loss(params, config, inputs, targets)
    start = training.loss(training.init(config), config, inputs, targets)
    assert learned < 0.7 * start
    facts = json.loads((tmp_path / "tensors.json").read_text("utf-8"))
    assert facts == checkpoint.known.fingerprints(params)
