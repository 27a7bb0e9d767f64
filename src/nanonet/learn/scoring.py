"""The former name of what is now in `nanonet.evaluate`; goes with version 0.3."""

import warnings

from nanonet.evaluate.baselines import Mean as Mean
from nanonet.evaluate.baselines import Nearest as Nearest
from nanonet.evaluate.metrics import *  # noqa: F403
from nanonet.evaluate.splits import splits as splits

warnings.warn(
    "nanonet.learn.scoring is now nanonet.evaluate; the former name goes with version 0.3",
    DeprecationWarning,
    stacklevel=2,
)
