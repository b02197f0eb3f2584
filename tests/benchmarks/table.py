"""The rows in which every benchmark says what it measured; `python -m tests.benchmarks` collects
them.
"""

import statistics
import time

HEADER = "| what | who | measured | beside the first |\n|---|---|---:|---:|"


def rows(what: str, unit: str, measured: dict[str, float]) -> None:
    """Print a row for each who -> number, with its ratio to the first one's."""
    first = next(iter(measured.values()))
    for who, value in measured.items():
        shown = f"{value:,.0f}" if value >= 1000 else f"{value:.4g}"
        print(f"| {what} | {who} | {shown} {unit} | {value / first:.2f} |", flush=True)


def medians(contestants: dict, rounds: int, clock=time.process_time) -> dict[str, float]:
    """name -> median seconds of its function; a round runs every contestant once, so that a busy
    machine is busy for all of them.
    """
    seconds: dict[str, list[float]] = {name: [] for name in contestants}
    for _ in range(rounds):
        for name, run in contestants.items():
            start = clock()
            run()
            seconds[name].append(clock() - start)
    return {name: statistics.median(times) for name, times in seconds.items()}
