"""Lesson 01's cards: answers as learners type them, what passes, and what the card says."""

import pytest

from tests.exercises import typed
from tests.exercises.cards import fails, passes
from utils.card import Card
from utils.exercises import named
from utils.exercises.judge import judge
from utils.limit import call_with_limit

RIGHT = {
    "a defaultdict of Counters": (
        "count_bigrams",
        """from collections import Counter, defaultdict
def count_bigrams(words):
    counts = defaultdict(Counter)
    for a, b in zip(words, words[1:]):
        counts[a][b] += 1
    return counts""",
    ),
    "heapq": (
        "suggest",
        """import heapq
def suggest(probabilities, k=3):
    return heapq.nsmallest(k, probabilities, key=lambda w: (-probabilities[w], w))""",
    ),
    "accumulate and bisect": (
        "sample_next",
        """from bisect import bisect
from itertools import accumulate
def sample_next(probabilities, u):
    words = list(probabilities)
    return words[min(bisect(list(accumulate(probabilities.values())), u), len(words) - 1)]""",
    ),
    "next_word_probabilities over the followers": (
        "generate",
        """def generate(counts, words, darts):
    made = list(words)
    for u in darts:
        if made[-1] not in counts:
            break
        row = next_word_probabilities(counts, made[-1], list(counts[made[-1]]), 0)
        made.append(sample_next(row, u))
    return made""",
    ),
    "numpy's mean": (
        "cross_entropy",
        """import numpy as np
def cross_entropy(probabilities):
    with np.errstate(divide="ignore"):
        return float(-np.log(probabilities).mean())""",
    ),
    "a loop from the shortest context up": (
        "back_off",
        """def back_off(tables, context, word, size, strength):
    p = 1 / size
    for n in range(len(context) + 1):
        row = tables[n].get(context[len(context) - n:], {})
        p = (row.get(word, 0) + strength * p) / (sum(row.values()) + strength)
    return p""",
    ),
    "three nats and a half and a bit": ("predict_gap", "def predict_gap():\n    return 3.7"),
}
SAMPLE = """def generate(counts, words, darts):
    made = list(WORDS)
    for u in darts:
        row = counts.get(made[-1])
        if not row:
            break
        made.append(ROW)
    return made"""
SHARES = "sample_next({w: n / sum(row.values()) for w, n in row.items()}, u)"
ENTROPY = """def cross_entropy(probabilities):
    if IMPOSSIBLE:
        return math.inf
    return -sum(math.log(LITTLE) for p in probabilities) / len(probabilities)"""
LOOP = """def generate(counts, words, darts):
    made = list(words)
    vocabulary = sorted({*counts, *(b for row in counts.values() for b in row)})
    for u in darts:
        if made[-1] not in counts:
            break
        made.append(sample_next(next_word_probabilities(counts, made[-1], vocabulary, ALPHA), u))
    return made"""
WRONG = {
    "counts that stay from call to call": (
        "count_bigrams",
        """def count_bigrams(words, counts={}):
    for a, b in zip(words, words[1:]):
        inner = counts.setdefault(a, {})
        inner[b] = inner.get(b, 0) + 1
    return counts""",
        "does it remember something between calls",
        "in a default argument",
        "! torch.empty",
    ),
    "setdefault fills the caller's counts": (
        "next_word_probabilities",
        """def next_word_probabilities(counts, word, vocabulary, alpha):
    f = counts.setdefault(word, {})
    for w in vocabulary:
        f[w] = f.get(w, 0) + alpha
    total = sum(f.values())
    return {w: f[w] / total for w in vocabulary}""",
        "It changes `counts`",
    ),
    "u on a border, and no last word": (
        "sample_next",
        """def sample_next(probabilities, u):
    total = 0
    for word, p in probabilities.items():
        total += p
        if u <= total:
            return word""",
        "Two things",
    ),
    "1 / V for the empty context": (
        "back_off",
        """def back_off(tables, context, word, size, strength):
    if not context:
        return 1 / size
    row = tables[len(context)].get(context, {})
    shorter = back_off(tables, context[1:], word, size, strength)
    return (row.get(word, 0) + strength * shorter) / (sum(row.values()) + strength)""",
        "It has counts of its own",
    ),
    "tuples for pairs only": (
        "count_contexts",
        """def count_contexts(words, back):
    counts = {}
    for i in range(back, len(words)):
        key = tuple(words[i - back : i]) if back > 1 else words[i - 1]
        row = counts.setdefault(key, {})
        row[words[i]] = row.get(words[i], 0) + 1
    return counts""",
        "The keys are always tuples",
    ),
    "a guess in quotes": ("predict_gap", "def predict_gap():\n    return '4'", "without quotes"),
    "no smoothing at all": (
        "next_word_probabilities",
        """def next_word_probabilities(counts, word, vocabulary, alpha):
    row = counts.get(word, {})
    total = sum(row.values())
    return {w: row.get(w, 0) / total for w in vocabulary}""",
        "alpha is not used",
    ),
    "nothing for the empty tuple": (
        "next_word_probabilities",
        """def next_word_probabilities(counts, word, vocabulary, alpha):
    row = counts.get(word, {}) if word else {}
    total = sum(row.values()) + alpha * len(vocabulary)
    return {w: (row.get(w, 0) + alpha) / total for w in vocabulary}""",
        "The empty tuple counts as false",
    ),
    "the most probable word where the line is short": (
        "sample_next",
        """def sample_next(probabilities, u):
    total = 0
    for word, p in probabilities.items():
        total += p
        if u < total:
            return word
    return max(probabilities, key=probabilities.get)""",
        "you return the most probable word",
    ),
    "the first word where the line is short": (
        "sample_next",
        """def sample_next(probabilities, u):
    total = 0
    for word, p in probabilities.items():
        total += p
        if u < total:
            return word
    return next(iter(probabilities))""",
    ),
    "calls itself": (
        "count_bigrams",
        """def count_bigrams(words):
    if len(words) < 2:
        return {}
    counts = count_bigrams(words[1:])
    row = counts.setdefault(words[0], {})
    row[words[1]] = row.get(words[1], 0) + 1
    return counts""",
        "RecursionError",
        "8,000 words",
    ),
    "calls itself, with contexts": (
        "count_contexts",
        """def count_contexts(words, back):
    if len(words) <= back:
        return {}
    counts = count_contexts(words[:-1], back)
    row = counts.setdefault(tuple(words[-1 - back:-1]), {})
    row[words[-1]] = row.get(words[-1], 0) + 1
    return counts""",
        "RecursionError",
    ),
    "every word has an entry": (
        "count_bigrams",
        """def count_bigrams(words):
    counts = {word: {} for word in words}
    for a, b in zip(words, words[1:]):
        counts[a][b] = counts[a].get(b, 0) + 1
    return counts""",
        "Each word has an entry",
    ),
    "a KeyError for a word without an entry": (
        "next_word_probabilities",
        """def next_word_probabilities(counts, word, vocabulary, alpha):
    row = counts[word]
    total = sum(row.values()) + alpha * len(vocabulary)
    return {w: (row.get(w, 0) + alpha) / total for w in vocabulary}""",
        "`counts.get(word, {})`",
    ),
    "a Counter of pairs": (
        "count_bigrams",
        """from collections import Counter
def count_bigrams(words):
    return Counter(zip(words, words[1:]))""",
        "a dict of dicts",
    ),
    "one place too far": (
        "count_bigrams",
        """def count_bigrams(words):
    counts = {}
    for i in range(len(words)):
        row = counts.setdefault(words[i], {})
        row[words[i + 1]] = row.get(words[i + 1], 0) + 1
    return counts""",
        "The last word has no neighbour",
    ),
    "most_common": (
        "suggest",
        """from collections import Counter
def suggest(probabilities, k=3):
    return Counter(probabilities).most_common(k)""",
        "return the words alone",
    ),
    "pops from the caller's dict": (
        "suggest",
        """def suggest(probabilities, k=3):
    best = []
    while probabilities and len(best) < k:
        best.append(min(probabilities, key=lambda w: (-probabilities[w], w)))
        del probabilities[best[-1]]
    return best""",
        "It changes `probabilities`",
    ),
    "random.choices is no most probable word": (
        "sample_next",
        """import random
dice = random.Random(1)
def sample_next(probabilities, u):
    return dice.choices(list(probabilities), list(probabilities.values()))[0]""",
        "! You always pick",
    ),
    "in alphabetical order": ("generate", LOOP.replace("ALPHA", "0"), "alphabetical order"),
    "smoothed": ("generate", LOOP.replace("ALPHA", "1"), "plain counts"),
    "smoothed a little": ("generate", LOOP.replace("ALPHA", "0.05"), "plain counts"),
    "appends to the caller's prompt": (
        "generate",
        """def generate(counts, words, darts):
    for u in darts:
        row = counts.get(words[-1])
        if not row:
            break
        total = sum(row.values())
        words.append(sample_next({w: n / total for w, n in row.items()}, u))
    return words""",
        "It changes `words`",
    ),
    "the logarithm of the product": (
        "cross_entropy",
        """import math
def cross_entropy(probabilities):
    if 0 in probabilities:
        return math.inf
    return -math.log(math.prod(probabilities)) / len(probabilities)""",
        "the product of many small numbers",
    ),
    "entropy in place of cross-entropy": (
        "cross_entropy",
        """import math
def cross_entropy(probabilities):
    return -sum(p * math.log(p) for p in probabilities)""",
        "a plain average",
    ),
    "the root of the product": (
        "perplexity",
        """import math
def perplexity(probabilities):
    if min(probabilities) == 0:
        return math.inf
    return math.prod(probabilities) ** (-1 / len(probabilities))""",
        "the product of many small numbers",
    ),
    "prints, and the card shows it": (
        "generate",
        "def generate(counts, words, darts):\n    print('first', darts[:1])\n    return words[:0]",
        "printed",
        "first [0.5]",
    ),
    "written otherwise": (
        "predict_ladder",
        'def predict_ladder():\n    return "Trigram"',
        "only written differently",
    ),
    "a gap of three nats": (
        "predict_gap",
        "def predict_gap():\n    return 3",
        "Too small",
        "! Two nats",
        "! seven times",
    ),
    "a gap of one nat": ("predict_gap", "def predict_gap():\n    return 1.5", "Too small"),
    "a gap of three and a half nats": (
        "predict_gap",
        "def predict_gap():\n    return 3.5",
        "A little too small",
    ),
    "all followers equally likely": (
        "generate",
        SAMPLE.replace("WORDS", "words").replace("ROW", "list(row)[int(u * len(row))]"),
        "three times as likely",
    ),
    "one for each follower": (
        "generate",
        SAMPLE.replace("WORDS", "words").replace("ROW", SHARES.replace(": n /", ": 1 /")),
        "one word came three times",
    ),
    "one over the number of followers": (
        "generate",
        SAMPLE.replace("WORDS", "words").replace(
            "ROW", "sample_next({w: 1 / len(row) for w in row}, u)"
        ),
        "three times as likely",
    ),
    "a total that is one too large": (
        "generate",
        SAMPLE.replace("WORDS", "words")
        .replace("ROW", SHARES.replace(") for", ") + 1) for", 1))
        .replace("n / sum", "n / (sum"),
        "! equally likely",
    ),
    "the frequent ones first": (
        "generate",
        SAMPLE.replace("WORDS", "words").replace(
            "ROW", SHARES.replace("row.items()", "sorted(row.items(), key=lambda f: -f[1])")
        ),
        "the most frequent in front",
    ),
    "a sorted prompt": (
        "generate",
        SAMPLE.replace("WORDS", "sorted(words)").replace("ROW", SHARES),
        "a word twice in the prompt",
    ),
    "a prompt without repetitions": (
        "generate",
        SAMPLE.replace("WORDS", "dict.fromkeys(words)").replace("ROW", SHARES),
        "a word twice in the prompt",
    ),
    "less than a billionth is impossible": (
        "cross_entropy",
        ENTROPY.replace("IMPOSSIBLE", "min(probabilities) < 1e-9").replace("LITTLE", "p"),
        "You take a tiny probability for 0",
    ),
    "less than a thousandth is impossible": (
        "cross_entropy",
        ENTROPY.replace("IMPOSSIBLE", "min(probabilities) < 1e-3").replace("LITTLE", "p"),
        "You take a tiny probability for 0",
    ),
    "a little is added": (
        "cross_entropy",
        ENTROPY.replace("IMPOSSIBLE", "0 in probabilities").replace("LITTLE", "p + 1e-10"),
        "You add a small number",
    ),
    "a 0 at the end only": (
        "cross_entropy",
        ENTROPY.replace("IMPOSSIBLE", "probabilities[-1] == 0").replace("LITTLE", "p"),
        "at the end of the list only",
    ),
    "a perplexity held down": (
        "perplexity",
        """def perplexity(probabilities):
    loss = cross_entropy(probabilities)
    return loss if loss == math.inf else math.exp(min(loss, 50))""",
        "Very large perplexities",
    ),
    "a perplexity held down, for impossible words, too": (
        "perplexity",
        "def perplexity(values):\n    return math.exp(min(cross_entropy(values), 50))",
    ),
    "the shorter context in the wrong table": (
        "back_off",
        """def back_off(tables, context, word, size, strength):
    shorter = 1 / size
    if context:
        shorter = back_off(tables[1:], context[1:], word, size, strength)
    row = tables[len(context)].get(context, {})
    return (row.get(word, 0) + strength * shorter) / (sum(row.values()) + strength)""",
        "hand on `tables` whole",
        "! You go back",
    ),
    "ties by the first letter": (
        "suggest",
        """def suggest(probabilities, k=3):
    return sorted(probabilities, key=lambda w: (-probabilities[w], w[0]))[:k]""",
        "first letters only",
    ),
    "a set of pairs": (
        "count_bigrams",
        """def count_bigrams(words):
    counts = {}
    for a, b in set(zip(words, words[1:])):
        row = counts.setdefault(a, {})
        row[b] = row.get(b, 0) + 1
    return counts""",
        "not through a `set`",
    ),
    "backs off only where unseen": (
        "back_off",
        """def back_off(tables, context, word, size, strength):
    row = tables[len(context)].get(context, {})
    if word in row:
        return row[word] / sum(row.values())
    return back_off(tables, context[1:], word, size, strength) if context else 1 / size""",
        "more than 1",
    ),
    "stops at a full stop": (
        "generate",
        """def generate(counts, words, darts):
    made = list(words)
    for u in darts:
        row = counts.get(made[-1])
        if not row or made[-1] == ".":
            break
        total = sum(row.values())
        made.append(sample_next({w: n / total for w, n in row.items()}, u))
    return made""",
        "You stop at a full stop",
    ),
    "ties without capitals": (
        "suggest",
        """def suggest(probabilities, k=3):
    return sorted(probabilities, key=lambda w: (-probabilities[w], w.lower()))[:k]""",
        "Python puts capital letters first",
    ),
    "ties after rounding": (
        "suggest",
        """def suggest(probabilities, k=3):
    return sorted(probabilities, key=lambda w: (-round(probabilities[w], 4), w))[:k]""",
        "You round the probabilities",
    ),
    "lists as keys": (
        "count_contexts",
        """def count_contexts(words, back):
    counts = {}
    for i in range(back, len(words)):
        row = counts.setdefault(words[i - back:i], {})
        row[words[i]] = row.get(words[i], 0) + 1
    return counts""",
        "Make a tuple",
    ),
}


@pytest.mark.parametrize("what", RIGHT)
def test_a_right_answer_passes(what):
    passes(*RIGHT[what])


@pytest.mark.parametrize("what", WRONG)
def test_a_wrong_answer_fails_and_the_card_is_true(what):
    name, source, *words = WRONG[what]
    fails(name, source, *words)


TOO_SLOW = {
    "count_bigrams": """from collections import Counter
def count_bigrams(words):
    pairs = list(zip(words, words[1:]))
    return {w: dict(Counter(b for a, b in pairs if a == w)) for w in words[:-1]}""",
    "count_contexts": """from collections import Counter
def count_contexts(words, back):
    spans = [(tuple(words[i - back : i]), words[i]) for i in range(back, len(words))]
    return {c: dict(Counter(w for d, w in spans if d == c)) for c, _ in spans}""",
    "next_word_probabilities": """def next_word_probabilities(counts, word, vocabulary, alpha):
    row = counts.get(word, {})
    return {
        w: (row.get(w, 0) + alpha) / sum(row.get(x, 0) + alpha for x in vocabulary)
        for w in vocabulary
    }""",
}


@pytest.mark.slow
@pytest.mark.parametrize("name", TOO_SLOW)
def test_a_pass_for_each_word_takes_too_long(name):
    exercise, function = named(name), typed(TOO_SLOW[name], name)
    result = judge(  # a fifth of a second, because another machine may be faster
        exercise, lambda args, **more: call_with_limit(function, args, 0.2, **more)
    )
    card = repr(Card(result))
    assert [r.passed for r in result.results].index(False) == len(result.results) - 1
    assert "once" in card and "after 1 second, so it was stopped" in card
    assert len(card) < 1500
