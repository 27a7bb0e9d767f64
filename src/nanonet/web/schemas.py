"""What requests and answers of the service hold; the OpenAPI document is made of these."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, WithJsonSchema

MAX_POINTS = 1_000
"""Points in one request."""

MAX_DETAILED = 20
"""Points in one request for intervals and states, which take some 50 times as long."""

MAX_STEPS, MAX_SAMPLES = 60, 400
"""Points along each input of a map, and curves a point."""

MAX_TARGETS, MAX_ANSWERS = 8, 10
"""Targets of one search, and answers to it."""

_NAMES = 40  # inputs that a point may have

Values = Annotated[dict[str, float], Field(max_length=_NAMES)]


def _listed(value: object) -> object:
    return [value] if isinstance(value, dict) else value


_ONE = {"type": "object", "additionalProperties": {"type": "number"}, "maxProperties": _NAMES}
_EXAMPLE = {"diameter": 3, "chain_length": 40, "density": 0.002, "eps_nn": 0.5, "eps_pn": 1.0}


def _one_or_many(limit: int) -> dict[str, object]:
    many = {"type": "array", "items": _ONE, "minItems": 1, "maxItems": limit}
    return {"anyOf": [_ONE, many], "description": "A value by the name of each input; or a list of such.",
            "examples": [_EXAMPLE]}  # fmt: skip


class _Request(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True, allow_inf_nan=False)

    model: str | None = Field(
        default=None, max_length=200, description="One of /api/models; left out: the first of them."
    )


class PredictRequest(_Request):
    """Points to predict curves of."""

    inputs: Annotated[
        list[Values], BeforeValidator(_listed), WithJsonSchema(_one_or_many(MAX_POINTS)),
        Field(min_length=1, max_length=MAX_POINTS),
    ]  # fmt: skip
    details: bool = Field(default=False, description=f"Intervals and state too; of at most {MAX_DETAILED} points.")


class ExploreRequest(_Request):
    """One point, as the page draws it."""

    inputs: Values = Field(examples=[_EXAMPLE])
    view: str | None = Field(default=None, max_length=40, description="Quantity to read: one of the model's `views`.")
    beside: list[Literal["dilute", "simulated", "models"]] = Field(default=[], max_length=3)
    details: bool = Field(default=False, description="Peaks, neighbours and state too.")


class ConfigurationRequest(_Request):
    """A composition near which a simulated configuration is looked for."""

    inputs: Values = Field(examples=[_EXAMPLE])
    polymer: bool = Field(default=False, description="The monomers too.")


class StateRequest(_Request):
    """Compositions whose state is asked for; or, with `x` and `y`, two inputs to map it over."""

    inputs: Annotated[
        list[Values], BeforeValidator(_listed), WithJsonSchema(_one_or_many(MAX_DETAILED)),
        Field(min_length=1, max_length=MAX_DETAILED),
    ]  # fmt: skip
    x: str | None = Field(default=None, max_length=80, description="Input along the abscissa of a map.")
    y: str | None = Field(default=None, max_length=80, description="Input along its ordinate.")
    x_range: tuple[float, float] | None = Field(default=None, description="Left out: the simulated range.")
    y_range: tuple[float, float] | None = Field(default=None, description="Left out: the simulated range.")
    steps: int = Field(default=24, ge=2, le=MAX_STEPS, description="Points of the map along each input.")
    samples: int = Field(default=100, ge=10, le=MAX_SAMPLES, description="Curves drawn for each point of the map.")
    depth: float = Field(default=1.0, description="How deep a minimum of W must be to hold a pair (kT).")
    confidence: float = Field(default=0.9, description="Probability that a verdict needs.")


class DesignRequest(_Request):
    """What is wanted of a curve; points that meet it are looked for."""

    targets: list[Annotated[str, Field(max_length=100)]] = Field(
        min_length=1, max_length=MAX_TARGETS, examples=[["state=dispersion", "peak_position=4:5"]],
        description="NAME=VALUE: state=contact, bridging or dispersion; or a number of /api/models (`targets`), or the "
        "value at a place (g@4.5), as LOW:HIGH, X+-TOLERANCE, X or lowest. All are met at once.",
    )  # fmt: skip
    fixed: Values = Field(default={}, description="Inputs that are held.")
    bounds: dict[str, tuple[float, float]] = Field(
        default={}, max_length=_NAMES, description="Limits of others; left out: the range of the model's data."
    )
    tolerances: Values = Field(default={}, description="How far inputs may be off, either way: robust answers.")
    costs: Values = Field(default={}, description="Probability that an input's range is worth, from low to high.")
    radius: float | None = Field(default=None, description="Of neighbours; left out: 1.5 D.")
    count: int = Field(default=5, ge=1, le=MAX_ANSWERS, description="Answers at most.")


class Support(BaseModel):
    """What a prediction rests on."""

    simulations: int
    nps: tuple[int, int]
    converged: int | None
    neighbours: list[dict[str, float]]
    distances: list[float]
    leverage: float
    leverage_limit: float
    warnings: list[str]
    nearest: dict[str, float]
    distance: float


class Prediction(BaseModel):
    """A predicted curve: its grid and values under the names of the quantity, say `r` and `g`, with its band."""

    model_config = ConfigDict(extra="allow")

    error: None = None
    low: list[float] | None
    high: list[float] | None
    support: Support = Field(alias="basis")


class Predictions(BaseModel):
    """Curves in the order of the points."""

    model: str
    predictions: list[Prediction]


class Quantity(BaseModel):
    """What a curve is of."""

    name: str
    x: str
    long_name: str
    x_long_name: str
    unit: str
    x_unit: str
    low: float | None
    limit: float | None


class Line(BaseModel):
    """A curve beside the predicted one."""

    kind: Literal["dilute", "simulated", "model"]
    label: str
    note: str
    inputs: dict[str, float]
    x: list[float]
    y: list[float]
    error: list[float] | None
    low: list[float] | None
    high: list[float] | None


class Explored(BaseModel):
    """What the page draws of one point."""

    model: str
    inputs: dict[str, float]
    quantity: Quantity
    x: list[float]
    y: list[float]
    low: list[float] | None
    high: list[float] | None
    caveats: list[str]
    line: str
    support: Support
    beside: list[Line]
    details: dict[str, Any] | None


class Configuration(BaseModel):
    """Particles of a simulated composition at the end of a run, in a periodic box (sigma)."""

    composition: dict[str, float]
    distance: float
    text: str
    run: str
    edges: list[float]
    diameter: float
    nps: list[list[float]]
    polymer: list[list[float]] | None
    chain_length: int


class States(BaseModel):
    """States in the order of the points; or a map of probabilities."""

    model: str
    states: list[dict[str, Any]] | None = None
    map: PhaseMap | None = None


class PhaseMap(BaseModel):
    """Probabilities over two inputs, the others held: a row for each `y`, in it one for each `x`, in it the states'."""

    x: str
    y: str
    held: dict[str, float]
    x_values: list[float]
    y_values: list[float]
    states: list[str]
    probabilities: list[list[list[float]]]
    verdicts: list[list[str]]
    outside: list[list[bool]]
    simulated: list[list[float]]
    method: str


class Reached(BaseModel):
    """What the curves of an answer say of one target."""

    target: str
    probability: float
    median: float | None
    interval: tuple[float, float] | None


class Answer(BaseModel):
    """A point, the probability that its curve meets all targets at once with its standard error, and that curve."""

    inputs: dict[str, float]
    probability: float
    probability_error: float
    cost: float
    outside: bool
    targets: list[Reached]
    x: list[float]
    y: list[float]
    low: list[float]
    high: list[float]
    line: str
    support: Support
    state: dict[str, Any] | None


class Design(BaseModel):
    """Answers to a search, the most probable first; `met`: whether its probability is a half or more."""

    model: str
    quantity: Quantity
    targets: list[str]
    fixed: dict[str, float]
    bounds: dict[str, tuple[float, float]]
    met: bool
    notes: list[str]
    scored: int
    answers: list[Answer]


class Model(BaseModel):
    """A served model."""

    model_config = ConfigDict(extra="allow")

    name: str
    kind: str
    curves: int
    inputs: list[dict[str, Any]]
    quantity: Quantity
    views: list[Quantity]
    uncertain: bool
    targets: list[dict[str, str]]
    states: list[str]
    compositions: bool
    shipped: bool
    changed: bool


class Models(BaseModel):
    """All served models; the first answers where a request names none."""

    models: list[Model]
    limits: dict[str, float]


class Health(BaseModel):
    """That the service answers."""

    status: Literal["ok"]
    version: str
    models: list[str]


class Refusal(BaseModel):
    """Why a request was not answered."""

    error: str
    field: str | None = None
