"""What the command `nanonet` runs first: from here on Ctrl-C and TERM end it quietly, imports included."""

from __future__ import annotations

import signal
import sys

TYPE_CHECKING = False  # as in nanonet/__init__.py
if TYPE_CHECKING:
    from types import FrameType


def main() -> None:
    """Run the command line, and leave with its exit status: 130 after Ctrl-C, 143 after TERM."""
    try:
        signal.signal(signal.SIGTERM, _end)
        if signal.getsignal(signal.SIGHUP) != signal.SIG_IGN:  # as nohup has it
            signal.signal(signal.SIGHUP, _end)
        from nanonet.serve.cli import main as run

        run()
    except KeyboardInterrupt:
        sys.stderr.write("interrupted\n")
        sys.exit(130)
    finally:
        signal.signal(signal.SIGINT, signal.SIG_IGN)  # the interpreter's own end is no place for a traceback


def _end(number: int, frame: FrameType | None) -> None:
    """Leave what runs now, which stops what it started on the way."""
    sys.exit(128 + number)


if __name__ == "__main__":
    main()
