"""What several exercises of this lesson draw or use."""

from itertools import cycle, islice

from utils import stories
from utils.exercises import Case
from utils.ngrams import words_of


def story_words(rng, count=60):
    return words_of(stories.generate(int(rng.integers(1 << 30)), 1)[0].text)[:count]


def long_text(rng):
    """8,000 words: the same two stories, again and again."""
    two = stories.generate(int(rng.integers(1 << 30)), 2)
    return list(islice(cycle(words_of(" ".join(story.text for story in two))), 8_000))


def surprise_cases(rng):
    yield Case("sure and right", ([1.0, 1.0],))
    yield Case("a fair coin", ([0.5, 0.5, 0.5],))
    yield Case("one word", ([0.25],))
    yield Case("one word taken to be impossible", ([0.5, 0.0],))
    yield Case("the first word taken to be impossible", ([0.0, 0.5],))
    yield Case("hardly possible, but not impossible", ([1e-12, 0.5],))
    yield Case("one word, and next to impossible", ([1e-30],))
    yield Case("the probabilities of a sentence", (rng.uniform(0.01, 1, 20).tolist(),))
    yield Case("a long text, 2,000 words", (rng.uniform(0.01, 1, 2000).tolist(),))
