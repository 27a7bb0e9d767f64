"""A process that reads an XTC file with MDAnalysis and writes its frames to standard output, as plain numbers.

Damaged coordinates make that reader write outside of its memory, so it runs where nothing else can be harmed. Started
as a file, it needs no nanonet. First come three int64: frames, bytes up to their end, and particles n; then of each
frame its step (int64), its box (3, 3) and positions (n, 3) in float32, nm.
"""

from __future__ import annotations

import struct
import sys


def main(path: str) -> None:
    """Write the frames of a file; a reason to stop goes to standard error, with exit status 1."""
    from MDAnalysis.lib.formats.libmdaxdr import XTCFile

    out = sys.stdout.buffer
    try:
        with XTCFile(path) as file:
            total = len(file)
            file.seek(total - 1)
            file.read()
            out.write(struct.pack("=3q", total, file._bytes_tell(), file.n_atoms))
            file.seek(0)
            for frame in file:
                out.write(struct.pack("=q", frame.step) + frame.box.tobytes() + frame.x.tobytes())
            out.flush()
    except OSError as error:
        sys.exit(str(error))


if __name__ == "__main__":
    main(sys.argv[1])
