"""A process that is spoken to by wire: every wait has an end, whatever the other side does."""

import queue
import threading
import time
from dataclasses import dataclass

from utils.grade import wire
from utils.grade.inmate import Inmate
from utils.grade.sandbox import MEMORY, PROCESSES

LOOK = 0.2  # seconds between two looks at what a busy child uses
DISK = 5.0  # seconds that a disk may keep a process from doing anything
PATIENCE = 20  # the clock's seconds for each allowed one: so busy may the machine be
ENDED = "the function ended its own process"
NONSENSE = "the answer is not one a function can give"


class ChildFailed(Exception):
    """The child died, did too much, or spoke nonsense: one sentence."""


@dataclass
class Allowance:
    """Seconds that a process may use: of the processor, or asleep. Those that it waits for a busy
    machine's processor are not counted, up to `until`, by the clock.
    """

    left: float
    until: float

    @classmethod
    def of(cls, seconds: float) -> "Allowance":
        return cls(seconds, time.monotonic() + PATIENCE * seconds)


class Line:
    """reading, writing: unbuffered streams, which threads of their own use and close: a stream that
    somebody else holds open cannot keep us waiting.
    """

    def __init__(self, inmate: Inmate, reading, writing):
        self.inmate = inmate
        self.inbox: queue.SimpleQueue = queue.SimpleQueue()
        self.outbox: queue.SimpleQueue = queue.SimpleQueue()
        self.room = threading.Semaphore(4)  # messages that are read ahead
        for work in ((_listen, reading, self.inbox, self.room), (_speak, writing, self.outbox)):
            threading.Thread(target=work[0], args=work[1:], daemon=True).start()

    def send(self, message, *allowances: Allowance) -> None:
        """TimeoutError where the other side does not take it in time."""
        written: queue.SimpleQueue = queue.SimpleQueue()
        self.outbox.put((wire.dumps(message), written))
        if not self._wait(written, allowances):
            raise ChildFailed(ENDED)

    def receive(self, *allowances: Allowance):
        """The next message. TimeoutError when one of the allowances is used up."""
        message = self._wait(self.inbox, allowances)
        self.room.release()
        if isinstance(message, Exception):
            known = isinstance(message, (EOFError, wire.Refused))
            raise ChildFailed(str(message) if known else NONSENSE)
        if not isinstance(message, list) or not message or not isinstance(message[0], str):
            raise ChildFailed(NONSENSE)
        return message

    def close(self) -> None:
        self.outbox.put(None)
        self.inmate.kill()
        self.room.release(1 << 10)  # or the listener would wait for ever before it reads the end

    def _wait(self, box: queue.SimpleQueue, allowances):
        """What comes into the box, charged to the allowances."""
        at, before, still = time.monotonic(), None, 0.0
        while True:
            try:
                found = box.get(timeout=LOOK)
            except queue.Empty:
                found = None
            now = time.monotonic()
            used = min(now - at, LOOK)
            if found is None:
                usage = self.inmate.usage()
                if usage.memory > MEMORY:
                    raise ChildFailed(f"it used more than {MEMORY >> 30} GiB of memory")
                if usage.processes > PROCESSES:
                    raise ChildFailed(f"it started more than {PROCESSES} processes")
                if before is not None:
                    used = usage.seconds - before
                    still = 0.0 if usage.awake or used else still + now - at
                    if not usage.awake and not (usage.waiting and still < DISK):
                        used = now - at
                before = usage.seconds
            at = now
            for allowance in allowances:
                allowance.left -= used
                if allowance.left < 0 or now > allowance.until:
                    raise TimeoutError
            if found is not None:
                return found


def _listen(stream, inbox: queue.SimpleQueue, room: threading.Semaphore) -> None:
    while room.acquire():
        try:
            inbox.put(wire.read(stream, wire.TEXT_LIMIT))
        except Exception as error:  # the stream is the submission's: anything may be on it
            inbox.put(EOFError(ENDED) if isinstance(error, (EOFError, OSError)) else error)
            break
    _close(stream)


def _speak(stream, outbox: queue.SimpleQueue) -> None:
    while item := outbox.get():
        data, written = item
        try:
            left = memoryview(data)
            while left:
                left = left[stream.write(left) :]
            written.put(True)
        except (OSError, ValueError):
            written.put(False)
    _close(stream)


def _close(stream) -> None:
    try:
        stream.close()
    except OSError:
        pass
