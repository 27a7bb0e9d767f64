"""What the command `nanonet` runs first: from here on Ctrl-C and TERM end it quietly, imports included."""

from __future__ import annotations

import os
import signal
import sys

TYPE_CHECKING = False  # as in nanonet/__init__.py
if TYPE_CHECKING:
    from types import FrameType


def main() -> None:
    """Run the command line, and leave with its exit status: 130 after Ctrl-C, 143 after TERM."""
    sys.unraisablehook = _heard_again
    try:
        if signal.getsignal(signal.SIGINT) == signal.default_int_handler:
            signal.signal(signal.SIGINT, _interrupt)
        signal.signal(signal.SIGTERM, _end)
        if signal.getsignal(signal.SIGHUP) != signal.SIG_IGN:  # as nohup has it
            signal.signal(signal.SIGHUP, _end)
        for name in ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS"):  # matrices are small: more threads wait for each other
            os.environ.setdefault(name, "1")
        from nanonet.serve.cli import main as run

        run()
    except KeyboardInterrupt:
        sys.stderr.write("interrupted\n")
        sys.exit(130)
    finally:
        signal.signal(signal.SIGINT, signal.SIG_IGN)  # the interpreter's own end is no place for a traceback


def _interrupt(number: int, frame: FrameType | None) -> None:
    """What Python does on Ctrl-C, but for imports: what they raise, they may turn into another error or drop."""
    if _importing(frame):
        os.write(2, b"interrupted\n")
        os._exit(130)
    raise KeyboardInterrupt


def _end(number: int, frame: FrameType | None) -> None:
    """Leave what runs now, which stops what it started on the way."""
    if _importing(frame):
        os._exit(128 + number)
    sys.exit(128 + number)


def _heard_again(lost: sys.UnraisableHookArgs) -> None:
    """A signal that came while Python cleaned up, where no error gets out: it comes again a moment later."""
    error = lost.exc_value
    if isinstance(error, KeyboardInterrupt):
        number, handler = int(signal.SIGINT), _interrupt
    elif isinstance(error, SystemExit) and isinstance(error.code, int) and error.code > 128:
        number, handler = error.code - 128, _end
    else:
        sys.__unraisablehook__(lost)
        return
    signal.signal(signal.SIGALRM, lambda _, frame: handler(number, frame))
    signal.setitimer(signal.ITIMER_REAL, 0.01)


def _importing(frame: FrameType | None) -> bool:
    """Whether a module is being imported."""
    while frame is not None:
        if frame.f_code.co_filename == "<frozen importlib._bootstrap>":
            return True
        frame = frame.f_back
    return False


if __name__ == "__main__":
    main()
