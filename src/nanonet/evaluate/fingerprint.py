"""What a result depends on, as a hash: values, and the code of all that the models among them import.

The code of a module counts with that of every module of the package that it imports, in functions too, and that those
import; comments, layout and docstrings do not count. What other packages do does not count either.
"""

from __future__ import annotations

import ast
import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import fields, is_dataclass
from functools import cache
from pathlib import Path

import numpy as np

import nanonet
from nanonet.errors import InputError

PACKAGE = Path(nanonet.__file__).parent


def fingerprint(*things: object, root: Path = PACKAGE) -> str:
    """Hash, 32 hexadecimal digits, of numbers, texts, arrays, mappings and sequences of such, and of models.

    A model, or a part of one, is an object of this package that has not been fitted: its class, the values that it
    holds, and its code count. `root` is where the package's code is read.

    Raises
    ------
    InputError
        Something is of another kind.
    """
    modules: set[str] = set()
    digest = hashlib.sha256()
    for thing in things:
        for part in _parts(thing, modules):
            digest.update(part + b"\0")
    digest.update(code(*sorted(modules), root=root).encode())
    return digest.hexdigest()[:32]


def code(*modules: str, root: Path = PACKAGE) -> str:
    """Hash of the code of modules of the package and of all that they import."""
    every = sorted({name for module in modules for name in imports(module, root)})
    return hashlib.sha256("".join(name + _source(name, root)[0] for name in every).encode()).hexdigest()


def imports(module: str, root: Path = PACKAGE) -> frozenset[str]:
    """Names of a module of the package and of all modules of it that this one imports, directly or not."""
    found, open_ends = set(), [module]
    while open_ends:
        name = open_ends.pop()
        if name not in found:
            found.add(name)
            open_ends += _source(name, root)[1]
    return frozenset(found)


def _parts(thing: object, modules: set[str]) -> Iterator[bytes]:
    """What is hashed of a value; the modules of objects are collected."""
    kind = type(thing)
    if thing is None or isinstance(thing, (bool, int, float, str, bytes, np.generic)):
        yield repr(thing).encode()
    elif isinstance(thing, np.ndarray):
        yield f"{thing.dtype} {thing.shape}".encode()
        yield np.ascontiguousarray(thing).tobytes()
    elif isinstance(thing, Mapping):
        for name in sorted(thing):
            yield repr(name).encode()
            yield from _parts(thing[name], modules)
    elif isinstance(thing, (tuple, list)):
        yield f"{len(thing)} values".encode()
        for part in thing:
            yield from _parts(part, modules)
    elif kind.__module__.startswith(f"{nanonet.__name__}."):
        modules.add(kind.__module__)
        yield kind.__qualname__.encode()
        yield from _parts(_held(thing), modules)
    else:
        raise InputError(f"{kind.__name__} cannot be part of a fingerprint; allowed are values, arrays and models")


def _held(thing: object) -> Mapping[str, object]:
    """What an object was made with: of a dataclass what its constructor takes, no tables that it fills with use."""
    if is_dataclass(thing):
        return {one.name: getattr(thing, one.name) for one in fields(thing) if one.init}
    return vars(thing)


@cache
def _source(name: str, root: Path) -> tuple[str, tuple[str, ...]]:
    """Hash of a module's own code, and the modules of the package that it imports."""
    tree = ast.parse(_file(name, root).read_text(encoding="utf-8"))
    found = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module is not None:
            found |= {node.module} | {f"{node.module}.{alias.name}" for alias in node.names}
        elif isinstance(node, (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)):
            node.body = [part for part in node.body if not _is_text(part)]
    ours = sorted(one for one in found if one.startswith(f"{nanonet.__name__}.") and _file(one, root).is_file())
    return hashlib.sha256(ast.dump(tree).encode()).hexdigest(), tuple(ours)


def _file(name: str, root: Path) -> Path:
    path = root.joinpath(*name.split(".")[1:])
    return path / "__init__.py" if path.is_dir() else path.with_suffix(".py")


def _is_text(node: ast.stmt) -> bool:
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant) and isinstance(node.value.value, str)
