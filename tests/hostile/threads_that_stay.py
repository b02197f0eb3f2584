# Leaves threads running that write rubbish for ever; the answer is right.
# lost:
import sys, threading, time


def rubbish():
    while True:
        sys.stderr.write("x" * 1000)
        time.sleep(0.001)


def suggest(probabilities, k=3):
    threading.Thread(target=rubbish, daemon=True).start()
    return sorted(probabilities, key=lambda w: (-probabilities[w], w))[:k]
