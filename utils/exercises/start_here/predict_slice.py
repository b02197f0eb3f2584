"""What is "abcdef"[1:-1]?"""

from utils.exercises import prediction


def predict_slice():
    return "abcdef"[1:-1]


EXERCISE = prediction(
    predict_slice,
    guesses=(
        ("abcde", "Counting starts at 0, so position 1 is the second letter."),
        (
            "bcdef",
            "A slice stops before its end, and -1 is the last position: the last letter stays out.",
        ),
        ("abcdef", "The slice leaves out something at both ends."),
        (
            "bcd",
            "One letter is missing at the end: -1 is the last position, and only that one stays "
            "out.",
        ),
        ("fedcb", "A negative position counts from the end; the slice still runs forwards."),
    ),
    hints=(
        "Positions count from 0; negative ones count from the end; the position after the colon "
        "is not part of the slice.",
    ),
    minutes=1,
    case="your answer",
)
