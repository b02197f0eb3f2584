"""Runs references for arguments that a submission chose.

In a process of its own, because a submission may ask for more than there is time or memory for. It
runs only the course's code; judge.py starts it when the first reference is asked for, and ends it
when it takes too long.
"""

import sys

from utils.calling import call, floats
from utils.exercises import named
from utils.grade import wire

MEMORY = 4 << 30


def main() -> None:
    try:
        import resource

        resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    except (ImportError, OSError, ValueError):
        pass  # Windows, macOS
    named(sys.argv[1])  # so that a first call does not wait for imports
    say(["ready"])
    while True:
        try:
            name, *question = wire.read(sys.stdin.buffer)
        except EOFError:
            return
        try:
            say(["value", *answer(named(name).reference, *question)])
        except Exception as error:
            say(["error", type(error).__name__, str(error)[:500]])


def answer(function, args: list, keywords: dict, slopes: list | None, watch: bool) -> list:
    """[what a function answers, and what it did, see calling.Call]; with the slopes of its answer's
    tensors, those of its arguments' tensors in the answer's place.
    """
    if slopes is None:
        called = call(lambda *given: function(*given, **keywords), tuple(args), watch=watch)
        return [called.value, called.used, called.work]
    import torch

    leaves = [leaf.requires_grad_() for leaf in floats([args, keywords])]
    found = floats(function(*args, **keywords))
    pairs = [(f, s) for f, s in zip(found, slopes, strict=True) if f.requires_grad]
    if not pairs:
        return [[None] * len(leaves), [], 0]
    outputs, slopes = zip(*pairs)
    return [list(torch.autograd.grad(outputs, leaves, slopes, allow_unused=True)), [], 0]


def say(message) -> None:
    data = wire.dumps(message)
    sys.stdout.buffer.write(data)
    sys.stdout.buffer.flush()


if __name__ == "__main__":
    main()
