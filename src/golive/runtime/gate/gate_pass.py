"""What the object that can trade asks for: the word of this package that the gate was open and everything green just now."""

from __future__ import annotations

from dataclasses import InitVar, dataclass

from golive.model.verdict import Stage
from golive.readiness.gate_binding import Binding
from golive.readiness.gate_state import Opened

_MAKER = object()


@dataclass(frozen=True, slots=True, kw_only=True)
class GatePass:
    """Made by `demand_open` and kept by `GateWatch`, nowhere else: without the maker's mark it cannot be constructed."""

    maker: InitVar[object]
    entrypoint: str
    stage: Stage
    opened: Opened
    bound: Binding

    def __post_init__(self, maker: object) -> None:
        if maker is not _MAKER:
            raise TypeError("a GatePass is made by golive.runtime.gate.demand_open alone")

    @property
    def operators(self) -> tuple[str, ...]:
        """Names of the two who opened the gate."""
        return tuple(self.opened.operators)

    @property
    def report_sha256(self) -> str:
        """Of the signed checklist that the gate was opened with."""
        return self.opened.report_sha256


def made_pass(entrypoint: str, stage: Stage, opened: Opened, bound: Binding) -> GatePass:
    """For `demand_open` alone; a test reads the sources to prove it."""
    return GatePass(maker=_MAKER, entrypoint=entrypoint, stage=stage, opened=opened, bound=bound)
