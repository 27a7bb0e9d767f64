"""The former name of `nanonet.learn.nanonet`; goes with version 0.3."""

from nanonet.learn.nanonet import PAPER as PAPER
from nanonet.learn.nanonet import NanoNet as NanoNet
