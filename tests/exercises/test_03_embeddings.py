"""Lesson 03's references against torch, GPT-2's own input, the paper's formula; what the lesson
says of them.
"""

import math

import pytest
import torch
import torch.nn.functional as F

from utils import gpt2
from utils.exercises.embeddings_and_positions.add_positions import add_positions
from utils.exercises.embeddings_and_positions.cosine_neighbours import cosine_neighbours
from utils.exercises.embeddings_and_positions.embed import embed
from utils.exercises.embeddings_and_positions.one_hot_embed import one_hot_embed
from utils.exercises.embeddings_and_positions.sinusoidal_positions import sinusoidal_positions
from utils.parts import embedding_parameters
from utils.trace import trace

SMALL = gpt2.Config(vocab_size=50, n_positions=12, n_embd=8, n_layer=1, n_head=2)


def test_both_ways_of_looking_up_are_torchs_embedding():
    wte, ids = gpt2.init(SMALL)["wte.weight"], torch.tensor([3, 49, 0, 3])
    assert embed(ids, wte).equal(F.embedding(ids, wte))
    assert one_hot_embed(ids, wte).equal(F.embedding(ids, wte))


@pytest.mark.parametrize("ids", [[7], [1, 2, 1, 49, 0, 3, 3, 3, 3, 3, 3, 3]])
def test_the_sum_is_what_enters_gpt2(ids):
    params, ids = gpt2.init(SMALL), torch.tensor(ids)
    ours = add_positions(embed(ids, params["wte.weight"]), params["wpe.weight"])
    assert ours.equal(trace(params, SMALL, ids)["residual"])


def test_neighbours_agree_with_torchs_cosine():
    wte = torch.randn(60, 16, generator=torch.Generator().manual_seed(0))
    for token in (0, 17, 59):
        cosine = F.cosine_similarity(wte, wte[token], dim=1)
        cosine[token] = -2
        assert cosine_neighbours(wte, token, 5).equal(cosine.topk(5).indices)


def test_sinusoids_are_the_papers_formula_cell_by_cell():
    table = sinusoidal_positions(30, 10)
    for pos in range(30):
        for i in range(5):
            angle = pos / 10000 ** (2 * i / 10)
            assert table[pos, 2 * i] == pytest.approx(math.sin(angle), abs=1e-5)
            assert table[pos, 2 * i + 1] == pytest.approx(math.cos(angle), abs=1e-5)


def test_sinusoids_are_alike_by_distance_only():
    unit = F.normalize(sinusoidal_positions(256, 128), dim=1)
    grid = unit @ unit.T
    for distance in (1, 10, 100):
        across = grid.diagonal(distance)
        assert across.max() - across.min() < 1e-4


def test_parameters_of_the_tables():
    """From the published vocabulary, context and widths: 50,257, 1,024, and 768 to 1,600."""
    widths = {"gpt2": 768, "gpt2-medium": 1024, "gpt2-large": 1280, "gpt2-xl": 1600}
    assert embedding_parameters() == {
        size: (50257 + 1024) * width for size, width in widths.items()
    }
