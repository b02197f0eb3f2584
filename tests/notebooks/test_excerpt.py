"""A lesson cut down: what is asked for and not there is said, and nothing else is left out."""

import nbformat
import pytest

from utils.build import excerpt
from utils.build.address import without_links

new = nbformat.v4


def lesson(*sources: str):
    """A notebook; a source that begins with # is Markdown."""
    cells = [(new.new_markdown_cell if s[0] == "#" else new.new_code_cell)(s) for s in sources]
    notebook = new.new_notebook(cells=cells)
    for cell in notebook.cells:
        if cell.source.startswith("def "):
            cell["id"] = cell.source[4:].split("(")[0]
    return notebook


def test_what_is_not_there_is_said():
    notebook = lesson("# T", "## A", "def f():\n    pass", "## B")
    for chosen, said in (({"C": ()}, "no section 'C'"), ({"B": ("f",)}, "'B' has no exercise f")):
        with pytest.raises(ValueError, match=said):
            excerpt.cut(notebook, chosen, {"f"})
    with pytest.raises(ValueError, match="two sections are called 'A'"):
        excerpt.sections(lesson("# T", "## A", "## A"))


def test_a_function_that_is_called_later_finds_what_it_needs():
    notebook = lesson(
        "# T", "## A", "def go():\n    return step()", "## B", "def step():\n    return 1",
        "## C", "go()",
    )  # fmt: skip
    cells = excerpt.cut(notebook, {"A": (), "C": ()}, set())
    code = "\n".join(cell.source for cell in cells if cell.cell_type == "code")
    space = {}
    exec(code, space)
    assert "def step" in code and [c.source for c in cells][-1] == "go()"


def test_links_of_a_lesson_are_taken_out_and_its_words_are_not():
    assert without_links("# T\n\nOpen in [Colab](x) · [Kaggle](y)\n\nText") == "# T\n\nText"
