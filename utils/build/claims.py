"""Sentences that say what a model does, and the tests that repeat what they say.

A cell names its claims in its metadata: {"claims": {"it_takes_the_noun": "the sentence"}}; the test
of that one is `test_it_takes_the_noun` in tests/notebooks/test_claims_04.py, for lesson 04.
"""

import ast
from dataclasses import dataclass
from pathlib import Path

import nbformat

ROOT = Path(__file__).resolve().parents[2]
HEAD = """# What the lessons claim, and what shows it

Every sentence of the course that says what a model does, with the test that computes it again, on
other seeds and on stories that the lesson does not show. `make build` writes this page.
"""


@dataclass(frozen=True)
class Claim:
    lesson: str
    cell: str  # its id
    name: str
    sentence: str
    source: str  # of the cell

    @property
    def test(self) -> Path:
        return ROOT / "tests" / "notebooks" / f"test_claims_{self.lesson[:2]}.py"

    def problem(self) -> str:
        """What is wrong with it, in a sentence; "" where nothing is."""
        where = f"{self.lesson}, cell {self.cell}: the claim {self.name!r}"
        if " ".join(self.sentence.split()) not in " ".join(self.source.split()):
            return f"{where} is no sentence of its cell: {self.sentence!r}"
        if f"test_{self.name}" not in tests(self.test):
            return f"{where} has no test_{self.name} in {self.test.relative_to(ROOT)}"
        return ""


def tests(path: Path) -> set[str]:
    """The names of a file's test functions."""
    if not path.exists():
        return set()
    tree = ast.parse(path.read_text(encoding="utf-8"))
    return {node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)}


def claims(folder: Path = ROOT / "solutions") -> list[Claim]:
    """All claims of the lessons, in their order."""
    found = []
    for path in sorted(folder.glob("*.ipynb")):
        for cell in nbformat.read(path, as_version=4).cells:
            for name, sentence in cell.metadata.get("claims", {}).items():
                found.append(Claim(path.stem, cell.id, name, sentence, cell.source))
    return found


def page() -> str:
    """solutions/claims.md."""
    rows, lesson = [HEAD.rstrip()], ""
    for claim in claims():
        if claim.lesson != lesson:
            lesson = claim.lesson
            rows += ["", f"## {lesson[:2]} {lesson[3:].replace('_', ' ')}", ""]
            rows += ["| cell | claim | test |", "|---|---|---|"]
        sentence = " ".join(claim.sentence.split()).replace("|", "\\|")
        file = claim.test.relative_to(ROOT).as_posix()
        rows.append(f"| `{claim.cell}` | {sentence} | [`{claim.name}`](../{file}) |")
    return "\n".join(rows) + "\n"
