"""The former name of `nanonet.learn.gaussian_process`; goes with version 0.3."""

from nanonet.learn.gaussian_process import GaussianProcess as GaussianProcess
