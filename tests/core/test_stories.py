"""The stories: same bytes everywhere, a true probability for each, a consistent world."""

import hashlib
import itertools
import math
import re
from collections import Counter

import pytest

from utils import bpe, stories
from utils.stories import END, PLACES, THINGS

NAMES = {person.name: person for person in stories.PEOPLE}
LANGUAGE = stories.generate(11, 600, held_out=None)
TRAINING = stories.generate(12, 600)
HELD_OUT = stories.generate(13, 200, held_out=True)
WORD = re.compile(r" ?\w+| ?[^\w\s]+")


@pytest.mark.parametrize(
    "seed, count, held_out, expected",
    [
        (0, 1000, False, "e757855f9ec3f5188f3becba9a5afe155ceddc27d97b746dc30b90737cc8553e"),
        (1, 200, True, "e5da02cc59d62207b447b8d51968e5a1d45cd400cfcb9e24d8932039010a2c2b"),
        (2**40, 50, None, "c44782ecd1260578405f460ed88ded8a74d31462801743a473ffcf81c10bea60"),
    ],
)
def test_the_same_seed_gives_the_same_bytes_everywhere(seed, count, held_out, expected):
    told = stories.generate(seed, count, held_out)
    digest = hashlib.sha256("\n".join(map(str, told)).encode()).hexdigest()
    assert digest == expected


def test_more_stories_of_a_seed_begin_with_fewer():
    assert stories.generate(3, 5) == stories.generate(3, 9)[:5]
    assert stories.generate(3, 5) != stories.generate(4, 5)
    assert stories.generate(3, 0) == []


def test_a_negative_count_is_refused():
    with pytest.raises(ValueError, match="0 or more"):
        stories.generate(0, -1)


def test_another_sentence_for_what_is_broken_changes_nothing_else():
    other = stories.generate(4, 40, broken="But the {noun} beside the {other} was broken")
    sentence = re.compile(r"But the (\w+) beside the (\w+) was broken, and it did not (\w+)\.")
    does, told = {thing.does: thing.name for thing in THINGS}, 0
    for story, changed in zip(stories.generate(4, 40), other, strict=True):
        if found := sentence.search(changed.text):
            told += 1
            assert does[found[3]] == found[1] != found[2]
            text = changed.text.replace(f" beside the {found[2]}", "", 1)
        else:
            text = changed.text
        assert text == story.text and changed.choices == story.choices
        for before, after in zip(story.references, changed.references, strict=True):
            assert before.answer == after.answer
            end = after.position + len(after.answer)
            assert changed.text[after.position : end] == after.answer
    assert told > 5


@pytest.mark.parametrize("broken", ["It broke", "The {thing} broke", "{noun} and {x} broke"])
def test_a_sentence_without_the_noun_is_refused(broken):
    with pytest.raises(ValueError, match="broken needs {noun}"):
        stories.generate(0, 1, broken=broken)


def test_length_and_vocabulary_are_what_the_models_are_made_for():
    words = Counter(w for s in LANGUAGE for w in re.findall(r"[a-z]+", s.text.lower()))
    assert 400 <= len(words) <= 800
    lengths = [len(WORD.findall(story.text)) for story in LANGUAGE]
    assert 40 <= min(lengths) and max(lengths) < 255
    assert all(story.text.isascii() for story in LANGUAGE)


# ------------------------------------------------------------------- probabilities


@pytest.mark.parametrize("number", range(20))
def test_choices_can_be_read_back_from_the_text(number):
    """So that -ln P(text) is nats, and not less."""
    assert stories.ways(LANGUAGE[number].text) == 1


def test_a_text_that_is_no_story_has_no_way():
    text = LANGUAGE[0].text
    assert stories.ways(text.replace(" the ", " one ", 1)) == 0
    assert stories.ways(text[:-1]) == 0
    assert stories.next_words("It was a dark and stormy night") == {}


def test_the_true_probabilities_of_all_next_words_multiply_to_the_storys():
    story = min(LANGUAGE, key=lambda story: len(story.text))
    text, nats = "", 0.0
    for word in [*WORD.findall(story.text), END]:
        probabilities = stories.next_words(text)
        assert math.isclose(sum(probabilities.values()), 1)
        nats -= math.log(probabilities[word])
        text += word
    assert math.isclose(nats, story.nats)


@pytest.mark.parametrize("words", [0, 1, 4, 6])
def test_the_true_probabilities_are_the_frequencies_of_sampling(words):
    """Pearson's chi squared over what follows the most frequent beginning."""
    cut = [tuple(itertools.islice(WORD.findall(s.text) + [END], words + 1)) for s in MANY]
    begin = Counter(beginning[:words] for beginning in cut).most_common(1)[0][0]
    seen = Counter(beginning[-1] for beginning in cut if beginning[:words] == begin)
    expected = stories.next_words("".join(begin))
    assert set(seen) <= set(expected)
    total = sum(seen.values())
    assert total >= 5 * len(expected)  # else the statistic says nothing
    squared = sum((seen[word] - total * p) ** 2 / (total * p) for word, p in expected.items())
    freedom = len(expected) - 1
    assert squared <= freedom + 5 * math.sqrt(2 * freedom) + 1e-9  # five deviations


MANY = stories.generate(14, 6000, held_out=None)


def test_the_floor_is_the_mean_of_minus_log_probability_per_token():
    def encode(text):
        return WORD.findall(text)

    floor = stories.entropy_floor(MANY, encode)
    tokens = sum(len(encode(s.text)) + 1 for s in MANY)
    assert math.isclose(floor, sum(s.nats for s in MANY) / tokens)
    # Another sample agrees within its error: it is the language's, not the sample's.
    other = stories.entropy_floor(LANGUAGE, encode)
    assert abs(floor - other) < 0.01


def test_no_counting_model_beats_the_floor():
    """Even a trigram model that was fitted to the very stories it is tried on, with
    add-one smoothing over what it saw, pays more than the floor."""
    rows = [["", "", *WORD.findall(s.text), END] for s in MANY]
    triples = Counter(t for row in rows for t in zip(row, row[1:], row[2:]))
    pairs = Counter()
    for (first, second, _), count in triples.items():
        pairs[first, second] += count
    nats = -sum(n * math.log(n / pairs[t[:2]]) for t, n in triples.items())
    floor = stories.entropy_floor(MANY, WORD.findall)
    assert nats / sum(triples.values()) > floor + 0.1


# ------------------------------------------------------------------- what is held out


def told_pairs(text):
    """Every (thing, place) that a text tells of, found by reading it."""
    things, places = "|".join(map(str, THINGS)), "|".join(PLACES)
    return set(re.findall(rf"the ({things}) (?:is |is still )?in the ({places})", text))


def is_held_out(pair):
    thing = next(thing for thing in THINGS if thing.name == pair[0])
    return stories.held_out(thing, pair[1])


def test_training_never_tells_of_a_pair_that_is_held_out():
    assert not any(is_held_out(pair) for s in TRAINING for pair in told_pairs(s.text))
    assert not any(story.held_out for story in TRAINING)


def test_every_held_out_story_tells_of_such_a_pair():
    for story in HELD_OUT:
        assert story.held_out
        pairs = {(thing, place) for thing, place in story.pairs}
        assert told_pairs(story.text) <= pairs
        assert any(is_held_out(pair) for pair in pairs)
    read = [any(is_held_out(p) for p in told_pairs(s.text)) for s in HELD_OUT]
    assert sum(read) > len(read) / 3  # the reader above knows one sentence of several


def test_one_pair_in_ten_is_held_out_and_every_thing_and_place_is_in_training():
    pairs = list(itertools.product(THINGS, PLACES))
    held = [pair for pair in pairs if stories.held_out(*pair)]
    assert 0.08 < len(held) / len(pairs) < 0.12
    kept = [pair for pair in pairs if not stories.held_out(*pair)]
    assert {thing for thing, _ in kept} == set(THINGS)
    assert {place for _, place in kept} == set(PLACES)


# ------------------------------------------------------------------------ references


@pytest.mark.parametrize("story", LANGUAGE[:200] + HELD_OUT[:50], ids=lambda s: "")
def test_references_point_where_they_say(story):
    text = story.text
    for reference in story.references:
        at = reference.position
        assert text[at : at + len(reference.answer)] == reference.answer
        assert not text[at + len(reference.answer)].isalpha()
        assert reference.answer in reference.candidates
        assert 0 <= reference.source < reference.word <= at
        if reference.kind in ("it", "such"):
            assert re.match(reference.kind, text[reference.word :], re.IGNORECASE)
        if reference.kind in ("place", "such", "who", "line", "robot", "name", "thing"):
            assert text[reference.source :].startswith(reference.answer)
        if reference.kind == "it":
            noun = re.match(r"\w+", text[reference.source :])[0]
            thing = next(thing for thing in THINGS if thing.name == noun)
            assert reference.answer in (thing.does, thing.did)
        if reference.kind == "she":
            name = re.match(r"\w+", text[reference.source :])[0]
            person = NAMES[name]
            assert reference.answer.lower() in (person.she, person.her)


def test_every_kind_of_reference_occurs_and_has_something_to_choose_among():
    kinds = {}
    for story in LANGUAGE:
        for reference in story.references:
            kinds.setdefault(reference.kind, []).append(len(reference.candidates))
    assert set(kinds) == {"it", "such", "place", "who", "she", "name", "thing", "robot", "line"}
    for kind in ("it", "such", "she", "who", "name", "line", "robot"):
        assert min(kinds[kind]) >= 2, kind


# ----------------------------------------------------------------- a consistent world


def read(text):
    """Follow a story sentence by sentence; yields every contradiction."""
    where = {}
    thing, place = r"the (\w+)", r"the (\w+)"
    put = re.compile(rf"(?:put|left|hid) {thing} in {place} and {thing} in {place}")
    hide = re.compile(rf"took {thing} from {place} and hid the \1 in {place}")
    told = re.compile(r"[Tt]he (\w+) is (?:still )?in the (\w+)")
    found = re.compile(r"(?:ran to|went to|looked in) the (\w+)(?:, and there| together| and l)")
    asked = None
    for sentence in re.split(r"(?<=[.!?])\"? ", text):
        if match := put.search(sentence):
            x, p, y, q = match.groups()
            where[x], where[y] = p, q
        if match := hide.search(sentence):
            x, p, q = match.groups()
            if where.get(x) != p:
                yield f"{x} was not in the {p}"
            where[x] = q
        if match := told.search(sentence):
            x, p = match.groups()
            asked = x
            if where.get(x, p) != p:
                yield f"{x} is not in the {p}"
        if match := found.search(sentence):
            if asked and where.get(asked) != match[1]:
                yield f"{asked} was looked for in the {match[1]}"
            where.pop(asked, None)
            asked = None


@pytest.mark.parametrize("sample", [LANGUAGE, TRAINING, HELD_OUT], ids=["all", "t", "h"])
def test_nothing_is_where_the_story_did_not_put_it(sample):
    assert [problem for story in sample for problem in read(story.text)] == []


def test_the_reader_of_this_test_finds_contradictions():
    bad = (
        "Ada put the key in the mill and the cup in the barn. But in the dark, Otto took "
        'the key from the barn and hid the key in the cave. "The key is in the mill," '
        "said Robot Tok. They went to the barn together and found it."
    )
    assert len(list(read(bad))) == 3


def test_nobody_is_she_or_he_before_being_named():
    for story in LANGUAGE:
        pronoun = re.search(r"\b(she|he|her|his|him)\b", story.text, re.IGNORECASE)
        named = re.search("|".join(NAMES), story.text)
        assert named and (pronoun is None or named.start() < pronoun.start())


def test_who_has_a_thing_is_who_was_given_it():
    gave = re.compile(r"the (\w+) to (\w+) and the (\w+) to (\w+)\.")
    count = 0
    for story in LANGUAGE:
        if match := gave.search(story.text):
            x, b, y, c = match.groups()
            holder = {x: b, y: c}
            rest = story.text[match.end() :]
            wanted = re.search(r"(?:has|for) the (\w+)(?:\?| and asked)", rest)[1]
            assert re.search(rf"I gave the {wanted} to (\w+)", rest)[1] == holder[wanted]
            count += 1
    assert count > 50


def test_every_word_is_one_token_once_byte_pairs_are_learned():
    text = END.join(story.text for story in stories.generate(0, 3000))
    tokenizer = bpe.train(text, 10_000, special=[END])
    assert 1000 < tokenizer.vocab_size < 1600
    for story in HELD_OUT:
        assert len(tokenizer.encode(story.text)) == len(WORD.findall(story.text))
