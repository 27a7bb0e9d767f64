"""The former name of `nanonet.phases`; goes with version 0.3."""

import warnings

from nanonet.phases.classify import classify as judge
from nanonet.phases.classify import classify_curves as judge_curves
from nanonet.phases.classify import decide, mean_force_potential, probabilities, states
from nanonet.phases.state import BRIDGING, CONTACT, DISPERSION, STATES, UNCERTAIN, Criteria
from nanonet.phases.state import PhaseClassification as Verdict

warnings.warn(
    "nanonet.phase is now nanonet.phases; the former name goes with version 0.3", DeprecationWarning, stacklevel=2
)

__all__ = [
    "BRIDGING", "CONTACT", "DISPERSION", "STATES", "UNCERTAIN", "Criteria", "Verdict", "decide", "judge",
    "judge_curves", "mean_force_potential", "probabilities", "states",
]  # fmt: skip
