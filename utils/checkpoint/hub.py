"""The Hugging Face hub: one file that goes on where it stopped, or a repository's files.

HF_ENDPOINT, HF_HUB_OFFLINE, HF_HOME and HF_TOKEN are obeyed, since the hub's own library
does the work. It is imported where it is needed: it is slow to import, and often not.
"""

import errno
import re
import shutil
from pathlib import Path

from utils.checkpoint import files, vocabulary
from utils.checkpoint.files import CheckpointError

REPOSITORY = re.compile(r"\w[\w.-]*/\w[\w.-]*")  # owner/name, and not ./name
BUSY = (429, 500, 502, 503, 504)

# All that is ever fetched of a repository: no pickle, no code.
CONFIG = ["config.json"]
NEEDED = [*CONFIG, "tokenizer.json", "vocab.json", "merges.txt", "added_tokens.json"]
NEEDED += [files.WEIGHTS, files.INDEX, "model-*-of-*.safetensors", *vocabulary.OTHERS]


def cached(repos, revision):
    """The folder in the hub's cache that holds the weights of one of these, or None."""
    from huggingface_hub import try_to_load_from_cache

    for repo in repos:
        path = try_to_load_from_cache(repo, files.WEIGHTS, revision=revision)
        if isinstance(path, str):
            return Path(path).parent
    return None


def append(repo, revision, part):
    """Append to the file `part` what it lacks of a repository's weights.

    With the hub's `http_get`, since `hf_hub_download` starts anew in a new process. No
    token is sent: the files are public, and HF_ENDPOINT may be anybody's mirror.
    """
    from huggingface_hub import get_hf_file_metadata, hf_hub_url
    from huggingface_hub.file_download import http_get
    from huggingface_hub.utils import build_hf_headers

    url = hf_hub_url(repo, files.WEIGHTS, revision=revision)
    size = get_hf_file_metadata(url, token=False).size
    if size and part.exists() and part.stat().st_size > size:
        part.unlink()  # of something else
    with part.open("ab") as file:
        if size and shutil.disk_usage(part.parent).free < size - file.tell():
            raise OSError(errno.ENOSPC, "No space left on device")
        http_get(
            url,
            file,
            resume_size=file.tell(),
            headers=build_hf_headers(token=False),
            expected_size=size,
        )


def snapshot(repo, revision, patterns):
    """The folder in the hub's cache with a repository's files, downloaded where they lack.

    Private repositories open to the token that the library finds (HF_TOKEN, or what
    `hf auth login` kept). The weights' sha256 is compared with the one that the hub gave.
    """
    from huggingface_hub import snapshot_download

    folder = Path(snapshot_download(repo, revision=revision, allow_patterns=patterns))
    for path in folder.glob("*.safetensors"):
        # In the cache a large file has its sha256 for a name, and the folder a link to it.
        if re.fullmatch("[0-9a-f]{64}", name := path.resolve().name):
            files.check_sha256(path.resolve(), name)
    return folder


def reason(error):
    """(what went wrong on the hub, what to do), as two parts of a sentence."""
    from huggingface_hub import errors

    chain = [error]
    while chain[-1].__cause__:
        chain.append(chain[-1].__cause__)
    status = next((e.response.status_code for e in chain if getattr(e, "response", None)), None)
    said = (
        f"{type(error).__name__}: {(str(error).strip() or 'no word').splitlines()[0].rstrip('.')}"
    )
    if status in BUSY:
        return f"it answers {status}, too busy", "try again later"
    if isinstance(error, errors.GatedRepoError):
        return said, "accept its authors' terms on its page, and give your token (HF_TOKEN)"
    if isinstance(error, errors.RevisionNotFoundError):
        return said, "look on its page which revisions there are"
    if isinstance(error, errors.RepositoryNotFoundError) or status in (401, 403):
        return said, (
            "look at the spelling, or, if it is private, give a token that may read it (HF_TOKEN,"
            " or `hf auth login`)"
        )
    return said, None


def fail(error, name, here, otherwise):
    """Raise the CheckpointError for what the hub's library raised.

    here: where the model was looked for on this machine; otherwise: what to do where no
    better advice is known.
    """
    from huggingface_hub import constants

    if isinstance(error, CheckpointError) or getattr(error, "errno", None) == errno.ENOSPC:
        raise error
    said, advice = reason(error)
    raise CheckpointError(
        f"{name} is neither in {here} nor in the hub's cache ({constants.HF_HUB_CACHE}), and"
        f" {constants.ENDPOINT} did not give it ({said}); {advice or otherwise}."
    ) from error
