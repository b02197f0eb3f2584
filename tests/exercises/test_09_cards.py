"""Lesson 09's cards: answers as learners type them, what passes, and what the card says of the
rest.
"""

import pytest

from tests.exercises.cards import fails, passes

C_PROJ = """def ablate_head(params, layer, head, n_head):
    out = {{}}
    for name, p in params.items():
        if name.startswith({start}) and name.endswith("{end}"):
            D = {wide} // n_head
            p = p.clone()
            p[head * D : (head + 1) * D] = 0
        out[name] = p
    return out"""

EVENTS = """def music_to_events(notes):
    moments = sorted(
        [(s, 1, {order}) for p, s, e, v in notes] + [(e, 0, {order}) for p, s, e, v in notes]
    )
    out, now, loud = [], 0, {loud}
    for t, on, {order} in moments:
        while now < t:
            step = min(100, t - now)
            out.append(255 + step)
            now += step
        if on and v != loud:
            out.append(356 + v)
            loud = v
        out.append(p if on else 128 + p)
    return out"""
PLAYED = """def music_to_events(notes):
    moments = []
    for pitch, start, end, level in notes:
        moments += [(start, 1, pitch, level), (end, 0, pitch, level)]
    events, now, loud, struck = [], 0, None, None
    for time, on, pitch, level in sorted(moments{key}):
        gap, now = time - now, time
        {shifts}
        if on and level != loud{more}:
            events.append(356 + level)
            loud = level
        struck = time if on else struck
        events.append(pitch if on else 128 + pitch)
    return events"""
GAP = """while gap > {over}:
            events.append(255 + min(100, gap))
            gap -= min(100, gap)"""
ONE_FULL = """if gap > 100:
            events.append(355)
            gap {rest}
        if gap > 0:
            events.append(255 + gap)"""
SEQUENCE = """def as_one_sequence(source, answer, separator, end, room):
    if {too_long}:
        source = source[: room - len(answer) - 1]
    ids = source + [separator] + answer + [end]
    {targets}
    return ids[:-1], targets"""
BERT = """def masked_language_model_view(ids, u, v, random_ids, mask_id):
    chosen = u < 0.15
    inputs = torch.where(chosen & (v < 0.8), mask_id, ids)
    inputs = torch.where(chosen & {swapped} & (v < 0.9), random_ids, inputs)
    return inputs, torch.where(chosen, ids, -100)"""

RIGHT = {
    "events step by step": (
        "music_to_events",
        PLAYED.format(key="", shifts=GAP.format(over=0), more=""),
    ),
    "targets built from their parts": (
        "as_one_sequence",
        SEQUENCE.format(
            too_long="len(source) + len(answer) + 1 > room",
            targets="targets = [-100] * len(source) + answer + [end]",
        ),
    ),
    "a mask for each tenth": (
        "masked_language_model_view",
        BERT.format(swapped="(v >= 0.8)"),
    ),
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
    "a deep copy, changed": (
        "ablate_head",
        """def ablate_head(params, layer, head, n_head):
    import copy

    new = copy.deepcopy(params)
    weight = new[f"h.{layer}.attn.c_proj.weight"]
    D = len(weight) // n_head
    weight[head * D : (head + 1) * D] = 0
    return new""",
    ),
    "a copy, changed without gradients": (
        "ablate_head",
        """def ablate_head(params, layer, head, n_head):
    new = {name: p.clone() for name, p in params.items()}
    with torch.no_grad():
        weight = new[f"h.{layer}.attn.c_proj.weight"]
        D = len(weight) // n_head
        weight[head * D : (head + 1) * D] = 0
    return new""",
    ),
    "numbers of Python's own at the borders": (
        "masked_language_model_view",
        """def masked_language_model_view(ids, u, v, random_ids, mask_id):
    inputs, labels = ids.clone(), torch.full_like(ids, -100)
    for b in range(len(ids)):
        for t in range(ids.shape[1]):
            if u[b, t].item() < 0.15:
                labels[b, t] = ids[b, t]
                if v[b, t].item() < 0.8:
                    inputs[b, t] = mask_id
                elif v[b, t].item() < 0.9:
                    inputs[b, t] = random_ids[b, t]
    return inputs, labels""",
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
    "every c_proj of the block": (
        "ablate_head",
        C_PROJ.format(start='f"h.{layer}."', end="c_proj.weight", wide="p.shape[1]"),
        ("the MLP's c_proj as well",),
    ),
    "every c_proj of the block, by its own rows": (
        "ablate_head",
        C_PROJ.format(start='f"h.{layer}."', end="c_proj.weight", wide="len(p)"),
        ("the MLP's c_proj as well",),
    ),
    "every block that begins with h.1": (
        "ablate_head",
        C_PROJ.format(start='f"h.{layer}"', end="attn.c_proj.weight", wide="len(p)"),
        ("Include the dot after the number", "! MLP"),
    ),
    "every c_proj of every block that begins with h.1": (
        "ablate_head",
        C_PROJ.format(start='f"h.{layer}"', end="c_proj.weight", wide="len(p)"),
        ("Two things: `mlp.c_proj.weight`",),
    ),
    "a tensor of words": (
        "as_one_sequence",
        """def as_one_sequence(source, answer, separator, end, room):
    source = source[: room - len(answer) - 1]
    row = torch.tensor(source + [separator] + answer + [end])
    targets = row[1:].clone()
    targets[: len(source)] = -100
    return row[:-1].tolist(), targets.tolist()""",
        ("Perhaps: Right for ids.",),
    ),
    "an array of words": (
        "as_one_sequence",
        """def as_one_sequence(source, answer, separator, end, room):
    import numpy as np

    source = source[: room - len(answer) - 1]
    row = np.array([*source, separator, *answer, end])
    targets = row[1:].copy()
    targets[: len(source)] = -100
    return row[:-1].tolist(), targets.tolist()""",
        ("an array of words turns -100 into the text",),
    ),
    "as soft as nothing at the beginning": (
        "music_to_events",
        EVENTS.format(order="p, v", loud="0"),
        ("Your loudness begins at 0",),
    ),
    "the lens in float32": (
        "logit_lens",
        """def logit_lens(stream, ln_weight, ln_bias, wte):
    return reference(stream, ln_weight, ln_bias, wte).float()""",
        ("they are float32",),
    ),
    "hidden by value": (
        "as_one_sequence",
        """def as_one_sequence(source, answer, separator, end, room):
    source = source[: room - len(answer) - 1]
    ids = [*source, separator, *answer, end]
    targets = [-100 if i in source or i == separator else i for i in ids[1:]]
    return ids[:-1], targets""",
        ("Hide by place, not by value",),
    ),
    "the softest note first": (
        "music_to_events",
        EVENTS.format(order="v, p", loud="None"),
        ("the pitch comes before the level",),
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
    "both borders one too far": (
        "masked_language_model_view",
        """def masked_language_model_view(ids, u, v, random_ids, mask_id):
    labels = torch.where(u < 0.15, ids, -100)
    seen = torch.where(v <= 0.8, mask_id, torch.where(v <= 0.9, random_ids, ids))
    return torch.where(u < 0.15, seen, ids), labels""",
        ("Each of these ways ends *below* its border",),
    ),
    "cut one token too late": (
        "as_one_sequence",
        SEQUENCE.format(
            too_long="len(source) + len(answer) > room",
            targets="targets = [-100] * len(source) + answer + [end]",
        ),
        ("one token too long", "exactly one token too many"),
    ),
    "the next word looked up": (
        "as_one_sequence",
        SEQUENCE.format(
            too_long="len(source) + len(answer) + 1 > room",
            targets="""targets = [-100] * len(source)
    targets += [ids[ids.index(i, len(source)) + 1] for i in ids[len(source) : -1]]""",
        ),
        ("the same word twice",),
    ),
    "mask_id in the text taken for hidden": (
        "masked_language_model_view",
        BERT.format(swapped="(inputs != mask_id)"),
        ("You take every `mask_id` for a place that you have hidden",),
    ),
    "no time-shift of one tick": (
        "music_to_events",
        PLAYED.format(key="", shifts=GAP.format(over=1), more=""),
        ("A time-shift of 1 tick is 256",),
    ),
    "by pitch before the kind": (
        "music_to_events",
        PLAYED.format(key=", key=lambda m: (m[0], m[2], m[1])", shifts=GAP.format(over=0), more=""),
        ("Within one moment you go by pitch alone",),
    ),
    "one full shift, then a long one": (
        "music_to_events",
        PLAYED.format(key="", shifts=ONE_FULL.format(rest="-= 100"), more=""),
        ("one full shift at most",),
    ),
    "one full shift, then the rest": (
        "music_to_events",
        PLAYED.format(key="", shifts=ONE_FULL.format(rest="%= 100"), more=""),
        ("one full shift at most",),
    ),
    "one velocity for a chord": (
        "music_to_events",
        PLAYED.format(key="", shifts=GAP.format(over=0), more=" and time != struck"),
        ("Each can have its own level",),
    ),
}


@pytest.mark.parametrize("name, source, words", WRONG.values(), ids=WRONG)
def test_wrong_and_what_the_card_says(name, source, words):
    fails(name, source, *words)
