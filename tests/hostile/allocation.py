# 30 GB at once.
# lost: suggest
def suggest(probabilities, k=3):
    return bytearray(30 << 30)
