"""Compiled code in the user's cache: what is loaded from there is what we put there.

Code that LAMMPS loads may do whatever its user may. So the folder is the user's own and nobody else's to write in, and
the name of each file ends with the SHA-256 of its content, which is checked before the file is used.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import stat
import tempfile
from collections.abc import Callable
from pathlib import Path

from nanonet.simulate.lmp import ask


class CacheError(Exception):
    """The cache cannot be used; the text gives the reason."""


def folder() -> Path:
    """The folder for compiled code, an absolute path, made with mode 0700 if need be.

    It is `nanonet/compiled` in XDG_CACHE_HOME, or else in `~/.cache`.

    Raises
    ------
    CacheError
        It cannot be made, belongs to another user, or others may write in it or put another in its place.
    """
    try:
        path = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache").absolute() / "nanonet" / "compiled"
    except RuntimeError as error:
        raise CacheError(f"there is no folder for it: {error}") from None
    try:
        for part in (*reversed(path.parents), path):
            part.mkdir(mode=0o700, exist_ok=True)
        path = path.resolve()
        _check_own(path, path.stat())
        for above in path.parents:
            mode = above.stat().st_mode
            if mode & stat.S_IWOTH and not mode & stat.S_ISVTX:
                raise CacheError(f"everybody may write in {above}, where its folder lies")
        path.chmod(0o700)
    except OSError as error:
        raise CacheError(f"{path} cannot be used: {error.strerror}") from None
    return path


def compiler() -> str:
    """The C++ compiler: CXX, or else c++, g++ or clang++.

    Raises
    ------
    CacheError
        There is none.
    """
    found = shutil.which(os.environ.get("CXX", "c++")) or shutil.which("g++") or shutil.which("clang++")
    if found is None:
        raise CacheError("there is no C++ compiler (c++, g++ or clang++; or set CXX)")
    return found


def built(name: str, text: str, make: Callable[[str, Path], None]) -> Path:
    """A compiled file: the one in the cache, or a new one.

    Parameters
    ----------
    name:
        What its name starts with.
    text:
        Sources and all else that matters. A file is known by a hash of it, of the compiler, and of the instructions
        that this processor has.
    make:
        Called with the compiler and a path: compiles to there, checks the result, and raises where it does not serve.

    Raises
    ------
    CacheError
        There is no compiler; or as `folder`.
    """
    program = compiler()
    said = ask([program, "--version"]).stdout
    target = ask([program, "-march=native", "-E", "-dM", "-x", "c++", os.devnull]).stdout
    hashed = f"{name}-{hashlib.sha256(os.fsencode(chr(10).join([text, said, target]))).hexdigest()[:16]}"
    if (kept := find(hashed)) is not None:
        return kept
    with tempfile.TemporaryDirectory(dir=folder()) as place:
        fresh = Path(place) / f"{name}.so"
        make(program, fresh)
        return keep(fresh, hashed)


def find(name: str) -> Path | None:
    """The file that `keep` put there under a name, if it is whole; what is not, or not ours alone, is removed.

    Raises
    ------
    CacheError
        As `folder`; or something cannot be removed.
    """
    place = folder()
    try:
        for path in sorted(place.glob(f"{name}-*.so")):
            if _is_whole(path):
                return path
            path.unlink()
    except OSError as error:
        raise CacheError(f"{place} cannot be used: {error.strerror}") from None
    return None


def keep(path: Path, name: str) -> Path:
    """Move a file, which lies in the cache folder already, to its name there, with mode 0600; returns the new path."""
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    kept = folder() / f"{name}-{digest}.so"
    path.chmod(0o600)
    os.replace(path, kept)
    return kept


def _check_own(path: Path, found: os.stat_result) -> None:
    if found.st_uid != os.geteuid():
        raise CacheError(f"{path} belongs to another user (number {found.st_uid})")
    if found.st_mode & (stat.S_IWGRP | stat.S_IWOTH):
        raise CacheError(f"others may write in {path} (mode {stat.S_IMODE(found.st_mode):04o}; allowed is 0700)")


def _is_whole(path: Path) -> bool:
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
    except OSError:
        return False
    with os.fdopen(descriptor, "rb") as file:
        found = os.fstat(descriptor)
        try:
            _check_own(path, found)
        except CacheError:
            return False
        if not stat.S_ISREG(found.st_mode):
            return False
        return path.stem.endswith("-" + hashlib.file_digest(file, "sha256").hexdigest())
