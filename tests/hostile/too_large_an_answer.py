# 200 MB of text.
# lost: suggest
# said: too large
def suggest(probabilities, k=3):
    return "x" * (200 << 20)
