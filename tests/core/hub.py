"""A small hub on this machine: serves files the way the Hugging Face hub does.

A file is asked for under /REPO/resolve/REVISION/NAME and answered with a redirect to
another place, which gives the bytes and understands ranges. It can be told to hang up in
the middle of a file, or to fall silent.
"""

import hashlib
import json
import struct
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


class Hub:
    """Use as `with Hub({"repo/name": {"revision": {"file": bytes}}}) as hub`."""

    def __init__(self, repos):
        self.files = {
            f"/{repo}/resolve/{revision}/{name}": data
            for repo, revisions in repos.items()
            for revision, files in revisions.items()
            for name, data in files.items()
        }
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
            request.send_header("X-Repo-Commit", request.path.split("/")[4])
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
