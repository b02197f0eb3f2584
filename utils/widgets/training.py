"""A training watched while it runs: measured now and then, drawn in one place, stopped at any
moment.
"""

import asyncio
import time
from collections.abc import Callable, Collection, Generator

import anywidget
import traitlets
from IPython.display import display

from utils.figures.style import Picture
from utils.training import few
from utils.widgets import CHOSEN, source

REDRAW = 3.0  # seconds between pictures, where nothing was measured
SAY = 0.5  # seconds between lines of text

ESM = source("training")


class Dashboard(anywidget.AnyWidget):
    """A line, a picture and a stop button, as long as a training runs."""

    _esm = ESM
    line = traitlets.Unicode("").tag(sync=True)
    picture = traitlets.List().tag(sync=True)  # address, alt text, width in pixels
    stopped = traitlets.Bool(False).tag(**CHOSEN)


async def watch(
    steps: Generator,
    at: Collection[int],
    measure: Callable[[int], dict],
    draw: Callable[[list[dict], list[float]], Picture],
    tokens_per_step: int = 0,
) -> list[dict]:
    """Run a training to its end, or until its stop button (or ■, which interrupts the kernel);
    returns what was measured.

    steps: yields (step, loss) after every step, as `utils.training.train` does. at: after how many
    steps to measure; measure(done) -> a record with "step" and "loss"; draw(records, losses) -> the
    picture of the moment. The start is measured first and the end last, also the end of a training
    that was stopped. What stays behind is the last picture, without button. It is awaited, so that
    the kernel can hear the button while the cell runs.
    """
    records, losses, seconds = [measure(0)], [], 0.0
    view = Dashboard()

    def show():
        picture = draw(records, losses)
        view.picture = [picture.address, picture.alt, picture.width]

    def say():
        speed = (
            f", {tokens_per_step * len(losses) / seconds:,.0f} tokens/s"
            if tokens_per_step and seconds
            else ""
        )
        now = f"{losses[-1]:.2f} in training, " if losses else ""
        view.line = (
            f"after {len(losses)} steps: loss {now}{records[-1]['loss']:.2f} held out{speed}"
        )

    show()
    say()
    handle = display(view, display_id=True)
    drawn = said = begun = time.monotonic()
    try:
        for step, loss in few(steps):
            seconds += time.monotonic() - begun  # of training, without measuring and drawing
            losses.append(float(loss))
            if step + 1 in at:
                records.append(measure(step + 1))
            if records[-1]["step"] == step + 1 or time.monotonic() - drawn > REDRAW:
                show()
                drawn = time.monotonic()
            if time.monotonic() - said > SAY:
                say()
                said = time.monotonic()
            await asyncio.sleep(0)  # a click on the button is handled here
            if view.stopped:
                break
            begun = time.monotonic()
    except (KeyboardInterrupt, asyncio.CancelledError):  # ■; during a step, `train` itself may end
        view.stopped = True
    finally:
        steps.close()
    if records[-1]["step"] != len(losses):
        records.append(measure(len(losses)))
    if view.stopped:
        print(f"Stopped after {len(losses)} steps. The model so far is kept.")
    if handle:  # none where there is no notebook
        last = draw(records, losses)
        handle.update({"text/html": last.html(), "text/plain": repr(last)}, raw=True)
    return records
