"""The former name of `nanonet.learn.nanonet`; goes with version 0.3."""

import warnings

from nanonet.learn.nanonet import PAPER as PAPER
from nanonet.learn.nanonet import NanoNet as NanoNet

warnings.warn(
    "nanonet.learn.model is now nanonet.learn.nanonet; the former name goes with version 0.3",
    DeprecationWarning,
    stacklevel=2,
)
