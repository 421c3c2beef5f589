"""Accounts: exact balances in smallest units, what is locked by working orders, and nothing else."""

from __future__ import annotations

from collections.abc import Mapping

from .refusal import Reason, Refusal


class Account:
    """The balances of one user; `scales` are the decimals of every listed asset."""

    def __init__(self, name: str, scales: Mapping[str, int], start: Mapping[str, int]) -> None:
        self.name = name
        self.scales = scales
        self._total = dict.fromkeys(scales, 0) | dict(start)
        self._locked = dict.fromkeys(self._total, 0)
        self.updated_at = 0

    @property
    def assets(self) -> tuple[str, ...]:
        return tuple(self._total)

    def total(self, asset: str) -> int:
        return self._total[asset]

    def locked(self, asset: str) -> int:
        return self._locked[asset]

    def available(self, asset: str) -> int:
        return self._total[asset] - self._locked[asset]

    def require(self, asset: str, units: int) -> None:
        """Raise Refusal INSUFFICIENT_FUNDS when less than `units` is available."""
        if self.available(asset) < units:
            raise Refusal(Reason.INSUFFICIENT_FUNDS, asset)

    def lock(self, asset: str, units: int) -> None:
        self.require(asset, units)
        self._locked[asset] += units

    def unlock(self, asset: str, units: int) -> None:
        if not 0 <= units <= self._locked[asset]:
            raise AssertionError(f"{self.name}: cannot unlock {units} of {self._locked[asset]} {asset}")
        self._locked[asset] -= units

    def exchange(self, give: str, given: int, take: str, taken: int, at: int) -> None:
        """Settle one fill: `given` units of `give` leave, `taken` units of `take` arrive (after the fee)."""
        if self._total[give] < given or taken < 0:
            raise AssertionError(f"{self.name}: cannot give {given} of {self._total[give]} {give}")
        self._total[give] -= given
        self._total[take] += taken
        self.updated_at = at
