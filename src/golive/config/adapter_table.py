"""What the configuration must know of each venue adapter: label, sandbox, own hosts, default fees.

The hosts are those of the venues' API documentations, regional ones included. A base URL may name none of them: a venue
keeps its streams on hosts of their own, and `public`, `sandbox` and `production` say which of its worlds is meant.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Final


@dataclass(frozen=True, slots=True, kw_only=True)
class AdapterFacts:
    """Facts about one adapter; fees are the paper defaults in basis points."""

    label: str
    has_sandbox: bool
    maker_bps: int
    taker_bps: int
    domains: tuple[str, ...]
    """the venue's own: these and everything below them"""
    no_sandbox_reason: str = ""
    sandbox_hosts: str = ""
    """where the sandbox is, if a host and not a marker in the request makes it one"""
    host_reasons: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    """why an own host that somebody may want cannot be used"""
    forbidden_in_url: str = ""
    """what the library that signs must not find anywhere in an address"""

    def owns(self, host: str) -> bool:
        """Say whether a host is one of the venue's own."""
        name = host.lower().rstrip(".")
        return any(name == domain or name.endswith(f".{domain}") for domain in self.domains)


KNOWN_ADAPTERS: Final[Mapping[str, AdapterFacts]] = {
    "bybit_spot": AdapterFacts(
        label="bybit",
        has_sandbox=True,
        maker_bps=10,
        taker_bps=10,
        domains=(
            "bybit.com", "bytick.com", "bybit.nl", "bybit.eu", "bybit.com.hk", "bybit.kz", "bybit.ae", "bybit.id",
            "bybit-tr.com", "bybitgeorgia.ge",
        ),
        sandbox_hosts="its testnet, api-testnet.bybit.com",
        host_reasons=MappingProxyType(
            {
                "api-demo.bybit.com": (
                    "demo trading is not supported: its private streams are on another host, its market is production's; "
                    "the sandbox here is the testnet"
                )
            }
        ),
        forbidden_in_url="openapi",
    ),
    "kraken_spot": AdapterFacts(
        label="kraken",
        has_sandbox=False,
        maker_bps=25,
        taker_bps=40,
        domains=("kraken.com",),
        no_sandbox_reason="Kraken offers no sandbox for spot trading",
    ),
    "okx_spot": AdapterFacts(label="okx", has_sandbox=True, maker_bps=8, taker_bps=10, domains=("okx.com", "okex.com")),
}  # fmt: skip
KNOWN_LABELS: Final = tuple(sorted(facts.label for facts in KNOWN_ADAPTERS.values()))
