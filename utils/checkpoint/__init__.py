"""Find, fetch, check and load GPT-2s: ours, OpenAI's, any of the hub's, or a folder.

    params, config, tokenizer = load()              # the small model in data/
    params, config, tokenizer = load("gpt2")        # OpenAI's 124M: 548 MB, fetched once
    params, config, tokenizer = load("owner/name")  # any GPT-2 on the hub

A checkpoint is a folder with config.json and model.safetensors, as the Hugging Face hub
has it. Only safetensors is read, never a pickle: unpickling runs code from the file.
What is damaged or does not fit is refused with a CheckpointError before anything is
returned. To prepare a machine without network, run on one that has it

    python -m utils.checkpoint fetch gpt2

and carry the folder it names.
"""

import errno
import functools
import json
import shutil
from pathlib import Path

from utils import bpe, command, gpt2
from utils.checkpoint import config as configs
from utils.checkpoint import files, hub, known, vocabulary, weights
from utils.checkpoint.files import DATA, SUMS, WEIGHTS, CheckpointError
from utils.checkpoint.known import OURS, tensor_facts, tensor_sha256, verify

__all__ = ["CheckpointError", "fetch", "find", "load", "published", "verify"]
__all__ += ["tensor_facts", "tensor_sha256"]


@functools.cache
def published():
    """OpenAI's four sizes: where each is, its sha256, its shape (data/gpt2_facts)."""
    return json.loads((DATA / "gpt2_facts" / "hub.json").read_text("utf-8"))["models"]


def load(source="bundled", revision=None, text=True):
    """A checkpoint, ready to run: (params, config, tokenizer).

    source: "bundled" or "sorting" (ours, in data/); "gpt2", "gpt2-medium", "gpt2-large" or
    "gpt2-xl" (OpenAI's); a folder (write "./gpt2" for a folder of that name); or
    "owner/name", a repository on the hub, at a revision: a branch, a tag or a commit.
    OpenAI's are taken from data/ or from the hub's cache, else downloaded (HF_ENDPOINT,
    HF_HUB_OFFLINE and HF_HOME are obeyed), and compared each time with what is published.

    params are float32, by the names in `gpt2.shapes`; a float32 file is mapped into
    memory, not copied. tokenizer is None where the model has none, as one whose ids are
    no text, or with text=False. GPT-2's own vocabulary is taken only for weights that are
    known to be OpenAI's.
    """
    on_hub = isinstance(source, str) and hub.REPOSITORY.fullmatch(source)
    if revision and (not on_hub or Path(source).is_dir()):
        raise CheckpointError(f"{source} has no revisions; only owner/name on the hub has.")
    if source in published():
        return _load_published(source, text)
    if source in OURS:
        folder = DATA / f"{source}_gpt2"
    elif on_hub and not Path(source).is_dir():
        folder = _from_hub(source, revision)
    else:
        folder = Path(source)
    if not folder.is_dir():
        raise CheckpointError(
            f"There is no folder {folder}; the other sources are {', '.join(OURS)},"
            f" {', '.join(published())} and, on the hub, owner/name."
        )
    sums = files.check_sums(folder)
    params, config = weights.read(folder, configs.read(folder))
    tokenizer = vocabulary.read(folder, config.vocab_size) if text else None
    if text and tokenizer is None and _is_openais(folder, params, config, sums):
        tokenizer = bpe.gpt2()
    return params, config, tokenizer


def _load_published(name, text):
    facts, folder = published()[name], find(name) or fetch(name)
    config = configs.of(facts)
    try:
        files.check_sha256(folder / WEIGHTS, facts["sha256"])
    except CheckpointError:
        if not _saved_again(folder, config):
            raise
    params, _ = weights.read(folder, config)
    return params, config, bpe.gpt2() if text else None


def _saved_again(folder, config):
    """Whether a file that is not the published one holds the published numbers all the same."""
    try:
        params, found = weights.read(folder, config)
    except CheckpointError:
        return False
    return found == config and known.are_openais(params)


def _is_openais(folder, params, config, sums):
    """Whether a folder without a tokenizer holds one of OpenAI's four, so that it needs none."""
    if config.vocab_size != gpt2.Config.vocab_size or not (folder / WEIGHTS).exists():
        return False
    hashes = {facts["sha256"] for facts in published().values()}
    sha256 = sums.get(WEIGHTS) or files.sha256(folder / WEIGHTS)
    return sha256 in hashes or known.are_openais(params)


def place(name, revision=None):
    """The folder in data/ where `load` looks for a model that `fetch` brought."""
    if name in published():
        return DATA / name
    return DATA / "hub" / (f"{name}@{revision}" if revision else name)


def find(name):
    """The folder on this machine that holds a published size, or None."""
    if (DATA / name / WEIGHTS).exists():
        return DATA / name
    facts = published()[name]
    return hub.cached((facts["repo"], name), facts["revision"])  # the short one is of old


def _from_hub(name, revision):
    """The folder of a repository: fetched before, or in the hub's cache, or downloaded now."""
    here = place(name, revision)
    if (here / SUMS).exists():  # written last
        return here
    try:
        configs.read(hub.snapshot(name, revision, hub.CONFIG))  # before gigabytes are fetched
        folder = hub.snapshot(name, revision, hub.NEEDED)
    except Exception as error:  # of the network's many, each ends in one sentence
        if getattr(error, "errno", None) == errno.ENOSPC:
            raise CheckpointError(
                f"The disk is full; make room for {name} and load it again."
            ) from error
        hub.fail(
            error,
            f"{name}, which is no folder here,",
            here,
            f"run `{command(f'utils.checkpoint fetch {name}')}` where there is network, and copy"
            f" the folder that it names to {here}",
        )
    if not list(folder.glob("*.safetensors")):
        raise CheckpointError(
            f"{name} has no {WEIGHTS} on the hub, and a pickle (pytorch_model.bin) is never"
            " fetched, since it may run code when read."
        )
    return folder


def fetch(name, folder=None, revision=None):
    """Put a model into a folder (by default in data/) that can be copied anywhere.

    name: a published size, of which only the weights are downloaded, with a progress bar,
    at the pinned revision, going on where a download was cut off; or "owner/name" on the
    hub. Returns the folder, which is complete and has its SHA256SUMS.
    """
    if name not in published() and not hub.REPOSITORY.fullmatch(name):
        raise CheckpointError(f"{name} is none of {', '.join(published())}, and not owner/name.")
    if name in published() and revision:
        raise CheckpointError(f"{name} is fetched at the revision that was published, no other.")
    folder = Path(folder or place(name, revision))
    try:
        if name in published():
            _fetch_published(name, folder)
        else:
            _fetch_repository(name, folder, revision)
    except OSError as error:
        if error.errno == errno.ENOSPC:
            size = f"{published()[name]['megabytes']} MB" if name in published() else "the model"
            raise CheckpointError(
                f"The disk of {folder} is full; make room for {size}"
                " and fetch again, which goes on where it stopped."
            ) from error
        raise CheckpointError(f"{folder} cannot be written: {error}.") from error
    return folder


def _fetch_published(name, folder):
    facts, part, found = published()[name], folder / (WEIGHTS + ".part"), find(name)
    folder.mkdir(parents=True, exist_ok=True)
    if not (folder / WEIGHTS).exists():
        if found:
            shutil.copyfile(found / WEIGHTS, part)
        else:
            _download(name, facts, part)
        if files.sha256(part) != facts["sha256"]:
            part.unlink()
            raise CheckpointError(
                f"What arrived is not the published {WEIGHTS} of {name} (its sha256"
                " differs) and was deleted; fetch it again, or from another mirror."
            )
        part.replace(folder / WEIGHTS)
    files.check_sha256(folder / WEIGHTS, facts["sha256"])
    said = configs.words(configs.of(facts))
    (folder / "config.json").write_text(json.dumps(said, indent=2) + "\n", "utf-8")
    (folder / SUMS).write_text(f"{facts['sha256']}  {WEIGHTS}\n", "utf-8")


def _download(name, facts, part):
    try:
        hub.append(facts["repo"], facts["revision"], part)
    except Exception as error:  # of the network's many, each ends in the same sentence
        hub.fail(
            error,
            name,
            DATA / name,
            'load("bundled") runs without network, and to bring the real weights run'
            f" `{command(f'utils.checkpoint fetch {name}')}` where there is network and"
            f" copy the folder that it names to {DATA / name}",
        )


def _fetch_repository(name, folder, revision):
    found = _from_hub(name, revision)
    weights.read(found, configs.read(found))  # refuses what could not be loaded later
    if folder.exists() and folder.samefile(found):
        return
    sums = []
    for path in sorted(found.iterdir()):
        if path.is_file() and path.name != SUMS:
            folder.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(path, folder / path.name)
            sums.append(f"{files.sha256(path)}  {path.name}\n")
    (folder / SUMS).write_text("".join(sums), "utf-8")
