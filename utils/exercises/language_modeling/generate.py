"""Write text: sample a word, append it, and go on from there."""

from utils.exercises import Case, Exercise
from utils.exercises.language_modeling.count_bigrams import count_bigrams
from utils.exercises.language_modeling.next_word_probabilities import next_word_probabilities
from utils.exercises.language_modeling.sample_next import sample_next
from utils.exercises.language_modeling.shared import story_words
from utils.ngrams import ALPHA


def generate(counts, words, darts):
    words = list(words)
    for u in darts:
        followers = counts.get(words[-1])
        if not followers:
            break
        total = sum(followers.values())
        words.append(sample_next({w: n / total for w, n in followers.items()}, u))
    return words


def cases(rng):
    circle = {"one": {"two": 1}, "two": {"three": 1}, "three": {"one": 1}}
    yield Case("only one way to go", (circle, ["one"], [0.5] * 4))
    yield Case("a prompt of two words", (circle, ["one", "two"], [0.5] * 3))
    yield Case("nothing ever followed: stop", ({"the": {"end": 2}}, ["the"], [0.1, 0.1, 0.1]))
    yield Case("no numbers: no new words", (circle, ["three"], []))
    sentence = {"a": {".": 1}, ".": {"b": 1}}
    yield Case("a full stop is a word like any other", (sentence, ["a"], [0.5, 0.5]))
    yield Case("a word twice in the prompt", (circle, ["two", "one", "one"], [0.5, 0.5]))
    back = {"on": {"go": 2}, "back": {"go": 1}}
    road = {"go": {"on": 3, "back": 1}, **back}
    yield Case("one word came three times, one once", (road, ["go"], [0.7, 0.5, 0.9, 0.5, 0.1]))
    road = {"go": {"back": 1, "on": 3}, **back}
    yield Case("the same, the rarer word first", (road, ["go"], [0.22, 0.5, 0.3, 0.5, 0.9]))
    words = story_words(rng, 200)
    yield Case("counts from a story", (count_bigrams(words), words[:1], rng.random(12).tolist()))


def keeps_the_prompt(counts, words, darts):
    """Every new word is drawn after the same old word. Each output must become part of the input:
    look at the last word of the growing list.
    """
    made, followers = list(words), counts.get(words[-1], {})
    total = sum(followers.values())
    return made + [
        sample_next({w: n / total for w, n in followers.items()}, u) for u in darts if followers
    ]


def new_words_only(counts, words, darts):
    """Return the prompt too: the whole text, old words and new."""
    return generate(counts, words, darts)[len(words) :]


def looks_at_the_first(counts, words, darts):
    """You look at the first word of the text; the next word depends on the last one."""
    made = list(words)
    for u in darts:
        followers = counts.get(made[0], {})
        if not followers:
            break
        total = sum(followers.values())
        made.append(sample_next({w: n / total for w, n in followers.items()}, u))
    return made


def goes_on_for_ever(counts, words, darts):
    """A word that was never followed by anything has no entry: stop there, before you look it
    up.
    """
    made = list(words)
    for u in darts:
        followers = counts[made[-1]]
        total = sum(followers.values())
        made.append(sample_next({w: n / total for w, n in followers.items()}, u))
    return made


def stops_at_a_full_stop(counts, words, darts):
    """You stop at a full stop. It is a word like any other: stop only after a word that nothing
    ever followed.
    """
    made = generate(counts, words, darts)
    end = made.index(".", len(words)) + 1 if "." in made[len(words) :] else len(made)
    return made[:end]


def one_word_short(counts, words, darts):
    """One word is missing: each dart makes one new word."""
    return generate(counts, words, darts[:-1])


def _from_probabilities(counts, words, darts, alpha):
    """With next_word_probabilities over all the words that `counts` knows, in alphabetical
    order.
    """
    vocabulary = sorted({*counts, *(w for followers in counts.values() for w in followers)})
    made = list(words)
    for u in darts:
        if made[-1] not in counts:
            break
        made.append(sample_next(next_word_probabilities(counts, made[-1], vocabulary, alpha), u))
    return made


def in_alphabetical_order(counts, words, darts):
    """The probabilities are right, but their order is not. Go along a word's followers in the order
    in which `counts` has them: you went through them in alphabetical order, and the dart landed in
    another piece.
    """
    return _from_probabilities(counts, words, darts, 0.0)


def smoothed(counts, words, darts):
    """Some of these pairs never occurred: you smooth the counts. Here the plain counts are asked
    for, so that what never followed stays impossible.
    """
    return _from_probabilities(counts, words, darts, 1.0)


def smoothed_a_little(counts, words, darts):
    """Pairs that never occurred get a small probability here. Use the plain counts, without
    smoothing: what never followed stays impossible.
    """
    return _from_probabilities(counts, words, darts, ALPHA)


def most_likely_each_time(counts, words, darts):
    """You take the most frequent follower each time; use sample_next with u."""
    made = list(words)
    for _ in darts:
        followers = counts.get(made[-1])
        if not followers:
            break
        made.append(max(followers, key=followers.get))
    return made


def all_equally_likely(counts, words, darts):
    """All the words that followed are equally likely in yours. One that followed three times is
    three times as likely as one that followed once: divide each count by their sum.
    """
    return generate({a: dict.fromkeys(row, 1) for a, row in counts.items()}, words, darts)


def the_frequent_first(counts, words, darts):
    """You sorted a word's followers, the most frequent in front. Go along them in the order in
    which `counts` has them.
    """
    in_order = {
        a: dict(sorted(row.items(), key=lambda pair: -pair[1])) for a, row in counts.items()
    }
    return generate(in_order, words, darts)


EXERCISE = Exercise(
    generate,
    cases,
    mistakes=(
        keeps_the_prompt,
        new_words_only,
        looks_at_the_first,
        goes_on_for_ever,
        stops_at_a_full_stop,
        one_word_short,
        in_alphabetical_order,
        smoothed,
        smoothed_a_little,
        most_likely_each_time,
        all_equally_likely,
        the_frequent_first,
    ),
    hints=(
        "One pass of the loop per dart: look up the last word's followers, turn "
        "them into probabilities, sample, append.",
        "`followers = counts.get(words[-1])`; when that is None, stop.",
        "The probabilities are `{w: n / total for w, n in followers.items()}`, where `total` is "
        "`sum(followers.values())`.",
    ),
    points=2,
    minutes=10,
    post="One Difference From BERT",
    core=False,
)
