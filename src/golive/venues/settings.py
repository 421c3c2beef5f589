"""What one adapter instance needs to know, already resolved from the configuration."""

from __future__ import annotations

from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Literal

from golive.model.errors import ConfigError
from golive.model.secret import Credentials

from .profile import VenueProfile


@dataclass(frozen=True, slots=True, kw_only=True)
class AdapterSettings:
    """One adapter: labels of its metrics, its endpoint, its queue limits. Durations in seconds."""

    exchange: str
    """metric label, `okx`"""
    environment: str
    """metric label, `okx_paper`"""
    queue: str
    endpoint: str
    """`embedded`, `sandbox`, `public`, `production`, or a base URL"""
    base_url: str | None = None
    """required for `embedded`; the base URL of a simulated venue"""
    sandbox: bool = False
    """the effective value, see `effective_sandbox`"""
    signing: str = "ccxt"
    """who signs and sends: `ccxt` (and aiohttp), or `direct`, our own shorter path"""
    credentials: Credentials | None = None
    max_concurrency: int = 3
    burst: int = 6
    rate_limit_warning_seconds: float = 0.75
    timeout_warning_seconds: float = 12.0
    stale_after_seconds: float = 90.0
    timeout_s: float = 10.0
    silence_s: float = 20.0
    """a stream on which nothing was heard for this long, answers to our pings included, is rebuilt"""
    max_clock_skew_s: float = 1.0
    """a probe fails beyond this (RELIABILITY F5)"""
    state_directory: Path | None = None
    """where all processes of this host share request budgets and nonces; None: this process alone"""

    @property
    def url(self) -> str | None:
        """The base URL that replaces the venue's own hosts, or None for the venue's own."""
        if self.endpoint in ("sandbox", "public", "production"):
            return None
        text = self.base_url or ("" if self.endpoint == "embedded" else self.endpoint)
        if not text.startswith(("http://", "https://")):
            raise ConfigError(f"endpoint {self.endpoint!r} needs a base URL beginning with http:// or https://, not {text!r}")
        return text.rstrip("/")

    @property
    def address(self) -> str:
        """Which endpoint calls go to, for limits per address: the base URL, or the venue's own hosts of one kind."""
        return self.url or ("sandbox" if self.sandbox else "venue")

    @property
    def key_digest(self) -> str:
        """What stands for the API key at this endpoint in shared files; '' and the endpoint without a key."""
        fields = {} if self.credentials is None else self.credentials.fields
        key = fields["apiKey"].reveal() if "apiKey" in fields else ""
        return sha256(f"{self.address}\0{key}".encode()).hexdigest()[:24]


def effective_sandbox(profile: VenueProfile, endpoint: str, mode: Literal["auto"] | bool) -> bool:
    """Return whether the sandbox marker is used; raise ConfigError for a venue without one or a contradiction.

    `auto` is true only for endpoint `sandbox`. Source: CONTRACT, I/O queue, retry, sandbox.
    """
    wanted = endpoint == "sandbox" if mode == "auto" else mode
    if (wanted or endpoint == "sandbox") and profile.sandbox is None:
        raise ConfigError(
            f"{profile.name} has no sandbox: its paper environment can only be the simulated venue; "
            f"set endpoint: embedded and adapter_settings.sandbox_mode: auto (or false)"
        )
    if endpoint == "sandbox" and not wanted:
        raise ConfigError(
            f"{profile.name}: endpoint: sandbox contradicts adapter_settings.sandbox_mode: false, which would send "
            f"sandbox keys to production; set sandbox_mode: auto"
        )
    if endpoint == "production" and wanted:
        raise ConfigError(f"{profile.name}: sandbox_mode: true contradicts endpoint: production; set sandbox_mode: auto")
    return wanted
