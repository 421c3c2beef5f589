"""`core.yaml: portfolio`: what a portfolio is meant to consist of, and how far it may be from that."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Annotated, Final

from .key import Key

_INSTRUMENT: Final = r"[a-z0-9]+:[A-Z0-9]+/[A-Z0-9]+"


@dataclass(frozen=True, kw_only=True, slots=True)
class Portfolio:
    """Judged by golive portfolio check."""

    targets: Annotated[
        Mapping[str, Decimal],
        Key("Share of the account's value that each instrument is meant to have, 0 to 1; none = not known.", names=_INSTRUMENT,
            names_form="an instrument such as okx:BTC/USDT", example="okx:BTC/USDT", unit="fraction", minimum=0, maximum=1),
    ] = field(default_factory=dict)  # fmt: skip
    max_drift_abs: Annotated[
        Decimal, Key("Distance from a target that is borne in any case.", unit="fraction of the value", minimum=0, maximum=1)
    ] = Decimal("0.02")
    max_drift_rel: Annotated[
        Decimal, Key("Distance from a target, by the target, that is borne in any case.", minimum=0, maximum=1000)
    ] = Decimal("0.25")
