"""Music as 388 events: there and back, by the numbers of the paper, and as sound."""

import doctest
import hashlib
import io
import wave

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from utils import music
from utils.music import Note

EVENTS = st.lists(st.integers(0, music.EVENTS - 1), max_size=60)


@st.composite
def playable(draw):
    """Notes on a few keys, none of them struck while it is down; with gaps, chords and
    repetitions.
    """
    notes = []
    for pitch in draw(st.lists(st.integers(0, 127), max_size=4, unique=True)):
        now = 0
        for _ in range(draw(st.integers(1, 4))):
            start = now + draw(st.sampled_from([0, 0, 1, 40, 100, 101, 350]))
            now = start + draw(st.sampled_from([1, 25, 99, 100, 101, 200, 1000]))
            notes.append(Note(pitch, start, now, draw(st.integers(0, 31))))
    return draw(st.permutations(notes))


def in_order(notes):
    return sorted(notes, key=lambda note: (note.start, note.pitch))


def test_the_examples_in_its_docstrings():
    assert doctest.testmod(music).failed == 0


def test_the_numbers_are_those_of_the_paper():
    assert music.EVENTS == 388
    assert {kind: many for kind, (_, many) in music.KINDS.items()} == {
        "note-on": 128,
        "note-off": 128,
        "time-shift": 100,
        "velocity": 32,
    }
    assert [music.split(e) for e in (0, 127, 128, 255, 256, 355, 356, 387)] == [
        ("note-on", 0),
        ("note-on", 127),
        ("note-off", 0),
        ("note-off", 127),
        ("time-shift", 1),
        ("time-shift", 100),
        ("velocity", 0),
        ("velocity", 31),
    ]


@settings(deadline=None, max_examples=150)
@given(playable())
def test_what_is_encoded_is_decoded_exactly(notes):
    events = music.encode(notes)
    assert all(0 <= e < 388 for e in events)
    assert music.decode(events) == in_order(notes)


@settings(deadline=None, max_examples=150)
@given(EVENTS)
def test_any_events_can_be_decoded_and_played_again(events):
    notes = music.decode(events)
    assert music.decode(music.encode(notes)) == notes


def test_the_order_of_events_at_one_moment():
    events = music.encode([(67, 0, 30, 5), (60, 0, 30, 5), (60, 30, 60, 9), (72, 30, 60, 9)])
    assert events == [361, 60, 67, 285, 188, 195, 365, 60, 72, 285, 188, 200]


@pytest.mark.parametrize(
    "gap, shifts", [(1, [1]), (100, [100]), (101, [100, 1]), (250, [100, 100, 50])]
)
def test_long_gaps_need_several_shifts(gap, shifts):
    assert music.encode([(60, gap, gap + 1, 20)])[: len(shifts)] == [255 + s for s in shifts]


@pytest.mark.parametrize(
    "events, notes",
    [
        ([188], []),  # a key that was not down
        ([60, 188], []),  # no length
        ([60, 265], [Note(60, 0, 10, 20)]),  # never let go
        (
            [60, 265, 60, 275, 188],
            [Note(60, 0, 10, 20), Note(60, 10, 30, 20)],
        ),  # struck again while down
        ([], []),
    ],
)
def test_what_a_model_may_make_up(events, notes):
    assert music.decode(events) == notes


@pytest.mark.parametrize(
    "note",
    [
        (128, 0, 1, 0),
        (-1, 0, 1, 0),
        (60, 0, 0, 0),
        (60, 5, 4, 0),
        (60, -1, 4, 0),
        (60, 0, 1, 32),
        (60.0, 0, 1, 0),
        (60, 0.5, 1, 0),
        (True, 0, 1, 0),
        (60, 0),
        60,
        "C4",
    ],
)
def test_a_note_that_cannot_be_played_is_refused_in_one_sentence(note):
    for function in (music.encode, music.synthesise):
        with pytest.raises(ValueError) as refused:
            function([note])
        message = str(refused.value)
        assert message.endswith(".") and message.count(". ") == 0 and "\n" not in message


def test_a_key_cannot_be_struck_while_it_is_down():
    with pytest.raises(ValueError, match="Pitch 60 begins at tick 5"):
        music.encode([(60, 0, 10, 20), (60, 5, 15, 20)])


@pytest.mark.parametrize("event", [-1, 388, 1.5, "60", None, True])
def test_what_is_no_event_is_refused(event):
    for function in (music.split, music.describe, lambda e: music.decode([e])):
        with pytest.raises(ValueError, match="event"):
            function(event)


def test_a_wav_file_that_others_can_read():
    data = music.wav([Note(69, 0, 100, 31)], rate=8000)
    with wave.open(io.BytesIO(data)) as file:
        assert (file.getnchannels(), file.getsampwidth(), file.getframerate()) == (1, 2, 8000)
        samples = np.frombuffer(file.readframes(file.getnframes()), "<i2")
    assert len(samples) == 8640  # a second and 80 ms to fade
    loudest = np.abs(np.fft.rfft(samples[:8000])).argmax()  # Hz: one second has a line for each
    assert loudest == 440
    assert 0.5 < np.abs(samples).max() / 32767 <= 0.9
    assert abs(int(samples[0])) < 100 and abs(int(samples[-1])) < 100  # no click


def test_high_notes_do_not_come_out_as_others():
    pitch = 112  # 5274 Hz, above half of 8000
    assert np.abs(music.synthesise([Note(pitch, 0, 50)], rate=8000)).max() == 0
    spectrum = np.abs(
        np.fft.rfft(music.synthesise([Note(100, 0, 92)], rate=8000))
    )  # 2637 Hz; its overtones are too high
    hertz = np.arange(len(spectrum)) * 8000 / 8000
    assert spectrum[np.abs(hertz - 2637) > 60].max() < 0.05 * spectrum.max()


def test_sounds_add_up_without_clipping_and_silence_is_silent():
    chord = [Note(pitch, 0, 50, 31) for pitch in range(40, 80)]
    assert np.abs(music.synthesise(chord)).max() <= 0.9 + 1e-9
    assert np.abs(music.synthesise([])).max(initial=0) == 0
    quiet, loud = (np.abs(music.synthesise([Note(60, 0, 50, level)])).max() for level in (3, 31))
    assert quiet < loud / 4


@pytest.mark.parametrize("rate", [0, 999, -8000, 10**9, 8000.5, "8000"])
def test_a_rate_that_makes_no_sense_is_refused(rate):
    with pytest.raises(ValueError, match="[Rr]ate"):
        music.wav([Note(60, 0, 10)], rate=rate)


def test_tunes_are_the_same_everywhere():
    events = b"".join(bytes(str(music.encode(tune)), "ascii") for tune in music.tunes(0, 20))
    assert hashlib.sha256(events).hexdigest()[:16] == "787acf1b64d02fcd"
    assert list(music.tunes(3, 5)) == list(music.tunes(3, 5)) != list(music.tunes(4, 5))


def test_tunes_have_the_form_that_their_docstring_promises():
    for tune in music.tunes(7, 50):
        bar = tune[0].end
        bass = [n for n in tune if n.level == 14]
        assert [(n.start, n.end) for n in bass] == [(i * bar, (i + 1) * bar) for i in range(4)]
        melody = [[n for n in tune if n.level != 14 and n.start // bar == i] for i in range(4)]
        rhythm = [
            [(n.start - i * bar, n.end - i * bar) for n in bar_] for i, bar_ in enumerate(melody)
        ]
        assert rhythm[0] == rhythm[1] == rhythm[3]
        assert [n.pitch for n in melody[0]] == [
            n.pitch for n in melody[3]
        ]  # over the same bass note
        assert melody[0][0].pitch < melody[1][0].pitch
        assert len(music.encode(tune)) <= 64  # the lesson's rows
