"""GPT-2 in JavaScript computes what utils.trace, utils.sampling and utils.bpe compute in Python."""

import base64
import json
import random

import pytest
import torch

from utils import bpe, checkpoint, gpt2, sampling, stories
from utils.trace import trace
from utils.widgets import script, vocabulary

STORIES, READ, WRITTEN, COMPARED = 50, 24, 100, 40
PAGE = """<!doctype html><meta charset="utf-8"><input type="file" multiple><script>%s
const params = safetensors.read(Uint8Array.from(atob("%s"), (c) => c.charCodeAt(0)).buffer);
const config = %s, tokenizer = new bpe.Tokenizer(...%s), other = new bpe.Tokenizer(...%s);

// For each text the largest difference of its first tokens' values to what the chosen files hold
// (token rows of every value, one after the other), and what would come after each token.
async function compare(texts, rows) {
  const worst = {}, next = [], files = document.querySelector("input").files;
  for (let n = 0; n < texts.length; n++) {
    const wanted = new Float32Array(await files[n].arrayBuffer());
    const seen = gpt2.trace(params, config, texts[n]);
    let at = 0;
    for (const [name, values] of Object.entries(seen)) {
      if (/masked|merged|c_fc/.test(name)) continue;  // utils.trace does not keep these
      worst[name] ??= 0;
      for (const row of values.slice(0, rows))
        for (const value of row)
          worst[name] = Math.max(worst[name], Math.abs(value - wanted[at++]));
    }
    if (at !== wanted.length) throw new Error(`${at} numbers, not ${wanted.length}`);
    next.push(seen.logits.map((logits) => logits.indexOf(Math.max(...logits))));
  }
  return [worst, next];
}
const greedy = (ids, count) => {
  const seen = {}, made = [];
  for (let next = ids; made.length < count; next = made.slice(-1))
    made.push(gpt2.likeliest(gpt2.forward(params, config, next, seen))[0]);
  return made;
};
</script>"""


@pytest.fixture(scope="module")
def model():
    return checkpoint.load("bundled")


@pytest.fixture(scope="module")
def prompts(model):
    _, config, tokenizer = model
    texts = (story.text for story in stories.generate(5, 10 * STORIES))
    ids = ([config.eos_token_id, *tokenizer.encode(text)] for text in texts)
    return [i[:READ] for i in ids if len(i) >= READ][:STORIES]


@pytest.fixture(scope="module")
def page(browser, model, tmp_path_factory):
    """All tests of this file look at one page, loaded once."""
    _, config, tokenizer = model
    folder = tmp_path_factory.mktemp("page")
    weights = (checkpoint.DATA / "bundled_gpt2" / "model.safetensors").read_bytes()
    own = bpe.train("low lower lowest newer wider aaa", 270)
    (folder / "page.html").write_text(
        PAGE
        % (
            script("gpt2", "bpe", "safetensors"),
            base64.b64encode(weights).decode(),
            json.dumps(vars(config)),
            json.dumps(vocabulary(tokenizer)),
            json.dumps(vocabulary(own)),
        ),
        encoding="utf-8",
    )
    page, errors = browser.new_page(), []
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.goto((folder / "page.html").as_uri())
    yield page
    page.close()
    assert errors == []


def by_token(name, value):
    """What utils.trace gives, a row for each token: heads side by side."""
    if name.split(".")[-1] in ("q", "k", "v", "scores", "attention", "heads"):
        value = value.transpose(0, 1)
    return value.flatten(1)


@pytest.fixture(scope="module")
def written(model, prompts):
    """Each prompt with the 100 tokens that greedy decoding puts behind it."""
    params, config, _ = model
    cache, made = gpt2.Cache(config, batch=STORIES), [torch.tensor(prompts)]
    with torch.inference_mode():
        for _ in range(WRITTEN):
            made.append(gpt2.forward(params, config, made[-1], cache)[:, -1:].argmax(-1))
    return torch.cat(made, dim=1).tolist()


def test_fifty_stories_have_the_same_values_and_the_same_greedy_text(
    page, model, written, tmp_path
):
    """What comes after each token is compared along the text, so equal all along is equal text."""
    params, config, _ = model
    for n, ids in enumerate(written):
        seen = trace(params, config, torch.tensor(ids))
        rows = [by_token(name, value)[:COMPARED].flatten() for name, value in seen.items()]
        (tmp_path / f"{n:02}").write_bytes(torch.cat(rows).numpy().tobytes())
    page.locator("input").set_input_files(sorted(tmp_path.iterdir()))
    worst, following = page.evaluate("texts => compare(texts, %d)" % COMPARED, written)
    assert worst.keys() == seen.keys()
    assert all(difference < 1e-3 for difference in worst.values()), worst
    for ids, after in zip(written, following, strict=True):
        assert ids[READ:] == after[READ - 1 : -1]


def test_with_the_cache_the_text_is_the_same(page, written):
    for ids in written[:3]:
        assert page.evaluate(f"ids => greedy(ids, {WRITTEN})", ids[:READ]) == ids[READ:]


@pytest.mark.parametrize(
    "dials",
    [
        {},
        {"temperature": 0.0},
        {"temperature": 0.4, "top_k": 5},
        {"top_p": 0.8},
        {"top_p": 0.0},
        {"temperature": 2.5, "top_k": 40, "top_p": 0.6},
        {"top_k": 99},
    ],
)
def test_the_dials_are_pythons(page, dials):
    logits = 3 * torch.randn(60, generator=torch.Generator().manual_seed(4))
    logits[7] = logits[50] = logits.max()  # a tie
    found = page.evaluate(
        "([logits, dials]) => Array.from(gpt2.probabilities(logits, dials))",
        [logits.tolist(), dials],
    )
    torch.testing.assert_close(
        torch.tensor(found).float(), sampling.probabilities(logits, **dials), atol=1e-6, rtol=0
    )


def test_draws_are_as_likely_as_they_should_be(page):
    counts = page.evaluate("""() => {
      const random = gpt2.random(3), counts = [0, 0, 0, 0];
      for (let i = 0; i < 20000; i++) counts[gpt2.sample_id([0.5, 0, 0.3, 0.2], random())]++;
      return counts }""")
    assert counts[1] == 0
    torch.testing.assert_close(
        torch.tensor(counts) / 20000, torch.tensor([0.5, 0, 0.3, 0.2]), atol=0.015, rtol=0
    )


TEXTS = [
    "",
    " ",
    "Nobody sat near the fan.",
    "don't you'll",
    "  two  spaces \n\n and lines ",
    "unbelievable 12345",
    "🤖 héllo 漢字かな",
    "\ufeffa\u0085b\u00a0c\u2003d\x1ce",
    "<|endoftext|> is text",
    "a" * 3000,
]


def test_the_tokenizer_is_pythons(page, model):
    tokenizer, own = model[2], bpe.train("low lower lowest newer wider aaa", 270)
    signs = random.Random(0)
    texts = TEXTS + ["".join(signs.choices("the aos'.1\n 🤖é", k=40)) for _ in range(30)]
    for name, here in (("tokenizer", tokenizer), ("other", own)):
        found = page.evaluate(f"texts => texts.map((text) => {name}.encode(text))", texts)
        assert found == [here.encode(text) for text in texts]
        back = page.evaluate(f"ids => ids.map((ids) => {name}.decode(ids))", found)
        assert back == texts
        ids = range(here.vocab_size)
        merges = page.evaluate(f"ids => ids.map((id) => {name}.merges_of(id))", list(ids))
        assert merges == [
            [[part.decode("latin-1") for part in pair] for pair in here.merges_of(i)] for i in ids
        ]
    assert page.evaluate("ids => tokenizer.decode(ids)", [300, 200]) == tokenizer.decode([300, 200])


@pytest.mark.parametrize(
    "wrong, said",
    [
        (
            "gpt2.trace(params, config, Array(257).fill(1))",
            "257 tokens, and the model can read 256",
        ),
        ("gpt2.trace(params, config, [])", "at least one word"),
        ("gpt2.trace(params, config, [1347])", "between 0 and 1346"),
        ("gpt2.trace(params, config, [NaN])", "between 0 and 1346"),
        ("gpt2.probabilities([0, NaN, 1])", "nan or inf"),
        ("tokenizer.encode('a\\ud83e')", "half a character"),
    ],
)
def test_bad_input_gets_a_sentence(page, wrong, said):
    assert said in page.evaluate(f"() => {{ try {{ {wrong} }} catch (e) {{ return e.message }} }}")
