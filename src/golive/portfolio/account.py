"""The accounts of the double entry: where every unit of an asset is, and what a posting is."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import NamedTuple


class Account(StrEnum):
    """The five accounts that each asset has; their balances always sum to zero."""

    FREE = "cash:free"
    """ours, and not promised to an open order"""
    RESERVED = "cash:reserved"
    """ours, set aside for open orders"""
    VENUE = "venue"
    """what trading partners gave (negative) and got (positive)"""
    FEES = "fees"
    """what the venue charged, less its rebates"""
    EXTERNAL = "external"
    """where start balances and deposits come from (negative) and withdrawals go (positive)"""


class Posting(NamedTuple):
    """One side of an entry: `units` (smallest units, signed) into one account of one asset."""

    asset: str
    account: Account
    units: int


@dataclass(slots=True)
class Balance:
    """The accounts of one asset, in its smallest units; only the ledger changes them."""

    free: int = 0
    reserved: int = 0
    venue: int = 0
    fees: int = 0
    external: int = 0

    @property
    def total(self) -> int:
        """What we own, reserved or not."""
        return self.free + self.reserved

    def accounts(self) -> dict[Account, int]:
        """Return every account with its balance."""
        return {
            Account.FREE: self.free, Account.RESERVED: self.reserved, Account.VENUE: self.venue,
            Account.FEES: self.fees, Account.EXTERNAL: self.external,
        }  # fmt: skip
