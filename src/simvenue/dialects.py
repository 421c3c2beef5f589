"""Which dialects there are; a dialect's modules are imported when it is asked for."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Protocol, cast

from .errors import UsageError

if TYPE_CHECKING:  # the command line asks for names only and must stay quick
    from .exchange.exchange import Exchange
    from .face.face import DialectTraits, Face
    from .keys import KeyRing

DIALECTS = {"okx": "OkxFace", "kraken": "KrakenFace", "bybit": "BybitFace"}
"""name → its class in `simvenue.<name>.face`; its traits are `simvenue.<name>.traits.TRAITS`"""


class FaceClass(Protocol):
    """How a face is made."""

    def __call__(self, exchange: Exchange, ring: KeyRing) -> Face: ...


def traits_of(dialect: str) -> DialectTraits:
    """Return what must be known of a dialect before an exchange is built; UsageError for one that is not there."""
    return cast("DialectTraits", _part(dialect, "traits", "TRAITS"))


def face_of(dialect: str) -> FaceClass:
    """Return the class of a dialect's face; UsageError for a dialect that is not there."""
    return cast("FaceClass", _part(dialect, "face", DIALECTS.get(dialect, "")))


def _part(dialect: str, module: str, name: str) -> object:
    if dialect not in DIALECTS:
        raise UsageError(f"--dialect {dialect}: not known; give one of {', '.join(DIALECTS)}")
    path = f"{__package__}.{dialect}.{module}"
    try:
        return getattr(import_module(path), name)
    except ModuleNotFoundError as exc:
        if exc.name is None or not path.startswith(exc.name):
            raise
        raise UsageError(f"--dialect {dialect}: this installation has no {path}; install Golive whole") from exc
