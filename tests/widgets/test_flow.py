"""The flow explorer: every number is the model's and says rightly what made it; what is changed
changes what the model computes; a learner's function stands where its step stood.
"""

import json
import re

import pytest
import torch

from tests.widgets.page import until
from utils import bpe, gpt2, parts, sampling
from utils.exercises import find
from utils.trace import trace
from utils.widgets import flow, script, vocabulary
from utils.widgets.flow import own

TEXT = "the robot <b>sat</b> near the fan"
TOKENIZER = bpe.train("the robot sat near the fan. " * 9, 275, special=["<|endoftext|>"])
CONFIG = gpt2.Config(
    vocab_size=275, n_positions=24, n_embd=24, n_layer=2, n_head=3, eos_token_id=274
)
PARAMS = parts.random_params(CONFIG, 0)
IDS = [274, *TOKENIZER.encode(TEXT)]
T = len(IDS)


def explorer(**chosen):
    return flow.FlowExplorer(PARAMS, CONFIG, TOKENIZER, TEXT, **chosen)


def rows(seen: dict, name: str) -> torch.Tensor:
    """A value of utils.trace with a row for each token, heads side by side: (T, n)."""
    i, _, key = name.rpartition(".")
    if key == "masked":
        later = torch.ones(T, T, dtype=torch.bool).triu(1)
        return own.rows(seen[i + ".scores"].masked_fill(later, -torch.inf))
    if key == "merged":
        key = "heads"
    if key == "c_fc":
        return gpt2.linear(PARAMS, i + ".mlp.c_fc", seen[i + ".ln_2"])
    value = seen[f"{i}.{key}" if i else key]
    return own.rows(value) if value.dim() == 3 else value


@pytest.fixture(scope="module")
def seen():
    return trace(PARAMS, CONFIG, IDS)


# ---------------------------------------------------------------- Python's side


@pytest.mark.parametrize(
    "trait, value, said",
    [
        ("step", "h.2.ln_1", "is no step"),
        ("step", "softmax", "is no step"),
        ("head", 3, "head must be from 0 to 2"),
        ("token", 24, "token must be from 0 to 23"),
    ],
)
def test_what_does_not_exist_is_refused(trait, value, said):
    view = explorer()
    with pytest.raises(Exception, match=said):
        setattr(view, trait, value)


def test_a_model_too_large_for_a_browser_and_too_long_a_text_are_refused():
    large = {"wte.weight": torch.empty(1, device="meta").expand(5000, 5000)}
    with pytest.raises(
        ValueError, match="up to 20,000,000 parameters, and this one has 25,000,000"
    ):
        flow.FlowExplorer(large, CONFIG, TOKENIZER, TEXT)
    with pytest.raises(ValueError, match="the model can read 24"):
        flow.FlowExplorer(PARAMS, CONFIG, TOKENIZER, "fan " * 40)


def test_weights_travel_as_half_only_where_that_loses_nothing():
    from safetensors.torch import load

    exact = {name: p.half().float() for name, p in PARAMS.items()}
    for params, half in ((PARAMS, False), (exact, True)):
        sent = load(flow.weights_file(params))
        assert {p.dtype for p in sent.values()} == {torch.float16 if half else torch.float32}
        assert all(torch.equal(sent[name].float(), p) for name, p in params.items())


def test_without_a_kernel_all_steps_are_in_one_picture(seen):
    view = explorer(step="h.1.scores", token=3)
    static, _ = view.bundles()
    assert "goes up block 1" in static["text/html"] and static == view.bundles()[0]
    steps = {step["name"]: step["values"] for step in flow.way(PARAMS, CONFIG, seen, 1, 3)}
    torch.testing.assert_close(steps["x"], seen["h.0.residual"][3])
    torch.testing.assert_close(steps["attention"], seen["h.1.attention"][:, 3, :4])
    torch.testing.assert_close(
        steps["GELU"], torch.nn.functional.gelu(steps["c_fc"], approximate="tanh")
    )
    torch.testing.assert_close(steps["x + MLP"], seen["h.1.residual"][3])
    assert "x + MLP" in repr(view) and "(3, 4)" in repr(view)


def test_steps_lead_to_exercises_that_exist():
    lessons = re.search(r"const LESSONS = (\{.*?\n\});", script("flow/steps"), re.S)[1]
    named = re.findall(r'"?(\d\d_\w+)"?: \[(.*?)\]', lessons, re.S)
    linked = {name: lesson for lesson, names in named for name in re.findall(r'"(\w+)"', names)}
    assert len(linked) > 15
    for name, lesson in linked.items():
        assert find(name)[0] == lesson, name


# ---------------------------------------------------------------- a learner's functions


def question(seen, name, functions):
    """What the browser would send for a step, and Python's answer: rows, or a sentence."""
    value = re.sub(r"^h\.\d+", "h", name)
    block = name.rpartition(".")[0]
    sent = {"made": rows(seen, name)}
    for key in own.steps_of(functions)[value]["reads"]:
        if key == "x":
            i = int(name.split(".")[1]) if block else CONFIG.n_layer
            sent[key] = seen["residual" if i == 0 else f"h.{i - 1}.residual"]
        else:
            sent[key] = rows(seen, f"{block}.{key}" if block else key)
    message = {"call": 7, "name": name, "ids": IDS}
    message["sent"] = [[key, *value.shape] for key, value in sent.items()]
    buffers = [value.contiguous().numpy().tobytes() for value in sent.values()]
    answer, found = own.answer(functions, PARAMS, CONFIG, message, buffers)
    assert answer["call"] == 7
    if "error" in answer:
        return answer["error"]
    return torch.frombuffer(bytearray(found[0]), dtype=torch.float32).view(sent["made"].shape)


@pytest.mark.parametrize("use", own.USES, ids=lambda use: f"{use.exercise}-{use.value}")
def test_a_right_function_gives_the_models_values(seen, use):
    name = use.value.replace("h.", "h.1.")
    function = find(use.exercise)[1].reference
    found = question(seen, name, {use.exercise: function})
    torch.testing.assert_close(found, rows(seen, name), atol=1e-5, rtol=1e-5)


def test_functions_of_one_step_work_together(seen):
    functions = {n: find(n)[1].reference for n in ("attention_scores", "scale")}
    found = question(seen, "h.0.scores", functions)
    torch.testing.assert_close(found, rows(seen, "h.0.scores"))
    doubled = functions | {"scale": lambda scores, d_k: 2 * functions["scale"](scores, d_k)}
    torch.testing.assert_close(question(seen, "h.0.scores", doubled), 2 * rows(seen, "h.0.scores"))


def test_own_dials_and_draws_give_what_the_courses_give():
    logits, u = 3 * torch.randn(1, 275, generator=torch.Generator().manual_seed(1)), 0.7
    shares = sampling.probabilities(logits[0], temperature=0.8, top_k=40, top_p=0.9)[None]

    def asked(functions, name, dials, **parts):
        sent = [[part, *rows.shape] for part, rows in parts.items()]
        message = {"call": 1, "name": name, "ids": IDS, "sent": sent, "dials": dials}
        buffers = [rows.contiguous().float().numpy().tobytes() for rows in parts.values()]
        answer, found = own.answer(functions, PARAMS, CONFIG, message, buffers)
        return answer.get("error") or torch.frombuffer(bytearray(found[0]), dtype=torch.float32)

    for names in (["top_k"], [*own.DIALS, "sample_id"]):
        functions = {name: find(name)[1].reference for name in names}
        assert own.steps_of(functions) == {"next": {"by": names, "reads": ["logits"]}}
        found = asked(functions, "next", [0.8, 40, 0.9], made=shares, logits=logits)
        torch.testing.assert_close(found, shares[0], atol=1e-6, rtol=1e-5)
    drawn = asked(functions, "drawn", [u], made=torch.zeros(1, 1), next=shares)
    assert drawn.item() == functions["sample_id"](shares[0], u)
    wrong = {"sample_id": lambda shares, u: 275}
    said = asked(wrong, "drawn", [u], made=torch.zeros(1, 1), next=shares)
    assert said == "sample_id: ValueError: there is no token 275"


@pytest.mark.parametrize(
    "wrong, said",
    [
        (lambda scores: scores / 0, "softmax: it gave numbers that are infinite"),
        (lambda scores: None.shape, "softmax: AttributeError: 'NoneType'"),
        (lambda scores: scores.softmax(-1) + torch.nan, "softmax: it gave numbers that are nan"),
        (lambda scores: 3, "softmax: it gave int, and a tensor is needed"),
        (lambda scores: scores[..., :2], f"softmax: it gave {3 * T * 2} numbers"),
    ],
)
def test_a_function_that_cannot_be_used_is_said(seen, wrong, said):
    assert re.search(said, question(seen, "h.0.attention", {"softmax": wrong}))


def test_only_functions_of_steps_can_be_used():
    view = explorer()

    def softmax(scores):
        return scores.softmax(-1)

    def something(x):
        return x

    with pytest.raises(ValueError, match="can use a function of one of these exercises.*something"):
        view.use(something)
    view.use(softmax)
    assert view.own == {"h.attention": {"by": ["softmax"], "reads": ["masked"]}}
    view.use()
    assert view.own == {}


# ---------------------------------------------------------------- how a number was made

MAKING = """<!doctype html><meta charset="utf-8"><script>
const make = () => ({});
%s
const params = Object.fromEntries(Object.entries(%s).map(([name, rows]) =>
  [name, { shape: [rows.length, rows[0].length], data: Float32Array.from(rows.flat()) }]));
const config = %s, ids = %s, tokenizer = new bpe.Tokenizer(...%s);
const words = ids.map((id) => tokenizer.decode([id]));
const page = { params, config, ids, words, name: String };
const run = async (changes) =>
  (await changedRun(page, ids, changes)).logits.map((row) => Array.from(row));
</script>"""
PARTS = ("gpt2", "bpe", *(f"flow/{n}" for n in ("draw", "runs", "steps", "naming", "making")))


@pytest.fixture(scope="module")
def inside(browser, tmp_path_factory):
    """A page with the explorer's functions, without the explorer."""
    file = tmp_path_factory.mktemp("inside") / "page.html"
    weights = {name: p.tolist() for name, p in PARAMS.items()}
    parts = (weights, vars(CONFIG), IDS, vocabulary(TOKENIZER))
    file.write_text(MAKING % (script(*PARTS), *map(json.dumps, parts)), encoding="utf-8")
    page, errors = browser.new_page(), []
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.goto(file.as_uri())
    yield page
    page.close()
    assert errors == []


def test_what_made_a_number_gives_that_number(inside):
    """For every value of two tokens: the products add up to it."""
    wrong, count = inside.evaluate("""() => {
      const seen = gpt2.trace(params, config, ids), wrong = [];
      let count = 0;
      for (const name of Object.keys(seen))
        for (const t of [0, 4]) seen[name][t].forEach((value, i) => {
          const { total, from } = making(page, seen, name, t, i);
          count++;
          const fits = Object.is(total, value) || Math.abs(total - value) < 1e-4;
          const there = from.every(([name, t, i]) => seen[name][t][i ?? 0] !== undefined);
          if (!fits || !there) wrong.push([name, t, i, value, total, from]);
        });
      return [wrong.slice(0, 5), count] }""")
    assert wrong == [] and count > 3000


def test_what_made_a_probability_is_what_the_dials_give(inside):
    wrong = inside.evaluate("""() => {
      const seen = gpt2.trace(params, config, ids), wrong = [];
      for (const temperature of [0, 0.6, 1.5]) for (const top_k of [null, 4])
        for (const top_p of [1, 0.7, 0]) {
          const settings = () => ({ temperature, top_k, top_p });
          gpt2.probabilities(seen.logits[3], settings()).forEach((value, i) => {
            const { total } = making({ ...page, settings }, seen, "next", 3, i);
            if (!(Math.abs(total - value) < 1e-6))
              wrong.push([temperature, top_k, top_p, i, value, total]);
          });
        }
      return wrong.slice(0, 5) }""")
    assert wrong == []


# ---------------------------------------------------------------- changes


def logits(**changed):
    return trace(PARAMS, CONFIG, **{"ids": IDS} | changed)["logits"]


def test_changes_are_what_python_computes_of_them(inside, seen):
    def run(*changes):
        return torch.tensor(inside.evaluate("run", list(changes)))

    silent = torch.zeros(T, 8)
    for wanted, *changes in (
        [logits(instead={(1, 2): silent}), {"kind": "silence", "block": 1, "head": 2}],
        [
            logits(instead={(1, 2): silent, (0, 0): silent}),
            *({"kind": "silence", "block": b, "head": h} for b, h in ((1, 2), (0, 0))),
        ],
        [logits(ids=[*IDS[:3], 65, *IDS[4:]]), {"kind": "token", "token": 3, "id": 65}],
        [logits()],
    ):
        torch.testing.assert_close(run(*changes), wanted, atol=1e-4, rtol=1e-4)

    # a share of one row: the others keep their proportions
    weights = seen["h.1.attention"][0].clone()
    kept = weights[5].clone()
    weights[5] = kept * (1 - 0.75) / (1 - kept[2])
    weights[5, 2] = 0.75
    found = weights @ seen["h.1.v"][0]
    change = {
        "kind": "number",
        "name": "h.1.attention",
        "token": 5,
        "head": 0,
        "index": 2,
        "value": 0.75,
    }
    torch.testing.assert_close(run(change), logits(instead={(1, 0): found}), atol=1e-4, rtol=1e-4)
    torch.testing.assert_close(weights.sum(-1), torch.ones(T))

    # a number of what the last MLP writes
    x = seen["h.1.residual"].clone()
    x[5, 3] += 2 - seen["h.1.mlp"][5, 3]
    wanted = gpt2.unembed(PARAMS, gpt2.layer_norm(PARAMS, CONFIG, "ln_f", x))
    change = {"kind": "number", "name": "h.1.mlp", "token": 5, "index": 3, "value": 2}
    torch.testing.assert_close(run(change), wanted, atol=1e-4, rtol=1e-4)


def test_with_the_cache_changes_go_on(inside):
    """Read in two parts, the second with the keys and values of the first: the same values."""
    worst = inside.evaluate("""() => {
      const changes = [{ kind: "silence", block: 0, head: 1 }], whole = {}, parts = {};
      gpt2.trace(params, config, ids, whole, changing(config, changes, whole));
      gpt2.trace(params, config, ids.slice(0, 5), parts, changing(config, changes, parts));
      for (const id of ids.slice(5))
        gpt2.trace(params, config, [id], parts, changing(config, changes, parts));
      let worst = 0;
      for (const name of ["h.1.k", "h.1.heads", "h.0.mlp", "logits"])
        whole[name].forEach((row, t) => row.forEach((value, i) =>
          (worst = Math.max(worst, Math.abs(value - parts[name][t][i])))));
      return worst }""")
    assert worst < 1e-5


# ---------------------------------------------------------------- in a browser


def table(page) -> torch.Tensor:
    """The numbers of the opened step, as its table says them."""
    if not page.locator("details.table[open]").count():
        page.get_by_text("numbers as a table").click()
    page.locator("details.table table").last.wait_for()
    cells = page.locator("details.table td").all_inner_texts()
    return torch.tensor([float(n.replace("−", "-").replace("∞", "inf")) for n in cells])


def test_every_step_opens_and_has_the_models_numbers(show, seen):
    page = show(explorer(step="h.1.ln_1", token=4))
    for name in flow.step_names(CONFIG):
        block, _, key = name.rpartition(".")
        if key in ("k", "v", "logits", "next") or block == "h.0":
            continue
        page.locator(f".row[data-step='{name}']:not(.block)").click()
        assert page.evaluate("window.state.step") == name
        wanted = rows(seen, name)[4]
        if key == "q":
            wanted = torch.cat([rows(seen, f"{block}.{part}")[4] for part in "qkv"])
        torch.testing.assert_close(table(page), wanted, atol=0.006, rtol=0)
        if key == "scores":  # the legend is the data's
            least, most = (n.item() for n in seen[name][0].aminmax())
            legend = page.locator(".map-with-axes small").last.inner_text().replace("−", "-")
            shown = [float(n) for n in re.findall(r"-?\d+\.\d+", legend)]
            assert shown == pytest.approx([least, most], abs=0.006)
    assert page.locator("b").filter(has_text="sat").count() == 0, "words must be text"
    assert page.locator(".chips button").nth(0).inner_text().split() == ["0", "<s>"]


@pytest.mark.parametrize("silenced", [False, True])
def test_the_python_of_a_step_gives_its_numbers(show, silenced, capsys):
    page = show(explorer(step="h.1.attention", head=2, token=4))
    if silenced:
        page.get_by_role("button", name="silence head 2").click()
    for key in "q attention masked heads merged attn c_fc residual".split():
        page.locator(f".row[data-step='h.1.{key}']:not(.block)").click()
        scope = {"params": PARAMS, "config": CONFIG}
        page.get_by_text("these numbers in Python").click()
        exec(page.locator(".in-python pre").inner_text(), scope)
        value = scope["value"]
        if value.dim() == 2:
            given = value[4]
        else:  # the table has all heads side by side
            given = value.movedim(-2, 0)[4].movedim(1, 0) if key == "q" else value[:, 4]
        torch.testing.assert_close(given.flatten(), table(page), atol=0.006, rtol=0)
    page.locator(".row[data-step='next']").click()
    page.get_by_label("top-p").fill("0.5")
    page.get_by_text("these numbers in Python").click()
    exec(page.locator(".in-python pre").inner_text(), scope)
    shown = page.locator(".panel .bar-row > span:last-of-type").first.inner_text()
    assert float(shown.split()[0]) == pytest.approx(100 * scope["value"].max().item(), abs=0.06)
    assert capsys.readouterr().out.count("tensor(") == 9


def test_arcs_end_at_words_and_small_numbers_can_be_seen(show, seen):
    page = show(explorer(step="h.1.attention", head=1))
    wanted = {s for s, w in enumerate(seen["h.1.attention"][1, -1]) if w >= 0.02}

    def arcs():
        return page.locator(".words path").evaluate_all(
            """all => all.map(path => {
              const words = path.closest(".words")?.querySelectorAll("button");
              if (!words) return null;  // it was drawn anew meanwhile
              const to = words[path.dataset.key], [x, y] = path.getAttribute("d")
                .match(/-?[\\d.]+/g).map(Number).slice(-2);
              return [Number(path.dataset.key), y - to.offsetTop,
                Math.abs(x - to.offsetLeft - to.offsetWidth / 2) <= 9] })"""
        )

    until(page, arcs, [[s, 0, True] for s in sorted(wanted)])
    page.set_viewport_size({"width": 800, "height": 700})  # the words lie in other lines
    until(page, arcs, [[s, 0, True] for s in sorted(wanted)])
    level = page.locator(".words .level").nth(3)
    reach = "node => Number(node.style.getPropertyValue('--reach'))"
    small = level.evaluate(reach)
    page.get_by_label("square-root").check()
    assert level.evaluate(reach) == pytest.approx(small**0.5)
    assert "square root" in page.locator(".map-with-axes").inner_text()


def test_by_keyboard_alone(show, seen):
    """From the text by Tab to the tokens, a step, a number of it, and back to all as it was."""
    page = show(explorer(step="h.1.attention", head=1))
    press = page.keyboard.press
    focused = "document.activeElement.shadowRoot.activeElement"
    page.locator(".chips button").last.wait_for()
    page.get_by_label("The text").focus()
    press("Tab")
    assert page.evaluate(focused + ".getAttribute('aria-label')").endswith(f"position {T - 1}")
    press("ArrowLeft")
    press("Enter")
    assert page.evaluate("window.state.token") == T - 2
    page.locator(".row[aria-pressed=true]").focus()
    press("ArrowDown")
    press("Enter")
    assert page.evaluate("window.state.step") == "h.1.masked"
    press("ArrowUp")
    press("ArrowUp")
    press("Enter")
    assert page.evaluate("window.state.step") == "h.1.heads"
    page.get_by_role("grid").focus()  # at the largest number of head 1
    press("Home")
    press("ArrowRight")
    said = page.get_by_role("gridcell").inner_text()
    value = seen["h.1.heads"][1, T - 2, 1].item()
    assert "number 1 of head 1" in said and said.endswith(f"{value:.3f}".replace("-", "−"))
    press("Enter")
    assert "share · value" in page.get_by_role("region", name="how a number").inner_text()
    page.get_by_label("change it to").fill("2.5")
    press("Enter")
    assert page.evaluate("window.state.changes") == [
        {"kind": "number", "name": "h.1.heads", "token": T - 2, "index": 9, "value": 2.5}
    ]
    page.get_by_role("grid").focus()
    press("Control+z")
    assert page.evaluate("window.state.changes") == []


def test_a_silenced_head_an_exchanged_token_and_a_moved_share_reach_the_next_word(show):
    page = show(explorer(step="h.1.attention", head=1))
    status, bars = page.get_by_role("status").last, page.get_by_role("list").locator("button")
    first = bars.all_inner_texts()
    page.get_by_role("button", name="silence head 1").click()
    assert "before the changes" in status.inner_text()
    page.get_by_role("button", name="let head 1 speak").wait_for()
    assert page.locator(".stack .note", has_text="changed by").count() > 5
    page.locator(".words button").nth(2).click()
    page.get_by_role("button", name="give it the whole row").click()
    page.locator(".words button.chosen").get_by_text("100\u00a0%").wait_for()
    page.locator(".chips button").nth(3).click()
    page.get_by_label("exchange").fill("unknown words")
    page.keyboard.press("Enter")
    assert "is not one token" in page.get_by_role("alert").inner_text()
    page.get_by_label("exchange").fill("near")
    page.keyboard.press("Enter")
    assert [change["kind"] for change in page.evaluate("window.state.changes")] == [
        *("silence", "number", "token")
    ]
    page.locator(".chips button.changed", has_text="near").wait_for()
    page.get_by_role("button", name="undo all").click()
    page.locator(".chips button").nth(T - 1).click()
    assert bars.all_inner_texts() == first and "before" not in status.inner_text()


def test_it_writes_on_with_the_cache(show):
    page = show(explorer())
    page.get_by_text("temperature, top-k").first.click()
    page.get_by_label("temperature").first.fill("0")
    page.get_by_role("button", name="Write a token").click()
    text = page.get_by_label("The text").input_value()
    best = logits()[-1].argmax().item()
    assert text == TOKENIZER.decode([*IDS[1:], best]) and page.evaluate("window.state.text") == text
    chips = page.locator(".chips button")
    assert chips.count() == T + 1 and page.locator(".chips .kept").count() == T
    assert f"{T} tokens came from the cache" in page.locator(".chips").inner_text()
    torch.testing.assert_close(
        table(page)[-T - 1 :],
        trace(PARAMS, CONFIG, [*IDS, best])["h.0.attention"][2, -1],
        atol=0.001,
        rtol=0,
    )
    page.get_by_label("The text").fill("the " * 60)
    page.get_by_role("alert").get_by_text("the model can read 24").wait_for()


ANSWERING = {}  # the view whose functions answer: a page's binding stays for the whole run


def answering(page, view):
    """The page, with a kernel behind it that asks the view's functions."""

    def answer(message, buffers):
        given = [bytes(part) for part in buffers]
        functions = ANSWERING["view"]._functions
        reply, parts = own.answer(functions, PARAMS, CONFIG, message, given)
        return [reply, [list(part) for part in parts]]

    if not ANSWERING:
        page.expose_function("kernel", answer)
    ANSWERING["view"] = view
    page.evaluate(
        """() => { window.hear = async (message, buffers, reply) => {
          const bytes = buffers.map((buffer) => Array.from(new Uint8Array(buffer)));
          const [answer, parts] = await window.kernel(message, bytes);
          reply(answer, parts.map((part) => new DataView(Uint8Array.from(part).buffer))) } }"""
    )
    return page


def test_in_the_browser_an_own_function_is_asked_and_marked(show, seen):
    def softmax(scores):  # forgets that rows are to be shared, and shares columns
        return scores.softmax(-2)

    def temperature(logits, t):  # multiplies
        return logits * t

    def sample_id(probabilities, u):  # takes the likeliest
        return probabilities.argmax()

    view = explorer(step="h.0.attention")
    page = answering(show(view), view)
    view.use(softmax)
    page.evaluate("own => window.receive({ own })", view.own)
    page.get_by_text("Your functions first differ from the model at h.0.attention").wait_for()
    badge = page.locator(".panel .badge.differs")
    assert "softmax" in badge.inner_text() and "and the model has 1.000" in badge.inner_text()
    shares = own.rows(rows(seen, "h.0.masked").unflatten(1, (3, T)).transpose(0, 1).softmax(-2))
    torch.testing.assert_close(table(page), shares[-1], atol=0.001, rtol=0)
    view.use()
    page.evaluate("window.receive({ own: {} })")
    page.locator(".changes .badge").wait_for(state="detached")
    torch.testing.assert_close(table(page), rows(seen, "h.0.attention")[-1], atol=0.001, rtol=0)

    # the dials, and who throws the dart
    view.use(temperature, sample_id)
    page.evaluate("own => window.receive({ own, step: 'next' })", view.own)
    page.get_by_label("temperature").fill("2")
    page.get_by_text("Your functions first differ from the model at next").wait_for()
    assert "Yours (temperature, sample_id)" in page.locator(".panel .badge.differs").inner_text()
    best = seen["logits"][-1].argmax().item()
    most = (2 * seen["logits"][-1]).softmax(-1).max().item()
    page.locator(".panel .bar-row > span").get_by_text(f"{most:.1%}"[:-1]).first.wait_for()
    page.get_by_role("button", name="Write a token").click()
    written = page.get_by_label("The text")
    page.wait_for_function("length => window.state.text.length > length", arg=len(TEXT))
    assert written.input_value() == TOKENIZER.decode([*IDS[1:], best])


def test_a_mended_function_is_asked_again_and_a_lost_kernel_is_said(show):
    def use(function):
        function.__name__ = "softmax"
        view.use(function)
        page.evaluate("news => window.receive(news)", {"own": view.own, "used": view.used})

    def fails(scores):
        raise RuntimeError("boom")

    def sample_id(probabilities, u):
        raise ValueError("no dart")

    view = explorer(step="h.0.attention")
    page = answering(show(view), view)
    changes = page.get_by_role("group", name="changes", exact=True)
    use(fails)
    changes.get_by_text("At h.0.attention the built-in step runs: your softmax: Runtime").wait_for()
    use(lambda scores: None)
    page.locator(".panel .badge", has_text="it gave NoneType, and a tensor is needed").wait_for()
    use(lambda scores: scores.softmax(-1).roll(1, -1))
    changes.get_by_text("Your functions first differ from the model at h.0.attention").wait_for()
    assert "not your functions" in page.locator(".in-python pre").text_content()
    use(lambda scores: scores.softmax(-1))
    page.locator(".panel .badge", has_text="the same as the model's").wait_for()
    assert changes.inner_text() == ""

    view.use(sample_id)
    page.evaluate("news => window.receive(news)", {"own": view.own, "used": view.used})
    page.get_by_role("button", name="Write a token").click()
    page.wait_for_function("length => window.state.text.length > length", arg=len(TEXT))
    assert "ValueError: no dart" in page.get_by_role("alert").inner_text()
    assert not page.locator(".chips .kept").count(), "the kernel's functions know no cache"

    page.evaluate("window.lose()")
    page.get_by_role("alert").get_by_text("The kernel was restarted or stopped").wait_for()
    assert page.locator(".panel .badge").count() == 1  # how to see one's own
    page.get_by_label("The text").fill("the robot")
    page.locator(".chips button").nth(4).wait_for(state="detached")


def test_two_clicks_write_two_tokens_and_a_typed_text_is_never_written_over(show):
    view = explorer()
    view.temperature = 0.0
    page = show(view)
    ids = list(IDS)
    for _ in range(3):
        ids.append(trace(PARAMS, CONFIG, ids)["logits"][-1].argmax().item())
    write, box = page.get_by_role("button", name="Write a token"), page.get_by_label("The text")
    write.dblclick()
    write.click()
    until(page, lambda: box.input_value(), TOKENIZER.decode(ids[1:]))
    box.fill("the " * 60)
    page.get_by_role("alert").get_by_text("the model can read 24").wait_for()
    write.click()
    assert box.input_value() == "the " * 60
    assert "the model can read 24" in page.get_by_role("alert").inner_text()
    box.fill("the fan")
    page.get_by_role("button", name="Write ten").click()
    until(
        page, lambda: box.input_value().startswith("the fan") and len(box.input_value()) > 9, True
    )
    box.fill("the robot")
    page.wait_for_timeout(700)
    assert box.input_value() == "the robot"


def test_a_share_set_by_hand_stays_with_its_word_and_goes_with_it(show):
    page = show(explorer(step="h.1.attention", head=1))
    changes = page.get_by_role("group", name="changes", exact=True)
    box = page.get_by_label("The text")
    page.locator(".words button").nth(2).click()
    page.get_by_role("button", name="give it the whole row").click()
    said = changes.locator("button").first.inner_text()
    assert "(2) answers, head 1, block 1" in said
    other = page.locator(".words button").nth(T - 1)
    other.click()
    panel = page.get_by_role("region", name="how a number")
    assert "Another share of this row was set by hand: 0.000 stands here" in panel.inner_text()
    box.fill(TEXT + " near")
    page.locator(".chips button").nth(T).wait_for()
    assert changes.locator("button").first.inner_text() == said
    box.fill(TEXT[:3])  # the word that asked is gone
    page.locator(".chips button").nth(2).wait_for(state="detached")
    until(page, changes.inner_text, "")
    page.get_by_role("button", name="silence head 1").click()
    page.locator(".row[data-step='h.1.heads']").click()
    page.locator(".cells").first.press("ArrowRight")
    assert "Silenced: 0.000 stands here instead of" in panel.inner_text()


def test_the_focus_stays_where_it_was(show):
    """What is drawn anew has it again: nobody has to begin with Tab at the top of the page."""
    page = show(explorer(step="h.1.attention", head=1))
    focus = """() => { const at = document.querySelector(".byhand-host").shadowRoot.activeElement;
      return at && at.textContent }"""
    for button in (
        page.locator(".tabs button").nth(2),
        page.get_by_role("button", name="silence head 2"),
        page.get_by_role("button", name="let head 2 speak"),
        page.locator(".sources button").first,
    ):
        button.focus()
        page.keyboard.press("Enter")
        assert page.evaluate(focus), "it is on nothing"
    page.get_by_label("change it to").fill("0x10")
    page.keyboard.press("Enter")
    assert "is not a number" in page.get_by_role("alert").inner_text()
    page.get_by_label("change it to").fill("−0.5")
    page.keyboard.press("Enter")
    undo = page.get_by_role("group", name="changes", exact=True).locator("button").first
    undo.focus()
    page.keyboard.press("Enter")
    assert page.evaluate(focus)
    page.locator(".row[data-step='h.1.heads']").click()
    page.locator(".cells").first.press("ArrowRight")
    heard = page.get_by_role("status").last.inner_text()
    assert re.search(r" is −?\d", heard), "a screen reader hears of the number"


def test_what_is_said_follows_the_dials(show):
    view = explorer(step="next")
    view.temperature = 3.0
    page = show(view)
    row = page.locator(".row[data-step='next'] .note")
    p = sampling.probabilities(logits()[-1], temperature=3.0)
    most = f"{p.max().item():.1%}"[:-1]
    assert most in row.inner_text() and most in page.get_by_role("status").last.inner_text()
    assert "before the dials" in page.locator(".lead").inner_text()
    page.get_by_label("temperature").fill("0")
    page.locator(".bars button").nth(1).click()
    panel = page.get_by_role("region", name="how a number").inner_text()
    assert "temperature 0 drops it" in panel and "top-k" not in panel


def test_a_text_that_cannot_be_read_leaves_nothing_half_drawn(show):
    view = explorer()
    view.text = "the " * 60  # an address may ask for it
    page = show(view)
    page.get_by_role("alert").get_by_text("the model can read 24").wait_for()
    assert not page.get_by_role("button", name="Write a token").is_visible()
    page.get_by_label("The text").fill("the robot")
    page.get_by_role("button", name="Write a token").wait_for()


def test_of_a_long_text_the_chosen_word_is_in_sight(show):
    page = show(explorer(step="h.1.attention"))
    page.set_viewport_size({"width": 390, "height": 700})
    inside = """() => { const root = document.querySelector(".byhand-host").shadowRoot,
      box = root.querySelector(".chips"), one = box.querySelector("[aria-pressed=true]");
      box.style.maxHeight = "40px"; box.style.overflow = "auto";
      root.querySelector(".chips button").click(); return true }"""
    page.evaluate(inside)
    page.locator(".chips button").nth(T - 1).click()
    seen = """() => { const root = document.querySelector(".byhand-host").shadowRoot,
      box = root.querySelector(".chips").getBoundingClientRect(),
      one = root.querySelector(".chips [aria-pressed=true]").getBoundingClientRect();
      return one.top >= box.top - 1 && one.bottom <= box.bottom + 1 }"""
    until(page, lambda: page.evaluate(seen), True)


@pytest.mark.parametrize("width", [390, 700, 1280, 1920])
def test_nothing_is_wider_than_the_page(show, width):
    page = show(explorer(step="h.1.q"))
    page.set_viewport_size({"width": width, "height": 800})
    page.wait_for_function(
        """width => {
          const { classList } = document.querySelector(".byhand-host").shadowRoot.firstChild;
          return classList.contains("narrow") === width < 660 &&
            classList.contains("wide") === width > 1010 }""",
        arg=width,
    )
    for step in ("h.1.q", "h.1.scores", "h.1.hidden", "logits", "next"):
        page.evaluate("step => window.receive({ step })", step)
        assert page.evaluate("document.documentElement.scrollWidth") <= width, step
    if width == 390:
        page.locator(".row[data-step='h.1.c_fc']").click()
        order = page.evaluate("""() => {
          const root = document.querySelector(".byhand-host").shadowRoot;
          return root.querySelector(".panel").previousElementSibling.dataset.step }""")
        assert order == "h.1.c_fc", "a step opens under its button"


def test_a_damaged_model_can_be_walked_through(show):
    params = PARAMS | {"h.1.mlp.c_proj.bias": torch.full((24,), torch.nan)}
    view = flow.FlowExplorer(params, CONFIG, TOKENIZER, TEXT, step="h.1.mlp")
    assert "goes up block 1" in view.bundles()[0]["text/html"]
    page = show(view)
    page.get_by_text("The logits are not numbers").wait_for()
    assert "not a number" in page.get_by_role("region", name="how a number").inner_text()
    page.get_by_role("button", name="Write a token").click()
    assert "nothing can come next" in page.get_by_role("alert").inner_text()
    page.locator(".row[data-step='h.1.hidden']").click()
    assert "0.5 · x" in page.get_by_role("region", name="how a number").inner_text()
