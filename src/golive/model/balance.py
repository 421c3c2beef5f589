"""What an account holds, as its venue reports it."""

from __future__ import annotations

from dataclasses import dataclass

from .money import format_units


@dataclass(frozen=True, slots=True)
class Balance:
    """One asset of an account; `free` and `locked` are whole numbers of 10^-scale of the asset."""

    asset: str
    free: int
    locked: int
    scale: int

    @property
    def total(self) -> int:
        return self.free + self.locked

    @property
    def free_text(self) -> str:
        return format_units(self.free, self.scale)

    @property
    def total_text(self) -> str:
        return format_units(self.total, self.scale)
