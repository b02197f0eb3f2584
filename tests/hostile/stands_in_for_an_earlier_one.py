# sample_next is wrong; generate gets the reference, and hands it back to sample_next, too late.
# lost: sample_next
# cell: sample_next
found = []


def sample_next(probabilities, u):
    return found[0](probabilities, u) if found else ""


# cell: generate
def generate(counts, words, us):
    found.append(sample_next)
    words = list(words)
    for u in us:
        followers = counts.get(words[-1])
        if not followers:
            break
        total = sum(followers.values())
        words.append(sample_next({w: n / total for w, n in followers.items()}, u))
    return words
