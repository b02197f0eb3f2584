"""The course as a learner meets it: a real JupyterLab in a real Chromium."""

import re
import sys

import nbformat
import pytest
import torch

from tests.widgets.lab import running_lab
from tests.widgets.page import ASTRAY, LOOK, until
from tests.widgets.pictures import pictures
from utils import build

pytestmark = pytest.mark.skipif(
    sys.platform == "win32",
    reason="the tests stop JupyterLab by a process group, which Windows has not",
)

WRONG = """def count_bigrams(words):
    counts = {}
    for word in words:
        counts[word] = counts.get(word, 0) + 1
    return counts
"""
RIGHT = """def count_bigrams(words):
    counts = {}
    for word, after in zip(words, words[1:]):
        inner = counts.setdefault(word, {})
        inner[after] = inner.get(after, 0) + 1
    return counts
"""

# What lies under the pointer at the left end of each of n rows of a table.
WHAT_ROWS_HIT = """(table, n) => {
  table.scrollIntoView({block: 'center'});
  const box = table.getBoundingClientRect();
  return Array.from({length: n}, (_, t) => table.getRootNode().elementFromPoint(
    box.x + 3, box.y + box.height * (t + 0.5) / n)?.tagName) }"""


@pytest.fixture(scope="module")
def lab(browser, tmp_path_factory):
    with running_lab(browser, tmp_path_factory.mktemp("lab")) as running:
        yield running


@pytest.fixture(autouse=True)
def own_errors(lab):
    lab.errors.clear()


def test_make_lab_opens_the_first_lesson(lab):
    lab.open()
    assert (
        lab.page.evaluate("jupyterapp.shell.currentWidget.context.path")
        == "notebooks/00_start_here.ipynb"
    )


def test_a_solution_that_nobody_trusts_shows_every_figure(lab):
    """In a JupyterLab with fresh settings; `make lab` trusts our own, so it is one that was changed
    since.
    """
    path = lab.folder / "solutions" / "04_masked_self_attention.ipynb"
    notebook = build.read(path)
    notebook.metadata["changed by"] = "somebody"
    nbformat.write(notebook, path)
    lab.open("04_masked_self_attention", folder="solutions")
    drawn = [
        alt
        for cell in notebook.cells
        for output in cell.get("outputs", [])
        for alt, _ in pictures(output)
    ]
    lab.page.wait_for_function(
        "n => document.querySelectorAll('.jp-OutputArea img').length >= n", arg=len(drawn)
    )
    models = "jupyterapp.shell.currentWidget.content.widgets.map(c => c.model)"
    assert not any(
        lab.page.evaluate(f"{models}.filter(m => m.type === 'code').map(m => m.trusted)")
    )
    seen = lab.page.locator(".jp-OutputArea img").evaluate_all("""all => Promise.all(
      all.map(async i => { await i.decode(); return [i.alt, i.offsetWidth] }))""")
    assert [alt for alt, _ in seen] == drawn and len(drawn) > 20
    assert all(300 < width <= 848 for _, width in seen), "seen, and not cut beside the file list"
    assert lab.page.locator(".jp-Dialog, .jp-toast-message").count() == 0, "no news popup"


def test_prose_is_not_wider_than_the_eye_can_follow(lab):
    lab.open("01_language_modeling")
    lab.page.set_viewport_size({"width": 1920, "height": 1000})
    sizes = lab.page.locator(".jp-MarkdownOutput p:not(:has(br, img))").evaluate_all("""all =>
      all.map(p => [p, parseFloat(getComputedStyle(p).lineHeight)])
      .map(([p, line]) => [p.textContent.length, Math.round(p.offsetHeight / line)])
      .filter(([_, lines]) => lines > 2)""")
    lab.page.set_viewport_size({"width": 1280, "height": 1000})
    letters, lines = (sum(part) for part in zip(*sizes))
    assert len(sizes) > 5 and 75 < letters / (lines - len(sizes) / 2) < 95  # last lines are half


def test_a_learner_goes_wrong_then_right_and_sees_it_kept(lab):
    lab.open("01_language_modeling")
    lab.run_all()

    check = "count_bigrams = check(count_bigrams)"
    card = lab.cell(check).locator(".check-card")
    assert "not done yet" in card.inner_text()

    lab.type_into("def count_bigrams", WRONG)
    lab.type_into(check, check)
    card.get_by_text("What it looks like:").wait_for()
    assert "You counted single words" in card.inner_text()

    lab.type_into("def count_bigrams", RIGHT)
    lab.type_into(check, check)
    card.get_by_text(re.compile(r"passed, (\d) of \1 cases")).wait_for()
    assert "rgb(0, 158, 115)" in card.evaluate("e => getComputedStyle(e).borderLeftColor")

    lab.open("00_start_here")
    lab.run_all()
    table = lab.page.locator(".progress-table")
    assert "✓ count_bigrams" in table.inner_text() and "1 of " in table.inner_text()
    assert not lab.errors and not lab.outside


def test_the_stepper_steps_by_mouse_and_by_keyboard(lab):
    lab.open("01_language_modeling", "figures.one_step(")
    lab.run_all()
    cell = lab.cell("figures.one_step(")
    status = cell.get_by_role("status")
    said = [status.inner_text()]
    cell.get_by_role("button", name="next").click()
    status.get_by_text("2 of").wait_for()
    said.append(status.inner_text())
    cell.get_by_role("slider").press("ArrowRight")
    status.get_by_text("3 of").wait_for()
    said.append(status.inner_text())
    assert len(set(said)) == 3 and state(lab, "figures.one_step(", "step") == [2]
    assert cell.locator("img:visible").get_attribute("alt").startswith("The model reads")
    lab.python(f"setattr(shown({lab.number('figures.one_step(')}), 'step', 0)")
    status.get_by_text("1 of").wait_for()
    lab.pictures(stepper=cell)
    goes_on_without_a_kernel(
        lab, "01_language_modeling", {"figures.one_step(": said[2].split("3 of ")[1][2:]}
    )


# ---------------------------------------------------------------- the explorers


def state(lab, text, *names):
    """Traits of the explorer that a cell displayed, asked of the kernel."""
    return lab.python(f"[getattr(shown({lab.number(text)}), name) for name in {names!r}]")


def goes_on_without_a_kernel(lab, notebook, cells: dict, asking=()):
    """After a restart of the kernel what was shown stays, and those that need it say so; and opened
    again, each cell still says what it said, in its static form.
    """
    lab.page.evaluate("jupyterapp.shell.currentWidget.sessionContext.session.kernel.restart()")
    lab.wait_idle()
    for text in cells:
        shown = lab.cell(text).locator(".byhand").first
        assert shown.inner_text().strip(), "a restart of the kernel took it away"
        if text in asking:
            shown.get_by_text("run this cell again").wait_for()
        assert "working" not in shown.inner_text()
    lab.open(notebook)
    for text, said in cells.items():
        output = lab.cell(text).locator(".jp-OutputArea")
        output.get_by_text("A picture of the explorer").wait_for()
        assert said in output.text_content(), output.text_content()[:300]
        output.get_by_text("Loading widget").wait_for(state="hidden")
        assert "Error displaying" not in output.inner_text()
        pictures = output.locator("img").evaluate_all("all => all.map(i => i.alt)")
        assert all(pictures), "a picture without words"
    assert not lab.errors and not lab.outside


def answered_within(lab, cell, act: str, watched: str) -> float:
    """Milliseconds from an event in the page to the change that it causes, the best of five: other
    work may disturb.
    """
    return min(
        cell.evaluate(
            """async (cell, [act, watched]) => {
        const root = cell.querySelector('.byhand-host').shadowRoot;
        const changed = new Promise((done, fail) => {
          setTimeout(() => fail("nothing changed"), 10000);
          new MutationObserver((_, o) => { o.disconnect(); done(performance.now()) })
            .observe(root.querySelector(watched), {childList: true, subtree: true}) });
        const begin = performance.now();
        (new Function('root', 'turn', act))(root, TURN);
        return await changed - begin }""".replace("TURN", str(turn)),
            [act, watched],
        )
        for turn in range(5)
    )


@pytest.fixture(scope="module")
def bundled():
    from utils import checkpoint

    return checkpoint.load("bundled")


LOOKS = "from utils.widgets.attention"  # where lesson 04 has its own
ATTENTION = """from utils.widgets.attention import AttentionExplorer
ids = torch.tensor([config.eos_token_id, *tokenizer.encode("the fan was broken, and it did not")])
seen = trace(params, config, ids)
heads = torch.stack([seen[f"h.{i}.attention"] for i in range(config.n_layer)])
AttentionExplorer(words_of(ids), heads, layer=3, head=2, word=len(ids) - 1)"""


def test_lessons_in_one_window_leave_each_others_explorers_alone(lab):
    """Lessons 04, 05 and 06 side by side, as learners leave them open."""
    tabs = {
        "04_masked_self_attention": (("= checkpoint.load(", LOOKS), ".attview"),
        "05_decoder_block": (("FlowExplorer(",), ".flowview"),
        "06_logits_and_sampling": (("CacheExplorer(",), ".cacheview"),
    }
    before, names = {}, {}
    for notebook, (here, name) in tabs.items():
        lab.open(notebook, *here, close=not before)
        names[notebook] = lab.page.evaluate("jupyterapp.shell.currentWidget.id")
        if name == ".attview":
            lab.run_needed("= checkpoint.load(")
            lab.type_into(LOOKS, ATTENTION)
        else:
            lab.run_all()
        host = lab.page.locator(".byhand-host").filter(has=lab.page.locator(name))
        before[name] = host.evaluate(LOOK)
    for notebook, (_, name) in reversed(tabs.items()):
        lab.page.evaluate("id => jupyterapp.shell.activateById(id)", names[notebook])
        host = lab.page.locator(".byhand-host").filter(has=lab.page.locator(name))
        host.scroll_into_view_if_needed()
        until(lab.page, lambda host=host: host.evaluate(LOOK), before[name])
    assert host.evaluate(ASTRAY) <= 1 and len(before[".attview"]) > 100
    for notebook in reversed(tabs):
        lab.page.evaluate("id => jupyterapp.shell.activateById(id)", names[notebook])
        lab.close(save=False)
    assert not lab.errors and not lab.outside


def test_tokens_follow_what_is_typed(lab):
    from utils import bpe

    lab.open("02_byte_pair_encoding", "TokenizerView(")
    lab.run_all()
    here, cell = "TokenizerView(", lab.cell("TokenizerView(")
    gpt2 = cell.get_by_role("group", name="GPT-2's")
    box, text = cell.get_by_label("Type a text"), ' the <img src=x onerror="hacked=1">'
    box.fill(text)
    ids = bpe.tiktoken_gpt2().encode(text)
    until(lab.page, lambda: [int(n) for n in gpt2.locator("small").all_inner_texts()], ids)
    assert state(lab, here, "text") == [text]
    assert cell.locator("img").count() == 0 and lab.page.evaluate("window.hacked") is None

    gpt2.get_by_role("button").first.hover()
    until(lab.page, lambda: "token 262;" in cell.get_by_role("status").last.inner_text(), True)
    gpt2.get_by_role("button").first.focus()
    lab.page.keyboard.press("ArrowRight")
    assert f"token {ids[1]};" in cell.get_by_role("status").last.inner_text()
    lab.python(f"setattr(shown({lab.number(here)}), 'text', 'robot')")
    until(lab.page, box.input_value, "robot")
    until(
        lab.page,
        lambda: [int(n) for n in gpt2.locator("small").all_inner_texts()],
        bpe.gpt2().encode("robot"),
    )
    lab.pictures(tokenizer=cell)
    goes_on_without_a_kernel(
        lab, "02_byte_pair_encoding", {here: "The course's own"}, asking=[here]
    )


def test_attention_is_the_models_wherever_one_clicks(lab, bundled):
    from utils.trace import trace

    params, config, tokenizer = bundled

    def attention(text, layer, head, word):
        ids = torch.tensor([config.eos_token_id, *tokenizer.encode(text)])
        return trace(params, config, ids)[f"h.{layer}.attention"][head, word]

    def shares(part):
        shown = part.locator(".attview-words button").evaluate_all(
            "all => all.map(b => parseFloat(b.style.getPropertyValue('--share')))"
        )
        return torch.tensor(shown) / 100

    def arcs(part):
        return {
            int(key): float(share)
            for key, share in part.locator("path").evaluate_all(
                "all => all.map(p => [p.dataset.key, p.dataset.share])"
            )
        }

    here = "AttentionExplorer.of_text(read"
    lab.open("04_masked_self_attention", "words_of(case.ids), attention_of(case.ids)", here)
    lab.run_all()
    cell = lab.cell(here)
    first, second = cell.locator(".attview").all()
    texts = [part.get_by_label("the text", exact=True).input_value() for part in (first, second)]
    layer, head, word = lab.python(
        f"[getattr(shown({lab.number(here)}).first, n) for n in ('layer', 'head', 'word')]"
    )
    for part, text in zip((first, second), texts):
        wanted = attention(text, layer, head, word)
        torch.testing.assert_close(shares(part), wanted, atol=0.005, rtol=0)
        assert arcs(part).keys() == {
            s for s, w in enumerate(wanted) if round(w.item() * 255) / 255 >= 0.02
        }

    # the mouse: a word, a head among all heads, a row of the table; the second explorer follows
    first.locator(".attview-words button").nth(7).click()
    wanted = attention(texts[0], layer, head, 7)
    torch.testing.assert_close(shares(first)[:8], wanted[:8], atol=0.005, rtol=0)
    until(
        lab.page,
        lambda: (
            second.locator(".attview-words button[aria-pressed=true]").count()
            and second.locator(".attview-words button").nth(7).get_attribute("aria-pressed")
        ),
        "true",
    )
    first.get_by_role("button", name="layer 1, head 3").click()
    until(
        lab.page,
        lambda: (
            second.get_by_label("layer", exact=True).input_value()
            + second.get_by_label("head", exact=True).input_value()
        ),
        "13",
    )
    torch.testing.assert_close(
        shares(second)[:8], attention(texts[1], 1, 3, 7)[:8], atol=0.005, rtol=0
    )
    table = first.locator(".attview-box canvas")
    size, words = table.bounding_box(), first.locator(".attview-words button")
    row = words.count() - 2
    assert table.evaluate(WHAT_ROWS_HIT, words.count()) == ["CANVAS"] * words.count()
    table.click(position={"x": 3, "y": size["height"] * (row + 0.5) / words.count()})
    until(lab.page, lambda: words.nth(row).get_attribute("aria-pressed"), "true")

    # the keyboard: arrows go from word to word and from head to head
    words.nth(row).focus()
    lab.page.keyboard.press("ArrowLeft")
    assert words.nth(row - 1).get_attribute("aria-pressed") == "true"
    first.get_by_role("button", name="layer 1, head 3").focus()
    lab.page.keyboard.press("ArrowDown")
    lab.page.keyboard.press("ArrowLeft")
    until(
        lab.page,
        lambda: lab.python(
            f"[getattr(shown({lab.number(here)}).second, n) for n in ('layer', 'head', 'word')]"
        ),
        [2, 2, row - 1],
    )
    torch.testing.assert_close(
        shares(first), attention(texts[0], 2, 2, row - 1), atol=0.005, rtol=0
    )
    assert (
        first.get_by_role("status").last.inner_text().startswith("“")
        and "layer 2, head 2 looks at" in first.get_by_role("status").last.inner_text()
    )

    # a text of one's own, and a choice from code
    typed = "A robot must obey <b>orders</b>"
    first.get_by_label("the text", exact=True).fill(typed)
    count = 1 + len(tokenizer.encode(typed))
    until(lab.page, words.count, count)
    torch.testing.assert_close(shares(first), attention(typed, 2, 2, count - 1), atol=0.005, rtol=0)
    assert first.locator("b").count() == 0
    lab.python(f"setattr(shown({lab.number(here)}).first, 'word', 3)")
    until(lab.page, lambda: words.nth(3).get_attribute("aria-pressed"), "true")
    lab.pictures(
        attention=lab.cell("words_of(case.ids), attention_of(case.ids)"), attention_two_prompts=cell
    )
    goes_on_without_a_kernel(
        lab,
        "04_masked_self_attention",
        {
            "words_of(case.ids), attention_of(case.ids)": "looks at",
            "AttentionExplorer.of_text(read": "looks at",
        },
        asking=["AttentionExplorer.of_text(read"],
    )


def test_a_word_goes_through_the_model_with_the_models_numbers(lab, bundled):
    from utils.trace import trace

    params, config, tokenizer = bundled
    text = "A robot must obey the orders given to it"
    here = "FlowExplorer("
    lab.open("05_decoder_block", here)
    lab.run_all()
    cell = lab.cell(here)

    def numbers():
        if not cell.locator("details.table[open]").count():
            cell.get_by_text("numbers as a table").click()
        cells = cell.locator("details.table td").all_inner_texts()
        return torch.tensor([float(n.replace("−", "-")) for n in cells])

    def shows(name, token, text=text):
        seen = trace(params, config, [config.eos_token_id, *tokenizer.encode(text)])
        wanted = seen[name]
        wanted = wanted[:, token] if wanted.dim() == 3 else wanted[token]
        wanted = wanted.flatten()

        def equal():  # between two texts there may be none, or the former ones
            found = numbers()
            return found.shape == wanted.shape and torch.allclose(found, wanted, atol=0.006)

        until(lab.page, equal, True)

    shows("h.2.attention", 9)
    cell.locator(".row[data-step='h.2.hidden']").click()
    shows("h.2.hidden", 9)
    assert state(lab, here, "step") == ["h.2.hidden"]
    cell.locator(".chips button", has_text="orders").click()
    shows("h.2.hidden", 6)
    cell.locator(".chips [aria-pressed=true]").focus()
    lab.page.keyboard.press("End")
    lab.page.keyboard.press("Enter")
    lab.python(f"setattr(shown({lab.number(here)}), 'step', 'h.3.mlp')")
    shows("h.3.mlp", 9)
    typed = "A robot must obey <b>orders</b>"
    cell.get_by_label("The text").fill(typed)
    shows("h.3.mlp", len(tokenizer.encode(typed)), typed)
    assert cell.locator("b", has_text="orders").count() == 0
    cell.get_by_label("The text").fill(text)
    shows("h.3.mlp", 9)

    # a learner's function in the place of a step, first a wrong one
    wrong = "exec('def gelu(x): return x * (x > 0)', globals())"
    lab.python(f"[{wrong}, shown({lab.number(here)}).use(gelu)][1]")
    cell.get_by_text("Your functions first differ from the model at h.0.hidden").wait_for()
    lab.python(f"shown({lab.number(here)}).use()")
    shows("h.3.mlp", 9)
    lab.pictures(flow=cell)
    goes_on_without_a_kernel(lab, "05_decoder_block", {here: "goes up block 2"})


def test_lesson_06_moves_its_dials_keys_and_cache(lab, bundled):
    explorers = ("SamplingPlayground(", "NextTokenKeyboard(", "CacheExplorer(")
    lab.open("06_logits_and_sampling", *explorers, "figures.lanes(labels")
    lab.run_all()
    playground(lab, bundled)
    keyboard(lab, bundled)
    cache(lab, bundled)
    lab.pictures(**{name[:-1].lower(): lab.cell(name) for name in explorers})
    goes_on_without_a_kernel(
        lab,
        "06_logits_and_sampling",
        {
            "SamplingPlayground(": "without the dials",
            "NextTokenKeyboard(": "…",
            "CacheExplorer(": "new keys and values",
            "figures.lanes(labels": "reads <s>",
        },
        asking=["SamplingPlayground(", "NextTokenKeyboard("],
    )


def playground(lab, bundled):
    from utils import gpt2, sampling

    params, config, tokenizer = bundled
    here, cell = "SamplingPlayground(", lab.cell("SamplingPlayground(")

    def bars():
        return cell.locator(".playview-bar").evaluate_all(
            "all => all.map(bar => parseFloat(bar.style.width) / 100)"
        )

    def follow(text, **dials):
        logits = gpt2.forward(params, config, [config.eos_token_id, *tokenizer.encode(text)])[-1]
        plain, now = sampling.probabilities(logits), sampling.probabilities(logits, **dials)
        shown = plain.sort(descending=True, stable=True).indices[:12]
        until(
            lab.page,
            lambda: (
                bool(bars())
                and torch.allclose(torch.tensor(bars(), dtype=torch.float32), now[shown], atol=1e-3)
            ),
            True,
        )

    text = cell.get_by_label("the text so far").input_value()
    follow(text, temperature=0.8, top_p=0.9)
    heat, top_p = (
        cell.get_by_role("slider", name="temperature"),
        cell.get_by_role("slider", name="top-p"),
    )
    heat.focus()
    lab.page.keyboard.press("ArrowRight")
    follow(text, temperature=0.85, top_p=0.9)
    top_p.click()  # in the middle
    until(lab.page, lambda: 0.4 < state(lab, here, "top_p")[0] < 0.6, True)
    half = state(lab, here, "top_p")[0]
    follow(text, temperature=0.85, top_p=half)
    heat.focus()
    lab.page.keyboard.press("Home")
    samples = cell.get_by_role("list", name="samples").get_by_role("listitem")
    # temperature 0: ten times the same
    until(lab.page, lambda: len(set(samples.all_inner_texts())), 1)
    assert samples.count() == 10
    lab.python(f"setattr(shown({lab.number(here)}), 'temperature', 1.5)")
    until(lab.page, heat.input_value, "1.5")
    follow(text, temperature=1.5, top_p=half)
    was = samples.all_inner_texts()
    cell.get_by_role("button", name="ten other samples").click()
    until(lab.page, lambda: samples.all_inner_texts() != was, True)
    cell.get_by_label("the text so far").fill("Once there was a <b>")
    follow("Once there was a <b>", temperature=1.5, top_p=half)
    assert cell.locator(".playview b").count() == 0
    lab.python(f"setattr(shown({lab.number(here)}), 'top_p', 1.0)")
    follow("Once there was a <b>", temperature=1.5)
    took = answered_within(
        lab,
        cell,
        "const s = root.querySelector('input[type=range]'); s.value = 0.5 + turn / 10; "
        "s.dispatchEvent(new Event('input'))",
        ".playview-bars",
    )
    print(f"the bars follow a dial after {took:.0f} ms")


def keyboard(lab, bundled):
    from utils import gpt2, sampling

    params, config, tokenizer = bundled
    here, cell = "NextTokenKeyboard(", lab.cell("NextTokenKeyboard(")
    keys = cell.get_by_role("group", name="suggestions").get_by_role("button")
    text = cell.get_by_label("your text")

    def offers(written):
        p = sampling.probabilities(
            gpt2.forward(params, config, [config.eos_token_id, *tokenizer.encode(written)])[-1]
        )
        best = p.sort(descending=True, stable=True)
        until(
            lab.page,
            lambda: keys.locator("small").all_inner_texts(),
            [f"{share.item():.1%}" for share in best.values[:10]],
        )
        return [tokenizer.decode([i]) for i in best.indices[:10].tolist()]

    text.fill("A robot must")
    offered = offers("A robot must")
    keys.nth(1).click()
    until(lab.page, text.input_value, "A robot must" + offered[1])
    offered = offers("A robot must" + offered[1])
    keys.nth(1).focus()
    lab.page.keyboard.press("ArrowRight")
    written = text.input_value()
    lab.page.keyboard.press("Enter")
    until(lab.page, text.input_value, written + offered[2])
    assert state(lab, here, "text") == [written + offered[2]]
    cell.get_by_role("button", name="take the last token back").click()
    until(lab.page, text.input_value, written)
    lab.python(f"setattr(shown({lab.number(here)}), 'text', 'Once there was')")
    until(lab.page, text.input_value, "Once there was")
    offers("Once there was")


def cache(lab, bundled):
    from utils.parts import multiplications
    from utils.trace import trace

    params, config, tokenizer = bundled
    seen = trace(params, config, tokenizer.encode(" robot must obey orders")[:4])
    here, cell = "CacheExplorer(", lab.cell("CacheExplorer(")
    status = cell.get_by_role("status")

    def shows(step, layer=0, head=0, kept=True):
        until(lab.page, lambda: status.inner_text().startswith(f"Step {step + 1} of 4"), True)
        rows = [
            row.all_inner_texts()
            for row in (
                line.locator("td") for line in cell.locator(".cacheview-counts tr").all()[1:]
            )
        ]
        heads = config.n_layer * config.n_head
        with_cache, without = multiplications(config, step, 1), multiplications(config, 0, step + 1)
        assert (
            rows[0][:2] == [str(heads), str(heads * (step + 1))]
            and rows[1][0] == str(heads * step)
            and rows[2][0] == str(heads * (step + 1))
        )
        assert rows[3] == [f"{with_cache:,}", f"{without:,}", f"{without / with_cache:.1f} ×"]
        told = cell.locator(".cacheview-sheet small").all_inner_texts()
        assert told == ["kept, used" if kept else "made again"] * step + ["new: made now"] + [
            "not read yet"
        ] * (3 - step)
        shares = [
            float(cell.locator(".cacheview-sheet tr").nth(s + 1).locator("td").nth(2).inner_text())
            for s in range(step + 1)
        ]
        assert shares == [
            round(w, 2)
            for w in seen[f"h.{layer}.attention"][head, step, : step + 1].double().tolist()
        ]

    shows(0)
    cell.get_by_role("button", name="next").click()
    shows(1)
    cell.get_by_role("slider", name="token").press("ArrowRight")
    shows(2)
    assert state(lab, here, "step") == [2]
    cell.get_by_label("keep keys and values").press("Space")
    shows(2, kept=False)
    assert lab.python(f"shown({lab.number(here)}).counts()")["made"] == 48
    cell.get_by_label("layer").select_option("3")
    cell.get_by_label("head").select_option("1")
    shows(2, 3, 1, kept=False)
    lab.python(
        f"[setattr(shown({lab.number(here)}), *pair) for pair in (('step', 3), ('kept', True))]"
    )
    until(lab.page, lambda: cell.get_by_label("keep keys and values").is_checked(), True)
    shows(3, 3, 1)


def test_a_training_can_be_watched_and_stopped(lab):
    here, cell = "await watch(", lab.cell("await watch(")
    lab.open("07_training", here)
    lab.run_needed(here, itself=False)
    lab.start(here)
    cell.get_by_role("button", name="stop").wait_for()
    line = cell.get_by_role("status").filter(has_text="after")
    until(lab.page, lambda: int(re.search(r"after (\d+) steps", line.inner_text())[1]) >= 20, True)
    assert "tokens/s" in line.inner_text()
    loss = float(line.inner_text().split("loss ")[1].split()[0])
    assert 2 < loss < 7.5, "it has begun to learn"
    assert cell.locator("img").get_attribute("alt").startswith("The loss on unseen stories falls")
    lab.pictures(training=cell)
    cell.get_by_role("button", name="stop").press("Enter")
    lab.finish()
    said = cell.locator(".jp-OutputArea").inner_text()
    steps = int(said.split("Stopped after ")[1].split()[0])
    records = lab.python("[[r['step'], r['loss']] for r in records]")
    assert 20 <= steps < 800 and records[-1][0] == steps and records[-1][1] < records[0][1]
    picture = cell.locator("img").get_attribute("alt")
    assert f"to {records[-1][1]:.2f} after {steps} steps" in picture
    assert cell.get_by_role("button", name="stop").count() == 0

    lab.start(here)  # once more, and stopped with ■ in the toolbar
    line.wait_for()
    lab.page.evaluate("jupyterapp.commands.execute('notebook:interrupt-kernel')")
    lab.finish()
    assert "The model so far is kept" in cell.locator(".jp-OutputArea").inner_text()
    lab.open("07_training")
    assert (
        lab.cell(here)
        .locator("img")
        .get_attribute("alt")
        .startswith("The loss on unseen stories falls")
    )
    assert not lab.errors and not lab.outside
