"""Runs references for arguments that a submission chose.

In a process of its own, because a submission may ask for more than there is time or memory for. It
runs only the course's code; marking.py starts it when the first reference is asked for, and ends it
when it takes too long.
"""

import sys

from utils.exercises import find
from utils.grade import wire

MEMORY = 4 << 30


def main() -> None:
    try:
        import resource

        resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    except (ImportError, OSError, ValueError):
        pass  # Windows, macOS
    find(sys.argv[1])  # so that a first call does not wait for imports
    say(["ready"])
    while True:
        try:
            name, args, named = wire.read(sys.stdin.buffer)
        except EOFError:
            return
        try:
            say(["value", find(name)[1].reference(*args, **named)])
        except Exception as error:
            say(["error", type(error).__name__, str(error)[:500]])


def say(message) -> None:
    data = wire.dumps(message)
    sys.stdout.buffer.write(data)
    sys.stdout.buffer.flush()


if __name__ == "__main__":
    main()
