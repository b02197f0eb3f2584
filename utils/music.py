"""Music as a row of 388 kinds of events, so that a language model can write it.

An event is a number, as a token is:

    0 to 127     note-on: this pitch begins        (MIDI: 60 is middle C, 12 an octave)
    128 to 255   note-off: this pitch ends
    256 to 355   time-shift: 10 ms, 20 ms, … 1000 ms pass
    356 to 387   velocity: the loudness of the notes that begin from here on, 32 levels

Oore et al. 2018, "This time with feeling"; with these numbers: Huang et al. 2018, "Music
Transformer". All times here are whole ticks of 10 ms. `tunes` makes a corpus of our own,
`wav` lets it be heard.
"""

import io
import random
import wave
from typing import NamedTuple

import numpy as np

TICK = 0.01  # seconds
PITCHES, SHIFTS, LEVELS = 128, 100, 32
NOTE_OFF = PITCHES
TIME_SHIFT = NOTE_OFF + PITCHES
VELOCITY = TIME_SHIFT + SHIFTS
EVENTS = VELOCITY + LEVELS  # 388
KINDS = {  # of events: the first number, and how many
    "note-on": (0, PITCHES),
    "note-off": (NOTE_OFF, PITCHES),
    "time-shift": (TIME_SHIFT, SHIFTS),
    "velocity": (VELOCITY, LEVELS),
}
FIRST_LEVEL = 20  # the loudness until an event says another


class Note(NamedTuple):
    """One key of a piano, pressed and let go."""

    pitch: int  # 0 to 127
    start: int  # ticks of 10 ms
    end: int  # ticks, after start
    level: int = FIRST_LEVEL  # 0 to 31; MIDI's velocity is 4 times as fine


def encode(notes):
    """Notes, in any order -> a list of events. `decode` gives the notes back exactly.

    Wherever something happens: first the time-shifts up to there (the longest first),
    then note-offs, then note-ons, each from low to high, and before a note-on its velocity
    if that is another than before. ValueError for a note that cannot be written, and for
    one that begins while the same key is still down.

    >>> encode([Note(60, 0, 50, 20), Note(64, 50, 200, 20)])
    [376, 60, 305, 188, 64, 355, 305, 192]
    """
    notes = sorted(Note(*map(int, _checked(note))) for note in notes)
    for one, other in zip(notes, notes[1:]):
        if one.pitch == other.pitch and other.start < one.end:
            raise ValueError(
                f"Pitch {one.pitch} begins at tick {other.start}, but the note before it"
                f" on the same key ends only at {one.end}."
            )
    moments = [(n.end, 0, n.pitch, None) for n in notes]
    moments += [(n.start, 1, n.pitch, n.level) for n in notes]
    events, now, loudness = [], 0, None
    for time, begins, pitch, level in sorted(moments, key=lambda moment: moment[:3]):
        while now < time:
            step = min(SHIFTS, time - now)
            events.append(TIME_SHIFT + step - 1)
            now += step
        if not begins:
            events.append(NOTE_OFF + pitch)
            continue
        if level != loudness:
            events.append(VELOCITY + level)
            loudness = level
        events.append(pitch)
    return events


def decode(events):
    """Events -> notes, by start and pitch; also for events that a model made up.

    A note-off without its note-on says nothing. A note-on of a key that is down ends the
    note before it, and what is still down at the end ends there. A note that would
    have no length is left out. ValueError for a number that is no event.

    >>> decode([376, 60, 305, 188])
    [Note(pitch=60, start=0, end=50, level=20)]
    """
    notes, down, now, level = [], {}, 0, FIRST_LEVEL

    def let_go(pitch):
        start, loudness = down.pop(pitch)
        if now > start:
            notes.append(Note(pitch, start, now, loudness))

    for event in events:
        kind, value = split(event)
        if kind == "time-shift":
            now += value
        elif kind == "velocity":
            level = value
        else:
            if value in down:
                let_go(value)
            if kind == "note-on":
                down[value] = now, level
    for pitch in list(down):
        let_go(pitch)
    return sorted(notes, key=lambda note: (note.start, note.pitch))


def split(event):
    """An event's kind and value: (kind, pitch, ticks or level).

    >>> split(355)
    ('time-shift', 100)
    """
    event = _whole(event, "An event")
    if not 0 <= event < EVENTS:
        raise ValueError(f"An event must lie between 0 and {EVENTS - 1}, not {event}.")
    kind, first = next((k, n) for k, (n, many) in KINDS.items() if event < n + many)
    return kind, event - first + (kind == "time-shift")


def describe(event):
    """An event in words.

    >>> describe(60), describe(188), describe(305), describe(376)
    ('note-on C4', 'note-off C4', 'time-shift 500 ms', 'velocity 20')
    """
    kind, value = split(event)
    if kind == "time-shift":
        return f"{kind} {10 * value} ms"
    return f"{kind} {value if kind == 'velocity' else name(value)}"


def name(pitch):
    """A pitch as musicians call it: 60 -> "C4", 61 -> "C#4"."""
    octave, key = divmod(pitch, 12)
    return "C C# D D# E F F# G G# A A# B".split()[key] + str(octave - 1)


# ------------------------------------------------------------------ to be heard

PARTIALS = (1.0, 0.5, 0.3, 0.15, 0.08)  # loudness of the tone and its overtones


def synthesise(notes, rate=8000):
    """Notes -> samples (N,) between -1 and 1: a plain sound that fades, as of a piano.

    rate: samples per second. Each note is a sum of sines at the pitch and its multiples
    (A4 is 440 Hz), louder at its beginning; it dies away within 80 ms after its end.
    """
    if not 1000 <= _whole(rate, "The rate") <= 192_000:
        raise ValueError(f"The rate must be 1000 to 192000 samples a second, not {rate}.")
    notes = [Note(*map(int, _checked(note))) for note in notes]
    tail = 8  # ticks
    length = max((note.end for note in notes), default=0) + tail
    sound = np.zeros(round(length * TICK * rate))
    for note in notes:
        first = round(note.start * TICK * rate)
        held, fades = (note.end - note.start) * TICK, tail * TICK
        t = np.arange(round((held + fades) * rate)) / rate  # seconds since its start
        frequency = 440.0 * 2 ** ((note.pitch - 69) / 12)
        tone = np.zeros_like(t)
        for n, strength in enumerate(PARTIALS, 1):
            if n * frequency < rate / 2:  # what is higher would come out as another tone
                tone += strength * np.sin(2 * np.pi * n * frequency * t) * np.exp(-n * t)
        envelope = np.minimum(1, t / 0.005) * np.clip((held + fades - t) / fades, 0, 1)
        part = (note.level + 1) / LEVELS * tone * envelope
        sound[first : first + len(part)] += part[: len(sound) - first]
    return sound / max(1.0, np.abs(sound).max(initial=0.0) / 0.9)


def wav(notes, rate=8000):
    """Notes -> a WAV file as bytes, one channel of 16 bits: 16 kB a second at 8 kHz."""
    samples = np.round(32767 * synthesise(notes, rate)).astype("<i2")
    file = io.BytesIO()
    with wave.open(file, "wb") as out:
        out.setnchannels(1)
        out.setsampwidth(2)
        out.setframerate(rate)
        out.writeframes(samples.tobytes())
    return file.getvalue()


# ------------------------------------------------------------------ a corpus of our own

MAJOR = (0, 2, 4, 5, 7, 9, 11)  # the steps of a major scale, in half tones
RHYTHMS = ((1, 1, 2), (2, 1, 1), (1, 2, 1), (1, 1, 1, 1), (2, 2))  # of a bar of 4 beats
BASS = (0, 3, 4, 0)  # the degree that each of the four bars stands on
BEATS = (20, 24, 28)  # lengths of a beat, in ticks


def tunes(seed, count):
    """Little pieces of four bars over a bass, lists of `Note`, all drawn by chance.

    Each has a key, a tempo and two ideas of one bar: A A' B A'', where A' and A'' have
    the rhythm and the way of A, moved to the bar's bass note. So whoever has heard
    the first bar can know most of the second and the fourth. The same seed gives the
    same tunes on every machine.
    """
    chance = random.Random(seed).random

    def pick(options):
        return options[int(chance() * len(options))]

    for _ in range(count):
        tonic, beat = 60 + pick(range(-5, 7)), pick(BEATS)
        ideas = []
        for _ in range(2):
            rhythm, degree, way = pick(RHYTHMS), pick((0, 2, 4)), []
            for _ in rhythm:
                way.append(degree)
                degree += pick((-2, -1, 1, 2))
            ideas.append((rhythm, way))
        yield _tune(tonic, beat, (ideas[0], ideas[0], ideas[1], ideas[0]))


def _tune(tonic, beat, bars):
    notes = []
    for bar, (rhythm, way) in enumerate(bars):
        now, root = 4 * beat * bar, BASS[bar]
        notes.append(Note(_pitch(tonic - 24, root), now, now + 4 * beat, 14))
        for length, degree in zip(rhythm, way):
            end = now + length * beat
            notes.append(Note(_pitch(tonic, degree + root), now, end, 22))
            now = end
    return notes


def _pitch(tonic, degree):
    octave, step = divmod(degree, 7)
    return tonic + 12 * octave + MAJOR[step]


# ------------------------------------------------------------------ what is refused


def _checked(note):
    """The note, if it can be played; ValueError with one sentence if not."""
    try:
        note = Note(*note)
    except TypeError:
        raise ValueError(f"A note is (pitch, start, end, level), not {note!r}.") from None
    for value, what in zip(note, ("A pitch", "A start", "An end", "A level")):
        _whole(value, what)
    if not 0 <= note.pitch < PITCHES:
        raise ValueError(f"A pitch must lie between 0 and 127, not {note.pitch}.")
    if not 0 <= note.level < LEVELS:
        raise ValueError(f"A level must lie between 0 and 31, not {note.level}.")
    if not 0 <= note.start < note.end:
        raise ValueError(
            f"A note must start at tick 0 or later and end after its start, not"
            f" at {note.start} and {note.end}."
        )
    return note


def _whole(value, what):
    if isinstance(value, bool) or not hasattr(value, "__index__"):
        raise ValueError(f"{what} must be a whole number, not {value!r}.")
    return value
