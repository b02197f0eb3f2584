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
    yield Case("one tick", ([(60, 0, 1, 20)],))
    yield Case("gaps of 101 and 200 ticks", ([(60, 0, 101, 20), (62, 101, 301, 20)],))
    yield Case("a higher note ends as a lower one begins", ([(64, 0, 9, 20), (60, 9, 18, 20)],))
    yield Case("as soft as can be", ([(60, 0, 10, 0), (62, 10, 20, 0)],))
    yield Case("no notes", ([],))
    (tune,) = music.tunes(int(rng.integers(1 << 30)), 1)
    yield Case("a tune in any order", ([tuple(tune[i]) for i in rng.permutation(len(tune))],))


def _moments(notes):
    """Each note's beginning and end: (time, whether it begins, pitch, loudness)."""
    begun = [(start, 1, pitch, loud) for pitch, start, _, loud in notes]
    return begun + [(end, 0, pitch, loud) for pitch, _, end, loud in notes]


def _shifts(gap):
    full, rest = divmod(gap, 100)
    return [355] * full + [255 + rest] * (rest > 0)


def _in_order(notes, how="", key=None, shifts=_shifts, loud=None):
    """The events in another way: how tells which, in a word."""
    events, now, loudness, begun = [], 0, loud, None
    for time, begins, pitch, level in sorted(_moments(notes), key=key):
        gap = shifts(time if how == "from 0" and time > now else time - now)
        needed = (begins or how == "at offs") and (level != loudness or how == "always")
        velocity = [356 + level] * (needed and not (how == "once a moment" and begun == time))
        loudness = level if velocity else loudness
        note = [pitch if begins else 128 + pitch]
        parts = {"early": (velocity, gap, note), "late": (gap, note, velocity)}
        events += sum(parts.get(how, (gap, velocity, note)), [])
        now, begun = time, time if begins else begun
    return events


def presses_before_letting_go(notes):
    """At the same moment your note-on comes before the note-off. A key must come up before it can
    go down again: note-offs first.
    """
    return _in_order(notes, key=lambda moment: (moment[0], -moment[1], moment[2]))


def one_shift_for_all(notes):
    """A gap of more than 100 ticks needs several time-shifts: yours lose what is over 100."""
    return _in_order(notes, shifts=lambda gap: [255 + min(100, gap)] * (gap > 0))


def shift_begins_at_256(notes):
    """Your time-shifts are one tick too long: 256 is a shift of 1 tick, not of 0."""
    return _in_order(notes, shifts=lambda gap: [shift + 1 for shift in _shifts(gap)])


def velocity_every_time(notes):
    """You set the velocity before every note. It stays as it is until another event changes it."""
    return _in_order(notes, "always")


def velocity_after_the_note(notes):
    """The velocity must be set before the note-on that it is meant for."""
    return _in_order(notes, "late")


def loudness_left_out(notes):
    """No velocity is set anywhere: before the first note, and wherever the level changes, an event
    356 + level is needed.
    """
    return [event for event in music_to_events(notes) if event < 356]


def time_since_the_beginning(notes):
    """Your time-shifts count from the beginning. They must count from the event before."""
    return _in_order(notes, "from 0")


def shift_of_nothing(notes):
    """Where no time is left to pass, you write 255: a time-shift of 0 ticks does not exist, and 255
    is a note-off. Write none.
    """
    return _in_order(notes, shifts=lambda gap: [355] * (gap // 100) + [255 + gap % 100])


def never_lets_go(notes):
    """No key is ever let go: each note needs its note-off, 128 + pitch, at its end."""
    return [event for event in music_to_events(notes) if not 128 <= event < 256]


def note_by_note(notes):
    """You finish each note before you begin the next. Notes of a chord sound together: sort all
    beginnings and ends by their time first.
    """
    events, now, loudness = [], 0, None
    for pitch, start, end, level in sorted(notes, key=lambda note: note[1:2] + note[:1]):
        for time, event in ((start, pitch), (end, 128 + pitch)):
            events += _shifts(max(0, time - now))
            now = max(now, time)
            if event < 128 and level != loudness:
                events.append(356 + level)
                loudness = level
            events.append(event)
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
    return _in_order(notes, "at offs")


def velocity_before_the_time(notes):
    """The velocity stands before the time that passes. Time comes first, then the velocity."""
    return _in_order(notes, "early")


def one_long_shift(notes):
    """A long gap is one event in your version, and its number runs beyond the time-shifts, which
    end at 355: no shift is longer than 100 ticks. Write several.
    """
    return _in_order(notes, shifts=lambda gap: [255 + gap] * (gap > 0))


def level_0_from_the_start(notes):
    """Your loudness begins at 0, and 0 is a level, too: a first note of level 0 gets no velocity.
    Begin with None.
    """
    return _in_order(notes, loud=0)


def pitch_before_kind(notes):
    """Within one moment you go by pitch alone. All note-offs come first, then the note-ons."""
    return _in_order(notes, key=lambda moment: (moment[0], moment[2], moment[1]))


def _one_full_shift(rest):
    def shifts(gap):
        return [355] + [255 + rest(gap)] * (rest(gap) > 0) if gap > 100 else _shifts(gap)

    def one_full_shift(notes):
        """In a long gap you write one full shift at most. As many as fit: `while`, not `if`."""
        return _in_order(notes, shifts=shifts)

    return one_full_shift


def last_tick_lost(notes):
    """Where one tick is left to pass you write nothing. A time-shift of 1 tick is 256."""
    return _in_order(notes, shifts=lambda gap: _shifts(gap - (gap % 100 == 1)))


def one_velocity_for_a_chord(notes):
    """You set one velocity for all notes that begin together. Each can have its own level."""
    return _in_order(notes, "once a moment")


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
        pitch_before_kind,
        *map(_one_full_shift, (lambda gap: gap - 100, lambda gap: gap % 100)),
        last_tick_lost,
        one_velocity_for_a_chord,
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
