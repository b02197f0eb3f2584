"""The pictures in a notebook's outputs."""

import base64
from html.parser import HTMLParser

ADDRESS = "data:image/svg+xml;base64,"


# In a browser: the texts of an SVG that reach over its edge, by more than a pixel.
CUT = """svg => {
  document.body.innerHTML = svg.slice(svg.indexOf('<svg'));
  const whole = document.querySelector('svg'), edge = whole.getBoundingClientRect();
  return [...whole.querySelectorAll('text')].filter(text => {
    const { left, right, top, bottom } = text.getBoundingClientRect();
    return left < edge.left - 1 || right > edge.right + 1
      || top < edge.top - 1 || bottom > edge.bottom + 1 }).map(text => text.textContent) }"""


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
