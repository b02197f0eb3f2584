"""utils.gpt2 at the size of GPT-2 124M, random weights, beside transformers, in one run.

    python -m tests.benchmarks.gpt2 [--threads N] [--rounds N]

Every round runs every contestant once, so that a busy machine is busy for all of them. "memory" is
the limit: how often per second all weights can be read at all, which decoding must do once for
each token. int8 and float16 have fewer bytes to read, so a limit of their own, reckoned from the
same speed of memory: the second group of decoding is each one's share of its limit. Then how time
grows with the text. One thread is timed by its processor seconds, several by the clock on the wall.
"""

import argparse
import statistics
import time

import torch
import transformers

from tests.benchmarks.table import HEADER, medians, rows
from utils import checkpoint, gpt2, stories
from utils.packing import by_rows, half, int8, two_halves

BYTES = {"utils.gpt2, half": 2, "utils.gpt2, int8": 1}  # of a weight, where it is not 4
PROMPT, STEPS, UNCACHED_STEPS = 128, 12, 2
clock = time.process_time  # CPU seconds: others on the machine do not lengthen them


def ours(params, config, ids):
    """Seconds for the prompt, and for each of the following steps."""
    cache = gpt2.Cache(config)
    start = clock()
    token = gpt2.unembed(params, gpt2.transformer(params, config, ids, cache)[-1]).argmax()
    prefill = clock() - start
    start = clock()
    for _ in range(STEPS):
        x = gpt2.transformer(params, config, token[None], cache)
        token = gpt2.unembed(params, x[-1]).argmax()
    return prefill, (clock() - start) / STEPS


def uncached(params, config, ids):
    start = clock()
    for _ in range(UNCACHED_STEPS):
        x = gpt2.transformer(params, config, ids)
        ids = torch.cat([ids, gpt2.unembed(params, x[-1]).argmax()[None]])
    return None, (clock() - start) / UNCACHED_STEPS


def theirs(model, ids):
    start = clock()
    out = model(ids[None], use_cache=True, logits_to_keep=1)
    prefill = clock() - start
    start = clock()
    for _ in range(STEPS):
        token = out.logits[:, -1:].argmax(-1)
        out = model(token, past_key_values=out.past_key_values, use_cache=True)
    return prefill, (clock() - start) / STEPS


def memory(params):
    start = clock()
    for p in params.values():
        p.sum()
    return None, clock() - start


def perplexity(params, config, ids):
    logits = gpt2.forward(params, config, ids)[:-1]
    return torch.nn.functional.cross_entropy(logits, torch.tensor(ids[1:])).exp().item()


@torch.inference_mode()
def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--rounds", type=int, default=9)
    chosen = parser.parse_args()
    torch.set_num_threads(chosen.threads)
    if chosen.threads > 1:
        global clock
        clock = time.perf_counter
    transformers.logging.set_verbosity_error()

    config = gpt2.Config()
    params = gpt2.init(config)
    model = transformers.GPT2LMHeadModel(transformers.GPT2Config()).eval()
    model.transformer.load_state_dict(params)
    packed = {kind.__name__: kind(params) for kind in (by_rows, two_halves, half, int8)}
    ids = torch.randint(config.vocab_size, (PROMPT,), generator=torch.Generator().manual_seed(0))
    contestants = {
        "utils.gpt2": lambda: ours(params, config, ids),
        **{f"utils.gpt2, {name}": (lambda p=p: ours(p, config, ids)) for name, p in packed.items()},
        "utils.gpt2, no cache": lambda: uncached(params, config, ids),
        "transformers": lambda: theirs(model, ids),
        "memory": lambda: memory(params),
    }
    error = (gpt2.forward(params, config, ids) - model(ids[None]).logits[0]).abs().max()
    assert error < 1e-4, f"utils.gpt2 and transformers differ by {error}"
    seconds = {name: [] for name in contestants}
    for round in range(chosen.rounds + 1):
        for name, run in contestants.items():
            measured = run()
            if round:  # the first warms up
                seconds[name].append(measured)

    print(HEADER)
    for i, what in enumerate(("prompt of 128 tokens", "decoding")):
        speed = {
            name: (PROMPT, 1)[i] / statistics.median(run[i] for run in runs)
            for name, runs in seconds.items()
            if runs[0][i]
        }
        rows(f"GPT-2 124M, {what}", "tokens/s", speed)
    shares = {
        name: tokens / speed["memory"] * BYTES.get(name, 4) / 4
        for name, tokens in speed.items()
        if name not in ("memory", "utils.gpt2, no cache")
    }
    rows("GPT-2 124M, decoding, share of what memory allows", "", shares)
    growth(params, config, model, chosen.rounds)

    try:
        params, config, tokenizer = checkpoint.load()
    except checkpoint.CheckpointError as error:
        return print(f"What packing costs was not measured: {error}")
    text = "\n".join(story.text for story in stories.generate(seed=10**6, count=20))
    text = tokenizer.encode(text)[: config.n_positions]
    kinds = {"float32": params, "half": half(params), "int8": int8(params)}
    lost = {name: perplexity(p, config, text) for name, p in kinds.items()}
    rows("perplexity of the bundled model", "", lost)


def growth(params, config, model, rounds):
    """Prefill and one more token, by the length of the text."""
    for length in (64, 256, 1023):
        ids = torch.randint(config.vocab_size, (length,))
        cache = gpt2.Cache(config)
        gpt2.transformer(params, config, ids, cache)

        def one_more(cache=cache, length=length):
            cache.length = length  # as if the last time had not been
            gpt2.unembed(params, gpt2.transformer(params, config, [50], cache)[-1])

        prefill = {
            "utils.gpt2": lambda ids=ids: gpt2.transformer(params, config, ids),
            "transformers": lambda ids=ids: model(ids[None], logits_to_keep=1),
        }
        rows(f"GPT-2 124M, prompt of {length:,} tokens", "s", medians(prefill, rounds, clock))
        after = medians({"utils.gpt2": one_more}, 4 * rounds, clock)
        rows(f"GPT-2 124M, one token after {length:,}", "s", after)


if __name__ == "__main__":
    main()
