# An honest answer that warns.
# lost:
import warnings


def suggest(probabilities, k=3):
    warnings.warn("slow")
    return sorted(probabilities, key=lambda w: (-probabilities[w], w))[:k]
