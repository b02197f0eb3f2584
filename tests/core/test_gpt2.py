"""GPT-2's forward pass: against transformers, against itself cached, and what it refuses."""

import ast
import doctest
import inspect
import math
from dataclasses import replace

import pytest
import torch
import transformers
from hypothesis import given, settings
from hypothesis import strategies as st

from utils import gpt2, packing, sampling
from utils.packing import by_rows, half, int8, two_halves
from utils.trace import trace

SMALL = gpt2.Config(vocab_size=61, n_positions=24, n_embd=24, n_layer=3, n_head=4)
UNTIED = replace(SMALL, tie_word_embeddings=False)  # its logits' matrix is not wte


def random_params(config, seed=0):
    """Far from how training starts: biases, gains and scores are large enough to matter."""
    generator = torch.Generator().manual_seed(seed)
    return {
        name: p + 0.2 * torch.randn(p.shape, generator=generator)
        for name, p in gpt2.init(config, seed).items()
    }


def random_ids(config, *shape, seed=0):
    generator = torch.Generator().manual_seed(seed)
    return torch.randint(config.vocab_size, shape, generator=generator)


def transformers_model(config, params):
    names = ("vocab_size", "n_positions", "n_embd", "n_layer", "n_head", "n_inner")
    shape = {name: getattr(config, name) for name in (*names, "tie_word_embeddings")}
    model = transformers.GPT2LMHeadModel(
        transformers.GPT2Config(**shape, bos_token_id=None, eos_token_id=None)
    )
    body = dict(params)
    if not config.tie_word_embeddings:
        model.lm_head.weight.data = body.pop("lm_head.weight").clone()
    model.transformer.load_state_dict(body)  # strict: every name, no other
    return model.eval()


@settings(max_examples=25, deadline=None, derandomize=True)
@given(
    n_head=st.sampled_from([1, 2, 3, 5]),
    head_size=st.sampled_from([1, 2, 7, 8]),
    n_layer=st.integers(1, 4),
    n_inner=st.sampled_from([None, 10]),
    batch=st.integers(1, 3),
    length=st.integers(1, 16),
    seed=st.integers(0, 9),
)
def test_equals_transformers(n_head, head_size, n_layer, n_inner, batch, length, seed):
    config = gpt2.Config(
        vocab_size=31,
        n_positions=16,
        n_embd=n_head * head_size,
        n_layer=n_layer,
        n_head=n_head,
        n_inner=n_inner,
    )
    params = random_params(config, seed)
    ids = random_ids(config, batch, length, seed=seed)
    ours = gpt2.forward(params, config, ids)
    with torch.no_grad():
        theirs = transformers_model(config, params)(ids).logits
    assert ours.shape == (batch, length, 31)
    assert torch.allclose(ours, theirs, rtol=0, atol=1e-5)


def test_a_head_of_its_own_is_honoured_everywhere():
    """Forward, cache, packed and traced; and greedily beside transformers."""
    params, ids = random_params(UNTIED), random_ids(UNTIED, 2, 12)
    assert list(params)[-1] == "lm_head.weight"
    assert gpt2.count_parameters(UNTIED) == gpt2.count_parameters(SMALL) + 61 * 24
    model = transformers_model(UNTIED, params)
    with torch.no_grad():
        theirs = model(ids).logits
    tied = gpt2.forward({k: p for k, p in params.items() if k != "lm_head.weight"}, UNTIED, ids)
    assert (theirs - tied).abs().max() > 1  # it makes a difference
    cache = gpt2.Cache(UNTIED, batch=2)
    steps = [gpt2.forward(params, UNTIED, part, cache) for part in ids.split(5, dim=1)]
    with torch.inference_mode():
        rows = gpt2.forward(by_rows(params), UNTIED, ids)
    ways = [gpt2.forward(params, UNTIED, ids), torch.cat(steps, 1), rows]
    for ours in (*ways, trace(params, UNTIED, ids)["logits"]):
        assert torch.allclose(ours, theirs, rtol=0, atol=1e-5)
    assert type(int8(params)["lm_head.weight"]).__name__ == "Int8"
    near = gpt2.forward(int8(params), UNTIED, ids)
    assert (near - theirs).std() < 0.05 * theirs.std()
    chosen = dict(max_new_tokens=9, do_sample=False, pad_token_id=0)
    written = model.generate(ids[:1], attention_mask=torch.ones(1, 12), **chosen)
    ours = list(sampling.generate(params, UNTIED, ids[0], 9, temperature=0))
    assert ours == written[0, 12:].tolist()


def test_everything_is_computed_where_the_params_are():
    """The device "meta" has shapes and no numbers, and like a GPU does not mix with the CPU."""
    params = {name: p.to("meta") for name, p in gpt2.init(SMALL).items()}
    cache = gpt2.Cache(SMALL, device="meta")
    assert gpt2.forward(params, SMALL, [1, 2, 3]).device.type == "meta"
    assert gpt2.forward(params, SMALL, [1, 2, 3], cache).device.type == "meta"
    assert sampling._next_logits(params, SMALL, torch.tensor([4]), cache).device.type == "meta"
    assert trace(params, SMALL, [[1, 2]])["logits"].device.type == "meta"
    with pytest.raises(NotImplementedError):  # so a cache elsewhere would be noticed
        gpt2.forward(params, SMALL, [1], gpt2.Cache(SMALL))


def test_gradients_equal_transformers():
    params = {k: p.requires_grad_() for k, p in random_params(SMALL).items()}
    ids = random_ids(SMALL, 2, 20)
    model = transformers_model(SMALL, params)
    for logits in (gpt2.forward(params, SMALL, ids), model(ids).logits):
        torch.nn.functional.cross_entropy(logits[:, :-1].mT, ids[:, 1:]).backward()
    theirs = dict(model.transformer.named_parameters())
    assert theirs.keys() == params.keys()
    for name, p in params.items():
        assert torch.allclose(p.grad, theirs[name].grad, rtol=1e-4, atol=1e-5), name


def test_one_text_is_a_batch_of_one():
    params, ids = random_params(SMALL), random_ids(SMALL, 3, 10)
    batch = gpt2.forward(params, SMALL, ids)
    for row, logits in zip(ids, batch):
        one = gpt2.forward(params, SMALL, row)
        assert one.shape == (10, 61)
        assert torch.allclose(one, logits, rtol=0, atol=1e-5)
    assert gpt2.forward(params, SMALL, ids[0].tolist()).equal(gpt2.forward(params, SMALL, ids[0]))


def test_the_past_does_not_see_the_future():
    params, ids = random_params(SMALL), random_ids(SMALL, 12)
    before = gpt2.forward(params, SMALL, ids)
    ids[8] = (ids[8] + 1) % SMALL.vocab_size
    after = gpt2.forward(params, SMALL, ids)
    assert before[:8].equal(after[:8])
    assert not torch.isclose(before[8:], after[8:], atol=1e-4).all(-1).any()


@pytest.mark.parametrize("chunk", [1, 2, 5, 24])
@pytest.mark.parametrize("batch", [None, 1, 3])
def test_cached_equals_uncached_at_every_step(chunk, batch):
    params = random_params(SMALL)
    ids = random_ids(SMALL, *([batch] if batch else []), 24)
    cache = gpt2.Cache(SMALL, batch or 1)
    seen = 0
    for part in ids.split(chunk, dim=-1):
        logits = gpt2.forward(params, SMALL, part, cache)
        seen += part.shape[-1]
        whole = gpt2.forward(params, SMALL, ids[..., :seen])
        assert cache.length == seen
        assert torch.allclose(logits, whole[..., -part.shape[-1] :, :], rtol=0, atol=1e-5)


def test_refused_ids_leave_the_cache_as_it_was():
    params, ids = random_params(SMALL), random_ids(SMALL, 20)
    cache = gpt2.Cache(SMALL)
    gpt2.forward(params, SMALL, ids[:10], cache)
    for wrong in ([61], random_ids(SMALL, 15), random_ids(SMALL, 2, 3)):
        with pytest.raises(ValueError):
            gpt2.forward(params, SMALL, wrong, cache)
    rest = gpt2.forward(params, SMALL, ids[10:], cache)
    whole = gpt2.forward(params, SMALL, ids)
    assert torch.allclose(rest, whole[10:], rtol=0, atol=1e-5)


@pytest.mark.parametrize(
    "ids, sentence",
    [
        ([0, 61], "between 0 and 60 .* from 0 to 61"),
        ([-1, 3], "from -1 to 3"),
        ([0.0, 1.0], "integers .* not torch.float32"),
        ([True], "integers .* not torch.bool"),
        ([], r"T >= 1, not \(0,\)"),
        (3, r"not \(\)"),
        ([[[1]]], r"not \(1, 1, 1\)"),
        ([1] * 25, "at most 24 tokens .* these are 25"),
    ],
)
def test_refuses_with_a_sentence(ids, sentence):
    with pytest.raises(ValueError, match=sentence):
        gpt2.forward(random_params(SMALL), SMALL, ids)


def test_config_refuses_what_cannot_be_built():
    with pytest.raises(ValueError, match="n_embd = 10 cannot be split into n_head = 4"):
        gpt2.Config(n_embd=10, n_head=4)
    for wrong in (0, -1, "12", 1.5, True):
        with pytest.raises(ValueError, match="n_layer must be an integer above 0"):
            gpt2.Config(n_layer=wrong)
        if wrong is not True:
            with pytest.raises(ValueError, match="tie_word_embeddings must be True or False"):
                gpt2.Config(tie_word_embeddings=wrong)
    with pytest.raises(ValueError, match="n_inner must be an integer above 0 or None"):
        gpt2.Config(n_inner=0)


@pytest.mark.parametrize(
    "n_embd, n_layer, n_head, parameters",
    [
        (768, 12, 12, 124_439_808),
        (1024, 24, 16, 354_823_168),
        (1280, 36, 20, 774_030_080),
        (1600, 48, 25, 1_557_611_200),
    ],
)
def test_counts_the_published_parameters(n_embd, n_layer, n_head, parameters):
    config = gpt2.Config(n_embd=n_embd, n_layer=n_layer, n_head=n_head)
    assert gpt2.count_parameters(config) == parameters


def test_shapes_are_those_of_the_weights():
    params = gpt2.init(SMALL)
    assert {k: tuple(p.shape) for k, p in params.items()} == gpt2.shapes(SMALL)
    assert sum(p.numel() for p in params.values()) == gpt2.count_parameters(SMALL)


def test_init_is_seeded_and_starts_near_uniform():
    config = gpt2.Config(vocab_size=500, n_positions=64, n_embd=64, n_layer=4, n_head=4)
    params, again, other = gpt2.init(config, 1), gpt2.init(config, 1), gpt2.init(config, 2)
    assert all(params[name].equal(again[name]) for name in params)
    assert not params["wte.weight"].equal(other["wte.weight"])
    assert math.isclose(params["wte.weight"].std(), 0.02, rel_tol=0.02)
    assert math.isclose(params["h.2.mlp.c_proj.weight"].std(), 0.02 / math.sqrt(8), rel_tol=0.05)
    ids = random_ids(config, 4, 64)
    loss = torch.nn.functional.cross_entropy(
        gpt2.forward(params, config, ids)[:, :-1].mT, ids[:, 1:]
    )
    assert math.isclose(loss, math.log(500), abs_tol=0.05)


@pytest.mark.parametrize("shape", [(1,), (17,), (3, 24)])
def test_trace_ends_in_the_same_logits(shape):
    params, ids = random_params(SMALL), random_ids(SMALL, *shape)
    seen = trace(params, SMALL, ids)
    assert torch.allclose(seen["logits"], gpt2.forward(params, SMALL, ids), rtol=0, atol=1e-5)


def test_trace_equals_what_transformers_shows():
    params, ids = random_params(SMALL), random_ids(SMALL, 2, 15)
    model = transformers_model(SMALL, params)
    model.set_attn_implementation("eager")  # the one that returns attentions
    theirs = model(ids, output_attentions=True, output_hidden_states=True)
    seen = trace(params, SMALL, ids)
    for i, attention in enumerate(theirs.attentions):
        ours = seen[f"h.{i}.attention"]
        assert ours.shape == (2, 4, 15, 15)
        assert torch.allclose(ours, attention, rtol=0, atol=1e-5)
    streams = [seen["residual"], *(seen[f"h.{i}.residual"] for i in range(2)), seen["ln_f"]]
    for ours, hidden in zip(streams, theirs.hidden_states, strict=True):
        assert torch.allclose(ours, hidden, rtol=0, atol=1e-5)


def test_trace_adds_up():
    params, ids = random_params(SMALL), random_ids(SMALL, 9)
    seen = trace(params, SMALL, ids)
    assert torch.equal(seen["tokens"] + seen["positions"], seen["residual"])
    x = seen["residual"]
    for i in range(SMALL.n_layer):
        block = {k.removeprefix(f"h.{i}."): v for k, v in seen.items()}
        assert torch.allclose(block["attention"].sum(-1), torch.ones(4, 9))
        assert block["attention"].triu(1).count_nonzero() == 0
        assert torch.allclose(block["heads"], block["attention"] @ block["v"])
        x = x + block["attn"] + block["mlp"]
        assert torch.allclose(x, seen[f"h.{i}.residual"], atol=1e-5)


@pytest.mark.parametrize("fbgemm", [packing.FBGEMM, False])  # False: on other than x86
@pytest.mark.parametrize("pack, far", [(half, 2e-3), (int8, 0.05)])
def test_packed_is_close_and_smaller(pack, far, fbgemm, monkeypatch):
    monkeypatch.setattr(packing, "FBGEMM", fbgemm)
    config = gpt2.Config(
        vocab_size=300, n_positions=32, n_embd=64, n_layer=2, n_head=4, eos_token_id=None
    )
    params, ids = random_params(config), random_ids(config, 2, 30)
    small = pack(params)
    exact, near = gpt2.forward(params, config, ids), gpt2.forward(small, config, ids)
    assert near.shape == exact.shape and not near.equal(exact)
    assert (near - exact).std() < far * exact.std()
    cache, exact = gpt2.Cache(config), exact[0]
    steps = [gpt2.forward(small, config, part, cache) for part in ids[0].split(1)]
    assert (torch.cat(steps) - exact).std() < far * exact.std()
    assert len(list(sampling.generate(small, config, [1, 2], 8))) == 8
    assert params["wte.weight"].dtype == torch.float32  # the old ones are left alone


@pytest.mark.parametrize("pack", [by_rows, two_halves, half, int8])
def test_packing_is_refused_where_there_is_no_cpu(pack):
    params = {name: p.to("meta") for name, p in random_params(SMALL).items()}
    with pytest.raises(ValueError, match="Packing is for the CPU, and these params are on meta"):
        pack(params)


@pytest.mark.parametrize("there", [True, False])
@pytest.mark.parametrize("pack", [by_rows, two_halves])
def test_by_rows_and_in_two_halves_the_logits_are_the_same(pack, there, monkeypatch):
    if not there:  # as torch for Apple's processors
        monkeypatch.setattr(torch.backends.mkldnn, "is_available", lambda: False)
        monkeypatch.setattr(packing, "FBGEMM", False)
    params, ids = random_params(SMALL), random_ids(SMALL, 2, 9)
    params["h.0.mlp.c_fc.weight"][0, :3] = torch.tensor([3e4, 1e-9, -0.1])
    rows, cache = pack(params), gpt2.Cache(SMALL, batch=2)
    with torch.inference_mode():
        exact = gpt2.forward(params, SMALL, ids)
        assert torch.allclose(gpt2.forward(rows, SMALL, ids), exact, atol=1e-5)
        steps = [gpt2.forward(rows, SMALL, part, cache) for part in ids.split(1, dim=1)]
        assert torch.allclose(torch.cat(steps, 1), exact, atol=1e-5)
    chosen = dict(max_new_tokens=5, temperature=0)
    ours, plain = (list(sampling.generate(p, SMALL, [1, 2], **chosen)) for p in (rows, params))
    assert ours == plain


def test_docstring_examples():
    assert doctest.testmod(gpt2).failed == 0


def test_the_forward_pass_fits_on_one_screen():
    """At most 60 lines of code; blank lines, comments and docstrings are not counted."""
    names = ("Cache", "forward", "transformer", "unembed", "attention", "mlp")
    source = [inspect.getsource(getattr(gpt2, n)) for n in (*names, "linear", "layer_norm")]
    tree = ast.parse("\n".join(source))
    for node in ast.walk(tree):
        if isinstance(node, (ast.FunctionDef, ast.ClassDef)) and ast.get_docstring(node):
            del node.body[0]
    lines = [line for line in ast.unparse(tree).splitlines() if line.strip()]
    assert 40 <= len(lines) <= 60
