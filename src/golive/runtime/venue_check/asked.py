"""The rows that a venue itself answers: its clock, markets, key, streams, sandbox, dead-man's switch, limits.

Each function asks one thing and turns the answer into rows. What a venue refuses is `failed`; what could not be asked or
was not answered is `unknown`.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Final, Protocol, TypeVar
from urllib.parse import urlsplit

from golive.config.resolved import ResolvedEntrypoint
from golive.metrics.declaration import EXCHANGE_RATE_LIMITED, EXCHANGE_REQUESTS
from golive.metrics.recorder import Samples
from golive.model.clock import DAY, SECOND, Clock, to_iso
from golive.model.errors import VenueError, VenueRejected
from golive.model.instrument import Instrument
from golive.model.money import format_decimal
from golive.venues.adapter import VenueAdapter
from golive.venues.dialect import KeyFacts

from .row import Row, failed, not_applicable, ok, shown_key, unknown

MIN_KEY_DAYS: Final = 7
NO_KEY: Final = "there is no key to ask with"
NO_KEY_FIX: Final = "keep its key: golive secrets set; or set endpoint: embedded to check with one made for it"
KEY_CHECKS: Final = ("api_key", "permissions", "withdrawals_off", "ip_allowlist", "key_expiry")

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Examined:
    """The venue under examination and what the configuration wants of it."""

    entrypoint: ResolvedEntrypoint
    adapter: VenueAdapter
    clock: Clock
    secret_source: str
    """where the key came from; empty without one"""
    timeout_s: float
    """most seconds that one question may take"""
    heard: Callable[[KeyFacts | str], None] = lambda answer: None
    """told what the venue answers about the key; a text is its refusal"""


@dataclass(frozen=True, slots=True)
class Unanswered:
    """Why a question has no answer: `refused` when the venue said no, `silent` when nothing of it came back at all."""

    words: str
    refused: bool = False
    silent: bool = False

    def row(self, check: str, refused_fix: str, unanswered_fix: str = "see the rows above") -> Row:
        if self.refused:
            return failed(check, self.words, refused_fix)
        return unknown(check, self.words, unanswered_fix)


async def _ask(examined: Examined, question: Callable[[], Awaitable[T]]) -> T | Unanswered:
    """Ask once, within the bound; the adapter's own retries are part of it."""
    try:
        async with asyncio.timeout(examined.timeout_s):
            return await question()
    except TimeoutError:
        return Unanswered(f"no answer within {examined.timeout_s:g} s", silent=True)
    except VenueRejected as exc:
        return Unanswered(str(exc), refused=True)
    except VenueError as exc:
        return Unanswered(str(exc), silent=exc.http_status is None)


async def clock_row(examined: Examined) -> tuple[Row, bool]:
    """Compare the venue's clock with ours; signatures outside the limit would be refused.

    The second value says whether anything answered at all: this is the first question a venue is asked.
    """
    limit = examined.adapter.settings.max_clock_skew_s * 1000
    skew = await _ask(examined, examined.adapter.connection.path.resync_clock)
    if isinstance(skew, Unanswered):
        fix = "check endpoint, network and firewall"
        return skew.row("clock_skew", "the venue refuses even the time: is this its API?", fix), not skew.silent
    text = f"venue {skew:+d} ms, limit {limit:.0f} ms"
    if abs(skew) > limit:
        return failed("clock_skew", text, "synchronise this machine's clock (NTP); signed calls would be refused"), True
    return ok("clock_skew", text), True


async def markets_row(examined: Examined) -> tuple[Row, tuple[Instrument, ...]]:
    """Load the markets and look the configured instruments up; returns those that are listed."""
    listed = await _ask(examined, examined.adapter.load)
    if isinstance(listed, Unanswered):
        return listed.row("markets", "the venue does not give its market list to this address"), ()
    wanted = examined.entrypoint.instruments
    found = tuple(listed[i] for i in wanted if i in listed)
    missing = [i for i in wanted if i not in listed]
    if missing:
        names = ", ".join(i.symbol for i in missing)
        words = f"{len(listed)} instruments, but not {names}"
        return failed("markets", words, "correct the instrument universe, or wait until the venue trades it again"), found
    return ok("markets", f"{_count(len(listed), 'instrument')}; {'; '.join(_grid(i) for i in found)}"), found


def _count(number: int, what: str) -> str:
    return f"{number} {what}{'' if number == 1 else 's'}"


def _grid(instrument: Instrument) -> str:
    tick, lot = format_decimal(instrument.tick_size), format_decimal(instrument.lot_size)
    least = f"minimum {instrument.quantity_text(instrument.min_quantity)} {instrument.base}"
    if instrument.min_notional:
        least += f" and {instrument.quote_text(instrument.min_notional)} {instrument.quote}"
    return f"{instrument.id.symbol} tick {tick}, lot {lot}, {least}"


async def key_rows(examined: Examined) -> list[Row]:
    """Ask the venue what the key is: valid, allowed exactly what it must be, bound to addresses, still alive."""
    credentials = examined.adapter.settings.credentials
    if credentials is None:
        name = examined.entrypoint.keychain_key
        return [unknown(KEY_CHECKS[0], f"no secret store holds {name}", NO_KEY_FIX), *unasked(KEY_CHECKS[1:], NO_KEY, NO_KEY_FIX)]
    facts = await _ask(examined, examined.adapter.key_facts)
    key = f"{shown_key(credentials)} ({examined.secret_source})"
    if isinstance(facts, Unanswered):
        if facts.refused:
            examined.heard(facts.words)
        fix = "make a new key at the venue: the right environment, this address allowed, permissions read and trade"
        row = facts.row("api_key", fix)
        return [Row(row.check, row.status, f"{key}: {row.measured}", row.fix), *unasked(KEY_CHECKS[1:], "the venue did not say")]
    examined.heard(facts)
    return [ok("api_key", f"{key}: accepted"), *_key_facts_rows(examined, facts)]


def _key_facts_rows(examined: Examined, facts: KeyFacts) -> list[Row]:
    entrypoint = examined.entrypoint
    required, forbidden = set(entrypoint.required_permissions), set(entrypoint.forbidden_permissions)
    observed = set(facts.permissions)
    text = ", ".join(facts.permissions) or "none"
    permissions = ok("permissions", text)
    if observed != required:
        wanted = " and ".join(sorted(required))
        permissions = failed("permissions", text, f"give the key exactly {wanted} at the venue")
    withdrawals = ok("withdrawals_off", "the key cannot withdraw")
    if taboo := sorted(observed & forbidden):
        withdrawals = failed(
            "withdrawals_off", f"the key may {', '.join(taboo)}", "take that permission from the key at the venue"
        )
    return [permissions, withdrawals, _allowlist_row(facts), _expiry_row(facts, examined.clock)]


def _allowlist_row(facts: KeyFacts) -> Row:
    fix = "bind the key to this machine's address at the venue"
    if facts.addresses is None:
        return unknown("ip_allowlist", "the venue does not say", "look it up on the venue's key page")
    if not facts.addresses:
        return failed("ip_allowlist", "the key may be used from anywhere", fix)
    return ok("ip_allowlist", ", ".join(facts.addresses))


def _expiry_row(facts: KeyFacts, clock: Clock) -> Row:
    if facts.expires_at is None:
        return ok("key_expiry", "the venue names none")
    days = (facts.expires_at - clock.now()) // DAY
    text = f"{to_iso(facts.expires_at)} ({days} days)"
    if days < MIN_KEY_DAYS:
        return failed("key_expiry", text, "renew the key at the venue")
    return ok("key_expiry", text)


async def stream_row(examined: Examined, instruments: Sequence[Instrument]) -> Row:
    """Subscribe to the first instrument's book and wait for its first snapshot."""
    if not instruments:
        return unknown("market_stream", "no configured instrument is listed", "see the rows above")
    stream = examined.adapter.open_stream(instruments[:1], timeframe=None, book=True, trades=False, sink=lambda _: None)
    return await _stands(examined, "market_stream", stream, f"first book of {instruments[0].id.symbol}")


async def account_stream_row(examined: Examined, instruments: Sequence[Instrument]) -> Row:
    """Log in to the private stream and wait until it tells of orders, fills and balances."""
    if examined.adapter.settings.credentials is None:
        return unknown("account_stream", NO_KEY, NO_KEY_FIX)
    if not instruments:
        return unknown("account_stream", "no configured instrument is listed", "see the rows above")
    stream = examined.adapter.open_account_stream(instruments[:1], lambda _: None)
    return await _stands(examined, "account_stream", stream, "logged in, orders and balances told")


class _Stream(Protocol):
    async def start(self) -> None: ...

    async def close(self) -> None: ...


async def _stands(examined: Examined, check: str, stream: _Stream, what: str) -> Row:
    began = examined.clock.monotonic()
    try:
        lost = await _ask(examined, stream.start)
    finally:
        await stream.close()
    if isinstance(lost, Unanswered):
        return lost.row(check, "the venue refuses the subscription: see its words", "check that WebSockets are let through")
    return ok(check, f"{what} after {(examined.clock.monotonic() - began) / SECOND:.2f} s")


def sandbox_row(examined: Examined, samples: Samples) -> Row:
    """See whether requests carry the sandbox's marker exactly when the endpoint wants it, and whether one was answered."""
    adapter, wanted = examined.adapter, examined.adapter.settings.sandbox
    sandbox = adapter.profile.sandbox
    if sandbox is None:
        return not_applicable("sandbox_marker", f"{adapter.profile.label} has no sandbox for spot trading")
    headers, url = time_request(adapter)
    host = urlsplit(url).hostname or ""
    marked = sandbox.marks(headers, host)
    marker = f"{sandbox.header}: {sandbox.value}" if sandbox.header else f"host {host}"
    if marked != wanted:
        words = f"{'absent' if wanted else 'present'} ({marker}), although the endpoint is {adapter.settings.endpoint}"
        return failed("sandbox_marker", words, "do not trade: sandbox and production would be confused; set sandbox_mode: auto")
    if not _answered(examined, samples):
        words = f"{marker} would be {'sent' if wanted else 'absent'}, but no call was answered"
        return unknown("sandbox_marker", words, "see the rows above")
    return ok("sandbox_marker", marker if wanted else f"off, as endpoint {adapter.settings.endpoint} wants")


def time_request(adapter: VenueAdapter) -> tuple[dict[str, str], str]:
    """Return headers and address of the venue's time request as the adapter would send it."""
    request, client = adapter.profile.dialect.time(), adapter.connection.client
    signed = client.sign(request.path, ["public"], request.method, dict(request.params))
    headers = signed["headers"]
    assert headers is None or isinstance(headers, dict)
    return {**client.prepare_request_headers(headers), **request.headers}, str(signed["url"])


def stream_addresses(examined: Examined, instruments: Sequence[Instrument]) -> list[str]:
    """Return the WebSocket addresses of the market feed, and with a key those of the account feed."""
    adapter, dialect = examined.adapter, examined.adapter.profile.dialect
    feed = dialect.feed(instruments, bar=None, period_ns=0, book=True, trades=True, sink=lambda _: None)
    links = list(feed.links)
    if adapter.settings.credentials is not None:
        links += dialect.account_feed(instruments, sink=lambda _: None).links
    urls = adapter.connection.client.urls["api"]
    assert isinstance(urls, dict)
    return [dialect.stream_url(urls, link.access, sandbox=adapter.settings.sandbox) for link in links]


def switch_row(examined: Examined) -> Row:
    """Name the venue's own dead-man's switch. Whether it works is not known: to try it would arm it."""
    profile = examined.adapter.profile
    request = profile.dialect.dead_man_switch(60)
    needs = f"; {profile.switch_needs}" if profile.switch_needs else ""
    return not_applicable(
        "dead_man_switch", f"not tried by this check; the venue's call is {request.method} {request.path}{needs}"
    )


def _answered(examined: Examined, samples: Samples) -> bool:
    """Say whether the venue has answered any call of this check with a success."""
    settings = examined.adapter.settings
    labels = {"exchange": settings.exchange, "environment": settings.environment}
    return bool(samples.value(EXCHANGE_REQUESTS.name, **labels, status="ok"))


def limits_row(examined: Examined, samples: Samples, refusals: Sequence[str]) -> Row:
    """State the budget in force and whether the venue refused any call of this check for its limits."""
    adapter = examined.adapter
    house = ", ".join(str(rule) for rule in adapter.profile.budget if rule.scope == "*")
    settings = adapter.settings
    text = f"budget {house}; {settings.max_concurrency} running of {settings.burst} admitted"
    labels = {"exchange": settings.exchange, "environment": settings.environment}
    limited = samples.value(EXCHANGE_RATE_LIMITED.name, **labels) or 0
    state = adapter.failover_status
    if not limited and state.throttle_active:
        words = f"{text}; to be left alone for {state.throttle_remaining_seconds:.0f} more seconds: {state.throttle_reason}"
        return failed("rate_limits", words, "wait; another process of this host was told so: find out why it asked too much")
    if not limited and not _answered(examined, samples):
        return unknown("rate_limits", f"{text}; no call was answered", "see the rows above")
    if limited:
        words = f"{text}; {_count(int(limited), 'refusal')} by the venue: {refusals[0] if refusals else 'no words'}"
        return failed("rate_limits", words, "something else uses up the limit of this key or address: find and stop it")
    return ok("rate_limits", f"{text}; no refusal by the venue")


def unasked(checks: Sequence[str], why: str, fix: str = "see the rows above") -> list[Row]:
    """Return an unknown row for each check that was not tried."""
    return [unknown(check, why, fix) for check in checks]
