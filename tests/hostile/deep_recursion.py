# Runs out of stack.
# lost: suggest
# said: RecursionError
def suggest(probabilities, k=3):
    return suggest(probabilities, k)
