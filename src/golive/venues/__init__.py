"""Venue adapters: one profile per venue, one instrumented call path, streams; every name is imported when first used."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from .account_stream import AccountStream
    from .adapter import VenueAdapter
    from .failover import FailoverStatus
    from .health import ProbeResult
    from .ports import AttemptJournal, GuardrailSink
    from .profile import VenueProfile
    from .registry import PROFILES, profile_named
    from .settings import AdapterSettings, effective_sandbox
    from .stream import MarketStream

__all__ = [
    "AccountStream",
    "AdapterSettings",
    "AttemptJournal",
    "FailoverStatus",
    "GuardrailSink",
    "MarketStream",
    "PROFILES",
    "ProbeResult",
    "VenueAdapter",
    "VenueProfile",
    "effective_sandbox",
    "profile_named",
]

_HOMES: Final = {
    "AccountStream": "account_stream",
    "AdapterSettings": "settings",
    "AttemptJournal": "ports",
    "FailoverStatus": "failover",
    "GuardrailSink": "ports",
    "MarketStream": "stream",
    "PROFILES": "registry",
    "ProbeResult": "health",
    "VenueAdapter": "adapter",
    "VenueProfile": "profile",
    "effective_sandbox": "settings",
    "profile_named": "registry",
}
"""the whole room takes a tenth of a second of start-up, which a command that needs one name does not have to pay"""


def __getattr__(name: str) -> object:
    home = _HOMES.get(name)
    if home is None:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = globals()[name] = getattr(import_module(f"{__name__}.{home}"), name)
    return value
