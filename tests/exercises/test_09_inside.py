"""Lesson 09, its first half: the instruments agree with the model, and with each other."""

import ast
import hashlib
import json
from dataclasses import asdict

import pytest
import torch
from safetensors.torch import save_file

from tests.exercises import references
from utils import build, checkpoint, gpt2, probes, stories, training
from utils.exercises.inside_and_beyond.predict_depths import known_by_depth
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


def test_the_recorded_heads_are_found_again():
    for what in ("induction", "it", "name", "place"):
        total, rows = torch.zeros(CONFIG.n_layer, CONFIG.n_head), 0
        for story in STORIES[:30]:
            ids = training.document(TOKENIZER, story)
            wanted = probes.right_places(TOKENIZER, ids, story).get(what)
            if wanted is not None:
                n = wanted.any(-1).sum()
                total += n * lesson.attention_from_head(
                    probes.attention_patterns(PARAMS, CONFIG, ids[:-1]), wanted
                )
                rows += n
        fact = RECORDED[what]
        assert divmod((total / rows).argmax().item(), CONFIG.n_head) == (
            fact["layer"],
            fact["head"],
        )
        assert (total / rows).max().item() == pytest.approx(fact["score"], abs=0.1)


def test_the_finder_follows_no_line_of_other_words():
    """Where head 3.2 looks and what the model guesses, when a line of a song is sung again."""

    def follows(line):
        song = (
            "Far away, near the sea, lived Aunt Mira the baker and Robot Bim. Robot Bim knew "
            "only one song: "
            f'"{line}." The birds in the garden listened. "{line}'
        )
        ids, n = (
            torch.tensor([CONFIG.eos_token_id, *TOKENIZER.encode(song)]),
            len(TOKENIZER.encode(line)),
        )
        assert TOKENIZER.decode(ids[-n:].tolist()) == line
        first = next(i for i in range(len(ids)) if torch.equal(ids[i : i + n], ids[-n:]))
        looks = probes.attention_patterns(PARAMS, CONFIG, ids)[
            3, 2, range(len(ids) - n, len(ids) - 1), range(first + 1, first + n)
        ]
        right = gpt2.forward(PARAMS, CONFIG, ids)[-n:-1].argmax(-1) == ids[1 - n :]
        return looks.mean().item(), right.float().mean().item()

    for line in ("Moon river silver apple", "Thunder button honey feather"):
        looks, right = follows(line)
        assert looks > 0.7 and right == 1
    for line in ("Moon tower kettle boat", "Thunder garden bell stable"):
        looks, right = follows(line)
        assert looks < 0.2 and right < 0.5


def test_what_the_lesson_says_of_silent_heads_holds_for_other_stories_too():
    ids, places = probes.asked(TOKENIZER, STORIES)
    assert all(len(rows) >= 10 for rows, _ in places.values())
    whole = probes.share_right(PARAMS, CONFIG, ids, places)
    assert min(whole.values()) > 0.97

    def without(*heads):
        params = PARAMS
        for layer, head in heads:
            params = lesson.ablate_head(params, layer, head, CONFIG.n_head)
        return probes.share_right(params, CONFIG, ids, places)

    finder = without((3, 2))
    assert finder["place"] < 0.3 and finder["line"] < 0.6  # broken
    assert (
        0.75 < finder["it"] < 1 and finder["name"] > 0.97
    )  # not broken, though the head looks there
    assert without((0, 0))["robot"] < 0.2
    assert (
        without((0, 0))["it"] > 0.97 and without((0, 0), (3, 2))["it"] < 0.75
    )  # only both together


def test_names_are_known_early_and_places_late():
    known = known_by_depth()
    assert known["robot"][0] == 0 and known["robot"][1] > 0.8
    assert max(known["place"][:-1]) < 0.1 and known["place"][-1] > 0.97


def test_what_is_asked_for_goes_through_two_heads():
    asks = (
        "Aunt Mira was a baker who lived near the sea. She shared the house with Robot Rix. Aunt "
        "Mira put the key in the "
        "garden and the coin in the tower. A week went by. Then Aunt Mira needed the "
        '{0}. "Where is the {0}?" she asked. '
        '"The {0} is in the'
    )
    first, second = (
        torch.tensor([CONFIG.eos_token_id, *TOKENIZER.encode(asks.format(thing))])
        for thing in ("coin", "key")
    )
    tower, garden = (TOKENIZER.encode(" " + place)[0] for place in ("tower", "garden"))

    def lead(seen):
        return (seen["logits"][-1, tower] - seen["logits"][-1, garden]).item()

    def looks(seen):  # of 3.2, from the last word to tower and garden
        at = [first.tolist().index(place) for place in (tower, garden)]
        return seen["h.3.attention"][2, -1, at].tolist()

    seen = trace(PARAMS, CONFIG, first)
    high, low = lead(seen), lead(trace(PARAMS, CONFIG, second))
    assert low < 0 < high
    for layer, head, least, most in ((2, 2, 0.6, 1.1), (3, 2, 0.8, 1.1), (3, 0, -0.1, 0.1)):
        patched = trace(PARAMS, CONFIG, second, {(layer, head): seen[f"h.{layer}.heads"][head]})
        assert least < (lead(patched) - low) / (high - low) < most
        if layer == 2:  # only the other head's find was exchanged, and 3.2 looks elsewhere
            assert looks(trace(PARAMS, CONFIG, second))[1] > 0.9 and looks(patched)[0] > 0.6


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
    exec(sources[0][0], space)
    for source in sources[0][1:]:  # of what came before, the functions alone
        defined = [node for node in ast.parse(source).body if isinstance(node, ast.FunctionDef)]
        exec(compile(ast.Module(defined, []), "<cell>", "exec"), space)
    for source in sources[1]:
        exec(compile(source, "<cell>", "exec"), space)
    assert space["source"] == "gpt2" and space["score"].shape == (fake.n_layer, fake.n_head)
    said = capsys.readouterr().out
    assert (
        "the model of the last cells: gpt2" in said and "a summary" in said and "where?" not in said
    )
