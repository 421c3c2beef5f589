"""What an environment's `endpoint` and `sandbox_mode` mean, and which of them an environment type allows."""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass
from typing import Final
from urllib.parse import urlsplit

from golive.model.verdict import EvidenceClass

from .adapter_table import KNOWN_ADAPTERS

EMBEDDED: Final = "embedded"
"""the venue that a session brings along"""
NAMED_ENDPOINTS: Final = (EMBEDDED, "sandbox", "public", "production")
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
        raise ValueError("has a query, a fragment or a space; give scheme, host and port only")
    if parts.path not in ("", "/"):
        raise ValueError("has a path, which would become part of what is signed; give scheme, host and port only")
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


def base_url_objection(adapter: str, endpoint: Endpoint) -> tuple[str, str] | None:
    """Return why an adapter cannot use a base URL and the fix; None when it can, or when there is none."""
    facts = KNOWN_ADAPTERS[adapter]
    if endpoint.host is None or endpoint.base_url is None:
        return None
    word = facts.forbidden_in_url
    if word and word in endpoint.base_url.lower():
        return f"{endpoint.base_url} contains {word!r}, which breaks the signatures of {facts.label}", "use another host name"
    for owner in KNOWN_ADAPTERS.values():
        if owner.owns(endpoint.host):
            reason = owner.host_reasons.get(endpoint.host.rstrip("."), "its streams are on other hosts")
            names = "embedded, sandbox or public" if facts.has_sandbox else "embedded or public"
            return f"{endpoint.host} is a host of {owner.label} itself: {reason}", f"use endpoint {names}"
    return None


def effective_sandbox(sandbox_mode: bool | str, endpoint: Endpoint) -> bool:
    """Return whether the venue's sandbox is addressed; `auto` only for endpoint sandbox."""
    return sandbox_mode if isinstance(sandbox_mode, bool) else endpoint.evidence_class == "sandbox"


def sandbox_objection(sandbox_mode: bool | str, endpoint: Endpoint, adapter: str) -> tuple[str, str] | None:
    """Return why `sandbox_mode` cannot be had and the fix; None when it can.

    Explicit `true` goes with endpoint `sandbox`, and where the sandbox is a marker in every request also with a simulated
    or custom venue, which can then rehearse it with a demo key. On `public` and `production` it would turn production data
    into demo data under a false name. Explicit `false` on endpoint `sandbox` would reach production.
    """
    facts = KNOWN_ADAPTERS[adapter]
    if effective_sandbox(sandbox_mode, endpoint) and not facts.has_sandbox:
        return (
            f"there is no sandbox to use: {facts.no_sandbox_reason}",
            "use endpoint embedded or public with sandbox_mode auto or false",
        )
    if sandbox_mode is True and endpoint.evidence_class in ("public", "production"):
        return f"sandbox_mode true contradicts endpoint {endpoint.evidence_class}", "use endpoint sandbox with sandbox_mode auto"
    if sandbox_mode is True and facts.sandbox_hosts and endpoint.evidence_class != "sandbox":
        shown = endpoint.base_url or endpoint.evidence_class
        words = f"sandbox_mode true contradicts endpoint {shown}: the sandbox of {facts.label} is {facts.sandbox_hosts}"
        return words, "use sandbox_mode auto, or endpoint sandbox"
    if sandbox_mode is False and endpoint.evidence_class == "sandbox":
        return "sandbox_mode false contradicts endpoint sandbox", "use sandbox_mode auto"
    return None
