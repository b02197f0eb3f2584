"""What is done: the learner's own functions, kept when they pass, and used by later lessons.

Everything lies in `.progress/` beside README.md (git ignores it; the environment variable
GPT2_BY_HAND_PROGRESS names another folder): one self-contained file of Python for each function
that passed, and `record.json` with what was tried and how many hints were seen.
"""

from utils.progress.assembled import PARTS, assemble
from utils.progress.kept import folder, keep, lessons, mine, next_hint, table, tried
from utils.progress.portfolio import run

__all__ = [
    "PARTS", "assemble", "folder", "keep", "lessons", "mine", "next_hint", "run", "table", "tried",
]  # fmt: skip
