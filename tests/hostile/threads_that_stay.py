# Leaves threads running that write rubbish for ever; the answer is right.
# lost:
import sys, threading


def rubbish():
    while True:
        sys.stderr.write("x")


def suggest(probabilities, k=3):
    if threading.active_count() < 4:
        threading.Thread(target=rubbish, daemon=True).start()
    return sorted(probabilities, key=lambda w: (-probabilities[w], w))[:k]
