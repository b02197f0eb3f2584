# Never ends, and swallows every signal and exception.
# lost: suggest
# said: still running
import signal


def suggest(probabilities, k=3):
    for number in range(1, 65):
        try:
            signal.signal(number, signal.SIG_IGN)
        except (OSError, ValueError):
            pass
    while True:
        try:
            while True:
                1 + 1
        except BaseException:
            pass
