"""A folder's tokenizer, if it is byte-level BPE: GPT-2's way to turn text into ids.

transformers 4 wrote vocab.json and merges.txt (and added_tokens.json); transformers 5
writes all of it into tokenizer.json, the format of the library tokenizers. Both are read
here as data. What is written in another way is refused by its name.
"""

import json

import regex

from utils import bpe
from utils.checkpoint.files import CheckpointError, read_json

# Files that say how text becomes ids in a way that is not GPT-2's.
OTHERS = {
    "vocab.txt": "WordPiece",
    "spiece.model": "SentencePiece",
    "sentencepiece.bpe.model": "SentencePiece",
    "tokenizer.model": "SentencePiece",
}


def read(folder, rows):
    """The Tokenizer of a folder, for a model with so many rows; None if it has no files.

    Ids to which no token belongs decode to nothing. A special token for which the model
    has no row (often a padding token that was added later) is left out.
    """
    try:
        if (folder / "tokenizer.json").exists():
            tokenizer = tokenizer_json(read_json(folder / "tokenizer.json"))
        elif (folder / "vocab.json").exists() or (folder / "merges.txt").exists():
            tokenizer = bpe.load(folder, *_added_tokens(folder))
        elif other := [name for name in OTHERS if (folder / name).exists()]:
            raise ValueError(f"{other[0]} is of the kind {OTHERS[other[0]]}, not byte-level BPE.")
        else:
            return None
        return _fit(tokenizer, rows)
    except (OSError, ValueError, TypeError, AttributeError, KeyError) as error:
        why = f"it lacks {error}" if type(error) is KeyError else str(error).rstrip(".")
        raise CheckpointError(
            f"{folder} has a tokenizer that is not read here: {why};"
            " load(…, text=False) gives its model without a tokenizer."
        ) from error


def tokenizer_json(said):
    """A Tokenizer from what tokenizer.json says, a dict; ValueError for another kind.

    What transformers puts around a text (post_processor) is left out: `encode` gives the
    ids of the text alone. A special token is one where `encode` is told to allow it;
    an added token that is not special is one everywhere.
    """
    model = said.get("model") or {}
    # The file beside OpenAI's weights is so old that it names no type.
    oldest = "BPE" if "merges" in model else "none that the library tokenizers knows"
    kind = model.get("type", oldest)
    if kind != "BPE":
        raise ValueError(f"tokenizer.json is of the kind {kind}, not byte-level BPE.")
    for name in ("continuing_subword_prefix", "end_of_word_suffix", "dropout", "ignore_merges"):
        if model.get(name):
            raise ValueError(f"tokenizer.json is BPE with {name} = {model[name]!r}.")
    if normalizer := said.get("normalizer"):
        raise ValueError(f"tokenizer.json changes the text first ({normalizer.get('type')}).")
    if (said.get("decoder") or {}).get("type") != "ByteLevel":
        raise ValueError("tokenizer.json is BPE on characters, not on bytes.")
    added = said.get("added_tokens") or []
    for token in added:
        if wrong := [n for n in ("lstrip", "rstrip", "single_word") if token.get(n)]:
            raise ValueError(f"tokenizer.json has {token.get('content')!r} with {wrong[0]}.")
    pairs = [p.split(" ") if isinstance(p, str) else p for p in model.get("merges") or []]
    return bpe.from_merges(
        model.get("vocab"),
        pairs,
        added={token["content"]: token["id"] for token in added},
        always=[token["content"] for token in added if not token.get("special")],
        pattern=_pattern(said.get("pre_tokenizer") or {}),
    )


def _pattern(pre):
    """The regular expression that cuts words: GPT-2's, or the one that is written there."""
    steps = pre.get("pretokenizers") if pre.get("type") == "Sequence" else [pre]
    *cuts, last = steps or [{}]
    if last.get("type") == "ByteLevel" and not last.get("add_prefix_space", True):
        if not cuts and last.get("use_regex", True):
            return bpe.GPT2_PATTERN
        if len(cuts) == 1 and not last.get("use_regex", True) and cuts[0].get("type") == "Split":
            pattern = (cuts[0].get("pattern") or {}).get("Regex")
            if cuts[0].get("behavior") == "Isolated" and not cuts[0].get("invert") and pattern:
                try:
                    regex.compile(pattern)
                except regex.error as error:
                    raise ValueError(f"tokenizer.json cuts words by {pattern!r}: {error}") from None
                return pattern
    raise ValueError(f"tokenizer.json cuts text in another way than GPT-2: {json.dumps(pre)}.")


def _added_tokens(folder):
    """added_tokens.json beside vocab.json: ({name: id}, the names that are always tokens)."""
    path = folder / "added_tokens.json"
    added = read_json(path) if path.exists() else {}
    return added, [name for name in added if not bpe.SPECIAL_NAME.fullmatch(name)]


def _fit(tokenizer, rows):
    special = {
        name: token
        for name, token in tokenizer.special.items()
        if token < rows or name in tokenizer.always
    }
    if max([*tokenizer.ranks.values(), *special.values()]) >= rows:
        raise ValueError(f"it has {tokenizer.vocab_size} tokens and the model {rows}.")
    return bpe.Tokenizer(tokenizer.ranks, special, tokenizer.pattern, tokenizer.always, rows)
