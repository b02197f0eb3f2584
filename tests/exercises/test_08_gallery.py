"""Lesson 08 with what a learner brings: refused, saved again, of text or not, tied or not."""

import json
import sys
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file, save_file

from utils import bpe, checkpoint, gpt2
from utils.figures.loading_gpt2_weights import Known

ROOT = Path(__file__).parents[2]
SOURCES = [
    "".join(cell["source"])
    for cell in json.loads(
        (ROOT / "solutions" / "08_loading_gpt2_weights.ipynb").read_text("utf-8")
    )["cells"]
    if cell["cell_type"] == "code"
]
# Each cell by some words that stand in it alone.
START = ("import functools\n", "source, place = present()")
OPENED = ("def read_header(", "bytes 0 to 7", "by_hand = ", "'name in the file'")
FINISHED = ("path = assemble(", "import my_gpt2", "def write(")
GALLERY = ("figures.Known(", "begin = ")


def cell(words):
    [source] = [source for source in SOURCES if words in source]
    return source


@pytest.fixture
def lesson(monkeypatch):
    """run(*words of cells) -> what they defined; brought: the name in the gallery's first cell."""
    monkeypatch.chdir(ROOT / "solutions")
    space = {"__name__": "__main__"}

    def run(*cells, brought="sorting"):
        for words in cells:
            source = cell(words).replace('brought = "sorting"\ntry', f"brought = {brought!r}\ntry")
            exec(compile(source, f"<{words}>", "exec"), space)
        return space

    yield run
    sys.modules.pop("my_gpt2", None)


@pytest.fixture
def finished(lesson):
    """The lesson up to my_gpt2 and `write`."""
    space = lesson(*START)
    space["stored"] = load_file(space["place"] / "model.safetensors")
    lesson(*FINISHED)
    return lesson


def folder_of(config, folder, tokenizer=None, **more):
    params = {name: 3 * p for name, p in gpt2.init(config, seed=1).items()}
    folder.mkdir(exist_ok=True)
    save_file(params | more, folder / "model.safetensors")
    said = checkpoint.configs.words(config)
    (folder / "config.json").write_text(json.dumps(said))
    if tokenizer:
        tokenizer.save(folder)
    return params


def test_a_refused_file_is_said_and_the_bundled_model_steps_in(
    lesson, tmp_path, monkeypatch, capsys
):
    folder_of(gpt2.Config(n_positions=16, n_embd=4, n_layer=2, n_head=2), tmp_path)
    monkeypatch.setattr(checkpoint, "find", lambda name: tmp_path)
    space = lesson(*START, *OPENED)
    assert space["source"] == "bundled" and space["config"].n_layer == 4
    said = capsys.readouterr().out
    assert "is not the file it should be" in said and "runs on the bundled model." in said


def test_a_file_saved_again_runs_in_the_first_cells(lesson, tmp_path, monkeypatch, capsys):
    """With a prefix on every name, as transformers saves it; known by its tensors."""
    config = gpt2.Config(n_positions=16, n_embd=4, n_layer=2, n_head=2)
    params = folder_of(config, tmp_path)
    again = {f"transformer.{name}": p for name, p in params.items()}
    save_file(again, tmp_path / "model.safetensors")
    facts = {**checkpoint.published()["gpt2"], "n_positions": 16, "n_embd": 4, "n_layer": 2}
    monkeypatch.setattr(checkpoint, "published", lambda: {"gpt2": facts | {"n_head": 2}})
    monkeypatch.setattr(checkpoint, "find", lambda name: tmp_path)
    hashes = checkpoint.known.fingerprints(params)
    monkeypatch.setattr(checkpoint.known, "tensor_facts", lambda source: hashes)
    space = lesson(*START, *OPENED)
    said = capsys.readouterr().out
    assert space["source"] == "gpt2" and "the model of this lesson: gpt2" in said
    assert "the same as the library reads: True" in " ".join(said.split())
    assert "transformer.h.0.mlp.c_fc.weight" in said and "transformer.h.1.ln_1" not in said


def test_the_model_that_sorts_runs_on_the_learners_functions(finished, capsys):
    finished(*GALLERY)
    assert "written: [3, 3, 7, 12]" in capsys.readouterr().out


def test_other_models_are_described_and_go_on(finished, tmp_path, capsys):
    tokenizer = bpe.train("In the beginning was the word. " * 9, 270, special=["<|endoftext|>"])
    rows = tokenizer.vocab_size
    config = gpt2.Config(rows, 16, 8, 1, 2, eos_token_id=rows - 1)
    folder_of(config, tmp_path / "text", tokenizer)
    folder_of(gpt2.Config(7, 24, 8, 1, 2, eos_token_id=None), tmp_path / "ids")
    untied = gpt2.Config(7, 24, 8, 1, 2, eos_token_id=None, tie_word_embeddings=False)
    params = folder_of(untied, tmp_path / "untied")
    said = {}
    for kind in ("text", "ids", "untied"):
        space = finished(*GALLERY, brought=str(tmp_path / kind))
        said[kind] = capsys.readouterr().out
        assert space["brought"] == str(tmp_path / kind)
        shown = Known(kind, space["other"], space["shape"], space["words"])
        assert "fingerprints: none published" in repr(shown)
        assert ("its own (lm_head)" in shown._repr_html_()) == (kind == "untied")
    assert "given:   In the beginning" in said["text"] and "given:   [0]" in said["ids"]
    assert "the course's functions run it" in said["untied"] and "course" not in said["ids"]
    greedy = [0]
    for _ in range(20):
        greedy.append(gpt2.forward(params, untied, greedy)[-1].argmax().item())
    assert f"written: {greedy[1:]}" in said["untied"]


def test_a_refused_folder_gives_a_sentence_and_the_model_that_sorts(finished, tmp_path, capsys):
    (tmp_path / "llama").mkdir()
    (tmp_path / "llama" / "config.json").write_text('{"model_type": "llama"}')
    space = finished(*GALLERY, brought=str(tmp_path / "llama"))
    said = capsys.readouterr().out
    assert "describes a llama, not a GPT-2." in said and "written: [3, 3, 7, 12]" in said
    assert space["brought"] == "sorting"


def test_the_table_says_what_is_known():
    params, config, tokenizer = checkpoint.load()
    shown = repr(Known("bundled", params, config, tokenizer))
    assert "fingerprints: 52 of 52 as published" in shown and "tokenizer: byte pairs" in shown
    changed = params | {"ln_f.bias": params["ln_f.bias"] + torch.tensor(1.0)}
    assert "51 of 52 as published" in repr(Known("mine", changed, config, tokenizer))
