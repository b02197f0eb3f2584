"""Exercises of lesson 09: what a head looks at, the logit lens, ablation; then a masked model, one sequence for any task, music."""

from functools import cache

import torch

from utils import checkpoint, gpt2, stories, training
from utils.exercises import Case, Exercise, Mistake
from utils.exercises.decoder_block import layer_norm
from utils.exercises.logits_and_sampling import unembed
from utils.trace import trace

KINDS = ("name", "robot", "she", "such", "it", "line", "place")  # references of which 100 stories have enough
UNSEEN = {"seed": 1, "count": 100, "held_out": True}  # the stories that the bundled model's recorded heads were found on

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
    return tuple(next(depth for depth, share in enumerate(known[kind]) if share > 0.5) for kind in ("robot", "place"))


def ablate_head(params, layer, head, n_head):
    name = f"h.{layer}.attn.c_proj.weight"
    weight = params[name].clone()  # (C, C)
    D = len(weight) // n_head
    weight[head * D : (head + 1) * D] = 0
    return {**params, name: weight}


def predict_it_without():
    return round(right_without(layer=3, head=2)["it"], 2)  # training.json: the head with the highest score for "it"


# ---------------------------------------------------------------- what the lesson measures with


def asked(tokenizer, some_stories):
    """Where stories can only be told on by who looks back: (ids (N, T), {kind: (rows, places)}).

    ids: each story's document in a row, filled up with 0 behind its end. Of each kind of reference in KINDS, the answers
    are ids[rows, places], and the model guesses them one place earlier.
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
    """How often the model's best guess is the answer, {kind: share}; ids and places as `asked` gives them."""
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
    return share_right(ablate_head(params, layer, head, config.n_head), config, *asked(tokenizer, stories.generate(**UNSEEN)))


@cache
def known_by_depth(count=40):
    """How often the logit lens of the bundled model shows the answer, {kind: [before block 0, after block 0, …]}."""
    params, config, tokenizer = checkpoint.load("bundled")
    hits = {kind: [] for kind in KINDS}
    for story in stories.generate(**UNSEEN | {"count": count}):
        ids = training.document(tokenizer, story)
        guess = logit_lens(streams(trace(params, config, ids[:-1]), config.n_layer), params["ln_f.weight"], params["ln_f.bias"],
                           params["wte.weight"]).argmax(-1)  # (n_layer + 1, T)
        for reference, answer, _, _ in training.locate(tokenizer, ids, story):
            if reference.kind in KINDS:
                hits[reference.kind].append(guess[:, answer - 1] == ids[answer])
    return {kind: torch.stack(rows).float().mean(0).tolist() for kind, rows in hits.items()}


def streams(seen, n_layer):
    """The residual stream of a `trace` before block 0 and after each block: (n_layer + 1, T, C)."""
    return torch.stack([seen["residual"], *(seen[f"h.{i}.residual"] for i in range(n_layer))])


# ---------------------------------------------------------------- references: beyond

# ---------------------------------------------------------------- cases: inside


def _no_arguments(rng):
    yield Case("your guess", ())


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
    yield Case("only the last token asks", (table, torch.tensor([[0, 0, 0], [0, 0, 0], [1, 0, 0]], dtype=torch.bool)))
    yield Case("two places are right for one token", (table, torch.tensor([[0, 0, 0], [0, 0, 0], [1, 1, 0]], dtype=torch.bool)))
    yield Case("a single token that looks at itself", (torch.ones(1, 1), torch.ones(1, 1, dtype=torch.bool)))
    yield Case("four heads at once", (_shares(rng, 4, 7), _before(7)))
    wanted = torch.tensor(rng.random((9, 9)) < 0.2).tril()
    wanted[8, 3] = wanted[8, 5] = True
    yield Case("all heads of all layers, any places", (_shares(rng, 2, 3, 9), wanted))
    yield Case("a table that lies transposed in memory", (_shares(rng, 5, 6).transpose(0, 1).contiguous().transpose(0, 1), _before(6)))


def _lens_cases(rng):
    C, V = 8, 11
    weight, bias, wte = 1 + 0.3 * _normal(rng, C), 0.3 * _normal(rng, C), _normal(rng, V, C)
    yield Case("one vector", (_normal(rng, C), weight, bias, wte))
    yield Case("every depth and token of a text", (3 * _normal(rng, 5, 6, C) + 1, weight, bias, wte))
    yield Case("a single token", (_normal(rng, 1, C), weight, bias, wte))
    yield Case("as many tokens as numbers in a vector", (_normal(rng, C, C) + 2, weight, bias, wte))
    yield Case("a stream that has grown large", (400 * _normal(rng, 3, C), weight, bias, wte))
    yield Case("a stream that is still small", (0.05 * _normal(rng, 3, C), weight, bias, wte))


def _ablation_cases(rng):
    def params(C, layers):
        shapes = {"wte.weight": (5, C)}
        for i in range(layers):
            shapes |= {f"h.{i}.attn.c_attn.weight": (C, 3 * C), f"h.{i}.attn.c_attn.bias": (3 * C,),
                       f"h.{i}.attn.c_proj.weight": (C, C), f"h.{i}.attn.c_proj.bias": (C,)}
        return {name: _normal(rng, *shape) for name, shape in shapes.items()}

    yield Case("head 0 of block 0", (params(6, 2), 0, 0, 3))
    yield Case("the last head of the last block", (params(6, 2), 1, 2, 3))
    yield Case("one in the middle", (params(8, 3), 1, 1, 4))
    yield Case("a block with a single head", (params(4, 1), 0, 0, 1))
    yield Case("heads of one number each", (params(4, 2), 1, 2, 4))
    learning = {name: p.requires_grad_() for name, p in params(6, 1).items()}
    yield Case("weights in the middle of training (they must not be changed)", (learning, 0, 1, 2))

# ---------------------------------------------------------------- cases: beyond

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
    return unembed((stream - stream.mean()) / torch.sqrt(variance + 1e-5) * ln_weight + ln_bias, wte)


def _norm_last(stream, ln_weight, ln_bias, wte):
    logits = unembed(stream, wte)
    return layer_norm(logits, torch.ones(len(wte)), torch.zeros(len(wte)))


def _last_token(stream, ln_weight, ln_bias, wte):
    return logit_lens(stream[..., -1, :] if stream.dim() > 1 else stream, ln_weight, ln_bias, wte)


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
    return _zeroed(params, layer, "c_proj.weight", (slice(None), _own_rows(params, layer, head, n_head)))


def _every_nth(params, layer, head, n_head):
    return _zeroed(params, layer, "c_proj.weight", slice(head, None, n_head))


def _in_place(params, layer, head, n_head):
    params[f"h.{layer}.attn.c_proj.weight"][_own_rows(params, layer, head, n_head)] = 0
    return params


def _only_what_changed(params, layer, head, n_head):
    name = f"h.{layer}.attn.c_proj.weight"
    return {name: ablate_head(params, layer, head, n_head)[name]}


def _no_query(params, layer, head, n_head):
    return _zeroed(params, layer, "c_attn.weight", (slice(None), _own_rows(params, layer, head, n_head)))


def _counts_from_one(params, layer, head, n_head):
    D = len(params[f"h.{layer}.attn.c_proj.weight"]) // n_head
    return _zeroed(params, layer, "c_proj.weight", slice((head - 1) * D, head * D))


def _heads_as_wide_as_their_number(params, layer, head, n_head):
    return _zeroed(params, layer, "c_proj.weight", slice(head * n_head, (head + 1) * n_head))


def _bias_too(params, layer, head, n_head):
    return _zeroed(ablate_head(params, layer, head, n_head), layer, "c_proj.bias", slice(None))


def _guess(value):
    return lambda: value

# ---------------------------------------------------------------- mistakes people make: beyond

# ---------------------------------------------------------------- the registry of this lesson

EXERCISES = [
    Exercise(
        asks="How much of a head's attention goes where it should go?",
        reference=attention_from_head,
        cases=_attention_cases,
        mistakes=(
            Mistake(_all_rows, "The mean runs over all rows, also over those that ask for nothing (all False in `wanted`) and can only add a 0. Leave them out of the mean."),
            Mistake(_best_place, "Where several places are right, their shares belong together: sum them instead of taking the largest."),
            Mistake(_mean_of_cells, "This is the mean over all wanted cells. First add up the wanted shares of each row, then take the mean over the rows that ask."),
            Mistake(_sum_of_cells, "You added up all wanted shares of the table. Add up within each row, then take the mean over the rows that ask."),
            Mistake(_columns_ask, "You summed down the columns. A row is the token that looks, so its shares lie along the last axis."),
            Mistake(_one_for_all_heads, "There is one number for all heads together. The axes in front, layers and heads, must stay: the mean is only over the rows."),
            Mistake(_upside_down, "`wanted` has been turned round: its rows ask too, as those of `attention` do."),
        ),
        hints=(
            "`attention * wanted` keeps the shares that went to a right place and makes all others 0. What must be summed?",
            "`wanted.any(-1)` says which rows ask for anything, (T,). A mask like that can pick rows: `found[..., asking]`.",
            "Sum over the last axis, pick the asking rows, mean over the last axis.",
        ),
        points=2, minutes=10, post="A Closer Look at self-attention",
    ),
    Exercise(
        asks="The logits that the model would give if it stopped here.",
        reference=logit_lens,
        cases=_lens_cases,
        needs=("layer_norm", "unembed"),
        mistakes=(
            Mistake(_no_norm, "The stream goes to wte as it is. At the model's own exit there is one step between: the last LayerNorm, with the weight and bias that you were given."),
            Mistake(_no_weight_and_bias, "The stream is normalised, but ln_weight and ln_bias are not used."),
            Mistake(_probabilities, "These are probabilities. The lens gives logits: leave the softmax to whoever wants it."),
            Mistake(_guesses, "You return the best guesses. Return all V logits; taking the best comes later."),
            Mistake(_norm_over_everything, "You normalised with one mean and one variance for everything. LayerNorm takes them for each vector by itself, over the last axis."),
            Mistake(_norm_last, "The order is wrong: LayerNorm belongs before wte, on the C numbers of the stream, not on the V logits."),
            Mistake(_last_token, "You look at the last token only. Keep all axes in front of C: (..., C) becomes (..., V)."),
        ),
        hints=(
            "What does GPT-2 do with the stream after its last block? Do the same, only earlier.",
            "Two functions of yours in a row: first `layer_norm`, then `unembed`.",
        ),
        points=1, minutes=5, post="Model Output",
    ),
    Exercise(
        asks="Before you look: after how many blocks does the lens know a robot's name, and after how many the place of a thing?",
        reference=predict_depths,
        cases=_no_arguments,
        prediction=True,
        mistakes=(
            Mistake(_guess((4, 4)), "The place indeed needs all four blocks. But look at the maps above: in which layer is the head that finds names?"),
            Mistake(_guess((1, 1)), "The name is known after one block. But the head that finds places is in the last layer, and before it nothing else looked there."),
            Mistake(_guess((0, 4)), "Before the first block, a token has met no other token. It cannot know a name that stands elsewhere."),
            Mistake(_guess((4, 1)), "It is the other way round: look again at the layers of the two heads in the maps above."),
        ),
        hints=("The maps of the head scores say in which layer each kind of word is looked up. A head in layer 0 has done its work after one block.",),
        points=0, minutes=2,
    ),
    Exercise(
        asks="Silence one head by changing one matrix.",
        reference=ablate_head,
        cases=_ablation_cases,
        mistakes=(
            Mistake(_columns, "You set columns to 0. In `x @ weight` the rows belong to what goes in: the merged heads. The columns are what comes out, a mixture of all heads."),
            Mistake(_every_nth, "You took every n_head-th row. After `merge_heads` the D numbers of one head lie next to each other."),
            Mistake(_in_place, "You changed the tensor that you were given: the model itself would stay damaged. Change a copy: `.clone()`."),
            Mistake(_only_what_changed, "Return the whole dict: the other weights are still needed to run the model."),
            Mistake(_no_query, "Without its query a head is not silent: all its scores are equal, so it mixes all values evenly. Cut it off behind the sum, where its find enters c_proj."),
            Mistake(_counts_from_one, "This silences the head before. Heads are counted from 0."),
            Mistake(_heads_as_wide_as_their_number, "A head is D = C / n_head numbers wide, not n_head."),
            Mistake(_bias_too, "c_proj's bias belongs to no head: leave it as it is."),
        ),
        hints=(
            "Which D of the C numbers that enter c_proj come from this head? `merge_heads` put head 0 first, then head 1, …",
            "Number i of the input meets row i of the matrix. If that row is 0, the number no longer matters.",
            "Copy the matrix, set the rows from head * D to (head + 1) * D to 0, and put it into a new dict: `{**params, name: weight}`.",
        ),
        points=2, minutes=10, difficulty="medium", post="Merge attention heads",
    ),
    Exercise(
        asks="Before you look: without the head that looks for \"it\", how often is the answer still right?",
        reference=predict_it_without,
        cases=_no_arguments,
        prediction=True,
        mistakes=(
            Mistake(_guess(0.0), "That is what its map suggests, and most people say. A head that looks at the answer need not be the only one that knows it."),
            Mistake(_guess(0.25), "Less than a coin toss would then be right. A share only says where this head looks, not what the others know."),
            Mistake(_guess(0.5), "That would be a coin toss between the two machines of a story. The model does better."),
        ),
        hints=("Look at the second highest numbers in the map for \"it\". Is this head the only one that looks there?",),
        points=0, minutes=2, atol=0.15,
    ),
    # beyond: masked_language_model_view, as_one_sequence, music_to_events
]
