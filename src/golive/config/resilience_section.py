"""`core.yaml: resilience`: how long each service of a drill may be interrupted, and how much it may lose."""

from __future__ import annotations

from dataclasses import dataclass, field
from decimal import Decimal
from typing import Annotated

from .key import Key

_DAY_MINUTES = 1440


@dataclass(frozen=True, kw_only=True, slots=True)
class ServiceLimits:
    max_rto_minutes: Annotated[
        Decimal, Key("Longest interruption, from the fault to the recovery.", unit="minutes", above=0, maximum=_DAY_MINUTES)
    ] = Decimal(5)
    max_rpo_minutes: Annotated[
        Decimal, Key("How far back records may be lost; 0: none may be.", unit="minutes", minimum=0, maximum=_DAY_MINUTES)
    ] = Decimal(0)


@dataclass(frozen=True, kw_only=True, slots=True)
class Resilience:
    """Limits by what is broken; golive drill run measures."""

    venue_outage: Annotated[ServiceLimits, Key("A venue that cannot be reached.")] = field(default_factory=ServiceLimits)
    rate_limit_storm: Annotated[ServiceLimits, Key("A venue that refuses orders for their number.")] = field(
        default_factory=ServiceLimits
    )
    feed_silence: Annotated[ServiceLimits, Key("Streams that say nothing any more.")] = field(default_factory=ServiceLimits)
    process_kill: Annotated[ServiceLimits, Key("A trading process that is killed.")] = field(default_factory=ServiceLimits)
