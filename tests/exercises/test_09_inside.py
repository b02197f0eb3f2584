"""Lesson 09, its first half: the instruments agree with the model, and with each other."""

import ast
import hashlib
import json
from dataclasses import asdict

import torch
from safetensors.torch import save_file

from tests.exercises import references
from utils import build, checkpoint, gpt2, stories, training
from utils.trace import streams, trace

lesson = references("09_inside_and_beyond")

PARAMS, CONFIG, TOKENIZER = checkpoint.load("bundled")
RECORDED = json.loads((checkpoint.DATA / "bundled_gpt2" / "training.json").read_text("utf-8"))[
    "heads"
]
STORIES = stories.generate(7, 60, held_out=True)  # another seed than the lesson's
DOCUMENT = training.document(TOKENIZER, STORIES[0])


def test_the_lens_at_the_top_is_the_models_logits():
    seen = trace(PARAMS, CONFIG, DOCUMENT)
    at_each_depth = streams(seen, CONFIG.n_layer)
    lens = lesson.logit_lens(
        at_each_depth, PARAMS["ln_f.weight"], PARAMS["ln_f.bias"], PARAMS["wte.weight"]
    )
    assert lens.shape == (CONFIG.n_layer + 1, len(DOCUMENT), CONFIG.vocab_size)
    torch.testing.assert_close(
        lens[-1], gpt2.forward(PARAMS, CONFIG, DOCUMENT), rtol=1e-4, atol=1e-4
    )
    assert (lens[0].argmax(-1) == DOCUMENT).float().mean() > 0.9  # below, a token says only itself


def test_a_silent_head_is_a_head_that_found_nothing():
    for layer, head in ((0, 0), (3, 2)):
        nothing = {(layer, head): torch.zeros(len(DOCUMENT), CONFIG.n_embd // CONFIG.n_head)}
        expected = trace(PARAMS, CONFIG, DOCUMENT, nothing)["logits"]
        silent = lesson.ablate_head(PARAMS, layer, head, CONFIG.n_head)
        torch.testing.assert_close(
            gpt2.forward(silent, CONFIG, DOCUMENT), expected, rtol=1e-4, atol=1e-4
        )


def test_a_heads_own_find_changes_nothing_and_another_texts_does():
    seen = trace(PARAMS, CONFIG, DOCUMENT)
    same = trace(PARAMS, CONFIG, DOCUMENT, {(2, 2): seen["h.2.heads"][2]})
    assert torch.equal(same["logits"], seen["logits"])
    other = trace(PARAMS, CONFIG, DOCUMENT.flip(0))
    patched = trace(PARAMS, CONFIG, DOCUMENT, {(2, 2): other["h.2.heads"][2]})
    assert torch.equal(patched["h.1.residual"], seen["h.1.residual"])
    assert not torch.allclose(patched["logits"], seen["logits"], atol=0.1)


def test_the_last_cells_where_gpt2_is_present(tmp_path, monkeypatch, capsys):
    """A file with OpenAI's names and vocabulary, but random numbers: the same cells run it, and say
    which model it is.
    """
    fake = gpt2.Config(n_positions=128, n_embd=4, n_layer=2, n_head=2)
    (tmp_path / "gpt2").mkdir()
    save_file(gpt2.init(fake, seed=5), tmp_path / "gpt2" / "model.safetensors")
    facts = checkpoint.published()
    sha256 = hashlib.sha256((tmp_path / "gpt2" / "model.safetensors").read_bytes()).hexdigest()
    facts["gpt2"] |= asdict(fake) | {"sha256": sha256, "parameters": gpt2.count_parameters(fake)}
    monkeypatch.setattr(checkpoint, "DATA", tmp_path)
    monkeypatch.setattr(checkpoint, "published", lambda: facts)
    monkeypatch.syspath_prepend(str(build.ROOT))

    cells = build.read(build.ROOT / "solutions" / "09_inside_and_beyond.ipynb").cells
    section = next(
        i for i, cell in enumerate(cells) if cell.source.startswith("## With the real weights")
    )
    sources = [
        [cell.source for cell in some if cell.cell_type == "code"]
        for some in (cells[:section], cells[section:])
    ]
    space = {
        "__name__": "__main__",
        "asks": "It is in the",
        "home": "At home.",
        "song": "Moon river",
    }
    exec(sources[0][1], space)  # what is imported; the cell before finds the course
    for source in sources[0][2:]:  # of what came before, the functions alone
        defined = [node for node in ast.parse(source).body if isinstance(node, ast.FunctionDef)]
        exec(compile(ast.Module(defined, []), "<cell>", "exec"), space)
    for source in sources[1]:
        exec(compile(source, "<cell>", "exec"), space)
    assert space["source"] == "gpt2" and space["score"].shape == (fake.n_layer, fake.n_head)
    said = capsys.readouterr().out
    assert (
        "the model of the last cells: gpt2" in said and "a summary" in said and "where?" not in said
    )
