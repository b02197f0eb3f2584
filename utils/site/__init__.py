"""solutions/ as a static site for reading without running: `python -m utils.site [FOLDER]`
(default: artefacts/site).

Sphinx with myst-nb and the book theme. Nothing is executed: the outputs are those stored in the
notebooks. The pages load nothing from elsewhere, so they can be read from a disk, without a network
and without a server.
"""

import argparse
import io
import os
import re
import sys
import tempfile
from pathlib import Path

import nbformat
from sphinx.application import Sphinx
from sphinx.util.console import strip_escape_sequences

from utils import build
from utils.build import sittings
from utils.exercises import exercises, find

HERE = Path(__file__).parent


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
        Sphinx(
            work,
            HERE,
            folder,
            Path(work) / "doctrees",
            "html",
            status=None,
            warning=said,
            freshenv=True,
            confoverrides={"exclude_patterns": ["doctrees"]},
        ).build(force_all=True)
    if said.getvalue():
        raise build.BuildError(
            "the site has faults:\n"
            + strip_escape_sequences(said.getvalue()).replace(work + os.sep, "").strip()
        )


def front_page(paths: list[Path]) -> str:
    """README's opening with its pictures, the lessons, and how to run what is only read here; in
    MyST markdown.
    """
    readme = (build.ROOT / "README.md").read_text(encoding="utf-8").split("\n## ", 1)[0]
    opening = re.sub(
        r"!\[.*?\]\((data/pictures/\w+\.svg)\)",
        lambda link: picture((build.ROOT / link[1]).read_text(encoding="utf-8")),
        readme,
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
                opening,
                "## Lessons",
                "\n".join(rows),
                "## Reading and running",
                "These pages hold every lesson with its outputs, for reading. Solutions are "
                "folded: open one when "
                "you have made up your mind. What moves in a notebook stands still here, as "
                "a strip of its states. To write the "
                "functions and have them checked, get the course and run `make lab` in its folder.",
                toctree,
            ]
        )
        + "\n"
    )


def page(notebook):
    """A lesson for reading: solutions folded under what a learner sees, pictures inline with their
    alt text.
    """
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
            if svg := data.pop("image/svg+xml", None):
                data["text/html"] = picture(svg)
            if "text/html" in data:  # blank lines would end the block of HTML
                data["text/html"] = re.sub(r"\n\s*\n", "\n", data["text/html"])
        cells.append(cell)
    notebook.cells = cells
    return notebook


def stub(source: str) -> str:
    """What a learner finds in the place of a solution."""
    return re.sub(
        r"^( *)### BEGIN SOLUTION.*?### END SOLUTION",
        r"\1# your code here",
        source,
        flags=re.S | re.M,
    )


def picture(svg: str) -> str:
    return f'<figure class="picture">\n{svg}\n</figure>'
