"""Exercises of lesson 02: text -> bytes -> merges -> ids, and GPT-2's own tokenizer built from
them.
"""

import itertools
import math
from collections import Counter

import regex

from utils import bpe, stories
from utils.exercises import Case, Exercise, Mistake, prediction

# ---------------------------------------------------------------- references


def to_bytes(text):
    return list(text.encode("utf-8"))


def from_bytes(ids):
    return bytes(ids).decode("utf-8")


def count_pairs(ids):
    counts = {}
    for pair in zip(ids, ids[1:]):
        counts[pair] = counts.get(pair, 0) + 1
    return counts


def merge(ids, pair, new):
    merged, i = [], 0
    while i < len(ids):
        if tuple(ids[i : i + 2]) == tuple(pair):
            merged.append(new)
            i += 2
        else:
            merged.append(ids[i])
            i += 1
    return merged


def train_bpe(ids, n_merges):
    merges = []
    while len(merges) < n_merges:
        counts = count_pairs(ids)
        if not counts:
            break
        best = min(counts, key=lambda pair: (-counts[pair], pair))
        ids = merge(ids, best, 256 + len(merges))
        merges.append(best)
    return merges


def encode(text, ranks):
    parts = [bytes([b]) for b in text.encode("utf-8")]
    while len(parts) > 1:
        pairs = [a + b for a, b in zip(parts, parts[1:])]
        best = min(pairs, key=lambda p: ranks.get(p, math.inf))
        if best not in ranks:
            break
        i = pairs.index(best)
        parts[i : i + 2] = [best]
    return [ranks[part] for part in parts]


def decode(ids, tokens):
    return b"".join(tokens[i] for i in ids).decode("utf-8", errors="replace")


def split_words(text):
    alternatives = [
        r"'s|'t|'re|'ve|'m|'ll|'d",
        r" ?\p{L}+",
        r" ?\p{N}+",
        r" ?[^\s\p{L}\p{N}]+",
        r"\s+(?!\S)",
        r"\s+",
    ]
    return regex.findall("|".join(alternatives), text)


def encode_text(text, ranks, special, allowed):
    pieces = [text]
    if allowed:
        names = "|".join(regex.escape(name) for name in allowed)
        pieces = regex.split(f"({names})", text)
    ids = []
    for piece in pieces:
        if piece in allowed:
            ids.append(special[piece])
        else:
            for word in split_words(piece):
                ids.extend(encode(word, ranks))
    return ids


def predict_the():
    spellings = ["".join(letters) for letters in itertools.product("tT", "hH", "eE")]
    ranks = bpe.gpt2().ranks
    return sum((space + word).encode() in ranks for word in spellings for space in ("", " "))


# ---------------------------------------------------------------- shared with the lesson

# What has broken tokenizers before; the lesson's proof runs over it.
HARD_TEXTS = [
    "",
    " ",
    "two  spaces and   three",
    "a line\n\n\nand a\ttab \n ",
    "I'm sure you're right, they've gone, I'd say. DON'T shout, 'tis it’s",
    "0 12 345 6789 01234567890 3.14159 1,000,000 ½ ²",
    "🤖 👩‍👩‍👧‍👦 🇺🇳 👍🏽",
    "人は言葉を話す。机器人必须服从命令。로봇은 명령에 복종해야 한다.",
    "रोबोट روبوت Робот ρομπότ e\u0301 é",
    "<|endoftext|>",
    "user text with <|endoftext|> in it",
    "def f(x):\n    return x ** 2  # why?",
    "!!!!!!!!!! ????? ------ ======",
    " SolidGoldMagikarp",
    "a" * 200,
]

# One sentence in five languages (our own translations).
SENTENCES = {
    "English": "The robot must obey the orders that people give it.",
    "German": "Der Roboter muss den Befehlen gehorchen, die ihm die Menschen geben.",
    "Chinese": "机器人必须服从人们给它的命令。",
    "Russian": "Робот должен выполнять приказы, которые дают ему люди.",
    "Hindi": "रोबोट को उन आदेशों का पालन करना चाहिए जो लोग उसे देते हैं।",
}


def count_work(text, n_merges):
    """How many ids three ways of training look at, summed up after each merge.

    All three learn the same merges (utils.bpe.train's). Returns a dict from the way to a list of
    totals: "whole text": count all pairs anew for each merge; "each different word once": the same,
    but a word that occurs a thousand times is looked at once; "only words that change": counts are
    kept, and only the words that hold the merged pair are looked at again.
    """
    words = Counter(bpe.split_words(text))
    parts, times = [list(word.encode()) for word in words], list(words.values())
    ways = ("whole text", "each different word once", "only words that change")
    totals = {way: [] for way in ways}
    steps = [0, 0, sum(map(len, parts))]
    for new in range(256, 256 + n_merges):
        counts = Counter()
        for ids, often in zip(parts, times):
            for pair in zip(ids, ids[1:]):
                counts[pair] += often
        if not counts:
            break
        best = min(counts, key=lambda pair: (-counts[pair], pair))
        steps[0] += sum(len(ids) * often for ids, often in zip(parts, times))
        steps[1] += sum(map(len, parts))
        for i, ids in enumerate(parts):
            if best in zip(ids, ids[1:]):
                steps[2] += len(ids)
                parts[i] = bpe.merge(ids, best, new)
        for way, total in zip(ways, steps):
            totals[way].append(total)
    return totals


# ---------------------------------------------------------------- cases


def _story(rng, length):
    return stories.generate(int(rng.integers(1 << 30)), 1)[0].text[:length]


def _drawn_text(rng, pieces, count):
    return "".join(pieces[int(i)] for i in rng.integers(len(pieces), size=count))


CHARACTERS = [*"aZ9 ", "é", "ß", "я", "人", "🤖", "\n"]


def _text_cases(rng):
    yield Case("plain letters", ("cat",))
    yield Case("nothing", ("",))
    yield Case("a letter with an accent", ("é",))
    yield Case("three Chinese characters", ("机器人",))
    yield Case("an emoji", ("🤖",))
    yield Case("characters drawn at random", ("é" + _drawn_text(rng, CHARACTERS, 8),))


def _bytes_cases(rng):
    for case in _text_cases(rng):
        yield Case(case.label, (to_bytes(case.args[0]),))


def _pair_cases(rng):
    yield Case("five ids", ([1, 2, 3, 1, 2],))
    yield Case("“aaa”: the pairs overlap", ([97, 97, 97],))
    yield Case("two ids", ([2, 1],))
    yield Case("one id: no pair", ([5],))
    yield Case("no ids", ([],))
    yield Case("both ways round", ([1, 2, 1, 1],))
    yield Case("the bytes of a story", (to_bytes(_story(rng, 60)),))


def _merge_cases(rng):
    yield Case("the pair twice", ([1, 2, 3, 1, 2], (1, 2), 4))
    yield Case("“aaa”: the left two become one", ([7, 7, 7], (7, 7), 8))
    yield Case("“aaaa”: two pairs", ([7, 7, 7, 7], (7, 7), 8))
    yield Case("half a pair at the end", ([3, 1, 2, 1], (1, 2), 4))
    yield Case("the pair the wrong way round", ([2, 1, 3], (1, 2), 4))
    yield Case("no ids", ([], (1, 2), 4))
    yield Case("ids drawn at random", ([*rng.integers(1, 4, size=20).tolist(), 1, 2, 1], (1, 2), 9))


def _training_cases(rng):
    yield Case("“aaabdaaabac”, three merges", (to_bytes("aaabdaaabac"), 3))
    yield Case("a tie: every pair once", (to_bytes("dcba"), 1))
    yield Case("a tie that the left id decides", (to_bytes("cb ac cb ac"), 2))
    yield Case("more merges than there are pairs", (to_bytes("hat"), 10))
    yield Case("no merges", (to_bytes("hat"), 0))
    yield Case("no text", ([], 3))
    yield Case("the beginning of a story", (to_bytes(_story(rng, 200)), 8))


def _ranks(*tokens):
    """Small ranks that a card can show: single bytes first, in order, then the merges."""
    single = sorted({bytes([b]) for token in tokens for b in token})
    return {token: rank for rank, token in enumerate([*single, *(t for t in tokens if len(t) > 1)])}


def _trained_ranks(text, n_merges):
    """The ranks that train_bpe finds in a text, for the bytes of that text."""
    tokens = [bytes([b]) for b in range(256)]
    for a, b in train_bpe(to_bytes(text), n_merges):
        tokens.append(tokens[a] + tokens[b])
    return _ranks(*(bytes([b]) for b in text.encode()), *tokens[256:])


def _encode_cases(rng):
    yield Case("two merges fit: bc has the lower rank", ("abc", _ranks(b"a", b"bc", b"ab")))
    yield Case("merges on merges", ("hugs", _ranks(b"ug", b"hug", b"gs")))
    yield Case("a long token that the merges never reach", ("abcd", _ranks(b"bc", b"abcd")))
    yield Case("“aaaaa”: from the left", ("aaaaa", _ranks(b"a", b"aa", b"aaaa")))
    yield Case("a letter of two bytes, no merge", ("é", _ranks(b"\xc3", b"\xa9")))
    yield Case("one byte", ("a", _ranks(b"a", b"ab")))
    yield Case("no text", ("", _ranks(b"a")))
    text = _story(rng, 240)
    yield Case("ranks trained on a story", (text[:50], _trained_ranks(text, 30)))


TOKENS = [b"a", b"b", b" the", b" robot", b"\xf0\x9f", b"\xa4", b"\x96", b"\xe4\xba", b"\xba"]


def _decode_cases(rng):
    yield Case("two words", ([2, 3], TOKENS))
    yield Case("one emoji in three tokens", ([4, 5, 6], TOKENS))
    yield Case("the first half of an emoji", ([0, 4, 5], TOKENS))
    yield Case("the end of a character, without its beginning", ([8, 1], TOKENS))
    yield Case("no ids", ([], TOKENS))
    yield Case("ids drawn at random", (rng.integers(len(TOKENS), size=6).tolist() + [7, 8], TOKENS))


WORD_PIECES = [
    "robot",
    "it's",
    "I'LL",
    " ",
    "  ",
    "\n",
    "\t",
    "42",
    "½",
    "é",
    "人",
    "!",
    "--",
    "_",
    "'",
    "x1",
]


def _word_cases(rng):
    yield Case("words take the space before them", ("Hello world",))
    yield Case("a contraction, two spaces, a number", ("I'm  here, 42 times",))
    yield Case("shouting", ("DON'T",))
    yield Case("white space at the end", ("end. \n\n",))
    yield Case("white space before a word", ("if x:\n    go\nend",))
    yield Case("letters and numbers of other alphabets", ("café ½ 四 Робот",))
    yield Case("digits, signs and underscores", ("x1 = my_robot + 1,000",))
    yield Case("no text", ("",))
    yield Case("pieces drawn at random", (_drawn_text(rng, WORD_PIECES, 12),))


END = "<|endoftext|>"


def _encode_text_cases(rng):
    ranks = _ranks(
        *(bytes([b]) for b in b"abdefinotwx<|> "), b" <", b"<|", b"|>", b"a ", b" b", b"en", b"end"
    )
    special = {END: 99, "<|user|>": 98}
    yield Case("a user types the name: ordinary text", (f"a {END}b", ranks, special, []))
    yield Case("the program allows it", (f"a{END}b", ranks, special, [END]))
    yield Case("another name is allowed, this one not", (f"a {END}b", ranks, special, ["<|user|>"]))
    yield Case("words first: no token across them", ("a b", ranks, special, []))
    yield Case("two in a row", (f"{END}{END}", ranks, special, [END]))
    yield Case("only half of the name", ("<|end", ranks, special, [END]))
    yield Case("no text", ("", ranks, special, [END]))
    pieces = ["a", " b", "end", " ", END, "<|", "two  x"]
    yield Case("pieces drawn at random", (_drawn_text(rng, pieces, 8) + END, ranks, special, [END]))


# ---------------------------------------------------------------- mistakes


def _code_points(text):
    return [ord(character) for character in text]


def _utf_16(text):
    return list(text.encode("utf-16-le"))


def _latin_1(text):
    return list(text.encode("latin-1", errors="replace"))


def _bytes_object(text):
    return text.encode("utf-8")


def _bytes_of_each(text):
    return [character.encode("utf-8") for character in text]


def _one_character_a_byte(ids):
    return "".join(chr(i) for i in ids)


def _str_of_bytes(ids):
    return str(bytes(ids))


def _each_byte_alone(ids):
    return "".join(bytes([i]).decode("utf-8", errors="replace") for i in ids)


def _only_ascii(ids):
    return bytes(ids).decode("ascii", errors="ignore")


def _not_decoded(ids):
    return bytes(ids)


def _counts_every_second(ids):
    return dict(Counter(zip(ids[::2], ids[1::2])))


def _counts_without_overlap(ids):
    counts, last = {}, None
    for pair in zip(ids, ids[1:]):
        overlaps = pair == last and pair[0] == pair[1]
        last = None if overlaps else pair
        if not overlaps:
            counts[pair] = counts.get(pair, 0) + 1
    return counts


def _counts_pairs_once(ids):
    return dict.fromkeys(zip(ids, ids[1:]), 1)


def _counts_ids(ids):
    return dict(Counter(ids))


def _ignores_order(ids):
    return dict(Counter(tuple(sorted(pair)) for pair in zip(ids, ids[1:])))


def _goes_round(ids):
    return dict(Counter(zip(ids, ids[1:] + ids[:1])))


def _misses_last_pair(ids):
    return dict(Counter(zip(ids[:-1], ids[1:-1])))


def _keeps_the_second(ids, pair, new):
    return [new if tuple(ids[i : i + 2]) == tuple(pair) else ids[i] for i in range(len(ids))]


def _keeps_second_loses_last(ids, pair, new):
    return _keeps_the_second(ids, pair, new)[: max(len(ids) - 1, 0)]


def _a_list_is_no_tuple(ids, pair, new):
    return list(ids)


def _looks_at_the_left_only(ids, pair, new):
    merged, i = [], 0
    while i < len(ids):
        merged.append(new if ids[i] == pair[0] else ids[i])
        i += 2 if ids[i] == pair[0] else 1
    return merged


def _from_the_right(ids, pair, new):
    return merge(ids[::-1], tuple(pair)[::-1], new)[::-1]


def _first_one_only(ids, pair, new):
    for i in range(len(ids) - 1):
        if (ids[i], ids[i + 1]) == tuple(pair):
            return ids[:i] + [new] + ids[i + 2 :]
    return ids


def _loses_the_last(ids, pair, new):
    merged, i = [], 0
    while i < len(ids) - 1:
        found = (ids[i], ids[i + 1]) == tuple(pair)
        merged.append(new if found else ids[i])
        i += 2 if found else 1
    return merged


def _falls_off_the_end(ids, pair, new):
    merged, i = [], 0
    while i < len(ids):
        found = ids[i] == pair[0] and ids[i + 1] == pair[1]
        merged.append(new if found else ids[i])
        i += 2 if found else 1
    return merged


def _either_order(ids, pair, new):
    merged, i = [], 0
    while i < len(ids):
        found = sorted(ids[i : i + 2]) == sorted(pair)
        merged.append(new if found else ids[i])
        i += 2 if found else 1
    return merged


def _train(ids, n_merges, choose, first=256, fewest=1):
    merges = []
    while len(merges) < n_merges:
        counts = count_pairs(ids)
        if not counts or max(counts.values()) < fewest:
            break
        best = choose(counts)
        ids = merge(ids, best, first + len(merges))
        merges.append(best)
    return merges


def _smallest(counts):
    return min(counts, key=lambda pair: (-counts[pair], pair))


def _tie_first_met(ids, n_merges):
    return _train(ids, n_merges, lambda counts: max(counts, key=counts.get))


def _tie_largest(ids, n_merges):
    return _train(ids, n_merges, lambda counts: max(counts, key=lambda pair: (counts[pair], pair)))


def _rarest(ids, n_merges):
    return _train(ids, n_merges, lambda counts: min(counts, key=lambda pair: (counts[pair], pair)))


def _counts_only_once(ids, n_merges):
    counts = count_pairs(ids)
    return sorted(counts, key=lambda pair: (-counts[pair], pair))[:n_merges]


def _never_merges(ids, n_merges):
    counts = count_pairs(ids)
    return [_smallest(counts)] * n_merges if counts else []


def _starts_at_257(ids, n_merges):
    return _train(ids, n_merges, _smallest, first=257)


def _starts_at_0(ids, n_merges):
    return _train(ids, n_merges, _smallest, first=0)


def _stops_at_one(ids, n_merges):
    return _train(ids, n_merges, _smallest, fewest=2)


def _no_pair_left(ids, n_merges):
    merges = []
    for _ in range(n_merges):
        best = _smallest(count_pairs(ids))
        ids = merge(ids, best, 256 + len(merges))
        merges.append(best)
    return merges


def _merge_by(text, ranks, choose):
    parts = [bytes([b]) for b in text.encode("utf-8")]
    while True:
        places = [i for i in range(len(parts) - 1) if parts[i] + parts[i + 1] in ranks]
        if not places:
            return [ranks[part] for part in parts]
        i = choose(places, lambda i: ranks[parts[i] + parts[i + 1]])
        parts[i : i + 2] = [parts[i] + parts[i + 1]]


def _leftmost_first(text, ranks):
    return _merge_by(text, ranks, lambda places, rank: places[0])


def _one_sweep(text, ranks):
    parts, i = [bytes([b]) for b in text.encode("utf-8")], 0
    while i < len(parts) - 1:
        if parts[i] + parts[i + 1] in ranks:
            parts[i : i + 2] = [parts[i] + parts[i + 1]]
        else:
            i += 1
    return [ranks[part] for part in parts]


def _highest_rank(text, ranks):
    return _merge_by(text, ranks, lambda places, rank: max(places, key=rank))


def _from_the_right_end(text, ranks):
    return _merge_by(text, ranks, lambda places, rank: min(reversed(places), key=rank))


def _longest_match(text, ranks):
    word, ids = text.encode("utf-8"), []
    while word:
        n = max(n for n in range(1, len(word) + 1) if word[:n] in ranks)
        ids.append(ranks[word[:n]])
        word = word[n:]
    return ids


def _merges_once(text, ranks):
    parts = [bytes([b]) for b in text.encode("utf-8")]
    places = [i for i in range(len(parts) - 1) if parts[i] + parts[i + 1] in ranks]
    if places:
        i = min(places, key=lambda i: ranks[parts[i] + parts[i + 1]])
        parts[i : i + 2] = [parts[i] + parts[i + 1]]
    return [ranks[part] for part in parts]


def _starts_from_characters(text, ranks):
    parts = [character.encode("utf-8") for character in text]
    while len(parts) > 1:
        pairs = [a + b for a, b in zip(parts, parts[1:])]
        best = min(pairs, key=lambda p: ranks.get(p, math.inf))
        if best not in ranks:
            break
        i = pairs.index(best)
        parts[i : i + 2] = [best]
    return [ranks[part] for part in parts]


def _parts_not_ids(text, ranks):
    by_id = {rank: token for token, rank in ranks.items()}
    return [by_id[i] for i in encode(text, ranks)]


def _each_token_alone(ids, tokens):
    return "".join(tokens[i].decode("utf-8", errors="replace") for i in ids)


def _strict(ids, tokens):
    return b"".join(tokens[i] for i in ids).decode("utf-8")


def _ignores_halves(ids, tokens):
    return b"".join(tokens[i] for i in ids).decode("utf-8", errors="ignore")


def _adds_spaces(ids, tokens):
    return b" ".join(tokens[i] for i in ids).decode("utf-8", errors="replace")


def _decodes_to_bytes(ids, tokens):
    return b"".join(tokens[i] for i in ids)


def _as_latin_1(ids, tokens):
    return b"".join(tokens[i] for i in ids).decode("latin-1")


SHORT = r"'s|'t|'re|'ve|'m|'ll|'d"


def _python_split(text):
    return text.split()


def _loses_spaces(text):
    return regex.findall(SHORT + r"|\p{L}+|\p{N}+|[^\s\p{L}\p{N}]+", text)


def _spaces_alone(text):
    return regex.findall(SHORT + r"|\p{L}+|\p{N}+|[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+", text)


def _no_lookahead(text):
    return regex.findall(SHORT + r"| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+", text)


def _any_white_space(text):
    return regex.findall(SHORT + r"|\s?\p{L}+|\s?\p{N}+|\s?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+", text)


def _all_spaces_taken(text):
    return regex.findall(SHORT + r"| *\p{L}+| *\p{N}+| *[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+", text)


def _contractions_last(text):
    return regex.findall(r" ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+|" + SHORT, text)


def _any_case(text):
    return regex.findall(bpe.GPT2_PATTERN, text, flags=regex.IGNORECASE)


def _latin_letters(text):
    return regex.findall(SHORT + r"| ?[A-Za-z]+| ?[0-9]+| ?[^\sA-Za-z0-9]+|\s+(?!\S)|\s+", text)


def _word_characters(text):
    return regex.findall(SHORT + r"| ?\w+| ?[^\s\w]+|\s+(?!\S)|\s+", text)


def _pieces_to_ids(pieces, ranks, special, names):
    ids = []
    for piece in pieces:
        if piece in names:
            ids.append(special[piece])
        else:
            for word in split_words(piece):
                ids.extend(encode(word, ranks))
    return ids


def _always_special(text, ranks, special, allowed):
    return encode_text(text, ranks, special, list(special))


def _never_special(text, ranks, special, allowed):
    return encode_text(text, ranks, special, [])


def _not_escaped(text, ranks, special, allowed):
    pieces = regex.split("(" + "|".join(allowed) + ")", text) if allowed else [text]
    return _pieces_to_ids([piece or "" for piece in pieces], ranks, special, allowed)


def _names_vanish(text, ranks, special, allowed):
    pieces = regex.split("|".join(map(regex.escape, allowed)), text) if allowed else [text]
    return _pieces_to_ids(pieces, ranks, special, allowed)


def _cuts_everywhere(text, ranks, special, allowed):
    pieces = (
        list(text)
        if not allowed
        else regex.split("(" + "|".join(map(regex.escape, allowed)) + ")", text)
    )
    return _pieces_to_ids(pieces, ranks, special, allowed)


def _cuts_at_every_name(text, ranks, special, allowed):
    pieces = regex.split("(" + "|".join(map(regex.escape, special)) + ")", text)
    return _pieces_to_ids(pieces, ranks, special, allowed)


def _lists_in_a_list(text, ranks, special, allowed):
    pieces = (
        regex.split("(" + "|".join(map(regex.escape, allowed)) + ")", text) if allowed else [text]
    )
    ids = []
    for piece in pieces:
        if piece in allowed:
            ids.append(special[piece])
        else:
            for word in split_words(piece):
                ids.append(encode(word, ranks))
    return ids


def _no_words(text, ranks, special, allowed):
    pieces = (
        regex.split("(" + "|".join(map(regex.escape, allowed)) + ")", text) if allowed else [text]
    )
    ids = []
    for piece in pieces:
        ids.extend([special[piece]] if piece in allowed else encode(piece, ranks))
    return ids


# ---------------------------------------------------------------- the registry of this lesson

POST = "End of part #1: The GPT-2, Ladies and Gentlemen"

EXERCISES = [
    Exercise(
        asks="Text to the numbers of its UTF-8 bytes.",
        reference=to_bytes,
        cases=_text_cases,
        mistakes=(
            Mistake(
                _code_points,
                "These are code points, one number for each character, and some are far "
                "above 255. Encode the text as UTF-8 first: some characters become several "
                "bytes.",
            ),
            Mistake(
                _utf_16,
                "These are UTF-16 bytes, two or four for each character. GPT-2 starts from UTF-8.",
            ),
            Mistake(
                _latin_1,
                "Latin-1 knows 256 characters and no others; what it lacks became a question "
                "mark. Look at the encoding's name.",
            ),
            Mistake(
                _bytes_object,
                "The bytes are right, but this is a `bytes` object. The lesson goes on with "
                "a list of numbers.",
            ),
            Mistake(
                _bytes_of_each,
                "This is a list of `bytes` objects, one for each character. Encode the whole "
                "text at once, then make a list of its numbers.",
            ),
        ),
        hints=(
            "A Python string has a method `encode`, which takes the name of an encoding.",
            "Going through a `bytes` object gives its numbers: `list(...)`.",
        ),
        points=1,
        minutes=3,
        post=POST,
    ),
    Exercise(
        asks="The numbers of UTF-8 bytes back to text.",
        reference=from_bytes,
        cases=_bytes_cases,
        mistakes=(
            Mistake(
                _one_character_a_byte,
                "You made a character of each number. A character of several bytes then "
                "comes out as several wrong ones: é as Ã©. Decode all the bytes together.",
            ),
            Mistake(
                _str_of_bytes,
                "`str(...)` of bytes is how Python prints them, with b and quotation marks. "
                "Use their method `decode`.",
            ),
            Mistake(
                _each_byte_alone,
                "You decode each byte alone, but a byte of é is no character. Put all bytes "
                "together first.",
            ),
            Mistake(
                _only_ascii,
                "Every character that is not plain ASCII has vanished. The bytes are UTF-8.",
            ),
            Mistake(
                _not_decoded, "These are still bytes. One step is missing: from bytes to text."
            ),
        ),
        hints=(
            "`bytes([99, 97, 116])` makes bytes of numbers.",
            "Bytes have a method `decode`, the opposite of a string's `encode`.",
        ),
        points=1,
        minutes=3,
        post=POST,
    ),
    Exercise(
        asks="Count how often each pair of neighbouring ids occurs.",
        reference=count_pairs,
        cases=_pair_cases,
        mistakes=(
            Mistake(
                _counts_every_second,
                "You go on two ids at a time. Pairs overlap: ids 1, 2, 3 hold the pairs (1, "
                "2) and (2, 3).",
            ),
            Mistake(
                _counts_without_overlap,
                "In “aaa” the pair (a, a) stands twice, at places 0 and 1; you counted it "
                "once. Counting lets pairs overlap; only merging may not.",
            ),
            Mistake(
                _counts_pairs_once,
                "Every pair is counted once, however often it occurs: add 1 to the old count "
                "instead of writing 1.",
            ),
            Mistake(
                _counts_ids, "You counted single ids. The keys are pairs: (an id, the id after it)."
            ),
            Mistake(
                _ignores_order, "(1, 2) and (2, 1) are different pairs; you counted them together."
            ),
            Mistake(
                _goes_round,
                "The last id has no neighbour on its right; you paired it with the first one.",
            ),
            Mistake(
                _misses_last_pair, "The last pair is missing: a list of n ids has n - 1 pairs."
            ),
        ),
        hints=(
            "`zip(ids, ids[1:])` gives each id together with the one after it.",
            "`counts[pair] = counts.get(pair, 0) + 1`.",
        ),
        points=1,
        minutes=5,
        post=POST,
    ),
    Exercise(
        asks="Replace each occurrence of a pair by one new id, from left to right.",
        reference=merge,
        cases=_merge_cases,
        mistakes=(
            Mistake(
                _keeps_the_second,
                "The second id of the pair is still there, or was used again. After a merge, "
                "go on two places.",
            ),
            Mistake(
                _keeps_second_loses_last,
                "Two things: after a merge the second id of the pair is used again, so go on "
                "two places; and the last id is lost when it is not part of a pair.",
            ),
            Mistake(
                _a_list_is_no_tuple,
                "Nothing is merged. A slice of a list is a list, and the pair is a tuple: "
                "`[1, 2] == (1, 2)` is False. Make both the same kind.",
            ),
            Mistake(
                _looks_at_the_left_only,
                "You compare only the left id. Both ids must be those of the pair, in order.",
            ),
            Mistake(_from_the_right, "In “aaa” you merged the right two. Start at the left."),
            Mistake(
                _first_one_only,
                "Only the first occurrence is merged; go on to the end of the list.",
            ),
            Mistake(_loses_the_last, "The last id is lost when it is not part of a pair."),
            Mistake(
                _falls_off_the_end,
                "`ids[i + 1]` does not exist at the last id. A slice, `ids[i:i + 2]`, is "
                "only shorter there and raises nothing.",
            ),
            Mistake(
                _either_order, "You also merge the pair the wrong way round; (2, 1) is not (1, 2)."
            ),
        ),
        hints=(
            "Build a new list. A `for` loop cannot skip an id, a `while` loop with its own "
            "`i` can.",
            "At each place: is the pair here? Then append the new id and go on by two, else "
            "append `ids[i]` and go on by one.",
            "`tuple(ids[i:i + 2]) == tuple(pair)` also works at the end of the list.",
        ),
        points=2,
        minutes=10,
        difficulty="medium",
        post=POST,
    ),
    Exercise(
        asks="Learn merges: join the most frequent pair, again and again.",
        reference=train_bpe,
        cases=_training_cases,
        needs=("count_pairs", "merge"),
        mistakes=(
            Mistake(
                _tie_first_met,
                "Among equally frequent pairs you take the one met first in the text. The "
                "rule here: the smallest pair, compared as tuples.",
            ),
            Mistake(
                _tie_largest,
                "Among equally frequent pairs you take the largest. `max` over (count, pair) "
                "does that; the rule is the smallest pair.",
            ),
            Mistake(
                _rarest, "You merge the rarest pair. Look at the sign of the count in your key."
            ),
            Mistake(
                _counts_only_once,
                "You counted once and took the most frequent pairs of that count. Each merge "
                "changes what stands side by side: count anew.",
            ),
            Mistake(
                _never_merges,
                "You find the same pair every time, because the ids never change. Go on with "
                "the merged ids.",
            ),
            Mistake(
                _starts_at_257,
                "Your new ids start one too high. Bytes are 0 to 255, so the first merge "
                "makes id 256.",
            ),
            Mistake(
                _starts_at_0,
                "Your new ids start at 0, but 0 to 255 are the bytes. The first merge makes "
                "id 256.",
            ),
            Mistake(
                _stops_at_one,
                "You stop when the best pair occurs only once. That is a choice too, but not "
                "ours: go on while there is any pair.",
            ),
            Mistake(
                _no_pair_left,
                "When no pair is left, `min` or `max` of nothing raises an error. Stop the "
                "loop before.",
            ),
        ),
        hints=(
            "One pass of the loop: count the pairs, choose one, merge it everywhere, note it.",
            "Sort by two things at once: `key=lambda pair: (-counts[pair], pair)`, and take "
            "the `min`.",
            "The new id is `256 + len(merges)`, before you append. An empty `counts` means stop.",
        ),
        points=3,
        minutes=15,
        difficulty="medium",
        post=POST,
    ),
    Exercise(
        asks="Encode a word: merge its bytes, lowest rank first.",
        reference=encode,
        cases=_encode_cases,
        mistakes=(
            Mistake(
                _leftmost_first,
                "You make the first merge that you find from the left. Look at all pairs, "
                "and take the one with the lowest rank.",
            ),
            Mistake(
                _one_sweep,
                "You sweep once from left to right and merge what fits. Look at all pairs "
                "each time, and take the one with the lowest rank.",
            ),
            Mistake(
                _longest_match,
                "You take the longest token that fits at the left. It may be one that the "
                "merges never reach: start from single bytes and merge.",
            ),
            Mistake(
                _highest_rank,
                "You take the highest rank. The merge learned first, with the lowest rank, "
                "comes first.",
            ),
            Mistake(
                _from_the_right_end,
                "Where the best merge fits at several places you take the right one. Take "
                "the leftmost.",
            ),
            Mistake(_merges_once, "You stop after one merge. Go on until no pair is in the ranks."),
            Mistake(
                _starts_from_characters,
                "You start from characters; é is two bytes. Start from "
                '`text.encode("utf-8")`, one part for each byte.',
            ),
            Mistake(
                _parts_not_ids,
                "The parts are right. Return their ids: look each part up in the ranks.",
            ),
        ),
        hints=(
            "Keep a list of parts, at first one `bytes` object for each byte: `bytes([b])`.",
            "For each two neighbours look up `ranks.get(a + b, math.inf)`. The smallest "
            "value tells which two to join.",
            "`parts[i:i + 2] = [best]` joins two parts. Stop when `best` is not in the "
            "ranks, or one part is left.",
        ),
        points=3,
        minutes=15,
        difficulty="hard",
        post=POST,
    ),
    Exercise(
        asks="Ids back to text, whatever the ids are.",
        reference=decode,
        cases=_decode_cases,
        mistakes=(
            Mistake(
                _each_token_alone,
                "You decode each token alone, but a character may be spread over several "
                "tokens. Join all the bytes first.",
            ),
            Mistake(
                _strict,
                "Half a character raises an error. A model may stop there, so show the "
                "replacement character instead: see `errors=`.",
            ),
            Mistake(
                _ignores_halves,
                "Half a character has vanished without a trace. Show that something is "
                "missing: the replacement character, not nothing.",
            ),
            Mistake(
                _adds_spaces,
                "You put a space between the tokens. The spaces are inside the tokens already.",
            ),
            Mistake(_decodes_to_bytes, "These are still bytes. The last step is to decode them."),
            Mistake(
                _as_latin_1,
                "You decode as Latin-1, which makes a character of each byte. The bytes are UTF-8.",
            ),
        ),
        hints=(
            'First join: `b"".join(...)` over the tokens of the ids. Then decode once.',
            "`bytes.decode` takes `errors=`, which says what to do with bytes that are no UTF-8.",
        ),
        points=1,
        minutes=5,
        post=POST,
    ),
    Exercise(
        asks="Cut text into words as GPT-2 does, before any merging.",
        reference=split_words,
        cases=_word_cases,
        mistakes=(
            Mistake(
                _python_split,
                "`text.split()` throws the spaces away and leaves signs on the words. No "
                "character may be lost: joined, the words must be the text again.",
            ),
            Mistake(
                _loses_spaces, "The white space is lost. Joined, the words must be the text again."
            ),
            Mistake(
                _spaces_alone,
                "The space should belong to the word after it: one optional space, ` ?`, in "
                "front of letters, digits and signs.",
            ),
            Mistake(
                _no_lookahead,
                "Of several spaces, the last belongs to the word after them. A rule of white "
                "space that is not followed by something else must come before plain white "
                "space.",
            ),
            Mistake(
                _any_white_space,
                "A word takes a space with it, but no new line and no tab: ` ?`, not `\\s?`.",
            ),
            Mistake(_all_spaces_taken, "A word takes at most one space with it: ` ?`, not ` *`."),
            Mistake(
                _contractions_last,
                "The first alternative that fits wins, and a sign rule takes the apostrophe "
                "of 's before the contractions are tried. Put them first.",
            ),
            Mistake(
                _any_case, "GPT-2's contractions are small letters only: DON'T is cut as DON, ', T."
            ),
            Mistake(
                _latin_letters,
                "Letters outside A to Z count as signs here. `\\p{L}` is a letter of any "
                "alphabet, `\\p{N}` any number.",
            ),
            Mistake(
                _word_characters,
                "`\\w` takes letters, digits and the underscore together. GPT-2 keeps "
                "letters, numbers and signs apart.",
            ),
        ),
        hints=(
            "Six alternatives, joined with `|`, tried from left to right; "
            "`regex.findall(pattern, text)` does the rest.",
            "Letters: ` ?\\p{L}+`. Numbers likewise. Signs are whatever is neither space, "
            "letter nor number: `[^\\s\\p{L}\\p{N}]+`.",
            "White space up to the last one before a word: `\\s+(?!\\S)`. The `(?!\\S)` "
            "says: what follows may be white space or the end, nothing else.",
        ),
        points=3,
        minutes=15,
        difficulty="hard",
        post=POST,
    ),
    Exercise(
        asks="Encode a whole text, with special tokens only where the program allows them.",
        reference=encode_text,
        cases=_encode_text_cases,
        needs=("split_words", "encode"),
        mistakes=(
            Mistake(
                _always_special,
                "Every special name in the text becomes its id, allowed or not. A user could "
                "then end the document by typing its name: look at `allowed`.",
            ),
            Mistake(
                _never_special,
                "An allowed name is encoded as ordinary text. Cut it out first, and append its id.",
            ),
            Mistake(
                _not_escaped,
                "The name holds `|`, which means “or” in a pattern. Escape it: "
                "`regex.escape(name)`.",
            ),
            Mistake(
                _names_vanish,
                "The special tokens have vanished: `regex.split` keeps what it splits at "
                "only when the pattern stands in ( ).",
            ),
            Mistake(
                _cuts_everywhere,
                "With no names allowed your pattern is empty, and an empty pattern cuts "
                "between all characters. Do not split at all then.",
            ),
            Mistake(
                _cuts_at_every_name,
                "You also cut the text at names that are not allowed. They are ordinary "
                "text: what stands before them belongs to the same word.",
            ),
            Mistake(
                _lists_in_a_list,
                "The ids of each word are a list of their own inside the list. `extend` adds "
                "the items of a list, `append` the list itself.",
            ),
            Mistake(
                _no_words,
                "A token reaches across two words. Cut each piece with `split_words` first, "
                "then encode word by word.",
            ),
        ),
        hints=(
            "Three steps: cut the text at the allowed names, cut the rest into words, encode "
            "each word.",
            '`regex.split("(" + names + ")", text)` gives pieces; those that are names stand '
            "among them.",
            'The pattern: `names = "|".join(regex.escape(name) for name in allowed)`. '
            "Without any names, the text is one piece.",
        ),
        points=3,
        minutes=15,
        difficulty="medium",
        post=POST,
    ),
    prediction(
        asks="Before you look: how many different ids does GPT-2 have for the one word “the”?",
        reference=predict_the,
        guesses=(
            (
                1,
                "One would do if a token were a word. It is a string of bytes: what about "
                "The, or a space in front?",
            ),
            (
                2,
                "With and without the space makes two. And at the beginning of a sentence? "
                "In a headline?",
            ),
            (
                3,
                "Small, with a capital, all capitals: three. And each of them with a space "
                "in front?",
            ),
            (
                4,
                "With small letters and with a capital, each with and without a space, that "
                "makes four. One more way of writing it is frequent enough.",
            ),
            (
                16,
                "Sixteen spellings are possible, but a token is made only where the spelling "
                "was frequent: tHe was not.",
            ),
        ),
        hints=(
            "Think of the ways in which “the” is really written: small, with a capital, in a "
            "headline; and with or without a space in front.",
        ),
        minutes=2,
    ),
]
