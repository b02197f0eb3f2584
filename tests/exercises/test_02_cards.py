"""Lesson 02's cards: answers as learners type them, what passes, and what the card says."""

import pytest

from tests.exercises.cards import fails, passes

TRAIN = """from collections import Counter
def train_bpe(ids, n_merges):
    merges = []
    while len(merges) < n_merges:
        counts = Counter(zip(ids, ids[1:]))
        if not counts:
            break
        best = min(counts, key=lambda p: (-counts[p], p))
        ids = merge(ids, best, 256 + len(merges))
        merges.append(best)
    return merges"""
TRAIN_ON_WORDS = """from collections import Counter
def train_on_words(words, n_merges):
    parts, merges = {word: to_bytes(word) for word in words}, []
    while len(merges) < n_merges:
        counts = Counter()
        for word, ids in parts.items():
            for pair in zip(ids, ids[1:]):
                counts[pair] += words[word]
        if not counts:
            break
        best = min(counts, key=lambda p: (-counts[p], p))
        parts = {word: merge(ids, best, 256 + len(merges)) for word, ids in parts.items()}
        merges.append(best)
    return merges"""
ENCODE = """def encode(text, ranks):
    parts = [bytes([b]) for b in text.encode()]
    while True:
        best_rank, place = START, None
        for i in range(len(parts) - 1):
            rank = ranks.get(parts[i] + parts[i + 1])
            if rank is not None and rank < best_rank:
                best_rank, place = rank, i
        if place is None:
            return [ranks[part] for part in parts]
        parts[place:place + 2] = [parts[place] + parts[place + 1]]"""
RIGHT = {
    "None as a filler": (
        "merge",
        """def merge(ids, pair, new):
    merged, skip = [], False
    for a, b in zip(ids, [*ids[1:], None]):
        if skip:
            skip = False
        else:
            skip = (a, b) == pair
            merged.append(new if skip else a)
    return merged""",
    ),
    "an iterator of bytes": ("to_bytes", "def to_bytes(text):\n    return [*text.encode()]"),
    "a for loop that skips": (
        "merge",
        """def merge(ids, pair, new):
    merged, skip = [], False
    for i, each in enumerate(ids):
        if skip:
            skip = False
        elif i + 1 < len(ids) and each == pair[0] and ids[i + 1] == pair[1]:
            merged.append(new)
            skip = True
        else:
            merged.append(each)
    return merged""",
    ),
    "a search from infinity": ("encode", ENCODE.replace("START", "math.inf")),
    "trained": ("train_bpe", TRAIN),
    "trained on words": ("train_on_words", TRAIN_ON_WORDS),
    "on a copy": (
        "merge",
        """def merge(ids, pair, new):
    ids, i = list(ids), 0
    while i < len(ids):
        if tuple(ids[i:i + 2]) == tuple(pair):
            ids[i:i + 2] = [new]
        i += 1
    return ids""",
    ),
    "sorted with a key": (
        "train_bpe",
        """def train_bpe(ids, n_merges):
    merges = []
    for new in range(256, 256 + n_merges):
        counts = {}
        for pair in zip(ids, ids[1:]):
            counts[pair] = counts.get(pair, 0) + 1
        if not counts:
            return merges
        merges.append(sorted(counts, key=lambda p: (-counts[p], *p))[0])
        ids = merge(ids, merges[-1], new)
    return merges""",
    ),
    "one pattern": (
        "split_words",
        r"""import regex
def split_words(text):
    pattern = r"'(?:[stmd]|re|ve|ll)| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+"
    return [found[0] for found in regex.finditer(pattern, text)]""",
    ),
    "cuts at the names by hand": (
        "encode_text",
        """def encode_text(text, ranks, special, allowed):
    for name in allowed:
        before, found, after = text.partition(name)
        if found:
            return [
                *encode_text(before, ranks, special, allowed),
                special[name],
                *encode_text(after, ranks, special, allowed),
            ]
    return [i for word in split_words(text) for i in encode(word, ranks)]""",
    ),
}
SPLIT = r"""import regex
def split_words(text):
    return regex.findall(r"START| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+", text)"""
PIECES = """import regex
def encode_text(text, ranks, special, allowed):
    pieces = [text]
    if allowed:
        pieces = regex.split("(" + "|".join(map(regex.escape, allowed)) + ")", text)
    ids = []
    for piece in pieces:
        if piece in WHERE:
            ids.append(special[piece])
        else:
            for word in split_words(TEXT):
                ids.extend(encode(word, ranks))
    return ids"""
CONTRACTIONS = "'s|'t|'re|'ve|'m|'ll|'d"
WRONG = {
    "the wrong way first": (
        "merge",
        """def merge(ids, pair, new):
    import json
    return json.loads(str(ids).replace(f"{pair[0]}, {pair[1]}", str(new)))""",
        "Compare numbers, not digits",
    ),
    "in place": (
        "merge",
        """def merge(ids, pair, new):
    i = 0
    while i < len(ids):
        if tuple(ids[i:i + 2]) == tuple(pair):
            ids[i:i + 2] = [new]
        i += 1
    return ids""",
        "It changes `ids`",
    ),
    "training in place": (
        "train_bpe",
        """from collections import Counter
def train_bpe(ids, n_merges):
    merges = []
    for new in range(256, 256 + n_merges):
        counts = Counter(zip(ids, ids[1:]))
        if not counts:
            break
        merges.append(min(counts, key=lambda p: (-counts[p], p)))
        ids[:] = merge(ids, merges[-1], new)
    return merges""",
        "It changes `ids`",
    ),
    "a dict of merges": (
        "train_bpe",
        """def train_bpe(ids, n_merges):
    merges = {}
    for new in range(256, 256 + n_merges):
        pairs = list(zip(ids, ids[1:]))
        if not pairs:
            break
        best = min(pairs, key=lambda p: (-pairs.count(p), p))
        merges[best] = new
        ids = merge(ids, best, new)
    return merges""",
        "Return the pairs alone",
    ),
    "a tie by the left id": (
        "train_bpe",
        TRAIN.replace("(-counts[p], p)", "(-counts[p], p[0])"),
        "so that the right id decides",
    ),
    "of aaa one pair": (
        "train_bpe",
        TRAIN.replace(
            "Counter(zip(ids, ids[1:]))",
            "{p: str(ids).count(str(list(p))[1:-1]) for p in zip(ids, ids[1:])}",
        ),
        "at place 0 and at place 1",
    ),
    "a tie by the left id, in words": (
        "train_on_words",
        TRAIN_ON_WORDS.replace("(-counts[p], p)", "(-counts[p], p[0])"),
        "so that the right id decides",
    ),
    "a tie by what comes first, in words": (
        "train_on_words",
        TRAIN_ON_WORDS.replace(
            "min(counts, key=lambda p: (-counts[p], p))", "counts.most_common()[0][0]"
        ),
        "you take the one that comes first. The rule",
    ),
    "of aaa one pair, in words": (
        "train_on_words",
        TRAIN_ON_WORDS.replace(
            "counts[pair] += words[word]",
            "counts[pair] += 0 if ids[:3] == [pair[0]] * 3 and counts[pair] else words[word]",
        ),
        "at place 0 and at place 1",
    ),
    "a tie by the sum": (
        "train_bpe",
        TRAIN.replace("(-counts[p], p)", "(-counts[p], sum(p), p)"),
        "add up to the least",
    ),
    "a tie by the sum alone": (
        "train_bpe",
        TRAIN.replace("(-counts[p], p)", "(-counts[p], sum(p))"),
        "(97, 120) and (98, 99)",
    ),
    "a tie as text": (
        "train_bpe",
        TRAIN.replace("(-counts[p], p)", "(-counts[p], str(p))"),
        "as text 100 comes before",
    ),
    "a tie by the smaller id": (
        "train_bpe",
        TRAIN.replace("(-counts[p], p)", "(-counts[p], min(p), p)"),
        "the smaller id of each first",
    ),
    "a tie by the sum, in words": (
        "train_on_words",
        TRAIN_ON_WORDS.replace("(-counts[p], p)", "(-counts[p], sum(p), p)"),
        "add up to the least",
    ),
    "a tie as text, in words": (
        "train_on_words",
        TRAIN_ON_WORDS.replace("(-counts[p], p)", "(-counts[p], str(p))"),
        "as text 100 comes before",
    ),
    "a tie by the smaller id, in words": (
        "train_on_words",
        TRAIN_ON_WORDS.replace("(-counts[p], p)", "(-counts[p], min(p), p)"),
        "the smaller id of each first",
    ),
    "code points for bytes, in words": (
        "train_on_words",
        TRAIN_ON_WORDS.replace("to_bytes(word)", "[ord(c) for c in word]"),
        "You start from code points",
    ),
    "one merge at least, in words": (
        "train_on_words",
        TRAIN_ON_WORDS.replace("while len(merges) < n_merges:", "while True:").replace(
            "        merges.append(best)\n",
            "        merges.append(best)\n        if len(merges) >= n_merges:\n            break\n",
        ),
        "look at the number before you merge",
    ),
    "short words are never merged": (
        "train_on_words",
        TRAIN_ON_WORDS.replace("len(merges)) for", "len(merges)) if len(word) > 2 else ids for"),
        "a word that one merge makes whole",
    ),
    "0 as a filler": (
        "merge",
        """def merge(ids, pair, new):
    merged, skip = [], False
    for a, b in zip(ids, ids[1:] + [0]):
        if skip:
            skip = False
        else:
            skip = (a, b) == pair
            merged.append(new if skip else a)
    return merged""",
        "which 0 would make whole",
    ),
    "the list itself, where there is no pair": (
        "merge",
        """def merge(ids, pair, new):
    return reference(ids, pair, new) if pair in zip(ids, ids[1:]) else ids""",
        "a new one is asked for",
    ),
    "a slice of one id": (
        "merge",
        """def merge(ids, pair, new):
    merged, i = [], 0
    while i < len(ids):
        found = tuple(ids[i:i + 1]) == pair
        merged.append(new if found else ids[i])
        i += 2 if found else 1
    return merged""",
        "Nothing is merged. Is the pair ever found?",
    ),
    "a list and a tuple": (
        "merge",
        """def merge(ids, pair, new):
    merged, i = [], 0
    while i < len(ids):
        found = ids[i:i + 2] == pair
        merged.append(new if found else ids[i])
        i += 2 if found else 1
    return merged""",
        "a slice of a list is a list",
    ),
    "small letters": (
        "encode",
        "def encode(text, ranks):\n    return reference(text.lower(), ranks)",
        "leave `lower` out",
    ),
    "bytes of small letters": (
        "to_bytes",
        "def to_bytes(text):\n    return list(text.lower().encode())",
        "capital letters",
    ),
    "small letters out of bytes": (
        "from_bytes",
        "def from_bytes(ids):\n    return bytes(ids).decode().lower()",
        "capital letters",
    ),
    "two halves shown as one": (
        "decode",
        """def decode(ids, tokens):
    text = b"".join(tokens[i] for i in ids).decode("utf-8", errors="replace")
    while "\ufffd\ufffd" in text:
        text = text.replace("\ufffd\ufffd", "\ufffd")
    return text""",
        "two halves, one after the other",
    ),
    "a stripped text where nothing is allowed": (
        "encode_text",
        PIECES.replace("[text]", "[text.strip()]")
        .replace("WHERE", "allowed")
        .replace("TEXT", "piece"),
        "a space at both ends",
    ),
    "a stripped text": (
        "encode_text",
        PIECES.replace("pieces = [text]", "text = text.strip()\n    pieces = [text]")
        .replace("WHERE", "allowed")
        .replace("TEXT", "piece"),
        "at the ends of the text is lost",
    ),
    "allowed names are passed over": (
        "encode_text",
        PIECES.replace("WHERE", "allowed")
        .replace("TEXT", "piece")
        .replace("ids.append(special[piece])", "continue"),
        "Either your loop does nothing",
    ),
    "split without a group": (
        "encode_text",
        PIECES.replace("WHERE", "allowed")
        .replace("TEXT", "piece")
        .replace('"(" + ', "")
        .replace(' + ")"', ""),
        "only when the pattern stands in ( )",
    ),
    "starts from 999": ("encode", ENCODE.replace("START", "999"), "Take `math.inf`"),
    "1000 for no rank": (
        "encode",
        """def encode(text, ranks):
    parts = [bytes([b]) for b in text.encode()]
    while len(parts) > 1:
        pairs = [a + b for a, b in zip(parts, parts[1:])]
        best = min(pairs, key=lambda pair: ranks.get(pair, 1000))
        if best not in ranks:
            break
        i = pairs.index(best)
        parts[i:i + 2] = [best]
    return [ranks[part] for part in parts]""",
        "Take `math.inf`",
    ),
    "one sweep over the ranks": (
        "encode",
        """def encode(text, ranks):
    parts = [bytes([b]) for b in text.encode()]
    for token in sorted(ranks, key=ranks.get):
        i = 0
        while i < len(parts) - 1:
            if parts[i] + parts[i + 1] == token:
                parts[i:i + 2] = [token]
            i += 1
    return [ranks[part] for part in parts]""",
        "You go through the ranks once",
    ),
    "remembers by the text alone": (
        "encode",
        """seen = {}
def encode(text, ranks):
    if text not in seen:
        seen[text] = reference(text, ranks)
    return seen[text]""",
    ),
    "None for what is no text": (
        "from_bytes",
        """def from_bytes(ids):
    try:
        return bytes(ids).decode("utf-8")
    except UnicodeDecodeError:
        return None""",
        "no `try` and `except`",
    ),
    "an error caught and printed": (
        "from_bytes",
        """def from_bytes(ids):
    try:
        return bytes(ids).decode("utf-8")
    except ValueError as error:
        print(error)""",
        "no `try` and `except`",
    ),
    "as ASCII": (
        "from_bytes",
        "def from_bytes(ids):\n    return bytes(ids).decode('ascii')",
        "or you decode as ASCII",
    ),
    "errors replaced on the way back": (
        "from_bytes",
        "def from_bytes(ids):\n    return bytes(ids).decode('utf-8', errors='replace')",
        "leave `errors=` out",
    ),
    "byte by byte": (
        "from_bytes",
        "def from_bytes(ids):\n    return ''.join(bytes([i]).decode('utf-8') for i in ids)",
        "one `bytes` object of all numbers",
    ),
    "bytes joined as text": (
        "decode",
        "def decode(ids, tokens):\n    return ''.join(tokens[i] for i in ids)",
        '`b"".join`',
    ),
    "token by token": (
        "decode",
        "def decode(ids, tokens):\n    return ''.join(tokens[i].decode() for i in ids)",
        "Join all the bytes first",
    ),
    "two of seven contractions": ("split_words", SPLIT.replace("START", "'s|'m"), "all seven"),
    "a space before contractions": (
        "split_words",
        SPLIT.replace("START", " ?'(?:s|t|re|ve|m|ll|d)"),
        "A contraction takes no space",
    ),
    "the capturing group": (
        "split_words",
        SPLIT.replace("START", "'(s|t|re|ve|m|ll|d)"),
        "what the group caught",
    ),
    "marks taken for letters": (
        "split_words",
        SPLIT.replace("START", "'s|'t|'re|'ve|'m|'ll|'d").replace(r"\p{L}+", r"[\p{L}\p{M}]+"),
        "marks that are not letters",
    ),
    "digits for numbers": (
        "split_words",
        SPLIT.replace("START", "'s|'t|'re|'ve|'m|'ll|'d").replace(r"\p{N}", r"\d"),
        "½ and ² are numbers",
    ),
    "white space only before a space": (
        "split_words",
        SPLIT.replace("START", CONTRACTIONS).replace(r"\s+(?!\S)", r"\s+(?= )"),
        "only where that is a space",
    ),
    "spaces and new lines": (
        "split_words",
        SPLIT.replace("START", CONTRACTIONS).replace(r"[^\s", r"[^ \n").replace(r"\s", r"[ \n]"),
        "Tabs and `\\r` are white space",
    ),
    "spaces and new lines, at the end of the pattern": (
        "split_words",
        SPLIT.replace("START", CONTRACTIONS).replace(r"\s+(?!\S)|\s+", r"[ \n]+(?!\S)|[ \n]+"),
        "two tabs before a word",
    ),
    "signs one by one": (
        "split_words",
        SPLIT.replace("START", CONTRACTIONS).replace(r"]+", r"]"),
        "is there a `+` after their class",
    ),
    "white space before signs": (
        "split_words",
        SPLIT.replace("START", CONTRACTIONS).replace(r" ?[^", r"\s?[^"),
        "Signs take a space with them, but no new line",
    ),
    "all spaces before signs": (
        "split_words",
        SPLIT.replace("START", CONTRACTIONS).replace(r" ?[^", r" *[^"),
        "Signs take at most one space",
    ),
    "no space before signs": (
        "split_words",
        SPLIT.replace("START", CONTRACTIONS).replace(r" ?[^", r"[^"),
        "Signs, too, take a space",
    ),
    "white space before numbers": (
        "split_words",
        SPLIT.replace("START", CONTRACTIONS).replace(r" ?\p{N}", r"\s?\p{N}"),
        "Numbers take a space with them, but no new line",
    ),
    "all spaces before numbers": (
        "split_words",
        SPLIT.replace("START", CONTRACTIONS).replace(r" ?\p{N}", r" *\p{N}"),
        "A number takes at most one space",
    ),
    "digits beside signs": (
        "split_words",
        SPLIT.replace("START", CONTRACTIONS).replace(r"\p{N}]", r"\d]"),
        "½ and ² count as signs",
    ),
    "digits, and numbers are lost": (
        "split_words",
        SPLIT.replace("START", CONTRACTIONS).replace(r" ?\p{N}", r" ?\d"),
        "½ and ² are lost",
    ),
    "white space only before words": (
        "split_words",
        SPLIT.replace("START", CONTRACTIONS).replace(r"(?!\S)", r"(?!\w)"),
        "Of several spaces before a sign",
    ),
    "separators and new lines": (
        "split_words",
        SPLIT.replace("START", CONTRACTIONS).replace(r"\s+(?!\S)", r"[\p{Z}\n]+(?!\S)"),
        "two tabs before a word",
        "a new line of two characters",
    ),
    "stripped bytes": (
        "to_bytes",
        "def to_bytes(text):\n    return list(text.strip().encode())",
        "leave `strip` out",
    ),
    "a stripped word": (
        "encode",
        """def encode(text, ranks):
    text = text.strip()
    return reference(text, ranks)""",
        "leave `strip` out",
    ),
    "stripped pieces": (
        "encode_text",
        PIECES.replace("WHERE", "allowed").replace("TEXT", "piece.strip()"),
        "White space beside a special token",
    ),
    "without a byte order mark": (
        "from_bytes",
        "def from_bytes(ids):\n    return bytes(ids).decode('utf-8-sig')",
        "a byte order mark in front",
    ),
    "surrogates let through": (
        "from_bytes",
        "def from_bytes(ids):\n    return bytes(ids).decode('utf-8', errors='surrogatepass')",
        "a surrogate, not allowed",
    ),
    "in special for in allowed": (
        "encode_text",
        PIECES.replace("WHERE", "special").replace("TEXT", "piece"),
        "look it up in `allowed`",
    ),
    "looks up every pair": (
        "encode",
        """def encode(text, ranks):
    parts = [bytes([b]) for b in text.encode()]
    while len(parts) > 1:
        pairs = [a + b for a, b in zip(parts, parts[1:])]
        best = min(pairs, key=lambda pair: ranks[pair])
        i = pairs.index(best)
        parts[i:i + 2] = [best]
    return [ranks[part] for part in parts]""",
        "`ranks.get(pair, math.inf)`",
    ),
    "all text lost for half a character": (
        "decode",
        """def decode(ids, tokens):
    try:
        return b"".join(tokens[i] for i in ids).decode("utf-8")
    except UnicodeDecodeError:
        return "\N{REPLACEMENT CHARACTER}"
""",
        "makes you lose the whole text",
    ),
    "another error than Python's own": (
        "from_bytes",
        """def from_bytes(ids):
    try:
        return bytes(ids).decode("utf-8")
    except UnicodeDecodeError:
        raise ValueError("no text") from None""",
        "raise another one",
    ),
}


@pytest.mark.parametrize("what", RIGHT)
def test_a_right_answer_passes(what):
    passes(*RIGHT[what])


@pytest.mark.parametrize("what", WRONG)
def test_a_wrong_answer_fails_and_the_card_is_true(what):
    name, source, *words = WRONG[what]
    fails(name, source, *words)
