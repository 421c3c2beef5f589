"""Digests that bind evidence to a configuration.

`trading_digest` says what is traded and how, so it binds demo, paper and live; the endpoint is not part of it.
`file_digest` says which bytes were in force.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Final

from golive.model.money import format_decimal

from .key import ParameterValue
from .node import Entries, Items, Node, Scalar

if TYPE_CHECKING:
    from .problem import SourceFile
    from .resolved import ResolvedEntrypoint

_NO_SECTION: Final[Mapping[str, str]] = {}


@dataclass(frozen=True, slots=True)
class FileDigest:
    """Hex digests of both files' bytes and of the canonical `execution` section of core.yaml; a file without one has `{}`."""

    runtime_sha256: str
    core_sha256: str
    execution_sha384: str

    def as_json(self) -> dict[str, str]:
        return asdict(self)


def trading_digest(resolved: ResolvedEntrypoint, code_version: str, strategy_sha256: str = "") -> str:
    """Return SHA-256 over the canonical effective strategy, parameters, instruments, adapter, risk limits, code version.

    Names are sorted, numbers are plain decimal text (0.10 and 0.1 are one number), so only a change of meaning changes it.
    `strategy_sha256` is that of the file of a strategy that the code version does not cover.
    """
    risk = {f.name: _canonical_limit(getattr(resolved.risk, f.name)) for f in fields(resolved.risk)}
    document: dict[str, Any] = {
        "format": "golive.trading_digest.v1",
        "adapter": resolved.adapter,
        "code_version": code_version,
        "instruments": sorted(str(instrument) for instrument in resolved.instruments),
        "risk_profile": {"name": resolved.risk_profile, "values": risk},
        "strategy": {
            "name": resolved.strategy,
            "parameters": {name: _canonical_value(value) for name, value in resolved.parameters.items()},
            "timeframe": resolved.timeframe,
        },
    }
    if resolved.allocation:
        document["strategy"]["allocation"] = [
            {
                "strategy": each.strategy,
                "capital_pct": _canonical_value(each.capital_pct),
                "parameters": {name: _canonical_value(value) for name, value in each.parameters.items()},
                "instruments": sorted(each.instruments),
                "schedule": sorted(each.schedule),
            }
            for each in resolved.allocation
        ]
    if strategy_sha256:
        document["strategy"]["source_sha256"] = strategy_sha256
    return hashlib.sha256(_canonical_bytes(document)).hexdigest()


def file_digest(runtime: SourceFile, core: SourceFile, core_tree: Entries) -> FileDigest:
    """Return the digests of the two files as read, before any override; `core_tree` is what core.yaml says.

    Order of keys, comments and the way a number is written do not change that of the `execution` section.
    """
    return FileDigest(
        hashlib.sha256(runtime.data).hexdigest(),
        hashlib.sha256(core.data).hexdigest(),
        hashlib.sha384(canonical_execution(core_tree)).hexdigest(),
    )


def canonical_execution(core_tree: Entries) -> bytes:
    """Return the `execution` section of core.yaml in the form that its digest is made of: JSON, text in brackets of its own."""
    section = core_tree.entries.get("execution")
    return _canonical_bytes(_NO_SECTION if section is None else _canonical_node(section.value))


def _canonical_bytes(value: object) -> bytes:
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=True, allow_nan=False).encode()


def _canonical_node(node: Node) -> object:
    if isinstance(node, Entries):
        return {name: _canonical_node(entry.value) for name, entry in node.entries.items()}
    if isinstance(node, Items):
        return [_canonical_node(item) for item in node.items]
    assert isinstance(node, Scalar), "a file with an unreadable part has no digest"
    return None if node.value is None else _canonical_value(node.value)


def _canonical_limit(value: object) -> object:
    """Return a limit of any shape: a number, a list, a table, or nothing."""
    if value is None:
        return None
    if isinstance(value, Mapping):
        return {name: _canonical_limit(each) for name, each in value.items()}
    if isinstance(value, tuple):
        return [_canonical_limit(each) for each in value]
    assert isinstance(value, bool | int | Decimal | str)
    return _canonical_value(value)


def _canonical_value(value: ParameterValue) -> bool | str | list[str]:
    """Return numbers as plain text; text is wrapped, so that the text "1" and the number 1 differ."""
    if isinstance(value, bool):
        return value
    if isinstance(value, str):
        return [value]
    return format_decimal(Decimal(value))
