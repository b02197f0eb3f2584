"""What lesson 06 says of the trained model, on other stories and other seeds."""

import functools

import torch

from tests.exercises import references
from utils import checkpoint, gpt2, parts, sampling, stories, training
from utils.figures import logits_and_sampling as figures
from utils.trace import trace

lesson = references("06_logits_and_sampling")
PARAMS, CONFIG, TOKENIZER = checkpoint.load("bundled")
OTHER = (31, 32)  # seeds of stories that the lesson does not show


def documents(seed, count):
    told = stories.generate(seed, count, held_out=True)
    return [training.document(TOKENIZER, story)[:-1] for story in told]


@functools.cache
@torch.inference_mode()
def logits(seed=OTHER[0], count=20):
    """(N, V): what the model says at every position of some unseen stories."""
    return torch.cat([gpt2.forward(PARAMS, CONFIG, ids) for ids in documents(seed, count)])


@functools.cache
@torch.inference_mode()
def written(seed, t, count=12, length=240):
    """Texts without an end token after the beginnings of unseen stories, side by side."""
    new = torch.stack([ids[:8] for ids in documents(seed, count)])  # (B, 8)
    cache, made = gpt2.Cache(CONFIG, count), []
    darts = torch.Generator().manual_seed(seed)
    for _ in range(length):
        top = gpt2.transformer(PARAMS, CONFIG, new, cache)[:, -1]  # (B, C)
        shares = sampling.probabilities(gpt2.unembed(PARAMS, top), t)  # (B, V)
        new = torch.multinomial(shares, 1, generator=darts)
        made.append(new)
    return torch.cat(made, 1).tolist()


def runs(tokens, n=5):
    return [tuple(tokens[i : i + n]) for i in range(len(tokens) - n + 1)]


def repeated(tokens):
    return 1 - len(set(runs(tokens))) / len(runs(tokens))


def mean(values):
    values = list(values)
    return sum(values) / len(values)


def test_greedy_repeats_itself():
    greedy = mean(repeated(text) for seed in OTHER for text in written(seed, 0.0))
    sampled = mean(repeated(text) for seed in OTHER for text in written(seed, 1.0))
    laid, _ = training.long_text(TOKENIZER, stories.generate(OTHER[0], 40, held_out=True))
    real = mean(repeated(row) for row in laid[:2880].view(12, 240).tolist())
    assert greedy > 3 * sampled and greedy > 3 * real, (greedy, sampled, real)


def test_greedy_tells_the_same_stories():
    def shared(texts):  # share of the runs that another text has, too
        every = [set(runs(text[:80])) for text in texts]
        return mean(
            run in set().union(*every[:i], *every[i + 1 :])
            for i, own in enumerate(every)
            for run in own
        )

    for seed in OTHER:
        assert shared(written(seed, 0.0)) > 0.5 > 2 * shared(written(seed, 1.0))


def test_the_tail_grows():
    def tail(t):
        shares = (logits() / t).softmax(-1)
        return (shares * (shares < 0.001)).sum(-1).mean().item()

    assert 1000 < 1 / tail(1.0) < 4000 and 50 < tail(2.0) / tail(1.0) < 200


def test_top_p_follows_the_position():
    z = logits()
    unsure = -(z.softmax(-1) * z.log_softmax(-1)).sum(-1)  # (N,)
    most, least = unsure.argsort(descending=True)[:20], unsure.argsort()[:20]
    assert all((lesson.top_p(z[i], 0.9) > -torch.inf).sum() == 1 for i in least)
    assert all((lesson.top_p(z[i], 0.9) > -torch.inf).sum() > 10 for i in most)


def test_order_of_the_dials():
    rows = logits()[::37]
    hot_first = [(lesson.top_p(lesson.temperature(z, 2.0), 0.9) > -torch.inf).sum() for z in rows]
    p_first = [(lesson.temperature(lesson.top_p(z, 0.9), 2.0) > -torch.inf).sum() for z in rows]
    assert all(a >= b for a, b in zip(hot_first, p_first))
    assert sum(hot_first) > 1.5 * sum(p_first)


def test_sliding_changes_every_key():
    for ids in documents(OTHER[1], 3):
        before, after = trace(PARAMS, CONFIG, ids), trace(PARAMS, CONFIG, ids[1:])
        for i in range(CONFIG.n_layer):
            moved = (before[f"h.{i}.k"][:, 1:] - after[f"h.{i}.k"]).norm(dim=-1)
            assert moved.min() > 1e-3


def test_the_past_never_changes():
    ids = documents(OTHER[1], 1)[0]
    whole = trace(PARAMS, CONFIG, ids)
    for T in (1, 7, 40):
        seen = trace(PARAMS, CONFIG, ids[:T])
        for i in range(CONFIG.n_layer):
            for part in "kv":
                kept = whole[f"h.{i}.{part}"][:, :T]
                torch.testing.assert_close(seen[f"h.{i}.{part}"], kept, rtol=0, atol=1e-5)


def stepwise(params, ids, wrong=False):
    """The last probabilities, token by token with a cache; wrong: every position is 0."""
    if wrong:
        params = {**params, "wpe.weight": params["wpe.weight"][:1].expand(len(ids), -1)}
    dtype = params["wte.weight"].dtype
    cache = parts.empty_cache(CONFIG.n_layer, CONFIG.n_head, CONFIG.n_embd // CONFIG.n_head, dtype)
    for token in ids.tolist():
        z, cache = lesson.forward_with_cache(params, [token], cache, CONFIG.n_head)
    return z[-1].softmax(-1)


def test_right_up_to_rounding():
    ids = documents(OTHER[1], 1)[0][:40]
    double = {name: p.double() for name, p in PARAMS.items()}
    far = [
        (stepwise(p, ids) - gpt2.forward(p, CONFIG, ids)[-1].softmax(-1)).abs().max().item()
        for p in (PARAMS, double)
    ]
    assert far[0] < 1e-5 and far[1] < 1e-12


def test_wrong_positions_raise_no_error():
    apart = []
    for ids in documents(OTHER[1], 4):
        right = gpt2.forward(PARAMS, CONFIG, ids[:40])[-1].softmax(-1)
        apart.append((stepwise(PARAMS, ids[:40], wrong=True) - right).abs().max().item())
    assert mean(apart) > 0.2


def test_several_words_compete():
    readings = [trace(PARAMS, CONFIG, ids) for ids in documents(OTHER[0], 8)]
    reading, at = figures.contested(readings)
    best = reading["logits"][at].softmax(-1).topk(4).values
    assert 9 <= at < 120 and 0.1 < best[0] < 0.6 and best[3] > 0.05
