"""Lesson 09's cards: answers as learners type them, what passes, and what the card says of the
rest.
"""

import pytest

from tests.exercises.cards import fails, passes

RIGHT = {
    "numpy's way to sum": (
        "attention_from_head",
        """def attention_from_head(attention, wanted):
    total = torch.where(wanted, attention, 0.0).sum(dim=-1)
    return total[..., wanted.sum(-1) > 0].mean(dim=-1)""",
    ),
    "a product with a mask": (
        "ablate_head",
        """def ablate_head(params, layer, head, n_head):
    name = f"h.{layer}.attn.c_proj.weight"
    C = params[name].shape[0]
    keep = torch.arange(C) // (C // n_head) != head
    return params | {name: params[name] * keep[:, None]}""",
    ),
}


@pytest.mark.parametrize("name, source", RIGHT.values(), ids=RIGHT)
def test_right_in_another_way(name, source):
    passes(name, source)


# label: (exercise, source, words as tests.exercises.cards.fails takes them)
WRONG = {
    "silenced in place": (
        "ablate_head",
        """def ablate_head(params, layer, head, n_head):
    n = f"h.{layer}.attn.c_proj.weight"
    w = params[n]
    D = len(w) // n_head
    w[head * D : (head + 1) * D] = 0
    return {**params, n: w}""",
        ("It changes `params`",),
    ),
    "put back into the old dict": (
        "ablate_head",
        """def ablate_head(params, layer, head, n_head):
    n = f"h.{layer}.attn.c_proj.weight"
    w = params[n].clone()
    D = len(w) // n_head
    w[head * D : (head + 1) * D] = 0
    params[n] = w
    return params""",
        ("It changes `params`",),
    ),
    "one long shift": (
        "music_to_events",
        """def music_to_events(notes):
    moments = sorted(
        [(s, 1, p, v) for p, s, e, v in notes] + [(e, 0, p, v) for p, s, e, v in notes]
    )
    out, now, last = [], 0, None
    for t, on, p, v in moments:
        if t > now:
            out.append(255 + t - now)
            now = t
        if on and v != last:
            out.append(356 + v)
            last = v
        out.append(p if on else 128 + p)
    return out""",
        ("A long gap is one event in your version",),
    ),
    "notes sorted in place": (
        "music_to_events",
        """def music_to_events(notes):
    notes.sort()
    return reference(notes)""",
        ("It changes `notes`",),
    ),
    "percent": (
        "predict_it_without",
        "def predict_it_without():\n    return round(100 * reference())",
        ("right in percent",),
    ),
    "inputs changed in place": (
        "masked_language_model_view",
        """def masked_language_model_view(ids, u, v, random_ids, mask_id):
    chosen = u < 0.15
    labels = torch.where(chosen, ids, -100)
    ids[chosen & (v < 0.8)] = mask_id
    swap = chosen & (v >= 0.8) & (v < 0.9)
    ids[swap] = random_ids[swap]
    return ids, labels""",
        ("It changes `ids`",),
    ),
    "source cut in place": (
        "as_one_sequence",
        """def as_one_sequence(source, answer, separator, end, room):
    del source[max(0, room - len(answer) - 1):]
    return reference(source, answer, separator, end, room)""",
        ("It changes `source`",),
    ),
    "a small letter": (
        "predict_without_mask",
        'def predict_without_mask():\n    return "Worse"',
        ("lower case",),
    ),
}


@pytest.mark.parametrize("name, source, words", WRONG.values(), ids=WRONG)
def test_wrong_and_what_the_card_says(name, source, words):
    fails(name, source, *words)
