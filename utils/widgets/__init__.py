"""Explorers: things that move. Each shows a static figure where no kernel runs."""


def with_static(live, html: str, text: str) -> dict:
    """A live widget's mime bundle (or what its `_repr_mimebundle_` gave: a pair, None) with its static forms beside it."""
    live = live[0] if isinstance(live, tuple) else live or {}
    return {**live, "text/html": html, "text/plain": text}
