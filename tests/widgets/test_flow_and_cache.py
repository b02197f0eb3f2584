"""The two explorers of a block's inside: one token on its way up, and the KV cache. Their numbers
are the model's.
"""

import pytest
import torch

from tests.exercises import references
from utils import gpt2, parts
from utils.trace import trace
from utils.widgets.cache import CacheExplorer
from utils.widgets.flow import FlowExplorer

lesson = references("06_logits_and_sampling")

CONFIG = gpt2.Config(vocab_size=30, n_positions=12, n_embd=12, n_layer=2, n_head=3)
PARAMS = parts.random_params(CONFIG, 0)
IDS, WORDS = [3, 1, 4, 1, 5], ["a", "<b>robot</b>", "must", "obey", "it"]


def flow(**chosen):
    return FlowExplorer(PARAMS, CONFIG, IDS, WORDS, **chosen)


def cache(**chosen):
    return CacheExplorer(PARAMS, CONFIG, IDS, WORDS, **chosen)


# ---------------------------------------------------------------- one token goes up a block


@pytest.mark.parametrize("layer", [0, 1])
def test_the_steps_lead_from_the_stream_below_to_the_stream_above(layer):
    view, seen = flow(layer=layer, token=3), trace(PARAMS, CONFIG, IDS)
    values = [view.values(i) for i in range(15)]
    h = f"h.{layer}."
    below = seen["residual"] if layer == 0 else seen["h.0.residual"]
    block = {name: p for name, p in PARAMS.items() if name.startswith(h)}
    torch.testing.assert_close(values[0][0][0], below[3])
    assert torch.equal(torch.cat([part.flatten() for part in values[3]]), values[2][0][0]), (
        "to split changes no number"
    )
    q, k, v = values[3]
    torch.testing.assert_close(
        values[4][0][:, 3], (q * k).sum(-1) / 2
    )  # its score for itself, over the root of 4
    torch.testing.assert_close(values[5][0], values[4][0].softmax(-1))
    torch.testing.assert_close(
        values[6][0], torch.einsum("hs,hsd->hd", values[5][0], seen[h + "v"][:, :4])
    )
    torch.testing.assert_close(values[9][0], values[0][0] + values[8][0])
    torch.testing.assert_close(
        values[11][0], values[10][0] @ block[h + "mlp.c_fc.weight"] + block[h + "mlp.c_fc.bias"]
    )
    torch.testing.assert_close(
        values[12][0], torch.nn.functional.gelu(values[11][0], approximate="tanh")
    )
    torch.testing.assert_close(values[14][0], values[9][0] + values[13][0])
    torch.testing.assert_close(values[14][0][0], seen[h + "residual"][3])


def test_each_step_says_the_shapes_that_it_has():
    view = flow(token=2)
    for step in view.steps:
        last = step["shape"].split("→")[-1].strip()
        for part in step["parts"]:
            rows, columns = part["shape"]
            assert last in (f"({columns},)", f"({rows}, {columns})", f"3 × ({rows}, {columns})"), (
                step["name"]
            )
    sent = torch.frombuffer(bytearray(view.numbers), dtype=torch.float32)
    for i, step in enumerate(view.steps):
        for part, values in zip(step["parts"], view.values(i), strict=True):
            assert torch.equal(sent[part["at"] :][: values.numel()], values.flatten()), (
                "the browser gets what values() gives"
            )


@pytest.mark.parametrize("name, value", [("layer", 2), ("token", 5), ("token", -1), ("step", 15)])
def test_a_step_that_does_not_exist_is_refused(name, value):
    view = flow()
    with pytest.raises(Exception, match=f"{name} must be from 0"):
        setattr(view, name, value)
    with pytest.raises(ValueError, match="5 tokens and 4 words"):
        FlowExplorer(PARAMS, CONFIG, IDS, WORDS[:4])


def test_without_a_kernel_all_steps_are_in_one_picture():
    static, _ = flow(layer=1, token=1).bundles()
    assert "<b>robot" not in static["text/html"] and "<img alt=" in static["text/html"]
    assert "goes up block 1: the numbers of 15 steps" in static["text/html"]
    assert "c_fc" in static["text/plain"] and static == flow(layer=1, token=1).bundles()[0]


def test_in_a_browser_steps_open_by_mouse_and_keyboard(show):
    view = flow(layer=1, token=3)
    page = show(view)

    def numbers(part=0):
        text = page.locator(".flowview-panel table").nth(part).locator("td").all_inner_texts()
        return torch.tensor([float(n.replace("−", "-")) for n in text if n])

    def shows(step):
        assert page.evaluate("window.state.step") == step
        for i, values in enumerate(view.values(step)):
            torch.testing.assert_close(numbers(i), values.flatten(), atol=0.00501, rtol=0)

    shows(0)
    page.get_by_role("button", name="softmax").click()
    shows(5)
    assert page.locator(".flowview-panel th[scope=col]").all_inner_texts() == WORDS[:4]
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowDown")
    shows(3)
    page.get_by_role("button", name="▲ up").click()
    shows(4)
    page.keyboard.press("Tab")
    assert page.get_by_role("button", name="scores").get_attribute("aria-pressed") == "true"
    page.get_by_role("group", name="the tokens").get_by_role("button").nth(4).click()
    page.get_by_text("working …").wait_for()
    view.token = 4
    page.evaluate(
        "([steps, bytes]) => window.receive({ steps, numbers: new "
        "DataView(Uint8Array.from(bytes).buffer), answered: 1 })",
        [view.steps, list(view.numbers)],
    )
    shows(4)
    assert page.get_by_text("working …").count() == 0


# ---------------------------------------------------------------- the cache


def test_counts_are_those_of_a_run_with_and_without_a_cache():
    from torch.utils.flop_counter import FlopCounterMode

    view, kept = cache(), parts.empty_cache(CONFIG.n_layer, CONFIG.n_head, 4)
    for t in range(5):
        with FlopCounterMode(display=False) as counter:
            _, kept = lesson.forward_with_cache(PARAMS, IDS[t : t + 1], kept, CONFIG.n_head)
        view.step, view.kept = t, True
        counts = view.counts()
        assert (counts["made"], counts["kept"], counts["used"]) == (6, 6 * t, 6 * (t + 1))
        assert counts["multiplications"] == counter.get_total_flops() / 2
        view.kept = False
        assert (
            view.counts()["made"] == view.counts()["used"] == 6 * (t + 1)
            and view.counts()["kept"] == 0
        )
        assert view.counts()["multiplications"] >= counts["multiplications"]
    assert view.counts()["so far"] == sum(without for _, without in view.work)


def test_the_cache_explorer_refuses_too_much_and_is_escaped():
    with pytest.raises(ValueError, match="1 to 16 tokens"):
        CacheExplorer(PARAMS, CONFIG, [], [])
    with pytest.raises(Exception, match="head must be from 0 to 2"):
        cache().head = 3
    static, _ = cache(head=2).bundles()
    assert "<b>robot" not in static["text/html"] and static["text/html"].count("<img") == 5


def test_in_a_browser_the_cache_is_stepped_through(show):
    view, seen = cache(), trace(PARAMS, CONFIG, IDS)
    page = show(view)
    for _ in range(3):
        page.get_by_role("button", name="next").click()
    page.get_by_role("slider", name="token").press("ArrowLeft")
    page.get_by_label("head", exact=True).select_option("2")
    page.get_by_label("layer", exact=True).select_option("1")
    assert page.evaluate("[window.state.step, window.state.layer, window.state.head]") == [2, 1, 2]
    rows = page.locator(".cacheview-sheet tr")
    assert rows.locator("b").all_inner_texts() == WORDS, "words must be text"
    shares = [rows.nth(s + 1).locator("td").nth(2).inner_text().strip() for s in range(3)]
    assert shares == [f"{w:.2f}" for w in seen["h.1.attention"][2, 2, :3].tolist()]
    assert (
        page.locator(".cacheview-sheet small").all_inner_texts()
        == ["kept, used"] * 2 + ["new: made now"] + ["not read yet"] * 2
    )
    page.get_by_label("keep keys and values").press("Space")
    assert page.locator(".cacheview-sheet small").all_inner_texts()[:2] == ["made again"] * 2
    view.step, view.kept = 2, False
    assert f"{view.counts()['multiplications']:,}" in page.locator(".cacheview-counts").inner_text()
