"""The probability of a word after a context, filled up with what the shorter context says."""

from utils.exercises import Case, Exercise
from utils.exercises.language_modeling.count_contexts import count_contexts
from utils.exercises.language_modeling.shared import story_words


# MacKay and Peto 1995, "A hierarchical Dirichlet language model"
def back_off(tables, context, word, size, strength):
    shorter = back_off(tables, context[1:], word, size, strength) if context else 1 / size
    followers = tables[len(context)].get(context, {})
    return (followers.get(word, 0) + strength * shorter) / (sum(followers.values()) + strength)


def _tables(words, longest):
    return [count_contexts(words, back) for back in range(longest + 1)]


def cases(rng):
    tables = _tables("the dog ran and the dog sat and the cat sat".split(), 2)
    yield Case("no context: the word's share, and 1 / size", (tables, (), "dog", 10, 2.0))
    yield Case("one word back", (tables, ("the",), "cat", 10, 2.0))
    yield Case("two words back", (tables, ("the", "dog"), "sat", 10, 1.0))
    yield Case("a word never seen there", (tables, ("the", "dog"), "cat", 10, 1.0))
    yield Case("a context never counted", (tables, ("cat", "ran"), "sat", 10, 3.0))
    yield Case("a word never counted at all", (tables, ("dog", "ran"), "bell", 10, 0.5))
    words = story_words(rng, 200)
    at = int(rng.integers(3, len(words)))
    strength = float(rng.uniform(0.5, 6))
    yield Case(
        "from a story", (_tables(words, 3), tuple(words[at - 3 : at]), words[at], 90, strength)
    )


def cuts_the_wrong_end(tables, context, word, size, strength):
    """You drop the nearest word of the context. The farthest says least about what comes: drop
    that one, `context[1:]`.
    """
    shorter = (
        cuts_the_wrong_end(tables, context[:-1], word, size, strength) if context else 1 / size
    )
    followers = tables[len(context)].get(context, {})
    return (followers.get(word, 0) + strength * shorter) / (sum(followers.values()) + strength)


def one_step_only(tables, context, word, size, strength):
    """Behind the longest context stands the uniform share at once. First ask the context that is
    one word shorter, in its own table: hand on `tables` whole, because contexts of n words are in
    `tables[n]`. Only the empty context falls back on 1 / size.
    """
    followers = tables[len(context)].get(context, {})
    return (followers.get(word, 0) + strength / size) / (sum(followers.values()) + strength)


def only_where_unseen(tables, context, word, size, strength):
    """You ask the shorter context only where the word was never seen. Then the probabilities add up
    to more than 1: mix the two always.
    """
    followers = tables[len(context)].get(context, {})
    if word in followers:
        return followers[word] / sum(followers.values())
    return only_where_unseen(tables, context[1:], word, size, strength) if context else 1 / size


def longest_known_context(tables, context, word, size, strength):
    """You take the longest context that was counted, and that one alone. A word that never followed
    it gets 0 then. Mix it with what the shorter context says.
    """
    followers = tables[len(context)].get(context)
    if followers:
        return followers.get(word, 0) / sum(followers.values())
    return longest_known_context(tables, context[1:], word, size, strength) if context else 1 / size


def total_without_strength(tables, context, word, size, strength):
    """The probabilities add up to more than 1: what you add above the line, `strength` in all, must
    be added to the total too.
    """
    shorter = (
        total_without_strength(tables, context[1:], word, size, strength) if context else 1 / size
    )
    followers = tables[len(context)].get(context, {})
    return (followers.get(word, 0) + strength * shorter) / (sum(followers.values()) or strength)


def strength_left_out(tables, context, word, size, strength):
    """The shorter context's probability is added as it is. Multiply it by `strength`."""
    shorter = strength_left_out(tables, context[1:], word, size, strength) if context else 1 / size
    followers = tables[len(context)].get(context, {})
    return (followers.get(word, 0) + shorter) / (sum(followers.values()) + strength)


def half_and_half(tables, context, word, size, strength):
    """You take half of each. How much the counts weigh depends on how many there are: divide by
    their sum plus `strength`.
    """
    shorter = half_and_half(tables, context[1:], word, size, strength) if context else 1 / size
    followers = tables[len(context)].get(context, {})
    return (followers.get(word, 0) / (sum(followers.values()) or 1) + shorter) / 2


def looks_up_what_is_missing(tables, context, word, size, strength):
    """A context that was never counted has no entry: `.get(context, {})` gives an empty dict for
    it.
    """
    shorter = (
        looks_up_what_is_missing(tables, context[1:], word, size, strength) if context else 1 / size
    )
    followers = tables[len(context)][context]
    return (followers.get(word, 0) + strength * shorter) / (sum(followers.values()) + strength)


def one_table_for_all(tables, context, word, size, strength):
    """You look into the last table with every context. A context of n words is in `tables[n]`."""
    shorter = one_table_for_all(tables, context[1:], word, size, strength) if context else 1 / size
    followers = tables[-1].get(context, {})
    return (followers.get(word, 0) + strength * shorter) / (sum(followers.values()) + strength)


def uniform_for_no_context(tables, context, word, size, strength):
    """For the empty context you return 1 / size. It has counts of its own, in `tables[0]`; 1 / size
    takes the place of what a still shorter context would say.
    """
    if not context:
        return 1 / size
    shorter = uniform_for_no_context(tables, context[1:], word, size, strength)
    followers = tables[len(context)].get(context, {})
    return (followers.get(word, 0) + strength * shorter) / (sum(followers.values()) + strength)


EXERCISE = Exercise(
    back_off,
    cases,
    mistakes=(
        cuts_the_wrong_end,
        one_step_only,
        only_where_unseen,
        longest_known_context,
        total_without_strength,
        strength_left_out,
        half_and_half,
        looks_up_what_is_missing,
        one_table_for_all,
        uniform_for_no_context,
    ),
    hints=(
        "The formula asks for P of the same word after a shorter context. That is what your "
        "function gives: let it call itself.",
        "`shorter = back_off(tables, context[1:], word, size, strength) if context else 1 / size`.",
        "The counts are `tables[len(context)].get(context, {})`. Then write the formula.",
    ),
    points=3,
    minutes=12,
    difficulty="medium",
    core=False,
)
