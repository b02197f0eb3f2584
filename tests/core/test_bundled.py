"""The bundled model: the hub's format, and as good as data/README.md says."""

import hashlib
import json
import re
from dataclasses import asdict
from pathlib import Path

import pytest
import torch

from utils import bpe, bundled, checkpoint, gpt2, probes, sampling, stories, training

FOLDER = Path(__file__).parents[2] / "data" / "bundled_gpt2"
FACTS = json.loads((FOLDER / "training.json").read_text("utf-8"))
PARAMS, CONFIG, TOKENIZER = checkpoint.load("bundled")
HELD_OUT = stories.generate(5, 120, held_out=True)  # another seed than that of the facts
END = TOKENIZER.special[stories.END]


def test_the_folder_is_complete_small_and_undamaged():
    files = {path.name: path for path in FOLDER.iterdir()}
    assert set(files) == {
        "config.json",
        "model.safetensors",
        "vocab.json",
        "merges.txt",
        "training.json",
        "SHA256SUMS",
        "tensors.json",
    }
    assert sum(path.stat().st_size for path in files.values()) <= 8_000_000
    sha256, name = files["SHA256SUMS"].read_text("utf-8").split()
    assert hashlib.sha256(files[name].read_bytes()).hexdigest() == sha256
    assert checkpoint.verify(PARAMS, CONFIG) == []


@pytest.mark.parametrize("name", ["bundled_gpt2", "sorting_gpt2"])
def test_data_readme_lists_the_files_as_they_are(name):
    text = (FOLDER.parent / "README.md").read_text("utf-8")
    section = text[text.index(f"## {name}/") :].split("\n## ")[0]
    rows = [[cell.strip(" `") for cell in line.split("|")] for line in section.splitlines()]
    listed = {row[1]: (row[3].replace(",", ""), row[4]) for row in rows if len(row) == 6}
    for path in (FOLDER.parent / name).iterdir():
        data = path.read_bytes()
        assert listed[path.name] == (str(len(data)), hashlib.sha256(data).hexdigest()), path


@pytest.mark.slow
def test_transformers_loads_it_unchanged_and_says_the_same():
    transformers = pytest.importorskip(
        "transformers", reason="the comparison needs transformers (requirements-dev.txt)"
    )
    model, notes = transformers.GPT2LMHeadModel.from_pretrained(
        FOLDER, dtype=torch.float32, output_loading_info=True
    )
    # The head is wte again (tied), so that a file without it misses nothing.
    assert not set(notes["missing_keys"]) - {"lm_head.weight"}
    assert not notes["unexpected_keys"] and not notes["mismatched_keys"]
    for story in HELD_OUT[:5]:
        ids = training.document(TOKENIZER, story)
        with torch.no_grad():
            theirs = model.eval()(ids[None]).logits[0]
        ours = gpt2.forward(PARAMS, CONFIG, ids)
        torch.testing.assert_close(ours, theirs, rtol=1e-4, atol=1e-4)


def test_transformers_cuts_text_into_the_same_tokens():
    transformers = pytest.importorskip(
        "transformers", reason="the comparison needs transformers (requirements-dev.txt)"
    )
    theirs = transformers.AutoTokenizer.from_pretrained(FOLDER)
    odd = ["", "  two  spaces", "naïve 🤖 robots\n", "I'm 42", "Zzyzx unknown-word"]
    for text in [*(story.text for story in HELD_OUT), *odd]:
        ids = TOKENIZER.encode(text)
        assert theirs(text)["input_ids"] == ids
        assert theirs.decode(ids, clean_up_tokenization_spaces=False) == text
    assert theirs(stories.END)["input_ids"] == [END]


def test_the_facts_are_those_of_the_command_in_the_code():
    settings = [json.loads(json.dumps(asdict(s))) for s in (bundled.SETTINGS, bundled.SECOND)]
    assert [FACTS["settings"], FACTS["second"]["settings"]] == settings
    assert FACTS["stories"]["count"] == bundled.STORIES
    assert bundled.CONFIG.items() <= asdict(CONFIG).items()
    assert FACTS["vocabulary"] == CONFIG.vocab_size == TOKENIZER.vocab_size
    assert FACTS["parameters"] == gpt2.count_parameters(CONFIG) <= 1_200_000


@pytest.mark.slow
def test_the_vocabulary_is_what_byte_pair_encoding_learns_from_the_stories():
    told = stories.generate(bundled.SETTINGS.seed, bundled.VOCABULARY_STORIES)
    text = stories.END.join(story.text for story in told)
    assert bpe.train(text, 10_000, special=[stories.END]).tokens == TOKENIZER.tokens


def test_the_loss_on_held_out_stories_is_near_the_floor():
    floor = stories.entropy_floor(HELD_OUT, TOKENIZER.encode)
    batches = training.story_batches(TOKENIZER, HELD_OUT)
    excess = training.evaluate(PARAMS, CONFIG, batches) - floor
    assert 0 < excess <= 0.10 and FACTS["held_out"]["excess"] <= 0.02
    assert FACTS["held_out"]["excess"] == pytest.approx(excess, abs=0.03)


@pytest.mark.slow
def test_referring_words_find_what_they_refer_to():
    right = probes.reference_accuracy(PARAMS, CONFIG, TOKENIZER, HELD_OUT)
    tokens, _ = training.long_text(TOKENIZER, stories.generate(0, 3000))
    guesses = probes.bigram_guesses(tokens, CONFIG.vocab_size)
    bigram = probes.reference_accuracy({}, CONFIG, TOKENIZER, HELD_OUT, guesses)
    for kind in ("it", "such", "place"):
        assert right[kind] >= 0.90, kind
        assert bigram[kind] <= 0.25, kind
        assert FACTS["references"][kind]["accuracy"] >= 0.90
    for kind, fact in FACTS["references"].items():
        few = 0.25 if kind == "who" else 0.15  # some twenty coin tosses
        assert fact["accuracy"] == pytest.approx(right[kind], abs=few), kind


@pytest.mark.slow
def test_it_is_right_where_another_machine_is_named_beside():
    for sentence in bundled.SENTENCES:
        some = stories.generate(6, 60, held_out=True, broken=sentence)
        assert probes.it_accuracy(PARAMS, CONFIG, TOKENIZER, some) >= 0.9, sentence
        assert FACTS["it"][sentence] >= 0.9


def test_the_second_stage_tells_nothing_in_new_tokens():
    seen = {i for story in HELD_OUT for i in TOKENIZER.encode(story.text)}
    for sentence in bundled.SENTENCES:
        text = " " + sentence.format(noun="fan", other="bell")
        assert set(TOKENIZER.encode(text)) <= seen, sentence


def test_heads_are_what_the_facts_say_they_are():
    scores = probes.head_scores(PARAMS, CONFIG, TOKENIZER, HELD_OUT[:40])
    for what in ("previous token", "induction", "name", "it", "such", "place"):
        fact = FACTS["heads"][what]
        assert fact["score"] >= 0.3 and fact["score"] > 8 * fact["uniform"], what
        table, _ = scores[what]
        again = table[fact["layer"], fact["head"]].item()
        assert again == pytest.approx(fact["score"], abs=0.1), what
        assert again > table.max() - 0.05, what  # no other head is clearly better


@pytest.mark.slow
def test_what_it_writes_are_stories():
    """Most samples are stories that the generator itself could have told, but for the sentences of
    the second stage.
    """
    again = [
        re.compile(sentence.format(noun=r"(\w+)", other=r"\w+")) for sentence in bundled.SENTENCES
    ]
    told = 0
    for seed in range(10):
        ids = []
        for token in sampling.generate(PARAMS, CONFIG, [END], 250, seed=seed):
            if token == END:
                break
            ids.append(token)
        text = TOKENIZER.decode(ids)
        for sentence in again:
            text = sentence.sub(stories.BROKEN.format(noun=r"\1"), text)
        told += stories.ways(text) == 1
    assert told >= 6
