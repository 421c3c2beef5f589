"""What a gate holds for, and what differs once something was changed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Final

from golive.model.json import JsonObject
from golive.observability.shape import Fragment, Sha256, as_json


@dataclass(frozen=True, slots=True, kw_only=True)
class Binding:
    """Everything that stays as it was when the gate was opened, or it is shut."""

    core_sha256: Sha256
    runtime_sha256: Sha256
    execution_sha384: Annotated[str, Fragment({"pattern": "^[0-9a-f]{96}$"})]
    trading_digest: Sha256
    """of the live entrypoint"""
    paper_trading_digest: Sha256
    """of the paper entrypoint that stands for it"""
    risk_profile: str
    risk_profile_digest: Sha256
    code_version: str
    licence_id: str
    licence_sha256: Sha256
    certificates: Mapping[str, str]
    """serials of the bundle, by role"""
    endpoint: str
    """the live environment's: `production`, or the URL of a simulated venue"""
    endpoint_host: str

    def as_json(self) -> JsonObject:
        value = as_json(self)
        assert isinstance(value, dict)
        return value


_NAMES: Final[Mapping[str, str]] = {
    "core_sha256": "core.yaml",
    "runtime_sha256": "runtime.yaml",
    "execution_sha384": "the section execution of core.yaml",
    "risk_profile": "the risk profile's name",
    "risk_profile_digest": "the risk profile",
    "code_version": "the code",
    "licence_id": "the licence",
    "licence_sha256": "the licence file",
    "certificates": "a certificate of the bundle",
    "endpoint": "where orders go",
    "endpoint_host": "the host that orders go to",
    "trading_digest": "what is traded live (its trading digest)",
    "paper_trading_digest": "what is traded on paper (its trading digest)",
}
"""what follows from others comes last"""


def differences(bound: JsonObject, now: JsonObject) -> tuple[str, ...]:
    """Say what is not as it was bound: `core.yaml was changed (was 0a1b2c3d…, is 9f8e7d6c…)`; nothing when all is."""
    names = [name for name in _NAMES if name in bound or name in now]
    names += sorted((set(bound) | set(now)) - set(_NAMES))
    return tuple(
        f"{_NAMES.get(name, name)} was changed (was {_short(bound.get(name))}, is {_short(now.get(name))})"
        for name in names
        if bound.get(name) != now.get(name)
    )


def _short(value: object) -> str:
    if isinstance(value, Mapping):
        return ", ".join(f"{role} {_short(serial)}" for role, serial in sorted(value.items()))
    text = "nothing" if value is None else str(value)
    return f"{text[:12]}…" if len(text) > 40 else text
