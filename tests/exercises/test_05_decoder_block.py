"""Lesson 05: a learner's stack is GPT-2, the counts are the published ones, and the ablations do
what the lesson says.
"""

import pytest
import torch
import transformers
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.exercises import references
from utils import ablation, checkpoint, gpt2, parts, post
from utils.figures import decoder_block as figures

lesson = references("05_decoder_block")


@settings(max_examples=15, deadline=None, derandomize=True)
@given(
    n_head=st.sampled_from([1, 2, 3]),
    head_size=st.sampled_from([1, 4, 5]),
    n_layer=st.integers(1, 12),
    length=st.integers(1, 12),
    seed=st.integers(0, 9),
)
def test_the_learners_forward_is_gpt2s(n_head, head_size, n_layer, length, seed):
    sizes = {"n_embd": n_head * head_size, "n_layer": n_layer, "n_head": n_head}
    config = gpt2.Config(vocab_size=23, n_positions=12, **sizes)
    params = {name: p.double() for name, p in parts.random_params(config, seed).items()}
    ids = torch.randint(23, (length,), generator=torch.Generator().manual_seed(seed))
    learners = lesson.gpt2_forward(params, ids, n_layer, n_head)
    assert torch.allclose(learners, gpt2.forward(params, config, ids), rtol=1e-5, atol=1e-5)
    model = transformers.GPT2LMHeadModel(
        transformers.GPT2Config(
            vocab_size=23, n_positions=12, bos_token_id=None, eos_token_id=None, **sizes
        )
    )
    model.double().transformer.load_state_dict(params)
    with torch.no_grad():
        theirs = model.eval()(ids[None]).logits[0]
    assert torch.allclose(learners, theirs, rtol=1e-5, atol=1e-5)


def test_layer_norm_and_gelu_are_pytorchs():
    torch.manual_seed(0)
    x, weight, bias = torch.randn(2, 5, 7), torch.randn(7), torch.randn(7)
    theirs = torch.nn.functional.layer_norm(x, (7,), weight, bias, 1e-5)
    assert torch.allclose(lesson.layer_norm(x, weight, bias), theirs, atol=1e-6)
    theirs = torch.nn.functional.gelu(x, approximate="tanh")
    assert torch.allclose(lesson.gelu(x), theirs, atol=1e-6)


def test_counts_are_the_published_ones():
    for facts in checkpoint.published().values():
        counted = lesson.count_parameters(50257, 1024, facts["n_embd"], facts["n_layer"])
        assert counted == facts["parameters"]


def test_what_the_posts_table_lacks():
    listed = post.listed_parameters()
    missing = lesson.missing_parameters(listed, gpt2.shapes(gpt2.Config()))
    assert sum(listed.values()) == 124_410_624
    assert sum(missing.values()) == 29_184 == 12 * 2304 + 2 * 768
    assert len(missing) == 14


def test_only_the_encoder_sees_the_future():
    config = gpt2.Config(vocab_size=5, n_positions=6, n_embd=8, n_layer=1, n_head=2)
    params = parts.random_params(config, 0)
    block = {n.removeprefix("h.0."): p for n, p in params.items() if n.startswith("h.0.")}
    x = torch.randn(6, 8, generator=torch.Generator().manual_seed(0))
    changed = x.clone()
    changed[-1] *= -1
    for function, leaks in ((lesson.decoder_block, False), (lesson.encoder_block, True)):
        moved = (function(x, block, 2) - function(changed, block, 2))[:-1].abs().max()
        assert (moved > 1e-4) == leaks


def test_with_nothing_missing_the_ablation_model_is_gpt2():
    params = ablation.init(ablation.CONFIG, 3)
    ids = ablation.rows(4, torch.Generator().manual_seed(0))[:, :-1]
    ours = ablation.forward(params, ablation.CONFIG, ids)
    assert torch.allclose(ours, gpt2.forward(params, ablation.CONFIG, ids), atol=1e-4)
    for part in ablation.PARTS[1:]:
        without = ablation.forward(params, ablation.CONFIG, ids, part)
        assert not torch.allclose(ours, without, atol=1e-2), part


def test_an_ablation_is_the_same_again():
    assert ablation.train("mask", seed=7, steps=9) == ablation.train("mask", seed=7, steps=9)
    with pytest.raises(ValueError, match="without must be one of"):
        ablation.train("attention", seed=0)


def test_figures_say_their_numbers():
    picture = figures.memory(
        {"gpt2": {"to run": 0.498, "to train": 1.99}, "b": {"to run": 1, "to train": 2}}
    )
    assert "to run 0.5" in picture.alt
    picture = figures.survival({"pre-LN": [1.0, 0.75, 0.5]})
    assert "0.75 after one block, 0.50 after 2" in picture.alt
