"""How surprised is the model by any text, of any length?"""

import math

import torch

from utils import gpt2
from utils.exercises import Case, Exercise
from utils.exercises.decoder_block.gpt2_forward import gpt2_forward
from utils.parts import random_params


def perplexity_of_text(params, ids, n_layer, n_head):
    nats, most = 0.0, len(params["wpe.weight"])
    for start in range(0, len(ids) - 1, most):
        targets = ids[start + 1 : start + 1 + most]  # (T,)
        inputs = ids[start : start + len(targets)]  # (T,)
        logits = gpt2_forward(params, inputs, n_layer, n_head)  # (T, V)
        given = logits[torch.arange(len(targets)), targets]  # (T,)
        nats += (logits.logsumexp(-1) - given).sum().item()
    return math.exp(nats / (len(ids) - 1))


def cases(rng):
    def case(label, T, size=1.0, **sizes):
        config = gpt2.Config(
            **{"vocab_size": 9, "n_positions": 5, "n_embd": 4, "n_layer": 1, "n_head": 2} | sizes
        )
        params = random_params(config, int(rng.integers(1 << 30)))
        params["wte.weight"] *= size
        ids = torch.tensor(rng.integers(config.vocab_size, size=T))
        return Case(label, (params, ids, config.n_layer, config.n_head))

    yield case("two tokens: one prediction", 2)
    yield case("as many as fit", 5)
    yield case("one more than fits: still one piece", 6)
    yield case("two pieces, the second short", 8)
    yield case("three pieces", 14)
    yield case("a model that knows nothing", 4, size=0.0)
    params, ids, *rest = case("", 4).args
    for t in (1, 2, 3):  # one token that it holds for impossible, then two likely ones
        logits = gpt2_forward(params, ids[:t], *rest)[-1]
        ids[t] = logits.argmin() if t == 1 else logits.argmax()
    logits = gpt2_forward(params, ids[:1], *rest)[0]
    for name in ("ln_f.weight", "ln_f.bias"):  # 150 nats: softmax gives 0, and exp(150 / 3) fits
        params[name] *= 150 / (logits.max() - logits.min())
    yield Case("very sure, and wrong", (params, ids, *rest))
    yield case("drawn, two blocks", 7, n_layer=2, vocab_size=20)
    yield case("three heads", 4, n_embd=6, n_head=3)


def not_moved_by_one(params, ids, n_layer, n_head):
    """You ask how probable each token is at its own position, where the model has just read it.
    The logits at position t are about token t + 1.
    """
    nats = 0.0
    for start in range(0, len(ids), len(params["wpe.weight"])):
        piece = ids[start : start + len(params["wpe.weight"])]
        logits = gpt2_forward(params, piece, n_layer, n_head)
        nats += (logits.logsumexp(-1) - logits[torch.arange(len(piece)), piece]).sum().item()
    return math.exp(nats / len(ids))


def _pieces(params, ids, n_layer, n_head):
    """(nats of each prediction) for each piece."""
    most = len(params["wpe.weight"])
    for start in range(0, len(ids) - 1, most):
        targets = ids[start + 1 : start + 1 + most]
        logits = gpt2_forward(params, ids[start : start + len(targets)], n_layer, n_head)
        yield logits.logsumexp(-1) - logits[torch.arange(len(targets)), targets]


def first_piece_only(params, ids, n_layer, n_head):
    """Only the first piece counts; the rest of a long text is not read."""
    return math.exp(next(_pieces(params, ids, n_layer, n_head)).mean().item())


def mean_of_means(params, ids, n_layer, n_head):
    """A short last piece counts as much as a long one. Add up the nats of all, then divide once."""
    means = [piece.mean().item() for piece in _pieces(params, ids, n_layer, n_head)]
    return math.exp(sum(means) / len(means))


def mean_of_perplexities(params, ids, n_layer, n_head):
    """You average after exp. The average is over nats; exp comes last."""
    return torch.cat(list(_pieces(params, ids, n_layer, n_head))).double().exp().mean().item()


def forgets_exp(params, ids, n_layer, n_head):
    """This is the loss in nats; the perplexity is its exp."""
    return torch.cat(list(_pieces(params, ids, n_layer, n_head))).mean().item()


def divides_by_tokens(params, ids, n_layer, n_head):
    """There are n - 1 predictions in n tokens: the first is not predicted."""
    nats = torch.cat(list(_pieces(params, ids, n_layer, n_head))).sum().item()
    return math.exp(nats / len(ids))


def too_long(params, ids, n_layer, n_head):
    """The model has no position beyond its last: a longer text must be read in pieces."""
    logits = gpt2_forward(params, ids[:-1], n_layer, n_head)
    return math.exp(
        (logits.logsumexp(-1) - logits[torch.arange(len(ids) - 1), ids[1:]]).mean().item()
    )


def one_input_too_many(params, ids, n_layer, n_head):
    """The last token of the text has no target. Give the model only as many inputs as there are
    targets.
    """
    nats, most = 0.0, len(params["wpe.weight"])
    for start in range(0, len(ids) - 1, most):
        targets = ids[start + 1 : start + 1 + most]
        logits = gpt2_forward(params, ids[start : start + most], n_layer, n_head)
        nats += (logits.logsumexp(-1) - logits[torch.arange(len(targets)), targets]).sum().item()
    return math.exp(nats / (len(ids) - 1))


def log_of_softmax(params, ids, n_layer, n_head):
    """For a token that the model is very sure will not come, softmax rounds to 0, and log(0) is
    infinite. Take logsumexp minus the logit.
    """
    nats, most = 0.0, len(params["wpe.weight"])
    for start in range(0, len(ids) - 1, most):
        targets = ids[start + 1 : start + 1 + most]
        logits = gpt2_forward(params, ids[start : start + len(targets)], n_layer, n_head)
        nats -= logits.softmax(-1)[torch.arange(len(targets)), targets].log().sum().item()
    return math.exp(nats / (len(ids) - 1))


def between_pieces(params, ids, n_layer, n_head):
    """The first token of each piece is never predicted. The last token of the piece before can
    predict it: let the targets be one ahead.
    """
    nats = _within_pieces(params, ids, n_layer, n_head)
    return math.exp(nats.sum().item() / len(nats))


def between_pieces_and_divided_by_all(params, ids, n_layer, n_head):
    """The first token of each piece is never predicted, and still you divide by all. The last token
    of the piece before can predict it: let the targets be one ahead.
    """
    return math.exp(_within_pieces(params, ids, n_layer, n_head).sum().item() / (len(ids) - 1))


def _within_pieces(params, ids, n_layer, n_head):
    found = []
    for piece in ids.split(len(params["wpe.weight"])):
        if len(piece) > 1:
            logits = gpt2_forward(params, piece[:-1], n_layer, n_head)
            found.append(logits.logsumexp(-1) - logits[torch.arange(len(piece) - 1), piece[1:]])
    return torch.cat(found)


def always_two_heads(params, ids, n_layer, n_head):
    """You always take 2 heads. Use the number that is given: `n_head`."""
    return perplexity_of_text(params, ids, n_layer, 2)


def power_of_two(params, ids, n_layer, n_head):
    """Your nats go into a power of 2. Nats belong to e: `math.exp`."""
    return 2 ** torch.cat(list(_pieces(params, ids, n_layer, n_head))).mean().item()


def mean_of_perplexities_of_pieces(params, ids, n_layer, n_head):
    """You average the pieces' perplexities. Add up the nats of all pieces, divide once, and take
    exp last.
    """
    nats = [piece.mean().item() for piece in _pieces(params, ids, n_layer, n_head)]
    return sum(map(math.exp, nats)) / len(nats)


EXERCISE = Exercise(
    perplexity_of_text,
    cases,
    mistakes=(
        not_moved_by_one,
        first_piece_only,
        mean_of_means,
        mean_of_perplexities,
        forgets_exp,
        divides_by_tokens,
        too_long,
        one_input_too_many,
        log_of_softmax,
        between_pieces,
        between_pieces_and_divided_by_all,
        always_two_heads,
        power_of_two,
        mean_of_perplexities_of_pieces,
    ),
    hints=(
        'Each piece: `inputs` of at most `len(params["wpe.weight"])` tokens, `targets` '
        "the same moved by one.",
        "-ln p of a target is `logits.logsumexp(-1)` minus the target's logit: no "
        "softmax, no overflow.",
        "`range(0, len(ids) - 1, most)` are the starts. Add up the nats, divide by "
        "`len(ids) - 1`, then `math.exp`.",
    ),
    points=3,
    minutes=12,
    difficulty="medium",
    rtol=1e-3,
    work=2.5,
    core=False,
)
