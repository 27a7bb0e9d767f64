"""Files are written whole or not at all: to a temporary name beside the target, then renamed.

A link is followed: the file that it leads to is replaced, and the link stays. What is no file (a device, a pipe, a
descriptor such as /dev/stdout) is written into.
"""

from __future__ import annotations

import os
import re
import shutil
import stat
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from nanonet.errors import InputError, NanonetError, OutputError

_MOST_LINKS = 40  # as Linux has it
_TEMPORARY = re.compile(r"\..+\.[a-z0-9_]{8}(\.[^.]+)?")


def check_parent(path: str | os.PathLike[str]) -> Path:
    """The path, if a file can be written there now.

    Raises
    ------
    InputError
        The folder that is to hold it does not exist, or it is a folder itself.
    OutputError
        The folder, or the device, cannot be written.
    """
    target = Path(path)
    with _explained(target):
        if not target.parent.is_dir():
            raise InputError(f"cannot write {target}: the folder {target.parent} does not exist")
        if target.is_dir():
            raise InputError(f"cannot write {target}: it is a folder")
        place = _place(target)
        if isinstance(place, int):
            os.fstat(place)
        elif place.exists() and not place.is_file():
            if not os.access(place, os.W_OK):
                raise OutputError(f"cannot write {target}: Permission denied")
        elif not place.parent.is_dir():
            raise InputError(f"cannot write {target}: the folder {place.parent}, to which it leads, does not exist")
        else:
            _try(place.parent)
    return target


def check_replaceable(folder: str | os.PathLike[str], marker: str) -> Path:
    """The folder, if it can be made, is empty, or holds the file `marker` of an older one of its kind.

    Raises
    ------
    InputError
        It holds something else, or the folder around it does not exist.
    OutputError
        The folder around it cannot be written.
    """
    target = Path(folder)
    with _explained(target):
        if not target.parent.is_dir():
            raise InputError(f"cannot write {target}: the folder {target.parent} does not exist")
        if target.exists() and not (target.is_dir() and ((target / marker).exists() or not any(target.iterdir()))):
            raise InputError(f"cannot write {target}: it exists and holds no {marker}")
        _try(Path(os.path.realpath(target)).parent)
    return target


@contextmanager
def writing(path: str | os.PathLike[str]) -> Iterator[Path]:
    """A temporary path to write to; it takes the name `path` when the block ends well and vanishes when it does not.

    Raises
    ------
    InputError, OutputError
        As `check_parent`; and `OutputError` when writing fails, in the block or after it.
    """
    target = check_parent(path)
    with _explained(target):
        place = _place(target)
        if isinstance(place, int) or (place.exists() and not place.is_file()):
            with tempfile.TemporaryDirectory() as folder:
                temporary = Path(folder) / f"whole{target.suffix}"
                yield temporary
                _pour(temporary, place)
            return
        handle, name = tempfile.mkstemp(prefix=f".{place.stem[:40]}.", suffix=target.suffix, dir=place.parent)
        os.close(handle)
        temporary = Path(name)
        try:
            yield temporary
            temporary.chmod(stat.S_IMODE(place.stat().st_mode) if place.exists() else _allowed(0o666))
            os.replace(temporary, place)
        finally:
            temporary.unlink(missing_ok=True)


def remove_leftovers(folder: Path) -> None:
    """Remove temporary files of `writing` from a folder that nobody else writes to: a killed process left them.

    Examples
    --------
    >>> _ = Path(".run.a1b2c3d4.json").write_text("{")
    >>> remove_leftovers(Path())
    >>> Path(".run.a1b2c3d4.json").exists()
    False
    """
    for path in folder.iterdir():
        if _TEMPORARY.fullmatch(path.name) and path.is_file():
            path.unlink()


@contextmanager
def writing_folder(path: str | os.PathLike[str], marker: str) -> Iterator[Path]:
    """A temporary folder to write into; it takes the name `path` when the block ends well, in place of an older one.

    `marker` is the file by which an older folder of its kind is known; see `check_replaceable`, and `writing`.
    """
    target = check_replaceable(path, marker)
    with _explained(target):
        place = Path(os.path.realpath(target))
        temporary, old = (Path(tempfile.mkdtemp(prefix=f".{place.name[:40]}.", dir=place.parent)) for _ in range(2))
        try:
            yield temporary
            temporary.chmod(_allowed(0o777))
            if place.exists():
                os.replace(place, old)
            os.replace(temporary, place)
        finally:
            shutil.rmtree(temporary, ignore_errors=True)
            shutil.rmtree(old, ignore_errors=True)


@contextmanager
def _explained(target: Path) -> Iterator[None]:
    """Turn an error of the system into an `OutputError` with path and reason."""
    try:
        yield
    except NanonetError:
        raise
    except OSError as error:
        explained = OutputError(f"cannot write {target}: {error.strerror or error}")
        explained.strerror = error.strerror
        raise explained from None


def _place(target: Path) -> Path | int:
    """Where a path leads: the file behind its links, or the number of the descriptor that it names."""
    place = target.absolute()
    for _ in range(_MOST_LINKS):
        parent = place.parent.resolve()
        if str(parent) in (f"/proc/{os.getpid()}/fd", "/dev/fd") and place.name.isdigit():
            return int(place.name)
        place = parent / place.name
        if not place.is_symlink():
            return place
        place = parent / place.readlink()
    raise InputError(f"cannot write {target}: it is a link that leads to itself")


def _pour(source: Path, place: Path | int) -> None:
    """Write a whole file into a device, a pipe or a descriptor, behind what was printed before."""
    for stream in (sys.stdout, sys.stderr):
        stream.flush()
    descriptor = os.dup(place) if isinstance(place, int) else os.open(place, os.O_WRONLY)
    with source.open("rb") as file, os.fdopen(descriptor, "wb") as out:
        shutil.copyfileobj(file, out)


def _try(folder: Path) -> None:
    """Make a file in a folder and take it away again: permissions alone do not show a full or read-only disk."""
    with tempfile.TemporaryFile(dir=folder) as file:
        file.write(b"nanonet")


def _allowed(mode: int) -> int:
    """A mode without what the user's umask keeps from others."""
    umask = os.umask(0)
    os.umask(umask)
    return mode & ~umask
