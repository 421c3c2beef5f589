"""Whose session a store belongs to, and the terms it trades on: what a restart must meet again."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, Final

from golive.audit import canonical
from golive.model.errors import GoliveError, JournalError
from golive.model.ids import InstrumentId
from golive.model.instrument import Instrument
from golive.model.json import JsonValue
from golive.model.money import format_decimal
from golive.model.verdict import Stage

PROFILE_DIGEST: Final = "risk profile digest"
STRATEGY: Final = "strategy"
TIMEFRAME: Final = "timeframe"
READ_ONLY: Final = "read-only"
TRADING_DIGEST: Final = "trading digest"
SCOPE: Final = "scope"
"""rules of a session by these names"""
ABLE: Final = "no"
"""what READ_ONLY says of a session that was started able to trade; else it says why it was not"""


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionTerms:
    """The rules a session was started with, by name, the grid of its instruments and the balances it began with."""

    rules: Mapping[str, str] = field(default_factory=dict)
    instruments: tuple[Instrument, ...] = ()
    start_balances: Mapping[str, Decimal] = field(default_factory=dict)

    def differences(self, now: SessionTerms) -> Iterator[str]:
        """Yield every rule, grid member and balance in which `now` is not what the session was started with."""
        then, present = _flat(self.document()), _flat(now.document())
        for name in sorted(then.keys() | present.keys()):
            if then.get(name) != present.get(name):
                yield f"{name} was {then.get(name, 'nothing')}, now it is {present.get(name, 'nothing')}"

    def document(self) -> dict[str, JsonValue]:
        """Return the terms as JSON; every number is text."""
        return {
            "rules": dict(self.rules),
            "instruments": {str(each.id): _grid(each) for each in self.instruments},
            "start_balances": {asset: format_decimal(amount) for asset, amount in self.start_balances.items()},
        }

    @classmethod
    def read(cls, text: str) -> SessionTerms:
        """Read what `document` became; ValueError, KeyError, TypeError or GoliveError for anything else."""
        document = json.loads(text)
        return cls(
            rules={str(name): str(value) for name, value in document["rules"].items()},
            instruments=tuple(_instrument(name, grid) for name, grid in document["instruments"].items()),
            start_balances={str(asset): Decimal(amount) for asset, amount in document["start_balances"].items()},
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionIdentity:
    """Whose session a store belongs to; written when the store is made and bound into its MAC chain."""

    run_id: str
    stage: Stage
    entrypoint: str
    environment: str
    started_at: int
    """wall clock, ns UTC"""
    epoch: int
    """of the lease the session was started under; a restart has a higher one"""
    code_version: str
    config_sha384: str
    terms: SessionTerms = field(default_factory=SessionTerms)

    def fields(self, risk_profile: str) -> dict[str, str]:
        """Return the rows of table `session` that the chain's first link is made of."""
        return {
            "run_id": self.run_id,
            "stage": str(self.stage),
            "entrypoint": self.entrypoint,
            "environment": self.environment,
            "started_at": str(self.started_at),
            "epoch": str(self.epoch),
            "code_version": self.code_version,
            "config_sha384": self.config_sha384,
            "terms": canonical(self.terms.document()).decode(),
            "risk_profile": risk_profile,
        }

    @classmethod
    def read(cls, fields: Mapping[str, str]) -> SessionIdentity:
        """Read what `fields` wrote; JournalError naming what is not whole."""
        try:
            return cls(
                run_id=fields["run_id"],
                stage=Stage(fields["stage"]),
                entrypoint=fields["entrypoint"],
                environment=fields["environment"],
                started_at=int(fields["started_at"]),
                epoch=int(fields["epoch"]),
                code_version=fields["code_version"],
                config_sha384=fields["config_sha384"],
                terms=SessionTerms.read(fields["terms"]),
            )
        except (KeyError, TypeError, ValueError, AttributeError, ArithmeticError, GoliveError) as exc:
            raise JournalError(f"table session is not whole: {exc!r}") from exc


def _grid(instrument: Instrument) -> dict[str, JsonValue]:
    return {
        "tick_size": format_decimal(instrument.tick_size),
        "lot_size": format_decimal(instrument.lot_size),
        "min_quantity": str(instrument.min_quantity),
        "max_quantity": str(instrument.max_quantity),
        "min_notional": str(instrument.min_notional),
        "max_price": str(instrument.max_price),
    }


def _instrument(name: str, grid: Mapping[str, str]) -> Instrument:
    return Instrument(
        id=InstrumentId.parse(name),
        tick_size=Decimal(grid["tick_size"]),
        lot_size=Decimal(grid["lot_size"]),
        min_quantity=int(grid["min_quantity"]),
        max_quantity=int(grid["max_quantity"]),
        min_notional=int(grid["min_notional"]),
        max_price=int(grid["max_price"]),
    )


def _flat(document: Mapping[str, Any]) -> dict[str, str]:
    """Return the leaves of the document by a name that people understand."""
    leaves = dict(document["rules"])
    leaves |= {f"start balance of {asset}": amount for asset, amount in document["start_balances"].items()}
    leaves |= {
        f"{member} of {instrument}": value
        for instrument, grid in document["instruments"].items()
        for member, value in grid.items()
    }
    return leaves
