"""Exercises of lesson 09: what a head looks at, the logit lens, ablation; then a masked model, one
sequence for any task, music.
"""

from functools import cache

import torch
import torch.nn.functional as F

from utils import ablation, checkpoint, gpt2, music, stories, training
from utils.exercises import Case, Exercise, Mistake, prediction
from utils.exercises.decoder_block import layer_norm
from utils.exercises.logits_and_sampling import unembed
from utils.trace import streams, trace

KINDS = (
    "name",
    "robot",
    "she",
    "such",
    "it",
    "line",
    "place",
)  # references of which 100 stories have enough
UNSEEN = {
    "seed": 1,
    "count": 100,
    "held_out": True,
}  # the stories that the bundled model's recorded heads were found on


# ---------------------------------------------------------------- references: inside


def attention_from_head(attention, wanted):
    found = (attention * wanted).sum(-1)  # (..., T, T) -> (..., T)
    asking = wanted.any(-1)  # (T,)
    return found[..., asking].mean(-1)  # (..., T) -> (...)


def logit_lens(stream, ln_weight, ln_bias, wte):
    x = layer_norm(stream, ln_weight, ln_bias)  # (..., C) -> (..., C)
    return unembed(x, wte)  # (..., C) -> (..., V)


def predict_depths():
    known = known_by_depth()
    return tuple(
        next(depth for depth, share in enumerate(known[kind]) if share > 0.5)
        for kind in ("robot", "place")
    )


def ablate_head(params, layer, head, n_head):
    name = f"h.{layer}.attn.c_proj.weight"
    weight = params[name].clone()  # (C, C)
    D = len(weight) // n_head
    weight[head * D : (head + 1) * D] = 0
    return {**params, name: weight}


def predict_it_without():
    return round(
        right_without(layer=3, head=2)["it"], 2
    )  # training.json: the head with the highest score for "it"


# ---------------------------------------------------------------- what the lesson measures with


def asked(tokenizer, some_stories):
    """Where stories can only be told on by who looks back: (ids (N, T), {kind: (rows, places)}).

    ids: each story's document in a row, filled up with 0 behind its end. Of each kind of reference
    in KINDS, the answers are ids[rows, places], and the model guesses them one place earlier.
    """
    documents = [training.document(tokenizer, story) for story in some_stories]
    ids = torch.nn.utils.rnn.pad_sequence(documents, batch_first=True)  # (N, T)
    found = {kind: [] for kind in KINDS}
    for row, (document, story) in enumerate(zip(documents, some_stories)):
        for reference, answer, _, _ in training.locate(tokenizer, document, story):
            if reference.kind in KINDS:
                found[reference.kind].append((row, answer))
    return ids, {kind: tuple(torch.tensor(pairs).T) for kind, pairs in found.items()}


@torch.inference_mode()
def share_right(params, config, ids, places):
    """How often the model's best guess is the answer, {kind: share}; ids and places as `asked`
    gives them.
    """
    top = gpt2.transformer(params, config, ids)  # (N, T) -> (N, T, C)
    shares = {}
    for kind, (rows, at) in places.items():
        guess = gpt2.unembed(params, top[rows, at - 1]).argmax(-1)  # (n, C) -> (n,)
        shares[kind] = (guess == ids[rows, at]).float().mean().item()
    return shares


@cache
def right_without(layer, head):
    """`share_right` of the bundled model without one head, over the stories of UNSEEN."""
    params, config, tokenizer = checkpoint.load("bundled")
    return share_right(
        ablate_head(params, layer, head, config.n_head),
        config,
        *asked(tokenizer, stories.generate(**UNSEEN)),
    )


@cache
def known_by_depth(count=40):
    """How often the logit lens of the bundled model shows the answer, {kind: [before block 0, after
    block 0, …]}.
    """
    params, config, tokenizer = checkpoint.load("bundled")
    hits = {kind: [] for kind in KINDS}
    for story in stories.generate(**UNSEEN | {"count": count}):
        ids = training.document(tokenizer, story)
        guess = logit_lens(
            streams(trace(params, config, ids[:-1]), config.n_layer),
            params["ln_f.weight"],
            params["ln_f.bias"],
            params["wte.weight"],
        ).argmax(-1)  # (n_layer + 1, T)
        for reference, answer, _, _ in training.locate(tokenizer, ids, story):
            if reference.kind in KINDS:
                hits[reference.kind].append(guess[:, answer - 1] == ids[answer])
    return {kind: torch.stack(rows).float().mean(0).tolist() for kind, rows in hits.items()}


# ---------------------------------------------------------------- references: beyond


def predict_without_mask():
    with_mask, without = (_next_token_loss(part) for part in ("nothing", "mask"))
    return (
        "worse"
        if without > with_mask + 0.1
        else "better"
        if without < with_mask - 0.1
        else "the same"
    )


def masked_language_model_view(ids, u, v, random_ids, mask_id):
    chosen = u < 0.15  # (B, T)
    labels = torch.where(chosen, ids, -100)  # (B, T)
    hidden = chosen & (v < 0.8)
    swapped = chosen & (v >= 0.8) & (v < 0.9)
    inputs = torch.where(hidden, mask_id, ids)
    inputs = torch.where(swapped, random_ids, inputs)
    return inputs, labels


def as_one_sequence(source, answer, separator, end, room):
    source = source[: room - len(answer) - 1]
    ids = source + [separator] + answer + [end]
    inputs, targets = ids[:-1], ids[1:]
    targets[: len(source)] = [-100] * len(source)
    return inputs, targets


def predict_events():
    return len(music.encode([(pitch, 0, 250, 20) for pitch in (60, 64, 67)]))


def music_to_events(notes):
    moments = []
    for pitch, start, end, level in notes:
        moments.append((start, 1, pitch, level))
        moments.append((end, 0, pitch, level))
    events, now, loudness = [], 0, None
    for time, begins, pitch, level in sorted(moments):
        while now < time:
            step = min(100, time - now)
            events.append(256 + step - 1)
            now += step
        if begins and level != loudness:
            events.append(356 + level)
            loudness = level
        events.append(pitch if begins else 128 + pitch)
    return events


@cache
def _next_token_loss(without):
    """Nats per token of the bundled model on a few unseen stories, whole or without a part (see
    utils.ablation).
    """
    params, config, tokenizer = checkpoint.load("bundled")
    nats = count = 0
    for story in stories.generate(1, 8, held_out=True):
        ids = training.document(tokenizer, story)
        logits = ablation.forward(params, config, ids[None, :-1], without)  # (1, T, V)
        nats += F.cross_entropy(logits[0], ids[1:], reduction="sum").item()
        count += len(ids) - 1
    return nats / count


# ---------------------------------------------------------------- cases: inside


def _normal(rng, *shape):
    return torch.tensor(rng.standard_normal(shape), dtype=torch.float32)


def _shares(rng, *shape):
    """Random causal attention tables, (..., T, T)."""
    T = shape[-1]
    future = torch.ones(T, T, dtype=torch.bool).triu(1)
    return _normal(rng, *shape, T).masked_fill(future, -torch.inf).softmax(-1)


def _before(T):
    return torch.ones(T, T).tril(-1).triu(-1).bool()


def _attention_cases(rng):
    table = torch.tensor([[1.0, 0, 0], [0.75, 0.25, 0], [0.5, 0.25, 0.25]])
    yield Case("three tokens, each should look at the one before", (table, _before(3)))
    yield Case(
        "only the last token asks",
        (table, torch.tensor([[0, 0, 0], [0, 0, 0], [1, 0, 0]], dtype=torch.bool)),
    )
    yield Case(
        "two places are right for one token",
        (table, torch.tensor([[0, 0, 0], [0, 0, 0], [1, 1, 0]], dtype=torch.bool)),
    )
    blind = torch.tensor([[1.0, 0, 0], [0, 1.0, 0], [0.5, 0.25, 0.25]])
    yield Case("a row that asks and gets nothing", (blind, _before(3)))
    yield Case(
        "a single token that looks at itself",
        (torch.ones(1, 1), torch.ones(1, 1, dtype=torch.bool)),
    )
    yield Case("four heads at once", (_shares(rng, 4, 7), _before(7)))
    wanted = torch.tensor(rng.random((9, 9)) < 0.2).tril()
    wanted[8, 3] = wanted[8, 5] = True
    yield Case("all heads of all layers, any places", (_shares(rng, 2, 3, 9), wanted))
    yield Case(
        "a table that lies transposed in memory",
        (_shares(rng, 5, 6).transpose(0, 1).contiguous().transpose(0, 1), _before(6)),
    )


def _lens_cases(rng):
    C, V = 8, 11
    weight, bias, wte = 1 + 0.3 * _normal(rng, C), 0.3 * _normal(rng, C), _normal(rng, V, C)
    yield Case("one vector", (_normal(rng, C), weight, bias, wte))
    yield Case(
        "every depth and token of a text", (3 * _normal(rng, 5, 6, C) + 1, weight, bias, wte)
    )
    yield Case("a single token", (_normal(rng, 1, C), weight, bias, wte))
    yield Case("as many tokens as numbers in a vector", (_normal(rng, C, C) + 2, weight, bias, wte))
    yield Case("a stream that has grown large", (400 * _normal(rng, 3, C), weight, bias, wte))
    yield Case("a stream that is still small", (0.05 * _normal(rng, 3, C), weight, bias, wte))


def _ablation_cases(rng):
    def params(C, layers):
        shapes = {"wte.weight": (5, C)}
        for i in range(layers):
            shapes |= {
                f"h.{i}.attn.c_attn.weight": (C, 3 * C),
                f"h.{i}.attn.c_attn.bias": (3 * C,),
                f"h.{i}.attn.c_proj.weight": (C, C),
                f"h.{i}.attn.c_proj.bias": (C,),
            }
        return {name: _normal(rng, *shape) for name, shape in shapes.items()}

    yield Case("head 0 of block 0", (params(6, 2), 0, 0, 3))
    yield Case("the last head of the last block", (params(6, 2), 1, 2, 3))
    yield Case("one in the middle", (params(8, 3), 1, 1, 4))
    yield Case("a block with a single head", (params(4, 1), 0, 0, 1))
    yield Case("heads of one number each", (params(4, 2), 1, 2, 4))
    yield Case("two heads", (params(6, 1), 0, 1, 2))


# ---------------------------------------------------------------- cases: beyond


def _masking_cases(rng):
    ids = torch.tensor([[11, 12, 13, 14, 15]])
    others = torch.tensor([[21, 22, 23, 24, 25]])
    low, high = torch.full((1, 5), 0.01), torch.full((1, 5), 0.99)
    yield Case("nothing chosen", (ids, high, low, others, 99))
    yield Case("all chosen and hidden", (ids, low, low, others, 99))
    yield Case(
        "all chosen, each of the three ways",
        (ids, low, torch.tensor([[0.1, 0.85, 0.95, 0.7, 0.88]]), others, 99),
    )
    yield Case(
        "u and v exactly on the borders",
        (
            ids,
            torch.tensor([[0.15, 0.0, 0.0, 0.15, 0.0]]),
            torch.tensor([[0.0, 0.8, 0.9, 0.9, 0.0]]),
            others,
            99,
        ),
    )
    yield Case("one token", (ids[:, :1], low[:, :1], high[:, :1], others[:, :1], 99))
    generator = torch.Generator().manual_seed(int(rng.integers(1 << 30)))
    u, v = torch.rand(2, 4, 30, generator=generator)
    drawn = torch.randint(50, (2, 4, 30), generator=generator)
    yield Case("four rows drawn at random", (drawn[0], u * 0.4, v, drawn[1] + 50, 500))


def _sequence_cases(rng):
    yield Case("three words and two", ([5, 6, 7], [15, 16], 90, 91, 20))
    yield Case("a source of one word", ([5], [15, 16, 17], 90, 91, 20))
    yield Case("an answer of one word", ([5, 6, 7], [15], 90, 91, 20))
    yield Case("just enough room", ([5, 6, 7], [15, 16], 90, 91, 6))
    yield Case("too little room: the source is cut", (list(range(10)), [15, 16], 90, 91, 7))
    yield Case("room for the answer alone", ([5, 6, 7], [15, 16], 90, 91, 3))
    source, answer = (rng.integers(10, 80, int(rng.integers(4, 12))).tolist() for _ in range(2))
    yield Case(
        "drawn at random, cut", (source, answer, 90, 91, len(answer) + int(rng.integers(2, 4)))
    )


def _music_cases(rng):
    yield Case("one note", ([(60, 0, 50, 20)],))
    yield Case("two notes, one after the other", ([(60, 0, 50, 20), (64, 50, 150, 20)],))
    yield Case("a chord", ([(67, 0, 80, 20), (60, 0, 80, 20), (64, 0, 40, 20)],))
    yield Case("a rest first, and a long note", ([(60, 30, 280, 20)],))
    yield Case("the same key twice, without a gap", ([(60, 0, 40, 20), (60, 40, 80, 20)],))
    yield Case("a louder note", ([(60, 0, 100, 10), (62, 100, 200, 30), (64, 200, 300, 30)],))
    yield Case("no notes", ([],))
    (tune,) = music.tunes(int(rng.integers(1 << 30)), 1)
    yield Case("a tune in any order", ([tuple(tune[i]) for i in rng.permutation(len(tune))],))


# ---------------------------------------------------------------- mistakes people make: inside


def _all_rows(attention, wanted):
    return (attention * wanted).sum(-1).mean(-1)


def _best_place(attention, wanted):
    return (attention * wanted).amax(-1)[..., wanted.any(-1)].mean(-1)


def _mean_of_cells(attention, wanted):
    return attention[..., wanted].mean(-1)


def _sum_of_cells(attention, wanted):
    return attention[..., wanted].sum(-1)


def _columns_ask(attention, wanted):
    return (attention * wanted).sum(-2)[..., wanted.any(-2)].mean(-1)


def _one_for_all_heads(attention, wanted):
    return (attention * wanted).sum(-1)[..., wanted.any(-1)].mean()


def _upside_down(attention, wanted):
    return attention_from_head(attention, wanted.T) if wanted.T.any() else attention.sum()


def _rows_that_found(attention, wanted):
    found = (attention * wanted).sum(-1)
    return found.sum(-1) / (found > 0).sum(-1)


def _most_looked_at(attention, wanted):
    best = attention.argmax(-1, keepdim=True)  # (..., T, 1)
    hit = wanted.expand_as(attention).gather(-1, best)[..., 0].float()
    return hit[..., wanted.any(-1)].mean(-1)


def _number_per_row(attention, wanted):
    return (attention * wanted).sum(-1)[..., wanted.any(-1)]


def _whole_rows(attention, wanted):
    return attention[..., wanted.any(-1), :].sum(-1).mean(-1)


def _no_norm(stream, ln_weight, ln_bias, wte):
    return unembed(stream, wte)


def _no_weight_and_bias(stream, ln_weight, ln_bias, wte):
    return unembed(layer_norm(stream, torch.ones_like(ln_weight), torch.zeros_like(ln_bias)), wte)


def _probabilities(stream, ln_weight, ln_bias, wte):
    return logit_lens(stream, ln_weight, ln_bias, wte).softmax(-1)


def _guesses(stream, ln_weight, ln_bias, wte):
    return logit_lens(stream, ln_weight, ln_bias, wte).argmax(-1)


def _norm_over_everything(stream, ln_weight, ln_bias, wte):
    variance = ((stream - stream.mean()) ** 2).mean()
    return unembed(
        (stream - stream.mean()) / torch.sqrt(variance + 1e-5) * ln_weight + ln_bias, wte
    )


def _norm_last(stream, ln_weight, ln_bias, wte):
    logits = unembed(stream, wte)
    return layer_norm(logits, torch.ones(len(wte)), torch.zeros(len(wte)))


def _last_token(stream, ln_weight, ln_bias, wte):
    return logit_lens(stream[..., -1, :] if stream.dim() > 1 else stream, ln_weight, ln_bias, wte)


def _weight_and_bias_exchanged(stream, ln_weight, ln_bias, wte):
    return logit_lens(stream, ln_bias, ln_weight, wte)


def _stops_before_wte(stream, ln_weight, ln_bias, wte):
    return layer_norm(stream, ln_weight, ln_bias)


def _norm_added(stream, ln_weight, ln_bias, wte):
    return unembed(stream + layer_norm(stream, ln_weight, ln_bias), wte)


def _zeroed(params, layer, part, index):
    """A copy of params with `part` of a block's attention set to 0 at `index`."""
    name = f"h.{layer}.attn.{part}"
    tensor = params[name].clone()
    tensor[index] = 0
    return {**params, name: tensor}


def _own_rows(params, layer, head, n_head):
    D = len(params[f"h.{layer}.attn.c_proj.weight"]) // n_head
    return slice(head * D, (head + 1) * D)


def _columns(params, layer, head, n_head):
    return _zeroed(
        params, layer, "c_proj.weight", (slice(None), _own_rows(params, layer, head, n_head))
    )


def _every_nth(params, layer, head, n_head):
    return _zeroed(params, layer, "c_proj.weight", slice(head, None, n_head))


def _only_what_changed(params, layer, head, n_head):
    name = f"h.{layer}.attn.c_proj.weight"
    return {name: ablate_head(params, layer, head, n_head)[name]}


def _matrix_alone(params, layer, head, n_head):
    return ablate_head(params, layer, head, n_head)[f"h.{layer}.attn.c_proj.weight"]


def _no_query(params, layer, head, n_head):
    return _zeroed(
        params, layer, "c_attn.weight", (slice(None), _own_rows(params, layer, head, n_head))
    )


def _no_value(params, layer, head, n_head):
    C = len(params[f"h.{layer}.attn.c_proj.weight"])
    D = C // n_head
    return _zeroed(
        params,
        layer,
        "c_attn.weight",
        (slice(None), slice(2 * C + head * D, 2 * C + (head + 1) * D)),
    )


def _counts_from_one(params, layer, head, n_head):
    D = len(params[f"h.{layer}.attn.c_proj.weight"]) // n_head
    return _zeroed(params, layer, "c_proj.weight", slice((head - 1) * D, head * D))


def _heads_as_wide_as_their_number(params, layer, head, n_head):
    return _zeroed(params, layer, "c_proj.weight", slice(head * n_head, (head + 1) * n_head))


def _bias_too(params, layer, head, n_head):
    return _zeroed(ablate_head(params, layer, head, n_head), layer, "c_proj.bias", slice(None))


def _one_row(params, layer, head, n_head):
    return _zeroed(params, layer, "c_proj.weight", head)


def _last_row_left(params, layer, head, n_head):
    own = _own_rows(params, layer, head, n_head)
    return _zeroed(params, layer, "c_proj.weight", slice(own.start, own.stop - 1))


def _all_others(params, layer, head, n_head):
    name, own = f"h.{layer}.attn.c_proj.weight", _own_rows(params, layer, head, n_head)
    weight = torch.zeros_like(params[name])
    weight[own] = params[name][own]
    return {**params, name: weight}


def _always_layer_0(params, layer, head, n_head):
    return ablate_head(params, 0, head, n_head)


# ---------------------------------------------------------------- mistakes people make: beyond


def _labels_everywhere(ids, u, v, random_ids, mask_id):
    return masked_language_model_view(ids, u, v, random_ids, mask_id)[0], ids


def _labels_of_the_others(ids, u, v, random_ids, mask_id):
    inputs, _ = masked_language_model_view(ids, u, v, random_ids, mask_id)
    return inputs, torch.where(u < 0.15, -100, ids)


def _labels_too_late(ids, u, v, random_ids, mask_id):
    inputs, _ = masked_language_model_view(ids, u, v, random_ids, mask_id)
    return inputs, torch.where(u < 0.15, inputs, -100)


def _always_hidden(ids, u, v, random_ids, mask_id):
    return masked_language_model_view(ids, u, 0 * v, random_ids, mask_id)


def _hides_what_was_not_chosen(ids, u, v, random_ids, mask_id):
    inputs, _ = masked_language_model_view(ids, 0 * u, v, random_ids, mask_id)
    return inputs, torch.where(u < 0.15, ids, -100)


def _swaps_the_last_tenth(ids, u, v, random_ids, mask_id):
    last = torch.where(v < 0.8, v, torch.where(v < 0.9, 0.95, 0.85))
    return masked_language_model_view(ids, u, last, random_ids, mask_id)


def _no_label_where_unchanged(ids, u, v, random_ids, mask_id):
    inputs, labels = masked_language_model_view(ids, u, v, random_ids, mask_id)
    return inputs, torch.where(v < 0.9, labels, -100)


def _border_is_chosen(ids, u, v, random_ids, mask_id):
    return masked_language_model_view(ids, torch.where(u <= 0.15, 0.0, 1.0), v, random_ids, mask_id)


def _border_of_v(ids, u, v, random_ids, mask_id):
    return masked_language_model_view(ids, u, torch.where(v == 0.8, 0.95, v), random_ids, mask_id)


def _nothing_stays(ids, u, v, random_ids, mask_id):
    return masked_language_model_view(ids, u, v.clamp(max=0.85), random_ids, mask_id)


def _zero_for_no_label(ids, u, v, random_ids, mask_id):
    inputs, labels = masked_language_model_view(ids, u, v, random_ids, mask_id)
    return inputs, torch.where(u < 0.15, labels, 0)


def _u_and_v_exchanged(ids, u, v, random_ids, mask_id):
    return masked_language_model_view(ids, v, u, random_ids, mask_id)


def _only_hidden_asked(ids, u, v, random_ids, mask_id):
    inputs, labels = masked_language_model_view(ids, u, v, random_ids, mask_id)
    return inputs, torch.where(v < 0.8, labels, -100)


def _second_overwrites(ids, u, v, random_ids, mask_id):
    inputs, labels = masked_language_model_view(ids, u, v, random_ids, mask_id)
    return torch.where((u < 0.15) & (v < 0.9), random_ids, inputs), labels


def _labels_first(ids, u, v, random_ids, mask_id):
    return masked_language_model_view(ids, u, v, random_ids, mask_id)[::-1]


def _sees_only_the_chosen(ids, u, v, random_ids, mask_id):
    inputs, labels = masked_language_model_view(ids, u, v, random_ids, mask_id)
    return torch.where(u < 0.15, inputs, -100), labels


def _source_counts(source, answer, separator, end, room):
    ids = source[: room - len(answer) - 1] + [separator] + answer + [end]
    return ids[:-1], ids[1:]


def _separator_predicts_nothing(source, answer, separator, end, room):
    inputs, targets = as_one_sequence(source, answer, separator, end, room)
    place = len(inputs) - len(answer) - 1
    return inputs, targets[:place] + [-100] + targets[place + 1 :]


def _separator_is_a_target(source, answer, separator, end, room):
    inputs, targets = as_one_sequence(source, answer, separator, end, room)
    place = len(inputs) - len(answer) - 1
    return inputs, targets[: max(place - 1, 0)] + [separator] * (place > 0) + targets[place:]


def _not_moved(source, answer, separator, end, room):
    source = source[: room - len(answer) - 1]
    return source + [separator] + answer, [-100] * (len(source) + 1) + answer


def _no_end(source, answer, separator, end, room):
    inputs, targets = as_one_sequence(source, answer, separator, end, room)
    return inputs[:-1], targets[:-1]


def _no_separator(source, answer, separator, end, room):
    source = source[: room - len(answer) - 1]
    ids = source + answer + [end]
    return ids[:-1], [-100] * max(len(source) - 1, 0) + ids[max(len(source), 1) :]


def _cuts_the_answer(source, answer, separator, end, room):
    inputs, targets = as_one_sequence(source, answer, separator, end, len(source) + len(answer) + 1)
    return inputs[:room], targets[:room]


def _cuts_the_beginning(source, answer, separator, end, room):
    keep = min(len(source), room - len(answer) - 1)
    return as_one_sequence(source[len(source) - keep :], answer, separator, end, room)


def _never_cuts(source, answer, separator, end, room):
    return as_one_sequence(source, answer, separator, end, len(source) + len(answer) + 1)


def _cuts_one_too_many(source, answer, separator, end, room):
    if len(source) + len(answer) + 2 > room:
        source = source[: max(room - len(answer) - 2, 0)]
    return as_one_sequence(source, answer, separator, end, len(source) + len(answer) + 1)


def _zero_for_no_target(source, answer, separator, end, room):
    inputs, targets = as_one_sequence(source, answer, separator, end, room)
    return inputs, [0 if target == -100 else target for target in targets]


def _answer_hidden(source, answer, separator, end, room):
    inputs, targets = _source_counts(source, answer, separator, end, room)
    place = len(inputs) - len(answer) - 1
    return inputs, targets[:place] + [-100] * (len(answer) + 1)


def _targets_are_the_answer(source, answer, separator, end, room):
    return as_one_sequence(source, answer, separator, end, room)[0], answer + [end]


def _end_is_an_input(source, answer, separator, end, room):
    inputs, targets = as_one_sequence(source, answer, separator, end, room)
    return inputs + [end], targets + [-100]


def _no_room_for_the_separator(source, answer, separator, end, room):
    return as_one_sequence(source, answer, separator, end, room + 1)


def _events(notes, *, on=1, first_shift=256, always=False, after=False, once=False):
    moments = [(start, on, pitch, level, True) for pitch, start, end, level in notes]
    moments += [(end, 1 - on, pitch, level, False) for pitch, start, end, level in notes]
    events, now, loudness = [], 0, None
    for time, _, pitch, level, begins in sorted(moments):
        while now < time:
            step = min(100, time - now)
            events.append(first_shift + step - 1)
            now = time if once else now + step
        velocity = [356 + level] if begins and (always or level != loudness) else []
        loudness = level if begins else loudness
        note = [pitch if begins else 128 + pitch]
        events += note + velocity if after else velocity + note
    return events


def _presses_before_letting_go(notes):
    return _events(notes, on=0)


def _one_shift_for_all(notes):
    return _events(notes, once=True)


def _shift_begins_at_256(notes):
    return _events(notes, first_shift=257)


def _velocity_every_time(notes):
    return _events(notes, always=True)


def _velocity_after_the_note(notes):
    return _events(notes, after=True)


def _time_since_the_beginning(notes):
    events, now, loudness = [], 0, None
    moments = [(s, 1, p, l) for p, s, e, l in notes] + [(e, 0, p, l) for p, s, e, l in notes]
    for time, begins, pitch, level in sorted(moments):
        left = time
        while time > now and left > 0:
            events.append(256 + min(100, left) - 1)
            left -= 100
        now = time
        if begins and level != loudness:
            events.append(356 + level)
            loudness = level
        events.append(pitch if begins else 128 + pitch)
    return events


def _shift_of_nothing(notes):
    moments = [(s, 1, p, l) for p, s, e, l in notes] + [(e, 0, p, l) for p, s, e, l in notes]
    events, now, loudness = [], 0, None
    for time, begins, pitch, level in sorted(moments):
        events += [355] * ((time - now) // 100) + [255 + (time - now) % 100]
        now = time
        if begins and level != loudness:
            events.append(356 + level)
            loudness = level
        events.append(pitch if begins else 128 + pitch)
    return events


def _never_lets_go(notes):
    return [event for event in _events(notes) if not 128 <= event < 256]


def _note_by_note(notes):
    events, now, loudness = [], 0, None
    for pitch, start, end, level in sorted(notes, key=lambda note: note[1:2] + note[:1]):
        for time, event in ((start, pitch), (end, 128 + pitch)):
            while now < time:
                events.append(256 + min(100, time - now) - 1)
                now += min(100, time - now)
            if event < 128 and level != loudness:
                events.append(356 + level)
                loudness = level
            events.append(event)
    return events


def _loudness_left_out(notes):
    return [event for event in _events(notes) if event < 356]


def _in_order(notes, key=None, rest_first=False, velocity_at_offs=False, velocity_first=False):
    moments = [(s, 1, p, l) for p, s, e, l in notes] + [(e, 0, p, l) for p, s, e, l in notes]
    events, now, loudness = [], 0, None
    for time, begins, pitch, level in sorted(moments, key=key):
        full, rest = divmod(time - now, 100)
        shifts = [355] * full + [255 + rest] * (rest > 0)
        velocity = [356 + level] if (begins or velocity_at_offs) and level != loudness else []
        loudness = level if velocity else loudness
        shifts = shifts[::-1] if rest_first else shifts
        events += [*velocity, *shifts] if velocity_first else [*shifts, *velocity]
        events.append(pitch if begins else 128 + pitch)
        now = time
    return events


def _as_they_came(notes):
    return _in_order(notes, key=lambda moment: moment[0])


def _high_to_low(notes):
    return _in_order(notes, key=lambda moment: (moment[0], moment[1], -moment[2]))


def _rest_first(notes):
    return _in_order(notes, rest_first=True)


def _velocity_at_offs(notes):
    return _in_order(notes, velocity_at_offs=True)


def _velocity_before_the_time(notes):
    return _in_order(notes, velocity_first=True)


# ---------------------------------------------------------------- the registry of this lesson

EXERCISES = [
    Exercise(
        asks="How much of a head's attention goes where it should go?",
        reference=attention_from_head,
        cases=_attention_cases,
        mistakes=(
            Mistake(
                _all_rows,
                "The mean runs over all rows, also over those that ask for nothing (all "
                "False in `wanted`) and can only add a 0. Leave them out of the mean.",
            ),
            Mistake(
                _best_place,
                "Where several places are right, their shares belong together: sum them "
                "instead of taking the largest.",
            ),
            Mistake(
                _mean_of_cells,
                "This is the mean over all wanted cells. First add up the wanted shares of "
                "each row, then take the mean over the rows that ask.",
            ),
            Mistake(
                _sum_of_cells,
                "You added up all wanted shares of the table. Add up within each row, then "
                "take the mean over the rows that ask.",
            ),
            Mistake(
                _columns_ask,
                "You summed down the columns. A row is the token that looks, so its shares "
                "lie along the last axis.",
            ),
            Mistake(
                _one_for_all_heads,
                "There is one number for all heads together. The axes in front, layers and "
                "heads, must stay: the mean is only over the rows.",
            ),
            Mistake(
                _upside_down,
                "`wanted` has been turned round: its rows ask too, as those of `attention` do.",
            ),
            Mistake(
                _rows_that_found,
                "A row that asks and gets nothing is left out of your mean. It counts, as 0: "
                "`wanted` says which rows ask, not the attention.",
            ),
            Mistake(
                _most_looked_at,
                "You count how often the largest share lies right. Add up the shares themselves.",
            ),
            Mistake(_number_per_row, "There is still a number for each row. Take their mean."),
            Mistake(
                _whole_rows,
                "You add up whole rows, which is always 1. Keep the wanted places only, "
                "before you add.",
            ),
        ),
        hints=(
            "`attention * wanted` keeps the shares that went to a right place and makes all "
            "others 0. What must be summed?",
            "`wanted.any(-1)` says which rows ask for anything, (T,). A mask like that can "
            "pick rows: `found[..., asking]`.",
            "Sum over the last axis, pick the asking rows, mean over the last axis.",
        ),
        points=2,
        minutes=10,
        post="Self-Attention Recap",
    ),
    Exercise(
        asks="The logits that the model would give if it stopped here.",
        reference=logit_lens,
        cases=_lens_cases,
        needs=("layer_norm", "unembed"),
        mistakes=(
            Mistake(
                _no_norm,
                "The stream goes to wte as it is. At the model's own exit there is one step "
                "between: the last LayerNorm, with the weight and bias that you were given.",
            ),
            Mistake(
                _no_weight_and_bias,
                "The stream is normalised, but ln_weight and ln_bias are not used.",
            ),
            Mistake(
                _probabilities,
                "These are probabilities. The lens gives logits: leave the softmax to "
                "whoever wants it.",
            ),
            Mistake(
                _guesses,
                "You return the best guesses. Return all V logits; taking the best comes later.",
            ),
            Mistake(
                _norm_over_everything,
                "You normalised with one mean and one variance for everything. LayerNorm "
                "takes them for each vector by itself, over the last axis.",
            ),
            Mistake(
                _norm_last,
                "The order is wrong: LayerNorm belongs before wte, on the C numbers of the "
                "stream, not on the V logits.",
            ),
            Mistake(
                _last_token,
                "You look at the last token only. Keep all axes in front of C: (..., C) "
                "becomes (..., V).",
            ),
            Mistake(_weight_and_bias_exchanged, "Weight and bias of the LayerNorm are exchanged."),
            Mistake(
                _stops_before_wte,
                "You stop at the C numbers of the stream. One step more: a logit for each of "
                "the V tokens.",
            ),
            Mistake(
                _norm_added,
                "The last LayerNorm is no side path: its result replaces the stream and is "
                "not added.",
            ),
        ),
        hints=(
            "What does GPT-2 do with the stream after its last block? Do the same, only earlier.",
            "Two functions of yours in a row: first `layer_norm`, then `unembed`.",
        ),
        points=1,
        minutes=5,
        post="Model Output",
    ),
    prediction(
        asks="Before you look: after how many blocks does the lens know a robot's name, and after "
        "how many the place of a thing?",
        reference=predict_depths,
        guesses=(
            (
                (4, 4),
                "The place indeed needs all four blocks. But look at the maps above: in "
                "which layer is the head that finds names?",
            ),
            (
                (1, 1),
                "The name is known after one block. But the head that finds places is in the "
                "last layer, and before it nothing else looked there.",
            ),
            (
                (0, 4),
                "Before the first block, a token has met no other token. It cannot know a "
                "name that stands elsewhere.",
            ),
            (
                (4, 1),
                "It is the other way round: look again at the layers of the two heads in the "
                "maps above.",
            ),
            (
                (0, 3),
                "These are the layers' numbers. They begin at 0: when layer 0 has run, one "
                "block has run.",
            ),
            ((1, 3), "The name is right. The head for places is in layer 3, the fourth block."),
        ),
        hints=(
            "The maps of the head scores say in which layer each kind of word is looked up. "
            "A head in layer 0 has done its work after one block.",
        ),
        minutes=2,
    ),
    Exercise(
        asks="Silence one head by changing one matrix.",
        reference=ablate_head,
        cases=_ablation_cases,
        mistakes=(
            Mistake(
                _columns,
                "You set columns to 0. In `x @ weight` the rows belong to what goes in: the "
                "merged heads. The columns are what comes out, a mixture of all heads.",
            ),
            Mistake(
                _every_nth,
                "You took every n_head-th row. After `merge_heads` the D numbers of one head "
                "lie next to each other.",
            ),
            Mistake(
                _only_what_changed,
                "Return the whole dict: the other weights are still needed to run the model.",
            ),
            Mistake(
                _matrix_alone,
                "You return the matrix alone. Return a dict with all weights, this matrix "
                "among them.",
            ),
            Mistake(
                _no_value,
                "You silenced the head's values in c_attn, but their bias still speaks. Cut "
                "the head off behind the sum, where its find enters c_proj.",
            ),
            Mistake(
                _no_query,
                "Without its query a head is not silent: all its scores are equal, so it "
                "mixes all values evenly. Cut it off behind the sum, where its find enters "
                "c_proj.",
            ),
            Mistake(_counts_from_one, "This silences the head before. Heads are counted from 0."),
            Mistake(
                _heads_as_wide_as_their_number, "A head is D = C / n_head numbers wide, not n_head."
            ),
            Mistake(_bias_too, "The bias of c_proj belongs to no head: leave it as it is."),
            Mistake(_one_row, "One row is 0. A head owns D rows: head * D up to (head + 1) * D."),
            Mistake(
                _last_row_left,
                "The last of the head's rows still speaks. A slice ends before its second number.",
            ),
            Mistake(_all_others, "It is the other way round: you silenced all heads but this one."),
            Mistake(
                _always_layer_0,
                "You always change layer 0. The name of the matrix holds the layer's number.",
            ),
        ),
        hints=(
            "Which D of the C numbers that enter c_proj come from this head? `merge_heads` "
            "put head 0 first, then head 1, and so on.",
            "Number i of the input meets row i of the matrix. If that row is 0, the number "
            "no longer matters.",
            "Copy the matrix, set the rows from head * D to (head + 1) * D to 0, and put it "
            "into a new dict: `{**params, name: weight}`.",
        ),
        points=2,
        minutes=10,
        difficulty="medium",
        post="GPT-2 Masked Self-Attention",
    ),
    prediction(
        asks='Before you look: without the head that looks for "it", how often is the answer '
        "still right?",
        reference=predict_it_without,
        guesses=(
            (
                0.0,
                "That is what its map suggests, and most people say. A head that looks at "
                "the answer need not be the only one that knows it.",
            ),
            (
                0.25,
                "Less than a coin toss would then be right. A share only says where this "
                "head looks, not what the others know.",
            ),
            (
                0.5,
                "That would be a coin toss between the two machines of a story. The model "
                "does better.",
            ),
            (0.7, "A little more is left than you think: other heads look there as well."),
        ),
        hints=(
            'Look at the second highest numbers in the map for "it". Is this head the only '
            "one that looks there?",
        ),
        minutes=2,
        atol=0.15,
    ),
    # beyond: masked_language_model_view, as_one_sequence, music_to_events
    prediction(
        asks="Before you look: the trained GPT-2 without its mask, on unseen stories. Is its loss "
        '"better", "worse" or "the same"?',
        reference=predict_without_mask,
        guesses=(
            (
                "better",
                "It could read the answer off the next position, that is true. But did "
                "anything in its training teach it to look there?",
            ),
            (
                "the same",
                "Each softmax now shares its attention among all positions, those behind "
                "too: every head's sum changes, and the next block works with that.",
            ),
            ("Worse", "You mean the right thing. Write it as it is asked for, in small letters."),
        ),
        hints=(
            "A softmax without the mask gives some of each row's attention to words that the "
            "head never met in training. What does that do to its sum?",
        ),
        minutes=2,
        post="One Difference From BERT",
    ),
    Exercise(
        asks="What BERT sees of a text, and what it must answer: 15 % of the tokens chosen, most "
        "of them hidden.",
        reference=masked_language_model_view,
        cases=_masking_cases,
        mistakes=(
            Mistake(
                _labels_everywhere,
                "Every position has a label, so most of the task is to copy what can be "
                "seen. Where nothing was chosen the label is -100: it does not count.",
            ),
            Mistake(
                _labels_of_the_others,
                "Your labels are the wrong way round: the chosen tokens are asked for, and "
                "all others get -100.",
            ),
            Mistake(
                _labels_too_late,
                "Your labels hold what the model sees, [MASK] among it. They must hold the "
                "tokens that really stood there: take them from ids, not from the changed "
                "inputs.",
            ),
            Mistake(
                _always_hidden,
                "Every chosen token becomes [MASK]. Only those with v below 0.8 do; look at "
                "v for the others.",
            ),
            Mistake(
                _hides_what_was_not_chosen,
                "Tokens that were not chosen are changed too. v says what happens to a token "
                "only if u has chosen it.",
            ),
            Mistake(
                _swaps_the_last_tenth,
                "The two tenths are exchanged: v from 0.8 up to 0.9 puts another token "
                "there, from 0.9 on the token stays.",
            ),
            Mistake(
                _no_label_where_unchanged,
                "A chosen token that stays as it is needs its label as well: the model "
                "cannot know which tokens it may trust.",
            ),
            Mistake(
                _border_is_chosen,
                "At u exactly 0.15 you choose the token: it is chosen where u is *below* 0.15.",
            ),
            Mistake(
                _border_of_v,
                "At v exactly 0.8 the token is not replaced: the second way reaches from "
                "0.8, 0.8 included, up to 0.9.",
            ),
            Mistake(
                _nothing_stays,
                "From v = 0.8 on, every chosen token becomes a random one. Those with v of "
                "0.9 and more stay as they are.",
            ),
            Mistake(
                _zero_for_no_label,
                "Where nothing is asked, your label is 0. But 0 is a token like others: -100 "
                "is what does not count.",
            ),
            Mistake(
                _u_and_v_exchanged,
                "You exchanged u and v: u says whether a token is chosen, v what then "
                "becomes of it.",
            ),
            Mistake(
                _only_hidden_asked,
                "Only the hidden tokens have labels. All chosen ones are asked for, the "
                "exchanged and the unchanged too.",
            ),
            Mistake(
                _second_overwrites,
                "Your second replacement overwrites the first: it must begin at v = 0.8.",
            ),
            Mistake(
                _labels_first, "The two results are exchanged: first the inputs, then the labels."
            ),
            Mistake(
                _sees_only_the_chosen,
                "Where nothing was chosen, the model must see the text as it is. -100 "
                "belongs in the labels only.",
            ),
        ),
        hints=(
            "Three tables of True and False of shape (B, T): who is chosen, who of them is "
            "hidden, who of them gets another token.",
            "`torch.where(table, a, b)` takes a where the table is True and b elsewhere; a "
            "and b may be numbers.",
            "`labels = torch.where(chosen, ids, -100)`; for the inputs, one `torch.where` "
            "with `mask_id` and then one with `random_ids`.",
        ),
        points=2,
        minutes=12,
        difficulty="medium",
        post="One Difference From BERT",
    ),
    Exercise(
        asks="A question and its answer as one sequence that a language model can be trained on.",
        reference=as_one_sequence,
        cases=_sequence_cases,
        mistakes=(
            Mistake(
                _source_counts,
                "The source's own words are targets too. The model is to learn to answer: "
                "-100 wherever the next token belongs to the source or is the separator.",
            ),
            Mistake(
                _separator_predicts_nothing,
                "One -100 too many: at the separator the model must predict the first word "
                "of the answer.",
            ),
            Mistake(
                _separator_is_a_target,
                "One -100 too few: nobody has to predict the separator, we write it ourselves.",
            ),
            Mistake(
                _not_moved,
                "Your targets stand where their tokens stand. At each position the target is "
                "the token that comes *next*.",
            ),
            Mistake(_no_end, "The last target must be `end`: else the model never learns to stop."),
            Mistake(
                _no_separator,
                "Nothing stands between source and answer. How shall the model know where to "
                "begin?",
            ),
            Mistake(
                _cuts_one_too_many,
                "When room is short you cut one token too many: `end` is a target only, so "
                "it needs no room among the inputs.",
            ),
            Mistake(
                _zero_for_no_target,
                "Where nothing is asked, your target is 0. But 0 is a token like others: "
                "-100 is what does not count.",
            ),
            Mistake(
                _cuts_the_answer,
                "You cut the end of the whole sequence, and the answer stands at the end. "
                "Cut the source.",
            ),
            Mistake(
                _cuts_the_beginning,
                "You cut the beginning of the source. Keep its beginning, and cut what "
                "stands right before the separator.",
            ),
            Mistake(
                _never_cuts,
                "The inputs may have at most `room` tokens: shorten the source until "
                "everything fits.",
            ),
            Mistake(
                _answer_hidden,
                "The wrong half is hidden: -100 belongs to what is only read, the source.",
            ),
            Mistake(
                _targets_are_the_answer,
                "The targets are shorter than the inputs. Each input needs one: -100 where "
                "nothing is asked.",
            ),
            Mistake(
                _end_is_an_input, "`end` is the last target and no input: nothing comes after it."
            ),
            Mistake(
                _no_room_for_the_separator,
                "When room is short one token too many is left: the separator needs room, too.",
            ),
        ),
        hints=(
            "First the whole row: source, separator, answer, end. Inputs are all but its "
            "last token, targets all but its first.",
            "The separator and the answer take `len(answer) + 1` of the inputs. What is left "
            "is for the source.",
            "The separator stands at index `len(source)`. Before it, every target is -100.",
        ),
        points=2,
        minutes=12,
        difficulty="medium",
        post="Machine Translation",
    ),
    prediction(
        asks="Before you look: a chord of three notes, equally loud, struck together and held for "
        "2.5 seconds. How many events?",
        reference=predict_events,
        guesses=(
            (
                6,
                "Three times on and three times off. But somebody must say how long it "
                "lasts, and how loud it is.",
            ),
            (
                7,
                "Three times on and three times off are six already. The loudness needs an "
                "event too, and 2.5 seconds need more than one.",
            ),
            (8, "Nearly: one time-shift is at most one second long."),
            (9, "Nearly: before the first note somebody must say how loud it is."),
            (
                12,
                "The loudness stays until another is set: three equally loud notes need one "
                "velocity event.",
            ),
        ),
        hints=(
            "A velocity, the notes, the time, and all keys let go. The longest time-shift is "
            "one second.",
        ),
        minutes=2,
        post="Music Generation",
    ),
    Exercise(
        asks="Turn notes into events: note-on, note-off, time-shift and velocity.",
        reference=music_to_events,
        cases=_music_cases,
        mistakes=(
            Mistake(
                _presses_before_letting_go,
                "At the same moment your note-on comes before the note-off. A key must come "
                "up before it can go down again: note-offs first.",
            ),
            Mistake(
                _one_shift_for_all,
                "A gap of more than 100 ticks needs several time-shifts: yours lose what is "
                "over 100.",
            ),
            Mistake(
                _shift_begins_at_256,
                "Your time-shifts are one tick too long: 256 is a shift of 1 tick, not of 0.",
            ),
            Mistake(
                _velocity_every_time,
                "You set the velocity before every note. It stays as it is until another "
                "event changes it.",
            ),
            Mistake(
                _velocity_after_the_note,
                "The velocity must be set before the note-on that it is meant for.",
            ),
            Mistake(
                _loudness_left_out,
                "No velocity is set anywhere: before the first note, and wherever the level "
                "changes, an event 356 + level is needed.",
            ),
            Mistake(
                _time_since_the_beginning,
                "Your time-shifts say how much time has passed since the beginning. They "
                "must say how much since the event before.",
            ),
            Mistake(
                _shift_of_nothing,
                "Where no time is left to pass, you write 255: a time-shift of 0 ticks does "
                "not exist, and 255 is a note-off. Write none.",
            ),
            Mistake(
                _never_lets_go,
                "No key is ever let go: each note needs its note-off, 128 + pitch, at its end.",
            ),
            Mistake(
                _note_by_note,
                "You finish each note before you begin the next. Notes of a chord sound "
                "together: sort all beginnings and ends by their time first.",
            ),
            Mistake(
                _as_they_came,
                "Events of one moment stand in the order in which they came in. Note-offs "
                "first, and each kind from low to high.",
            ),
            Mistake(
                _high_to_low, "Within one moment you go from high to low. It goes from low to high."
            ),
            Mistake(
                _rest_first,
                "In a long gap the rest comes first. Write the full shifts of 100 ticks first.",
            ),
            Mistake(
                _velocity_at_offs,
                "You set a velocity before a note-off, too. Only a note-on needs it.",
            ),
            Mistake(
                _velocity_before_the_time,
                "The velocity stands before the time that passes. First the time, then the "
                "velocity, then its note-on.",
            ),
        ),
        hints=(
            "Make a list of moments, two for each note: its start and its end. Sort it by "
            "time. Then go through it once.",
            "With moments `(time, begins, pitch, level)` and `begins` 0 for an end and 1 for "
            "a start, `sorted` puts note-offs first.",
            "Keep `now` and `loudness`. While `now < time`, append a time-shift of `min(100, "
            "time - now)` ticks, which is event 255 + ticks.",
        ),
        points=3,
        minutes=20,
        difficulty="hard",
        post="Music Generation",
    ),
]
