"""The command line: every flag, its help, and the checks that need no market."""

from __future__ import annotations

import argparse
import ipaddress
import os
import stat
import sys
import traceback
from collections.abc import Sequence, Set
from decimal import Decimal, InvalidOperation
from pathlib import Path

from golive.model.clock import SECOND, from_iso

from .dialects import DIALECTS, traits_of
from .errors import UsageError
from .exchange.book import BookKind
from .face.mode import Mode
from .keys import KeyRing, fresh_key, read_keys
from .options import ServeOptions

_MOST_HISTORY = 5_000_000
_MAX_BPS, _FINEST_BPS = 1000, Decimal("0.0001")
_TIMEFRAMES = ("1s", "1m", "3m", "5m", "15m", "30m", "1h", "2h", "4h", "6h", "12h", "1d", "1w")
_EPILOG = """\
market sources:
  generator    default; a seeded market with trends, ranges and clustered volatility, several --symbol allowed
  candles      --data FILE.csv|.csv.gz|.parquet|.feather with open, high, low, close, volume and a time column
               (timestamp, datetime, date, time or open_time; ISO-8601 or s, ms, us, ns); one step = one candle
  feed         --data FILE.gz with lines "receive-ns JSON": depth increments, one snapshot, trades; one step = one depth update

speeds:
  max          nothing moves until a lock-step client steers it over ws://HOST:PORT/sim/v1/lockstep:
               server {"event":"hello"}, client {"op":"start"}, server {"event":"step","step":1,...},
               client {"op":"ack","step":1}, ... server {"event":"end"}
  1, 10, 0.5   market time runs that many times as fast as the wall clock

control (this machine only):
  GET /sim/v1/info (how far, mode, throughput)  /sim/v1/orders  /sim/v1/balances  /sim/v1/requests?limit=100  /sim/v1/faults
  POST /sim/v1/faults (a fault object or a list)   DELETE /sim/v1/faults   POST /sim/v1/mode {"mode":"maintenance"}

credentials (--credentials FILE or --credentials-fd N):
  {"keys":[{"apiKey":"...","secret":"...","password":"...","permissions":["read","trade"],"demo":false,
            "ipAllowlist":["127.0.0.1","10.0.0.0/8"],"expiresAt":"2030-01-01T00:00:00Z"}]}
  password is OKX's passphrase, the last two are optional; demo keys need OKX's header x-simulated-trading: 1
  (WebSocket: ?brokerId=9999) and open an account of their own

faults (--fault SPEC, may be repeated): kind[,match=/api/v5/market*][,method=GET][,after=2][,count=5][,probability=0.3][,...]
  of requests; match is a pattern of the path; probability is drawn from --seed:
    http_429, http_503, ... (or http,status=521; body=text or json, retry_after=1)   html   truncated   empty   garbage
    throttle   ban   maintenance   error,code=... (in the dialect's own words; status=, retry_after=)
      (all of these but truncated come instead of carrying the request out; with when=after it is carried out as well)
    delay (carried out, answered after seconds=1)   drop_before (not carried out)   drop_after (carried out, no answer)
    late (carried out, no answer; the order it placed is in no list or look-up for seconds=1)
    queue (admitted, then carried out after seconds=1, whoever still waits; its deadline is judged then)
    hidden (the order it placed is in no list or look-up for seconds=1); queue and hidden may strike beside another fault
      delay, late, queue and hidden draw from a range: seconds=0-0.03
    partial_batch (the first operation shown as failed)   reorder or nonce_reorder (carried out after the next match)
  of the venue; at once, or with match, after, count or probability when a request meets them:
    refuse (no new connections for seconds=1)   outage (all connections cut, then refuse)   clock_skew (seconds=-40)
  of WebSocket messages; match is a pattern of channel:instrument, like books:BTC-USDT:
    ws_gap   ws_duplicate   ws_reorder   ws_silence (nothing more, pongs neither)   ws_close (code=1001)   ws_abort
    ws_no_pong (match: the address)   ws_reject (match: the client's text; refused in the dialect's words)

state (--state FILE): every step and operation is written down, an operation before its answer leaves; the next start with
  the same options does it all again. Speeds other than max then catch up with the wall clock.

exit codes: 0 ended as told, 2 usage or data error, 70 internal error
"""


def parser() -> argparse.ArgumentParser:
    """Return the parser of all commands."""
    top = argparse.ArgumentParser(prog="python -m simvenue", description="A simulated exchange on this machine.")
    commands = top.add_subparsers(dest="command", required=True)
    serve = commands.add_parser(
        "serve",
        help="serve a simulated exchange (REST and WebSocket) on loopback",
        description="Serve a simulated spot exchange that speaks like a real one: REST and WebSocket on one loopback port, real "
        "signatures, limits, matching, balances. Prints one line of JSON when it is ready (address, instruments, market).",
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    _add_listening(serve)
    _add_market(serve)
    _add_accounts(serve)
    _add_process(serve)
    return top


def _add_listening(serve: argparse.ArgumentParser) -> None:
    group = serve.add_argument_group("listening")
    group.add_argument(
        "--dialect", choices=list(DIALECTS), default=DIALECTS[0], help=f"which exchange to speak like (default: {DIALECTS[0]})"
    )
    group.add_argument("--host", default="127.0.0.1", help="loopback address to bind (default: 127.0.0.1)")
    group.add_argument("--port", type=int, default=0, help="port; 0 takes a free one and reports it (default: 0)")
    group.add_argument(
        "--ws-idle", type=float, metavar="S", help="seconds of silence before a WebSocket is closed (default: the dialect's)"
    )


def _add_market(serve: argparse.ArgumentParser) -> None:
    group = serve.add_argument_group("market")
    group.add_argument("--speed", default="1", help="max, or market seconds per wall second (default: 1)")
    group.add_argument("--seed", type=int, default=7, help="seed of the generator (default: 7)")
    group.add_argument(
        "--steps",
        type=int,
        default=None,
        help="how many steps the market takes (default: 2400 for the generator at max, else all)",
    )
    group.add_argument("--symbol", action="append", metavar="BASE/QUOTE", help="instrument, may be repeated (default by dialect)")
    group.add_argument(
        "--timeframe",
        choices=_TIMEFRAMES,
        default=None,
        help="candle of a step at speed max (default: 1m, for candle files theirs)",
    )
    group.add_argument("--data", type=Path, default=None, metavar="PATH", help="recorded candles or feed (default: generator)")
    group.add_argument(
        "--history",
        type=int,
        default=None,
        metavar="N",
        help="how many candles of --timeframe lie behind the market when it starts, with the trades in them for a dialect that "
        "serves trade history; of a candle file its first N rows (default: 300 generated ones, none of a file)",
    )
    group.add_argument(
        "--start",
        default=None,
        metavar="TIME",
        help="where a generated market starts, like 2024-01-01T00:00:00Z (default: there at speed max, else now)",
    )
    group.add_argument(
        "--volume-unit",
        choices=["base", "quote"],
        default="base",
        help="unit of the volume column; quote volume is divided by close",
    )


def _add_accounts(serve: argparse.ArgumentParser) -> None:
    group = serve.add_argument_group("accounts")
    group.add_argument(
        "--balance",
        action="append",
        metavar="ASSET=AMOUNT",
        help="start balance of each account, may be repeated (default: 100000 of the first quote asset)",
    )
    group.add_argument("--maker-bps", help="maker fee in basis points, 0 to 1000 (default: the dialect's)")
    group.add_argument("--taker-bps", help="taker fee in basis points, 0 to 1000 (default: the dialect's)")
    group.add_argument(
        "--credentials",
        type=Path,
        metavar="FILE",
        help="JSON document with the keys, see below",
    )
    group.add_argument("--credentials-fd", type=int, metavar="N", help="read that JSON from this inherited descriptor to its end")
    group.description = "Without credentials a fresh random key is made and printed in the ready line."


def _add_process(serve: argparse.ArgumentParser) -> None:
    group = serve.add_argument_group("process")
    group.add_argument("--fault", action="append", default=[], metavar="SPEC", help="begin with this fault in force (see below)")
    group.add_argument(
        "--mode",
        choices=[mode.value for mode in Mode],
        default=Mode.ONLINE.value,
        help="operating mode to begin with (default: online)",
    )
    group.add_argument(
        "--book",
        choices=[kind.value for kind in BookKind],
        default=BookKind.PLAIN.value,
        help="how orders are matched, with the same result (default: plain): compiled starts a second later, the first time ever "
        "half a minute, and then saves a third to half of a step of the market",
    )
    group.add_argument("--no-limits", action="store_true", help="no request limits: for measuring the venue itself")
    group.add_argument(
        "--time-scale",
        type=int,
        default=1,
        metavar="N",
        help="make the time rules of orders N times shorter: bounds and resolution of Kraken's deadline, Bybit's receive window "
        "(default: 1, as documented)",
    )
    group.add_argument(
        "--state", type=Path, metavar="FILE", help="keep the venue's state here: it returns after a crash as it was (see below)"
    )
    group.add_argument("--lifeline-fd", type=int, metavar="N", help="end when this inherited descriptor is closed by the parent")
    group.add_argument("--ready-fd", type=int, metavar="N", help="also write the ready line (without a key) here and close it")
    group.add_argument("--ready-file", type=Path, metavar="PATH", help="also write the ready line (without a key) to this file")


def main(arguments: Sequence[str]) -> int:
    """Run the command line; return the exit code."""
    given = parser().parse_args(arguments)
    try:
        options = _options(given)
        from .server.serve import main_loop

        return main_loop(options)
    except UsageError as error:
        print(f"simvenue: {error}", file=sys.stderr)  # noqa: T201 - this is the command line
        return 2
    except Exception:  # noqa: BLE001 - the outermost frame: whatever escapes is ours, and the parent must learn it
        traceback.print_exc()
        return 70


def _options(given: argparse.Namespace) -> ServeOptions:
    from .source.catalog import instrument_id

    ring, is_fresh = _ring(given)
    traits = traits_of(given.dialect)
    symbols = tuple(given.symbol or [traits.default_symbol])
    if twice := next((symbol for symbol in symbols if symbols.count(symbol) > 1), None):
        raise UsageError(f"--symbol {twice} is given twice; give each instrument once")
    traded = [instrument_id(symbol) for symbol in symbols]
    assets = {asset for instrument in traded for asset in (instrument.base, instrument.quote)}
    return ServeOptions(
        dialect=given.dialect,
        host=_loopback(given.host),
        port=_within(given.port, "--port", 0, 65535),
        speed=_speed(given.speed),
        speed_text=given.speed,
        seed=given.seed,
        steps=None if given.steps is None else _within(given.steps, "--steps", 1, 10**9),
        symbols=symbols,
        timeframe=given.timeframe,
        history=None if given.history is None else _within(given.history, "--history", 0, _MOST_HISTORY),
        start=None if given.start is None else _moment(given.start),
        data=given.data,
        volume_unit=given.volume_unit,
        balances=dict(_balance(item, assets) for item in given.balance or [f"{traded[0].quote}=100000"]),
        ring=ring,
        is_fresh_key=is_fresh,
        faults=tuple(given.fault),
        maker_bps=_rate(given.maker_bps or traits.maker_bps, "--maker-bps"),
        taker_bps=_rate(given.taker_bps or traits.taker_bps, "--taker-bps"),
        mode=Mode(given.mode),
        book=BookKind(given.book),
        has_limits=not given.no_limits,
        time_scale=_within(given.time_scale, "--time-scale", 1, 1000),
        state=given.state,
        ws_idle_s=_idle(given.ws_idle),
        lifeline_fd=_pipe(given.lifeline_fd, "--lifeline-fd"),
        ready_fd=_descriptor(given.ready_fd, "--ready-fd"),
        ready_file=given.ready_file,
    )


def _moment(text: str) -> int:
    try:
        moment = from_iso(text)
    except ValueError as exc:
        raise UsageError(f"--start {text}: give a time like 2024-01-01T00:00:00Z") from exc
    if moment <= 0 or moment % (60 * SECOND):
        raise UsageError(f"--start {text}: give a whole minute after 1970")
    return moment


def _idle(seconds: float | None) -> float | None:
    if seconds is not None and not 0 < seconds < 1e9:
        raise UsageError(f"--ws-idle {seconds}: give a number of seconds above 0")
    return seconds


def _within(value: int, flag: str, low: int, high: int) -> int:
    if not low <= value <= high:
        raise UsageError(f"{flag} {value}: give a whole number from {low} to {high}")
    return value


def _loopback(host: str) -> str:
    """Accept loopback addresses only: the venue's control routes ask nobody who they are."""
    if host == "localhost":
        return "127.0.0.1"
    try:
        if ipaddress.ip_address(host).is_loopback:
            return host
    except ValueError:
        pass
    raise UsageError(f"--host {host}: the simulated venue listens on loopback only; use 127.0.0.1 or ::1")


def _speed(text: str) -> float | None:
    if text == "max":
        return None
    try:
        speed = float(text)
    except ValueError:
        speed = 0.0
    if not 0 < speed <= 1e6:
        raise UsageError(f"--speed {text}: give max or a number above 0, at most 1000000")
    return speed


def _balance(item: str, assets: Set[str]) -> tuple[str, Decimal]:
    asset, _, amount = item.partition("=")
    value = _decimal(amount, f"--balance {item}")
    if not (asset.isalnum() and asset.isascii() and asset.isupper()):
        raise UsageError(f"--balance {item}: give ASSET=AMOUNT like USDT=100000")
    if asset not in assets:
        raise UsageError(f"--balance {item}: nothing here trades {asset}; there are {', '.join(sorted(assets))}")
    return asset, value


def _decimal(text: str, flag: str) -> Decimal:
    try:
        value = Decimal(text)
    except InvalidOperation:
        value = Decimal("NaN")
    if not value.is_finite() or value < 0:
        raise UsageError(f"{flag}: {text!r} is not a decimal number of zero or more")
    return value


def _rate(text: str, flag: str) -> Decimal:
    """Read a fee rate as the exchange can keep it."""
    value = _decimal(text, flag)
    if value > _MAX_BPS or value != value.quantize(_FINEST_BPS):
        raise UsageError(f"{flag} {text}: give basis points from 0 to {_MAX_BPS} with at most 4 decimals; 10 is 0.1 %")
    return value


def _descriptor(number: int | None, flag: str) -> int | None:
    if number is not None:
        try:
            os.fstat(number)
        except OSError as exc:
            raise UsageError(f"{flag} {number}: no such open descriptor; let the child inherit it") from exc
    return number


def _pipe(number: int | None, flag: str) -> int | None:
    if _descriptor(number, flag) is not None and number is not None:
        mode = os.fstat(number).st_mode
        if not (stat.S_ISFIFO(mode) or stat.S_ISSOCK(mode)):
            raise UsageError(f"{flag} {number}: not a pipe or socket; pass the reading end of a pipe")
    return number


def _ring(given: argparse.Namespace) -> tuple[KeyRing, bool]:
    if given.credentials is not None and given.credentials_fd is not None:
        raise UsageError("--credentials and --credentials-fd exclude each other")
    if given.credentials_fd is not None:
        number = _descriptor(given.credentials_fd, "--credentials-fd") or 0
        with os.fdopen(number, encoding="utf-8", closefd=number > sys.stderr.fileno()) as stream:
            return read_keys(stream.read(), "--credentials-fd"), False
    if given.credentials is not None:
        try:
            return read_keys(given.credentials.read_text(encoding="utf-8"), f"--credentials {given.credentials}"), False
        except OSError as exc:
            raise UsageError(f"--credentials {given.credentials}: {exc.strerror or exc}") from exc
    return KeyRing([fresh_key()]), True
