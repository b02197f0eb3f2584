"""Changed references that pass, and why they are equal in effect: see test_mutants.py.

A line that is no longer true makes the test fail, as a new one does.
"""

EQUAL = {
    "add_positions": {
        "`len(wpe)` -> `wpe`": "it only changes the words of an error that is raised all the same",
    },
    "attention_scores": {
        "`k.transpose(-2, -1)` -> `k.transpose(-1, -2)`": "the two axes change places either way",
    },
    "hidden_divisor": {
        "`abs(share - shown) <= 0.005` -> "
        "`abs(share - shown) < 0.005`": "no share of a float lies exactly half a "
        "hundredth from a printed one",
        "`zip(softmax(torch.tensor(row) / divisor).tolist(), shown_row)` -> `zip(shown_row, "
        "softmax(torch.tensor(row) / divisor).tolist())`": "of a difference only the size is "
        "looked at, so the two may change "
        "places",
        "`softmax(torch.tensor(row) / divisor).tolist()` -> `softmax(torch.tensor(row) / "
        "divisor)`": "numbers of a tensor compare with floats as floats do",
    },
    "split_heads": {
        "`x.transpose(-3, -2)` -> `x.transpose(-2, -3)`": "the two axes change places either way",
    },
    "merge_heads": {
        "`heads.transpose(-3, -2)` -> `heads.transpose(-2, -3)`": "the two axes change places "
        "either way",
    },
    "gpt2_forward": {
        "`for name, p in params.items() if name.startswith(start)` -> `for name, p in "
        "params.items()`": "blocks look their parameters up by name, and other names in the "
        "dict disturb nobody",
        "`name.startswith(start)` -> `start`": "blocks look their parameters up by name, and "
        "other names in the dict disturb nobody",
        "`name.startswith(start)` -> `name`": "blocks look their parameters up by name, and "
        "other names in the dict disturb nobody",
    },
    "encoder_block": {
        "`k.transpose(-2, -1)` -> `k.transpose(-1, -2)`": "the two axes change places either way",
    },
    "sample_id": {
        "`ends = probabilities.cumsum(0)` -> "
        "`ends = probabilities.cumsum(-1)`": "a row of probabilities has one axis, the "
        "first and the last",
    },
    "top_p": {
        "`shares.cumsum(0) - shares` -> "
        "`shares.cumsum(-1) - shares`": "a row of shares has one axis, the first and the last",
    },
    "forward_with_cache": {
        "`for name, p in params.items() if name.startswith(start)` -> `for name, p in "
        "params.items()`": "blocks look their parameters up by name, and other names in the "
        "dict disturb nobody",
        "`cache[0][0].shape` -> `cache[0][1].shape`": "all layers have kept the same number of "
        "tokens, keys as many as values",
        "`cache[0][0].shape` -> `cache[0][-1].shape`": "all layers have kept the same number "
        "of tokens, keys as many as values",
        "`name.startswith(start)` -> `start`": "blocks look their parameters up by name, and "
        "other names in the dict disturb nobody",
        "`name.startswith(start)` -> `name`": "blocks look their parameters up by name, and "
        "other names in the dict disturb nobody",
        "`cache[0][0]` -> `cache[1][0]`": "all layers have kept the same number of tokens, "
        "keys as many as values",
        "`cache[0][0]` -> `cache[-1][0]`": "all layers have kept the same number of tokens, "
        "keys as many as values",
    },
    "generate_with_cache": {
        "`list(ids)` -> `ids`": "what is unread is never changed, only replaced",
    },
    "clip_gradients": {
        "`min(1.0, limit / (norm + 1e-06))` -> "
        "`min(limit / (norm + 1e-06), 1.0)`": "the smaller of two numbers is the same in "
        "either order",
        "`norm + 1e-06` -> `norm - 1e-06`": "two millionths of the length are less than "
        "float32 and the tolerance can tell",
        "`(g ** 2).sum().item()` -> `(g ** 2).sum()`": "a sum of tensors that hold one number "
        "each has the same root",
    },
    "learning_rate": {
        "`min(1, (step - warmup) / max(1, steps - warmup))` -> `min((step - warmup) / max(1, "
        "steps - warmup), 1)`": "the smaller of two numbers is the same in either order",
        "`max(1, steps - warmup)` -> `max(steps - warmup, 1)`": "the larger of two numbers is "
        "the same in either order",
        "`(step - warmup) / max(1, steps - warmup)` -> `(step - warmup) / max(2, steps - "
        "warmup)`": "only a training that ends one step after its warm-up could tell",
        "`(step - warmup) / max(1, steps - warmup)` -> `(step - warmup) / max(0, steps - "
        "warmup)`": "only a training that ends with its warm-up could tell",
    },
    "load_gpt2": {
        "`list(stored)` -> `stored`": "the reference's own drop_mask_buffers goes through a dict's "
        "names as well",
        "`tuple(stored[name].shape)` -> `stored[name].shape`": "torch.Size is a tuple",
        "`tuple(shapes[key])` -> `shapes[key]`": "shapes of the case are tuples already",
        "`shapes.keys()` -> `shapes`": "a dict's names minus others are asked for next, and a "
        "dict gives them too",
        "`params.keys()` -> `params`": "names are compared, whichever of the two gives them",
        "`sorted(missing)` -> `missing`": "it only changes the order of names in the words of "
        "an error",
    },
    "verify": {
        "`p.float().contiguous().numpy().tobytes()` -> "
        "`p.float().contiguous().numpy()`": "hashlib takes an array's bytes as they lie, "
        "and these lie in order",
        "`tuple(p.shape)` -> `p.shape`": "torch.Size is a tuple and is compared with one",
        "`p.float().contiguous()` -> `p.float()`": "`tobytes` writes numbers in the order of "
        "the rows, however they lie in memory",
    },
    "perplexity_of_text": {
        "`(logits.logsumexp(-1) - given).sum().item()` -> `(logits.logsumexp(-1) - "
        "given).sum()`": "a tensor that holds one number adds up as a number does",
        "`-1` -> `1`": "logits of a text have two axes, so the last is the one behind the first",
    },
    "conv1d_to_linear": {
        "`p.dim() == 1 or name in ('wte.weight', 'wpe.weight')` -> `p.dim() == 0 or name in "
        "('wte.weight', 'wpe.weight')`": "the transpose of a vector is that vector",
    },
    "attention_from_head": {
        "`-1` -> `1`": "the table of what is wanted has two axes, so the last is the one "
        "behind the first",
    },
    "masked_language_model_view": {
        "`v < 0.8` -> `v <= 0.8`": "no number drawn between 0 and 1 is exactly 0.8",
    },
    "music_to_events": {
        "`min(100, time - now)` -> `min(time - now, 100)`": "the smaller of two numbers is the "
        "same in either order",
        "`moments.append((start, 1, pitch, level))` -> `moments.append((start, 2, pitch, "
        "level))`": "any number above 0 sorts a beginning after an end",
    },
}
