"""What an environment's `endpoint` and `sandbox_mode` mean, and which of them an environment type allows."""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass
from typing import Final
from urllib.parse import urlsplit

from golive.model.verdict import EvidenceClass

NAMED_ENDPOINTS: Final = ("embedded", "sandbox", "public", "production")
_ALLOWED: Final = {
    "paper": "embedded, sandbox, public or a base URL",
    "testnet": "sandbox",
    "live": "production or a loopback base URL",
}


@dataclass(frozen=True, slots=True)
class Endpoint:
    """Where a venue is reached; `base_url` only for a custom URL."""

    evidence_class: EvidenceClass
    base_url: str | None = None
    host: str | None = None

    @property
    def is_loopback(self) -> bool:
        return self.host is not None and is_loopback_host(self.host)


def is_loopback_host(host: str) -> bool:
    """Say whether a host name is 127.0.0.0/8, ::1 or localhost."""
    if host.lower() == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def parse_endpoint(text: str) -> Endpoint:
    """Read an endpoint; raise ValueError saying what is wrong with it."""
    if text in NAMED_ENDPOINTS:
        return Endpoint(EvidenceClass(text))
    if "://" not in text:
        raise ValueError("is neither a named endpoint nor a base URL")
    try:
        parts = urlsplit(text)
        host, _ = parts.hostname, parts.port
    except ValueError as error:
        raise ValueError(f"is not a base URL: {error}") from error
    if parts.scheme not in ("http", "https") or not host:
        raise ValueError("is not a base URL such as https://venue.example or http://127.0.0.1:8080")
    if parts.username is not None or parts.password is not None:
        raise ValueError("carries a user or password; credentials belong in the secret store")
    if parts.query or parts.fragment or any(c.isspace() for c in text):
        raise ValueError("has a query, a fragment or a space; give scheme, host, port and path only")
    if parts.scheme == "http" and not is_loopback_host(host):
        raise ValueError("is unencrypted; http is allowed for loopback hosts only")
    return Endpoint(EvidenceClass.CUSTOM, text.rstrip("/"), host)


def endpoint_objection(environment_type: str, endpoint: Endpoint) -> tuple[str, str] | None:
    """Return why an environment type does not allow an endpoint and what it allows; None when it does."""
    permitted = {
        "paper": endpoint.evidence_class != "production",
        "testnet": endpoint.evidence_class == "sandbox",
        "live": endpoint.evidence_class == "production" or endpoint.is_loopback,
    }
    if permitted[environment_type]:
        return None
    shown = endpoint.base_url or endpoint.evidence_class
    return f"endpoint {shown} is not allowed in an environment of type {environment_type}", _ALLOWED[environment_type]


def effective_sandbox(sandbox_mode: bool | str, endpoint: Endpoint) -> bool:
    """Return whether the venue's sandbox is addressed; `auto` only for endpoint sandbox."""
    return sandbox_mode if isinstance(sandbox_mode, bool) else endpoint.evidence_class == "sandbox"


def sandbox_objection(sandbox_mode: bool | str, endpoint: Endpoint, *, has_sandbox: bool, reason: str) -> tuple[str, str] | None:
    """Return why `sandbox_mode` cannot be had and the fix; None when it can.

    Explicit `true` goes with endpoints that lead to a sandbox or to a simulated or custom venue; on `public` and
    `production` it would turn production data into demo data under a false name. Explicit `false` on endpoint
    `sandbox` would reach production.
    """
    if effective_sandbox(sandbox_mode, endpoint) and not has_sandbox:
        return f"there is no sandbox to use: {reason}", "use endpoint embedded or public with sandbox_mode auto or false"
    if sandbox_mode is True and endpoint.evidence_class in ("public", "production"):
        return f"sandbox_mode true contradicts endpoint {endpoint.evidence_class}", "use endpoint sandbox with sandbox_mode auto"
    if sandbox_mode is False and endpoint.evidence_class == "sandbox":
        return "sandbox_mode false contradicts endpoint sandbox", "use sandbox_mode auto"
    return None
