"""Venue adapters: one profile per venue, one instrumented call path, streams; nothing heavy is imported before use."""

from .account_stream import AccountStream
from .adapter import VenueAdapter
from .failover import FailoverStatus, failover_summary
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
    "failover_summary",
    "profile_named",
]
