"""What the trading side of a drill says while it happens; all that a drill measures is read off these moments."""

from __future__ import annotations

from enum import StrEnum
from typing import NamedTuple


class What(StrEnum):
    """What happened."""

    STARTED = "started"
    """the process is up and begins to open its accounts"""
    READY = "ready"
    """every account is recovered: journal and venue agree"""
    ASKED = "asked"
    """an order was decided on and handed over"""
    REFUSED = "refused"
    """risk or the router refused it"""
    NEWS = "news"
    """`detail` is the event of an order"""
    FILL = "fill"
    REROUTED = "rerouted"
    """`detail` is the id under which the order goes to another venue, whose adapter is named"""
    UNWELL = "unwell"
    """an account takes no new orders, its circuit is open, or its venue throttles or must be reconnected; `detail` says why"""
    WELL = "well"


class Said(NamedTuple):
    """One moment."""

    at: int
    """monotonic clock of this host, ns: the same for all its processes"""
    what: What
    adapter: str = ""
    order: str = ""
    """client order id"""
    detail: str = ""
