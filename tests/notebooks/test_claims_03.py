"""What lesson 03 says about the bundled model's tables, computed again: other words, other stories,
other random numbers.
"""

from functools import cache

import pytest
import torch
import torch.nn.functional as F

from utils import checkpoint, gpt2, stories
from utils.training import document

PARAMS, CONFIG, TOKENIZER = checkpoint.load("bundled")
WTE, WPE = PARAMS["wte.weight"], PARAMS["wpe.weight"]
SAID_ONCE = {
    "jobs": stories.JOBS,
    "weather": stories.WEATHER,
    "moods": stories.MOODS,
    "colours": stories.COLOURS,
    "sizes": stories.SIZES,
    "folk": stories.FOLK,
    "times": stories.TIMES,
    "waters": stories.WATERS,
}
ASKED_FOR = {
    "places": stories.PLACES,
    "people": [person.name for person in stories.PEOPLE],
    "robots": [robot.name for robot in stories.ROBOTS],
    "things": [str(thing) for thing in stories.THINGS],
}


def ids_of(words):
    return torch.tensor([TOKENIZER.encode(f" {word}")[0] for word in words])


def cosines(ids, table=WTE):
    """Between each of some tokens and all tokens, itself left out."""
    unit = F.normalize(table, dim=1)
    grid = unit[ids] @ unit.T
    grid[torch.arange(len(ids)), ids] = -1
    return grid


@cache
def documents(seed, count):
    return [document(TOKENIZER, s)[: CONFIG.n_positions] for s in stories.generate(seed, count)]


def test_words_of_one_gap_are_neighbours():
    """All words of these kinds, not only those shown; before training it is not so."""
    for words in (stories.PLACES, stories.JOBS, [person.name for person in stories.PEOPLE]):
        ids = ids_of(words)
        nearest = cosines(ids).topk(3, dim=1).indices
        assert torch.isin(nearest, ids).float().mean() > 0.95
        untrained = cosines(ids, gpt2.init(CONFIG, seed=7)["wte.weight"]).topk(3, dim=1).indices
        assert torch.isin(untrained, ids).float().mean() < 0.2


def test_opposites_are_near():
    pairs = (("cold", "warm"), ("rainy", "sunny"), ("big", "small"), ("black", "white"))
    for one, other in (*pairs, *((b, a) for a, b in pairs)):
        a, b = ids_of([one, other]).tolist()
        assert b in cosines(torch.tensor([a]))[0].topk(9).indices.tolist(), (one, other)


def test_what_is_asked_for_later_is_kept_apart():
    """Every kind that is said once is more alike within itself than each that is asked for."""
    alike = {}
    for kind, words in (SAID_ONCE | ASKED_FOR).items():
        ids = ids_of(words)
        alike[kind] = cosines(ids)[:, ids].amax(1).mean().item()
    assert min(alike[kind] for kind in SAID_ONCE) > max(alike[kind] for kind in ASKED_FOR) + 0.2


def test_never_seen_rows_are_alike():
    seen = torch.zeros(len(WTE), dtype=torch.bool)
    for ids in documents(41, 300):
        seen[ids] = True
    unit = F.normalize(WTE, dim=1)
    never, ever = unit[~seen], unit[seen]
    assert len(never) > 700 and (never @ never.T).mean() > 0.95
    assert (ever @ ever.T).mean() < 0.2


@pytest.fixture(scope="module")
def found_again():
    """How often the nearest row of wte is the token, when something is added to its vector."""
    right, count = {}, 0
    for seed in (42, 43, 44):
        generator = torch.Generator().manual_seed(seed)
        for ids in documents(seed, 1):
            x, count = WTE[ids], count + len(ids)
            others = x[torch.randperm(len(ids), generator=generator)]
            added = {
                "positions": WPE[: len(ids)],
                "tokens": others,
                "random": torch.randn(x.shape, generator=generator),
            }
            for length, like in (("short", WPE[: len(ids)]), ("long", others)):
                for name, vectors in added.items():
                    shift = F.normalize(vectors, dim=1) * like.norm(dim=1, keepdim=True)
                    nearest = torch.cdist(x + shift, WTE).argmin(1)
                    key = f"{length} {name}"
                    right[key] = right.get(key, 0) + (nearest == ids).sum().item()
    return {key: n / count for key, n in right.items()}


def test_positions_hide_no_token(found_again):
    assert found_again["short positions"] > 0.95 and found_again["long positions"] > 0.95
    assert 0.35 < found_again["long tokens"] < 0.65
    assert 0.85 < found_again["short tokens"] < found_again["short positions"]


def test_a_random_direction_does_as_well(found_again):
    assert found_again["long random"] > found_again["long positions"] - 0.02


def test_wrong_positions_are_worse_than_none():
    def loss(positions):
        params = PARAMS | {"wpe.weight": positions}
        losses = [
            F.cross_entropy(gpt2.forward(params, CONFIG, ids[:-1]), ids[1:])
            for ids in documents(45, 8)
        ]
        return sum(losses).item() / len(losses)

    trained, none = loss(WPE), loss(0 * WPE)
    assert trained < 0.6 < none
    for seed in range(3):
        order = torch.randperm(len(WPE), generator=torch.Generator().manual_seed(seed))
        assert loss(WPE[order]) > none + 0.5


def between(distance):
    unit = F.normalize(WPE, dim=1)
    return (unit @ unit.T).diagonal(distance)


def test_learned_positions_have_an_order():
    """Neighbours are alike, and were not before training."""
    unit = F.normalize(gpt2.init(CONFIG, seed=3)["wpe.weight"], dim=1)
    assert between(1).mean() > 0.5 > 0.1 > (unit @ unit.T).diagonal(1).mean().abs()


def test_far_positions_are_less_alike():
    means = [between(distance).mean().item() for distance in (1, 20, 60, 120, 200)]
    assert means == sorted(means, reverse=True)


def test_the_first_positions_differ_most():
    steps = (WPE[1:] - WPE[:-1]).norm(dim=1)  # from each position to the next
    assert steps[:5].mean() > 2 * steps[20:60].mean()


def test_rows_are_large_as_far_as_every_story_goes():
    lengths = [len(ids) for ids in documents(46, 200)]
    assert 55 < min(lengths) < 75
    rows = WPE.norm(dim=1)
    assert rows[40:58].mean() > 1.2 * rows[64:82].mean()
    assert rows[40:58].std() < 0.25 * rows[40:58].mean()  # a step, not a slope
    assert rows[-16:].mean() > 1.5 * rows[112:144].mean() and max(lengths) < 240
