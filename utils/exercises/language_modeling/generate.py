"""Write text: sample a word, append it, and go on from there."""

from utils.exercises import Case, Exercise
from utils.exercises.language_modeling.count_bigrams import count_bigrams
from utils.exercises.language_modeling.sample_next import sample_next
from utils.exercises.language_modeling.shared import story_words


def generate(counts, words, us):
    words = list(words)
    for u in us:
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
    words = story_words(rng, 200)
    yield Case("counts from a story", (count_bigrams(words), words[:1], rng.random(12).tolist()))


def keeps_the_prompt(counts, words, us):
    """Every new word is drawn after the same old word. Each output must become part of the input:
    look at the last word of the growing list.
    """
    made, followers = list(words), counts.get(words[-1], {})
    total = sum(followers.values())
    return made + [
        sample_next({w: n / total for w, n in followers.items()}, u) for u in us if followers
    ]


def new_words_only(counts, words, us):
    """Return the prompt too: the whole text, old words and new."""
    return generate(counts, words, us)[len(words) :]


def looks_at_the_first(counts, words, us):
    """You look at the first word of the text; the next word depends on the last one."""
    made = list(words)
    for u in us:
        followers = counts.get(made[0], {})
        if not followers:
            break
        total = sum(followers.values())
        made.append(sample_next({w: n / total for w, n in followers.items()}, u))
    return made


def goes_on_for_ever(counts, words, us):
    """A word that was never followed by anything has no entry: stop there instead of looking it
    up.
    """
    made = list(words)
    for u in us:
        followers = counts[made[-1]]
        total = sum(followers.values())
        made.append(sample_next({w: n / total for w, n in followers.items()}, u))
    return made


def one_word_short(counts, words, us):
    """One word is missing: each number in us makes one new word."""
    return generate(counts, words, us[:-1])


def most_likely_each_time(counts, words, us):
    """You take the most frequent follower each time; use sample_next with u."""
    made = list(words)
    for _ in us:
        followers = counts.get(made[-1])
        if not followers:
            break
        made.append(max(followers, key=followers.get))
    return made


EXERCISE = Exercise(
    generate,
    cases,
    mistakes=(
        keeps_the_prompt,
        new_words_only,
        looks_at_the_first,
        goes_on_for_ever,
        one_word_short,
        most_likely_each_time,
    ),
    hints=(
        "One pass of the loop per u: look up the last word's followers, make "
        "probabilities of them, sample, append.",
        "`followers = counts.get(words[-1])`; when that is None, stop.",
        "The probabilities are `{w: n / total for w, n in followers.items()}` with total "
        "the sum of the counts.",
    ),
    points=2,
    minutes=10,
    post="One Difference From BERT",
)
