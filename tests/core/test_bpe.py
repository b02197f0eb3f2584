"""utils.bpe: training, encoding, decoding, the hub's files, and no network."""

import doctest
import hashlib
import json
import random
import socket
import string
from collections import Counter
from pathlib import Path

import numpy as np
import pytest
import regex
import tiktoken
import tokenizers
import torch
import transformers
from hypothesis import given, settings
from hypothesis import strategies as st

from utils import bpe

ROOT = Path(__file__).parents[2]
EOT = "<|endoftext|>"
BYTES = bpe.train("", 256)
SMALL = bpe.train(
    "The robot obeys. A robot must obey the orders given to it by human beings! "
    "It's 3 o'clock in the garden, and the orders of the robots are given again.",
    300,
    special=(EOT, "<|user|>"),
)
VOCABULARIES = [BYTES, SMALL, bpe.gpt2()]

# what has broken tokenizers before
HARD = [
    "",
    " ",
    "  ",
    "   a   b  ",
    "two  spaces",
    "\n",
    "\n\n\n a\n \n",
    "\t\tif x:\r\n\t\t\treturn\r\n",
    "\x00\x1c\x1f\x7f\x85\xa0\u2028\u3000\ufeff\uffff",
    "I'm you're he's we'll they've I'd can't 'tis 'S 'LL ''s' it’s",
    "rock'n'roll d'accord 're'",
    "0 12 345 6789 01234567890 3.14159 1,000,000 ½ ² ٣ 四 Ⅷ",
    "🤖 👩‍👩‍👧‍👦 🇺🇳 👍🏽 é e\u0301 ﬁ ß İ ı",
    "人は言葉を話す。机器人必须服从命令。로봇은 명령에 복종해야 한다.",
    "روبوت יֶלֶד Робот ρομπότ रोबोट หุ่นยนต์",
    EOT,
    f"one {EOT} two{EOT}{EOT}",
    "<|endoftext|",
    " SolidGoldMagikarp",
    "\U0010ffff\U000e0001",
    "def f(x):\n    return x ** 2  # why?",
    "https://example.org/?q=a%20b&c=d#e",
    "!!!!!!!!!! ????? ...... ------ ======",
    "a" * 1000,
    " " * 1000 + "x",
]

# text without lone surrogates
texts = st.text(st.characters(exclude_categories=["Cs"]))
messy = st.lists(
    st.sampled_from([*HARD[1:22], " the", "The", " ", "'s", "\n", "a", "1", "é", "🤖"])
    | st.text(st.characters(exclude_categories=["Cs"]), max_size=4)
).map("".join)


def random_texts(count, seed):
    """Random strings from mixed alphabets, short runs of each."""
    draw = random.Random(seed)
    alphabets = [
        string.ascii_letters,
        "etaoin shrdlu",
        "  \n\t\r",
        string.digits,
        string.punctuation,
        "'stremdvl ",
        "àéîõüßñçøÅ",
        "人机器必须服从命令日本語한국어",
        "🤖🙂👍🏽\u200d❤️",
        [chr(n) for n in [*range(0xD800), *range(0xE000, 0x110000, 7)]],
    ]
    for _ in range(count):
        runs = draw.choices(alphabets, k=draw.randint(1, 8))
        yield "".join("".join(draw.choices(a, k=draw.randint(1, 7))) for a in runs)


def ordinary(text):
    return bpe.tiktoken_gpt2().encode(text, disallowed_special=())


def test_docstring_examples_run():
    result = doctest.testmod(bpe)
    assert result.attempted > 15 and result.failed == 0


# --- encode and decode ----------------------------------------------------------------


@pytest.mark.parametrize("tokenizer", VOCABULARIES, ids=repr)
@settings(deadline=None)
@given(text=texts | messy)
def test_decode_inverts_encode(tokenizer, text):
    ids = tokenizer.encode(text)
    assert tokenizer.decode(ids) == text
    assert all(type(token) is int and 0 <= token < tokenizer.vocab_size for token in ids)


@pytest.mark.parametrize("plane", range(17))
def test_every_character_of_every_plane(plane):
    points = range(plane << 16, (plane + 1) << 16)
    text = "".join(chr(n) for n in points if not 0xD800 <= n < 0xE000)
    ids = bpe.gpt2().encode(text)
    assert bpe.gpt2().decode(ids) == text
    assert ids == ordinary(text)


@settings(deadline=None)
@given(data=st.binary())
def test_any_bytes_decode(data):
    for tokenizer in VOCABULARIES:
        ids = [tokenizer.ranks[bytes([byte])] for byte in data]
        assert tokenizer.decode_bytes(ids) == data
        assert tokenizer.decode(ids) == data.decode(errors="replace")


@settings(deadline=None)
@given(data=st.data())
def test_any_ids_decode(data):
    for tokenizer in VOCABULARIES:
        ids = data.draw(st.lists(st.integers(0, tokenizer.vocab_size - 1)))
        expected = b"".join(tokenizer.tokens[token] for token in ids)
        assert tokenizer.decode(ids) == expected.decode(errors="replace")


@pytest.mark.parametrize(
    "text, ids",
    [
        ("Hello world", [15496, 995]),
        ("hello world", [31373, 995]),
        ("The dog", [464, 3290]),
        ("lowercase", [21037, 7442]),
        ("Hello, I'm a language model,", [15496, 11, 314, 1101, 257, 3303, 2746, 11]),
        ("", []),
    ],
)
def test_known_ids(text, ids):
    assert bpe.gpt2().encode(text) == ids
    assert bpe.tiktoken_gpt2().encode(text) == ids
    assert bpe.gpt2().decode(ids) == text


@pytest.mark.parametrize("text", HARD)
def test_equals_tiktoken_on_the_hard_list(text):
    assert bpe.gpt2().encode(text) == ordinary(text)
    assert bpe.gpt2().decode(ordinary(text)) == text


BYTE_LEVEL = tokenizers.pre_tokenizers.ByteLevel(add_prefix_space=False)


def newer(text):
    """Whether a text holds a letter or number that tiktoken and tokenizers do not know yet.

    Their tables of Unicode are older than that of `regex`: there it is another sign, and
    makes one word with a "!" before it.
    """
    letters = regex.findall(r"[\p{L}\p{N}--[a-zA-Z0-9]]", text, flags=regex.V1)
    return any(len(BYTE_LEVEL.pre_tokenize_str("!" + letter)) == 1 for letter in set(letters))


def test_equals_tiktoken_on_thousands_of_random_texts():
    texts = list(random_texts(5000, 0))
    wrong = [t for t in texts if bpe.gpt2().encode(t) != ordinary(t) and not newer(t)]
    assert wrong == [] and sum(map(newer, texts)) < 0.05 * len(texts)


def test_only_letters_newer_than_tiktokens_unicode_make_a_difference():
    """U+0558 came with Unicode 18: a letter to `regex`, to the others a sign without a name."""
    assert newer("\u0558") and not newer("é4四½ Ⅷ人")
    assert bpe.gpt2().encode("\u0558's") == [145, 246, 338]
    assert ordinary("\u0558's") == [145, 246, 6, 82]


@pytest.mark.slow
def test_equals_tokenizers_on_thousands_of_random_texts(gpt2_folder):
    files = (str(gpt2_folder / name) for name in ("vocab.json", "merges.txt"))
    theirs = tokenizers.Tokenizer(tokenizers.models.BPE.from_file(*files))
    theirs.pre_tokenizer = BYTE_LEVEL
    texts = [text for text in random_texts(3000, 6) if not newer(text)]
    for text, encoding in zip(texts, theirs.encode_batch(texts), strict=True):
        assert bpe.gpt2().encode(text) == encoding.ids, text


def one_merge_after_another(word, merges):
    """minbpe's way to encode: of all pairs in the word the one that was learned first, and
    that one everywhere, until no pair is left that was learned.
    """
    ids = list(word.encode())
    while pairs := [pair for pair in zip(ids, ids[1:]) if pair in merges]:
        first = min(pairs, key=merges.get)
        ids = bpe.merge(ids, first, merges[first])
    return ids


def test_equals_minbpes_algorithm_on_thousands_of_random_texts():
    text = " ".join([*random_words(3000), *random_texts(300, 7)])
    tokenizer = bpe.train(text, 600)
    merges = {tokenizer._pair(token): token for token in range(256, tokenizer.vocab_size)}
    longer = 0
    for text in [*random_texts(2000, 8), *(" ".join(random_words(9, seed)) for seed in range(500))]:
        ids = [i for word in bpe.split_words(text) for i in one_merge_after_another(word, merges)]
        assert tokenizer.encode(text) == ids
        longer += any(token >= 256 for token in ids)
    assert longer > 1000


@settings(deadline=None, max_examples=300)
@given(text=messy)
def test_equals_tiktoken_on_hypothesis_texts(text):
    assert bpe.gpt2().encode(text) == ordinary(text) or newer(text)


@settings(deadline=None)
@given(ids=st.lists(st.integers(0, 50256)))
def test_decode_equals_tiktoken(ids):
    assert bpe.gpt2().decode(ids) == bpe.tiktoken_gpt2().decode(ids)


class CountingRanks(dict):
    looked_up = 0

    def get(self, *args):
        self.looked_up += 1
        return super().get(*args)


@pytest.mark.parametrize(
    "word",
    [
        "a" * 100_000,
        " " * 100_000,
        "\n" * 100_000,
        "é" * 50_000,
        "🤖" * 25_000,
        "x9" * 50_000,
        "".join(random.Random(0).choices(string.ascii_lowercase, k=100_000)),
    ],
    ids=["a", "space", "newline", "é", "🤖", "x9", "random letters"],
)
def test_a_word_of_100_kb_takes_linear_many_look_ups(word):
    # each look-up puts at most one entry on the heap: n log n steps in all
    ranks = CountingRanks(bpe.gpt2_ranks())
    ids = bpe.encode_word(word.encode(), ranks)
    assert ranks.looked_up <= 3 * len(word.encode())
    assert bpe.gpt2().decode_bytes(ids) == word.encode()
    assert bpe.gpt2().encode(word) == ordinary(word)


def test_the_cache_changes_nothing_and_stays_small(monkeypatch):
    monkeypatch.setattr(bpe, "CACHED_WORDS", 3)
    tokenizer = bpe.Tokenizer(SMALL.ranks)
    text = "one two three four one two three four five one"
    assert tokenizer.encode(text) == tokenizer.encode(text) == SMALL.encode(text)
    assert 0 < len(tokenizer._cache) <= 3


# --- what is refused ------------------------------------------------------------------


@pytest.mark.parametrize("text", ["\ud83d", "ab\udfff", "\ud83e\udd16", f"{EOT}\udc80"])
def test_surrogates_are_refused_paired_or_not(text):
    place = next(i for i, sign in enumerate(text) if 0xD800 <= ord(sign) < 0xE000)
    sentence = f"of the text is the surrogate U\\+{ord(text[place]):04X}: half a character"
    for call in (SMALL.encode, lambda t: bpe.train(t, 300)):
        with pytest.raises(ValueError, match=sentence) as raised:
            call(text)
        assert type(raised.value) is ValueError  # not UnicodeEncodeError's text


@pytest.mark.parametrize("text", [b"bytes", None, 3, ["a"]])
def test_only_str_is_text(text):
    for call in (SMALL.encode, lambda t: bpe.train(t, 300)):
        with pytest.raises(TypeError, match="text must be a str"):
            call(text)


@pytest.mark.parametrize("token", [300, 10**30, -1, np.int64(300), torch.tensor(-1)])
def test_ids_out_of_range_are_refused(token):
    assert SMALL.vocab_size == 300
    for call in (lambda t: SMALL.decode([65, t]), SMALL.merges_of):
        with pytest.raises(ValueError, match="ids go from 0 to 299"):
            call(token)


@pytest.mark.parametrize(
    "token",
    [True, 1.0, "1", None, b"a", [1], np.True_, np.float32(1), torch.tensor(True)]
    + [torch.tensor(1.0), torch.tensor([1, 2]), 1j],
    ids=repr,
)
def test_ids_that_are_no_integers_are_refused(token):
    for call in (lambda t: SMALL.decode([65, t]), SMALL.merges_of):
        with pytest.raises(TypeError, match="must be an integer"):
            call(token)


@pytest.mark.parametrize("ids", [5, None, "12", b"12", torch.tensor(5), np.array(5)])
def test_ids_come_as_a_list(ids):
    with pytest.raises(TypeError, match="needs a list of ids"):
        SMALL.decode(ids)


@pytest.mark.parametrize("dtype", ["int32", "int64", "uint8"])
def test_integers_of_numpy_and_torch_are_ids(dtype):
    ids = [72, 105, 200]
    expected = SMALL.decode(ids)
    array = np.array(ids, dtype)
    tensor = torch.tensor(ids, dtype=getattr(torch, dtype))
    for same in (array, tensor, list(array), list(tensor), tuple(ids), iter(ids)):
        assert SMALL.decode(same) == expected
    with pytest.raises(TypeError, match="must be an integer"):
        SMALL.decode(array.reshape(1, 3))


def test_a_pattern_must_cover_the_text():
    for pattern in (r"\p{L}+", r"(\p{L})\p{L}*|\s", r"(a)(b)|."):
        with pytest.raises(ValueError, match="must match every character"):
            bpe.train("ab cd 12", 300, pattern)


# --- special tokens -------------------------------------------------------------------


def test_special_tokens_in_user_text_are_ordinary_text():
    text = f"a{EOT}b<|user|>"
    ids = SMALL.encode(text)
    assert not set(ids) & set(SMALL.special.values())
    assert SMALL.decode(ids) == text


def test_special_tokens_where_allowed():
    assert SMALL.special == {EOT: 298, "<|user|>": 299}
    text = f"a{EOT}b<|user|>"
    only = SMALL.encode(text, allowed_special={EOT})
    assert only[:3] == [97, 298, 98] and 299 not in only
    assert SMALL.encode(text, allowed_special="all") == [97, 298, 98, 299]
    assert SMALL.encode(text, allowed_special=[]) == SMALL.encode(text)
    assert SMALL.decode([97, 298, 98, 299]) == text


@settings(deadline=None)
@given(pieces=st.lists(st.sampled_from([EOT, "<|endof", "text|>", " a", "\n", "🤖"])))
def test_allowed_specials_equal_tiktoken(pieces):
    text = "".join(pieces)
    expected = bpe.tiktoken_gpt2().encode(text, allowed_special="all")
    assert bpe.gpt2().encode(text, allowed_special="all") == expected
    assert bpe.gpt2().decode(expected) == text


def test_the_longest_special_name_wins():
    tokenizer = bpe.Tokenizer(BYTES.ranks, {"<a>": 256, "<a><b>": 257})
    assert tokenizer.encode("<a><b><a>", allowed_special="all") == [257, 256]


def test_unknown_specials_are_refused():
    with pytest.raises(
        ValueError, match="a list of names from .*, not {'<|pad|>'}".replace("|", r"\|")
    ):
        SMALL.encode("a", allowed_special={"<|pad|>"})
    with pytest.raises(ValueError, match="must be 'all' or a list of names from"):
        SMALL.encode("a", allowed_special=EOT)  # a bare name


def test_a_name_that_is_always_a_token_needs_no_permission():
    tokenizer = bpe.Tokenizer(BYTES.ranks, {"new word": 256, "<a>": 257}, always=["new word"])
    assert tokenizer.encode("a new word<a>") == [97, 32, 256, 60, 97, 62]
    assert tokenizer.decode([256, 257]) == "new word<a>"


def test_ids_without_a_token_decode_to_nothing():
    tokenizer = bpe.Tokenizer(BYTES.ranks, {"<a>": 256}, size=260)
    assert tokenizer.vocab_size == 260 and tokenizer.decode([97, 259, 98]) == "ab"
    assert tokenizer.merges_of(258) == []
    with pytest.raises(ValueError, match="ids go from 0 to 259"):
        tokenizer.decode([260])
    with pytest.raises(ValueError, match="no gap and none twice"):
        bpe.Tokenizer(BYTES.ranks, {"<a>": 256}, size=256)


@pytest.mark.parametrize(
    "ranks, special, sentence",
    [
        ({}, {"": 256}, "cannot be a special token"),
        ({b"end": 256}, {"end": 257}, "cannot be a special token"),
        ({b"<a>": 256}, {"<a>": 257}, "cannot be a special token"),
        ({}, {"<a>": 257}, "no gap and none twice"),
        ({}, {"<a>": 255}, "no gap and none twice"),
        ({b"ab": 255}, {}, "no gap and none twice"),
        ({b"ab": 256.0}, {}, "no gap and none twice"),
        ({b"": 256}, {}, "no empty token"),
    ],
)
def test_broken_vocabularies_are_refused(ranks, special, sentence):
    with pytest.raises(ValueError, match=sentence):
        bpe.Tokenizer(BYTES.ranks | ranks, special)


def test_a_vocabulary_needs_every_byte():
    ranks = {bytes([i]): i for i in range(255)}
    with pytest.raises(ValueError, match="all 256 bytes"):
        bpe.Tokenizer(ranks)


# --- training -------------------------------------------------------------------------


def naive_train(text, merges, pattern=bpe.GPT2_PATTERN):
    """The definition, word by word: count every pair again before each merge."""
    words = [list(word.encode()) for word in regex.findall(pattern, text)]
    learned = []
    while len(learned) < merges:
        counts = Counter(pair for ids in words for pair in zip(ids, ids[1:]))
        if not counts:
            break
        most = max(counts.values())
        pair = sorted(pair for pair in counts if counts[pair] == most)[0]
        for ids in words:
            i = 0
            while i < len(ids) - 1:
                if (ids[i], ids[i + 1]) == pair:
                    ids[i : i + 2] = [256 + len(learned)]
                i += 1
        learned.append(pair)
    return learned, words


small_alphabet = st.text(st.sampled_from("aab ")) | st.text(st.sampled_from("abc é\n"))


@settings(deadline=None, max_examples=200)
@given(text=small_alphabet | messy, merges=st.integers(0, 40))
def test_training_equals_the_definition(text, merges):
    tokenizer = bpe.train(text, 256 + merges)
    learned, words = naive_train(text, merges)
    assert tokenizer.vocab_size == 256 + len(learned)
    # the pairs themselves, which the vocabulary does not store
    assert [tokenizer._pair(256 + i) for i in range(len(learned))] == learned
    # and encoding the training text ends where training ended
    assert tokenizer.encode(text) == [token for ids in words for token in ids]


def test_training_equals_the_definition_on_prose():
    text = " ".join(random_words(3000))
    tokenizer = bpe.train(text, 256 + 150)
    learned, words = naive_train(text, 150)
    assert [tokenizer._pair(256 + i) for i in range(150)] == learned
    assert tokenizer.encode(text) == [token for ids in words for token in ids]


def random_words(count, seed=0):
    """Words of syllables, frequent ones first, as in a language."""
    draw = random.Random(seed)
    syllables = ["ro", "bot", "must", "o", "bey", "or", "ders", "the", "gi", "ven", "it"]
    lexicon = ["".join(draw.choices(syllables, k=draw.randint(1, 4))) for _ in range(400)]
    return draw.choices(lexicon, weights=[1 / n for n in range(1, 401)], k=count)


def test_ties_go_to_the_smallest_ids():
    # each pair once: (b, a) is met first, (a, c) has the smaller ids
    assert bpe.train("ba ac", 257, r"\w+|\s").tokens[256] == b"ac"
    # same left id: the smaller right id
    assert bpe.train("ac ab", 257, r"\w+|\s").tokens[256] == b"ab"
    # a byte is smaller than a merge
    assert bpe.train("aaabdaaabac", 258).tokens[256:] == [b"aa", b"ab"]
    # and frequency goes first
    assert bpe.train("ba ba ac", 257, r"\w+|\s").tokens[256] == b"ba"


def hf_train(text, vocab_size, pattern):
    """Hugging Face's trainer on the same words; the tokens as bytes, by id."""
    model = tokenizers.Tokenizer(tokenizers.models.BPE())
    pre = tokenizers.pre_tokenizers
    model.pre_tokenizer = pre.Sequence(
        [
            pre.Split(tokenizers.Regex(pattern), "isolated"),
            pre.ByteLevel(add_prefix_space=False, use_regex=False),
        ]
    )
    trainer = tokenizers.trainers.BpeTrainer(
        vocab_size=vocab_size,
        initial_alphabet=pre.ByteLevel.alphabet(),
        show_progress=False,
    )
    model.train_from_iterator([text], trainer)
    byte = {sign: byte for byte, sign in bpe.byte_signs().items()}
    by_id = sorted(model.get_vocab().items(), key=lambda item: item[1])
    return [bytes(byte[sign] for sign in token) for token, _ in by_id]


# Hugging Face numbers the bytes in GPT-2's order, in which the visible ASCII characters
# come as in ours but space comes after them. With every white space on its own no tie
# can tell the difference.
ALONE = r"\S+|\s"


def test_training_equals_hugging_face_on_prose():
    text = " ".join(random_words(20_000, seed=1))
    ours = bpe.train(text, 256 + 400, ALONE)
    assert ours.tokens[256:] == hf_train(text, 256 + 400, ALONE)[256:]
    assert ours.vocab_size > 256 + 200


@settings(deadline=None, max_examples=100)
@given(text=st.text(st.sampled_from("aab bc\n")), merges=st.integers(0, 20))
def test_training_equals_hugging_face_with_many_ties(text, merges):
    ours = bpe.train(text, 256 + merges, ALONE)
    assert ours.tokens[256:] == hf_train(text, 256 + merges, ALONE)[256:]


def test_training_on_one_long_word_equals_the_definition():
    """Where a pair stands many times in a word, and beside itself."""
    for text in ("ab" * 40 + "ba" * 9, "a" * 77, "aabaab" * 20 + "aaa", "".join(random_words(40))):
        tokenizer = bpe.train(text, 256 + 60, pattern="(?s:.+)")
        learned, _ = naive_train(text, 60, "(?s:.+)")
        assert [tokenizer._pair(256 + i) for i in range(len(learned))] == learned


def test_vocab_size_counts_bytes_merges_and_specials():
    text = " ".join(random_words(500))
    tokenizer = bpe.train(text, 300, special=(EOT,))
    assert tokenizer.vocab_size == 300
    assert tokenizer.special == {EOT: 299}
    assert tokenizer.tokens[:256] == [bytes([i]) for i in range(256)]
    assert tokenizer.tokens[256:299] == bpe.train(text, 299).tokens[256:]


def test_training_does_not_learn_from_special_names():
    plain = bpe.train("ab ab", 300)
    with_ends = bpe.train(f"ab{EOT} ab{EOT}", 301, special=(EOT,))
    assert with_ends.ranks == plain.ranks


def test_a_text_may_run_out_of_pairs():
    assert bpe.train("", 1000).vocab_size == 256
    assert bpe.train("abc", 1000).tokens[256:] == [b"ab", b"abc"]


def test_a_vocabulary_under_the_bytes_is_refused():
    with pytest.raises(ValueError, match="at least 256"):
        bpe.train("abc", 255)
    with pytest.raises(ValueError, match="at least 257"):
        bpe.train("abc", 256, special=(EOT,))


def test_a_vocabulary_over_what_a_character_can_count_is_refused():
    with pytest.raises(ValueError, match="at most 1114112"):
        bpe.train("abc", 1_114_113, special=(EOT,))


# --- what made a token ----------------------------------------------------------------


@pytest.mark.parametrize("tokenizer", [SMALL, bpe.gpt2()], ids=repr)
def test_merges_of_build_the_token_from_bytes(tokenizer):
    for token in [*range(260), *range(0, tokenizer.vocab_size, 97)]:
        text = tokenizer.tokens[token]
        have = {text[i : i + 1] for i in range(len(text))}
        merges = tokenizer.merges_of(token)
        if token in tokenizer.special.values() or len(text) == 1:
            assert merges == []
            continue
        for left, right in merges:
            assert left in have and right in have
            have.add(left + right)
        assert left + right == text
        ids = [tokenizer.ranks[left + right] for left, right in merges]
        assert ids == sorted(set(ids))


# --- the hub's files ------------------------------------------------------------------


@pytest.fixture(scope="module")
def gpt2_folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("gpt2")
    bpe.gpt2().save(folder)
    return folder


def test_gpt2_is_saved_as_the_hub_has_it(gpt2_folder):
    # the files of openai-community/gpt2, byte for byte
    hashes = {
        "vocab.json": "196139668be63f3b5d6574427317ae82f612a97c5d1cdaf36ed2256dbf636783",
        "merges.txt": "1ce1664773c50f3e0cc8842619a93edc4624525b728b188a9e0be33b7726adc5",
    }
    for name, known in hashes.items():
        assert hashlib.sha256((gpt2_folder / name).read_bytes()).hexdigest() == known


def test_gpt2_comes_back(gpt2_folder):
    again = bpe.load(gpt2_folder)
    assert again.ranks == bpe.gpt2().ranks and again.special == bpe.gpt2().special


@pytest.mark.parametrize("tokenizer", [BYTES, SMALL], ids=repr)
def test_save_and_load(tokenizer, tmp_path):
    tokenizer.save(tmp_path / "new" / "folder")
    again = bpe.load(tmp_path / "new" / "folder")
    assert again.tokens == tokenizer.tokens and again.special == tokenizer.special
    assert again.encode("The robot's 🤖\n") == tokenizer.encode("The robot's 🤖\n")


@pytest.mark.slow
@pytest.mark.parametrize("tokenizer", [SMALL, bpe.gpt2()], ids=repr)
@pytest.mark.parametrize("kind", ["GPT2Tokenizer", "AutoTokenizer"])
def test_transformers_reads_the_folder(tokenizer, kind, tmp_path):
    tokenizer.save(tmp_path)
    if kind == "AutoTokenizer":  # it asks the model's config for the class
        (tmp_path / "config.json").write_text('{"model_type": "gpt2"}')
    theirs = getattr(transformers, kind).from_pretrained(tmp_path)
    assert len(theirs) == tokenizer.vocab_size
    for text in [*HARD, *random_texts(300, 1)]:
        # transformers always takes the special name for the token
        ids = tokenizer.encode(text, allowed_special={EOT})
        assert theirs(text)["input_ids"] == ids
        assert theirs.decode(ids, clean_up_tokenization_spaces=False) == text


def test_special_tokens_may_come_first(tmp_path):
    # as Hugging Face's trainer numbers them
    ranks = {token: i + 1 for token, i in SMALL.ranks.items()}
    first = bpe.Tokenizer(ranks, {EOT: 0})
    first.save(tmp_path)
    again = bpe.load(tmp_path)
    assert again.tokens == first.tokens and again.special == {EOT: 0}
    shifted = [token + 1 for token in SMALL.encode("The robot obeys.")]
    assert again.encode("The robot obeys.") == shifted


def test_what_the_files_have_no_place_for_cannot_be_saved(tmp_path):
    odd = [
        bpe.train("ab ab", 257, ALONE),
        bpe.Tokenizer(BYTES.ranks, {"end": 256}),
        bpe.Tokenizer(BYTES.ranks, {"<end>": 256}, always=["<end>"]),
    ]
    for tokenizer in odd:
        with pytest.raises(ValueError, match="no place for a pattern"):
            tokenizer.save(tmp_path)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("name", ["vocab.json", "merges.txt"])
def test_a_missing_file_is_named(name, tmp_path):
    SMALL.save(tmp_path)
    (tmp_path / name).unlink()
    with pytest.raises(FileNotFoundError, match=f"There is no {name} in"):
        bpe.load(tmp_path)


def damage_vocab(change):
    def damage(folder):
        vocab = json.loads((folder / "vocab.json").read_text())
        (folder / "vocab.json").write_text(json.dumps(change(vocab)))

    return damage


def damage_merges(change):
    def damage(folder):
        lines = (folder / "merges.txt").read_text(encoding="utf-8").splitlines()
        text = "\n".join(change(lines))
        (folder / "merges.txt").write_text(text, encoding="utf-8")

    return damage


def half(name):
    def damage(folder):
        data = (folder / name).read_bytes()
        (folder / name).write_bytes(data[: len(data) // 2])

    return damage


@pytest.mark.parametrize(
    "damage, sentence",
    [
        (half("vocab.json"), "no GPT-2 vocabulary"),
        (half("merges.txt"), "no GPT-2 vocabulary|has no"),
        (damage_vocab(list), "must be a dict"),
        (damage_vocab(lambda v: {k: v[k] for k in v if k != "a"}), "has no 'a'"),
        (damage_vocab(lambda v: v | {"a": 300}), "no gap and none twice"),
        (damage_vocab(lambda v: v | {"a": "b"}), "no GPT-2 vocabulary"),
        (damage_vocab(lambda v: v | {"a": [1]}), "no GPT-2 vocabulary"),
        (damage_vocab(lambda v: v | {"a": 97.0}), "no gap and none twice"),
        (damage_vocab(lambda v: v | {"a": v["b"], "b": v["a"], "": 300}), "special token"),
        (damage_merges(lambda m: m[:-3]), "is no byte and no merge"),
        (damage_merges(lambda m: [*m, "a b c"]), "each merge two words"),
        (damage_merges(lambda m: [*m, "一 二"]), "has no '一'"),
        (damage_merges(lambda m: [*m, "a a"]), "has no 'aa'"),
        (damage_merges(lambda m: [*m, " "]), "has no ''"),
        (damage_merges(lambda m: [*m, "a "]), "has no ''"),
        (lambda f: (f / "vocab.json").write_bytes(b"\xff\xfe"), "no GPT-2 vocabulary"),
        (lambda f: (f / "merges.txt").write_bytes(b"\xff\xfe"), "no GPT-2 vocabulary"),
        (lambda f: (f / "vocab.json").write_text("[" * 10**5), "no GPT-2 vocabulary"),
    ],
)
def test_damaged_files_are_refused(damage, sentence, tmp_path):
    SMALL.save(tmp_path)
    damage(tmp_path)
    with pytest.raises(ValueError, match=sentence) as raised:
        bpe.load(tmp_path)
    assert type(raised.value) is ValueError


def test_ids_in_another_order_than_the_merges_are_refused(tmp_path):
    bpe.train("abc\nabc\nabd", 258).save(tmp_path)  # ab, then abc
    vocab = json.loads((tmp_path / "vocab.json").read_text())
    vocab["ab"], vocab["abc"] = vocab["abc"], vocab["ab"]
    (tmp_path / "vocab.json").write_text(json.dumps(vocab))
    with pytest.raises(ValueError, match="not in the order of ids"):
        bpe.load(tmp_path)


def test_merges_in_another_order_than_their_ids_are_refused():
    """To transformers the order of merges.txt counts: it would take "abc" for ab and c."""
    vocab = {sign: byte for byte, sign in bpe.byte_signs().items()} | {"bc": 256, "ab": 257}
    bpe.from_merges(vocab, [("b", "c"), ("a", "b")])
    with pytest.raises(ValueError, match="The merge b c is not in the order of ids"):
        bpe.from_merges(vocab, [("a", "b"), ("b", "c")])


# --- no network -----------------------------------------------------------------------


@pytest.fixture
def offline(monkeypatch, tmp_path):
    """No socket, an empty cache folder for tiktoken, nothing kept from other tests."""

    def refuse(*args, **kwargs):
        raise OSError("this test allows no network")

    for name in ("connect", "connect_ex", "bind"):
        monkeypatch.setattr(socket.socket, name, refuse)
    for name in ("create_connection", "getaddrinfo"):
        monkeypatch.setattr(socket, name, refuse)
    monkeypatch.setenv("TIKTOKEN_CACHE_DIR", str(tmp_path))
    monkeypatch.delenv("DATA_GYM_CACHE_DIR", raising=False)
    monkeypatch.setattr(tiktoken.registry, "ENCODINGS", {})
    for cached in (bpe.gpt2_ranks, bpe.gpt2, bpe.tiktoken_gpt2):
        cached.cache_clear()
    yield tmp_path
    assert list(tmp_path.iterdir()) == []


def test_both_constructors_need_no_network(offline):
    assert bpe.gpt2().encode("Hello world") == [15496, 995]
    assert bpe.tiktoken_gpt2().encode("Hello world") == [15496, 995]
    assert bpe.tiktoken_gpt2().n_vocab == bpe.gpt2().vocab_size == 50257
    by_name = tiktoken.get_encoding
    with pytest.raises(OSError):  # so the block above is one
        by_name("gpt2")


def calls_that_download(source):
    return regex.findall(r"\b(?:get_encoding|encoding_for_model)\s*\(", source)


def sources():
    """All code of the repository: Python files and the code cells of notebooks."""
    seen = [path for path in ROOT.iterdir() if not path.name.startswith(".")]
    for path in [*seen, *(below for folder in seen for below in folder.rglob("*"))]:
        if path.suffix == ".py":
            yield path, path.read_text(encoding="utf-8")
        elif path.suffix == ".ipynb":
            cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
            code = ["".join(c["source"]) for c in cells if c["cell_type"] == "code"]
            yield path, "\n".join(code)


def test_nothing_calls_tiktokens_download():
    assert calls_that_download("tiktoken." + "get_encoding" + "('gpt2')")
    found = {path: calls_that_download(source) for path, source in sources()}
    assert ROOT / "utils" / "bpe.py" in found
    assert {path: calls for path, calls in found.items() if calls} == {}


# --- the bundled ranks ----------------------------------------------------------------


@pytest.fixture
def ranks_file(monkeypatch, tmp_path):
    path = tmp_path / "gpt2.tiktoken"
    path.write_bytes(bpe.GPT2_RANKS.read_bytes())
    monkeypatch.setattr(bpe, "GPT2_RANKS", path)
    bpe.gpt2_ranks.cache_clear()
    yield path
    bpe.gpt2_ranks.cache_clear()


def test_ranks_with_windows_line_ends(ranks_file):
    ranks_file.write_bytes(ranks_file.read_bytes().replace(b"\n", b"\r\n"))
    assert len(bpe.gpt2_ranks()) == 50256 and bpe.gpt2_ranks()[b" the"] == 262


def test_damaged_ranks_are_refused(ranks_file):
    ranks_file.write_bytes(ranks_file.read_bytes()[:-20])
    with pytest.raises(ValueError, match="damaged"):
        bpe.gpt2_ranks()


def test_missing_ranks_are_named(ranks_file):
    ranks_file.unlink()
    with pytest.raises(FileNotFoundError, match="gpt2.tiktoken is missing"):
        bpe.gpt2_ranks()


def test_split_words_keeps_every_character():
    for text in [*HARD, *random_texts(500, 2)]:
        assert "".join(bpe.split_words(text)) == text
