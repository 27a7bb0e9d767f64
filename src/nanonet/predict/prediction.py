"""What a model says of one composition, or other point, with all that is read off it: a value that faces only show."""

from __future__ import annotations

from dataclasses import asdict, dataclass, fields
from typing import TYPE_CHECKING, Any, NamedTuple

from nanonet.composition import Composition
from nanonet.curve import Curve
from nanonet.errors import InputError
from nanonet.notebook import card
from nanonet.phases.state import PhaseClassification
from nanonet.predict.applicability import Support
from nanonet.predict.intervals import Interval, Intervals
from nanonet.rdf import RDF, Peak
from nanonet.space import Point

if TYPE_CHECKING:
    from matplotlib.axes import Axes


class PredictedPeak(NamedTuple):
    """A peak of the predicted curve, with what the curves that it leaves open say."""

    name: str
    """`first` or `second`."""
    peak: Peak | None
    """None where the predicted curve has none."""
    probability: float | None = None
    """Of one; None where the model has no bands, as below."""
    height: Interval | None = None
    position: Interval | None = None


class Neighbours(NamedTuple):
    """Other NPs about an NP."""

    radius: float
    """Within which they are counted (sigma)."""
    number: float
    interval: Interval | None
    """90 %; None where the model has no bands."""


class Checked(NamedTuple):
    """A point that a model answers for, and what its prediction rests on."""

    point: Point
    support: Support


@dataclass(frozen=True)
class Prediction:
    """A predicted curve, and what it says.

    Parameters
    ----------
    point:
        Of which it is: a composition, or a point of the model's inputs.
    curve:
        The curve, an `RDF` where the model predicts g(r), with its 90 % band where the model has one.
    intervals:
        Of peaks and neighbours of an RDF of a composition, None where the model has no bands.
    support:
        What it rests on, and why that may be too far away.
    state:
        Of the NPs; None where g(r) does not tell, for which `state_unknown` has the reason.
    """

    point: Point
    curve: Curve
    intervals: Intervals | None
    support: Support
    state: PhaseClassification | None
    state_unknown: str = ""

    @property
    def composition(self) -> Composition:
        """The point as a composition; `InputError` where it is none."""
        if not isinstance(self.point, Composition):
            raise InputError(f"the inputs are {', '.join(self.point.space.names)}, not those of a composition")
        return self.point

    @property
    def rdf(self) -> RDF:
        """The curve as an RDF; `InputError` where it is none."""
        if not isinstance(self.curve, RDF):
            raise InputError(f"the curve is of {self.curve.quantity.name}, not of g(r)")
        return self.curve

    @property
    def peaks(self) -> tuple[PredictedPeak, PredictedPeak]:
        """The first and the second peak."""
        i = self.intervals
        if i is None:
            first, second, *_ = (*self.rdf.peaks(), None, None)
            return PredictedPeak("first", first), PredictedPeak("second", second)
        return (
            PredictedPeak("first", i.peak, i.peak_probability, i.peak_height, i.peak_position),
            PredictedPeak("second", i.second_peak, i.second_probability, i.second_height, i.second_position),
        )

    @property
    def neighbours(self) -> Neighbours:
        """Other NPs within 1.5 D, or the end of the grid: the median of the curves that the model leaves open."""
        if self.intervals is not None:
            return Neighbours(self.intervals.radius, self.intervals.neighbours, self.intervals.coordination_number)
        c = self.composition
        radius = min(1.5 * c.diameter, float(self.rdf.r[-1]))
        return Neighbours(radius, self.rdf.coordination_number(radius, c.density, c.nps), None)

    def plot(self, ax: Axes | None = None, **line: Any) -> Axes:
        """Draw the curve with its band, as `Curve.plot`; returns the Matplotlib axes."""
        return self.curve.plot(ax, **line)

    def _repr_html_(self) -> str:
        facts = [("rests on", self.support.line)]
        if isinstance(self.point, Composition) and isinstance(self.curve, RDF):
            told = self.state_unknown if self.state is None else self.state.state
            if self.state is not None and told in self.state.probabilities:  # not of an uncertain one
                told += f" ({self.state.probabilities[told]:.2f})"
            facts.insert(0, ("state", told))
            for one in self.peaks:
                text = "none" if one.peak is None else f"g = {one.peak.height:.3g} at r = {one.peak.position:.2f} sigma"
                facts.append((f"{one.name} peak", text + ("" if one.height is None else f" (90 %: {one.height})")))
        facts += [("warning", text) for text in self.support.warnings]
        return card(f"Prediction for {self.point}", facts, lambda ax: self.plot(self.curve.label_axes(ax)))

    def to_json(self) -> dict[str, object]:
        """As plain values; what is not known is None. Of an RDF of a composition, all that is read off it too."""
        curve, support = self.curve, self.support
        columns = {curve.quantity.x: curve.x, curve.quantity.name: curve.y}
        columns |= {name: getattr(curve, name) for name in ("error", "low", "high")}
        plain = {name: None if values is None else values.tolist() for name, values in columns.items()}
        training = {
            **{one.name: getattr(support, one.name) for one in fields(support)},
            "neighbours": [_named(one) for one in support.neighbours],
            "nearest": _named(support.nearest),
            "distance": support.distance,
        }
        if not (isinstance(self.point, Composition) and isinstance(curve, RDF)):
            return {"inputs": _named(self.point), "quantity": curve.quantity.name, **plain, "basis": training}
        c, state = self.point, self.state
        return {
            "composition": _named(c),
            "nps": c.nps,
            "volume": c.nps / c.density,
            **plain,
            "state": None if state is None else {"state": state.state, **state.probabilities},
            **{f"{one.name}_peak": one.peak and one.peak._asdict() for one in self.peaks},
            "intervals": None if self.intervals is None else asdict(self.intervals),
            "basis": training,
        }


def _named(point: Point) -> dict[str, float]:
    return dict(zip(point.space.names, point.values, strict=True))
