# Its cell never ends when it is run.
# lost: suggest
# said: still running
def suggest(probabilities, k=3):
    return sorted(probabilities, key=lambda w: (-probabilities[w], w))[:k]
while True:
    pass
