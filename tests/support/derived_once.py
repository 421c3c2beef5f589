"""What is slow to derive from a passphrase on purpose is derived once by the tests of one process and those that it forks.

The functions are pure: what is kept is what they said for the very same passphrase, salt and costs. A test process leaves it in
a folder of its own below the temporary one, for commands that are forked for it; other processes derive for themselves.
"""

from __future__ import annotations

import atexit
import hashlib
import os
import shutil
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

from cryptography.hazmat.primitives.kdf import argon2

FOLDER: Final = "TESTS_DERIVED_ONCE"
"""environment variable of a test process and of what forks for it"""
_scrypt: Final[Callable[..., bytes]] = hashlib.scrypt
_Argon2id: Final[Any] = argon2.Argon2id
_kept: Final[dict[str, bytes]] = {}


def begin() -> None:
    """Let this test process have a folder, removed at its end, and derive each key once."""
    folder = tempfile.mkdtemp(prefix="golive-derived-")
    os.environ[FOLDER] = folder
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    go_on()


def go_on() -> None:
    """Derive each key once, if the test process that started this one does."""
    if FOLDER in os.environ:
        folder = Path(os.environ[FOLDER])

        def scrypt(password: bytes, **costs: Any) -> bytes:
            return _once(folder, ("scrypt", password, sorted(costs.items())), lambda: _scrypt(password, **costs))

        class Argon2id:
            def __init__(self, **costs: Any) -> None:
                self._costs = costs

            def derive(self, password: bytes) -> bytes:
                asked = ("argon2id", password, sorted(self._costs.items()))
                return _once(folder, asked, lambda: bytes(_Argon2id(**self._costs).derive(password)))

        hashlib.scrypt = scrypt  # type: ignore[assignment]
        argon2.Argon2id = Argon2id  # type: ignore[assignment]


def _once(folder: Path, asked: tuple[Any, ...], derive: Callable[[], bytes]) -> bytes:
    name = hashlib.sha256(repr(asked).encode()).hexdigest()
    if name not in _kept:
        try:
            _kept[name] = (folder / name).read_bytes()
        except OSError:  # nobody has derived it yet
            _kept[name] = derive()
            _keep(folder, name)
    return _kept[name]


def _keep(folder: Path, name: str) -> None:
    written = folder / f"{name}.{os.getpid()}"
    try:
        written.write_bytes(_kept[name])
        written.replace(folder / name)
    except OSError:  # this process may not write, as some tests want it; then the next one derives again
        written.unlink(missing_ok=True)
