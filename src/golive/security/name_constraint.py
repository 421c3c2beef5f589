"""Which names an authority may give: critical name constraints (RFC 5280 §4.2.1.10), so that its key signs nobody else's.

URIs and DNS names only: the TLS library of gRPC refuses every certificate with an address whose authority is held to addresses.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from golive.model.errors import ConfigError

if TYPE_CHECKING:
    from cryptography import x509


def constraints(trust_domain: str, names: Iterable[str]) -> x509.NameConstraints:
    """Return what an authority is held to: URIs of `trust_domain`, and the hosts in `names` with all below them.

    Addresses in `names` are passed over. ConfigError for a name that cannot be one.
    """
    from cryptography import x509

    permitted: list[x509.GeneralName] = [x509.UniformResourceIdentifier(trust_domain)]
    permitted += [name for name in map(host_name, dict.fromkeys(names)) if isinstance(name, x509.DNSName)]
    return x509.NameConstraints(permitted_subtrees=permitted, excluded_subtrees=None)


def are_constrained(authority: x509.Certificate) -> bool:
    """Say whether an authority is held to URIs and hosts, and every verifier has to heed it."""
    from cryptography import x509

    found = _extension(authority)
    held = set() if found is None else {type(each) for each in found.value.permitted_subtrees or ()}
    return found is not None and found.critical and {x509.UniformResourceIdentifier, x509.DNSName} <= held


def outside(authority: x509.Certificate, names: Iterable[x509.GeneralName]) -> Sequence[str]:
    """Return the names that an authority may not give, in their order; none where it is not held to any."""
    found = _extension(authority)
    if found is None:
        return []
    allowed, banned = found.value.permitted_subtrees or (), found.value.excluded_subtrees or ()
    return [str(name.value) for name in names if not _is_allowed(name, allowed) or any(_is_below(name, each) for each in banned)]


def host_name(host: str) -> x509.GeneralName:
    """Return a host as a certificate names it: its address or its DNS name. ConfigError for what is neither."""
    from cryptography import x509

    try:
        return x509.IPAddress(ipaddress.ip_address(host))
    except ValueError:
        pass
    labels = host.split(".")
    if not 0 < len(host) <= 253 or not all(label.replace("-", "").isalnum() and label.isascii() for label in labels):
        raise ConfigError(f"--host {host!r:.60}: neither an address nor the name of a host")
    return x509.DNSName(host.lower())


def _extension(authority: x509.Certificate) -> x509.Extension[x509.NameConstraints] | None:
    from cryptography import x509

    try:
        return authority.extensions.get_extension_for_class(x509.NameConstraints)
    except (x509.ExtensionNotFound, x509.DuplicateExtension, ValueError):
        return None


def _is_allowed(name: x509.GeneralName, permitted: Sequence[x509.GeneralName]) -> bool:
    """Say whether a name is below one of its own form; a form that no constraint has is free."""
    same = [each for each in permitted if type(each) is type(name)]
    return not same or any(_is_below(name, each) for each in same)


def _is_below(name: x509.GeneralName, base: x509.GeneralName) -> bool:
    from cryptography import x509

    if isinstance(name, x509.DNSName) and isinstance(base, x509.DNSName):
        return f".{name.value.lower()}".endswith(f".{base.value.lower()}")
    if isinstance(name, x509.UniformResourceIdentifier) and isinstance(base, x509.UniformResourceIdentifier):
        host = name.value.partition("://")[2].partition("/")[0].partition(":")[0].lower()
        return host.endswith(base.value.lower()) if base.value.startswith(".") else host == base.value.lower()
    return False  # of a form that is not made here: nobody can say
