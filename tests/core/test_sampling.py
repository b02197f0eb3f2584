"""Samplers against exact probabilities; the loop against transformers; the stream."""

import doctest
import math
import warnings

import numpy as np
import pytest
import torch
import transformers
from hypothesis import given, settings
from hypothesis import strategies as st

from utils import bpe, gpt2, sampling

SMALL = gpt2.Config(
    vocab_size=61, n_positions=24, n_embd=24, n_layer=2, n_head=4, eos_token_id=None
)


def params(config=SMALL, seed=0):
    torch.manual_seed(seed)
    return {k: p + 0.2 * torch.randn_like(p) for k, p in gpt2.init(config, seed).items()}


def exact(logits, temperature=1.0, top_k=None, top_p=None):
    """The same rules in plain Python, token by token, as slowly as they read."""
    order = sorted(range(len(logits)), key=lambda i: (-logits[i], i))
    if temperature == 0:
        return [float(i == order[0]) for i in range(len(logits))]
    p = [math.exp((x - max(logits)) / temperature) for x in logits]
    kept = order[: top_k or len(order)]
    if top_p is not None:
        whole, reached, nucleus = math.fsum(p[i] for i in kept), 0.0, []
        for i in kept:
            nucleus.append(i)
            reached += p[i] / whole
            if reached >= top_p and top_p < 1:
                break
        kept = nucleus
    whole = math.fsum(p[i] for i in kept)
    return [p[i] / whole if i in kept else 0.0 for i in range(len(p))]


SETTINGS = [
    {},
    {"temperature": 0},
    {"temperature": 0.5},
    {"temperature": 2.0},
    {"top_k": 1},
    {"top_k": 4},
    {"top_k": 1000},
    {"top_p": 0},
    {"top_p": 0.7},
    {"top_p": 1},
    {"temperature": 1.5, "top_k": 6, "top_p": 0.8},
]


@settings(max_examples=200, deadline=None, derandomize=True)
@given(
    logits=st.lists(st.integers(-12, 12).map(lambda x: x / 4), min_size=1, max_size=12),
    temperature=st.sampled_from([0, 0.3, 1.0, 2.5]),
    top_k=st.sampled_from([None, 1, 2, 3, 12, 50]),
    top_p=st.sampled_from([None, 0, 0.123, 0.456, 0.789, 0.987, 1]),
)
def test_equals_the_exact_probabilities(logits, temperature, top_k, top_p):
    """Quarters as logits, so that ties are common."""
    p = sampling.probabilities(logits, temperature, top_k, top_p)
    expected = torch.tensor(exact(logits, temperature, top_k, top_p))
    assert torch.allclose(p, expected, rtol=1e-4, atol=1e-6)
    assert p.count_nonzero() == expected.count_nonzero()


@pytest.mark.parametrize("setting", SETTINGS, ids=str)
def test_draws_follow_the_probabilities(setting):
    """Chi-square: 4000 first tokens against what the model's own logits say.

    For a new seed a right sampler would exceed the limit about once in 1e5 times;
    the seeds are fixed, so the test is not random.
    """
    weights, draws = params(), 4000
    logits = gpt2.forward(weights, SMALL, [1, 2, 3])[-1].tolist()
    expected = exact(logits, **setting)
    seen = [0] * SMALL.vocab_size
    for token in first_tokens(weights, setting, draws):
        seen[token] += 1
    assert all(seen[i] == 0 for i, p in enumerate(expected) if p == 0)
    # Cells of small expectation together, as the test asks for.
    cells = [(n, draws * p) for n, p in zip(seen, expected) if draws * p >= 5]
    rest = draws - sum(n for n, _ in cells), draws - sum(e for _, e in cells)
    if rest[1] >= 1:
        cells.append(rest)
    chi2, freedom = sum((n - e) ** 2 / e for n, e in cells), len(cells) - 1
    assert chi2 <= freedom + 5 * math.sqrt(2 * freedom) + 12


def first_tokens(weights, setting, draws):
    """What `generate` draws first, for many seeds: its own code, the model run once."""
    logits = sampling._next_logits(weights, SMALL, torch.tensor([1, 2, 3]), gpt2.Cache(SMALL))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sampling, "_next_logits", lambda *_: logits)
        for seed in range(draws):
            yield from sampling.generate(weights, SMALL, [1], 1, **setting, seed=seed)


def test_a_wrong_sampler_would_be_noticed():
    """The chi-square test has the power to tell temperature 1 from 1.25."""
    with pytest.MonkeyPatch.context() as patch:
        right = sampling.probabilities
        patch.setattr(sampling, "probabilities", lambda x, *_: right(x, 1.25))
        with pytest.raises(AssertionError):
            test_draws_follow_the_probabilities({})


def test_top_k_keeps_exactly_k_and_of_ties_the_lower_ids():
    p = sampling.probabilities(torch.tensor([1.0, 3.0, 1.0, 3.0, 1.0, 1.0]), top_k=4)
    assert p.nonzero().flatten().tolist() == [0, 1, 2, 3]
    p = sampling.probabilities(torch.zeros(3, 50257), top_k=7)
    assert p.nonzero().tolist() == [[row, i] for row in range(3) for i in range(7)]


def test_top_p_keeps_the_token_that_crosses():
    logits = torch.tensor([0.1, 0.5, 0.4]).log()
    assert sampling.probabilities(logits, top_p=0.6).count_nonzero() == 2
    assert sampling.probabilities(logits, top_p=0.45).tolist() == [0, 1, 0]
    assert sampling.probabilities(torch.zeros(5), top_p=0).tolist() == [1, 0, 0, 0, 0]


def test_nothing_overflows():
    p = sampling.probabilities([1e4, 9e3, -1e4], temperature=1e-9)
    assert p.tolist() == [1, 0, 0]
    assert torch.allclose(sampling.probabilities([1.0, 2.0], 1e9), torch.tensor(0.5))
    assert sampling.probabilities([0.0, -torch.inf]).tolist() == [1, 0]


@pytest.mark.parametrize(
    "setting, sentence",
    [
        ({"temperature": -0.1}, "temperature must be 0 or more, not -0.1"),
        ({"temperature": math.nan}, "temperature must be 0 or more, not nan"),
        ({"temperature": math.inf}, "temperature must be 0 or more, not inf"),
        ({"top_k": 0}, "top_k must be a whole number of at least 1, not 0"),
        ({"top_k": 2.5}, "top_k must be a whole number of at least 1, not 2.5"),
        ({"top_k": True}, "top_k must be a whole number of at least 1, not True"),
        ({"top_k": "5"}, "top_k must be a whole number of at least 1, not '5'"),
        ({"top_k": math.inf}, "top_k must be a whole number of at least 1, not inf"),
        ({"temperature": True}, "temperature must be 0 or more, not True"),
        ({"temperature": "1"}, "temperature must be 0 or more, not '1'"),
        ({"top_p": True}, "top_p must lie between 0 and 1, not True"),
        ({"top_p": 1.1}, "top_p must lie between 0 and 1, not 1.1"),
        ({"top_p": -1}, "top_p must lie between 0 and 1, not -1"),
    ],
    ids=str,
)
def test_refuses_settings_with_a_sentence(setting, sentence):
    with pytest.raises(ValueError, match=sentence):
        sampling.probabilities([0.0, 1.0], **setting)
    with pytest.raises(ValueError, match=sentence):  # when called, not at the first id
        sampling.generate(params(), SMALL, [1], 5, **setting)


@pytest.mark.parametrize("logits", [[math.nan, 0.0], [math.inf, 0.0], [-math.inf] * 2])
def test_refuses_logits_that_are_no_scores(logits):
    with pytest.raises(ValueError, match="The logits hold nan or inf"):
        sampling.probabilities(logits)


def test_generate_refuses_what_forward_refuses():
    for ids, sentence in [([], "T >= 1"), ([61], "between 0 and 60"), ([1] * 25, "at most")]:
        with pytest.raises(ValueError, match=sentence):
            sampling.generate(params(), SMALL, ids, 5)
    with pytest.raises(ValueError, match="one text"):
        sampling.generate(params(), SMALL, [[1, 2], [3, 4]], 5)
    for wrong in (-1, 1.5, True, "5"):
        with pytest.raises(ValueError, match="max_new_tokens must be a whole number"):
            sampling.generate(params(), SMALL, [1], wrong)


def test_greedy_equals_transformers():
    for seed in range(5):
        weights = params(seed=seed)
        shape = {k: getattr(SMALL, k) for k in ("vocab_size", "n_positions", "n_embd")}
        model = transformers.GPT2LMHeadModel(
            transformers.GPT2Config(
                **shape, n_layer=2, n_head=4, bos_token_id=None, eos_token_id=None
            )
        ).eval()
        model.transformer.load_state_dict(weights)
        theirs = model.generate(
            torch.tensor([[5, 9, 2]]), max_new_tokens=15, do_sample=False, pad_token_id=0
        )
        ours = list(sampling.generate(weights, SMALL, [5, 9, 2], 15, temperature=0))
        assert ours == theirs[0, 3:].tolist()


def test_cached_steps_equal_the_whole_run_again():
    weights, ids = params(), [4, 8, 15]
    for token in sampling.generate(weights, SMALL, ids, 20, temperature=0):
        assert token == gpt2.forward(weights, SMALL, ids)[-1].argmax()
        ids = [*ids, token]
    assert len(ids) == 23


def test_the_seed_decides():
    def run(seed):
        return list(sampling.generate(params(), SMALL, [1, 2], 15, seed=seed))

    assert run(3) == run(3)
    assert len({tuple(run(seed)) for seed in range(5)}) == 5


def test_yields_while_it_runs_and_takes_the_prompt_in_one_step():
    lengths = []
    forward = gpt2.transformer

    def watched(params, config, ids, cache):
        lengths.append(len(ids))
        return forward(params, config, ids, cache)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(gpt2, "transformer", watched)
        ids = sampling.generate(params(), SMALL, [1, 2, 3, 4], 5)
        assert lengths == []
        next(ids)
        assert lengths == [4]
        list(ids)
    assert lengths == [4, 1, 1, 1, 1]


def test_stops_at_the_end_token():
    free = list(sampling.generate(params(), SMALL, [1, 2], 20, seed=1))
    end = free[7]
    config = gpt2.Config(**{**SMALL.__dict__, "eos_token_id": end})
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        ids = list(sampling.generate(params(), config, [1, 2], 20, seed=1))
    assert ids == free[: free.index(end)]
    config = gpt2.Config(**{**config.__dict__, "more_eos": (free[3], 60)})
    ids = list(sampling.generate(params(), config, [1, 2], 20, seed=1))
    assert ids == free[: min(map(free.index, {end, free[3]}))]


def test_numbers_of_numpy_and_torch_are_settings():
    chosen = dict(temperature=np.float32(0.5), top_k=np.int64(3), top_p=torch.tensor(0.9).item())
    assert sampling.probabilities([0.0, 1.0, 2.0, 3.0], **chosen).count_nonzero() > 0
    assert sampling.probabilities([0.0, 1.0], top_k=1.0).tolist() == [0, 1]


def test_a_model_without_text_has_no_stream():
    with pytest.raises(ValueError, match="This model has no tokenizer"):
        list(sampling.stream([1, 2], None))


def test_stops_at_the_context_limit_and_says_so():
    with pytest.warns(UserWarning, match="Stopped: with 24 tokens the context"):
        ids = list(sampling.generate(params(), SMALL, [1] * 20, 50))
    assert len(ids) == 5  # the last one is predicted from 24 tokens, and never read
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert len(list(sampling.generate(params(), SMALL, [1] * 20, 5))) == 5


TEXTS = ["plain", "naïve café", "日本語 🙂🙃", "a\u0301 👩‍👩‍👧‍👦", "\n\t  x", ""]


@pytest.mark.parametrize("text", TEXTS)
def test_stream_gives_the_text_in_whole_characters(text):
    pieces = list(sampling.stream(bpe.gpt2().encode(text), bpe.gpt2()))
    assert "".join(pieces) == text
    assert all(pieces) and not any("\ufffd" in piece for piece in pieces)


def test_stream_waits_no_longer_than_it_must():
    tokenizer, ids = bpe.gpt2(), bpe.gpt2().encode("🙂 ok")
    given = []

    def watched():
        for id in ids:
            given.append(id)
            yield id

    first = next(sampling.stream(watched(), tokenizer))
    assert first == "🙂" and tokenizer.decode(given) == "🙂"


def test_stream_shows_bytes_that_are_no_character():
    ids = [bpe.gpt2().encode("🙂")[0]]
    assert list(sampling.stream(ids, bpe.gpt2())) == ["\ufffd"]
    bad = [*ids, *bpe.gpt2().encode("x")]
    assert "".join(sampling.stream(bad, bpe.gpt2())) == bpe.gpt2().decode(bad)


def test_docstring_examples():
    result = doctest.testmod(sampling, extraglobs={"torch": torch})
    assert result.attempted >= 3 and result.failed == 0
