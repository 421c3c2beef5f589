"""What one venue is, as data: names, credentials, budgets, retries, error codes, and its dialect.

Nothing here acts. A venue's own module (one per venue) fills a `VenueProfile`; everything else in this room reads it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from random import Random
from typing import Final, Literal

from golive.matching.book import SelfTrade
from golive.matching.fee import FeeAsset, FeeTable
from golive.model.live_order import FallbackReason
from golive.model.secret import SecretForm

from .dialect import Dialect
from .history import CandleHistory, TradeHistory
from .meaning import CodeRule
from .signing import Signer, SigningTerms

URGENT_S: Final = 0.05
"""least pause of an emergency cancel after an answer that tells no time; the longest is four times that"""
URGENT_ATTEMPTS: Final = 20


@dataclass(frozen=True, slots=True)
class RetryPolicy:
    """How reads are repeated; delays in seconds: `min(base·2^(n−1), cap) + jitter`. Source: CONTRACT, I/O queue."""

    attempts: int
    base_s: float
    cap_s: float
    jitter_s: tuple[float, float]
    """added to each delay, drawn uniformly; with `jitter_relative` a fraction of the delay"""
    jitter_relative: bool = False
    max_retry_after_s: float = 60.0
    """A longer `Retry-After` fails the call instead of waiting."""

    def pause_s(self, attempt: int, rng: Random) -> float:
        """Seconds between attempt number `attempt` (from 1 on) and the next one."""
        delay = min(self.base_s * 2.0 ** (attempt - 1), self.cap_s)
        jitter = rng.uniform(*self.jitter_s)
        return delay * (1.0 + jitter) if self.jitter_relative else delay + jitter

    def urgent(self) -> RetryPolicy:
        """Return the policy of emergency cancels: short pauses with jitter, and no end of attempts before the caller's own time.

        What the venue itself says to wait (`Retry-After`, a ban) holds as ever, and so do the request budgets.
        """
        short = (min(self.base_s, URGENT_S), min(self.cap_s, 2 * URGENT_S))
        return replace(self, attempts=URGENT_ATTEMPTS, base_s=short[0], cap_s=short[1], jitter_s=(0.0, 1.0), jitter_relative=True)

    def scaled(self, n: int) -> RetryPolicy:
        """Return the policy with every pause divided by `n`; what the venue tells us to wait is not ours to scale."""
        least, most = self.jitter_s
        jitter = self.jitter_s if self.jitter_relative else (least / n, most / n)
        return replace(self, base_s=self.base_s / n, cap_s=self.cap_s / n, jitter_s=jitter)


@dataclass(frozen=True, slots=True)
class BudgetRule:
    """At most `limit` of `scope` in any window of `window_s` seconds; scope `*` counts every call by its weight."""

    scope: str
    limit: int
    window_s: float
    per: Literal["key", "address"] = "key"
    """whose calls add up: those signed with one API key, or all that leave this host for the venue"""

    def scaled(self, n: int) -> BudgetRule:
        """Return the rule of a venue whose time runs `n` times as fast."""
        return replace(self, window_s=self.window_s / n)

    def __str__(self) -> str:
        return f"{self.limit}/{self.window_s:g} s"


@dataclass(frozen=True, slots=True)
class DecayRule:
    """A counter that each call of `scope` raises by its weight, never above `limit`, and that decays by `per_second`."""

    scope: str
    limit: int
    per_second: float
    per: Literal["key", "address"] = "key"
    """as in `BudgetRule`"""

    def scaled(self, n: int) -> DecayRule:
        """Return the rule of a venue whose time runs `n` times as fast."""
        return replace(self, per_second=self.per_second * n)

    def __str__(self) -> str:
        return f"{self.limit} less {self.per_second:g}/s"


RateRule = BudgetRule | DecayRule


@dataclass(frozen=True, slots=True)
class ClientOrderIdRule:
    """Which client order ids the venue takes."""

    pattern: re.Pattern[str]

    def accepts(self, text: str) -> bool:
        return self.pattern.fullmatch(text) is not None


@dataclass(frozen=True, slots=True)
class FeeDefaults:
    """Fees of a fresh account, in basis points of the notional."""

    maker_bps: int
    taker_bps: int


@dataclass(frozen=True, slots=True)
class Sandbox:
    """How a request shows that it goes to the venue's sandbox: by a header, by its host, or by both."""

    header: str = ""
    value: str = ""
    hosts: frozenset[str] = frozenset()

    def marks(self, headers: Mapping[str, str], host: str) -> bool:
        """Return whether a request with these headers to this host is a sandbox request."""
        return (not self.header or headers.get(self.header) == self.value) and (not self.hosts or host in self.hosts)


@dataclass(frozen=True, slots=True)
class Ban:
    """An answer that shuts us out: every further call makes it worse, so the whole host pauses."""

    http_status: int | None
    """None: any, and then `text` must be the venue's code"""
    text: str
    """the venue's code, or with an HTTP status words of the body; compared without case"""
    pause_s: float


@dataclass(frozen=True, slots=True)
class Bar:
    """A candle period as the venue names it."""

    name: str
    period_s: int


@dataclass(frozen=True, slots=True)
class VenueProfile:
    """Everything particular to one venue that is not an algorithm; the algorithms are its `dialect`."""

    name: str
    """adapter id"""
    ccxt_id: str
    label: str
    """metric label `exchange` and venue part of an instrument id"""
    credential_fields: tuple[str, ...]
    codes: Mapping[str, CodeRule]
    """venue code → what it says, and where it proves that nothing was executed"""
    not_processed: frozenset[str]
    """codes documented as refused before the engine saw the order: one more attempt is allowed"""
    budget: tuple[RateRule, ...]
    retry: RetryPolicy
    client_order_id: ClientOrderIdRule
    fees: FeeDefaults
    sandbox: Sandbox | None
    dialect: Dialect
    timeframes: Mapping[str, Bar]
    """by our name, `1m`"""
    ccxt_options: Mapping[str, object] = field(default_factory=dict)
    signer: Callable[[SigningTerms], Signer] | None = None
    """signs without CCXT, for the direct path; None: only CCXT can"""
    fallback_codes: Mapping[str, FallbackReason] = field(default_factory=dict)
    """codes of proven rejections for reasons of the venue's own: such an order may go to another venue"""
    throttle_statuses: frozenset[int] = frozenset({418, 429})
    """HTTP statuses that mean a rate limit whatever the body says"""
    credential_forms: Mapping[str, SecretForm] = field(default_factory=dict)
    """how this venue writes each of `credential_fields`; a field without a form is plain letters and digits"""
    candle_history: CandleHistory | None = None
    """how it serves candles of any age; None: it does not"""
    trade_history: TradeHistory | None = None
    """how it serves trades of any age, where it does not serve candles"""
    fee_asset: FeeAsset = FeeAsset.RECEIVED
    fee_table: FeeTable | None = None
    """what it publishes by volume; `fees` is its lowest tier"""
    self_trade: SelfTrade = SelfTrade.CANCEL_RESTING
    """what the venue does by default when two orders of one account meet"""
    serial_private: bool = False
    """private calls leave one at a time per key, in the order of their nonces (Kraken)"""
    bans: tuple[Ban, ...] = ()
    """answers after which the venue must be left alone for a while"""
    switch_needs: str = ""
    """what the venue's dead-man's switch takes beside its call; '' = nothing"""
    reject_codes: Mapping[str, str] = field(default_factory=dict)
    """reason of a paper rejection → the code this venue would answer with"""
    order_deadline_s: float = 3.0
    """how long after `submit` the venue itself must drop an order that has not reached its engine"""
    least_deadline_s: float = 0.0
    """how much of that must be left when the order leaves: the venue takes no shorter deadline (Kraken), or is told none and
    takes an order for this long after it was signed (Bybit)"""
    time_error_ms: int = 0
    """how far the venue's time as it is told may be off, because it names the beginning of a span twice as long, of which
    deadlines take the middle"""
    time_tolerance_s: float = 1.0
    """how long asking for the venue's time may take for deadlines to count in the answer, and by how much the answer may
    contradict the one before it; beyond that the venue's clock was set"""
    absence_lag_s: float = 2.0
    """how long after that deadline an accepted order may still be missing from the venue's lists (RELIABILITY §4.1)"""
    memory_s: float | None = None
    """how long the venue surely lists an order that ended without a fill; older ones cannot be proven absent; None: for ever"""

    lookup_pause_s: float = 0.25
    """least pause between two look-ups of an order whose outcome is unknown; the longest is four times that"""
    cancel_pause_s: float = 0.2
    """between asking for cancels and reading what is left, longer each round"""
    list_overlap_s: float = 60.0
    """how far before the last event that is known the account's lists are read again"""
    circuit_open_s: float = 5.0
    """for how long the venue is left alone after several transport failures in a row (CONTRACT, I/O queue)"""
    skew_margin_s: float = 60.0
    """how much earlier than its attempt says an order is looked for: clocks differ, and a first attempt may have come before"""

    @property
    def order_patience_s(self) -> float:
        """How long after `submit` an order may still leave this host, all its waits together."""
        return self.order_deadline_s - self.least_deadline_s

    def urgent(self) -> VenueProfile:
        """Return the profile for emergency cancels: only pauses of our own are shorter."""
        return replace(self, retry=self.retry.urgent(), cancel_pause_s=min(self.cancel_pause_s, URGENT_S))

    def scaled(self, n: int) -> VenueProfile:
        """Return the profile for a venue whose time runs `n` times as fast: every duration, budget and pause of ours by `n`.

        The algorithms stay the same. What the venue itself says in seconds (`Retry-After`, bans, its dead-man's switch, a
        receive window) is not scaled here.
        """
        return replace(
            self,
            budget=tuple(rule.scaled(n) for rule in self.budget),
            retry=self.retry.scaled(n),
            order_deadline_s=self.order_deadline_s / n,
            least_deadline_s=self.least_deadline_s / n,
            time_error_ms=-(-self.time_error_ms // n),
            time_tolerance_s=self.time_tolerance_s / n,
            absence_lag_s=self.absence_lag_s / n,
            memory_s=None if self.memory_s is None else self.memory_s / n,
            lookup_pause_s=self.lookup_pause_s / n,
            cancel_pause_s=self.cancel_pause_s / n,
            list_overlap_s=self.list_overlap_s / n,
            skew_margin_s=self.skew_margin_s / n,
            circuit_open_s=self.circuit_open_s / n,
        )
