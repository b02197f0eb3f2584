"""A row of pictures to step through, for what the post shows as moving pictures."""

from html import escape

import ipywidgets as widgets

from utils.figures.style import Picture
from utils.widgets import Explorer


class Stepper(Explorer):
    """Shows one picture of a sequence at a time, with buttons and a slider; a strip of all where no
    kernel runs.

    pictures: at least one `Picture`; captions: one line each, said beside the picture.
    `stepper.step` (from 0) is the picture shown; setting it and moving the slider are the same.
    """

    def __init__(self, pictures: list[Picture], captions: list[str]):
        if not pictures or len(pictures) != len(captions):
            raise ValueError(
                "a stepper needs as many captions as pictures, at least one; got "
                f"{len(pictures)} and {len(captions)}"
            )
        self.pictures, self.captions = pictures, captions
        last = len(pictures) - 1
        self._slider = widgets.IntSlider(
            0,
            0,
            last,
            description="step",
            continuous_update=True,
            readout=False,
            style={"description_width": "initial"},
            layout={"width": "16em"},
        )
        back = widgets.Button(
            description="◀ back", tooltip="one step back", layout={"width": "7em"}
        )
        on = widgets.Button(description="next ▶", tooltip="one step on", layout={"width": "7em"})
        self._picture, self._caption = widgets.HTML(), widgets.HTML()
        back.on_click(lambda _: self._move(-1))
        on.on_click(lambda _: self._move(+1))
        self._slider.observe(lambda _: self._show(), "value")
        self._box = widgets.VBox(
            [widgets.HBox([back, on, self._slider]), self._caption, self._picture]
        )
        self._show()

    @property
    def step(self) -> int:
        return self._slider.value

    @step.setter
    def step(self, value: int) -> None:
        self._slider.value = value

    def _move(self, by: int) -> None:
        self.step = min(max(self.step + by, 0), len(self.pictures) - 1)

    def _show(self) -> None:
        self._picture.value = self.pictures[self.step].html()
        self._caption.value = f'<div role="status" aria-live="polite">{self._line(self.step)}</div>'

    def _line(self, step: int) -> str:
        return f"<b>{step + 1} of {len(self.pictures)}</b> {escape(self.captions[step])}"

    def __repr__(self) -> str:
        return "\n".join(f"{i}. {caption}" for i, caption in enumerate(self.captions, 1))

    def live(self) -> widgets.Widget:
        return self._box

    def html(self) -> str:
        return "".join(
            f"<div style='margin:.5em 0'>{self._line(i)}{picture.html()}</div>"
            for i, picture in enumerate(self.pictures)
        )
