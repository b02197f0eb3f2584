"""Exercises of lesson 01: counting word pairs, sampling from the counts, and measuring how good
that is.
"""

import math
import re
from functools import cache

from utils import stories
from utils.exercises import Case, Exercise, Mistake, prediction

# ---------------------------------------------------------------- references


def count_bigrams(words):
    counts = {}
    for word, after in zip(words, words[1:]):
        followers = counts.setdefault(word, {})
        followers[after] = followers.get(after, 0) + 1
    return counts


def next_word_probabilities(counts, word, vocabulary, alpha):
    followers = counts.get(word, {})
    total = sum(followers.values()) + alpha * len(vocabulary)
    return {w: (followers.get(w, 0) + alpha) / total for w in vocabulary}


def suggest(probabilities, k=3):
    best_first = sorted(probabilities, key=lambda w: (-probabilities[w], w))
    return best_first[:k]


def sample_next(probabilities, u):
    running = 0.0
    for word, probability in probabilities.items():
        running += probability
        if running > u:
            return word
    return word


def generate(counts, words, us):
    words = list(words)
    for u in us:
        followers = counts.get(words[-1])
        if not followers:
            break
        total = sum(followers.values())
        words.append(sample_next({w: n / total for w, n in followers.items()}, u))
    return words


def cross_entropy(probabilities):
    if min(probabilities) == 0:
        return math.inf
    return sum(-math.log(p) for p in probabilities) / len(probabilities)


def perplexity(probabilities):
    return math.exp(cross_entropy(probabilities))


def predict_ladder():
    losses = ladder(TRAINING_STORIES)
    return min(losses, key=losses.get)


def predict_gap():
    losses = ladder(TRAINING_STORIES)
    return losses["uniform"] - min(losses.values())


# ---------------------------------------------------------------- the ladder, shared with the
# lesson

TRAINING_STORIES, TEST_STORIES = 1000, 100
ALPHA = 0.05  # what each unseen word gets, in counts


def words_of(text):
    """Words and punctuation marks, in order: "I go." -> ["I", "go", "."]."""
    return re.findall(r"\w+|[^\w\s]", text)


@cache
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


# ---------------------------------------------------------------- cases


def _story_words(rng, count=60):
    return words_of(stories.generate(int(rng.integers(1 << 30)), 1)[0].text)[:count]


def _counting_cases(rng):
    yield Case("five words", ("the robot and the dog".split(),))
    yield Case("the same word three times", (["no", "no", "no"],))
    yield Case("one word: no pair at all", (["hello"],))
    yield Case("no words", ([],))
    yield Case("the beginning of a story", (_story_words(rng),))


def _probability_cases(rng):
    counts = {"the": {"robot": 3, "dog": 1}, "a": {"dog": 2}}
    vocabulary = ["the", "a", "robot", "dog"]
    yield Case("no smoothing", (counts, "the", vocabulary, 0.0))
    yield Case("add one to every word", (counts, "the", vocabulary, 1.0))
    yield Case("a word never seen before another", (counts, "dog", vocabulary, 1.0))
    yield Case("a quarter of a count", (counts, "a", vocabulary, 0.25))
    words = _story_words(rng)
    drawn = words[int(rng.integers(len(words) - 1))]
    yield Case(
        "counts from a story",
        (count_bigrams(words), drawn, sorted(set(words)), float(rng.uniform(0.1, 2))),
    )


def _suggestion_cases(rng):
    yield Case("three of four", ({"a": 0.1, "robot": 0.5, "dog": 0.15, "key": 0.25}, 3))
    yield Case("equally likely: by alphabet", ({"b": 0.25, "d": 0.25, "a": 0.25, "c": 0.25}, 3))
    yield Case("fewer words than asked for", ({"yes": 0.4, "no": 0.6}, 3))
    yield Case("the best one only", ({"yes": 0.4, "no": 0.6}, 1))
    words = sorted(set(_story_words(rng)))
    weights = rng.dirichlet([1.0] * len(words)).tolist()
    yield Case("the words of a story", (dict(zip(words, weights)), 3))


def _sampling_cases(rng):
    table = {"robot": 0.25, "dog": 0.5, "key": 0.25}
    for u in (0.1, 0.3, 0.8):
        yield Case(f"u = {u}", (table, u))
    yield Case("u exactly on a border: the next word", (table, 0.25))
    yield Case("u = 0", (table, 0.0))
    yield Case("a word that is impossible", ({"never": 0.0, "always": 1.0}, 0.0))
    yield Case("a total that rounds to just under 1", ({"a": 0.3, "b": 0.6999}, 0.99995))
    words = sorted(set(_story_words(rng)))
    weights = rng.dirichlet([1.0] * len(words)).tolist()
    yield Case("the words of a story", (dict(zip(words, weights)), float(rng.uniform(0.5, 0.9))))


def _generation_cases(rng):
    circle = {"one": {"two": 1}, "two": {"three": 1}, "three": {"one": 1}}
    yield Case("only one way to go", (circle, ["one"], [0.5] * 4))
    yield Case("a prompt of two words", (circle, ["one", "two"], [0.5] * 3))
    yield Case("nothing ever followed: stop", ({"the": {"end": 2}}, ["the"], [0.1, 0.1, 0.1]))
    yield Case("no numbers: no new words", (circle, ["three"], []))
    words = _story_words(rng, 200)
    yield Case("counts from a story", (count_bigrams(words), words[:1], rng.random(12).tolist()))


def _surprise_cases(rng):
    yield Case("sure and right", ([1.0, 1.0],))
    yield Case("a fair coin", ([0.5, 0.5, 0.5],))
    yield Case("one word", ([0.25],))
    yield Case("one word held to be impossible", ([0.5, 0.0],))
    yield Case("probabilities of a whole text", (rng.uniform(0.01, 1, 20).tolist(),))


# ---------------------------------------------------------------- mistakes


def _counts_single_words(words):
    counts = {}
    for word in words:
        counts[word] = counts.get(word, 0) + 1
    return counts


def _counts_backwards(words):
    return count_bigrams(words[::-1])


def _counts_once(words):
    return {w: dict.fromkeys(f, 1) for w, f in count_bigrams(words).items()}


def _counts_without_last(words):
    return count_bigrams(words[:-1])


def _counts_around(words):
    return count_bigrams(words + words[:1]) if words else {}


def _divides_by_kinds(counts, word, vocabulary, alpha):
    followers = counts.get(word, {})
    return {
        w: (followers.get(w, 0) + alpha) / (len(followers) + alpha * len(vocabulary))
        for w in vocabulary
    }


def _total_without_alpha(counts, word, vocabulary, alpha):
    followers = counts.get(word, {})
    return {w: (followers.get(w, 0) + alpha) / sum(followers.values()) for w in vocabulary}


def _one_alpha_in_total(counts, word, vocabulary, alpha):
    followers = counts.get(word, {})
    return {
        w: (followers.get(w, 0) + alpha) / (sum(followers.values()) + alpha) for w in vocabulary
    }


def _alpha_for_each_follower(counts, word, vocabulary, alpha):
    followers = counts.get(word, {})
    return {
        w: (followers.get(w, 0) + alpha) / (sum(followers.values()) + alpha * len(followers))
        for w in vocabulary
    }


def _only_seen_words(counts, word, vocabulary, alpha):
    followers = counts.get(word, {})
    total = sum(followers.values()) + alpha * len(vocabulary)
    return {w: (followers[w] + alpha) / total for w in followers}


def _adds_one_always(counts, word, vocabulary, alpha):
    return next_word_probabilities(counts, word, vocabulary, 1.0)


def _worst_first(probabilities, k=3):
    return sorted(probabilities, key=lambda w: (probabilities[w], w))[:k]


def _ties_as_they_come(probabilities, k=3):
    return sorted(probabilities, key=lambda w: -probabilities[w])[:k]


def _ties_backwards(probabilities, k=3):
    return sorted(probabilities, key=lambda w: (probabilities[w], w), reverse=True)[:k]


def _by_alphabet_backwards(probabilities, k=3):
    return sorted(probabilities, reverse=True)[:k]


def _with_numbers(probabilities, k=3):
    return [(w, probabilities[w]) for w in suggest(probabilities, k)]


def _always_three(probabilities, k=3):
    return suggest(probabilities, 3)


def _always_the_best(probabilities, u):
    return max(probabilities, key=probabilities.get)


def _not_running(probabilities, u):
    for word, probability in probabilities.items():
        if probability > u:
            return word
    return word


def _sorts_first(probabilities, u):
    return sample_next(dict(sorted(probabilities.items(), key=lambda pair: -pair[1])), u)


def _border_belongs_before(probabilities, u):
    running = 0.0
    for word, probability in probabilities.items():
        running += probability
        if running >= u:
            return word
    return word


def _none_when_rounded(probabilities, u):
    running = 0.0
    for word, probability in probabilities.items():
        running += probability
        if running > u:
            return word


def _keeps_the_prompt(counts, words, us):
    made, followers = list(words), counts.get(words[-1], {})
    total = sum(followers.values())
    return made + [
        sample_next({w: n / total for w, n in followers.items()}, u) for u in us if followers
    ]


def _new_words_only(counts, words, us):
    return generate(counts, words, us)[len(words) :]


def _looks_at_the_first(counts, words, us):
    made = list(words)
    for u in us:
        followers = counts.get(made[0], {})
        if not followers:
            break
        total = sum(followers.values())
        made.append(sample_next({w: n / total for w, n in followers.items()}, u))
    return made


def _goes_on_for_ever(counts, words, us):
    made = list(words)
    for u in us:
        followers = counts[made[-1]]
        total = sum(followers.values())
        made.append(sample_next({w: n / total for w, n in followers.items()}, u))
    return made


def _one_word_short(counts, words, us):
    return generate(counts, words, us[:-1])


def _most_likely_each_time(counts, words, us):
    made = list(words)
    for _ in us:
        followers = counts.get(made[-1])
        if not followers:
            break
        made.append(max(followers, key=followers.get))
    return made


def _in_bits(probabilities):
    return cross_entropy(probabilities) / math.log(2)


def _sum_not_mean(probabilities):
    return cross_entropy(probabilities) * len(probabilities)


def _no_minus(probabilities):
    return -cross_entropy(probabilities)


def _log_of_mean(probabilities):
    return -math.log(sum(probabilities) / len(probabilities))


def _log_of_zero(probabilities):
    return sum(-math.log(p) for p in probabilities) / len(probabilities)


def _skips_zero(probabilities):
    return cross_entropy([p for p in probabilities if p > 0])


def _power_of_two(probabilities):
    return 2 ** cross_entropy(probabilities)


def _upside_down(probabilities):
    return math.exp(-cross_entropy(probabilities))


def _mean_of_inverses(probabilities):
    return (
        math.inf if 0 in probabilities else sum(1 / p for p in probabilities) / len(probabilities)
    )


def _loss_itself(probabilities):
    return cross_entropy(probabilities)


# ---------------------------------------------------------------- the registry of this lesson

EXERCISES = [
    Exercise(
        asks="Count how often each word follows each other word.",
        reference=count_bigrams,
        cases=_counting_cases,
        mistakes=(
            Mistake(
                _counts_single_words,
                "You counted single words. Count pairs: for each word, a dict of the words "
                "that came right after it.",
            ),
            Mistake(
                _counts_backwards,
                "Your pairs are the wrong way round: the outer key is the earlier word, the "
                "inner key the one that follows.",
            ),
            Mistake(
                _counts_once,
                "Every pair is counted once, however often it occurs: add 1 to the old count "
                "instead of writing 1.",
            ),
            Mistake(
                _counts_without_last, "The last pair is missing: a list of n words has n - 1 pairs."
            ),
            Mistake(
                _counts_around,
                "The last word is followed by nothing; you let the text start again after it.",
            ),
        ),
        hints=(
            "`zip(words, words[1:])` gives every word together with the one after it.",
            "`counts.setdefault(word, {})` gives the inner dict, and makes an empty one the "
            "first time.",
            "With `followers` as that inner dict: `followers[after] = followers.get(after, "
            "0) + 1`.",
        ),
        points=2,
        minutes=10,
        post="What is a Language Model",
    ),
    Exercise(
        asks="Turn the counts after one word into probabilities, with a little for words never "
        "seen there.",
        reference=next_word_probabilities,
        cases=_probability_cases,
        mistakes=(
            Mistake(
                _divides_by_kinds,
                "You divide by how many different words followed. Divide by how many words "
                "followed in all: the sum of the counts.",
            ),
            Mistake(
                _total_without_alpha,
                "The probabilities add up to more than 1: alpha is added to every word of "
                "the vocabulary, so the total grows by alpha times their number.",
            ),
            Mistake(
                _one_alpha_in_total,
                "The total grows by one alpha; it must grow by one for each word of the "
                "vocabulary.",
            ),
            Mistake(
                _alpha_for_each_follower,
                "Your total grows by alpha for each word that followed; it must grow by "
                "alpha for each word of the vocabulary.",
            ),
            Mistake(
                _only_seen_words,
                "Words that never followed are missing. Go through the vocabulary, not "
                "through the counts: each word gets at least alpha.",
            ),
            Mistake(_adds_one_always, "You add 1 to each count; add alpha."),
        ),
        hints=(
            "The count of a word that never followed is 0: `followers.get(w, 0)`.",
            "Each word's share is (count + alpha) / total. What must total be for the shares "
            "to add up to 1?",
            "`total = sum(followers.values()) + alpha * len(vocabulary)`.",
        ),
        points=2,
        minutes=10,
        post="What is a Language Model",
    ),
    Exercise(
        asks="The k most probable words, best first, as a phone's keyboard shows three.",
        reference=suggest,
        cases=_suggestion_cases,
        mistakes=(
            Mistake(
                _worst_first,
                "These are the least probable words: sorting goes from small to large unless "
                "you say otherwise.",
            ),
            Mistake(
                _ties_as_they_come,
                "The order of equally probable words should be by alphabet; yours is the "
                "order in which they stand in the dict.",
            ),
            Mistake(
                _ties_backwards,
                "`reverse=True` also turns the alphabet round for equally probable words. "
                "Sort by the negative probability, then by the word.",
            ),
            Mistake(
                _by_alphabet_backwards,
                "You sorted the words by the alphabet. Sort them by their probability: "
                "`key=` says by what.",
            ),
            Mistake(_with_numbers, "Return the words alone, without their probabilities."),
            Mistake(_always_three, "You always return three: use k."),
        ),
        hints=(
            "`sorted(probabilities, key=...)` sorts the words; the key says by what.",
            "A key may be a tuple: first by the negative probability, then by the word itself.",
        ),
        points=1,
        minutes=5,
        post="What is a Language Model",
    ),
    Exercise(
        asks="Pick a word by its probability, given a random number u between 0 and 1.",
        reference=sample_next,
        cases=_sampling_cases,
        mistakes=(
            Mistake(
                _always_the_best,
                "You always pick the most probable word, whatever u is. Sampling must "
                "sometimes pick the others.",
            ),
            Mistake(
                _not_running,
                "You compare u with each probability alone. Keep a running total, and stop "
                "at the word that carries it past u.",
            ),
            Mistake(
                _sorts_first, "You sorted the words first. Go along them in the order of the dict."
            ),
            Mistake(
                _border_belongs_before,
                "At u exactly on a border your word is one too early: stop where the running "
                "total is greater than u, not equal to it.",
            ),
            Mistake(
                _none_when_rounded,
                "Probabilities may add up to a little under 1 after rounding; when the loop "
                "ends without an answer, return the last word.",
            ),
        ),
        hints=(
            "Go along `probabilities.items()` and add up the probabilities as you go: each "
            "sum is where a piece ends.",
            "Keep `running`, the sum so far; the answer is the first word for which running > u.",
        ),
        points=2,
        minutes=10,
        post="What is a Language Model",
    ),
    Exercise(
        asks="Write text: sample a word, append it, and go on from there.",
        reference=generate,
        cases=_generation_cases,
        needs=("sample_next",),
        mistakes=(
            Mistake(
                _keeps_the_prompt,
                "Every new word is drawn after the same old word. Each output must become "
                "part of the input: look at the last word of the growing list.",
            ),
            Mistake(_new_words_only, "Return the prompt too: the whole text, old words and new."),
            Mistake(
                _looks_at_the_first,
                "You look at the first word of the text; the next word depends on the last one.",
            ),
            Mistake(
                _goes_on_for_ever,
                "A word that was never followed by anything has no entry: stop there instead "
                "of looking it up.",
            ),
            Mistake(_one_word_short, "One word is missing: each number in us makes one new word."),
            Mistake(
                _most_likely_each_time,
                "You take the most frequent follower each time; use sample_next with u.",
            ),
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
    ),
    Exercise(
        asks="How surprised is a model, on average, in nats per word?",
        reference=cross_entropy,
        cases=_surprise_cases,
        mistakes=(
            Mistake(
                _in_bits,
                "This is in bits, with the logarithm to base 2. The course counts in nats: "
                "use the natural logarithm, math.log.",
            ),
            Mistake(
                _sum_not_mean,
                "This is the surprise of the whole text. Divide by the number of words.",
            ),
            Mistake(
                _no_minus,
                "The sign is off: the logarithm of a probability is negative, so its "
                "surprise is minus that.",
            ),
            Mistake(
                _log_of_mean,
                "You averaged the probabilities first and took the logarithm last. It goes "
                "the other way: a logarithm for each word, then the average.",
            ),
            Mistake(
                _log_of_zero,
                "`math.log(0)` raises an error; a word that the model held to be impossible "
                "is an infinite surprise: return math.inf.",
            ),
            Mistake(
                _skips_zero,
                "Words with probability 0 cannot be left out: they are the worst surprise of "
                "all, so the answer is math.inf.",
            ),
        ),
        hints=(
            "The surprise of one word is -math.log(p): 0 for p = 1, and larger the smaller p is.",
            "Average it over the words; treat p = 0 before you call math.log.",
        ),
        points=2,
        minutes=10,
        post="What is a Language Model",
    ),
    Exercise(
        asks="The same, as a number of equally likely words.",
        reference=perplexity,
        cases=_surprise_cases,
        needs=("cross_entropy",),
        mistakes=(
            Mistake(
                _power_of_two,
                "2 to the power of the loss fits a loss in bits. Ours is in nats, so use math.exp.",
            ),
            Mistake(_upside_down, "This is below 1: the sign in the exponent is turned round."),
            Mistake(
                _mean_of_inverses,
                "You averaged 1/p. Perplexity is the exponential of the average surprise.",
            ),
            Mistake(_loss_itself, "This is the loss itself; perplexity is its exponential."),
        ),
        hints=("Undo the logarithm: `math.exp` of the cross-entropy.",),
        points=1,
        minutes=5,
        post="What is a Language Model",
    ),
    prediction(
        asks="Before you look: which rung is best on stories it has not seen: uniform, unigram, "
        "bigram or trigram?",
        reference=predict_ladder,
        guesses=(
            (
                "uniform",
                "Uniform knows nothing but the size of the vocabulary; any counting should "
                "beat that.",
            ),
            (
                "unigram",
                'Unigram ignores the word before. After "in the" it still offers the most '
                "frequent word of all.",
            ),
            (
                "bigram",
                "A good guess: it would be right with far fewer stories. Here pairs have "
                "been seen often enough for the longer look back to pay.",
            ),
        ),
        hints=("Each rung looks one word further back, but sees each of its contexts less often.",),
        minutes=2,
    ),
    prediction(
        asks="Before you look: how many nats lie between the uniform rung and the best? Within "
        "one nat counts as right.",
        reference=predict_gap,
        guesses=(
            (0, "Then counting would teach nothing at all."),
            (
                2,
                "Two nats make a model about seven times less surprised. Counting does "
                "better than that.",
            ),
            (
                6,
                "A gap as large as ln V would mean no surprise left: a model that always "
                "knows the next word.",
            ),
        ),
        hints=(
            "The uniform rung's loss is ln V, about 6 for this vocabulary. The best rung "
            "hesitates between a handful of words: what is its loss?",
        ),
        minutes=2,
        atol=1.0,
    ),
]
