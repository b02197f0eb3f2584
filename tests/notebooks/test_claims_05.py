"""What lesson 05 says about models, computed again: other seeds, and stories that it does not
show.
"""

import math
from functools import cache

import pytest
import torch

from utils import ablation, checkpoint, gpt2, stories
from utils.exercises.decoder_block.decoder_block import (
    decoder_block,
    no_residual,
    post_norm,
)
from utils.trace import streams, trace
from utils.training import document

PARAMS, CONFIG, TOKENIZER = checkpoint.load("bundled")
UNIFORM = math.log(ablation.CONFIG.vocab_size)


@cache
def likeness(block, init, seed):
    """The cosine between ten vectors and what went in, after each of twelve untrained blocks."""
    config = gpt2.Config(vocab_size=50, n_positions=10, n_embd=64, n_layer=12, n_head=4)
    params = init(config, seed)
    start = torch.randn(10, 64, generator=torch.Generator().manual_seed(100 + seed))
    x, found = start, []
    for i in range(config.n_layer):
        names = [name for name in params if name.startswith(f"h.{i}.")]
        x = block(x, {name.removeprefix(f"h.{i}."): params[name] for name in names}, 4)
        found.append(torch.cosine_similarity(x, start, dim=-1).mean().item())
    return found


def test_without_the_stream_the_token_is_forgotten():
    for seed in (5, 6, 7):
        assert abs(likeness(no_residual, ablation.init, seed)[0]) < 0.2
        assert likeness(decoder_block, ablation.init, seed)[0] > 0.5


def test_post_ln_fades_faster():
    for seed in (5, 6, 7):
        pre, post = (likeness(block, ablation.init, seed) for block in (decoder_block, post_norm))
        assert post[5] < pre[5] - 0.1 and post[-1] < pre[-1] - 0.1


@cache
def read_off():
    """Of unseen stories, per stage of the stream: how often the lens says the token itself, how
    often the next one, the cosine to the start; and the mean lengths of what attention and the MLP
    write, per block.
    """
    sums, count = 0, 0
    writes = torch.zeros(2, CONFIG.n_layer)
    for story in stories.generate(seed=51, count=15, held_out=True):
        ids = document(TOKENIZER, story)[:-1]
        seen = trace(PARAMS, CONFIG, ids)
        rows = []
        for x in streams(seen, CONFIG.n_layer):
            says = gpt2.unembed(PARAMS, gpt2.layer_norm(PARAMS, CONFIG, "ln_f", x)).argmax(-1)
            like = torch.cosine_similarity(x, seen["residual"], dim=-1)
            rows.append([(says == ids).sum(), (says[:-1] == ids[1:]).sum(), like.sum()])
        sums, count = sums + torch.tensor(rows), count + len(ids)
        for row, name in enumerate(("attn", "mlp")):
            writes[row] += torch.tensor(
                [seen[f"h.{i}.{name}"].norm(dim=-1).sum() for i in range(CONFIG.n_layer)]
            )
    return sums / count, writes / count


def test_below_the_blocks_it_is_the_token():
    itself, following, _ = read_off()[0][0]
    assert itself > 0.9 and following < 0.05


def test_block_0_turns_it_away():
    itself, _, like = read_off()[0][1]
    assert itself < 0.3 and like < 0.3


def test_the_last_block_finds_the_next_token():
    following = read_off()[0][:, 1]
    assert following[-1] > 0.75 and following[-1] > following[-2] + 0.2
    assert read_off()[0][-1, 0] < 0.05


def test_the_first_mlp_writes_most():
    attention, mlp = read_off()[1][:, 0]
    assert mlp > 10 * attention


@pytest.fixture(scope="module")
def trained():
    """Two starts that the lesson does not show: training and writing loss, for each part."""
    found = {}
    for part in ablation.PARTS:
        runs = [ablation.train(part, seed) for seed in (7, 8)]
        found[part] = (
            sum(sum(run.training[-10:]) for run in runs) / 20,
            sum(run.writing for run in runs) / 2,
        )
    return found


def test_without_the_mask_training_lies(trained):
    training, writing = trained["mask"]
    assert training < ablation.FLOOR / 3 and writing > trained["nothing"][1] + 0.5


def test_without_the_stream_nothing_is_learned(trained):
    assert trained["residual"][1] > UNIFORM - 0.4


def test_without_positions_it_is_slow(trained):
    """And it is only slow: with more steps the loss goes on falling."""
    _, writing = trained["positions"]
    assert trained["nothing"][1] + 0.5 < writing < UNIFORM - 0.1
    assert ablation.train("positions", 7, steps=500).writing < writing - 0.2


def test_without_layer_norm_time_is_lost(trained):
    first = {part: ablation.train(part, 7, steps=3).training for part in ("nothing", "LayerNorm")}
    assert max(first["LayerNorm"]) > 2 * max(first["nothing"])
    assert trained["nothing"][1] < trained["LayerNorm"][1] < UNIFORM - 0.5


def test_without_scale_little_is_lost(trained):
    lost = {part: writing - trained["nothing"][1] for part, (_, writing) in trained.items()}
    assert 0 < lost["scale"] == min(lost[part] for part in ablation.PARTS[1:])


def test_two_blocks_need_only_mask_and_positions():
    writing = {part: ablation.train(part, 7, n_layer=2).writing for part in ablation.PARTS}
    for part in ("scale", "residual", "LayerNorm"):
        assert writing[part] < ablation.FLOOR + 0.3
    for part in ("mask", "positions"):
        assert writing[part] > ablation.FLOOR + 1


@cache
def rule(verb, noun):
    """What the model does at "it" in a rule: the words, and its trace."""
    text = f"A robot must {verb} the {noun} given to it"
    ids = torch.tensor([CONFIG.eos_token_id, *TOKENIZER.encode(text)])
    return [TOKENIZER.decode([i]).strip() for i in ids.tolist()], trace(PARAMS, CONFIG, ids)


def test_it_looks_at_the_first_word_in_two_heads():
    for verb, noun in (
        ("obey", "orders"),
        ("follow", "plans"),
        ("answer", "questions"),
        ("keep", "secrets"),
    ):
        words, seen = rule(verb, noun)
        shares, most = seen["h.2.attention"][:, -1].max(-1)
        assert words[most[0]] == words[most[3]] == "A"
        assert max(shares[1], shares[2]) < 1 / 3 < min(shares[0], shares[3])


def test_few_hidden_numbers_stay_large():
    for verb, noun in (("obey", "orders"), ("follow", "plans"), ("keep", "secrets")):
        _, seen = rule(verb, noun)
        for i in range(CONFIG.n_layer):
            assert (seen[f"h.{i}.hidden"][-1].abs() > 0.5).float().mean() < 0.25
