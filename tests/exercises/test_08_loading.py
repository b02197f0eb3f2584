"""Lesson 08: its functions on real files, `my_gpt2.py`, and the whole lesson where OpenAI's weights
seem to be present.
"""

import hashlib
import importlib.util
import json
import math
import shutil
from pathlib import Path

import nbformat
import pytest
import torch
from safetensors.torch import load_file

from tests.core.hub import safetensors_bytes
from tests.exercises import references
from utils import bpe, checkpoint, facts, gpt2, parts, progress, training
from utils.figures.loading_gpt2_weights import Comparison, Written
from utils.progress import kept

lesson = references("08_loading_gpt2_weights")

ROOT = Path(__file__).parents[2]
BUNDLED = ROOT / "data" / "bundled_gpt2"
SMALL = gpt2.Config(vocab_size=30, n_positions=8, n_embd=12, n_layer=11, n_head=3)
# OpenAI's vocabulary, so that its tokenizer fits; everything else is small.
FAKE = gpt2.Config(n_positions=256, n_embd=4, n_layer=2, n_head=2)


def assembled(names):
    """(the module, the comment on its top) of what `assemble` writes."""
    path = progress.assemble(names, progress.folder() / "my_gpt2.py")
    spec = importlib.util.spec_from_file_location("assembled", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    top = [line for line in path.read_text("utf-8").splitlines() if line.startswith("#")]
    return module, " ".join(line.lstrip("# ") for line in top)


# ---- the exercises, on files as they are


@pytest.mark.parametrize("config", [SMALL, FAKE], ids=["small", "fake"])
def test_header_names_and_loader_on_a_file_as_openais(config, tmp_path):
    params = gpt2.init(config, seed=3)
    masks = {f"h.{i}.attn.bias": torch.ones(1, 1, 4, 4).tril() for i in range(config.n_layer)}
    data = safetensors_bytes(masks | params)
    header, start = lesson.read_header(data)
    assert set(header) == set(masks | params)
    begin, end = header["wpe.weight"]["data_offsets"]
    by_hand = torch.frombuffer(bytearray(data[start + begin : start + end]), dtype=torch.float32)
    assert by_hand.equal(params["wpe.weight"].flatten())
    (tmp_path / "model.safetensors").write_bytes(data)
    loaded = lesson.load_gpt2(load_file(tmp_path / "model.safetensors"), gpt2.shapes(config))
    assert loaded.keys() == params.keys() and all(loaded[n].equal(params[n]) for n in params)


def test_the_bundled_model_comes_out_as_the_courses_loader_has_it():
    params, config, _ = checkpoint.load("bundled")
    loaded = lesson.load_gpt2(load_file(BUNDLED / "model.safetensors"), gpt2.shapes(config))
    assert all(loaded[name].equal(p) for name, p in params.items())
    assert lesson.verify(loaded, facts.tensor_facts("bundled", config)) == (
        len(params),
        gpt2.count_parameters(config),
        [],
    )


def test_148_of_160_names_of_openais_file_are_parameters():
    names = list(gpt2.shapes(gpt2.Config()))
    assert lesson.drop_mask_buffers(names + [f"h.{i}.attn.bias" for i in range(12)]) == names
    known = facts.tensor_facts("gpt2", gpt2.Config())
    assert set(known) == set(names) and len(names) == 148
    assert sum(math.prod(fact["shape"]) for fact in known.values()) == 124_439_808
    assert all(len(fact["sha256"]) == 64 for fact in known.values())


def test_each_heads_matrix_and_the_turned_ones_compute_the_same():
    attention = references("04_masked_self_attention")
    project_qkv, split_heads = attention.project_qkv, attention.split_heads

    params, x = parts.random_params(SMALL, 0), torch.randn(4, SMALL.n_embd)
    weight = params["h.3.attn.c_attn.weight"]
    for pieces, whole in zip(
        lesson.split_c_attn(weight, 3), project_qkv(x, weight, torch.zeros(36))
    ):
        torch.testing.assert_close(x @ pieces, split_heads(whole, 3), rtol=1e-4, atol=1e-4)
    for name, turned in lesson.conv1d_to_linear(params).items():
        if ".c_" in name and name.endswith("weight"):
            x = torch.randn(2, params[name].shape[0])
            torch.testing.assert_close(
                torch.nn.functional.linear(x, turned), x @ params[name], rtol=1e-4, atol=1e-4
            )
        else:
            assert turned.equal(params[name])


def test_perplexity_is_the_exponential_of_the_trainings_loss():
    params, ids = parts.random_params(SMALL, 1), torch.arange(8 * 3 + 1) * 7 % 30
    rows = (ids[:-1].view(3, 8), ids[1:].view(3, 8))
    loss = training.evaluate(params, SMALL, [rows])
    assert math.log(
        lesson.perplexity_of_text(params, ids, SMALL.n_layer, SMALL.n_head)
    ) == pytest.approx(loss, rel=1e-4)


# ---- my_gpt2.py


def test_without_kept_functions_the_file_is_the_courses_and_is_gpt2():
    module, top = assembled(progress.PARTS)
    assert "Yours (0): none." in top and "gpt2_forward" in top and "until yours pass" in top
    params, ids = parts.random_params(SMALL, 2), torch.tensor([3, 29, 0, 3, 7])
    logits = module.gpt2_forward(params, ids, SMALL.n_layer, SMALL.n_head)
    torch.testing.assert_close(logits, gpt2.forward(params, SMALL, ids), rtol=1e-4, atol=1e-4)
    tokenizer = bpe.gpt2()
    text = "Zwei Roboter,  2 robots: it's 🤖"
    assert module.encode_text(text, tokenizer.ranks, tokenizer.special, []) == tokenizer.encode(
        text
    )
    assert module.decode(tokenizer.encode(text), tokenizer.tokens) == text
    assert not any(
        line.startswith(("from utils", "import utils"))
        for line in Path(module.__file__).read_text("utf-8").splitlines()
    )


def test_kept_functions_are_used_and_named():
    kept.put(
        "gelu",
        "import torch.nn.functional as F\n\n\ndef gelu(x):\n    return F.gelu(x, "
        "approximate='tanh') + 0 * x\n",
    )
    module, top = assembled(["gpt2_forward"])
    yours, theirs = top.split("The course's")
    assert "Yours (1): gelu." in yours and "gelu" not in theirs and "mlp" in theirs
    assert "F.gelu" in Path(module.__file__).read_text("utf-8")
    params, ids = parts.random_params(SMALL, 2), torch.tensor([3, 29, 0])
    logits = module.gpt2_forward(params, ids, SMALL.n_layer, SMALL.n_head)
    torch.testing.assert_close(logits, gpt2.forward(params, SMALL, ids), rtol=1e-4, atol=1e-4)


def test_two_parts_may_use_one_name_for_two_things():
    kept.put(
        "softmax",
        "import math as m\nimport torch\n\n\nK = 0\n\n\ndef helper(x):\n    return x - "
        "x.amax(-1, keepdim=True) + K\n\n\n"
        "def softmax(scores):\n    e = m.e ** helper(scores)\n    return e / e.sum(-1, "
        "keepdim=True)\n",
    )
    kept.put(
        "scale",
        "import cmath as m\n\n\nK = 0.5\n\n\ndef helper(d):\n    return d ** K\n\n\ndef "
        "softmax(x):\n    return None\n\n\n"
        "def scale(scores, d_k):\n    '''Two\n    lines.'''\n    return scores / helper(d_k) "
        "* m.exp(0).real\n",
    )
    module, top = assembled(["masked_attention"])
    assert "Yours (2): scale, softmax." in top or "Yours (2): softmax, scale." in top
    q, k, v = torch.randn(3, 5, 4)
    expected = torch.nn.functional.scaled_dot_product_attention(q, k, v, is_causal=True)
    torch.testing.assert_close(module.masked_attention(q, k, v), expected, rtol=1e-4, atol=1e-4)


def test_an_import_under_an_exercises_name_keeps_its_meaning():
    kept.put(
        "greedy",
        "from torch import softmax\n\n\ndef greedy(logits):\n    return softmax(logits, "
        "0).argmax().item()\n",
    )
    module, _ = assembled(["masked_attention", "greedy"])
    assert module.greedy(torch.tensor([0.0, 3.0, 1.0])) == 1
    q, k, v = torch.randn(3, 5, 4)
    expected = torch.nn.functional.scaled_dot_product_attention(q, k, v, is_causal=True)
    torch.testing.assert_close(module.masked_attention(q, k, v), expected, rtol=1e-4, atol=1e-4)


def test_a_kept_file_that_does_not_run_is_replaced_and_not_called_yours(capsys):
    kept.put("gelu", "def gelu(x:\n")
    module, top = assembled(["mlp"])
    assert "does not run" in capsys.readouterr().out
    assert "Yours (0)" in top and module.gelu(torch.zeros(1)).item() == 0


def test_what_a_kept_function_calls_beyond_what_is_needed_comes_along():
    kept.put(
        "greedy",
        "def greedy(logits):\n    return sample_id(temperature(logits, 1.0).softmax(0) * 0 + "
        "(logits == logits.max()), 0.0)\n",
    )
    module, _ = assembled(["greedy"])
    assert module.greedy(torch.tensor([0.0, 3.0, 1.0])) == 1


# ---- published figures


def test_facts_of_the_bundled_model_ask_for_what_was_recorded():
    params, config, tokenizer = checkpoint.load("bundled")
    known = facts.published_facts("bundled", config, tokenizer)
    kinds = [fact.kind for fact in known]
    assert kinds[:4] == ["tensors", "parameters", "sha256", "loss"] and set(kinds[4:]) == {"next"}
    said = json.loads((BUNDLED / "training.json").read_text("utf-8"))
    assert len(known) == 4 + len(said["references"])
    texts = known[3].given
    assert len(texts) == said["held_out"]["stories"]
    for ids, places in texts[:20]:
        assert ids[0] == ids[-1] == config.eos_token_id and len(ids) - 1 <= config.n_positions
        assert places == tuple(range(1, len(ids)))
    asked = {ids for fact in known[4:] for ids, _ in fact.given}
    assert asked <= {ids for ids, _ in texts}


def test_a_fact_holds_within_its_tolerance_and_only_there():
    fact = facts.Fact("loss", "loss", 5.3318, (), 0.0001)
    assert fact.holds(5.33185) and not fact.holds(5.3325) and not fact.holds(math.nan)
    greedy = facts.Fact("greedy", "greedy", (1, 2, 3), ((1,), 2))
    assert greedy.holds((1, 2, 3)) and not greedy.holds((1, 2))
    shown = Comparison("m", [fact, greedy], [9.0, (1, 2, 3)], lambda ids: f"<{ids}>")
    assert "1 of 2 agree" in repr(shown) and "FAIL  loss: 5.3318 / 9.0000" in repr(shown)
    assert "✗ fail" in shown._repr_html_() and "<[" not in shown._repr_html_()


def test_written_text_is_escaped_and_needs_a_probability_for_each_token():
    assert "<b>" not in Written([b"<b>", b" a"], [None, 0.25])._repr_html_().replace("<br>", "")
    with pytest.raises(ValueError, match="probability"):
        Written([b"a"], [])


# ---- both worlds


def code_cells():
    notebook = nbformat.read(ROOT / "solutions" / "08_loading_gpt2_weights.ipynb", 4)
    return [cell.source for cell in notebook.cells if cell.cell_type == "code"]


def test_nothing_is_downloaded_and_the_bundled_model_steps_in(monkeypatch):
    monkeypatch.setattr(checkpoint, "find", lambda name: None)
    monkeypatch.setattr(checkpoint, "fetch", lambda *_: pytest.fail("a download was tried"))
    assert facts.present() == ("bundled", BUNDLED)


@pytest.mark.slow
def test_the_whole_lesson_where_gpt2_is_present(tmp_path, monkeypatch, capsys):
    """A file with OpenAI's vocabulary and names, but random numbers: all runs, and the table does
    not pretend.
    """
    data = tmp_path / "data"
    for name in ("gpt2_facts", "sorting_gpt2"):
        shutil.copytree(ROOT / "data" / name, data / name)
    (data / "gpt2").mkdir()
    masks = {f"h.{i}.attn.bias": torch.ones(1, 1, 256, 256).tril() for i in range(FAKE.n_layer)}
    file = safetensors_bytes(masks | parts.random_params(FAKE, 5))
    (data / "gpt2" / "model.safetensors").write_bytes(file)
    facts = json.loads((data / "gpt2_facts" / "hub.json").read_text("utf-8"))["models"]
    facts["gpt2"] |= {
        "sha256": hashlib.sha256(file).hexdigest(),
        "parameters": gpt2.count_parameters(FAKE),
        "n_layer": FAKE.n_layer,
        "n_head": FAKE.n_head,
        "n_embd": FAKE.n_embd,
        "n_positions": FAKE.n_positions,
    }
    monkeypatch.setattr(checkpoint, "DATA", data)
    monkeypatch.setattr(checkpoint, "published", lambda: facts)
    monkeypatch.syspath_prepend(str(ROOT))
    monkeypatch.delitem(importlib.sys.modules, "my_gpt2", raising=False)
    space = {"__name__": "__main__"}
    for source in code_cells():
        exec(compile(source, "<cell>", "exec"), space)
    monkeypatch.delitem(importlib.sys.modules, "my_gpt2")
    said = capsys.readouterr().out
    assert "the model of this lesson: gpt2" in said and "True 148" in said
    table = Comparison("gpt2", space["facts"], space["computed"], space["decode"])
    verdict = {what: holds for what, *_, holds in table.rows}
    assert len(verdict) == 12
    assert [what for what, holds in verdict.items() if holds] == [
        "parameters",
        "sha256 of the file",
    ]
    assert space["differ"] and space["source"] == "gpt2"
