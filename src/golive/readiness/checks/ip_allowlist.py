"""`ip_allowlist`: the addresses a key is bound to stand in the configuration, and are those of its rotation and its venue."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterator
from typing import Final

from golive.model.json import JsonValue

from ..finding import Finding
from ..objection import Objection, blocked, finding_of, unknown
from ..venue_key import KeyEvidence

ID: Final = "ip_allowlist"
ANYWHERE: Final = "the key may be used from anywhere"


def ip_allowlist(evidence: KeyEvidence) -> Finding:
    """Judge; what the venue told last counts where it tells a list at all."""
    told = evidence.probe
    addresses: JsonValue = None if told is None or told.addresses is None else list(told.addresses)
    return finding_of(
        ID,
        _objections(evidence),
        measured={
            "configured": list(evidence.ip_allowlist),
            "configured_sha256": evidence.ip_allowlist_sha256,
            "venue": addresses,
        },
        threshold={"register_sha256": evidence.rotation.ip_allowlist_sha256},
        evidence=(*evidence.rotation_files, *evidence.probe_files),
    )


def _objections(evidence: KeyEvidence) -> Iterator[Objection]:
    where = f"environments.{evidence.environment}.ip_allowlist"
    stated = "".join(f" --ip {each}" for each in evidence.ip_allowlist)
    rotate, ask = f"golive secrets rotate {evidence.keychain_key}{stated}", f"golive venue check {evidence.environment}"
    if not evidence.ip_allowlist:
        yield blocked(f"{where} is empty: list the addresses that the key is bound to at the venue", "golive config check")
    for each in evidence.ip_allowlist:
        if ipaddress.ip_network(each).prefixlen == 0:
            yield blocked(f"{where} holds {each}: {ANYWHERE}", "golive config check")
    digest = evidence.rotation.ip_allowlist_sha256
    if not digest:
        yield blocked(f"no rotation of {evidence.keychain_key} tells of an allow-list", rotate)
    elif digest != evidence.ip_allowlist_sha256:
        yield blocked(
            f"{where} is not the list that {evidence.keychain_key} was rotated with: its digest is "
            f"{evidence.ip_allowlist_sha256[:12]}…, in the register it is {digest[:12]}…", rotate,
        )  # fmt: skip
    if evidence.probe_fault:
        yield Objection(evidence.probe_status, evidence.probe_fault, "golive audit verify --all")
    told = evidence.probe
    if told is None or told.addresses is None:
        return
    if told.key_fingerprint != evidence.kept_fingerprint:
        yield unknown(f"the venue told its list for another key than the one that is kept as {evidence.keychain_key}", ask)
    elif not told.addresses:
        yield blocked(f"the venue says: {ANYWHERE}", rotate)
    elif told.addresses != evidence.ip_allowlist:
        yield blocked(f"the venue binds the key to {', '.join(told.addresses)}, not to {where}", rotate)
