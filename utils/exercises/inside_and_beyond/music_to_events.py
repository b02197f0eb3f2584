"""Turn notes into events: note-on, note-off, time-shift and velocity."""

from utils import music
from utils.exercises import Case, Exercise


def music_to_events(notes):
    moments = []
    for pitch, start, end, level in notes:
        moments.append((start, 1, pitch, level))
        moments.append((end, 0, pitch, level))
    events, now, loudness = [], 0, None
    for time, begins, pitch, level in sorted(moments):
        while now < time:
            step = min(100, time - now)
            events.append(256 + step - 1)
            now += step
        if begins and level != loudness:
            events.append(356 + level)
            loudness = level
        events.append(pitch if begins else 128 + pitch)
    return events


def cases(rng):
    yield Case("one note", ([(60, 0, 50, 20)],))
    yield Case("two notes, one after the other", ([(60, 0, 50, 20), (64, 50, 150, 20)],))
    yield Case("a chord", ([(67, 0, 80, 20), (60, 0, 80, 20), (64, 0, 40, 20)],))
    yield Case("a chord, its higher note softer", ([(60, 0, 10, 20), (72, 0, 10, 3)],))
    yield Case("a rest first, and a long note", ([(60, 30, 280, 20)],))
    yield Case("the same key twice, without a gap", ([(60, 0, 40, 20), (60, 40, 80, 20)],))
    yield Case("a louder note", ([(60, 0, 100, 10), (62, 100, 200, 30), (64, 200, 300, 30)],))
    yield Case("as soft as can be", ([(60, 0, 10, 0), (62, 10, 20, 0)],))
    yield Case("no notes", ([],))
    (tune,) = music.tunes(int(rng.integers(1 << 30)), 1)
    yield Case("a tune in any order", ([tuple(tune[i]) for i in rng.permutation(len(tune))],))


def _moments(notes):
    """Each note's beginning and end: (time, whether it begins, pitch, loudness)."""
    begun = [(start, 1, pitch, loud) for pitch, start, _, loud in notes]
    return begun + [(end, 0, pitch, loud) for pitch, _, end, loud in notes]


def _events(notes, *, on=1, first_shift=256, always=False, after=False, once=False, loud=None):
    moments = [(start, on, pitch, level, True) for pitch, start, end, level in notes]
    moments += [(end, 1 - on, pitch, level, False) for pitch, start, end, level in notes]
    events, now, loudness = [], 0, loud
    for time, _, pitch, level, begins in sorted(moments):
        while now < time:
            step = min(100, time - now)
            events.append(first_shift + step - 1)
            now = time if once else now + step
        velocity = [356 + level] if begins and (always or level != loudness) else []
        loudness = level if begins else loudness
        note = [pitch if begins else 128 + pitch]
        events += note + velocity if after else velocity + note
    return events


def presses_before_letting_go(notes):
    """At the same moment your note-on comes before the note-off. A key must come up before it can
    go down again: note-offs first.
    """
    return _events(notes, on=0)


def one_shift_for_all(notes):
    """A gap of more than 100 ticks needs several time-shifts: yours lose what is over 100."""
    return _events(notes, once=True)


def shift_begins_at_256(notes):
    """Your time-shifts are one tick too long: 256 is a shift of 1 tick, not of 0."""
    return _events(notes, first_shift=257)


def velocity_every_time(notes):
    """You set the velocity before every note. It stays as it is until another event changes it."""
    return _events(notes, always=True)


def velocity_after_the_note(notes):
    """The velocity must be set before the note-on that it is meant for."""
    return _events(notes, after=True)


def loudness_left_out(notes):
    """No velocity is set anywhere: before the first note, and wherever the level changes, an event
    356 + level is needed.
    """
    return [event for event in _events(notes) if event < 356]


def time_since_the_beginning(notes):
    """Your time-shifts say how much time has passed since the beginning. They must say how much
    since the event before.
    """
    events, now, loudness = [], 0, None
    for time, begins, pitch, level in sorted(_moments(notes)):
        left = time
        while time > now and left > 0:
            events.append(256 + min(100, left) - 1)
            left -= 100
        now = time
        if begins and level != loudness:
            events.append(356 + level)
            loudness = level
        events.append(pitch if begins else 128 + pitch)
    return events


def shift_of_nothing(notes):
    """Where no time is left to pass, you write 255: a time-shift of 0 ticks does not exist, and 255
    is a note-off. Write none.
    """
    return _in_order(notes, shifts=lambda gap: [355] * (gap // 100) + [255 + gap % 100])


def never_lets_go(notes):
    """No key is ever let go: each note needs its note-off, 128 + pitch, at its end."""
    return [event for event in _events(notes) if not 128 <= event < 256]


def note_by_note(notes):
    """You finish each note before you begin the next. Notes of a chord sound together: sort all
    beginnings and ends by their time first.
    """
    events, now, loudness = [], 0, None
    for pitch, start, end, level in sorted(notes, key=lambda note: note[1:2] + note[:1]):
        for time, event in ((start, pitch), (end, 128 + pitch)):
            while now < time:
                events.append(256 + min(100, time - now) - 1)
                now += min(100, time - now)
            if event < 128 and level != loudness:
                events.append(356 + level)
                loudness = level
            events.append(event)
    return events


def _shifts(gap):
    full, rest = divmod(gap, 100)
    return [355] * full + [255 + rest] * (rest > 0)


def _in_order(notes, key=None, shifts=_shifts, velocity_at_offs=False, velocity_first=False):
    events, now, loudness = [], 0, None
    for time, begins, pitch, level in sorted(_moments(notes), key=key):
        gap = shifts(time - now)
        velocity = [356 + level] if (begins or velocity_at_offs) and level != loudness else []
        loudness = level if velocity else loudness
        events += [*velocity, *gap] if velocity_first else [*gap, *velocity]
        events.append(pitch if begins else 128 + pitch)
        now = time
    return events


def as_they_came(notes):
    """Events of one moment stand in the order in which they came in. Note-offs first, and each kind
    from low to high.
    """
    return _in_order(notes, key=lambda moment: moment[0])


def high_to_low(notes):
    """Within one moment you go from high to low. It goes from low to high."""
    return _in_order(notes, key=lambda moment: (moment[0], moment[1], -moment[2]))


def softest_first(notes):
    """Within one moment you go from soft to loud. It goes by pitch, from low to high: where the
    moments are tuples, the pitch comes before the level.
    """
    return _in_order(notes, key=lambda moment: (moment[0], moment[1], moment[3], moment[2]))


def rest_first(notes):
    """In a long gap the rest comes first. Write the full shifts of 100 ticks first."""
    return _in_order(notes, shifts=lambda gap: _shifts(gap)[::-1])


def velocity_at_offs(notes):
    """You set a velocity before a note-off, too. Only a note-on needs it."""
    return _in_order(notes, velocity_at_offs=True)


def velocity_before_the_time(notes):
    """The velocity stands before the time that passes. First the time, then the velocity, then its
    note-on.
    """
    return _in_order(notes, velocity_first=True)


def one_long_shift(notes):
    """A long gap is one event in your version, and its number runs beyond the time-shifts, which
    end at 355: no shift is longer than 100 ticks. Write several.
    """
    return _in_order(notes, shifts=lambda gap: [255 + gap] * (gap > 0))


def level_0_from_the_start(notes):
    """Your loudness begins at 0, and 0 is a level, too: a first note of level 0 gets no velocity.
    Begin with None.
    """
    return _events(notes, loud=0)


EXERCISE = Exercise(
    music_to_events,
    cases,
    mistakes=(
        presses_before_letting_go,
        one_shift_for_all,
        shift_begins_at_256,
        velocity_every_time,
        velocity_after_the_note,
        loudness_left_out,
        time_since_the_beginning,
        shift_of_nothing,
        never_lets_go,
        note_by_note,
        as_they_came,
        high_to_low,
        softest_first,
        rest_first,
        velocity_at_offs,
        velocity_before_the_time,
        one_long_shift,
        level_0_from_the_start,
    ),
    hints=(
        "Make a list of moments, two for each note: its start and its end. Sort it by "
        "time. Then go through it once.",
        "With moments `(time, begins, pitch, level)` and `begins` 0 for an end and 1 for "
        "a start, `sorted` puts note-offs first.",
        "Keep `now` and `loudness`. While `now < time`, append a time-shift of `min(100, "
        "time - now)` ticks, which is event 255 + ticks.",
    ),
    points=3,
    minutes=30,
    difficulty="hard",
    post="Music Generation",
    core=False,
)
