"""On the site explorers live without a kernel: what gpt2.js shows is what Python's side says."""

import json

import nbformat
import pytest
import torch

from tests.widgets.page import until
from utils import bpe, checkpoint, sampling, site
from utils.exercises import exercises
from utils.site import live
from utils.trace import trace
from utils.widgets import LIVE, attention, cache, keyboard, tokenizer
from utils.widgets import sampling as playground
from utils.widgets.flow import FlowExplorer

pytestmark = pytest.mark.filterwarnings(
    "ignore::PendingDeprecationWarning"
)  # between Sphinx and the theme
TEXT = "Aunt Mira lived near the hills. There was a fan in the house. But the"
OTHER = "A robot must obey the orders, <b>except"


@pytest.fixture(scope="module")
def model():
    return checkpoint.load("bundled")


@pytest.fixture(scope="module")
def read(model):
    params, config, words = model

    def read(text):
        ids = sampling.start_of(config, words, text)
        seen = trace(params, config, ids)
        named = [words.decode([i]).strip() or "␣" for i in ids]
        return named, torch.stack([seen[f"h.{i}.attention"] for i in range(config.n_layer)])

    return read


@pytest.fixture(scope="module")
def views(model, read):
    ids = model[2].encode(" robot must obey orders")[:4]
    both = [
        attention.AttentionExplorer.of_text(read, text, 2, 1) for text in (TEXT, TEXT + " compass")
    ]
    return {
        "sampling": playground.SamplingPlayground(*model, TEXT, temperature=0.8, top_p=0.9),
        "keyboard": keyboard.NextTokenKeyboard(*model, TEXT),
        "tokenizer": tokenizer.TokenizerView(
            TEXT, {"bytes": bpe.train("", 256), "own": model[2], "GPT-2's": bpe.gpt2()}
        ),
        "fixed": attention.AttentionExplorer(*read(TEXT), layer=1, head=3, word=4),
        "compared": attention.Comparison(*both),
        "cache": cache.CacheExplorer(*model[:2], ids, [model[2].decode([i]) for i in ids]),
        "flow": FlowExplorer(*model, TEXT, step="h.3.attention", head=2),
    }


@pytest.fixture(scope="module")
def page(browser, views, tmp_path_factory):
    """One page from the disk with every explorer, each in a box of its name."""
    folder = tmp_path_factory.mktemp("live")
    live.write(folder)
    boxes = "".join(
        f'<div id="{name}">{live.box(view.bundles()[0])}</div>' for name, view in views.items()
    )
    html = f'<!doctype html><meta charset="utf-8"><script src="explorers.js" defer></script>{boxes}'
    (folder / "page.html").write_text(html, encoding="utf-8")
    page, errors, outside = browser.new_page(), [], []
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.on("request", lambda r: outside.append(r.url) if r.url.startswith("http") else None)
    page.goto((folder / "page.html").as_uri())
    page.wait_for_function(f"document.querySelectorAll('.byhand-host').length === {len(views) + 1}")
    yield page
    page.close()
    assert errors == [] and outside == []


def test_the_playground(page, views):
    view, here = views["sampling"], page.locator("#sampling")

    def bars():
        shown = here.locator(".playview-bar").evaluate_all(
            "bars => bars.map((bar) => parseFloat(bar.style.width))"
        )
        wanted = [100 * now for _, _, now, _ in view.rows]
        return shown == pytest.approx(wanted, abs=0.05)

    def follows():
        until(page, bars, True)
        assert here.locator(".byhand-said").inner_text() == view.said
        names = here.locator(".playview-row code").all_inner_texts()
        assert names == [text for text, *_ in view.rows]

    follows()
    samples = here.locator(".playview-samples li")
    assert samples.count() == 10
    before = samples.all_inner_texts()
    here.get_by_role("button", name="ten other samples").click()
    until(page, lambda: samples.all_inner_texts() != before, True)
    view.top_p, view.temperature = 1.0, 1.5
    here.get_by_label("top-p").fill("1")
    here.get_by_label("temperature").fill("1.5")
    follows()
    view.text = OTHER
    here.get_by_role("textbox").fill(OTHER)
    follows()
    view.text = "robot " * 300
    here.get_by_role("textbox").fill(view.text)
    until(page, lambda: here.locator(".byhand-said").inner_text(), view.said)
    assert "shorten it" in view.said


def test_the_keyboard(page, views):
    view, here = views["keyboard"], page.locator("#keyboard")

    def follows():
        shares = [share for _, share in view.offers]
        until(page, lambda: here.locator(".keyview-keys small").all_inner_texts(), shares)
        names = here.locator(".keyview-keys code").all_inner_texts()
        assert names == [text for text, _ in view.offers]
        assert here.locator(".keyview-sofar").inner_text() == view.sofar
        assert here.get_by_role("textbox").input_value() == view.text

    follows()
    for i in (0, 2):
        view.press(i)
        here.locator(".keyview-keys button").nth(i).click()
        follows()
    view.undo()
    here.get_by_role("button", name="take the last token back").click()
    follows()
    view.text = OTHER
    here.get_by_role("textbox").fill(OTHER)
    follows()


@pytest.mark.parametrize("text", [TEXT, "🤖 héllo\t漢字\n\x00 \u00ad<b>", "a" * 900, ""])
def test_the_tokenizer(page, views, text):
    view, here = views["tokenizer"], page.locator("#tokenizer")
    view.text = text
    here.get_by_role("textbox").fill(text)
    text = here.get_by_role("textbox").input_value()  # a text area knows no zero bytes
    view.text = text
    for row in view.rows:
        section = here.get_by_role("region", name=row["name"])
        until(page, lambda s=section, r=row: r["summary"] in s.inner_text(), True)
        found = section.locator("button").evaluate_all(
            "all => all.map((button) => [button.querySelector('code').textContent, "
            "button.querySelector('small').textContent, button.getAttribute('aria-label')])"
        )
        assert found == [list(token) for token in row["tokens"]]


def shares(part):
    shown = part.locator(".attview-words button").evaluate_all(
        "all => all.map(b => parseFloat(b.style.getPropertyValue('--share')))"
    )
    return torch.tensor(shown) / 100


def test_attention(page, read):
    fixed, compared = page.locator("#fixed"), page.locator("#compared")
    seen = read(TEXT)[1]
    torch.testing.assert_close(shares(fixed)[:5], seen[1, 3, 4, :5], atol=0.005, rtol=0)
    fixed.locator(".attview-words button").nth(7).click()
    torch.testing.assert_close(shares(fixed)[:8], seen[1, 3, 7, :8], atol=0.005, rtol=0)
    assert not fixed.get_by_role("textbox").first.is_visible()
    first, second = compared.locator(".attview").all()
    first.get_by_label("head", exact=True).select_option("0")
    until(page, lambda: second.get_by_label("head", exact=True).input_value(), "0")
    second.get_by_role("textbox").fill(OTHER)
    words, wanted = read(OTHER)
    until(page, lambda: second.locator(".attview-words button").count(), len(words))
    torch.testing.assert_close(shares(second), wanted[2, 0, -1], atol=0.005, rtol=0)
    assert second.locator("b").filter(has_text="except").count() == 0


def test_the_cache(page, views):
    view, here = views["cache"], page.locator("#cache")
    here.get_by_label("head", exact=True).select_option("2")
    for _ in range(3):
        here.get_by_role("button", name="next").click()
    view.step, view.head = 3, 2
    rows = here.locator(".cacheview-sheet tr")
    found = [rows.nth(s + 1).locator("td").nth(2).inner_text().strip() for s in range(4)]
    assert found == [f"{w:.2f}" for w in view._parts[0][4][2, 3].tolist()]
    assert f"{view.counts()['multiplications']:,}" in here.locator("table").last.inner_text()


def test_the_whole_model_with_links_into_the_lessons(page, model):
    here = page.locator("#flow")
    params, config, words = model
    logits = trace(params, config, sampling.start_of(config, words, TEXT))["logits"][-1]
    best = words.decode([logits.argmax().item()]).strip()
    assert here.locator(".bar-row button").first.inner_text() == best
    here.locator(".row[data-step='h.3.scores']").click()
    link = here.get_by_role("link", name="attention_scores").get_attribute("href")
    assert link == "04_masked_self_attention.html#exercise-attention-scores"
    assert "attention_scores" in {e.name for e in exercises("04_masked_self_attention")}
    assert here.get_by_text("view.use(").count() == 0, "there is no kernel"


def test_the_address_opens_a_step(page):
    page.evaluate("location.hash = 'step=h.1.hidden&token=3&head=1&text=A robot must obey'")
    page.reload()
    page.wait_for_function("document.querySelectorAll('.byhand-host').length > 6")
    here = page.locator("#flow")
    until(page, lambda: here.locator("h3").first.inner_text(), "block 1: GELU")
    assert here.get_by_label("The text").input_value() == "A robot must obey"
    page.evaluate("location.hash = 'step=nowhere&token=x&head=77'")
    page.reload()
    page.wait_for_function("document.querySelectorAll('.byhand-host').length > 6")
    until(page, lambda: here.locator("h3").first.inner_text(), "block 0: shares")


def test_another_model_keeps_its_picture(model):
    params, config, words = model
    changed = params | {"ln_f.bias": params["ln_f.bias"] + 1}
    bundle = playground.SamplingPlayground(changed, config, words, TEXT).bundles()[0]
    assert LIVE not in bundle and live.box(bundle) == bundle["text/html"]
    bundle = playground.SamplingPlayground(params, config, words, '"<b>').bundles()[0]
    assert json.loads(json.dumps(bundle[LIVE]))["states"][0]["text"] == '"<b>'
    assert '"<b>' not in live.box(bundle).split(">", 1)[0]


def test_a_lessons_explorer_is_on_its_page(browser, views, tmp_path):
    """From an executed notebook through Sphinx to a page that is opened from the disk."""
    bundle, _ = views["keyboard"].bundles()
    output = nbformat.v4.new_output("display_data", bundle)
    cell = nbformat.v4.new_code_cell("NextTokenKeyboard(*model, text)", outputs=[output])
    title = nbformat.v4.new_markdown_cell("# Keys")
    notebook = site.page(nbformat.v4.new_notebook(cells=[title, cell]))
    index = "# Front\n\n```{toctree}\nkeys\n```\n"
    site.render({"index.md": index, "keys.ipynb": nbformat.writes(notebook)}, tmp_path / "site")
    page = browser.new_page()
    page.goto((tmp_path / "site" / "keys.html").as_uri())
    keys = page.locator(".keyview-keys button")
    keys.nth(9).wait_for()
    assert page.locator(".byhand-still").count() == 0
    page.close()
