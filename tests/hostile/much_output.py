# 100 MB of print, and then a right answer: printing is not forbidden.
# lost:
import sys


def suggest(probabilities, k=3):
    for _ in range(100):
        print("x" * (1 << 20))
        print("x", file=sys.stderr)
    return sorted(probabilities, key=lambda w: (-probabilities[w], w))[:k]
