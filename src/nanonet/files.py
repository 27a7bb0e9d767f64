"""Files are written whole or not at all: to a temporary name beside the target, then renamed."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from nanonet.errors import InputError


def check_parent(path: str | os.PathLike[str]) -> Path:
    """The path, if the folder that is to hold it exists; `InputError` otherwise."""
    target = Path(path)
    if not target.parent.is_dir():
        raise InputError(f"cannot write {target}: the folder {target.parent} does not exist")
    if target.is_dir():
        raise InputError(f"cannot write {target}: it is a folder")
    return target


def check_replaceable(folder: str | os.PathLike[str], marker: str) -> Path:
    """The folder, if it can be made, is empty, or holds the file `marker` of an older one of its kind."""
    target = Path(folder)
    if not target.parent.is_dir():
        raise InputError(f"cannot write {target}: the folder {target.parent} does not exist")
    if target.exists() and not (target.is_dir() and ((target / marker).exists() or not any(target.iterdir()))):
        raise InputError(f"cannot write {target}: it exists and holds no {marker}")
    return target


@contextmanager
def writing(path: str | os.PathLike[str]) -> Iterator[Path]:
    """A temporary path to write to; it takes the name `path` when the block ends well and vanishes when it does not."""
    target = check_parent(path)
    handle, name = tempfile.mkstemp(prefix=f".{target.stem}.", suffix=target.suffix, dir=target.parent)
    os.close(handle)
    temporary = Path(name)
    try:
        yield temporary
        umask = os.umask(0)
        os.umask(umask)
        temporary.chmod(0o666 & ~umask)
        os.replace(temporary, target)
    finally:
        temporary.unlink(missing_ok=True)


@contextmanager
def writing_folder(path: str | os.PathLike[str], marker: str) -> Iterator[Path]:
    """A temporary folder to write into; it takes the name `path` when the block ends well, in place of an older one.

    `marker` is the file by which an older folder of its kind is known; see `check_replaceable`.
    """
    target = check_replaceable(path, marker)
    temporary, old = (Path(tempfile.mkdtemp(prefix=f".{target.name}.", dir=target.parent)) for _ in range(2))
    try:
        yield temporary
        temporary.chmod(0o755)
        if target.exists():
            os.replace(target, old)
        os.replace(temporary, target)
    finally:
        shutil.rmtree(temporary, ignore_errors=True)
        shutil.rmtree(old, ignore_errors=True)
