"""A row of pictures to step through, for what the post shows as moving pictures."""

from html import escape

import anywidget
import traitlets

from utils.figures.style import Picture
from utils.widgets import CHOSEN, Chooses, Explorer, source

ESM = source("stepper")


class Stepper(Explorer, Chooses, anywidget.AnyWidget):
    """Shows one picture of a sequence at a time, with buttons and a slider; a strip of all where no
    kernel runs.

    pictures: at least one `Picture`; captions: one line each, said beside the picture.
    `stepper.step` (from 0) is the picture shown; setting it and moving the slider are the same. The
    browser has all pictures, so it steps without the kernel too.
    """

    _esm = ESM
    pictures = traitlets.List().tag(sync=True)  # for each: address, alt text, width in pixels
    captions = traitlets.List(traitlets.Unicode()).tag(sync=True)
    step = traitlets.Int(0).tag(**CHOSEN)

    def __init__(self, pictures: list[Picture], captions: list[str]):
        if not pictures or len(pictures) != len(captions):
            raise ValueError(
                "a stepper needs as many captions as pictures, at least one; got "
                f"{len(pictures)} and {len(captions)}"
            )
        self._shown = pictures
        super().__init__(
            pictures=[[p.address, p.alt, p.width] for p in pictures], captions=captions
        )

    def _counts(self):
        return {"step": len(self.pictures)}

    def __repr__(self) -> str:
        return "\n".join(f"{i}. {caption}" for i, caption in enumerate(self.captions, 1))

    def html(self) -> str:
        return "".join(
            f"<div style='margin:.5em 0'><b>{i} of {len(self.captions)}</b> {escape(caption)}"
            f"<br>{picture.html()}</div>"
            for i, (caption, picture) in enumerate(zip(self.captions, self._shown), 1)
        )
