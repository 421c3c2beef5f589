"""One venue, read-only: instruments, probe, balances, books, candles, streams. It has no way to send an order."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Final

from golive.metrics.recorder import Recorder
from golive.model.balance import Balance
from golive.model.clock import SECOND, Clock
from golive.model.errors import ConfigError, MalformedPayload, VenueError
from golive.model.ids import InstrumentId
from golive.model.instrument import Instrument
from golive.model.market import Book, Candle, MarketEvent

from .account_stream import AccountStream
from .circuit import Circuit
from .dialect import AccountEvent, Feed, KeyFacts, Payload
from .failover import FailoverStatus, failover_status
from .health import Health, ProbeResult
from .history import NumberedTrade
from .keeper import StreamSetting
from .masking import Masking
from .meter import Meter
from .ports import GuardrailSink
from .profile import Bar, VenueProfile
from .settings import AdapterSettings
from .stream import MarketStream

if TYPE_CHECKING:
    from .budget import RequestBudget
    from .factory import Connection

MISSED_CANDLES: Final = 300
"""closed candles that are read to fill a hole; one page on every venue"""


class VenueAdapter:
    """The reading side of a venue, for one environment.

    All its metrics exist at zero once it is constructed. Methods raise the family of the fault: VenueUnavailable or
    RateLimited (repeated in vain), AuthenticationFailed, VenueRejected. Use within one event loop; `close()` at the end.
    """

    def __init__(
        self,
        profile: VenueProfile,
        settings: AdapterSettings,
        *,
        recorder: Recorder,
        clock: Clock,
        guardrails: GuardrailSink,
        rng: random.Random,
        budget: RequestBudget | None = None,
    ) -> None:
        self.profile = profile
        self.settings = settings
        self.meter = Meter(settings, recorder, guardrails)
        self._clock = clock
        self._rng = rng
        self._budget = budget
        self._circuit = Circuit(clock, changed=self._circuit_changed, open_s=profile.circuit_open_s)
        self._health = Health(self.meter, self._circuit, clock, settings.stale_after_seconds)
        self._open: Connection | None = None
        self._streams: list[MarketStream | AccountStream] = []

    @property
    def has_credentials(self) -> bool:
        return self.settings.credentials is not None

    @property
    def is_healthy(self) -> bool:
        """What `bot_exchange_health_status` says now."""
        return self._health.is_healthy

    @property
    def circuit_open_since(self) -> int | None:
        """When the circuit opened, ns of the monotonic clock; None while calls may leave."""
        return self._circuit.open_since

    @property
    def failover_status(self) -> FailoverStatus:
        """Whether the venue wants to be left alone and whether a connection must be rebuilt, now."""
        paused = (0.0, "") if self._open is None else self._open.budget.paused
        return failover_status(paused, self.meter.reconnection, self._circuit.remaining_s)

    @property
    def connection(self) -> Connection:
        """Session, CCXT object and call path; made on first use, which imports CCXT."""
        if self._open is None:
            from .factory import connect

            self._open = connect(
                self.profile,
                self.settings,
                meter=self.meter,
                circuit=self._circuit,
                clock=self._clock,
                rng=self._rng,
                budget=self._budget,
            )
        return self._open

    # reads

    async def load(self) -> Mapping[InstrumentId, Instrument]:
        """Return the instruments that trade now."""
        dialect = self.profile.dialect
        return await self.connection.path.read(dialect.instruments(), dialect.read_instruments)

    async def key_facts(self) -> KeyFacts:
        """Return what the venue says about the key: permissions, IP allow-list, expiry."""
        dialect = self.profile.dialect
        return await self.connection.path.read(dialect.account(), dialect.read_key)

    async def permissions(self) -> tuple[str, ...]:
        """Return what the venue says the key may do: `read`, `trade`, `withdraw`, or the venue's own word; sorted."""
        return (await self.key_facts()).permissions

    async def balances(self) -> Mapping[str, Balance]:
        """Return the account's balances by asset."""
        dialect = self.profile.dialect
        return await self.connection.path.read(dialect.balances(), dialect.read_balances)

    async def order_book(self, instrument: Instrument, depth: int = 50) -> Book:
        dialect = self.profile.dialect
        return await self.connection.path.read(dialect.book(instrument, depth), lambda p: dialect.read_book(p, instrument))

    async def candles(self, instrument: Instrument, timeframe: str, limit: int = 100) -> tuple[Candle, ...]:
        """Return the last closed candles, oldest first, at most `limit`."""
        dialect, bar = self.profile.dialect, self._bar(timeframe)
        request = dialect.candles(instrument, bar.name, limit)
        return await self.connection.path.read(request, lambda p: dialect.read_candles(p, instrument, bar.period_s * SECOND))

    async def older_candles(self, instrument: Instrument, timeframe: str, before: int) -> tuple[Candle, ...]:
        """Return a page of the candles that opened before `before` (ns), oldest first; empty: there are none.

        `before` must not be later than the end of the last closed candle. Raises ConfigError where candles of any age are
        not served.
        """
        history, bar = self.profile.candle_history, self._bar(timeframe)
        if history is None:
            raise ConfigError(f"{self.profile.name} does not serve candles of any age")
        request = history.older_candles(instrument, bar.name, before)

        def read(payload: Payload) -> tuple[Candle, ...]:
            page = history.read_older_candles(payload, instrument, bar.period_s * SECOND)
            if page and page[-1].opened_at >= before:
                raise MalformedPayload(f"candles: asked for those before {before} ns, got one of {page[-1].opened_at}")
            return page

        return await self.connection.path.read(request, read)

    async def later_trades(self, instrument: Instrument, after: int) -> tuple[NumberedTrade, ...]:
        """Return a page of the trades later than `after` (ns), oldest first; ConfigError where they are not served."""
        history = self.profile.trade_history
        if history is None:
            raise ConfigError(f"{self.profile.name} does not serve trades of any age")
        request = history.later_trades(instrument, after)
        return await self.connection.path.read(request, lambda payload: history.read_later_trades(payload, instrument))

    def _bar(self, timeframe: str) -> Bar:
        bar = self.profile.timeframes.get(timeframe)
        if bar is None:
            known = ", ".join(self.profile.timeframes)
            raise ConfigError(f"{self.profile.name} has no candles of {timeframe!r}; it has {known}")
        return bar

    def open_stream(
        self,
        instruments: Sequence[Instrument],
        *,
        timeframe: str | None,
        book: bool,
        trades: bool,
        sink: Callable[[MarketEvent], None],
    ) -> MarketStream:
        """Return a stream, not yet started, of the channels asked for; `sink` is called on the event loop, in order."""
        bar = None if timeframe is None else self._bar(timeframe)
        period_ns = 0 if bar is None else bar.period_s * SECOND
        dialect = self.profile.dialect

        def feed(line: Callable[[MarketEvent], None]) -> Feed:
            name = None if bar is None else bar.name
            return dialect.feed(instruments, bar=name, period_ns=period_ns, book=book, trades=trades, sink=line)

        async def missed(instrument: Instrument) -> Sequence[Candle]:
            assert timeframe is not None
            return await self.candles(instrument, timeframe, MISSED_CANDLES)

        stream = MarketStream(
            self._stream_setting(),
            feed,
            instruments=instruments,
            read_candles=None if timeframe is None else missed,
            sink=sink,
        )
        if not stream.channels:
            raise ConfigError(f"{self.profile.name}: a stream needs at least one channel of one instrument")
        self._streams.append(stream)
        return stream

    def open_account_stream(
        self,
        instruments: Sequence[Instrument],
        sink: Callable[[AccountEvent], None],
        *,
        audit_s: float = 60.0,
        is_guarding: bool = False,
    ) -> AccountStream:
        """Return a stream, not yet started, of our orders and fills on these instruments and of all balances.

        `sink` is called on the event loop; every `audit_s` seconds the stream compares itself with the REST side, because
        a push can be lost without a trace. `is_guarding`: where the venue can (Bybit), it cancels everything when this stream
        has ended. Raises ConfigError without credentials.
        """
        credentials = self.settings.credentials
        if credentials is None:
            raise ConfigError(f"{self.profile.name}: an account stream needs credentials")
        path = self.connection.path
        stream = AccountStream(
            self._stream_setting(), path, credentials, instruments=instruments, sink=sink, audit_s=audit_s,
            is_guarding=is_guarding,
        )  # fmt: skip
        self._streams.append(stream)
        return stream

    def _stream_setting(self) -> StreamSetting:
        return StreamSetting(
            profile=self.profile,
            client=self.connection.client,
            meter=self.meter,
            clock=self._clock,
            rng=self._rng,
            timeout_s=self.settings.timeout_s,
            silence_s=self.settings.silence_s,
            sandbox=self.settings.sandbox,
            masking=Masking(self.settings.credentials),
        )

    # health

    async def probe(self) -> ProbeResult:
        """Check time, clock skew, market load and, with keys, the private balance; set the health gauge.

        Never raises VenueError: a failed check is part of the result. One that is given up has failed.
        """
        try:
            return await self._probe()
        except asyncio.CancelledError:
            self._health.probed(False)
            raise

    async def _probe(self) -> ProbeResult:
        path = self.connection.path
        checks = {"time": await self._check(path.resync_clock)}
        skew = float(path.clock_offset_ms) if checks["time"] == "ok" else None
        limit = self.settings.max_clock_skew_s * 1000
        if skew is None:
            checks["clock_skew"] = "venue time is not known"
        else:
            checks["clock_skew"] = "ok" if abs(skew) <= limit else f"{skew:.0f} ms, more than {limit:.0f} ms"
        checks["market_load"] = await self._check(self.load)
        if self.has_credentials:
            checks["private_balance"] = await self._check(self.balances)
        ok = all(reason == "ok" for reason in checks.values())
        self._health.probed(ok)
        return ProbeResult(self._clock.now(), ok, skew, dict(sorted(checks.items())))

    async def _check(self, call: Callable[[], Awaitable[object]]) -> str:
        try:
            await call()
        except VenueError as exc:
            return str(exc)
        return "ok"

    def _circuit_changed(self, is_open: bool) -> None:
        if is_open:
            self.meter.critical()
        self._health.publish()

    async def close(self) -> None:
        """Close streams and connections; idempotent. The health gauge goes to 0 with nobody left to watch it."""
        for stream in self._streams:
            await stream.close()
        self._streams.clear()
        self._health.stop()
        if self._open is not None:
            await self._open.close()
            self._open = None
