# Files that are nobody's memory: each may be as large as a file can be.
# lost: suggest
# said: Too many open files
def suggest(probabilities, k=3):
    import os

    kept = [os.memfd_create(str(number)) for number in range(100)]
    return sorted(probabilities, key=lambda w: (-probabilities[w], w))[: k + 0 * len(kept)]
