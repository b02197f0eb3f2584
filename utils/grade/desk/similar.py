"""Which submissions ask for a question, because their code is equal or nearly so.

Winnowing (Schleimer, Wilkerson and Aiken, SIGMOD 2003): a source becomes tokens in which every name
is the same and comments and layout are gone; of the hashes of each GRAM tokens in a row, the least
of each WINDOW is kept as a fingerprint. What the stub and the course's own solution have, and what
many of a class share, is nobody's own.
"""

import hashlib
import io
import itertools
import json
import keyword
import tokenize
from collections import Counter, defaultdict
from functools import cache, lru_cache
from token import INDENT, NAME, NUMBER, OP, STRING

from utils.exercises import LESSONS
from utils.grade.sandbox import ROOT

GRAM, WINDOW = 7, 3  # every run of GRAM + WINDOW - 1 = 9 equal tokens is noticed
LEAST, SHARE = 8, 0.6  # fingerprints of their own that two must share, and the part of either's
COMMON, MANY = 0.25, 30  # what more than this part of a class has, or so many, is how one writes it
SMALL = 8  # in a smaller class nothing is common


def alike(entries: list[dict]) -> list[dict]:
    """Pairs of entries to ask about, the most alike first: `a` and `b` (numbers of entries),
    `share` (percent), `same_file`, `exercises` (those in which they share something).
    """
    own: list[dict[str, frozenset[int]]] = []
    for entry in entries:
        code = {e["id"]: e.get("code", "") for e in entry["exercises"]}
        own.append({name: fingerprints(text) for name, text in code.items()})
    for lesson in {entry["lesson"] for entry in entries if entry["lesson"]}:
        inside = [i for i, entry in enumerate(entries) if entry["lesson"] == lesson]
        count = Counter(f for i in inside for f in set().union(*own[i].values(), ()))
        most = min(COMMON * len(inside), MANY) if len(inside) >= SMALL else SMALL
        many = {f for f, n in count.items() if n > most}
        for i in inside:
            own[i] = {name: f - given(lesson) - many for name, f in own[i].items()}
    whole = [set().union(*parts.values(), ()) for parts in own]
    having: dict[tuple, list[int]] = defaultdict(list)
    for i, prints in enumerate(whole):
        for fingerprint in prints:
            having[entries[i]["lesson"], fingerprint].append(i)
    shared = Counter(pair for them in having.values() for pair in itertools.combinations(them, 2))
    found = []
    for (i, j), count in shared.items():
        share = count / min(len(whole[i]), len(whole[j]))
        same = entries[i].get("digest") == entries[j].get("digest")
        if _one_author(entries[i], entries[j]):
            continue
        if same or (count >= LEAST and share >= SHARE):
            names = [name for name in own[i] if own[i][name] & own[j].get(name, set())]
            pair = {"a": i, "b": j, "share": round(100 * share), "same_file": same}
            found.append(pair | {"exercises": names})
    return sorted(found, key=lambda p: (not p["same_file"], -p["share"], p["a"], p["b"]))


def _one_author(a: dict, b: dict) -> bool:
    return "student" in a and a["student"] == b.get("student")


@lru_cache(1 << 16)  # most of a class's cells are equal, and a watch sees each again and again
def fingerprints(source: str) -> frozenset[int]:
    """Those of a source; what Python cannot read is taken as far as it can be."""
    words = tokens(source)
    grams = [_hash(tuple(words[i : i + GRAM])) for i in range(len(words) - GRAM + 1)]
    if len(grams) < WINDOW:
        return frozenset(grams)
    return frozenset(min(grams[i : i + WINDOW]) for i in range(len(grams) - WINDOW + 1))


def tokens(source: str) -> list[str]:
    """A source's tokens: names that are no keywords are all one, strings too; no comments, no
    docstrings, no layout.
    """
    found: list[str] = []
    begins = True
    try:
        for token in tokenize.generate_tokens(io.StringIO(source).readline):
            if token.type == NAME:
                found.append(token.string if keyword.iskeyword(token.string) else "name")
            elif token.type in (OP, NUMBER):
                found.append(token.string)
            elif token.type == STRING and not begins:
                found.append("text")
            begins = token.type in (tokenize.NEWLINE, INDENT, tokenize.NL) or (
                begins and token.type in (tokenize.COMMENT, tokenize.DEDENT)
            )
    except (tokenize.TokenError, SyntaxError):
        pass
    return found


@cache
def given(lesson: str) -> frozenset[int]:
    """What the course itself says in a lesson: the stubs, the solution, everything around them."""
    if lesson not in LESSONS:
        return frozenset()
    found: set[int] = set()
    for path in (ROOT / folder / f"{lesson}.ipynb" for folder in ("notebooks", "solutions")):
        content = path.read_text(encoding="utf-8") if path.exists() else '{"cells": []}'
        for cell in json.loads(content)["cells"]:
            if cell["cell_type"] == "code":
                found |= fingerprints("".join(cell["source"]))
    return frozenset(found)


def _hash(gram: tuple[str, ...]) -> int:
    return int.from_bytes(hashlib.blake2b("\0".join(gram).encode(), digest_size=6).digest(), "big")
