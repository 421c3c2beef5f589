"""`config_freeze`: what is running is, byte for byte, what a named person froze last."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Final

from ..finding import Evidence, Finding, Status

ID: Final = "config_freeze"
FREEZE: Final = "golive freeze --operator NAME"
VERIFY: Final = "golive audit verify --all"
_NAMES: Final = {
    "core_sha256": "core.yaml",
    "runtime_sha256": "runtime.yaml",
    "execution_sha384": "the section execution of core.yaml",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Digests:
    """Of one configuration, hex."""

    core_sha256: str
    runtime_sha256: str
    execution_sha384: str


@dataclass(frozen=True, slots=True, kw_only=True)
class FreezeEvidence:
    """What was gathered of the newest freeze, and of what is running."""

    running: Digests
    overrides: tuple[str, ...] = ()
    """environment variables that replace values of the files"""
    frozen: Digests | None = None
    """of the newest freeze; None when there is none, or it cannot be believed"""
    tampered: tuple[str, ...] = ()
    """what is wrong with the newest freeze"""
    unreadable: str = ""
    """why it is not known which freeze is the newest"""
    files: tuple[Evidence, ...] = ()


def config_freeze(evidence: FreezeEvidence) -> Finding:
    """Judge the running configuration by the newest freeze; one that cannot be looked up is unknown."""
    running = asdict(evidence.running)
    frozen = None if evidence.frozen is None else asdict(evidence.frozen)

    def found(status: Status, reasons: tuple[str, ...] = (), command: str = "") -> Finding:
        return Finding(
            ID, status, reasons, measured=running, threshold=frozen, evidence=evidence.files, owner=("runtime",),
            next_command=command,
        )  # fmt: skip

    if evidence.unreadable:
        return found(Status.UNKNOWN, (evidence.unreadable,), VERIFY)
    if evidence.tampered:
        return found(Status.BLOCKED, (*evidence.tampered, "put its folder back from a backup, or freeze anew"), FREEZE)
    if frozen is None:
        return found(Status.BLOCKED, ("the configuration was never frozen",), FREEZE)
    reasons = tuple(f"{each} is set: what is live follows the frozen files alone" for each in evidence.overrides)
    reasons += tuple(
        f"{what} is not what was frozen: {name} is {running[name][:12]}…, frozen was {frozen[name][:12]}…"
        for name, what in _NAMES.items()
        if running[name] != frozen[name]
    )
    if not reasons:
        return found(Status.OK)
    return found(Status.BLOCKED, reasons, f"unset {' '.join(evidence.overrides)}" if evidence.overrides else FREEZE)
