"""The tokenizer beside a model: what transformers writes is read, other kinds refused by name."""

import json
import random
import shutil

import pytest
import tokenizers
import transformers

from tests.core.checkpoints import TINY, refused, write_folder
from utils import bpe, checkpoint, gpt2
from utils.checkpoint import vocabulary

END = "<|endoftext|>"
GERMAN = bpe.train(
    "Der Hund und die Katze, und nicht der Hund und nicht die Katze: das ist die Frage. " * 5,
    300,
    special=[END],
)
CONFIG = gpt2.Config(GERMAN.vocab_size + 4, 16, 4, 1, 2, eos_token_id=GERMAN.special[END])


@pytest.fixture(scope="module")
def theirs(tmp_path_factory):
    """transformers' tokenizer of the German vocabulary, with a token added and a padding."""
    folder = tmp_path_factory.mktemp("german")
    GERMAN.save(folder)
    tokenizer = transformers.GPT2Tokenizer.from_pretrained(folder)
    tokenizer.add_tokens(["Zeitgeist"])
    tokenizer.add_special_tokens({"pad_token": "[PAD]"})
    return tokenizer


def transformers_5(theirs, folder):
    theirs.save_pretrained(folder)
    assert not (folder / "vocab.json").exists()  # tokenizer.json alone


def transformers_4_slow(theirs, folder):
    """vocab.json and merges.txt, and in a third file what was added, as 4.30.2 writes it."""
    GERMAN.save(folder)
    added = {name: theirs.convert_tokens_to_ids(name) for name in ("[PAD]", "Zeitgeist")}
    (folder / "added_tokens.json").write_text(json.dumps(added, indent=2))
    (folder / "special_tokens_map.json").write_text(json.dumps({"eos_token": END}))


def transformers_4_fast(theirs, folder):
    """All of it twice; a merge in tokenizer.json was one string then."""
    transformers_4_slow(theirs, folder)
    theirs.save_pretrained(folder)
    said = json.loads((folder / "tokenizer.json").read_text("utf-8"))
    said["model"]["merges"] = [" ".join(pair) for pair in said["model"]["merges"]]
    (folder / "tokenizer.json").write_text(json.dumps(said))


def oldest(theirs, folder):
    """As it lies beside OpenAI's weights on the hub: what is younger is not said."""
    transformers_4_fast(theirs, folder)
    said = json.loads((folder / "tokenizer.json").read_text("utf-8"))
    for name in ("type", "byte_fallback", "ignore_merges"):
        del said["model"][name]
    del said["pre_tokenizer"]["use_regex"]
    (folder / "tokenizer.json").write_text(json.dumps(said))
    tokenizers.Tokenizer.from_file(str(folder / "tokenizer.json"))  # theirs still reads it, too


WRITERS = [transformers_5, transformers_4_slow, transformers_4_fast, oldest]


def drawn(count, seed=0):
    draw = random.Random(seed)
    parts = ["und", " nicht", "Katze", "ä", " ", "\n", "'s", "42", "🤖", "Zeitgeist", "Ze", ", die"]
    return ["".join(draw.choices(parts, k=draw.randint(0, 9))) for _ in range(count)]


@pytest.mark.parametrize("write", WRITERS)
def test_reads_what_transformers_wrote(write, theirs, tmp_path):
    write(theirs, tmp_path)
    write_folder(tmp_path, CONFIG, gpt2.init(CONFIG))
    _, config, ours = checkpoint.load(tmp_path)
    assert ours.encode("und nicht") == GERMAN.encode("und nicht") != bpe.gpt2().encode("und nicht")
    for text in drawn(500):
        ids = theirs(text)["input_ids"]
        assert ours.encode(text) == ids
        assert ours.decode(ids) == text
    ids = theirs(f"a{END}b[PAD]Zeitgeist")["input_ids"]
    assert ours.encode(f"a{END}b[PAD]Zeitgeist", allowed_special="all") == ids
    assert not set(ours.encode(f"{END}[PAD]")) & set(ours.special.values())
    # The model has rows that no token belongs to: transformers, too, decodes them to nothing.
    last = config.vocab_size - 1
    assert ours.vocab_size == config.vocab_size > len(theirs)
    assert ours.decode([97, last, 98]) == theirs.decode([97, last, 98]) == "ab"


@pytest.mark.slow
def test_gpt2s_own_vocabulary_comes_back_from_tokenizer_json(tmp_path):
    bpe.gpt2().save(tmp_path)
    theirs = transformers.GPT2Tokenizer.from_pretrained(tmp_path)
    shutil.rmtree(tmp_path)
    theirs.save_pretrained(tmp_path)
    ours = vocabulary.read(tmp_path, 50257)
    assert ours.tokens == bpe.gpt2().tokens and ours.special == bpe.gpt2().special


def test_a_pattern_that_is_written_there_is_used(theirs, tmp_path):
    """As the models that came after GPT-2 have it: digits by threes, signs with their lines."""
    pattern = r"(?i:'s|'t)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s+"
    step = tokenizers.pre_tokenizers
    other = tokenizers.Tokenizer.from_str(theirs.backend_tokenizer.to_str())
    cut = step.Split(tokenizers.Regex(pattern), "isolated")
    other.pre_tokenizer = step.Sequence(
        [cut, step.ByteLevel(add_prefix_space=False, use_regex=False)]
    )
    other.save(str(tmp_path / "tokenizer.json"))
    ours = vocabulary.read(tmp_path, CONFIG.vocab_size)
    assert ours.pattern == pattern
    for text in [*drawn(300), "12345 'S,\n\n", " \n x"]:
        assert ours.encode(text) == other.encode(text).ids


def test_a_padding_token_for_which_the_model_has_no_row_is_left_out(theirs, tmp_path):
    theirs.save_pretrained(tmp_path)
    ours = vocabulary.read(tmp_path, len(theirs) - 1)  # [PAD] is the last
    assert "[PAD]" not in ours.special and ours.vocab_size == len(theirs) - 1
    assert ours.encode("[PAD]") == GERMAN.encode("[PAD]")
    path = tmp_path / "tokenizer.json"
    said = json.loads(path.read_text("utf-8"))
    next(token for token in said["added_tokens"] if token["content"] == "[PAD]")["special"] = False
    path.write_text(json.dumps(said), "utf-8")
    with pytest.raises(checkpoint.CheckpointError, match="tokens and the model"):
        vocabulary.read(tmp_path, len(theirs) - 1)  # it would stand for ordinary text
    less = gpt2.Config(280, 16, 4, 1, 2)
    refused(write_folder(tmp_path, less, gpt2.init(less)), "tokens and the model 280")


# --- other kinds ------------------------------------------------------------------------


def saved(model, **parts):
    other = tokenizers.Tokenizer(model)
    for name, part in parts.items():
        setattr(other, name, part)
    return json.loads(other.to_str())


MODELS, STEPS = tokenizers.models, tokenizers.pre_tokenizers
KINDS = {
    "WordLevel": saved(MODELS.WordLevel({"C4": 0, "E4": 1, "[UNK]": 2}, unk_token="[UNK]")),
    "WordPiece": saved(MODELS.WordPiece({"[UNK]": 0, "un": 1}, unk_token="[UNK]")),
    "Unigram": saved(MODELS.Unigram([("<unk>", 0.0), ("a", -1.0)], 0)),
    "none that the library tokenizers knows": {"config": {}, "_vocab_base": {"Pitch_60": 0}},
}


@pytest.mark.parametrize("kind", KINDS)
def test_other_kinds_are_refused_by_name(kind, tmp_path):
    write_folder(tmp_path, TINY, gpt2.init(TINY))
    (tmp_path / "tokenizer.json").write_text(json.dumps(KINDS[kind]))
    bpe.gpt2().save(tmp_path)  # no reason to take these: transformers would not
    refused(tmp_path, f"tokenizer.json is of the kind {kind}, not byte-level BPE; load")
    assert checkpoint.load(tmp_path, text=False)[2] is None


def altered(said, change):
    said = json.loads(json.dumps(said))
    change(said)
    return said


@pytest.mark.parametrize(
    "change, sentence",
    [
        (lambda s: s.update(normalizer={"type": "NFC"}), r"changes the text first \(NFC\)"),
        (lambda s: s["pre_tokenizer"].update(add_prefix_space=True), "cuts text in another way"),
        (lambda s: s["pre_tokenizer"].update(use_regex=False), "cuts text in another way"),
        (lambda s: s.update(pre_tokenizer={"type": "Metaspace"}), "another way .*Metaspace"),
        (lambda s: s.update(pre_tokenizer=None), "cuts text in another way than GPT-2"),
        (lambda s: s.update(decoder={"type": "BPEDecoder"}), "on characters, not on bytes"),
        (lambda s: s["model"].update(dropout=0.1), "BPE with dropout = 0.1"),
        (lambda s: s["model"].update(ignore_merges=True), "BPE with ignore_merges = True"),
        (lambda s: s["model"].update(end_of_word_suffix="</w>"), "end_of_word_suffix = '</w>'"),
        (lambda s: s["model"].update(vocab=[["a", -1.0]]), "must be a dict"),
        (lambda s: s["model"].update(vocab={"a": 0}), "The vocabulary has no"),
        (lambda s: s["model"]["merges"].append(["q", "q"]), "has no 'qq'"),
        (lambda s: s["model"]["merges"].append(["q"]), "each merge two words"),
        (lambda s: s["model"]["merges"].reverse(), "is not in the order of ids"),
        (lambda s: s["model"]["vocab"].update(word=301), "'word' is no byte and no merge"),
        (lambda s: s["model"].update(merges=5), "'int' object"),
        (lambda s: s.update(model=[]), "of the kind none|'list' object"),
        (lambda s: s["model"].update(continuing_subword_prefix="##"), "subword_prefix = '##'"),
        (lambda s: s["added_tokens"][0].update(lstrip=True), "with lstrip"),
        (lambda s: s["added_tokens"][0].update(rstrip=True), "with rstrip"),
        (lambda s: s["added_tokens"][0].update(single_word=True), "with single_word"),
        (lambda s: s["added_tokens"][0].update(id=5), f"has two ids, {CONFIG.eos_token_id} and 5"),
        (lambda s: s["added_tokens"][0].pop("id"), "lacks 'id'"),
        (lambda s: s["added_tokens"][1].update(id="7"), "not supported between|no gap"),
    ],
)
def test_what_is_not_gpt2s_way_is_refused_with_a_sentence(change, sentence, theirs, tmp_path):
    said = altered(json.loads(theirs.backend_tokenizer.to_str()), change)
    write_folder(tmp_path, CONFIG, gpt2.init(CONFIG))
    (tmp_path / "tokenizer.json").write_text(json.dumps(said))
    refused(tmp_path, sentence)


@pytest.mark.parametrize(
    "name, sentence",
    [
        ("vocab.txt", "vocab.txt is of the kind WordPiece"),
        ("spiece.model", "spiece.model is of the kind SentencePiece"),
        ("vocab.json", "There is no merges.txt"),
        ("merges.txt", "There is no vocab.json"),
        ("tokenizer.json", "tokenizer.json is missing or not JSON"),
    ],
)
def test_a_file_alone_says_which_it_is(name, sentence, tmp_path):
    write_folder(tmp_path, TINY, gpt2.init(TINY))
    (tmp_path / name).write_text("the\n##re\n")
    refused(tmp_path, sentence)
    assert checkpoint.load(tmp_path, text=False)[2] is None


def test_no_tokenizer_is_none_and_never_gpt2s(tmp_path):
    """As many tokens as GPT-2 has, and other weights: the ids may be anything."""
    write_folder(tmp_path, TINY, gpt2.init(TINY))
    assert checkpoint.load(tmp_path)[2] is None
