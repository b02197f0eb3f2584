# Its cell never ends when it is run.
# lost: suggest
# said: still running
while True:
    pass


def suggest(probabilities, k=3):
    return sorted(probabilities, key=lambda w: (-probabilities[w], w))[:k]
