"""Which of the post's 65 figures the course computes: read from the cells' metadata."""

import pytest

from utils import build
from utils.exercises import written_lessons

# the post's figures in reading order, by the lesson that computes them (F3 and F58 twice)
FIGURES = {
    "01_language_modeling": [2, 3, 7, 8],
    "03_embeddings_and_positions": [17, 18, 19, 28],
    "04_masked_self_attention": [11, 12, 21, 22, 23, 24, *range(29, 36), 37, 38, 39, *range(43, 54)],
    "05_decoder_block": [4, 5, 6, 9, 10, 13, 14, 20, 54, 55, 56, 57, 58],
    "06_logits_and_sampling": [15, 16, 25, 26, 27, 40, 41, 42],
    "07_training": [36],
    "08_loading_gpt2_weights": [1, 3, 57, 58],
    "09_inside_and_beyond": range(59, 66),
}


def computed(lesson):
    notebook = build.read(build.ROOT / "solutions" / f"{lesson}.ipynb")
    return {figure for cell in notebook.cells for figure in cell.metadata.get("figure", []) if cell.get("outputs")}


def test_every_figure_has_a_lesson():
    assert {f for numbers in FIGURES.values() for f in numbers} == set(range(1, 66))


@pytest.mark.parametrize("lesson", [lesson for lesson in written_lessons() if lesson in FIGURES])
def test_a_lessons_figures_are_computed(lesson):
    done = computed(lesson)
    print(f"{lesson}: {', '.join(sorted(done, key=lambda f: int(f[1:])))}")
    assert done >= {f"F{number}" for number in FIGURES[lesson]}, {f"F{n}" for n in FIGURES[lesson]} - done
