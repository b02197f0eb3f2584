"""Sphinx's settings for the course's pages: nothing executed, nothing fetched."""

import re
from pathlib import Path

from latex2mathml.converter import convert
from sphinx.util import logging

project = html_title = "GPT-2 by Hand"
extensions = ["myst_nb"]
suppress_warnings = [
    "app.add_node",
    "app.add_directive",
    "app.add_role",
]  # a second site in one process, as in tests, registers them again
nb_execution_mode = "off"
myst_enable_extensions = ["dollarmath"]
html_theme = "sphinx_book_theme"
html_theme_options = {
    "use_download_button": False,
    "use_fullscreen_button": False,
    "show_toc_level": 2,
    "navbar_persistent": [],
    "footer_content_items": ["extra-footer.html"],
    "extra_footer": "Text and figures: CC BY 4.0. Code: MIT. "
    'After <a href="https://jalammar.github.io/illustrated-gpt2/">The Illustrated GPT-2</a> '
    "by Jay Alammar.",
}
html_context = {"default_mode": "auto"}
html_static_path = ["static"]
html_css_files = ["course.css"]
html_js_files = [("explorers.js", {"defer": "defer"})]
html_copy_source = False
html_use_index = False
html_show_copyright = False
html_show_sphinx = False
html_math_renderer = "mathml"


def setup(app):
    """Formulas become MathML, which browsers draw themselves: no script, no fonts, read aloud as
    formulas.
    """

    def writer(display):
        def visit(page, node):
            spaced = re.sub(
                r"\\(ln|cos|min) (?=[\w\\])", r"\\\1\\,", node.astext()
            )  # else "ln V" becomes "lnV"
            try:
                page.body.append(convert(spaced, display=display))
            except Exception:  # latex2mathml raises many kinds
                logging.getLogger(__name__).warning(
                    "this formula cannot be read: %s", node.astext(), location=node
                )
            node.clear()  # else the formula's source is written too

        return visit, None

    app.add_html_math_renderer("mathml", writer("inline"), writer("block"))
    app.connect("build-finished", without_icon_script)


def without_icon_script(app, _):
    """The theme's icons are in its font, too: the script that draws them once more is a third of
    what a page would load.
    """
    for path in Path(app.outdir).glob("*.html"):
        text = path.read_text(encoding="utf-8")
        text = re.sub(r"\s*<script[^>]*/fontawesome\.js[^>]*></script>", "", text)
        path.write_text(text, encoding="utf-8")
    (Path(app.outdir) / "_static" / "scripts" / "fontawesome.js").unlink(missing_ok=True)
