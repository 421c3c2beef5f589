"""Which dialects there are; a dialect's modules are imported when it is asked for."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from .errors import UsageError

if TYPE_CHECKING:  # the command line asks for names only and must stay quick
    from .exchange.exchange import Exchange
    from .face.face import DialectTraits, Face
    from .keys import KeyRing

DIALECTS = ("okx", "kraken", "bybit")


class FaceClass(Protocol):
    """How a face is made. Raises UsageError for keys the venue could not have given out."""

    def __call__(self, exchange: Exchange, ring: KeyRing) -> Face: ...


def traits_of(dialect: str) -> DialectTraits:
    """Return what must be known of a dialect before an exchange is built; UsageError for one that is not known."""
    match dialect:
        case "okx":
            from .okx.traits import TRAITS as OKX

            return OKX
        case "kraken":
            from .kraken.traits import TRAITS as KRAKEN

            return KRAKEN
        case "bybit":
            from .bybit.traits import TRAITS as BYBIT

            return BYBIT
    raise _unknown(dialect)


def face_of(dialect: str) -> FaceClass:
    """Return the class of a dialect's face; UsageError for a dialect that is not known."""
    match dialect:
        case "okx":
            from .okx.face import OkxFace

            return OkxFace
        case "kraken":
            from .kraken.face import KrakenFace

            return KrakenFace
        case "bybit":
            from .bybit.face import BybitFace

            return BybitFace
    raise _unknown(dialect)


def _unknown(dialect: str) -> UsageError:
    return UsageError(f"--dialect {dialect}: not known; give one of {', '.join(DIALECTS)}")
