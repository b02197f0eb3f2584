"""Write with a cache: read the prompt once, then one token at a time."""

from utils import gpt2
from utils.exercises import Case, Exercise
from utils.exercises.logits_and_sampling.forward_with_cache import forward_with_cache
from utils.exercises.logits_and_sampling.greedy import greedy
from utils.exercises.logits_and_sampling.logits_to_probabilities import logits_to_probabilities
from utils.exercises.logits_and_sampling.sample_id import sample_id
from utils.exercises.logits_and_sampling.shared import EMPTY, TINY
from utils.parts import empty_cache, random_params


def generate_with_cache(params, cache, ids, darts, end_id, n_head):
    ids, unread = list(ids), list(ids)
    for u in darts:
        if len(ids) > len(params["wpe.weight"]):
            break
        logits, cache = forward_with_cache(params, unread, cache, n_head)
        new = sample_id(logits_to_probabilities(logits[-1]), u)
        if new == end_id:
            break
        ids.append(new)
        unread = [new]
    return ids


def cases(rng):
    params = random_params(TINY, int(rng.integers(1 << 30)))

    def drawn(n):
        return [float(u) for u in rng.uniform(0.05, 0.95, n)]

    prompt = [int(i) for i in rng.integers(0, TINY.vocab_size, 4)]
    first, *_, last = logits_to_probabilities(
        forward_with_cache(params, prompt, EMPTY, TINY.n_head)[0]
    )
    u = next(
        u for u in iter(lambda: drawn(1)[0], None) if sample_id(first, u) != sample_id(last, u)
    )
    yield Case(
        "three tokens after a prompt of four",
        (params, EMPTY, prompt, [u, *drawn(2)], -1, TINY.n_head),
    )
    yield Case(
        "from one token on, until the context is full",
        (params, EMPTY, [3], drawn(12), -1, TINY.n_head),
    )
    darts = drawn(4)
    said = generate_with_cache(params, EMPTY, [4, 5], darts, -1, TINY.n_head)
    yield Case("the end token comes", (params, EMPTY, [4, 5], darts, said[4], TINY.n_head))
    end = next(
        i
        for i in range(TINY.vocab_size)
        if generate_with_cache(params, EMPTY, [4, i], darts, i, TINY.n_head) != [4, i]
    )
    yield Case(
        "the prompt ends with the end token", (params, EMPTY, [4, end], darts, end, TINY.n_head)
    )
    yield Case("nothing to draw", (params, EMPTY, [1, 2, 3], [], -1, TINY.n_head))
    other = gpt2.Config(vocab_size=7, n_positions=4, n_embd=6, n_layer=1, n_head=3)
    yield Case(
        "a smaller model: three heads, four positions",
        (
            random_params(other, int(rng.integers(1 << 30))),
            empty_cache(1, 3, 2),
            [1, 5],
            drawn(5),
            -1,
            3,
        ),
    )
    yield Case(
        "the context is full already",
        (params, EMPTY, [int(i) for i in rng.integers(0, 9, 10)], drawn(2), -1, TINY.n_head),
    )
    yield Case(
        "a prompt that is too long",
        (params, EMPTY, [int(i) for i in rng.integers(0, 9, 13)], drawn(9), -1, TINY.n_head),
    )


def whole_text_each_time(params, cache, ids, darts, end_id, n_head):
    """You feed the whole text again, on top of a cache that holds it already: the model reads
    everything twice. After the prompt, feed the newest token alone.
    """
    ids, unread = list(ids), list(ids)
    for u in darts:
        if len(ids) > len(params["wpe.weight"]):
            break
        logits, cache = forward_with_cache(params, unread, cache, n_head)
        new = sample_id(logits_to_probabilities(logits[-1]), u)
        if new == end_id:
            break
        ids.append(new)
        unread = list(ids)
    return ids


def _write(
    params, cache, ids, darts, end_id, n_head, *, keep=True, limit=0, row=-1, draw=sample_id
):
    ids, unread = list(ids), list(ids)
    for u in darts:
        if len(ids) > len(params["wpe.weight"]) + limit:
            break
        logits, grown = forward_with_cache(params, unread, cache, n_head)
        cache = grown if keep else cache
        new = draw(logits_to_probabilities(logits[row]), u)
        if new == end_id:
            break
        ids.append(new)
        unread = [new]
    return ids


def cache_not_kept(*args):
    """The cache that comes back is thrown away, so each token is read as if it were the first:
    write `logits, cache = …`.
    """
    return _write(*args, keep=False)


def writes_the_best(*args):
    """You take the likeliest token each time; draw it with u."""
    return _write(*args, draw=lambda p, u: greedy(p))


def first_places_logits(*args):
    """After a prompt there are logits for each of its places. The next token comes from the
    last.
    """
    return _write(*args, row=0)


def all_places_logits(*args):
    """`logits` has a row for each token that was read. The next token comes from the last row:
    `logits[-1]`.
    """
    return _write(*args, row=slice(None))


def write_one_early(*args):
    """You stop one token too soon: a text of exactly n_positions can still be read."""
    return _write(*args, limit=-1)


def writes_the_end(params, cache, ids, darts, end_id, n_head):
    """The end token is not part of the text: stop before you append it."""
    said = _write(params, cache, ids, darts, end_id, n_head)
    whole = _write(params, cache, ids, darts, -1, n_head)
    return whole[: len(said) + 1]


def new_tokens_only(params, cache, ids, darts, end_id, n_head):
    """Return the prompt, too."""
    return _write(params, cache, ids, darts, end_id, n_head)[len(ids) :]


def prompt_ends_it(params, cache, ids, darts, end_id, n_head):
    """A prompt that ends with the end token stops your loop before it begins. Only an end token
    that you draw ends the text.
    """
    return _write(params, cache, ids, darts if ids[-1] != end_id else [], end_id, n_head)


EXERCISE = Exercise(
    generate_with_cache,
    cases,
    mistakes=(
        whole_text_each_time,
        cache_not_kept,
        writes_the_best,
        first_places_logits,
        all_places_logits,
        write_one_early,
        writes_the_end,
        new_tokens_only,
        prompt_ends_it,
    ),
    hints=(
        "`generate_ids` once more; what changes is what is read in each step.",
        "Keep a list `unread`: the whole prompt at first, afterwards `[new]`.",
        'The longest text that can be read is `len(params["wpe.weight"])`.',
    ),
    points=3,
    minutes=14,
    difficulty="medium",
    post="Evaluation Time: Processing One Token at a Time",
    work=1.5,
    core=False,
)
