"""The command line in this process, as in the tests of the faces."""

from tests.serve.conftest import run as run
