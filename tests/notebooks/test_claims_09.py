"""What lesson 09 says of the bundled model, its heads, and what can be taught, on other stories."""

import functools
import math

import pytest
import torch
import torch.nn.functional as F
from torch.nn.utils.rnn import pad_sequence

from tests.exercises import references
from utils import ablation, checkpoint, gpt2, music, probes, stories, tasks, training
from utils.trace import streams, trace

lesson = references("09_inside_and_beyond")
PARAMS, CONFIG, TOKENIZER = checkpoint.load("bundled")
END = CONFIG.eos_token_id
OTHER = 7  # a seed of stories that the lesson does not show


@functools.cache
def unseen():
    return stories.generate(OTHER, 60, held_out=True)


def ids_of(text):
    return torch.tensor([END, *TOKENIZER.encode(text)])


def token(word):
    return TOKENIZER.encode(" " + word)[0]


# ---- what heads look at


@functools.cache
def scores():
    """{what: (n_layer, n_head)}, as the lesson scores heads."""
    total, rows = {}, {}
    for story in unseen()[:40]:
        ids = training.document(TOKENIZER, story)
        attention = probes.attention_patterns(PARAMS, CONFIG, ids[:-1])
        for what, wanted in probes.right_places(TOKENIZER, ids, story).items():
            n = wanted.any(-1).sum()
            score = n * lesson.attention_from_head(attention, wanted)
            total[what] = total.get(what, 0) + score
            rows[what] = rows.get(what, 0) + n
    return {what: total[what] / rows[what] for what in total}


def test_one_head_looks_things_up():
    for what in ("induction", "it", "place"):
        assert divmod(scores()[what].argmax().item(), CONFIG.n_head) == (3, 2)
        assert scores()[what].max() > 0.8


def test_the_best_below_is_another():
    before = scores()["previous token"]
    assert before[3].max() == before.max()
    assert divmod(before[:3].argmax().item(), CONFIG.n_head) == (2, 1)


def test_no_head_finds_who():
    assert scores()["who"].max() < 0.3
    told = unseen() + stories.generate(OTHER + 1, 60, held_out=True)
    right = probes.reference_accuracy(PARAMS, CONFIG, TOKENIZER, told)
    assert 0.3 < right["who"] < 0.7


@pytest.mark.parametrize("seed", [1, 2])
def test_nothing_on_random_tokens(seed):
    chance = torch.Generator().manual_seed(seed)
    ids = 300 + torch.randperm(CONFIG.vocab_size - 300, generator=chance)[:25].repeat(2)
    after = torch.zeros(50, 50, dtype=torch.bool)
    after[range(25, 50), range(1, 26)] = True
    attention = probes.attention_patterns(PARAMS, CONFIG, ids)
    assert lesson.attention_from_head(attention, after).max() < 0.15


def follows(line):
    """Where 3.2 looks, and what the model guesses, when a line of a song is sung again."""
    song = (
        "Far away, near the sea, lived Aunt Mira the baker and Robot Bim. Robot Bim knew only one "
        f'song: "{line}." The birds in the garden listened. "{line}'
    )
    ids, n = ids_of(song), len(TOKENIZER.encode(line))
    first = next(i for i in range(len(ids)) if torch.equal(ids[i : i + n], ids[-n:]))
    attention = probes.attention_patterns(PARAMS, CONFIG, ids)
    looks = attention[3, 2, range(len(ids) - n, len(ids) - 1), range(first + 1, first + n)]
    right = gpt2.forward(PARAMS, CONFIG, ids)[-n:-1].argmax(-1) == ids[1 - n :]
    return looks.mean().item(), right.float().mean().item()


def test_no_line_of_other_words():
    for line in ("Moon river silver apple", "Thunder button honey feather"):
        looks, right = follows(line)
        assert looks > 0.7 and right == 1
    for line in ("Moon tower kettle boat", "Thunder garden bell stable"):
        looks, right = follows(line)
        assert looks < 0.2 and right < 0.5


# ---- the lens


@functools.cache
def known_by_depth():
    """{kind: share of right guesses before block 0, after block 0, …}, and of the words
    themselves.
    """
    hits = {kind: [] for kind in probes.KINDS}
    itself = []
    for story in unseen()[:30]:
        ids = training.document(TOKENIZER, story)
        guess = lesson.logit_lens(
            streams(trace(PARAMS, CONFIG, ids[:-1]), CONFIG.n_layer),
            PARAMS["ln_f.weight"],
            PARAMS["ln_f.bias"],
            PARAMS["wte.weight"],
        ).argmax(-1)  # (n_layer + 1, T)
        itself.append(guess[0] == ids[:-1])
        for reference, answer, _, _ in probes.locate(TOKENIZER, ids, story):
            if reference.kind in hits:
                hits[reference.kind].append(guess[:, answer - 1] == ids[answer])
    known = {kind: torch.stack(rows).float().mean(0).tolist() for kind, rows in hits.items()}
    return known, torch.cat(itself).float().mean().item()


def test_a_word_says_itself():
    assert known_by_depth()[1] > 0.9


def test_names_early_places_late():
    for kind in ("name", "robot"):
        before, after, *further, _ = known_by_depth()[0][kind]
        assert before < 0.1 and after > 0.8 and min(further) < after


def test_lines_and_places_at_the_end():
    for kind in ("line", "place"):
        *earlier, last = known_by_depth()[0][kind]
        assert max(earlier) < 0.25 and last > 0.95


# ---- silent heads


@functools.cache
def without(*heads):
    params = PARAMS
    for layer, head in heads:
        params = lesson.ablate_head(params, layer, head, CONFIG.n_head)
    return probes.share_right(params, CONFIG, *asked())


@functools.cache
def asked():
    return probes.asked(TOKENIZER, unseen()[:40])


def test_it_hardly_suffers():
    assert min(without().values()) > 0.97
    finder = without((3, 2))
    assert finder["place"] < 0.3 and finder["line"] < 0.6 and finder["it"] > 0.75


def test_names_need_one_head():
    assert without((0, 0))["robot"] < 0.2 and without((0, 0))["name"] < 0.2
    assert without((3, 2))["robot"] > 0.95 and without((3, 2))["place"] < 0.3
    assert without((2, 1))["robot"] > 0.95 and without((2, 1))["place"] > 0.9  # the rival: any head


def test_it_needs_one_of_two():
    assert without((0, 0))["it"] > 0.95 and without((0, 0), (3, 2))["it"] < 0.75
    for rival in ((0, 1), (1, 2), (2, 2), (3, 3)):
        assert without(rival, (3, 2))["it"] > without((0, 0), (3, 2))["it"]


def test_without_it_places_are_right():
    assert without((2, 2))["place"] > 0.5


# ---- exchanged outputs

OPENING = "{who} was a {job} who lived near the {near}. She shared the house with Robot {robot}."
ASKS = (
    " {who} put the {b} in the {q} and the {a} in the {p}. A week went by. Then {who} needed the "
    '{ask}. "Where is the {ask}?" she asked. "The {ask} is in the'
)
WORLDS = [
    {"who": "Aunt Nora", "job": "tailor", "near": "river", "robot": "Fiz"}
    | {"a": "pen", "b": "book", "p": "library", "q": "kitchen"},
    {"who": "Aunt Olga", "job": "fisher", "near": "hills", "robot": "Nim"}
    | {"a": "scarf", "b": "flute", "p": "stable", "q": "market"},
]


def recovered(first, second, right, wrong, heads):
    """For each head, how much of the first text's answer its output brings back in the second."""
    seen = trace(PARAMS, CONFIG, ids_of(first))

    def lead(values):
        z = values["logits"][-1]
        return (z[token(right)] - z[token(wrong)]).item()

    low = lead(trace(PARAMS, CONFIG, ids_of(second)))
    found = []
    for layer, head in heads:
        output = {(layer, head): seen[f"h.{layer}.heads"][head]}
        found.append(
            (lead(trace(PARAMS, CONFIG, ids_of(second), output)) - low) / (lead(seen) - low)
        )
    return found


@pytest.mark.parametrize("world", WORLDS, ids=["pen", "scarf"])
def test_one_head_brings_back_name_and_place(world):
    text = (OPENING + ASKS).format(ask=world["a"], **world)
    moved = (OPENING + ASKS).format(ask=world["a"], **world | {"p": "school"})
    place, other = recovered(text, moved, world["p"], "school", [(3, 2), (3, 0)])
    assert place > 0.75 and abs(other) < 0.25
    named = OPENING.format(**world) + " Soon Robot"
    renamed = OPENING.format(**world | {"robot": "Bim"}) + " Soon Robot"
    name, other = recovered(named, renamed, world["robot"], "Bim", [(0, 0), (1, 0)])
    assert name > 0.75 and abs(other) < 0.25


@pytest.mark.parametrize("world", WORLDS, ids=["pen", "scarf"])
def test_the_question_at_two_heads(world):
    first, second = ((OPENING + ASKS).format(ask=world[x], **world) for x in "ab")
    heads = [(2, 2), (3, 2), (3, 0), (2, 0)]
    two, three, *others = recovered(first, second, world["p"], world["q"], heads)
    assert two > 0.5 and three > 0.7 and max(map(abs, others)) < 0.3


@pytest.mark.parametrize("world", WORLDS, ids=["pen", "scarf"])
def test_it_looks_elsewhere(world):
    first, second = (ids_of((OPENING + ASKS).format(ask=world[x], **world)) for x in "ab")
    output = {(2, 2): trace(PARAMS, CONFIG, first)["h.2.heads"][2]}
    at = [second.tolist().index(token(world[x])) for x in "pq"]
    looks = trace(PARAMS, CONFIG, second)["h.3.attention"][2, -1, at]
    moved = trace(PARAMS, CONFIG, second, output)["h.3.attention"][2, -1, at]
    assert looks[1] > 0.6 and moved[0] > 0.5 > moved[1]


# ---- both sides


@functools.cache
def gap_sentences(seed, count, held_out=False):
    """(ids up to the gap, the two things, the broken one, the sentence) from stories."""
    found = []
    for story in stories.generate(seed, count, held_out):
        for sentence in story.text.split(". But the ")[1:]:
            word, *rest = sentence.split(" ")
            if rest[:3] == ["was", "broken,", "and"]:
                before = story.text[: story.text.index(". But the " + sentence)]
                left = before.rsplit(". ", 1)[-1].rsplit('" ', 1)[-1] + "."
                end = " ".join(rest).split(".")[0]
                found.append((left, word, end))
    return found


def test_about_a_coin_toss():
    right = nats = count = 0
    for left, word, _ in gap_sentences(OTHER, 200, True):
        z = gpt2.forward(PARAMS, CONFIG, ids_of(f" {left} But the"))[-1]
        right += int(z.argmax() == token(word))
        nats += F.cross_entropy(z[None], torch.tensor([token(word)])).item()
        count += 1
    assert count > 20 and 0.25 < right / count < 0.75 and nats / count > math.log(2)


def test_gpt2_rows_are_equal():
    left, word, _ = gap_sentences(OTHER, 200, True)[0]
    start = f" {left} But the"
    n = len(ids_of(start))
    rows = [gpt2.forward(PARAMS, CONFIG, ids_of(f"{start} {word} was {x}")) for x in ("red", "big")]
    torch.testing.assert_close(rows[0][n - 1], rows[1][n - 1], rtol=0, atol=1e-5)


def test_much_worse_without_the_mask():
    nats = {}
    for part in ("nothing", "mask"):
        losses = []
        for story in unseen()[:6]:
            ids = training.document(TOKENIZER, story)
            z = ablation.forward(PARAMS, CONFIG, ids[None, :-1], part)[0]
            losses.append(F.cross_entropy(z, ids[1:]).item())
        nats[part] = sum(losses) / len(losses)
    assert nats["mask"] > nats["nothing"] + 2


def test_the_masked_model_reads_the_end():
    """A smaller one than the lesson's, on sentences of its own: the end decides what the gap is."""
    does = {thing.name: thing.does for thing in stories.MACHINES}
    names = sorted(name for name in does if len(TOKENIZER.encode(" " + name)) == 1)[:12]
    V = CONFIG.vocab_size
    config = gpt2.Config(vocab_size=V + 1, n_positions=12, n_embd=32, n_layer=1, n_head=2)
    model = {name: p.requires_grad_() for name, p in training.init(config).items()}
    optimizer = torch.optim.AdamW(model.values(), lr=1e-2)
    chance = torch.Generator().manual_seed(OTHER)

    def row(a, b, broken):
        text = f"A {a} and a {b} stood there. The"
        return [V if i == "gap" else i for i in (*TOKENIZER.encode(text)[:9], "gap")] + [
            token(does[broken])
        ]

    width = len(row(names[0], names[1], names[0]))
    for _ in range(150):
        picks = [torch.randperm(12, generator=chance)[:2].tolist() for _ in range(32)]
        rows = torch.tensor([row(names[a], names[b], names[a]) for a, b in picks])
        answers = torch.tensor([token(names[a]) for a, _ in picks])
        z = ablation.forward(model, config, rows, "mask")[:, width - 2]
        F.cross_entropy(z, answers).backward()
        optimizer.step()
        optimizer.zero_grad()
    for a, b in ((0, 1), (5, 9)):
        for broken in (names[a], names[b]):
            rows = torch.tensor([row(names[a], names[b], broken)])
            z = ablation.forward(model, config, rows, "mask")[0, width - 2]
            assert z.argmax() == token(broken)


# ---- new tasks


def batch(pairs, separator):
    rows = [
        lesson.as_one_sequence(
            [END, *TOKENIZER.encode(text)], TOKENIZER.encode(" " + line), separator, END, 110
        )
        for text, line in pairs
    ]
    inputs, targets = zip(*rows)
    return (
        pad_sequence([*map(torch.tensor, inputs)], True, END),
        pad_sequence([*map(torch.tensor, targets)], True, -100),
    )


def short(pairs):
    return [
        (text, line) for text, line in pairs if line and len(TOKENIZER.encode(text + line)) < 105
    ]


@functools.cache
def fine_tuned(start):
    """(whole answers right, loss on stories) before and after 20 steps on short summaries."""
    params = PARAMS if start == "trained" else training.init(CONFIG, OTHER)
    model = {name: p.clone() for name, p in params.items()}
    known = short(tasks.summaries(21, 1500))
    inputs, targets = batch(short(tasks.summaries(22, 300, held_out=True)), END)
    old = list(training.story_batches(TOKENIZER, unseen()[:8]))

    @torch.no_grad()
    def measured():
        best = gpt2.forward(model, CONFIG, inputs).argmax(-1)  # (B, T)
        right = ((best == targets) | (targets == -100)).all(1).float().mean().item()
        return right, training.evaluate(model, CONFIG, old)

    before = measured()
    settings = training.Settings(steps=30, learning_rate=3e-3, muon=0.02, warmup=6)
    optimizers = training.make_optimizers(model, settings)
    for p in model.values():
        p.requires_grad_()
    for step in range(20):
        rows = batch(known[4 * step : 4 * step + 4], END)
        rate = training.learning_rate(step, settings)
        training.training_step(model, CONFIG, optimizers, *rows, rate)
    return before, measured()


def test_enough_only_for_a_reader():
    (before, _), (after, _) = fine_tuned("trained")
    assert before == 0 and after > 0.3
    assert fine_tuned("random")[1][0] < 0.1


def test_old_work_is_forgotten():
    (_, before), (_, after) = fine_tuned("trained")
    assert after > before + 0.5


def test_french_starts_above_ln_v():
    pairs = tasks.translations(seed=5)[:40]
    loss = training.evaluate(PARAMS, CONFIG, [batch(pairs, END)])
    assert loss > math.log(CONFIG.vocab_size) + 3


def test_known_bars_surprise_less():
    """After less than half of the lesson's steps, on other tunes."""
    end = music.EVENTS
    config = gpt2.Config(vocab_size=389, n_positions=72, n_embd=64, n_layer=2, n_head=4)
    ids, starts = [], []
    for tune in music.tunes(seed=8, count=1500):
        starts.append(len(ids))
        ids += [end, *music.encode(tune)]
    model = training.init(config, OTHER)
    settings = training.Settings(
        steps=300, batch_size=16, length=64, learning_rate=5e-3, muon=0.02, warmup=40
    )
    for step, _ in training.train(model, config, torch.tensor(ids), torch.tensor(starts), settings):
        if step == 150:
            break
    by_bar = [[], [], [], []]
    for tune in music.tunes(seed=9, count=40):
        row = torch.tensor([end, *music.encode(tune)])
        z = gpt2.forward(model, config, row[:-1])
        nats = F.cross_entropy(z, row[1:], reduction="none")
        places = [t for t, event in enumerate(row.tolist()) if event < 128]
        for note, t in zip(music.decode(row[1:].tolist()), places):
            by_bar[note.start * 4 // max(n.end for n in tune)].append(nats[t - 1].item())
    first, second, third, fourth = (sum(bar) / len(bar) for bar in by_bar)
    assert max(second, fourth) < 0.8 * min(first, third)
