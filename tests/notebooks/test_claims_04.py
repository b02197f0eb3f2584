"""What lesson 04 says about the bundled model, measured again on stories that it does not show."""

from functools import cache

import torch

from utils import bundled, checkpoint, gpt2, probes, stories
from utils.trace import trace

PARAMS, CONFIG, TOKENIZER = checkpoint.load("bundled")
LAYER, HEAD = 3, 2
SEEDS = (21, 22)  # the lesson's is 1
AFTER = "But the {noun} was broken. They left it near the {other}"
BETWEEN = "But the {noun} with the {other} was broken"
BEFORE = "But by the {other} the {noun} was broken"
FALLS = "But the {noun} by the {other} was broken"


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


def right(broken):
    """How often the guess is what the right machine does."""
    return sum(
        gpt2.forward(PARAMS, CONFIG, case.ids)[-1].argmax().item() == case.does
        for case in did_not(broken)
    ) / len(did_not(broken))


def test_from_it_no_head_looks_at_the_noun():
    from_it, _, _ = attention()
    assert len(from_it) > 60
    assert from_it.mean(0).max() < 0.25


def test_from_not_one_head_looks_at_the_noun():
    _, to_noun, to_other = attention()
    mean = to_noun.mean(0)
    assert divmod(mean.argmax().item(), CONFIG.n_head) == (LAYER, HEAD)
    assert mean.max() > 0.95 > mean.flatten().topk(2).values[1]
    assert mean[2].topk(2).values.min() > 0.5
    assert to_other.mean(0)[LAYER, HEAD] < 0.05
    uniform = [len(case.noun) / len(case.ids) for case in did_not()]
    assert sum(uniform) / len(uniform) < 0.05


def test_the_noun_is_always_named_last():
    """So the rival cannot be told apart on these stories."""
    assert all(case.noun.max() > case.other.max() for case in told())


def test_no_simple_rule_fits_all_rows():
    """Which machine each rule takes, from the texts alone."""
    but, the, was = (TOKENIZER.encode(word)[0] for word in (" But", " the", " was"))
    for broken, last_named, first_after_but, before_was in (
        (AFTER, False, True, True),
        (BETWEEN, False, True, False),
        (BEFORE, True, False, True),
    ):
        for case in did_not(broken):
            ids = case.ids.tolist()
            noun, other = ids[case.noun[-1]], ids[case.other[-1]]
            after = ids[len(ids) - 1 - ids[::-1].index(but) :]
            named = [i for i in after if i in (noun, other)]
            assert (named[-1] == noun) == last_named
            assert (named[0] == noun) == first_after_but
            assert (after[after.index(was) - 1] == noun) == before_was


def test_the_hypothesis_stands():
    for broken in (AFTER, BETWEEN, BEFORE):
        assert not {broken} & set(bundled.SENTENCES)
        assert right(broken) > 0.9
        _, to_noun, to_other = attention(broken)
        assert to_noun.mean(0)[LAYER, HEAD] > 0.5 > to_other.mean(0)[LAYER, HEAD]


def test_one_word_and_it_falls():
    assert FALLS not in bundled.SENTENCES
    guesses = [gpt2.forward(PARAMS, CONFIG, case.ids)[-1].argmax() for case in did_not(FALLS)]
    others = [guess == case.others for guess, case in zip(guesses, did_not(FALLS))]
    assert right(FALLS) < 0.15 and sum(others) / len(others) > 0.85


def test_other_words_in_its_place_do_no_harm():
    for words in ("with", "near", "behind", "next to"):
        assert right(FALLS.replace("by", words)) > 0.9
    assert not [sentence for sentence in bundled.SENTENCES if "{noun} by" in sentence]
    assert [sentence for sentence in bundled.SENTENCES if " by " in sentence]


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
