"""Where orders may go: which stage trades at all, and on which hosts; asked once, and again of each request before it leaves."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from typing import Final

from golive.config.endpoint import is_loopback_host
from golive.model.errors import ConfigError, VenueUnavailable
from golive.model.verdict import Stage

from .adapter import VenueAdapter
from .ports import OpenGate
from .signed import Signed

TRADING_STAGES: Final = frozenset({Stage.TESTNET, Stage.REHEARSAL, Stage.LIVE})


class TradingGuard:
    """Called with each signed request before it leaves. Raises ConfigError on construction where nothing may be sent."""

    def __init__(self, adapter: VenueAdapter, stage: Stage, fence: Callable[[], None], gate_pass: OpenGate | None = None) -> None:
        """`fence` raises when this process may not send (RELIABILITY §4.4); production takes a pass of the gate."""
        if stage not in TRADING_STAGES:
            raise ConfigError(f"stage {stage} sends no orders to a venue; only {', '.join(sorted(TRADING_STAGES))} do")
        if stage is Stage.LIVE and gate_pass is None:
            raise ConfigError(f"{adapter.profile.name}: stage live sends orders only with a pass of its gate: golive gate open")
        if not adapter.has_credentials:
            raise ConfigError(f"{adapter.profile.name}: trading needs credentials")
        if stage is Stage.TESTNET and not adapter.settings.sandbox:
            raise ConfigError(f"{adapter.profile.name}: stage testnet needs the sandbox; set endpoint: sandbox")
        if stage is not Stage.TESTNET and adapter.settings.sandbox:
            raise ConfigError(f"{adapter.profile.name}: stage {stage} does not trade in the sandbox")
        self._profile = adapter.profile
        self._stage = stage
        self._fence = fence

    def __call__(self, request: Signed) -> None:
        """Refuse a signed request that would go to the wrong place, or of a process that lost its lease; nothing has left."""
        self._fence()
        sandbox = self._profile.sandbox
        marked = sandbox is not None and sandbox.marks(request.headers, request.host)
        if self._stage is Stage.TESTNET and not marked:
            raise VenueUnavailable(f"{self._profile.label}: not sent: the request lacks the sandbox marker")
        if self._stage is Stage.REHEARSAL and not _is_loopback(request.host):
            raise VenueUnavailable(f"{self._profile.label}: not sent: {request.host} is not a loopback host")


_is_loopback = lru_cache(maxsize=16)(is_loopback_host)
