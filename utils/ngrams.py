"""Language models that count: what follows the last 0, 1 or 2 words."""

import math
import re
from functools import cache

from utils import stories
from utils.remembered import remembered

ALPHA = 0.05  # what each unseen word gets, in counts
TRAINING_STORIES, TEST_STORIES = 1000, 100


def words_of(text):
    """Words and punctuation marks, in order: "I go." -> ["I", "go", "."]."""
    return re.findall(r"\w+|[^\w\s]", text)


@cache
@remembered()
def ladder(training_stories):
    """Loss in nats per word, on stories never seen, of four models that look back 0, 0, 1 and 2
    words.

    uniform: every word of the vocabulary alike. The others are counts with ALPHA added to each
    word. The vocabulary is that of both sets of stories, so that no word is impossible.
    """
    train = words_of(" ".join(s.text for s in stories.generate(1, training_stories)))
    test = words_of(" ".join(s.text for s in stories.generate(2, TEST_STORIES)))
    vocabulary = len(set(train) | set(test))
    losses = {"uniform": math.log(vocabulary)}
    for name, back in (("unigram", 0), ("bigram", 1), ("trigram", 2)):
        pairs, totals = {}, {}
        for i in range(back, len(train)):
            context = tuple(train[i - back : i])
            pairs[context, train[i]] = pairs.get((context, train[i]), 0) + 1
            totals[context] = totals.get(context, 0) + 1
        nats = 0.0
        for i in range(2, len(test)):
            context = tuple(test[i - back : i])
            seen = pairs.get((context, test[i]), 0) + ALPHA
            nats -= math.log(seen / (totals.get(context, 0) + ALPHA * vocabulary))
        losses[name] = nats / (len(test) - 2)
    return losses
