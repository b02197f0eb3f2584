# Fails, takes what stands in for it, and comes to a second check with that.
# lost: suggest
from utils.check import check


def suggest(probabilities, k=3):
    return []


stands_in = check(suggest)


def suggest(probabilities, k=3):
    return stands_in(probabilities, k)


suggest = check(suggest)


def suggest(probabilities, k=3):
    return []
