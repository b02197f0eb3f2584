"""Before you look: a chord of three notes, equally loud, struck together and held for 2.5 seconds.
How many events?
"""

from utils import music
from utils.exercises import prediction


def predict_events():
    return len(music.encode([(pitch, 0, 250, 20) for pitch in (60, 64, 67)]))


EXERCISE = prediction(
    predict_events,
    guesses=(
        (
            6,
            "Three times on and three times off. But somebody must say how long it "
            "lasts, and how loud it is.",
        ),
        (
            7,
            "Three times on and three times off are six already. The loudness needs an "
            "event too, and 2.5 seconds need more than one.",
        ),
        (8, "Nearly: one time-shift is at most one second long."),
        (9, "Nearly: before the first note somebody must say how loud it is."),
        (
            12,
            "The loudness stays until another is set: three equally loud notes need one "
            "velocity event.",
        ),
    ),
    hints=(
        "A velocity, the notes, the time, and all keys let go. The longest time-shift is "
        "one second.",
    ),
    minutes=3,
    post="Music Generation",
    core=False,
)
