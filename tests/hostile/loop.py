# Never ends.
# lost: suggest
# said: still running
def suggest(probabilities, k=3):
    while True:
        pass
