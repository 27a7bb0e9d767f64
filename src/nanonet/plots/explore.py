"""Sliders and a plot in a notebook: a model's prediction, redrawn while a slider moves. Needs the extra `notebook`."""

from __future__ import annotations

import html
import io
import os
from typing import TYPE_CHECKING

from matplotlib.figure import Figure

from nanonet.errors import InputError, MissingExtraError
from nanonet.predict import ranges
from nanonet.predict.predictor import Predictor, load
from nanonet.space import Input

if TYPE_CHECKING:
    from ipywidgets import Box, Widget

_STEPS = 200  # of a slider


def explore(model: Predictor | str | os.PathLike[str] | None = None) -> Box:
    """Sliders for the inputs of a model beside a plot of what it predicts, to be shown by a notebook.

    Parameters
    ----------
    model:
        A loaded model, or what `predict.predictor.load` takes; left out: the shipped one.

    Returns
    -------
    A widget; its `sliders` are those of the inputs by name, its `image` is the plot, its `text` what that rests on.

    Raises
    ------
    MissingExtraError
        ipywidgets is not installed.
    InputError
        As of `load`.

    Examples
    --------
    >>> type(explore()).__name__
    'HBox'
    """
    try:
        import ipywidgets
    except ImportError as error:
        raise MissingExtraError(f"{error}: this needs  pip install 'nanonet-pnc[notebook]'") from None
    predictor = model if isinstance(model, Predictor) else load(model)
    start = dict(zip(predictor.space.names, ranges.middle(predictor), strict=True))
    sliders = {one.name: _slider(predictor, one, start[one.name]) for one in predictor.space.inputs}
    image, text = ipywidgets.Image(format="png"), ipywidgets.HTML()

    def show(change: object = None) -> None:
        try:
            (found,) = predictor.predict_each([{name: slider.value for name, slider in sliders.items()}])
        except InputError as error:
            text.value = f"<b>{html.escape(str(error))}</b>"
            return
        figure = Figure(figsize=(6.4, 4.0), layout="constrained")
        found.plot(found.curve.label_axes(figure.subplots()))
        content = io.BytesIO()
        figure.savefig(content, format="png", dpi=100)
        image.value = content.getvalue()
        lines = [f"rests on {found.support.line}", *(f"warning: {one}" for one in found.support.warnings)]
        text.value = "<br>".join(map(html.escape, lines))

    for slider in sliders.values():
        slider.observe(show, "value")
    show()
    box = ipywidgets.HBox([ipywidgets.VBox([*sliders.values()]), ipywidgets.VBox([image, text])])
    box.sliders, box.image, box.text = sliders, image, text
    return box


def _slider(predictor: Predictor, one: Input, value: float) -> Widget:
    import ipywidgets

    low, high = ranges.offered(one, *ranges.known(predictor, one))
    unit = "" if one.unit == "1" else f" ({one.unit})"
    shared = {"description": f"{one.symbol}{unit}", "tooltip": one.long_name, "style": {"description_width": "8em"}}
    if one.whole:
        return ipywidgets.IntSlider(int(value), int(low), int(high), **shared)
    if one.log:
        from math import log10

        ends = {"min": log10(low), "max": log10(high), "step": log10(high / low) / _STEPS}
        return ipywidgets.FloatLogSlider(value, readout_format=".3g", **ends, **shared)
    ends = {"min": low, "max": high, "step": (high - low) / _STEPS}
    return ipywidgets.FloatSlider(value, readout_format=".3g", **ends, **shared)
