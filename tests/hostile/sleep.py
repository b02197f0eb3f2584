# Uses no processor time at all, for ever.
# lost: suggest
# said: still running
import time


def suggest(probabilities, k=3):
    time.sleep(10**6)
