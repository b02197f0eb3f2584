"""The pages for reading without running: every link leads somewhere, nothing is fetched, no answer
is seen by accident.
"""

import re
import subprocess
import sys
from html.parser import HTMLParser
from pathlib import Path

import pytest

from tests.widgets.page import until
from tests.widgets.pictures import ADDRESS, pictures
from utils import build, site
from utils.exercises import exercises

pytestmark = pytest.mark.filterwarnings(
    "ignore::PendingDeprecationWarning"
)  # between Sphinx and the theme
LESSONS = sorted(path.stem for path in (build.ROOT / "solutions").glob("*.ipynb"))
PAGES = ["index", "search", *LESSONS]
LOADS = {
    "script": "src",
    "link": "href",
    "img": "src",
    "iframe": "src",
    "source": "src",
    "video": "src",
    "audio": "src",
    "object": "data",
    "embed": "src",
    "image": "href",
    "use": "href",
}

# Text whose contrast with what is behind it is below 4.5 (3 where it is large), everywhere but in
# pictures; in explorers, too.
PALE = """() => {
  const linear = c => (c /= 255) <= .04045 ? c / 12.92 : ((c + .055) / 1.055) ** 2.4;
  const light = c => .2126 * linear(c[0]) + .7152 * linear(c[1]) + .0722 * linear(c[2]);
  const parse = s => {
    const [r, g, b, a = 1] = s.match(/[\\d.]+/g).map(Number);
    return s.startsWith('color(') ? [255 * r, 255 * g, 255 * b, a] : [r, g, b, a] };
  const up = e => e.parentElement ?? e.getRootNode().host;
  const over = (top, under) => [0, 1, 2].map(i => top[i] * top[3] + under[i] * (1 - top[3]));
  const once = (ask, none) => {
    const known = new Map([[undefined, none]]);
    return e => { if (!known.has(e)) known.set(e, ask(e)); return known.get(e) } };
  const behind = once(e => {
    const own = parse(getComputedStyle(e).backgroundColor);
    return own[3] === 1 ? own : over(own, behind(up(e))) }, [255, 255, 255]);
  const shown = once(e => getComputedStyle(e).opacity * shown(up(e)), 1);
  document.querySelectorAll('main details').forEach(d => d.open = true);
  document.getAnimations().forEach(a => a.finish());
  const other = 'svg, title, script, style, kbd, .search-button__kbd-shortcut, :disabled';
  const main = document.querySelector('main'), pale = [];
  const shadows = [...main.querySelectorAll('.byhand-host')].map(host => host.shadowRoot);
  const walks = [main, ...shadows].map(root =>
    document.createTreeWalker(root, NodeFilter.SHOW_TEXT));
  for (const walk of walks) for (let node; node = walk.nextNode();) {
    const e = node.parentElement, style = getComputedStyle(e), text = node.data.trim();
    if (!text || !e.checkVisibility({visibilityProperty: true}) || e.closest(other)) continue;
    if (parseFloat(style.fontSize) === 0) continue;
    const under = behind(e), colour = parse(style.color);
    const ink = over([...colour.slice(0, 3), colour[3] * shown(e)], under);
    const [dark, bright] = [light(ink), light(under)].sort((a, b) => a - b);
    const ratio = (bright + .05) / (dark + .05);
    const enough = parseFloat(style.fontSize) >= 24 ? 3 : 4.5;
    if (ratio < enough) pale.push(text.slice(0, 30) + ' ' + ratio.toFixed(2)) }
  return pale }"""


# A page that is wider than its window.
WIDE = """() => [document.documentElement].filter(e => e.scrollWidth > e.clientWidth)
  .map(e => e.scrollWidth)"""

# Pictures that are not scaled, what is wider than its box and has no visible bar to scroll it, and
# headings that are heavier than those above them.
AMISS = """() => {
  const main = document.querySelector('main article');
  const wide = [...main.querySelectorAll('img')].filter(
    i => i.clientWidth > i.parentElement.clientWidth
      || i.getBoundingClientRect().right > innerWidth);
  const cut = [...main.querySelectorAll('.highlight pre, .pst-scrollable-table-container')].filter(
    e => e.checkVisibility() && e.offsetHeight - e.clientHeight < 8 && e.scrollWidth
      > e.clientWidth + 1 + parseFloat(getComputedStyle(e).paddingRight));
  const heads = ['h1', 'h2', 'h3'].map(h => main.querySelector(h)).filter(h => h)
    .map(getComputedStyle);
  const heavy = heads.slice(1).filter((h, i) => Number(h.fontWeight) > Number(heads[i].fontWeight)
    || parseFloat(h.fontSize) >= parseFloat(heads[i].fontSize));
  return [...wide.map(i => i.alt), ...cut.map(e => e.textContent.slice(0, 40)),
    ...heavy.map(h => h.fontWeight)] }"""


class Page(HTMLParser):
    """What a page holds: ids, links, what it loads, pictures, and its text inside and outside
    folded parts.
    """

    def __init__(self, path: Path):
        super().__init__()
        self.ids, self.links, self.loads, self.nameless, self.pictures = set(), {}, [], [], 0
        self.folded, self.open, self.depth = "", "", 0
        self.feed(path.read_text(encoding="utf-8"))

    def handle_starttag(self, tag, attributes):
        said = dict(attributes)
        self.ids.add(said.get("id"))
        if tag == "a" and "href" in said:
            self.links[said["href"]] = f"{self.links.get(said['href'], '')} {said.get('class')}"
        if said.get(LOADS.get(tag)) and said.get("rel") not in (
            "next",
            "prev",
            "search",
            "index",
            "canonical",
        ):
            self.loads.append(said[LOADS[tag]])
        if tag in ("img", "svg") and not said.get("aria-hidden"):
            self.pictures += said.get("src", "").startswith(ADDRESS)
            self.nameless += (
                [] if said.get("alt") or said.get("aria-label") else [self.get_starttag_text()]
            )
        self.depth += tag == "details"
        assert not (tag == "details" and "open" in said), "an unfolded answer"

    def handle_endtag(self, tag):
        self.depth -= tag == "details"

    def handle_data(self, text):
        if self.depth:
            self.folded += text
        else:
            self.open += text


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("site")
    site.export(folder)
    return folder


@pytest.fixture(scope="module")
def pages(folder):
    assert {path.stem for path in folder.glob("*.html")} == set(PAGES)
    return {name: Page(folder / f"{name}.html") for name in PAGES}


def test_links_lead_somewhere(folder, pages):
    for name, page in pages.items():
        for link in page.links:
            if re.match(r"(https:|mailto:)", link):
                continue
            target, _, anchor = link.partition("#")
            assert not re.match(r"\w+:|/", target), f"{name}: {link}"
            assert not target or (folder / target).is_file(), f"{name}: {link}"
            home = pages[Path(target).stem] if target else page
            assert not anchor or anchor in home.ids, f"{name}: {link}"


def test_nothing_is_loaded_from_elsewhere(folder, pages):
    for name, page in pages.items():
        for load in page.loads:
            assert (
                load.startswith("data:") or (folder / load.split("?")[0].split("#")[0]).is_file()
            ), f"{name} loads {load}"
    for sheet in folder.rglob("*.css"):
        for url in re.findall(
            r"""url\(["']?([^"')]+)|@import ["']([^"']+)""", sheet.read_text(encoding="utf-8")
        ):
            url = "".join(url)
            assert (
                url.startswith(("data:", "#"))
                or (sheet.parent / url.split("?")[0].split("#")[0]).is_file()
            ), f"{sheet.name} loads {url}"


def test_the_front_page_weighs_at_most_four_megabytes(folder, pages):
    """With all that it loads, the model included."""
    loads = {load.split("?")[0] for load in pages["index"].loads} | {"_static/bundled.js"}
    files = [folder / load for load in loads if not load.startswith("data:")]
    size = sum(file.stat().st_size for file in [folder / "index.html", *files])
    assert 2_700_000 < size < 4_000_000
    assert not any("fontawesome" in file.name for file in folder.rglob("*.js"))


def test_lessons_follow_each_other(pages):
    way = ["index", *LESSONS]
    for before, after in zip(way, way[1:]):
        assert "right-next" in pages[before].links[f"{after}.html"]
        assert "left-prev" in pages[after].links[f"{before}.html"]
        assert f"{after}.html" in pages["index"].links and "index.html" in pages[after].links


@pytest.mark.parametrize("lesson", LESSONS)
def test_every_picture_is_there_and_says_what_it_shows(pages, lesson):
    cells = build.read(build.ROOT / "solutions" / f"{lesson}.ipynb").cells
    drawn = sum(len(pictures(output)) for cell in cells for output in cell.get("outputs", []))
    assert pages[lesson].pictures == drawn and not pages[lesson].nameless
    opening = (build.ROOT / "README.md").read_text(encoding="utf-8").split("\n## ", 1)[0]
    still = 1  # in the place of the model, until it runs
    assert pages["index"].pictures == len(re.findall(r"!\[", opening)) + still


@pytest.mark.parametrize("lesson", LESSONS)
def test_solutions_and_hints_are_folded(pages, lesson):
    """Line by line: what a solution has beside the stub is not on the page, but for the folded
    part.
    """
    page = pages[lesson]
    for cell in build.read(build.ROOT / "solutions" / f"{lesson}.ipynb").cells:
        if cell.metadata.get("nbgrader", {}).get("solution"):
            solution = re.search(
                r"### BEGIN SOLUTION\n(.*?)\n *### END SOLUTION", cell.source, flags=re.S
            )[1]
            assert solution in page.folded and solution not in page.open, cell["id"]
            assert site.stub(cell.source) in page.open, cell["id"]
    assert page.folded.count("Hint 1") >= len(exercises(lesson)) > page.open.count("Hint 1")
    assert "SOLUTION" not in page.open + page.folded


def test_formulas_are_formulas(folder):
    formulas = [
        f
        for lesson in LESSONS
        for f in re.findall(
            "<math.*?</math>", (folder / f"{lesson}.html").read_text(encoding="utf-8"), flags=re.S
        )
    ]
    assert len(formulas) > 50 and not any(
        "\\" in formula or "merror" in formula for formula in formulas
    )
    assert any("<mi>ln</mi><mspace" in formula for formula in formulas), "ln V without a space"


def test_faults_are_said(tmp_path):
    with pytest.raises(build.BuildError) as error:
        site.render({"index.md": "# Title\n\n[there](missing.ipynb) and $\\sqrt{$\n"}, tmp_path)
    assert "target not found: 'missing.ipynb'" in str(error.value)
    assert "formula cannot be read: \\sqrt{" in str(error.value)


def test_pages_in_a_browser(browser, folder):
    """From the disk, wide and light, then narrow and dark: no request leaves, no script fails,
    nothing is wider than the screen, all text can be read.
    """
    page = browser.new_page(reduced_motion="reduce")
    outside, errors = [], []
    page.on(
        "request",
        lambda r: None if r.url.startswith(("file:", "data:")) else outside.append(r.url),
    )
    page.on("pageerror", lambda e: errors.append(str(e)))
    page.on("console", lambda m: errors.append(m.text) if m.type == "error" else None)
    for name in PAGES:
        page.emulate_media(color_scheme="light")
        page.set_viewport_size({"width": 1280, "height": 900})
        page.goto((folder / f"{name}.html").as_uri())
        page.wait_for_function("!document.querySelector('.byhand-still')")
        for theme, width in (("light", 1280), ("dark", 390)):
            page.emulate_media(color_scheme=theme)
            page.set_viewport_size({"width": width, "height": 900})
            until(page, lambda: page.evaluate("document.documentElement.dataset.theme"), theme)
            for wrong in (WIDE, PALE, AMISS)[: 2 if name == "search" else 3]:
                asked = name, theme
                until(page, lambda a=asked, w=wrong: (a, page.evaluate(w)), (asked, []))
    assert errors == []
    page.goto(
        (folder / "search.html").as_uri() + "?q=softmax"
    )  # from the disk it shows titles, but may not read the pages
    page.get_by_role("link", name="04 · Masked self-attention").last.wait_for()
    page.close()
    assert outside == []


@pytest.mark.slow
def test_it_needs_no_authors_packages():
    """The front page is made where none of the packages of requirements-dev.txt can be imported."""
    others = "pytest hypothesis nbval nbgrader distributed transformers tokenizers playwright"
    alone = (
        f"import sys; sys.modules.update(dict.fromkeys({others.split()}));"
        "from utils import site, build;"
        "print(site.front_page(sorted((build.ROOT / 'solutions').glob('*.ipynb'))))"
    )
    done = subprocess.run(
        [sys.executable, "-c", alone], cwd=build.ROOT, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr[-2000:]
    assert "byhand-live" in done.stdout and "04_masked_self_attention.ipynb" in done.stdout


def test_the_workflow_waits_to_be_turned_on():
    text = (build.ROOT / ".github" / "workflows" / "site.yml").read_text(encoding="utf-8")
    assert "\non: workflow_dispatch\n" in text and "utils.site" in text
