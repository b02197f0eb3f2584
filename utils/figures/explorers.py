"""What stands in an explorer's place where no kernel runs, and has no figure in a lesson."""

import numpy as np

from utils.figures import style
from utils.figures.style import ROLE, Picture


def flow(title: str, steps: list[dict]) -> Picture:
    """Each step of a token through a block as a strip of its numbers, from the bottom up; steps as
    utils.widgets.flow.way makes them.
    """
    figure, axes = style.new(8.4, 0.5 + 0.36 * len(steps), rows=len(steps))
    said = []
    for panel, step in zip(axes, reversed(steps)):
        values = style.numbers(step["values"]).ravel()
        limit = np.abs(values).max() or 1
        panel.imshow(
            values[None],
            aspect="auto",
            cmap=style.DIVERGING,
            vmin=-limit,
            vmax=limit,
            interpolation="none",
        )
        panel.set(xticks=[])
        panel.set_yticks(
            [0],
            [("⊕ " if step["joins"] and step is not steps[0] else "") + step["name"]],
            weight="bold" if step["joins"] else "normal",
            size=9,
        )
        panel.tick_params(length=0)
        for spine in panel.spines.values():
            spine.set(
                visible=True,
                color=ROLE["token" if step["joins"] else "plain"],
                linewidth=2 if step["joins"] else 0.8,
            )
        panel.text(1.01, 0.5, step["shape"], transform=panel.transAxes, va="center", size=8)
    for step in steps:
        first = style.numbers(step["values"]).ravel()[:2]
        said.append(f"{step['name']} {', '.join(f'{n:.2f}' for n in first)}")
    return Picture(
        figure,
        f"{title}: the numbers of {len(steps)} steps as strips of colour, from the bottom up, with "
        f"their shapes. The first numbers of each: {'; '.join(said)}.",
    )
