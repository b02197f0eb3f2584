"""How fast is utils.gpt2? 124M shape, random weights, beside transformers, in one run.

    python tests/benchmarks/gpt2.py [--threads N] [--rounds N]

Every round runs every contestant once, so that a busy machine is busy for all of them;
the table has the median over the rounds, as tokens per second and as a ratio to our
float32. "memory" is the limit: how often per second all weights can be read at all,
which decoding must do once for each token. One thread is timed by its CPU seconds,
several by the clock on the wall. Takes about a minute on a quiet machine.
"""

import argparse
import statistics
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

import torch
import transformers

from utils import checkpoint, gpt2, stories
from utils.packing import by_rows, int8

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
    rows, small = by_rows(params), int8(params)
    ids = torch.randint(config.vocab_size, (PROMPT,), generator=torch.Generator().manual_seed(0))
    contestants = {
        "utils.gpt2": lambda: ours(params, config, ids),
        "utils.gpt2, by rows": lambda: ours(rows, config, ids),
        "utils.gpt2, int8": lambda: ours(small, config, ids),
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

    print(f"torch {torch.__version__}, transformers {transformers.__version__},", end=" ")
    print(f"{chosen.threads} threads, medians of {chosen.rounds} interleaved rounds")
    print(f"{'':22}{'prefill tok/s':>14}{'ratio':>7}{'decode tok/s':>14}{'ratio':>7}{'best':>7}")
    base = [statistics.median(column) for column in zip(*seconds["utils.gpt2"])]
    for name, rows in seconds.items():
        prefill, decode = zip(*rows)
        line = f"{name:22}"
        if prefill[0]:
            median = statistics.median(prefill)
            line += f"{PROMPT / median:14.0f}{base[0] / median:7.2f}"
        else:
            line += " " * 21
        median = statistics.median(decode)
        print(f"{line}{1 / median:14.1f}{base[1] / median:7.2f}{1 / min(decode):7.1f}")

    try:
        params, config, tokenizer = checkpoint.load()
    except checkpoint.CheckpointError as error:
        return print(f"What int8 costs was not measured: {error}")
    text = "\n".join(story.text for story in stories.generate(seed=10**6, count=20))
    text = tokenizer.encode(text)[: config.n_positions]
    exact, near = (perplexity(p, config, text) for p in (params, int8(params)))
    print(f"perplexity of the bundled model: {exact:.3f}, as int8 {near:.3f}")


if __name__ == "__main__":
    main()
