"""Every error family of Golive; the family says what the caller must do next.

GoliveError
├── ConfigError                 start-up stops; the message names file, line or key, and the fix (exit 2)
├── PrerequisiteMissing         a stage may not start; the message names what to run first (exit 3)
├── StrategyError               a strategy failed, or asked for what is no target; names strategy, bar and line: it is stopped
├── VenueError                  carries the venue and, for orders, the client order id
│   ├── VenueUnavailable        surely not processed: one more attempt is allowed where the table says so
│   │   └── RateLimited         carries retry_after_s when the venue told us
│   ├── OutcomeUnknown          may have executed: ask by client order id, never send again
│   └── VenueRejected           surely not executed, and repeating is useless
│       ├── InsufficientFunds
│       ├── InvalidOrder
│       └── AuthenticationFailed
├── IllegalTransition           an order event that its status does not allow
├── MalformedPayload            a foreign payload without the shape we rely on; names the field
├── MagnitudeError              an amount that does not fit the integer range or grid of its instrument
└── JournalError                the trail is broken or cannot be written: trading stops
"""

from __future__ import annotations


class GoliveError(Exception):
    """Root of everything Golive raises on purpose."""


class ConfigError(GoliveError):
    """Configuration or usage is wrong; nothing was started."""

    is_redacted = False
    """the message names keys of the configuration, which may be named like secrets, and nothing secret that stands under them"""


class PrerequisiteMissing(GoliveError):
    """A stage's prerequisite does not hold; the message names the command that provides it."""


class StrategyError(GoliveError):
    """A strategy raised an error or gave no target: its session ends as an error, a backtest of it is a usage error (exit 2)."""


class VenueError(GoliveError):
    """A call to a venue failed."""

    def __init__(
        self, message: str, *, venue: str = "", code: str = "", client_order_id: str = "", http_status: int | None = None
    ) -> None:
        super().__init__(message)
        self.venue = venue
        self.code = code
        self.client_order_id = client_order_id
        self.http_status = http_status


class VenueUnavailable(VenueError):
    """The venue surely did not process the call: never sent, or an allow-listed answer."""


class RateLimited(VenueUnavailable):
    """The venue refused the call because of its rate limit."""

    def __init__(
        self,
        message: str,
        *,
        retry_after_s: float | None = None,
        venue: str = "",
        code: str = "",
        client_order_id: str = "",
        http_status: int | None = None,
    ) -> None:
        super().__init__(message, venue=venue, code=code, client_order_id=client_order_id, http_status=http_status)
        self.retry_after_s = retry_after_s


class OutcomeUnknown(VenueError):
    """The call may have been executed; it must be resolved by a query and is never repeated."""


class VenueRejected(VenueError):
    """The venue surely did not execute the call and would refuse it again."""


class InsufficientFunds(VenueRejected):
    """The account does not hold what the order needs."""


class InvalidOrder(VenueRejected):
    """The order breaks a rule of the instrument (tick, lot, minimum, id, type)."""


class AuthenticationFailed(VenueRejected):
    """Key, signature, passphrase, permission, timestamp or environment was refused."""


class IllegalTransition(GoliveError):
    """An order event arrived that the order's status does not allow."""


class MalformedPayload(GoliveError):
    """A foreign payload lacks a field or carries one we cannot trust; the message names it."""


class MagnitudeError(GoliveError):
    """An amount is off its grid or outside the exact integer range."""


class JournalError(GoliveError):
    """A journal or store is broken or cannot be written; orders must stop."""
