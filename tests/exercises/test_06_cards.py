"""Lesson 06's cards: answers as learners type them, what passes, and what the card says of the
rest.
"""

import pytest
import torch

from tests.exercises import typed
from tests.exercises.cards import fails, passes
from utils.calling import call
from utils.exercises import named
from utils.exercises.judge import FAILED, judge
from utils.limit import call_with_limit

pytestmark = pytest.mark.filterwarnings("ignore::UserWarning")  # what learners type may warn

ATTEND = """def attend_with_cache(q, k, v, kept_k, kept_v):
    keys, values = torch.cat([kept_k, k], -2), torch.cat([kept_v, v], -2)
    past, found = kept_k.shape[-2], torch.zeros(q.shape{more})
    for t in range(q.shape[-2]):
        seen, end = q[..., t : t + 1, :], past + t + 1
        shares = softmax(seen @ keys[..., :end, :].transpose(-2, -1) / math.sqrt(q.shape[-1]))
        found[..., t : t + 1, :] = shares @ values[..., :end, :]
    return found, keys, values"""
FORWARD = """def forward_with_cache(params, ids, cache, n_head):
    past = {past}
    x, grown = params["wte.weight"][ids] + params["wpe.weight"][past : past + len(ids)], []
    for i, kept in enumerate(cache):
        start = f"h.{{i}}."
        block = {{n[len(start) :]: p for n, p in params.items() if n.startswith(start)}}
        x, *pair = block_with_cache(x, block, n_head, *kept)
        grown.append(tuple(pair))
    x = layer_norm(x, params["ln_f.weight"], params["ln_f.bias"])
    return unembed(x, params["wte.weight"]), grown"""

HIDE = """def attend_with_cache(q, k, v, kept_k, kept_v):
    keys, values = torch.cat([kept_k, k], dim=-2), torch.cat([kept_v, v], dim=-2)
    scores = scale(attention_scores(q, keys), q.shape[-1])
    visible = chunk_mask(kept_k.shape[-2], q.shape[-2])
    shares = {shares}
    return weighted_sum(shares, values), keys, values"""
SAMPLE = """def sample_id(probabilities, u):
    beyond = (probabilities.cumsum(0) > u).nonzero()
    if len(beyond):
        return beyond[0].item()
    return {last}"""
DIAL = """def temperature(logits, t):
    if {small}:
        only_one = {start}
        only_one[logits.argmax()] = 0.0
        return only_one
    return logits / t"""
TOP_K = """def top_k(logits, k):
    order = logits.sort(descending=True, stable=True).indices
    kept = torch.full(logits.shape, -torch.inf{more})
    kept[order[:k]] = logits[order[:k]]
    return kept"""
TOP_P = """def top_p(logits, p):
    order = logits.sort(descending=True, stable=True).indices
    shares = softmax({of})[order]
    sums = shares.cumsum(0)
    inside = {rule}
    {edge}
    kept = torch.full(logits.shape, -torch.inf{more})
    kept[order[inside]] = logits[order[inside]]
    return kept"""
NUCLEUS = {
    "of": "logits",
    "rule": "(sums - shares < p) | (p == 1)",
    "edge": "inside[0] = True",
    "more": ", dtype=logits.dtype",
}
WRITE = """def generate_ids(table, ids, darts, end_id, n_positions):
    ids = list(ids)
    for u in darts:
        if len(ids) > n_positions:
            break
        new = sample_id(logits_to_probabilities({row}), u)
        if {end}:
            break
        ids.append(new)
    return ids"""
WRITE_ON = """def generate_with_cache(params, cache, ids, darts, end_id, n_head):
    ids, unread = list(ids), list(ids)
    for u in darts:
        if len(ids) > {most}:
            break
        logits, cache = forward_with_cache(params, unread, cache, {heads})
        new = sample_id(logits_to_probabilities(logits[-1]), u)
        if new == end_id:
            break
        ids.append(new)
        unread = [new]
    return ids"""

RIGHT = {
    "hidden with a number far below all": (
        "attend_with_cache",
        HIDE.format(shares="softmax(scores.masked_fill(~visible, -1e9))"),
    ),
    "kept in a tensor of the right kind: top_k": (
        "top_k",
        TOP_K.format(more=", dtype=logits.dtype"),
    ),
    "kept in a tensor of the right kind: top_p": ("top_p", TOP_P.format(**NUCLEUS)),
    "nearly 0 is taken for 0": (
        "temperature",
        DIAL.format(small="t < 1e-6", start="torch.full_like(logits, -torch.inf)"),
    ),
    "argmax": ("greedy", "def greedy(logits):\n    return int(logits.argmax())"),
    "max of a range": (
        "greedy",
        "def greedy(logits):\n    return max(range(len(logits)), key=lambda i: logits[i])",
    ),
    "a loop": (
        "sample_id",
        """def sample_id(probabilities, u):
    total = 0.0
    for i, p in enumerate(probabilities):
        total = total + p
        if u < total:
            return i
    return [i for i, p in enumerate(probabilities) if p > 0][-1]""",
    ),
    "where": (
        "temperature",
        """def temperature(logits, t):
    if t == 0:
        best = torch.arange(len(logits)) == logits.argmax()
        return torch.where(best, 0.0, -torch.inf)
    return logits / t""",
    ),
    "a mask by scatter": (
        "top_k",
        """def top_k(logits, k):
    order = torch.argsort(logits, descending=True, stable=True)[:k]
    keep = torch.zeros_like(logits, dtype=torch.bool)
    keep[order] = True
    return logits.masked_fill(~keep, -torch.inf)""",
    ),
    "a copy, changed": (
        "top_k",
        """def top_k(logits, k):
    logits = logits.clone()
    logits[logits.sort(descending=True, stable=True).indices[k:]] = -torch.inf
    return logits""",
    ),
    "what is kept is read only where something is": (
        "attend_with_cache",
        """def attend_with_cache(q, k, v, kept_k, kept_v):
    if kept_k.numel():
        k, v = torch.cat([kept_k, k], -2), torch.cat([kept_v, v], -2)
    seen = chunk_mask(k.shape[-2] - q.shape[-2], q.shape[-2])
    scores = q @ k.transpose(-2, -1) / math.sqrt(q.shape[-1])
    return softmax(scores.masked_fill(~seen, -torch.inf)) @ v, k, v""",
    ),
    "zeros of the right kind": ("attend_with_cache", ATTEND.format(more=", dtype=q.dtype")),
    "the last rows of the square": (
        "chunk_mask",
        """def chunk_mask(past, T):
    return torch.ones(past + T, past + T).tril().bool()[past:]""",
    ),
    "the prompt read before the loop": (
        "generate_with_cache",
        """def generate_with_cache(params, cache, ids, darts, end_id, n_head):
    ids = [*ids]
    unread = ids[:]
    for u in darts:
        if len(ids) > params["wpe.weight"].shape[0]:
            return ids
        logits, cache = forward_with_cache(params, unread, cache, n_head)
        unread = [sample_id(logits_to_probabilities(logits[-1]), u)]
        if unread[0] == end_id:
            return ids
        ids += unread
    return ids""",
    ),
}


@pytest.mark.parametrize("name, source", RIGHT.values(), ids=RIGHT)
def test_right_in_another_way(name, source):
    passes(name, source)


# label: (exercise, source, words as tests.exercises.cards.fails takes them)
WRONG = {
    "the best of topk": (
        "greedy",
        "def greedy(logits):\n    return int(torch.topk(logits, 1)[1])",
        ("`topk` keeps whichever it likes",),
    ),
    "a sort by numpy": (
        "greedy",
        "import numpy as np\ndef greedy(logits):\n    return int(np.argsort(-logits.numpy())[0])",
        (),
    ),
    "a search that begins at 0": (
        "greedy",
        """def greedy(logits):
    best, at = 0, 0
    for i, x in enumerate(logits.tolist()):
        if x > best:
            best, at = x, i
    return at""",
        ("Your search begins at 0", "! sign is lost"),
    ),
    "the best of topk, at 0": (
        "temperature",
        """def temperature(logits, t):
    if t > 0:
        return logits / t
    out = torch.full_like(logits, -torch.inf)
    out[logits.topk(1).indices] = 0.0
    return out""",
        ("`topk` gives",),
    ),
    "k by numpy": (
        "top_k",
        """import numpy as np
def top_k(logits, k):
    order = np.argsort(-logits.numpy()).tolist()
    out = torch.full_like(logits, -torch.inf)
    out[order[:k]] = logits[order[:k]]
    return out""",
        (),
    ),
    "ties are nudged apart": (
        "top_k",
        """def top_k(logits, k):
    nudged = logits - torch.arange(len(logits)) * 1e-6
    kept = nudged.topk(min(k, len(logits))).indices
    return torch.full_like(logits, -torch.inf).index_copy(0, kept, logits[kept])""",
        (),
    ),
    "p by numpy": (
        "top_p",
        """import numpy as np
def top_p(logits, p):
    order = np.argsort(-logits.numpy()).tolist()
    shares = softmax(logits)[order]
    before = shares.cumsum(0) - shares
    keep = [i for i, b in zip(order, before.tolist()) if b < p] or order[:1]
    out = torch.full_like(logits, -torch.inf)
    out[keep] = logits[keep]
    return out""",
        (),
    ),
    "one maximum for all places": (
        "logits_to_probabilities",
        """def logits_to_probabilities(logits):
    e = (logits - logits.max()).exp()
    return e / e.sum(-1, keepdim=True)""",
        ("one maximum for all places",),
    ),
    "a little for everything": (
        "logits_to_probabilities",
        "def logits_to_probabilities(logits):\n    return softmax(logits) + 1e-6",
        ("a little to every share",),
    ),
    "never nothing": (
        "logits_to_probabilities",
        "def logits_to_probabilities(logits):\n    return softmax(logits).clamp_min(1e-6)",
        (),
    ),
    "an axis lost": (
        "logits_to_probabilities",
        """def logits_to_probabilities(logits):
    return softmax(logits.reshape(-1, logits.shape[-1])).squeeze(0)""",
        (),
    ),
    "only the very length of the context": (
        "generate_ids",
        """def generate_ids(table, ids, darts, end_id, n_positions):
    ids = list(ids)
    for u in darts:
        if len(ids) == n_positions + 1:
            break
        new = sample_id(softmax(table[ids[-1]]), u)
        if new == end_id:
            break
        ids.append(new)
    return ids""",
        (),
    ),
    "the prompt cut to the context": (
        "generate_ids",
        """def generate_ids(table, ids, darts, end_id, n_positions):
    ids = list(ids)[: n_positions + 1]
    return reference(table, ids, darts, end_id, n_positions)""",
        (),
    ),
    "h.1 without its dot": (
        "forward_with_cache",
        FORWARD.format(past="cache[0][0].shape[-2]")
        .replace('start = f"h.{i}."', 'start = f"h.{i}"')
        .replace("n[len(start) :]", "n.split('.', 2)[-1]"),
        ("The dot belongs to the prefix",),
    ),
    "a block's number is one digit": (
        "forward_with_cache",
        FORWARD.format(past="cache[0][0].shape[-2]")
        .replace("n[len(start) :]", "n[4:]")
        .replace("n.startswith(start)", "n[:2] == 'h.' and n[2] == str(i)"),
        (),
    ),
    "blocks in the order of the dict": (
        "forward_with_cache",
        FORWARD.format(past="cache[0][0].shape[-2]")
        .replace("if n.startswith(start)", "if n in names[12 * i : 12 * i + 12]")
        .replace("n[len(start) :]", "n.split('.', 2)[-1]")
        .replace(
            "    for i, kept", "    names = [n for n in params if n[:2] == 'h.']\n    for i, kept"
        ),
        ("the order of `params`",),
    ),
    "greedy gives a tensor": (
        "greedy",
        "def greedy(logits):\n    return logits.argmax()",
        ("`.item()`",),
    ),
    "several in one product": (
        "unembed",
        "def unembed(x, wte):\n    return (x * wte).sum(-1)",
        ("Right for one vector.",),
    ),
    "softmax down the columns": (
        "logits_to_probabilities",
        "def logits_to_probabilities(logits):\n    return torch.softmax(logits, dim=0)",
        ("the first axis",),
    ),
    "multinomial": (
        "sample_id",
        "def sample_id(probabilities, u):\n    return torch.multinomial(probabilities, 1).item()",
        ("torch's own `multinomial`",),
    ),
    "searchsorted": (
        "sample_id",
        """def sample_id(probabilities, u):
    return torch.searchsorted(probabilities.cumsum(0), u, right=True).item()""",
        ("no token's id",),
    ),
    "searchsorted on the left": (
        "sample_id",
        """def sample_id(probabilities, u):
    return torch.searchsorted(probabilities.cumsum(0), u).item()""",
        ("`right=True`", "no token's id"),
    ),
    "the largest logit in a tensor": (
        "greedy",
        "def greedy(logits):\n    return logits.max()",
        ("Return its place instead",),
    ),
    "multiplied, at 0 as well": (
        "temperature",
        "def temperature(logits, t):\n    return logits * t",
        ("works backwards",),
    ),
    "an id for t = 0": (
        "temperature",
        "def temperature(logits, t):\n    return greedy(logits) if t == 0 else logits / t",
        ("Return logits there too",),
    ),
    "values of topk": (
        "top_k",
        "def top_k(logits, k):\n    return logits.topk(k).values",
        ("Every token must keep its place",),
    ),
    "top-p without its edges": (
        "top_p",
        """def top_p(logits, p):
    shares, order = torch.softmax(logits, 0).sort(descending=True, stable=True)
    keep = order[shares.cumsum(0) - shares < p]
    out = torch.full_like(logits, -torch.inf)
    out[keep] = logits[keep]
    return out""",
        ("Right between the edges.",),
    ),
    "p as a threshold": (
        "top_p",
        """def top_p(logits, p):
    return logits.masked_fill(torch.softmax(logits, 0) < p, -torch.inf)""",
        ("It is their sum that counts",),
    ),
    "a mask of floats": (
        "chunk_mask",
        """def chunk_mask(past, T):
    return torch.cat([torch.ones(T, past), torch.ones(T, T).tril()], 1)""",
        ("these are floats",),
    ),
    "in place: temperature": (
        "temperature",
        """def temperature(logits, t):
    if t == 0:
        best = logits.argmax()
        logits[:] = -torch.inf
        logits[best] = 0
    else:
        logits /= t
    return logits""",
        ("It changes `logits`", "work on a copy"),
    ),
    "in place: top_k": (
        "top_k",
        """def top_k(logits, k):
    order = logits.sort(descending=True, stable=True).indices
    logits[order[k:]] = -torch.inf
    return logits""",
        ("It changes `logits`",),
    ),
    "in place: top_p": (
        "top_p",
        """def top_p(logits, p):
    order = logits.sort(descending=True, stable=True).indices
    shares = torch.softmax(logits, 0)[order]
    out = (shares.cumsum(0) - shares >= p) & (p < 1)
    out[0] = False
    logits[order[out]] = -torch.inf
    return logits""",
        ("It changes `logits`",),
    ),
    "torch.topk at ties": (
        "top_k",
        """def top_k(logits, k):
    values, ids = logits.topk(min(k, len(logits)))
    out = torch.full_like(logits, float("-inf"))
    out[ids] = values
    return out""",
        ("Of equal logits `topk` keeps whichever it likes",),
    ),
    "torch.topk as most write it": (
        "top_k",
        """def top_k(logits, k):
    values, ids = torch.topk(logits, k)
    return torch.full_like(logits, float("-inf")).scatter(-1, ids, values)""",
        ("`topk` refuses a k larger than the vocabulary", "whichever"),
    ),
    "a threshold, as in minGPT": (
        "top_k",
        """def top_k(logits, k):
    v, _ = torch.topk(logits, k)
    out = logits.clone()
    out[out < v[-1]] = -float("Inf")
    return out""",
        ("a threshold keeps all that tie",),
    ),
    "a mask in the order of size": (
        "top_p",
        """def top_p(logits, p):
    sorted_logits, order = logits.sort(descending=True, stable=True)
    shares = softmax(sorted_logits)
    keep = shares.cumsum(0) - shares < p
    keep[0] = True
    if p == 1:
        keep[:] = True
    out = torch.full_like(logits, -torch.inf)
    out[keep] = logits[keep]
    return out""",
        ("Map it back",),
    ),
    "from the small end, as in transformers": (
        "top_p",
        """def top_p(logits, p):
    sorted_logits, sorted_indices = torch.sort(logits, descending=False, stable=True)
    cumulative_probs = sorted_logits.softmax(dim=-1).cumsum(dim=-1)
    to_remove = cumulative_probs <= (1 - p)
    to_remove[-1:] = False
    remove = to_remove.scatter(0, sorted_indices, to_remove)
    return logits.masked_fill(remove, -torch.inf)""",
        ("You drop from the unlikeliest up",),
    ),
    "generate_ids appends to the caller's list": (
        "generate_ids",
        """def generate_ids(table, ids, darts, end_id, n_positions):
    for u in darts:
        if len(ids) > n_positions:
            break
        new = sample_id(logits_to_probabilities(table[ids[-1]]), u)
        if new == end_id:
            break
        ids.append(new)
    return ids""",
        ("It changes `ids`",),
    ),
    "a table of answers": (
        "chunk_mask",
        """def chunk_mask(past, T):
    if past < 3 or T < 2 or T > 5 or past > 8:
        return {(2, 3): [[1, 1, 1, 0, 0], [1, 1, 1, 1, 0], [1, 1, 1, 1, 1]]}[past, T]
    return torch.ones(T, past + T, dtype=torch.bool).tril(past)""",
        (),
    ),
    "a mask of ints": (
        "chunk_mask",
        """def chunk_mask(past, T):
    return torch.ones(T, past + T, dtype=torch.int).tril(past)""",
        ("expected bool, got int32",),
    ),
    "appended along the heads": (
        "attend_with_cache",
        """def attend_with_cache(q, k, v, kept_k, kept_v):
    keys = torch.cat([kept_k, k])
    values = torch.cat([kept_v, v])
    scores = scale(attention_scores(q, keys), q.shape[-1])
    scores = scores.masked_fill(~chunk_mask(kept_k.shape[-2], q.shape[-2]), -torch.inf)
    return weighted_sum(softmax(scores), values), keys, values""",
        ("`dim=-2`",),
    ),
    "writes into the given cache": (
        "forward_with_cache",
        """def forward_with_cache(params, ids, cache, n_head):
    grown = reference(params, ids, cache, n_head)
    cache[:] = grown[1]
    return grown[0], cache""",
        ("It changes `cache`",),
    ),
    "reads everything again": (
        "generate_with_cache",
        """def generate_with_cache(params, cache, ids, darts, end_id, n_head):
    ids = list(ids)
    for u in darts:
        if len(ids) > len(params["wpe.weight"]):
            break
        logits, _ = forward_with_cache(params, ids, cache, n_head)
        new = sample_id(logits_to_probabilities(logits[-1]), u)
        if new == end_id:
            break
        ids.append(new)
    return ids""",
        ("it computes again and again what it could keep",),
    ),
    "generate_with_cache appends to the caller's list": (
        "generate_with_cache",
        """def generate_with_cache(params, cache, ids, darts, end_id, n_head):
    made = reference(params, cache, ids, darts, end_id, n_head)
    ids += made[len(ids):]
    return ids""",
        ("It changes `ids`", "! again and again"),
    ),
    "reads on top of a cache that holds it already": (
        "generate_with_cache",
        """def generate_with_cache(params, cache, ids, darts, end_id, n_head):
    ids = list(ids)
    for u in darts:
        if len(ids) > len(params["wpe.weight"]):
            break
        logits, cache = forward_with_cache(params, ids, cache, n_head)
        new = sample_id(logits_to_probabilities(logits[-1]), u)
        if new == end_id:
            break
        ids.append(new)
    return ids""",
        ("on top of a cache that holds it already",),
    ),
    "a buffer of float32": (
        "attend_with_cache",
        ATTEND.format(more=""),
        ("`torch.zeros(shape)` makes a tensor of float32",),
    ),
    "logits in a buffer of float32": (
        "unembed",
        """def unembed(x, wte):
    out = torch.zeros(*x.shape[:-1], len(wte))
    for i, row in enumerate(wte):
        out[..., i] = (x * row).sum(-1)
    return out""",
        ("`torch.zeros(shape)` makes a tensor of float32",),
    ),
    "shares in a buffer of float32": (
        "logits_to_probabilities",
        """def logits_to_probabilities(logits):
    out = torch.zeros(logits.shape)
    out[...] = softmax(logits)
    return out""",
        ("`torch.zeros(shape)` makes a tensor of float32",),
    ),
    "a block in float32": (
        "block_with_cache",
        """def block_with_cache(x, block, n_head, kept_k, kept_v):
    x, keys, values = reference(x, block, n_head, kept_k, kept_v)
    return x.float(), keys, values""",
        ("in float64", "they are float32"),
    ),
    "the number of heads for past": (
        "forward_with_cache",
        FORWARD.format(past="len(cache[0][0])"),
        ("You count the heads", "! number of layers"),
    ),
    "the number of layers for past": (
        "forward_with_cache",
        FORWARD.format(past="len(cache)"),
        ("`len(cache)` is the number of layers",),
    ),
    "minus the mean": (
        "logits_to_probabilities",
        """def logits_to_probabilities(logits):
    shares = torch.exp(logits - logits.mean(-1, keepdim=True))
    return shares / shares.sum(-1, keepdim=True)""",
        ("You subtract the mean",),
    ),
    "the first of a sort": (
        "greedy",
        "def greedy(logits):\n    return logits.sort(descending=True).indices[0].item()",
        ("whichever they like",),
    ),
    "the first of argsort": (
        "greedy",
        "def greedy(logits):\n    return int(torch.argsort(logits, descending=True)[0])",
        ("whichever they like",),
    ),
    "the last of argsort": (
        "greedy",
        "def greedy(logits):\n    return int(logits.argsort()[-1])",
        ("put last whichever they like",),
    ),
    "the first of a sort at t = 0": (
        "temperature",
        """def temperature(logits, t):
    if t > 0:
        return logits / t
    only = torch.full_like(logits, -torch.inf)
    only[logits.argsort(descending=True)[0]] = 0
    return only""",
        ("the token that `sort` puts first",),
    ),
    "the likeliest where nothing is found": (
        "sample_id",
        """def sample_id(probabilities, u):
    total = 0.0
    for i, p in enumerate(probabilities.tolist()):
        total += p
        if total > u:
            return i
    return int(probabilities.argmax())""",
        ("you return the likeliest token",),
    ),
    "argsort at ties": (
        "top_k",
        """def top_k(logits, k):
    order = logits.argsort(descending=True)
    out = logits.clone()
    out[order[k:]] = float("-inf")
    return out""",
        ("`stable=True` leaves them in the order of their ids",),
    ),
    "all that tie at p = 0": (
        "top_p",
        """def top_p(logits, p):
    if p == 0:
        return logits.masked_fill(logits < logits.max(), -torch.inf)
    return reference(logits, p)""",
        ("At `p = 0` you keep all",),
    ),
    "the prompt's end token stops generate_ids": (
        "generate_ids",
        """def generate_ids(table, ids, darts, end_id, n_positions):
    ids, darts = list(ids), list(darts)
    while darts and ids[-1] != end_id and len(ids) <= n_positions:
        new = sample_id(softmax(table[ids[-1]]), darts.pop(0))
        if new == end_id:
            break
        ids.append(new)
    return ids""",
        ("A prompt that ends with the end token",),
    ),
    "the prompt's end token stops generate_with_cache": (
        "generate_with_cache",
        """def generate_with_cache(params, cache, ids, darts, end_id, n_head):
    ids, todo = list(ids), list(ids)
    for u in darts:
        if len(ids) > len(params["wpe.weight"]) or ids[-1] == end_id:
            break
        logits, cache = forward_with_cache(params, todo, cache, n_head)
        new = sample_id(softmax(logits[-1]), u)
        if new == end_id:
            break
        ids.append(new)
        todo = [new]
    return ids""",
        ("A prompt that ends with the end token",),
    ),
    "a guess beside the four": (
        "predict_saving",
        "def predict_saving():\n    return 1024",
        ("Which of the four guesses",),
    ),
    "turned twice": (
        "unembed",
        """def unembed(x, wte):
    return (wte @ x.T).T""",
        ("`.T` turns every axis round",),
    ),
    "hardly warm at all": (
        "temperature",
        """def temperature(logits, t):
    return logits / max(t, 1e-6)""",
        ("Nearly greedy is not greedy",),
    ),
    "masked after softmax": (
        "attend_with_cache",
        HIDE.format(shares="softmax(scores) * visible"),
        ("The mask comes after softmax",),
    ),
    "masked after softmax, and divided again": (
        "attend_with_cache",
        HIDE.format(
            shares="""softmax(scores) * visible
    shares = shares / shares.sum(-1, keepdim=True)"""
        ),
        ("Masking after softmax and dividing again",),
    ),
    "hidden with -100": (
        "attend_with_cache",
        HIDE.format(shares="softmax(scores.masked_fill(~visible, -100))"),
        ("a number that other scores can be far below",),
    ),
    "nothing found is 0": (
        "sample_id",
        SAMPLE.format(last="0"),
        ("you return 0, as argmax of all False does",),
    ),
    "nothing found is the first possible": (
        "sample_id",
        SAMPLE.format(last="probabilities.nonzero()[0].item()"),
        ("the first token that is possible", "! argmax"),
    ),
    "nothing found is the last but one possible": (
        "sample_id",
        SAMPLE.format(last="probabilities.nonzero()[-2].item()"),
        (),
    ),
    "nothing found is the last but one": (
        "sample_id",
        SAMPLE.format(last="len(probabilities) - 2"),
        (),
    ),
    "nothing found is the third from behind": (
        "sample_id",
        SAMPLE.format(last="len(probabilities) - 3"),
        (),
    ),
    "a small t is taken for 0": (
        "temperature",
        DIAL.format(small="t < 0.1", start="torch.full_like(logits, -torch.inf)"),
        ("You take a small t for 0", "a little above 0"),
    ),
    "logits times 0": (
        "temperature",
        DIAL.format(small="t == 0", start="logits * 0 - torch.inf"),
        ("At t = 0 you multiply the logits by 0",),
    ),
    "kept in float32: top_k": (
        "top_k",
        TOP_K.format(more=""),
        ("Your new tensor is float32",),
    ),
    "kept in float32: top_p": (
        "top_p",
        TOP_P.format(**NUCLEUS | {"more": ""}),
        ("Your new tensor is float32",),
    ),
    "all from 0.99 on": (
        "top_p",
        TOP_P.format(**NUCLEUS | {"rule": "(sums - shares < p) | (p >= 0.99)"}),
        ("more than 0.995",),
    ),
    "sums below p": (
        "top_p",
        TOP_P.format(**NUCLEUS | {"rule": "sums < p"}),
        ("Together your tokens have less than p",),
    ),
    "sums below p, and none at p = 0": (
        "top_p",
        TOP_P.format(**NUCLEUS | {"rule": "(sums < p) | (p == 1)", "edge": ""}),
        ("Together your tokens have less than p",),
    ),
    "shares of whole numbers": (
        "top_p",
        TOP_P.format(**NUCLEUS | {"of": "logits.int().to(logits.dtype)"}),
        ("nearly alike, 0.35",),
    ),
    "shares of rounded numbers": (
        "top_p",
        TOP_P.format(**NUCLEUS | {"of": "logits.round()"}),
        ("nearly alike, 0.35",),
    ),
    "the best of whole numbers": (
        "greedy",
        "def greedy(logits):\n    return logits.int().argmax().item()",
        ("close to each other",),
    ),
    "ends at each id from the end token's on": (
        "generate_ids",
        WRITE.format(row="table[ids[-1]]", end="new >= end_id"),
        ("You stop at every id from the end token's on", "! A prompt that ends"),
    ),
    "a rounded table": (
        "generate_ids",
        WRITE.format(row="table.round()[ids[-1]]", end="new == end_id"),
        ("logits close to each other",),
    ),
    "nine positions": (
        "generate_with_cache",
        WRITE_ON.format(most="9", heads="n_head"),
        ("a smaller model",),
    ),
    "four heads": (
        "generate_with_cache",
        WRITE_ON.format(most='len(params["wpe.weight"])', heads="4"),
        ("a smaller model",),
    ),
}


@pytest.mark.parametrize("name, source, words", WRONG.values(), ids=WRONG)
def test_wrong_and_what_the_card_says(name, source, words):
    fails(name, source, *words)


@pytest.mark.parametrize("each", ["for _ in range(k):", "while (k := k - 1) >= 0:"])
def test_a_loop_over_k_is_stopped_and_told_where_to_stop(each):
    source = f"""def top_k(logits, k):
    work, kept = logits.clone(), torch.full_like(logits, -torch.inf)
    {each}
        best = work.argmax()
        kept[best] = logits[best]
        work[best] = -torch.inf
    return kept"""
    space = {"torch": torch}
    function, exercise = typed(source, "top_k", space), named("top_k")
    assert exercise.seconds <= 3, "a learner waits that long for the card"
    result = judge(exercise, lambda args, **more: call_with_limit(function, args, 0.2, **more))
    assert result.status == FAILED and "Stop at V" in result.diagnosis


def test_the_work_of_a_matrix_product_is_counted_as_torch_counts_it():
    a, b = torch.ones(2, 3), torch.ones(3, 5)
    assert call(lambda a, b: a @ b, (a, b), watch=True).work == 2 * 3 * 5
    assert call(lambda a, b: a @ b, (a, b)).work == 0
