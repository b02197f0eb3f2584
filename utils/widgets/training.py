"""A training watched while it runs: measured now and then, drawn in one place, stopped at any moment."""

from collections.abc import Callable, Collection, Generator

from IPython.display import display

from utils.figures.style import Picture


def watch(
    steps: Generator,
    at: Collection[int],
    measure: Callable[[int], dict],
    draw: Callable[[list[dict], list[float]], Picture],
) -> list[dict]:
    """Run a training to its end, or until the kernel is interrupted (the ■ button); returns what was measured.

    steps: yields (step, loss) after every step, as `utils.training.train` does. at: after how many steps to measure;
    measure(done) -> a record; draw(records, losses) -> the picture that takes the place of the one before it.
    The start is measured first and the end last, also the end of a training that was stopped.
    """
    records, losses, handle = [measure(0)], [], None

    def show():
        nonlocal handle
        if handle is None:
            handle = display(draw(records, losses), display_id=True)
        else:
            handle.update(draw(records, losses))

    try:
        show()
        for step, loss in steps:
            losses.append(float(loss))
            if step + 1 in at:
                records.append(measure(step + 1))
                show()
    except KeyboardInterrupt:  # while measuring or drawing; during a step, `train` itself ends
        print(f"Stopped after {len(losses)} steps. The model so far is kept.")
    finally:
        steps.close()
    if records[-1]["step"] != len(losses):
        records.append(measure(len(losses)))
        show()
    return records
