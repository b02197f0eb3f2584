# A dict whose keys all have one hash: building it takes a time that grows with the square.
# lost: suggest
import itertools


def suggest(probabilities, k=3):
    return {key: 0 for key in itertools.islice(itertools.product((-1, -2), repeat=14), 9000)}
