"""A small hub on this machine: serves files the way the Hugging Face hub does.

A file is asked for under /REPO/resolve/REVISION/NAME and answered with a redirect to
another place, which gives the bytes and understands ranges. What a revision is and which
files it has stands under /api/models/REPO. It can be told to hang up in the middle of a
file, to fall silent, to be busy, and to open a repository to one token only.
"""

import hashlib
import json
import struct
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from huggingface_hub import constants


class Hub:
    """Use as `with Hub({"repo/name": {"revision": {"file": bytes}}}) as hub`."""

    def __init__(self, repos):
        self.files, self.api = {}, {}  # path -> bytes, path -> JSON
        for repo, revisions in repos.items():
            for revision, files in revisions.items():
                commit = commit_of(repo, revision)
                for name, data in files.items():
                    for asked in {revision, commit}:
                        self.files[f"/{repo}/resolve/{asked}/{name}"] = data
                listed = [listing(name, data) for name, data in files.items()]
                about = {"id": repo, "sha": commit, "siblings": []}
                self.api |= {
                    f"/api/models/{repo}/revision/{revision}": about,
                    f"/api/models/{repo}/tree/{commit}": listed,
                }
                if revision == "main":
                    self.api[f"/api/models/{repo}"] = about
        self.refusals = {}  # start of a path -> (status, X-Error-Code)
        self.tokens = {}  # repository -> the only token that may read it
        self.asked = []  # (method, path, range or None, authorization or None)
        self.cuts = []  # hang up after so many bytes, one entry for each GET of a file
        self.stall = None  # or send nothing more after so many bytes, and do not hang up

    def __enter__(self):
        hub = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_HEAD(self):
                hub._answer(self)

            do_GET = do_HEAD

            def log_message(self, *args):
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}"
        self.store = f"http://localhost:{self.server.server_port}"  # as if another host
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *error):
        self.server.shutdown()
        self.server.server_close()

    def _answer(self, request):
        sent = request.headers
        asked = request.command, request.path, sent["Range"], sent["Authorization"]
        if "/resolve/" in request.path:  # the library also asks for things of its own
            self.asked.append(asked)
        if refusal := self._refusal(request):
            request.send_response(refusal[0])
            request.send_header("X-Error-Code", refusal[1])
            request.send_header("Content-Length", "0")
            return request.end_headers()
        if request.path.startswith("/api/"):
            return self._say(request, self.api.get(request.path.split("?")[0]))
        stored = request.path.startswith("/stored/")
        data = self.files.get(request.path.removeprefix("/stored"))
        if data is None:
            request.send_response(404)
            request.send_header("X-Error-Code", "EntryNotFound")
            request.send_header("Content-Length", "0")
            return request.end_headers()
        sha256 = hashlib.sha256(data).hexdigest()
        if not stored:
            request.send_response(302)
            request.send_header("Location", f"{self.store}/stored{request.path}")
            _, owner, repo, _, revision, _ = request.path.split("/", 5)
            request.send_header("X-Repo-Commit", commit_of(f"{owner}/{repo}", revision))
            request.send_header("X-Linked-Size", str(len(data)))
            request.send_header("X-Linked-ETag", f'"{sha256}"')
            request.send_header("Content-Length", "0")
            return request.end_headers()
        start = int(sent["Range"].removeprefix("bytes=").split("-")[0] if sent["Range"] else 0)
        if start >= len(data):
            request.send_response(416)
            request.send_header("Content-Length", "0")
            return request.end_headers()
        request.send_response(206 if sent["Range"] else 200)
        request.send_header("ETag", f'"{sha256}"')
        request.send_header("Content-Length", str(len(data) - start))
        if sent["Range"]:
            place = f"bytes {start}-{len(data) - 1}/{len(data)}"
            request.send_header("Content-Range", place)
        request.end_headers()
        if request.command == "GET":
            cut = self.cuts.pop(0) if self.cuts else self.stall
            request.wfile.write(data[start:][:cut])
            request.wfile.flush()
            while self.stall:
                time.sleep(0.05)
            request.close_connection = cut is not None

    def _refusal(self, request):
        path = request.path.removeprefix("/api/models")
        for start, refusal in self.refusals.items():
            if path.startswith(start):
                return refusal
        for repo, token in self.tokens.items():
            # As the hub has it: the place with the bytes is asked without a token.
            if (
                path.startswith(f"/{repo}")
                and request.headers["Authorization"] != f"Bearer {token}"
            ):
                return 401, "RepoNotFound"

    def _say(self, request, said):
        data = json.dumps({"error": "not found"} if said is None else said).encode()
        request.send_response(404 if said is None else 200)
        if said is None:
            repo = "/".join(request.path.split("?")[0].split("/")[3:5])
            known = any(path.startswith(f"/api/models/{repo}") for path in self.api)
            request.send_header("X-Error-Code", "RevisionNotFound" if known else "RepoNotFound")
        request.send_header("Content-Type", "application/json")
        request.send_header("Content-Length", str(len(data)))
        request.end_headers()
        if request.command == "GET":
            request.wfile.write(data)


def use_endpoint(monkeypatch, url):
    """What HF_ENDPOINT does in a new process."""
    template = url + "/{repo_id}/resolve/{revision}/{filename}"
    monkeypatch.setattr(constants, "ENDPOINT", url)
    monkeypatch.setattr(constants, "HUGGINGFACE_CO_URL_TEMPLATE", template)


def commit_of(repo, revision):
    """The commit, 40 hex digits, that a revision is a name for."""
    name = f"{repo} {revision}".encode()
    return revision if len(revision) == 40 else hashlib.sha1(name).hexdigest()


def listing(name, data):
    """A file as the hub lists it; the large ones have a sha256 there, as git-lfs has it."""
    said = {"type": "file", "path": name, "size": len(data), "oid": hashlib.sha1(data).hexdigest()}
    if name.endswith(".safetensors"):
        said["lfs"] = {
            "oid": hashlib.sha256(data).hexdigest(),
            "size": len(data),
            "pointerSize": 134,
        }
    return said


def safetensors_bytes(tensors, header=None):
    """The file by hand: eight bytes of length, JSON, numbers; `header` replaces entries.

    As OpenAI's files on the hub, the header is not padded: the numbers begin anywhere.
    """
    entries, data = {}, b""
    for name, tensor in tensors.items():
        values = tensor.contiguous().numpy().tobytes()
        kind = {"torch.float32": "F32", "torch.float16": "F16", "torch.int64": "I64"}
        entries[name] = {
            "dtype": kind[str(tensor.dtype)],
            "shape": list(tensor.shape),
            "data_offsets": [len(data), len(data) + len(values)],
        }
        data += values
    text = json.dumps(entries | (header or {})).encode()
    text += b" " * (-(len(text) - 3) % 8)  # 3 bytes past a multiple of 8, as there
    return struct.pack("<Q", len(text)) + text + data
