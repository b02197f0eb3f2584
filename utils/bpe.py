"""Byte pair encoding: text -> UTF-8 bytes -> merges -> token ids, and back.

A vocabulary starts with the 256 single bytes, so every text has an encoding. Training
adds one token at a time: the most frequent pair of neighbouring tokens becomes a new
one. Encoding repeats the same merges in the same order. (Sennrich, Haddow and Birch
2016, "Neural machine translation of rare words with subword units"; on bytes: Radford
et al. 2019, "Language models are unsupervised multitask learners", section 2.2.)

>>> tokenizer = train("hug hug pug hugs", 259)     # 256 bytes and three merges
>>> tokenizer.encode("hugs")
[257, 115]
>>> [tokenizer.tokens[token] for token in tokenizer.encode("hugs")]
[b'hug', b's']
>>> tokenizer.decode([257, 115])
'hugs'
>>> gpt2().encode("Hello world")
[15496, 995]
"""

import base64
import functools
import hashlib
import json
import sys
from collections import Counter, defaultdict
from heapq import heapify, heappop, heappush
from pathlib import Path

import regex  # the standard library's re knows no \p{L}, \p{N}
import tiktoken

# How GPT-2 cuts a text into words before any merging: contractions, then letters,
# digits or other signs, each with at most one space before it, then white space, whose
# last space is left to the word that follows. From the code of Radford et al. 2019.
# What a letter or a digit is, each library's own Unicode table says: `regex` 2026.11.15
# knows 17,480 that are newer than the tables of tiktoken 0.14 and tokenizers 0.23, which
# take them for other signs. Only where a text holds one of these do the three differ.
GPT2_PATTERN = r"'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+"
END_OF_TEXT = "<|endoftext|>"
SPECIAL_NAME = regex.compile(r"<\S+>|\[\S+\]")

GPT2_RANKS = Path(__file__).parent.parent / "data" / "gpt2.tiktoken"
GPT2_RANKS_SHA256 = "306cd27f03c1a714eca7108e03d66b7dc042abe8c258b44c199a7ed9838dd930"

CACHED_WORDS = 100_000  # a bound on memory; a book has fewer different words


def train(text, vocab_size, pattern=GPT2_PATTERN, special=()):
    """Learn a vocabulary from a text.

    Ids 0 to 255 are the bytes themselves, then the merges in the order they were
    found, then the names in `special`; `vocab_size` counts all three. Each merge joins
    the pair of tokens that stands side by side most often, never across the words that
    `pattern` cuts. **Ties**: among equally frequent pairs the one with the smallest
    ids, compared as tuples (left id first). Hugging Face `tokenizers` has the same rule
    (on its own numbering of the bytes); minbpe takes the pair it meets first.

    Special names are cut out of the text and not learned from. A text that has no pair
    left gives a vocabulary smaller than `vocab_size`.

    >>> tokenizer = train("aaabdaaabac", 259)
    >>> tokenizer.tokens[256:]
    [b'aa', b'ab', b'aaab']
    >>> tokenizer.encode("aaabdaaabac")
    [258, 100, 258, 97, 99]
    """
    last = vocab_size - len(special)
    if not 256 <= last <= sys.maxunicode:
        raise ValueError(
            f"vocab_size must be at least {256 + len(special)}, and at most "
            f"{sys.maxunicode + len(special)}."
        )
    pieces = [piece for piece in split_special(text, special) if piece not in special]
    words = Counter(word for piece in pieces for word in split_words(piece, pattern))
    tokens = learn(words, last)
    ranks = {token: rank for rank, token in enumerate(tokens)}
    specials = {name: len(tokens) + i for i, name in enumerate(special)}
    return Tokenizer(ranks, specials, pattern)


def learn(words, size):
    """The tokens of a vocabulary: all bytes, then the merges, no more than `size` in all.

    words: dict, word -> how often it occurs; a word is counted that often but merged
    once. An index says in which words a pair has stood, a heap which pair is the most
    frequent. After a merge only pairs with the new token have become more frequent, so
    only they are pushed. For others the heap promises too much: when such a pair comes
    up, it goes back with what is left of it ("lazy deletion").

    >>> learn({"hug": 3, "pug": 1}, 258)[256:]
    [b'ug', b'hug']
    """
    # A word is a string, one character for each token, since str.split finds a pair sooner
    # than a loop does; and strings compare as their ids do, which is what ties need.
    parts, times = [word.encode().decode("latin-1") for word in words], [*words.values()]
    tokens = [bytes([i]) for i in range(256)]
    counts, where = Counter(), defaultdict(list)  # of a pair: how often, in which words
    for i, word in enumerate(parts):
        for pair in map(str.__add__, word, word[1:]):
            counts[pair] += times[i]
            where[pair].append(i)
    heap = [(-often, pair) for pair, often in counts.items()]
    heapify(heap)
    gained = set()

    def change(i, old, now):
        counts[old] -= times[i]
        counts[now] += times[i]
        where[now].append(i)
        gained.add(now)

    while heap and len(tokens) < size:
        often, pair = heappop(heap)
        if counts[pair] != -often:
            if counts[pair]:
                heappush(heap, (-counts[pair], pair))
            continue
        (left, right), new = pair, chr(len(tokens))
        for i in set(where.pop(pair)):
            pieces = parts[i].split(pair)
            parts[i] = new.join(pieces)
            for k in range(1, len(pieces)):  # the pair stands between k - 1 and k
                before, after = pieces[k - 1], pieces[k]
                if before:
                    change(i, before[-1] + left, before[-1] + new)
                elif k > 1:
                    change(i, right + left, new + new)
                if after:
                    change(i, right + after[0], new + after[0])
        del counts[pair]
        while gained:
            heappush(heap, (-counts[now := gained.pop()], now))
        tokens.append(tokens[ord(left)] + tokens[ord(right)])
    return tokens


def merge(ids, pair, new):
    """Replace each `pair` in `ids` by the token `new`, from left to right.

    >>> merge([1, 2, 3, 1, 2], (1, 2), 4)
    [4, 3, 4]
    >>> merge([7, 7, 7], (7, 7), 8)
    [8, 7]
    """
    merged, i = [], 0
    while i < len(ids):
        found = ids[i] == pair[0] and ids[i + 1 : i + 2] == [pair[1]]
        merged.append(new if found else ids[i])
        i += 2 if found else 1
    return merged


def encode_word(word, ranks, below=float("inf")):
    """Merge the bytes of one word: always the pair of lowest rank, leftmost first.

    `ranks` maps the bytes of each token to its id; only merges with ids under `below`
    are made. A heap holds every possible merge, so that a word of n bytes costs
    n log n steps, not n squared.

    >>> ranks = {b"a": 0, b"b": 1, b"c": 2, b"bc": 3, b"ab": 4}
    >>> encode_word(b"abc", ranks)         # bc has the lower rank: a, bc and not ab, c
    [0, 3]
    """
    n = len(word)
    end = [*range(1, n + 1), 0]  # the part that starts at i ends before end[i]
    left = [n, *range(n)]  # and the part before it starts at left[i]; n is outside
    heap = []

    def offer(i):  # outside, the slice is empty and no token
        stop = end[end[i]]
        rank = ranks.get(word[i:stop], below)
        if rank < below:
            heappush(heap, (rank, i, stop))

    for i in range(n):
        offer(i)
    while heap:
        _, i, stop = heappop(heap)
        if end[end[i]] == stop:  # else one of the two parts is no longer what it was
            end[end[i]], end[i], left[stop] = -1, stop, i  # -1: swallowed
            offer(left[i])
            offer(i)
    return [ranks[word[i:stop]] for i, stop in enumerate(end) if stop > 0]


class Tokenizer:
    """A vocabulary, ready to encode and decode.

    ranks: dict, the bytes of a token -> its id; a lower id was merged earlier.
    special: dict, the name of a special token -> its id.
    tokens: list, id -> bytes, special tokens included.
    pattern: the regular expression that cuts text into words.
    always: the special names that are tokens wherever they stand, allowed or not.
    size: how many ids there are, where a model has rows to which no token belongs
    (often to make a round number); these decode to nothing.
    """

    def __init__(self, ranks, special=(), pattern=GPT2_PATTERN, always=(), size=None):
        self.ranks, self.special, self.pattern = dict(ranks), dict(special), pattern
        self.always = set(always)
        for name in self.special:
            if not name or name.encode() in self.ranks:
                raise ValueError(
                    f"{name!r} cannot be a special token: its name must not be empty, nor an "
                    "ordinary token."
                )
        if b"" in self.ranks or not {bytes([i]) for i in range(256)} <= set(self.ranks):
            raise ValueError("A vocabulary must hold all 256 bytes, and no empty token.")
        by_id = {token: text for text, token in self.ranks.items()}
        by_id |= {token: name.encode() for name, token in self.special.items()}
        count = len(self.ranks) + len(self.special)
        ids = range(count if size is None else size)
        if set(map(type, by_id)) != {int} or len(by_id) < count or not set(by_id) <= set(ids):
            raise ValueError("Token ids must be 0, 1, 2, … with no gap and none twice.")
        self.tokens = [by_id.get(token, b"") for token in ids]
        self._cache = {}

    @property
    def vocab_size(self):
        """How many ids there are, special tokens included."""
        return len(self.tokens)

    def __repr__(self):
        return f"Tokenizer(vocab_size={self.vocab_size})"

    def encode(self, text, allowed_special=()):
        """Text -> list of ids.

        The name of a special token in `text` is ordinary text, unless it is in
        `allowed_special` (names, or "all"): what a user types must not end a document.
        A surrogate (half of a character, which Python strings may hold) has no UTF-8
        bytes and raises ValueError.

        >>> gpt2().encode("<|endoftext|>")
        [27, 91, 437, 1659, 5239, 91, 29]
        >>> gpt2().encode("<|endoftext|>", allowed_special="all")
        [50256]
        """
        allowed = set(self.special if allowed_special == "all" else allowed_special)
        if not allowed <= set(self.special):  # a bare name is a set of letters
            raise ValueError(
                f"allowed_special must be 'all' or a list of names from {list(self.special)}, "
                f"not {allowed_special!r}."
            )
        allowed |= self.always
        ids = []
        for piece in split_special(text, allowed):
            if piece in allowed:
                ids.append(self.special[piece])
                continue
            for word in split_words(piece, self.pattern):
                part = self._cache.get(word)
                if part is None:
                    part = encode_word(word.encode(), self.ranks)
                    if len(self._cache) == CACHED_WORDS:
                        self._cache.clear()
                    self._cache[word] = part
                ids.extend(part)
        return ids

    def decode_bytes(self, ids):
        """Ids -> bytes. `ids`: a list, or a numpy array or torch tensor of shape (T,).

        Raises TypeError for what is not an integer, ValueError for an id that the
        vocabulary does not have.

        >>> gpt2().decode_bytes([15496, 995])
        b'Hello world'
        """
        ids = ids.tolist() if hasattr(ids, "tolist") else ids
        if isinstance(ids, (str, bytes)) or not hasattr(ids, "__iter__"):
            raise TypeError(f"decode needs a list of ids, not {ids!r}.")
        return b"".join([self.tokens[self._checked(token)] for token in ids])

    def decode(self, ids):
        """Ids -> text.

        A token may hold part of a character, and any ids may come out of a model:
        bytes that are not UTF-8 become U+FFFD, the replacement character.

        >>> gpt2().encode("🤖")
        [8582, 97, 244]
        >>> gpt2().decode([8582, 97, 244]), gpt2().decode([8582, 97])
        ('🤖', '�')
        """
        return self.decode_bytes(ids).decode(errors="replace")

    def merges_of(self, token):
        """The merges that made a token, in the order they were learned.

        A list of (left bytes, right bytes); empty for a single byte or a special token.

        >>> gpt2().merges_of(262)                     # " the"
        [(b' ', b't'), (b'h', b'e'), (b' t', b'he')]
        """
        made, queue = set(), [self._checked(token)]
        while queue:
            if pair := self._pair(queue.pop()):
                made.add(pair)
                queue.extend(pair)
        learned = sorted(made, key=lambda pair: self.ranks[b"".join(self._bytes(pair))])
        return [tuple(self._bytes(pair)) for pair in learned]

    def save(self, folder):
        """Write vocab.json and merges.txt as the Hugging Face hub has them for GPT-2.

        `load` reads them, and so does `transformers.GPT2Tokenizer.from_pretrained`.
        """
        odd = [name for name in self.special if not SPECIAL_NAME.fullmatch(name)]
        if self.pattern != GPT2_PATTERN or self.always or odd:
            raise ValueError(
                "vocab.json and merges.txt have no place for a pattern other than GPT-2's, nor "
                "for special names that do not look like <this> or that are tokens always, so "
                "this vocabulary cannot be saved in that format."
            )
        sign = byte_signs()

        def show(token):
            return "".join(sign[byte] for byte in self.tokens[token])

        ranks = sorted(self.ranks.values())
        vocab = {show(token): token for token in ranks}
        vocab |= dict(sorted(self.special.items(), key=lambda item: item[1]))
        lines = ["#version: 0.2"]
        lines += [" ".join(map(show, pair)) for pair in map(self._pair, ranks) if pair]
        folder = Path(folder)
        folder.mkdir(parents=True, exist_ok=True)
        # newline: the same bytes on Windows
        for name, content in [
            ("vocab.json", json.dumps(vocab)),
            ("merges.txt", "\n".join(lines) + "\n"),
        ]:
            with open(folder / name, "w", encoding="utf-8", newline="\n") as file:
                file.write(content)

    def _bytes(self, ids):
        return [self.tokens[token] for token in ids]

    def _pair(self, token):
        """The two ids that `token` was merged from; None for a byte or a special.

        They need not be stored: they are what the earlier merges make of its bytes.
        """
        word = self.tokens[token]
        if token in self.special.values() or len(word) == 1:
            return None
        return tuple(encode_word(word, self.ranks, below=token))

    def _checked(self, token):
        number = token.tolist() if hasattr(token, "tolist") else token
        if type(number) is not int:  # bool is an int too, and never meant as an id
            raise TypeError(f"A token id must be an integer, not {token!r}.")
        if not 0 <= number < len(self.tokens):
            raise ValueError(
                f"There is no token {number}: ids go from 0 to {len(self.tokens) - 1}."
            )
        return number


def split_special(text, special):
    """Cut a text at the special names, which are kept as pieces of their own.

    >>> split_special("one<|endoftext|>two", ["<|endoftext|>"])
    ['one', '<|endoftext|>', 'two']
    """
    if not isinstance(text, str):
        raise TypeError(f"The text must be a str, not {type(text).__name__}.")
    if not special:
        return [text]
    names = sorted(special, key=len, reverse=True)  # the longest wins where two fit
    return regex.split("(" + "|".join(map(regex.escape, names)) + ")", text)


def split_words(text, pattern=GPT2_PATTERN):
    """Cut a text into the words within which merges happen.

    >>> split_words("I'm  here, 42 times")
    ['I', "'m", ' ', ' here', ',', ' 42', ' times']
    """
    try:
        text.encode()
    except UnicodeEncodeError as error:
        raise ValueError(
            f"Character {error.start} of the text is the surrogate "
            f"U+{ord(text[error.start]):04X}: half a character, which UTF-8 cannot write."
        ) from None
    words = regex.findall(pattern, text)
    if sum(map(len, words)) != len(text):
        raise ValueError(
            f"The pattern {pattern!r} must match every character of the text, and have "
            "no capturing group."
        )
    return words


def load(folder, added=(), always=()):
    """A Tokenizer from a folder with vocab.json and merges.txt, in the hub's format.

    Whatever is neither a single byte nor a merge counts as a special token. added: dict,
    the name of a further special token -> id; always: as in `Tokenizer`.
    """
    folder = Path(folder)
    for name in ("vocab.json", "merges.txt"):
        if not (folder / name).is_file():
            raise FileNotFoundError(f"There is no {name} in {folder}.")
    try:
        vocab = json.loads((folder / "vocab.json").read_text(encoding="utf-8"))
        lines = (folder / "merges.txt").read_text(encoding="utf-8").split("\n")
        pairs = [line.split(" ") for line in lines if line and line[:8] != "#version"]
        return from_merges(vocab, pairs, added, always=always)
    except (ValueError, TypeError, RecursionError) as error:
        raise ValueError(f"{folder} holds no GPT-2 vocabulary: {error}") from None


def from_merges(vocab, pairs, added=(), **more):
    """A Tokenizer from the hub's two lists, in which a byte stands as its `byte_signs`.

    vocab: dict, token -> id; pairs: the merges, in order; added: dict, the name of a
    special token -> id. A name in vocab that is neither a byte nor a merge is special,
    too, and must look like <this> or [THIS]. more: what `Tokenizer` takes besides.
    """
    if type(vocab) is not dict or {len(pair) for pair in pairs} - {2}:
        raise ValueError("The vocabulary must be a dict, and each merge two words.")
    byte = {sign: byte for byte, sign in byte_signs().items()}
    ordinary = [*byte, *("".join(pair) for pair in pairs)]
    known, added = set(ordinary), dict(added)
    parts = {part for pair in pairs for part in pair}
    if missing := (parts - known) | (known - vocab.keys()):
        raise ValueError(f"The vocabulary has no {min(missing)!r}.")
    ranks = {bytes(byte[sign] for sign in name): vocab[name] for name in ordinary}
    others = {name: vocab[name] for name in vocab if name not in known}
    if wrong := [n for n in others if n not in added and not SPECIAL_NAME.fullmatch(n)]:
        raise ValueError(
            f"{wrong[0]!r} is no byte and no merge, and its name does not look like <this>, as a "
            "special token's does."
        )
    if wrong := [name for name in added if others.get(name, added[name]) != added[name]]:
        raise ValueError(f"{wrong[0]!r} has two ids, {others[wrong[0]]} and {added[wrong[0]]}.")
    tokenizer = Tokenizer(ranks, others | added, **more)
    # Others go by the order of the merges, we by that of the ids: it must be the same.
    last = -1
    for left, right in pairs:
        new = vocab[left + right]
        if new <= last or tokenizer._pair(new) != (vocab[left], vocab[right]):
            raise ValueError(f"The merge {left} {right} is not in the order of ids.")
        last = new
    return tokenizer


def byte_signs():
    """GPT-2's visible sign for each byte, so that merges.txt is a readable text.

    Bytes that are printable in Latin-1 stand for themselves; the other 68, space among
    them, get the characters from U+0100 on, in order.

    >>> byte_signs()[ord("a")], byte_signs()[ord(" ")]
    ('a', 'Ġ')
    """
    printable = {*range(33, 127), *range(161, 173), *range(174, 256)}
    others = [byte for byte in range(256) if byte not in printable]
    signs = {byte: chr(byte) for byte in sorted(printable)}
    return signs | {byte: chr(256 + i) for i, byte in enumerate(others)}


@functools.cache
def gpt2_ranks():
    """GPT-2's 50,256 tokens: a dict from bytes to id, read from data/gpt2.tiktoken."""
    if not GPT2_RANKS.is_file():
        raise FileNotFoundError(
            f"{GPT2_RANKS} is missing: it comes with the course, see data/README.md."
        )
    # git on Windows may have changed the line ends
    content = GPT2_RANKS.read_bytes().replace(b"\r\n", b"\n")
    if hashlib.sha256(content).hexdigest() != GPT2_RANKS_SHA256:
        raise ValueError(f"{GPT2_RANKS} is damaged: its SHA-256 is not the known one.")
    lines = [line.split() for line in content.splitlines()]
    return {base64.b64decode(token): int(rank) for token, rank in lines}


@functools.cache
def gpt2():
    """GPT-2's own vocabulary, 50,257 ids, in this module's Tokenizer. No network."""
    return Tokenizer(gpt2_ranks(), {END_OF_TEXT: 50256})


@functools.cache
def tiktoken_gpt2():
    """The same as a `tiktoken.Encoding`, fast. No network, no cache folder.

    The same but for letters newer than tiktoken's Unicode (see GPT2_PATTERN).

    tiktoken's own constructor by name would download these ranks on first use.
    """
    return tiktoken.Encoding(
        "gpt2",
        pat_str=GPT2_PATTERN,
        mergeable_ranks=gpt2_ranks(),
        special_tokens={END_OF_TEXT: 50256},
        explicit_n_vocab=50257,
    )
