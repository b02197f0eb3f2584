"""Small things about text: a count with its noun, diagnoses, hints and tags as HTML, pages, and
files that are written whole.
"""

import re
from functools import cache
from html import escape
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined


def plural(count: float, noun: str) -> str:
    """ "1 point", "2 points"."""
    return f"{count} {noun}" + "s" * (count != 1)


def duration(seconds: float) -> str:
    """ "1 second", "2.5 seconds"."""
    return plural(int(seconds) if seconds == int(seconds) else seconds, "second")


def as_html(text: str) -> str:
    """A diagnosis or a hint as HTML: escaped, with `code` as code and *stressed* words as such."""
    marked = r"`([^`]+)`|(?<!\w)\*(\w[^*`]*)\*(?!\w)"
    return re.sub(
        marked, lambda m: f"<code>{m[1]}</code>" if m[1] else f"<em>{m[2]}</em>", escape(text)
    )


class Html(str):
    """Text that is HTML already, so that neither `tag` nor a page escapes it again."""

    def __html__(self) -> str:
        return str(self)


def tag(name: str, *inside: str, **attributes: str) -> Html:
    """An element of HTML. What is inside is escaped unless it is `Html`; attributes always are.

    >>> tag("td", "1 < 2", style="color:red")
    '<td style="color:red">1 &lt; 2</td>'
    """
    said = "".join(f' {key.rstrip("_")}="{escape(value)}"' for key, value in attributes.items())
    body = "".join(part if isinstance(part, Html) else escape(part) for part in inside)
    return Html(f"<{name}{said}>{body}</{name}>")


KEPT = "\n\t\u200c\u200d"  # the last two part letters, or join them, where a script wants that


def cleaned(value):
    """Text without what no report can hold: control characters (a terminal obeys them, XML forbids
    them), invisible letters but the two that names in Persian and other scripts need, half letters.
    """
    if isinstance(value, str):
        text = value.encode("utf-8", "replace").decode()
        if text.isprintable():
            return text
        return "".join(c if c.isprintable() or c in KEPT else "\ufffd" for c in text)
    if isinstance(value, dict):
        return {key: cleaned(item) for key, item in value.items()}
    return [cleaned(item) for item in value] if isinstance(value, list) else value


def page(template: Path, **values) -> str:
    """A page from a Jinja2 template beside the code that fills it. What it is given is escaped; the
    filter `marked` is `as_html`. `style` is the look that all pages of the course share.
    """
    style = Html((Path(__file__).parent / "page.css").read_text(encoding="utf-8"))
    return _templates(template.parent).get_template(template.name).render(style=style, **values)


@cache  # a class has thousands of pages of one template
def _templates(folder: Path) -> Environment:
    environment = Environment(
        loader=FileSystemLoader(folder),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    environment.filters["marked"] = lambda text: Html(as_html(text))
    return environment


def write_whole(path: Path, text: str) -> None:
    """Write a file whole or not at all: a kill half-way leaves the old one. A link that lies there
    is replaced, and not followed.
    """
    part = path.with_name(path.name + ".part")
    part.unlink(missing_ok=True)
    part.write_text(text, encoding="utf-8")
    part.replace(path)
