"""The one way to compile: `@compiled` hands a function to numba at its first call, never at import.

Compiled code is kept on disk, in a folder named after everything it was made from: the sources of `golive.matching`, every
module of `golive` that uses this one, the versions of numba and Python. numba itself looks at the caller's file only, so that
a change in a called module would go unseen. Where no folder can be written, code is compiled in memory, in each process again.
Constants that compiled code uses are frozen into it: they belong into the same module or into `golive.matching`.

`NUMBA_DISABLE_JIT=1` runs the same sources as plain Python.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache, cached_property, update_wrapper
from importlib.metadata import version
from pathlib import Path
from typing import Any, Final, Generic, ParamSpec, TypeVar

P = ParamSpec("P")
R = TypeVar("R")

OPTIMISATION_LEVEL: Final = 2
"""numba's default of 3 has made a loop crash at run time"""

FOLDERS_KEPT: Final = 8
"""of code made from other sources, the last used ones"""

_PACKAGE: Final = Path(__file__).parent.parent
_SETTING: Final = threading.RLock()


class Compiled(Generic[P, R]):
    """A function that is compiled when it is first called, or when compiled code that calls it is.

    `kept_in` names a folder below the cache folder for code that depends on more than the sources of this package: the same
    name must mean the same code. None keeps nothing: for what is only ever compiled into something that is kept. `is_checked`
    makes an index outside an array an IndexError instead of undefined behaviour.
    """

    def __init__(
        self, function: Callable[P, R], *, is_inlined: bool = False, kept_in: str | None = "", is_checked: bool = False
    ) -> None:
        self.function = function
        self._is_inlined = is_inlined
        self._kept_in = kept_in
        self._is_checked = is_checked
        update_wrapper(self, function)

    def __call__(self, *args: P.args, **kwargs: P.kwargs) -> R:
        return self.compiled(*args, **kwargs)

    @cached_property
    def compiled(self) -> Callable[P, R]:
        """The compiled function itself; Python code that calls it often saves a step by it."""
        if not compiles():
            return self.function
        # A function typed at a prompt has no file, and numba keeps nothing that has none.
        is_kept = self._kept_in is not None and cache_folder() is not None and Path(self.function.__code__.co_filename).is_file()
        with _keeping_in(self._kept_in or ""):
            made: Callable[P, R] = numba_module().njit(cache=is_kept, **self._options)(self.function)
        return made

    @property
    def _numba_type_(self) -> object:
        """What numba takes this for where compiled code calls it."""
        return self._part._numba_type_

    @cached_property
    def _part(self) -> Any:
        from .part import as_part

        return as_part(self.function, **self._options)

    @property
    def _options(self) -> dict[str, Any]:
        return {
            "nogil": True, "error_model": "numpy", "_nrt": False, "forceinline": self._is_inlined,
            "boundscheck": self._is_checked,
        }  # fmt: skip


def compiled(function: Callable[P, R]) -> Compiled[P, R]:
    """Compile `function` (numba's nopython mode) when it is first needed; it may call other compiled functions."""
    return Compiled(function)


def inlined(function: Callable[P, R]) -> Compiled[P, R]:
    """Compile `function` into whatever calls it; for a few lines on a hot path."""
    return Compiled(function, is_inlined=True)


@contextmanager
def _keeping_in(name: str) -> Iterator[None]:
    """Let numba take the folder `name` for what it makes meanwhile; it reads the setting when a function is first known."""
    settings, folder = numba_module().config, cache_folder()
    if folder is None:
        yield
        return
    with _SETTING:
        before, settings.CACHE_DIR = settings.CACHE_DIR, str(folder / name)
        try:
            yield
        finally:
            settings.CACHE_DIR = before


def compiles() -> bool:
    """Return whether functions are compiled at all, or run as plain Python (`NUMBA_DISABLE_JIT`)."""
    return os.environ.get("NUMBA_DISABLE_JIT", "0") in ("", "0")


def source_digest(package: Path = _PACKAGE) -> str:
    """Return the digest (16 hex digits) of all that compiled code is made from, below the folder of the package `golive`."""
    digest = hashlib.sha256(f"{version('numba')} {sys.implementation.cache_tag} {OPTIMISATION_LEVEL}".encode())
    kernel = package / "matching"
    for path in sorted(package.rglob("*.py")):
        source = path.read_bytes()
        if path.is_relative_to(kernel) or b"matching.compiled" in source:
            digest.update(f"\0{path.relative_to(package).as_posix()}\0{len(source)}\0".encode())
            digest.update(source)
    return digest.hexdigest()[:16]


@cache
def cache_folder() -> Path | None:
    """Return the folder of this process's compiled code, made if need be; None where none can be written.

    It lies below `GOLIVE_CACHE_DIR`, else below the user's cache directory. Compiled code is run unread, so the folder must
    belong to this user, and to this user alone to write.
    """
    try:
        folder = _cache_root() / "compiled" / source_digest()
        is_new = not folder.exists()
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        status = folder.stat()
        if status.st_uid != os.getuid() or status.st_mode & 0o022 or not os.access(folder, os.W_OK | os.X_OK):
            return None
        os.utime(folder)
        if is_new:
            _forget_old(folder.parent)
    except (OSError, RuntimeError):  # RuntimeError: no home directory
        return None
    return folder


def _cache_root() -> Path:
    if own := os.environ.get("GOLIVE_CACHE_DIR"):
        return Path(own)
    of_user = os.environ.get("XDG_CACHE_HOME")
    return (Path(of_user) if of_user else Path.home() / ".cache") / "golive"


def _forget_old(root: Path) -> None:
    by_use = sorted(root.iterdir(), key=lambda folder: folder.stat().st_mtime_ns, reverse=True)
    for folder in by_use[1 + FOLDERS_KEPT :]:
        shutil.rmtree(folder, ignore_errors=True)


@cache
def numba_module() -> Any:
    """Import numba with our settings.

    Raises RuntimeError when something else imported it before with another optimisation level.
    """
    os.environ["NUMBA_OPT"] = str(OPTIMISATION_LEVEL)
    import numba

    settings: Any = numba.config
    folder = cache_folder()
    if folder is not None:
        settings.CACHE_DIR = str(folder)
    level = int(settings.OPT)
    if level != OPTIMISATION_LEVEL:
        raise RuntimeError(f"numba was imported with optimisation level {level}: set NUMBA_OPT={OPTIMISATION_LEVEL}")
    return numba
