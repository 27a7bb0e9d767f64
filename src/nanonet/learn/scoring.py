"""The former name of what is now in `nanonet.evaluate`; goes with version 0.3."""

from nanonet.evaluate.baselines import Mean as Mean
from nanonet.evaluate.baselines import Nearest as Nearest
from nanonet.evaluate.metrics import *  # noqa: F403
from nanonet.evaluate.splits import splits as splits
