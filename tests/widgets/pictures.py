"""The pictures in a notebook's outputs."""

import base64
from html.parser import HTMLParser

ADDRESS = "data:image/svg+xml;base64,"


class Pictures(HTMLParser):
    """`pictures.found`: (alt text, SVG) of each `<img>` in some HTML that holds its drawing."""

    def __init__(self, markup: str):
        super().__init__()
        self.found = []
        self.feed(markup)

    def handle_starttag(self, tag, attributes):
        said = dict(attributes)
        if tag == "img":
            assert said["src"].startswith(ADDRESS), said["src"][:60]
            svg = base64.b64decode(said["src"].removeprefix(ADDRESS)).decode()
            self.found.append((said.get("alt") or "", svg))


def pictures(output) -> list[tuple[str, str]]:
    """(alt text, SVG) of each picture in an output of a cell."""
    return Pictures(output.get("data", {}).get("text/html", "")).found
