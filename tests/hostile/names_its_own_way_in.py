# Checks every function of its own as if it were each exercise.
# lost: suggest
from utils.check import check


def suggest(probabilities, k=3):
    return probabilities


for _ in range(50):
    check(suggest)
