# A list in a list in a list.
# lost: suggest
# said: nested too deeply
def suggest(probabilities, k=3):
    x = []
    for _ in range(10000):
        x = [x]
    return x
