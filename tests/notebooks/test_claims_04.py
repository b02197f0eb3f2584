"""What lesson 04 says about the bundled model, measured again on stories that it does not show."""

from functools import cache

import torch

from utils import checkpoint, gpt2, probes, stories
from utils.trace import trace

PARAMS, CONFIG, TOKENIZER = checkpoint.load("bundled")
LAYER, HEAD = 3, 2
SEEDS = (21, 22)  # the lesson's is 1
AFTER = "But the {noun} was broken. They left it near the {other}"
BETWEEN = "But the {noun} near the {other} was broken"
BEFORE = "But near the {other} the {noun} was broken"
BESIDE = "But the {noun} beside the {other} was broken"


def test_wide_scores_are_all_or_nothing():
    """With other random vectors, and not for narrow ones."""
    generator = torch.Generator().manual_seed(5)
    largest = {}
    for width in (2, 1024):
        q = torch.randn(300, 1, width, generator=generator)
        k = torch.randn(300, 6, width, generator=generator)
        largest[width] = (q @ k.mT).softmax(-1).amax(-1).mean()
    assert largest[1024] > 0.95 and largest[2] < 0.75


@cache
def told(broken=stories.BROKEN, count=100):
    """Every "it" of unseen stories, from both seeds."""
    return [
        case
        for seed in SEEDS
        for case in probes.its(
            TOKENIZER, stories.generate(seed, count, held_out=True, broken=broken)
        )
    ]


def did_not(broken=stories.BROKEN):
    return [case for case in told(broken) if case.words == "it did not"]


@cache
def attention(broken=stories.BROKEN):
    """For each "it did not": what every head gives to the noun from "it" and from "not", and to the
    other machine from "not"; three tensors (cases, n_layer, n_head).
    """
    rows = []
    for case in did_not(broken):
        patterns = probes.attention_patterns(PARAMS, CONFIG, case.ids)
        pairs = ((case.it, case.noun), (-1, case.noun), (-1, case.other))
        rows.append(torch.stack([patterns[:, :, at, there].sum(-1) for at, there in pairs]))
    return torch.stack(rows).unbind(1)


@cache
def right(broken):
    """How often the guess is what the right machine does, and what the other one does."""
    guesses = [
        (gpt2.forward(PARAMS, CONFIG, case.ids)[-1].argmax().item(), case)
        for case in did_not(broken)
    ]
    count = len(guesses)
    return (
        sum(guess == case.does for guess, case in guesses) / count,
        sum(guess == case.others for guess, case in guesses) / count,
    )


def test_from_it_no_head_looks_at_the_noun():
    from_it, _, _ = attention()
    assert len(from_it) > 60
    assert from_it.mean(0).max() < 0.25


def test_from_not_one_head_looks_at_the_noun():
    _, to_noun, to_other = attention()
    mean = to_noun.mean(0)
    assert divmod(mean.argmax().item(), CONFIG.n_head) == (LAYER, HEAD)
    assert mean.max() > 0.9 and mean.flatten().topk(2).values[1] < mean.max() - 0.1
    assert mean[2].topk(2).values.min() > 0.5
    assert to_other.mean(0)[LAYER, HEAD] < 0.05
    uniform = [len(case.noun) / len(case.ids) for case in did_not()]
    assert sum(uniform) / len(uniform) < 0.05


def test_the_noun_is_always_named_last():
    """So the rival cannot be told apart on these stories."""
    assert all(case.noun.max() > case.other.max() for case in told())


def test_another_sentence_does_not_mislead_it():
    assert all(case.noun.max() < case.other.max() for case in did_not(AFTER))
    assert right(AFTER)[0] > 0.9
    _, to_noun, to_other = attention(AFTER)
    assert to_noun.mean(0)[LAYER, HEAD] > 0.8 > 0.2 > to_other.mean(0)[LAYER, HEAD]


def test_named_last_is_not_enough():
    assert all(case.noun.max() > case.other.max() for case in did_not(BEFORE))
    assert 0.45 < right(BEFORE)[0] < 0.75


def test_cues_apart_are_a_coin_toss():
    for broken in (BETWEEN, BEFORE):
        mine, others = right(broken)
        assert 0.35 < mine < 0.75 and others > 0.25 and mine + others > 0.95


def test_one_control_would_have_misled_us():
    assert right(BESIDE)[0] > 0.85


def test_exchanging_the_noun_exchanges_the_guess():
    for case in did_not()[::4]:
        ids = case.ids.clone()
        ids[case.noun.max()] = ids[case.other.max()]
        assert gpt2.forward(PARAMS, CONFIG, ids)[-1].argmax().item() == case.others


def test_it_before_its_verb_looks_at_the_verb():
    kinds = {}
    for case in told():
        row = trace(PARAMS, CONFIG, case.ids)[f"h.{LAYER}.attention"][HEAD, -1]
        kinds.setdefault(case.words, []).append((row[case.noun].sum(), row[case.verb].sum()))
    noun, verb = torch.tensor(kinds["it"]).mean(0)
    assert len(kinds["it"]) > 30 and noun < 0.05 and verb > 0.85
    for words in ("it did not", "it will"):
        assert torch.tensor(kinds[words])[:, 0].mean() > 0.9


@cache
def everywhere():
    """Of twenty stories: how far every head looks back, what it gives to itself, to the word before
    and, in the first sentence, to the first token; means, (n_layer, n_head) each.
    """
    found = []
    for case in did_not()[:20]:
        patterns, T = probes.attention_patterns(PARAMS, CONFIG, case.ids), len(case.ids)
        distance = (torch.arange(T)[:, None] - torch.arange(T)).clamp(min=0)
        end = case.ids.tolist().index(TOKENIZER.encode(".")[0])
        found.append(
            torch.stack(
                [
                    (patterns * distance).sum(-1).mean(-1),
                    patterns.diagonal(dim1=-2, dim2=-1)[..., 1:].mean(-1),
                    patterns.diagonal(-1, -2, -1).mean(-1),
                    patterns[..., 1:end, 0].mean(-1),
                ]
            )
        )
    return torch.stack(found).mean(0)


def test_layer_0_looks_far():
    back = everywhere()[0].mean(-1)
    assert back[0] == back.max() and back[2] == back.min() and back[0] > 2 * back[2]


def test_a_head_rests():
    first = everywhere()[3][1]
    assert first.max() > 0.85 and first.topk(2).values[1] < 0.7


def test_no_head_always_looks_one_back():
    _, itself, before, _ = everywhere()
    assert itself.max() < 0.4 and before.max() < 0.4
