"""What a live session needs of its gate: a pass before anything that can trade is made, and word when the gate closes."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

from golive.model.errors import PrerequisiteMissing
from golive.venues.ports import OpenGate

from ..readiness.scene import Scene


class GatePass(OpenGate, Protocol):
    """What an open gate gives out."""


class Gate(Protocol):
    """The gate, as a session sees it."""

    def demand_open(self, scene: Scene) -> GatePass:
        """Return the pass of an open gate; PrerequisiteMissing naming what is not green."""
        ...

    async def watch(self, scene: Scene, gate_pass: GatePass, closed: Callable[[str], None]) -> None:
        """Look again each minute until canceled; call `closed` with the reason once the gate is shut."""
        ...


class NoGate:
    """Where no gate is: nothing opens."""

    def demand_open(self, scene: Scene) -> GatePass:
        raise PrerequisiteMissing("live trading opens only through its gate, and this version has no gate")

    async def watch(self, scene: Scene, gate_pass: GatePass, closed: Callable[[str], None]) -> None:
        closed("this version has no gate")
