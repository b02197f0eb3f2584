"""solutions/ as a static site for reading without running: `python -m utils.site [FOLDER]`
(default: artefacts/site).

Sphinx with myst-nb and the book theme. No lesson is executed: the outputs are those stored in the
notebooks, and explorers come alive in the reader's browser. The pages load nothing from elsewhere,
so they can be read from a disk, without a network and without a server.
"""

import argparse
import base64
import io
import os
import re
import sys
import tempfile
from html import escape
from pathlib import Path

import nbformat
from sphinx.application import Sphinx
from sphinx.util.console import strip_escape_sequences

from utils import build, checkpoint, stories
from utils.build import sittings
from utils.exercises import exercises, find
from utils.site import live
from utils.widgets import LIVE
from utils.widgets.flow import FlowExplorer

WITHOUT_CONTENTS = "---\nhtml_theme.sidebar_secondary.remove: true\n---"  # the model needs the room
HERE = Path(__file__).parent
# What the front page opens with: head 2 of the last block looks back at what "it" stands for.
FIRST = (
    "Aunt Mira lived near the hills. There was a compass and a fan in the house. But the fan was "
    "broken, and it did not"
)


def main(argv: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(
        prog="python -m utils.site", description="Export solutions/ as static HTML."
    )
    parser.add_argument("folder", nargs="?", type=Path, default=build.ROOT / "artefacts" / "site")
    folder = parser.parse_args(argv).folder
    try:
        export(folder)
    except build.BuildError as error:
        print(f"Stopped: {error}", file=sys.stderr)
        return 1
    print(f"The front page is {folder / 'index.html'}")
    return 0


def export(folder: Path) -> None:
    """Write the site into a folder; BuildError where a page or a link is wrong."""
    paths = sorted((build.ROOT / "solutions").glob("*.ipynb"))
    render(
        {"index.md": front_page(paths)}
        | {path.name: nbformat.writes(page(build.read(path))) for path in paths},
        folder,
    )


def render(sources: dict[str, str], folder: Path) -> None:
    """Sources by file name -> HTML in a folder; BuildError with Sphinx's words if it complains of
    anything.
    """
    said = io.StringIO()
    with tempfile.TemporaryDirectory() as work:
        for name, text in sources.items():
            (Path(work) / name).write_text(text, encoding="utf-8")
        static = Path(work) / "static"
        static.mkdir()
        live.write(static)
        Sphinx(
            work,
            HERE,
            folder,
            Path(work) / "doctrees",
            "html",
            status=None,
            warning=said,
            freshenv=True,
            confoverrides={
                "exclude_patterns": ["doctrees", "static"],
                "html_static_path": [str(HERE / "static"), str(static)],
            },
        ).build(force_all=True)
    if said.getvalue():
        raise build.BuildError(
            "the site has faults:\n"
            + strip_escape_sequences(said.getvalue()).replace(work + os.sep, "").strip()
        )


def front_page(paths: list[Path]) -> str:
    """README's opening with its pictures and, above all, the model at work; the lessons, and how to
    run what is only read here; in MyST markdown.
    """
    readme = (build.ROOT / "README.md").read_text(encoding="utf-8").split("\n## ", 1)[0]
    title, rest = readme.split("\n", 1)
    rest = re.sub(r"(?m)^\*\*Read it:\*\*.*\n", "", rest)  # who sees this reads it
    opening = re.sub(
        r"!\[(.*?)\]\((data/pictures/\w+\.svg)\)",
        lambda link: picture(link[1], (build.ROOT / link[2]).read_bytes()),
        rest.strip(),
    )
    rows = ["| lesson | minutes | exercises | points |", "|---|--:|--:|--:|"]
    for path in paths:
        notebook, todo = build.read(path), exercises(path.stem)
        rows.append(
            f"| [{build.title(notebook)}]({path.name}) | "
            f"{sittings.rounded(sittings.minutes(notebook.cells))} | {len(todo)} | "
            f"{sum(e.points for e in todo)} |"
        )
    toctree = "\n".join(["```{toctree}", ":hidden:", *(path.stem for path in paths), "```"])
    return (
        "\n\n".join(
            [
                WITHOUT_CONTENTS,
                title,
                "A small GPT-2 runs in this page. Change its text, unfold a block, point at a "
                "number and see what made it, silence a head: every value is the model's own, and "
                "every step is an exercise of the course.",
                one_line(live.box(explorer().bundles()[0])),
                "## The course",
                opening,
                "## Lessons",
                "\n".join(rows),
                "## Reading and running",
                "These pages hold every lesson with its outputs, for reading. Solutions are "
                "folded: open one when you have made up your mind. Explorers move here as they do "
                "in a notebook. To write the functions and have them checked, get the course and "
                "run `make lab` in its folder.",
                toctree,
            ]
        )
        + "\n"
    )


def explorer() -> FlowExplorer:
    """The front page's: one word through the whole model, with stories to choose from."""
    params, config, tokenizer = checkpoint.load("bundled")
    texts = [story.text for story in stories.generate(3, 12)]
    short = [text for text in texts if len(tokenizer.encode(text)) < 120][:5]
    return FlowExplorer(
        params, config, tokenizer, FIRST, step="h.3.attention", head=2, stories=short
    )


def page(notebook):
    """A lesson for reading: solutions folded under what a learner sees."""
    cells, notebook.metadata = [], nbformat.from_dict(build.METADATA)
    for cell in notebook.cells:
        name, part = (
            cell["id"].removesuffix("-check"),
            cell.metadata.get("nbgrader", {}).get("solution"),
        )
        if part:
            cells.append(nbformat.v4.new_code_cell(stub(cell.source), id=f"{name}-stub"))
            prediction = find(name)[1].prediction
            cell.source = re.sub(
                r"^ *### (BEGIN|END) SOLUTION\n?", "", cell.source, flags=re.M
            ).rstrip()
            cell.metadata["tags"] = ["hide-input"]
            cell.metadata["mystnb"] = {
                "code_prompt_show": "Show the answer" if prediction else "Show one solution",
                "code_prompt_hide": "Hide it",
            }
        for output in cell.get("outputs", []):
            data = output.get("data", {})
            if "text/html" in data:
                data["text/html"] = one_line(live.box(data))
            data.pop(LIVE, None)
        cells.append(cell)
    notebook.cells = cells
    return notebook


def one_line(text: str) -> str:
    """HTML without blank lines, which would end its block."""
    return re.sub(r"\n\s*\n", "\n", text)


def stub(source: str) -> str:
    """What a learner finds in the place of a solution."""
    return re.sub(
        r"^( *)### BEGIN SOLUTION.*?### END SOLUTION",
        r"\1# your code here",
        source,
        flags=re.S | re.M,
    )


def picture(alt: str, svg: bytes) -> str:
    data = base64.b64encode(svg).decode()
    return f'<img alt="{escape(alt)}" src="data:image/svg+xml;base64,{data}">'
