"""Where the course can be had, and what follows from it: the first cell of every notebook, which
brings the course to a notebook that stands alone, and the links that open a lesson elsewhere.

The address is stated once, in pyproject.toml's [project.urls]: `Repository`, and `Documentation`
for the pages to read. A fork changes it there and runs `make build`. While there is none, the first
cell fetches nothing and there are no links.
"""

import re
import tomllib
from pathlib import Path

import nbformat

from utils.setup.notebook import ADDRESS, FOLDER, HOSTS

ROOT = Path(__file__).resolve().parents[2]
METADATA = {"jupyter": {"source_hidden": True}, "setup": True, "tags": ["remove-cell"]}


def stated(name: str = "Repository") -> str:
    """The address of that name in pyproject.toml, without a slash at its end; '' where there is
    none.
    """
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    return project.get("urls", {}).get(name, "").rstrip("/")


def set_up(notebook, lesson: str) -> None:
    """Give a lesson its first code cell, and under its title the links that open it elsewhere."""
    cells = [cell for cell in notebook.cells if not cell.metadata.get("setup")]
    cell = nbformat.v4.new_code_cell(first_cell(stated()), metadata=METADATA)
    for old in notebook.cells:
        if old.metadata.get("setup"):
            old.source, old.metadata = cell.source, cell.metadata
            cell = old  # with its outputs, as long as its code is the same
    first = next((i for i, c in enumerate(cells) if c.cell_type == "code"), len(cells))
    notebook.cells = [*cells[:first], cell, *cells[first:]]
    heading, _, text = without_links(cells[0].source).partition("\n\n")
    where = links(stated(), f"notebooks/{lesson}.ipynb")
    cells[0].source = "\n\n".join(part for part in (heading, where, text) if part)


def first_cell(address: str) -> str:
    """The source of every notebook's first code cell."""
    if address:
        signs, source = [*HOSTS, ADDRESS], f"${{{ADDRESS}:-{address}}}"
        get = f"Fetch it with git clone {address} and run make lab in it"
        again = "\nOn Colab and Kaggle connect to the internet, and run this cell again."
    else:
        signs, source = [ADDRESS], f"${ADDRESS}"
        get = "Ask who gave you this file for the whole folder, and run make lab in it"
        again = ""
    signs = ", ".join(f'"{sign}"' for sign in signs)
    return f'''\
# Run this first: it finds the course around this notebook, or fetches it
import os
import sys

from IPython.core.error import UsageError

if {{{signs}}} & {{*os.environ}}:
    os.system("""test -d ../utils || test -d {FOLDER} || git clone -q --depth 1 \\
"{source}" {FOLDER}""")
sys.path[:0] = [f for f in ("..", "{FOLDER}") if os.path.isdir(f + "/utils/setup")]
try:
    from utils.setup.notebook import ready
except ImportError:
    raise UsageError("""this notebook needs the rest of its course, and is alone here.
{get}.{again}""") from None
ready()'''


def links(address: str, path: str) -> str:
    """Links that open a notebook of the repository in somebody else's Jupyter, as one line of
    markdown; '' where the address is not one that these services know.
    """
    known = re.fullmatch(r"https://github\.com/([\w.-]+/[\w.-]+?)(?:\.git)?", address)
    if not known:
        return ""
    services = {
        "Colab": f"https://colab.research.google.com/github/{known[1]}/blob/main/{path}",
        "Kaggle": f"https://kaggle.com/kernels/welcome?src=https://github.com/{known[1]}"
        f"/blob/main/{path}",
        "Codespaces": f"https://codespaces.new/{known[1]}",
        "Binder": f"https://mybinder.org/v2/gh/{known[1]}/main?urlpath=lab/tree/{path}",
    }
    return "Open in " + " · ".join(f"[{name}]({url})" for name, url in services.items())


def without_links(source: str) -> str:
    return re.sub(r"\n\nOpen in \[Colab\].*", "", source)


def read_or_try() -> str:
    """The README's links: to read the pages, to try a lesson without installing anything."""
    pages, lesson = stated("Documentation"), "notebooks/01_language_modeling.ipynb"
    read = f"[all lessons]({pages})" if pages else "`make site` writes all lessons as pages."
    where = links(stated(), lesson).replace("Open in", "**Try lesson 01, nothing to install:**")
    return " \\\n".join(filter(None, [f"**Read it:** {read}", where]))
