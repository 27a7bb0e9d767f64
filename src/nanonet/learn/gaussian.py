"""The former name of `nanonet.learn.gaussian_process`; goes with version 0.3."""

import warnings

from nanonet.learn.gaussian_process import GaussianProcess as GaussianProcess

warnings.warn(
    "nanonet.learn.gaussian is now nanonet.learn.gaussian_process; the former name goes with version 0.3",
    DeprecationWarning,
    stacklevel=2,
)
