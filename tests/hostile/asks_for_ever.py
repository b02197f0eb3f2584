# Asks the judge's stand-in again and again.
# lost: sample_next, generate
# cell: sample_next
def sample_next(probabilities, u):
    return ""


# cell: generate
def generate(counts, words, us):
    while True:
        sample_next({"a": 1.0}, 0.5)
