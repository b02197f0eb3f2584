"""Lesson 09, second half: its two tasks, what its exercises promise, and its figures."""

import json
import re
from pathlib import Path
from xml.etree import ElementTree

import pytest
import torch

from tests.exercises import references
from utils import gpt2, music, stories, tasks, training
from utils.checkpoint import load
from utils.figures import inside_and_beyond as figures

lesson = references("09_inside_and_beyond")

NOTEBOOK = Path(__file__).parents[2] / "solutions" / "09_inside_and_beyond.ipynb"


def test_every_line_of_a_summary_is_true():
    """Held against the world that the teller keeps: what it noted as said of each thing."""
    checked = set()
    for story in stories.generate(11, 300):
        line = tasks.summary(story.text)
        for thing, place in re.findall(r"The (\w+) was in the (\w+)\.", line):
            assert (thing, place) in story.pairs
            checked.add("place")
        for who, thing in re.findall(r"(\w+) got the (\w+)\.", line):
            assert f"gave the {thing} to {who}" in story.text
            checked.add("gift")
        for thing in re.findall(r"mended the (\w+)\.", line):
            answers = {r.answer for r in story.references if r.kind == "it"}
            does = {t.name: {t.does, t.did} for t in stories.MACHINES}[thing]
            assert answers & does
            checked.add("repair")
        for harm in re.findall(r"would not ([^.]+)\.", line):
            assert harm in stories.HARMS
            checked.add("rule")
        for place in re.findall(r"Something was in the (\w+)\.", line):
            assert place in stories.PLACES
            checked.add("noise")
    assert checked == {"place", "gift", "repair", "rule", "noise"}


def test_summaries_go_with_their_stories_and_leave_songs_and_secrets_out():
    pairs = tasks.summaries(5, 60)
    assert [text for text, _ in pairs] == [story.text for story in stories.generate(5, 60)]
    assert all(line.count(".") <= 2 for _, line in pairs)
    assert tasks.summary("Nothing that it knows.") == ""


def test_the_french_agrees():
    pairs = tasks.translations()
    assert len(set(pairs)) == len(pairs) == 600
    french = dict(pairs)
    assert french["The white bell is in the garden."] == "La cloche blanche est dans le jardin."
    assert french["The green boat is in the forest."] == "Le bateau vert est dans la forêt."
    assert pairs == tasks.translations() != tasks.translations(seed=1)


def test_the_masked_view_has_the_shares_of_the_paper():
    generator = torch.Generator().manual_seed(0)
    ids = torch.randint(1000, (400, 100), generator=generator)
    u, v = torch.rand(2, 400, 100, generator=generator)
    before = ids.clone()
    inputs, labels = lesson.masked_language_model_view(ids, u, v, torch.full_like(ids, 5000), 9999)
    chosen = labels != -100
    assert torch.equal(ids, before) and torch.equal(labels[chosen], ids[chosen])
    assert torch.equal(inputs[~chosen], ids[~chosen])
    assert abs(chosen.float().mean() - 0.15) < 0.01
    for value, share in ((9999, 0.8), (5000, 0.1)):
        assert abs((inputs[chosen] == value).float().mean() - share) < 0.02


@pytest.fixture(scope="module")
def bundled():
    return load("bundled")


def test_only_the_answer_counts(bundled):
    params, config, _ = bundled
    inputs, targets = lesson.as_one_sequence([5, 6, 7, 8], [15, 16], 90, 91, 50)
    assert len(inputs) == len(targets) == 7
    logp = gpt2.forward(params, config, torch.tensor(inputs)).log_softmax(-1)
    by_hand = -(logp[4, 15] + logp[5, 16] + logp[6, 91]) / 3
    loss = training.loss(params, config, torch.tensor([inputs]), torch.tensor([targets]))
    assert torch.isclose(loss, by_hand, atol=1e-4)


def test_every_key_of_a_roll_is_named():
    from matplotlib import pyplot as plt

    for spread in (1, 7):  # neighbours among the notes, near together and far apart
        notes = [
            music.Note(pitch, 0, 10, 20)
            for pitch in (60 - 3 * spread, 60, 61, 62, 63, 60 + 3 * spread)
        ]
        figure, axes = plt.subplots()
        figures._roll(axes, notes, ["black"] * len(notes))
        near, far = axes.get_yticks(), axes.get_yticks(minor=True)
        assert {*near, *far} == {note.pitch for note in notes} and not {*near} & {*far}
        assert (
            spread == 1
            or min(abs(a - b) for some in (near, far) for a in some for b in some if a != b) >= 2
        )
        plt.close(figure)


def test_the_predictions_are_computed():
    assert lesson.predict_without_mask() == "worse"
    assert lesson.predict_events() == 10


def test_the_exercise_and_the_module_write_the_same_events():
    for tune in music.tunes(2, 30):
        assert lesson.music_to_events([tuple(note) for note in reversed(tune)]) == music.encode(
            tune
        )


(TUNE,) = music.tunes(3, 1)
PICTURES = {
    "two_ends": lambda: figures.two_ends(
        {"a": torch.eye(2), "b": torch.eye(2) / 2}, ["… not ring", "… not shine"], ["bell", "lamp"]
    ),
    "sequences": lambda: figures.sequences(
        [
            (["a"] * 20 + ["<to>", "b"], [""] * 20 + ["b", "end"]),
            (["a", "<to>", "b"], ["", "b", "end"]),
        ],
        "<to>",
    ),
    "article": lambda: figures.article(*tasks.summaries(4, 1)[0]),
    "kinds_of_events": lambda: figures.kinds_of_events(music.KINDS),
    "phrase": lambda: figures.phrase(TUNE, music.encode(TUNE)),
    "one_hot_columns": lambda: figures.one_hot_columns(torch.eye(388)[:, [376, 60, 305, 188]]),
    "piano_roll": lambda: figures.piano_roll(TUNE, TUNE[0].end),
    "piano_roll, half of it written": lambda: figures.piano_roll(
        TUNE, TUNE[0].end, heard=2 * TUNE[0].end
    ),
    "surprise_roll": lambda: figures.surprise_roll(TUNE, [0.1] * len(TUNE), TUNE[0].end),
    "attention_over_notes": lambda: figures.attention_over_notes(
        TUNE, {len(TUNE) - 1: [0.5] + [0.01] * (len(TUNE) - 1)}, TUNE[0].end
    ),
}


@pytest.mark.parametrize("name", PICTURES)
def test_a_picture_is_whole_and_says_what_it_shows(name):
    picture = PICTURES[name]()
    ElementTree.fromstring(picture.svg)
    assert len(picture.alt) > 60 and len(picture.svg) < 120_000
    assert picture.svg == PICTURES[name]().svg


def test_the_alt_texts_hold_the_numbers():
    assert (
        "note 0 (" in PICTURES["attention_over_notes"]().alt
        and "0.50" in PICTURES["attention_over_notes"]().alt
    )
    assert "376, 60, 305, 188" in PICTURES["one_hot_columns"]().alt
    assert "128 note-on from 0" in PICTURES["kinds_of_events"]().alt
    assert "bell 1.00, lamp 0.00" in PICTURES["two_ends"]().alt


def test_the_sound_in_the_lesson_is_small():
    notebook = json.loads(NOTEBOOK.read_text(encoding="utf-8"))
    sounds = [
        "".join(output["data"]["text/html"])
        for cell in notebook["cells"]
        for output in cell.get("outputs", [])
        if "<audio" in "".join(output.get("data", {}).get("text/html", ""))
    ]
    assert len(sounds) == 2 and all(len(sound) < 200_000 for sound in sounds)
