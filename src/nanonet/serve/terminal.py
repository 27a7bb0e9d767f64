"""What reaches the terminal: readable text whatever it came from, one message for what went wrong, an exit status."""

from __future__ import annotations

import builtins
import io
import logging
import os
import sys
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, TextIO

import typer

from nanonet.errors import NanonetError, NanonetWarning, OutputError, printable

_PLAIN = str.maketrans(
    {"±": "+-", "σ": "sigma", "ε": "eps", "ρ": "rho", "·": ".", "–": "-", "−": "-", "“": '"', "”": '"'}
)
"""Characters of our own texts on a terminal that has ASCII alone."""


def print(*values: object, end: str = "\n", file: TextIO | None = None, flush: bool = False) -> None:
    """As Python's own, for any text on any terminal; all commands print by it."""
    stream = sys.stdout if file is None else file
    text = printable(" ".join(map(str, values)))
    encoding = getattr(stream, "encoding", None) or "utf-8"
    try:
        text.encode(encoding)
    except UnicodeEncodeError:
        text = text.translate(_PLAIN).encode(encoding, "backslashreplace").decode(encoding)
    try:
        builtins.print(text, end=end, file=stream, flush=flush)
    except BrokenPipeError:
        raise
    except OSError as error:
        raise OutputError(f"cannot write {getattr(stream, 'name', 'the output')}: {error.strerror}") from None


class _Lines(logging.Handler):
    """Prints what the library logs, a line each as it comes, to standard output."""

    def emit(self, record: logging.LogRecord) -> None:
        """Print a record's text; what printing raises ends the command, as everywhere in it."""
        print(record.getMessage(), flush=True)


@contextmanager
def _logged() -> Iterator[None]:
    logger, lines = logging.getLogger("nanonet"), _Lines(logging.INFO)
    before = logger.level
    logger.addHandler(lines)
    logger.setLevel(logging.INFO)
    try:
        yield
    finally:
        logger.removeHandler(lines)
        logger.setLevel(before)


def run(app: Callable[..., Any]) -> int:
    """Run a typer application; what the user can mend is one message and exit status 2, without a traceback.

    Warnings of libraries are not shown, nanonet's own are; with `python -W ...` all are.

    Returns
    -------
    int
        The exit status: 0, what a command says, 1 where nobody reads the output any more, 2 for an error, 130 after
        Ctrl-C.
    """
    os.environ["MPLBACKEND"] = "agg"  # a notebook's is nothing for us
    if logging.lastResort is not None:
        logging.lastResort.setLevel(logging.CRITICAL + 1)
    sys.stdout, sys.stderr = (stream or io.StringIO() for stream in (sys.stdout, sys.stderr))  # None: they are closed
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")
    with warnings.catch_warnings(), _logged():
        if not sys.warnoptions:
            warnings.showwarning = _show_warning
        try:
            result = app(standalone_mode=False)
            print(end="", flush=True)
        except NanonetError as error:
            return _silenced(_fail(str(error)))
        except typer.TyperException as error:
            return _misused(error)
        except BrokenPipeError:
            return _silenced(1)
        except OSError as error:
            reason = error.strerror or str(error)
            return _silenced(_fail(f"{error.filename}: {reason}" if error.filename else reason))
        except MemoryError as error:
            return _fail(f"this needs more memory than there is: {error}".rstrip(": "))
        except KeyboardInterrupt:
            result = 130
    if result == 130:
        print("interrupted", file=sys.stderr)
    return result if isinstance(result, int) else 0


def _fail(text: str) -> int:
    print(f"error: {text}", file=sys.stderr)
    return 2


def _misused(error: typer.TyperException) -> int:
    """A usage error: what is wrong, and where to read on; for a command without any argument its help."""
    text = error.format_message().strip()
    context = getattr(error, "ctx", None)
    if context is not None and text == context.get_help().strip():
        print(text, file=sys.stderr)
    elif text:
        print(f"error: {text}", file=sys.stderr)
        if context is not None:
            print(f"usage: {context.command_path} --help", file=sys.stderr)
    return error.exit_code


def _silenced(status: int) -> int:
    """Nothing can be written to standard output any more: Python would complain of it at its end once more."""
    try:
        sys.stdout.flush()
    except OSError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    return status


def _show_warning(
    message: Warning | str,
    category: type[Warning],
    filename: str,
    lineno: int,
    file: TextIO | None = None,
    line: str | None = None,
) -> None:
    if issubclass(category, NanonetWarning):
        print(f"warning: {message}", file=sys.stderr)
