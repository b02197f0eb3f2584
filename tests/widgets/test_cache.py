"""The explorer of the KV cache: its numbers are the model's."""

import pytest

from tests.exercises import references
from utils import gpt2, parts
from utils.trace import trace
from utils.widgets.cache import CacheExplorer

lesson = references("06_logits_and_sampling")

CONFIG = gpt2.Config(vocab_size=30, n_positions=12, n_embd=12, n_layer=2, n_head=3)
PARAMS = parts.random_params(CONFIG, 0)
IDS, WORDS = [3, 1, 4, 1, 5], ["a", "<b>robot</b>", "must", "obey", "it"]


def cache(**chosen):
    return CacheExplorer(PARAMS, CONFIG, IDS, WORDS, **chosen)


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
